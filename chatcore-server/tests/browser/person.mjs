// Somebody who uses the page: what people do with it, in their words, and an eye on what the page must never do. What
// has to be true afterwards is for the checks.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { assertAccessible, assertNoSidewaysScrolling } from "./judge.mjs";

export const WIDE = { width: 1280, height: 800 };
export const NARROW = { width: 360, height: 640 };
/** Whether the models pause between words, so that there is time to do something during an answer. */
export const isSlow = process.env.SLOW !== "0";

export class Person {
  /** Opens the page in a fresh browser profile. */
  static async arrive(browser, base, options = {}) {
    const context = await browser.newContext({ viewport: WIDE, ...options });
    context.setDefaultTimeout(Number(process.env.PATIENCE ?? 15_000));
    const person = new Person(context, base);
    await context.addInitScript(() => {
      addEventListener("securitypolicyviolation", (event) => {
        console.error(`[policy] ${event.violatedDirective} ${event.blockedURI}`);
      });
    });
    person.page = await context.newPage();
    person.watch(person.page);
    await person.page.goto(base);
    return person;
  }

  constructor(context, base) {
    this.context = context;
    this.base = base;
    this.forbidden = [];
    /** Where else this person goes on purpose. */
    this.elsewhere = null;
    this.name = `t${randomBytes(6).toString("hex")}`;
    this.password = `a long password ${this.name}`;
  }

  watch(page) {
    page.on("request", (request) => {
      const url = request.url();
      const isMeant = url.startsWith(`${this.base}/`) || url.startsWith("data:") || this.elsewhere?.test(url);
      if (!isMeant) this.forbidden.push(`asked for ${url}`);
    });
    page.on("pageerror", (error) => this.forbidden.push(`threw ${error.message}`));
    page.on("dialog", (dialog) => {
      this.forbidden.push(`opened ${dialog.type()} ${dialog.message()}`);
      dialog.dismiss();
    });
    page.on("console", (message) => {
      const text = message.text();
      if (/\[policy\]|content security policy/i.test(text)) this.forbidden.push(text);
    });
  }

  /** No request left the server, the policy was not violated, no script failed. */
  assertNothingForbidden() {
    assert.deepEqual(this.forbidden, []);
  }

  /** Another tab of the same browser, at the same address; a person of its own, with the same account. */
  async secondTab() {
    const other = new Person(this.context, this.base);
    other.forbidden = this.forbidden;
    other.page = await this.context.newPage();
    other.watch(other.page);
    await other.page.goto(this.page.url());
    await other.box.waitFor();
    return other;
  }

  async leave() {
    await this.context.close();
  }

  async register() {
    const { page } = this;
    await page.getByRole("button", { name: "Create account" }).first().click();
    await page.getByLabel(/username/).fill(this.name);
    await page.getByLabel("Password", { exact: true }).fill(this.password);
    await page.locator("#sign-in-submit").click();
    await this.box.waitFor();
  }

  async signIn() {
    const { page } = this;
    await page.getByRole("button", { name: "Sign in" }).first().click();
    await page.getByLabel(/username/).fill(this.name);
    await page.getByLabel("Password", { exact: true }).fill(this.password);
    await page.locator("#sign-in-submit").click();
    await this.box.waitFor();
  }

  get box() {
    return this.page.getByRole("textbox", { name: "Message", exact: true });
  }

  get messages() {
    return this.page.locator(".message");
  }

  get said() {
    return this.page.locator('.message[data-role="user"]');
  }

  get answers() {
    return this.page.locator('.message[data-role="assistant"]');
  }

  /** The text of the newest answer. */
  async answer() {
    return (await this.answers.last().locator(".body").textContent()).trim();
  }

  async choose(model) {
    await this.page.getByLabel("Model").selectOption(model);
  }

  /** Leaves the open conversation for a new one, whose page is empty. */
  async startAnew() {
    await this.page.getByRole("button", { name: /^New conversation/ }).first().click();
    await this.messages.first().waitFor({ state: "detached" });
  }

  /** Sends a message and does not wait for the answer. */
  async send(text) {
    await this.box.fill(text);
    await this.box.press("Enter");
    await this.page.locator('.message[data-role="user"]:not([data-state="sending"])').filter({ hasText: text.slice(0, 40) }).last().waitFor();
  }

  /** Sends a message and waits for the end of its answer. */
  async say(text) {
    const before = await this.answers.count();
    await this.send(text);
    await this.page.waitForFunction((count) => document.querySelectorAll('.message[data-role="assistant"]').length > count, before);
    await this.settled();
  }

  /** So much of the newest answer is there. */
  async heard(words) {
    await this.page.waitForFunction((words) => {
      const bodies = document.querySelectorAll('.message[data-role="assistant"] .body');
      return [...bodies].at(-1)?.textContent.includes(words);
    }, words);
  }

  /** Asks the API in the name of this page. */
  async api(method, path, body) {
    return this.page.evaluate(async ([method, path, body]) => {
      const { csrf } = await (await fetch("/web/session")).json();
      const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
      const response = await fetch(`/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
      return response.json();
    }, [method, path, body]);
  }

  /** The id of the conversation that is open. */
  get conversation() {
    return this.page.url().split("/").pop();
  }

  /** No answer is being written any more. */
  async settled() {
    await this.page.waitForFunction(() => {
      const states = [...document.querySelectorAll(".message")].map((message) => message.dataset.state);
      return states.length > 0 && !states.includes("open") && !states.includes("sending");
    }, null, { timeout: 60_000 });
  }

  /** Reads `1/2` at a message, or null if it has one version. */
  async version(message) {
    const text = message.locator(".versions span");
    return (await text.count()) ? text.textContent() : null;
  }

  async waitForVersion(message, version) {
    await message.locator(".versions span", { hasText: version }).waitFor();
  }

  /** Looks at a view as everybody may see it: wide and narrow, light and dark. */
  async look(name) {
    const { page } = this;
    // nothing is on its way from one look to another
    await page.emulateMedia({ reducedMotion: "reduce", colorScheme: "light" });
    await this.nextFrame();
    await assertAccessible(page, name);
    await this.picture(name);
    await page.setViewportSize(NARROW);
    await this.nextFrame();
    await assertNoSidewaysScrolling(page, name);
    await assertAccessible(page, `${name}, narrow`);
    await this.picture(`narrow-${name}`);
    await page.emulateMedia({ colorScheme: "dark" });
    await this.nextFrame();
    await assertAccessible(page, `${name}, dark`);
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize(WIDE);
  }

  /** What depends on the width or the colours is settled with the next frame. */
  nextFrame() {
    return this.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  }

  /** Presses Tab until what has the focus is called so. */
  async tabTo(wanted) {
    const name = () => {
      const element = document.activeElement;
      return (element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent ?? element.textContent).trim();
    };
    for (let presses = 0; presses < 80; presses += 1) {
      await this.page.keyboard.press("Tab");
      if (wanted.test(await this.page.evaluate(name))) return;
    }
    assert.fail(`${wanted} cannot be reached with Tab`);
  }

  /** Opens the settings at a section; resolves to the section. */
  async openSettings(title) {
    await this.page.getByRole("button", { name: "Settings", exact: true }).click();
    await this.page.getByRole("dialog", { name: "Settings" }).waitFor();
    return this.openSection(title);
  }

  /** Opens a section of the settings, which are open. */
  async openSection(title) {
    const found = this.page.locator("details.section").filter({ has: this.page.getByRole("heading", { name: title }) });
    await found.locator("summary").click();
    return found;
  }

  /** Takes a picture, if pictures are wanted. */
  async picture(name) {
    const folder = process.env.CHATCORE_SCREENSHOTS;
    if (!folder) return;
    await mkdir(folder, { recursive: true });
    await this.page.screenshot({ path: path.join(folder, `${name}.png`) });
  }
}
