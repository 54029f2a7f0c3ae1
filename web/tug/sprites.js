// People kept as small pictures, for machines that draw slowly.
//
// Drawing a person takes about fifty strokes, copying a picture of one takes a twenty-fifth of that time.
// So when frames come late, each person is drawn only every second or third frame, taking turns, and
// copied to where they are in between. A fast machine never comes here.

import { drawFigure } from "./figures.js";

/** @import { Context, Person, Skins, TeamPalette } from "./shapes.js" */

/** The box around a person in heights: room for a top hat and for lying far back. */
const BEHIND = 0.95;
const AHEAD = 0.62;
const ABOVE = 1.42;
const BELOW = 0.1;
/** Boxes grow in steps, so that a crowd that slowly changes size does not make new ones all the time. */
const GRAIN = 48;

class Sprite {
  canvas = document.createElement("canvas");
  context = this.canvas.getContext("2d");
  /** Height of the person in the picture, 0 before the first. */
  height = 0;
}

export class Sprites {
  /** @type {(Sprite | undefined)[]} */
  #sprites = [];
  #turn = 0;

  /** Begins a frame. */
  next() {
    this.#turn = (this.#turn + 1) % 12;
  }

  /** Forgets the pictures, after people changed clothes. */
  clear() {
    for (const sprite of this.#sprites) if (sprite) sprite.height = 0;
  }

  /**
   * Draws a person, from the picture if it is not their turn.
   * @param {Context} context
   * @param {number} index of the person, the same in every frame
   * @param {number} rate a new picture every so many frames
   * @param {Person} person
   * @param {number} x @param {number} y @param {number} height
   * @param {TeamPalette} team
   * @param {Skins} faces
   */
  draw(context, index, rate, person, x, y, height, team, faces) {
    const sprite = (this.#sprites[index] ??= new Sprite());
    const left = height * (person.facing > 0 ? BEHIND : AHEAD);
    const { canvas } = sprite;
    const due = sprite.height === 0 || (this.#turn + index) % rate === 0;
    if (due && sprite.context) {
      const wide = Math.ceil((height * (BEHIND + AHEAD)) / GRAIN) * GRAIN;
      const high = Math.ceil((height * (ABOVE + BELOW)) / GRAIN) * GRAIN;
      if (canvas.width !== wide || canvas.height !== high) {
        canvas.width = wide;
        canvas.height = high;
        sprite.context.lineCap = "round";
        sprite.context.lineJoin = "round";
      } else {
        sprite.context.setTransform(1, 0, 0, 1, 0, 0);
        sprite.context.clearRect(0, 0, wide, high);
      }
      drawFigure(sprite.context, person, left, height * ABOVE, height, team, faces);
      sprite.height = height;
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(canvas, Math.round(x - left), Math.round(y - height * ABOVE));
  }
}
