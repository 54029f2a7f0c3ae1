// The panel of the lights: every strip as it is lit, and how it is doing.

import { Strips } from "../live/strips.js";
import { isolated } from "../messages/numbers.js";
import { say } from "../messages/say.js";
import { write } from "../shell/elements.js";
import { lit } from "./sentences.js";
import { drawStrip } from "./strip.js";

/** @import { Output, Strip } from "../live/shapes.js" */

/** @typedef {{ row: HTMLElement, canvas: HTMLCanvasElement, words: HTMLElement }} Row */

export class Lights {
  #panel;
  #list;
  /** @type {Row[]} */
  #rows = [];
  #strips = new Strips((strips) => this.#draw(strips));

  /** @param {HTMLElement} panel hidden while there are no lights @param {HTMLElement} list */
  constructor(panel, list) {
    this.#panel = panel;
    this.#list = list;
  }

  start() {
    this.#strips.start();
  }

  /** Says how the outputs are doing. @param {Output[]} outputs */
  describe(outputs) {
    this.#panel.hidden = outputs.length === 0;
    this.#fit(outputs.length);
    outputs.forEach((output, index) => {
      const { row, canvas, words } = this.#rows[index];
      const { name, state } = output;
      write(words, say("lights.strip", { name: isolated(name), parts: lit(output) }));
      canvas.setAttribute("aria-label", say("lights.label", { name }));
      row.classList.toggle("failing", state === "failing");
    });
  }

  /** @param {Strip[]} strips */
  #draw(strips) {
    if (this.#rows.length !== strips.length) return;
    strips.forEach(({ rgb }, index) => drawStrip(this.#rows[index].canvas, rgb));
  }

  /** @param {number} length */
  #fit(length) {
    while (this.#rows.length > length) this.#rows.pop()?.row.remove();
    while (this.#rows.length < length) {
      const row = document.createElement("div");
      const canvas = document.createElement("canvas");
      const words = document.createElement("p");
      row.className = "strip";
      canvas.setAttribute("role", "img");
      row.append(canvas, words);
      this.#list.append(row);
      this.#rows.push({ row, canvas, words });
    }
  }
}
