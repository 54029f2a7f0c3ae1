// Who stands at the rope: the build, clothes and hat of each person.
//
// Everything follows from a seed made of the team's place and the person's place in the line, so that
// every screen shows the same people. Colours are picked by number here and filled in when drawn.

import { dice } from "./motion.js";

/** @import { Look } from "./shapes.js" */

/** Hair styles, when there is no hat. */
export const HAIR = { short: 0, bun: 1, afro: 2, mohawk: 3, tail: 4, bald: 5 };
const STYLES = 6;

/** What people wear on their heads; the first is nothing. */
export const HAT = { none: 0, bobble: 1, cap: 2, top: 3, party: 4, horns: 5, straw: 6, band: 7 };
/** Hats in the order in which they come up along the line; every third person has bare hair. */
const HATS = [1, 0, 2, 5, 0, 4, 6, 0, 3, 1, 0, 7, 2, 0, 6, 4, 0, 5];

/** Prints on shirts: none, stripes, a belt across, dungarees. */
const PRINTS = 4;

/**
 * @param {number} team
 * @param {number} place in the line, 0 being next to the knot
 * @returns {Look}
 */
export function look(team, place) {
  const random = dice(team * 7919 + place * 104729 + 17);
  // The first throws of neighbouring seeds are alike; these two are thrown away.
  random();
  random();
  const child = random() < 0.16;
  const heavy = !child && random() < 0.34;
  const tint = Math.floor(random() * 5);
  return {
    size: child ? 0.76 + random() * 0.06 : 0.93 + random() * 0.2,
    girth: heavy ? 1.3 + random() * 0.25 : 0.86 + random() * 0.26,
    belly: heavy ? 0.05 + random() * 0.05 : random() * 0.02,
    head: (child ? 0.146 : 0.124) + random() * 0.014,
    nose: 0.2 + random() * 0.16,
    skin: Math.floor(random() * 6),
    hairColour: Math.floor(random() * 6),
    hair: Math.floor(random() * STYLES),
    hat: HATS[(place * 5 + team * 7 + Math.floor(random() * 3)) % HATS.length],
    hatColour: Math.floor(random() * 3),
    shirt: (tint + place) % 5,
    print: Math.floor(random() * PRINTS),
    trousers: Math.floor(random() * 3),
    sleeves: random() < 0.5,
    beard: child ? 0 : Math.floor(random() * 4),
    glasses: random() < 0.22,
    rhythm: random(),
  };
}
