// Keeps the fields from flashing, whatever the crowd does.
//
// When a seam goes to and fro, the strip between its turns flashes in the colours of two teams. People
// can be harmed by more than three such flashes a second (WCAG 2.3.1); here there are two at most: a
// seam that has just turned does not turn again before `REST_MS` have passed, and waits where it is.
// Small wiggles are free: the part of the screen that they change is too small to count.

/** Between two turns: a flash is two of them. */
export const REST_MS = 250;
/** A way back of this part of the width is a turn: 25 % of the middle ten degrees of sight, and less. */
export const WIGGLE = 0.02;

export class Calm {
  #direction = 0;
  /** The farthest place in that direction, as a part of the width. */
  #farthest = 0;
  #sinceTurn = Infinity;

  /**
   * Where a seam at `from` may be after `dt` milliseconds, if it wants to be at `to`; places are parts of
   * the width.
   * @param {number} from @param {number} to @param {number} dt
   */
  step(from, to, dt) {
    this.#sinceTurn += dt;
    const direction = Math.sign(to - from);
    if (direction === 0) return to;
    if (this.#direction === 0) {
      // To set out is half a flash too.
      this.#direction = direction;
      this.#farthest = from;
      this.#sinceTurn = 0;
    }
    const ahead = (to - this.#farthest) * this.#direction;
    if (ahead >= 0) this.#farthest = to;
    if (ahead > -WIGGLE) return to;
    if (this.#sinceTurn < REST_MS) return this.#farthest - this.#direction * WIGGLE;
    this.#sinceTurn = 0;
    this.#direction = -this.#direction;
    this.#farthest = to;
    return to;
  }
}
