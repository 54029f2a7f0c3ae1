// Sources that fail: what the pages say of them, and of what is missing.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Feed } from "../support/feed.js";
import { LIMIT } from "../support/patience.js";
import { Show } from "../support/show.js";


for (const path of ["/", "/stage"]) {
  test(`${path} says that a source is silent, gone, and back, and what is missing`, LIMIT, async (t) => {
    const feed = await Feed.start(t);
    const sources = [{ name: "hall", kind: "http", mode: "stream", url: feed.url }];
    const show = await Show.start(t, { sources });
    const visit = await show.visit(path);
    await visit.until(() => document.documentElement.dataset.sources === "live");
    feed.post("ada", "tabs");
    await visit.eventually(async () => assert.equal((await show.snapshot()).posts.matched, 1));
    feed.fallSilent();
    await visit.eventually(async () =>
      assert.match(await visit.text("#news"), /^\u2068hall\u2069: no news for ([2-9]|\d\d) s$/),
    );
    assert.equal(await visit.page.evaluate(() => document.documentElement.dataset.sources), "troubled");
    assert.equal(await visit.inSight("#news"), true);
    feed.speak();
    await visit.until(() => document.documentElement.dataset.sources === "live");
    feed.hangUp();
    await visit.until(() => document.querySelector("#news").textContent.includes("connecting again"));
    if (path === "/") {
      await visit.eventually(async () => assert.match(await visit.text("#sources"), /refuses the connection/));
    }
    await feed.listen();
    feed.speak();
    await visit.until(() => document.documentElement.dataset.sources === "live");
    await visit.eventually(async () => {
      const { sources: [source] } = await show.snapshot();
      assert.deepEqual([source.state, source.problem], ["live", null]);
      // One, or more where the machine was too busy to be heard in between.
      assert.notEqual(source.gap_count, 0);
    });
    if (path === "/") {
      await visit.eventually(async () =>
        assert.match(await visit.text("#sources"), /Posts of \d+ m?s are missing, from \d\d:\d\d:\d\d on\./),
      );
    } else {
      await visit.eventually(async () => assert.match(await visit.text("#print"), /hall.*\d+ m?s missing/));
    }
  });
}

test("the dashboard says when the disk is full, and the show goes on", LIMIT, async (t) => {
  const show = await Show.start(t, { command: ["record", "/dev/full"], speed: 20, repeat: true });
  const visit = await show.visit("/");
  const said = /^The recording has stopped: .*No space left on device/;
  await visit.eventually(async () => assert.match(await visit.text("#recorded"), said));
  await visit.moreNews(5);
  const { recording } = await show.snapshot();
  assert.equal(recording.state, "full");
});
