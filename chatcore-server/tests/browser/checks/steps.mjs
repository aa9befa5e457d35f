// What an answer did besides talking: it is folded, and it is text.

import assert from "node:assert/strict";
import { assertAccessible, assertNoSidewaysScrolling } from "../judge.mjs";
import { NARROW } from "../person.mjs";
import { stage } from "../stage.mjs";

export const checks = {};

export const staged = {
  async thoughts_are_folded(person) {
    const { page } = person;
    await person.register();
    await person.choose("scripted");
    await stage("think");
    await person.send("think about it");
    const thoughts = person.answers.last().locator("details");
    await page.getByText("Thinking …").waitFor();
    assert.equal(await thoughts.getAttribute("open"), null);
    await thoughts.locator("summary").focus();
    await page.keyboard.press("Enter");
    await thoughts.getByText("First I look at").waitFor();
    await person.settled();
    // what was unfolded stays so when the answer ends
    assert.equal(await thoughts.getAttribute("open"), "");
    assert.equal(await thoughts.locator("summary").textContent(), "Thoughts");
    assert.match(await thoughts.textContent(), /<img src=x onerror/, "thoughts are text");
    assert.equal(await person.answer(), "Here is my answer.");
    await person.picture("thoughts");
    await page.reload();
    await person.answers.last().waitFor();
    assert.equal(await thoughts.getAttribute("open"), null);
    assert.equal(await page.evaluate(() => window.pwned), undefined);
  },

  async tools_and_their_results_are_folded(person) {
    const { page } = person;
    await person.register();
    await person.choose("scripted");
    await stage("call");
    const { id } = await person.api("POST", "/conversations", { model: "scripted", title: "Tools" });
    await page.evaluate((id) => (location.hash = `#/c/${id}`), id);
    await page.getByRole("heading", { level: 1, name: "Tools" }).waitFor();
    const tools = [{ name: "weather", description: "the weather", parameters: { type: "object" } }];
    const { assistant_message: asking } = await person.api("POST", `/conversations/${id}/messages`, { text: "weather?", tools });
    const call = person.answers.last().locator("details");
    await call.waitFor();
    assert.equal(await call.getAttribute("open"), null);
    assert.equal(await call.locator("summary").textContent(), "Tool: weather");
    await call.locator("summary").click();
    assert.match(await call.textContent(), /"city": "<b>Oslo<\/b>"/);
    const results = [{ call_id: "call_1", content: "{\"sky\":\"<i>blue</i>\"}" }];
    await person.api("POST", `/messages/${asking.id}/tool-results`, { results, tools });
    const answer = page.locator('.message[data-role="tool"] details');
    await answer.waitFor();
    await answer.locator("summary").click();
    assert.match(await answer.textContent(), /"sky": "<i>blue<\/i>"/);
    await person.settled();
    await person.picture("tools");
    await assertAccessible(page, "tools");
    // the list would be on its way out
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.setViewportSize(NARROW);
    await assertNoSidewaysScrolling(page, "tools");
    await person.picture("narrow-tools");
    assert.equal(await page.locator(".steps b, .steps i").count(), 0, "calls and results are text");
    assert.equal(await person.messages.count(), 4);
  },
};
