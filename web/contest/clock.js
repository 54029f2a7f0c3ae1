// The speaker's timer: a clock as large as the page, in the light of the strip.
//
// It stands over the tug while that is the scene of the show. The server says once a second what is left;
// between two of them the page goes on by itself, and no further than the second that is running, so
// that a lost connection stops the clock. With reduced motion nothing flashes; the colour stays.

import { clock } from "../messages/numbers.js";
import { say } from "../messages/say.js";
import { write } from "../shell/elements.js";

/** @import { Snapshot, Timer } from "../live/shapes.js" */

/** How often the clock looks at itself: fine enough for half a second of light. */
const BEAT_MS = 50;
/** How far the clock goes on without news. */
const ALONE_MS = 1500;

export class Clock {
  #root;
  #face;
  #note;
  #reduced = matchMedia("(prefers-reduced-motion: reduce)");
  /** @type {Timer | null} */
  #timer = null;
  #heard = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #beat;

  /** @param {HTMLElement} parent which gets the clock as its last child */
  constructor(parent) {
    this.#root = document.createElement("section");
    this.#root.className = "timer";
    this.#root.setAttribute("aria-label", say("timer.label"));
    this.#root.hidden = true;
    this.#face = document.createElement("p");
    this.#face.className = "face";
    this.#face.setAttribute("role", "timer");
    this.#note = document.createElement("p");
    this.#note.className = "note";
    this.#root.append(this.#face, this.#note);
    parent.append(this.#root);
  }

  /**
   * Shows the timer of a snapshot, or goes away.
   * @param {Snapshot} snapshot @returns {boolean} whether it has the page for itself
   */
  show({ scene, timer: running }) {
    const timer = scene === "timer" ? running : null;
    this.#timer = timer;
    this.#heard = performance.now();
    this.#root.hidden = timer === null;
    document.body.classList.toggle("timing", timer !== null);
    if (timer === null) {
      clearInterval(this.#beat);
      this.#beat = undefined;
      return false;
    }
    this.#beat ??= setInterval(() => this.#draw(), BEAT_MS);
    this.#draw();
    return true;
  }

  #draw() {
    const timer = this.#timer;
    if (!timer) return;
    const { paused, phase, total_ms, color } = timer;
    const since = paused ? 0 : Math.min(performance.now() - this.#heard, ALONE_MS);
    const left = Math.max(0, timer.remaining_ms - since);
    // A second begins lit and ends dark, as on the strip.
    const rest = left % 1000;
    const dark = phase === "flash" && !paused && rest > 0 && rest <= 500 && !this.#reduced.matches;
    write(this.#face, clock(left));
    write(this.#note, say(paused ? "timer.held" : "timer.of", { total: clock(total_ms) }));
    this.#root.dataset.phase = phase;
    this.#root.classList.toggle("dark", dark);
    this.#root.style.setProperty("--light", phase === "over" ? "" : color);
  }
}
