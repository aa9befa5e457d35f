// What is counted, and over what time, in words.

import { compact, units } from "./numbers.js";

const METERS = {
  messages: "messages",
  requests: "answers",
  tokens: "tokens",
  cost: "of credit",
  api_calls: "calls",
  concurrent_runs: "answers at once",
  stored_bytes: "bytes of storage",
};

/** What a limit counts, behind a number: that one, or many. */
export function meterOf({ meter }, amount) {
  const words = METERS[meter] ?? String(meter).replaceAll("_", " ");
  return amount === 1 ? words.replace(/s( |$)/, "$1") : words;
}

/** So much of what a limit counts: costs are millionths. */
export const amountOf = ({ meter }, amount) => (meter === "cost" ? units(amount) : compact(amount));

/** Over what time a limit counts, now: `calendar_day` and `day` are today, `rolling_5h` the last five hours. */
export function nowOf({ window }) {
  const { hours, unit } = parts(window);
  if (hours) return hours === 1 ? "in an hour" : `in ${hours} hours`;
  return unit === "day" ? "today" : unit && `this ${unit}`;
}

/** Over what time a limit counts, always. */
export function everyOf({ window }) {
  const { hours, unit } = parts(window);
  if (hours) return hours === 1 ? "an hour" : `in any ${hours} hours`;
  return unit && (unit === "hour" ? "an hour" : `a ${unit}`);
}

/** So many hours, or a unit of the calendar; neither for what has no window. */
function parts(window) {
  const hours = /^rolling_(\d+)h$/.exec(window ?? "")?.[1];
  if (hours) return { hours: Number(hours), unit: "" };
  const unit = String(window ?? "lifetime").replace(/^calendar_/, "");
  return { hours: 0, unit: unit === "lifetime" ? "" : unit };
}
