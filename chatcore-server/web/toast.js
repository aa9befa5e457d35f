// Short notices in a corner. Errors that belong to a field or a message are shown there instead.

import { $, iconButton, make } from "./dom.js";

/** Shows a notice for a few seconds. */
export function toast(text, { bad = false } = {}) {
  const box = make("div", { className: bad ? "toast bad" : "toast", role: bad ? "alert" : "status" });
  const remove = () => box.remove();
  box.append(make("span", { text }), iconButton("close", "Dismiss", remove));
  const list = $("toasts");
  list.append(box);
  while (list.children.length > 3) list.firstElementChild.remove();
  let timer = setTimeout(remove, bad ? 9000 : 5000);
  // who reads it or is about to dismiss it has all the time
  box.addEventListener("pointerenter", () => clearTimeout(timer));
  box.addEventListener("focusin", () => clearTimeout(timer));
  box.addEventListener("pointerleave", () => (timer = setTimeout(remove, 3000)));
}

/** Shows what went wrong. Being signed out and giving up are no errors: the page shows the one, wanted the other. */
export function showProblem(error) {
  if (error.status === 401 || error.name === "AbortError") return;
  if (!("status" in error)) console.error(error);
  const wait = Number(error.retryAfter);
  const more = wait > 0 && !error.message.includes("second") ? ` Try again in ${wait} seconds.` : "";
  toast(("status" in error ? error.message : "Something in this page went wrong. Reload it to go on.") + more, { bad: true });
}
