// What the browser remembers: preferences for good, drafts until the tab closes. Never messages, and never secrets but one:
// that of a sign-in at a provider, from which the tab comes back, and which is good for nothing afterwards.

const DRAFT = "chatcore.draft.";
const SIGN_IN = "chatcore.sign-in";

/** A preference, or null. */
export function get(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Remembers a preference; null forgets it. */
export function set(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // storage may be full or forbidden: the page works without
  }
}

/** What was written but not sent in a conversation. */
export function draft(conversation) {
  try {
    return sessionStorage.getItem(DRAFT + conversation) ?? "";
  } catch {
    return "";
  }
}

export function setDraft(conversation, text) {
  try {
    if (text) sessionStorage.setItem(DRAFT + conversation, text);
    else sessionStorage.removeItem(DRAFT + conversation);
  } catch {
    // as above
  }
}

/** What this tab has to know when it comes back from a provider, once; null if it did not go there. */
export function takeDeparture() {
  try {
    const departure = JSON.parse(sessionStorage.getItem(SIGN_IN));
    sessionStorage.removeItem(SIGN_IN);
    return departure;
  } catch {
    return null;
  }
}

/** Without a place for it nobody could come back, so this fails where there is none. */
export function setDeparture(departure) {
  sessionStorage.setItem(SIGN_IN, JSON.stringify(departure));
}

/** Forgets all drafts: somebody signed out. */
export function forgetDrafts() {
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(DRAFT)) sessionStorage.removeItem(key);
  } catch {
    // as above
  }
}
