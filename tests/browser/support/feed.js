// A service that sends posts, a line each, and signs of life. It can fall silent, hang up and come back.

import { once } from "node:events";
import { createServer } from "node:http";

/** Often enough that a source hears of it in time. */
const BEAT_MS = 200;

export class Feed {
  #server;
  #answers = new Set();
  #port = 0;
  #beat;

  /** Starts a feed that ends with the test. */
  static async start(test) {
    const feed = new Feed();
    test.after(() => feed.hangUp());
    await feed.listen();
    feed.speak();
    return feed;
  }

  /** Listens, on the same port as before if there was one. */
  async listen() {
    this.#server = createServer((_, answer) => {
      answer.writeHead(200, { "content-type": "application/x-ndjson" });
      answer.write("\n");
      this.#answers.add(answer);
      answer.on("close", () => this.#answers.delete(answer));
    });
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#port = this.#server.address().port;
  }

  get url() {
    return `http://127.0.0.1:${this.#port}/`;
  }

  /** @param {string} id @param {string} hashtag */
  post(id, hashtag) {
    for (const answer of this.#answers) {
      answer.write(`${JSON.stringify({ id, author: id, text: `#${hashtag}` })}\n`);
    }
  }

  /** Gives signs of life from here on. */
  speak() {
    this.#beat ??= setInterval(() => {
      for (const answer of this.#answers) answer.write("\n");
    }, BEAT_MS);
  }

  /** Gives none, with every connection open. */
  fallSilent() {
    clearInterval(this.#beat);
    this.#beat = undefined;
  }

  /** Closes every connection, and lets nobody in. */
  hangUp() {
    this.fallSilent();
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
