// The keys that work anywhere on the page. Keys of one field are with that field; the list of all is in dialogs.js.

import { $, isTyping } from "./dom.js";
import { focusedMessage, moveFocus } from "./thread.js";

export function setUpKeys({ newChat, stop, isRunning, switchVersion, showKeys, closeDrawer }) {
  document.addEventListener("keydown", (event) => {
    if ($("app").hidden || document.querySelector("dialog[open]") || event.isComposing) return;
    if (handle(event)) event.preventDefault();
  });

  function handle(event) {
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (event.key === "Escape") return closeDrawer() || (isRunning() && (stop(), true));
    if (event.altKey && !event.ctrlKey && !event.metaKey) return withAlt(event);
    if (!isPlain || isTyping(event.target)) return false;
    if (event.key === "?") return showKeys(), true;
    if (event.key === "/") return $("input").focus(), true;
    return false;
  }

  function withAlt(event) {
    // by its place on the keyboard: with Alt some systems make another letter of it
    if (event.code === "KeyN") return newChat(), true;
    if (event.key === "ArrowUp" || event.key === "ArrowDown") return moveFocus(event.key === "ArrowUp" ? -1 : 1), true;
    const id = focusedMessage();
    if (!id || isTyping(event.target)) return false;
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      switchVersion(id, event.key === "ArrowLeft" ? -1 : 1);
      return true;
    }
    return false;
  }
}
