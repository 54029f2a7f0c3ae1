// The limit of flashes on the screen, without a page: seams that the worst of crowds pulls at.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Calm, WIGGLE } from "../../../web/tug/calm.js";
import { HALF_LIFE_MS, dice, ease } from "../../../web/tug/motion.js";

const SECOND_MS = 1000;
const FRAME_MS = 1000 / 60;
/** A flash is a change and its opposite. */
const MOST_CHANGES = 4;

/**
 * When each place of the screen changed its colour while a seam moved, leaving out ways too short to
 * count: written from the definition of a flash, and sharing nothing with what it checks.
 */
function changes(places) {
  const found = [];
  let [low, high] = [places[0].at, places[0].at];
  let direction = 0;
  for (const { at, time } of places) {
    if (direction >= 0 && at > high) high = at;
    if (direction <= 0 && at < low) low = at;
    // A hair more than what is free, since sums of floating point end a hair beside it.
    if (direction <= 0 && at - low > WIGGLE + 1e-9) {
      found.push(time);
      direction = 1;
      high = at;
    } else if (direction >= 0 && high - at > WIGGLE + 1e-9) {
      found.push(time);
      direction = -1;
      low = at;
    }
  }
  return found;
}

/** The places of a seam whose target is told anew every `period`. */
function run(target, period, seconds, frame = FRAME_MS) {
  const calm = new Calm();
  const places = [];
  let at = 0.5;
  for (let time = 0; time < seconds * SECOND_MS; time += frame) {
    const wanted = ease(at, target(Math.floor(time / period)), frame, HALF_LIFE_MS);
    at = calm.step(at, wanted, frame);
    places.push({ at, time });
  }
  return places;
}

function check(places) {
  const times = changes(places);
  for (const start of times) {
    const within = times.filter((time) => time >= start && time < start + SECOND_MS);
    assert.ok(within.length <= MOST_CHANGES, `${within.length} changes in a second`);
  }
}

test("a seam that is torn to and fro at any pace flashes twice a second at most", () => {
  for (let period = 10; period < 600; period += 7) {
    check(run((step) => step % 2, period, 10));
  }
});

test("a seam that is torn about at random flashes twice a second at most", () => {
  for (let seed = 1; seed < 60; seed += 1) {
    const random = dice(seed);
    const targets = Array.from({ length: 2000 }, () => random());
    check(run((step) => targets[step], 20 + seed * 5, 10, 4 + (seed % 30)));
  }
});

test("without the limit there would be more", () => {
  const free = [];
  let at = 0.5;
  for (let time = 0; time < 5 * SECOND_MS; time += FRAME_MS) {
    at = ease(at, Math.floor(time / 100) % 2, FRAME_MS);
    free.push({ at, time });
  }
  assert.ok(changes(free).length > 5 * MOST_CHANGES);
});

test("a calm crowd is followed without delay", () => {
  const calm = new Calm();
  let at = 0.2;
  for (let frame = 0; frame < 300; frame += 1) {
    const wanted = ease(at, 0.9, FRAME_MS);
    at = calm.step(at, wanted, FRAME_MS);
    assert.equal(at, wanted);
  }
  assert.ok(at > 0.899);
});
