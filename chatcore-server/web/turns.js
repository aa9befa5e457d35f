// What people do to the open conversation: saying something, asking again, going on, stopping, copying, deleting. What is
// shown of it is in chat.js.

import { call, idempotencyKey } from "./api.js";
import { attachmentsOf } from "./attached.js";
import * as chat from "./chat.js";
import { confirm } from "./dialogs.js";
import * as thread from "./thread.js";
import { showProblem, toast } from "./toast.js";
import { titleOf } from "./title.js";

let attempt = null;
let listener = { model: () => undefined, copied() {}, refused: async () => false };

/**
 * `model()`: who is to answer; `copied(conversation)`: a copy was made; `refused(problem)` resolves to whether it said why, null
 * for what was not refused.
 */
export const setUpTurns = (to) => (listener = to);

const before = (id) => chat.shown().slice(0, chat.shown().findIndex((message) => message.id === id));

/** What the model would be shown if this were sent now, and what that would cost; null for a new conversation. */
export async function plan(text) {
  if (!chat.current()) return null;
  const body = { text, parent_id: chat.shown().at(-1)?.id, model: listener.model() };
  if (chat.isRunning()) body.policy = "enqueue";
  return call("POST", `${chat.path()}/plan`, body);
}

/** Sends a message; resolves to whether it was sent. While an answer is being written the next one waits for its end. */
export function send(text, attachments = []) {
  const isWaiting = chat.isRunning();
  return turn(async () => {
    const model = listener.model();
    if (!chat.current()) {
      const visit = chat.visit();
      const made = await call("POST", "/api/v1/conversations", { model });
      // somebody looks at another conversation by now
      if (visit !== chat.visit()) return null;
      chat.adopt(made);
    }
    const { id } = chat.current();
    const kept = chat.shown();
    const parent = kept.at(-1)?.id ?? null;
    const parts = attachments.map(({ id: url, kind, name }) => ({ type: kind === "image" ? "image" : "file", url, name }));
    const pending = { version: 1, versions: 1, state: "sending", text, parts, id: "pending", role: "user" };
    chat.place([...kept, pending]);
    thread.scrollToEnd();
    // a tab that is behind is told so, instead of making a branch that nobody asked for
    const body = { ...saying(text, attachments.map(({ id }) => id)), parent_id: parent ?? undefined, expected_head: parent, model, detach: true };
    if (isWaiting) body.policy = "enqueue";
    const headers = { "Idempotency-Key": keyFor(`${id} ${parent} ${text} ${body.attachments}`) };
    try {
      const begun = await call("POST", `${chat.path(id)}/messages?render=html`, body, { headers });
      attempt = null;
      return { kept, begun, id, text };
    } catch (error) {
      if (chat.current()?.id === id) chat.place(kept);
      throw error;
    }
  });
}

/** Says something else instead of an earlier message; resolves to whether it was sent. */
export const edit = (id, text) => again(id, "edit", saying(text, attachmentsOf(chat.shown().find((message) => message.id === id) ?? {})), ({ user_message: said }) => said.id);

export const regenerate = (id) => again(id, "regenerate", {}, ({ assistant_message: answer }) => answer.id);

/** Lets an answer that broke off go on. */
export const goOn = (id) => again(id, "continue", {}, ({ assistant_message: answer }) => answer.id);

/** Words and files as the server takes them; files need no words. */
const saying = (text, attachments) => ({
  text: text.trim() || !attachments.length ? text : undefined,
  attachments: attachments.length ? attachments : undefined,
});

function again(message, how, fields, focusOf) {
  if (chat.isRunning()) {
    toast("An answer is being written. Stop it first, or wait for its end.");
    return Promise.resolve(false);
  }
  return turn(async () => {
    const { id } = chat.current();
    const kept = before(message);
    const body = { ...fields, model: listener.model(), detach: true };
    const begun = await call("POST", `${chat.messagePath(message)}/${how}?render=html`, body);
    return { kept, begun, id, text: fields.text, focus: focusOf(begun) };
  });
}

/** What all turns have in common: one at a time, and then the answer is shown. */
async function turn(begin) {
  if (chat.isHeld()) return false;
  try {
    const isShown = await chat.during(async () => shown(await begin()));
    await listener.refused(null);
    return isShown;
  } catch (error) {
    if (!(await listener.refused(error))) showProblem(error);
    if (error.status === 409 && chat.current()) chat.reload().catch(() => {});
    return false;
  }
}

function shown(turn) {
  if (!turn) return false;
  const { kept, begun, id, text, focus } = turn;
  // somebody looks at another conversation by now: the turn goes on without us
  if (chat.current()?.id !== id) return true;
  const answer = begun.assistant_message && { ...begun.assistant_message, queued: begun.run?.state === "queued" };
  chat.place([...kept, begun.user_message, answer].filter(Boolean));
  if (focus) thread.focusMessage(focus);
  thread.scrollToEnd();
  if (text && !chat.current().title) rename(id, titleOf(text)).catch(() => {});
  return true;
}

/** Stops the answer that is being written; what of it was seen stays. */
export async function stop() {
  const [first] = chat.openAnswers();
  if (!first?.run_id) return;
  const seen = thread.seenLength(first.id);
  await call("POST", `/api/v1/runs/${encodeURIComponent(first.run_id)}/stop`, { seen_len: seen }).catch(showProblem);
}

/** Copies the branch up to a message into a conversation of its own. */
export async function fork(id) {
  const { title } = chat.current();
  try {
    const body = { message_id: id, title: title ? `${title} (copy)`.slice(0, 120) : undefined };
    listener.copied(await call("POST", `${chat.path()}/fork`, body));
  } catch (error) {
    showProblem(error);
  }
}

/** Says what somebody thinks of an answer; null takes it back. */
export async function rate(id, rating, comment) {
  try {
    const { feedback } = await call("PUT", `${chat.messagePath(id)}/feedback`, { rating, comment });
    chat.change(id, { feedback });
  } catch (error) {
    showProblem(error);
  }
}

/** Deletes a message and what follows it, if that is meant. */
export async function remove(id) {
  const what = "It and everything that follows it, in all versions, will be gone for good.";
  if (!(await confirm("Delete this message?", what, "Delete"))) return;
  try {
    await call("DELETE", chat.messagePath(id));
    await chat.reload();
    toast("The message was deleted.");
  } catch (error) {
    showProblem(error);
  }
}

export async function rename(id, title) {
  chat.revised(await call("PATCH", chat.path(id), { title }));
}

/** The model that answers in this conversation from now on. */
export async function useModel(model) {
  if (!chat.current()) return;
  await call("PATCH", chat.path(), { model }).then(chat.revised, showProblem);
}

/** The same words at the same place after a failure are the same request. */
function keyFor(what) {
  if (attempt?.what !== what) attempt = { what, key: idempotencyKey() };
  return attempt.key;
}
