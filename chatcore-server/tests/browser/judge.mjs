// What has to be true of every view: axe finds nothing, and nothing sticks out sideways.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export async function assertAccessible(page, where) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.target} ${node.any[0]?.message ?? ""}`).join(" | ")}`);
  assert.deepEqual(told, [], where);
}

export async function assertNoSidewaysScrolling(page, where) {
  const wide = await page.evaluate(() => {
    const boxes = [document.documentElement, document.body, ...document.querySelectorAll("#scroller, #sidebar, #sign-in, dialog[open]")];
    return boxes.filter((box) => box.scrollWidth > box.clientWidth && box.clientWidth > 0).map((box) => box.id || box.tagName);
  });
  assert.deepEqual(wide, [], where);
  // at the top level the page hides what sticks out, so look at that too
  const out = await page.evaluate(() => {
    const parts = [...document.querySelectorAll("button, input, textarea, select, .body, .steps, .pop-box, h1, .card, .composer")];
    const visible = parts.filter((part) => part.checkVisibility({ opacityProperty: true, visibilityProperty: true }));
    return visible.map((part) => [part, part.getBoundingClientRect()])
      .filter(([part, box]) => (box.right > innerWidth + 1 || box.left < -1) && !part.closest(".code, .table, .visually-hidden"))
      .map(([part]) => part.id || part.className || part.tagName);
  });
  assert.deepEqual(out, [], where);
}
