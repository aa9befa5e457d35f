// Editing, answering again, and switching between versions.

import assert from "node:assert/strict";

async function editFirst(person, text) {
  await person.said.first().hover();
  await person.said.first().getByRole("button", { name: "Edit" }).click();
  const area = person.page.getByLabel("Edit your message");
  await area.fill(text);
  await area.press("Enter");
  await person.said.first().filter({ hasText: text }).waitFor();
  await person.settled();
}

export const checks = {
  async an_answer_goes_on_while_another_version_is_shown(person) {
    const { page } = person;
    await person.register();
    await person.say("short");
    await person.choose("echo");
    const text = Array.from({ length: 100 }, (_, index) => `word${index}`).join(" ");
    await person.box.press("ArrowUp");
    await page.getByLabel("Edit your message").fill(text);
    await page.keyboard.press("Enter");
    await person.waitForVersion(person.said.first(), "2/2");
    await page.keyboard.press("Alt+ArrowLeft");
    await person.waitForVersion(person.said.first(), "1/2");
    assert.equal(await page.getByRole("button", { name: "Stop the answer" }).isVisible(), false, "nothing to stop here");
    await page.keyboard.press("Alt+ArrowRight");
    await person.waitForVersion(person.said.first(), "2/2");
    await person.settled();
    assert.equal((await person.answer()).replace(/\s+/g, " "), text);
  },

  async an_edit_makes_a_second_version(person) {
    const { page } = person;
    await person.register();
    await person.say("I am sad");
    await editFirst(person, "I am happy");
    const said = person.said.first();
    await person.waitForVersion(said, "2/2");
    await said.getByRole("button", { name: "Previous version" }).click();
    await person.waitForVersion(said, "1/2");
    assert.match(await said.textContent(), /I am sad/);
    const focused = await page.evaluate(() => document.activeElement.getAttribute("aria-label"));
    assert.equal(focused, "Next version", "the focus is on the way back");
    await page.keyboard.press("Enter");
    await person.waitForVersion(said, "2/2");
    await page.reload();
    await person.waitForVersion(said, "2/2");
    assert.match(await said.textContent(), /I am happy/);
  },

  async answering_again_makes_a_second_version(person) {
    const { page } = person;
    await person.register();
    await person.say("I am sad");
    await person.answers.first().getByRole("button", { name: "Answer again" }).click();
    await person.waitForVersion(person.answers.first(), "2/2");
    await person.settled();
    assert.equal(await person.messages.count(), 2);
    await page.reload();
    await person.waitForVersion(person.answers.first(), "2/2");
    await person.answers.first().getByRole("button", { name: "Previous version" }).click();
    await person.waitForVersion(person.answers.first(), "1/2");
  },

  async each_version_keeps_what_followed(person) {
    await person.register();
    await person.say("first question");
    await person.say("second question");
    assert.equal(await person.messages.count(), 4);
    await editFirst(person, "another question");
    assert.equal(await person.messages.count(), 2);
    await person.said.first().getByRole("button", { name: "Previous version" }).click();
    await person.said.filter({ hasText: "second question" }).waitFor();
    assert.equal(await person.messages.count(), 4);
  },

  async an_edit_without_a_change_sends_nothing(person) {
    await person.register();
    await person.say("as it is");
    await person.said.first().hover();
    await person.said.first().getByRole("button", { name: "Edit" }).click();
    await person.page.keyboard.press("Enter");
    await person.page.getByLabel("Edit your message").waitFor({ state: "detached" });
    assert.equal(await person.version(person.said.first()), null);
  },
};
