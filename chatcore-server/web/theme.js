// The choice between light, dark and what the system says. The colours themselves are in base.css.

import { $ } from "./dom.js";
import { icon } from "./icons.js";
import * as storage from "./storage.js";

const ORDER = ["system", "light", "dark"];
const KEY = "chatcore.theme";

export function setUpTheme() {
  show(current());
  $("theme").addEventListener("click", () => {
    const next = ORDER[(ORDER.indexOf(current()) + 1) % ORDER.length];
    storage.set(KEY, next === "system" ? null : next);
    show(next);
  });
  // another tab chose
  addEventListener("storage", (event) => event.key === KEY && show(current()));
}

function current() {
  const stored = storage.get(KEY);
  return ORDER.includes(stored) ? stored : "system";
}

function show(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  const button = $("theme");
  button.replaceChildren(icon(theme));
  button.setAttribute("aria-label", `Theme: ${theme}`);
  button.title = `Theme: ${theme}`;
}
