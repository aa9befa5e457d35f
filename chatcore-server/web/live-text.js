// The text of an answer that is still being written: every word at once, and Markdown a moment later.

import { call } from "./api.js";
import { make } from "./dom.js";
import { lastBlock, showHtml, showText } from "./prose.js";

/** Not more often than this, and never more than a fraction of the time that rendering takes. */
const INTERVAL = 500;
/** Longer texts are rendered once, at their end. */
const MAX_RENDERED = 64 * 1024;
const MARKUP = /[*_`#>|~[\]-]|\n\s*\n|\d[.)]\s/;

export class LiveText {
  /** `changed` is called after each change of the element. */
  constructor(element, changed) {
    this.element = element;
    this.changed = changed;
    this.text = "";
    /** What of the text can be seen. */
    this.shown = "";
    this.tail = document.createTextNode("");
    this.slot = make("span", { className: "tail" }, this.tail, make("span", { className: "caret", "aria-hidden": "true" }));
    this.isRendered = false;
    this.isOver = false;
    this.frame = null;
    this.timer = null;
    this.wait = INTERVAL;
    this.showTail("");
  }

  /** Shows the text as it is by now: what it was before, and more. Many words between two frames are one change. */
  show(text) {
    this.text = text;
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.paint();
    });
  }

  paint() {
    if (this.isOver || this.text === this.shown) return;
    this.tail.data += this.text.slice(this.shown.length);
    this.shown = this.text;
    this.schedule();
    this.changed();
  }

  /** Nothing is shown by this object from now on. */
  end() {
    this.isOver = true;
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.slot.remove();
  }

  /** Puts text behind what is shown, which was made of `before`. */
  showTail(text, before = "") {
    if (!this.isRendered) showText(this.element, "");
    const block = lastBlock(this.element);
    if (block.matches("code")) {
      // rendering ends the last line of code, the next word goes on with it
      if (!before.endsWith("\n") && block.lastChild) block.lastChild.data = block.lastChild.data.replace(/\n$/, "");
      this.tail.data = text;
    } else {
      // rendering drops the space at the end
      this.tail.data = (/\s+$/.exec(before)?.[0] ?? "") + text;
    }
    block.append(this.slot);
  }

  schedule() {
    if (this.isOver || this.timer !== null || this.shown.length > MAX_RENDERED || !MARKUP.test(this.shown)) return;
    this.timer = setTimeout(() => this.render(), this.wait);
  }

  async render() {
    const text = this.shown;
    const begin = performance.now();
    // a hidden page is rendered when it is looked at again, a selection is left alone
    const isBusy = document.hidden || hasSelection(this.element);
    try {
      if (!isBusy) {
        const { html } = await call("POST", "/web/render", { text });
        if (this.isOver) return;
        // the tail must not count as a difference of its block
        this.slot.remove();
        showHtml(this.element, html);
        this.isRendered = true;
        this.showTail(this.shown.slice(text.length), text);
        this.changed();
      }
      this.wait = Math.max(INTERVAL, 8 * (performance.now() - begin));
    } catch {
      // plain text is good enough until the end
      this.wait = 30_000;
    }
    this.timer = null;
    if (isBusy || this.shown.length > text.length) this.schedule();
  }
}

function hasSelection(element) {
  const selection = document.getSelection();
  return selection && !selection.isCollapsed && element.contains(selection.anchorNode);
}
