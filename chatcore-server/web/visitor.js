// Chatting without an account: what a visitor sees, and how a visit ends. That a visit begins is decided in main.js.

import { confirm } from "./dialogs.js";
import { $ } from "./dom.js";

/** `signIn(isNew)`: they want an account, or a new one. */
export function setUpVisitor({ signIn }) {
  $("visitor-sign-in").addEventListener("click", () => signIn(false));
  $("visitor-register").addEventListener("click", () => signIn(true));
}

/** Shows the parts of the page that are for visitors, or those for people with an account. */
export function showKind({ isVisitor = false }) {
  $("visitor-bar").hidden = !isVisitor;
  $("settings").hidden = isVisitor;
  const label = isVisitor ? "End your visit" : "Sign out";
  $("sign-out").setAttribute("aria-label", label);
  $("sign-out").title = label;
}

/** Asks a visitor who is about to leave: there is no way back. */
export const confirmEnd = () =>
  confirm("End your visit?", "Nobody can come back to what was said here, not even you. Sign in or create an account to keep it.", "End visit");

export const ENDED = "Your visit has ended: nobody can come back to what was said in it.";
export const UNKNOWN = "Your visit has ended: this server does not know you any more. Sign in to go on.";
export const NOT_BROUGHT = "What you said as a visitor did not come along. It comes when you sign in the next time, if it can.";
