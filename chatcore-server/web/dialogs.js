// The dialogs of the page: confirm, rename, list of keys. Each resolves to what was decided.

import { $, make } from "./dom.js";

export function setUpDialogs() {
  for (const dialog of document.querySelectorAll("dialog")) {
    for (const button of dialog.querySelectorAll("[data-close]")) button.addEventListener("click", () => dialog.close(""));
    // a click beside the dialog closes it
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close(""));
  }
}

/** Asks before something that cannot be undone. */
export async function confirm(title, text, action) {
  $("confirm-title").textContent = title;
  $("confirm-text").textContent = text;
  $("confirm-ok").textContent = action;
  return (await ask($("confirm-dialog"))) === "ok";
}

/** Asks for a new title; null if it stays. */
export async function askTitle(title) {
  const input = $("rename-input");
  input.value = title;
  const answer = ask($("rename-dialog"));
  input.select();
  const isWanted = (await answer) === "ok";
  const text = input.value.trim();
  return isWanted && text && text !== title ? text : null;
}

const KEYS = [
  [["Enter"], "Send the message"],
  [["Shift", "Enter"], "Start a new line"],
  [["Esc"], "Stop the answer, or cancel editing"],
  [["↑"], "In an empty box: edit your last message"],
  [["Alt", "↑"], "Go to the message above"],
  [["Alt", "↓"], "Go to the message below"],
  [["Alt", "←"], "On a message: its previous version"],
  [["Alt", "→"], "On a message: its next version"],
  [["Alt", "N"], "New conversation"],
  [["/"], "Go to the message box"],
  [["?"], "This list"],
];

export function showKeys() {
  const rows = KEYS.flatMap(([keys, meaning]) => {
    const names = keys.flatMap((key, index) => [index ? " " : "", make("kbd", { text: key })]);
    return [make("dt", {}, ...names), make("dd", { text: meaning })];
  });
  $("shortcuts").replaceChildren(...rows);
  return ask($("help-dialog"));
}

function ask(dialog) {
  if (dialog.open) return Promise.resolve("");
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }));
}
