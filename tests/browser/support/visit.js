// A page in a real Chromium, watched for everything that no page of ours may do.
//
// One browser serves all tests; each visit has a profile of its own in it. When a visit ends, it fails
// the test if the page logged an error, threw, broke its own policy, opened a dialog, or asked any
// other host for anything.

import assert from "node:assert/strict";
import { after } from "node:test";
import { chromium } from "playwright-core";

import { PATIENCE_MS } from "./patience.js";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

let browser = null;
after(async () => (await browser)?.close());

function launch() {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  browser ??= chromium.launch({ executablePath, args: FLAGS });
  return browser;
}

export class Visit {
  page;
  /** Everything that was asked for, in order, as full addresses. */
  requests = [];
  /** Complaints that the test has allowed. */
  allowed = [];
  /** Snapshots that came over the socket, by their number. */
  heard = new Map();

  #context;
  #faults = [];

  /**
   * @param {{ viewport?: { width: number, height: number }, reducedMotion?: "reduce", isLive?: boolean,
   *   allow?: RegExp, prepare?: (page: import("playwright-core").Page) => Promise<void> }} options
   *   `allow` names complaints that belong to the test; `prepare` is called before the page is opened;
   *   a page that is not `isLive` has no connection to wait for
   */
  static async open(show, path, { viewport = { width: 1280, height: 720 }, ...options } = {}) {
    const { reducedMotion = "no-preference", isLive = true, allow, prepare = async () => {} } = options;
    const visit = new Visit();
    visit.#context = await (await launch()).newContext({ viewport, reducedMotion });
    visit.#context.setDefaultTimeout(PATIENCE_MS);
    visit.page = await visit.#context.newPage();
    visit.#watch(show.address, allow);
    await visit.page.addInitScript(keepTime);
    await prepare(visit.page);
    await visit.#go(show.origin + path);
    if (isLive) await visit.until(() => document.documentElement.dataset.connection === "live");
    return visit;
  }

  /** A busy browser may drop the first address of a new window, before it has asked for anything. */
  async #go(address) {
    try {
      await this.page.goto(address);
    } catch (error) {
      if (!String(error).includes("net::ERR_ABORTED") || this.requests.length > 1) throw error;
      await this.page.goto(address);
    }
  }

  #watch(host, allow) {
    const { page } = this;
    const fault = (text) => (allow?.test(text) ? this.allowed : this.#faults).push(text);
    const asked = (address) => {
      this.requests.push(address);
      if (new URL(address).host !== host) fault(`asked another host: ${address}`);
    };
    page.on("console", (message) => {
      if (message.type() === "error") fault(`${message.text()} (${message.location().url})`);
    });
    page.on("pageerror", (error) => fault(`threw: ${error.stack}`));
    page.on("dialog", (dialog) => {
      fault(`opened a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("popup", () => fault("opened a window"));
    page.on("request", (request) => asked(request.url()));
    page.on("websocket", (socket) => {
      asked(socket.url());
      socket.on("framereceived", ({ payload }) => {
        const snapshot = JSON.parse(String(payload));
        this.heard.set(snapshot.seq, snapshot);
      });
    });
  }

  /** Waits until `condition` holds in the page. */
  async until(condition, argument) {
    await this.page.waitForFunction(condition, argument, { timeout: PATIENCE_MS });
  }

  /** Tries `check` once a frame until it passes; the last failure is the one that counts. */
  async eventually(check) {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await check();
      } catch (error) {
        if (!(error instanceof assert.AssertionError) || performance.now() > end) throw error;
      }
      await this.frame();
    }
  }

  /** Waits for the next frame that the browser draws. */
  async frame() {
    await this.page.evaluate(() => new Promise((drawn) => requestAnimationFrame(drawn)));
  }

  /** The number of the newest snapshot that the page has shown. */
  async seq() {
    return Number(await this.page.evaluate(() => document.documentElement.dataset.seq));
  }

  /** Waits until the page has shown so many numbers more. */
  async moreNews(numbers) {
    const from = await this.seq();
    await this.until((seq) => Number(document.documentElement.dataset.seq) >= seq, from + numbers);
  }

  /** The text of an element as it is, not as it is laid out. */
  async text(selector) {
    return this.page.locator(selector).evaluate(({ textContent }) => textContent);
  }

  /** Whether an element can be seen, is inside the window, and has nothing before it. */
  async inSight(selector) {
    return this.page.locator(selector).evaluate((element) => {
      const { left, right, top, bottom, width, height } = element.getBoundingClientRect();
      const inside = left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
      const front = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
      return element.checkVisibility() && width > 0 && height > 0 && inside && front === element;
    });
  }

  async close() {
    await this.#context.close();
    assert.deepEqual(this.#faults, [], "the page must not complain");
  }
}

/** Runs in the page, before its own scripts: notes when news came, and when the connection changed. */
function keepTime() {
  const times = { news: 0, stale: 0, newsBeforeStale: 0 };
  Object.defineProperty(window, "times", { value: times });
  // As it comes, and not when the page has got round to showing it.
  window.WebSocket = class extends WebSocket {
    /** @param {[string | URL, (string | string[])?]} address */
    constructor(...address) {
      super(...address);
      this.addEventListener("message", () => {
        times.news = performance.now();
      });
    }
  };
  const watch = { subtree: true, attributes: true, attributeFilter: ["data-connection"] };
  new MutationObserver((records) => {
    for (const { target } of records) {
      if (!(target instanceof HTMLElement) || target !== document.documentElement) continue;
      if (target.dataset.connection === "stale" && times.stale < times.news) {
        times.stale = performance.now();
        times.newsBeforeStale = times.news;
      }
    }
  }).observe(document, watch);
  // The browser logs most of these as errors; this catches the rest.
  document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
    console.error(`policy violation: ${violatedDirective} ${blockedURI}`);
  });
}
