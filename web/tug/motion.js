// How things move: towards the truth, at a speed that does not depend on the frame rate.
//
// The server's snapshot is the target and never the picture itself, so two snapshots in one frame
// or none in ten look the same. Nothing here keeps time or draws.

/** Time in which half of the way to the target is done. */
export const HALF_LIFE_MS = 180;
/** A longer pause between two frames counts as this much: after a hiccup things glide, not jump. */
export const LONGEST_STEP_MS = 100;

/**
 * One step from `from` towards `target`.
 * @param {number} from
 * @param {number} target
 * @param {number} dt milliseconds
 */
export function ease(from, target, dt, halfLife = HALF_LIFE_MS) {
  return from + (target - from) * (1 - 2 ** (-dt / halfLife));
}

/** @param {number} value */
export function clamp(value, low = 0, high = 1) {
  return value < low ? low : value > high ? high : value;
}

/** From 0 to 1 without a jerk at either end. @param {number} way */
export function smooth(way) {
  const part = clamp(way);
  return part * part * (3 - 2 * part);
}

/**
 * How hard a side pulls, 0 to 1, from its posts a second. Logarithmic: one post in five seconds can
 * be seen, and fifty a second is as hard as it gets.
 * @param {number} rate
 */
export function strength(rate) {
  return clamp(Math.log1p(rate * 6) / Math.log1p(50 * 6));
}

/**
 * Small repeatable random numbers, so that every screen draws the same people.
 * @param {number} seed
 * @returns {() => number} numbers from 0 up to, but without, 1
 */
export function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
