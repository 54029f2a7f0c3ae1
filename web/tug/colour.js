// Colours as three numbers: mixing them, and choosing black or white text that can be read on them.
//
// Luminance and contrast are those of WCAG 2. The better of black and white always has at least
// 4.5:1, on any colour, which is why text stands on plates of the pure team colour and nowhere else.

/** @import { Colour } from "./shapes.js" */

/** @type {Colour} */
export const BLACK = [0, 0, 0];
/** @type {Colour} */
export const WHITE = [255, 255, 255];
/** What a colour that cannot be read becomes. @type {Colour} */
const GREY = [128, 128, 128];

/** @param {string} hex such as `#ffb000` @returns {Colour} */
export function colour(hex) {
  const digits = /^#([0-9a-f]{6})$/i.exec(hex);
  if (!digits) return GREY;
  const value = Number.parseInt(digits[1], 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** @param {Colour} colour @returns {string} */
export function css([red, green, blue], alpha = 1) {
  const digits = `${Math.round(red)} ${Math.round(green)} ${Math.round(blue)}`;
  return alpha === 1 ? `rgb(${digits})` : `rgb(${digits} / ${alpha})`;
}

/** @param {Colour} from @param {Colour} to @param {number} amount @returns {Colour} */
export function mix(from, to, amount) {
  return [
    from[0] + (to[0] - from[0]) * amount,
    from[1] + (to[1] - from[1]) * amount,
    from[2] + (to[2] - from[2]) * amount,
  ];
}

/**
 * A darker, richer tone of the same hue; mixing with black would make yellow olive.
 * @param {Colour} colour @param {number} amount 0 to 1
 * @returns {Colour}
 */
export function deepen([red, green, blue], amount) {
  const deep = (/** @type {number} */ channel) =>
    255 * (channel / 255) ** (1 + amount * 1.4) * (1 - amount * 0.78);
  return [deep(red), deep(green), deep(blue)];
}

/** @param {Colour} colour */
export function luminance([red, green, blue]) {
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

/** Black or white, whichever can be read better. @param {Colour} ground */
export function ink(ground) {
  const light = luminance(ground);
  return 1.05 / (light + 0.05) > (light + 0.05) / 0.05 ? WHITE : BLACK;
}

/** @param {number} channel */
function linear(channel) {
  const part = channel / 255;
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
}
