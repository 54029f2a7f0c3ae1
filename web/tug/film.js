// The film of a photo finish: four pictures of the knot, one after the other, and a fine line in the last.
//
// The line is the middle; the field that reaches over it is the winner's, as on the ground of the tug.

import { css } from "./colour.js";
import { drawKnot } from "./flag.js";
import { smooth } from "./motion.js";

/** @import { Context, Measures, Palette } from "./shapes.js" */

/** Where the seam is in each picture, from the middle towards the second, in widths of a picture. */
const SEAMS = [-0.17, 0.11, -0.055, 0.045];
/** When the strip is in place, and when each picture appears, in parts of the film. */
const IN = 0.12;
const FIRST = 0.1;
const NEXT = 0.17;

/**
 * @param {Context} context in pixels of the page
 * @param {number} film 0 to 1
 * @param {Palette} colours @param {number} team the winner @param {number} rival the second
 * @param {Measures} measures
 */
export function drawFilm(context, film, colours, team, rival, { width, height, ground, person }) {
  const wide = Math.min(width * 0.225, height * 0.31);
  const high = wide * 0.86;
  const gap = wide * 0.06;
  const edge = wide * 0.16;
  const long = wide * 4 + gap * 5;
  const x = (width - long) / 2 - (1 - smooth(film / IN)) * width;
  const y = Math.min(ground - person * 1.06 - high - edge, (height - high) / 2);
  const isLeft = team < rival;
  const left = css(colours.teams[isLeft ? team : rival].field);
  const right = css(colours.teams[isLeft ? rival : team].field);

  context.fillStyle = "#17130f";
  context.fillRect(x, y - edge, long, high + edge * 2);
  // Perforation along both borders.
  context.beginPath();
  const hole = edge * 0.62;
  for (let at = x + gap; at < x + long - hole; at += hole * 1.7) {
    context.roundRect(at, y - edge * 0.78, hole, hole * 0.8, hole * 0.2);
    context.roundRect(at, y + high + edge * 0.28, hole, hole * 0.8, hole * 0.2);
  }
  context.fillStyle = "#f2ead8";
  context.fill();
  for (let picture = 0; picture < SEAMS.length; picture += 1) {
    const from = x + gap + picture * (wide + gap);
    if (film < FIRST + picture * NEXT) {
      context.fillStyle = "#2c251e";
      context.fillRect(from, y, wide, high);
      continue;
    }
    const seam = from + wide * (0.5 + SEAMS[picture] * (isLeft ? 1 : -1));
    context.fillStyle = left;
    context.fillRect(from, y, seam - from, high);
    context.fillStyle = right;
    context.fillRect(seam, y, from + wide - seam, high);
    knot(context, seam, from, from + wide, y, high, wide);
    if (picture < SEAMS.length - 1) continue;
    const line = from + wide / 2;
    context.fillStyle = "#000";
    context.fillRect(line - wide * 0.014, y, wide * 0.028, high);
    context.fillStyle = "#fff";
    context.fillRect(line - wide * 0.006, y, wide * 0.012, high);
  }
}

/**
 * The rope with its knot, near.
 * @param {Context} context @param {number} seam @param {number} from @param {number} to
 * @param {number} y @param {number} high @param {number} wide
 */
function knot(context, seam, from, to, y, high, wide) {
  const thick = wide * 0.13;
  const rope = y + high * 0.58;
  context.fillStyle = "#fffdf7";
  context.fillRect(seam - wide * 0.012, y, wide * 0.024, high);
  context.fillStyle = "#2b1a0c";
  context.fillRect(from, rope - thick * 0.66, to - from, thick * 1.32);
  context.fillStyle = "#c99b5f";
  context.fillRect(from, rope - thick * 0.5, to - from, thick);
  context.fillStyle = "#ecca92";
  context.fillRect(from, rope - thick * 0.36, to - from, thick * 0.3);
  drawKnot(context, seam, rope, 0, thick);
}
