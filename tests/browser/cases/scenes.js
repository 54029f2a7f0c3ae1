// The letters on the stage: what is said in each scene of a round, in step with the server's clock, large
// enough for the last row, and nothing of what is hidden.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { Announcer } from "../../../web/shell/announce.js";
import { after, changesIn, sceneOf } from "../../../web/stage/scene.js";
import { inBrief, letters, place } from "../../../web/stage/sentences.js";
import { audit } from "../support/audit.js";
import { LIMIT } from "../support/patience.js";
import { SPACES, Show, TABS, posts } from "../support/show.js";

const FORTY = "Donaudampfschifffahrtsgesellschaftskapit";
const SIZES = [[1920, 1080], [1024, 768], [1080, 1920], [390, 844]];
const EIGHT = ["Rust", "Go", "Zig", "Python", "Haskell", "Fortran", "Lisp", FORTY].map((name, index) => ({
  name,
  hashtags: [name.toLowerCase()],
  color: `#${(index + 2) * 10}${90 - index * 10}60`,
}));
const whole = JSON.parse(await readFile(new URL("../../../fixtures/snapshot.json", import.meta.url), "utf8"));

test("the show's scene goes first, and then the act of the round", () => {
  const cases = [
    ["join", { scene: "join", phase: "open" }],
    ["join", { scene: "join", round: null }],
    ["timer", { scene: "timer", phase: "sealed" }],
    ["open", { scene: "timer", timer: null }],
    ["tug", { round: null }],
    ["armed", { phase: "armed" }],
    ["countdown", { phase: "countdown", opens_in_ms: 2000 }],
    ["open", { left_ms: null }],
    ["open", { left_ms: 10_001 }],
    ["last", { left_ms: 10_000 }],
    ["locked", { phase: "locked" }],
    ["sealed", { phase: "sealed" }],
    ["reveal", { phase: "revealed", phase_ms: 100, result: result({}) }],
    ["photo", { phase: "revealed", phase_ms: 2000, result: result({ photo_finish: true }) }],
    ["celebrate", { phase: "revealed", phase_ms: 2000, result: result({}) }],
    ["tie", { phase: "revealed", phase_ms: 2000, result: result({ winner: null }) }],
  ];
  for (const [scene, changes] of cases) assert.equal(sceneOf(moment(changes)), scene, JSON.stringify(changes));
});

test("between two snapshots the clocks go on, but in a pause, and wake the letters at each second", () => {
  const open = moment({ left_ms: 42_300 });
  assert.equal(after(open, 300).round.left_ms, 42_000);
  assert.equal(after(open, 60_000).round.left_ms, 0);
  assert.equal(changesIn(open), 300);
  assert.equal(changesIn(after(open, 300)), 1000);
  const paused = moment({ left_ms: 42_300, paused: true });
  assert.equal(after(paused, 300).round.left_ms, 42_300);
  assert.equal(changesIn(paused), Infinity);
  assert.equal(changesIn(moment({ phase: "countdown", opens_in_ms: 2001 })), 1);
  // What is armed does not run.
  assert.equal(after(moment({ phase: "armed", left_ms: 42_300 }), 300).round.left_ms, 42_300);
});

test("each scene says what the hall has to know", () => {
  const cases = [
    ["armed", {}, "Tabs or spaces?", "Take part: post your hashtag once it opens", "Round 2 (Tea or coffee?): Tabs by 16 votes"],
    ["armed", { join: "http://a/" }, "Tabs or spaces?", "Take part at http://a/", "Round 2 (Tea or coffee?): Tabs by 16 votes"],
    ["countdown", { opens_in_ms: 2001 }, "3", "", ""],
    ["countdown", { opens_in_ms: 0 }, "1", "", ""],
    ["countdown", { opens_in_ms: 2000, paused: true }, "2", "Held for a moment", ""],
    ["open", { left_ms: 83_000 }, "1:23", "", ""],
    ["open", { left_ms: 83_000, paused: true }, "1:23", "Held: posts do not count now", ""],
    ["open", { left_ms: 83_000, hidden: true }, "1:23", "Secret until it is revealed", ""],
    ["open", { left_ms: null }, "", "", ""],
    ["last", { left_ms: 6_001 }, "7", "Posts under way still count", ""],
    ["locked", { phase_ms: 1200, grace_ms: 8000 }, "Time is up", "Posts under way still count, up to 7 s", ""],
    ["locked", { phase_ms: 8000, grace_ms: 8000 }, "Time is up", "", ""],
    ["sealed", {}, "The result is sealed", "All votes are counted", ""],
    ["reveal", { result: result({}) }, "", "", ""],
    ["photo", { result: result({ photo_finish: true }) }, "Photo finish", "", ""],
    ["celebrate", { result: result({}) }, "Tabs", "62.5 %  ·  by 16 votes", ""],
    ["celebrate", { result: result({ margin: 1 }) }, "Tabs", "62.5 %  ·  by 1 vote", ""],
    ["celebrate", { result: result({ margin: 2, photo_finish: true }) }, "Tabs", "62.5 %  ·  photo finish: 2 votes", ""],
    ["tie", { result: result({ winner: null }) }, "A tie", "", "Tabs 62.5 %  ·  Spaces 37.5 %"],
  ];
  for (const [scene, changes, big, note, more] of cases) {
    const said = letters(scene, moment(changes));
    assert.deepEqual(bare([said.big, said.note, said.more]), [big, note, more], `${scene} ${JSON.stringify(changes)}`);
  }
  assert.deepEqual(bare([place(moment({}))]), ["Question 2 of 3  ·  round 3  ·  best of 3: Tabs 1, Spaces 0"]);
});

test("the line at the foot says what counts, and of a hidden round not how it stands", () => {
  assert.match(inBrief(moment({ counts: "round" })), /, all votes of the round, /);
  assert.match(inBrief(moment({ counts: "window" })), /, last 90 s, /);
  assert.match(inBrief(moment({ round: null })), /, last 90 s, /);
  assert.match(inBrief(moment({ hidden: true })), /^Secret until it is revealed/);
});

test("a screen reader hears of a round what is fixed, and of the lead once in ten seconds", () => {
  const element = { textContent: "" };
  const announcer = new Announcer(element);
  let time = 0;
  const heard = (later, changes) => {
    element.textContent = "";
    time += later;
    announcer.hear(moment({ leader: null, ...changes }), time);
    return bare([element.textContent])[0];
  };
  assert.equal(heard(0, { phase: "armed" }), "Tabs or spaces? The question is ready.");
  assert.equal(heard(1000, { phase: "armed" }), "");
  assert.equal(heard(1000, { phase: "countdown", opens_in_ms: 3000 }), "It opens in a moment.");
  assert.equal(heard(3000, { left_ms: 60_000 }), "It is open: posts count.");
  assert.equal(heard(9000, { left_ms: 51_000, leader: "Tabs" }), "");
  assert.equal(heard(1000, { left_ms: 50_000, leader: "Tabs" }), "Tabs has taken the lead.");
  assert.equal(heard(9999, { left_ms: 40_001, leader: "Spaces" }), "");
  assert.equal(heard(10_001, { left_ms: 30_000, leader: "Spaces" }), "30 seconds left.");
  // What has changed meanwhile is said when there is room for it.
  assert.equal(heard(9000, { left_ms: 21_000, leader: "Spaces" }), "");
  assert.equal(heard(1000, { left_ms: 20_000, leader: "Spaces" }), "Spaces has taken the lead.");
  assert.equal(heard(10_000, { left_ms: 10_000, leader: "Spaces" }), "10 seconds left.");
  assert.equal(heard(10_000, { phase: "locked" }), "The bell: time is up. Posts under way still count.");
  assert.equal(heard(3000, { phase: "sealed" }), "The result is sealed.");
  assert.equal(heard(30_000, { phase: "revealed", leader: "Tabs", result: result({}) }), "The result: Tabs by 16 votes.");
  assert.equal(heard(30_000, { phase: "revealed", leader: "Spaces", result: result({}) }), "");
});

test("a screen reader hears nothing of who leads a hidden round", () => {
  const element = { textContent: "" };
  const announcer = new Announcer(element);
  const heard = [];
  for (let second = 0; second < 60; second += 1) {
    announcer.hear(moment({ hidden: true, left_ms: 59_000 - second * 1000, leader: second % 2 ? "Tabs" : null }), second * 1000);
    heard.push(element.textContent);
  }
  assert.deepEqual([...new Set(heard)], [
    "Tabs or spaces? Secret until it is revealed", "30 seconds left.", "10 seconds left.",
  ]);
});

test("the hall counts with the stage, from 3-2-1 to the winner", LIMIT, async (t) => {
  const round = { length: "12s", countdown: "3s", grace: "3s", counts: "round" };
  const show = await Show.start(t, { round, posts: posts({ tabs: 30, spaces: 10 }), speed: 1, repeat: true });
  const visit = await show.visit("/stage", { prepare: (page) => page.addInitScript(noteLetters) });
  await visit.until(() => document.body.dataset.scene === "armed");
  assert.deepEqual(await audit(visit), []);
  await show.give({ command: "start" });
  await visit.until(() => document.body.dataset.scene === "celebrate");
  const { said, off } = await visit.page.evaluate(() => window.letters);
  const order = [...said.filter((text, index) => text !== "" && text !== said[index - 1])];
  const numbers = Array.from({ length: 10 }, (_, index) => String(10 - index));
  const expected = ["Tabs or spaces?", "3", "2", "1", "0:12", "0:11", ...numbers, "Time is up", "Tabs"];
  // The zero may be there for a frame, or not; and a busy machine may skip a second, but never turns back.
  let last = -1;
  const places = order.filter((text) => text !== "0").map((text) => (last = expected.indexOf(text, last + 1)));
  assert.ok(!places.includes(-1), JSON.stringify(order));
  assert.ok(places.length >= expected.length - 4, JSON.stringify(order));
  // What was written at an instant is what the newest snapshot would say at that instant.
  assert.ok(off.length > 10 && Math.max(...off) <= 1, JSON.stringify(off));
  assert.match(await visit.text("#note"), /^\d\d\.\d\u00a0%  ·  by \d+ votes?$/);
  assert.match(await visit.text("#print"), /all votes of the round/);
});

test("nothing on the stage tells how a secret round stands", LIMIT, async (t) => {
  const round = { length: "open", countdown: "0s", grace: "0s", secret: true };
  const show = await Show.start(t, { round, posts: posts({ tabs: 30, spaces: 10 }), speed: 1, repeat: true });
  await show.give({ command: "start" });
  const visit = await show.visit("/stage");
  await visit.until(() => document.body.classList.contains("secret"));
  const checkHidden = async () => {
    for (const selector of [".share >> nth=0", ".share >> nth=1", "#trend"]) {
      await visit.page.locator(selector).waitFor({ state: "hidden" });
    }
    assert.match(await visit.text("#print"), /^Secret until it is revealed/);
    const cells = await visit.page.locator("#table tbody td.number").evaluateAll((all) => all.map((cell) => cell.textContent));
    assert.deepEqual([...new Set(cells)], ["–"]);
  };
  await checkHidden();
  await show.give({ command: "lock" });
  await visit.until(() => document.body.dataset.scene === "sealed");
  await checkHidden();
  assert.equal(await visit.text("#big"), "The result is sealed");
  assert.deepEqual(await audit(visit), []);
  await show.give({ command: "reveal" });
  await visit.until(() => document.body.dataset.scene === "celebrate");
  assert.match(await visit.text("#table"), /\d\.\d %/);
});

for (const [width, height] of SIZES) {
  test(`letters keep within a stage of ${width}x${height}, and are as large as they can be`, LIMIT, async (t) => {
    const show = await Show.start(t);
    const say = await staged(show, { viewport: { width, height } });
    const sides = [TABS, SPACES];
    const clock = await say({ left_ms: 83_000 }, sides);
    assert.ok(clock.size >= 0.1 * Math.min(1, (width / height) * 1.3), `a clock of ${clock.size} of the height`);
    for (const name of [FORTY, "The Society for Tabs instead of Spaces", "🦀", "Go"]) {
      for (const teams of [[{ ...TABS, name }, SPACES], [{ ...EIGHT[0], name }, ...EIGHT.slice(1)]]) {
        const won = await say({ phase: "revealed", phase_ms: 9000, result: result({ winner: name }, teams) }, teams);
        assert.equal(won.text, name);
        const least = [...name].length > 30 ? 0.035 : 0.08;
        assert.ok(won.size >= least, `${name} in letters of ${won.size} of the height`);
      }
    }
    await say({ phase: "armed", title: "Which editor do you use when nobody looks?" }, EIGHT);
    await say({ left_ms: 7000 }, EIGHT);
    await say({ phase: "countdown", opens_in_ms: 3000 }, sides);
    await say({ phase: "locked" }, sides);
    await say({ phase: "sealed" }, sides);
    await say({ phase: "revealed", phase_ms: 9000, result: result({ winner: null }) }, sides);
  });
}

for (const [width, height] of SIZES) {
  test(`the card of ${width}x${height} has a code and the address in large letters`, LIMIT, async (t) => {
    const show = await Show.start(t);
    const say = await staged(show, { viewport: { width, height } });
    await say({ scene: "join", join: "http://192.168.1.20:8081/" }, [TABS, SPACES]);
    const { page } = say.visit;
    assert.equal(await say.visit.text(".address"), "192.168.1.20:8081");
    const seen = await page.locator(".card").evaluate((card) => {
      const [code, address] = [card.querySelector("img"), card.querySelector(".address")];
      const box = code.getBoundingClientRect();
      return {
        code: box.height / innerHeight,
        wide: box.width / innerWidth,
        letters: parseFloat(getComputedStyle(address).fontSize) / innerHeight,
        fits: card.scrollHeight <= innerHeight && address.scrollWidth <= innerWidth,
        ground: getComputedStyle(card).backgroundColor,
        isLoaded: code.complete && code.naturalWidth > 0,
      };
    });
    assert.ok(seen.code >= 0.599 || seen.wide >= 0.9, JSON.stringify(seen));
    assert.ok(seen.letters >= 0.0999 || width / height < 1.4, JSON.stringify(seen));
    assert.ok(seen.fits && seen.isLoaded, JSON.stringify(seen));
    assert.equal(seen.ground, "rgb(255, 255, 255)");
    assert.deepEqual(await audit(say.visit), []);
    // Without an address the hashtags are what there is to say.
    await say({ scene: "join", join: null }, EIGHT);
    const tags = await page.locator(".card .tags li").evaluateAll((all) =>
      all.map((tag) => ({ text: tag.textContent, box: tag.getBoundingClientRect().toJSON() })),
    );
    assert.deepEqual(tags.map(({ text }) => text), EIGHT.map(({ hashtags }) => `#${hashtags[0]}`));
    for (const { text, box } of tags) {
      assert.ok(box.left >= 0 && box.right <= width && box.bottom <= height, `${text} at ${JSON.stringify(box)}`);
    }
  });
}

test("a stage with sounds ticks and rings, and says so where it may not", LIMIT, async (t) => {
  const round = { length: "5s", countdown: "3s", grace: "2s" };
  const show = await Show.start(t, { round, stage: { sounds: true }, posts: posts({ tabs: 3, spaces: 1 }), speed: 1, repeat: true });
  const visit = await show.visit("/stage", { prepare: (page) => page.addInitScript(noteTones) });
  await visit.until(() => document.getElementById("silent")?.hidden === false);
  assert.equal(await visit.text("#silent"), "Click once for sound");
  await visit.page.mouse.click(5, 5);
  await visit.until(() => document.getElementById("silent")?.hidden === true);
  await show.give({ command: "start" });
  await visit.until(() => document.body.dataset.scene === "celebrate");
  const tones = await visit.page.evaluate(() => window.tones);
  // Three ticks, a higher one as it opens, three before the bell, and the bell of six partials.
  assert.deepEqual(tones.slice(0, 7), [880, 880, 880, 1760, 1320, 1320, 1320], JSON.stringify(tones));
  assert.equal(tones.length, 13);

  const quiet = await Show.start(t, { round, posts: posts({ tabs: 3, spaces: 1 }) });
  const other = await quiet.visit("/stage");
  await other.moreNews(1);
  assert.equal(await other.inSight("#silent"), false);
  assert.deepEqual(other.requests.filter((address) => address.includes("sounds")), []);
});

/** A snapshot in the shape of the pages, of the golden one, with changes to it and to its round. */
function moment({ round = {}, ...changes }) {
  const { left_ms = 60_000, opens_in_ms = null, phase_ms = 1000, paused = false, hidden = false, ...more } = changes;
  const { grace_ms = 8000, result = null, counts = "round", phase = "open", scene = "contest", ...rest } = more;
  const teams = [TABS, SPACES].map((team, index) => ({ ...whole.teams[index], ...team }));
  const { timer, results } = whole;
  const shown = { ...whole, teams, timer, results: results.slice(0, 1).map(named), title: "Tabs or spaces?", join: null, phase, scene };
  const clocks = { left_ms, opens_in_ms, phase_ms, paused, hidden, grace_ms, result, counts };
  return { ...shown, ...rest, round: round && { ...whole.round, ...clocks } };
}

function named(result) {
  return { ...result, winner: "Tabs", margin: 16, photo_finish: false, title: "Tea or coffee?" };
}

function result(changes, teams = [TABS, SPACES]) {
  const shares = teams.map(({ name }, index) => ({ name, share: [0.625, 0.375, 0][Math.min(index, 2)], votes: 9, total: 9, voices: 9 }));
  return { ...whole.results[0], teams: shares, winner: teams[0].name, margin: 16, photo_finish: false, ...changes };
}

/** Texts without the marks that isolate names and that keep lines together. */
function bare(texts) {
  return texts.map((text) => text.replace(/[\u2068\u2069]/g, "").replaceAll("\u00a0", " "));
}

/**
 * A stage that is told what to show. Each telling waits until it is shown, checks that no letter leaves the
 * window, and resolves to the largest letters.
 */
async function staged(show, options) {
  let send = () => {};
  let seq = 1_000_000;
  const prepare = async (page) => {
    await page.routeWebSocket(/\/api\/v1\/live$/, (socket) => {
      send = (snapshot) => socket.send(JSON.stringify(snapshot));
      send(moment({ seq, at: null }));
    });
    const code = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M4 4h1v1h-1z"/></svg>';
    await page.route(/\/api\/v1\/join\.svg/, (route) => route.fulfill({ contentType: "image/svg+xml", body: code }));
  };
  const visit = await show.visit("/stage", { ...options, prepare });
  const say = async (changes, teams) => {
    seq += 1;
    const snapshot = moment({ seq, at: null, ...changes });
    const wins = teams.map((_, index) => (index === 0 ? 1 : 0));
    const share = 1 / teams.length;
    snapshot.teams = teams.map((team) => ({ ...whole.teams[0], share, ...team }));
    snapshot.round.wins = wins;
    send(snapshot);
    const scene = sceneOf(snapshot);
    await visit.until(
      ([scene, seq]) => document.body.dataset.scene === scene && document.documentElement.dataset.seq === seq,
      [scene, String(seq)],
    );
    await visit.frame();
    await visit.until(() => [...document.images].every((image) => image.hidden || image.closest("[hidden]") || image.complete));
    const off = await visit.page.evaluate(() =>
      [...document.querySelectorAll("#board *, .card *, .banner *")]
        .filter((letters) => letters.checkVisibility({ visibilityProperty: true }) && letters.textContent !== "")
        .map((letters) => ({ letters, box: letters.getBoundingClientRect() }))
        .filter(({ letters, box }) => {
          const isCut = letters.matches(".big, .address, .tags li") && letters.scrollWidth > letters.clientWidth + 1;
          return isCut || box.left < -1 || box.right > innerWidth + 1 || box.top < -1 || box.bottom > innerHeight + 1;
        })
        .map(({ letters, box }) => `${letters.id || letters.className} ${letters.textContent} ${JSON.stringify(box)}`),
    );
    assert.deepEqual(off, [], `${scene} with ${teams.length} teams`);
    return visit.page.locator("#big").evaluate((big) => ({
      text: big.textContent,
      size: parseFloat(getComputedStyle(big).fontSize) / innerHeight,
    }));
  };
  say.visit = visit;
  return say;
}

/** Runs in the page, before its own scripts: notes the largest letters, and how far they are from the news. */
function noteLetters() {
  const letters = { said: [], off: [] };
  Object.defineProperty(window, "letters", { value: letters });
  let news = null;
  const { WebSocket: Socket } = window;
  window.WebSocket = class extends Socket {
    constructor(address) {
      super(address);
      this.addEventListener("message", ({ data }) => {
        news = { ...JSON.parse(data), heard: performance.now() };
      });
    }
  };
  const note = () => {
    const text = document.getElementById("big").textContent;
    letters.said.push(text);
    // The zero of the last second stands until the page has read of the bell.
    if (!/^[1-9]\d*$/.test(text) || !news?.round) return;
    const { opens_in_ms, left_ms } = news.round;
    const left = news.phase === "countdown" ? opens_in_ms : news.phase === "open" ? left_ms : null;
    if (left === null) return;
    const now = Math.max(0, left - (performance.now() - news.heard));
    letters.off.push(Math.abs(Math.ceil(now / 1000) - Number(text)));
  };
  new MutationObserver((changes) => {
    if (changes.some(({ target }) => target.id === "big")) note();
  }).observe(document, { subtree: true, childList: true });
}

/**
 * Runs in the page, before its own scripts: notes the height of every tone, and lets none sound before a
 * click. The browser's own rule does not hold here, since whoever asks the page something is a user to it.
 */
function noteTones() {
  let isClicked = false;
  addEventListener("pointerdown", () => (isClicked = true), true);
  const state = Object.getOwnPropertyDescriptor(BaseAudioContext.prototype, "state");
  const get = function () {
    return isClicked ? state.get.call(this) : "suspended";
  };
  Object.defineProperty(BaseAudioContext.prototype, "state", { get });
  const { resume } = AudioContext.prototype;
  AudioContext.prototype.resume = async function () {
    await resume.call(this);
    this.dispatchEvent(new Event("statechange"));
  };
  const tones = [];
  Object.defineProperty(window, "tones", { value: tones });
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...when) {
    tones.push(this.frequency.value);
    return start.apply(this, when);
  };
}
