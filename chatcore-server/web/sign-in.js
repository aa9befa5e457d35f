// The view in which people sign in or create an account. What follows is for main.js.

import { enter, setUp } from "./api.js";
import { $ } from "./dom.js";
import { clear, fieldError, hidePasswords, isLongEnough, submit } from "./forms.js";
import { showProviders } from "./providers.js";

const PANELS = ["sign-in-panel", "forgot-form", "reset-form", "verify-panel"];
const FIELDS = { login: "login", email: "login", username: "login", password: "password" };
let isRegister = false;

/** The code of the link that a server without an admin prints. It is never sent as part of an address. */
const setUpCode = () => /^#setup=(\w+)$/.exec(location.hash)?.[1] ?? null;

/** `entered` is called with the user. */
export function setUpSignIn(entered) {
  $("tab-login").addEventListener("click", () => choose(false));
  $("tab-register").addEventListener("click", () => choose(true));
  $("sign-in-form").addEventListener("submit", (event) => {
    event.preventDefault();
    signIn(entered);
  });
  choose(false);
}

/** Shows the view, with a word about why. */
export function showSignIn(notice = "") {
  showPanel("sign-in-panel");
  showProviders();
  if (setUpCode()) {
    choose(true);
    notice = "This link makes the account of whoever runs this server. It works once.";
  }
  $("sign-in-notice").textContent = notice;
  $("sign-in-notice").hidden = !notice;
  hidePasswords($("sign-in-form"));
  clear($("sign-in-form"));
  ($("login").value ? $("password") : $("login")).focus();
}

/** Shows the view with one of its parts. */
export function showPanel(id) {
  $("sign-in").hidden = false;
  for (const panel of PANELS) $(panel).hidden = panel !== id;
}

function choose(register) {
  isRegister = register;
  $("tab-login").setAttribute("aria-pressed", String(!register));
  $("tab-register").setAttribute("aria-pressed", String(register));
  $("login-label").textContent = register ? "E-mail or a username of your choice" : "E-mail or username";
  $("password").autocomplete = register ? "new-password" : "current-password";
  $("password-hint").hidden = !register;
  $("forgot").hidden = register;
  $("sign-in-submit").textContent = register ? "Create account" : "Sign in";
  clear($("sign-in-form"));
}

async function signIn(entered) {
  const form = $("sign-in-form");
  clear(form);
  const login = $("login").value.trim();
  const password = $("password").value;
  if (!login) return fieldError("login", "Enter your e-mail address or username.");
  if (!password) return fieldError("password", "Enter your password.");
  if (isRegister && !isLongEnough("password")) return;
  const name = login.includes("@") ? { email: login } : { username: login };
  let user = null;
  const isIn = await submit(form, FIELDS, async () => (user = await session(name, login, password)), words);
  if (!isIn) return;
  // who comes back has an account
  choose(false);
  $("sign-in").hidden = true;
  entered(user);
}

/** Signs in, creates an account, or makes the first admin. */
async function session(name, login, password) {
  const code = setUpCode();
  if (!isRegister) return enter("login", { login, password });
  if (!code) return enter("register", { ...name, password });
  const user = await setUp(code, { ...name, password });
  history.replaceState(null, "", location.pathname);
  return user;
}

const words = ({ status, message }) => (status === 401 ? "That name and password do not belong together." : message);
