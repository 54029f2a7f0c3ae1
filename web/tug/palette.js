// Which colour everything has: the teams' own, in one of three themes.
//
// `dark` and `bright` differ in what the style sheet puts around the fields. `mono` gives up the
// colours for light and dark grey, for tired projectors; the patterns then carry the difference.
// All is worked out when the teams or the theme change, never in a frame.

import { BLACK, WHITE, colour, css, deepen, ink, luminance, mix } from "./colour.js";

/** @import { Colour, Palette, TeamPalette, Theme } from "./shapes.js" */

/** @type {Colour} */
const PAPER = [255, 253, 247];

/** Skin, from light to dark. */
const SKIN = ["#ffdbc0", "#f2c29b", "#dca173", "#b97a50", "#8d5734", "#643a22"];
const GREY_SKIN = ["#f4f4f4", "#dedede", "#c6c6c6", "#a8a8a8", "#8c8c8c", "#707070"];
const HAIR = ["#2a1c14", "#5b3518", "#a2622a", "#e3b55a", "#b8b4ac", "#7a2b1a"];
const GREY_HAIR = ["#1c1c1c", "#404040", "#686868", "#bcbcbc", "#d8d8d8", "#303030"];

/** @param {string} value @returns {Theme} */
export function theme(value) {
  return value === "bright" || value === "mono" ? value : "dark";
}

/**
 * @param {readonly { color: string }[]} teams
 * @param {Theme} theme
 * @returns {Palette}
 */
export function palette(teams, theme) {
  return {
    seam: theme === "mono" ? WHITE : PAPER,
    teams: teams.map(({ color }, index) =>
      theme === "mono" ? mono(index) : clothes(colour(color)),
    ),
  };
}

const NATURAL = { skin: SKIN, hair: HAIR };
const DRAINED = { skin: GREY_SKIN, hair: GREY_HAIR };

/** @param {Theme} theme */
export function skins(theme) {
  return theme === "mono" ? DRAINED : NATURAL;
}

/** @param {number} index */
function mono(index) {
  // Neighbours take turns, and further turns differ a little.
  const step = Math.floor(index / 2) % 3;
  const value = index % 2 === 0 ? 236 - step * 34 : 34 + step * 30;
  return { ...clothes([value, value, value]), straw: "#d6d6d6", horn: "#f0f0f0" };
}

/** @param {Colour} field @returns {TeamPalette} */
function clothes(field) {
  const light = luminance(field) > 0.3;
  // People must stand out from their own field: on a light one most wear dark, on a dark one light.
  const cloth = light
    ? [mix(field, WHITE, 0.92), deepen(field, 0.42), mix(field, WHITE, 0.7), deepen(field, 0.24), mix(field, WHITE, 0.84)]
    : [mix(field, WHITE, 0.66), mix(field, WHITE, 0.93), mix(field, WHITE, 0.45), mix(field, WHITE, 0.8), mix(field, WHITE, 0.28)];
  const hats = light
    ? [mix(field, WHITE, 0.92), deepen(field, 0.5), mix(field, WHITE, 0.6)]
    : [mix(field, WHITE, 0.93), mix(field, WHITE, 0.5), deepen(field, 0.4)];
  const trousers = light
    ? [deepen(field, 0.82), deepen(field, 0.6), mix(field, WHITE, 0.8)]
    : [deepen(field, 0.7), deepen(field, 0.4), mix(field, WHITE, 0.75)];
  const line = mix(field, BLACK, 0.86);
  return {
    field,
    ink: ink(field),
    cloth: cloth.map((tint) => css(tint)),
    hats: hats.map((tint) => css(tint)),
    trousers: trousers.map((tint) => css(tint)),
    line: css(line),
    straw: "#f0d489",
    horn: "#f3ead2",
  };
}
