// Confetti in the winner's colours: two bursts, and what lies on the ground when all of it is down.
//
// A fixed number of pieces whose ways follow from the age of the celebration: thrown up, braked by the
// air, sinking at a speed of their own. Each piece is small and turns at its own pace, so that no part
// of the picture flashes.

import { css } from "./colour.js";
import { dice } from "./motion.js";

/** @import { Context, Measures, TeamPalette } from "./shapes.js" */

const PIECES = 150;
const COLOURS = 4;
/** The seconds over which pieces are thrown. */
const BURSTS_S = 1.5;
/** How quickly the air brakes a piece, a second; how high the fastest go and how fast they sink, in units. */
const BRAKE = 2.1;
const THROW = 6.2;
const SINK = 0.62;

export class Confetti {
  // Parts of the field, speeds in units a second, seconds, and a phase.
  #from = new Float32Array(PIECES);
  #goX = new Float32Array(PIECES);
  #goY = new Float32Array(PIECES);
  #sink = new Float32Array(PIECES);
  #at = new Float32Array(PIECES);
  #down = new Float32Array(PIECES);
  #turn = new Float32Array(PIECES);
  /** @type {TeamPalette | null} */
  #team = null;
  #tints = ["", "", "", ""];

  constructor() {
    const random = dice(4711);
    for (let piece = 0; piece < PIECES; piece += 1) {
      this.#from[piece] = random();
      this.#goX[piece] = (random() - 0.5) * 4.4;
      this.#goY[piece] = -THROW * (0.45 + 0.55 * random());
      this.#sink[piece] = SINK * (0.75 + 0.5 * random());
      this.#at[piece] = random() < 0.6 ? random() * 0.25 : random() * BURSTS_S;
      this.#turn[piece] = random() * 6.28;
      this.#down[piece] = this.#landing(piece);
    }
  }

  /**
   * @param {Context} context in pixels of the page
   * @param {number} party seconds since the celebration began
   * @param {TeamPalette} colours of the winner
   * @param {Float64Array} edges @param {number} team
   * @param {Measures} measures
   * @param {number} quality 0 is the best: with outlines
   */
  draw(context, party, colours, edges, team, { unit, ground, width }, quality) {
    if (this.#team !== colours) {
      this.#team = colours;
      this.#tints = [css(colours.field), colours.cloth[1], colours.hats[2], colours.cloth[0]];
    }
    const left = edges[team];
    const field = edges[team + 1] - left;
    const size = unit * 0.055;
    context.lineWidth = Math.max(1, unit * 0.008);
    context.strokeStyle = colours.line;
    for (let tint = 0; tint < COLOURS; tint += 1) {
      context.beginPath();
      for (let piece = tint; piece < PIECES; piece += COLOURS) {
        const age = party - this.#at[piece];
        if (age < 0) continue;
        const time = Math.min(age, this.#down[piece]);
        const gone = (1 - Math.exp(-BRAKE * time)) / BRAKE;
        const turn = this.#turn[piece] + time * (3 + (piece % 5));
        const sway = Math.sin(turn * 0.6) * Math.min(1, time) * 0.1;
        const x = left + field * this.#from[piece] + (this.#goX[piece] * gone + sway) * unit;
        if (x < 0 || x > width) continue;
        const y = ground - unit * (0.3 - rise(this.#goY[piece], this.#sink[piece], time, gone)) + (piece % 7) * size * 0.4;
        // What lies is seen flat.
        const isDown = age >= this.#down[piece];
        const high = size * (isDown ? 0.3 : Math.max(0.2, Math.abs(Math.cos(turn))));
        const slant = size * 0.5 * Math.sin(turn * 0.4);
        context.moveTo(x - size * 0.6, y - high * 0.5 + slant);
        context.lineTo(x + size * 0.6, y - high * 0.5 - slant);
        context.lineTo(x + size * 0.6, y + high * 0.5 - slant);
        context.lineTo(x - size * 0.6, y + high * 0.5 + slant);
        context.closePath();
      }
      context.fillStyle = this.#tints[tint];
      if (quality === 0) context.stroke();
      context.fill();
    }
  }

  /** When a piece comes down to the ground, after it was thrown. @param {number} piece */
  #landing(piece) {
    let early = 0;
    let late = 30;
    for (let halving = 0; halving < 16; halving += 1) {
      const time = (early + late) / 2;
      const gone = (1 - Math.exp(-BRAKE * time)) / BRAKE;
      if (rise(this.#goY[piece], this.#sink[piece], time, gone) < 0.3) early = time;
      else late = time;
    }
    return late;
  }
}

/** How far below its start a piece is. @param {number} go @param {number} sink @param {number} time @param {number} gone */
function rise(go, sink, time, gone) {
  return sink * time + (go - sink) * gone;
}
