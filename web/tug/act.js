// Which act of a round is played: what a snapshot says, in the words of the picture. Pure.
//
// It says nothing of how an act looks; `acts.js` makes numbers of it. A show without rounds pulls for ever.

/** @import { Snapshot } from "../live/shapes.js" */
/** @import { Act } from "./shapes.js" */

/** The rope begins to tremble with so much time left. */
const LAST_MS = 10_000;
/** When the split of a result is in, and that of a photo finish; so too on the strip. */
const IN_MS = 1800;
const DEVELOPED_MS = 3800;
/** When the film strip of a photo finish comes: the curtain is up by then. */
export const FILM_MS = 900;
/** Of a phase of which nobody knows how long it has stood. */
const LONG_MS = 1e9;

/** @param {Pick<Snapshot, "phase" | "round" | "teams">} snapshot @returns {Act} */
export function actOf({ phase, round, teams }) {
  const act = {
    name: "pull", team: -1, rival: -1, photo: false, over: false, end: Infinity,
    age: round?.phase_ms ?? LONG_MS, left: Infinity,
    inRound: round !== null, paused: !!round?.paused, hidden: !!round?.hidden,
  };
  if (!round) return act;
  if (phase === "armed" || phase === "countdown") {
    act.name = "ready";
    if (phase === "countdown") act.left = round.opens_in_ms ?? 0;
  } else if (phase === "open") {
    act.left = round.left_ms ?? Infinity;
    if (act.left <= LAST_MS) act.name = "last";
  } else if (phase === "sealed") {
    act.name = "sealed";
  } else if (phase === "revealed" && round.result) {
    const { result } = round;
    const place = (/** @type {string | undefined} */ name) => teams.findIndex((team) => team.name === name);
    const others = result.teams.filter(({ name }) => name !== result.winner);
    act.team = place(result.winner ?? undefined);
    act.rival = place(others.sort((one, other) => other.share - one.share)[0]?.name);
    act.over = true;
    act.photo = result.photo_finish && act.team >= 0 && act.rival >= 0;
    act.end = act.photo ? DEVELOPED_MS : IN_MS;
    act.name = outcome(act, act.age);
  } else {
    act.name = "held";
  }
  return act;
}

/** What a result is played as, so long after it was revealed. @param {Act} act @param {number} age */
export function outcome({ team, photo, end }, age) {
  if (age >= end) return team < 0 ? "tie" : "celebrate";
  return photo && age >= FILM_MS ? "photo" : "reveal";
}
