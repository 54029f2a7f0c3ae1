// The contest on a page: the tug, the table behind it, the history, and the timer that takes their place.
//
// What the dashboard and the stage share. It is told when to draw; the connection is the shell's.

import { find } from "../shell/elements.js";
import { css } from "../tug/colour.js";
import { Picture } from "../tug/picture.js";
import { Clock } from "./clock.js";
import { History } from "./history.js";
import { Table } from "./table.js";
import { Trend } from "./trend.js";

/** @import { Snapshot } from "../live/shapes.js" */
/** @import { Layout, Theme } from "../tug/shapes.js" */

export class Contest {
  clock = new Clock(find("main", HTMLElement));
  history = new History();
  picture;
  /** A look inside, for the browser tests. @type {Record<string, () => unknown>} */
  readings;

  #table = new Table(find("table", HTMLTableElement));
  #trend = new Trend(find("trend", HTMLCanvasElement));
  #onHistory;

  /**
   * @param {Layout} layout
   * @param {Theme} theme
   * @param {() => void} [onHistory] called whenever the history is drawn
   */
  constructor(layout, theme, onHistory = () => {}) {
    this.#onHistory = onHistory;
    const scene = find("scene", HTMLElement);
    this.picture = new Picture(scene, find("canvas", HTMLCanvasElement), layout, theme);
    const { frames } = this.picture;
    this.readings = {
      quality: () => frames.quality,
      slowest: () => frames.slowest,
      act: () => this.picture.act,
    };
    new ResizeObserver(() => this.drawHistory()).observe(find("trend", HTMLElement));
  }

  /** Lets the tug go on from a snapshot. @param {Snapshot} snapshot @returns whether the history has grown */
  show(snapshot) {
    const grown = this.history.append(snapshot);
    this.picture.show(snapshot);
    return grown;
  }

  /** @param {Snapshot} snapshot */
  showTable(snapshot) {
    const colours = this.picture.palette.teams.map(({ field }) => css(field));
    this.#table.show(snapshot, colours);
  }

  drawHistory() {
    this.#trend.draw(this.history, this.picture.palette);
    this.#onHistory();
  }
}
