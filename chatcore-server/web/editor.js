// The form in which a message that was sent is edited. Sending the edit is for its caller.

import { make } from "./dom.js";
import { isSendKey } from "./composer.js";

/** `save` resolves to whether the edit was sent; `close` takes the form away. */
export function openEditor(text, save, close) {
  const area = make("textarea", { rows: "3", "aria-label": "Edit your message" });
  area.value = text;
  const cancel = make("button", { type: "button", className: "ghost", text: "Cancel", on: { click: close } });
  const send = make("button", { className: "primary", text: "Send" });
  const form = make("form", { className: "editor" }, area, make("div", { className: "buttons" }, cancel, send));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!area.value.trim() || send.disabled) return;
    if (area.value === text) return close();
    send.disabled = true;
    const done = await save(area.value);
    send.disabled = false;
    if (done) form.remove();
  });
  area.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    } else if (isSendKey(event)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  return form;
}
