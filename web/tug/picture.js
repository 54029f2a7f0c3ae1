// The tug on a page: scene and labels, and when they move.
//
// They move only while there is fresh news and somebody can see it. Stale news is grey and still; frozen
// is still; with reduced motion the picture is still as well and changes once a second at most.

import { Frames } from "./frames.js";
import { Labels } from "./labels.js";
import { palette } from "./palette.js";
import { Scene } from "./scene.js";

/** @import { Snapshot } from "../live/shapes.js" */
/** @import { Layout, Theme } from "./shapes.js" */

/** Numbers change this often at most; faster than this nobody reads. */
const WRITE_MS = 200;
/** Steps of the still picture. */
const STEP_MS = 1000;
/** The teams before the first snapshot: two greys and nobody. */
const NOBODY = [{ color: "#5a5a62" }, { color: "#46464e" }];

export class Picture {
  palette;
  frames;

  #scene;
  #labels;
  #root;
  #theme;
  #reduced = matchMedia("(prefers-reduced-motion: reduce)");
  /** @type {Snapshot | null} */
  #snapshot = null;
  #teams = "";
  #act = "";
  #stale = false;
  #frozen = false;
  #resting = false;
  #writing = false;
  #quality = 0;
  #stepped = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #stepping;

  /**
   * @param {HTMLElement} root a box that holds a canvas
   * @param {HTMLCanvasElement} canvas
   * @param {Layout} layout
   * @param {Theme} theme
   */
  constructor(root, canvas, layout, theme) {
    this.#root = root;
    this.#theme = theme;
    this.#scene = new Scene(canvas, layout);
    this.#labels = new Labels(root);
    this.palette = palette(NOBODY, theme);
    this.#scene.resize(0);
    this.#scene.dress(this.palette, theme);
    this.frames = new Frames((dt, quality) => this.#frame(dt, quality));
    new ResizeObserver(() => this.#resize()).observe(canvas);
    this.#reduced.addEventListener("change", () => this.#decide());
    this.#scene.settle();
    this.#decide();
  }

  /** @param {Snapshot} snapshot */
  show(snapshot) {
    this.#snapshot = snapshot;
    if (this.#frozen) return;
    const teams = snapshot.teams.map(({ name, color, hashtags }) => [name, color, ...hashtags]).join();
    if (teams !== this.#teams) {
      this.#teams = teams;
      this.palette = palette(snapshot.teams, this.#theme);
      this.#scene.dress(this.palette, this.#theme);
      this.#labels.build(snapshot.teams, this.palette);
      this.#write();
    }
    if (this.#reduced.matches) this.#step();
    else {
      this.#scene.show(snapshot);
      if (!this.#writing) {
        this.#writing = true;
        setTimeout(() => this.#write(), WRITE_MS);
      }
    }
  }

  /** @param {boolean} stale */
  age(stale) {
    if (stale === this.#stale) return;
    this.#stale = stale;
    this.#root.classList.toggle("stale", stale);
    this.#decide();
  }

  /** Holds the picture as it is, or lets it go on from the newest snapshot. @param {boolean} frozen */
  freeze(frozen) {
    this.#frozen = frozen;
    this.#decide();
    if (!frozen && this.#snapshot) this.show(this.#snapshot);
  }

  /** Draws nothing while nobody can see it. @param {boolean} resting */
  rest(resting) {
    if (resting === this.#resting) return;
    this.#resting = resting;
    this.#decide();
  }

  /** What is played, by the clock of this page. */
  get act() {
    return this.#act;
  }

  #decide() {
    this.frames.run(!this.#stale && !this.#frozen && !this.#resting && !this.#reduced.matches);
    this.#still();
  }

  /** @param {number} dt @param {number} quality */
  #frame(dt, quality) {
    if (quality !== this.#quality) {
      this.#quality = quality;
      this.#scene.resize(quality);
    }
    this.#scene.step(dt);
    this.#draw(quality);
  }

  /** Draws without moving on. */
  #still() {
    this.#draw(0);
  }

  /** @param {number} quality */
  #draw(quality) {
    const { edges, measures, act } = this.#scene;
    this.#scene.paint(quality);
    this.#labels.place(edges, measures.width, measures.height);
    if (act !== this.#act) this.#root.dataset.act = this.#act = act;
  }

  #step() {
    clearTimeout(this.#stepping);
    const wait = this.#stepped + STEP_MS - performance.now();
    if (wait > 0) {
      this.#stepping = setTimeout(() => this.#step(), wait);
      return;
    }
    if (this.#frozen || this.#stale || !this.#snapshot) return;
    this.#stepped = performance.now();
    this.#scene.show(this.#snapshot);
    this.#scene.settle(true);
    this.#write();
    this.#still();
  }

  #write() {
    this.#writing = false;
    if (this.#snapshot && !this.#frozen) this.#labels.write(this.#snapshot.teams);
  }

  #resize() {
    this.#scene.resize(this.#quality);
    this.#labels.fit();
    this.#still();
  }
}
