// How long to wait before the next attempt to connect.
//
// Full jitter: anywhere between nothing and a ceiling that doubles. When a server restarts, four
// hundred phones that lost it in the same moment come back spread out, not in step.

/** Ceiling of the first wait. */
const FIRST_MS = 500;
/** No wait is longer: a hall should never look at an old picture for want of an attempt. */
const LONGEST_MS = 10_000;

/**
 * The wait after `failures` attempts in a row that brought no news.
 * @param {number} failures
 * @param {number} random between 0 and 1
 */
export function delay(failures, random) {
  return random * Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 16));
}
