// The elements of a page: found by their ids, written to only when something changes.

import { isKey, say } from "../messages/say.js";

/**
 * The element with this id, which the page must have.
 * @template {HTMLElement} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export function find(id, kind) {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`);
  return element;
}

/** Writes text only when it has changed. @param {HTMLElement} element @param {string} text */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Writes the texts that the page names by key: as content, and as labels for a screen reader. */
export function writeMessages() {
  for (const element of document.querySelectorAll("[data-message]")) {
    element.textContent = message(element.getAttribute("data-message"));
  }
  for (const element of document.querySelectorAll("[data-message-label]")) {
    element.setAttribute("aria-label", message(element.getAttribute("data-message-label")));
  }
}

/** @param {string | null} key */
function message(key) {
  if (key === null || !isKey(key)) throw new Error(`there is no message ${key}`);
  return say(key);
}
