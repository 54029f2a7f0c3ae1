// What a screen reader says aloud: the start, a change of the lead, and the connection.
//
// Little on purpose. A lead that changes twice in ten seconds is said once, as it then stands.

import { percent } from "../messages/numbers.js";
import { say } from "../messages/say.js";

/** @import { Snapshot } from "../live/shapes.js" */

/** Shortest time between two announcements of the lead. */
const LEAD_MS = 10_000;

export class Announcer {
  #element;
  /** @type {string | null | undefined} */
  #leader;
  #said = -Infinity;
  #lost = false;

  /** @param {HTMLElement} element with `role="status"` */
  constructor(element) {
    this.#element = element;
  }

  /** @param {Snapshot} snapshot */
  hear({ title, teams, leader }) {
    const now = performance.now();
    if (this.#leader === undefined) {
      const shares = teams.map(({ name, share }) =>
        say("announce.share", { name, percent: percent(share) }),
      );
      this.#announce(say("announce.start", { title, shares: shares.join(", ") }));
    } else if (leader === this.#leader || now - this.#said < LEAD_MS) return;
    else this.#announce(leader === null ? say("announce.tie") : say("announce.lead", { name: leader }));
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
