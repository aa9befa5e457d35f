// What a run has said so far: folds its events into the parts of a message, by the rules of the server. Showing them is
// for message.js.

/** Events that add words to a part of the same kind, and the kind. */
const WORDS = { delta: "text", refusal: "refusal", reasoning: "reasoning" };

export class Answer {
  constructor() {
    this.parts = [];
    this.model = null;
    this.seq = 0;
  }

  /** Takes the next event; one that was taken before changes nothing. */
  push({ seq, name, data }) {
    if (seq <= this.seq) return;
    this.seq = seq;
    if (name in WORDS) this.say(WORDS[name], data);
    else if (name === "tool_call") this.parts.push({ type: "tool_call", ...data.tool_call });
    else if (name === "tool_result") this.parts.push({ type: "tool_result", ...data.tool_result });
    else if (name === "provider") this.parts.push({ type: "provider" });
    else if (name === "model") this.model = data.model;
  }

  say(type, { text = "", signature }) {
    const last = this.parts.at(-1);
    // the provider's proof ends a thought
    const goesOn = last?.type === type && !last.signature;
    if (goesOn) last.text += text;
    else this.parts.push({ type, text });
    if (signature) this.parts.at(-1).signature = signature;
  }

  /** The text as the server counts its characters: texts and refusals, with an empty line between two of them. */
  get text() {
    const texts = this.parts.filter(({ type }) => type === "text" || type === "refusal");
    return texts.map(({ text }) => text).join("\n\n");
  }
}
