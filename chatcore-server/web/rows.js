// A list in the settings: each row says what it is and may have a button that ends it.

import { make } from "./dom.js";

/** Shows what a section is about as often as it is opened. What goes wrong is said in the section. */
export function loadWhenOpened(section, load) {
  section.addEventListener("toggle", () => section.open && attempt(section, load));
}

/** Does something for a section, and says in it what goes wrong. */
export async function attempt(section, work) {
  const box = section.querySelector(".form-error");
  box.hidden = true;
  try {
    await work();
  } catch (error) {
    if (!("status" in error)) console.error(error);
    box.textContent = error.message;
    box.hidden = false;
  }
}

/** Shows rows, or a word when there are none. The focus stays in the section when its row goes away. */
export function showRows(section, rows, none) {
  const list = section.querySelector(".rows");
  const hadFocus = list.contains(document.activeElement) || document.activeElement === document.body;
  list.replaceChildren(...(rows.length ? rows : [make("li", { className: "hint", text: none })]));
  if (hadFocus) (section.querySelector("summary") ?? section.querySelector("h3")).focus();
}

/** One row; `end` says what its button is called and does. */
export function row(title, more, end) {
  const text = make("div", { className: "grow" }, make("strong", { text: title }), make("span", { className: "hint", text: more }));
  const { label, name, on } = end ?? {};
  const options = { type: "button", className: "ghost small", text: label, "aria-label": name, on: { click: on } };
  return make("li", { className: "row" }, text, end ? make("button", options) : null);
}

/** A time, as people write it. */
export const moment = (time) => new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

/** Its day alone. */
export const day = (time) => new Date(time).toLocaleDateString(undefined, { dateStyle: "medium" });
