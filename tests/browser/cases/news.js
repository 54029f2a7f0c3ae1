// Networks and servers that fail: what the pages say meanwhile, and how they come back.

import assert from "node:assert/strict";
import { test } from "node:test";

import { capture } from "../support/canvas.js";
import { LIMIT, inTime } from "../support/patience.js";
import { Show, freePort, posts } from "../support/show.js";

const PAGES = ["/", "/stage"];
/** News older than this is called stale. */
const STALE_MS = 2500;
/** The page looks every 250 ms, and the machine may keep it waiting as long again. */
const TOLERANCE_MS = 500;
/** What the browser itself logs for each attempt while nobody listens. */
const REFUSED = /net::ERR_CONNECTION_REFUSED/;

for (const path of PAGES) {
  test(`${path} says in time that its server has gone, and finds the next one by itself`, LIMIT, async (t) => {
    const port = await freePort();
    const show = await Show.start(t, { port, speed: 20, repeat: true });
    const visit = await show.visit(path, { allow: REFUSED });
    // Thirty snapshots a second: the next server, with two a second, will not be as far for a minute.
    await visit.moreNews(120);
    const before = await visit.seq();
    await show.end();
    await checkStale(visit);
    await show.begin({ port, posts: posts({ tabs: 3, spaces: 1 }) });
    await visit.until(() => document.documentElement.dataset.connection === "live");
    // The new server counts from one again, and its first snapshots are news all the same.
    assert.ok((await visit.seq()) < before, `${await visit.seq()} after ${before}`);
    await visit.moreNews(2);
    await checkLive(visit);
    const first = visit.page.locator(".share").first();
    await visit.eventually(async () => assert.match(await first.innerText(), /^75\s*\.0/));
    assert.notEqual(visit.allowed.length, 0, "the browser logs refused connections");
  });

  test(`${path} notices a server that hangs without a word, and one that goes on`, LIMIT, async (t) => {
    const show = await Show.start(t, { speed: 20, repeat: true });
    const visit = await show.visit(path);
    await visit.moreNews(2);
    show.hold();
    await checkStale(visit);
    show.letGo();
    await visit.until(() => document.documentElement.dataset.connection === "live");
    await visit.moreNews(5);
    await checkLive(visit);
  });

  test(`${path} listens to the event stream where sockets are refused`, LIMIT, async (t) => {
    const show = await Show.start(t, { speed: 20, repeat: true });
    const visit = await show.visit(path, { prepare: refuseSockets });
    await visit.moreNews(10);
    assert.equal(await visit.text("#news"), "live");
    assert.equal(asked(visit, "/api/v1/events"), 1);
    assert.equal(asked(visit, "/api/v1/snapshot"), 0);
  });

  test(`${path} gives up a socket that opens and says nothing`, LIMIT, async (t) => {
    const show = await Show.start(t, { speed: 20, repeat: true });
    // A socket without a handler is open for the page and leads nowhere.
    const prepare = (page) => page.routeWebSocket("**/api/v1/live", () => {});
    const visit = await show.visit(path, { prepare });
    await visit.moreNews(10);
    assert.equal(asked(visit, "/api/v1/events"), 1);
  });

  test(`${path} asks for snapshots where sockets and streams are refused`, LIMIT, async (t) => {
    const show = await Show.start(t, { speed: 20, repeat: true });
    const prepare = async (page) => {
      await refuseSockets(page);
      await page.route("**/api/v1/events", (route) => route.abort());
    };
    // Of the refused stream, and of nothing else.
    const allow = /^Failed to load resource: net::ERR_FAILED \(.+\/api\/v1\/events\)$/;
    const visit = await show.visit(path, { prepare, allow });
    await visit.moreNews(10);
    assert.equal(await visit.text("#news"), "live");
    assert.ok(asked(visit, "/api/v1/snapshot") >= 2);
  });
}

test("a page that was opened before its server answers waits for it", LIMIT, async (t) => {
  const show = await Show.start(t, { speed: 20, repeat: true });
  let blocked = true;
  const prepare = async (page) => {
    await page.routeWebSocket("**/api/v1/live", (socket) => {
      if (blocked) socket.close();
      else socket.connectToServer();
    });
    await page.route(/\/api\/v1\/(events|snapshot|history)$/, (route) =>
      blocked ? route.abort() : route.continue(),
    );
    page.on("console", async (message) => {
      // Once every way has been tried, the hall's network comes back.
      if (message.location().url.endsWith("/snapshot")) blocked = false;
    });
  };
  const visit = await show.visit("/stage", { prepare, allow: /net::ERR_FAILED/ });
  assert.equal(blocked, false);
  await visit.moreNews(2);
});

async function checkStale(visit) {
  await visit.until(() => document.documentElement.dataset.connection === "stale");
  const { stale, newsBeforeStale } = await visit.page.evaluate(() => window.times);
  const silence = stale - newsBeforeStale;
  assert.ok(silence >= STALE_MS - 50, `called stale after ${silence} ms`);
  inTime("to call the news stale", silence, STALE_MS + TOLERANCE_MS);
  assert.match(await visit.text("#news"), /^no news for \d+ s$/);
  assert.equal(await visit.inSight("#news"), true);
  assert.equal(await visit.text("#status"), "No news: the picture stands still.");
  // The canvas is of the last news, and grey.
  const before = await capture(visit);
  await visit.frame();
  await visit.frame();
  assert.deepEqual(await capture(visit), before);
  const filter = await visit.page.locator("#scene").evaluate((scene) => getComputedStyle(scene).filter);
  assert.match(filter, /grayscale/);
  // The words go on counting.
  const said = await visit.text("#news");
  await visit.eventually(async () => assert.notEqual(await visit.text("#news"), said));
}

async function checkLive(visit) {
  assert.equal(await visit.text("#news"), "live");
  const filter = await visit.page.locator("#scene").evaluate((scene) => getComputedStyle(scene).filter);
  assert.equal(filter, "none");
  const before = await capture(visit);
  await visit.eventually(async () => assert.notEqual((await capture(visit)).hash, before.hash));
}

async function refuseSockets(page) {
  await page.routeWebSocket("**/api/v1/live", (socket) => socket.close());
}

/** How often a path was asked for. */
function asked(visit, path) {
  return visit.requests.filter((address) => new URL(address).pathname === path).length;
}
