// How fast the pages are, on a machine that does nothing else: `tests/long` runs this.

import assert from "node:assert/strict";
import { test } from "node:test";

import { countFrames } from "./support/canvas.js";
import { LIMIT } from "./support/patience.js";
import { Show } from "./support/show.js";

/** Fewer frames a second than this look like a fault; a small machine without a graphics card has more. */
const FRAMES = 20;
const SECONDS = 10;

test("the stage draws at least 20 frames a second at 1280x720 with full crowds", LIMIT, async (t) => {
  const show = await Show.start(t, { speed: 20, repeat: true });
  const visit = await show.visit("/stage", { prepare: (page) => page.addInitScript(countFrames) });
  await visit.moreNews(20);
  const frames = await visit.page.evaluate(async (seconds) => {
    const from = window.framesDrawn();
    await new Promise((passed) => setTimeout(passed, seconds * 1000));
    return window.framesDrawn() - from;
  }, SECONDS);
  t.diagnostic(`${(frames / SECONDS).toFixed(1)} frames a second`);
  assert.ok(frames / SECONDS >= FRAMES, `${(frames / SECONDS).toFixed(1)} frames a second`);
});
