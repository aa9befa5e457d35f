// Answers that are heard to their end whatever happens to the page, the network or the server, and in every tab.

import assert from "node:assert/strict";
import { isSlow } from "../person.mjs";
import { stage } from "../stage.mjs";

const words = (count) => Array.from({ length: count }, (_, index) => `word${index}`).join(" ");
const plain = (text) => text.trim().replace(/\s+/g, " ");

async function begin(person, text) {
  await person.register();
  await person.choose("echo");
  await person.send(text);
  await person.heard("word2");
}

/** The answer is what was said: no word twice, none lost; and the page shows what a fresh one would. */
async function assertWhole(person, text) {
  await person.settled();
  assert.equal(plain(await person.answer()), text);
  assert.equal(await person.messages.count(), 2);
  await person.page.reload();
  await person.answers.last().waitFor();
  assert.equal(plain(await person.answer()), text, "a reload finds the same");
}

export const checks = {
  async a_reload_during_an_answer_goes_on_with_it(person) {
    const text = words(60);
    await begin(person, text);
    await person.page.reload();
    await person.answers.last().waitFor();
    if (isSlow) assert.equal(await person.answers.last().getAttribute("data-state"), "open");
    await person.heard("word8");
    await person.page.reload();
    await assertWhole(person, text);
  },

  async an_answer_shows_no_word_twice_at_any_moment(person) {
    const text = words(40);
    await begin(person, text);
    await person.page.reload();
    await person.answers.last().waitFor();
    const seen = new Set();
    while ((await person.answers.last().getAttribute("data-state")) === "open") {
      seen.add(plain(await person.answer()));
      await person.page.waitForTimeout(60);
    }
    for (const part of seen) assert.ok(text.startsWith(part), `out of order: ${part}`);
    await assertWhole(person, text);
  },

  async a_conversation_needs_one_stream(person) {
    const opened = [];
    person.page.on("request", (request) => {
      const { pathname } = new URL(request.url());
      if (pathname.endsWith("/events")) opened.push(pathname);
    });
    await person.register();
    await person.choose("echo");
    for (const text of ["one", "two", "three"]) await person.say(text);
    assert.deepEqual(opened, [`/api/v1/conversations/${person.conversation}/events`]);
  },

  async a_broken_connection_is_resumed_where_it_was(person) {
    const text = words(40);
    const places = [];
    // the first connection is cut in the middle of an answer, the second fails, the third is left alone
    await person.page.route("**/events?**", async (route) => {
      places.push(route.request().headers()["last-event-id"] ?? "");
      if (places.length === 2) return route.abort();
      return route.continue();
    });
    await begin(person, text);
    const { page } = person;
    await page.evaluate(() => dispatchEvent(new Event("online")));
    await assertWhole(person, text);
    const [first, second, third] = places;
    assert.equal(first, "", "the first connection begins with what is under way");
    assert.match(second, /^run_\w+:\d+/, "the next ones go on behind what was heard");
    assert.equal(third, second);
  },

  async an_answer_goes_on_when_the_network_comes_back(person) {
    const text = words(60);
    await begin(person, text);
    await person.context.setOffline(true);
    await person.page.getByText("The server cannot be reached").waitFor();
    await person.picture("offline");
    const meanwhile = plain(await person.answer());
    assert.ok(text.startsWith(meanwhile), "what was heard stays");
    if (isSlow) assert.ok(meanwhile.length < text.length, "nothing is heard without a network");
    await person.context.setOffline(false);
    await person.page.getByText("The server cannot be reached").waitFor({ state: "detached" });
    await assertWhole(person, text);
  },

  async an_answer_that_ended_without_a_network_is_shown(person) {
    const text = words(25);
    await begin(person, text);
    await person.context.setOffline(true);
    await person.page.getByText("The server cannot be reached").waitFor();
    // until it is over
    await person.page.waitForTimeout(3000);
    await person.context.setOffline(false);
    await assertWhole(person, text);
  },

  async another_tab_shows_the_answer_while_it_is_written(person) {
    await person.register();
    await person.choose("echo");
    await person.say("hello");
    const other = await person.secondTab();
    await other.answers.last().waitFor();
    const text = words(40);
    await person.send(text);
    await other.heard("word3");
    if (isSlow) assert.equal(await other.answers.last().getAttribute("data-state"), "open");
    await other.picture("second-tab");
    await other.settled();
    await person.settled();
    assert.equal(plain(await other.answer()), text);
    assert.equal(await other.messages.count(), 4);
    assert.equal(await person.messages.count(), 4);
    // and the other way round, with another version
    await other.answers.last().getByRole("button", { name: "Answer again" }).click();
    await person.waitForVersion(person.answers.last(), "2/2");
    await person.settled();
    assert.equal(plain(await person.answer()), text);
  },

  async another_tab_can_stop_the_answer(person) {
    if (!isSlow) return;
    await begin(person, words(100));
    const other = await person.secondTab();
    await other.heard("word4");
    await other.page.keyboard.press("Escape");
    await person.settled();
    assert.equal(await person.answers.last().getAttribute("data-state"), "stopped");
  },
};

export const staged = {
  async a_server_that_was_killed_and_came_back_tells_the_last_state(person) {
    await begin(person, words(100));
    // so much that some of it is stored
    await person.heard("word15");
    await stage("kill");
    const heard = plain(await person.answer());
    await person.page.getByText("The server cannot be reached").waitFor();
    await stage("start");
    await person.settled();
    await person.page.getByText("The server cannot be reached").waitFor({ state: "detached" });
    assert.equal(await person.answers.last().getAttribute("data-state"), "interrupted");
    const { items } = await person.api("GET", `/conversations/${person.conversation}/messages`);
    assert.equal(plain(await person.answer()), plain(items.at(-1).text), "the page shows what is kept");
    assert.ok(words(100).startsWith(plain(items.at(-1).text)) && heard.length > 0);
    await person.picture("interrupted");
    // the page works as before, without a reload
    await person.answers.last().getByRole("button", { name: "Continue" }).click();
    await person.waitForVersion(person.answers.last(), "2/2");
    await person.settled();
    assert.equal(await person.answers.last().getAttribute("data-state"), "complete");
    await person.say("and now?");
    assert.equal(await person.answer(), "and now?");
  },
};
