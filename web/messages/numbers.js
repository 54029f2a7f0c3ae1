// Numbers, names and lengths of time as people read them. Pure: no page, no clock.

import { say } from "./say.js";

/** Names longer than this are cut in running text; the table has them whole. */
const LONGEST_NAME = 24;
/** Characters that turn the writing direction, and may not turn it back. */
const TURNS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

const GROUPED = new Intl.NumberFormat("en", { useGrouping: true });

/** @param {number} value */
export function count(value) {
  return GROUPED.format(value).replaceAll(",", "\u202f");
}

/**
 * A share in percent with one decimal. 100.0 and 0.0 are said only when they are exact: a side with
 * one vote in ten thousand is still there.
 * @param {number} share
 */
export function percent(share) {
  if (share >= 1) return "100.0";
  if (share <= 0) return "0.0";
  return Math.min(99.9, Math.max(0.1, share * 100)).toFixed(1);
}

/** @param {number} ms */
export function duration(ms) {
  if (ms < 1000) return say("time.ms", { ms: Math.round(ms) });
  const seconds = Math.floor(ms / 1000);
  if (seconds < 120) return say("time.s", { s: seconds });
  const [h, min, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (h === 0) return s ? say("time.min.s", { min, s }) : say("time.min", { min });
  return min ? say("time.h.min", { h, min }) : say("time.h", { h });
}

/**
 * Seconds that have begun, as on a clock.
 * @param {number} ms
 */
export function clock(ms) {
  const all = Math.ceil(ms / 1000);
  const [hours, minutes, seconds] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/**
 * A name that must share a line with others: cut, and isolated, so that whichever way it is written
 * the words around it stay where they are.
 * @param {string} name
 */
export function brief(name) {
  const letters = [...name.replace(TURNS, "")];
  const shown = letters.length > LONGEST_NAME ? [...letters.slice(0, LONGEST_NAME - 1), "…"] : letters;
  return isolated(shown.join(""));
}

/** Text of others that is to leave the direction of the words around it alone. @param {string} text */
export function isolated(text) {
  return `\u2068${text}\u2069`;
}
