// Makes a title out of a first message. The server takes any title; this is only a start that people can change.

const MAX = 60;

/** The first line, without Markdown's signs, cut between two words. */
export function titleOf(text) {
  const line = text.split("\n").map((line) => line.replace(/^[\s#>*-]+|\*\*|__|~~|`/g, "").replace(/\s+/g, " ").trim()).find(Boolean);
  if (!line) return "Conversation";
  const letters = [...line];
  if (letters.length <= MAX) return line;
  const cut = letters.slice(0, MAX).join("");
  const end = cut.lastIndexOf(" ");
  return `${end > MAX / 2 ? cut.slice(0, end) : cut}…`;
}
