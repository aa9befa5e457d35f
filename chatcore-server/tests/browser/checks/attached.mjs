// Pictures and files that messages carry.

import assert from "node:assert/strict";

const DOT = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

/** Opens a new conversation with a message of these parts; `told` changes what the server tells of it. */
async function open(person, parts, told) {
  const { page } = person;
  await person.register();
  const { id } = await person.api("POST", "/conversations", { title: "Pictures" });
  await person.api("POST", `/conversations/${id}/messages`, { parts, run: false });
  if (told) {
    await page.route(`**/conversations/${id}/messages?*`, async (route) => {
      const response = await route.fetch();
      const body = await response.json();
      body.items[0].parts = told;
      await route.fulfill({ response, json: body });
    });
  }
  await page.evaluate((id) => (location.hash = `#/c/${id}`), id);
  await person.said.first().waitFor();
}

export const checks = {
  async a_picture_in_a_message_is_shown(person) {
    const { page } = person;
    const file = { type: "file", url: "data:text/plain,hello", name: "<b>notes</b>.txt" };
    await open(person, [{ type: "text", text: "what is this?" }, { type: "image", url: DOT }, file]);
    const picture = person.said.first().getByRole("img", { name: "Picture in this message" });
    await page.waitForFunction((element) => element.complete && element.naturalWidth === 1, await picture.elementHandle());
    await person.said.first().getByText("File: <b>notes</b>.txt").waitFor();
    assert.equal(await person.said.first().locator(".body").textContent(), "what is this?");
    await person.picture("picture");
  },

  async a_picture_that_is_elsewhere_is_a_link(person) {
    const url = "https://elsewhere.test/x.png";
    const odd = { type: "image", url: "javascript:alert(1)" };
    await open(person, [{ type: "text", text: "look" }], [{ type: "text", text: "look" }, { type: "image", url }, odd]);
    const link = person.said.first().getByRole("link", { name: `Picture: ${url}` });
    assert.equal(await link.getAttribute("href"), url);
    assert.match(await link.getAttribute("rel"), /noopener noreferrer/);
    // that nothing was asked for elsewhere is seen to for every check
    assert.equal(await person.said.first().locator("img").count(), 0);
    assert.equal(await person.said.first().getByRole("link").count(), 1, "an address of another kind is no link");
  },
};
