// What the model would be shown, before it is sent.

import assert from "node:assert/strict";
import { assertAccessible, assertNoSidewaysScrolling } from "../judge.mjs";
import { NARROW } from "../person.mjs";

export const checks = {};

export const staged = {
  async a_plan_tells_what_is_kept_and_what_is_left_out(person) {
    const { page } = person;
    await person.register();
    assert.equal(await page.locator("#plan").isVisible(), false, "there is nothing to plan yet");
    await person.choose("narrow-echo");
    await person.say(`first ${"word ".repeat(150)}`);
    await person.say("second");
    const { items: before } = await person.api("GET", `/conversations/${person.conversation}/messages`);
    await page.locator("#plan summary").click();
    await page.getByText("Write a message to see").waitFor();
    await person.box.fill("what now?");
    const row = (name) => page.locator("#plan-box tr").filter({ hasText: name });
    await row("This message").waitFor();
    assert.equal(await row("This message").getAttribute("data-decision"), "keep");
    assert.equal(await row("first word").last().getAttribute("data-decision"), "drop");
    assert.match(await row("first word").last().textContent(), /left out: no room/);
    const plan = await person.api("POST", `/conversations/${person.conversation}/plan`, { text: "what now?", model: "narrow-echo" });
    const told = await page.locator("#plan-box tbody tr").evaluateAll((rows) => rows.map((row) => [row.dataset.decision, row.lastElementChild.textContent]));
    assert.deepEqual(told, plan.items.map(({ decision, tokens }) => [decision, String(tokens)]).reverse());
    assert.match(await page.locator("#plan-box p").textContent(), new RegExp(`${plan.tokens} of ${plan.budget} tokens for narrow-echo`));
    await assertAccessible(page, "plan");
    await person.picture("plan");
    // the list would be on its way out
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.setViewportSize(NARROW);
    await assertNoSidewaysScrolling(page, "plan");
    await person.picture("narrow-plan");
    // looking at it changes nothing, and it goes away when something else is looked at
    const { items: after } = await person.api("GET", `/conversations/${person.conversation}/messages`);
    assert.deepEqual(after, before);
    await page.locator("#plan summary").focus();
    await page.keyboard.press("Escape");
    await page.locator("#plan-box").waitFor({ state: "hidden" });
    await person.box.press("Enter");
    await person.said.filter({ hasText: "what now?" }).waitFor();
    await person.settled();
  },
};
