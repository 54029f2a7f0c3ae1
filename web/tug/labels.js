// Hashtags and percentages over the scene, as elements of the page.
//
// Each stands on a plate of its own team's colour: on its own field the plate is hardly seen, and where
// a field is too narrow for it the plate reaches over the border and the text can still be read.
// They are hidden from assistive technology, since the table says the same in a better order.

import { css } from "./colour.js";
import { percent } from "../messages/numbers.js";

/** @import { Team } from "../live/shapes.js" */
/** @import { Palette } from "./shapes.js" */

/**
 * One element and what was last written to it; `width` and `height` are measured after each change.
 * @typedef {{ element: HTMLElement, x: number, y: number, scale: number, width: number, height: number }} Label
 */

/** Space between a number and the seam, in heights of the scene. */
const MARGIN = 0.028;
/** Labels of three or more teams that would be smaller than this are left out. */
const SMALLEST = 0.26;
/** With more teams than this no field is wide enough, and a ranking stands in the middle instead. */
const CROWDED = 8;
/** Rows of the ranking. */
const RANKS = 4;

export class Labels {
  #root;
  /** @type {Label[]} */
  #shares = [];
  /** @type {Label[]} */
  #corners = [];
  /** Place of each team, 0 being the first, when there is a ranking. @type {number[] | null} */
  #ranks = null;

  /** @param {HTMLElement} root the scene's box */
  constructor(root) {
    this.#root = root;
  }

  /** Makes the elements for these teams. @param {Team[]} teams @param {Palette} palette */
  build(teams, palette) {
    for (const { element } of [...this.#shares, ...this.#corners]) element.remove();
    const pair = teams.length === 2;
    this.#ranks = teams.length > CROWDED ? Array.from(teams, () => 0) : null;
    this.#root.classList.toggle("ranking", this.#ranks !== null);
    this.#root.classList.toggle("many", !pair);
    this.#shares = teams.map((team, index) => {
      const label = this.#add("share", palette, index);
      label.element.append(make("b"), make("i"));
      if (!pair) label.element.append(hashtag(team, 0));
      return label;
    });
    this.#corners = pair
      ? teams.map((team, index) => {
          const label = this.#add(index === 0 ? "corner left" : "corner right", palette, index);
          label.element.append(hashtag(team, 0));
          if (team.hashtags.length > 1) {
            const more = make("small");
            more.dir = "auto";
            more.textContent = team.hashtags.slice(1).map((tag) => `#${tag}`).join(" ");
            label.element.append(more);
          }
          return label;
        })
      : [];
    this.fit();
  }

  /** Writes the numbers of a snapshot. @param {Team[]} teams */
  write(teams) {
    for (let index = 0; index < this.#shares.length; index += 1) {
      const label = this.#shares[index];
      const { share } = teams[index];
      const [whole, tenth] = percent(share).split(".");
      const [large, small] = label.element.children;
      label.element.dataset.share = String(share);
      if (large.textContent === whole && small.textContent === `.${tenth}\u2009%`) continue;
      large.textContent = whole;
      small.textContent = `.${tenth}\u2009%`;
      measure(label);
    }
    const ranks = this.#ranks;
    if (!ranks) return;
    const order = teams.map((_, index) => index).sort((a, b) => teams[b].share - teams[a].share || a - b);
    order.forEach((team, rank) => {
      ranks[team] = rank;
    });
  }

  /** Measures again after the box has changed, and shrinks hashtags that are too long. */
  fit() {
    for (const { element } of this.#corners) {
      const tag = /** @type {HTMLElement} */ (element.firstElementChild);
      tag.style.removeProperty("font-size");
      const room = element.clientWidth / Math.max(1, tag.scrollWidth);
      // Below six tenths the end is cut off instead: half a hashtag in large letters says more.
      if (room < 1) tag.style.setProperty("font-size", `${Math.max(0.6, room * 0.99).toFixed(3)}em`);
    }
    for (const label of this.#shares) measure(label);
  }

  /**
   * Puts the numbers beside the seams.
   * @param {Float64Array} edges @param {number} width @param {number} height of the scene
   */
  place(edges, width, height) {
    if (this.#shares.length === 2) this.#placePair(edges[1], width, height);
    else if (this.#ranks) this.#placeRanking(this.#ranks, width);
    else this.#placeMany(edges);
  }

  /** @param {number} seam @param {number} width @param {number} height */
  #placePair(seam, width, height) {
    const [left, right] = this.#shares;
    const margin = height * MARGIN;
    const last = width - margin - right.width;
    let x = Math.max(margin, seam - margin - left.width);
    let other = Math.min(last, seam + margin);
    const stacked = left.width + right.width + margin * 3 > width;
    if (!stacked && x + left.width + margin > other) {
      // One of them has come to the edge of the picture and holds the other off.
      if (seam < width / 2) other = Math.min(last, x + left.width + margin);
      else x = Math.max(margin, other - margin - left.width);
    }
    move(left, Math.min(x, width - margin - left.width), 0, 1);
    move(right, Math.max(other, margin), stacked ? left.height * 1.08 : 0, 1);
  }

  /** @param {number[]} ranks @param {number} width */
  #placeRanking(ranks, width) {
    for (let index = 0; index < this.#shares.length; index += 1) {
      const label = this.#shares[index];
      const rank = ranks[index];
      label.element.classList.toggle("tiny", rank >= RANKS);
      move(label, (width - label.width) / 2, rank < RANKS ? rank * label.height * 1.12 : 0, 1);
    }
  }

  /** @param {Float64Array} edges */
  #placeMany(edges) {
    for (let index = 0; index < this.#shares.length; index += 1) {
      const label = this.#shares[index];
      const room = (edges[index + 1] - edges[index]) * 0.94;
      const scale = Math.min(1, room / Math.max(1, label.width));
      const middle = (edges[index] + edges[index + 1]) / 2;
      label.element.classList.toggle("tiny", scale < SMALLEST);
      move(label, middle - (label.width * scale) / 2, 0, scale);
    }
  }

  /** @param {string} kind @param {Palette} palette @param {number} index @returns {Label} */
  #add(kind, palette, index) {
    const element = make("div");
    element.className = `plate ${kind}`;
    element.setAttribute("aria-hidden", "true");
    element.style.setProperty("--plate", css(palette.teams[index].field));
    element.style.setProperty("--on-plate", css(palette.teams[index].ink));
    this.#root.append(element);
    return { element, x: NaN, y: NaN, scale: NaN, width: 0, height: 0 };
  }
}

/** @param {string} name */
function make(name) {
  return document.createElement(name);
}

/** @param {Team} team @param {number} index */
function hashtag(team, index) {
  const element = make("span");
  element.dir = "auto";
  element.textContent = team.hashtags[index] === undefined ? team.name : `#${team.hashtags[index]}`;
  return element;
}

/** @param {Label} label */
function measure(label) {
  label.width = label.element.offsetWidth;
  label.height = label.element.offsetHeight;
}

/**
 * Moves a label, if that can be seen.
 * @param {Label} label @param {number} x @param {number} y @param {number} scale
 */
function move(label, x, y, scale) {
  // Whole pixels keep the letters crisp.
  const place = Math.round(x);
  if (label.x === place && label.y === y && Math.abs(label.scale - scale) < 0.004) return;
  label.x = place;
  label.y = y;
  label.scale = scale;
  const size = scale === 1 ? "" : ` scale(${scale.toFixed(3)})`;
  label.element.style.setProperty("transform", `translate(${place}px, ${Math.round(y)}px)${size}`);
}
