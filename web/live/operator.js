// The operators' socket: the key goes first, then snapshots come, and answers to commands.
//
// For `Live` it is a transport like others, which also says what became of each command. A command is
// sent once: where the connection breaks before its answer, nobody knows whether it was heard, and
// only a person may give it again.

import { socketAddress } from "./transport.js";
import { readAnswer } from "./wire.js";

/** @import { Answer } from "./shapes.js" */
/** @import { Transport } from "./transport.js" */

/** The code with which the show closes on a wrong key. */
const WRONG_KEY = 4401;
/** The code with which it closes where all places for operators are taken. */
const FULL = 4503;

export class OperatorSocket {
  #key;
  #onRefused;
  /** @type {WebSocket | null} */
  #socket = null;
  #newest = 0;
  /** Commands without an answer so far, by number. @type {Map<number, (answer: Answer | null) => void>} */
  #waiting = new Map();

  /**
   * @param {{ key: () => string | null, onRefused: (why: "key" | "full") => void }} handlers while
   *   there is no key nothing is opened
   */
  constructor({ key, onRefused }) {
    this.#key = key;
    this.#onRefused = onRefused;
  }

  /** @type {Transport} */
  open = (hear, end) => {
    const key = this.#key();
    if (key === null) return () => {};
    const socket = new WebSocket(socketAddress("/api/v1/operate/live"));
    this.#socket = socket;
    socket.onopen = () => socket.send(JSON.stringify({ key }));
    socket.onmessage = ({ data }) => {
      const text = String(data);
      const answer = readAnswer(text);
      if (answer === null) hear(text);
      else this.#settle(answer.id, answer);
    };
    socket.onclose = ({ code }) => {
      this.#leave(socket);
      if (code === WRONG_KEY) this.#onRefused("key");
      if (code === FULL) this.#onRefused("full");
      end();
    };
    return () => {
      socket.onmessage = null;
      socket.onclose = null;
      socket.close();
      this.#leave(socket);
    };
  };

  /**
   * Gives a command; null comes where the connection broke before the answer.
   * @param {object} order @returns {Promise<Answer | null>}
   */
  give(order) {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return Promise.resolve(null);
    this.#newest += 1;
    const id = this.#newest;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      socket.send(JSON.stringify({ ...order, id }));
    });
  }

  /** @param {number} id @param {Answer | null} answer */
  #settle(id, answer) {
    this.#waiting.get(id)?.(answer);
    this.#waiting.delete(id);
  }

  /** @param {WebSocket} socket */
  #leave(socket) {
    if (this.#socket !== socket) return;
    this.#socket = null;
    for (const id of [...this.#waiting.keys()]) this.#settle(id, null);
  }
}
