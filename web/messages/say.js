// Looks up what a page shows, by key, and fills in what stands in braces.
//
// It knows no page and no words: those are all in the file of the language. What is filled in is text
// and never looked at again, so that a team may be called `{name}`.

import { language, messages } from "./en.js";

/** @typedef {typeof messages} Messages */
/** @typedef {keyof Messages} Key */
/** @typedef {Record<string, string | number>} Values */
/** @typedef {{ [K in Key]: K extends `${infer Stem}.other` ? Stem : never }[Key]} CountedKey */

const PLURALS = new Intl.PluralRules(language);

/** The text of a key. @param {Key} key @param {Values} [values] */
export function say(key, values = {}) {
  return messages[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/**
 * The text of a key in the form that a number asks for.
 * @param {CountedKey} key @param {number} number @param {Values} values
 */
export function sayCounted(key, number, values) {
  const form = `${key}.${PLURALS.select(number)}`;
  return say(isKey(form) ? form : /** @type {Key} */ (`${key}.other`), values);
}

/**
 * The word for a value that the server names, as a state; the value itself where there is none, since
 * the server may be newer than the file.
 * @param {string} group @param {string} value
 */
export function sayValue(group, value) {
  const key = `${group}.${value}`;
  return isKey(key) ? say(key) : value;
}

/** Whether there is a text of this key. @param {string} key @returns {key is Key} */
export function isKey(key) {
  return Object.hasOwn(messages, key);
}
