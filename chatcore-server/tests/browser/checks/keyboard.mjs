// The page without a mouse.

import assert from "node:assert/strict";
import { isSlow } from "../person.mjs";

/** Presses Tab until the element with the focus fits. */
async function tabTo(page, what, wanted) {
  for (let presses = 0; presses < 60; presses += 1) {
    const found = await page.evaluate(() => {
      const element = document.activeElement;
      const label = element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent ?? element.textContent;
      return `${element.tagName.toLowerCase()} ${label.trim()}`;
    });
    if (wanted.test(found)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`${what} cannot be reached with Tab`);
}

export const checks = {
  async the_keyboard_is_enough(person) {
    const { page } = person;
    const { keyboard } = page;
    await page.locator("#sign-in-form").waitFor();
    await page.locator("body").evaluate(() => document.activeElement.blur());
    await tabTo(page, "the choice to register", /button Create account/);
    await keyboard.press("Enter");
    await tabTo(page, "the name", /input .*username/);
    await keyboard.type(person.name);
    await tabTo(page, "the password", /input Password/);
    await keyboard.type(person.password);
    await keyboard.press("Enter");
    await person.box.waitFor();
    // the focus is where people write
    await page.waitForFunction(() => document.activeElement.id === "input");
    await keyboard.type("I am tired");
    await keyboard.press("Shift+Enter");
    await keyboard.type("of mice");
    await keyboard.press("Enter");
    await person.answers.first().waitFor();
    await person.settled();
    assert.match(await person.said.first().locator(".body").textContent(), /I am tired\nof mice/);
    // edit
    await keyboard.press("ArrowUp");
    await page.getByLabel("Edit your message").waitFor();
    await keyboard.press("Control+A");
    await keyboard.type("I am rested");
    await keyboard.press("Enter");
    await person.waitForVersion(person.said.first(), "2/2");
    await person.settled();
    // switch
    await keyboard.press("Alt+ArrowLeft");
    await person.waitForVersion(person.said.first(), "1/2");
    await keyboard.press("Alt+ArrowRight");
    await person.waitForVersion(person.said.first(), "2/2");
    assert.equal(await page.evaluate(() => document.activeElement.className), "message");
    // answer again
    await keyboard.press("Alt+ArrowDown");
    await tabTo(page, "answering again", /button Answer again/);
    await keyboard.press("Enter");
    await person.waitForVersion(person.answers.first(), "2/2");
    await person.settled();
    // stop
    await keyboard.press("/");
    await tabTo(page, "the models", /select Model/);
    await keyboard.type("echo");
    await keyboard.press("/");
    await page.evaluate(() => document.getElementById("input").focus());
    await keyboard.insertText("word ".repeat(150));
    await keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelector('.message[data-state="open"] .body')?.textContent.includes("word"), null, { timeout: 5000 }).catch((error) => {
      if (isSlow) throw error;
    });
    await keyboard.press("Escape");
    await person.settled();
    if (isSlow) assert.equal(await person.answers.last().getAttribute("data-state"), "stopped");
    // new
    await keyboard.press("Alt+n");
    await page.getByRole("heading", { name: "What is on your mind?" }).waitFor();
  },

  async the_keys_are_listed(person) {
    const { page } = person;
    await person.register();
    await page.locator("#new-chat").focus();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await person.box.fill("is this a question?");
    assert.equal(await page.getByRole("dialog").count(), 0, "in a text it is a question mark");
  },

  async escape_leaves_the_editor_and_not_the_page(person) {
    const { page } = person;
    await person.register();
    await person.say("I am here");
    await person.box.press("ArrowUp");
    await page.getByLabel("Edit your message").waitFor();
    await page.keyboard.press("Escape");
    await page.getByLabel("Edit your message").waitFor({ state: "detached" });
    assert.match(await person.said.first().textContent(), /I am here/);
  },

  async the_skip_link_leads_to_the_message_box(person) {
    const { page } = person;
    await person.register();
    await page.locator("#skip").focus();
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "input");
  },
};
