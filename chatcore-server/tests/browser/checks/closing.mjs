// Closing the account.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

export const checks = {
  async an_account_is_closed_by_whoever_types_its_name(person) {
    const { page } = person;
    await person.register();
    await person.say("this goes away");
    const section = await person.openSettings("Close the account");
    const close = async (name, password) => {
      await section.getByLabel(/if you mean it/).fill(name);
      await section.getByLabel("Current password").fill(password);
      await section.getByRole("button", { name: "Close the account" }).click();
    };
    await close("somebody else", person.password);
    await section.getByText(`Type ${person.name} here if you mean it.`).waitFor();
    await close(person.name, "");
    await section.getByText("Enter your current password.").waitFor();
    await close(person.name, "not my password at all");
    await section.getByText("This is not your password.").waitFor();
    await person.look("settings-close");
    assert.equal((await person.api("GET", "/me")).username, person.name, "nothing has happened");
    await close(person.name, person.password);
    await page.getByText("Your account is closed.").waitFor();
    assert.equal(await page.locator("dialog[open]").count(), 0);
    assert.equal(await page.locator(".message").count(), 0, "nothing stays behind");
    await person.look("closed");
    await page.getByLabel(/username/).fill(person.name);
    await page.getByLabel("Password", { exact: true }).fill(person.password);
    await page.locator("#sign-in-submit").click();
    await page.getByRole("alert").filter({ hasText: "do not belong together" }).waitFor();
  },

  async what_somebody_owns_is_a_download(person) {
    const { page } = person;
    await person.register();
    await person.say("a word to take along");
    const section = await person.openSettings("Your data");
    await person.look("settings-data");
    const coming = page.waitForEvent("download");
    await section.getByRole("link", { name: "Download my data" }).click();
    const download = await coming;
    assert.equal(download.suggestedFilename(), "chatcore-export.tar");
    const archive = await readFile(await download.path(), "utf8");
    assert.match(archive, /a word to take along/);
    assert.match(archive, new RegExp(`"username":"${person.name}"`));
    assert.match(archive, /end\.json/);
  },

  async an_account_is_closed_without_a_mouse(person) {
    const { page } = person;
    const { keyboard } = page;
    await person.register();
    await page.locator("#settings").focus();
    await keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Settings" }).waitFor();
    await person.tabTo(/Close the account/);
    await keyboard.press("Enter");
    await keyboard.press("Tab");
    await keyboard.type(person.name);
    await keyboard.press("Tab");
    await keyboard.type(person.password);
    await keyboard.press("Enter");
    await page.getByText("Your account is closed.").waitFor();
    await page.waitForFunction(() => document.activeElement.id === "login");
  },
};
