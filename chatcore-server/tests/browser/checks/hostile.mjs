// Every text of the hostile corpus as an answer of a model, on each page that shows answers: the chat, a shared
// conversation, and the transcript of those who run the service. What the browser asks for is read from its own log of the
// network, below the page.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { stage } from "../stage.mjs";
import { Person } from "../person.mjs";

const corpus = JSON.parse(await readFile(new URL("../../hostile/markdown.json", import.meta.url), "utf8"));
const TEXTS = [...corpus.texts, ...corpus.repeated.map(({ repeat, times }) => repeat.repeat(times))];
/** Questions and their answers that fit a page of the chat. */
const TOGETHER = 24;
/** Far more than any of these pages takes. */
const MOST_HEAP = 150 << 20;
const MOST_NODES = 250_000;

/** What is active, remote or misplaced inside of what a selector finds. */
function active(selector) {
  const allowed = /^(a|article|blockquote|br|button|code|del|details|div|em|h[1-6]|hr|img|li|ol|p|path|pre|span|strong|summary|svg|table|tbody|td|th|thead|tr|ul)$/;
  const found = [];
  for (const element of document.querySelectorAll(selector)) {
    const name = element.tagName.toLowerCase();
    if (!allowed.test(name)) found.push(`<${name}>`);
    for (const { name: attribute, value } of element.attributes) {
      if (/^on|^style$|^id$|^name$|^form|^srcset$|^ping$|^background$/.test(attribute)) found.push(`<${name} ${attribute}>`);
      if (attribute === "src" && !/^data:image\/(png|jpeg|gif|webp);/.test(value)) found.push(`<${name} src=${value}>`);
      if (attribute === "href" && !/^(https?:\/\/|mailto:)/.test(value)) found.push(`<${name} href=${value}>`);
      if (attribute === "target" && !/noopener/.test(element.rel)) found.push(`<${name} target> without noopener`);
    }
  }
  if (window.pwned) found.push("a script ran");
  return found;
}

/** Listens to the network below a page. */
async function listen(page, base) {
  const client = await page.context().newCDPSession(page);
  const asked = [];
  client.on("Network.requestWillBeSent", ({ request }) => asked.push(request.url));
  client.on("Network.webSocketCreated", ({ url }) => asked.push(url));
  await client.send("Network.enable");
  await client.send("Performance.enable");
  return {
    assertAtHome() {
      const away = asked.filter((url) => !url.startsWith(`${base}/`) && !url.startsWith("data:"));
      assert.deepEqual(away, []);
      assert.deepEqual(asked.filter((url) => /logout/.test(url)), [], "nobody signed out");
      assert.ok(asked.length > 0, "the log of the network works");
    },
    async assertSmall(where) {
      const { metrics } = await client.send("Performance.getMetrics");
      const of = Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
      assert.ok(of.JSHeapUsedSize < MOST_HEAP, `${where}: a heap of ${of.JSHeapUsedSize}`);
      assert.ok(of.Nodes < MOST_NODES, `${where}: ${of.Nodes} nodes`);
    },
  };
}

/** Lets the model say each of the texts; resolves to the conversation. */
async function hear(person, texts) {
  const { id } = await person.api("POST", "/conversations", { title: "hostile" });
  for (const text of texts) {
    await stage(`say ${JSON.stringify(text)}`);
    // what people say is shown as they wrote it, and not stored with what no text has
    const question = text.replaceAll("\0", "").trim() || "hello";
    const { assistant_message: answer } = await person.api("POST", `/conversations/${id}/messages`, { text: question, model: "scripted" });
    assert.equal(answer.state, "complete", text.slice(0, 80));
  }
  return id;
}

async function assertPassive(page, selector, where) {
  assert.ok(await page.locator(selector).count() > 0, `${where} shows something`);
  assert.deepEqual(await page.evaluate(active, selector), [], where);
}

/** The pages of a list that links to its next one. */
async function eachPage(page, next, look) {
  for (;;) {
    await look();
    const link = page.getByRole("link", { name: next });
    if (!(await link.count())) return;
    await link.click();
  }
}

export const checks = {};

export const staged = {
  async hostile_answers_are_passive_on_every_page(person) {
    assert.ok(TEXTS.length >= 150, `${TEXTS.length} texts`);
    const { page, base } = person;
    await person.register();
    const network = await listen(page, base);
    const chats = [];
    for (let at = 0; at < TEXTS.length; at += TOGETHER) chats.push(await hear(person, TEXTS.slice(at, at + TOGETHER)));
    const links = [];
    for (const [at, chat] of chats.entries()) {
      const count = Math.min(TOGETHER, TEXTS.length - at * TOGETHER);
      await page.goto(`${base}/#/c/${chat}`);
      await page.waitForFunction(([count, chat]) => location.hash.includes(chat) && document.querySelectorAll('.message[data-role="assistant"]').length === count, [count, chat]);
      await person.settled();
      await assertPassive(page, "#messages .message *", "the chat");
      links.push(new URL((await person.api("POST", `/conversations/${chat}/shares`, {})).url).pathname);
    }
    await person.picture("hostile-chat");
    network.assertAtHome();
    await network.assertSmall("the chat");
    await shared(person, links);
    await transcripts(person, chats);
  },
};

async function shared(person, links) {
  const reader = await Person.arrive(person.context.browser(), person.base);
  try {
    const network = await listen(reader.page, reader.base);
    for (const link of links) {
      await reader.page.goto(`${reader.base}${link}`);
      await eachPage(reader.page, "Earlier messages", () => assertPassive(reader.page, ".messages .prose *", "a shared one"));
    }
    await reader.picture("hostile-shared");
    network.assertAtHome();
    await network.assertSmall("a shared one");
    reader.assertNothingForbidden();
  } finally {
    await reader.leave();
  }
}

async function transcripts(person, chats) {
  const { page, base } = person;
  await stage(`promote ${person.name}`);
  const network = await listen(page, base);
  for (const chat of chats) {
    await page.goto(`${base}/admin/conversations/${chat}`);
    await page.getByLabel("Reason").fill("to see that it is harmless");
    await page.getByRole("button", { name: "Open" }).click();
    await page.locator(".transcript").waitFor();
    await eachPage(page, "Next page", () => assertPassive(page, ".transcript .prose *", "a transcript"));
  }
  await person.picture("hostile-transcript");
  network.assertAtHome();
  await network.assertSmall("a transcript");
}
