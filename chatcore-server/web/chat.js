// The conversation that is open: which branch of it, and everything that can happen to it. It knows no elements; the
// view is thread.js.

import { Problem, call, idempotencyKey } from "./api.js";
import { announce } from "./dom.js";
import { follow } from "./run.js";
import * as thread from "./thread.js";
import { showProblem, toast } from "./toast.js";
import { titleOf } from "./title.js";

const PAGE = 50;
let conversation = null;
let messages = [];
let cursor = null;
/** Grows whenever another conversation or branch is shown: answers to older questions are then thrown away. */
let generation = 0;
let following = null;
let isBusy = false;
let attempt = null;
let listener = { changed() {}, running() {}, model: () => undefined };

/** `changed(conversation)`: it is new, or was written to; `running(isRunning)`; `model()`: who is to answer. */
export const setUpChat = (to) => (listener = to);

export const current = () => conversation;
export const isRunning = () => following !== null;
const at = (id) => messages.findIndex((message) => message.id === id);
const path = (id = conversation.id) => `/api/v1/conversations/${encodeURIComponent(id)}`;
const messagePath = (id) => `/api/v1/messages/${encodeURIComponent(id)}`;

/** Shows a conversation, or an empty page for a new one. */
export async function open(id) {
  const mine = letGo();
  [conversation, messages, cursor] = [null, [], null];
  listener.changed(null);
  if (!id) return thread.show([]);
  thread.showLoading();
  try {
    const [found, page] = await Promise.all([call("GET", path(id)), branch(id)]);
    if (mine !== generation) return;
    conversation = found;
    show(page);
    thread.scrollToEnd();
    listener.changed(found);
  } catch (error) {
    if (mine !== generation) return;
    thread.show([]);
    throw error;
  }
}

/** Looks for what happened elsewhere. */
export async function refresh() {
  if (!conversation || following || isBusy) return;
  const mine = generation;
  const found = await call("GET", path());
  if (mine !== generation || found.version === conversation.version) return;
  conversation = found;
  await reload();
}

export async function loadEarlier() {
  const mine = generation;
  const first = messages[0].id;
  try {
    const page = await branch(conversation.id, cursor);
    if (mine !== generation) return;
    messages = [...page.items, ...messages];
    cursor = page.next_cursor;
    thread.keepInPlace(first, () => thread.show(messages, { hasEarlier: cursor !== null }));
    thread.focusMessage(page.items.at(-1)?.id);
  } catch (error) {
    showProblem(error);
  }
}

/** Sends a message; resolves to whether it was sent. */
export function send(text) {
  return turn(text, async (mine) => {
    if (!conversation) {
      const made = await call("POST", "/api/v1/conversations", {});
      if (mine !== generation) return null;
      conversation = made;
      listener.changed(made);
    }
    const parent = messages.at(-1)?.id;
    const pending = { version: 1, versions: 1, state: "sending", text };
    thread.show([...messages, { ...pending, id: "pending", role: "user" }], { hasEarlier: cursor !== null });
    thread.scrollToEnd();
    const options = { headers: { "Idempotency-Key": keyFor(`${conversation.id} ${parent} ${text}`) } };
    // a tab that is behind is told so, instead of making a branch that nobody asked for
    const body = { text, parent_id: parent, expected_head: parent ?? null, model: listener.model(), detach: true };
    const begun = await call("POST", `${path()}/messages`, body, options);
    attempt = null;
    return { kept: messages, begun };
  });
}

/** Says something else instead of an earlier message; resolves to whether it was sent. */
export function edit(id, text) {
  return turn(text, async () => {
    const kept = messages.slice(0, at(id));
    const begun = await call("POST", `${messagePath(id)}/edit`, { text, model: listener.model(), detach: true });
    return { kept, begun, focus: begun.user_message.id };
  });
}

export function regenerate(id) {
  return turn(null, async () => {
    const kept = messages.slice(0, at(id));
    const begun = await call("POST", `${messagePath(id)}/regenerate`, { model: listener.model(), detach: true });
    return { kept, begun, focus: begun.assistant_message.id };
  });
}

export async function stop() {
  if (!following || following.isStopping) return;
  following.isStopping = true;
  try {
    await call("POST", `/api/v1/runs/${encodeURIComponent(following.run)}/stop`, {});
  } catch (error) {
    if (following) following.isStopping = false;
    showProblem(error);
  }
}

/** Shows another version of a message; resolves to its id, or null. */
export async function switchVersion(id, step) {
  const message = messages[at(id)];
  const wanted = message ? message.version + step : 0;
  if (isBusy || wanted < 1 || wanted > message.versions) return null;
  isBusy = true;
  const mine = generation;
  try {
    const sibling = await findVersion(id, wanted);
    if (mine !== generation) return null;
    conversation = await call("PUT", `${path()}/head`, { message_id: sibling });
    if (mine !== generation) return null;
    const page = await branch(conversation.id);
    if (mine !== generation) return null;
    letGo();
    thread.keepInPlace(id, () => show(page), sibling);
    announce(`Version ${wanted} of ${message.versions}`);
    return sibling;
  } catch (error) {
    showProblem(error);
    return null;
  } finally {
    isBusy = false;
  }
}

export async function rename(id, title) {
  const renamed = await call("PATCH", path(id), { title });
  if (conversation?.id === id) conversation = renamed;
  listener.changed(renamed);
}

/** What send, edit and regenerate have in common: one at a time, and afterwards the answer is followed. */
async function turn(text, begin) {
  if (following || isBusy) {
    toast("An answer is being written. Stop it first, or wait for its end.");
    return false;
  }
  isBusy = true;
  const mine = generation;
  try {
    const turn = await begin(mine);
    // somebody looks at another conversation by now: the turn goes on without us
    if (!turn || mine !== generation) return turn !== null;
    const { user_message: said, assistant_message: answer } = turn.begun;
    messages = [...turn.kept, said, answer].filter(Boolean);
    thread.show(messages, { hasEarlier: cursor !== null });
    if (turn.focus) thread.focusMessage(turn.focus);
    thread.scrollToEnd();
    listen(answer);
    if (text && !conversation.title) rename(conversation.id, titleOf(text)).catch(() => {});
    return true;
  } catch (error) {
    if (mine === generation) thread.show(messages, { hasEarlier: cursor !== null });
    showProblem(error);
    if (error.status === 409) reload().catch(() => {});
    return false;
  } finally {
    isBusy = false;
  }
}

function show(page) {
  messages = page.items;
  cursor = page.next_cursor;
  thread.show(messages, { hasEarlier: cursor !== null });
  const last = messages.at(-1);
  if (last?.state === "open" && last.run_id) listen(last);
}

async function reload() {
  const mine = letGo();
  const page = await branch(conversation.id);
  if (mine === generation) show(page);
}

const branch = (id, from = null) =>
  call("GET", `${path(id)}/messages?limit=${PAGE}&render=html${from ? `&cursor=${encodeURIComponent(from)}` : ""}`);

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

/** Stops listening (the run goes on) and outdates what was asked for; returns the new generation. */
function letGo() {
  following?.abort.abort();
  following = null;
  listener.running(false);
  return ++generation;
}

/** Shows the words of a run as they come. */
async function listen(message) {
  const mine = { run: message.run_id, abort: new AbortController(), isStopping: false };
  following = mine;
  listener.running(true);
  const live = thread.listen(message.id);
  let last = null;
  try {
    await follow(mine.run, (name, data) => {
      if (name === "delta" || name === "refusal") live.push(data.text ?? "");
      if (data.message) last = { ...data.message, error: data.error };
    }, mine.abort.signal);
    if (following === mine) ended(last);
  } catch (error) {
    if (following !== mine) return;
    showProblem(error);
    reload().catch(() => {});
  }
}

function ended(message) {
  following = null;
  listener.running(false);
  // the last event carries the message; if it ever does not, the store has it
  if (!message) return reload().catch(showProblem);
  messages = messages.map((old) => (old.id === message.id ? message : old));
  thread.show(messages, { hasEarlier: cursor !== null });
  const words = { complete: "Answer", stopped: "Stopped answer", failed: "The answer failed", interrupted: "Interrupted answer" };
  announce(`${words[message.state] ?? "Answer"}: ${message.text.slice(0, 800)}`);
  call("GET", path()).then((found) => {
    if (conversation?.id !== found.id) return;
    conversation = found;
    listener.changed(found);
  }, () => {});
}

/** The same words at the same place after a failure are the same request. */
function keyFor(what) {
  if (attempt?.what !== what) attempt = { what, key: idempotencyKey() };
  return attempt.key;
}
