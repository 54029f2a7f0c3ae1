// How long a case waits. A wait is for a condition and has an end; no case looks at the clock to see
// whether something was quick, unless nothing else runs on the machine.

import assert from "node:assert/strict";

/** The longest wait for one thing: ages on an idle machine, and enough on a busy one. */
export const PATIENCE_MS = 60_000;
/** A case waits for several things. */
export const LIMIT = { timeout: 5 * PATIENCE_MS };

/**
 * A limit by the wall clock, which a busy machine cannot keep: it is looked at where nothing else runs,
 * which `HASHTUG_TIMED=1` says. `tests/long` sets it.
 * @param {string} what @param {number} took milliseconds @param {number} most milliseconds
 */
export function inTime(what, took, most) {
  if (process.env.HASHTUG_TIMED === "1") assert.ok(took <= most, `${what} took ${took} ms`);
}
