// The pages of those who run the service, in a browser that runs no script of ours.

import assert from "node:assert/strict";
import { stage } from "../stage.mjs";
import { Person } from "../person.mjs";

export const checks = {};

export const staged = {
  async an_admin_helps_somebody_and_the_log_shows_it(person) {
    const { page } = person;
    await person.register();
    await person.choose("eliza");
    await person.say("I feel <b>lost</b> today");
    const user = (await person.api("GET", "/me")).id;
    const chat = person.conversation;
    await person.say("and tired");
    const { items: said } = await person.api("GET", `/conversations/${chat}/messages`);
    await person.api("PUT", `/messages/${said[1].id}/feedback`, { rating: -1, comment: "not <b>helpful</b>" });
    const spare = (await person.api("POST", "/conversations", { title: "Another one" })).id;
    const other = await Person.arrive(person.context.browser(), person.base, { javaScriptEnabled: false });
    try {
      // somebody who is nobody here
      await other.page.goto(`${person.base}/admin/users`);
      await other.page.getByRole("heading", { name: "Sign in" }).waitFor();
      const admin = await Person.arrive(person.context.browser(), person.base);
      await admin.register();
      await stage(`promote ${admin.name}`);
      await admin.leave();
      await other.page.getByLabel("E-mail or username").fill(admin.name);
      await other.page.getByLabel("Password").fill(admin.password);
      await other.page.getByRole("button", { name: "Sign in" }).click();
      await other.page.getByRole("heading", { name: "Users" }).waitFor();
      await help(other, { user, chats: [chat, spare], messages: said.slice(2), name: person.name });
      other.assertNothingForbidden();
    } finally {
      await other.leave();
    }
    // who it is about can read of it
    const { items } = await person.api("GET", "/me/audit");
    const acts = ["delete_chat", "delete_chat", "delete_message", "read_chat", "set_entitlement", "adjust_balance"];
    assert.deepEqual(items.map(({ act }) => act), acts);
    assert.equal(items[3].reason, "they asked me to look");
    await page.goto(`${person.base}/admin`);
    await page.getByRole("heading", { name: "Nothing here" }).waitFor();
  },

  async an_admin_deletes_an_account_and_is_asked_whether_they_are_sure(person) {
    const { page, base } = person;
    await person.register();
    await stage(`promote ${person.name}`);
    const other = await Person.arrive(person.context.browser(), base);
    try {
      await other.register();
      const { id } = await other.api("GET", "/me");
      await page.goto(`${base}/admin/users/${id}`);
      await page.getByText("Delete the account").first().click();
      await page.locator("#delete-reason").fill("they asked for it");
      await page.locator(".office-closed button").scrollIntoViewIfNeeded();
      await person.look("office-deletion");
      const button = page.getByRole("button", { name: "Delete the account" });
      await button.click();
      assert.match(page.url(), /\/admin\/users\/usr_\w+$/, "nothing is sent without the tick");
      await other.api("GET", "/me");
      await page.getByLabel("It is for good").check();
      await button.click();
      await page.getByText("Deleted.").waitFor();
      assert.equal(await page.getByText("Delete the account").count(), 0);
      await assert.rejects(other.api("GET", "/me"));
    } finally {
      await other.leave();
    }
  },

  async the_pages_of_an_admin_look_well(person) {
    const { page } = person;
    await person.register();
    await person.say("hello");
    const chat = person.conversation;
    const { items: said } = await person.api("GET", `/conversations/${chat}/messages`);
    const comment = "It is not what I asked for, ".repeat(6);
    await person.api("PUT", `/messages/${said[1].id}/feedback`, { rating: -1, comment });
    await stage(`promote ${person.name}`);
    for (const [name, path] of [
      ["office-overview", "/admin"], ["office-users", "/admin/users"], ["office-usage", "/admin/usage"],
      ["office-feedback", "/admin/feedback"], ["office-chats", "/admin/conversations"], ["office-chat", `/admin/conversations/${chat}`],
      ["office-plans", "/admin/plans"], ["office-plan", "/admin/plan?plan=new"], ["office-prices", "/admin/prices"],
      ["office-subscriptions", "/admin/subscriptions"], ["office-payments", "/admin/payments"],
      ["office-audit", "/admin/audit?check=1"],
    ]) {
      await page.goto(`${person.base}${path}`);
      await page.locator("main h1").waitFor();
      await person.look(name);
    }
    await page.goto(`${person.base}/admin/conversations/${chat}`);
    await page.getByLabel("Reason").fill("to look at it");
    await page.getByRole("button", { name: "Open" }).click();
    await page.locator(".transcript article").nth(1).waitFor();
    await person.look("office-transcript");
    const { id } = await person.api("GET", "/me");
    await page.goto(`${person.base}/admin/users/${id}`);
    await page.getByRole("heading", { name: "Credit", exact: true }).waitFor();
    await person.look("office-person");
    await page.getByRole("button", { name: "Save plan and limits" }).scrollIntoViewIfNeeded();
    await person.picture("office-person-plan");
    await page.getByRole("button", { name: "Sign out", exact: true }).first().click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await person.look("office-sign-in");
  },

  async an_admin_sees_what_is_sold_and_changes_it(person) {
    const { page, base } = person;
    await person.register();
    await stage("shop on");
    try {
      await page.goto("about:blank");
      await page.goto(base);
      await person.box.waitFor();
      await buyPlus(person);
      await seeWhatIsSold(person);
    } finally {
      await stage("shop off");
    }
  },
};

/** Finds somebody, gives them credit and limits, reads what they think and their chat, looks into the log, and deletes. */
async function help(admin, { user, chats, messages, name }) {
  const { page } = admin;
  const [chat] = chats;
  await page.getByLabel("Name, e-mail, number or id").fill(name.slice(0, 8));
  await page.getByRole("button", { name: "Find" }).click();
  await page.getByRole("link", { name, exact: true }).click();
  await page.getByRole("heading", { name, exact: true }).waitFor();
  assert.match(page.url(), new RegExp(user));
  await page.getByLabel("Units; below zero they are taken").fill("12.5");
  await page.locator("#balance-reason").fill("sorry for the wait");
  await page.getByRole("button", { name: "Adjust" }).click();
  await page.getByText("Saved.").waitFor();
  assert.equal(await page.locator("#balance").textContent(), "12.5");
  await page.getByLabel(/^Limits/).fill("messages=700/day");
  await page.locator("#entitlement-reason").fill("they write a lot");
  await page.getByRole("button", { name: "Save plan and limits" }).click();
  await page.getByText("700 messages a day of UTC (their own)").waitFor();
  await page.getByRole("link", { name: "Feedback" }).click();
  await page.getByLabel("Rating").selectOption("down");
  await page.getByRole("button", { name: "Show" }).click();
  const opinion = page.getByRole("row").filter({ hasText: "not <b>helpful</b>" });
  await opinion.filter({ hasText: "eliza" }).getByRole("link").last().click();
  await page.getByRole("link", { name: "Their conversations" }).click();
  await page.locator(`a[href$="${chat}"]`).click();
  assert.equal(await page.locator(".transcript").count(), 0, "it is not shown before it is opened");
  await page.getByLabel("Reason").fill("they asked me to look");
  await page.getByRole("button", { name: "Open" }).click();
  await page.getByText("I feel").first().waitFor();
  await choose(page, messages.map(({ id }) => id));
  await page.getByLabel("Reason").fill("they did not mean it");
  await page.getByRole("button", { name: "Delete what is chosen" }).click();
  await page.getByText("Deleted.").waitFor();
  assert.equal(await page.locator(".transcript article").count(), 2, "what was not chosen is there");
  await page.getByRole("link", { name: "Audit" }).click();
  const row = page.getByRole("row").filter({ hasText: "read chat" });
  assert.match(await row.first().textContent(), /they asked me to look/);
  await page.getByRole("link", { name: "Check that all of it" }).click();
  await page.getByText("all as they were written").waitFor();
  await page.goto(`${admin.base}/admin/conversations?owner=${user}`);
  await choose(page, chats);
  await page.getByLabel("Reason").fill("they asked me to delete it");
  await page.getByRole("button", { name: "Delete what is chosen" }).click();
  await page.getByText("Deleted.").waitFor();
  await page.goto(`${admin.base}/admin/conversations?owner=${user}`);
  await page.getByText("None was found.").waitFor();
}

/** Ticks things by their ids. */
async function choose(page, ids) {
  for (const id of ids) await page.locator(`input[type="checkbox"][value="${id}"]`).check();
}

/** Pays for Plus at the stand-in for Stripe, and becomes an admin. */
async function buyPlus(person) {
  const { page } = person;
  const desk = await stage("desk");
  person.elsewhere = new RegExp(`^${desk.replaceAll(".", "\\.")}/`);
  const { url } = await person.api("POST", "/billing/checkout", { plan: "plus" });
  await page.goto(url);
  await page.getByRole("button", { name: "Pay", exact: true }).click();
  await stage("quiet");
  await stage(`promote ${person.name}`);
}

/** Finds the subscription, changes a plan, and finds that in the log. */
async function seeWhatIsSold(person) {
  const { page, base } = person;
  await page.goto(`${base}/admin/subscriptions?state=active`);
  await page.getByRole("row").filter({ hasText: "plus" }).waitFor();
  await person.look("office-subscriptions-sold");
  await page.goto(`${base}/admin/plans`);
  await person.look("office-plans-sold");
  await page.getByRole("link", { name: "plus", exact: true }).click();
  await page.getByLabel(/^Limits/).fill("messages=7/calendar_day");
  await page.getByLabel(/^Reason/).first().fill("it was too much");
  await person.look("office-plan-edited");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").waitFor();
  assert.equal(await page.getByLabel(/^Limits/).inputValue(), "messages=7/calendar_day");
  await page.goto(`${base}/admin/audit`);
  await page.getByText("it was too much").first().waitFor();
}
