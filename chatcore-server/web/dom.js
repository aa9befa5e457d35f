// Small helpers around the DOM. Text always goes in as text; the only place that inserts HTML is prose.js.

import { icon } from "./icons.js";

/** The element with this id. */
export const $ = (id) => document.getElementById(id);

/** Makes an element. `on` holds listeners; a boolean sets a property, anything else an attribute. */
export function make(tag, { text, className, on = {}, ...rest } = {}, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  for (const [event, listener] of Object.entries(on)) element.addEventListener(event, listener);
  for (const [name, value] of Object.entries(rest)) {
    if (typeof value === "boolean") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter(Boolean));
  return element;
}

/** A button that shows only an icon; the label is its name and its tooltip. */
export function iconButton(name, label, onClick, rest = {}) {
  const { className = "icon", ...attributes } = rest;
  const options = { type: "button", className, title: label, "aria-label": label, on: { click: onClick }, ...attributes };
  return make("button", options, icon(name));
}

/** Fills every element of the page that asks for an icon. */
export function fillIcons(root = document) {
  for (const element of root.querySelectorAll("[data-icon]")) element.replaceChildren(icon(element.dataset.icon));
}

/** Tells people who listen to the page; each call replaces what was not read yet. */
export function announce(text) {
  const region = $("announcer");
  region.textContent = "";
  // a change in its own task is noticed even if the words are the same as before
  setTimeout(() => (region.textContent = text), 50);
}

/** Copies text; resolves to whether it worked. */
export async function copy(text) {
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text).then(() => true, () => false);
  }
  // without HTTPS there is no clipboard API
  const area = make("textarea", { className: "visually-hidden", readOnly: true, "aria-hidden": "true" });
  area.value = text;
  const before = document.activeElement;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  before?.focus();
  return done;
}

/** Whether a key press belongs to a field in which people write. */
export const isTyping = (target) => Boolean(target.closest?.("input, textarea, select"));
