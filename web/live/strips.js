// Keeps a page supplied with what each output sent last, while the page is seen.
//
// A connection of its own: the frames come many times a second, and nobody needs them in the
// background. Without a socket there is no picture; the numbers beside it come with the snapshots.

import { delay } from "./backoff.js";
import { socketAddress } from "./transport.js";
import { readStrips } from "./wire.js";

/** @import { Strip } from "./shapes.js" */

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
    const socket = new WebSocket(socketAddress("/api/v1/strips/live"));
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
