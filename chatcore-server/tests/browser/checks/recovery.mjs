// What the links in mails lead to: another password, and an address that is somebody's.

import assert from "node:assert/strict";
import { stage } from "../stage.mjs";

/** Creates an account by its address; resolves to the link that asks whose the address is. */
async function registerByMail(person) {
  person.name = `${person.name}@example.org`;
  await person.register();
  return stage(`mail ${person.name}`);
}

/** The code of a link is nowhere to be seen. */
async function assertDropped(page, link) {
  const code = link.split("/").pop();
  assert.ok(!page.url().includes(code), page.url());
  assert.ok(!(await page.content()).includes(code), "not in the page");
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state]));
  assert.ok(!kept.includes(code), kept);
}

async function setPassword(page, password) {
  await page.locator("#reset-form").getByLabel("New password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Set password" }).click();
}

export const staged = {
  async a_forgotten_password_is_set_anew(person) {
    const { page } = person;
    await registerByMail(person);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Forgot your password?" }).click();
    const sent = page.getByRole("status").filter({ hasText: "If there is such an account" });
    const answers = [];
    for (const login of ["nobody-of-that-name", person.name]) {
      await page.getByLabel("E-mail or name").fill(login);
      await page.getByRole("button", { name: "Send the mail" }).click();
      await sent.waitFor();
      answers.push(await sent.textContent());
    }
    assert.equal(answers[0], answers[1], "the same for everybody");
    await person.look("forgot");
    const link = await stage(`mail ${person.name}`);
    await page.goto(link);
    await page.getByRole("heading", { name: "Set a new password" }).waitFor();
    await assertDropped(page, link);
    await setPassword(page, "short");
    await page.locator("#new-password-error", { hasText: "at least 12 characters" }).waitFor();
    await person.look("reset");
    // what the server has against a password leaves the code as it is
    await setPassword(page, "111222333444");
    await page.locator("#new-password-error:not(:empty)").waitFor();
    person.password = `another ${person.password}`;
    await setPassword(page, person.password);
    await page.getByText("Your new password is set").waitFor();
    await person.signIn();
    assert.equal(await page.locator("#user-name").textContent(), person.name);
    // the same link again, in a page that loads anew
    await page.goto("about:blank");
    await page.goto(link);
    await setPassword(page, `one more ${person.password}`);
    await page.getByRole("alert").filter({ hasText: "does not work any more" }).waitFor();
    await page.getByRole("button", { name: "Back" }).click();
    await person.box.waitFor();
  },

  async an_address_is_confirmed_by_its_mail(person) {
    const { page } = person;
    const link = await registerByMail(person);
    await person.say("I was here before");
    const before = page.url();
    await page.goto(link);
    await page.getByRole("heading", { name: "Your address is confirmed" }).waitFor();
    await assertDropped(page, link);
    assert.equal(page.url(), before, "the conversation is in the address again");
    await person.look("verified");
    await page.getByRole("button", { name: "Go on" }).click();
    await person.said.filter({ hasText: "I was here before" }).waitFor();
    // once more, by somebody who is not signed in
    await person.context.clearCookies();
    await page.goto("about:blank");
    await page.goto(link);
    await page.getByRole("heading", { name: "Your address is not confirmed" }).waitFor();
    await assertDropped(page, link);
    await page.getByRole("button", { name: "Go on" }).click();
    await page.locator("#sign-in-form").waitFor();
  },
};
