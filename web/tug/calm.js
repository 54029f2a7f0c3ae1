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
  /** 1 or -1 once the seam has gone far enough to have a direction. */
  #direction = 0;
  /** The farthest place in that direction, as a part of the width; without one, to both sides. */
  #farthest = 0;
  #least = NaN;
  #most = NaN;
  #sinceTurn = Infinity;

  /**
   * Where a seam at `from` may be after `dt` milliseconds, if it wants to be at `to`; places are parts of
   * the width.
   * @param {number} from @param {number} to @param {number} dt
   */
  step(from, to, dt) {
    this.#sinceTurn += dt;
    if (this.#direction === 0) {
      this.#setOut(from, to);
      return to;
    }
    const ahead = (to - this.#farthest) * this.#direction;
    if (ahead >= 0) this.#farthest = to;
    if (ahead >= -WIGGLE) return to;
    if (this.#sinceTurn < REST_MS) return this.#farthest - this.#direction * WIGGLE;
    this.#turn(-this.#direction, to);
    return to;
  }

  /** @param {number} from @param {number} to */
  #setOut(from, to) {
    if (Number.isNaN(this.#least)) this.#least = this.#most = from;
    this.#least = Math.min(this.#least, to);
    this.#most = Math.max(this.#most, to);
    if (to - this.#least > WIGGLE) this.#turn(1, to);
    else if (this.#most - to > WIGGLE) this.#turn(-1, to);
  }

  /** @param {number} direction @param {number} at */
  #turn(direction, at) {
    this.#direction = direction;
    this.#farthest = at;
    this.#sinceTurn = 0;
  }
}
