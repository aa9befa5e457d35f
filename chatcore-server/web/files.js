// The files that go with the message in the box: chosen, dropped or pasted, and uploaded at once. Each can be taken away
// until the message is sent.

import { call } from "./api.js";
import { $, announce, iconButton, make } from "./dom.js";
import { upload } from "./upload.js";

/** More go with no message. */
const MOST = 20;

let entries = [];

export function setUpFiles() {
  const choose = $("choose-files");
  $("attach").addEventListener("click", () => choose.click());
  choose.addEventListener("change", () => {
    add(choose.files);
    choose.value = "";
  });
  $("input").addEventListener("paste", (event) => {
    if (!event.clipboardData?.files.length) return;
    event.preventDefault();
    add(event.clipboardData.files);
  });
  setUpDropping($("chat"));
}

function setUpDropping(area) {
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  const mark = (isOver) => area.classList.toggle("dropping", isOver);
  area.addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    mark(true);
  });
  area.addEventListener("dragleave", (event) => area.contains(event.relatedTarget) || mark(false));
  area.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    mark(false);
    add(event.dataTransfer.files);
  });
}

/** Whether a message may be sent that has no words. */
export const any = () => entries.length > 0;

/** The attachments once all are uploaded; null if one could not be, or is taken away meanwhile. */
export async function uploaded() {
  await Promise.all(entries.map(({ done }) => done));
  return entries.every(({ attachment }) => attachment) ? entries.map(({ attachment }) => attachment) : null;
}

/** The files were sent: they are the message's now. */
export function sent() {
  entries = [];
  show();
}

/** Somebody writes somewhere else: what was not sent goes. */
export function drop() {
  const unsent = entries;
  sent();
  unsent.forEach(forget);
}

function add(files) {
  for (const file of files) {
    if (entries.length >= MOST) {
      announce(`No more than ${MOST} files go with a message.`);
      break;
    }
    entries.push(begin(file));
  }
  show();
  $("input").focus();
}

function begin(file) {
  const ended = new AbortController();
  const entry = { ended, attachment: null };
  const bar = make("progress", { max: "1", value: "0", "aria-label": `Upload of ${file.name}` });
  const note = make("span", { className: "file-note", role: "status" });
  const remove = iconButton("close", `Remove ${file.name}`, () => take(entry));
  entry.element = make("li", { className: "file" }, make("span", { className: "file-name", text: file.name }), bar, note, remove);
  const progress = (part) => (bar.value = part);
  entry.done = upload(file, { progress, signal: ended.signal }).then(
    (attachment) => {
      entry.attachment = attachment;
      if (attachment.kind === "image") entry.element.prepend(thumbnail(attachment));
      bar.remove();
      announce(`${file.name} is attached.`);
    },
    (error) => {
      bar.remove();
      note.textContent = error.message;
      entry.element.classList.add("bad");
    },
  );
  return entry;
}

const thumbnail = ({ id }) => make("img", { src: contentOf(id), alt: "", width: "36", height: "36", decoding: "async" });

/** Where the bytes of an attachment are. */
export const contentOf = (id) => `/api/v1/attachments/${encodeURIComponent(id)}/content`;

function take(entry) {
  entries = entries.filter((other) => other !== entry);
  forget(entry);
  show();
  $("input").focus();
}

/** What does not go with a message need not stay on the server; it goes by itself if this fails. */
function forget({ ended, attachment }) {
  ended.abort();
  if (attachment) call("DELETE", `/api/v1/attachments/${encodeURIComponent(attachment.id)}`).catch(() => {});
}

function show() {
  $("files").replaceChildren(...entries.map(({ element }) => element));
  $("files").hidden = entries.length === 0;
}
