// The dashboard: the tug, and everything there is to know about how it came about.

import { Contest } from "../contest/contest.js";
import { REASONS, age, missing, recorded } from "../messages/details.js";
import { count, duration } from "../messages/numbers.js";
import { say, sayValue } from "../messages/say.js";
import { ignored, standing } from "../messages/sentences.js";
import { find, write } from "../shell/elements.js";
import { Shell } from "../shell/shell.js";
import { Lights } from "./lights.js";
import { rule } from "./sentences.js";

/** @import { Recording, Snapshot, Source } from "../live/shapes.js" */

/** The numbers of the panels change this often at most. */
const DESCRIBE_MS = 250;

const sources = find("sources", HTMLTableSectionElement);
const lights = new Lights(find("lights", HTMLElement), find("strips", HTMLElement));
const reasons = REASONS.map((key) => ({ key, ...entry(find("ignored", HTMLElement), say(`reason.${key}`)) }));
const contest = new Contest({ ground: 0.87, figure: 0.23 }, "dark", writeFrom);
const shell = new Shell({
  name: "dashboard",
  show,
  age: (stale) => contest.picture.age(stale),
  connect: () => contest.history.load(),
  readings: contest.readings,
});

write(find("round", HTMLElement), say("round", { phase: "–" }));
let described = false;
let waiting = false;

/** @param {Snapshot} snapshot */
function show(snapshot) {
  if (contest.clock.show(snapshot)) return;
  if (contest.show(snapshot)) contest.drawHistory();
  if (waiting) return;
  waiting = true;
  setTimeout(describe, described ? DESCRIBE_MS : 0);
}

function describe() {
  waiting = false;
  described = true;
  const snapshot = shell.newest;
  if (!snapshot) return;
  const { phase, posts, version } = snapshot;
  write(find("standing", HTMLElement), standing(snapshot));
  write(find("round", HTMLElement), say("round", { phase: sayValue("phase", phase) }));
  write(find("rule", HTMLElement), rule(snapshot));
  contest.showTable(snapshot);
  write(find("received", HTMLElement), count(posts.received));
  write(find("matched", HTMLElement), count(posts.matched));
  write(find("ignored-sum", HTMLElement), count(ignored(snapshot)));
  for (const { key, row, number } of reasons) {
    write(number, count(posts[key]));
    row.classList.toggle("none", posts[key] === 0);
  }
  describeSources(snapshot.sources);
  lights.describe(snapshot.outputs);
  describeRecording(snapshot.recording);
  write(find("version", HTMLElement), version ? `hashtug ${version}` : "hashtug");
}

/** Says how far back the history goes. */
function writeFrom() {
  const { history } = contest;
  const words = find("history-from", HTMLElement);
  if (history.length < 2) return write(words, "");
  const from = history.time(0);
  const span = history.time(history.length - 1) - from;
  const grain = span < 120_000 ? 1000 : 60_000;
  const time = duration(Math.round(span / grain) * grain);
  write(words, say("history.from", { time }));
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
    write(state, sayValue("source.state", source.state));
    state.className = `state ${source.state === "live" ? "good" : "poor"}`;
    write(last, age(source));
  });
}

/** @param {Recording | null} recording */
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

shell.start();
lights.start();
