// The curtain before a sealed result: cloth with folds that hangs down to everybody's knees.
//
// Of no team's colour, and the same on both sides: it tells nothing. The folds are painted once into a
// column; a frame copies that and draws the hem.

/** @import { Context, Measures, Theme } from "./shapes.js" */

/** The width of a fold, in heights of the picture. */
const FOLD = 0.062;
/** A column is at least so wide; narrow tiles copy slowly. */
const TILE_WIDTH = 480;
/** How much of people is seen under the hem, in their heights. */
const KNEE = 0.3;
/** The cloth, its light side and its shade. */
const CLOTH = ["#3a2f38", "#54454f", "#2a2129"];
const GREY = ["#333333", "#4a4a4a", "#232323"];

export class Curtain {
  /** Woven when it is first seen. @type {CanvasPattern | null} */
  #cloth = null;
  #fold = 40;
  #high = 0;
  #grey = false;
  #was = 0;
  #sway = 0;
  #phase = 0;

  /** @param {number} height of the canvas @param {Theme} theme */
  prepare(height, theme) {
    this.#grey = theme === "mono";
    this.#high = height;
    this.#fold = Math.max(12, Math.round(height * FOLD));
    this.#cloth = null;
  }

  /** @param {number} dt milliseconds @param {number} down 0 to 1 */
  step(dt, down) {
    this.#phase = (this.#phase + dt / 1000) % 3600;
    // It swings out after it has come down.
    if (down !== this.#was) this.#sway = 1;
    else this.#sway *= 2 ** (-dt / 500);
    this.#was = down;
  }

  /**
   * @param {Context} context @param {number} down 0 to 1
   * @param {Measures} measures
   */
  draw(context, down, { width, height, ground, person, scale }) {
    this.#cloth ??= this.#weave(context);
    if (!this.#cloth) return;
    const fold = this.#fold / scale;
    const hem = person * 0.075;
    const bottom = (ground - person * KNEE) * down ** 2 - (1 - down) * hem;
    const top = Math.round((bottom - hem) * scale);
    context.setTransform(1, 0, 0, 1, 0, top - height * scale);
    context.fillStyle = this.#cloth;
    context.fillRect(0, height * scale - top, width * scale, top);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    this.#trim(context, width, bottom - hem, fold, hem);
  }

  /** @param {Context} context */
  #weave(context) {
    const folds = Math.max(1, Math.ceil(TILE_WIDTH / this.#fold));
    const tile = document.createElement("canvas");
    tile.width = this.#fold * folds;
    tile.height = this.#high;
    const paint = tile.getContext("2d", { alpha: false });
    if (!paint) return null;
    const [base, light, dark] = this.#grey ? GREY : CLOTH;
    for (let fold = 0; fold < folds; fold += 1) {
      const shade = paint.createLinearGradient(fold * this.#fold, 0, (fold + 1) * this.#fold, 0);
      shade.addColorStop(0, dark);
      shade.addColorStop(0.2, base);
      shade.addColorStop(0.42, light);
      shade.addColorStop(0.62, base);
      shade.addColorStop(1, dark);
      paint.fillStyle = shade;
      paint.fillRect(fold * this.#fold, 0, this.#fold, this.#high);
    }
    const fall = paint.createLinearGradient(0, 0, 0, this.#high);
    fall.addColorStop(0, "rgb(0 0 0 / 0.4)");
    fall.addColorStop(0.5, "rgb(0 0 0 / 0)");
    fall.addColorStop(1, "rgb(0 0 0 / 0.2)");
    paint.fillStyle = fall;
    paint.fillRect(0, 0, tile.width, this.#high);
    return context.createPattern(tile, "repeat");
  }

  /**
   * The hem: a border that hangs in an arc below each fold, and swings.
   * @param {Context} context @param {number} width @param {number} y @param {number} fold @param {number} hem
   */
  #trim(context, width, y, fold, hem) {
    const [, , dark] = this.#grey ? GREY : CLOTH;
    context.beginPath();
    context.moveTo(-fold, y - 1);
    let at = y;
    for (let x = 0; x < width + fold; x += fold) {
      const swing = Math.sin(this.#phase * 7 - x * 0.012) * this.#sway * hem * 0.7;
      const next = y + hem * 0.5 + swing;
      context.quadraticCurveTo(x - fold * 0.5, Math.max(at, next) + hem * 1.2, x, next);
      at = next;
    }
    context.lineTo(width + fold, y - 1);
    context.closePath();
    context.fillStyle = dark;
    context.fill();
    context.lineWidth = hem * 0.42;
    context.strokeStyle = "#2b1a0c";
    context.stroke();
    context.lineWidth = hem * 0.24;
    context.strokeStyle = this.#grey ? "#bdbdbd" : "#c99b5f";
    context.stroke();
  }
}
