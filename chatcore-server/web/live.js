// The events of a conversation, whichever runs they are of and wherever those were begun: one stream, over as many
// connections as that takes. What the events do is for the caller.

import { Problem, stream } from "./api.js";
import { events } from "./sse.js";

/** The last event of a run has one of these names. */
export const LAST = new Set(["completed", "stopped", "failed", "interrupted"]);
/** The server sends a comment every 15 seconds; after this long without a byte the connection is dead. */
const SILENCE = 45_000;
const LONGEST_PAUSE = 8000;

/**
 * Listens at `path` until `signal` aborts, and calls, one after the other:
 *
 * - `opened()` for each new connection, before its events: what they told of is under way by now, so a state that is
 *   read here and the events that follow leave no gap. If it fails, the connection is made again.
 * - `event({ run, seq, name, data })` for each event; behind a lost connection it goes on with the one that is next.
 * - `lost(failures)` when a connection ended or could not be made, the how manieth time without a success.
 *
 * Resolves when `signal` aborts; throws the `Problem` that makes it pointless to go on.
 */
export async function listen(path, { opened, event, lost }, signal) {
  let place = "";
  let failures = 0;
  while (!signal.aborted) {
    try {
      for await (const told of connection(path, place, signal)) {
        if (signal.aborted) return;
        if (told) {
          await event(read(told));
          place = told.id;
        } else {
          await opened();
          failures = 0;
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      if (isFinal(error)) throw error;
      if (!("status" in error) && error.name !== "AbortError" && !(error instanceof TypeError)) console.error(error);
      // a place that the server does not know any more is none
      if (error.status === 400 || error.status === 422) place = "";
    }
    if (signal.aborted) return;
    failures += 1;
    lost(failures);
    await pause(Math.min(250 * 2 ** (failures - 1), LONGEST_PAUSE), signal);
  }
}

/** The id of an event is `<run>:<seq>`, and behind a comma where the other runs are. */
function read({ id, event: name, data }) {
  const [run, seq] = id.split(",", 1)[0].split(":");
  return { run, seq: Number(seq) || 0, name, data: JSON.parse(data) };
}

const isFinal = (error) => error instanceof Problem && [401, 403, 404].includes(error.status);

/** Yields null when the connection stands, and then its events. */
async function* connection(path, place, signal) {
  const life = new AbortController();
  const end = () => life.abort();
  let timer = setTimeout(end, SILENCE);
  signal.addEventListener("abort", end);
  // another network, or none: a connection over the old one may be dead without a word
  for (const change of ["online", "offline"]) addEventListener(change, end);
  try {
    const headers = { Accept: "text/event-stream", ...(place && { "Last-Event-ID": place }) };
    const response = await stream(path, headers, life.signal);
    yield null;
    for await (const event of events(response.body)) {
      clearTimeout(timer);
      timer = setTimeout(end, SILENCE);
      if (event) yield event;
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    for (const change of ["online", "offline"]) removeEventListener(change, end);
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
