// What the answers used: tokens, and what they cost where the prices are known; on this branch and in the conversation.

import { call } from "./api.js";
import { $, make } from "./dom.js";
import { compact, units } from "./numbers.js";
import { setUpPopup } from "./popup.js";

let asked = 0;

export const setUpSpending = () => setUpPopup($("spending"));

/** Reads and shows what a conversation used; null shows nothing. */
export async function show(conversation) {
  const mine = ++asked;
  if (!conversation) return fill(null);
  try {
    const found = await call("GET", `/api/v1/conversations/${encodeURIComponent(conversation.id)}/usage`);
    if (mine === asked) fill(found);
  } catch {
    // the numbers that are shown are good enough until the next answer
  }
}

function fill(found) {
  const box = $("spending");
  box.hidden = !found || found.conversation.usage.total === 0;
  if (box.hidden) return;
  $("spending-sum").textContent = short(found.branch);
  $("spending-table").replaceChildren(head(), make("tbody", {}, ...rows(found)));
}

const amount = ({ usage }) => `${usage.source === "estimated" ? "~" : ""}${compact(usage.total)}`;
const cost = ({ cost }) => (cost === null || cost === undefined ? "" : units(cost));
const short = (spent) => `${amount(spent)} tokens${cost(spent) && ` · ${cost(spent)}`}`;

const header = (text, scope) => make("th", { text, scope });
const head = () => make("thead", {}, make("tr", {}, make("td"), header("This branch", "col"), header("Conversation", "col")));

function rows({ branch, conversation }) {
  const row = (name, ...spent) => make("tr", {}, header(name, "row"), ...spent.map((one) => make("td", { text: one ? short(one) : "–" })));
  const of = (spent, model) => spent.models.find((one) => one.model === model);
  const models = conversation.models.map(({ model }) => row(model, of(branch, model), of(conversation, model)));
  return models.length > 1 ? [...models, row("All", branch, conversation)] : models;
}
