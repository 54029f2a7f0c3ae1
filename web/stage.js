// The projector: the whole screen is the contest. Nothing to click.
//
// Space holds the picture, F fills the screen; the theme comes with the address (`?theme=bright`).

import { Announcer } from "./announce.js";
import { css } from "./colour.js";
import { History } from "./history.js";
import { Live } from "./live.js";
import { expose, find, showHealth, showReplay, write } from "./page.js";
import { theme } from "./palette.js";
import { Picture } from "./picture.js";
import { Table } from "./table.js";
import { Clock } from "./timer.js";
import { Trend } from "./trend.js";
import { stayAwake } from "./wakelock.js";
import { count, ignored, ruleInBrief, sourcesInBrief, standing } from "./words.js";

/** @typedef {import("./wire.js").Snapshot} Snapshot */

/** Longer titles are set smaller, on two lines. */
const LONG_TITLE = 36;

const chosen = theme(new URLSearchParams(location.search).get("theme") ?? "dark");
document.documentElement.dataset.theme = chosen;

const title = find("title", HTMLElement);
const news = find("news", HTMLElement);
const replay = find("replay", HTMLElement);
const frozenBadge = find("frozen", HTMLElement);
const print = find("print", HTMLElement);
const picture = new Picture(
  find("scene", HTMLElement),
  find("canvas", HTMLCanvasElement),
  { ground: 0.885, figure: 0.205 },
  chosen,
);
const clock = new Clock(find("main", HTMLElement));
const table = new Table(find("table", HTMLTableElement));
const announcer = new Announcer(find("status", HTMLElement));
const history = new History();
const trend = new Trend(find("trend", HTMLCanvasElement));

let frozen = false;
/** @type {Snapshot | null} */
let newest = null;

/** @param {Snapshot} snapshot */
function show(snapshot) {
  newest = snapshot;
  if (!frozen) clock.show(snapshot);
  if (snapshot.timer) {
    showTimer(snapshot);
    return;
  }
  const fresh = history.append(snapshot);
  picture.show(snapshot);
  if (frozen) return;
  write(title, snapshot.title);
  title.classList.toggle("long", snapshot.title.length > LONG_TITLE);
  document.title = `${snapshot.title} · stage`;
  showReplay(replay, snapshot);
  showHealth(news, live.health, snapshot);
  table.show(
    snapshot,
    picture.palette.teams.map(({ field }) => css(field)),
  );
  announcer.hear(snapshot);
  if (fresh) describe(snapshot);
}

/** A timer has the page for itself. @param {Snapshot} snapshot */
function showTimer(snapshot) {
  write(title, snapshot.title);
  document.title = "timer \u00b7 stage";
  showReplay(replay, snapshot);
}

/** What changes once a second. @param {Snapshot} snapshot */
function describe(snapshot) {
  trend.draw(history, picture.palette);
  const parts = [
    standing(snapshot),
    `${count(snapshot.posts.matched)} posts counted, ${count(ignored(snapshot))} ignored`,
    sourcesInBrief(snapshot),
    ruleInBrief(snapshot),
  ];
  write(print, parts.join("  ·  "));
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
    if (newest && !frozen) describe(newest);
  },
});

document.addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === " ") {
    event.preventDefault();
    frozen = !frozen;
    frozenBadge.hidden = !frozen;
    write(frozenBadge, `frozen at ${new Date().toLocaleTimeString()}`);
    picture.freeze(frozen);
    if (!frozen && newest) show(newest);
  } else if (event.key === "f" || event.key === "F") {
    if (document.fullscreenElement) void document.exitFullscreen();
    else document.documentElement.requestFullscreen().catch(() => {});
  }
});

new ResizeObserver(() => trend.draw(history, picture.palette)).observe(find("trend", HTMLElement));
showHealth(news, live.health, newest);
expose({
  connection: () => live.health.connection,
  quality: () => picture.frames.quality,
  slowest: () => picture.frames.slowest,
});
stayAwake();
live.start();
