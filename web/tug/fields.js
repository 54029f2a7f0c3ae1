// The ground of the contest: one field a team, each with its colour and its own quiet pattern.
//
// A field is painted once into a column as high as the canvas and a few repeats wide. A frame then
// only tiles that column, which costs a copy of the pixels and no blending, so that even a machine
// without a graphics card keeps up. Patterns therefore drift sideways only.

import { BLACK, WHITE, css, mix } from "./colour.js";

/** @import { Colour, Context, Palette } from "./shapes.js" */

/** Drift of the patterns in canvas heights a second; slower than anyone can follow. */
const DRIFT = 0.011;
/** Width of one repeat in canvas heights. */
const REPEAT = 0.11;
/** How much of the ink shows in a pattern: enough to tell fields apart in grey, not more. */
const STRENGTH = 0.085;
/** A column holds enough repeats to be about this many pixels wide; narrow tiles copy slowly. */
const TILE_WIDTH = 480;

/**
 * Each draws one repeat with its corner at 0, as high as the canvas. What leaves on the right must
 * come in on the left.
 * @type {readonly ((context: Context, repeat: number, height: number) => void)[]}
 */
const PATTERNS = [diagonals, dots, zigzags, rings, bars, diamonds, crosses, counterDiagonals];

export class Fields {
  /** @type {CanvasPattern[]} */
  #columns = [];
  #repeat = 100;
  #height = 0;
  #seam = 4;
  #seamColour = "";
  #width = 0;
  #drift = 0;

  /**
   * Paints the columns anew; sizes are in pixels of the canvas.
   * @param {Context} context @param {Palette} palette
   * @param {number} width @param {number} height @param {number} ground where people stand
   */
  prepare(context, palette, width, height, ground) {
    this.#width = width;
    this.#height = height;
    this.#repeat = Math.max(16, Math.round((height * REPEAT) / 2) * 2);
    this.#seam = Math.max(2, Math.round(height * 0.0065));
    this.#seamColour = css(palette.seam);
    const repeats = Math.max(1, Math.ceil(TILE_WIDTH / this.#repeat));
    this.#columns = palette.teams.map((team, index) => {
      const tile = document.createElement("canvas");
      tile.width = this.#repeat * repeats;
      tile.height = height;
      const paint = tile.getContext("2d", { alpha: false });
      if (paint) {
        paint.fillStyle = css(team.field);
        paint.fillRect(0, 0, tile.width, height);
        paint.fillStyle = paint.strokeStyle = css(team.ink, STRENGTH);
        for (let column = 0; column < repeats; column += 1) {
          paint.setTransform(1, 0, 0, 1, column * this.#repeat, 0);
          paint.save();
          paint.beginPath();
          paint.rect(0, 0, this.#repeat, height);
          paint.clip();
          PATTERNS[index % PATTERNS.length](paint, this.#repeat, height);
          paint.restore();
        }
        paint.setTransform(1, 0, 0, 1, 0, 0);
        light(paint, tile.width, height, ground);
        soil(paint, team.field, tile.width, height, ground);
      }
      // A tile as high as the canvas could repeat sideways only, but "repeat" is copied ten times as
      // fast without a graphics card (0.4 ms instead of 5.5 for 1920x983 in Chromium).
      return /** @type {CanvasPattern} */ (context.createPattern(tile, "repeat"));
    });
  }

  /** @param {number} dt milliseconds */
  step(dt) {
    this.#drift = (this.#drift + (dt / 1000) * DRIFT * this.#height) % this.#repeat;
  }

  /**
   * @param {Context} context
   * @param {Float64Array} edges borders from left to right, ends included
   * @param {number} scale canvas pixels for each unit of `edges`
   */
  draw(context, edges, scale) {
    const height = this.#height;
    for (let index = 0; index < this.#columns.length; index += 1) {
      const from = index === 0 ? 0 : Math.round(edges[index] * scale);
      const to =
        index === this.#columns.length - 1 ? this.#width : Math.round(edges[index + 1] * scale);
      if (to <= from) continue;
      // Whole pixels: a shifted copy stays a copy, and the pattern stays crisp.
      const shift = Math.round(index % 2 === 0 ? this.#drift : -this.#drift);
      context.setTransform(1, 0, 0, 1, shift, 0);
      context.fillStyle = this.#columns[index];
      context.fillRect(from - shift, 0, to - from, height);
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    for (let index = 1; index < this.#columns.length; index += 1) {
      const x = Math.round(edges[index] * scale);
      context.fillStyle = "rgb(0 0 0 / 0.22)";
      context.fillRect(x - this.#seam * 1.5, 0, this.#seam * 3, height);
      context.fillStyle = this.#seamColour;
      context.fillRect(x - this.#seam / 2, 0, this.#seam, height);
    }
  }
}

/**
 * A little less light at the top, so that the middle of the picture leads.
 * @param {Context} paint @param {number} width @param {number} height @param {number} ground
 */
function light(paint, width, height, ground) {
  const shade = paint.createLinearGradient(0, 0, 0, ground);
  shade.addColorStop(0, "rgb(0 0 0 / 0.14)");
  shade.addColorStop(0.28, "rgb(0 0 0 / 0)");
  shade.addColorStop(0.72, "rgb(255 255 255 / 0)");
  shade.addColorStop(1, "rgb(255 255 255 / 0.16)");
  paint.fillStyle = shade;
  paint.fillRect(0, 0, width, height);
}

/**
 * The ground, darker towards the viewer.
 * @param {Context} paint @param {Colour} field
 * @param {number} width @param {number} height @param {number} ground
 */
function soil(paint, field, width, height, ground) {
  const horizon = ground - height * 0.022;
  const shade = paint.createLinearGradient(0, horizon, 0, height);
  shade.addColorStop(0, css(mix(field, BLACK, 0.2)));
  shade.addColorStop(0.45, css(mix(field, BLACK, 0.36)));
  shade.addColorStop(1, css(mix(field, BLACK, 0.55)));
  paint.fillStyle = shade;
  paint.fillRect(0, horizon, width, height - horizon);
  paint.fillStyle = css(mix(field, WHITE, 0.3));
  paint.fillRect(0, horizon, width, Math.max(1, height * 0.003));
}

/** @param {Context} context @param {number} repeat @param {number} height */
function diagonals(context, repeat, height) {
  stripes(context, repeat, height, 1);
}

/** @param {Context} context @param {number} repeat @param {number} height */
function counterDiagonals(context, repeat, height) {
  stripes(context, repeat, height, -1);
}

/** @param {Context} context @param {number} repeat @param {number} height @param {number} way */
function stripes(context, repeat, height, way) {
  context.beginPath();
  const run = height * way;
  for (let x = -height - repeat; x < height + repeat * 2; x += repeat) {
    context.moveTo(x, 0);
    context.lineTo(x + repeat / 2, 0);
    context.lineTo(x + repeat / 2 - run, height);
    context.lineTo(x - run, height);
    context.closePath();
  }
  context.fill();
}

/** @param {Context} context @param {number} repeat @param {number} height */
function dots(context, repeat, height) {
  context.beginPath();
  const row = repeat / 2;
  for (let y = row / 2, odd = false; y < height + row; y += row, odd = !odd) {
    for (let x = odd ? repeat / 2 : 0; x <= repeat; x += repeat) {
      context.moveTo(x + repeat * 0.17, y);
      context.arc(x, y, repeat * 0.17, 0, 7);
    }
  }
  context.fill();
}

/** @param {Context} context @param {number} repeat @param {number} height */
function zigzags(context, repeat, height) {
  context.lineWidth = repeat * 0.2;
  context.beginPath();
  for (let y = 0; y < height + repeat; y += repeat * 0.66) {
    context.moveTo(-repeat / 2, y);
    for (let half = 0; half < 4; half += 1) {
      context.lineTo((repeat * half) / 2, y + (half % 2 === 0 ? repeat * 0.3 : 0));
    }
  }
  context.stroke();
}

/** @param {Context} context @param {number} repeat @param {number} height */
function rings(context, repeat, height) {
  context.lineWidth = repeat * 0.11;
  context.beginPath();
  for (let y = repeat / 2; y < height + repeat; y += repeat) {
    context.moveTo(repeat * 0.8, y);
    context.arc(repeat / 2, y, repeat * 0.3, 0, 7);
  }
  context.stroke();
}

/** @param {Context} context @param {number} repeat @param {number} height */
function bars(context, repeat, height) {
  for (let y = 0; y < height; y += repeat / 2) context.fillRect(0, y, repeat, repeat / 5);
}

/** @param {Context} context @param {number} repeat @param {number} height */
function diamonds(context, repeat, height) {
  context.beginPath();
  for (let y = 0; y < height + repeat; y += repeat) {
    context.moveTo(repeat / 2, y);
    context.lineTo(repeat * 0.85, y + repeat / 2);
    context.lineTo(repeat / 2, y + repeat);
    context.lineTo(repeat * 0.15, y + repeat / 2);
    context.closePath();
  }
  context.fill();
}

/** @param {Context} context @param {number} repeat @param {number} height */
function crosses(context, repeat, height) {
  const arm = repeat * 0.16;
  for (let y = repeat / 2; y < height + repeat; y += repeat) {
    context.fillRect(repeat / 2 - arm * 2, y - arm / 2, arm * 4, arm);
    context.fillRect(repeat / 2 - arm / 2, y - arm * 2, arm, arm * 1.5);
    context.fillRect(repeat / 2 - arm / 2, y + arm / 2, arm, arm * 1.5);
  }
}
