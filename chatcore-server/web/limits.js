// What somebody may use and what is left of it: credit and limits, in the header, and a word when there is none left. A server
// that counts nothing has no such route; then nothing of this is shown.

import { call } from "./api.js";
import { havePlans, openPlans, planName, watch } from "./billing.js";
import { $, make } from "./dom.js";
import { amountOf, meterOf, nowOf } from "./meters.js";
import { units } from "./numbers.js";
import { setUpPopup } from "./popup.js";
import { moment } from "./rows.js";

/** What was read last; null where nothing is counted. */
let usage = null;
let isCounted = true;
let isVisitor = () => false;

/** `isVisitor()`: whether it is somebody without an account; `register()`: they want one. */
export function setUpLimits({ isVisitor: asked, register }) {
  isVisitor = asked;
  setUpPopup($("limits"));
  for (const id of ["limits-plans", "short-plans"]) $(id).addEventListener("click", () => openPlans(usage?.plan, { isVisitor: isVisitor() }));
  $("short-register").addEventListener("click", register);
  $("short-close").addEventListener("click", () => {
    hideShort();
    $("input").focus();
  });
}

/** Somebody else is here: what was known is of another. */
export function forget() {
  [usage, isCounted] = [null, true];
  hideShort();
  fill();
}

/** Reads what is left; resolves to whether more can be bought. A server that does not count is asked once. */
export async function load() {
  if (!isCounted) return false;
  try {
    usage = await call("GET", "/api/v1/me/usage");
  } catch (error) {
    if (error.status !== 404) return false;
    [usage, isCounted] = [null, false];
  }
  fill();
  const isSold = usage !== null && (await havePlans());
  $("limits-plans").hidden = !isSold;
  $("short-plans").hidden = !isSold || isVisitor();
  $("short-register").hidden = !isVisitor();
  return isSold;
}

/** Somebody has come, or come back: reads what is left, and whether what they have is paid for. */
export const arrive = async () => watch((await load()) && !isVisitor());

/** Says that there is not enough left for what was asked; false for any other problem. */
export async function explain(error) {
  const words = { "limit-reached": limitWords, "insufficient-credit": creditWords, "cap-reached": capWords }[error?.kind];
  if (!words) return false;
  await load().catch(() => {});
  $("short-text").textContent = words(error);
  $("short").hidden = false;
  return true;
}

export const hideShort = () => ($("short").hidden = true);

function limitWords({ retryAfter, limit, nextPlan }) {
  const used = usage?.limits.filter(({ remaining }) => remaining <= 0) ?? [];
  // the one that comes back last is the one that has to be waited for
  const last = limit ?? used.sort((a, b) => String(a.resets_at ?? "~").localeCompare(String(b.resets_at ?? "~"))).at(-1);
  const what = last ? usedUp(last) : "You have used what you may for now.";
  const until = last ? last.resets_at : retryAfter && new Date(Date.now() + retryAfter * 1000);
  const more = isVisitor() ? " With an account you may use more." : ` ${planName(nextPlan)} has more.`;
  return `${what}${until ? ` There is more on ${moment(until)}.` : ""}${nextPlan ? more : ""}`;
}

function usedUp(limit) {
  const [all, of] = [amountOf(limit, limit.limit), [meterOf(limit, limit.limit), nowOf(limit)].filter(Boolean).join(" ")];
  if (limit.remaining > 0) return `This may take more than the ${amountOf(limit, limit.remaining)} of ${all} ${of} that are left.`;
  return limit.limit === 1 ? `You have used your ${of}.` : `You have used all ${all} ${of}.`;
}

const capWords = () => "This may be more than you want to spend in a month. Your cap is in your hands.";

function creditWords() {
  const left = hasBalance() ? ` You have ${units(usage.balance)} left.` : "";
  return `Your credit does not cover this answer.${left} A cheaper model may do.`;
}

const hasBalance = () => Number.isFinite(usage?.balance);

function fill() {
  $("limits").hidden = !usage || !(hasBalance() || usage.limits.length);
  if ($("limits").hidden) return;
  $("limits-sum").textContent = short();
  $("limits-credit").textContent = hasBalance() ? `Your credit: ${units(usage.balance)}` : "";
  $("limits-table").replaceChildren(...(usage.limits.length ? [head(), make("tbody", {}, ...usage.limits.map(row))] : []));
}

/** The credit, or where there is none the limit of which least is left. */
function short() {
  if (hasBalance()) return `${units(usage.balance)} credit`;
  const [next] = [...usage.limits].sort((a, b) => share(a) - share(b));
  const left = Math.max(next.remaining, 0);
  return `${amountOf(next, left)} ${meterOf(next, left)} left`;
}

const share = ({ remaining, limit }) => (limit > 0 ? remaining / limit : 0);

const header = (text, scope) => make("th", { text, scope });
const head = () => make("thead", {}, make("tr", {}, make("td"), header("Left", "col"), header("More on", "col")));

function row(limit) {
  const left = `${amountOf(limit, Math.max(limit.remaining, 0))} of ${amountOf(limit, limit.limit)}`;
  const name = `${meterOf(limit)} ${nowOf(limit)}`.trim();
  return make("tr", {}, header(name[0].toUpperCase() + name.slice(1), "row"), make("td", { text: left }), make("td", { text: limit.resets_at ? moment(limit.resets_at) : "–" }));
}
