import type { z } from "zod";
import { isTree, type Path } from "./document.ts";

/** The parts of a value that parsed. A part that has an error of its own is missing. */
export type Sound<Value> = Value extends readonly (infer Element)[]
  ? readonly (Sound<Element> | undefined)[]
  : Value extends object
    ? { readonly [Key in keyof Value]?: Sound<Value[Key]> | undefined }
    : Value;

/** The means of a check over several keys: the check refuses values, and asks which values have errors already. */
export interface CrossCheck {
  /** Reports a fault of the value at the path, unless that value has an error of its own, which is reported already. */
  refuse(path: Path, message: string): void;
  /**
   * True when the value at the path, or a part of that value, has an error of its own. A missing part without an error was not
   * given.
   */
  hasError(path: Path): boolean;
}

const mark = "isCrossCheck";

/**
 * Adds a check over several keys. The check runs on the parts that parsed, also where other keys have errors: everything that is wrong is
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

/** The path of a value that cannot be used. None for an unknown key, and none for what another such check said of a sound value. */
function faultyPath(issue: z.core.$ZodRawIssue): Path[] {
  const { path = [] } = issue;
  if (issue.code === "unrecognized_keys") return [];
  if (issue.code === "custom" && issue.params?.[mark] === true) return [];
  // Nothing is parsed of a value whose kind is not known.
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
