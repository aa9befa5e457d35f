// The choice of the model that answers. A conversation remembers its own; for a new one it is the one chosen last.

import { call } from "./api.js";
import { $, make } from "./dom.js";
import { compact, units } from "./numbers.js";
import * as storage from "./storage.js";

const KEY = "chatcore.model";
let models = [];
/** What the open conversation remembers. */
let wanted = null;
let rendered = null;

/** `chosen(id)`: somebody chose another model. */
export function setUpModels({ chosen }) {
  $("model").addEventListener("change", () => {
    wanted = $("model").value;
    storage.set(KEY, wanted);
    render();
    chosen(wanted);
  });
}

/** Reads which models there are: they may come and go with the server. */
export async function load() {
  const { items } = await call("GET", "/api/v1/models");
  models = items;
  render();
}

/** Shows the model of a conversation, or for null that of a new one. */
export function show(conversation) {
  wanted = conversation?.model ?? null;
  render();
}

/** The chosen model; undefined as long as none is known. */
export const chosen = () => $("model").value || undefined;

function render() {
  const names = [wanted, storage.get(KEY)];
  const name = wanted ?? names.find((name) => models.some(({ id }) => id === name)) ?? models[0]?.id;
  const options = JSON.stringify([name, models]);
  // an open list would close
  if (options === rendered) return;
  rendered = options;
  const groups = [...new Set(models.map(({ provider }) => provider))].map((provider) => {
    const ours = models.filter((model) => model.provider === provider);
    return make("optgroup", { label: provider }, ...ours.map((model) => make("option", { value: model.id, text: labelOf(model) })));
  });
  // what answered here may be gone: that is said, and something else can be chosen
  const isGone = name !== undefined && models.length > 0 && !models.some(({ id }) => id === name);
  if (isGone) groups.unshift(make("option", { value: name, text: `${name} – not available` }));
  $("model").replaceChildren(...groups);
  if (name !== undefined) $("model").value = name;
  $("model").title = $("model").selectedOptions[0]?.text ?? "";
  $("model-picker").hidden = models.length === 0;
}

/** The name, how much the model can read, and what a million tokens cost where that is known. */
function labelOf({ id, context_tokens: context, prices }) {
  const cost = prices ? `, ${units(prices.input)} in / ${units(prices.output)} out per million` : "";
  return `${id} – ${compact(context)} tokens${cost}`;
}
