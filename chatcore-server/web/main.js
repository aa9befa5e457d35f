// Puts the page together: who is signed in, which conversation the address names, and which part tells which other.

import { call, enter, leave, onSignedOut, session } from "./api.js";
import { finishPurchase, setUpBilling, takePurchase } from "./billing.js";
import * as chat from "./chat.js";
import * as composer from "./composer.js";
import { confirm, askTitle, setUpDialogs, showKeys } from "./dialogs.js";
import { $, fillIcons } from "./dom.js";
import { setUpFiles } from "./files.js";
import { setUpReveals } from "./forms.js";
import { setUpKeys } from "./keys.js";
import * as limits from "./limits.js";
import * as models from "./models.js";
import * as plan from "./plan.js";
import { enableCodeCopying } from "./prose.js";
import { finish, takeReturn } from "./providers.js";
import { followMailed, setUpRecovery, takeMailed } from "./recovery.js";
import * as search from "./search.js";
import * as share from "./share.js";
import * as sidebar from "./sidebar.js";
import { forgetPending, setUpSettings, walletsChanged } from "./settings.js";
import { setUpCode, setUpSignIn, showSignIn, showWays } from "./sign-in.js";
import * as spending from "./spending.js";
import * as storage from "./storage.js";
import { setUpTheme } from "./theme.js";
import * as thread from "./thread.js";
import { showProblem, toast } from "./toast.js";
import * as turns from "./turns.js";
import * as visitor from "./visitor.js";
import { setUpWallets } from "./wallet.js";
import { loadWays } from "./ways.js";

/** Remembers that somebody has an account: whoever does is asked to sign in, and not taken for a visitor. */
const HAS_ACCOUNT = "chatcore.has-account";
let user = null;
let isSignedIn = false;
let hadFailures = false;

fillIcons();
setUpTheme();
setUpDialogs();
setUpReveals();
setUpSignIn({ entered: showApp, visit });
setUpRecovery(start);
setUpSettings({ named: (called) => showName((user = { ...user, ...called })), closed });
visitor.setUpVisitor({ signIn: becomeUser });
setUpWallets(() => (showWays(), walletsChanged()));
enableCodeCopying($("messages"));
chat.setUpChat({ made, changed, running: composer.showRunning, spent, connection });
turns.setUpTurns({ model: models.chosen, copied, refused: (problem) => (problem ? limits.explain(problem) : limits.hideShort()) });
limits.setUpLimits({ isVisitor: () => user?.isVisitor === true, register: () => becomeUser(true) });
setUpBilling({ register: () => becomeUser(true) });
spending.setUpSpending();
share.setUpShare();
plan.setUpPlan({ plan: turns.plan, shown: chat.shown });
models.setUpModels({ chosen: turns.useModel });
thread.setUpThread({
  edit: turns.edit,
  regenerate: turns.regenerate,
  goOn: turns.goOn,
  fork: turns.fork,
  rate: turns.rate,
  remove: turns.remove,
  loadEarlier: chat.loadEarlier,
  switchVersion: async (id, step, button) => {
    const shown = await chat.switchVersion(id, step);
    if (shown) focusVersion(shown, button);
  },
  start: composer.write,
});
sidebar.setUpSidebar({ open: go, rename, remove, pin, archive });
search.setUpSearch();
composer.setUpComposer({ send: turns.send, stop: turns.stop, editLast });
setUpFiles();
setUpKeys({
  newChat: () => go(null),
  stop: turns.stop,
  isRunning: chat.isRunning,
  switchVersion: async (id, step) => {
    const shown = await chat.switchVersion(id, step);
    if (shown) thread.focusMessage(shown);
  },
  showKeys,
  closeDrawer: () => sidebar.isDrawerOpen() && (sidebar.toggle(false), true),
});

$("help").addEventListener("click", showKeys);
$("sign-out").addEventListener("click", signOut);
$("skip").addEventListener("click", (event) => {
  event.preventDefault();
  $("input").focus();
});
addEventListener("hashchange", ({ oldURL }) => {
  const mailed = takeMailed(new URL(oldURL).hash);
  if (mailed) followHere(mailed);
  else if (isSignedIn) showRoute();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && isSignedIn) lookAgain().catch(() => {});
});
onSignedOut(() => {
  if (!isSignedIn) return;
  hideApp();
  showSignIn(user.isVisitor ? visitor.UNKNOWN : "Your session has ended. Sign in again; what you wrote is still here.");
});
start();

async function start() {
  const [mailed, back, purchase] = [takeMailed(), takeReturn(), takePurchase()];
  try {
    if (mailed) return await followMailed(mailed);
    const { user, notice, bad } = back ? await finish(back) : {};
    const found = user ?? (await session()) ?? (notice ? null : await firstVisit());
    if (!found || (found.isVisitor && (bad || setUpCode()))) return showSignIn(notice, found ?? {});
    if (notice) toast(notice, { bad });
    await showApp(found);
    if (purchase && !found.isVisitor) finishPurchase(purchase, limits.arrive);
  } catch (error) {
    showSignIn();
    showProblem(error);
  } finally {
    $("loading").hidden = true;
  }
}

/** The link of a mail was opened in this very tab. */
function followHere(mailed) {
  hideApp();
  followMailed(mailed);
}

/** Whoever opens the page for the first time can chat at once, where the server lets visitors in. */
async function firstVisit() {
  if (storage.get(HAS_ACCOUNT) || setUpCode()) return null;
  return (await loadWays()).visitors ? enter("visitor", {}) : null;
}

/** A visitor wants an account: a new one, or the one that they have. */
function becomeUser(isNew) {
  hideApp();
  showSignIn("", { isVisitor: true, isNew });
}

/** Goes on without an account, as the visitor that somebody is or as a new one. */
async function visit() {
  const found = await enter("visitor", {});
  $("sign-in").hidden = true;
  await showApp(found);
}

/** Somebody comes back to this tab: in another one they may have written, or become somebody else. */
async function lookAgain() {
  const found = await session();
  if (found && found.id !== user.id) return showApp(found);
  await Promise.all([sidebar.load(), models.load(), chat.refresh()]);
}

async function showApp(found) {
  const isSame = user?.id === found.id;
  if (user && !isSame) {
    // what a visitor wrote is still that of whoever they become
    if (!user.isVisitor) storage.forgetDrafts();
    if (user.isVisitor && found.isVisitLost) toast(visitor.NOT_BROUGHT, { bad: true });
    forgetPending();
    limits.forget();
    search.clear();
    sidebar.clear();
  }
  [user, isSignedIn] = [found, true];
  if (!user.isVisitor) storage.set(HAS_ACCOUNT, "yes");
  visitor.showKind(user);
  showName(user);
  $("app").hidden = false;
  $("skip").hidden = false;
  try {
    const list = Promise.all([sidebar.load(), models.load(), limits.arrive()]);
    // it may fail while nobody waits for it yet; it is waited for below
    list.catch(() => {});
    // whoever was only away for a moment finds everything as it was, an open editor too
    if (isSame && chat.current()) await chat.refresh();
    else await showRoute();
    await list;
  } catch (error) {
    showProblem(error);
  }
}

function showName({ isVisitor, display_name: called, username, email }) {
  const name = isVisitor ? "Visitor" : (called ?? username ?? email ?? "You");
  $("user-name").textContent = name;
  $("user-name").title = name;
  $("avatar").textContent = [...name][0]?.toUpperCase() ?? "";
}

function hideApp() {
  isSignedIn = false;
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close("");
  sidebar.toggle(false);
  $("app").hidden = true;
  $("skip").hidden = true;
}

async function signOut() {
  const { isVisitor } = user;
  if (isVisitor && !(await visitor.confirmEnd())) return;
  try {
    await leave();
  } catch (error) {
    if (error.status !== 401) return showProblem(error);
  }
  await forget(isVisitor ? visitor.ENDED : "");
}

function closed() {
  $("login").value = "";
  storage.set(HAS_ACCOUNT, null);
  return forget("Your account is closed. What was in it is being removed.");
}

/** Nobody is here any more, and nothing of them stays. */
async function forget(notice) {
  hideApp();
  storage.forgetDrafts();
  forgetPending();
  limits.forget();
  user = null;
  history.replaceState(null, "", location.pathname);
  search.clear();
  sidebar.clear();
  await chat.show(null);
  showSignIn(notice);
}

/** The conversation in the address, and a message of it that is to be shown. */
const route = () => /^#\/c\/([\w-]+)(?:\/m\/([\w-]+))?$/.exec(location.hash) ?? [];
const routeId = () => route()[1] ?? null;

/** The secret of a link in the address: somebody read a conversation and wants to go on with it. */
const linkInAddress = () => /^#\/s\/(\w+)$/.exec(location.hash)?.[1] ?? null;

/** Leads to a conversation, or to the page of a new one. */
function go(id) {
  if (routeId() === id) showRoute();
  else location.hash = id ? `#/c/${id}` : "#/";
}

async function showRoute() {
  const link = linkInAddress();
  if (link) return goOnWith(link);
  const [id, message] = [routeId(), route()[2]];
  // whoever reads the page again later is where they were then
  if (message) history.replaceState(null, "", `#/c/${id}`);
  sidebar.toggle(false);
  sidebar.setCurrent(id);
  composer.showDraft(id);
  // on a phone the keyboard would cover what was asked for
  if (!matchMedia("(hover: none)").matches) $("input").focus();
  try {
    await chat.show(id);
    if (message) await chat.openAt(message);
  } catch (error) {
    if (error.status !== 404) return showProblem(error);
    toast("This conversation does not exist any more.", { bad: true });
    sidebar.remove(id);
    go(null);
  }
}

/** Copies what a link shows. Its secret does not stay in the address. */
async function goOnWith(link) {
  history.replaceState(null, "", location.pathname);
  try {
    copied(await call("POST", `/api/v1/shares/${encodeURIComponent(link)}/fork`, {}));
  } catch (error) {
    if (error.status === 404) toast("The link has ended, or it never was.", { bad: true });
    else showProblem(error);
    await showRoute();
  }
}

/** A new conversation has its id. */
function made({ id }) {
  // somebody has just gone elsewhere
  if (routeId()) return;
  history.replaceState(null, "", `#/c/${id}`);
  composer.moveDraft(id);
  sidebar.setCurrent(id);
}

/** The open conversation is another one, or says something new about itself. */
function changed(conversation) {
  if (conversation) sidebar.put(conversation);
  const shown = chat.current();
  models.show(shown);
  share.show(shown);
  const title = shown?.title || (shown ? "Conversation" : "New conversation");
  $("title").textContent = title;
  document.title = shown?.title ? `${title} – chatcore` : "chatcore";
}

/** An answer ended, or another conversation is shown. */
function spent(conversation) {
  if (conversation && isSignedIn) limits.load().catch(() => {});
  spending.show(conversation);
  plan.show(conversation);
}

/** The events of the conversation cannot be heard, for the how manieth time; behind 0 the server may be another one. */
function connection(failures) {
  composer.showConnection(failures);
  if (failures === 0 && hadFailures) models.load().catch(() => {});
  hadFailures = failures > 0;
}

/** A conversation was copied: the copy is shown. */
function copied(conversation) {
  sidebar.put(conversation);
  go(conversation.id);
  toast("This is a copy. What was copied stays as it is.");
}

function editLast() {
  const mine = [...$("messages").querySelectorAll('.message[data-role="user"]')].at(-1);
  const view = mine && thread.view(mine.dataset.id);
  if (!view?.canEdit() || chat.isRunning()) return false;
  view.edit();
  return true;
}

/** After a click on an arrow the same arrow of the version that came is next. */
function focusVersion(id, button) {
  const article = thread.view(id)?.article;
  const arrow = article?.querySelector(`[data-action="${button}"]:enabled`) ?? article?.querySelector(".versions button:enabled");
  (arrow ?? article)?.focus();
}

async function rename(conversation) {
  const title = await askTitle(conversation.title ?? "");
  if (title) await turns.rename(conversation.id, title).catch(showProblem);
}

/** Pins a conversation, puts it away, or takes that back. */
async function setApart({ id }, fields, words) {
  try {
    const found = await call("PATCH", `/api/v1/conversations/${encodeURIComponent(id)}`, fields);
    if (chat.current()?.id === id) chat.revised(found);
    else sidebar.put(found);
    if (words) toast(words);
  } catch (error) {
    showProblem(error);
  }
}

function pin(conversation) {
  return setApart(conversation, { pinned: !conversation.pinned });
}

function archive(conversation) {
  const words = conversation.archived ? "The conversation is back in the list." : "The conversation is in the archive.";
  return setApart(conversation, { archived: !conversation.archived }, words);
}

async function remove(conversation) {
  const name = conversation.title || "New conversation";
  if (!(await confirm("Delete this conversation?", `“${name}” and all its versions will be gone for good.`, "Delete"))) return;
  try {
    await call("DELETE", `/api/v1/conversations/${encodeURIComponent(conversation.id)}`);
    sidebar.remove(conversation.id);
    if (chat.current()?.id === conversation.id) go(null);
    toast("The conversation was deleted.");
  } catch (error) {
    showProblem(error);
  }
}
