// The conversation that is open: which branch of it is shown, and what its events do to that, wherever they come from.
// What people do to it is in turns.js; the elements are in thread.js.

import { Answer } from "./answer.js";
import { Problem, call } from "./api.js";
import { announce } from "./dom.js";
import { LAST, listen } from "./live.js";
import * as thread from "./thread.js";
import { showProblem } from "./toast.js";

const PAGE = 50;
/** Stands for all that a run said which is over. */
const ENDED = Object.assign(new Answer(), { seq: Infinity });

let conversation = null;
let messages = [];
let cursor = null;
/** What each run has said by now, by its id. */
let answers = new Map();
/** Why runs ended that were complete, by their id. */
let reasons = new Map();
/** Ends the stream of events; null when there is none. */
let stream = null;
/** Grows whenever something else is read or shown: answers to older questions are then thrown away. */
let look = 0;
/** Grows whenever another conversation is shown. */
let visits = 0;
let isBusy = false;
let request = Promise.resolve();
let listener = { made() {}, changed() {}, running() {}, spent() {}, connection() {} };

/**
 * `made(conversation)`: it is new; `changed(conversation)`: it was opened, or written to; `running(isRunning)`;
 * `spent(conversation)`: an answer ended; `connection(failures)`: how often the events could not be heard, 0 for all is
 * well.
 */
export const setUpChat = (to) => (listener = to);

export const current = () => conversation;
export const shown = () => messages;
export const isHeld = () => isBusy;
export const visit = () => visits;
/** The answers on this branch that are not at their end. */
export const openAnswers = () => messages.filter(({ state }) => state === "open");
export const isRunning = () => openAnswers().length > 0;
export const path = (id = conversation.id) => `/api/v1/conversations/${encodeURIComponent(id)}`;
export const messagePath = (id) => `/api/v1/messages/${encodeURIComponent(id)}`;

/** Shows a conversation, or an empty page for a new one. */
export async function show(id) {
  leave();
  place([], null);
  listener.changed(null);
  listener.spent(null);
  if (!id) return;
  thread.showLoading();
  const mine = visits;
  try {
    await attach(id);
    if (mine === visits) thread.scrollToEnd();
  } catch (error) {
    if (mine !== visits) return;
    thread.show([]);
    throw error;
  }
}

/** Goes on with a conversation that was just made. */
export function adopt(made) {
  conversation = made;
  attach(made.id).catch(showProblem);
  listener.made(made);
  listener.changed(made);
}

/** The conversation says something new about itself. */
export function revised(found) {
  if (conversation?.id === found.id) conversation = found;
  listener.changed(found);
}

/** Looks for what happened elsewhere and is no event. */
export async function refresh() {
  if (!conversation || isBusy) return;
  const { id, version } = conversation;
  // whoever was signed out meanwhile listens no more
  if (!stream) return attach(id);
  const found = await call("GET", path(id));
  if (conversation?.id === id && found.version !== version) await load(id);
}

/** Reads the branch again. */
export const reload = () => load(conversation.id);

/** Lets events wait until this request is answered: the answer says which message a new run writes. */
export async function during(work) {
  isBusy = true;
  const done = work();
  request = done.catch(() => {});
  try {
    return await done;
  } finally {
    isBusy = false;
  }
}

/** Shows these messages as the branch. */
export function place(items, next = cursor) {
  look += 1;
  [messages, cursor] = [items.map(withReason), next];
  render();
  findReason().catch(() => {});
}

/** Shows a message, on whatever branch of the open conversation it is: that branch is the active one from then on. */
export async function openAt(id) {
  const mine = visits;
  const isShown = () => messages.some((message) => message.id === id);
  if (!isShown()) {
    await during(() => call("PUT", `${path()}/head`, { message_id: id }));
    if (mine !== visits) return;
    await reload();
  }
  while (mine === visits && !isShown() && cursor) {
    const page = await branch(conversation.id, cursor);
    if (mine === visits) place([...page.items, ...messages], page.next_cursor);
  }
  if (mine === visits) thread.showMessage(id);
}

export async function loadEarlier() {
  const mine = look;
  const first = messages[0].id;
  try {
    const page = await branch(conversation.id, cursor);
    if (mine !== look) return;
    thread.keepInPlace(first, () => place([...page.items, ...messages], page.next_cursor));
    thread.focusMessage(page.items.at(-1)?.id);
  } catch (error) {
    showProblem(error);
  }
}

/** Shows another version of a message; resolves to its id, or null. */
export async function switchVersion(id, step) {
  const message = messages.find((message) => message.id === id);
  const wanted = message ? message.version + step : 0;
  if (isBusy || wanted < 1 || wanted > message.versions) return null;
  const of = conversation.id;
  try {
    return await during(async () => {
      const sibling = await findVersion(id, wanted);
      const found = await call("PUT", `${path(of)}/head`, { message_id: sibling });
      const page = await branch(of);
      if (conversation?.id !== of) return null;
      conversation = found;
      thread.keepInPlace(id, () => place(page.items, page.next_cursor), sibling);
      announce(`Version ${wanted} of ${message.versions}`);
      listener.spent(found);
      return sibling;
    });
  } catch (error) {
    showProblem(error);
    return null;
  }
}

async function findVersion(id, version) {
  let from = "";
  do {
    const page = await call("GET", `${messagePath(id)}/siblings?limit=200${from}`);
    const found = page.items.find((sibling) => sibling.version === version);
    if (found) return found.id;
    from = page.next_cursor && `&cursor=${encodeURIComponent(page.next_cursor)}`;
  } while (from);
  throw new Problem(404, { detail: "That version is gone." });
}

const branch = (id, from = null) =>
  call("GET", `${path(id)}/messages?limit=${PAGE}&render=html${from ? `&cursor=${encodeURIComponent(from)}` : ""}`);

function render() {
  thread.show(messages, { hasEarlier: cursor !== null });
  for (const { id, run_id: run } of openAnswers()) {
    const answer = answers.get(run);
    if (answer && answer !== ENDED) thread.follow(id, answer);
  }
  listener.running(isRunning());
}

/** Stops listening; what goes on goes on without us. */
function leave() {
  stream?.abort();
  stream = null;
  look += 1;
  visits += 1;
  conversation = null;
  answers = new Map();
  reasons = new Map();
  listener.connection(0);
}

/** Listens to a conversation; resolves when it is shown for the first time. */
function attach(id) {
  stream?.abort();
  const mine = (stream = new AbortController());
  const { signal } = mine;
  let isShown = false;
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", resolve);
    const opened = async () => {
      await load(id);
      if (signal.aborted) return;
      listener.connection(0);
      isShown = true;
      resolve();
    };
    const on = { opened, event: (told) => event(told, signal), lost: listener.connection };
    listen(`${path(id)}/events?render=html`, on, signal).catch((error) => {
      if (stream === mine) stream = null;
      if (isShown) showProblem(error);
      else reject(error);
    });
  });
}

/** Reads the conversation and the end of its branch. */
async function load(id) {
  await request;
  const mine = ++look;
  const [found, page] = await Promise.all([call("GET", path(id)), branch(id)]);
  if (mine !== look) return;
  conversation = found;
  // what was read before the page that came stays
  const from = messages.findIndex((message) => message.id === page.items[0]?.id);
  if (from > 0) place([...messages.slice(0, from), ...page.items]);
  else place(page.items, page.next_cursor);
  listener.changed(found);
  listener.spent(found);
  await findQueued();
}

/** Marks the answers that have not begun: they wait for others. */
async function findQueued() {
  const silent = openAnswers().filter(({ run_id: run }) => run && !answers.has(run));
  const runs = await Promise.all(silent.map(({ run_id: run }) => call("GET", `/api/v1/runs/${encodeURIComponent(run)}`)));
  for (const { message_id: id, state } of runs) if (state === "queued") change(id, { queued: true });
}

const withReason = (message) =>
  reasons.has(message.run_id) ? { ...message, finish_reason: reasons.get(message.run_id) } : message;

/** Learns why the newest answer ended: one that was cut off can go on. */
async function findReason() {
  const { run_id: run, state } = messages.at(-1) ?? {};
  if (!run || state !== "complete" || reasons.has(run)) return;
  const { finish_reason: reason } = await call("GET", `/api/v1/runs/${encodeURIComponent(run)}`);
  reasons.set(run, reason);
  messages = messages.map(withReason);
  render();
}

/** Changes what is known of one message, if it is shown. */
export function change(id, fields) {
  messages = messages.map((message) => (message.id === id ? { ...message, ...fields } : message));
  render();
}

async function event(told, signal) {
  await request;
  if (signal.aborted) return;
  if (!answers.has(told.run)) {
    answers.set(told.run, new Answer());
    // somebody else began it
    if (!messages.some(({ run_id: run }) => run === told.run)) await reload();
    if (signal.aborted) return;
  }
  const answer = answers.get(told.run);
  const message = openAnswers().find(({ run_id: run }) => run === told.run);
  const isLast = LAST.has(told.name);
  if (isLast) answers.set(told.run, ENDED);
  else answer?.push(told);
  if (isLast) await ended(message, told.data);
  else if (message?.queued) change(message.id, { queued: false });
  else if (message && answer !== ENDED) thread.follow(message.id, answer);
}

/** A run has ended; `message` is open, or it is not on this branch or its end is known. */
async function ended(message, { message: last, run }) {
  // the last event carries the message; if it ever does not, the store has it
  if (message && !last) return reload();
  if (message) {
    reasons.set(message.run_id, run?.finish_reason);
    change(message.id, withReason({ ...last, queued: false }));
    const words = { complete: "Answer", stopped: "Stopped answer", failed: "The answer failed", interrupted: "Interrupted answer" };
    announce(`${words[last.state] ?? "Answer"}: ${last.text.slice(0, 800)}`);
  }
  const found = await call("GET", path());
  revised(found);
  listener.spent(conversation);
}
