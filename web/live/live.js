// Keeps a page supplied with the newest snapshot, whatever the hall's network does.
//
// It watches for silence and not for `close`: a sleeping access point closes nothing.
// There is no queue. However many messages arrive while the page is busy, only the last is read.
// It draws nothing, and never pretends: what is older than `STALE_MS` is reported as stale.

import { delay } from "./backoff.js";
import { TRANSPORTS, polling } from "./transport.js";
import { readSnapshot } from "./wire.js";

/** @import { Snapshot } from "./shapes.js" */
/** @import { Transport } from "./transport.js" */

/**
 * `connecting` until the first snapshot, then `live` or `stale`; `silent` is the age of the news in ms.
 * @typedef {{ connection: "connecting" | "live" | "stale", silent: number }} Health
 */

/** The server speaks once a second; after two and a half of silence the picture is called old. */
const STALE_MS = 2500;
/** A connection that says nothing for this long is closed and opened anew. */
const SILENT_MS = 5000;
/** On waking up, news older than this is reason enough to connect at once. */
const WAKE_MS = 1500;
/** How long a lesser transport serves before the socket is given another chance. */
const UPGRADE_MS = 30_000;
/** How often silence is looked for. */
const WATCH_MS = 250;

export class Live {
  /** Health of the moment; the object is reused. @type {Health} */
  health = { connection: "connecting", silent: 0 };

  #onSnapshot;
  #onHealth;
  #onConnect;
  #transports;
  #rank = 0;
  #failures = 0;
  #seq = -1;
  #heard = false;
  #news = 0;
  #newsByWall = 0;
  #opened = 0;
  /** @type {string | null} */
  #newest = null;
  /** @type {(() => void) | null} */
  #close = null;
  /** @type {(() => void) | null} */
  #closeCandidate = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry;

  /**
   * @param {{ onSnapshot: (snapshot: Snapshot) => void, onHealth: (health: Health) => void,
   *   onConnect?: () => void, transports?: readonly Transport[] }} handlers `onConnect` comes with the
   *   first news of each connection, `onHealth` at every change and four times a second while stale;
   *   `transports` are the ways to hear, best first
   */
  constructor({ onSnapshot, onHealth, onConnect = () => {}, transports = TRANSPORTS }) {
    this.#onSnapshot = onSnapshot;
    this.#onHealth = onHealth;
    this.#onConnect = onConnect;
    this.#transports = transports;
  }

  start() {
    this.#attempt();
    setInterval(() => this.#watch(), WATCH_MS);
    const wake = () => this.#wake();
    document.addEventListener("visibilitychange", wake);
    window.addEventListener("pageshow", wake);
    window.addEventListener("online", wake);
    window.addEventListener("pagehide", () => this.#hangUp());
  }

  /** Connects anew, at once. */
  connect() {
    this.#failures = 0;
    this.#attempt();
  }

  #attempt() {
    this.#hangUp();
    this.#heard = false;
    this.#opened = performance.now();
    this.#close = this.#transports[this.#rank](
      (message) => this.#hear(message),
      () => this.#ended(),
    );
  }

  #hangUp() {
    clearTimeout(this.#retry);
    this.#close?.();
    this.#close = null;
    this.#closeCandidate?.();
    this.#closeCandidate = null;
  }

  #ended() {
    // One that never spoke may be blocked on the way, so the next kind is tried; one that did
    // speak has shown that the way is open.
    if (!this.#heard) this.#rank = (this.#rank + 1) % this.#transports.length;
    this.#hangUp();
    // The wait doubles once all kinds have failed, so a hall that blocks sockets is served at once.
    const rounds = Math.floor(this.#failures / this.#transports.length);
    this.#retry = setTimeout(() => this.#attempt(), delay(rounds, Math.random()));
    this.#failures += 1;
  }

  /** @param {string} message */
  #hear(message) {
    const waiting = this.#newest !== null;
    this.#newest = message;
    if (!waiting) setTimeout(() => this.#read(), 0);
  }

  #read() {
    const message = this.#newest;
    this.#newest = null;
    const snapshot = message === null ? null : readSnapshot(message);
    if (!snapshot || !this.#isNews(snapshot.seq)) return;
    const first = !this.#heard;
    this.#seq = snapshot.seq;
    this.#heard = true;
    this.#failures = 0;
    this.#news = performance.now();
    this.#newsByWall = Date.now();
    if (first) this.#onConnect();
    this.#onSnapshot(snapshot);
    this.#report();
  }

  /**
   * The same number again is no news, however often it is asked for: the count behind it stands still.
   * A lower one is old within a connection, but a restarted server begins at one again, so at the
   * start of a connection, and when polling, which has none, any other number is news.
   * @param {number} seq
   */
  #isNews(seq) {
    const polls = this.#transports[this.#rank] === polling;
    return this.#heard && !polls ? seq > this.#seq : seq !== this.#seq;
  }

  #watch() {
    const now = performance.now();
    if (this.#news > 0) this.#report();
    const since = Math.max(this.#news, this.#opened);
    if (this.#close && now - since > SILENT_MS) this.#ended();
    else if (this.#rank > 0 && this.#heard && now - this.#opened > UPGRADE_MS) this.#upgrade();
  }

  /** Tries the socket beside the lesser transport, which stays until the socket has spoken. */
  #upgrade() {
    this.#opened = performance.now();
    this.#closeCandidate?.();
    const close = this.#transports[0](
      (message) => {
        if (this.#rank > 0) {
          this.#close?.();
          this.#close = close;
          this.#closeCandidate = null;
          this.#rank = 0;
          this.#heard = false;
        }
        this.#hear(message);
      },
      () => {
        if (this.#close === close) this.#ended();
        else this.#closeCandidate = null;
      },
    );
    this.#closeCandidate = close;
  }

  #wake() {
    if (document.visibilityState === "hidden") return;
    // A machine that slept may have stopped the steady clock, so the wall clock is asked as well.
    const age = Math.max(performance.now() - this.#news, Date.now() - this.#newsByWall);
    if (this.#close && age < WAKE_MS) return;
    const trying = this.#close && !this.#heard && performance.now() - this.#opened < WAKE_MS;
    if (trying) return;
    this.connect();
  }

  #report() {
    const { health } = this;
    const silent = performance.now() - this.#news;
    const connection = silent > STALE_MS ? "stale" : "live";
    const changed = connection !== health.connection;
    health.connection = connection;
    health.silent = silent;
    if (changed || connection === "stale") this.#onHealth(health);
  }
}
