// The tug as a picture: fields, crowds, rope and flags, eased towards the newest snapshot.
//
// It knows nothing of connections and holds no text: names and numbers are elements of the page (see
// `labels.js`), placed along `edges`. `step` moves time on, `paint` draws; neither allocates anything.
// Lengths are in pixels of the page, and only figures and fields turn them into those of the canvas.

import { actOf } from "./act.js";
import { Acts } from "./acts.js";
import { Calm } from "./calm.js";
import { css } from "./colour.js";
import { Confetti } from "./confetti.js";
import { Crowds } from "./crowds.js";
import { Curtain } from "./curtain.js";
import { Dust } from "./dust.js";
import { Fields } from "./fields.js";
import { drawFilm } from "./film.js";
import { Flag, drawKnot } from "./flag.js";
import { clamp, ease, strength } from "./motion.js";
import { Rope } from "./rope.js";

/** @import { Snapshot } from "../live/shapes.js" */
/** @import { Layout, Measures, Palette, Theme } from "./shapes.js" */

/** Sharper than this the eye cannot tell, and the pixels cost time. */
const SHARPEST = 2;
/** Half-life of the slow share that the share is compared with to see who gains. */
const SLOW_MS = 1500;
/** A lead over the slow share of this part of the width makes the flag lean far. */
const GAIN_AT = 0.022;
/** Tugs that may wait; a burst is shown as a busy rope, not as a long film. */
const MOST_TUGS = 12;
/** Time between two tugs of the same crowd. */
const TUG_EVERY_MS = 45;
/** With more seams than this the flags would be a fence. */
const MOST_FLAGS = 7;
/** A handful of people are drawn larger than a crowd, by this much at most. */
const BOOST = 0.26;
/** How much of a gain or loss a clear lead counts as, for those who pull. */
const FOOTING = 0.42;
/** The only thing that moves while everybody is frozen: a bead of sweat, so often. */
const BEAD_MS = 2300;
const WHITE = "#fffdf7";

export class Scene {
  /** Borders of the fields as drawn, from 0 to the width, one more than there are teams. */
  edges = new Float64Array(3);
  /** Measures of the picture in pixels of the page. @type {Measures} */
  measures = { width: 0, height: 0, ground: 0, unit: 1, person: 1, scale: 1 };

  #canvas;
  #context;
  #layout;
  /** @type {Palette | null} */
  #palette = null;
  /** @type {Theme} */
  #theme = "dark";
  #flagColour = WHITE;
  // What the newest snapshot says, and the same eased.
  #targets = new Float64Array(3);
  #slow = new Float64Array(3);
  #calm = [new Calm(), new Calm(), new Calm()];
  #rates = new Float64Array(2);
  #pulls = new Float64Array(2);
  #totals = new Float64Array(2);
  #tugs = new Float64Array(2);
  #tugWait = 0;
  #tension = 0;
  #size = 1;
  #people = 0;
  #fresh = true;
  /** @type {Flag[]} */
  #flags = [];
  #acts = new Acts();
  #crowds = new Crowds(this.measures, this.#acts);
  #curtain = new Curtain();
  #confetti = new Confetti();
  #bead = 0;
  #fields = new Fields();
  #rope = new Rope();
  #dust = new Dust();

  /** @param {HTMLCanvasElement} canvas @param {Layout} layout */
  constructor(canvas, layout) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d", { alpha: false });
    this.#layout = layout;
  }

  /** @param {Palette} palette @param {Theme} theme */
  dress(palette, theme) {
    const teams = palette.teams.length;
    this.#palette = palette;
    this.#theme = theme;
    this.#crowds.dress();
    if (this.#pulls.length !== teams || this.#crowds.all.length === 0) this.#seat(teams);
    this.#prepare();
  }

  /** Fits the canvas to its box. @param {number} quality 0 is the best */
  resize(quality) {
    const { measures } = this;
    const scale = quality > 0 ? 1 : clamp(devicePixelRatio, 1, SHARPEST);
    const width = Math.max(1, this.#canvas.clientWidth);
    const height = Math.max(1, this.#canvas.clientHeight);
    if (width === measures.width && height === measures.height && scale === measures.scale) return;
    const stretch = measures.width > 0 ? width / measures.width : 1;
    const moved = width !== measures.width || height !== measures.height;
    measures.width = width;
    measures.height = height;
    measures.scale = scale;
    measures.ground = height * this.#layout.ground;
    measures.unit = Math.min(height * this.#layout.figure, width * 0.2);
    measures.person = measures.unit * this.#size;
    this.#canvas.width = Math.round(width * scale);
    this.#canvas.height = Math.round(height * scale);
    for (let index = 0; index < this.edges.length; index += 1) {
      this.edges[index] *= stretch;
      this.#slow[index] *= stretch;
      this.#targets[index] *= stretch;
    }
    this.edges[this.edges.length - 1] = width;
    this.#prepare();
    if (!moved) return;
    this.#settleCrowds();
    this.#crowds.hang(this.#rope, this.edges, this.#tension);
  }

  /** The name of what is played. */
  get act() {
    return this.#acts.name;
  }

  /** Takes the newest truth as the target. @param {Snapshot} snapshot */
  show(snapshot) {
    const { teams, leader, phase } = snapshot;
    if (teams.length !== this.#pulls.length) return;
    const wasHidden = this.#acts.hidden;
    const isLate = this.#acts.show(actOf(snapshot));
    let share = 0;
    for (let index = 0; index < teams.length; index += 1) {
      const team = teams[index];
      this.#targets[index] = clamp(share) * this.measures.width;
      share += team.share;
      // Posts that come while none counts move nobody.
      this.#rates[index] = phase === "open" ? team.rate : 0;
      const posts = this.#fresh ? 0 : Math.max(0, team.total - this.#totals[index]);
      this.#tugs[index] = Math.min(MOST_TUGS, this.#tugs[index] + posts);
      this.#totals[index] = team.total;
    }
    this.#targets[teams.length] = this.measures.width;
    this.#people = this.#crowds.call(teams);
    const first = leader === null ? -1 : teams.findIndex((team) => team.name === leader);
    const colour = this.#palette?.teams[first]?.field;
    this.#flagColour = colour ? css(colour) : WHITE;
    if (this.#fresh || isLate) this.settle();
    // Who was hidden by the curtain is there when it goes, and need not run in.
    else if (wasHidden && !this.#acts.hidden && this.#acts.curtain > 0.5) this.#settleCrowds();
    this.#fresh = false;
  }

  /** Jumps to the target and stands still there; for good, if nothing is to move. */
  settle(still = false) {
    const teams = this.#pulls.length;
    this.#acts.settle(still);
    for (let index = 0; index <= teams; index += 1) {
      // The flag leans by how far the seam has moved since the last step.
      this.#slow[index] = this.#fresh ? this.#targets[index] : this.edges[index];
      this.edges[index] = this.#targets[index];
    }
    for (let team = 0; team < teams; team += 1) this.#pulls[team] = strength(this.#rates[team]);
    this.#size = this.#boost();
    this.measures.person = this.measures.unit * this.#size;
    this.#tension = this.#tightness();
    this.#tugs.fill(0);
    this.#dust.clear();
    this.#settleCrowds();
    for (let seam = 0; seam < this.#flags.length; seam += 1) {
      this.#flags[seam].rest(this.#gain(seam), this.#nearEdge(seam));
    }
    this.#rope.step(0, this.#tension);
    this.#rope.rest();
    this.#crowds.hang(this.#rope, this.edges, this.#tension);
  }

  /** @param {number} dt milliseconds, at most `LONGEST_STEP_MS` */
  step(dt) {
    const { measures } = this;
    const acts = this.#acts;
    acts.step(dt);
    const time = dt * acts.flow;
    const teams = this.#pulls.length;
    for (let index = 1; index < teams; index += 1) {
      const edge = this.edges[index];
      const wanted = ease(edge, this.#targets[index], dt);
      const calm = this.#calm[index].step(edge / measures.width, wanted / measures.width, dt);
      this.edges[index] = calm * measures.width;
      this.#slow[index] = ease(this.#slow[index], this.edges[index], dt, SLOW_MS);
    }
    for (let team = 0; team < teams; team += 1) {
      this.#pulls[team] = ease(this.#pulls[team], strength(this.#rates[team]), dt, 350);
    }
    this.#tension = ease(this.#tension, this.#tightness(), time, 250);
    this.#size = ease(this.#size, this.#boost(), dt, 500);
    measures.person = measures.unit * this.#size;
    this.#tug(time);
    this.#stand();
    const crowds = this.#crowds.all;
    for (let index = 0; index < crowds.length && time > 0; index += 1) {
      crowds[index].step(time, measures.person, this.#dust, measures.ground);
    }
    for (let seam = 0; seam < this.#flags.length; seam += 1) {
      this.#flags[seam].step(time, this.#gain(seam), this.#tension, this.#nearEdge(seam));
    }
    this.#rope.step(time, this.#tension, acts.shake);
    this.#crowds.hang(this.#rope, this.edges, this.#tension);
    this.#fields.step(time);
    this.#curtain.step(dt, acts.curtain);
    if (acts.name === "held") this.#sweat(dt);
    this.#dust.step(dt);
  }

  /** @param {number} quality 0 is the best */
  paint(quality) {
    const context = this.#context;
    const colours = this.#palette;
    if (!context || !colours) return;
    const { scale } = this.measures;
    const theme = this.#theme;
    this.#fields.draw(context, this.edges, scale);
    context.lineCap = "round";
    context.lineJoin = "round";
    context.setTransform(scale, 0, 0, scale, 0, 0);
    this.#crowds.drawShadows(context);
    // Flags stand behind the people: a face is worth more than a cloth.
    const pole = this.measures.unit * (this.#flags.length > 1 ? 0.72 : 1.08);
    for (let seam = 0; seam < this.#flags.length; seam += 1) {
      const x = this.#knot(seam);
      // A photo finish tells who is ahead by its last picture, and not before.
      const colour = this.#acts.name === "photo" ? WHITE : this.#flagColour;
      this.#flags[seam].draw(context, x, this.#rope.at(x), pole, colour);
    }
    this.#crowds.drawRow(context, colours, theme, 1, quality);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    this.#rope.draw(context, this.edges[1]);
    for (let seam = 0; seam < this.#flags.length; seam += 1) {
      const x = this.#knot(seam);
      drawKnot(context, x, this.#rope.at(x), Math.atan(this.#rope.slope(x)), this.#rope.thickness);
    }
    this.#crowds.drawFists(context, colours, theme);
    this.#crowds.drawRow(context, colours, theme, 0, quality);
    this.#crowds.drawHats(context, colours);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    this.#dust.draw(context);
    const { party, team, rival, film, curtain } = this.#acts;
    const winner = colours.teams[team];
    if (winner && party >= 0) {
      this.#confetti.draw(context, party, winner, this.edges, team, this.measures, quality);
    }
    if (curtain > 0) this.#curtain.draw(context, curtain, this.measures);
    if (winner && colours.teams[rival] && film >= 0) {
      drawFilm(context, film, colours, team, rival, this.measures);
    }
  }

  /** Makes everything anew for another number of teams. @param {number} teams */
  #seat(teams) {
    this.edges = new Float64Array(teams + 1);
    this.#calm = Array.from(this.edges, () => new Calm());
    this.#targets = new Float64Array(teams + 1);
    this.#slow = new Float64Array(teams + 1);
    this.#rates = new Float64Array(teams);
    this.#pulls = new Float64Array(teams);
    this.#totals = new Float64Array(teams);
    this.#tugs = new Float64Array(teams);
    for (let index = 0; index <= teams; index += 1) {
      const edge = (this.measures.width * index) / teams;
      this.edges[index] = this.#slow[index] = this.#targets[index] = edge;
    }
    this.#crowds.seat(teams);
    this.#flags = [];
    if (teams <= MOST_FLAGS + 1) {
      for (let seam = 1; seam < teams; seam += 1) this.#flags.push(new Flag());
    }
    this.#fresh = true;
  }

  /** Readies what depends on sizes and colours. */
  #prepare() {
    const context = this.#context;
    const { width, height, ground, unit } = this.measures;
    if (!context || !this.#palette || width === 0) return;
    const canvas = this.#canvas;
    const horizon = Math.round(canvas.height * this.#layout.ground);
    this.#fields.prepare(context, this.#palette, canvas.width, canvas.height, horizon);
    this.#rope.prepare(this.edges.length - 2, width, height, ground);
    this.#rope.thickness = Math.max(5, unit * 0.1);
    this.#curtain.prepare(canvas.height, this.#theme);
  }

  #boost() {
    const few = 1 - clamp((this.#people - 3) / 15);
    return 1 + BOOST * few * (this.#pulls.length > 2 ? 0.5 : 1);
  }

  /** How tight the rope is: as the strongest pull, and as an act wants it. */
  #tightness() {
    return Math.max(this.#strongest() * (1 - this.#acts.slack), this.#acts.might);
  }

  #strongest() {
    let sum = 0;
    let most = 0;
    for (let team = 0; team < this.#pulls.length; team += 1) {
      sum += this.#pulls[team];
      most = Math.max(most, this.#pulls[team]);
    }
    return most * 0.7 + (sum / this.#pulls.length) * 0.3;
  }

  /**
   * Who gains at a seam: -1 the left with all might, 1 the right. It is the side whose field grows, so
   * a seam that moves to the right is a gain of the left.
   * @param {number} seam
   */
  #gain(seam) {
    const ahead = this.edges[seam + 1] - this.#slow[seam + 1];
    return -Math.tanh(ahead / Math.max(1, this.measures.width * GAIN_AT));
  }

  /** The knot stays in the picture even when a share is 0. @param {number} seam */
  #knot(seam) {
    const { width, unit } = this.measures;
    const margin = Math.min(width / 4, unit * 0.22);
    return clamp(this.edges[seam + 1], margin, width - margin);
  }

  /** -1 or 1 when a flag that flies outwards would leave the picture. @param {number} seam */
  #nearEdge(seam) {
    const { width, unit } = this.measures;
    const x = this.edges[seam + 1];
    return x < unit ? -1 : x > width - unit ? 1 : 0;
  }

  /** Hands waiting tugs to the crowds, a few at a time. @param {number} dt */
  #tug(dt) {
    this.#tugWait -= dt;
    if (this.#tugWait > 0) return;
    this.#tugWait = TUG_EVERY_MS;
    const crowds = this.#crowds.all;
    for (let index = 0; index < crowds.length; index += 1) {
      if (this.#tugs[crowds[index].team] < 1) continue;
      crowds[index].tug();
      this.#rope.pluck(crowds[index].seam, 0.5);
    }
    for (let team = 0; team < this.#tugs.length; team += 1) {
      this.#tugs[team] = Math.max(0, this.#tugs[team] - 1);
    }
  }

  #stand() {
    const crowds = this.#crowds.all;
    for (let index = 0; index < crowds.length; index += 1) {
      const crowd = crowds[index];
      const { team, seam } = crowd;
      this.#crowds.stand(crowd, this.edges[team], this.edges[team + 1], this.#knot(seam));
      const worth = 1 - this.#acts.slack;
      crowd.pull = Math.max(this.#pulls[team] * worth, this.#acts.might);
      crowd.gain = clamp(this.#ahead(team, seam) - crowd.facing * this.#gain(seam), -1, 1) * worth;
    }
  }

  /**
   * A steady lead or lag: who is behind and pulls has no good footing, even while the seam stands still.
   * @param {number} team @param {number} seam
   */
  #ahead(team, seam) {
    const left = this.edges[seam + 1] - this.edges[seam];
    const right = this.edges[seam + 2] - this.edges[seam + 1];
    const lead = clamp((left - right) / Math.max(1, this.measures.width * 0.3), -1, 1);
    return (team === seam ? lead : -lead) * FOOTING * this.#tension;
  }

  /** Lets a bead of sweat fall from a head in the front. @param {number} dt */
  #sweat(dt) {
    this.#bead -= dt;
    if (this.#bead > 0) return;
    this.#bead = BEAD_MS;
    const { person, ground } = this.measures;
    const { members, facing } = this.#crowds.all[0];
    this.#dust.puff(members[0].x - facing * person * 0.36, ground - person * 0.8, 0, 0, person * 0.035, person * 2);
  }

  #settleCrowds() {
    this.#stand();
    const crowds = this.#crowds.all;
    for (let index = 0; index < crowds.length; index += 1) crowds[index].settle(this.measures.person);
  }
}
