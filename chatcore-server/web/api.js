// Requests to the server: session cookie, CSRF token, errors in words. What the answers mean is for the callers.

let csrf = null;
let signedOut = () => {};

/** What the server or the network has against a request, in words for people. */
export class Problem extends Error {
  constructor(status, body = {}, retryAfter = null) {
    super(body.detail || body.title || `The server answered with error ${status}.`);
    this.status = status;
    this.kind = String(body.type ?? "").split("/").pop();
    this.fields = Array.isArray(body.errors) ? body.errors : [];
    this.retryAfter = retryAfter;
    // the limit that is used up, if one is
    this.limit = body.limit?.meter ? body.limit : null;
    // the plan that would let it through, if one would
    this.nextPlan = body.next_plan ?? null;
  }
}

/** Called when the server no longer knows who we are. */
export const onSignedOut = (callback) => (signedOut = callback);

/** Who is here: the signed-in user, a visitor (`isVisitor`), or null. */
export async function session() {
  const response = await request("GET", "/web/session");
  if (response.status === 401) return null;
  return remember(await answer(response));
}

/**
 * Signs in (`login`, `exchange`, `wallet`), creates an account (`register`) or begins a visit (`visitor`); resolves to who is
 * here then. `isVisitLost` says that they were a visitor until now, and that what was the visitor's did not come along.
 */
export async function enter(how, body) {
  const response = await request("POST", `/web/session/${how}`, body, { "X-Requested-With": "chatcore" });
  return remember(await answer(response));
}

/** Makes the first admin with the code of a set-up link, and signs in; resolves to the user. */
export async function setUp(code, body) {
  await call("POST", "/api/v1/auth/set-up", { code, ...body });
  return enter("login", { login: body.username ?? body.email, password: body.password });
}

export async function leave() {
  await call("POST", "/web/session/logout");
  csrf = null;
}

/** Sends a request and resolves to the JSON of the answer; throws a `Problem`. */
export async function call(method, path, body, { headers = {}, signal } = {}) {
  return answer(await open(method, path, body, headers, signal));
}

/** All items of a list that comes in pages. */
export async function callAll(path) {
  const items = [];
  let cursor = "";
  do {
    const page = await call("GET", `${path}?limit=100${cursor}`);
    items.push(...page.items);
    cursor = page.next_cursor ? `&cursor=${encodeURIComponent(page.next_cursor)}` : "";
  } while (cursor);
  return items;
}

/** Like `call`, but resolves to the response of a successful request, for streams. */
export async function stream(path, headers, signal) {
  const response = await open("GET", path, undefined, headers, signal);
  if (!response.ok) await answer(response);
  return response;
}

/** A key under which the server remembers a request, so that sending it twice does it once. */
export function idempotencyKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The headers that prove that a request comes from this page. */
export const proof = () => ({ Accept: "application/json", ...(csrf && { "X-CSRF-Token": csrf }) });

async function open(method, path, body, headers, signal) {
  let response = await request(method, path, body, headers, signal);
  if (response.status === 403 && method !== "GET" && (await isTokenStale())) {
    response = await request(method, path, body, headers, signal);
  }
  if (response.status === 401 && !(await isAboutProof(response))) {
    csrf = null;
    signedOut();
  }
  return response;
}

/** Somebody signed in again in another tab: the cookie is new, our token is not. */
async function isTokenStale() {
  const before = csrf;
  return (await session().catch(() => null)) !== null && csrf !== before;
}

/** What was sent proves nothing: that says nothing about who we are. */
async function isAboutProof(response) {
  const body = await response.clone().json().catch(() => ({}));
  return new Problem(401, body).kind === "wrong-credentials";
}

function remember({ user, visitor, csrf: token, visitor_merged: isMerged }) {
  csrf = token;
  return user ? { ...user, isVisitLost: isMerged === false } : { ...visitor, isVisitor: true };
}

async function request(method, path, body, headers = {}, signal = undefined) {
  const all = { Accept: "application/json", ...headers };
  if (body !== undefined) all["Content-Type"] = "application/json";
  if (method !== "GET" && csrf) all["X-CSRF-Token"] = csrf;
  const options = { method, headers: all, signal, credentials: "same-origin", cache: "no-store" };
  if (body !== undefined) options.body = JSON.stringify(body);
  try {
    return await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, { detail: "The server cannot be reached. Check your connection and try again." });
  }
}

async function answer(response) {
  const isJson = /[/+]json/.test(response.headers.get("Content-Type") ?? "");
  const body = isJson ? await response.json().catch(() => ({})) : {};
  if (!response.ok) throw new Problem(response.status, body, response.headers.get("Retry-After"));
  return body;
}
