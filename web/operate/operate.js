// The operator's page: the true numbers, and every command as a button.
//
// Until it has the key it is a door that asks for a ticket. It takes the key to the socket and to
// nowhere else, and shows what the show says: what a button did is seen when a snapshot shows it.

import "./words.js";

import { OperatorSocket } from "../live/operator.js";
import { recorded } from "../messages/details.js";
import { clock } from "../messages/numbers.js";
import { say, sayValue } from "../messages/say.js";
import { standing } from "../messages/sentences.js";
import { listenForTickets, takeTicket } from "../operator/address.js";
import { Clicker } from "../operator/clicker.js";
import { forget, keep, key, redeem, ticketIn } from "../operator/key.js";
import { find, write } from "../shell/elements.js";
import { Shell } from "../shell/shell.js";
import { Desk } from "./desk.js";
import { describe } from "./lists.js";
import * as sentences from "./sentences.js";

/** @import { Key } from "../messages/say.js" */
/** @import { Snapshot } from "../live/shapes.js" */

/** The page changes this often at most, and its clocks as often without news. */
const DRAW_MS = 100;
/** How far a clock goes on without news. */
const ALONE_MS = 1500;

const door = find("door", HTMLElement);
const desk = find("desk", HTMLElement);
const ticketField = find("ticket", HTMLInputElement);
const socket = new OperatorSocket({ key, onRefused: refused });
const buttons = new Desk(desk, find("answer", HTMLElement), (order) => socket.give(order));
const shell = new Shell({ name: "operate", show, age: draw, transports: [socket.open], awake: true });

const clicker = new Clicker({
  badge: find("clicker", HTMLElement),
  mayOrder: () => key() !== null && !desk.hidden,
  seen: () => buttons.shown,
  give: (order) => void buttons.order(order),
});

/** When the newest snapshot came. */
let heard = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let drawing;
/** The small picture of the hall, once it is wanted. @type {Promise<void> | undefined} */
let hall;
/** Whether the page has tried to connect. */
let hasBegun = false;

/** @param {Snapshot} snapshot */
function show(snapshot) {
  heard = performance.now();
  door.hidden = true;
  desk.hidden = false;
  clicker.show();
  // The desk is there before the picture is.
  hall ??= import("./hall.js").then(({ showHall }) => showHall());
  // A phase is shown at once, since whoever presses a button goes by it.
  if (snapshot.phase !== document.documentElement.dataset.phase) draw();
  else drawing ??= setTimeout(draw, DRAW_MS);
}

function draw() {
  clearTimeout(drawing);
  drawing = undefined;
  const snapshot = shell.newest;
  if (!snapshot) return;
  document.documentElement.dataset.phase = snapshot.phase;
  drawRound(snapshot);
  drawScreens(snapshot);
  describe(snapshot);
  buttons.show(snapshot, shell.isLive);
}

/** @param {Snapshot} snapshot */
function drawRound(snapshot) {
  const { phase, round, question, journal, recording } = snapshot;
  write(find("phase", HTMLElement), sayValue("phase", phase));
  write(find("comes", HTMLElement), sentences.comes(snapshot));
  write(find("place", HTMLElement), sentences.place(snapshot));
  write(find("next", HTMLElement), sentences.next(snapshot));
  write(find("following", HTMLElement), sentences.follows(snapshot));
  write(find("standing", HTMLElement), standing(snapshot));
  const secret = find("secret", HTMLElement);
  write(secret, sentences.secret(snapshot));
  secret.hidden = secret.textContent === "";
  find("phase", HTMLElement).classList.toggle("paused", round?.paused === true);
  find("question", HTMLInputElement).max = String(question?.of ?? 1);
  const kept = find("journal", HTMLElement);
  write(kept, sentences.journalled(journal));
  const isUnkept = journal !== null && (journal.state !== "on" || journal.lost > 0);
  kept.classList.toggle("poor", isUnkept);
  badge("unkept", isUnkept ? say("journal.badge") : "");
  const record = find("recorded", HTMLElement);
  record.hidden = recording === null;
  if (recording) write(record, recorded(recording));
  record.classList.toggle("poor", recording !== null && recording.state !== "on");
  drawClocks();
}

/** @param {Snapshot} snapshot */
function drawScreens({ blackout, join }) {
  const names = blackout.map((what) => sayValue("dark.what", what));
  badge("dark", names.length === 0 ? "" : say("dark.badge", { what: names.join(", ") }));
  // What no phone can take part in has nothing to say of phones.
  find("phones", HTMLElement).hidden = join === null;
  write(find("join", HTMLElement), join === null ? "" : say("phones.join", { address: join }));
}

/** What goes on by itself between two snapshots. */
function drawClocks() {
  const snapshot = shell.newest;
  if (!snapshot) return;
  const since = Math.min(performance.now() - heard, ALONE_MS);
  const { time, of } = sentences.left(snapshot, since);
  write(find("time", HTMLElement), time);
  write(find("time-of", HTMLElement), of);
  const { timer } = snapshot;
  const gone = timer?.paused ? 0 : since;
  const left = timer === null ? say("timer.none") : clock(Math.max(0, timer.remaining_ms - gone));
  const total = timer === null ? "" : clock(timer.total_ms);
  write(find("timer", HTMLElement), left);
  write(
    find("timer-of", HTMLElement),
    timer === null ? "" : say(timer.paused ? "timer.held" : "timer.of", { total }),
  );
}

/** @param {string} id @param {string} words */
function badge(id, words) {
  const element = find(id, HTMLElement);
  write(element, words);
  element.hidden = words === "";
}

/** The show has closed the socket. @param {"key" | "full"} why */
function refused(why) {
  if (why === "key") {
    forget();
    ask("door.expired");
  } else {
    ask("door.full");
  }
}

/** Asks for a ticket. @param {Key} why @param {Record<string, string>} [values] */
function ask(why, values) {
  write(find("door-why", HTMLElement), say(why, values));
  desk.hidden = true;
  door.hidden = false;
  clicker.show();
}

/** @param {string} ticket */
async function enter(ticket) {
  const answer = await redeem(ticket);
  if ("key" in answer) {
    keep(answer.key);
    if (hasBegun) shell.connect();
    return;
  }
  // Whoever has the key already needs no other.
  if (key() !== null && door.hidden) return;
  const { status, why } = answer;
  if (status === 401) ask("door.used");
  else if (status === 429) ask("door.often");
  else if (status === 0) ask("door.silent");
  else ask("door.refused", { why });
}

async function begin() {
  const ticket = takeTicket();
  if (ticket !== null) await enter(ticket);
  else if (key() === null) ask("door.none");
}

find("door-form", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  const ticket = ticketIn(ticketField.value);
  ticketField.value = "";
  void enter(ticket);
});
listenForTickets(() => void begin());
setInterval(drawClocks, DRAW_MS);
await begin();
hasBegun = true;
shell.start();
