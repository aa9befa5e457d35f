// What somebody thinks of an answer.

import assert from "node:assert/strict";

const feedback = async (person) => (await person.api("GET", `/conversations/${person.conversation}/messages`)).items[1].feedback;

export const checks = {
  async an_answer_is_called_good_or_bad_with_a_reason(person) {
    const { page } = person;
    await person.register();
    await person.say("hello");
    const answer = person.answers.last();
    await answer.hover();
    const [good, bad] = ["Good answer", "Bad answer"].map((name) => answer.getByRole("button", { name }));
    await good.click();
    await answer.getByRole("button", { name: "Say why" }).waitFor();
    assert.equal(await good.getAttribute("aria-pressed"), "true");
    await bad.click();
    await page.waitForFunction(() => document.querySelector('[data-action="bad"]').getAttribute("aria-pressed") === "true");
    assert.equal(await good.getAttribute("aria-pressed"), "false");
    await answer.getByRole("button", { name: "Say why" }).click();
    await answer.getByLabel("Why do you think so?").fill("The year is <b>wrong</b>.");
    await person.look("opinion");
    await answer.getByRole("button", { name: "Save" }).click();
    await answer.getByText("You said: The year is <b>wrong</b>.").waitFor();
    assert.equal((await feedback(person)).rating, -1);
    // whoever comes back finds it
    await page.reload();
    await answer.getByText("You said: The year is").waitFor();
    await answer.getByRole("button", { name: "Change" }).click();
    await page.keyboard.press("Escape");
    await answer.getByText("You said: The year is").waitFor();
    await answer.hover();
    await bad.click();
    await answer.getByText("You said:").waitFor({ state: "detached" });
    assert.equal(await feedback(person), null);
  },
};
