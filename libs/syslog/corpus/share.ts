/** `npm run corpus` prints the share of headers.tsv that is read right, by maker, and what is read otherwise. */
import { misreadings, readShapes } from "./headers.ts";

const byMaker = new Map<string, { right: number; all: number }>();
let right = 0;
const shapes = readShapes();
for (const shape of shapes) {
  const wrong = misreadings(shape);
  const isRight = Object.keys(wrong).length === 0;
  const counts = byMaker.get(shape.maker) ?? { right: 0, all: 0 };
  byMaker.set(shape.maker, counts);
  counts.all++;
  if (isRight) {
    right++;
    counts.right++;
  } else console.log(`${shape.maker}, ${shape.rule}: ${shape.sent}\n  read as ${JSON.stringify(wrong)}`);
}
for (const [maker, counts] of byMaker) console.log(`${maker}: ${counts.right} of ${counts.all}`);
console.log(`${((100 * right) / shapes.length).toFixed(1)} % read right: ${right} of ${shapes.length}`);
for (const { maker, rule, debatable } of shapes) {
  if (debatable !== undefined) console.log(`debatable: ${maker}, ${rule}: ${debatable}`);
}
