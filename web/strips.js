// The strips as they are lit: what each output sent last, drawn from its frames and not from the count.
//
// A connection of its own, open only while the page is seen: the frames come many times a second, and
// nobody needs them in the background. Without a socket there is no picture; the numbers beside it
// come with the snapshots.

import { delay } from "./backoff.js";
import { readStrips } from "./wire.js";

/** @typedef {import("./wire.js").Strip} Strip */

/** A gap between two lights, in parts of the room of one. */
const GAP = 0.18;
/** Lights narrower than this are drawn without gaps. */
const NARROW_PX = 4;

export class Strips {
  #show;
  /** @type {WebSocket | null} */
  #socket = null;
  #failures = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry;

  /** @param {(strips: Strip[]) => void} show called with every message */
  constructor(show) {
    this.#show = show;
  }

  start() {
    const follow = () => (document.hidden ? this.#close() : this.#open());
    document.addEventListener("visibilitychange", follow);
    window.addEventListener("pageshow", follow);
    window.addEventListener("pagehide", () => this.#close());
    follow();
  }

  #open() {
    if (this.#socket) return;
    clearTimeout(this.#retry);
    const address = new URL("/api/v1/strips/live", location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      this.#failures = 0;
      const strips = readStrips(String(data));
      if (strips) this.#show(strips);
    };
    socket.onclose = () => {
      this.#socket = null;
      this.#retry = setTimeout(() => this.#open(), delay(this.#failures, Math.random()));
      this.#failures += 1;
    };
  }

  #close() {
    clearTimeout(this.#retry);
    if (!this.#socket) return;
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    this.#socket.close();
    this.#socket = null;
  }
}

/**
 * Draws a strip over the whole canvas. `rgb` is six hexadecimal digits a light; where there are more
 * lights than pixels of the screen, some share one, as the eye far away would have it.
 * @param {HTMLCanvasElement} canvas @param {string} rgb
 */
export function drawStrip(canvas, rgb) {
  const lights = rgb.length / 6;
  const width = Math.max(1, Math.round(canvas.clientWidth * Math.min(devicePixelRatio, 2)));
  const height = Math.max(1, Math.round(canvas.clientHeight * Math.min(devicePixelRatio, 2)));
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext("2d", { alpha: false });
  if (!context) return;
  context.fillStyle = "#000";
  context.fillRect(0, 0, width, height);
  const each = width / lights;
  const gap = each < NARROW_PX ? 0 : each * GAP;
  for (let light = 0; light < lights; light += 1) {
    const colour = rgb.slice(light * 6, light * 6 + 6);
    if (colour === "000000") continue;
    context.fillStyle = `#${colour}`;
    const from = light * each + gap / 2;
    context.fillRect(from, 0, Math.max(1, each - gap), height);
  }
}
