// How fast the pages are, on a machine that does nothing else: `tests/long` runs this.

import assert from "node:assert/strict";
import { test } from "node:test";

import { countFrames } from "./support/canvas.js";
import { LIMIT } from "./support/patience.js";
import { Show, posts } from "./support/show.js";

/** Fewer frames a second than this look like a fault; a small machine without a graphics card has more. */
const FRAMES = 20;
const SECONDS = 10;
/** Acts are shorter. At its lowest quality a large picture has every second of 60 frames, and some are late. */
const ACT_SECONDS = 4;
const ACT_FRAMES = 28;

test("the stage draws at least 20 frames a second at 1280x720 with full crowds", LIMIT, async (t) => {
  const show = await Show.start(t, { speed: 20, repeat: true });
  const visit = await show.visit("/stage", { prepare: (page) => page.addInitScript(countFrames) });
  await visit.moreNews(20);
  const frames = await framesASecond(visit, SECONDS);
  t.diagnostic(`${frames.toFixed(1)} frames a second`);
  assert.ok(frames >= FRAMES, `${frames.toFixed(1)} frames a second`);
});

test("every act of a round has some 30 frames a second at 1920x1080 with full crowds", LIMIT, async (t) => {
  const round = { length: "open", countdown: "8s", grace: "6s", secret: true };
  const show = await Show.start(t, { round, posts: posts({ tabs: 400, spaces: 390 }), speed: 10, repeat: true });
  const prepare = (page) => page.addInitScript(countFrames);
  const visit = await show.visit("/stage", { viewport: { width: 1920, height: 1080 }, prepare });
  const slow = [];
  const measure = async (act) => {
    await visit.until((act) => window.hashtug.act === act, act);
    const frames = await framesASecond(visit, ACT_SECONDS);
    const quality = await visit.page.evaluate(() => window.hashtug.quality);
    t.diagnostic(`${act}: ${frames.toFixed(1)} frames a second at quality ${quality}`);
    if (frames < ACT_FRAMES) slow.push(act);
  };
  await measure("ready");
  await show.order({ command: "start" });
  await measure("ready");
  await measure("pull");
  // The picture of a count that nobody may see is drawn like any other; full crowds come with the reveal.
  await show.order({ command: "lock" });
  await measure("held");
  await measure("sealed");
  await show.order({ command: "reveal" });
  await measure("celebrate");
  await show.order({ command: "reset" });
  await show.order({ command: "secret", secret: false });
  await show.order({ command: "start", length: "14s" });
  await show.phase("open");
  await measure("pull");
  await measure("last");
  await measure("held");
  await measure("celebrate");
  assert.deepEqual(slow, []);
});

async function framesASecond(visit, seconds) {
  const frames = await visit.page.evaluate(async (seconds) => {
    const from = window.framesDrawn();
    await new Promise((passed) => setTimeout(passed, seconds * 1000));
    return window.framesDrawn() - from;
  }, seconds);
  return frames / seconds;
}
