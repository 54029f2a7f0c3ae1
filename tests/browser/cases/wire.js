// What the server writes is what the pages read: `fixtures/snapshot.json` is written by a Rust test from
// the server's own code. Without a page.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { readAnswer, readSnapshot } from "../../../web/live/wire.js";

const GOLDEN = new URL("../../../fixtures/snapshot.json", import.meta.url);
/** Keys that no page shows. */
const UNREAD = [
  "evicted",
  "outputs.flash_limited",
  "outputs.repeated",
  "outputs.skipped",
  "timer.left_ms",
  "timer.length_ms",
];

test("every key of a snapshot is read as the server wrote it, or is known to be of no use", async () => {
  // Operators have one key more.
  const following = { number: 3, of: 3, title: "Tea or coffee?" };
  const golden = { ...JSON.parse(await readFile(GOLDEN, "utf8")), following };
  const unread = new Set();
  compare(readSnapshot(JSON.stringify(golden)), golden, "", unread);
  assert.deepEqual([...unread].sort(), UNREAD);
});

test("a snapshot without what only a running show has is read as well", async () => {
  const { outputs: _, ...golden } = JSON.parse(await readFile(GOLDEN, "utf8"));
  const before = { ...golden, at: null, leader: null, recording: null, timer: null, sources: [] };
  const { at, leader, recording, timer, sources, outputs } = readSnapshot(JSON.stringify(before));
  assert.deepEqual({ at, leader, recording, timer, sources, outputs }, {
    at: null,
    leader: null,
    recording: null,
    timer: null,
    sources: [],
    outputs: [],
  });
});

test("an answer is told from a snapshot, and says why nothing has changed under one name", () => {
  const answer = { id: 7, status: 200, seq: 3, phase: "locked", changed: true };
  const read = (said) => readAnswer(JSON.stringify({ answer: said }));
  assert.deepEqual(read(answer), { id: 7, status: 200, phase: "locked", changed: true, why: null });
  assert.equal(read({ ...answer, changed: false, why: "it is so" }).why, "it is so");
  assert.equal(read({ id: 8, status: 400, error: "no command" }).why, "no command");
  assert.equal(readAnswer('{"seq":1,"teams":[{},{}]}'), null);
});

test("what is no snapshot is refused whole", async () => {
  const { seq: _, ...numberless } = JSON.parse(await readFile(GOLDEN, "utf8"));
  for (const message of ["", "null", "[]", "{", JSON.stringify(numberless), '{"seq": 1, "teams": [{}]}']) {
    assert.equal(readSnapshot(message), null, message.slice(0, 40));
  }
});

/** Compares what was read with what was written, key by key; keys that were not read are noted. */
function compare(read, written, path, unread) {
  if (Array.isArray(written)) {
    assert.equal(read.length, written.length, path);
    written.forEach((value, index) => compare(read[index], value, path, unread));
  } else if (typeof written === "object" && written !== null) {
    const below = (key) => (path === "" ? key : `${path}.${key}`);
    for (const key of Object.keys(read)) assert.ok(Object.hasOwn(written, key), `${below(key)} is not written`);
    for (const [key, value] of Object.entries(written)) {
      if (Object.hasOwn(read, key)) compare(read[key], value, below(key), unread);
      else unread.add(below(key));
    }
  } else {
    assert.equal(read, written, path);
  }
}
