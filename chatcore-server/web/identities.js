// The ways into the account: which there are, taking one away, adding one. Passwords and addresses have sections of their own.

import { call } from "./api.js";
import { confirm } from "./dialogs.js";
import { $ } from "./dom.js";
import { press } from "./forms.js";
import { linkAt, nameOf } from "./providers.js";
import { attempt, day, loadWhenOpened, row, showRows } from "./rows.js";
import { sign, walletWords } from "./wallet.js";
import { loadWays, wayButtons } from "./ways.js";

const IDENTITIES = "/api/v1/me/identities";
const KINDS = { username: "Username", email: "Address", password: "Password", wallet: "Wallet" };

let changed = () => {};

/** `told(ways)`: the ways are these now. */
export function setUpIdentities(section, told) {
  changed = told;
  loadWhenOpened(section, async () => {
    await Promise.all([load(section), loadWays()]);
    showLinks(section);
  });
}

/** The ways into the account. */
export async function identities() {
  return (await call("GET", IDENTITIES)).items;
}

/** Offers to add what is not there; a wallet may come later than the section is opened. */
export function showLinks(section) {
  const box = section.querySelector(".link-error");
  const provider = (name, button) => press(button, box, () => linkAt(name));
  const wallet = (one, button) => press(button, box, () => linkWallet(section, one), walletWords);
  const buttons = wayButtons("Link", { provider, wallet });
  section.querySelector(".providers").replaceChildren(...buttons);
  section.querySelector(".providers").hidden = !buttons.length;
}

async function load(section) {
  const ways = await identities();
  changed(ways);
  const rows = ways.map((way) => {
    const name = titleOf(way);
    const on = () => attempt(section, () => unlink(section, way, name));
    return row(name, detailOf(way), { label: "Remove", name: `Remove ${name}${way.value ? ` ${way.value}` : ""}`, on });
  });
  showRows(section, rows, "There is no way into your account.");
}

const titleOf = ({ kind, provider }) => (kind === "oauth" ? nameOf(provider) : (KINDS[kind] ?? "Another way"));

function detailOf({ kind, value, verified_at: shown, created_at: since }) {
  const added = `added on ${day(since)}`;
  if (kind === "oauth" || !value) return `${added[0].toUpperCase()}${added.slice(1)}.`;
  return `${value}, ${added}${kind === "email" && !shown ? ", not confirmed yet" : ""}.`;
}

async function unlink(section, { id }, name) {
  $("identities-done").textContent = "";
  if (!(await confirm(`Remove ${name}?`, "You cannot sign in with it any more.", "Remove"))) return;
  try {
    await call("DELETE", `${IDENTITIES}/${encodeURIComponent(id)}`);
  } catch (error) {
    if (error.kind === "last-way-in") error.message = "Without it you could not sign in any more. Add another way first.";
    throw error;
  }
  await load(section);
}

async function linkWallet(section, wallet) {
  $("identities-done").textContent = "";
  await call("POST", `${IDENTITIES}/wallet`, await sign(wallet));
  await attempt(section, () => load(section));
  $("identities-done").textContent = "The wallet is linked.";
}
