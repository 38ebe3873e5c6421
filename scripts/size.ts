/**
 * `npm run size -- [checkout]` prints how large each package is, of this tree or of another checkout, as a table.
 * Tests, contract suites, benches and the harness are counted apart: they are not shipped.
 */
import { join, resolve } from "node:path";
import type { Node, SourceFile } from "typescript/unstable/ast";
import { isFunctionLikeDeclaration } from "typescript/unstable/ast/is";
import { API } from "typescript/unstable/sync";
import { isShipped, lineCount, readFiles, readPackages } from "./architecture.ts";

const root = resolve(process.argv[2] ?? ".");
const config = join(root, "tsconfig.json");
const api = new API({ cwd: root });
const { program, checker } = api.updateSnapshot({ openProjects: [config] }).getProject(config)!;

function longestFunction(file: SourceFile): number {
  const lineOf = (position: number) => file.getLineAndCharacterOfPosition(position).line;
  let longest = 0;
  const visit = (node: Node): void => {
    if (isFunctionLikeDeclaration(node))
      longest = Math.max(longest, lineOf(node.end) - lineOf(node.getStart(file)) + 1);
    node.forEachChild(visit);
  };
  visit(file);
  return longest;
}

function namesOf(module: SourceFile): string[] {
  const symbol = checker.getSymbolAtLocation(module);
  return symbol ? checker.getExportsOfModule(symbol).map(({ name }) => name) : [];
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const rows = readPackages(root).map((pkg) => {
  const files = readFiles(root, pkg);
  const shipped = files.filter(({ path }) => isShipped(pkg, path));
  const parse = (path: string) => program.getSourceFile(join(root, path)) ?? [];
  const lines = sum(shipped.map(({ text }) => lineCount(text)));
  return [
    pkg.folder,
    shipped.length,
    lines,
    Math.max(0, ...shipped.flatMap(({ path }) => parse(path)).map(longestFunction)),
    new Set(pkg.entries.flatMap(parse).flatMap(namesOf)).size,
    sum(files.map(({ text }) => lineCount(text))) - lines,
  ] as const;
});
api.close();

const column = (index: 1 | 2 | 3 | 4 | 5) => rows.map((row) => row[index]);
const totals = [sum(column(1)), sum(column(2)), Math.max(...column(3)), sum(column(4)), sum(column(5))];
const head = ["package", "files", "lines", "longest function", "exported names", "lines of tests"];
const table = [head, head.map(() => "---"), ...rows, [`${rows.length} packages`, ...totals]];
for (const cells of table) process.stdout.write(`| ${cells.join(" | ")} |\n`);
