// What the model would be shown if the message in the box were sent: which messages, how many tokens, what it may cost.
// Nobody has to look; it is asked for while it is open.

import { $, make } from "./dom.js";
import { compact, units } from "./numbers.js";
import { setUpPopup } from "./popup.js";

/** So long the box has to rest before its plan is asked for, in milliseconds. */
const REST = 300;
const SHORTENED = " (shortened)";
const WHY = { no_room: "no room", empty: "it says nothing", unpaired: "a tool call without its result" };

let listener = { plan: async () => null, shown: () => [] };
let timer = 0;
let asked = 0;

/** `plan(text)`: asks the server; `shown()`: the messages on the page. */
export function setUpPlan(to) {
  listener = to;
  setUpPopup($("plan"), $("composer"));
  $("plan").addEventListener("toggle", refresh);
  $("input").addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, REST);
  });
}

/** The conversation is another one, or has grown; there is no plan for one that is not there yet. */
export function show(conversation) {
  $("plan").hidden = !conversation;
  if (!conversation) $("plan").open = false;
  refresh();
}

async function refresh() {
  if (!$("plan").open) return;
  const mine = ++asked;
  const text = $("input").value;
  if (!text.trim()) return say("Write a message to see what the model would be shown with it.");
  try {
    const plan = await listener.plan(text);
    if (mine === asked && plan) fill(plan);
  } catch (error) {
    if (mine === asked) say(error.message);
  }
}

const say = (words) => $("plan-box").replaceChildren(make("p", { text: words }));

function fill(plan) {
  const about = plan.counted_by === "estimate" ? "About " : "";
  const price = plan.price ? ` It costs ${units(plan.price.prompt)} to ${units(plan.price.most)}.` : "";
  const left = plan.items.filter(({ decision }) => decision === "drop").length;
  const words = `${about}${compact(plan.tokens)} of ${compact(plan.budget)} tokens for ${plan.model}.${price}`;
  const head = make("tr", {}, make("th", { text: left ? `Messages, ${left} left out` : "Messages", scope: "col" }), make("th", { text: "Tokens", scope: "col" }));
  // the newest first: it is what one is about to send
  const rows = plan.items.map(row).reverse();
  $("plan-box").replaceChildren(make("p", { text: words }), make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)));
}

function row({ message_id: id, decision, reason, tokens }, at, items) {
  const isLeftOut = decision === "drop";
  const note = isLeftOut ? ` – left out: ${WHY[reason] ?? reason}` : decision === "truncate" ? SHORTENED : "";
  const name = make("th", { scope: "row" }, make("span", { text: nameOf(id, reason, at === items.length - 1), className: isLeftOut ? "left-out" : "" }), note);
  return make("tr", { "data-decision": decision }, name, make("td", { text: compact(tokens) }));
}

function nameOf(id, reason, isLast) {
  if (reason === "system_prompt") return "Instructions";
  if (!id) return isLast ? "This message" : "Message";
  const text = listener.shown().find((message) => message.id === id)?.text.trim().replace(/\s+/g, " ");
  if (!text) return "Earlier message";
  return text.length > 40 ? `${text.slice(0, 40)} …` : text;
}
