// Links to a conversation: made, read by somebody else, gone on with, ended.

import assert from "node:assert/strict";
import { Person } from "../person.mjs";

/** Makes a link to the open conversation; resolves to its address. */
async function share(person) {
  await person.page.getByRole("button", { name: "Share this conversation" }).click();
  await person.page.getByRole("button", { name: "Make link" }).click();
  const field = person.page.getByLabel("Your new link");
  await field.waitFor();
  const url = new URL(await field.inputValue());
  assert.equal(url.origin, new URL(person.base).origin);
  return url.pathname;
}

export const checks = {
  async a_conversation_is_read_by_its_link_and_gone_on_with(person) {
    await person.register();
    await person.choose("echo");
    await person.say("**bold** words");
    const path = await share(person);
    await person.page.getByRole("dialog", { name: "Share this conversation" }).getByText(/^Ends on/).waitFor();
    await person.look("share");
    await person.page.getByRole("button", { name: "Close the links" }).click();
    await person.say("said later");
    const reader = await Person.arrive(person.context.browser(), person.base);
    try {
      await reader.page.goto(`${person.base}${path}`);
      await reader.page.getByText("bold", { exact: true }).waitFor();
      assert.equal(await reader.page.getByText("said later").count(), 0);
      assert.equal((await reader.context.cookies()).filter(({ name }) => name === "chatcore").length, 0);
      await reader.look("shared");
      await reader.page.getByRole("link", { name: "Go on in a copy of your own" }).click();
      await reader.register();
      await reader.page.getByText("This is a copy.").waitFor();
      assert.equal(await reader.messages.count(), 2);
      assert.ok(!reader.page.url().includes("/s/"), "the secret does not stay in the address");
      await reader.say("on my own");
      reader.assertNothingForbidden();
    } finally {
      await reader.leave();
    }
    assert.equal(await person.messages.count(), 4);
  },

  async a_link_that_was_ended_shows_nothing(person) {
    const { page } = person;
    await person.register();
    await person.say("a secret, for a while");
    const path = await share(person);
    const dialog = page.getByRole("dialog", { name: "Share this conversation" });
    await dialog.getByRole("button", { name: /^End the link/ }).click();
    await dialog.getByText("There are no links to this conversation.").waitFor();
    await page.goto(`${person.base}${path}`);
    await page.getByRole("heading", { name: "There is nothing here" }).waitFor();
    assert.equal(await page.getByText("a secret").count(), 0);
    await person.look("shared-nothing");
  },
};
