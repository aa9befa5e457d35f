// The settings of the account: password and address. Where somebody is signed in and the keys of programs have files of
// their own.

import { setUpApiKeys } from "./api-keys.js";
import { call } from "./api.js";
import { $ } from "./dom.js";
import { clear, done, fieldError, hidePasswords, isLongEnough, submit } from "./forms.js";
import { setUpPlaces } from "./places.js";
import { showProblem } from "./toast.js";

let hasPassword = true;

export function setUpSettings() {
  const dialog = $("settings-dialog");
  $("settings").addEventListener("click", open);
  $("password-form").addEventListener("submit", (event) => (event.preventDefault(), changePassword()));
  $("email-form").addEventListener("submit", (event) => (event.preventDefault(), changeEmail()));
  $("verify-again").addEventListener("click", verifyAgain);
  setUpPlaces($("places"));
  setUpApiKeys($("api-keys"));
  dialog.addEventListener("close", () => {
    for (const section of dialog.querySelectorAll("details")) section.open = false;
    for (const form of dialog.querySelectorAll("form")) empty(form);
  });
}

async function open() {
  try {
    showWays((await call("GET", "/api/v1/me/identities")).items);
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
  $("email-now").textContent = email ? `Your address is ${email.value}.` : "You have no address yet.";
  $("email-open").hidden = !email || Boolean(email.verified_at);
}

async function changePassword() {
  const form = $("password-form");
  clear(form);
  if (isMissing("password-current")) return;
  if (!isLongEnough("password-next")) return;
  const body = { current_password: current("password-current"), password: $("password-next").value };
  const send = () => confirmed(call("PUT", "/api/v1/me/password", body));
  if (!(await submit(form, { current_password: "password-current", password: "password-next" }, send))) return;
  showWays((await call("GET", "/api/v1/me/identities")).items);
  done(form, "Your password is changed, and you were signed out everywhere else.");
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
  done(form, `A mail is on its way to ${email}. The address is yours when you have followed its link.`);
}

async function verifyAgain() {
  const form = $("email-form");
  const send = () => call("POST", "/api/v1/auth/email/verify-again");
  if (await submit(form, {}, send)) done(form, "If this server sends mail, another one is on its way.");
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
