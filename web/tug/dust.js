// Dust under slipping heels and sweat over hard-pulling heads.
//
// A fixed number of specks; the oldest gives way to the newest. They are all of one size class and
// drawn as one path, so that a scramble costs as much as a quiet moment.

/** @import { Context } from "./shapes.js" */

/** Specks in the air at once; with more, the oldest vanishes early. */
const MOST = 96;
/** How long one lives. */
const LIFE_S = 0.75;

export class Dust {
  #x = new Float32Array(MOST);
  #y = new Float32Array(MOST);
  #goX = new Float32Array(MOST);
  #goY = new Float32Array(MOST);
  #size = new Float32Array(MOST);
  #age = new Float32Array(MOST).fill(LIFE_S);
  #weight = new Float32Array(MOST);
  #next = 0;

  /**
   * @param {number} x @param {number} y
   * @param {number} goX @param {number} goY pixels a second
   * @param {number} size @param {number} weight pixels a second, each second; smoke rises a little
   */
  puff(x, y, goX, goY, size, weight) {
    const speck = this.#next;
    this.#next = (speck + 1) % MOST;
    this.#x[speck] = x;
    this.#y[speck] = y;
    this.#goX[speck] = goX;
    this.#goY[speck] = goY;
    this.#size[speck] = size;
    this.#weight[speck] = weight;
    this.#age[speck] = 0;
  }

  /** @param {number} dt milliseconds */
  step(dt) {
    const time = dt / 1000;
    for (let speck = 0; speck < MOST; speck += 1) {
      this.#age[speck] = Math.min(LIFE_S, this.#age[speck] + time);
      this.#goY[speck] += this.#weight[speck] * time;
      this.#x[speck] += this.#goX[speck] * time;
      this.#y[speck] += this.#goY[speck] * time;
    }
  }

  clear() {
    this.#age.fill(LIFE_S);
  }

  /** @param {Context} context in pixels of the page */
  draw(context) {
    let any = false;
    context.beginPath();
    for (let speck = 0; speck < MOST; speck += 1) {
      const left = 1 - this.#age[speck] / LIFE_S;
      if (left <= 0) continue;
      any = true;
      // Dust spreads, then thins out; drops only shrink.
      const falls = this.#weight[speck] > 0;
      const radius = this.#size[speck] * (falls ? left : (1.6 - left) * Math.min(1, left * 2.2));
      context.moveTo(this.#x[speck] + radius, this.#y[speck]);
      context.arc(this.#x[speck], this.#y[speck], radius, 0, 7);
    }
    if (!any) return;
    context.fillStyle = "rgb(255 250 238 / 0.75)";
    context.fill();
  }
}
