// Where somebody is signed in, and signing out there.

import { call, callAll } from "./api.js";
import { confirm } from "./dialogs.js";
import { attempt, loadWhenOpened, moment, row, showRows } from "./rows.js";

// more telling names first: most browsers call themselves by the names of others, too
const BROWSERS = [[/Edg/, "Edge"], [/OPR/, "Opera"], [/Firefox/, "Firefox"], [/Chrom/, "Chrome"], [/Safari/, "Safari"]];
const SYSTEMS = [[/Android/, "Android"], [/iPhone|iPad/, "iOS"], [/Windows/, "Windows"], [/Mac OS/, "macOS"], [/Linux/, "Linux"]];

export function setUpPlaces(section) {
  loadWhenOpened(section, () => load(section));
}

async function load(section) {
  const places = (await callAll("/api/v1/me/sessions")).filter(({ active }) => active).reverse();
  const rows = places.map((place) => {
    const name = nameOf(place.label);
    const since = `Signed in on ${moment(place.created_at)}`;
    if (place.current) return row(name, `${since}. This is where you are.`);
    const on = () => attempt(section, () => end(section, place, name));
    return row(name, `${since}.`, { label: "End", name: `End the session of ${name}`, on });
  });
  showRows(section, rows, "");
}

async function end(section, { id }, name) {
  if (!(await confirm("End this session?", `Whoever uses ${name} has to sign in again.`, "End"))) return;
  await call("DELETE", `/api/v1/me/sessions/${encodeURIComponent(id)}`);
  await load(section);
}

/** What a program calls itself, shorter if it is a browser. */
function nameOf(label) {
  const found = (list) => list.find(([pattern]) => pattern.test(label ?? ""))?.[1];
  const [browser, system] = [found(BROWSERS), found(SYSTEMS)];
  if (browser && system) return `${browser} on ${system}`;
  return label || "A program that does not say its name";
}
