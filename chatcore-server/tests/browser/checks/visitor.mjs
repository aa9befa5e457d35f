// Chatting without an account, and what becomes of that with one. The server of these checks lets visitors in.

import assert from "node:assert/strict";
import { Person, isSlow } from "../person.mjs";
import { stage } from "../stage.mjs";

const bar = (page) => page.getByRole("region", { name: "You are a visitor" });

/** A check at a server that lets visitors in; behind it the server is as it was. */
function open(check) {
  return async (person) => {
    await stage("visitors on");
    try {
      await person.page.goto("about:blank");
      await person.page.goto(person.base);
      await check(person);
    } finally {
      await stage("visitors off");
    }
  };
}

/** Fills in the form that creates an account, or signs in. */
async function enter(person, how) {
  const { page } = person;
  await bar(page).getByRole("button", { name: how }).click();
  await page.getByLabel(/username/).fill(person.name);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.locator("#sign-in-submit").click();
  await page.locator("#user-name", { hasText: person.name }).waitFor();
}

/** The open conversation is still there, and belongs to somebody who is no visitor. */
async function assertStillThere(person, words, address) {
  const { page } = person;
  await person.said.filter({ hasText: words }).waitFor();
  await person.settled();
  assert.equal(page.url(), address, "the conversation is the one that was open");
  assert.equal(await bar(page).isVisible(), false);
  await page.getByRole("link", { name: words }).waitFor();
}

export const staged = {
  visitors_chat_at_once: open(async (person) => {
    const { page } = person;
    await person.box.waitFor();
    await bar(page).getByText("You chat as a visitor").waitFor();
    assert.equal(await page.locator("#user-name").textContent(), "Visitor");
    assert.equal(await page.getByRole("button", { name: "Settings", exact: true }).count(), 0, "there is no account to set");
    await person.say("I have no account");
    await person.look("visitor");
    await page.reload();
    await person.said.filter({ hasText: "I have no account" }).waitFor();
    const held = await page.evaluate(() => JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }]));
    assert.doesNotMatch(held, /vis_/, "scripts hold no token");
  }),

  a_visitor_who_registers_loses_nothing: open(async (person) => {
    const { page } = person;
    await person.box.waitFor();
    await person.say("an earlier one");
    await page.locator("#new-chat").click();
    await person.say("I am about to register");
    await person.box.fill("not yet sent");
    const address = page.url();
    // who only has a look comes back to where they were
    await bar(page).getByRole("button", { name: "Sign in" }).click();
    await person.look("visitor-sign-in");
    await page.getByRole("button", { name: "Back to the conversation" }).click();
    await person.said.filter({ hasText: "I am about to register" }).waitFor();
    assert.equal(await person.box.inputValue(), "not yet sent");
    await enter(person, "Create account");
    await assertStillThere(person, "I am about to register", address);
    await page.getByRole("link", { name: "an earlier one" }).waitFor();
    assert.equal(await person.box.inputValue(), "not yet sent");
    await person.box.press("Enter");
    await person.said.filter({ hasText: "not yet sent" }).waitFor();
    await person.settled();
    await page.getByRole("button", { name: "Settings", exact: true }).waitFor();
  }),

  a_visitor_who_signs_in_has_both: open(async (person) => {
    const { page } = person;
    const earlier = await Person.arrive(page.context().browser(), person.base);
    [earlier.name, earlier.password] = [person.name, person.password];
    await earlier.box.waitFor();
    await enter(earlier, "Create account");
    await earlier.say("said with an account");
    await earlier.leave();
    await person.box.waitFor();
    await person.say("said without one");
    const address = page.url();
    const other = await person.secondTab();
    await enter(person, "Sign in");
    await assertStillThere(person, "said without one", address);
    await page.getByRole("link", { name: "said with an account" }).waitFor();
    // the other tab finds out when somebody looks at it
    await other.page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await other.page.locator("#user-name", { hasText: person.name }).waitFor();
    await assertStillThere(other, "said without one", address);
    await other.say("and from here");
  }),

  an_answer_goes_on_while_a_visitor_registers: open(async (person) => {
    const { page } = person;
    await person.box.waitFor();
    await person.choose("priced-echo");
    const words = Array.from({ length: 120 }, (_, at) => `word${at}`).join(" ");
    await person.send(words);
    if (isSlow) await person.heard("word3");
    await enter(person, "Create account");
    await person.settled();
    assert.match(await person.answer(), /word0 .*word119/s);
    await page.reload();
    await person.said.first().waitFor();
    await person.settled();
    assert.match(await person.answer(), /word119/);
  }),

  a_visit_that_ends_says_so: open(async (person) => {
    const { page } = person;
    await person.box.waitFor();
    await person.say("soon forgotten");
    await page.getByRole("button", { name: "End your visit" }).click();
    const dialog = page.getByRole("dialog", { name: "End your visit?" });
    await dialog.getByText("not even you").waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await person.said.filter({ hasText: "soon forgotten" }).waitFor();
    await page.getByRole("button", { name: "End your visit" }).click();
    await dialog.getByRole("button", { name: "End visit" }).click();
    await page.getByText("nobody can come back to what was said in it").waitFor();
    assert.equal(await page.locator(".message").count(), 0, "nothing stays behind");
    await person.look("visit-ended");
    await page.getByRole("button", { name: "Go on without an account" }).click();
    await person.box.waitFor();
    assert.equal(await page.getByRole("link", { name: "soon forgotten" }).count(), 0, "another visit");
    // the server forgets, or the browser does
    await person.say("once more");
    await person.context.clearCookies();
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await page.getByText("this server does not know you any more").waitFor();
    await page.getByRole("button", { name: "Go on without an account" }).click();
    await person.box.waitFor();
  }),

  who_has_an_account_is_asked_to_sign_in: open(async (person) => {
    const { page } = person;
    await person.box.waitFor();
    await enter(person, "Create account");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.locator("#sign-in-form").waitFor();
    await page.reload();
    await page.getByRole("button", { name: "Go on without an account" }).waitFor();
    await person.signIn();
  }),

  visitors_need_no_mouse: open(async (person) => {
    const { page } = person;
    const { keyboard } = page;
    await person.box.waitFor();
    await page.waitForFunction(() => document.activeElement.id === "input");
    await keyboard.type("by keys alone");
    await keyboard.press("Enter");
    await person.answers.first().waitFor();
    await person.settled();
    await page.locator("body").evaluate(() => document.activeElement.blur());
    await person.tabTo(/^Create account/);
    await keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement.id === "login");
    await keyboard.type(person.name);
    await keyboard.press("Tab");
    await keyboard.type(person.password);
    await keyboard.press("Enter");
    await page.locator("#user-name", { hasText: person.name }).waitFor();
    await person.said.filter({ hasText: "by keys alone" }).waitFor();
  }),

  a_visitor_comes_back_from_a_provider_to_the_open_conversation: open(async (person) => {
    const { page } = person;
    person.elsewhere = /\/authorize\?/;
    await person.box.waitFor();
    await person.say("I go and come back");
    await stage("provider bea");
    const address = page.url();
    await bar(page).getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: "Continue with Corp" }).click();
    await page.locator("#user-name", { hasText: "bea@example.org" }).waitFor();
    await assertStillThere(person, "I go and come back", address);
  }),
};
