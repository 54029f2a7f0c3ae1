// The knot on a seam and the flag that stands on it.
//
// The pole swings like a weight on a spring towards the side that is gaining, and the cloth trails
// behind it. In the colour of the leading team, white while nobody leads.

import { clamp, ease } from "./motion.js";

/** @import { Context } from "./shapes.js" */

/** Stiffness and damping of the pole: it overshoots once and stands. */
const SPRING = 60;
const DAMPING = 6;
/** The furthest the pole leans, in radians. */
const MOST = 0.5;
const FOLDS = 7;
/** Directions of the cloth: it hangs a little below the level. */
const RIGHTWARDS = 0.16;
const LEFTWARDS = Math.PI - 0.16;

export class Flag {
  #angle = 0;
  #speed = 0;
  /** Direction in which the cloth flies: 0 to the right, half a turn to the left. */
  #fly = RIGHTWARDS;
  #phase = 0;

  /**
   * @param {number} dt milliseconds
   * @param {number} gain -1 when the left side gains with all might, 1 when the right does
   * @param {number} wind 0 to 1
   * @param {number} edge -1 or 1 near the left or right end of the picture, where the cloth flies inwards
   */
  step(dt, gain, wind, edge) {
    const time = dt / 1000;
    this.#speed += ((gain * MOST - this.#angle) * SPRING - this.#speed * DAMPING) * time;
    this.#angle = clamp(this.#angle + this.#speed * time, -1, 1);
    const target = direction(gain, edge, this.#fly);
    this.#fly = ease(this.#fly, target, dt, 320);
    this.#phase = (this.#phase + time * (1.6 + wind * 5)) % 1000;
  }

  /** Stands as it would after a while. @param {number} gain @param {number} edge */
  rest(gain, edge) {
    this.#angle = gain * MOST;
    this.#speed = 0;
    this.#fly = direction(gain, edge, RIGHTWARDS);
  }

  /**
   * @param {Context} context in pixels of the page
   * @param {number} x @param {number} y the knot
   * @param {number} size height of the pole
   * @param {string} colour of the cloth
   */
  draw(context, x, y, size, colour) {
    const sin = Math.sin(this.#angle);
    const cos = Math.cos(this.#angle);
    const topX = x + sin * size;
    const topY = y - cos * size;
    context.lineCap = "round";
    context.lineJoin = "round";

    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(topX, topY);
    context.lineWidth = size * 0.075;
    context.strokeStyle = "#1c120a";
    context.stroke();
    context.lineWidth = size * 0.036;
    context.strokeStyle = "#f3e3c3";
    context.stroke();

    this.#cloth(context, topX, topY, sin, cos, size);
    context.lineWidth = size * 0.1;
    context.strokeStyle = "#1c120a";
    context.stroke();
    context.lineWidth = size * 0.05;
    context.strokeStyle = "#fffdf7";
    context.stroke();
    context.fillStyle = colour;
    context.fill();

    context.beginPath();
    context.arc(topX, topY, size * 0.055, 0, 7);
    context.lineWidth = size * 0.03;
    context.strokeStyle = "#1c120a";
    context.fillStyle = "#fffdf7";
    context.fill();
    context.stroke();
  }

  /**
   * The outline of the cloth: along its upper edge and back along the lower.
   * @param {Context} context @param {number} x @param {number} y
   * @param {number} sin @param {number} cos @param {number} size
   */
  #cloth(context, x, y, sin, cos, size) {
    const length = size * 0.66;
    const depth = size * 0.42;
    const flyX = Math.cos(this.#fly);
    const flyY = Math.sin(this.#fly) * 0.8;
    context.beginPath();
    for (let step = 0; step < FOLDS * 2; step += 1) {
      const lower = step >= FOLDS;
      const along = (lower ? FOLDS * 2 - 1 - step : step) / (FOLDS - 1);
      const wave = Math.sin(this.#phase * 2 - along * 4.4) * along * size * 0.05;
      // The cloth is sewn to the pole, so its lower edge begins down the pole.
      const down = lower ? depth : 0;
      const startX = x - sin * (size * 0.06 + down);
      const startY = y + cos * (size * 0.06 + down);
      const taper = lower ? -depth * 0.1 * along : depth * 0.1 * along;
      context.lineTo(
        startX + flyX * length * along + wave * 0.25 * flyY,
        startY + flyY * length * along + wave + taper + along * along * size * 0.05,
      );
    }
    context.closePath();
  }
}

/** Where the cloth flies: away from the side that is gaining. @param {number} gain @param {number} edge @param {number} before */
function direction(gain, edge, before) {
  if (edge !== 0) return edge < 0 ? RIGHTWARDS : LEFTWARDS;
  return gain < -0.04 ? RIGHTWARDS : gain > 0.04 ? LEFTWARDS : before;
}

/**
 * The knot, which hides the foot of the pole and is drawn after the rope.
 * @param {Context} context @param {number} x @param {number} y
 * @param {number} angle of the rope @param {number} thickness
 */
export function drawKnot(context, x, y, angle, thickness) {
  const r = thickness;
  context.beginPath();
  context.ellipse(x, y, r * 1.5, r * 0.98, angle, 0, 7);
  context.lineWidth = r * 0.34;
  context.strokeStyle = "#2b1a0c";
  context.fillStyle = "#c99b5f";
  context.stroke();
  context.fill();
  context.beginPath();
  context.ellipse(x - r * 0.35, y, r * 0.5, r * 1.28, angle + 0.55, 0, 7);
  context.moveTo(x + r * 0.95, y);
  context.ellipse(x + r * 0.42, y, r * 0.5, r * 1.28, angle + 0.35, 0, 7);
  context.lineWidth = r * 0.2;
  context.stroke();
  context.fillStyle = "#dcb37a";
  context.fill();
  context.beginPath();
  for (let turn = -2; turn <= 2; turn += 1) {
    const along = turn * r * 0.42;
    context.moveTo(x - r * 0.62 + along * 0.35, y + along + r * 0.16);
    context.lineTo(x - r * 0.1 + along * 0.35, y + along - r * 0.16);
    context.moveTo(x + r * 0.2 + along * 0.25, y + along + r * 0.16);
    context.lineTo(x + r * 0.7 + along * 0.25, y + along - r * 0.16);
  }
  context.lineWidth = r * 0.12;
  context.strokeStyle = "#6d4219";
  context.stroke();
}
