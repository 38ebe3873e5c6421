/** Primary result codes of SQLite (https://sqlite.org/rescode.html). */
export const resultCodes = { error: 1, busy: 5, corrupt: 11, full: 13, notADatabase: 26 } as const;

/** The primary result code of an error of SQLite; undefined for anything else. */
export function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number")
    return undefined;
  return error.errcode & 0xff;
}

/** True when the file itself is wrong, not the moment. */
export function isCorruption(error: unknown): boolean {
  const code = resultCode(error);
  return code === resultCodes.corrupt || code === resultCodes.notADatabase;
}
