// Which commands the operator's page offers in which snapshot. Without a page.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { readSnapshot } from "../../../web/live/wire.js";
import { operate as words } from "../../../web/messages/en.operate.js";
import { effect, given, hindrance, isOffered } from "../../../web/operate/possible.js";
import { answered, comes, does, follows, left, next } from "../../../web/operate/sentences.js";

const GOLDEN = readSnapshot(await readFile(new URL("../../../fixtures/snapshot.json", import.meta.url), "utf8"));
const PHASES = ["armed", "countdown", "open", "locked", "sealed", "revealed"];
/** In which phases each command can be given, by the table of commands. */
const TABLE = [
  [{ command: "arm" }, ["armed", "sealed", "revealed"]],
  [{ command: "start" }, ["armed"]],
  [{ command: "pause" }, ["countdown", "open"]],
  [{ command: "add_time", seconds: 30 }, ["open", "locked", "sealed", "revealed"]],
  [{ command: "add_time", seconds: -10 }, ["open"]],
  [{ command: "lock" }, ["open"]],
  [{ command: "reveal" }, ["sealed", "revealed"]],
  [{ command: "reveal", number: 1 }, ["armed", "sealed", "revealed"]],
  [{ command: "reveal", number: 2 }, ["sealed", "revealed"]],
  [{ command: "reset" }, ["countdown", "open", "locked", "sealed", "revealed"]],
  [{ command: "next" }, ["armed", "open", "sealed", "revealed"]],
  [{ command: "undo" }, PHASES],
  [{ command: "redo" }, PHASES],
  [{ command: "secret", secret: true }, ["armed"]],
  [{ command: "source", name: "fediverse", paused: true }, PHASES],
  [{ command: "devices", new: false }, PHASES],
  [{ command: "discard" }, PHASES],
  [{ command: "blackout", what: "all" }, PHASES],
  [{ command: "scene", scene: "join" }, PHASES],
  [{ command: "timer", do: "start", length: "5m" }, PHASES],
  [{ command: "wall_off" }, PHASES],
];

const NONE = { steps: 0, next: null };
const BACK = { steps: 1, next: "lock" };

/** A snapshot in which a round goes on. */
function at(phase, round = {}, more = {}) {
  const following = { number: 3, of: 3, title: "Tea or coffee?" };
  return { ...GOLDEN, phase, following, round: { ...GOLDEN.round, paused: false, ...round }, ...more };
}

test("a command is offered in its phases and in no others", () => {
  for (const [order, phases] of TABLE) {
    const found = PHASES.filter((phase) => hindrance(order, at(phase)) === null);
    assert.deepEqual(found, phases, JSON.stringify(order));
  }
});

test("what is so already is not offered again", () => {
  const cases = [
    [{ command: "pause" }, at("open", { paused: true }), "hinder.paused"],
    [{ command: "resume" }, at("open"), "hinder.running"],
    [{ command: "resume" }, at("countdown", { paused: true }), null],
    [{ command: "next" }, at("countdown", { paused: true }), null],
    [{ command: "secret", secret: false }, at("armed"), "hinder.public"],
    [{ command: "secret", secret: true }, at("armed", { secret: true }), "hinder.secret"],
    [{ command: "arm", question: 2 }, at("armed"), "hinder.armed"],
    [{ command: "arm", question: 1 }, at("armed"), null],
    [{ command: "add_time", seconds: 10 }, at("open", { left_ms: null }), "hinder.bell"],
    [{ command: "add_time" }, at("revealed"), null],
    [{ command: "undo" }, at("open", {}, { undo: { steps: 0, next: null, redo: BACK } }), "hinder.undo"],
    [{ command: "undo" }, at("open", {}, { undo: { ...BACK, redo: NONE } }), null],
    [{ command: "redo" }, at("open", {}, { undo: { ...BACK, redo: NONE } }), "hinder.redo"],
    [{ command: "source", name: "relays", paused: true }, at("open"), "hinder.source.held"],
    [{ command: "source", name: "relays", paused: false }, at("open"), null],
    [{ command: "source", name: "hall", paused: false }, at("open"), "hinder.source.free"],
    [{ command: "discard" }, at("open", {}, { join: null }), "hinder.phones"],
    [{ command: "blackout", what: "screens" }, at("open"), "hinder.dark"],
    [{ command: "light", what: "strips" }, at("open"), "hinder.lit"],
    [{ command: "light", what: "strips" }, at("open", {}, { blackout: ["all"] }), "hinder.all"],
    [{ command: "light", what: "all" }, at("open"), null],
    [{ command: "light", what: "all" }, at("open", {}, { blackout: [] }), "hinder.lit"],
    [{ command: "scene", scene: "timer" }, at("open"), "hinder.scene"],
    [{ command: "scene", scene: "timer" }, at("open", {}, { scene: "wall", timer: null }), "hinder.timer"],
    [{ command: "timer", do: "stop" }, at("open", {}, { timer: null }), "hinder.timer"],
    [{ command: "timer", do: "pause" }, at("open"), "hinder.timer.held"],
    [{ command: "timer", do: "resume" }, at("open"), null],
  ];
  for (const [order, snapshot, expected] of cases) {
    assert.equal(hindrance(order, snapshot), expected, JSON.stringify(order));
    if (expected !== null) assert.ok(Object.hasOwn(words, expected), expected);
  }
});

test("a show without rounds has dark, scenes and the timer, and says why it has no more", () => {
  const plain = { ...GOLDEN, phase: "open", round: null, question: null, undo: null };
  const free = ["blackout", "scene", "timer", "wall_off"];
  for (const [order] of TABLE) {
    const expected = free.includes(order.command) ? null : "hinder.rounds";
    assert.equal(hindrance(order, plain), expected, order.command);
  }
  assert.match(comes(plain), /no rounds/);
  assert.equal(next(plain), "Next");
});

test("the phase goes with what depends on it, and never with what darkens", () => {
  assert.deepEqual(given({ command: "lock" }, "open"), { command: "lock", from: "open" });
  assert.deepEqual(given({ command: "undo" }, "sealed"), { command: "undo", from: "sealed" });
  for (const command of ["blackout", "light", "wall_off", "scene", "timer", "source"]) {
    assert.deepEqual(given({ command }, "open"), { command });
  }
});

test("the clock goes on between two snapshots, and stands in a pause", () => {
  assert.deepEqual(left(at("open", { left_ms: 42_000 }), 1000), { time: "0:41", of: "until the bell" });
  assert.deepEqual(left(at("open", { left_ms: 42_000, paused: true }), 1000), { time: "0:42", of: "until the bell, held" });
  assert.equal(left(at("open", { left_ms: 400 }), 1000).time, "0:00");
  assert.deepEqual(left(at("open", { left_ms: null }), 0), { time: "", of: "no bell" });
  assert.equal(left(at("countdown", { opens_in_ms: 3000 }), 200).time, "0:03");
  assert.equal(left(at("locked", { grace_ms: 8000, phase_ms: 1500 }), 500).time, "0:06");
  assert.deepEqual(left(at("revealed"), 0), { time: "", of: "" });
});

test("an answer is told in words: done, changed nothing, refused, or none came", () => {
  const order = { command: "lock", from: "open" };
  const said = (answer, given = order) => answered("Lock", given, answer, "20:15:00");
  const answer = { id: 1, status: 200, phase: "locked", changed: true, why: null };
  assert.deepEqual(said(answer), { kind: "done", words: "20:15:00 · “Lock” is done: the round is locked." });
  assert.equal(said(answer, { command: "blackout" }).words, "20:15:00 · “Lock” is done.");
  const unchanged = said({ ...answer, changed: false, why: "it is so" });
  assert.deepEqual(unchanged, { kind: "unchanged", words: "20:15:00 · “Lock” changed nothing: it is so." });
  const refused = said({ ...answer, status: 409, changed: false, why: "not open" });
  assert.deepEqual(refused, { kind: "refused", words: "20:15:00 · “Lock” was refused: not open." });
  assert.match(said(null).words, /no answer came/);
});

test("each button says what it would do now", () => {
  const undo = { ...BACK, redo: { steps: 1, next: "add_time" } };
  const said = (order, snapshot) => does(effect(order, { ...snapshot, undo }));
  const open = at("open", { left_ms: 42_000 });
  assert.equal(said({ command: "undo" }, open), "takes back: Lock");
  assert.equal(said({ command: "redo" }, open), "brings back: Move the bell");
  assert.equal(said({ command: "add_time", seconds: 30 }, open), "bell in 1:12");
  assert.equal(said({ command: "add_time", seconds: -60 }, open), "the bell falls now");
  assert.equal(said({ command: "add_time", seconds: 10 }, at("revealed")), "opens again for 0:10");
  assert.equal(said({ command: "start" }, at("armed", { length_ms: 90_000 })), "opens for 1:30");
  assert.equal(said({ command: "start" }, at("armed", { length_ms: null })), "opens until you lock it");
  assert.equal(said({ command: "pause" }, at("countdown")), "holds the countdown");
  assert.equal(said({ command: "blackout", what: "all" }, open), "");
});

test("the large button says the next step in words, with the question that it starts", () => {
  const title = "Tea or coffee?";
  assert.equal(next(at("armed", { number: 2 }, { title })), "Start round 2: \u2068Tea or coffee?\u2069");
  assert.equal(next(at("open")), "Lock: the bell now");
  assert.equal(next(at("open", { paused: true })), "Resume: the clock goes on");
  assert.equal(next(at("sealed")), "Reveal the result");
  assert.equal(next(at("revealed")), "Arm question 3: \u2068Tea or coffee?\u2069");
  const again = at("revealed", {}, { following: { ...GOLDEN.question, title } });
  assert.equal(next(again), "Arm another round: \u2068Tea or coffee?\u2069");
  const last = at("revealed", {}, { following: null });
  assert.equal(next(last), "That was the last question");
  assert.equal(hindrance({ command: "next" }, last), "hinder.last");
  assert.equal(follows(last), "Then nothing: this is the last question.");
  assert.equal(follows(at("armed")), "Then question 3 of 3: \u2068Tea or coffee?\u2069");
  assert.equal(follows(at("open")), "");
});

test("more time stands where the bell was, once it has fallen", () => {
  const lock = { command: "lock" };
  const [more, less] = [{ command: "add_time", seconds: 10 }, { command: "add_time", seconds: -10 }];
  const offered = (snapshot) => [lock, more, less].map((order) => isOffered(order, snapshot));
  assert.deepEqual(offered(at("open")), [true, true, true]);
  for (const phase of ["locked", "sealed", "revealed"]) assert.deepEqual(offered(at(phase)), [false, true, false]);
  const held = at("open", { paused: true });
  assert.deepEqual(["pause", "resume"].map((command) => isOffered({ command }, held)), [false, true]);
});
