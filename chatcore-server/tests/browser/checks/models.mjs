// Who answers: the choice, what is known about it, and what the answers used.

import assert from "node:assert/strict";

const picker = (person) => person.page.getByLabel("Model");
const sum = (person) => person.page.locator("#spending-sum");

export const checks = {
  async each_conversation_remembers_its_model(person) {
    const { page } = person;
    await person.register();
    await person.choose("echo");
    await person.say("repeat me");
    const first = person.conversation;
    assert.equal(await person.answers.last().locator(".by").textContent(), "echo");
    await page.locator("#new-chat").click();
    await page.getByRole("heading", { name: "What is on your mind?" }).waitFor();
    await person.choose("eliza");
    await person.say("I feel fine");
    await page.getByRole("link", { name: "repeat me" }).click();
    await page.getByRole("heading", { level: 1, name: "repeat me" }).waitFor();
    assert.equal(await picker(person).inputValue(), "echo");
    // the choice is the conversation's, not the browser's
    await Promise.all([page.waitForResponse((response) => response.request().method() === "PATCH"), person.choose("eliza")]);
    assert.equal((await person.api("GET", `/conversations/${first}`)).model, "eliza");
    await page.evaluate(() => localStorage.clear());
    await page.reload();
    await person.answers.last().waitFor();
    assert.equal(await picker(person).inputValue(), "eliza");
  },

  async tokens_are_shown_where_no_prices_are_known(person) {
    await person.register();
    await person.choose("echo");
    await person.say("one two three");
    await sum(person).filter({ hasText: /^~?\d+ tokens$/ }).waitFor();
  },
};

export const staged = {
  async models_tell_what_they_can_and_cost(person) {
    await person.register();
    const options = await picker(person).locator("option").allTextContents();
    assert.ok(options.includes("priced-echo – 32K tokens, 2.5 in / 10 out per million"), options.join("\n"));
    assert.ok(options.some((text) => text.startsWith("llama-on-this-machine")), "an Ollama is found by itself");
    await person.choose("llama-on-this-machine");
    await person.say("hello");
    assert.equal(await person.answers.last().locator(".by").textContent(), "llama-on-this-machine");
  },

  async costs_grow_with_each_answer_and_branches_are_told_apart(person) {
    const { page } = person;
    await person.register();
    await person.choose("priced-echo");
    await person.say("one two three four");
    await sum(person).filter({ hasText: /tokens · 0\.\d+/ }).waitFor();
    const first = await sum(person).textContent();
    await person.say("and more of it");
    await page.waitForFunction((first) => document.getElementById("spending-sum").textContent !== first, first);
    const second = await sum(person).textContent();
    // another branch: less on it, more in all
    await person.said.first().hover();
    await person.said.first().getByRole("button", { name: "Edit" }).click();
    await page.getByLabel("Edit your message").fill("something else");
    await page.keyboard.press("Enter");
    await person.waitForVersion(person.said.first(), "2/2");
    await person.settled();
    await page.waitForFunction((second) => document.getElementById("spending-sum").textContent !== second, second);
    await page.locator("#spending summary").click();
    await person.picture("spending");
    const [branch, all] = (await page.locator("#spending-table tbody tr").first().locator("td").allTextContents()).map((text) => Number(/([\d.]+) tokens/.exec(text)[1]));
    const usage = await person.api("GET", `/conversations/${person.conversation}/usage`);
    assert.deepEqual([branch, all], [usage.branch.usage.total, usage.conversation.usage.total]);
    assert.ok(branch < all);
    await page.keyboard.press("Escape");
    await page.locator("#spending-table").waitFor({ state: "hidden" });
  },

  async a_substitute_is_named(person) {
    await person.register();
    await person.choose("broken");
    await person.say("is anybody there?");
    assert.equal(await person.answer(), "is anybody there?");
    assert.equal(await person.answers.last().locator(".by").textContent(), "priced-echo");
  },
};
