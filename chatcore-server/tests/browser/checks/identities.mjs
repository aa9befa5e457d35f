// The ways into the account: adding them, taking them away, and keeping the last one.

import assert from "node:assert/strict";
import { stage } from "../stage.mjs";
import { giveWallet } from "../wallet.mjs";

/** Removes a way, and says yes. */
async function remove(person, section, name) {
  await section.getByRole("button", { name: new RegExp(`^Remove ${name}`) }).click();
  await person.page.getByRole("dialog", { name: `Remove ${name}?` }).getByRole("button", { name: "Remove" }).click();
}

const names = (section) => section.getByRole("listitem").locator("strong").allTextContents();

export const staged = {
  async a_wallet_is_linked_and_removed(person) {
    const { page } = person;
    const wallet = await giveWallet(person.context, 31, "Test wallet");
    await page.reload();
    await person.register();
    const section = await person.openSettings("Ways to sign in");
    const link = section.getByRole("button", { name: "Link Test wallet" });
    await link.waitFor();
    assert.deepEqual((await names(section)).sort(), ["Password", "Username"]);
    // without it there would be no way in
    for (const name of ["Password", "Username"]) {
      await remove(person, section, name);
      await section.getByText("Add another way first").waitFor();
      assert.deepEqual((await names(section)).sort(), ["Password", "Username"]);
    }
    await person.look("settings-ways");
    wallet.refuses = { personal_sign: { code: 4001, message: "no" } };
    await link.click();
    await section.getByText("You did not agree in your wallet").waitFor();
    wallet.refuses = null;
    // a signature of another key says nothing about who is signed in
    const { signs } = wallet;
    wallet.signs = (text) => stage(`wallet 32 ${text}`);
    await link.click();
    await section.getByText("not of the account that your wallet named").waitFor();
    wallet.signs = signs;
    await link.focus();
    await page.keyboard.press("Enter");
    await section.getByText("The wallet is linked.").waitFor();
    await section.getByText((await stage("wallet 31")).toLowerCase()).waitFor();
    await person.look("settings-linked");
    // now the password may go, and the other sections know that
    await remove(person, section, "Password");
    await section.getByRole("button", { name: /^Remove Password/ }).waitFor({ state: "detached" });
    const password = await person.openSection("Password");
    await password.getByRole("button", { name: "Set password" }).waitFor();
    assert.equal(await password.getByLabel("Current password").isVisible(), false);
    await remove(person, section, "Wallet");
    await section.getByText("Add another way first").waitFor();
    // the wallet is a way in
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Continue with Test wallet" }).click();
    await page.locator("#user-name", { hasText: person.name }).waitFor();
  },

  async a_wallet_of_somebody_else_is_not_linked(person) {
    const { page } = person;
    await giveWallet(person.context, 33);
    await page.reload();
    await page.getByRole("button", { name: "Continue with your wallet" }).click();
    await person.box.waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await person.register();
    const section = await person.openSettings("Ways to sign in");
    await section.getByRole("button", { name: "Link your wallet" }).click();
    await section.getByText("This wallet is a way into another account.").waitFor();
  },

  async a_provider_is_linked_and_comes_back_to_the_open_conversation(person) {
    const { page } = person;
    person.elsewhere = /\/authorize\?/;
    await person.register();
    await person.say("before I went there");
    const address = page.url();
    const section = await person.openSettings("Ways to sign in");
    await stage(`provider ${person.name}`);
    await section.getByRole("button", { name: "Link Corp" }).click();
    await page.getByRole("status").filter({ hasText: "Your account at Corp is linked." }).waitFor();
    await person.said.filter({ hasText: "before I went there" }).waitFor();
    assert.equal(page.url(), address);
    await person.picture("linked");
    const again = await person.openSettings("Ways to sign in");
    await again.getByRole("button", { name: /^Remove Corp/ }).waitFor();
    await remove(person, again, "Corp");
    await again.getByRole("button", { name: /^Remove Corp/ }).waitFor({ state: "detached" });
  },

  async a_provider_account_of_somebody_else_is_not_linked(person) {
    const { page } = person;
    person.elsewhere = /\/authorize\?/;
    await stage(`provider ${person.name}`);
    await page.getByRole("button", { name: "Continue with Corp" }).click();
    await person.box.waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await person.register();
    const section = await person.openSettings("Ways to sign in");
    await section.getByRole("button", { name: "Link Corp" }).click();
    await page.getByText("That account is a way into another account here.").waitFor();
    const kinds = (await person.api("GET", "/me/identities")).items.map(({ kind }) => kind);
    assert.ok(!kinds.includes("oauth"));
  },

  async a_link_that_this_tab_did_not_begin_is_not_believed(person) {
    const { page } = person;
    await person.register();
    await page.goto(`${person.base}/?linked=corp`);
    await page.getByText("was begun elsewhere").waitFor();
    assert.doesNotMatch(page.url(), /linked/);
  },
};
