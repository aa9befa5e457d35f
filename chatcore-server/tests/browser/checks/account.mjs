// Creating an account, signing in and out, and being signed out.

import assert from "node:assert/strict";

export const checks = {
  async register_and_sign_in(person) {
    const { page } = person;
    await person.register();
    assert.equal(await page.locator("#user-name").textContent(), person.name);
    await person.say("I feel fine today");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.locator("#sign-in-form").waitFor();
    assert.equal(await page.locator(".message").count(), 0, "nothing stays behind");
    await page.reload();
    await page.locator("#sign-in-form").waitFor();
    await person.signIn();
    await page.getByRole("link", { name: "I feel fine today" }).click();
    await person.said.filter({ hasText: "I feel fine today" }).waitFor();
  },

  async a_wrong_sign_in_is_explained(person) {
    const { page } = person;
    await page.getByLabel(/username/).fill("nobody");
    await page.getByLabel("Password", { exact: true }).fill("not the password");
    await page.locator("#sign-in-submit").click();
    await page.getByRole("alert").filter({ hasText: "do not belong together" }).waitFor();
    await page.getByRole("button", { name: "Create account" }).first().click();
    await page.getByLabel("Password", { exact: true }).fill("short");
    await page.locator("#sign-in-submit").click();
    await page.getByText("at least 12 characters.", { exact: false }).last().waitFor();
  },

  async scripts_hold_no_token(person) {
    await person.register();
    await person.say("hello");
    const held = await person.page.evaluate(() => JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }]));
    assert.equal(JSON.parse(held)[0], "", "the cookie is not for scripts");
    assert.doesNotMatch(held, /token|csrf|eyJ/i);
  },

  async a_lost_session_keeps_the_draft(person) {
    const { page } = person;
    await person.register();
    await person.say("hello");
    // what the page asks for at the end of an answer would find out on its own
    await page.locator("#spending-sum").filter({ hasText: "tokens" }).waitFor();
    await person.context.clearCookies();
    await person.box.fill("not yet sent");
    await person.box.press("Enter");
    await page.getByText("Your session has ended").waitFor();
    await person.signIn();
    assert.equal(await person.box.inputValue(), "not yet sent");
    await person.box.press("Enter");
    await person.said.filter({ hasText: "not yet sent" }).waitFor();
    await person.settled();
  },
};
