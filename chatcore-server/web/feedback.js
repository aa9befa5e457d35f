// What somebody thinks of an answer: two buttons, and a few words if they like. What becomes of it is for `rate`.

import { iconButton, make } from "./dom.js";

const LONGEST = 2000;
const KINDS = [
  { name: "good", rating: 1, label: "Good answer" },
  { name: "bad", rating: -1, label: "Bad answer" },
];

/** The buttons below an answer; the one that holds is pressed. */
export function thumbs({ id, feedback }, rate) {
  return KINDS.map(({ name, rating, label }) => {
    const isPressed = feedback?.rating === rating;
    const act = () => rate(id, isPressed ? null : rating);
    return iconButton(name, label, act, { "data-action": name, "aria-pressed": String(isPressed) });
  });
}

/** What was said besides, or a way to say it; null while nothing is thought of the answer. */
export function comment({ id, feedback }, rate) {
  if (!feedback) return null;
  const box = make("div", { className: "opinion" });
  const show = () => {
    const text = feedback.comment ? make("p", { text: `You said: ${feedback.comment}` }) : null;
    const label = feedback.comment ? "Change" : "Say why";
    const open = make("button", { type: "button", className: "link", text: label, "data-action": "why", on: { click: edit } });
    box.replaceChildren(...[text, open].filter(Boolean));
  };
  const edit = () => {
    const area = make("textarea", { rows: "2", maxlength: String(LONGEST), "aria-label": "Why do you think so?" });
    area.value = feedback.comment ?? "";
    const close = () => {
      show();
      box.querySelector("button").focus();
    };
    const save = (event) => {
      event.preventDefault();
      rate(id, feedback.rating, area.value.trim() || undefined);
    };
    const cancel = make("button", { type: "button", className: "ghost small", text: "Cancel", on: { click: close } });
    const buttons = make("div", { className: "buttons" }, cancel, make("button", { className: "primary small", text: "Save" }));
    const form = make("form", { on: { submit: save } }, area, buttons);
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      close();
    });
    box.replaceChildren(form);
    area.focus();
  };
  show();
  return box;
}
