// Finding messages by their words: the box above the list of conversations, and what was found in its place.

import { call } from "./api.js";
import { $, make } from "./dom.js";
import { showProblem } from "./toast.js";

/** Whoever types is not interrupted: this long without a key, in milliseconds. */
const PAUSE = 250;
/** A store without an index reads so many messages at a time: it is asked again this often for a first hit. */
const PATIENCE = 20;

let timer = null;
let asked = 0;
let hits = [];
let cursor = null;

export function setUpSearch() {
  const input = $("search");
  $("search-form").addEventListener("submit", (event) => (event.preventDefault(), now()));
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(now, PAUSE);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !input.value) return;
    event.preventDefault();
    event.stopPropagation();
    clear();
  });
}

/** Shows the list of conversations again. */
export function clear() {
  clearTimeout(timer);
  $("search").value = "";
  asked += 1;
  showWhich(false);
}

function showWhich(isSearch) {
  $("hits").hidden = !isSearch;
  $("conversations").hidden = isSearch;
}

/** Whether there is a word in it: signs alone find nothing. */
const hasWord = (text) => /[\p{L}\p{N}]/u.test(text);

async function now() {
  clearTimeout(timer);
  const text = $("search").value.trim();
  if (!hasWord(text)) {
    asked += 1;
    return showWhich(false);
  }
  [hits, cursor] = [[], null];
  await look(text);
}

/** Reads on until something new is found. */
async function look(text) {
  const mine = ++asked;
  const before = hits.length;
  try {
    for (let pages = 0; pages < PATIENCE; pages += 1) {
      const from = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
      const page = await call("GET", `/api/v1/search?limit=20&q=${encodeURIComponent(text)}${from}`);
      if (mine !== asked) return;
      [hits, cursor] = [[...hits, ...page.items], page.next_cursor];
      if (hits.length > before || !cursor) break;
    }
    show(text);
  } catch (error) {
    if (mine === asked) showProblem(error);
  }
}

function show(text) {
  const words = hits.length === 0 ? "Nothing was found." : `Found: ${hits.length}${cursor ? " and more" : ""}`;
  const more = cursor && make("button", { type: "button", className: "ghost wide", text: "Show more", on: { click: () => look(text) } });
  $("hits").replaceChildren(...[make("p", { className: "none", role: "status", text: words }), make("ul", {}, ...hits.map(row)), more].filter(Boolean));
  showWhich(true);
}

function row({ conversation_id: of, message_id: id, title, archived, snippet, highlights }) {
  const name = `${title || "New conversation"}${archived ? " (archived)" : ""}`;
  const link = make("a", { href: `#/c/${of}/m/${id}` }, make("strong", { text: name }), make("span", {}, ...marked(snippet, highlights)));
  return make("li", {}, link);
}

/** A snippet with its words marked; places are counted in characters, as `Array.from` does. */
function marked(snippet, highlights) {
  const letters = Array.from(snippet);
  const parts = [];
  let at = 0;
  for (const { start, length } of highlights) {
    parts.push(letters.slice(at, start).join(""), make("mark", { text: letters.slice(start, start + length).join("") }));
    at = start + length;
  }
  return [...parts, letters.slice(at).join("")];
}
