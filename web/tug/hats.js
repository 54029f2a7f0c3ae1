// The hats of the winners: thrown, caught again, or left on the ground.
//
// A flight follows from the time since the throw alone. Two of three come down on the head they came
// from; the others lie before the crowd until the next round.

import { drawHat } from "./heads.js";
import { HAT } from "./looks.js";
import { clamp } from "./motion.js";

/** @typedef {import("./crowd.js").Member} Member */
/** @import { Context, Look, TeamPalette } from "./shapes.js" */

/** How long a hat is in the air, and how high it goes over the head, in heights of a person. */
const FLIGHT_S = 1.5;
const HIGH = 1.15;
/** The middle of a head over the ground, of somebody upright. */
const HEAD = 0.87;

/** A band is tied on. @param {Look} look */
export function throwsHat({ hat }) {
  return hat !== HAT.none && hat !== HAT.band;
}

/** @param {Look} look */
function isCaught({ rhythm }) {
  return (rhythm * 12) % 3 > 1;
}

/** Whether the hat is somewhere else. @param {Member} member */
export function isBare({ thrown, look }) {
  return thrown >= 0 && (thrown < FLIGHT_S || !isCaught(look));
}

/**
 * Draws the hat of somebody who has thrown it.
 * @param {Context} context
 * @param {Member} member
 * @param {number} x @param {number} y the ground there, on the canvas
 * @param {number} height in pixels
 * @param {TeamPalette} team
 */
export function drawThrown(context, { thrown, look, facing, fallen }, x, y, height, team) {
  const caught = isCaught(look);
  const way = clamp(thrown / FLIGHT_S);
  const size = height * look.head;
  const turns = 1 + (fallen % 2);
  const aside = (look.rhythm - 0.5) * (caught ? 0.3 * (1 - way) * way * 4 : 1.3 * way);
  const high = HIGH * (0.55 + 0.45 * look.rhythm) * 4 * way * (1 - way);
  const from = height * HEAD;
  const to = caught ? from : size * 0.62 - height * 0.05;
  const angle = way * turns * Math.PI * 2 * facing;
  const cos = Math.cos(angle) * size;
  const sin = Math.sin(angle) * size;
  context.setTransform(cos * facing, sin * facing, -sin, cos, x + aside * height, y - from - (to - from) * way * way - high * height);
  drawHat(context, 0, 1, look, team);
}
