// What somebody may use, and plans. The routes are played: what the page makes of their answers is what is checked.

import assert from "node:assert/strict";

const LATER = new Date(Date.now() + 3_600_000).toISOString();
const limit = (fields) => ({ meter: "messages", window: "calendar_day", limit: 50, used: 38, held: 0, remaining: 12, resets_at: LATER, ...fields });
const USAGE = {
  plan: "free",
  balance: 3_200_000,
  limits: [limit(), limit({ meter: "tokens", window: "rolling_5h", limit: 200_000, used: 1000, remaining: 199_000 })],
};
const PLANS = [
  { id: "free", name: "Free", description: "For having a look.", limits: [{ meter: "messages", window: "calendar_day", limit: 50 }] },
  { id: "pro", name: "<b>Pro</b>", price: { amount: 900, currency: "usd", interval: "month" }, trial_days: 14, limits: [{ meter: "messages", window: "calendar_day", limit: 2000 }] },
];

/** Plays a route: `answer` is the body, or a function of the request that gives the whole answer. */
async function play(person, path, answer) {
  await person.page.route(`**/api/v1${path}`, async (route) => {
    if (typeof answer !== "function") return route.fulfill({ json: answer });
    const told = await answer(route.request());
    return told ? route.fulfill(told) : route.fallback();
  });
}

async function playAll(person, usage = USAGE) {
  await play(person, "/me/usage", usage);
  await play(person, "/plans", { items: PLANS });
  await play(person, "/billing/subscription", { plan: "free", subscription: { plan: "pro", state: "ended" } });
}

/** Refuses what would run a model. */
const refuse = (person, status, kind, headers = {}) =>
  play(person, "/conversations/*/messages?*", (request) => {
    const body = JSON.stringify({ type: `https://chat.test/problems/${kind}`, title: "No", status, detail: "Not now." });
    return request.method() === "POST" && { status, headers: { ...headers, "Content-Type": "application/problem+json" }, body };
  });

const short = (page) => page.getByRole("region", { name: "Not enough left" });

export const checks = {
  async a_server_that_counts_nothing_shows_nothing_of_it(person) {
    const { page } = person;
    let asked = 0;
    page.on("request", (request) => (asked += Number(request.url().endsWith("/me/usage"))));
    await page.route("**/api/v1/me/usage", (route) => route.fulfill({ status: 404, json: {} }));
    await person.register();
    await person.say("hello");
    await person.say("hello again");
    assert.ok(asked >= 1 && asked <= 2, `it is not asked again and again: ${asked}`);
    assert.equal(await page.locator("#limits").isVisible(), false);
    assert.equal(await short(page).isVisible(), false);
  },

  async what_is_left_is_in_the_header(person) {
    const { page } = person;
    await playAll(person);
    await person.register();
    const box = page.locator("#limits");
    await box.getByText("3.2 credit").waitFor();
    await person.say("a title that is long enough to need all the room that there is");
    await box.locator("summary").focus();
    await page.keyboard.press("Enter");
    await box.getByText("Your credit: 3.2").waitFor();
    const cells = await box.locator("tbody tr").allInnerTexts();
    assert.match(cells[0], /^Messages today\s+12 of 50\s+\w/);
    assert.match(cells[1], /^Tokens in 5 hours\s+199K of 200K/);
    await person.look("limits");
    await page.keyboard.press("Escape");
    assert.equal(await page.evaluate(() => document.activeElement.parentElement.id), "limits");
    // without credit it is the limit of which least is left
    await page.unroute("**/api/v1/me/usage");
    await play(person, "/me/usage", { ...USAGE, balance: null });
    await page.reload();
    await box.getByText("12 messages left").waitFor();
  },

  async a_limit_that_is_used_up_is_said_kindly(person) {
    const { page } = person;
    await playAll(person, { ...USAGE, limits: [limit({ used: 50, remaining: 0 }), USAGE.limits[1]] });
    await refuse(person, 429, "limit-reached", { "Retry-After": "3600" });
    await person.register();
    await person.box.fill("one too many");
    await person.box.press("Enter");
    await short(page).getByText(/You have used all 50 messages today\. There is more on /).waitFor();
    assert.equal(await person.box.inputValue(), "one too many", "nothing is lost");
    assert.equal(await page.getByRole("alert").count(), 0, "it is no failure");
    await person.look("limit-reached");
    await person.tabTo(/^Plans$/);
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Plans" }).waitFor();
    await page.keyboard.press("Escape");
    await short(page).getByRole("button", { name: "Dismiss" }).click();
    assert.equal(await short(page).isVisible(), false);
    assert.equal(await page.evaluate(() => document.activeElement.id), "input");
    // there is more again
    await page.unroute("**/api/v1/conversations/*/messages?*");
    await person.box.press("Enter");
    await person.said.filter({ hasText: "one too many" }).waitFor();
    await person.settled();
  },

  async credit_that_does_not_last_is_said_kindly(person) {
    const { page } = person;
    await playAll(person, { ...USAGE, balance: 1500 });
    await refuse(person, 402, "insufficient-credit");
    await person.register();
    await person.box.fill("too dear");
    await person.box.press("Enter");
    await short(page).getByText("Your credit does not cover this answer. You have 0.0015 left.").waitFor();
    await person.look("credit-short");
    await page.unroute("**/api/v1/conversations/*/messages?*");
    await person.box.press("Enter");
    await person.said.filter({ hasText: "too dear" }).waitFor();
    await short(page).waitFor({ state: "hidden" });
    await person.settled();
  },

  async an_answer_that_went_beyond_says_why_it_ends(person) {
    const { page } = person;
    await person.register();
    await person.say("a long one");
    const body = person.answers.last().locator(".body");
    const said = await body.textContent();
    for (const [code, what] of [["insufficient_credit", "credit"], ["over_limit", "plan"]]) {
      // the rounds of tools are charged one by one, so an answer may end between two
      await page.route("**/api/v1/conversations/*/messages?*", async (route) => {
        const response = await route.fetch();
        const body = await response.json();
        Object.assign(body.items.at(-1), { state: "failed", error: { code, message: "the words of the server" } });
        await route.fulfill({ response, json: body });
      });
      await page.reload();
      await person.answers.last().getByText(`The answer broke off here: your ${what} does not cover more of it`).waitFor();
      assert.equal((await body.textContent()).trim(), said.trim(), "what was said stays");
      await page.unroute("**/api/v1/conversations/*/messages?*");
    }
  },

  async a_plan_is_chosen_elsewhere(person) {
    const { page } = person;
    person.elsewhere = /^https:\/\/pay\.test\//;
    await playAll(person);
    const asked = [];
    for (const path of ["checkout", "portal"]) {
      await play(person, `/billing/${path}`, (request) => {
        asked.push([path, request.postDataJSON()?.plan]);
        return { json: { url: `https://pay.test/${path}` } };
      });
    }
    await page.route("https://pay.test/**", (route) => route.fulfill({ contentType: "text/html", body: "<h1>Elsewhere</h1>" }));
    await person.register();
    const open = async () => {
      await page.locator("#limits summary").click();
      await page.locator("#limits").getByRole("button", { name: "Plans" }).click();
      await page.getByRole("dialog", { name: "Plans" }).waitFor();
    };
    await open();
    const dialog = page.getByRole("dialog", { name: "Plans" });
    assert.match((await dialog.getByRole("listitem").allInnerTexts())[0], /^Free\s+Free of charge\s+For having a look\.\s+50 messages a day\s+Your plan/);
    await dialog.getByText("$9.00 a month, the first 14 days free").waitFor();
    await person.look("plans");
    await dialog.getByRole("button", { name: "Choose <b>Pro</b>" }).focus();
    await page.keyboard.press("Enter");
    await page.waitForURL("https://pay.test/checkout");
    await page.goto(person.base);
    await person.box.waitFor();
    await open();
    await dialog.getByRole("button", { name: "Manage your subscription" }).click();
    await page.waitForURL("https://pay.test/portal");
    assert.deepEqual(asked, [["checkout", "pro"], ["portal", undefined]]);
    await page.goto(person.base);
    await person.box.waitFor();
  },

  async an_address_that_is_no_page_is_not_gone_to(person) {
    const { page } = person;
    await playAll(person);
    await play(person, "/billing/checkout", { url: "javascript:window.pwned = 1" });
    await person.register();
    await page.locator("#limits summary").click();
    await page.locator("#limits").getByRole("button", { name: "Plans" }).click();
    await page.getByRole("button", { name: /^Choose/ }).click();
    await page.getByRole("alert").filter({ hasText: "names no page" }).waitFor();
    assert.equal(await page.evaluate(() => globalThis.pwned), undefined);
  },
};
