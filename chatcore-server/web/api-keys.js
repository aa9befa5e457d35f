// Keys with which programs use the account: made, shown once, revoked.

import { call, callAll } from "./api.js";
import { confirm } from "./dialogs.js";
import { $, copy } from "./dom.js";
import { clear, done, fieldError, submit } from "./forms.js";
import { attempt, day, loadWhenOpened, row, showRows } from "./rows.js";

const KEYS = "/api/v1/me/api-keys";
const DAY = 86_400_000;
const SCOPES = { read: "may read", write: "may change things" };

export function setUpApiKeys(section) {
  loadWhenOpened(section, () => load(section));
  section.addEventListener("toggle", () => section.open || showSecret(""));
  $("key-form").addEventListener("submit", (event) => (event.preventDefault(), create(section)));
  $("key-copy").addEventListener("click", copySecret);
}

async function load(section) {
  const keys = (await callAll(KEYS)).filter(({ active }) => active).reverse();
  const rows = keys.map((key) => {
    const used = key.last_used_at ? `last used on ${day(key.last_used_at)}` : "never used";
    const may = key.scopes.map((scope) => SCOPES[scope] ?? scope).join(" and ");
    const on = () => attempt(section, () => revoke(section, key));
    const ends = key.expires_at ? ` Ends on ${day(key.expires_at)}.` : "";
    return row(key.name, `${key.prefix}… ${may}. Made on ${day(key.created_at)}, ${used}.${ends}`, { label: "Revoke", name: `Revoke “${key.name}”`, on });
  });
  showRows(section, rows, "You have no keys.");
}

async function create(section) {
  const form = $("key-form");
  clear(form);
  showSecret("");
  const name = $("key-name").value.trim();
  const scopes = [...form.querySelectorAll("[name=scope]:checked")].map(({ value }) => value);
  if (!name) return fieldError("key-name", "Give the key a name, such as that of the program.");
  if (!scopes.length) return fieldError("key-scopes", "Choose what the key may do.");
  let made = null;
  const fields = { name: "key-name", scopes: "key-scopes", expires_at: "key-days" };
  const send = async () => (made = await call("POST", KEYS, { name, scopes, expires_at: end() }));
  if (!(await submit(form, fields, send))) return;
  form.reset();
  await attempt(section, () => load(section));
  // somebody may have closed the dialog meanwhile
  if (section.open) showSecret(made.secret);
}

/** When a key that is made now ends by itself; undefined for never. */
function end() {
  const days = Number($("key-days").value);
  return days ? new Date(Date.now() + days * DAY).toISOString() : undefined;
}

async function revoke(section, { id, name }) {
  const isSure = await confirm("Revoke this key?", `Programs that use “${name}” cannot do so any more.`, "Revoke");
  if (!isSure) return;
  await call("DELETE", `${KEYS}/${encodeURIComponent(id)}`);
  await load(section);
}

/** Shows a key, or takes it away for good. */
function showSecret(secret) {
  $("key-secret").value = secret;
  $("key-made").hidden = !secret;
  if (!secret) return;
  $("key-secret").focus();
  $("key-secret").select();
}

async function copySecret() {
  const isCopied = await copy($("key-secret").value);
  done($("key-form"), isCopied ? "The key is copied." : "The browser did not let us copy it: copy it yourself.");
}
