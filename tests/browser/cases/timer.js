// The speaker's timer: a clock that is read from the last row, in the light of the strip.

import assert from "node:assert/strict";
import { test } from "node:test";

import { LIMIT } from "../support/patience.js";
import { Show } from "../support/show.js";


for (const path of ["/", "/stage"]) {
  test(`${path} shows a timer instead of the tug, as large as the hall needs`, LIMIT, async (t) => {
    const show = await Show.start(t, { command: ["timer", "5m"], title: "Lightning talks" });
    const visit = await show.visit(path);
    await visit.until(() => document.querySelector(".timer:not([hidden])") !== null);
    assert.match(await visit.text(".timer .face"), /^(5:00|[2-4]:\d\d)$/);
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
  // An end of almost ten minutes, so that both pages are there before it is over.
  const timer = { yellow: "9m59s", red: "9m58s", flash: "9m57s" };
  const show = await Show.start(t, { command: ["timer", "10m"], timer });
  const visit = await show.visit("/stage");
  const calm = await show.visit("/stage", { reducedMotion: "reduce" });
  const flash = () => document.querySelector(".timer")?.dataset.phase === "flash";
  await Promise.all([visit.until(flash), calm.until(flash)]);
  const colour = ({ page }) => page.locator(".face").evaluate((face) => getComputedStyle(face).color);
  const still = new Set();
  for (const wanted of ["rgb(0, 0, 0)", "rgb(255, 0, 0)", "rgb(0, 0, 0)", "rgb(255, 0, 0)"]) {
    await visit.eventually(async () => {
      const flashing = await colour(visit);
      still.add(await colour(calm));
      assert.equal(flashing, wanted);
    });
  }
  assert.deepEqual([...still], ["rgb(255, 0, 0)"]);
});
