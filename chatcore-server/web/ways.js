// The ways to sign in beside a password: which there are, and a button for each. What a button does is for its caller.

import { call } from "./api.js";
import { make } from "./dom.js";
import { nameOf } from "./providers.js";
import { wallets } from "./wallet.js";

let known = { visitors: false, wallet: false, oauth: [] };

/** Asks the server which ways it has; without an answer they are what they were. */
export async function loadWays() {
  known = await call("GET", "/api/v1/auth/providers").catch(() => known);
  return known;
}

/** A button for each way: `${verb} Google`. `provider(name, button)` and `wallet(wallet, button)` are called by them. */
export function wayButtons(verb, { provider, wallet }) {
  const button = (name, act) => {
    const on = { click: (event) => act(event.currentTarget) };
    return make("button", { type: "button", className: "ghost wide", text: `${verb} ${name}`, on });
  };
  // without HTTPS there is no hash for the secret that goes with a sign-in
  const providers = globalThis.crypto?.subtle ? known.oauth : [];
  return [
    ...providers.map((name) => button(nameOf(name), (pressed) => provider(name, pressed))),
    ...(known.wallet ? wallets() : []).map((one) => button(one.name, (pressed) => wallet(one, pressed))),
  ];
}
