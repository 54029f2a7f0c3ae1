// The acts of a round on the stage: which is played when, what is seen of it, and what nobody may see.

import assert from "node:assert/strict";
import { test } from "node:test";

import { actOf } from "../../../web/tug/act.js";
import { Acts } from "../../../web/tug/acts.js";
import { heapX, heapY } from "../../../web/tug/heap.js";
import { capture } from "../support/canvas.js";
import { LIMIT } from "../support/patience.js";
import { SPACES, Show, TABS, posts } from "../support/show.js";

const ROUND = { length: "5s", countdown: "1s", grace: "1s" };
const TEAMS = [{ name: "Tabs" }, { name: "Spaces" }];

test("each phase of a round is its act, and a show without rounds pulls", () => {
  const cases = [
    ["pull", null],
    ["ready", { phase: "armed" }],
    ["ready", { phase: "countdown", opens_in_ms: 3000 }],
    ["pull", { phase: "open", left_ms: 10_001 }],
    ["last", { phase: "open", left_ms: 10_000 }],
    ["pull", { phase: "open", left_ms: null }],
    ["held", { phase: "locked" }],
    ["sealed", { phase: "sealed" }],
    ["reveal", { phase: "revealed", phase_ms: 0, winner: "Tabs" }],
    ["celebrate", { phase: "revealed", phase_ms: 1800, winner: "Tabs" }],
    ["photo", { phase: "revealed", phase_ms: 1800, winner: "Tabs", photo_finish: true }],
    ["celebrate", { phase: "revealed", phase_ms: 3800, winner: "Tabs", photo_finish: true }],
    ["tie", { phase: "revealed", phase_ms: 1800, winner: null }],
    // A show that does not say how long a result has stood is past the celebration.
    ["celebrate", { phase: "revealed", phase_ms: null, winner: "Spaces" }],
  ];
  for (const [name, round] of cases) assert.equal(actOf(moment(round)).name, name, JSON.stringify(round));
  const { team, rival } = actOf(moment({ phase: "revealed", winner: "Spaces" }));
  assert.deepEqual([team, rival], [1, 0]);
});

test("who comes late to a celebration finds the same as who was there", () => {
  const there = new Acts();
  const late = new Acts();
  there.show(actOf(moment({ phase: "revealed", phase_ms: 0, winner: "Tabs" })));
  there.settle(false);
  for (let time = 0; time < 6000; time += 16) there.step(16);
  assert.equal(late.show(actOf(moment({ phase: "revealed", phase_ms: 6000, winner: "Tabs" }))), true);
  late.settle(false);
  for (const key of ["name", "team", "party", "film", "curtain", "low", "slack", "might", "freeze", "sit"]) {
    const close = typeof there[key] === "number" ? Math.abs(there[key] - late[key]) < 0.02 : there[key] === late[key];
    assert.ok(close, `${key}: ${there[key]}, ${late[key]}`);
  }
});

test("the curtain takes its time, however often a result is sealed and revealed", () => {
  const acts = new Acts();
  let before = 0;
  let moved = 0;
  for (let frame = 0; frame < 600; frame += 1) {
    const phase = frame % 120 < 60 ? "sealed" : "revealed";
    acts.show(actOf(moment({ phase, phase_ms: 0, winner: "Tabs" })));
    acts.step(1000 / 60);
    // At most one way in 0.7 s: a flash is two, and three flashes a second are too many.
    assert.ok(Math.abs(acts.curtain - before) <= 1 / (0.7 * 60), `from ${before} to ${acts.curtain}`);
    moved += Math.abs(acts.curtain - before);
    before = acts.curtain;
  }
  assert.ok(moved > 8, `it moved ${moved} of its height`);
});

test("a heap lies inside the picture, its longest row on the ground, and on either side alike", () => {
  const [width, height] = [1000, 200];
  for (let people = 1; people <= 24; people += 1) {
    for (const front of [-150, 20, 400]) {
      const bodies = Array.from({ length: people }, (_, index) => ({
        x: heapX(index, people, front, 1, 40, height, 0),
        mirrored: heapX(index, people, width - front, -1, 40, height, width),
        y: heapY(index, people),
      }));
      for (const { x, mirrored } of bodies) {
        assert.ok(x > height * 0.3, `${people} people, ${front}: somebody lies at ${x}`);
        assert.ok(Math.abs(x + mirrored - width) < 1e-9, `${x} and ${mirrored}`);
      }
      const row = (high) => bodies.filter(({ y }) => Math.abs(y - high) < 0.01).length;
      for (const { y } of bodies) assert.ok(row(y) <= row(0), `${row(y)} lie on ${row(0)}`);
      assert.ok(Math.max(...bodies.map(({ y }) => y)) < 1, "no higher than a person");
    }
  }
});

for (const path of ["/", "/stage"]) test(`an evening on ${path} goes from act to act`, LIMIT, async (t) => {
  const { show, visit } = await evening(t, { ...ROUND, secret: true }, { path, prepare: noteActs });
  await show.order({ command: "start" });
  await show.phase("sealed");
  await visit.until(() => window.hashtug.act === "sealed");
  await show.order({ command: "reveal" });
  await visit.until(() => window.hashtug.act === "celebrate");
  const acts = await visit.page.evaluate(() => window.acts);
  assert.deepEqual(acts.slice(acts.indexOf("ready")), ["ready", "last", "held", "sealed", "reveal", "celebrate"]);
  // Back to the curtain, as if nothing had been seen.
  await show.order({ command: "undo" });
  await visit.until(() => window.hashtug.act === "sealed");
});

test("who has lost lies in a heap, and who has won stands", LIMIT, async (t) => {
  const { show, visit } = await evening(t, ROUND);
  await show.order({ command: "start" });
  await show.phase("revealed");
  await visit.until(() => window.hashtug.act === "celebrate");
  const check = async (visit) => {
    const [winners, losers] = await upright(visit);
    assert.ok(winners > 0.5 && losers < 0.32, `${winners} of the winners, ${losers} of the losers`);
  };
  await visit.eventually(() => check(visit));
  // A page that is opened much later shows the same at once.
  const late = await show.visit("/stage", { reducedMotion: "reduce" });
  await late.eventually(() => check(late));
  // To take it back is to stand up and pull again.
  await show.order({ command: "add_time", seconds: 60 });
  await visit.eventually(async () => {
    const [, losers] = await upright(visit);
    assert.ok(losers > 0.4, `${losers} of the losers`);
  });
});

test("while all are frozen nothing large moves", LIMIT, async (t) => {
  const { show, visit } = await evening(t, { ...ROUND, length: "open", grace: "15s" });
  await show.order({ command: "start" });
  await show.phase("open");
  await show.order({ command: "lock" });
  await visit.until(() => window.hashtug.act === "held");
  await visit.eventually(async () => {
    const before = await pixels(visit);
    await visit.moreNews(4);
    const after = await pixels(visit);
    const changed = before.filter((pixel, index) => pixel !== after[index]).length;
    assert.ok(changed < before.length * 0.001, `${changed} of ${before.length} points changed`);
  });
});

test("a curtain with other votes behind it is the same curtain, to the pixel", LIMIT, async (t) => {
  const seen = [];
  for (const counts of [{ tabs: 30, spaces: 6 }, { tabs: 6, spaces: 30 }]) {
    const { show, visit } = await evening(t, { ...ROUND, secret: true }, { counts, reducedMotion: "reduce" });
    await show.order({ command: "start" });
    await show.phase("sealed");
    await visit.until(() => window.hashtug.act === "sealed");
    seen.push(await capture(visit));
  }
  assert.deepEqual(seen[0], seen[1]);
});

test("with reduced motion each act has a picture that stands still", LIMIT, async (t) => {
  const { show, visit } = await evening(t, { ...ROUND, secret: true }, { reducedMotion: "reduce" });
  const still = async (act) => {
    await visit.until((act) => window.hashtug.act === act, act);
    const before = await capture(visit);
    await visit.moreNews(3);
    assert.deepEqual(await capture(visit), before, act);
    return before.hash;
  };
  const armed = await still("ready");
  await show.order({ command: "start" });
  await show.phase("sealed");
  const sealed = await still("sealed");
  await show.order({ command: "reveal" });
  const celebrated = await still("celebrate");
  assert.equal(new Set([armed, sealed, celebrated]).size, 3);
});

test("a blackout takes the stage to black and back, and draws nothing meanwhile", LIMIT, async (t) => {
  const { show, visit } = await evening(t, ROUND);
  const opacity = () => Number(getComputedStyle(document.getElementById("main")).opacity);
  await show.order({ command: "blackout", what: "screens" });
  await visit.eventually(async () => assert.equal(await visit.page.evaluate(opacity), 0));
  const before = await capture(visit);
  await visit.moreNews(4);
  assert.deepEqual(await capture(visit), before);
  await show.order({ command: "light", what: "screens" });
  await visit.eventually(async () => assert.equal(await visit.page.evaluate(opacity), 1));
  await visit.eventually(async () => assert.notDeepEqual(await capture(visit), before));
});

/** The part of a snapshot that acts follow from. */
function moment(round) {
  if (round === null) return { phase: "open", round: null, teams: TEAMS };
  const { phase, winner, photo_finish = false, phase_ms = 0, left_ms = null, opens_in_ms = null } = round;
  const teams = TEAMS.map(({ name }) => ({ name, share: name === winner ? 0.505 : 0.495 }));
  const result = phase === "revealed" ? { winner, photo_finish, teams } : null;
  return { phase, teams: TEAMS, round: { phase_ms, left_ms, opens_in_ms, result, paused: false, hidden: false } };
}

/** A show with rounds and its stage, armed. */
async function evening(t, round, { path = "/stage", counts = { tabs: 30, spaces: 10 }, prepare, ...options } = {}) {
  const show = await Show.start(t, { round, posts: posts(counts), speed: 1, repeat: true });
  const visit = await show.visit(path, { ...options, prepare: async (page) => prepare && page.addInitScript(prepare) });
  await visit.until(() => window.hashtug.act === "ready");
  return { show, visit };
}

/** Runs in the page, before its own scripts: notes each act as it begins. */
function noteActs() {
  const acts = [];
  Object.defineProperty(window, "acts", { value: acts });
  const watch = { subtree: true, attributes: true, attributeFilter: ["data-act"] };
  new MutationObserver((records) => {
    for (const { target } of records) acts.push(target.dataset.act);
  }).observe(document, watch);
}

/** In which part of each side's columns, the seam being at three quarters, somebody is as high as a head. */
async function upright(visit) {
  const colours = [TABS, SPACES].map(({ color }) => [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16)));
  return visit.page.locator("#canvas").evaluate((canvas, colours) => {
    const { width, height } = canvas;
    const band = Math.round(height * 0.03);
    const { data } = canvas.getContext("2d").getImageData(0, Math.round(height * 0.65), width, band);
    const isPerson = (x, y, colour) =>
      colour.reduce((sum, channel, index) => sum + Math.abs(channel - data[(y * width + x) * 4 + index]), 0) > 120;
    return colours.map((colour, side) => {
      // The ends of the winners' line, and the flag, are left out.
      const [from, to] = [[0.15, 0.6], [0.84, 0.99]][side].map((part) => Math.round(width * part));
      let columns = 0;
      for (let x = from; x < to; x += 1) {
        if (Array.from({ length: band }, (_, y) => y).some((y) => isPerson(x, y, colour))) columns += 1;
      }
      return columns / (to - from);
    });
  }, colours);
}

/** A grid of points of the canvas. */
async function pixels(visit) {
  return visit.page.locator("#canvas").evaluate((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return Array.from({ length: Math.floor(data.length / 4 / 37) }, (_, index) => {
      const at = index * 37 * 4;
      return (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
    });
  });
}
