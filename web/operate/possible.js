// Which commands can be carried out in which snapshot, and why the others cannot. Pure: no page, no
// clock.
//
// The show decides; this only spares a person the buttons that it would refuse. What a snapshot does
// not tell of is left to the show.

/** @import { Snapshot } from "../live/shapes.js" */
/** @import { Key } from "../messages/say.js" */
/** @import { Order } from "../operator/keys.js" */

/** @typedef {{ key: Key, ms?: number, command?: string }} Effect */

/** Commands that mean another thing in another phase: the show is told in which one they were given. */
const BY_PHASE = new Set([
  "arm",
  "start",
  "pause",
  "resume",
  "add_time",
  "lock",
  "reveal",
  "reset",
  "next",
  "undo",
  "redo",
  "secret",
]);

/** Commands that need rounds for another reason. */
const OF_ROUNDS = new Set(["source", "devices", "discard"]);

/** An order under the phase in which it was given. @param {Order} order @param {string} phase */
export function given(order, phase) {
  return BY_PHASE.has(order.command) ? { ...order, from: phase } : order;
}

/**
 * Why an order cannot be carried out now; null if it can. An argument that is not there yet keeps
 * nothing back.
 * @param {Order} order @param {Snapshot} snapshot @returns {Key | null}
 */
export function hindrance(order, snapshot) {
  const { command } = order;
  const { phase, round } = snapshot;
  if (BY_PHASE.has(command) || OF_ROUNDS.has(command)) {
    if (round === null) return "hinder.rounds";
  }
  const isRunning = phase === "countdown" || phase === "open";
  const isBefore = phase === "armed" || phase === "countdown";
  const isPaused = round?.paused === true;
  switch (command) {
    case "arm":
      if (isRunning || phase === "locked") return "hinder.arm";
      return phase === "armed" && order.question === snapshot.question?.number ? "hinder.armed" : null;
    case "start":
      if (phase === "armed") return null;
      return isRunning ? "hinder.started" : "hinder.unarmed";
    case "pause":
      if (!isRunning) return "hinder.still";
      return isPaused ? "hinder.paused" : null;
    case "resume":
      if (!isRunning) return "hinder.still";
      return isPaused ? null : "hinder.running";
    case "add_time":
      if (isBefore) return "hinder.early";
      if (phase === "open") return round?.left_ms === null ? "hinder.bell" : null;
      return typeof order.seconds === "number" && order.seconds <= 0 ? "hinder.more" : null;
    case "lock":
      if (isBefore) return "hinder.early";
      return phase === "open" ? null : "hinder.locked";
    case "reveal":
      if (phase === "sealed" || phase === "revealed") return null;
      return phase === "armed" && snapshot.sealed.includes(Number(order.number)) ? null : "hinder.result";
    case "reset":
      return phase === "armed" ? "hinder.beginning" : null;
    case "next":
      if (isPaused) return null;
      if (phase === "countdown") return "hinder.countdown";
      if (phase === "revealed" && snapshot.following === null) return "hinder.last";
      return phase === "locked" ? "hinder.grace" : null;
    case "undo":
      return snapshot.undo === null || snapshot.undo.steps === 0 ? "hinder.undo" : null;
    case "redo":
      return snapshot.undo === null || snapshot.undo.redo.steps === 0 ? "hinder.redo" : null;
    case "secret":
      if (phase !== "armed") return "hinder.seen";
      if (round?.secret !== order.secret) return null;
      return order.secret ? "hinder.secret" : "hinder.public";
    case "source": {
      const source = snapshot.sources.find(({ name }) => name === order.name);
      if (!source || (source.state === "paused") !== order.paused) return null;
      return order.paused ? "hinder.source.held" : "hinder.source.free";
    }
    case "discard":
      return snapshot.join === null ? "hinder.phones" : null;
    default:
      return hindranceOfScreens(order, snapshot);
  }
}

/**
 * What an order would do now, in the words of which key, with how many milliseconds or what else; null
 * where its name says all there is to say.
 * @param {Order} order @param {Snapshot} snapshot @returns {Effect | null}
 */
export function effect(order, snapshot) {
  const { phase, round, question, undo } = snapshot;
  if (round === null) return null;
  switch (order.command) {
    case "next":
      return null;
    case "start":
      if (round.length_ms === null || order.length === "open") return { key: "effect.start.open" };
      return { key: "effect.start", ms: round.length_ms };
    case "pause":
      return { key: phase === "countdown" ? "effect.pause.countdown" : "effect.pause" };
    case "resume":
      return { key: "effect.resume" };
    case "lock":
      return { key: "effect.lock" };
    case "add_time": {
      const ms = Number(order.seconds) * 1000;
      if (phase !== "open") return { key: "effect.reopen", ms };
      const left = (round.left_ms ?? 0) + ms;
      if (left <= 0) return { key: "effect.lock" };
      return { key: ms > 0 ? "effect.later" : "effect.sooner", ms: left };
    }
    case "reveal":
      return { key: phase === "revealed" ? "effect.reveal.again" : "effect.reveal" };
    case "undo":
      return undo && { key: "effect.undo", command: undo.next ?? "" };
    case "redo":
      return undo && { key: "effect.redo", command: undo.redo.next ?? "" };
    case "arm":
      return question && { key: "effect.arm" };
    default:
      return null;
  }
}

/**
 * Whether a button has a place in this phase at all: what a button beside it does instead is not shown twice.
 * @param {Order} order @param {Snapshot} snapshot
 */
export function isOffered({ command, seconds }, { phase, round }) {
  const isPaused = round?.paused === true;
  if (command === "pause") return !isPaused;
  if (command === "resume") return isPaused;
  const isAfter = phase === "locked" || phase === "sealed" || phase === "revealed";
  return !(isAfter && (command === "lock" || (command === "add_time" && Number(seconds) < 0)));
}

/** @param {Order} order @param {Snapshot} snapshot @returns {Key | null} */
function hindranceOfScreens(order, { blackout, scene, timer }) {
  const what = String(order.what ?? "all");
  switch (order.command) {
    case "blackout":
      return blackout.includes(what) ? "hinder.dark" : null;
    case "light":
      if (what === "all") return blackout.length === 0 ? "hinder.lit" : null;
      if (blackout.includes(what)) return null;
      return blackout.includes("all") ? "hinder.all" : "hinder.lit";
    case "scene":
      if (order.scene === scene) return "hinder.scene";
      return order.scene === "timer" && timer === null ? "hinder.timer" : null;
    case "timer":
      if (order.do === "start") return null;
      if (timer === null) return "hinder.timer";
      if (order.do === "pause" && timer.remaining_ms === 0) return "hinder.over";
      if (order.do === "pause" && timer.paused) return "hinder.timer.held";
      return order.do === "resume" && !timer.paused ? "hinder.timer.running" : null;
    default:
      return null;
  }
}
