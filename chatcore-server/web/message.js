// One message on the page: its text, its state, its versions and what can be done with it. It talks to nobody; `actions`
// is where its buttons lead.

import { showAttached } from "./attached.js";
import { copy, iconButton, make } from "./dom.js";
import { comment, thumbs } from "./feedback.js";
import { icon } from "./icons.js";
import { LiveText } from "./live-text.js";
import { openEditor } from "./editor.js";
import { showHtml, showText } from "./prose.js";
import { Steps } from "./steps.js";

const WHO = { user: "You said", assistant: "Answer", system: "Instructions", tool: "Tool" };
const CAN_GO_ON = new Set(["stopped", "interrupted", "failed"]);
/** Why an answer broke off, where people can do something about it; whatever else went wrong is said as the server says it. */
const WHY_FAILED = {
  over_limit: "The answer broke off here: your plan does not cover more of it for now.",
  insufficient_credit: "The answer broke off here: your credit does not cover more of it.",
};

/** Whether an answer ended because it could be no longer. */
const isCut = ({ state, finish_reason: reason }) => state === "complete" && reason === "length";

export class MessageView {
  /** `changed` is called whenever the text grows. */
  constructor(message, actions, changed) {
    this.actions = actions;
    this.changed = changed;
    this.heading = make("h2", { className: "visually-hidden" });
    this.steps = new Steps();
    this.attached = make("div", { className: "attached", hidden: true });
    this.body = make("div", { className: "body" });
    this.note = make("p", { className: "note", hidden: true });
    this.footer = make("div", { className: "actions" });
    this.opinion = make("div", { hidden: true });
    this.article = make("article", { className: "message", tabindex: "0" });
    this.article.append(this.heading, this.steps.element, this.attached, this.body, this.note, this.footer, this.opinion);
    this.element = make("li", {}, this.article);
    this.update(message);
  }

  /** Shows the message as it is now. */
  update(message) {
    const state = JSON.stringify(message);
    if (state === this.shown) return;
    this.shown = state;
    this.message = message;
    this.article.dataset.id = message.id;
    this.article.dataset.role = message.role;
    this.article.dataset.state = message.state;
    const version = message.versions > 1 ? `, version ${message.version} of ${message.versions}` : "";
    this.heading.textContent = `${WHO[message.role] ?? message.role}${version}`;
    this.article.setAttribute("aria-label", this.heading.textContent);
    if (message.state === "open") {
      if (!this.live) this.showOpen(message);
    } else {
      this.live?.end();
      this.live = null;
      this.steps.show(message.parts ?? [], false);
      if (message.role === "assistant" && message.html !== undefined) showHtml(this.body, message.html);
      else showText(this.body, message.text);
    }
    showAttached(this.attached, message.parts ?? []);
    this.body.hidden = message.text === "" && message.state !== "open";
    this.showNote();
    this.showActions();
    this.showOpinion();
  }

  /** What an open message had said when it was read; its events tell the same again, and more. */
  showOpen(message) {
    this.steps.show(message.parts ?? [], true);
    showText(this.body, message.text);
  }

  /** Shows what the run has said by now. */
  follow(answer) {
    this.live ??= new LiveText(this.body, this.changed);
    this.live.show(answer.text);
    this.steps.show(answer.parts, true);
    if (answer.model && answer.model !== this.message.model) this.update({ ...this.message, model: answer.model });
  }

  /** How many characters of an open answer can be seen. */
  seenLength() {
    return [...(this.live?.shown ?? this.message.text)].length;
  }

  /** Opens the editor in place of the text. */
  edit() {
    if (this.article.querySelector(".editor") || !this.canEdit()) return;
    for (const part of [this.body, this.footer]) part.hidden = true;
    const close = () => {
      for (const part of [this.body, this.footer]) part.hidden = false;
      editor.remove();
      this.article.focus();
    };
    const editor = openEditor(this.message.text, (text) => this.actions.edit(this.message.id, text), close);
    this.article.append(editor);
    editor.querySelector("textarea").focus();
  }

  canEdit() {
    return this.message.role === "user" && this.message.state === "complete";
  }

  showNote() {
    const { state, error, queued, role } = this.message;
    const reason = typeof error === "string" ? error : (error?.detail ?? error?.message);
    const notes = {
      complete: isCut(this.message) ? "The answer was cut off at its longest length." : "",
      open: queued ? "Waiting for another answer to end …" : "",
      stopped: "Stopped.",
      failed: WHY_FAILED[error?.code] ?? `The answer failed: ${reason ?? "ask again"}.`,
      interrupted: "The answer was interrupted.",
      sending: role === "user" ? "Sending …" : "",
    };
    this.note.textContent = notes[state] ?? "";
    this.note.hidden = !notes[state];
    this.note.classList.toggle("bad", state === "failed");
  }

  showActions() {
    const { id, role, state, model, text } = this.message;
    const focused = this.footer.contains(document.activeElement) ? document.activeElement.dataset.action : null;
    const isSettled = state !== "open" && state !== "sending";
    const isAnswer = role === "assistant";
    const tools = make("span", { className: "tools" });
    const tool = (name, label, act) => tools.append(iconButton(name, label, act, { "data-action": name }));
    if (isSettled && text) tool("copy", "Copy", () => this.copyText());
    if (this.canEdit()) tool("edit", "Edit", () => this.edit());
    if (isSettled && isAnswer) tools.append(...thumbs(this.message, this.actions.rate));
    if (isSettled && isAnswer) tool("again", "Answer again", () => this.actions.regenerate(id));
    if (isSettled) tool("fork", "Copy the conversation up to here into a new one", () => this.actions.fork(id));
    if (isSettled) tool("remove", "Delete", () => this.actions.remove(id));
    const by = isAnswer && model ? make("span", { className: "by", text: model, title: "The model that answered" }) : null;
    // the tools are often invisible, so they stand at the far end
    const parts = role === "user" ? [tools, this.versions()] : [this.goOn(), this.versions(), by, tools];
    this.footer.replaceChildren(...parts.filter(Boolean));
    if (focused) this.footer.querySelector(`[data-action="${focused}"]`)?.focus();
  }

  /** What was said of the answer besides good or bad. */
  showOpinion() {
    const isIn = this.opinion.contains(document.activeElement);
    const box = this.message.state === "open" ? null : comment(this.message, this.actions.rate);
    this.opinion.replaceChildren(...(box ? [box] : []));
    this.opinion.hidden = !box;
    if (isIn) (box?.querySelector("button") ?? this.article).focus();
  }

  /** The button that lets an answer go on that is not whole; there is one only if something was said. */
  goOn() {
    const { id, role, state, text } = this.message;
    if (role !== "assistant" || !(CAN_GO_ON.has(state) || isCut(this.message)) || !text) return null;
    const act = () => this.actions.goOn(id);
    return make("button", { type: "button", className: "ghost small", text: "Continue", "data-action": "continue", on: { click: act } });
  }

  versions() {
    const { id, version, versions } = this.message;
    if (!(versions > 1)) return null;
    const step = (name, label, by, disabled) =>
      iconButton(name, label, () => this.actions.switchVersion(id, by, name), { disabled, "data-action": name });
    const group = make("span", { className: "versions", role: "group", "aria-label": "Versions of this message" });
    group.append(
      step("left", "Previous version", -1, version <= 1),
      make("span", { text: `${version}/${versions}` }),
      step("right", "Next version", 1, version >= versions),
    );
    return group;
  }

  async copyText() {
    const done = await copy(this.message.text);
    const button = this.footer.querySelector('[data-action="copy"]');
    if (!button) return;
    button.replaceChildren(icon(done ? "done" : "copy"));
    button.setAttribute("aria-label", done ? "Copied" : "Not copied");
    setTimeout(() => {
      button.replaceChildren(icon("copy"));
      button.setAttribute("aria-label", "Copy");
    }, 2000);
  }
}
