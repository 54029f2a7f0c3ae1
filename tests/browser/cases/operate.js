// The operator's page: how it comes by the key, and an evening that is run by clicking.

import assert from "node:assert/strict";
import { test } from "node:test";

import { audit } from "../support/audit.js";
import { Feed } from "../support/feed.js";
import { LIMIT } from "../support/patience.js";
import { Show } from "../support/show.js";

const ROUND = { length: "5m", countdown: "0s", grace: "0s" };
/** A ticket that is no good, and a key that is not this show's: the browser logs what the show answers. */
const UNAUTHORISED = /status of 401 \(Unauthorized\)/;
/** Compressed, all scripts that the page needs to operate. */
const SCRIPT_BYTES = 36 * 1024;
/** The same, with the picture of the hall, which comes after them. */
const ALL_BYTES = 96 * 1024;
const team = (name, color) => ({ name, hashtags: [name.toLowerCase()], color });
const QUESTIONS = [
  { title: "Tabs or spaces?", teams: [team("Tabs", "#ffb000"), team("Spaces", "#0050b0")] },
  { title: "Vim or Emacs?", teams: [team("Vim", "#00805f"), team("Emacs", "#ff6090")] },
];

test("a round is run by clicking, and every answer is said", LIMIT, async (t) => {
  const { show, feed } = await evening(t, ROUND);
  const visit = await operator(show);
  await isPhase(visit, "armed");
  await said(visit, "#place", /^Question 1 of 2 · round 1$/);
  await said(visit, "#next", /^Start round 1: .Tabs or spaces\?.$/);
  await said(visit, "#following", /^Then question 2 of 2: .Vim or Emacs\?.$/);
  // What comes is for operators alone.
  assert.equal("following" in (await show.snapshot()), false);
  await press(visit, "Start");
  await isPhase(visit, "open");
  await said(visit, "#answer", /“\u2068Start\u2069” is done: the round is open\.$/);
  await said(visit, "#time", /^[45]:\d\d$/);
  feed.post("ada", "tabs");
  feed.post("bob", "tabs");
  feed.post("eve", "spaces");
  await said(visit, "#standing", /Tabs\u2069 leads by 1 vote/);
  await said(visit, "#teams", /Tabs66\.7 %2/);
  await said(visit, "#voices", /phones 0, authors 3/);
  await press(visit, "Pause");
  await said(visit, "#comes", /held/);
  await said(visit, "#next", /^Resume/);
  await press(visit, "Resume");
  await said(visit, "#next", /^Lock/);
  await press(visit, "Lock");
  await isPhase(visit, "revealed");
  await said(visit, "#results li div", /Round 1: .*Tabs or spaces.*Tabs\u2069 by 1 vote .*66\.7 % \(2\).*voices: 3$/);
  await said(visit, "#undo-words", /^takes back: Lock$/);
  await press(visit, "Undo");
  await isPhase(visit, "open");
  await said(visit, "#no-results", /None so far/);
  await said(visit, "#redo-words", /^brings back: Lock$/);
  await press(visit, "Redo");
  await isPhase(visit, "revealed");
  const redo = visit.page.getByRole("button", { name: "Redo", exact: true });
  await visit.eventually(async () => assert.equal(await redo.getAttribute("aria-disabled"), "true"));
  await press(visit, "+30 s");
  await isPhase(visit, "open");
  // What cannot be says why, and sends nothing.
  const start = visit.page.getByRole("button", { name: "Start", exact: true });
  assert.equal(await start.getAttribute("aria-disabled"), "true");
  assert.equal(await start.getAttribute("title"), "the round is started already");
  await start.click({ force: true });
  await said(visit, "#answer", /“\u2068Start\u2069” cannot be now: the round is started already\.$/);
  await press(visit, "Lock");
  await isPhase(visit, "revealed");
  await press(visit, "Arm question 2: \u2068Vim or Emacs?\u2069");
  await isPhase(visit, "armed");
  await said(visit, "#title", /^Vim or Emacs\?$/);
  // The show refuses what the page cannot know.
  await visit.page.getByLabel("Another length").fill("soon");
  await press(visit, "Start with it");
  await said(visit, "#answer", /“\u2068Start with it\u2069” was refused: .*length/);
  await visit.page.getByLabel("Another length").fill("90s");
  await press(visit, "Start with it");
  await isPhase(visit, "open");
  await said(visit, "#time", /^1:[23]\d$/);
  await visit.page.getByText("Begin this round again…").click();
  await press(visit, "Reset the round");
  await isPhase(visit, "armed");
});

test("the ticket leaves the address, is good once, and a reload keeps the key", LIMIT, async (t) => {
  const { show } = await evening(t, ROUND);
  const ticket = await show.ticket();
  const visit = await show.visit(`/operate#${ticket}`);
  await isPhase(visit, "armed");
  assert.equal(visit.page.url(), `${show.origin}/operate`);
  const secret = await visit.page.evaluate(() => sessionStorage.getItem("hashtug.operate"));
  assert.ok(secret.length >= 22, "the page has the key");
  assert.equal((await visit.page.content()).includes(secret), false, "the key is in no element");
  assert.equal((await visit.page.content()).includes(ticket), false, "the ticket is in no element");
  assert.equal(visit.requests.some((address) => address.includes(secret) || address.includes(ticket)), false);
  await visit.page.reload();
  await isPhase(visit, "armed");
  const second = await show.visit(`/operate#${ticket}`, { allow: UNAUTHORISED, isLive: false });
  await said(second, "#door-why", /no good/);
  assert.equal(second.page.url(), `${show.origin}/operate`);
  assert.equal(await second.page.locator("#desk").isVisible(), false);
  // The whole address that `hashtug operate --url` prints is as good as the ticket.
  await second.page.getByLabel("Address or ticket").fill(`${show.origin}/operate#${await show.ticket()}`);
  await second.page.getByRole("button", { name: "Open" }).click();
  await isPhase(second, "armed");
  assert.notEqual(second.allowed.length, 0);
});

test("without a ticket, or with the key of another show, the page says how to get one", LIMIT, async (t) => {
  const { show } = await evening(t, ROUND);
  const visit = await show.visit("/operate", { isLive: false });
  await said(visit, "#door-why", /needs a ticket/);
  await said(visit, "#door code", /^hashtug operate --url$/);
  const prepare = (page) => page.addInitScript(() => sessionStorage.setItem("hashtug.operate", "of another show"));
  const other = await show.visit("/operate", { isLive: false, prepare });
  await said(other, "#door-why", /another key/);
  assert.equal(await other.page.evaluate(() => sessionStorage.getItem("hashtug.operate")), null);
});

test("a double click sends once, with the phase that the page shows", LIMIT, async (t) => {
  const { show } = await evening(t, ROUND);
  const visit = await operator(show);
  await press(visit, "Start");
  await isPhase(visit, "open");
  const sent = await visit.page.evaluate(() => window.sent.length);
  await visit.page.getByRole("button", { name: "+30 s" }).dblclick();
  await said(visit, "#answer", /\+30 s.* is done/);
  const orders = await visit.page.evaluate((sent) => window.sent.slice(sent), sent);
  assert.deepEqual(orders.map(({ command, seconds, from }) => [command, seconds, from]), [["add_time", 30, "open"]]);
});

test("sealed results are told and revealed, and viewers see nothing before", LIMIT, async (t) => {
  const { show, feed } = await evening(t, { ...ROUND, secret: true });
  const visit = await operator(show);
  await said(visit, "#secret", /viewers will see nothing/);
  await press(visit, "Start");
  await isPhase(visit, "open");
  feed.post("ada", "spaces");
  await said(visit, "#teams", /Spaces100\.0 %1/);
  assert.deepEqual((await show.snapshot()).teams.map(({ votes }) => votes), [0, 0]);
  await said(visit, "#secret", /viewers see nothing/);
  await press(visit, "Lock");
  await isPhase(visit, "sealed");
  await press(visit, "Arm the next");
  await isPhase(visit, "armed");
  await said(visit, "#results", /sealed/);
  await press(visit, "Reveal round 1");
  await visit.eventually(async () => assert.doesNotMatch(await visit.text("#results li div"), /sealed/));
  assert.equal((await show.snapshot()).results[0].winner, "Spaces");
});

test("sources, darkness, scenes and the timer are in reach", LIMIT, async (t) => {
  const { show } = await evening(t, ROUND);
  const visit = await operator(show);
  await press(visit, "Hold: hall");
  await said(visit, "#sources", /paused/);
  await press(visit, "Let go on: hall");
  await said(visit, "#sources", /live|connecting|stale/);
  await press(visit, "All dark");
  await said(visit, "#dark", /^DARK: all$/);
  await press(visit, "All light");
  await visit.eventually(async () => assert.equal(await visit.page.locator("#dark").isVisible(), false));
  await press(visit, "Join card");
  const join = visit.page.getByRole("button", { name: "Join card" });
  await visit.eventually(async () => assert.equal(await join.getAttribute("aria-pressed"), "true"));
  await visit.page.getByLabel("Length, as 5m").fill("5m");
  await press(visit, "Start the timer");
  await said(visit, "#timer", /^[45]:\d\d$/);
  await press(visit, "Hold the timer");
  await said(visit, "#timer-of", /held/);
  await press(visit, "Stop the timer");
  await said(visit, "#timer", /^none$/);
  // What has no meaning yet is not there.
  assert.equal(await visit.page.locator("#phones").isVisible(), false);
  await visit.page.getByText("A question of your own…").click();
  await visit.page.getByLabel("What is asked").fill("Cats or <b>dogs</b>?");
  await visit.page.getByLabel("Teams, one a line").fill("Cats\n Dogs \n\n");
  await press(visit, "Arm this question");
  await said(visit, "#title", /^Cats or <b>dogs<\/b>\?$/);
  await said(visit, "#teams", /Cats.*Dogs/);
});

test("a page without a connection says so and gives no commands", LIMIT, async (t) => {
  const { show } = await evening(t, ROUND);
  const visit = await operator(show);
  await isPhase(visit, "armed");
  show.hold();
  await visit.until(() => document.documentElement.dataset.connection === "stale");
  const start = visit.page.getByRole("button", { name: "Start", exact: true });
  await visit.eventually(async () => assert.equal(await start.getAttribute("aria-disabled"), "true"));
  assert.equal(await start.getAttribute("title"), "there is no connection to the show");
  show.letGo();
  await visit.until(() => document.documentElement.dataset.connection === "live");
  await visit.eventually(async () => assert.equal(await start.getAttribute("aria-disabled"), "false"));
});

for (const colorScheme of ["dark", "light"]) {
  test(`an audit of /operate in ${colorScheme} finds nothing serious, and it fits a phone`, LIMIT, async (t) => {
    const { show } = await evening(t, { ...ROUND, secret: true });
    const visit = await operator(show, { prepare: (page) => page.emulateMedia({ colorScheme }) });
    const check = async (phase) => {
      await isPhase(visit, phase);
      for (const [width, height] of [[1280, 800], [360, 740]]) {
        await visit.page.setViewportSize({ width, height });
        await visit.frame();
        assert.deepEqual(await audit(visit), [], `${phase} at ${width}x${height}`);
        const wide = await visit.page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= width, `${wide} pixels in a window of ${width}`);
      }
      const small = await visit.page.evaluate(() =>
        [...document.querySelectorAll("button, input, textarea, summary")]
          .filter((element) => element.checkVisibility())
          .map((element) => [element.textContent, element.getBoundingClientRect()])
          .filter(([, { width, height }]) => width < 44 || height < 44)
          .map(([words]) => words),
      );
      assert.deepEqual(small, [], "targets below 44 pixels");
    };
    await check("armed");
    await press(visit, "Start");
    await check("open");
    await press(visit, "Lock");
    await check("sealed");
    await press(visit, "Reveal");
    await check("revealed");
    const closed = await show.visit("/operate", { isLive: false, prepare: (page) => page.emulateMedia({ colorScheme }) });
    await said(closed, "#door-why", /ticket/);
    assert.deepEqual(await audit(closed), []);
  });
}

test("the desk is at most 36 KB of scripts compressed, and with the picture of the hall 96", LIMIT, async (t) => {
  const { show } = await evening(t, ROUND);
  const visit = await operator(show);
  await visit.until(() => document.getElementById("hall-words")?.textContent !== "");
  const files = await visit.page.evaluate(() =>
    performance
      .getEntriesByType("resource")
      .filter(({ name }) => name.endsWith(".js"))
      .map(({ name, encodedBodySize }) => ({ name, encodedBodySize })),
  );
  const sum = (files) => files.reduce((bytes, { encodedBodySize }) => bytes + encodedBodySize, 0);
  const desk = files.filter(({ name }) => !/\/tug\/|\/hall\.js$/.test(name));
  t.diagnostic(`${files.length} scripts, ${sum(files)} bytes, of the desk alone ${sum(desk)}`);
  assert.ok(files.length > 10 && files.every(({ encodedBodySize }) => encodedBodySize > 0));
  assert.ok(desk.length < files.length, "the picture is loaded");
  assert.ok(sum(desk) <= SCRIPT_BYTES, JSON.stringify(desk, null, 1));
  assert.ok(sum(files) <= ALL_BYTES, JSON.stringify(files, null, 1));
});

test("the desk shows the hall as viewers see it, and opens a stage that has the key", LIMIT, async (t) => {
  const { show, feed } = await evening(t, { ...ROUND, secret: true });
  const visit = await operator(show, { allow: /^opened a window$/ });
  await press(visit, "Start");
  await isPhase(visit, "open");
  feed.post("ada", "spaces");
  await said(visit, "#teams", /Spaces100\.0 %1/);
  await said(visit, "#hall-words", /^Secret until it is revealed$/);
  await said(visit, "#hall", /50/);
  await press(visit, "All dark");
  await said(visit, "#hall-cover", /dark/);
  const opened = visit.page.context().waitForEvent("page");
  await visit.page.getByRole("link", { name: "Open the stage" }).click();
  const stage = await opened;
  await stage.bringToFront();
  await stage.locator("#clicker", { hasText: "clicker here" }).waitFor();
});

/** A show of two questions whose posts come when the test says so. */
async function evening(t, round) {
  const feed = await Feed.start(t);
  const sources = [{ name: "hall", kind: "http", mode: "stream", url: feed.url }];
  return { feed, show: await Show.start(t, { sources, round, questions: QUESTIONS }) };
}

/** The page, opened with a ticket. What it sends is noted. */
async function operator(show, { prepare = async () => {}, allow } = {}) {
  const visit = await show.visit(`/operate#${await show.ticket()}`, {
    allow,
    prepare: async (page) => {
      await page.addInitScript(noteOrders);
      await prepare(page);
    },
  });
  await visit.until(() => document.documentElement.dataset.sources === "live");
  return visit;
}

/** Presses the button of this name, once it can be pressed. */
async function press(visit, name) {
  const button = visit.page.getByRole("button", { name, exact: true });
  // One that was just pressed takes no second press.
  await visit.eventually(async () => assert.equal(await button.getAttribute("aria-busy"), null, name));
  await button.click();
}

async function isPhase(visit, phase) {
  await visit.until((phase) => document.documentElement.dataset.phase === phase, phase);
}

/** Waits until an element says so. */
async function said(visit, selector, words) {
  await visit.eventually(async () => assert.match(await visit.text(selector), words));
}

/** Runs in the page, before its own scripts: notes every command that is sent. */
function noteOrders() {
  const sent = [];
  Object.defineProperty(window, "sent", { value: sent });
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (text) {
    const order = JSON.parse(text);
    if (order.command) sent.push(order);
    send.call(this, text);
  };
}
