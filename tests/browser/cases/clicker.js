// A clicker on the stage and on the desk: what its keys order, and what they leave alone.

import assert from "node:assert/strict";
import { test } from "node:test";

import { hasLetters, ordered } from "../../../web/operator/keys.js";
import { Feed } from "../support/feed.js";
import { LIMIT } from "../support/patience.js";
import { Show } from "../support/show.js";

const ROUND = { length: "5m", countdown: "0s", grace: "0s" };
/** The show takes no second `next` within 700 ms; a person is slower. */
const BREATH_MS = 750;
const team = (name, color) => ({ name, hashtags: [name.toLowerCase()], color });
const QUESTIONS = [
  { title: "Tabs or spaces?", teams: [team("Tabs", "#ffb000"), team("Spaces", "#0050b0")] },
  { title: "Vim or Emacs?", teams: [team("Vim", "#00805f"), team("Emacs", "#ff6090")] },
];

test("a key orders one thing, with the phase that was seen where that matters", () => {
  const seen = { phase: "open", blackout: [], scene: "contest" };
  const cases = [
    ["PageDown", { command: "next", from: "open" }],
    ["ArrowRight", { command: "next", from: "open" }],
    ["PageUp", { command: "undo", from: "open" }],
    ["ArrowLeft", { command: "undo", from: "open" }],
    [".", { command: "blackout", what: "all" }],
    ["B", { command: "blackout", what: "all" }],
    ["j", { command: "scene", scene: "join" }],
    ["T", { command: "scene", scene: "timer" }],
    ["Escape", null],
    ["F5", null],
    ["x", null],
    ["ArrowDown", null],
  ];
  for (const [key, order] of cases) assert.deepEqual(ordered(key, seen, true), order, key);
  const dark = { phase: "revealed", blackout: ["screens"], scene: "join" };
  assert.deepEqual(ordered(".", dark, true), { command: "light", what: "all" });
  assert.deepEqual(ordered("j", dark, true), { command: "scene", scene: "contest" });
  assert.deepEqual(ordered(".", { ...dark, blackout: ["strips"] }, true), { command: "blackout", what: "all" });
});

test("with ?keys=clicker a single letter orders nothing, and a clicker's full stop still does", () => {
  const seen = { phase: "open", blackout: [], scene: "contest" };
  assert.equal(hasLetters("?theme=mono"), true);
  assert.equal(hasLetters("?keys=clicker"), false);
  for (const key of ["b", "J", "t"]) assert.equal(ordered(key, seen, false), null, key);
  for (const key of [".", "PageDown", "PageUp"]) assert.notEqual(ordered(key, seen, false), null, key);
});

test("two questions are run by clicker keys alone, from the stage", LIMIT, async (t) => {
  const { show } = await evening(t);
  const ticket = await show.ticket();
  const visit = await show.visit(`/stage?keys=clicker#${ticket}`);
  assert.equal(visit.page.url(), `${show.origin}/stage?keys=clicker`, "the ticket leaves the address");
  await said(visit, "#clicker", /^clicker here$/);
  await next(visit, "open", show);
  // A key that is held is one press.
  await visit.page.evaluate(() => {
    for (const repeat of [true, true]) {
      document.dispatchEvent(new KeyboardEvent("keydown", { key: "PageDown", repeat, cancelable: true, bubbles: true }));
    }
  });
  await visit.page.keyboard.press("Escape");
  await visit.page.keyboard.press("b");
  // F5 begins slides, and must not throw the page away.
  await visit.page.evaluate(() => Object.assign(window, { isSame: true }));
  await visit.page.keyboard.press("F5");
  await visit.moreNews(1);
  assert.equal(await visit.page.evaluate(() => Reflect.get(window, "isSame")), true, "no reload");
  assert.equal((await show.snapshot()).phase, "open");
  assert.deepEqual((await show.snapshot()).blackout, []);
  await next(visit, "revealed", show);
  await settle(visit);
  await visit.page.keyboard.press("PageUp");
  await isPhase(show, "open");
  await next(visit, "revealed", show);
  await next(visit, "armed", show);
  assert.equal((await show.snapshot()).title, "Vim or Emacs?");
  await next(visit, "open", show);
  await visit.page.keyboard.press(".");
  await isSo(show, ({ blackout }) => assert.deepEqual(blackout, ["all"]));
  await visit.moreNews(2);
  await breathe(visit);
  await visit.page.keyboard.press(".");
  await isSo(show, ({ blackout }) => assert.deepEqual(blackout, []));
  await next(visit, "revealed", show);
  // The last question has been asked: a refusal is said, and goes away.
  await settle(visit);
  await visit.page.keyboard.press("PageDown");
  await said(visit, "#not-done", /^not done: that was the last question$/);
  await visit.eventually(async () => assert.equal(await visit.page.locator("#not-done").isVisible(), false));
  // A reload has the key still.
  await visit.page.reload();
  await said(visit, "#clicker", /^clicker here$/);
});

test("a stage without the key has no commands, and says nothing of a clicker", LIMIT, async (t) => {
  const { show } = await evening(t);
  const visit = await show.visit("/stage");
  for (const key of ["PageDown", ".", "j"]) await visit.page.keyboard.press(key);
  await visit.moreNews(2);
  assert.equal(await visit.page.locator("#clicker").isVisible(), false);
  assert.deepEqual(visit.requests.filter((address) => address.includes("/operate")), []);
  const { phase, blackout, scene } = await show.snapshot();
  assert.deepEqual({ phase, blackout, scene }, { phase: "armed", blackout: [], scene: "contest" });
});

test("a stage that does not have the focus says that no clicker is heard", LIMIT, async (t) => {
  const { show } = await evening(t);
  const visit = await show.visit(`/stage#${await show.ticket()}`);
  await said(visit, "#clicker", /^clicker here$/);
  await visit.page.evaluate(() => {
    document.hasFocus = () => false;
    window.dispatchEvent(new Event("blur"));
  });
  assert.equal(await visit.page.locator("#clicker").isVisible(), false);
});

test("a press that comes too late for what the stage shows changes nothing, and says so", LIMIT, async (t) => {
  const { show } = await evening(t);
  const visit = await show.visit(`/stage#${await show.ticket()}`);
  await next(visit, "open", show);
  await settle(visit);
  // The picture is held while the bell falls elsewhere.
  await visit.page.keyboard.press("Space");
  await show.give({ command: "lock" });
  await isPhase(show, "revealed");
  await breathe(visit);
  await visit.page.keyboard.press("PageDown");
  await said(visit, "#not-done", /^not done: /);
  assert.equal((await show.snapshot()).phase, "revealed");
});

test("the desk hears a clicker, but not in its fields", LIMIT, async (t) => {
  const { show } = await evening(t);
  const visit = await show.visit(`/operate#${await show.ticket()}`);
  await said(visit, "#clicker", /^clicker here$/);
  await visit.page.getByLabel("Another length").focus();
  await visit.page.keyboard.press("PageDown");
  await visit.page.keyboard.press("b");
  await visit.page.getByLabel("Another length").fill("");
  assert.equal((await show.snapshot()).phase, "armed");
  assert.deepEqual((await show.snapshot()).blackout, []);
  await visit.page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
  await breathe(visit);
  await visit.page.keyboard.press("PageDown");
  await isPhase(show, "open");
  await said(visit, "#answer", /“\u2068?Next\u2069?” is done/);
});

async function evening(t) {
  const feed = await Feed.start(t);
  const sources = [{ name: "hall", kind: "http", mode: "stream", url: feed.url }];
  return { feed, show: await Show.start(t, { sources, round: ROUND, questions: QUESTIONS }) };
}

/** Presses for the next step, as a person does: after a look at what is shown. */
async function next(visit, phase, show) {
  await settle(visit);
  await visit.page.keyboard.press("PageDown");
  await isPhase(show, phase);
}

/** Waits as long as a person does between two presses. */
async function breathe(visit) {
  const end = (await visit.page.evaluate(() => performance.now())) + BREATH_MS;
  await visit.until((end) => performance.now() > end, end);
}

/** Waits until the page shows how it stands, and a second press is none that bounced. */
async function settle(visit) {
  await breathe(visit);
  await visit.moreNews(1);
}

async function isPhase(show, phase) {
  await isSo(show, (snapshot) => assert.equal(snapshot.phase, phase));
}

/** Asks until it is so. */
async function isSo(show, check) {
  const end = performance.now() + LIMIT.timeout / 2;
  for (;;) {
    const snapshot = await show.snapshot();
    try {
      return check(snapshot);
    } catch (error) {
      if (performance.now() > end) throw error;
    }
  }
}

async function said(visit, selector, words) {
  await visit.eventually(async () => assert.match(await visit.text(selector), words));
}
