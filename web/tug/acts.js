// What an act means for those who play it, as a few numbers that `crowd.js` and `scene.js` pull by.
//
// Snapshots say which act it is and how old; between two of them the page's own clock goes on. What has a
// course of its own (a fall, a hat, confetti) follows from that age alone, so that every screen shows the
// same, and a page that comes late, or back, finds what there is to see by then.

import { FILM_MS, outcome } from "./act.js";
import { clamp, ease, smooth } from "./motion.js";

/** @import { Act } from "./shapes.js" */

/** An age that differs by more from what is heard has jumped. */
const JUMP_MS = 250;
/** Whoever comes later than this after a reveal finds everybody where they are by then. */
const MISSED_MS = 1200;
/** The slack is taken up from so much before a round opens. */
const TAKE_UP_MS = 1250;
/** How long the curtain falls, and how long it flies up. */
const FALL_MS = 750;
const RISE_MS = 900;
/** The instant of a celebration that a picture without motion shows. */
const STILL_S = 60;
/** Crowds pull as hard as this while nobody may see how hard. */
const HIDDEN_PULL = 0.5;

export class Acts {
  name = "pull";
  /** The winner and the second. */
  team = -1;
  rival = -1;
  inRound = false;
  hidden = false;
  /** Seconds since the celebration began; negative outside of one. */
  party = -1;
  /** 0 to 1: how far the film of a photo finish has run; negative while there is none. */
  film = -1;
  /** 0 to 1, eased: hands at the mouth, and whether that is for all and not for one now and then. */
  spit = 0;
  hurry = 0;
  /** 0 with the rope in the hands, 1 with the rope on the ground. */
  low = 0;
  /** What the pull is worth: nothing while the rope is slack, and at least `might`. */
  slack = 0;
  might = 0;
  /** How much the rope trembles more than it would, and the jerk of each of the last seconds. */
  shake = 0;
  pulse = 0;
  freeze = 0;
  sit = 0;
  /** How far the curtain is down. */
  curtain = 0;

  /** @type {Act | null} */
  #act = null;
  #age = 0;
  #left = Infinity;

  /** Time goes on so much slower for those who are frozen. */
  get flow() {
    return this.freeze > 0.98 ? 0 : 1 - this.freeze;
  }

  /** Takes the newest act. @param {Act} act @returns {boolean} whether its beginning was missed */
  show(act) {
    const before = this.#act;
    const wasOver = before?.over === act.over && before.team === act.team;
    const off = Math.abs(act.age - this.#age);
    if (!wasOver || off > JUMP_MS) this.#age = act.age;
    this.#act = act;
    this.#left = act.left;
    this.team = act.team;
    this.rival = act.rival;
    this.inRound = act.inRound;
    this.hidden = act.hidden;
    return act.over && act.age > MISSED_MS && (!wasOver || off > MISSED_MS);
  }

  /** @param {number} dt milliseconds */
  step(dt) {
    const act = this.#act;
    if (!act) return;
    if (!act.paused) {
      this.#age += dt;
      this.#left -= dt;
    }
    this.#play(act, dt);
    const way = this.name === "sealed" ? dt / FALL_MS : -dt / RISE_MS;
    this.curtain = clamp(this.curtain + way);
  }

  /** Is at once as it would be after a while; `still` for a picture that does not move. @param {boolean} still */
  settle(still) {
    const act = this.#act;
    if (!act) return;
    this.#play(act, Infinity);
    this.curtain = this.name === "sealed" ? 1 : 0;
    if (!still) return;
    if (this.party >= 0) this.party = STILL_S;
    if (this.film >= 0) this.film = 1;
    this.pulse = 0;
  }

  /** @param {Act} act @param {number} dt */
  #play(act, dt) {
    const left = Math.max(0, this.#left);
    const name = (this.name = act.over ? outcome(act, this.#age) : act.name);
    this.party = name === "celebrate" ? Math.max(0, this.#age - act.end) / 1000 : -1;
    this.film = name === "photo" ? (this.#age - FILM_MS) / (act.end - FILM_MS) : -1;

    const isReady = name === "ready";
    const isCounted = isReady && left < Infinity;
    const taken = isCounted ? smooth(1 - left / TAKE_UP_MS) : 0;
    const isDone = name === "celebrate" || name === "tie";
    const near = name === "last" ? clamp(1 - left / 10_000) : 0;
    let might = 0;
    if (isCounted) might = 0.62 * taken;
    else if (name === "last") might = 0.5 + 0.5 * near;
    else if (name === "held") might = 0.85;
    else if (name === "reveal" || name === "photo") might = 1;
    else if (name === "sealed" || act.hidden) might = HIDDEN_PULL;
    this.spit = ease(this.spit, isReady ? 1 - taken : 0, dt, 90);
    this.hurry = ease(this.hurry, isCounted ? 1 : 0, dt, 120);
    this.low = ease(this.low, isCounted ? 1 - taken : isReady ? 0.4 : isDone ? 1 : 0, dt, 130);
    this.slack = ease(this.slack, isDone || isReady ? 1 : 0, dt, 90);
    // The slack that was taken up goes slowly, until posts come and pull.
    this.might = ease(this.might, might, dt, name === "pull" ? 1500 : 110);
    this.shake = ease(this.shake, name === "photo" || name === "reveal" ? 0.8 : near, dt);
    this.pulse = near > 0 ? near * 2 ** (-(1000 - (left % 1000)) / 170) : 0;
    const isStill = name === "held" || (act.paused && !act.over);
    this.freeze = ease(this.freeze, isStill ? 1 : 0, dt, isStill ? 130 : 50);
    this.sit = ease(this.sit, name === "tie" ? 1 : 0, dt, 170);
  }
}
