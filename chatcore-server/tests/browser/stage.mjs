// What the program around the checks can do: kill the server and start it again, and tell the scripted model what to say
// next. It reads `do <what>` from our output and answers with a line.

import { createInterface } from "node:readline";

export const hasStage = process.env.CHATCORE_STAGE === "1";
const answers = hasStage ? createInterface({ input: process.stdin })[Symbol.asyncIterator]() : null;
// who waits for answers would otherwise never end
if (hasStage) process.stdin.unref?.();

/**
 * `promote <name>`, which makes somebody an admin and starts the server anew; `say <text in JSON>`, which the scripted model then says; `kill`, `start`, `think`, `call`, `break` or `cut`; `call the clock`; `visitors on` or `off`, and
 * `shop on` or `off`, which start the server anew; `desk`, where the stand-in for Stripe is, and `quiet`, when all that it tells has been heard; `provider
 * <name>`, who signs in at the provider from now on; `mail <address>`, the link of the next letter to somebody; `wallet <number>`,
 * the address of a wallet, or `wallet <number> <text in hex>`, its signature. Resolves to what is answered, when it is done.
 */
export async function stage(what) {
  console.log(`do ${what}`);
  const { done, value } = await answers.next();
  if (done) throw new Error(`nobody answered to \`${what}\``);
  return value;
}
