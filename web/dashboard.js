// The dashboard: the tug, and everything there is to know about how it came about.

import { Announcer } from "./announce.js";
import { css } from "./colour.js";
import { History } from "./history.js";
import { Live } from "./live.js";
import { expose, find, showHealth, showReplay, write } from "./page.js";
import { Picture } from "./picture.js";
import { Lights } from "./lights.js";
import { Table } from "./table.js";
import { Clock } from "./timer.js";
import { Trend } from "./trend.js";
import { REASONS, age, count, duration, ignored, missing, recorded, rule, standing } from "./words.js";

/** @typedef {import("./wire.js").Snapshot} Snapshot */
/** @typedef {import("./wire.js").Source} Source */

/** The numbers of the panels change this often at most. */
const DESCRIBE_MS = 250;

const title = find("title", HTMLElement);
const news = find("news", HTMLElement);
const replay = find("replay", HTMLElement);
const picture = new Picture(
  find("scene", HTMLElement),
  find("canvas", HTMLCanvasElement),
  { ground: 0.87, figure: 0.23 },
  "dark",
);
const clock = new Clock(find("main", HTMLElement));
const table = new Table(find("table", HTMLTableElement));
const announcer = new Announcer(find("status", HTMLElement));
const history = new History();
const trend = new Trend(find("trend", HTMLCanvasElement));
const reasons = REASONS.map(([key, words]) => ({ key, cells: entry(find("ignored", HTMLElement), words) }));
const sources = find("sources", HTMLTableSectionElement);
const lights = new Lights(find("lights", HTMLElement), find("strips", HTMLElement));

/** @type {Snapshot | null} */
let newest = null;
let waiting = false;

/** @param {Snapshot} snapshot */
function show(snapshot) {
  newest = snapshot;
  clock.show(snapshot);
  if (snapshot.timer) {
    showReplay(replay, snapshot);
    write(title, snapshot.title);
    document.title = "timer \u00b7 hashtug";
    return;
  }
  const fresh = history.append(snapshot);
  picture.show(snapshot);
  showReplay(replay, snapshot);
  showHealth(news, live.health, snapshot);
  announcer.hear(snapshot);
  if (fresh) drawHistory();
  if (waiting) return;
  waiting = true;
  setTimeout(describe, document.title === "hashtug" ? 0 : DESCRIBE_MS);
}

function describe() {
  waiting = false;
  if (!newest) return;
  const snapshot = newest;
  const { posts } = snapshot;
  write(title, snapshot.title);
  document.title = `${snapshot.title} · hashtug`;
  write(find("standing", HTMLElement), standing(snapshot));
  write(find("phase", HTMLElement), snapshot.phase);
  write(find("rule", HTMLElement), rule(snapshot));
  table.show(
    snapshot,
    picture.palette.teams.map(({ field }) => css(field)),
  );
  write(find("received", HTMLElement), count(posts.received));
  write(find("matched", HTMLElement), count(posts.matched));
  write(find("ignored-sum", HTMLElement), count(ignored(snapshot)));
  for (const { key, cells } of reasons) {
    write(cells.number, count(posts[key]));
    cells.row.classList.toggle("none", posts[key] === 0);
  }
  describeSources(snapshot.sources);
  lights.describe(snapshot.outputs);
  describeRecording(snapshot.recording);
  write(find("version", HTMLElement), snapshot.version ? `hashtug ${snapshot.version}` : "hashtug");
}

function drawHistory() {
  trend.draw(history, picture.palette);
  if (history.length < 2) return;
  const from = history.time(0);
  const span = history.time(history.length - 1) - from;
  const grain = span < 120_000 ? 1000 : 60_000;
  write(find("history-from", HTMLElement), `${duration(Math.round(span / grain) * grain)} ago`);
}

/** @param {Source[]} list */
function describeSources(list) {
  // A row of facts, and one below it for what there is to say of them.
  while (sources.rows.length > 2 * list.length) sources.deleteRow(-1);
  while (sources.rows.length < 2 * list.length) {
    const facts = sources.insertRow();
    for (let cell = 0; cell < 4; cell += 1) facts.insertCell();
    const remarks = sources.insertRow();
    remarks.className = "remarks";
    remarks.insertCell().colSpan = 4;
  }
  list.forEach((source, index) => {
    const remarks = sources.rows[2 * index + 1];
    const said = [source.problem ?? "", missing(source)].filter((words) => words !== "");
    write(remarks.cells[0], said.join(" "));
    remarks.hidden = said.length === 0;
    const [name, kind, state, last] = sources.rows[2 * index].cells;
    name.dir = "auto";
    write(name, source.name);
    write(kind, source.kind);
    write(state, source.state);
    state.className = `state ${source.state === "live" ? "good" : "poor"}`;
    write(last, age(source));
  });
}

/** @param {import("./wire.js").Recording | null} recording */
function describeRecording(recording) {
  find("recording", HTMLElement).hidden = recording === null;
  if (!recording) return;
  const words = find("recorded", HTMLElement);
  write(words, recorded(recording));
  words.classList.toggle("poor", recording.state !== "on");
}

/**
 * A line of a list of terms: words on the left, a number on the right.
 * @param {HTMLElement} parent @param {string} words
 */
function entry(parent, words) {
  const row = document.createElement("div");
  const term = document.createElement("dt");
  const number = document.createElement("dd");
  term.textContent = words;
  row.append(term, number);
  parent.append(row);
  return { row, number };
}

const live = new Live({
  onSnapshot: show,
  onHealth: (health) => {
    showHealth(news, health, newest);
    picture.age(health.connection === "stale");
    announcer.connection(health.connection === "stale");
  },
  onConnect: async () => {
    await history.load();
    drawHistory();
  },
});

new ResizeObserver(drawHistory).observe(find("trend", HTMLElement));
showHealth(news, live.health, newest);
expose({
  connection: () => live.health.connection,
  quality: () => picture.frames.quality,
  slowest: () => picture.frames.slowest,
});
live.start();
lights.start();
