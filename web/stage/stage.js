// The projector: the whole screen is the contest. Nothing to click.
//
// Space holds the picture, F or a click fills the screen; with the operators' key a clicker runs the show
// from here (`operator/remote.js`). The theme comes with the address (`?theme=bright`).

import { Contest } from "../contest/contest.js";
import { say } from "../messages/say.js";
import { listenToClicker } from "../operator/remote.js";
import { find, write } from "../shell/elements.js";
import { Shell } from "../shell/shell.js";
import { theme } from "../tug/palette.js";
import { Board } from "./board.js";
import { sceneOf } from "./scene.js";
import { inBrief } from "./sentences.js";

/** @import { Snapshot } from "../live/shapes.js" */

/** Scenes that cover the tug. */
const COVERED = ["join", "timer"];

const chosen = theme(new URLSearchParams(location.search).get("theme") ?? "dark");
document.documentElement.dataset.theme = chosen;

const frozen = find("frozen", HTMLElement);
const print = find("print", HTMLElement);
const contest = new Contest({ ground: 0.885, figure: 0.205 }, chosen);
const sounds = document.documentElement.dataset.sounds === "on" ? import("./sounds.js") : null;
const board = new Board((scene, snapshot) => void sounds?.then(({ ring }) => ring(scene, snapshot)));
const shell = new Shell({
  name: "stage",
  show,
  age: (stale) => contest.picture.age(stale),
  connect: () => contest.history.load(),
  readings: { ...contest.readings, scene: () => board.scene },
  awake: true,
});

/** What is on the screen, by which whoever presses a key goes. @type {Snapshot | null} */
let shown = null;
listenToClicker(find("clicker", HTMLElement), find("not-done", HTMLElement), () => shown);

/** @param {Snapshot} snapshot */
function show(snapshot) {
  if (!shell.held) shown = snapshot;
  darken(snapshot);
  const grown = contest.show(snapshot);
  if (shell.held) return;
  board.show(snapshot, contest.picture.palette);
  if (contest.clock.show(snapshot)) return;
  contest.showTable(snapshot);
  if (grown) describe(snapshot);
}

/** Nothing is as dark as a stage that was told to be: a held picture goes out too. @param {Snapshot} snapshot */
function darken(snapshot) {
  const { blackout, round } = snapshot;
  const isDark = blackout.includes("all") || blackout.includes("screens");
  document.body.classList.toggle("blackout", isDark);
  // What the tug has to leave room for is known before its labels are placed.
  document.body.classList.toggle("rounds", round !== null);
  contest.picture.rest(isDark || COVERED.includes(sceneOf(snapshot)));
}

/** What changes once a second. @param {Snapshot} snapshot */
function describe(snapshot) {
  contest.drawHistory();
  write(print, inBrief(snapshot));
}

document.addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === " ") {
    event.preventDefault();
    const held = !shell.held;
    frozen.hidden = !held;
    write(frozen, say("frozen", { time: new Date().toLocaleTimeString() }));
    contest.picture.freeze(held);
    if (held) board.hold();
    shell.hold(held);
  } else if (event.key === "f" || event.key === "F") {
    if (document.fullscreenElement) void document.exitFullscreen();
    else fill();
  }
});
// Escape lets go of the whole screen, and so do clickers: one click takes it again.
document.addEventListener("click", fill);

function fill() {
  if (!document.fullscreenElement) document.documentElement.requestFullscreen().catch(() => {});
}

shell.start();
