// All the people in the picture: how many a team has, where its crowds stand, and drawing them.
//
// The first and the last team have one crowd each, at the ends of the rope; a team in the middle has
// two, back to back, one for each of its seams. Numbers grow with the square root of the votes.

import { Crowd, MOST } from "./crowd.js";
import { drawFigure, drawFists } from "./figures.js";
import { drawThrown } from "./hats.js";
import { clamp } from "./motion.js";
import { skins } from "./palette.js";
import { Sprites } from "./sprites.js";

/** @typedef {import("./crowd.js").Member} Member */
/** @import { Context, Measures, Palette, Theme } from "./shapes.js" */

/** People in the whole picture, however many teams there are. */
const MOST_IN_ALL = 72;
/** People for the square root of a vote, while there are few. */
const EACH_ROOT = 1.75;
/** People of each team in a round who are there before anybody has voted, and while nobody may know. */
const CREW = 5;
const HIDDEN_CREW = 9;
/** However small a field is, so many of its people are there to fall over. */
const HEAP = 4;
/** How far before and behind the rope people stand, in units. */
const DEPTH = 0.045;

export class Crowds {
  /** @type {Crowd[]} */
  all = [];
  #measures;
  #acts;
  #sprites = new Sprites();

  /** @param {Measures} measures kept up to date by the scene @param {import("./acts.js").Acts} acts likewise */
  constructor(measures, acts) {
    this.#measures = measures;
    this.#acts = acts;
  }

  /** @param {number} teams */
  seat(teams) {
    this.all = [];
    for (let team = 0; team < teams; team += 1) {
      if (team > 0) this.all.push(new Crowd(team, -1, team - 1, team === teams - 1, this.#acts));
      if (team < teams - 1) this.all.push(new Crowd(team, 1, team, team === 0, this.#acts));
    }
  }

  /** After a change of clothes. */
  dress() {
    this.#sprites.clear();
  }

  /**
   * Calls as many people as the votes are worth.
   * @param {{ votes: number }[]} teams
   * @returns {number} people in the largest crowd
   */
  call(teams) {
    let votes = 1;
    for (let team = 0; team < teams.length; team += 1) votes = Math.max(votes, teams[team].votes);
    const { inRound, hidden } = this.#acts;
    const crew = hidden ? HIDDEN_CREW : inRound ? CREW : 0;
    const room = Math.min(MOST, Math.floor(MOST_IN_ALL / Math.max(1, 2 * teams.length - 2)));
    let largest = 0;
    for (let index = 0; index < this.all.length; index += 1) {
      const crowd = this.all[index];
      const own = teams[crowd.team].votes;
      const many = Math.min(EACH_ROOT * Math.sqrt(own), room * Math.sqrt(own / votes));
      crowd.called = own <= 0 ? Math.min(crew, room) : clamp(Math.round(many), Math.max(1, crew), room);
      largest = Math.max(largest, crowd.called);
    }
    return largest;
  }

  /**
   * Finds a crowd its place between its seam and the end, or the middle, of its field.
   * @param {Crowd} crowd
   * @param {number} from @param {number} to the field
   * @param {number} knot
   */
  stand(crowd, from, to, knot) {
    const { person, width } = this.#measures;
    const field = crowd.outer ? to - from : (to - from) / 2;
    const gap = Math.min(person * 0.9, Math.max(person * 0.42, field * 0.3));
    const room = Math.max(0, field - gap);
    const tight = person * 0.17;
    // Somebody always stays at the edge, and in a round enough for a heap; a narrow middle field has one
    // person a side or nobody.
    const edge = this.#acts.inRound ? Math.min(HEAP, crowd.called) : 1;
    const least = crowd.outer ? edge : field > person * 0.46 ? 1 : 0;
    const fits = Math.max(least, Math.floor((room - person * 0.2) / tight) + 1);
    crowd.wanted = Math.min(crowd.called, fits);
    const people = Math.max(1, crowd.wanted);
    crowd.spacing = clamp((room - person * 0.25) / people, tight, person * 0.4);
    const spare = Math.max(0, room - person * 0.3 - (people - 1) * crowd.spacing);
    crowd.front = knot - crowd.facing * (gap + spare * 0.36);
    crowd.exit = crowd.facing > 0 ? -person * 0.9 : width + person * 0.9;
  }

  /**
   * Lays the rope into all hands.
   * @param {import("./rope.js").Rope} rope
   * @param {Float64Array} edges
   * @param {number} tension 0 to 1: tight arms hold it higher
   */
  hang(rope, edges, tension) {
    const { person, ground, width } = this.#measures;
    const { low } = this.#acts;
    const high = 1 - low * 0.95;
    const y = ground - person * (0.39 + 0.12 * tension) * high;
    // Where nobody stands, the rope comes from somewhere outside and a little higher.
    const away = ground - person * 0.62 * high;
    rope.release();
    rope.support(-40, this.#isEmpty(0) ? away : y, false);
    for (let index = 0; index < this.all.length; index += 1) {
      const crowd = this.all[index];
      const front = crowd.hand(false);
      if (Number.isNaN(front)) continue;
      const back = crowd.hand(true) - crowd.facing * person * 0.1;
      const hands = front + crowd.facing * person * 0.3;
      rope.support(crowd.facing > 0 ? back : hands, y, false);
      rope.support(crowd.facing > 0 ? hands : back, y, true);
    }
    rope.support(width + 40, this.#isEmpty(this.all.length - 1) ? away : y, false);
    rope.shape(edges);
    for (let index = 0; index < this.all.length; index += 1) {
      const crowd = this.all[index];
      for (let place = 0; place < MOST; place += 1) {
        const member = crowd.members[place];
        if (member.here === 0) continue;
        const unit = person * member.look.size * Math.max(0.05, member.grow);
        const at = member.x + crowd.facing * person * 0.06;
        member.rope = (rope.at(at) - this.#depth(place)) / unit;
      }
    }
  }

  /** @param {Context} context in pixels of the page */
  drawShadows(context) {
    const { person } = this.#measures;
    context.beginPath();
    for (let index = 0; index < this.all.length; index += 1) {
      const crowd = this.all[index];
      for (let place = 0; place < MOST; place += 1) {
        const member = crowd.members[place];
        if (member.here === 0) continue;
        const lies = Math.max(member.fall, member.sit * 0.5);
        const wide = person * member.look.size * member.grow * (0.2 + member.lean * 0.14 + lies * 0.24);
        const x = member.x - crowd.facing * person * 0.05 * member.lean;
        const y = this.#depth(place);
        context.moveTo(x + wide, y);
        context.ellipse(x, y, wide, person * 0.04, 0, 0, 7);
      }
    }
    context.fillStyle = "rgb(0 0 0 / 0.3)";
    context.fill();
  }

  /**
   * Draws the people before the rope (row 0) or behind it (row 1), from the back of the line on.
   * @param {Context} context @param {Palette} colours @param {Theme} theme
   * @param {number} row @param {number} quality
   */
  drawRow(context, colours, theme, row, quality) {
    const { person, scale } = this.#measures;
    const faces = skins(theme);
    if (row === 1) this.#sprites.next();
    for (let index = 0; index < this.all.length; index += 1) {
      const crowd = this.all[index];
      const team = colours.teams[crowd.team];
      for (let place = MOST - 1; place >= 0; place -= 1) {
        const member = crowd.members[place];
        if (place % 2 !== row || !this.#isSeen(member)) continue;
        const x = member.x * scale;
        const y = (this.#depth(place) - member.lift * person) * scale;
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
   * @param {Context} context @param {Palette} colours @param {Theme} theme
   */
  drawFists(context, colours, theme) {
    const { person, scale } = this.#measures;
    const faces = skins(theme);
    for (let index = 0; index < this.all.length; index += 1) {
      const crowd = this.all[index];
      const team = colours.teams[crowd.team];
      for (let place = 1; place < MOST; place += 2) {
        const member = crowd.members[place];
        if (!this.#isSeen(member) || member.spit + member.wave + member.sit + member.fall > 0.2) continue;
        const height = person * member.look.size * member.grow * scale;
        drawFists(context, member, member.x * scale, this.#depth(place) * scale, height, team, faces);
      }
    }
  }

  /** The hats that the winners have thrown. @param {Context} context @param {Palette} colours */
  drawHats(context, colours) {
    const { person, scale } = this.#measures;
    for (let index = 0; index < this.all.length; index += 1) {
      const crowd = this.all[index];
      for (let place = 0; place < MOST; place += 1) {
        const member = crowd.members[place];
        if (!member.bare || !this.#isSeen(member)) continue;
        const height = person * member.look.size * member.grow * scale;
        drawThrown(context, member, member.x * scale, this.#depth(place) * scale, height, colours.teams[crowd.team]);
      }
    }
  }

  /** @param {number} index */
  #isEmpty(index) {
    return this.all.length === 0 || Number.isNaN(this.all[index].hand(false));
  }

  /** Every second person stands behind the rope, a little higher up. @param {number} place */
  #depth(place) {
    const { ground, unit } = this.#measures;
    return place % 2 === 0 ? ground + unit * DEPTH : ground - unit * DEPTH;
  }

  /** @param {Member} member */
  #isSeen({ here, grow, x }) {
    const { person, width } = this.#measures;
    return here !== 0 && grow > 0.03 && x > -person && x < width + person;
  }
}
