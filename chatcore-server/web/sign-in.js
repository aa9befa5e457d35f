// The view in which people sign in, create an account, or go on without one. What follows is for main.js.

import { enter, setUp } from "./api.js";
import { $ } from "./dom.js";
import { clear, fieldError, hidePasswords, isLongEnough, press, submit } from "./forms.js";
import { signInAt } from "./providers.js";
import { sign, walletWords } from "./wallet.js";
import { loadWays, wayButtons } from "./ways.js";

const PANELS = ["sign-in-panel", "forgot-form", "reset-form", "verify-panel"];
const FIELDS = { login: "login", email: "login", username: "login", password: "password" };
let isRegister = false;
let entered = () => {};

/** The code of the link that a server without an admin prints. It is never sent as part of an address. */
export const setUpCode = () => /^#setup=(\w+)$/.exec(location.hash)?.[1] ?? null;

/** `entered` is called with the user; `visit()` is for whoever goes on without an account. */
export function setUpSignIn({ entered: enters, visit }) {
  entered = enters;
  $("tab-login").addEventListener("click", () => choose(false));
  $("tab-register").addEventListener("click", () => choose(true));
  $("visit").addEventListener("click", () => press($("visit"), $("sign-in-error"), visit));
  $("sign-in-form").addEventListener("submit", (event) => {
    event.preventDefault();
    signIn();
  });
  choose(false);
}

/** Shows the view, with a word about why; `isVisitor`: somebody who chats without an account may go back. */
export function showSignIn(notice = "", { isVisitor = false, isNew } = {}) {
  showPanel("sign-in-panel");
  loadWays().then(({ visitors }) => {
    showWays();
    $("visit").hidden = !visitors || Boolean(setUpCode());
  });
  $("visit").textContent = isVisitor ? "Back to the conversation" : "Go on without an account";
  if (isNew !== undefined) choose(isNew);
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

/** Offers the ways beside the password; without them the form is all there is. */
export function showWays() {
  const provider = (name, button) => press(button, $("sign-in-error"), () => signInAt(name));
  const wallet = (one, button) => press(button, $("sign-in-error"), () => signInWith(one), walletWords);
  const buttons = wayButtons("Continue with", { provider, wallet });
  $("providers").replaceChildren(...buttons);
  $("providers").hidden = !buttons.length;
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

async function signIn() {
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
  if (isIn) goIn(user);
}

async function signInWith(wallet) {
  goIn(await enter("wallet", await sign(wallet)));
}

function goIn(user) {
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
