// Signing in at a provider. The one of the stage agrees at once and sends the browser back.

import assert from "node:assert/strict";
import { assertAccessible, assertNoSidewaysScrolling } from "../judge.mjs";
import { NARROW, WIDE } from "../person.mjs";
import { stage } from "../stage.mjs";

const button = (page) => page.getByRole("button", { name: "Continue with Corp" });

/** Leaves nothing of a sign-in behind. */
async function assertClean(page) {
  assert.doesNotMatch(page.url(), /code|error/);
  assert.equal(await page.evaluate(() => sessionStorage.getItem("chatcore.sign-in")), null);
}

export const staged = {
  async somebody_signs_in_at_a_provider(person) {
    const { page } = person;
    person.elsewhere = /\/authorize\?/;
    await stage("provider ann");
    await button(page).waitFor();
    await assertAccessible(page, "providers");
    await person.picture("providers");
    await page.setViewportSize(NARROW);
    await assertNoSidewaysScrolling(page, "providers, narrow");
    await person.picture("narrow-providers");
    await page.setViewportSize(WIDE);
    const asked = page.waitForRequest(/\/web\/session\/exchange$/);
    await button(page).click();
    const { code, code_verifier: secret } = (await asked).postDataJSON();
    await person.box.waitFor();
    await assertClean(page);
    await page.locator("#user-name", { hasText: "ann@example.org" }).waitFor();
    await person.say("I came by another door");
    // who has no password is not asked for one
    await page.getByRole("button", { name: "Settings", exact: true }).click();
    await page.getByRole("heading", { name: "Password" }).click();
    await page.getByLabel("New password").last().waitFor();
    assert.equal(await page.getByLabel("Current password").first().isVisible(), false);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Sign out" }).click();
    await button(page).waitFor();
    // the code was good once
    await page.evaluate((secret) => sessionStorage.setItem("chatcore.sign-in", JSON.stringify({ secret })), secret);
    await page.goto(`${person.base}/?code=${code}`);
    await page.getByText("That sign-in took too long").waitFor();
    await assertClean(page);
  },

  async a_sign_in_that_this_tab_did_not_begin_is_refused(person) {
    const { page } = person;
    let isAsked = false;
    page.on("request", (request) => (isAsked ||= request.url().endsWith("/exchange")));
    await page.goto(`${person.base}/?code=${"0".repeat(40)}`);
    await page.getByText("was begun elsewhere").waitFor();
    await assertClean(page);
    assert.equal(isAsked, false);
    await page.goto(`${person.base}/?error=access_denied`);
    await page.getByText("You did not agree there").waitFor();
    await assertClean(page);
    await page.goto(`${person.base}/?error=${encodeURIComponent("<b>call this number</b>")}`);
    await page.getByText("The sign-in at the provider failed").waitFor();
    assert.equal(await page.getByText("call this number").count(), 0, "nobody puts words into the page");
  },
};
