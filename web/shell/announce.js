// What a screen reader says aloud: the start, a change of the lead, the last of a clock, the bell, the result,
// and the connection.
//
// Little on purpose. A lead that changes twice in ten seconds is said once, as it then stands, and of a round
// that is hidden nothing is said of how it stands.

import { percent } from "../messages/numbers.js";
import { say, sayValue } from "../messages/say.js";
import { ended } from "../messages/sentences.js";

/** @import { Snapshot } from "../live/shapes.js" */

/** A lead is said so long after whatever was said before, at the least. */
const LEAD_MS = 10_000;
/** What may be left when it is said how much. */
const LEFT_MS = [10_000, 30_000];

export class Announcer {
  #element;
  /** @type {Snapshot | null} */
  #before = null;
  /** @type {string | null} */
  #leader = null;
  #said = -Infinity;
  #lost = false;

  /** @param {HTMLElement} element with `role="status"` */
  constructor(element) {
    this.#element = element;
  }

  /** @param {Snapshot} snapshot @param {number} [now] milliseconds of a steady clock */
  hear(snapshot, now = performance.now()) {
    const before = this.#before;
    this.#before = snapshot;
    const event = before ? happened(before, snapshot) : start(snapshot);
    const { phase, leader, round } = snapshot;
    if (before?.phase !== phase) this.#leader = leader;
    if (event) {
      this.#announce(event);
      this.#said = now;
    }
    // Outside of an open round nobody leads: before it there are no votes, and after it is the result.
    if (phase !== "open" || round?.hidden || leader === this.#leader || now - this.#said < LEAD_MS) return;
    this.#announce(leader === null ? say("announce.tie") : say("announce.lead", { name: leader }));
    this.#leader = leader;
    this.#said = now;
  }

  /** @param {boolean} stale */
  connection(stale) {
    if (stale === this.#lost) return;
    this.#lost = stale;
    this.#announce(say(stale ? "announce.lost" : "announce.back"));
  }

  /** @param {string} sentence */
  #announce(sentence) {
    this.#element.textContent = sentence;
  }
}

/** How it stands when the page is opened. @param {Snapshot} snapshot */
function start({ title, phase, round, teams }) {
  if (round && phase !== "open") return say("announce.phase", { title, phase: sayPhase(phase, round) });
  if (round?.hidden) return say("announce.phase", { title, phase: say("standing.hidden") });
  const shares = teams.map(({ name, share }) => say("announce.share", { name, percent: percent(share) }));
  return say("announce.start", { title, shares: shares.join(", ") });
}

/**
 * What is said of a snapshot that follows another; nothing of most.
 * @param {Snapshot} before @param {Snapshot} now
 */
function happened(before, { title, phase, round }) {
  if (!round) return "";
  const isOther = round.number !== before.round?.number || title !== before.title;
  if (isOther || phase !== before.phase) {
    const words = sayPhase(phase, round);
    return phase === "armed" ? say("announce.phase", { title, phase: words }) : words;
  }
  const [was, left] = [before.round?.left_ms ?? 0, round.left_ms];
  if (phase !== "open" || left === null) return "";
  const passed = LEFT_MS.find((mark) => was > mark && left <= mark);
  return passed ? say("announce.left", { left: passed / 1000 }) : "";
}

/** @param {string} phase @param {NonNullable<Snapshot["round"]>} round */
function sayPhase(phase, { result }) {
  if (phase === "revealed" && result) return say("announce.result", { ended: ended(result) });
  return sayValue("announce", phase);
}
