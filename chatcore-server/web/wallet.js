// Ethereum wallets in the browser: which there are, and having one sign who it is. A wallet is a program of somebody else:
// what it says of itself is text, and what it does not say is an error.

import { call } from "./api.js";

/** Wallets that made themselves known (EIP-6963), by their ids. */
const announced = new Map();
const LONGEST_NAME = 40;
/** What wallets have against a request (EIP-1193, EIP-1474). */
const REFUSALS = {
  4001: "You did not agree in your wallet. Nothing has happened.",
  4100: "Your wallet does not let this page use that account.",
  4900: "Your wallet is not connected. Open it and try again.",
  4901: "Your wallet is not connected to its chain. Choose another chain there and try again.",
  "-32002": "Your wallet is waiting for you already. Open it to go on.",
};
/** What the server has against what a wallet says, by field. */
const PROBLEMS = {
  address: "Your wallet names no address that this server knows.",
  chain_id: "Your wallet is on a chain that this server does not know. Choose another chain there and try again.",
  message: "That took too long, or was signed before. Try again.",
  signature: "Your wallet signs in a way that this server cannot check.",
};

/** `changed()`: another wallet is there. */
export function setUpWallets(changed) {
  addEventListener("eip6963:announceProvider", ({ detail }) => {
    const { info, provider } = detail ?? {};
    if (typeof info?.uuid !== "string" || !isProvider(provider)) return;
    announced.set(info.uuid, { name: String(info.name || "your wallet").slice(0, LONGEST_NAME), provider });
    changed();
  });
  dispatchEvent(new Event("eip6963:requestProvider"));
}

/** All wallets; one that is as old as EIP-1193 has no name. */
export function wallets() {
  if (announced.size) return [...announced.values()];
  return isProvider(globalThis.ethereum) ? [{ name: "your wallet", provider: globalThis.ethereum }] : [];
}

/** Has a wallet sign a message of the server; resolves to the message and its signature. */
export async function sign({ provider }) {
  const [address] = await provider.request({ method: "eth_requestAccounts" });
  if (typeof address !== "string") throw new WalletError(REFUSALS[4100]);
  const chain = Number(await provider.request({ method: "eth_chainId" }));
  if (!(chain >= 1)) throw new WalletError(PROBLEMS.chain_id);
  const question = { address: address.toLowerCase(), chain_id: chain };
  const { message } = await call("POST", "/api/v1/auth/wallet/challenge", question);
  const signature = await provider.request({ method: "personal_sign", params: [inHex(message), address] });
  return { message, signature };
}

/** What went wrong, in words of this page: a wallet's own may say anything. */
export function walletWords(error) {
  if (error instanceof WalletError) return error.message;
  if (!("status" in error)) return REFUSALS[error.code] ?? "Your wallet could not do it. Open it, and try again.";
  if (error.kind === "wrong-credentials") return "The signature is not of the account that your wallet named. Try again.";
  if (error.kind === "taken") return "This wallet is a way into another account.";
  const field = error.fields.find(({ field }) => PROBLEMS[field]);
  return field ? PROBLEMS[field.field] : error.message;
}

class WalletError extends Error {}

const isProvider = (provider) => typeof provider?.request === "function";

const inHex = (text) => `0x${Array.from(new TextEncoder().encode(text), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
