// The tug and its table: what they show is what the server counts.

import assert from "node:assert/strict";
import { test } from "node:test";

import { borders, capture } from "../support/canvas.js";
import { LIMIT } from "../support/patience.js";
import { SPACES, Show, TABS, posts } from "../support/show.js";

const PAGES = ["/", "/stage"];
/** How far the seam may be from its share, in parts of the width. */
const SEAM = 0.015;
/** Pixels of patterns and of the seam itself that look like the other team's. */
const STRAYS = 0.04;
const MIDDLE = { name: "Both", hashtags: ["both"], color: "#ff6090" };

for (const path of PAGES) {
  test(`the canvas of ${path} is not blank and moves while posts come in`, LIMIT, async (t) => {
    const show = await Show.start(t, { speed: 10, repeat: true });
    const visit = await show.visit(path);
    const hashes = new Set();
    await visit.eventually(async () => {
      const { colours, hash } = await capture(visit);
      assert.ok(colours > 100, `${colours} colours`);
      hashes.add(hash);
      assert.ok(hashes.size >= 5, `${hashes.size} pictures`);
    });
    const [{ borders: before }] = await borders(visit, [TABS, SPACES]);
    await visit.eventually(async () => {
      const [{ borders: after }] = await borders(visit, [TABS, SPACES]);
      assert.ok(Math.abs(after[0] - before[0]) > 2 * SEAM, `the seam went from ${before} to ${after}`);
    });
  });

  for (const [tabs, spaces] of [[8, 2], [1, 3], [7, 0], [0, 7], [0, 0]]) {
    test(`the seam of ${path} stands where ${tabs} to ${spaces} votes put it`, LIMIT, async (t) => {
      const show = await Show.start(t, { posts: posts({ tabs, spaces }) });
      const share = tabs + spaces === 0 ? 0.5 : tabs / (tabs + spaces);
      assert.equal((await show.lastSnapshot()).teams[0].share, share);
      const visit = await show.visit(path);
      await visit.eventually(() => checkBorders(visit, [TABS, SPACES], [share]));
    });
  }

  test(`both seams of ${path} stand where the votes of three teams put them`, LIMIT, async (t) => {
    const teams = [TABS, MIDDLE, SPACES];
    const show = await Show.start(t, { teams, posts: posts({ tabs: 5, both: 3, spaces: 2 }) });
    await show.lastSnapshot();
    const visit = await show.visit(path);
    await visit.eventually(() => checkBorders(visit, teams, [0.5, 0.8]));
  });

  test(`the numbers and the table of ${path} say what the last snapshot says`, LIMIT, async (t) => {
    const show = await Show.start(t);
    const last = await show.lastSnapshot();
    const visit = await show.visit(path);
    await visit.eventually(async () => {
      assert.equal(await visit.text("#title"), last.title);
      assert.deepEqual(await shownShares(visit), last.teams.map(({ share }) => `${percent(share)}\u2009%`));
      assert.deepEqual(await tableRows(visit), last.teams.map(row));
    });
  });

  test(`the table of ${path} groups the digits of large numbers`, LIMIT, async (t) => {
    const show = await Show.start(t, { posts: posts({ tabs: 1234, spaces: 2 }), speed: "max" });
    const last = await show.lastSnapshot();
    const visit = await show.visit(path);
    await visit.eventually(async () => {
      const rows = await tableRows(visit);
      assert.deepEqual(rows, last.teams.map(row));
      assert.equal(rows[0].at(-1), "1\u202f234");
      // 99.8 % and not 100: two people are still there.
      assert.deepEqual(rows.map((cells) => cells[2]), ["99.8 %", "0.2 %"]);
    });
  });

  test(`${path} is the same after a reload`, LIMIT, async (t) => {
    // Two seconds long: played at once, the recording might have a single moment of history.
    const show = await Show.start(t, { speed: 100 });
    await show.lastSnapshot();
    const visit = await show.visit(path);
    const state = async () => ({
      title: await visit.text("#title"),
      shares: await shownShares(visit),
      rows: await tableRows(visit),
      history: await capture(visit, "#trend"),
      replay: await visit.inSight("#replay"),
    });
    // Numbers are written up to a quarter of a second after the picture moves.
    await visit.eventually(async () => assert.equal((await tableRows(visit)).length, 2));
    await visit.eventually(async () => assert.ok((await capture(visit, "#trend")).colours > 2));
    const before = await state();
    await visit.page.reload();
    await visit.until(() => document.documentElement.dataset.connection === "live");
    await visit.eventually(async () => assert.deepEqual(await state(), before));
    assert.equal(before.replay, true);
  });

  test(`with reduced motion ${path} stands still between snapshots and is right`, LIMIT, async (t) => {
    const show = await Show.start(t, { posts: posts({ tabs: 8, spaces: 2 }) });
    await show.lastSnapshot();
    const visit = await show.visit(path, { reducedMotion: "reduce" });
    await visit.eventually(async () => {
      await checkBorders(visit, [TABS, SPACES], [0.8]);
      assert.deepEqual(await shownShares(visit), ["80.0\u2009%", "20.0\u2009%"]);
    });
    const before = await capture(visit);
    assert.ok(before.colours > 100, `${before.colours} colours`);
    await visit.moreNews(3);
    assert.deepEqual(await capture(visit), before);
  });

  test(`with reduced motion ${path} still follows the votes, in steps`, LIMIT, async (t) => {
    const show = await Show.start(t, { speed: 20, repeat: true });
    const prepare = (page) => page.addInitScript(noteSteps);
    const visit = await show.visit(path, { reducedMotion: "reduce", prepare });
    // What is drawn while the page is laid out is no step.
    await visit.until(() => window.steps.length >= 3);
    const from = await visit.page.evaluate(() => window.steps.length);
    await visit.until((from) => window.steps.length >= from + 4, from);
    const steps = await visit.page.evaluate((from) => window.steps.slice(from - 1), from);
    const pauses = steps.slice(1).map((time, index) => time - steps[index]);
    // A step a second at most; between the page's clock and its first stroke there is a moment.
    assert.ok(Math.min(...pauses) > 800, `steps after ${pauses.map(Math.round).join(", ")} ms`);
  });
}

test("the table of /stage is that of the snapshot with the same number, at any moment", LIMIT, async (t) => {
  const show = await Show.start(t, { speed: 20, repeat: true });
  const visit = await show.visit("/stage");
  const seen = new Set();
  while (seen.size < 20) {
    const { seq, rows } = await visit.page.evaluate(() => ({
      seq: Number(document.documentElement.dataset.seq),
      rows: [...document.querySelectorAll("#table tbody tr")].map((row) =>
        [...row.children].map(({ textContent }) => textContent),
      ),
    }));
    // The message is noted here a moment after the page has read it.
    await visit.eventually(() => assert.ok(visit.heard.has(seq), `snapshot ${seq} came by socket`));
    assert.deepEqual(rows, visit.heard.get(seq).teams.map(row), `snapshot ${seq}`);
    seen.add(seq);
    await visit.frame();
  }
});

test("Space holds the stage as it is, and lets it go on", LIMIT, async (t) => {
  const show = await Show.start(t, { speed: 20, repeat: true });
  const visit = await show.visit("/stage");
  await visit.eventually(async () => assert.equal((await tableRows(visit)).length, 2));
  await visit.page.keyboard.press("Space");
  await visit.frame();
  assert.match(await visit.text("#frozen"), /^frozen at /);
  assert.equal(await visit.inSight("#frozen"), true);
  const held = async () => [await capture(visit), await shownShares(visit), await tableRows(visit)];
  const before = await held();
  // The count goes on meanwhile, and by far more than a frame.
  const from = Math.max(...visit.heard.keys());
  await visit.eventually(() => assert.ok(Math.max(...visit.heard.keys()) > from + 20));
  assert.deepEqual(await held(), before);
  await visit.page.keyboard.press("Space");
  await visit.until(() => document.getElementById("frozen")?.hidden === true);
  await visit.eventually(async () => assert.notDeepEqual((await held())[0], before[0]));
  await visit.eventually(async () => assert.notDeepEqual((await held())[2], before[2]));
});

for (const { width, height } of [{ width: 390, height: 844 }, { width: 1920, height: 1080 }]) {
  test(`no percentage leaves the stage of ${width}x${height} when a team has nothing`, LIMIT, async (t) => {
    const show = await Show.start(t, { posts: posts({ spaces: 7 }) });
    await show.lastSnapshot();
    const visit = await show.visit("/stage", { viewport: { width, height } });
    await visit.eventually(async () => {
      assert.deepEqual(await shownShares(visit), ["0.0\u2009%", "100.0\u2009%"]);
      await checkBorders(visit, [TABS, SPACES], [0]);
      const boxes = await visit.page.locator(".share").evaluateAll((plates) =>
        plates.map((plate) => plate.getBoundingClientRect().toJSON()),
      );
      for (const box of boxes) assert.ok(box.left >= 0 && box.right <= width, JSON.stringify(box));
      const [left, right] = boxes;
      const apart = left.right <= right.left || left.bottom <= right.top;
      assert.ok(apart, `one covers the other: ${JSON.stringify(boxes)}`);
    });
  });
}

async function checkBorders(visit, teams, expected) {
  for (const row of await borders(visit, teams)) {
    row.borders.forEach((border, index) => {
      const off = Math.abs(border - expected[index]);
      assert.ok(off <= SEAM, `border ${index} at ${border.toFixed(3)}, not ${expected[index]}`);
    });
    assert.ok(row.strays <= STRAYS, `${row.strays} of the pixels are on the wrong side`);
  }
}

/** The percentages over the picture, from left to right in the order of the teams. */
async function shownShares(visit) {
  return visit.page.locator(".share").evaluateAll((plates) =>
    plates.map((plate) => [...plate.querySelectorAll("b, i")].map(({ textContent }) => textContent).join("")),
  );
}

async function tableRows(visit) {
  return visit.page.locator("#table tbody tr").evaluateAll((rows) =>
    rows.map((row) => [...row.children].map(({ textContent }) => textContent)),
  );
}

/** How a team of a snapshot stands in the table; written apart from the page on purpose. */
function row({ name, hashtags, share, votes, rate, total }) {
  const tags = hashtags.map((hashtag) => `#${hashtag}`).join(" ");
  return [name, tags, `${percent(share)} %`, grouped(votes), rate.toFixed(1), grouped(total)];
}

/** One decimal; 0.0 and 100.0 are kept for those who have nothing and everything. */
function percent(share) {
  const rounded = (share * 100).toFixed(1);
  if (rounded === "100.0" && share < 1) return "99.9";
  return rounded === "0.0" && share > 0 ? "0.1" : rounded;
}

function grouped(value) {
  return String(value).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** Runs in the page, before its own scripts: notes when each picture was begun that is not the last one again. */
function noteSteps() {
  const steps = [];
  Object.defineProperty(window, "steps", { value: steps });
  let begun = 0;
  let last = -1;
  const { fillRect } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.fillRect = function (...box) {
    if (begun === 0 && this.canvas.id === "canvas") {
      begun = performance.now();
      setTimeout(() => {
        const { data } = this.getImageData(0, 0, this.canvas.width, this.canvas.height);
        const pixels = new Uint32Array(data.buffer);
        let hash = 0;
        for (let index = 0; index < pixels.length; index += 7) hash = Math.imul(hash, 31) + pixels[index];
        if (hash !== last) steps.push(begun);
        last = hash;
        begun = 0;
      });
    }
    fillRect.apply(this, box);
  };
}
