// The shares of the round so far, at most 15 minutes of them.
//
// A ring of fixed size, so that a page that stays open all night holds as much as after an hour.
// It is filled from the server at each connect, round and result, and from live snapshots after that.

import { readHistory } from "../live/wire.js";

/** Points kept; older ones fall out. */
const CAPACITY = 900;

/** @import { Snapshot } from "../live/shapes.js" */

export class History {
  /** How many points there are. */
  length = 0;
  #teams = 2;
  #step = 1000;
  #first = 0;
  /** Whose shares they are. */
  #of = "";
  /** When the round opened; NaN before that. */
  #from = 0;
  #times = new Float64Array(CAPACITY);
  #shares = new Float32Array(CAPACITY * 2);

  get teams() {
    return this.#teams;
  }

  /** Unix milliseconds of a point, 0 being the oldest. @param {number} index */
  time(index) {
    return this.#times[(this.#first + index) % CAPACITY];
  }

  /** @param {number} index @param {number} team */
  share(index, team) {
    return this.#shares[((this.#first + index) % CAPACITY) * this.#teams + team];
  }

  /** Asks the server for the past. Without an answer the history simply starts here. */
  async load() {
    const of = this.#of;
    try {
      const response = await fetch("/api/v1/history", { cache: "no-store" });
      if (!response.ok) return;
      const { step_ms, points } = readHistory(await response.text());
      if (of !== this.#of) return;
      this.#clear(this.#teams);
      this.#step = step_ms;
      // The newest is left to the next snapshot, with which all is drawn.
      points.pop();
      for (const { at, shares } of points) {
        if (shares.length === this.#teams) this.#push(Date.parse(at), shares);
      }
    } catch {
      // The next connect asks again.
    }
  }

  /**
   * Takes a snapshot in when it is a step newer than the last point.
   * @param {Snapshot} snapshot
   * @returns {boolean} whether there is something new to draw
   */
  append({ at, teams, round, results }) {
    const of = `${teams.length} ${round?.opened_at} ${results.map(({ number }) => number)}`;
    const isOther = of !== this.#of;
    if (isOther) {
      this.#of = of;
      this.#from = round ? Date.parse(round.opened_at ?? "") : 0;
      this.#clear(teams.length);
      void this.load();
    }
    const time = Date.parse(at ?? "");
    const last = this.length > 0 ? this.time(this.length - 1) : -Infinity;
    // A recording that begins again goes back in time: so does its history.
    if (time < last) this.#clear(teams.length);
    else if (time - last < this.#step) return isOther;
    const shares = teams.map(({ share }) => share);
    return this.#push(time, shares) || isOther;
  }

  /** @param {number} teams */
  #clear(teams) {
    if (teams !== this.#teams) this.#shares = new Float32Array(CAPACITY * teams);
    this.#teams = teams;
    this.#first = 0;
    this.length = 0;
  }

  /** @param {number} time @param {number[]} shares */
  #push(time, shares) {
    if (!(time >= this.#from)) return false;
    if (this.length === CAPACITY) this.#first = (this.#first + 1) % CAPACITY;
    else this.length += 1;
    const slot = (this.#first + this.length - 1) % CAPACITY;
    this.#times[slot] = time;
    this.#shares.set(shares, slot * this.#teams);
    return true;
  }
}
