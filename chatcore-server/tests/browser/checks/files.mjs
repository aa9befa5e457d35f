// Files that people attach: chosen, dropped, pasted, taken away, sent, and seen again.

import assert from "node:assert/strict";

const DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
const picture = { name: "dot.png", mimeType: "image/png", buffer: Buffer.from(DOT, "base64") };
const note = { name: "notes.md", mimeType: "text/html", buffer: Buffer.from("# Notes from a file") };

const tray = ({ page }) => page.getByRole("list", { name: "Files that go with this message" });

/** Hands files to the page as a drop or a paste does. */
async function give(person, selector, type, files) {
  await person.page.evaluate(
    ([selector, type, files]) => {
      const data = new DataTransfer();
      for (const { name, mimeType, text } of files) data.items.add(new File([text], name, { type: mimeType }));
      const options = { bubbles: true, cancelable: true };
      const event = type === "paste" ? new ClipboardEvent(type, { ...options, clipboardData: data }) : new DragEvent(type, { ...options, dataTransfer: data });
      document.querySelector(selector).dispatchEvent(event);
    },
    [selector, type, files],
  );
}

export const checks = {
  async files_are_chosen_taken_away_and_sent(person) {
    const { page } = person;
    await person.register();
    await page.locator("#model").selectOption("echo");
    await page.locator("#choose-files").setInputFiles([picture, note]);
    await tray(person).locator("img").waitFor();
    await tray(person).getByText("notes.md").waitFor();
    await person.look("files");
    await page.getByRole("button", { name: "Remove dot.png" }).click();
    await person.box.fill("read this");
    await person.box.press("Enter");
    await person.said.first().getByRole("link", { name: "File: notes.md" }).waitFor();
    // the box is empty again
    await tray(person).waitFor({ state: "hidden" });
    await page.getByRole("heading", { name: "Notes from a file" }).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      person.said.first().getByRole("link", { name: "File: notes.md" }).click(),
    ]);
    assert.equal(download.suggestedFilename(), "notes.md");
  },

  async files_are_dropped_and_pasted(person) {
    await person.register();
    await give(person, "#chat", "drop", [{ name: "dropped.txt", mimeType: "text/plain", text: "dropped" }]);
    await give(person, "#input", "paste", [{ name: "pasted.txt", mimeType: "text/plain", text: "pasted" }]);
    await tray(person).getByText("dropped.txt").waitFor();
    await tray(person).getByText("pasted.txt").waitFor();
    // words are not needed
    await person.box.press("Enter");
    await person.said.first().getByRole("link", { name: "File: pasted.txt" }).waitFor();
  },

  async what_cannot_be_taken_is_said_in_words(person) {
    const { page } = person;
    await person.register();
    const wrong = { name: "x.zip", mimeType: "application/zip", buffer: Buffer.from("PK\x03\x04\0\0") };
    await page.locator("#choose-files").setInputFiles([wrong]);
    await tray(person).getByText(/A file must be one of/).waitFor();
    await person.look("files-refused");
    await person.box.fill("hello");
    await person.box.press("Enter");
    assert.equal(await person.said.count(), 0, "nothing is sent without a file that was meant to go along");
    await page.getByRole("button", { name: "Remove x.zip" }).click();
    await person.box.press("Enter");
    await person.said.first().waitFor();
  },

  async a_picture_that_the_model_cannot_see_is_refused_in_words(person) {
    const { page } = person;
    await person.register();
    await page.locator("#choose-files").setInputFiles([picture]);
    await tray(person).locator("img").waitFor();
    await person.box.fill("what is it?");
    await person.box.press("Enter");
    await page.getByText(/reads none/).first().waitFor();
    assert.equal(await person.box.inputValue(), "what is it?", "what was written is still there");
  },
};
