// Signing in at a provider, and linking an account there: the browser goes there and comes back with a code, or a word, in
// the address of the page. A code counts once, and only together with a secret that this tab has kept meanwhile.

import { call, enter } from "./api.js";
import { setDeparture, takeDeparture } from "./storage.js";

const NAMES = { google: "Google", twitter: "X" };
const WHY = {
  access_denied: "You did not agree there, so you are not signed in.",
  expired: "That sign-in took too long, or was begun elsewhere. Try again.",
  provider_unavailable: "The provider cannot be asked just now. Try again later.",
  provider_refused: "What the provider says is not what it should be. Try again later.",
  link_first: "There is an account with your address already. Sign in to it with your password.",
  denied: "This account may not sign in.",
};
const WHY_NOT_LINKED = {
  ...WHY,
  access_denied: "You did not agree there, so nothing is linked.",
  expired: "That took too long, or was begun elsewhere. Try again.",
  taken: "That account is a way into another account here.",
};

/** What people call a provider. */
export const nameOf = (provider) => NAMES[provider] ?? provider[0].toUpperCase() + provider.slice(1);

/** What a way to a provider ended with, or null. The address is that from which the tab had gone, afterwards. */
export function takeReturn() {
  const query = new URLSearchParams(location.search);
  const [code, error, linked] = ["code", "error", "linked"].map((name) => query.get(name));
  if (!code && !error && !linked) return null;
  const departure = takeDeparture();
  history.replaceState(null, "", location.pathname + (departure?.place ?? ""));
  return { code, error, isLinked: Boolean(linked), ...departure };
}

/** Ends what a return is of; resolves to the user, or to a notice about who is not: `bad` if it did not work. */
export async function finish({ code, error, isLinked, secret, link }) {
  if (link && isLinked) return { notice: `Your account at ${nameOf(link)} is linked.` };
  if (link) return { notice: WHY_NOT_LINKED[error] ?? "The account there could not be linked. Try again.", bad: true };
  if (error) return { notice: WHY[error] ?? "The sign-in at the provider failed. Try again.", bad: true };
  // a code that somebody else has put into the address is theirs, not ours; nor did we ask for a link
  if (!secret || !code) return { notice: WHY.expired, bad: true };
  try {
    return { user: await enter("exchange", { code, code_verifier: secret }) };
  } catch (problem) {
    return { notice: problem.status === 422 ? WHY.expired : problem.message, bad: true };
  }
}

/** Goes to a provider to sign in. */
export async function signInAt(provider) {
  const secret = inBase64Url(crypto.getRandomValues(new Uint8Array(32)));
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret));
  const query = { redirect_uri: here(), code_challenge: inBase64Url(new Uint8Array(hash)) };
  const { url } = await call("GET", `/api/v1/auth/oauth/${encodeURIComponent(provider)}/start?${new URLSearchParams(query)}`);
  setDeparture({ secret, place: location.hash });
  location.assign(url);
}

/** Goes to a provider to link an account there. */
export async function linkAt(provider) {
  const query = new URLSearchParams({ redirect_uri: here() });
  const { url } = await call("POST", `/api/v1/me/identities/oauth/${encodeURIComponent(provider)}?${query}`);
  setDeparture({ link: provider, place: location.hash });
  location.assign(url);
}

const here = () => location.origin + location.pathname;

const inBase64Url = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
