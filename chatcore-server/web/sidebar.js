// The list of conversations, and on narrow screens the drawer that holds it. The open conversation is for chat.js.

import { call } from "./api.js";
import { $, iconButton, make } from "./dom.js";
import { showProblem } from "./toast.js";

const PAGE = 40;
let items = [];
let cursor = null;
let currentId = null;
/** Whether the list is that of what is put away. */
let isArchive = false;
let actions = null;

export function setUpSidebar(to) {
  actions = to;
  $("open-sidebar").addEventListener("click", () => toggle(true));
  for (const id of ["close-sidebar", "scrim"]) $(id).addEventListener("click", () => toggle(false));
  for (const id of ["new-chat", "new-chat-narrow"]) $(id).addEventListener("click", () => actions.open(null));
  // wide again: there is no drawer any more
  matchMedia("(min-width: 48rem)").addEventListener("change", ({ matches }) => matches && toggle(false));
}

const path = () => `/api/v1/conversations?limit=${PAGE}${isArchive ? "&archived=true" : ""}`;

/** Reads the first page of the list again. */
export async function load() {
  const page = await call("GET", path());
  [items, cursor] = [page.items, page.next_cursor];
  render();
}

export function clear() {
  [items, cursor, currentId, isArchive] = [[], null, null, false];
  render();
}

/** A conversation is new, or was written to, renamed, pinned or put away. */
export function put(conversation) {
  items = items.filter(({ id }) => id !== conversation.id);
  if (conversation.archived === isArchive) items.push(conversation);
  items.sort((a, b) => isPinned(b) - isPinned(a) || (a.updated_at < b.updated_at ? 1 : a.updated_at > b.updated_at ? -1 : 0));
  render();
}

/** What is put away is in no front. */
const isPinned = ({ pinned, archived }) => Number(pinned && !archived);

async function switchList() {
  isArchive = !isArchive;
  try {
    await load();
  } catch (error) {
    isArchive = !isArchive;
    showProblem(error);
  }
}

export function remove(id) {
  items = items.filter((item) => item.id !== id);
  render();
}

export function setCurrent(id) {
  if (id === currentId) return;
  currentId = id;
  render();
}

export const isDrawerOpen = () => $("sidebar").classList.contains("open");

/** Opens or closes the drawer; what is behind it cannot be reached meanwhile. */
export function toggle(isOpen) {
  const wasOpen = isDrawerOpen();
  $("sidebar").classList.toggle("open", isOpen);
  $("scrim").hidden = !isOpen;
  $("chat").inert = isOpen;
  $("open-sidebar").setAttribute("aria-expanded", String(isOpen));
  if (isOpen) $("close-sidebar").focus();
  else if (wasOpen) $("open-sidebar").focus();
}

function render() {
  const nav = $("conversations");
  const focused = nav.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  const groups = Map.groupBy ? Map.groupBy(items, age) : groupBy(items, age);
  const parts = [];
  for (const [name, group] of groups) {
    parts.push(make("h2", { text: name }), make("ul", {}, ...group.map(row)));
  }
  if (isArchive) parts.unshift(make("h2", { text: "Archive" }));
  const none = isArchive ? "Nothing is put away." : "Your conversations will be listed here.";
  if (!items.length) parts.push(make("p", { className: "none", text: none }));
  if (cursor) parts.push(make("button", { type: "button", className: "ghost wide", text: "Show more", "data-key": "more", on: { click: more } }));
  const other = isArchive ? "Back to all conversations" : "Archive";
  parts.push(make("button", { type: "button", className: "ghost wide small", text: other, "data-key": "other list", on: { click: switchList } }));
  nav.replaceChildren(...parts);
  if (focused) (nav.querySelector(`[data-key="${CSS.escape(focused)}"]`) ?? nav).focus();
}

function row(conversation) {
  const { id } = conversation;
  const title = conversation.title || "New conversation";
  const link = make("a", { href: `#/c/${id}`, text: title, title, "data-key": `open ${id}` });
  if (id === currentId) link.setAttribute("aria-current", "page");
  const key = (action) => ({ "data-key": `${action} ${id}` });
  return make("li", { className: "conversation" }, link,
    conversation.archived ? null : iconButton("pin", conversation.pinned ? `Unpin “${title}”` : `Pin “${title}”`, () => actions.pin(conversation), { ...key("pin"), "aria-pressed": String(conversation.pinned) }),
    conversation.archived
      ? iconButton("restore", `Bring back “${title}”`, () => actions.archive(conversation), key("archive"))
      : iconButton("archive", `Archive “${title}”`, () => actions.archive(conversation), key("archive")),
    iconButton("edit", `Rename “${title}”`, () => actions.rename(conversation), key("rename")),
    iconButton("remove", `Delete “${title}”`, () => actions.remove(conversation), key("delete")));
}

async function more() {
  try {
    const page = await call("GET", `${path()}&cursor=${encodeURIComponent(cursor)}`);
    const known = new Set(items.map(({ id }) => id));
    items = [...items, ...page.items.filter(({ id }) => !known.has(id))];
    cursor = page.next_cursor;
    render();
  } catch (error) {
    showProblem(error);
  }
}

function age({ updated_at: time, pinned, archived }) {
  if (pinned && !archived) return "Pinned";
  const today = new Date().setHours(0, 0, 0, 0);
  const days = Math.ceil((today - new Date(time).getTime()) / 86_400_000);
  if (days <= 0) return "Today";
  if (days === 1) return "Yesterday";
  return days <= 7 ? "Last seven days" : "Earlier";
}

function groupBy(list, key) {
  const groups = new Map();
  for (const item of list) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}
