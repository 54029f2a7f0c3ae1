// The rope: its curve, its swing, and how it is drawn.
//
// It runs across the whole picture over a row of supports (hands, and the world outside at both
// ends). Between two supports it sags with its weight, less the harder it is pulled. Over each seam it
// also swings in its first three modes, like a string; tugs set these going. The curve is sampled into
// fixed arrays, so that hands, knots and the drawing all see the same rope.

import { clamp } from "./motion.js";

/** @import { Context } from "./shapes.js" */

/** Points along the curve. */
const POINTS = 161;
/** Modes of a swinging rope that can be seen. */
const MODES = 3;
/** Swings a second of the slack and the tight rope, first mode. */
const SLACK_HZ = 0.8;
const TIGHT_HZ = 3.4;
/** Fraction of the swing that is left after a second. */
const RINGING = 0.12;
/** Tremble of the tight rope, in rope widths and times a second. */
const TREMBLE = 0.13;
const TREMBLE_HZ = 7.5;
/** In the last seconds it trembles by so much more. */
const SHAKE = 2.6;

export class Rope {
  /** Thickness in pixels of the page. */
  thickness = 18;
  #width = 1;
  #height = 1;
  #floor = 1;
  #y = new Float32Array(POINTS);
  #supportX = new Float32Array(8);
  #supportY = new Float32Array(8);
  #held = new Uint8Array(8);
  #supports = 0;
  #swing = new Float32Array(MODES);
  #speed = new Float32Array(MODES);
  #tremble = 0;
  #phase = 0;
  #tension = 0;

  /**
   * @param {number} seams
   * @param {number} width @param {number} height of the picture
   * @param {number} floor height of the ground, which the rope never goes below
   */
  prepare(seams, width, height, floor) {
    this.#width = width;
    this.#height = height;
    this.#floor = floor;
    const most = seams * 4 + 8;
    if (this.#supportX.length !== most) {
      this.#supportX = new Float32Array(most);
      this.#supportY = new Float32Array(most);
      this.#held = new Uint8Array(most);
      this.#swing = new Float32Array(seams * MODES);
      this.#speed = new Float32Array(seams * MODES);
    }
  }

  /**
   * A tug near a seam: the rope there jumps.
   * @param {number} seam @param {number} force 0 to 1
   */
  pluck(seam, force) {
    const first = seam * MODES;
    if (first < 0 || first >= this.#speed.length) return;
    // Which modes answer changes from tug to tug, without chance.
    const turn = Math.sin(this.#phase * 3.7);
    this.#speed[first] -= force * 2.2;
    this.#speed[first + 1] += force * 1.6 * turn;
    this.#speed[first + 2] += force * 1.3 * (1 - Math.abs(turn));
  }

  /**
   * @param {number} dt milliseconds @param {number} tension 0 to 1
   * @param {number} [shake] 0 to 1: how much more it trembles than it would
   */
  step(dt, tension, shake = 0) {
    this.#tension = tension;
    this.#phase = (this.#phase + dt / 1000) % 3600;
    this.#tremble = tension * tension * (1 + shake * SHAKE);
    // Short steps: a stiff spring and a long frame would feed each other.
    const steps = Math.ceil(dt / 8);
    const time = dt / 1000 / Math.max(1, steps);
    const fade = RINGING ** time;
    const base = 2 * Math.PI * (SLACK_HZ + (TIGHT_HZ - SLACK_HZ) * tension);
    for (let step = 0; step < steps; step += 1) {
      for (let index = 0; index < this.#swing.length; index += 1) {
        const turns = base * ((index % MODES) + 1);
        this.#speed[index] -= turns * turns * this.#swing[index] * time;
        this.#speed[index] *= fade;
        this.#swing[index] = clamp(this.#swing[index] + this.#speed[index] * time, -1, 1);
      }
    }
  }

  /** Lets the rope hang still at once, for a picture without motion. */
  rest() {
    this.#swing.fill(0);
    this.#speed.fill(0);
    this.#tremble = 0;
  }

  /** Begins a new row of supports, which are then given from left to right. */
  release() {
    this.#supports = 0;
  }

  /**
   * @param {number} x @param {number} y
   * @param {boolean} held whether hands hold it all the way from the support before
   */
  support(x, y, held) {
    if (this.#supports >= this.#supportX.length) return;
    const index = this.#supports;
    this.#supports += 1;
    const before = index > 0 ? this.#supportX[index - 1] : -Infinity;
    this.#supportX[index] = Math.max(x, before + 0.001);
    this.#supportY[index] = y;
    this.#held[index] = held ? 1 : 0;
  }

  /**
   * Works out the curve over the supports.
   * @param {Float64Array} edges borders of the fields; those between the ends are seams
   */
  shape(edges) {
    const gap = (this.#width + 80) / (POINTS - 1);
    const curve = 8 * this.#height * (0.26 + 5.5 * this.#tension ** 1.4);
    const swingable = this.#height * 0.05;
    let index = 1;
    let seam = this.#seamIn(edges, index);
    for (let point = 0; point < POINTS; point += 1) {
      const x = point * gap - 40;
      while (index < this.#supports - 1 && x > this.#supportX[index]) {
        index += 1;
        seam = this.#seamIn(edges, index);
      }
      const from = this.#supportX[index - 1];
      const length = Math.max(1, this.#supportX[index] - from);
      const along = clamp((x - from) / length);
      const straight =
        this.#supportY[index - 1] + (this.#supportY[index] - this.#supportY[index - 1]) * along;
      const shiver =
        Math.sin(x * 0.021 + this.#phase * 2 * Math.PI * TREMBLE_HZ) *
        Math.sin(x * 0.0047 - this.#phase * 5.1) *
        this.#tremble *
        TREMBLE *
        this.thickness;
      let y = straight + shiver;
      if (this.#held[index] === 0) {
        // A rope that would sink into the ground comes to lie on it, softly.
        const room = Math.max(1, this.#floor - straight - this.thickness * 0.6);
        const sag = room * (1 - Math.exp(-(length * length) / curve / room));
        y += sag * 4 * along * (1 - along);
        if (seam >= 0) {
          const arc = Math.PI * along;
          const first = seam * MODES;
          y +=
            swingable *
            (this.#swing[first] * Math.sin(arc) +
              this.#swing[first + 1] * Math.sin(arc * 2) * 0.7 +
              this.#swing[first + 2] * Math.sin(arc * 3) * 0.5);
        }
        y = Math.min(y, this.#floor - this.thickness * 0.5);
      }
      this.#y[point] = y;
    }
  }

  /** Height of the rope at a place. @param {number} x */
  at(x) {
    const place = clamp(((x + 40) / (this.#width + 80)) * (POINTS - 1), 0, POINTS - 1.001);
    const point = Math.floor(place);
    return this.#y[point] + (this.#y[point + 1] - this.#y[point]) * (place - point);
  }

  /** Slope of the rope at a place. @param {number} x */
  slope(x) {
    return (this.at(x + 12) - this.at(x - 12)) / 24;
  }

  /**
   * @param {Context} context in pixels of the page
   * @param {number} anchor a place on the rope that its strands move with
   */
  draw(context, anchor) {
    const gap = (this.#width + 80) / (POINTS - 1);
    context.beginPath();
    for (let point = 0; point < POINTS; point += 1) context.lineTo(point * gap - 40, this.#y[point]);
    context.lineJoin = "round";
    context.lineWidth = this.thickness * 1.32;
    context.strokeStyle = "#2b1a0c";
    context.stroke();
    context.lineWidth = this.thickness;
    context.strokeStyle = "#c99b5f";
    context.stroke();

    // The light side, then the twist: one slanted stroke a strand.
    const r = this.thickness / 2;
    context.beginPath();
    for (let point = 0; point < POINTS; point += 1) {
      context.lineTo(point * gap - 40, this.#y[point] - r * 0.42);
    }
    context.lineWidth = r * 0.62;
    context.strokeStyle = "#ecca92";
    context.stroke();
    context.beginPath();
    const strand = this.thickness * 0.95;
    for (let x = (anchor % strand) - strand; x < this.#width + strand; x += strand) {
      const y = this.at(x);
      const tilt = this.slope(x);
      // Across the rope and a little along it, turned with the slope.
      context.moveTo(x - r * 0.75 + tilt * r, y + r * 0.85 - tilt * r * 0.75);
      context.quadraticCurveTo(x - r * 0.1, y + r * 0.15, x + r * 0.75 - tilt * r, y - r * 0.85 + tilt * r * 0.75);
    }
    context.lineWidth = Math.max(1, this.thickness * 0.15);
    context.strokeStyle = "#6d4219";
    context.stroke();
  }

  /** The seam between two supports, or -1. @param {Float64Array} edges @param {number} index */
  #seamIn(edges, index) {
    for (let seam = 1; seam < edges.length - 1; seam += 1) {
      const x = edges[seam];
      if (x >= this.#supportX[index - 1] && x <= this.#supportX[index]) return seam - 1;
    }
    return -1;
  }
}
