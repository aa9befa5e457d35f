// The view in which people sign in or create an account. What follows is for main.js.

import { enter, setUp } from "./api.js";
import { $ } from "./dom.js";

let isRegister = false;

/** The code of the link that a server without an admin prints. It is never sent as part of an address. */
const setUpCode = () => /^#setup=(\w+)$/.exec(location.hash)?.[1] ?? null;

/** `entered` is called with the user. */
export function setUpSignIn(entered) {
  $("tab-login").addEventListener("click", () => choose(false));
  $("tab-register").addEventListener("click", () => choose(true));
  $("reveal").addEventListener("click", () => reveal($("password").type === "password"));
  $("sign-in-form").addEventListener("submit", (event) => {
    event.preventDefault();
    submit(entered);
  });
  choose(false);
}

/** Shows the view, with a word about why. */
export function showSignIn(notice = "") {
  $("sign-in").hidden = false;
  if (setUpCode()) {
    choose(true);
    notice = "This link makes the account of whoever runs this server. It works once.";
  }
  $("sign-in-notice").textContent = notice;
  $("sign-in-notice").hidden = !notice;
  $("password").value = "";
  clearErrors();
  ($("login").value ? $("password") : $("login")).focus();
}

function choose(register) {
  isRegister = register;
  $("tab-login").setAttribute("aria-pressed", String(!register));
  $("tab-register").setAttribute("aria-pressed", String(register));
  $("login-label").textContent = register ? "E-mail or a username of your choice" : "E-mail or username";
  $("password").autocomplete = register ? "new-password" : "current-password";
  $("password-hint").hidden = !register;
  $("sign-in-submit").textContent = register ? "Create account" : "Sign in";
  clearErrors();
}

function reveal(isShown) {
  $("password").type = isShown ? "text" : "password";
  $("reveal").textContent = isShown ? "Hide" : "Show";
  $("reveal").setAttribute("aria-pressed", String(isShown));
}

async function submit(entered) {
  clearErrors();
  const login = $("login").value.trim();
  const password = $("password").value;
  if (!login) return fieldError("login", "Enter your e-mail address or username.");
  if (!password) return fieldError("password", "Enter your password.");
  if (isRegister && [...password].length < 12) return fieldError("password", "The password needs at least 12 characters.");
  busy(true);
  try {
    const name = login.includes("@") ? { email: login } : { username: login };
    const user = await submitted(name, login, password);
    $("sign-in").hidden = true;
    $("password").value = "";
    reveal(false);
    entered(user);
  } catch (error) {
    showError(error);
  } finally {
    busy(false);
  }
}

/** Signs in, creates an account, or makes the first admin. */
async function submitted(name, login, password) {
  const code = setUpCode();
  if (!isRegister) return enter("login", { login, password });
  if (!code) return enter("register", { ...name, password });
  const user = await setUp(code, { ...name, password });
  history.replaceState(null, "", location.pathname);
  return user;
}

function showError(error) {
  const ours = { login: "login", email: "login", username: "login", password: "password" };
  const fields = (error.fields ?? []).filter(({ field }) => ours[field]);
  for (const { field, message } of fields.reverse()) fieldError(ours[field], sentence(message));
  if (fields.length) return;
  const wrong = error.status === 401 ? "That name and password do not belong together." : error.message;
  $("sign-in-error").textContent = wrong;
  $("sign-in-error").hidden = false;
}

/** `is too short` -> `It is too short.` */
function sentence(message) {
  const text = /^(is|must|has|needs|was|cannot|may)\b/.test(message) ? `It ${message}` : message;
  return text[0].toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}

function fieldError(id, message) {
  $(`${id}-error`).textContent = message;
  $(`${id}-error`).hidden = false;
  $(id).setAttribute("aria-invalid", "true");
  $(id).focus();
}

function clearErrors() {
  for (const id of ["login-error", "password-error", "sign-in-error"]) $(id).hidden = true;
  for (const id of ["login", "password"]) $(id).removeAttribute("aria-invalid");
}

function busy(isBusy) {
  $("sign-in-submit").disabled = isBusy;
  $("sign-in-submit").setAttribute("aria-busy", String(isBusy));
}
