import type { z } from "zod";
import { isTree, type Path } from "./document.ts";

/** What parsed of a value: every part that has an error of its own is missing. */
export type Sound<Value> = Value extends readonly (infer Element)[]
  ? readonly (Sound<Element> | undefined)[]
  : Value extends object
    ? { readonly [Key in keyof Value]?: Sound<Value[Key]> | undefined }
    : Value;

/** How a check over several keys sees them and says what is wrong. */
export interface CrossCheck {
  /** A fault of the value at the path. Left out where that has an error of its own, which is said already. */
  refuse(path: Path, message: string): void;
  /** Whether the value at the path, or a part of it, has an error of its own: a part that is missing may just not be given. */
  hasError(path: Path): boolean;
}

const mark = "isCrossCheck";

/**
 * Adds a check over several keys. It runs on whatever parsed, also where other keys have errors: everything that is wrong is
 * said at once.
 */
export function crossCheck<Schema extends z.ZodType>(
  schema: Schema,
  check: (value: Sound<z.output<Schema>>, context: CrossCheck) => void,
): Schema {
  return schema.superRefine(
    (value, context) => {
      const faulty = context.issues.flatMap(faultyPath);
      const sound = faulty.reduce(without, value as unknown);
      if (sound === undefined) return;
      const hasError = (path: Path) =>
        faulty.some((other) => startsWith(other, path) || startsWith(path, other));
      const refuse = (path: Path, message: string) => {
        if (hasError(path)) return;
        context.addIssue({ code: "custom", path: [...path], message, params: { [mark]: true } });
      };
      check(sound as Sound<z.output<Schema>>, { refuse, hasError });
    },
    { when: () => true },
  );
}

/** Where a value cannot be used; none for a key too many and for what another check like these has said of a sound value. */
function faultyPath(issue: z.core.$ZodRawIssue): Path[] {
  const { path = [] } = issue;
  if (issue.code === "unrecognized_keys") return [];
  if (issue.code === "custom" && issue.params?.[mark] === true) return [];
  // Of a kind that is not known nothing is parsed.
  return [issue.code === "invalid_union" && "discriminator" in issue ? path.slice(0, -1) : path];
}

function startsWith(path: Path, start: Path): boolean {
  return start.every((step, index) => path[index] === step);
}

function without(value: unknown, path: Path): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return undefined;
  if (Array.isArray(value))
    return value.map((inner, index) => (index === step ? without(inner, rest) : inner));
  if (!isTree(value) || !Object.hasOwn(value, step)) return value;
  return { ...value, [step]: without(value[String(step)], rest) };
}
