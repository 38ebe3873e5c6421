import { redactUrls, toError } from "@fairlead/core";

/** Gives the value of an environment variable, undefined when it is not set. @throws when its file cannot be read */
export type LookUp = (name: string) => string | undefined;

export interface Substitution {
  readonly text: string;
  /** Sentences about each `${NAME}` that could not be replaced. */
  readonly problems: readonly string[];
}

const reference = /\$\$\{|\$\{([^}]*)\}?/g;
const inside = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

/**
 * Replaces `${NAME}` and `${NAME:-default}`; `$${` stands for `${` itself. As in a shell the default also takes the place of an
 * empty value. A replacement is not searched for further names.
 */
export function substitute(text: string, lookUp: LookUp): Substitution {
  const problems: string[] = [];
  const replaced = text.replace(reference, (whole, content: string | undefined) => {
    if (content === undefined) return "${";
    const [, name, fallback] = inside.exec(content) ?? [];
    if (name === undefined || !whole.endsWith("}")) {
      problems.push(
        `has a \${ without the name of a variable behind it: write \${NAME} or \${NAME:-default}, or $\${ for the text itself`,
      );
      return whole;
    }
    let value: string | undefined;
    try {
      value = lookUp(name);
    } catch (error) {
      problems.push(`needs ${name}: ${error instanceof Error ? error.message : String(error)}`);
      return whole;
    }
    if (fallback !== undefined && (value === undefined || value === "")) return fallback;
    if (value === undefined) {
      problems.push(
        `needs the environment variable ${name} (or ${name}_FILE): it is not set and there is no default`,
      );
      return whole;
    }
    return value;
  });
  return { text: replaced, problems };
}

/**
 * Looks up `NAME`. Where only `NAME_FILE` is set, the value is the content of that file, without one line end at its end. So a
 * secret never has to stand in the environment or in the configuration.
 */
export function environmentLookUp(
  env: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => string,
): LookUp {
  return (name) => {
    const value = env[name];
    if (value !== undefined) return value;
    const path = env[`${name}_FILE`];
    if (path === undefined || path === "") return undefined;
    try {
      return readFile(path).replace(/\r?\n$/, "");
    } catch (error) {
      // Some write the secret itself in place of the path.
      const reason = redactUrls(toError(error).message);
      throw new Error(`Cannot read the file that ${name}_FILE names: ${reason}`, { cause: error });
    }
  };
}
