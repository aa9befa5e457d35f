// The plans that somebody may choose. Paying, and what there is to see about payments, is at whoever takes the money: the
// browser goes there. A server that sells nothing has no such routes.

import { call } from "./api.js";
import { $, make } from "./dom.js";
import { press } from "./forms.js";
import { amountOf, meterOf, everyOf } from "./meters.js";
import { showProblem } from "./toast.js";

/** The plans; null as long as nobody has asked. */
let plans = null;

export function setUpBilling() {
  $("portal").addEventListener("click", () => depart($("portal"), "/api/v1/billing/portal"));
}

/** Whether there is something to choose. */
export async function havePlans() {
  plans ??= await optional("/api/v1/plans").then((found) => found?.items ?? found ?? []);
  return plans.length > 0;
}

/** Shows the plans; `current` is the id of the one that somebody has. */
export async function openPlans(current) {
  try {
    const subscription = await optional("/api/v1/billing/subscription");
    $("plans").replaceChildren(...plans.map((plan) => row(plan, current)));
    $("portal").hidden = !subscription?.subscription;
    $("plans-error").hidden = true;
    $("plans-dialog").showModal();
  } catch (error) {
    showProblem(error);
  }
}

/** What a route answers; null if the server has no such route, or nothing there. */
function optional(path) {
  return call("GET", path).catch((error) => {
    if (error.status === 404) return null;
    throw error;
  });
}

function row(plan, current) {
  const limits = (plan.limits ?? []).filter(({ limit }) => Number.isFinite(limit));
  const parts = [
    make("h3", { text: plan.name }),
    make("p", { className: "price", text: priceOf(plan) }),
    plan.description && make("p", { text: plan.description }),
    ...limits.map((limit) => make("p", { className: "hint", text: `${amountOf(limit, limit.limit)} ${meterOf(limit)} ${everyOf(limit)}`.trim() })),
  ];
  return make("li", { className: "plan-row" }, make("div", { className: "grow" }, ...parts), action(plan, current));
}

function action(plan, current) {
  if (plan.id === current) return make("span", { className: "hint", text: "Your plan" });
  if (!plan.price) return null;
  const on = { click: ({ currentTarget }) => depart(currentTarget, "/api/v1/billing/checkout", { plan: plan.id }) };
  return make("button", { type: "button", className: "primary small", text: "Choose", "aria-label": `Choose ${plan.name}`, on });
}

function priceOf({ price, trial_days: days }) {
  if (!price) return "Free of charge";
  // the smallest units of a currency: most have a hundred, some have none
  const format = new Intl.NumberFormat(undefined, { style: "currency", currency: price.currency.toUpperCase() });
  const amount = format.format(price.amount / 10 ** format.resolvedOptions().maximumFractionDigits);
  return `${amount} a ${price.interval}${days ? `, the first ${days} days free` : ""}`;
}

/** Goes to whoever takes the money. */
function depart(button, path, body) {
  return press(button, $("plans-error"), async () => {
    const { url } = await call("POST", path, body);
    const { protocol } = new URL(url, location.href);
    if (!/^https?:$/.test(protocol)) throw new Error("The server names no page to go to.");
    location.assign(url);
  });
}
