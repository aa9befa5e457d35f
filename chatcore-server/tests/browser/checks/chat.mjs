// Sending, streaming, stopping, and the list of conversations.

import assert from "node:assert/strict";
import { isSlow } from "../person.mjs";

const LONG = Array.from({ length: 120 }, (_, index) => `word${index}`).join(" ");

export const checks = {
  async an_answer_grows_word_by_word(person) {
    const { page } = person;
    await person.register();
    await person.choose("echo");
    await person.send(LONG);
    const lengths = new Set();
    while ((await person.answers.last().getAttribute("data-state")) === "open") {
      lengths.add((await person.answer()).length);
      await page.waitForTimeout(100);
    }
    if (isSlow) assert.ok(lengths.size > 5, `only ${lengths.size} lengths were seen`);
    assert.match(await person.answer(), /word119/);
  },

  async markdown_is_rendered(person) {
    const { page } = person;
    await person.register();
    await person.choose("echo");
    const rows = "| name | size |\n| --- | --: |\n| a | 1 |";
    await person.say(`# Heading\n\nSome **bold** text.\n\n- [x] done\n- open\n\n${rows}\n\n\`\`\`rust\nfn main() {}\n\`\`\``);
    const answer = person.answers.last();
    for (const part of ["h1", "strong", "li", ".table td[align=right]", ".code code.language-rust"]) {
      assert.equal((await answer.locator(part).count()) > 0, true, `${part} is missing`);
    }
    assert.match(await answer.locator("li").first().textContent(), /☑ done/);
    await person.context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await answer.getByRole("button", { name: "Copy", exact: true }).first().click();
    await answer.getByText("Copied").waitFor();
    assert.equal((await page.evaluate(() => navigator.clipboard.readText())).trim(), "fn main() {}");
    // what was said is shown as it was written
    assert.match(await person.said.last().locator(".body").textContent(), /# Heading\n\nSome \*\*bold\*\*/);
  },

  async markdown_is_rendered_while_it_streams(person) {
    if (!isSlow) return;
    await person.register();
    await person.choose("echo");
    await person.send(`**first** ${LONG}`);
    await person.page.locator('.message[data-state="open"] strong').waitFor();
    await person.page.keyboard.press("Escape");
    await person.settled();
  },

  async stop_keeps_what_was_said(person) {
    const { page } = person;
    await person.register();
    await person.choose("echo");
    await person.send(LONG);
    await person.heard("word");
    await page.keyboard.press("Escape");
    await person.settled();
    const state = await person.answers.last().getAttribute("data-state");
    if (isSlow) assert.equal(state, "stopped");
    const text = await person.answer();
    assert.match(text, /word/);
    if (state === "stopped") assert.doesNotMatch(text, /word119/);
    await page.reload();
    await person.answers.last().waitFor();
    assert.equal(await person.answer(), text, "a reload finds the same");
  },

  async a_conversation_gets_a_title_and_can_be_renamed_and_deleted(person) {
    const { page } = person;
    await person.register();
    await person.say("My cat does not talk to me");
    const link = page.getByRole("link", { name: "My cat does not talk to me" });
    await link.waitFor();
    await link.hover();
    await page.getByRole("button", { name: "Rename “My cat does not talk to me”" }).click();
    await page.getByLabel("Title").fill("The cat");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { level: 1, name: "The cat" }).waitFor();
    await page.getByRole("button", { name: "Delete “The cat”" }).click();
    await page.locator("#confirm-ok").click();
    await page.getByRole("link", { name: "The cat" }).waitFor({ state: "detached" });
    await page.getByRole("heading", { name: "What is on your mind?" }).waitFor();
  },

  async a_long_conversation_shows_earlier_messages_on_demand(person) {
    const { page } = person;
    await person.register();
    await person.say("the very first");
    for (let index = 0; index < 60; index += 1) {
      await person.api("POST", `/conversations/${person.conversation}/messages`, { text: `filler ${index}`, run: false });
    }
    await page.reload();
    await person.said.filter({ hasText: "filler 59" }).waitFor();
    assert.equal(await person.messages.count(), 50);
    await page.getByRole("button", { name: "Show earlier messages" }).click();
    await person.said.filter({ hasText: "the very first" }).waitFor();
    assert.equal(await person.messages.count(), 62);
  },

  async an_error_keeps_the_text(person) {
    const { page } = person;
    await person.register();
    await page.route("**/messages?*", (route) => (route.request().method() === "POST" ? route.abort() : route.continue()));
    await person.box.fill("do not lose me");
    await person.box.press("Enter");
    await page.getByRole("alert").filter({ hasText: "cannot be reached" }).waitFor();
    assert.equal(await person.box.inputValue(), "do not lose me");
  },
};
