// What the forms of the page have in common: errors where they belong, a button that waits, passwords that can be seen.

import { $ } from "./dom.js";

/** Lets people see what they type into the password field that a button with `data-reveal` names. */
export function setUpReveals() {
  for (const button of document.querySelectorAll("[data-reveal]")) {
    button.addEventListener("click", () => reveal(button, $(button.dataset.reveal).type === "password"));
  }
}

/**
 * Does what a form asks for, while its button waits; resolves to whether it worked. What the server has against a field
 * stands at that field: `fields` says which of ours is which of theirs. `words` says the rest.
 */
export async function submit(form, fields, work, words = ({ message }) => message) {
  clear(form);
  busy(form, true);
  try {
    await work();
    hidePasswords(form);
    return true;
  } catch (error) {
    showError(form, fields, error, words);
    return false;
  } finally {
    busy(form, false);
  }
}

/** Says what is wrong with a field, and leads there. */
export function fieldError(id, message) {
  $(`${id}-error`).textContent = message;
  $(`${id}-error`).hidden = false;
  $(id).setAttribute("aria-invalid", "true");
  $(id).focus();
}

/** Whether a password is long enough; says so at its field if not. */
export function isLongEnough(id) {
  const isLong = [...$(id).value].length >= 12;
  if (!isLong) fieldError(id, "The password needs at least 12 characters.");
  return isLong;
}

/** Says in a form that it worked. */
export function done(form, text) {
  form.querySelector(".form-done").textContent = text;
}

/**
 * Does what a button that stands alone is for, while it waits; resolves to whether it worked. What goes wrong is said in
 * `box`.
 */
export async function press(button, box, work, words = ({ message }) => message) {
  // one that is disabled would lose the focus
  if (button.ariaDisabled === "true") return false;
  box.hidden = true;
  button.ariaDisabled = "true";
  try {
    await work();
    return true;
  } catch (error) {
    box.textContent = words(error);
    box.hidden = false;
    return false;
  } finally {
    button.ariaDisabled = "false";
  }
}

/** Takes away what was said about the last try. */
export function clear(form) {
  for (const part of form.querySelectorAll(".field-error, .form-error")) part.hidden = true;
  for (const part of form.querySelectorAll("[aria-invalid]")) part.removeAttribute("aria-invalid");
  for (const part of form.querySelectorAll(".form-done")) part.textContent = "";
}

/** Empties the password fields of a form. */
export function hidePasswords(form) {
  for (const button of form.querySelectorAll("[data-reveal]")) reveal(button, false);
  for (const field of form.querySelectorAll("input[type=password]")) field.value = "";
}

function showError(form, fields, error, words) {
  if (!("status" in error)) console.error(error);
  const known = (error.fields ?? []).filter(({ field }) => fields[field]);
  for (const { field, message } of known.reverse()) fieldError(fields[field], sentence(message));
  if (known.length) return;
  const box = form.querySelector(".form-error");
  box.textContent = "status" in error ? words(error) : "Something in this page went wrong. Reload it to go on.";
  box.hidden = false;
}

/** `is too short` -> `It is too short.` */
function sentence(message) {
  const text = /^(is|must|has|needs|was|cannot|may)\b/.test(message) ? `It ${message}` : message;
  return text[0].toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}

function reveal(button, isShown) {
  $(button.dataset.reveal).type = isShown ? "text" : "password";
  button.textContent = isShown ? "Hide" : "Show";
  button.setAttribute("aria-pressed", String(isShown));
}

function busy(form, isBusy) {
  const button = form.querySelector("button:not([type])");
  button.disabled = isBusy;
  button.setAttribute("aria-busy", String(isBusy));
}
