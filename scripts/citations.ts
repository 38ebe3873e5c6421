/** Finds documents that a comment or another document cites and that are not in this repository. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Comments of TypeScript and JavaScript, at the beginning of a line or behind a space. */
const codeComments = /(?<=^|\s)(?:\/\*[\s\S]*?\*\/|\/\/.*)/g;
const markdownLink = /\[[^\]]*\]\(([^)]*)\)/g;
/** Paths that end in .md. Not what stands in a URL. */
const citations = /(?<![\w./:{}$-])[\w.][\w./-]*\.md\b/g;

/** The parts of a file that may cite: all of a document, but of a how-to its links alone, because a how-to names files to be written. */
function citingParts(path: string, text: string): string {
  if (/\.(ts|mjs)$/.test(path)) return (text.match(codeComments) ?? []).join("\n");
  if (path.startsWith("docs/how-to/")) return [...text.matchAll(markdownLink)].map(([, to]) => to).join(" ");
  return text.replaceAll(markdownLink, " $1 ");
}

/** Documents that a file cites and that `exists` does not know, a sentence each. @param path relative to the root */
export function citationFaults(path: string, text: string, exists: (path: string) => boolean): string[] {
  const home = /^(?:libs|services)\/[^/]+/.exec(path)?.[0] ?? ".";
  return [...new Set(citingParts(path, text).match(citations))]
    .filter((name) => ![dirname(path), home, "."].some((folder) => exists(join(folder, name))))
    .map((name) => `${path}: cites ${name}, which is not in this repository; give the path of what is`);
}

/** Citations of what is not there, in all files below `root`. */
export function allCitationFaults(root: string): string[] {
  const paths = globSync("{*,.ci/*,{libs,services,bench,scripts,docs}/**/*}", {
    cwd: root,
    exclude: (path) => path.includes("node_modules"),
  });
  return paths
    .filter((path) => /\.(ts|mjs|md|ya?ml|py)$|^\.ci\//.test(path))
    .sort()
    .flatMap((path) =>
      citationFaults(path, readFileSync(join(root, path), "utf8"), (cited) => existsSync(join(root, cited))),
    );
}
