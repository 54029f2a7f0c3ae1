// What only the operator's page says of a snapshot. Pure: no page, no clock.

import "./words.js";

import { recorded } from "../messages/details.js";
import { brief, clock, count, isolated, percent } from "../messages/numbers.js";
import { say, sayCounted, sayValue } from "../messages/say.js";

/** @import { Answer, Recording, Result, Snapshot } from "../live/shapes.js" */
/** @import { Order } from "../operator/keys.js" */
/** @import { Effect } from "./possible.js" */

/** What is going on, and what comes next. @param {Snapshot} snapshot */
export function comes({ phase, round }) {
  if (round === null) return say("comes.none");
  if (round.paused) return say("comes.paused");
  if (phase === "open" && round.left_ms === null) return say("comes.open.unending");
  return sayValue("comes", phase);
}

/** The words on the large button: what the next step is. @param {Snapshot} snapshot */
export function next({ phase, round, title, question, following }) {
  if (round === null) return say("next.none");
  if (round.paused) return say("next.paused");
  if (phase === "revealed" && following !== null) {
    const { number, title } = following;
    const isSame = number === question?.number;
    return say(isSame ? "next.again" : "next.question", { number, title: isolated(title) });
  }
  return phase === "armed"
    ? say("next.armed", { number: round.number, title: isolated(title) })
    : sayValue("next", phase);
}

/** What comes after the question that is on. @param {Snapshot} snapshot */
export function follows({ phase, round, question, following }) {
  const isOn = phase === "countdown" || phase === "open" || phase === "locked";
  if (round === null || isOn) return "";
  if (following === null) return say("following.none");
  const { number, of, title } = following;
  if (number === question?.number) return say("following.again", { title: isolated(title) });
  return say("following", { number, of, title: isolated(title) });
}

/** What an order would do now. @param {Effect | null} effect */
export function does(effect) {
  if (effect === null) return "";
  const { key, ms, command } = effect;
  const time = ms === undefined ? "" : clock(ms);
  return say(key, { time, command: command === undefined ? "" : sayValue("command", command) });
}

/** Where the evening stands. @param {Snapshot} snapshot */
export function place({ question, round, teams }) {
  if (question === null || round === null) return "";
  const parts = [
    say("place.question", { number: question.number, of: question.of }),
    say("place.round", { number: round.number }),
  ];
  if (round.best_of > 1) {
    const wins = teams.map(({ name }, index) =>
      say("place.team", { name: brief(name), wins: round.wins[index] ?? 0 }),
    );
    parts.push(say("place.best", { best_of: round.best_of, wins: wins.join(", ") }));
  }
  return parts.join(" · ");
}

/** Whether viewers are kept from how it stands, in words. @param {Snapshot} snapshot */
export function secret({ phase, round }) {
  if (!round?.secret || phase === "revealed") return "";
  return say(phase === "armed" ? "secret.next" : "secret.hidden");
}

/**
 * What the clock of the round shows, and what it is. `since` is the age of the snapshot, by which time
 * has gone on.
 * @param {Snapshot} snapshot @param {number} since
 */
export function left({ phase, round }, since) {
  if (round === null) return { time: "", of: "" };
  const gone = round.paused ? 0 : since;
  const time = (/** @type {number} */ ms) => clock(Math.max(0, ms - gone));
  const paused = (/** @type {string} */ left) => (round.paused ? say("left.paused", { left }) : left);
  switch (phase) {
    case "armed":
      if (round.length_ms === null) return { time: "", of: say("left.armed.unending") };
      return { time: clock(round.length_ms), of: say("left.armed") };
    case "countdown":
      return { time: time(round.opens_in_ms ?? 0), of: paused(say("left.countdown")) };
    case "open":
      if (round.left_ms === null) return { time: "", of: paused(say("left.open.unending")) };
      return { time: time(round.left_ms), of: paused(say("left.open")) };
    case "locked":
      return { time: time(round.grace_ms - (round.phase_ms ?? 0)), of: say("left.locked") };
    default:
      return { time: "", of: "" };
  }
}

/** How the journal is doing. @param {Recording | null} journal */
export function journalled(journal) {
  if (journal === null) return say("journal.none");
  const kept = recorded({ ...journal, lost: 0, state: "on" });
  const lost = journal.lost > 0 ? ` ${say("journal.lost", { lost: count(journal.lost) })}` : "";
  if (journal.state === "on") return say("journal.kept", { kept: kept + lost });
  const error = journal.error ?? sayValue("recording.state", journal.state);
  return say("journal.stopped", { error, kept: kept + lost });
}

/** Who has won a round, and how. @param {Result} result @param {boolean} isSealed */
export function ended({ teams, voices, winner, margin, photo_finish, partial }, isSealed) {
  const first =
    winner === null
      ? say("result.tie")
      : sayCounted("result.winner", margin, { name: brief(winner), margin: count(margin) });
  const parts = [
    first,
    ...teams.map(({ name, share, votes }) =>
      say("result.team", { name: brief(name), percent: percent(share), votes: count(votes) }),
    ),
    say("result.voices", { voices: count(voices) }),
  ];
  if (photo_finish) parts.push(say("result.photo"));
  if (partial) parts.push(say("result.partial"));
  if (isSealed) parts.push(say("result.sealed"));
  return parts.join(" · ");
}

/** @typedef {{ kind: "done" | "unchanged" | "refused", words: string }} Said */

/**
 * What became of an order; `name` is what its button says.
 * @param {string} name @param {Order} order @param {Answer | null} answer @param {string} time
 * @returns {Said}
 */
export function answered(name, order, answer, time) {
  if (answer === null) return { kind: "refused", words: say("answer.lost", { time, order: name }) };
  if (answer.status === 200 && answer.changed) {
    const phase = sayValue("phase", answer.phase ?? "");
    const key = "from" in order ? "answer.phase" : "answer.done";
    return { kind: "done", words: say(key, { time, order: name, phase }) };
  }
  const why = answer.why ?? "";
  const isFine = answer.status === 200;
  const words = say(isFine ? "answer.unchanged" : "answer.refused", { time, order: name, why });
  return { kind: isFine ? "unchanged" : "refused", words };
}
