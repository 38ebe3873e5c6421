/** "b,a:1,b" -> ["a:1", "b"]: sorted and without repeats, so that the order in which a client sends them is no difference. */
export function parseTags(text: string): string[] {
  const tags = text.split(",").filter((tag) => tag !== "");
  return tags.length < 2 ? tags : [...new Set(tags)].sort();
}
