// What is said aloud by a screen reader: the start, a change of the lead, and the connection.
//
// Little on purpose. A lead that changes twice in ten seconds is said once, as it then stands.

import { percent } from "./words.js";

/** @typedef {import("./wire.js").Snapshot} Snapshot */

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
      const shares = teams.map(({ name, share }) => `${name} ${percent(share)} percent`);
      this.#say(`${title} ${shares.join(", ")}.`);
    } else if (leader === this.#leader || now - this.#said < LEAD_MS) return;
    else this.#say(leader === null ? "It is a tie." : `${leader} has taken the lead.`);
    this.#leader = leader;
    this.#said = now;
  }

  /** @param {boolean} stale */
  connection(stale) {
    if (stale === this.#lost) return;
    this.#lost = stale;
    this.#say(stale ? "No news: the picture stands still." : "The news is back.");
  }

  /** @param {string} sentence */
  #say(sentence) {
    this.#element.textContent = sentence;
  }
}
