// The lists of the page: teams, results, sources, outputs, and what became of the posts.
//
// Rows stay the elements that they are while their texts change, so that a button that has the focus
// keeps it.

import "./words.js";

import { REASONS, age, missing } from "../messages/details.js";
import { count, duration, isolated, percent } from "../messages/numbers.js";
import { say, sayCounted, sayValue } from "../messages/say.js";
import { ignored } from "../messages/sentences.js";
import { find, write } from "../shell/elements.js";
import { orders } from "./desk.js";
import { ended } from "./sentences.js";

/** @import { Snapshot } from "../live/shapes.js" */

/** @typedef {{ row: HTMLElement, name: HTMLElement, line: HTMLElement, remark: HTMLElement, button: HTMLButtonElement }} Item */

const teams = find("teams", HTMLTableElement);
const results = find("results", HTMLElement);
const sources = find("sources", HTMLElement);
const outputs = find("outputs", HTMLElement);
const posts = find("posts", HTMLElement);

/** @type {Map<HTMLElement, Item[]>} */
const items = new Map();

/** @param {Snapshot} snapshot */
export function describe(snapshot) {
  describeTeams(snapshot);
  describeResults(snapshot);
  describeSources(snapshot);
  describeOutputs(snapshot);
  describePosts(snapshot);
}

/** @param {Snapshot} snapshot */
function describeTeams({ teams: list, round, leader, voices }) {
  const [body] = teams.tBodies;
  teams.classList.toggle("single", (round?.best_of ?? 1) === 1);
  while (body.rows.length > list.length) body.deleteRow(-1);
  while (body.rows.length < list.length) {
    const row = body.insertRow();
    const name = document.createElement("th");
    name.scope = "row";
    name.dir = "auto";
    row.append(name);
    for (let cell = 1; cell < 5; cell += 1) row.insertCell().className = "number";
    row.cells[1].append(document.createElement("span"), bar());
  }
  list.forEach(({ name, color, share, votes, total }, index) => {
    const { cells } = body.rows[index];
    write(cells[0], name);
    cells[0].classList.toggle("leader", name === leader);
    cells[0].style.setProperty("--team", color);
    const [words, bar] = /** @type {[HTMLElement, HTMLElement]} */ ([...cells[1].children]);
    write(words, `${percent(share)} %`);
    bar.style.setProperty("--share", String(share));
    bar.style.setProperty("--team", color);
    write(cells[2], count(votes));
    write(cells[3], count(total));
    write(cells[4], count(round?.wins[index] ?? 0));
  });
  const held = round?.held ?? 0;
  write(find("held", HTMLElement), held === 0 ? "" : sayCounted("held", held, { count: count(held) }));
  const words = voices && say("voices", { phones: count(voices.phones), authors: count(voices.authors) });
  write(find("voices", HTMLElement), words ?? "");
}

function bar() {
  const bar = document.createElement("span");
  bar.className = "bar";
  bar.append(document.createElement("i"));
  return bar;
}

/** @param {Snapshot} snapshot */
function describeResults({ results: list, sealed: numbers }) {
  find("no-results", HTMLElement).hidden = list.length > 0;
  // The newest first: it is what people ask for.
  [...list].reverse().forEach((result, index) => {
    const { name, line, button } = item(results, index);
    const { number, title } = result;
    const sealed = numbers.includes(number);
    write(name, say("result.head", { number, title: isolated(title) }));
    write(line, ended(result, sealed));
    button.hidden = !sealed;
    write(button, say("result.reveal", { number }));
    orders(button, { command: "reveal", number });
  });
  cut(results, list.length);
}

/** @param {Snapshot} snapshot */
function describeSources({ sources: list }) {
  list.forEach((source, index) => {
    const { name, line, remark, button, row } = item(sources, index);
    const { kind, problem } = source;
    const isHeld = source.state === "paused";
    const state = sayValue("source.state", source.state);
    write(name, source.name);
    const facts = say("source.line", { kind, state, last: age(source) });
    const time = source.delay_ms === null ? "" : duration(source.delay_ms);
    write(line, time === "" ? facts : say("source.delayed", { line: facts, time }));
    write(remark, [problem ?? "", missing(source)].filter((words) => words !== "").join(" "));
    row.classList.toggle("troubled", source.state === "stale" || source.state === "connecting");
    const order = say(isHeld ? "source.free" : "source.hold");
    write(button, order);
    button.setAttribute("aria-label", say("source.label", { order, name: source.name }));
    orders(button, { command: "source", name: source.name, paused: !isHeld });
  });
  cut(sources, list.length);
}

/** @param {Snapshot} snapshot */
function describeOutputs({ outputs: list, blackout }) {
  list.forEach((output, index) => {
    const { name, line, remark, button, row } = item(outputs, index);
    const { kind, state, error } = output;
    const isDark = blackout.includes(output.name);
    write(name, output.name);
    write(line, say("output.state", { kind, state: sayValue("output.state", state) }));
    write(remark, error ?? "");
    row.classList.toggle("troubled", state === "failing");
    const order = say(isDark ? "light.output" : "dark.output");
    write(button, order);
    button.setAttribute("aria-label", say("output.label", { order, name: output.name }));
    orders(button, { command: isDark ? "light" : "blackout", what: output.name });
  });
  cut(outputs, list.length);
}

/** @param {Snapshot} snapshot */
function describePosts(snapshot) {
  const rows = [
    { words: say("posts.received"), number: snapshot.posts.received },
    { words: say("posts.counted"), number: snapshot.posts.matched },
    { words: say("posts.ignored"), number: ignored(snapshot) },
    ...REASONS.map((key) => ({ words: say(`reason.${key}`), number: snapshot.posts[key] })),
  ];
  rows.forEach(({ words, number }, index) => {
    let row = posts.children[index];
    if (!row) {
      row = document.createElement("div");
      row.append(document.createElement("dt"), document.createElement("dd"));
      posts.append(row);
    }
    const [term, value] = /** @type {[HTMLElement, HTMLElement]} */ ([...row.children]);
    write(term, words);
    write(value, count(number));
  });
}

/** The item at a place of a list, made if there is none. @param {HTMLElement} list @param {number} index */
function item(list, index) {
  const made = items.get(list) ?? [];
  items.set(list, made);
  if (!made[index]) {
    const [row, words] = [document.createElement("li"), document.createElement("div")];
    const [name, line, remark] = ["strong", "span", "span"].map((tag) => document.createElement(tag));
    const button = document.createElement("button");
    button.type = "button";
    remark.className = "remark";
    for (const text of [name, line, remark]) text.dir = "auto";
    words.append(name, line, remark);
    row.append(words, button);
    list.append(row);
    made[index] = { row, name, line, remark, button };
  }
  return made[index];
}

/** @param {HTMLElement} list @param {number} length */
function cut(list, length) {
  const made = items.get(list) ?? [];
  for (const { row } of made.splice(length)) row.remove();
}
