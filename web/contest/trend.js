// The history as a strip of two colours: time runs to the right, and the border between the colours
// stands where the seam stood.
//
// Drawn when there is a new point, about once a second, and at no other time.

import { css } from "../tug/colour.js";

/** @typedef {import("./history.js").History} History */
/** @import { Palette } from "../tug/shapes.js" */

/** The strip shows at least this long a time, so that the first second is not stretched over it. */
const SHORTEST_MS = 30_000;
/** With more teams than this the borders would hide the colours. */
const CROWDED = 8;

export class Trend {
  #canvas;
  #context;

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d", { alpha: false });
  }

  /** @param {History} history @param {Palette} palette */
  draw(history, palette) {
    const context = this.#context;
    if (!context) return;
    const scale = Math.min(2, devicePixelRatio);
    const width = Math.round(this.#canvas.clientWidth * scale);
    const height = Math.round(this.#canvas.clientHeight * scale);
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
    // What surrounds the strip follows the page, which may be light while the picture is dark.
    context.fillStyle = getComputedStyle(this.#canvas).getPropertyValue("--furniture");
    context.fillRect(0, 0, width, height);
    if (history.length < 2 || history.teams !== palette.teams.length) return;

    const newest = history.time(history.length - 1);
    const start = Math.min(history.time(0), newest - SHORTEST_MS);
    const x = (/** @type {number} */ index) =>
      (width * (history.time(index) - start)) / (newest - start);
    // Every team is painted from its own border down to the floor, the last team on top.
    for (let team = 0; team < history.teams; team += 1) {
      context.beginPath();
      context.moveTo(x(0), height);
      for (let index = 0; index < history.length; index += 1) {
        let above = 0;
        for (let other = 0; other < team; other += 1) above += history.share(index, other);
        context.lineTo(x(index), height * above);
      }
      context.lineTo(width, height);
      context.closePath();
      context.fillStyle = css(palette.teams[team].field);
      context.fill();
      if (team === 0 || history.teams > CROWDED) continue;
      context.lineWidth = 2 * scale;
      context.lineJoin = "round";
      context.strokeStyle = css(palette.seam);
      context.stroke();
    }
  }
}
