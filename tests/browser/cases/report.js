// The report of an evening, as a file: it needs no server, and nothing in it does more than be read.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import axe from "axe-core";

import { LIMIT } from "../support/patience.js";
import { Visit } from "../support/visit.js";

const REPORT = fileURLToPath(new URL("../../../fixtures/report/evening.html", import.meta.url));
const SIZES = [
  { width: 1280, height: 720 },
  { width: 390, height: 844 },
];

/** The page from its file; what it must not do is checked when the test ends. */
async function open(t, media = {}) {
  const files = { address: "", origin: "file://" };
  const prepare = (page) => page.emulateMedia(media);
  const visit = await Visit.open(files, REPORT, { isLive: false, prepare });
  t.after(() => visit.close());
  return visit;
}

for (const colorScheme of /** @type {const} */ (["dark", "light"])) {
  test(`a report in ${colorScheme} is a file that anybody can read`, LIMIT, async (t) => {
    const visit = await open(t, { colorScheme });
    assert.deepEqual(visit.requests, [`file://${REPORT}`]);
    await visit.page.evaluate(axe.source);
    for (const size of SIZES) {
      await visit.page.setViewportSize(size);
      const found = await visit.page.evaluate(async () => {
        const { violations } = await /** @type {any} */ (window).axe.run();
        return violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`);
      });
      assert.deepEqual(found, [], `at ${size.width}`);
      const wide = await visit.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${wide} pixels wider than ${size.width}`);
    }
  });
}

test("a report shows markup as text and has a picture for each round", LIMIT, async (t) => {
  const visit = await open(t);
  const count = (selector) => visit.page.locator(selector).count();
  assert.equal(await count("script, img, iframe, object, link"), 0);
  assert.equal(await count("figure > svg"), 2);
  const headings = await visit.page.locator("h2").allTextContents();
  assert.ok(headings.some((text) => text.includes("<img src=x onerror=alert(1)>")), headings.join());
});

test("no text of a picture lies on another, in the letters of this browser", LIMIT, async (t) => {
  const visit = await open(t);
  const meet = await visit.page.evaluate(() =>
    [...document.querySelectorAll("svg")].flatMap((svg) => {
      const texts = [...svg.querySelectorAll("text")].map((text) => ({
        says: text.textContent,
        box: text.getBBox(),
      }));
      const inside = svg.viewBox.baseVal;
      return texts.flatMap((one, place) => {
        const others = texts.slice(place + 1).filter(
          ({ box: { x, y, width, height } }) =>
            one.box.x < x + width &&
            x < one.box.x + one.box.width &&
            one.box.y < y + height &&
            y < one.box.y + one.box.height,
        );
        const cut = one.box.x < 0 || one.box.x + one.box.width > inside.width;
        return [...others.map((other) => [one.says, other.says]), ...(cut ? [[one.says, "is cut"]] : [])];
      });
    }),
  );
  assert.deepEqual(meet, []);
});

test("a report on paper is dark on white, a round a page", LIMIT, async (t) => {
  const visit = await open(t, { media: "print", colorScheme: "dark" });
  const looks = await visit.page.evaluate(() => {
    const { color, backgroundColor } = getComputedStyle(document.body);
    const rounds = [...document.querySelectorAll(".round")];
    return { color, backgroundColor, breaks: rounds.map((round) => getComputedStyle(round).breakBefore) };
  });
  assert.deepEqual(looks, {
    color: "rgb(0, 0, 0)",
    backgroundColor: "rgb(255, 255, 255)",
    breaks: ["page", "page"],
  });
});
