// A wallet in the page: it does what EIP-1193 says, and its key is with the stage, which signs for real.

import { stage } from "./stage.mjs";

/**
 * Puts a wallet into every page that is opened from now on. `seed`: which key; `name`: it makes itself known (EIP-6963), without
 * a name it is `window.ethereum` alone. Resolves to what the wallet is asked to be like: `{ chain, refuses, signs }` may be
 * changed, as people change their wallets.
 */
export async function giveWallet(context, seed, name = null) {
  const wallet = { chain: "0x1", refuses: null, signs: (text) => stage(`wallet ${seed} ${text}`) };
  const binding = `wallet${seed}`;
  await context.exposeFunction(binding, async ({ method, params = [] }) => {
    const error = wallet.refuses?.[method];
    if (error) return { error };
    if (method === "eth_requestAccounts") return { result: [await stage(`wallet ${seed}`)] };
    if (method === "eth_chainId") return { result: wallet.chain };
    if (method === "personal_sign") return { result: await wallet.signs(params[0]) };
    return { error: { code: 4200, message: "unsupported" } };
  });
  await context.addInitScript(({ binding, name }) => {
    const request = async (asked) => {
      const { result, error } = await globalThis[binding](asked);
      if (error) throw Object.assign(new Error(error.message), { code: error.code });
      return result;
    };
    if (!name) return void (globalThis.ethereum = { request });
    const info = { uuid: `00000000-0000-4000-8000-${binding}`, name, icon: "data:,", rdns: "test.wallet" };
    const announce = () => dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail: Object.freeze({ info, provider: { request } }) }));
    addEventListener("eip6963:requestProvider", announce);
    announce();
  }, { binding, name });
  return wallet;
}
