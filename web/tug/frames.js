// The beat of the animation: one call a frame, and the care that it stays fluid.
//
// It stops while the page is hidden. When frames take too long for too many of them, quality steps
// down, and after a calm minute it is tried once more. Frame times are kept as a histogram of fixed
// size, so that measuring costs nothing.

import { LONGEST_STEP_MS } from "./motion.js";

/** Frames in one judgement. */
const SAMPLE = 180;
/** When the slowest twentieth of frames is above this, the picture is not fluid. */
const SLOW_MS = 20;
/**
 * Lowest quality. From 1 on there is one pixel a point and people are drawn every second frame, then
 * every third and fourth; at the lowest everything moves only every second frame. Nothing is left out.
 */
const WORST = 3;
/** Judgements without trouble before a better quality is tried; doubled after each failed try. */
const CALM = 20;
const BUCKETS = 128;

export class Frames {
  quality = 0;
  /** 95th percentile of the last judgement, in ms; 0 before the first. */
  slowest = 0;

  #draw;
  #running = false;
  #last = 0;
  #drawn = 0;
  #skipped = 0;
  #count = 0;
  #calm = 0;
  #needed = CALM;
  #times = new Uint16Array(BUCKETS);
  #request = 0;
  #frame;

  /** @param {(dt: number, quality: number) => void} draw */
  constructor(draw) {
    this.#draw = draw;
    this.#frame = (/** @type {number} */ now) => this.#tick(now);
    document.addEventListener("visibilitychange", () => this.#resume());
  }

  /** @param {boolean} running */
  run(running) {
    if (running === this.#running) return;
    this.#running = running;
    this.#resume();
  }

  #resume() {
    cancelAnimationFrame(this.#request);
    if (!this.#running || document.hidden) return;
    // Time stood still in between, and the first frames after a pause prove nothing.
    this.#last = this.#drawn = 0;
    this.#times.fill(0);
    this.#count = -30;
    this.#request = requestAnimationFrame(this.#frame);
  }

  /** @param {number} now */
  #tick(now) {
    this.#request = requestAnimationFrame(this.#frame);
    if (this.#last > 0) this.#judge(now - this.#last);
    this.#last = now;
    this.#skipped += 1;
    if (this.quality === WORST && this.#skipped < 2) return;
    this.#skipped = 0;
    const dt = this.#drawn > 0 ? Math.min(LONGEST_STEP_MS, now - this.#drawn) : 0;
    this.#drawn = now;
    this.#draw(dt, this.quality);
  }

  /** @param {number} time between two frames */
  #judge(time) {
    this.#count += 1;
    if (this.#count <= 0) return;
    this.#times[Math.min(BUCKETS - 1, Math.floor(time))] += 1;
    if (this.#count < SAMPLE) return;
    this.slowest = this.#percentile();
    this.#times.fill(0);
    this.#count = 0;
    if (this.slowest > SLOW_MS) {
      if (this.#calm === 0 && this.quality > 0) this.#needed = Math.min(CALM * 16, this.#needed * 2);
      this.quality = Math.min(WORST, this.quality + 1);
      this.#calm = 0;
    } else if (this.quality > 0 && (this.#calm += 1) >= this.#needed) {
      this.quality -= 1;
      this.#calm = 0;
    }
  }

  #percentile() {
    let left = SAMPLE * 0.05;
    for (let bucket = BUCKETS - 1; bucket > 0; bucket -= 1) {
      left -= this.#times[bucket];
      if (left < 0) return bucket + 1;
    }
    return 1;
  }
}
