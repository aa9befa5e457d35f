// The plans that somebody may choose, and what they have bought. Paying, and what there is to see about payments, is at whoever
// takes the money: the browser goes there and comes back. A server that sells nothing has no such routes.

import { call } from "./api.js";
import { $, make } from "./dom.js";
import { press } from "./forms.js";
import { amountOf, meterOf, everyOf } from "./meters.js";
import { day } from "./rows.js";
import { setDeparture, takeDeparture } from "./storage.js";
import { showProblem, toast } from "./toast.js";

/** So often it is looked whether a purchase has been heard of, so many milliseconds apart. */
const LOOKS = 30;
const PAUSE = 1000;
const STATES = {
  pending: () => "The first payment is under way.",
  trial: ({ period_end: end }) => `You are trying it until ${day(end)}; then it is paid for.`,
  active: ({ period_end: end }) => `It goes on for another period on ${day(end)}.`,
  past_due: unpaid,
  cancelled: ({ period_end: end }) => `You have cancelled it: it ends on ${day(end)}.`,
  suspended: () => "It stands still, because it was not paid for.",
  ended: () => "It has ended.",
};

/** The plans; null as long as nobody has asked. */
let plans = null;
let register = () => {};

/** `register`: a visitor wants an account, without which nothing can be bought. */
export function setUpBilling(to) {
  ({ register } = to);
  $("portal").addEventListener("click", () => depart($("portal"), $("plans-error"), "/api/v1/billing/portal"));
  $("unpaid-portal").addEventListener("click", () => depart($("unpaid-portal"), $("unpaid-error"), "/api/v1/billing/portal"));
}

/** Whether there is something to choose. */
export async function havePlans() {
  plans ??= await optional("/api/v1/plans").then((found) => found?.items ?? []);
  return plans.some(({ price }) => price);
}

/** What people call a plan. */
export const planName = (id) => plans?.find((plan) => plan.id === id)?.name ?? id;

/** Shows the plans; `current` is the id of the one that somebody has. */
export async function openPlans(current, { isVisitor = false } = {}) {
  try {
    const bought = isVisitor ? null : await subscription();
    const shown = plans.filter((plan) => isVisitor || !plan.for_visitors || plan.id === current);
    $("plans").replaceChildren(...shown.map((plan) => row(plan, { current, isVisitor, bought })));
    $("plans-state").textContent = bought ? stateOf(bought) : "";
    $("plans-state").hidden = !bought;
    $("portal").hidden = !bought;
    $("plans-error").hidden = true;
    $("plans-dialog").showModal();
  } catch (error) {
    showProblem(error);
  }
}

/** Says it when somebody has a plan that was not paid for. */
export async function watch(isSold) {
  const bought = isSold ? await subscription().catch(() => null) : null;
  const isUnpaid = ["past_due", "suspended"].includes(bought?.state);
  $("unpaid").hidden = !isUnpaid;
  $("unpaid-error").hidden = true;
  if (isUnpaid) $("unpaid-text").textContent = stateOf(bought);
}

/**
 * What a purchase ended with from which the browser comes back, or null. The address is that from which it had gone,
 * afterwards.
 */
export function takePurchase() {
  const query = new URLSearchParams(location.search);
  const how = query.get("checkout");
  if (how || query.has("portal")) history.replaceState(null, "", location.pathname + (takeDeparture()?.place ?? ""));
  return how;
}

/** Says what became of a purchase; `heard` is called when the server has heard of it. */
export async function finishPurchase(how, heard) {
  if (how === "cancelled") toast("Nothing was bought.");
  if (how !== "done") return;
  toast("Thank you. Your plan is on its way.");
  for (let look = 0; look < LOOKS; look += 1) {
    const bought = await subscription().catch(() => null);
    if (isHeld(bought)) {
      await heard();
      return toast(`You have ${planName(bought.plan)} now.`);
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
  toast("Nobody has told this server of your payment yet. Your plan comes as soon as that happens.");
}

const subscription = () => optional("/api/v1/billing/subscription").then((found) => found?.subscription ?? null);

/** Whether it is there, even if it stands still: another one would be paid for beside it. */
const isHeld = (bought) => Boolean(bought) && !["pending", "ended"].includes(bought.state);

const stateOf = (bought) => `${planName(bought.plan)}: ${STATES[bought.state]?.(bought) ?? bought.state}`;

function unpaid({ usable_until: until }) {
  return `Your last payment failed.${until ? ` You can use it until ${day(until)}.` : ""} Please change how you pay.`;
}

/** What a route answers; null if the server has no such route, or nothing there. */
function optional(path) {
  return call("GET", path).catch((error) => {
    if (error.status === 404) return null;
    throw error;
  });
}

function row(plan, standing) {
  const limits = (plan.limits ?? []).filter(({ limit }) => Number.isFinite(limit));
  const parts = [
    make("h3", { text: plan.name }),
    make("p", { className: "price", text: priceOf(plan) }),
    plan.description && make("p", { text: plan.description }),
    ...limits.map((limit) => make("p", { className: "hint", text: limitOf(limit) })),
  ];
  return make("li", { className: "plan-row" }, make("div", { className: "grow" }, ...parts), action(plan, standing));
}

function limitOf(limit) {
  const of = limit.model ? ` with ${limit.model}` : "";
  return `${amountOf(limit, limit.limit)} ${meterOf(limit, limit.limit)}${of} ${everyOf(limit)}`.trim();
}

function action(plan, { current, isVisitor, bought }) {
  if (plan.id === current) return make("span", { className: "hint", text: "Your plan" });
  // whoever has bought one changes it where they pay
  if (!plan.price || isHeld(bought)) return null;
  const on = { click: ({ currentTarget }) => depart(currentTarget, $("plans-error"), "/api/v1/billing/checkout", { plan: plan.id }) };
  if (isVisitor) on.click = () => register();
  const text = isVisitor ? "Create account" : "Choose";
  const name = isVisitor ? `Create an account to choose ${plan.name}` : `Choose ${plan.name}`;
  return make("button", { type: "button", className: "primary small", text, "aria-label": name, on });
}

function priceOf({ price, trial_days: days }) {
  if (!price) return "Free of charge";
  // the smallest units of a currency: most have a hundred, some have none
  const format = new Intl.NumberFormat(undefined, { style: "currency", currency: price.currency.toUpperCase() });
  const amount = format.format(price.amount / 10 ** format.resolvedOptions().maximumFractionDigits);
  return `${amount} a ${price.interval}${days ? `, the first ${days} days free` : ""}`;
}

/** Goes to whoever takes the money. */
function depart(button, box, path, body) {
  return press(button, box, async () => {
    const { url } = await call("POST", path, body);
    const { protocol } = new URL(url, location.href);
    if (!/^https?:$/.test(protocol)) throw new Error("The server names no page to go to.");
    setDeparture({ place: location.hash });
    location.assign(url);
  });
}
