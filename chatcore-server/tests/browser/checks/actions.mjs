// Stopping, going on, waiting, copying and deleting.

import assert from "node:assert/strict";
import { isSlow } from "../person.mjs";
import { stage } from "../stage.mjs";

const LONG = Array.from({ length: 120 }, (_, index) => `word${index}`).join(" ");

export const checks = {
  async stop_keeps_what_was_seen(person) {
    if (!isSlow) return;
    const { page } = person;
    await person.register();
    await person.choose("echo");
    await person.send(LONG);
    await person.heard("word5");
    const asked = page.waitForRequest((request) => request.url().endsWith("/stop"));
    await page.getByRole("button", { name: "Stop the answer" }).click();
    const { seen_len: seen } = JSON.parse((await asked).postData());
    await person.settled();
    const [, { text, state }] = (await person.api("GET", `/conversations/${person.conversation}/messages`)).items;
    assert.equal(state, "stopped");
    assert.equal([...text].length, seen, "no more is kept than was seen");
    assert.equal(await person.answer(), text.trim());
  },

  async an_answer_that_was_stopped_can_go_on(person) {
    if (!isSlow) return;
    await person.register();
    await person.choose("echo");
    await person.send(LONG);
    await person.heard("word5");
    await person.page.keyboard.press("Escape");
    await person.settled();
    const before = await person.answer();
    await person.picture("stopped");
    await person.answers.last().getByRole("button", { name: "Continue" }).click();
    await person.waitForVersion(person.answers.last(), "2/2");
    await person.heard("word6");
    await person.settled();
    const after = await person.answer();
    assert.ok(after.startsWith(before) && after.length > before.length, after);
    assert.equal(await person.answers.last().getByRole("button", { name: "Continue" }).count(), 0, "it is whole");
  },

  async what_is_sent_during_an_answer_waits_for_its_end(person) {
    if (!isSlow) return;
    await person.register();
    await person.choose("echo");
    await person.send(LONG.slice(0, 200));
    await person.heard("word2");
    await person.send("and then this");
    await person.page.getByText("Waiting for another answer to end").waitFor();
    await person.picture("queued");
    await person.page.reload();
    await person.page.getByText("Waiting for another answer to end").waitFor();
    await person.settled();
    assert.equal(await person.messages.count(), 4);
    assert.equal(await person.answer(), "and then this");
    assert.equal(await person.page.getByText("Waiting for another answer to end").count(), 0);
  },

  async a_conversation_is_copied_up_to_a_message(person) {
    const { page } = person;
    await person.register();
    await person.say("first question");
    const origin = person.conversation;
    await person.say("second question");
    await person.answers.first().hover();
    await person.answers.first().getByRole("button", { name: /^Copy the conversation/ }).click();
    await page.getByRole("heading", { level: 1, name: "first question (copy)" }).waitFor();
    assert.notEqual(person.conversation, origin);
    await person.said.filter({ hasText: "first question" }).waitFor();
    assert.equal(await person.messages.count(), 2);
    await person.say("third question");
    assert.equal(await person.messages.count(), 4);
    await page.goBack();
    await person.said.filter({ hasText: "second question" }).waitFor();
  },

  async a_message_is_deleted_when_that_is_meant(person) {
    const { page } = person;
    await person.register();
    await person.say("stays");
    await person.say("goes away");
    const remove = person.said.last().getByRole("button", { name: "Delete" });
    await person.said.last().hover();
    await remove.click();
    await page.getByRole("dialog", { name: "Delete this message?" }).waitFor();
    await person.picture("delete");
    await page.getByRole("button", { name: "Cancel" }).click();
    assert.equal(await person.messages.count(), 4);
    await person.said.last().hover();
    await remove.click();
    await page.locator("#confirm-ok").click();
    await person.said.filter({ hasText: "goes away" }).waitFor({ state: "detached" });
    assert.equal(await person.messages.count(), 2);
    await page.reload();
    await person.answers.last().waitFor();
    assert.equal(await person.messages.count(), 2);
    await person.say("goes on");
    assert.equal(await person.messages.count(), 4);
  },
};

export const staged = {
  async an_answer_that_failed_half_way_can_go_on(person) {
    await person.register();
    await person.choose("scripted");
    await stage("break");
    await person.say("tell me");
    assert.equal(await person.answers.last().getAttribute("data-state"), "failed");
    assert.equal(await person.answer(), "half an answer");
    await person.picture("failed");
    await person.answers.last().getByRole("button", { name: "Continue" }).click();
    await person.waitForVersion(person.answers.last(), "2/2");
    await person.settled();
    assert.match(await person.answer(), /^half an answer/);
    assert.equal(await person.answers.last().getAttribute("data-state"), "complete");
  },

  async an_answer_that_was_cut_off_at_its_longest_length_can_go_on(person) {
    const { page } = person;
    await person.register();
    await person.choose("scripted");
    await stage("cut");
    await person.say("tell me");
    const goOn = person.answers.last().getByRole("button", { name: "Continue" });
    assert.equal(await person.answers.last().getAttribute("data-state"), "complete");
    await page.getByText("The answer was cut off at its longest length.").waitFor();
    await goOn.waitFor();
    await person.picture("cut");
    // whoever comes later is told, too
    await page.reload();
    await goOn.click();
    await person.waitForVersion(person.answers.last(), "2/2");
    await person.settled();
    assert.match(await person.answer(), /^half an answer .*Go on exactly/);
    assert.equal(await goOn.count(), 0, "it is whole");
    await person.answers.last().getByRole("button", { name: "Previous version" }).click();
    await goOn.waitFor();
  },
};
