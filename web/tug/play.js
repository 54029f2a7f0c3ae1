// What one person does in the acts of a round: spits and rubs, sits down, jumps and throws a hat, or falls.
//
// All of it is set anew in each frame, from the age of the celebration where there is one and from the
// crowd's own time before that; only how quickly somebody begins and stops is eased.

import { isBare, throwsHat } from "./hats.js";
import { heapY } from "./heap.js";
import { clamp, ease, smooth } from "./motion.js";

/** @typedef {import("./acts.js").Acts} Acts */
/** @typedef {import("./crowd.js").Member} Member */

/** The time in which hands are spat into and rubbed once. */
const SPIT_S = 1.35;
/** How long somebody falls, and how much later each next one in the line does. */
const FALL_S = 0.72;
const DOMINO_S = 0.04;
/** How long everybody jumps, and how high at most, in heights. */
const JUMPING_S = 5.5;
const JUMP = 0.25;
/** The first hat is thrown so long after the celebration began, the last so much later. */
const HATS_S = 0.25;
const LATER_S = 0.9;
const TURN = Math.PI * 2;

/**
 * Before a round, and after a tie.
 * @param {Member} member @param {Acts} acts
 * @param {number} phase seconds of the crowd @param {number} dt milliseconds
 */
export function prepare(member, acts, phase, dt) {
  const { rhythm } = member.look;
  const turn = rhythm * TURN;
  // One now and then while there is time, everybody in a countdown.
  const spits = acts.hurry > 0.5 || Math.sin(phase * 0.7 + turn * 5) > 0.86;
  member.spit = ease(member.spit, spits ? acts.spit * member.grip : 0, dt, 110);
  member.rub = ease(member.rub, (phase / SPIT_S + rhythm * 0.4) % 1 < 0.36 ? 0 : 1, dt, 50);
  member.sit = smooth(acts.sit * 1.6 - rhythm * 0.6);
  member.swing = Math.sin(phase * (member.sit > 0.5 ? 1.7 : 24) + turn);
  member.lift = 0;
}

/**
 * With those who have won.
 * @param {Member} member @param {number} party seconds; negative if there is nothing to celebrate
 * @param {number} dt
 */
export function celebrate(member, party, dt) {
  const { rhythm } = member.look;
  const turn = rhythm * TURN;
  const tired = clamp(party - JUMPING_S - rhythm);
  const joy = smooth((party - rhythm * 0.3) / 0.25);
  // Afterwards somebody waves now and then.
  const waves = Math.sin(party * 0.55 + turn * 3) > 0.8 ? 1 : 0;
  member.wave = ease(member.wave, joy * Math.max(1 - tired, waves), dt, 90);
  member.cheer = ease(member.cheer, joy * (1 - tired), dt, 120);
  member.thrown = party >= 0 && throwsHat(member.look) ? party - HATS_S - rhythm * LATER_S : -1;
  member.bare = isBare(member);
  if (party < 0) return;
  member.swing = Math.sin(party * 8.5 + turn) * (0.6 + 0.4 * rhythm);
  member.lift = Math.abs(Math.sin(party * 5.2 + turn)) * JUMP * joy * (1 - tired) * (0.5 + rhythm * 0.5);
}

/**
 * With those who have lost: a hop into the air, and down into the heap.
 * @param {Member} member @param {number} party seconds; negative if there is no reason to fall
 * @param {number} index @param {number} people in the line
 * @param {number} dt
 */
export function tumble(member, party, index, people, dt) {
  const { rhythm } = member.look;
  const way = party < 0 ? 0 : clamp((party - index * DOMINO_S - rhythm * 0.16) / FALL_S);
  member.fall = ease(member.fall, smooth(way), dt, way > 0 ? 12 : 150);
  member.lift += Math.sin(way * Math.PI) * (0.16 + rhythm * 0.26) + heapY(index, people) * member.fall;
  // Legs kick for a while.
  if (way > 0) member.swing = Math.sin(party * 8 + rhythm * TURN) * 2 ** (-party / 1.8);
}
