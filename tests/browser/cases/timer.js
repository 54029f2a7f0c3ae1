// The speaker's timer: a clock that is read from the last row, in the light of the strip.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Show } from "../support/show.js";

const LIMIT = { timeout: 90_000 };

for (const path of ["/", "/stage"]) {
  test(`${path} shows a timer instead of the tug, as large as the hall needs`, LIMIT, async (t) => {
    const show = await Show.start(t, { command: ["timer", "5m"], title: "Lightning talks" });
    const visit = await show.visit(path);
    await visit.until(() => document.querySelector(".timer:not([hidden])") !== null);
    assert.match(await visit.text(".timer .face"), /^(5:00|4:5\d)$/);
    assert.equal(await visit.text(".timer .note"), "of 5:00");
    const seen = await visit.page.locator("[role=timer]").evaluate((face) => ({
      size: parseFloat(getComputedStyle(face).fontSize) / innerHeight,
      fits: face.scrollWidth <= innerWidth,
      color: getComputedStyle(face).color,
    }));
    assert.ok(seen.size >= 0.3, `${seen.size} of the height`);
    assert.ok(seen.fits);
    assert.equal(seen.color, "rgb(0, 255, 0)");
    assert.equal(await visit.page.locator("#canvas").isVisible(), false);
    const before = await visit.text(".timer .face");
    await visit.eventually(async () => assert.notEqual(await visit.text(".timer .face"), before));
  });
}

test("the end of a timer flashes, and stands still where motion is reduced", LIMIT, async (t) => {
  const show = await Show.start(t, { command: ["timer", "20s"] });
  const visit = await show.visit("/stage");
  const calm = await show.visit("/stage", { reducedMotion: "reduce" });
  const flash = () => document.querySelector(".timer")?.dataset.phase === "flash";
  await Promise.all([visit.until(flash), calm.until(flash)]);
  // Two seconds, looked at often.
  const looks = (/** @type {import("../support/visit.js").Visit} */ { page }) =>
    page.evaluate(async () => {
      const seen = new Set();
      for (let look = 0; look < 30; look += 1) {
        if (document.querySelector(".timer").dataset.phase !== "flash") break;
        seen.add(getComputedStyle(document.querySelector(".face")).color);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return [...seen].sort();
    });
  const [flashing, still] = await Promise.all([looks(visit), looks(calm)]);
  assert.deepEqual(flashing, ["rgb(0, 0, 0)", "rgb(255, 0, 0)"]);
  assert.deepEqual(still, ["rgb(255, 0, 0)"]);
});
