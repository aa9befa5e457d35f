// From a visitor to somebody who pays, and back: a real server beside a stand-in for Stripe, and nothing is played.

import assert from "node:assert/strict";
import { stage } from "../stage.mjs";

const short = (page) => page.getByRole("region", { name: "Not enough left" });
const plans = (page) => page.getByRole("dialog", { name: "Plans" });
const unpaid = (page) => page.getByRole("region", { name: "Your plan is not paid for" });
const left = (page, words) => page.locator("#limits").getByText(words).first().waitFor();

/** A check at a server that sells something; behind it the server is as it was. */
function open(check) {
  return async (person) => {
    await stage("shop on");
    try {
      const desk = await stage("desk");
      person.elsewhere = new RegExp(`^${desk.replaceAll(".", "\\.")}/`);
      await person.page.goto("about:blank");
      await person.page.goto(person.base);
      await person.box.waitFor();
      await check(person, desk);
    } finally {
      await stage("shop off");
    }
  };
}

/** Writes what will be refused. */
async function tooMuch(person, words) {
  await person.box.fill(words);
  await person.box.press("Enter");
  await short(person.page).waitFor();
}

async function openPlans({ page }) {
  await page.locator("#limits summary").click();
  await page.locator("#limits").getByRole("button", { name: "Plans" }).click();
  await plans(page).waitFor();
}

/** Goes to where people pay, does something there, and comes back. */
async function atPortal(person, ...buttons) {
  const { page } = person;
  await openPlans(person);
  await plans(page).getByRole("button", { name: "Manage your subscription" }).click();
  for (const name of buttons) await page.getByRole("button", { name }).click();
  await stage("quiet");
  await page.getByRole("link", { name: "Return" }).click();
  await person.box.waitFor();
}

/** Lets a month pass there, and comes back. */
async function month(person, desk) {
  const { page } = person;
  await page.goto(`${desk}/`);
  await page.getByRole("button", { name: "31 days later" }).click();
  await stage("quiet");
  await page.goto(person.base);
  await person.box.waitFor();
}

/** A visitor uses what visitors may use, and signs up. */
async function signUp(person) {
  const { page } = person;
  await left(page, "2 messages left");
  await person.say("the first as a visitor");
  await person.say("the second as a visitor");
  await tooMuch(person, "one too many for a visitor");
  await short(page).getByText(/You have used all 2 messages today\..* With an account you may use more\./).waitFor();
  await person.look("paying-visitor");
  await openPlans(person);
  assert.equal(await plans(page).getByRole("button", { name: /^Choose/ }).count(), 0, "nobody buys without an account");
  await page.keyboard.press("Escape");
  await short(page).getByRole("button", { name: "Create account" }).click();
  await page.getByLabel(/username/).fill(person.name);
  await page.getByLabel("Password", { exact: true }).fill(person.password);
  await page.locator("#sign-in-submit").click();
  await page.locator("#user-name", { hasText: person.name }).waitFor();
  await person.said.filter({ hasText: "the second as a visitor" }).waitFor();
  // what they used as a visitor is used
  await left(page, "2 messages left");
  assert.equal(await person.box.inputValue(), "one too many for a visitor");
}

/** Goes to the page on which Plus is paid for. */
async function choosePlus(person) {
  const { page } = person;
  await openPlans(person);
  assert.equal(await plans(page).getByRole("heading", { name: "Visitor" }).count(), 0);
  await plans(page).getByRole("button", { name: "Choose Plus" }).click();
  await page.getByRole("button", { name: "Pay", exact: true }).waitFor();
}

export const checks = {};

export const staged = {
  a_visitor_signs_up_pays_and_stops_paying: open(async (person, desk) => {
    const { page } = person;
    await signUp(person);
    await person.box.press("Enter");
    await person.said.filter({ hasText: "one too many for a visitor" }).waitFor();
    await person.settled();
    await person.say("the last of this day");
    await tooMuch(person, "one too many for a user");
    await short(page).getByText(/You have used all 4 messages today\..* Plus has more\./).waitFor();
    await person.look("paying-limit");
    await short(page).getByRole("button", { name: "Plans" }).click();
    await plans(page).waitFor();
    await person.look("paying-plans");
    await page.keyboard.press("Escape");

    const address = page.url();
    await choosePlus(person);
    await page.getByRole("button", { name: "Pay with a card that is declined" }).click();
    await page.getByRole("alert").getByText("declined").waitFor();
    await person.picture("paying-declined");
    await page.getByRole("link", { name: "Back" }).click();
    await page.getByRole("status").filter({ hasText: "Nothing was bought." }).waitFor();
    assert.equal(page.url(), address, "where they were before");

    await choosePlus(person);
    await page.getByRole("button", { name: "Pay", exact: true }).click();
    await page.getByRole("status").filter({ hasText: "You have Plus now." }).waitFor();
    await left(page, "496 messages left");
    assert.equal(page.url(), address, "where they were before");
    await person.said.filter({ hasText: "the last of this day" }).waitFor();
    await person.say("there is room again");
    await openPlans(person);
    await plans(page).getByText(/^Plus: It goes on for another period on /).waitFor();
    assert.equal(await plans(page).getByRole("button", { name: /^Choose/ }).count(), 0, "nobody pays twice");
    await person.look("paying-bought");
    await page.keyboard.press("Escape");

    await atPortal(person, "Use a card that will be declined");
    assert.equal(await unpaid(page).isVisible(), false, "nothing is due yet");
    await month(person, desk);
    await unpaid(page).getByText(/^Plus: Your last payment failed\. You can use it until .*\. Please change how you pay\.$/).waitFor();
    await left(page, "495 messages left");
    await person.look("paying-grace");
    await unpaid(page).getByRole("button", { name: "Change how you pay" }).click();
    await page.getByRole("button", { name: "Use a card that works" }).click();
    await stage("quiet");
    await page.getByRole("link", { name: "Return" }).click();
    await person.box.waitFor();
    await left(page, "495 messages left");
    assert.equal(await unpaid(page).isVisible(), false, "it is paid for");

    await atPortal(person, "Cancel at the end of the period");
    await openPlans(person);
    await plans(page).getByText(/^Plus: You have cancelled it: it ends on /).waitFor();
    await person.look("paying-cancelled");
    await page.keyboard.press("Escape");
    await left(page, "495 messages left");
    await month(person, desk);
    await left(page, "0 messages left");
    await tooMuch(person, "it is over");
    await short(page).getByText(/You have used all 4 messages today\..* Plus has more\./).waitFor();
    await openPlans(person);
    await plans(page).getByText("Plus: It has ended.").waitFor();
    await plans(page).getByRole("button", { name: "Choose Plus" }).waitFor();
    await person.look("paying-over");
  }),

  an_answer_that_goes_beyond_the_limit_says_so: open(async (person) => {
    const { page } = person;
    await page.getByRole("region", { name: "You are a visitor" }).getByRole("button", { name: "Create account" }).click();
    await page.getByLabel(/username/).fill(person.name);
    await page.getByLabel("Password", { exact: true }).fill(person.password);
    await page.locator("#sign-in-submit").click();
    await page.locator("#user-name", { hasText: person.name }).waitFor();
    await person.choose("scripted");
    await stage("call the clock");
    await person.send("what time is it?");
    await person.answers.last().getByText("The answer broke off here: your plan does not cover more of it for now.").waitFor();
    assert.match(await person.answer(), /I will look\./, "what was said stays");
    await person.look("over-limit");
    await page.reload();
    await person.answers.last().getByText("The answer broke off here").waitFor();
  }),
};
