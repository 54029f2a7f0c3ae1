// Looks up what a page shows, by key, and fills in what stands in braces.
//
// It knows no page and no words: those are all in the files of the language. What is filled in is text
// and never looked at again, so that a team may be called `{name}`.

import { language, messages } from "./en.js";

/** @import { details } from "./en.details.js" */
/** @import { operate } from "./en.operate.js" */

/** @typedef {typeof messages & typeof details & typeof operate} Messages */
/** @typedef {keyof Messages} Key */
/** @typedef {Record<string, string | number>} Values */
/** @typedef {{ [K in Key]: K extends `${infer Stem}.other` ? Stem : never }[Key]} CountedKey */

/** The words that the page has loaded. @type {Partial<Messages>} */
const known = { ...messages };
const PLURALS = new Intl.PluralRules(language);

/** Adds words that not every page has. @param {Partial<Messages>} words */
export function learn(words) {
  Object.assign(known, words);
}

/** The text of a key. @param {Key} key @param {Values} [values] */
export function say(key, values = {}) {
  const text = known[key];
  if (text === undefined) throw new Error(`this page has not loaded ${key}`);
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
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
  return Object.hasOwn(known, key);
}
