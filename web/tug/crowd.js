// The people of one team who pull at one seam: who is there, where they stand, how they feel.
//
// A crowd has room for a fixed number of people from the start and never makes more. Newcomers run in
// at the back of the line, those who go run off the same way. Feet are planted: they stay where they
// are until the body has moved on and then take a step, except when the heels slip.
// Nobody here stands for one post: a post only makes somebody give a tug.

import { MOOD } from "./heads.js";
import { heapX } from "./heap.js";
import { look } from "./looks.js";
import { clamp, ease } from "./motion.js";
import { celebrate, prepare, tumble } from "./play.js";
import { WAYS_TO_LIE } from "./pose.js";

/** @typedef {import("./acts.js").Acts} Acts */

/** People a side, at most. */
export const MOST = 24;

/** Running speed in heights a second. */
const RUN = 2.7;
/** Time between two arrivals or departures, so that a crowd grows like a crowd. */
const ARRIVAL_MS = 110;
/** How far a foot may be from where it wants to be before it steps, in heights. */
const STEP = 0.13;
/** Where feet want to be, in heights in front of the body. */
const FRONT = 0.19;
const BACK = -0.03;
/** Time constant of a tug. */
const TUG_MS = 210;

/**
 * One person. `x` and the feet are places on the page, all else is as in `pose.js`. `tug` fades after
 * each pull, and `heave` follows it; `here` is 1 in the line, -1 on the way out, 0 absent.
 */
export class Member {
  /** @param {number} team @param {number} place @param {number} facing */
  constructor(team, place, facing) {
    this.look = look(team, place);
    this.facing = facing;
    this.place = place;
    this.here = 0;
    this.x = 0;
    this.speed = 0;
    this.grow = 1;
    this.lean = 0.1;
    this.heave = 0;
    this.tug = 0;
    this.slip = 0;
    this.grip = 1;
    this.rope = -0.4;
    this.stride = 0;
    this.hop = 0;
    // What is played of a round, as in `pose.js`; `lift` is how far the feet are off the ground, and
    // `thrown` how long ago the hat was, in seconds: negative while it is on.
    this.spit = 0;
    this.rub = 0;
    this.wave = 0;
    this.cheer = 0;
    this.sit = 0;
    this.fall = 0;
    this.fallen = (place * 5 + team * 2) % WAYS_TO_LIE;
    this.swing = 0;
    this.lift = 0;
    this.thrown = -1;
    this.bare = false;
    /** @type {number} */
    this.mood = MOOD.calm;
    this.moodFor = 0;
    // Places on the page, then the same seen from the body.
    this.frontAt = 0;
    this.backAt = 0;
    this.frontFrom = 0;
    this.backFrom = 0;
    this.frontStep = 1;
    this.backStep = 1;
    this.frontX = FRONT;
    this.frontY = 0;
    this.backX = BACK;
    this.backY = 0;
  }
}

export class Crowd {
  /** How many the votes are worth, and for how many of them there is room. */
  called = 0;
  wanted = 0;
  /** How many are in the line. */
  present = 0;
  /** The person at the front and the distance to the next, set by the scene. */
  front = 0;
  spacing = 40;
  /** Where those go who leave; people at a middle field grow out of the ground instead. */
  exit = 0;
  /** What the crowd feels: 0 to 1 each, `gain` -1 to 1. */
  pull = 0;
  gain = 0;
  #wait = 0;
  #turn = 0;
  #phase = 0;

  /**
   * @param {number} team
   * @param {number} facing 1 when the seam is to the right
   * @param {number} seam
   * @param {boolean} outer whether the crowd stands at the edge of the picture
   * @param {Acts} acts what is played of a round
   */
  constructor(team, facing, seam, outer, acts) {
    this.acts = acts;
    this.team = team;
    this.facing = facing;
    this.seam = seam;
    this.outer = outer;
    this.members = Array.from(
      { length: MOST },
      (_, place) => new Member(team, facing > 0 ? place : place + MOST, facing),
    );
  }

  /** Somebody gives a tug; neighbours take turns, not chance. */
  tug() {
    if (this.present === 0) return;
    this.#turn = (this.#turn + 7) % Math.max(1, this.present);
    this.members[this.#turn].tug = 1;
  }

  /** The hand of the front or the last person who holds the rope, or NaN. @param {boolean} last */
  hand(last) {
    let found = NaN;
    for (let index = 0; index < MOST; index += 1) {
      const member = this.members[index];
      if (member.here === 1 && member.grip > 0.5) {
        found = member.x;
        if (!last) break;
      }
    }
    return found;
  }

  /**
   * @param {number} dt milliseconds
   * @param {number} height of an average person
   * @param {import("./dust.js").Dust} dust
   * @param {number} ground
   */
  step(dt, height, dust, ground) {
    this.#phase = (this.#phase + dt / 1000) % 3600;
    this.#wait -= dt;
    // Nobody comes or goes while one side lies in a heap.
    if (this.present !== this.wanted && this.#wait <= 0 && this.acts.party < 0) {
      this.#wait = ARRIVAL_MS;
      if (this.present < this.wanted) this.#arrive(height);
      else this.members[(this.present -= 1)].here = -1;
    }
    for (let index = 0; index < MOST; index += 1) {
      const member = this.members[index];
      if (member.here === 0) continue;
      const unit = height * member.look.size;
      const { fall, rub } = member;
      this.#play(member, index, dt);
      this.#move(member, index, dt, height);
      this.#feel(member, index, dt);
      if (fall < 0.85 && member.fall >= 0.85) {
        for (const way of [-1, 1]) {
          dust.puff(member.x, ground, way * height * 0.9, -height * 0.25, height * 0.07, -height * 0.1);
        }
      }
      if (rub < 0.5 && member.rub >= 0.5 && member.spit > 0.8) {
        dust.puff(
          member.x + this.facing * unit * 0.03,
          ground - unit * 0.76,
          this.facing * height * 0.35,
          height * 0.06,
          height * 0.022,
          height * 1.2,
        );
      }
      if (this.#walk(member, unit, dt) && member.slip > 0.25) {
        dust.puff(
          member.frontAt,
          ground - height * 0.02,
          -this.facing * height * (0.15 + member.look.rhythm * 0.3),
          -height * 0.12 * (0.4 + member.look.rhythm),
          height * 0.045,
          -height * 0.02,
        );
      }
      if (member.tug === 1 && member.look.rhythm < 0.4) {
        dust.puff(
          member.x - this.facing * unit * 0.42,
          ground - unit * 0.86,
          -this.facing * height * (0.3 + member.look.rhythm),
          -height * (0.5 + member.look.rhythm),
          height * 0.028,
          height * 3.2,
        );
      }
      member.tug *= 2 ** (-dt / TUG_MS);
    }
  }

  /** Puts everybody where they belong at once, standing still. @param {number} height */
  settle(height) {
    this.present = this.wanted;
    for (let index = 0; index < MOST; index += 1) {
      const member = this.members[index];
      member.here = index < this.wanted ? 1 : 0;
      member.x = this.#place(index);
      member.speed = member.stride = member.tug = member.heave = member.hop = 0;
      member.grow = member.grip = 1;
      member.slip = Math.max(0, -this.gain) * 0.6;
      this.#play(member, index, Infinity);
      member.x += (this.#heapX(index, height) - member.x) * member.fall;
      member.lean = this.#lean(index);
      const unit = height * member.look.size;
      member.frontAt = member.x + this.facing * FRONT * unit;
      member.backAt = member.x + this.facing * BACK * unit;
      member.frontStep = member.backStep = 1;
      member.frontX = FRONT;
      member.backX = BACK;
      member.frontY = member.backY = 0;
      member.mood = this.#mood(member);
    }
  }

  /** @param {number} index */
  #place(index) {
    const wobble = (this.members[index].look.rhythm - 0.5) * 0.3;
    return this.front - this.facing * this.spacing * (index + wobble);
  }

  /**
   * Where somebody lies who has fallen.
   * @param {number} index @param {number} height of an average person
   */
  #heapX(index, height) {
    const edge = this.outer ? this.exit + this.facing * height * 0.9 : -this.facing * Infinity;
    return heapX(index, this.present, this.front, this.facing, this.spacing, height, edge);
  }

  /** @param {Member} member @param {number} index @param {number} dt */
  #play(member, index, dt) {
    const { party, team } = this.acts;
    const wins = team === this.team;
    prepare(member, this.acts, this.#phase, dt);
    celebrate(member, wins ? party : -1, dt);
    tumble(member, wins ? -1 : party, index, this.present, dt);
  }

  /** @param {number} height */
  #arrive(height) {
    const member = this.members[this.present];
    this.present += 1;
    if (member.here === 0) {
      member.x = this.outer ? this.exit : this.#place(this.present - 1);
      member.grow = this.outer ? 1 : 0;
      member.grip = 0;
      member.lean = 0;
      member.slip = 0;
      const unit = height * member.look.size;
      member.frontAt = member.x + this.facing * FRONT * unit;
      member.backAt = member.x + this.facing * BACK * unit;
    }
    member.here = 1;
  }

  /** @param {Member} member @param {number} index @param {number} dt @param {number} height */
  #move(member, index, dt, height) {
    const leaving = member.here < 0;
    const { fall } = member;
    let target = leaving && this.outer ? this.exit : this.#place(index);
    if (fall > 0) target += (this.#heapX(index, height) - target) * fall;
    const most = (RUN * height * dt) / 1000;
    const way = clamp(ease(member.x, target, dt, fall > 0 ? 90 : 230) - member.x, -most, most);
    member.x += way;
    member.speed = dt > 0 ? way / dt : 0;
    const there = fall > 0 || (!leaving && Math.abs(member.x - target) < height * 0.45);
    member.grip = ease(member.grip, there ? 1 : 0, dt, 90);
    if (this.outer) {
      if (leaving && Math.abs(member.x - target) < height * 0.2) member.here = 0;
    } else {
      member.grow = ease(member.grow, leaving ? 0 : 1, dt, 140);
      if (leaving && member.grow < 0.03) member.here = 0;
    }
  }

  /** @param {number} index */
  #lean(index) {
    // A common heave-ho, running down the line like a wave.
    const beat = Math.sin(this.#phase * 5.2 - index * 0.32);
    return 0.08 + this.pull * (0.66 + 0.1 * beat) + 0.14 * Math.max(0, this.gain);
  }

  /** @param {Member} member */
  #mood(member) {
    const { acts } = this;
    if (member.fall > 0.3) return MOOD.dazed;
    if (acts.party >= 0) return acts.team === this.team ? MOOD.glad : MOOD.aghast;
    if (acts.name === "held") return MOOD.aghast;
    if (acts.slack > 0.5) return MOOD.calm;
    if (this.gain < -0.45) return MOOD.aghast;
    if (member.heave > 0.3 || this.pull > 0.62 + member.look.rhythm * 0.5) return MOOD.strain;
    return this.gain > 0.3 || (this.pull > 0.25 && member.look.rhythm > 0.6) ? MOOD.glad : MOOD.calm;
  }

  /** @param {Member} member @param {number} index @param {number} dt */
  #feel(member, index, dt) {
    const slip = member.grip * clamp(-this.gain * 1.15 - member.look.rhythm * 0.25);
    const shaking = slip * 0.22 * Math.sin(this.#phase * 11 + member.look.rhythm * 6.28);
    const idle = 0.025 * Math.sin(this.#phase * 1.4 + member.look.rhythm * 6.28);
    member.slip = ease(member.slip, slip, dt, 160);
    member.lean = ease(member.lean, this.#lean(index) * member.grip + idle + shaking, dt, 110);
    const jerk = Math.max(member.tug, this.acts.pulse, this.acts.freeze * member.look.rhythm);
    member.heave = ease(member.heave, jerk * member.grip, dt, 55);
    member.hop = ease(member.hop, member.tug > 0.55 ? 0.55 : 0, dt, 60);
    member.moodFor += dt;
    const mood = this.#mood(member);
    const isSudden = mood === MOOD.dazed || this.acts.name === "held";
    if (mood !== member.mood && (isSudden || member.moodFor > 420)) {
      member.mood = mood;
      member.moodFor = 0;
    }
  }

  /**
   * Moves the feet.
   * @param {Member} member @param {number} unit @param {number} dt
   * @returns {boolean} whether a slipping heel has just been set anew
   */
  #walk(member, unit, dt) {
    const { facing } = this;
    const ahead = clamp((member.speed * 90) / unit, -0.2, 0.2);
    const wideness = 1 + member.lean * 0.25;
    const frontHome = member.x + facing * FRONT * wideness * unit + ahead * unit;
    const backHome = member.x + facing * BACK * unit + ahead * unit;
    const pace = dt / (165 / (1 + (Math.abs(member.speed) * 900) / unit));
    const slide = (facing * member.slip * unit * 0.62 * dt) / 1000;
    let stepped = false;

    if (member.frontStep < 1) {
      member.frontStep = Math.min(1, member.frontStep + pace);
      member.frontAt = member.frontFrom + (frontHome - member.frontFrom) * member.frontStep;
    } else {
      member.frontAt += slide;
      const off = Math.abs(member.frontAt - frontHome);
      if (off > unit) member.frontAt = frontHome;
      else if (off > STEP * unit && member.backStep > 0.6) {
        member.frontStep = 0;
        member.frontFrom = member.frontAt;
        stepped = true;
      }
    }
    if (member.backStep < 1) {
      member.backStep = Math.min(1, member.backStep + pace);
      member.backAt = member.backFrom + (backHome - member.backFrom) * member.backStep;
    } else {
      member.backAt += slide * 0.8;
      const off = Math.abs(member.backAt - backHome);
      if (off > unit) member.backAt = backHome;
      else if (off > STEP * unit && member.frontStep > 0.6) {
        member.backStep = 0;
        member.backFrom = member.backAt;
      }
    }
    member.frontX = (facing * (member.frontAt - member.x)) / unit;
    member.backX = (facing * (member.backAt - member.x)) / unit;
    member.frontY = -0.075 * Math.sin(Math.PI * member.frontStep);
    member.backY = -0.075 * Math.sin(Math.PI * member.backStep);
    member.stride = clamp((member.frontX - member.backX - 0.2) * 3, -1, 1) * (1 - member.grip);
    return stepped;
  }
}
