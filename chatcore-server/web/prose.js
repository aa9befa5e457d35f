// Puts rendered Markdown into the page. This is the only file that inserts HTML, and only HTML that the server made
// safe; texts of people and models go everywhere else as text.

import { copy, make } from "./dom.js";
import { icon } from "./icons.js";

/** Replaces the content of `element` by safe HTML from the server, touching only the blocks that differ. */
export function showHtml(element, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const fresh = template.content;
  fresh.querySelectorAll("pre > code").forEach((code) => wrapCode(code));
  fresh.querySelectorAll("table").forEach((table) => wrapTable(table));
  for (const image of fresh.querySelectorAll("img")) image.decoding = "async";
  element.classList.add("prose");
  element.classList.remove("plain");
  let old = element.firstChild;
  let next = fresh.firstChild;
  while (old && next && old.isEqualNode(next)) {
    old = old.nextSibling;
    fresh.removeChild(next);
    next = fresh.firstChild;
  }
  while (old) {
    const gone = old;
    old = old.nextSibling;
    gone.remove();
  }
  element.append(fresh);
}

/** Shows text as it is, with its line breaks. */
export function showText(element, text) {
  element.classList.add("plain");
  element.classList.remove("prose");
  element.textContent = text;
}

/** The innermost block at the end of rendered text: where a word that comes next would stand. */
export function lastBlock(element) {
  let block = element;
  for (;;) {
    const last = block.lastElementChild;
    if (!last?.matches("p, ul, ol, li, blockquote, pre, .code, pre > code, h1, h2, h3, h4, h5, h6")) return block;
    block = last;
  }
}

function wrapCode(code) {
  const pre = code.parentElement;
  const language = /^language-(.+)$/.exec(code.className)?.[1] ?? "";
  const button = make("button", { type: "button", className: "copy-code" }, icon("copy"), "Copy");
  const top = make("div", { className: "code-top" }, make("span", { text: language || "text" }), button);
  const box = make("div", { className: "code" }, top);
  pre.replaceWith(box);
  box.append(pre);
  // a long line scrolls sideways, also by keyboard
  pre.tabIndex = 0;
  pre.setAttribute("role", "region");
  pre.setAttribute("aria-label", language ? `Code in ${language}` : "Code");
}

function wrapTable(table) {
  const box = make("div", { className: "table", tabindex: "0", role: "region", "aria-label": "Table" });
  table.replaceWith(box);
  box.append(table);
}

/** Makes the copy buttons of all code blocks inside `root` work, also of those that come later. */
export function enableCodeCopying(root) {
  root.addEventListener("click", async (event) => {
    const button = event.target.closest(".copy-code");
    if (!button) return;
    const done = await copy(button.closest(".code").querySelector("code").textContent);
    button.replaceChildren(icon(done ? "done" : "copy"), done ? "Copied" : "Not copied");
    setTimeout(() => button.replaceChildren(icon("copy"), "Copy"), 2000);
  });
}
