// Closing the account: somebody types its name, and shows again that it is them.

import { call } from "./api.js";
import { $ } from "./dom.js";
import { clear, fieldError, submit } from "./forms.js";

const NAMELESS = "close my account";
let name = NAMELESS;

/** `proof()` is what shows that it is them, or null if it is missing; `closed()` is called when the account is gone. */
export function setUpClosing({ proof, words, closed }) {
  $("close-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    clear($("close-form"));
    if ($("close-name").value.trim() !== name) return fieldError("close-name", `Type ${name} here if you mean it.`);
    const shown = proof();
    if (!shown) return;
    const send = () => words(call("DELETE", "/api/v1/me", shown));
    if (await submit($("close-form"), { current_password: "close-current" }, send)) closed();
  });
}

/** What has to be typed: the name of the account, if it has one. */
export function showClosing(ways) {
  const named = ["username", "email"].map((kind) => ways.find((way) => way.kind === kind)).find(Boolean);
  name = named?.value ?? NAMELESS;
  $("close-word").textContent = name;
}
