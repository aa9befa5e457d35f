// What the browser remembers: preferences for good, drafts until the tab closes. Never messages, never secrets.

const DRAFT = "chatcore.draft.";

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

/** Forgets all drafts: somebody signed out. */
export function forgetDrafts() {
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(DRAFT)) sessionStorage.removeItem(key);
  } catch {
    // as above
  }
}
