// The settings of the account: password, address, where somebody is signed in, keys of programs.

import assert from "node:assert/strict";
import { Person } from "../person.mjs";
import { stage } from "../stage.mjs";

/** Somebody's own account in another browser. */
async function elsewhere(person) {
  const other = await Person.arrive(person.context.browser(), person.base);
  [other.name, other.password] = [person.name, person.password];
  await other.signIn();
  return other;
}

export const checks = {
  async a_password_is_changed(person) {
    const { page } = person;
    await person.register();
    const other = await elsewhere(person);
    const password = await person.openSettings("Password");
    const change = async (now, next) => {
      await password.getByLabel("Current password").fill(now);
      await password.getByLabel("New password").fill(next);
      await password.getByRole("button", { name: "Change password" }).click();
    };
    await change("", "short");
    await password.getByText("Enter your current password.").waitFor();
    await change(person.password, "short");
    await password.getByText("at least 12 characters").waitFor();
    await change("not my password at all", "a wholly other password");
    await password.getByText("This is not your password.").waitFor();
    await person.look("settings-password");
    await change(person.password, `new ${person.password}`);
    await password.getByText("Your password is changed").waitFor();
    assert.equal(await password.getByLabel("New password").inputValue(), "", "nothing stays behind");
    await page.keyboard.press("Escape");
    await person.say("I am still here");
    await other.page.reload();
    await other.page.locator("#sign-in-form").waitFor();
    other.password = `new ${person.password}`;
    await other.signIn();
    await other.leave();
  },

  async a_session_elsewhere_is_ended(person) {
    const { page } = person;
    await person.register();
    const other = await elsewhere(person);
    const places = await person.openSettings("Where you are signed in");
    await places.getByText("This is where you are.").waitFor();
    assert.equal(await places.getByRole("listitem").count(), 2);
    await person.look("settings-places");
    await places.getByRole("button", { name: "End the session of Chrome on Linux" }).click();
    await page.getByRole("dialog", { name: "End this session?" }).getByRole("button", { name: "End" }).click();
    await places.getByRole("button").waitFor({ state: "detached" });
    assert.equal(await places.getByRole("listitem").count(), 1);
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "SUMMARY", "the focus is not lost");
    await other.page.reload();
    await other.page.locator("#sign-in-form").waitFor();
    await other.leave();
  },

  async a_key_is_made_shown_once_and_revoked(person) {
    const { page } = person;
    await person.context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await person.register();
    const keys = await person.openSettings("Keys for programs");
    await keys.getByText("You have no keys.").waitFor();
    await keys.getByRole("button", { name: "Make key" }).click();
    await keys.getByText("Give the key a name").waitFor();
    await keys.getByLabel("Name of a new key").fill("<b>my</b> notebook");
    await keys.getByLabel("Read conversations").uncheck();
    await keys.getByLabel("Change them").uncheck();
    await keys.getByRole("button", { name: "Make key" }).click();
    await keys.getByText("Choose what the key may do.").waitFor();
    await keys.getByLabel("Read conversations").check();
    await keys.getByRole("button", { name: "Make key" }).click();
    await keys.getByLabel("Your new key").waitFor();
    const secret = await keys.getByLabel("Your new key").inputValue();
    await keys.getByText(/may read\. Made on .*, never used\. Ends on /).waitFor();
    await keys.getByRole("button", { name: "Copy" }).click();
    await keys.getByText("The key is copied.").waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), secret);
    await person.look("settings-keys");
    const ask = (method) => fetch(`${person.base}/api/v1/conversations`, {
      method, headers: { Authorization: `Bearer ${secret}`, "Content-Type": "application/json" }, body: method === "POST" ? "{}" : undefined,
    });
    const expiry = (await person.api("GET", "/me/api-keys")).items[0].expires_at;
    const days = Math.round((new Date(expiry) - Date.now()) / 86_400_000);
    assert.equal(days, 90, "it ends when nobody says more");
    assert.deepEqual([(await ask("GET")).status, (await ask("POST")).status], [200, 403], "it may read");
    await page.keyboard.press("Escape");
    // it is shown once: the dialog takes it away a moment after it closes
    await page.waitForFunction(() => !document.getElementById("key-secret").value);
    const again = await person.openSettings("Keys for programs");
    await again.getByText(/last used on/).waitFor();
    await again.getByRole("button", { name: "Revoke" }).click();
    await page.getByRole("dialog", { name: "Revoke this key?" }).getByRole("button", { name: "Revoke" }).click();
    await again.getByText("You have no keys.").waitFor();
    assert.equal((await ask("GET")).status, 401);
  },

  async the_settings_need_no_mouse(person) {
    const { page } = person;
    const { keyboard } = page;
    await person.register();
    await page.locator("#settings").focus();
    await keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Settings" }).waitFor();
    await person.look("settings");
    const names = [];
    while (names.at(-1) !== "Close the account" && names.length < 10) {
      await keyboard.press("Tab");
      names.push(await page.evaluate(() => document.activeElement.textContent.trim()));
    }
    // older servers know no name
    assert.deepEqual(names.filter((name) => name !== "Name"), ["Ways to sign in", "Password", "Address", "Where you are signed in", "Keys for programs", "Your data", "Close the account"]);
    await keyboard.press("Shift+Tab");
    await keyboard.press("Shift+Tab");
    await keyboard.press("Enter");
    await page.getByText("You have no keys.").waitFor();
    await keyboard.press("Tab");
    await keyboard.type("typed");
    await keyboard.press("Enter");
    await page.getByLabel("Your new key").waitFor();
    await page.waitForFunction(() => document.activeElement.id === "key-secret");
    await keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    assert.equal(await page.evaluate(() => document.activeElement.id), "settings", "the focus is where it was");
  },

  // the route is played, so that this holds with servers that are older than it
  async a_name_is_changed(person) {
    const { page } = person;
    let called = "Ada";
    await page.route("**/api/v1/me", async (route) => {
      const isChange = route.request().method() === "PATCH";
      if (isChange) called = route.request().postDataJSON().display_name;
      const fields = { errors: [{ field: "display_name", message: "must be one line" }], title: "No", status: 422 };
      if (called === "too long") return route.fulfill({ status: 422, contentType: "application/problem+json", json: fields });
      return route.fulfill({ json: { id: "usr_1", username: person.name, email: null, display_name: called } });
    });
    await person.register();
    const section = await person.openSettings("Name");
    const name = section.getByLabel("What you want to be called");
    assert.equal(await name.inputValue(), "Ada");
    const change = async (to) => {
      await name.fill(to);
      await page.keyboard.press("Enter");
    };
    await change("too long");
    await section.getByText("It must be one line.").waitFor();
    await change("<b>Ada</b> L.");
    await section.getByText("You are called <b>Ada</b> L. here.").waitFor();
    await person.look("settings-name");
    assert.equal(await page.locator("#user-name").textContent(), "<b>Ada</b> L.");
    await change("");
    await section.getByText("no name of your own").waitFor();
    assert.equal(await page.locator("#user-name").textContent(), person.name);
  },

  async a_session_that_ends_closes_the_settings(person) {
    const { page } = person;
    await person.register();
    await person.openSettings("Password");
    await person.context.clearCookies();
    await person.openSection("Where you are signed in");
    await page.getByText("Your session has ended").waitFor();
    assert.equal(await page.locator("dialog[open]").count(), 0);
    await person.signIn();
  },
};

export const staged = {
  async an_address_is_changed_by_its_mail(person) {
    const { page } = person;
    person.name = `${person.name}@example.org`;
    await person.register();
    await stage(`mail ${person.name}`);
    const address = await person.openSettings("Address");
    await address.getByText(`Your address is ${person.name}.`).waitFor();
    await address.getByRole("button", { name: "Send another one" }).click();
    await address.getByText("another one is on its way").waitFor();
    await stage(`mail ${person.name}`);
    const next = `new-${person.name}`;
    const change = async (email, password) => {
      await address.getByLabel("New address").fill(email);
      await address.getByLabel("Current password").fill(password);
      await address.getByRole("button", { name: "Change address" }).click();
    };
    await change("nowhere", person.password);
    await address.locator("#email-next-error:not(:empty)").waitFor();
    await change(next, "not my password at all");
    await address.getByText("This is not your password.").waitFor();
    await change(next, person.password);
    await address.getByText(`A mail is on its way to ${next}`).waitFor();
    await person.look("settings-address");
    await page.keyboard.press("Escape");
    const waiting = await person.openSettings("Address");
    await waiting.getByText(`It becomes ${next} when you have followed the link`).waitFor();
    await page.keyboard.press("Escape");
    await page.goto(await stage(`mail ${next}`));
    await page.getByRole("heading", { name: "Your address is confirmed" }).waitFor();
    await page.getByRole("button", { name: "Go on" }).click();
    await page.locator("#user-name", { hasText: next }).waitFor();
    const after = await person.openSettings("Address");
    await after.getByText(`Your address is ${next}.`).waitFor();
    assert.equal(await after.getByRole("button", { name: "Send another one" }).count(), 0);
    assert.equal(await after.locator("#email-pending").isVisible(), false, "it waits for nothing");
  },
};
