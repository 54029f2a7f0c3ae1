// What every page does with the live connection, once: opens it, says how fresh the news is, keeps the
// title, the badges and the words of the screen reader, and holds all of them still when asked to.
//
// What is particular to a page comes as handlers. Nothing of the tug is imported here, so that a page
// for phones is made of this and of its own parts.

import { Live } from "../live/live.js";
import { duration } from "../messages/numbers.js";
import { say } from "../messages/say.js";
import { trouble } from "../messages/sentences.js";
import { Announcer } from "./announce.js";
import { find, write, writeMessages } from "./elements.js";
import { stayAwake } from "./wakelock.js";

/** @typedef {import("../live/live.js").Health} Health */
/** @import { Snapshot } from "../live/shapes.js" */
/** @import { Page } from "./page.js" */

export class Shell {
  /** The newest snapshot, shown or not. @type {Snapshot | null} */
  newest = null;
  /** Whether the page stands still. */
  held = false;

  #page;
  #live;
  #title = find("title", HTMLElement);
  #news = find("news", HTMLElement);
  #replay = find("replay", HTMLElement);
  #announcer = new Announcer(find("status", HTMLElement));

  /** @param {Page} page */
  constructor(page) {
    this.#page = page;
    this.#live = new Live({
      onSnapshot: (snapshot) => this.#show(snapshot),
      onHealth: (health) => this.#age(health),
      onConnect: page.connect,
      transports: page.transports,
    });
    writeMessages();
    this.#writeNews();
    expose({ connection: () => this.#live.health.connection, ...page.readings });
  }

  start() {
    if (this.#page.awake) stayAwake();
    this.#live.start();
  }

  /** Connects anew, at once. */
  connect() {
    this.#live.connect();
  }

  /** Whether what is shown is of now. */
  get isLive() {
    return this.#live.health.connection === "live";
  }

  /** Holds the page as it is, or lets it go on from the newest snapshot. @param {boolean} held */
  hold(held) {
    this.held = held;
    if (!held && this.newest) this.#show(this.newest);
  }

  /** @param {Snapshot} snapshot */
  #show(snapshot) {
    this.newest = snapshot;
    if (!this.held) this.#write(snapshot);
    this.#page.show(snapshot);
  }

  /** @param {Snapshot} snapshot */
  #write(snapshot) {
    const { title, seq, sources, scene } = snapshot;
    const timer = scene === "timer" && snapshot.timer;
    const page = say(`page.${this.#page.name}`);
    write(this.#title, title);
    document.title = timer ? say("tab.timer", { page }) : say("tab.contest", { title, page });
    document.documentElement.dataset.seq = String(seq);
    this.#replay.hidden = !sources.some(({ kind }) => kind === "replay");
    this.#writeNews();
    if (!timer) this.#announcer.hear(snapshot);
  }

  /** @param {Health} health */
  #age({ connection }) {
    const stale = connection === "stale";
    this.#writeNews();
    this.#page.age?.(stale);
    this.#announcer.connection(stale);
  }

  /**
   * Says how fresh the news is: first whether this page hears of the count at all, then whether the
   * count hears of the posts.
   */
  #writeNews() {
    const { connection, silent } = this.#live.health;
    const troubled = this.newest ? trouble(this.newest) : null;
    const { dataset } = document.documentElement;
    dataset.connection = connection;
    dataset.sources = troubled === null ? "live" : "troubled";
    const texts = {
      connecting: say("news.connecting"),
      live: troubled ?? say("news.live"),
      stale: say("news.stale", { time: duration(Math.max(1000, silent)) }),
    };
    write(this.#news, texts[connection]);
  }
}

/**
 * A read-only look inside, for the browser tests.
 * @param {Record<string, () => unknown>} readings
 */
function expose(readings) {
  const properties = Object.fromEntries(
    Object.entries(readings).map(([name, get]) => [name, { get, enumerable: true }]),
  );
  const hook = Object.freeze(Object.defineProperties({}, properties));
  Object.defineProperty(window, "hashtug", { value: hook });
}
