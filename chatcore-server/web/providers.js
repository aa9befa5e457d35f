// Signing in at a provider: the browser goes there and comes back with a code in the address of the page, which counts once
// and only together with a secret that this tab has kept meanwhile.

import { call, enter } from "./api.js";
import { $, make } from "./dom.js";
import { setSecretOfSignIn, takeSecretOfSignIn } from "./storage.js";

const NAMES = { google: "Google", twitter: "X" };
const WHY = {
  access_denied: "You did not agree there, so you are not signed in.",
  expired: "That sign-in took too long, or was begun elsewhere. Try again.",
  provider_unavailable: "The provider cannot be asked just now. Try again later.",
  provider_refused: "What the provider says is not what it should be. Try again later.",
  link_first: "There is an account with your address already. Sign in to it with your password.",
  denied: "This account may not sign in.",
};

/** Offers the providers that the server knows; without them the form is as it was. */
export async function showProviders() {
  // without HTTPS there is no hash for the secret
  if (!globalThis.crypto?.subtle || $("providers").childElementCount) return;
  const { oauth } = await call("GET", "/api/v1/auth/providers").catch(() => ({ oauth: [] }));
  $("providers").replaceChildren(...oauth.map(button));
  $("providers").hidden = !oauth.length;
}

/** What a provider's sign-in ended with, or null. The address is that of the page afterwards. */
export function takeReturn() {
  const query = new URLSearchParams(location.search);
  const [code, error] = [query.get("code"), query.get("error")];
  if (!code && !error) return null;
  history.replaceState(null, "", location.pathname);
  return { code, error, secret: takeSecretOfSignIn() };
}

/** Signs in with the code of a return; resolves to the user, or to a notice that says why there is none. */
export async function finishSignIn({ code, error, secret }) {
  if (error) return { notice: WHY[error] ?? "The sign-in at the provider failed. Try again." };
  // a code that somebody else has put into the address is theirs, not ours
  if (!secret) return { notice: WHY.expired };
  try {
    return { user: await enter("exchange", { code, code_verifier: secret }) };
  } catch (problem) {
    return { notice: problem.status === 422 ? WHY.expired : problem.message };
  }
}

function button(provider) {
  const name = NAMES[provider] ?? provider[0].toUpperCase() + provider.slice(1);
  const on = { click: (event) => begin(provider, event.currentTarget) };
  return make("button", { type: "button", className: "ghost wide", text: `Continue with ${name}`, on });
}

async function begin(provider, button) {
  button.disabled = true;
  $("sign-in-error").hidden = true;
  try {
    const secret = inBase64Url(crypto.getRandomValues(new Uint8Array(32)));
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret));
    const query = new URLSearchParams({ redirect_uri: location.origin + location.pathname, code_challenge: inBase64Url(new Uint8Array(hash)) });
    const { url } = await call("GET", `/api/v1/auth/oauth/${encodeURIComponent(provider)}/start?${query}`);
    setSecretOfSignIn(secret);
    location.assign(url);
  } catch (error) {
    $("sign-in-error").textContent = error.message;
    $("sign-in-error").hidden = false;
  } finally {
    button.disabled = false;
  }
}

const inBase64Url = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
