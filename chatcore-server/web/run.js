// Follows one run to its last event, over as many connections as that takes. What the events do is for the caller.

import { Problem, stream } from "./api.js";
import { events } from "./sse.js";

const LAST = new Set(["completed", "stopped", "failed", "interrupted"]);
/** The server sends a comment every 15 seconds; after this long without a byte the connection is dead. */
const SILENCE = 45_000;
const MAX_FAILURES = 8;

/**
 * Calls `on(name, data)` for each event of the run, once and in order, from its first event. Resolves after the last
 * one, or when `signal` aborts; throws a `Problem` when the run cannot be followed.
 */
export async function follow(run, on, signal) {
  let after = 0;
  let failures = 0;
  while (!signal.aborted) {
    try {
      for await (const { id, event, data } of connection(run, after, signal)) {
        const seq = Number(id.slice(id.lastIndexOf(":") + 1)) || 0;
        if (seq && seq <= after) continue;
        after = seq || after;
        failures = 0;
        if (signal.aborted) return;
        on(event, JSON.parse(data));
        if (LAST.has(event)) return;
      }
    } catch (error) {
      if (signal.aborted) return;
      const isFinal = error instanceof Problem && error.status >= 400 && error.status < 500 && error.status !== 429;
      if (isFinal) throw error;
    }
    failures += 1;
    if (failures > MAX_FAILURES) throw new Problem(0, { detail: "The connection to the answer was lost." });
    await pause(Math.min(250 * 2 ** (failures - 1), 8000), signal);
  }
}

async function* connection(run, after, signal) {
  const life = new AbortController();
  const end = () => life.abort();
  signal.addEventListener("abort", end);
  let timer = setTimeout(end, SILENCE);
  try {
    const path = `/api/v1/runs/${encodeURIComponent(run)}/events?after=${after}&render=html`;
    const response = await stream(path, { Accept: "text/event-stream" }, life.signal);
    for await (const event of events(response.body)) {
      clearTimeout(timer);
      timer = setTimeout(end, SILENCE);
      if (event) yield event;
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    life.abort();
  }
}

/** Waits, but not longer than until the network is back or the caller gives up. */
function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    addEventListener("online", done);
    signal.addEventListener("abort", done);
  });
}
