// Signing in with an Ethereum wallet. The wallets are stubs in the page; their signatures are real, and so is the server.

import assert from "node:assert/strict";
import { stage } from "../stage.mjs";
import { giveWallet } from "../wallet.mjs";

const button = (page, name = "your wallet") => page.getByRole("button", { name: `Continue with ${name}` });

/** Somebody with a wallet opens the page. */
async function arrive(person, seed, name) {
  const wallet = await giveWallet(person.context, seed, name);
  await person.page.goto("about:blank");
  await person.page.goto(person.base);
  return wallet;
}

export const staged = {
  async somebody_signs_in_with_a_wallet(person) {
    const { page } = person;
    await page.locator("#sign-in-form").waitFor();
    assert.equal(await button(page).count(), 0, "without a wallet there is no such button");
    await arrive(person, 21);
    await button(page).waitFor();
    await person.look("wallet");
    await button(page).click();
    await person.box.waitFor();
    await person.say("I signed with a key");
    const [way] = (await person.api("GET", "/me/identities")).items;
    assert.deepEqual([way.kind, way.value], ["wallet", (await stage("wallet 21")).toLowerCase()]);
    await page.getByRole("button", { name: "Sign out" }).click();
    // the same wallet is the same account
    await button(page).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "I signed with a key" }).waitFor();
  },

  async every_wallet_that_makes_itself_known_has_a_button(person) {
    const { page } = person;
    await giveWallet(person.context, 22, "<b>First</b> wallet");
    await arrive(person, 23, "Second wallet");
    await button(page, "<b>First</b> wallet").waitFor();
    await button(page, "Second wallet").waitFor();
    assert.equal(await button(page).count(), 0);
    await person.look("wallets");
    await button(page, "Second wallet").click();
    await person.box.waitFor();
    const [way] = (await person.api("GET", "/me/identities")).items;
    assert.equal(way.value, (await stage("wallet 23")).toLowerCase());
  },

  async what_a_wallet_does_not_do_is_said_kindly(person) {
    const { page } = person;
    const wallet = await arrive(person, 24);
    const alert = page.locator("#sign-in-error");
    const attempt = async (words) => {
      await button(page).click();
      await alert.filter({ hasText: words }).waitFor();
      assert.equal(await button(page).isEnabled(), true, "one can try again");
    };
    const refuse = (method, code) => (wallet.refuses = { [method]: { code, message: "<b>call this number</b>" } });
    refuse("eth_requestAccounts", 4001);
    await attempt("You did not agree in your wallet");
    await person.look("wallet-refused");
    refuse("personal_sign", 4001);
    await attempt("You did not agree in your wallet");
    refuse("eth_requestAccounts", -32002);
    await attempt("waiting for you already");
    refuse("eth_chainId", 4901);
    await attempt("not connected to its chain");
    refuse("personal_sign", -32603);
    await attempt("Your wallet could not do it");
    assert.equal(await page.getByText("call this number").count(), 0, "nobody puts words into the page");
    wallet.refuses = null;
    wallet.chain = "0x0";
    await attempt("on a chain that this server does not know");
    wallet.chain = "0x2105";
    const { signs } = wallet;
    wallet.signs = (text) => stage(`wallet 25 ${text}`);
    await attempt("not of the account that your wallet named");
    wallet.signs = () => "0x1234";
    await attempt("signs in a way that this server cannot check");
    // somebody was quicker with the same message, so its nonce is void
    wallet.signs = async (text) => {
      const signature = await signs(text);
      const message = Buffer.from(text.slice(2), "hex").toString();
      const body = JSON.stringify({ message, signature });
      const taken = await fetch(`${person.base}/api/v1/auth/wallet/verify`, { method: "POST", headers: { "Content-Type": "application/json" }, body });
      assert.equal(taken.status, 200);
      return signature;
    };
    await attempt("took too long, or was signed before");
    wallet.signs = signs;
    await button(page).click();
    await person.box.waitFor();
  },
};
