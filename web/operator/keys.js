// What the keys of a clicker and of a keyboard order, on the desk and on the stage. Pure: no page.
//
// A clicker has PageDown and PageUp or the arrows, a full stop for the dark, and F5 and Escape, which
// belong to slides and do nothing here. Letters can be left out, for who dictates or types by accident.

/** @import { Snapshot } from "../live/shapes.js" */

/** @typedef {{ command: string, [argument: string]: unknown }} Order */
/** @typedef {Pick<Snapshot, "phase" | "blackout" | "scene">} Seen what the presser sees */

/** `?keys=clicker` leaves the letters to whoever dictates. @param {string} search of the address */
export function hasLetters(search) {
  return new URLSearchParams(search).get("keys") !== "clicker";
}

/**
 * The order of a key; null if it has none. What depends on the phase says which one was seen; the dark and
 * the scenes mean the same in each, and must not fail because a bell has just fallen.
 * @param {string} key as the browser calls it @param {Seen} seen @param {boolean} letters
 * @returns {Order | null}
 */
export function ordered(key, { phase, blackout, scene }, letters) {
  const name = key.toLowerCase();
  if (!letters && /^[a-z]$/.test(name)) return null;
  switch (name) {
    case "pagedown":
    case "arrowright":
      return { command: "next", from: phase };
    case "pageup":
    case "arrowleft":
      return { command: "undo", from: phase };
    case ".":
    case "b": {
      const isDark = blackout.includes("all") || blackout.includes("screens");
      return { command: isDark ? "light" : "blackout", what: "all" };
    }
    case "j":
      return { command: "scene", scene: scene === "join" ? "contest" : "join" };
    case "t":
      return { command: "scene", scene: scene === "timer" ? "contest" : "timer" };
    default:
      return null;
  }
}
