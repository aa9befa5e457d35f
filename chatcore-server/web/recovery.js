// What mails are about: a forgotten password, and whether an address is somebody's. The code of a mail is never shown, and
// leaves the address of the page before anything else happens.

import { call } from "./api.js";
import { $ } from "./dom.js";
import { clear, fieldError, hidePasswords, isLongEnough, submit } from "./forms.js";
import { showPanel, showSignIn } from "./sign-in.js";

const TOO_LATE = "This link does not work any more: it was used already, or is older than ten minutes.";
let code = null;
let goOn = () => {};

/** `leave` is called by whoever is done, or does not want to. */
export function setUpRecovery(leave) {
  goOn = leave;
  $("forgot").addEventListener("click", forgot);
  $("forgot-form").addEventListener("submit", (event) => (event.preventDefault(), ask()));
  $("reset-form").addEventListener("submit", (event) => (event.preventDefault(), reset()));
  $("forgot-back").addEventListener("click", () => showSignIn());
  for (const id of ["reset-back", "verify-done"]) {
    $(id).addEventListener("click", () => {
      code = null;
      $("sign-in").hidden = true;
      goOn();
    });
  }
}

/** What the link of a mail is for, or null. The address is that of the page afterwards, with `hash` behind it. */
export function takeMailed(hash = "") {
  const found = /^#\/(reset-password|verify-email)\/(\w+)$/.exec(location.hash);
  if (!found) return null;
  history.replaceState(null, "", location.pathname + hash);
  return { purpose: found[1], code: found[2] };
}

/** Does what the link of a mail is for. */
export async function followMailed(mailed) {
  if (mailed.purpose === "verify-email") return verify(mailed.code);
  code = mailed.code;
  hidePasswords($("reset-form"));
  clear($("reset-form"));
  showPanel("reset-form");
  $("new-password").focus();
}

function forgot() {
  clear($("forgot-form"));
  $("forgot-sent").textContent = "";
  $("forgot-login").value = $("login").value.trim();
  showPanel("forgot-form");
  $("forgot-login").focus();
}

async function ask() {
  $("forgot-sent").textContent = "";
  const login = $("forgot-login").value.trim();
  if (!login) return fieldError("forgot-login", "Enter your e-mail address or your name here.");
  const send = () => call("POST", "/api/v1/auth/password/forgot", { login });
  if (!(await submit($("forgot-form"), { login: "forgot-login" }, send))) return;
  // the same for everybody: who has an account here is nobody's business
  $("forgot-sent").textContent =
    "If there is such an account and it has an e-mail address, a mail is on its way there. Its link works for ten minutes. " +
    "If none comes, ask those who run this server.";
}

async function reset() {
  clear($("reset-form"));
  if (!isLongEnough("new-password")) return;
  const send = () => call("POST", "/api/v1/auth/password/reset", { code, password: $("new-password").value });
  const words = (error) => (isCode(error) ? `${TOO_LATE} Ask for another mail.` : error.message);
  if (!(await submit($("reset-form"), { password: "new-password" }, send, words))) return;
  code = null;
  showSignIn("Your new password is set, and you were signed out everywhere. Sign in with it.");
}

async function verify(code) {
  showPanel("verify-panel");
  showResult("One moment …", "");
  try {
    await call("POST", "/api/v1/auth/email/verify", { code });
    showResult("Your address is confirmed", "Mail about your account goes there, and you can sign in with it.");
  } catch (error) {
    if (!isCode(error)) return showResult("Your address is not confirmed", error.message);
    showResult("Your address is not confirmed", `${TOO_LATE} You get another mail in the settings.`);
  }
}

function showResult(title, text) {
  $("verify-title").textContent = title;
  $("verify-text").textContent = text;
  $("verify-done").hidden = !text;
  if (text) $("verify-done").focus();
}

const isCode = ({ fields }) => fields?.some(({ field }) => field === "code");
