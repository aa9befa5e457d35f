// How the page looks: light and dark, wide and narrow, and what axe says of it.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { assertAccessible, assertNoSidewaysScrolling } from "../judge.mjs";
import { NARROW, isSlow } from "../person.mjs";

const MARKDOWN = `Here is a plan that fits a **windy, sunny** balcony:

1. Start with *rosemary*, *thyme* and *sage*: they like it dry.
2. Put the pots close together, so that they shelter each other.

| Herb | Pot | Water |
| :-- | --: | --- |
| Rosemary | 25 cm | once a week |
| Thyme | 15 cm | when dry |

\`\`\`python
def needs_water(days_since, herb):
    return days_since > {"rosemary": 7, "thyme": 5}.get(herb, 3)
\`\`\`

> Turn the pots every week, and they grow evenly.`;

/** Switches the system's colours and lets the transitions end. */
async function emulate(page, colorScheme) {
  await page.emulateMedia({ colorScheme });
  await page.waitForTimeout(250);
}

/** How wide and high a PNG is. */
function size(png) {
  assert.equal(png.toString("latin1", 1, 4), "PNG");
  return [png.readUInt32BE(16), png.readUInt32BE(20)];
}

async function talk(person) {
  await person.say("I am planning a small herb garden on my balcony");
  await person.choose("echo");
  await person.say(MARKDOWN);
  await person.answers.last().getByRole("button", { name: "Answer again" }).click();
  await person.waitForVersion(person.answers.last(), "2/2");
  await person.settled();
}

export const checks = {
  async light_and_dark(person) {
    const { page } = person;
    for (const colorScheme of ["light", "dark"]) {
      await emulate(page, colorScheme);
      await assertAccessible(page, `sign-in, ${colorScheme}`);
      await person.picture(`sign-in-${colorScheme}`);
    }
    await person.register();
    for (const colorScheme of ["light", "dark"]) {
      await emulate(page, colorScheme);
      await assertAccessible(page, `empty, ${colorScheme}`);
      await person.picture(`empty-${colorScheme}`);
    }
    await talk(person);
    const shades = [];
    for (const colorScheme of ["light", "dark"]) {
      await emulate(page, colorScheme);
      shades.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
      await assertAccessible(page, `chat, ${colorScheme}`);
      await person.picture(`talk-${colorScheme}`);
      await page.locator("#new-chat").focus();
      await page.keyboard.press("?");
      await page.getByRole("dialog").waitFor();
      await assertAccessible(page, `dialog, ${colorScheme}`);
      await person.picture(`keys-${colorScheme}`);
      await page.keyboard.press("Escape");
    }
    assert.notEqual(shades[0], shades[1]);
  },

  async the_theme_is_remembered(person) {
    const { page } = person;
    await page.emulateMedia({ colorScheme: "light" });
    await person.register();
    const theme = page.locator("#theme");
    await theme.click();
    await theme.click();
    assert.equal(await theme.getAttribute("aria-label"), "Theme: dark");
    const dark = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.reload();
    await person.box.waitFor();
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), dark);
    await theme.click();
    assert.equal(await theme.getAttribute("aria-label"), "Theme: system");
  },

  async a_narrow_screen_never_scrolls_sideways(person) {
    const { page } = person;
    await page.setViewportSize(NARROW);
    await assertNoSidewaysScrolling(page, "sign-in");
    await person.picture("narrow-sign-in");
    await person.register();
    await assertNoSidewaysScrolling(page, "empty");
    await person.picture("narrow-empty");
    await talk(person);
    await person.say(`${"unbreakable".repeat(30)} ${"| a long cell ".repeat(12)}`);
    await assertNoSidewaysScrolling(page, "chat");
    await page.locator("#spending summary").click();
    await assertNoSidewaysScrolling(page, "spending");
    await assertAccessible(page, "spending");
    await person.picture("narrow-spending");
    await page.keyboard.press("Escape");
    await page.locator(".code").scrollIntoViewIfNeeded();
    await person.picture("narrow-chat");
    await page.emulateMedia({ colorScheme: "dark" });
    await person.picture("narrow-chat-dark");
    await person.said.last().getByRole("button", { name: "Edit" }).click();
    await assertNoSidewaysScrolling(page, "editor");
    await person.picture("narrow-editor");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Show conversations" }).click();
    await page.waitForTimeout(300);
    await assertNoSidewaysScrolling(page, "drawer");
    await assertAccessible(page, "drawer");
    await person.picture("narrow-drawer");
    await page.keyboard.press("Escape");
    await page.locator("#sidebar.open").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Show conversations" }).click();
    await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
    await assertNoSidewaysScrolling(page, "dialog");
    await person.picture("narrow-keys");
  },

  async reduced_motion_is_respected(person) {
    const { page } = person;
    await page.emulateMedia({ reducedMotion: "reduce" });
    await person.register();
    const duration = await page.evaluate(() => getComputedStyle(document.getElementById("new-chat")).transitionDuration);
    assert.ok(parseFloat(duration) < 0.01, duration);
  },

  async an_answer_is_shown_in_full_while_it_is_written(person) {
    const { page } = person;
    await person.register();
    await person.choose("echo");
    await person.send(MARKDOWN);
    if (isSlow) await page.locator('.message[data-state="open"] table, .message[data-state="open"] li').first().waitFor();
    await person.picture("streaming");
    await person.settled();
  },

  // the pictures of the documentation: an ordinary conversation, light and dark
  async a_conversation_to_look_at(person) {
    const { page } = person;
    person.name = `ada-${person.name.slice(-4)}`;
    await page.emulateMedia({ colorScheme: "light" });
    await person.register();
    for (const first of ["Ideas for a rainy Sunday", "Why do cats purr?", "A name for our new boat"]) {
      await person.say(first);
      await page.locator("#new-chat").click();
      await page.getByRole("heading", { name: "What is on your mind?" }).waitFor();
    }
    await person.say("I am planning a herb garden on my balcony, and my brother says that I cannot do it");
    await person.say("He always knows better");
    await person.box.press("ArrowUp");
    await page.getByLabel("Edit your message").fill("I think he is a little jealous of my tomatoes");
    await page.keyboard.press("Enter");
    await person.waitForVersion(person.said.last(), "2/2");
    await person.settled();
    await person.answers.last().getByRole("button", { name: "Answer again" }).click();
    await person.waitForVersion(person.answers.last(), "2/2");
    await person.settled();
    await person.box.focus();
    for (const colorScheme of ["light", "dark"]) {
      await emulate(page, colorScheme);
      await person.picture(`chat-${colorScheme}`);
      const kept = await readFile(new URL(`../../../docs/images/chat-${colorScheme}.png`, import.meta.url));
      assert.deepEqual(size(await page.screenshot()), size(kept), "docs/images/make makes the picture anew");
    }
  },
};
