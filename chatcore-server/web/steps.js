// What an answer did besides talking, folded: thoughts, and tools with what they answered. All of it is shown as text.

import { make } from "./dom.js";

export class Steps {
  constructor() {
    this.element = make("div", { className: "steps", hidden: true });
    this.views = [];
  }

  /** Shows the steps in these parts; a step that was unfolded stays so. */
  show(parts, isOpen) {
    const steps = stepsOf(parts);
    steps.forEach((step, at) => {
      if (this.views[at]?.kind !== step.kind) this.replace(at, step.kind);
      // only the last one can still grow
      fill(this.views[at], step, isOpen && parts.at(-1) === step.last);
    });
    for (const view of this.views.splice(steps.length)) view.details.remove();
    this.element.hidden = steps.length === 0;
  }

  replace(at, kind) {
    const view = { kind, summary: make("summary"), content: make("div", { className: "step" }), shown: null };
    view.details = make("details", {}, view.summary, view.content);
    const there = this.views[at];
    if (there) there.details.replaceWith(view.details);
    else this.element.append(view.details);
    this.views[at] = view;
  }
}

/** Thoughts and calls in their order; a result belongs to its call. */
function stepsOf(parts) {
  const steps = [];
  for (const part of parts) {
    const call = part.type === "tool_result" && steps.find(({ id, kind }) => kind === "tool" && id === part.call_id);
    if (part.type === "reasoning" && part.text) steps.push({ kind: "thought", text: part.text, last: part });
    else if (part.type === "tool_call") steps.push({ ...part, kind: "tool", result: null, last: part });
    else if (call) Object.assign(call, { result: part, last: part });
    else if (part.type === "tool_result") steps.push({ kind: "tool", result: part, last: part });
  }
  return steps;
}

function fill(view, step, isGrowing) {
  const shown = JSON.stringify([step, isGrowing]);
  if (shown === view.shown) return;
  view.shown = shown;
  if (step.kind === "thought") {
    view.summary.textContent = isGrowing ? "Thinking …" : "Thoughts";
    view.content.textContent = step.text;
    return;
  }
  view.summary.textContent = `${step.name ? `Tool: ${step.name}` : "Answer of a tool"}${became(step, isGrowing)}`;
  view.content.replaceChildren(
    ...(step.name ? block("Asked", pretty(step.arguments)) : []),
    ...(step.result ? block(step.result.is_error ? "Failed" : "Answered", pretty(step.result.content)) : []),
  );
}

function became({ result }, isGrowing) {
  if (result) return result.is_error ? " – failed" : "";
  return isGrowing ? " – at work …" : "";
}

const block = (name, text) => [make("p", { className: "step-name", text: name }), make("pre", { text })];

/** JSON with its lines broken; any other text as it is. */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
