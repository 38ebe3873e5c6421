/** What crosses between a FileThread and the thread that owns the file. Requests, replies and answers are the owner's. */
import { FairleadError, toError } from "@fairlead/core";

/** An error on its way to another thread, where classes do not go. */
export interface ErrorFacts {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}

/** FILE_FAILED for whatever is no error of ours. */
export function errorFacts(thrown: unknown): ErrorFacts {
  if (!(thrown instanceof FairleadError))
    return { code: "FILE_FAILED", message: toError(thrown).message, retryable: true };
  const { code, message, retryable } = thrown;
  return { code, message, retryable };
}

/** To the thread. `ask` numbers a request that is answered. */
export type ToThread<Request> =
  | { readonly kind: "request"; readonly request: Request; readonly ask: number | undefined }
  | { readonly kind: "close" };

/** From the thread: first "up" or "unopened". */
export type FromThread<Reply> =
  | { readonly kind: "up" }
  | { readonly kind: "unopened"; readonly error: ErrorFacts }
  | { readonly kind: "reply"; readonly reply: Reply }
  | { readonly kind: "answer"; readonly ask: number; readonly answer: unknown }
  | { readonly kind: "refusal"; readonly ask: number; readonly error: ErrorFacts };
