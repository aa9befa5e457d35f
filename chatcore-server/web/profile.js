// What somebody wants to be called. Servers that are older than the name do not have it; then nobody is asked.

import { call } from "./api.js";
import { $ } from "./dom.js";
import { done, submit } from "./forms.js";

/** `changed(user)`: this is what they are called now. */
export function setUpProfile(changed) {
  $("profile-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    let user = null;
    const name = $("display-name").value.trim() || null;
    const send = async () => (user = await call("PATCH", "/api/v1/me", { display_name: name }));
    if (!(await submit($("profile-form"), { display_name: "display-name" }, send))) return;
    fill(user);
    changed(user);
    done($("profile-form"), name ? `You are called ${user.display_name} here.` : "You have no name of your own here.");
  });
}

/** Reads what they are called. */
export async function loadProfile() {
  fill(await call("GET", "/api/v1/me"));
}

function fill(user) {
  $("profile").hidden = !("display_name" in user);
  $("display-name").value = user.display_name ?? "";
}
