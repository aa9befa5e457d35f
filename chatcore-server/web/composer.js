// The box in which messages are written: it grows and keeps drafts. Sending is for its caller.

import { $, announce } from "./dom.js";
import * as files from "./files.js";
import * as storage from "./storage.js";

let place = "new";

/** `send(text, attachments)` resolves to whether it was sent; `editLast()` opens the editor of the last message. */
export function setUpComposer({ send, editLast, stop }) {
  const input = $("input");
  $("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    submit(send);
  });
  $("stop").addEventListener("click", stop);
  // a click beside the text means the text
  $("composer").addEventListener("click", (event) => event.target === $("composer") && input.focus());
  input.addEventListener("input", () => {
    storage.setDraft(place, input.value);
    grow();
  });
  input.addEventListener("keydown", (event) => {
    if (isSendKey(event)) {
      event.preventDefault();
      $("composer").requestSubmit();
    } else if (event.key === "ArrowUp" && !input.value && !event.altKey && !event.shiftKey) {
      if (editLast()) event.preventDefault();
    }
  });
}

/** Whether a key press means "send": Enter, but not while a word of another script is being composed. */
export const isSendKey = (event) =>
  event.key === "Enter" && !event.shiftKey && !event.altKey && !event.isComposing && event.keyCode !== 229;

/** Shows the draft of another conversation. */
export function showDraft(conversation) {
  const next = conversation ?? "new";
  if (next !== place) files.drop();
  place = next;
  $("input").value = storage.draft(place);
  grow();
}

/** The draft moves along when a new conversation gets its id. */
export function moveDraft(conversation) {
  storage.setDraft(place, "");
  place = conversation;
  storage.setDraft(place, $("input").value);
}

/** Puts words into the box. */
export function write(text) {
  $("input").value = text;
  storage.setDraft(place, text);
  grow();
  $("input").focus();
}

/** An answer is being written: it can be stopped, and what is sent now waits for its end. */
export function showRunning(isRunning) {
  const hadFocus = document.activeElement === $("stop");
  $("stop").hidden = !isRunning;
  const label = isRunning ? "Send after this answer" : "Send";
  $("send").setAttribute("aria-label", label);
  $("send").title = `${label} (Enter)`;
  if (hadFocus && !isRunning) $("input").focus();
}

/** Says that what is shown may be old, or that it is not. */
export function showConnection(failures) {
  // one break is mended before anybody can read this
  $("connection").textContent = failures > 1 ? "The server cannot be reached. Trying again …" : "";
}

async function submit(send) {
  const input = $("input");
  if (!input.value.trim() && !files.any()) return input.focus();
  if ($("send").disabled) return;
  $("send").disabled = true;
  const attachments = await files.uploaded();
  if (!attachments) {
    $("send").disabled = false;
    return announce("A file could not be uploaded. Remove it, or attach it again.");
  }
  const text = input.value;
  input.value = "";
  grow();
  input.focus();
  const done = await send(text, attachments);
  $("send").disabled = false;
  if (done) {
    files.sent();
    storage.setDraft(place, input.value);
  } else if (!input.value) {
    write(text);
  }
}

/** Fits the height to the text where CSS alone cannot. */
function grow() {
  if (CSS.supports("field-sizing", "content")) return;
  const input = $("input");
  input.style.height = "auto";
  input.style.height = `${input.scrollHeight}px`;
}
