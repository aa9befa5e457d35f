// Finding what was said, keeping conversations in front, putting them away.

import assert from "node:assert/strict";

const titles = (person) => person.page.locator("#conversations a").allTextContents();

export const checks = {
  async a_message_is_found_on_a_branch_that_is_not_shown(person) {
    const { page } = person;
    await person.register();
    await person.choose("echo");
    await person.say("the blue whale sings");
    const edit = person.said.last();
    await edit.hover();
    await edit.getByRole("button", { name: "Edit" }).click();
    await edit.locator("textarea").fill("something else");
    await page.keyboard.press("Enter");
    await person.settled();
    await person.startAnew();
    const box = page.getByRole("searchbox", { name: "Search your messages" });
    await box.fill("WHALE bl");
    const hits = page.getByRole("region", { name: "What was found" });
    await hits.getByText("Found: 2").waitFor();
    assert.deepEqual(await hits.locator("mark").allTextContents(), ["blue", "whale", "blue", "whale"]);
    await person.look("search");
    await hits.getByRole("link").last().click();
    await person.said.filter({ hasText: "the blue whale sings" }).waitFor();
    await person.waitForVersion(person.said.last(), "1/2");
    await page.waitForFunction(() => document.activeElement?.dataset.role === "user");
    await box.fill("walrus");
    await hits.getByText("Nothing was found.").waitFor();
    await box.press("Escape");
    await page.locator("#conversations").waitFor();
    assert.equal(await box.inputValue(), "");
  },

  async a_conversation_is_pinned_and_another_one_put_away(person) {
    const { page } = person;
    await person.register();
    for (const text of ["first", "second", "third"]) {
      await person.startAnew();
      await person.say(text);
    }
    await page.getByRole("link", { name: "first" }).hover();
    await page.getByRole("button", { name: "Pin “first”" }).click();
    await page.getByRole("heading", { name: "Pinned" }).waitFor();
    assert.deepEqual(await titles(person), ["first", "third", "second"]);
    await page.getByRole("link", { name: "second" }).hover();
    await page.getByRole("button", { name: "Archive “second”" }).click();
    await page.getByText("The conversation is in the archive.").waitFor();
    await person.look("pinned");
    await page.reload();
    await page.getByRole("heading", { name: "Pinned" }).waitFor();
    assert.deepEqual(await titles(person), ["first", "third"]);
    await page.getByRole("button", { name: "Archive", exact: true }).click();
    await page.getByRole("button", { name: "Back to all conversations" }).waitFor();
    assert.deepEqual(await titles(person), ["second"]);
    await page.getByRole("link", { name: "second" }).hover();
    await page.getByRole("button", { name: "Bring back “second”" }).click();
    await page.getByText("Nothing is put away.").waitFor();
    await person.look("archive");
    await page.getByRole("button", { name: "Back to all conversations" }).click();
    await page.getByRole("heading", { name: "Pinned" }).waitFor();
    assert.deepEqual(await titles(person), ["first", "third", "second"]);
    await page.getByRole("link", { name: "first" }).hover();
    await page.getByRole("button", { name: "Unpin “first”" }).click();
    await page.getByRole("heading", { name: "Pinned" }).waitFor({ state: "detached" });
    assert.deepEqual(await titles(person), ["third", "second", "first"]);
  },
};
