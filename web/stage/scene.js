// Which scene the hall sees, so long after a snapshot came. Pure.
//
// The show's own scene goes first, and then the act of the round, which the figures play too.

import { actOf } from "../tug/act.js";

/** @import { Snapshot } from "../live/shapes.js" */

/**
 * `timer`, `join`, `tug` in a show without rounds, or else of a round: `armed`, `countdown`, `open`, `last`,
 * `locked`, `sealed`, `reveal`, `photo`, `celebrate` or `tie`.
 * @param {Pick<Snapshot, "scene" | "timer" | "phase" | "round" | "teams">} snapshot
 * @returns {string}
 */
export function sceneOf(snapshot) {
  const { scene, timer, phase, round } = snapshot;
  if (scene === "join" || (scene === "timer" && timer)) return scene;
  if (!round) return "tug";
  const { name } = actOf(snapshot);
  if (name === "ready") return phase;
  if (name === "pull") return "open";
  return name === "held" ? "locked" : name;
}

/**
 * The snapshot as it would be after some more time without news: its clocks have gone on, and stand where
 * the next phase begins, which is the server's to say.
 * @template {Pick<Snapshot, "phase" | "round">} Kind
 * @param {Kind} snapshot @param {number} ms @returns {Kind}
 */
export function after(snapshot, ms) {
  const { phase, round } = snapshot;
  if (!round || round.paused) return snapshot;
  const less = (/** @type {number | null} */ left) => (left === null ? null : Math.max(0, left - ms));
  const { phase_ms } = round;
  return {
    ...snapshot,
    round: {
      ...round,
      phase_ms: phase_ms === null ? null : phase_ms + ms,
      opens_in_ms: less(round.opens_in_ms),
      left_ms: phase === "open" ? less(round.left_ms) : round.left_ms,
    },
  };
}

/**
 * In how many milliseconds a letter changes by itself: the next second of a clock, or an act of a result.
 * @param {Pick<Snapshot, "round" | "phase">} snapshot
 */
export function changesIn({ phase, round }) {
  if (!round || round.paused) return Infinity;
  const { opens_in_ms, left_ms, phase_ms, grace_ms } = round;
  if (phase === "countdown") return toSecond(opens_in_ms);
  if (phase === "open") return toSecond(left_ms);
  if (phase === "locked") return toSecond(phase_ms === null ? null : grace_ms - phase_ms);
  // The acts of a result begin at tenths of a second.
  return phase === "revealed" && phase_ms !== null && phase_ms < 5000 ? 100 - (phase_ms % 100) : Infinity;
}

/** @param {number | null} left */
function toSecond(left) {
  if (left === null || left <= 0) return Infinity;
  return left % 1000 || 1000;
}
