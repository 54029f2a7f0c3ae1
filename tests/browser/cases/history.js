// The shares so far: they are of one round, and of a secret one they are known once it is revealed.

import assert from "node:assert/strict";
import { test } from "node:test";

import { History } from "../../../web/contest/history.js";
import { capture } from "../support/canvas.js";
import { Feed } from "../support/feed.js";
import { LIMIT } from "../support/patience.js";
import { Show } from "../support/show.js";

const ROUND = { length: "5m", countdown: "0s", grace: "0s" };
const team = (name, color) => ({ name, hashtags: [name.toLowerCase()], color });
const QUESTIONS = [
  { title: "Tabs or spaces?", teams: [team("Tabs", "#ffb000"), team("Spaces", "#0050b0")] },
  { title: "Vim or Emacs?", teams: [team("Vim", "#00805f"), team("Emacs", "#ff6090")] },
];

test("a history is of the round that is on, and is asked for when it is another's", async (t) => {
  const asked = answering(t, [
    [1, 0.5],
    [2, 0.6],
    [3, 0.5],
    [4, 0.7],
  ]);
  const history = new History();
  const take = async (seconds, share, round, results = []) => {
    const isNew = history.append(snapshot(seconds, share, round, results));
    await asked();
    return isNew;
  };
  await take(4.5, 0.7, { number: 1, opened_at: at(1.5) });
  assert.equal(await take(4.6, 0.7, { number: 1, opened_at: at(1.5) }), true, "the past has come");
  assert.deepEqual(shares(history), [0.6, 0.5, 0.7]);
  assert.equal(await take(4.7, 0.7, { number: 1, opened_at: at(1.5) }), false);
  await take(5.7, 0.8, { number: 1, opened_at: at(1.5) });
  assert.deepEqual(shares(history), [0.6, 0.5, 0.7, 0.8]);
  assert.equal(await take(6, 0.5, { number: 2, opened_at: null }, [1]), true);
  assert.deepEqual(shares(history), [], "nothing of a round that is not open");
  await take(7.5, 0.5, { number: 2, opened_at: null }, [1]);
  assert.deepEqual(shares(history), []);
  await take(8, 0.9, { number: 2, opened_at: at(8) }, [1]);
  assert.deepEqual(shares(history), []);
  await take(9, 0.4, { number: 2, opened_at: at(8) }, [1]);
  assert.deepEqual(shares(history), [0.4]);
});

test("the course of a secret round is asked for once its result is known", async (t) => {
  const points = [
    [2, 0.5],
    [3, 0.5],
  ];
  const asked = answering(t, points);
  const history = new History();
  const round = { number: 1, opened_at: at(1) };
  history.append(snapshot(3.5, 0.5, round, []));
  await asked();
  history.append(snapshot(3.6, 0.5, round, []));
  assert.deepEqual(shares(history), [0.5, 0.5]);
  points.splice(0, 2, [2, 0.9], [3, 0.8]);
  history.append(snapshot(3.7, 0.8, round, [1]));
  await asked();
  history.append(snapshot(3.8, 0.8, round, [1]));
  assert.deepEqual(shares(history), [0.9, 0.8]);
});

for (const path of ["/", "/stage"]) {
  test(`the trend of ${path} begins anew with the next question and the next round`, LIMIT, async (t) => {
    const feed = await Feed.start(t);
    const sources = [{ name: "hall", kind: "http", mode: "stream", url: feed.url }];
    const show = await Show.start(t, { sources, round: ROUND, questions: QUESTIONS });
    const visit = await show.visit(path);
    await visit.until(() => document.documentElement.dataset.sources === "live");
    const colours = async () => (await capture(visit, "#trend")).colours;
    const play = async (hashtag) => {
      await show.give({ command: "start" });
      feed.post(`ada on ${hashtag}`, hashtag);
      await visit.eventually(async () => assert.ok((await colours()) > 1, "there is a trend"));
      await show.give({ command: "lock" });
    };
    await play("tabs");
    await show.give({ command: "arm", question: 2 });
    await visit.eventually(async () => assert.equal(await colours(), 1, "nothing of the question before"));
    await play("vim");
    await show.give({ command: "arm", question: 2 });
    await visit.eventually(async () => assert.equal(await colours(), 1, "nothing of the round before"));
    await play("emacs");
  });
}

/** A time of the evening. @param {number} seconds */
function at(seconds) {
  return new Date(Date.UTC(2026, 10, 21, 19) + seconds * 1000).toISOString();
}

function snapshot(seconds, share, round, numbers) {
  const teams = [share, 1 - share].map((share, index) => ({ name: `team ${index}`, share }));
  return { at: at(seconds), title: "Which?", teams, round, results: numbers.map((number) => ({ number })) };
}

/** Answers with these points as the server would; gives what waits until all answers are read. */
function answering(t, points) {
  const open = [];
  t.mock.method(globalThis, "fetch", async () => {
    const past = points.map(([seconds, share]) => ({ at: at(seconds), shares: [share, 1 - share] }));
    open.push(new Promise((read) => setImmediate(read)));
    return { ok: true, text: async () => JSON.stringify({ step_ms: 1000, points: past }) };
  });
  return async () => {
    while (open.length > 0) await open.pop();
  };
}

function shares(history) {
  const points = Array.from({ length: history.length }, (_, index) => history.share(index, 0));
  return points.map((share) => Math.round(share * 100) / 100);
}
