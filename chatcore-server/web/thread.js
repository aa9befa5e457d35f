// The messages of one branch on the page, in order, and where the page is scrolled to. Which messages there are is for
// chat.js.

import { $, make } from "./dom.js";
import { MessageView } from "./message.js";

/** This near to the end counts as being there. */
const NEAR = 80;
const STARTERS = [
  "I cannot decide between two good offers",
  "Help me plan a quiet weekend",
  "Explain a hard idea in simple words",
  "I would like to argue about something",
];

const views = new Map();
let actions = null;
let isAtEnd = true;

export function setUpThread(to) {
  actions = to;
  $("earlier").addEventListener("click", () => actions.loadEarlier());
  $("jump").addEventListener("click", () => {
    scrollToEnd();
    $("input").focus();
  });
  $("scroller").addEventListener("scroll", noteScroll, { passive: true });
  // pictures, fonts and the keyboard of a phone change heights without a word
  new ResizeObserver(keepEnd).observe($("messages"));
  new ResizeObserver(keepEnd).observe($("scroller"));
  const starter = (text) => make("li", {}, make("button", { type: "button", text, on: { click: () => actions.start(text) } }));
  $("starters").replaceChildren(...STARTERS.map(starter));
}

/** Shows these messages; those that were there before keep their elements, and with them focus and selection. */
export function show(messages, { hasEarlier = false } = {}) {
  $("thread-loading").hidden = true;
  $("empty").hidden = messages.length > 0;
  $("earlier").hidden = !hasEarlier;
  const list = $("messages");
  const wanted = new Set(messages.map(({ id }) => id));
  for (const [id, view] of views) {
    if (wanted.has(id)) continue;
    view.live?.end();
    view.element.remove();
    views.delete(id);
  }
  messages.forEach((message, index) => {
    const view = views.get(message.id) ?? new MessageView(message, actions, keepEnd);
    views.set(message.id, view);
    view.update(message);
    const there = list.children[index];
    if (there !== view.element) list.insertBefore(view.element, there ?? null);
  });
  keepEnd();
}

/** Shows that messages are on their way. */
export function showLoading() {
  show([]);
  $("empty").hidden = true;
  $("thread-loading").hidden = false;
}

export const view = (id) => views.get(id);

/** Shows what the run of an open message has said by now. */
export const follow = (id, answer) => views.get(id)?.follow(answer);

/** How many characters of an open message can be seen. */
export const seenLength = (id) => views.get(id)?.seenLength() ?? 0;

export function focusMessage(id) {
  views.get(id)?.article.focus();
}

/** Goes to a message, wherever the page is. */
export function showMessage(id) {
  const article = views.get(id)?.article;
  if (!article) return;
  isAtEnd = false;
  article.focus({ preventScroll: true });
  article.scrollIntoView({ block: "center" });
  noteScroll();
}

/** The message in which the focus is. */
export const focusedMessage = () => document.activeElement?.closest?.(".message")?.dataset.id ?? null;

/** Goes to the message above or below the one with the focus. */
export function moveFocus(step) {
  const all = [...$("messages").querySelectorAll(".message")];
  const at = all.findIndex((article) => article.dataset.id === focusedMessage());
  const next = at < 0 ? (step < 0 ? all.length - 1 : -1) : at + step;
  if (all[next]) {
    all[next].focus();
    all[next].scrollIntoView({ block: "nearest" });
  } else if (next >= all.length) {
    $("input").focus();
  }
}

export function scrollToEnd() {
  isAtEnd = true;
  $("scroller").scrollTop = $("scroller").scrollHeight;
  $("jump").hidden = true;
}

/** Runs a change of the list while one message (or what becomes of it) stays where it is on the screen. */
export function keepInPlace(id, change, becomes = id) {
  const before = views.get(id)?.element.getBoundingClientRect().top;
  isAtEnd = false;
  change();
  const after = views.get(becomes)?.element.getBoundingClientRect().top;
  if (before !== undefined && after !== undefined) $("scroller").scrollTop += after - before;
  noteScroll();
}

function noteScroll() {
  const { scrollTop, scrollHeight, clientHeight } = $("scroller");
  isAtEnd = scrollHeight - clientHeight - scrollTop < NEAR;
  $("jump").hidden = isAtEnd;
}

function keepEnd() {
  if (isAtEnd) scrollToEnd();
  else noteScroll();
}
