// The tug as a picture: fields, crowds, rope and flags, eased towards the newest snapshot.
//
// It knows nothing of connections and holds no text: names and numbers are elements of the page (see
// `labels.js`), placed along `edges`. `step` moves time on, `paint` draws; neither allocates anything.
// Lengths are in pixels of the page, and only figures and fields turn them into those of the canvas.

import { css } from "./colour.js";
import { Crowd, MOST } from "./crowd.js";
import { Dust } from "./dust.js";
import { Fields } from "./fields.js";
import { drawFigure, drawFists } from "./figures.js";
import { Flag, drawKnot } from "./flag.js";
import { clamp, ease, strength } from "./motion.js";
import { skins } from "./palette.js";
import { Rope } from "./rope.js";
import { Sprites } from "./sprites.js";

/** @typedef {import("./wire.js").Snapshot} Snapshot */
/** @typedef {import("./palette.js").Palette} Palette */
/** @typedef {import("./palette.js").Theme} Theme */

/**
 * Where things are: `ground` is the height people stand at and `figure` the height of a person, both
 * in heights of the picture.
 * @typedef {{ ground: number, figure: number }} Layout
 */

/** Sharper than this the eye cannot tell, and the pixels cost time. */
const SHARPEST = 2;
/** People in the whole picture, however many teams there are. */
const MOST_IN_ALL = 72;
/** Half-life of the slow share that the share is compared with to see who gains. */
const SLOW_MS = 1500;
/** A lead over the slow share of this part of the width makes the flag lean far. */
const GAIN_AT = 0.022;
/** Tugs that may wait; a burst is shown as a busy rope, not as a long film. */
const MOST_TUGS = 12;
/** Time between two tugs of the same crowd. */
const TUG_EVERY_MS = 45;

export class Scene {
  /** Borders of the fields as drawn, from 0 to the width, one more than there are teams. */
  edges = new Float64Array(3);
  width = 0;
  height = 0;

  #canvas;
  #context;
  #layout;
  #scale = 1;
  /** @type {Palette | null} */
  #palette = null;
  /** @type {Theme} */
  #theme = "dark";
  #flagColour = "#fffdf7";
  #targets = new Float64Array(3);
  #slow = new Float64Array(3);
  #rates = new Float64Array(2);
  #pulls = new Float64Array(2);
  #totals = new Float64Array(2);
  #tugs = new Float64Array(2);
  #tugWait = 0;
  #tension = 0;
  #hands = 0;
  #size = 1;
  #people = 0;
  #fresh = true;
  /** @type {Crowd[]} */
  #crowds = [];
  /** @type {Flag[]} */
  #flags = [];
  #fields = new Fields();
  #rope = new Rope();
  #dust = new Dust();
  #sprites = new Sprites();

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
    this.#sprites.clear();
    this.#theme = theme;
    if (this.#pulls.length !== teams || this.#crowds.length === 0) this.#seat(teams);
    this.#prepare();
  }

  /** Fits the canvas to its box. @param {number} quality 0 is the best */
  resize(quality) {
    const { clientWidth, clientHeight } = this.#canvas;
    const scale = quality > 0 ? 1 : clamp(devicePixelRatio, 1, SHARPEST);
    const width = Math.max(1, clientWidth);
    const height = Math.max(1, clientHeight);
    if (width === this.width && height === this.height && scale === this.#scale) return;
    const stretch = this.width > 0 ? width / this.width : 1;
    this.#scale = scale;
    this.width = width;
    this.height = height;
    this.#canvas.width = Math.round(width * scale);
    this.#canvas.height = Math.round(height * scale);
    for (let index = 0; index < this.edges.length; index += 1) {
      this.edges[index] *= stretch;
      this.#slow[index] *= stretch;
      this.#targets[index] *= stretch;
    }
    this.edges[this.edges.length - 1] = width;
    this.#prepare();
    this.#stand();
    for (const crowd of this.#crowds) crowd.settle(this.#person());
  }

  /** Takes the newest truth as the target. @param {Snapshot} snapshot */
  show({ teams, leader }) {
    if (teams.length !== this.#pulls.length) return;
    let share = 0;
    let most = 0;
    for (let index = 0; index < teams.length; index += 1) {
      const team = teams[index];
      this.#targets[index] = clamp(share) * this.width;
      share += team.share;
      most = Math.max(most, team.votes);
      this.#rates[index] = team.rate;
      const posts = this.#fresh ? 0 : Math.max(0, team.total - this.#totals[index]);
      this.#tugs[index] = Math.min(MOST_TUGS, this.#tugs[index] + posts);
      this.#totals[index] = team.total;
    }
    this.#targets[teams.length] = this.width;
    this.#people = 0;
    for (const crowd of this.#crowds) {
      crowd.wanted = this.#voices(teams[crowd.team].votes, most, teams.length);
      this.#people = Math.max(this.#people, crowd.wanted);
    }
    const first = leader === null ? -1 : teams.findIndex((team) => team.name === leader);
    const colour = this.#palette?.teams[first]?.field;
    this.#flagColour = colour ? css(colour) : "#fffdf7";
    if (this.#fresh) this.settle();
    this.#fresh = false;
  }

  /** Jumps to the target and stands still there. */
  settle() {
    const teams = this.#pulls.length;
    for (let index = 0; index <= teams; index += 1) {
      const before = this.#fresh ? this.#targets[index] : this.edges[index];
      this.edges[index] = this.#targets[index];
      // The flag leans by how far the seam has moved since the last step.
      this.#slow[index] = before;
    }
    for (let team = 0; team < teams; team += 1) this.#pulls[team] = strength(this.#rates[team]);
    this.#size = this.#boost();
    this.#tension = this.#strongest();
    this.#hands = this.#tension;
    this.#tugs.fill(0);
    this.#dust.clear();
    this.#stand();
    for (const crowd of this.#crowds) crowd.settle(this.#person());
    for (let seam = 0; seam < this.#flags.length; seam += 1) this.#flags[seam].rest(this.#gain(seam), this.#nearEdge(seam));
    this.#rope.step(0, this.#tension);
    this.#rope.rest();
    this.#hang();
  }

  /** @param {number} dt milliseconds, at most `LONGEST_STEP_MS` */
  step(dt) {
    const teams = this.#pulls.length;
    for (let index = 1; index < teams; index += 1) {
      this.edges[index] = ease(this.edges[index], this.#targets[index], dt);
      this.#slow[index] = ease(this.#slow[index], this.edges[index], dt, SLOW_MS);
    }
    for (let team = 0; team < teams; team += 1) {
      this.#pulls[team] = ease(this.#pulls[team], strength(this.#rates[team]), dt, 350);
    }
    this.#tension = ease(this.#tension, this.#strongest(), dt, 250);
    this.#hands = ease(this.#hands, this.#tension, dt, 200);
    this.#size = ease(this.#size, this.#boost(), dt, 500);
    this.#pass(dt);
    this.#stand();
    const person = this.#person();
    for (let index = 0; index < this.#crowds.length; index += 1) {
      this.#crowds[index].step(dt, person, this.#dust, this.#ground());
    }
    for (let seam = 0; seam < this.#flags.length; seam += 1) {
      this.#flags[seam].step(dt, this.#gain(seam), this.#tension, this.#nearEdge(seam));
    }
    this.#rope.step(dt, this.#tension);
    this.#hang();
    this.#fields.step(dt);
    this.#dust.step(dt);
  }

  /** @param {number} quality 0 is the best */
  paint(quality) {
    const context = this.#context;
    const colours = this.#palette;
    if (!context || !colours) return;
    const scale = this.#scale;
    this.#fields.draw(context, this.edges, scale);
    context.lineCap = "round";
    context.lineJoin = "round";
    this.#shadows(context);
    // Flags stand behind the people: a face is worth more than a cloth.
    context.setTransform(scale, 0, 0, scale, 0, 0);
    for (let seam = 0; seam < this.#flags.length; seam += 1) {
      const x = this.#knot(seam);
      this.#flags[seam].draw(context, x, this.#rope.at(x), this.#pole(), this.#flagColour);
    }
    this.#sprites.next();
    this.#row(context, colours, 1, quality);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    this.#rope.draw(context, this.edges[1], quality < 3);
    for (let seam = 0; seam < this.#flags.length; seam += 1) {
      const x = this.#knot(seam);
      drawKnot(context, x, this.#rope.at(x), Math.atan(this.#rope.slope(x)), this.#rope.thickness);
    }
    this.#fists(context, colours);
    this.#row(context, colours, 0, quality);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    this.#dust.draw(context);
  }

  #ground() {
    return this.height * this.#layout.ground;
  }

  /** Height of an average person if the picture were full of them. */
  #unit() {
    return Math.min(this.height * this.#layout.figure, this.width * 0.2);
  }

  /** Height of an average person. */
  #person() {
    return this.#unit() * this.#size;
  }

  #pole() {
    return this.#unit() * (this.#flags.length > 1 ? 0.72 : 1.08);
  }

  /** A handful of people are drawn larger than a crowd. */
  #boost() {
    return 1 + 0.26 * (1 - clamp((this.#people - 3) / 15)) * (this.#pulls.length > 2 ? 0.5 : 1);
  }

  /**
   * How many people stand for so many votes.
   * @param {number} votes @param {number} most votes of any team @param {number} teams
   */
  #voices(votes, most, teams) {
    if (votes <= 0) return 0;
    const room = Math.min(MOST, Math.floor(MOST_IN_ALL / Math.max(1, 2 * teams - 2)));
    const many = Math.min(1.75 * Math.sqrt(votes), room * Math.sqrt(votes / Math.max(1, most)));
    return clamp(Math.round(many), 1, room);
  }

  /** @param {number} teams */
  #seat(teams) {
    this.edges = new Float64Array(teams + 1);
    this.#targets = new Float64Array(teams + 1);
    this.#slow = new Float64Array(teams + 1);
    this.#rates = new Float64Array(teams);
    this.#pulls = new Float64Array(teams);
    this.#totals = new Float64Array(teams);
    this.#tugs = new Float64Array(teams);
    this.#crowds = [];
    this.#flags = [];
    for (let index = 0; index <= teams; index += 1) {
      this.edges[index] = this.#slow[index] = this.#targets[index] = (this.width * index) / teams;
    }
    for (let team = 0; team < teams; team += 1) {
      if (team > 0) this.#crowds.push(new Crowd(team, -1, team - 1, team === teams - 1));
      if (team < teams - 1) this.#crowds.push(new Crowd(team, 1, team, team === 0));
    }
    // With many teams the flags would be a fence.
    if (teams <= 8) for (let seam = 1; seam < teams; seam += 1) this.#flags.push(new Flag());
    this.#fresh = true;
  }

  #prepare() {
    const context = this.#context;
    if (!context || !this.#palette || this.width === 0) return;
    const { width, height } = this.#canvas;
    this.#fields.prepare(context, this.#palette, width, height, Math.round(height * this.#layout.ground));
    this.#rope.prepare(this.edges.length - 2, this.width, this.height, this.#ground());
    this.#rope.thickness = Math.max(5, this.#unit() * 0.1);
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

  /** Which way a seam is moving: -1 to the left as fast as can be shown, 1 to the right. @param {number} seam */
  #gain(seam) {
    const ahead = this.edges[seam + 1] - this.#slow[seam + 1];
    // It is the side whose field grows that gains, so a seam that moves right is a gain of the left.
    return -Math.tanh(ahead / Math.max(1, this.width * GAIN_AT));
  }

  /** The knot stays in the picture even when a share is 0. @param {number} seam */
  #knot(seam) {
    const margin = Math.min(this.width / 4, this.#unit() * 0.22);
    return clamp(this.edges[seam + 1], margin, this.width - margin);
  }

  /** -1 or 1 when a flag that flies outwards would leave the picture. @param {number} seam */
  #nearEdge(seam) {
    const x = this.edges[seam + 1];
    return x < this.#unit() ? -1 : x > this.width - this.#unit() ? 1 : 0;
  }

  /** Hands waiting tugs to the crowds, a few at a time. @param {number} dt */
  #pass(dt) {
    this.#tugWait -= dt;
    if (this.#tugWait > 0) return;
    this.#tugWait = TUG_EVERY_MS;
    for (let index = 0; index < this.#crowds.length; index += 1) {
      const crowd = this.#crowds[index];
      if (this.#tugs[crowd.team] < 1) continue;
      crowd.tug();
      this.#rope.pluck(crowd.seam, 0.5);
    }
    for (let team = 0; team < this.#tugs.length; team += 1) {
      this.#tugs[team] = Math.max(0, this.#tugs[team] - 1);
    }
  }

  /** Finds each crowd its place between its seam and the end, or the middle, of its field. */
  #stand() {
    const person = this.#person();
    for (let index = 0; index < this.#crowds.length; index += 1) {
      const crowd = this.#crowds[index];
      const seam = this.#knot(crowd.seam);
      const from = this.edges[crowd.team];
      const to = this.edges[crowd.team + 1];
      const field = crowd.outer ? to - from : (to - from) / 2;
      const gap = Math.min(person * 0.9, Math.max(person * 0.42, field * 0.3));
      const room = Math.max(0, field - gap);
      const tight = person * 0.17;
      // Somebody always stays at the edge; a narrow middle field has one person a side or nobody.
      const least = crowd.outer || field > person * 0.46 ? 1 : 0;
      const fits = Math.max(least, Math.floor((room - person * 0.2) / tight) + 1);
      if (crowd.wanted > fits) crowd.wanted = fits;
      const people = Math.max(1, crowd.wanted);
      crowd.spacing = clamp((room - person * 0.25) / people, tight, person * 0.4);
      const spare = Math.max(0, room - person * 0.3 - (people - 1) * crowd.spacing);
      crowd.front = seam - crowd.facing * (gap + spare * 0.36);
      crowd.exit = crowd.facing > 0 ? -person * 0.9 : this.width + person * 0.9;
      crowd.pull = this.#pulls[crowd.team];
      crowd.gain = -crowd.facing * this.#gain(crowd.seam);
    }
  }

  /** Lays the rope into all hands. */
  #hang() {
    const person = this.#person();
    const ground = this.#ground();
    const rope = this.#rope;
    const y = ground - person * (0.39 + 0.12 * this.#hands);
    const away = ground - person * 0.62;
    rope.release();
    rope.support(-40, this.#first() ? y : away, false);
    for (let index = 0; index < this.#crowds.length; index += 1) {
      const crowd = this.#crowds[index];
      const front = crowd.hand(false);
      if (Number.isNaN(front)) continue;
      const back = crowd.hand(true) - crowd.facing * person * 0.1;
      const hands = front + crowd.facing * person * 0.3;
      rope.support(crowd.facing > 0 ? back : hands, y, false);
      rope.support(crowd.facing > 0 ? hands : back, y, true);
    }
    rope.support(this.width + 40, this.#last() ? y : away, false);
    rope.shape(this.edges);
    for (let index = 0; index < this.#crowds.length; index += 1) {
      const crowd = this.#crowds[index];
      for (let place = 0; place < MOST; place += 1) {
        const member = crowd.members[place];
        if (member.here === 0) continue;
        const unit = person * member.look.size * Math.max(0.05, member.grow);
        const at = member.x + crowd.facing * person * 0.06;
        member.rope = (rope.at(at) - this.#depth(place, ground)) / unit;
      }
    }
  }

  #first() {
    const crowd = this.#crowds[0];
    return crowd !== undefined && !Number.isNaN(crowd.hand(false));
  }

  #last() {
    const crowd = this.#crowds.at(-1);
    return crowd !== undefined && !Number.isNaN(crowd.hand(false));
  }

  /** Every second person stands behind the rope, a little higher up. @param {number} place @param {number} ground */
  #depth(place, ground) {
    return place % 2 === 0 ? ground + this.#unit() * 0.045 : ground - this.#unit() * 0.045;
  }

  /** @param {CanvasRenderingContext2D} context */
  #shadows(context) {
    const person = this.#person();
    const scale = this.#scale;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.beginPath();
    for (let index = 0; index < this.#crowds.length; index += 1) {
      const crowd = this.#crowds[index];
      for (let place = 0; place < MOST; place += 1) {
        const member = crowd.members[place];
        if (member.here === 0) continue;
        const wide = person * member.look.size * member.grow * (0.2 + member.lean * 0.14);
        const x = member.x - crowd.facing * person * 0.05 * member.lean;
        const y = this.#depth(place, this.#ground());
        context.moveTo(x + wide, y);
        context.ellipse(x, y, wide, person * 0.04, 0, 0, 7);
      }
    }
    context.fillStyle = "rgb(0 0 0 / 0.3)";
    context.fill();
  }

  /**
   * Draws the people before the rope (row 0) or behind it (row 1), from the back of the line on.
   * @param {CanvasRenderingContext2D} context @param {Palette} colours
   * @param {number} row @param {number} quality
   */
  #row(context, colours, row, quality) {
    const person = this.#person();
    const scale = this.#scale;
    const faces = skins(this.#theme);
    for (let index = 0; index < this.#crowds.length; index += 1) {
      const crowd = this.#crowds[index];
      const team = colours.teams[crowd.team];
      for (let place = MOST - 1; place >= 0; place -= 1) {
        const member = crowd.members[place];
        if (place % 2 !== row || !this.#isSeen(member, person)) continue;
        const x = member.x * scale;
        const y = this.#depth(place, this.#ground()) * scale;
        const height = person * member.look.size * member.grow * scale;
        if (quality === 0) drawFigure(context, member, x, y, height, team, faces);
        else {
          const slot = index * MOST + place;
          this.#sprites.draw(context, slot, quality + 1, member, x, y, height, team, faces);
        }
      }
    }
  }

  /**
   * The hands of those behind the rope, which close over it.
   * @param {CanvasRenderingContext2D} context @param {Palette} colours
   */
  #fists(context, colours) {
    const person = this.#person();
    const scale = this.#scale;
    const faces = skins(this.#theme);
    for (let index = 0; index < this.#crowds.length; index += 1) {
      const crowd = this.#crowds[index];
      for (let place = 1; place < MOST; place += 2) {
        const member = crowd.members[place];
        if (!this.#isSeen(member, person)) continue;
        const height = person * member.look.size * member.grow * scale;
        const y = this.#depth(place, this.#ground()) * scale;
        drawFists(context, member, member.x * scale, y, height, colours.teams[crowd.team], faces);
      }
    }
  }

  /** @param {import("./crowd.js").Crowd["members"][number]} member @param {number} person */
  #isSeen(member, person) {
    return member.here !== 0 && member.grow > 0.03 && member.x > -person && member.x < this.width + person;
  }
}
