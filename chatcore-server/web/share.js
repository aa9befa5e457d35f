// Links to the open conversation: made, copied, listed, ended. Reading by a link is a page of its own, without this script.

import { call, callAll } from "./api.js";
import * as chat from "./chat.js";
import { $, copy, make } from "./dom.js";
import { clear, done, submit } from "./forms.js";
import { attempt, day, row, showRows } from "./rows.js";
import { toast } from "./toast.js";

const DAY = 86_400_000;

export function setUpShare() {
  $("share").addEventListener("click", open);
  $("share-form").addEventListener("submit", (event) => (event.preventDefault(), create()));
  $("share-copy").addEventListener("click", async () => say(await copy($("share-url").value)));
  $("share-dialog").addEventListener("close", () => showLink(""));
}

/** There is something to share, or there is not. */
export const show = (conversation) => ($("share").hidden = !conversation?.head);

/** The server may not know by which name it is reached; the page does. */
const here = (url) => new URL(new URL(url).pathname, location.origin).href;

const path = () => `${chat.path()}/shares`;

function open() {
  showLink("");
  clear($("share-form"));
  $("share-dialog").showModal();
  attempt($("share-links"), load);
}

async function load() {
  const links = (await callAll(path())).reverse();
  const rows = links.map(({ id, url, created_at: made, expires_at: ends }) => {
    const more = ends ? `Ends on ${day(ends)}.` : "Has no end.";
    const found = row(`Made on ${day(made)}`, more, { label: "End", name: `End the link made on ${day(made)}`, on: () => attempt($("share-links"), () => end(id)) });
    if (url) {
      const take = async () => say(await copy(here(url)));
      found.querySelector("button").before(make("button", { type: "button", className: "ghost small", text: "Copy", "aria-label": `Copy the link made on ${day(made)}`, on: { click: take } }));
    }
    return found;
  });
  showRows($("share-links"), rows, "There are no links to this conversation.");
}

async function create() {
  const days = Number($("share-days").value);
  const expires = days ? new Date(Date.now() + days * DAY).toISOString() : undefined;
  // what is shown now, and not what is said meanwhile
  const message = chat.shown().findLast(({ state }) => state !== "open" && state !== "sending");
  let made = null;
  const send = async () => (made = await call("POST", path(), { message_id: message?.id, expires_at: expires }));
  if (!(await submit($("share-form"), { expires_at: "share-days" }, send))) return;
  await attempt($("share-links"), load);
  if ($("share-dialog").open) showLink(here(made.url));
}

async function end(id) {
  await call("DELETE", `${path()}?share_id=${encodeURIComponent(id)}`);
  showLink("");
  await load();
  toast("The link works no more.");
}

function showLink(url) {
  $("share-url").value = url;
  $("share-made").hidden = !url;
  if (!url) return;
  $("share-url").focus();
  $("share-url").select();
}

function say(isCopied) {
  done($("share-form"), isCopied ? "The link is copied." : "The browser did not let us copy it: copy it yourself.");
}
