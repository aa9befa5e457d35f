// Drives the chat page in a real Chromium, check by check:
//
//   node run.mjs <base-url> [name ...]
//
// Prints `ok <name>` or `not ok <name> <why>` for each check and exits with 1 if one failed. The server offers the
// offline models `eliza` and `echo` with a pause of about 40 ms between two words (`--offline-delay-ms 40`). Each check
// has an account of its own, so that any one can run alone. What is checked is in the files of `checks`.
//
// Checks that kill the server or tell a model what to say need a stage around this (`stage.mjs`): `cargo test --test
// browser` is one. Without it they are skipped, and that is said.
//
// CHATCORE_CHROMIUM      the browser (default /usr/bin/chromium)
// CHATCORE_SCREENSHOTS   a folder for pictures; without it none are taken
// SLOW=0                 the models answer at once: what needs a running answer accepts that it is over

import { chromium } from "playwright-core";
import { Person } from "./person.mjs";
import { hasStage } from "./stage.mjs";

const [base, ...names] = process.argv.slice(2);
if (!base) {
  console.error("usage: node run.mjs <base-url> [name ...]");
  process.exit(2);
}

const files = ["account", "recovery", "settings", "identities", "closing", "providers", "wallet", "visitor", "limits", "paying", "chat", "live", "versions", "actions", "models", "plan", "attached", "files", "steps", "keyboard", "opinions", "sharing", "finding", "safety", "hostile", "office", "looks"];
const modules = await Promise.all(files.map((file) => import(`./checks/${file}.mjs`)));
const staged = new Set(modules.flatMap((module) => Object.keys(module.staged ?? {})));
const checks = modules.flatMap((module) => [...Object.entries(module.checks ?? {}), ...Object.entries(module.staged ?? {})]);
const wanted = names.length ? checks.filter(([name]) => names.includes(name)) : checks;
if (!wanted.length) {
  console.error(`no such check; there are:\n  ${checks.map(([name]) => name).join("\n  ")}`);
  process.exit(2);
}

const browser = await chromium.launch({
  executablePath: process.env.CHATCORE_CHROMIUM || "/usr/bin/chromium",
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
  ],
});

let failed = 0;
for (const [name, check] of wanted) {
  if (staged.has(name) && !hasStage) {
    console.log(`skipped ${name}`);
    continue;
  }
  const person = await Person.arrive(browser, base.replace(/\/$/, ""));
  try {
    await check(person);
    person.assertNothingForbidden();
    console.log(`ok ${name}`);
  } catch (error) {
    failed += 1;
    const why = process.env.DEBUG ? error.stack : error.message.replace(/\s*\n\s*/g, " ").slice(0, 400);
    console.log(`not ok ${name} ${why}`);
    await person.picture(`failed-${name}`).catch(() => {});
  } finally {
    await person.leave();
  }
}
await browser.close();
console.log(`${wanted.length - failed} of ${wanted.length} checks passed`);
process.exit(failed ? 1 : 0);
