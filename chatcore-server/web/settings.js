// The settings of the account: password and address. The name, ways in, places, keys and the end of the account have files
// of their own.

import { setUpApiKeys } from "./api-keys.js";
import { call } from "./api.js";
import { setUpClosing, showClosing } from "./closing.js";
import { $ } from "./dom.js";
import { clear, done, fieldError, hidePasswords, isLongEnough, submit } from "./forms.js";
import { identities, setUpIdentities, showLinks } from "./identities.js";
import { setUpPlaces } from "./places.js";
import { loadProfile, setUpProfile } from "./profile.js";
import { showProblem } from "./toast.js";

let hasPassword = true;
/** The address to which a mail went that nobody has answered yet, as far as this page knows. */
let pending = null;

/** `named(user)`: they are called something else; `closed()`: the account is gone. */
export function setUpSettings({ named, closed }) {
  const dialog = $("settings-dialog");
  $("settings").addEventListener("click", open);
  $("password-form").addEventListener("submit", (event) => (event.preventDefault(), changePassword()));
  $("email-form").addEventListener("submit", (event) => (event.preventDefault(), changeEmail()));
  $("verify-again").addEventListener("click", verifyAgain);
  setUpProfile(named);
  setUpIdentities($("identities"), showWays);
  setUpPlaces($("places"));
  setUpApiKeys($("api-keys"));
  setUpClosing({ proof: proofOfClosing, words: confirmed, closed });
  dialog.addEventListener("close", () => {
    for (const section of dialog.querySelectorAll("details")) section.open = false;
    for (const form of dialog.querySelectorAll("form")) empty(form);
    for (const said of dialog.querySelectorAll(".form-done")) said.textContent = "";
  });
}

/** Somebody else is here, or another wallet. */
export const forgetPending = () => (pending = null);
export const walletsChanged = () => $("identities").open && showLinks($("identities"));

async function open() {
  try {
    const [ways] = await Promise.all([identities(), loadProfile()]);
    showWays(ways);
    $("settings-dialog").showModal();
  } catch (error) {
    showProblem(error);
  }
}

/** What can be changed is what there is: who came by a provider has no password yet. */
function showWays(ways) {
  const email = ways.find(({ kind }) => kind === "email");
  hasPassword = ways.some(({ kind }) => kind === "password");
  for (const part of document.querySelectorAll("[data-needs-password]")) part.hidden = !hasPassword;
  $("password-submit").textContent = hasPassword ? "Change password" : "Set password";
  $("email-now").textContent = email ? `Your address is ${email.value}.` : "You have no address yet.";
  $("email-open").hidden = !email || Boolean(email.verified_at);
  if (pending === email?.value) pending = null;
  $("email-pending").hidden = !pending;
  $("email-pending").textContent = `It becomes ${pending} when you have followed the link in the mail there.`;
  showClosing(ways);
}

async function changePassword() {
  const form = $("password-form");
  clear(form);
  if (isMissing("password-current")) return;
  if (!isLongEnough("password-next")) return;
  const body = { current_password: current("password-current"), password: $("password-next").value };
  const send = () => confirmed(call("PUT", "/api/v1/me/password", body));
  if (!(await submit(form, { current_password: "password-current", password: "password-next" }, send))) return;
  const did = hasPassword ? "changed" : "set";
  showWays(await identities());
  done(form, `Your password is ${did}, and you were signed out everywhere else.`);
}

async function changeEmail() {
  const form = $("email-form");
  clear(form);
  const email = $("email-next").value.trim();
  if (!email) return fieldError("email-next", "Enter your new address.");
  if (isMissing("email-current")) return;
  const send = () => confirmed(call("PUT", "/api/v1/me/email", { current_password: current("email-current"), email }));
  if (!(await submit(form, { current_password: "email-current", email: "email-next" }, send))) return;
  $("email-next").value = "";
  pending = email;
  showWays(await identities());
  done(form, `A mail is on its way to ${email}. The address is yours when you have followed its link.`);
}

async function verifyAgain() {
  const form = $("email-form");
  const send = () => call("POST", "/api/v1/auth/email/verify-again");
  if (await submit(form, {}, send)) done(form, "If this server sends mail, another one is on its way.");
}

function proofOfClosing() {
  return isMissing("close-current") ? null : { current_password: current("close-current") };
}

const current = (id) => (hasPassword ? $(id).value : undefined);

function isMissing(id) {
  const isMissing = hasPassword && !$(id).value;
  if (isMissing) fieldError(id, "Enter your current password.");
  return isMissing;
}

/** Says in words of this page that somebody did not show that it is them. */
function confirmed(answer) {
  return answer.catch((error) => {
    if (error.kind !== "not-confirmed") throw error;
    if (hasPassword) error.fields = [{ field: "current_password", message: "This is not your password." }];
    else error.message = "You signed in a while ago. Sign out and in again, so that it is surely you.";
    throw error;
  });
}

function empty(form) {
  clear(form);
  hidePasswords(form);
  form.reset();
}
