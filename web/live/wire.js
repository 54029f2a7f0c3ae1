// The one place where text becomes a snapshot; its shapes are in `shapes.d.ts`.
//
// A message that does not have the shape is refused whole, so that no page ever has to ask whether a
// share is a number.
// Keys that this page does not know are left alone: the server may add some.

/** @import { Answer, Output, Point, Posts, Question, Recording, Result, Round } from "./shapes.js" */
/** @import { Snapshot, Source, Steps, Strip, Team, Timer, Undo, Voices } from "./shapes.js" */

/** @typedef {Record<string, unknown>} Loose */

/** @param {unknown} value @returns {Loose} */
function object(value) {
  return typeof value === "object" && value !== null ? /** @type {Loose} */ (value) : {};
}

/** @param {unknown} value @returns {unknown[]} */
function list(value) {
  return Array.isArray(value) ? value : [];
}

/** @param {unknown} value */
function text(value, otherwise = "") {
  return typeof value === "string" ? value : otherwise;
}

/** @param {unknown} value */
function number(value) {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

/** @param {unknown} value @returns {string | null} */
function textOrNull(value) {
  return typeof value === "string" ? value : null;
}

/** @param {unknown} value @returns {number | null} */
function numberOrNull(value) {
  return typeof value === "number" ? value : null;
}

/** @param {unknown} value @returns {Team} */
function team(value) {
  const { name, hashtags, color, votes, share, rate, total } = object(value);
  return {
    name: text(name),
    hashtags: list(hashtags).map((hashtag) => text(hashtag)),
    color: text(color, "#808080"),
    votes: number(votes),
    share: Math.min(1, Math.max(0, number(share))),
    rate: Math.max(0, number(rate)),
    total: number(total),
  };
}

/** @param {unknown} value @returns {Source} */
function source(value) {
  const loose = object(value);
  const { name, kind, state, stale_ms, problem, gaps, gap_count, gap_ms, panics } = loose;
  return {
    name: text(name),
    kind: text(kind),
    state: text(state),
    stale_ms: numberOrNull(stale_ms),
    delay_ms: numberOrNull(loose.delay_ms),
    problem: textOrNull(problem),
    gaps: list(gaps)
      .map(object)
      .map(({ at, ms }) => ({ at: text(at), ms: number(ms) })),
    gap_count: number(gap_count),
    gap_ms: number(gap_ms),
    panics: number(panics),
  };
}

/** @param {unknown} value @returns {Recording | null} */
function recording(value) {
  const loose = object(value);
  if (typeof loose.path !== "string") return null;
  return {
    path: loose.path,
    lines: number(loose.lines),
    bytes: number(loose.bytes),
    lost: number(loose.lost),
    state: text(loose.state),
    error: typeof loose.error === "string" ? loose.error : null,
  };
}

/** @param {unknown} value @returns {Timer | null} */
function timer(value) {
  if (typeof value !== "object" || value === null) return null;
  const { remaining_ms, total_ms, paused, phase, color } = object(value);
  return {
    remaining_ms: Math.max(0, number(remaining_ms)),
    total_ms: number(total_ms),
    paused: paused === true,
    phase: text(phase, "green"),
    color: text(color, "#808080"),
  };
}

/** @param {unknown} value @returns {Output} */
function output(value) {
  const loose = object(value);
  const { milliamps, max_milliamps } = loose;
  return {
    name: text(loose.name),
    kind: text(loose.kind),
    state: text(loose.state),
    error: typeof loose.error === "string" ? loose.error : null,
    pixels: number(loose.pixels),
    milliamps: typeof milliamps === "number" ? milliamps : null,
    max_milliamps: typeof max_milliamps === "number" ? max_milliamps : null,
    limited: loose.limited === true,
    frames: number(loose.frames),
    errors: number(loose.errors),
    panics: number(loose.panics),
  };
}

/**
 * Reads what the outputs sent last, or gives null for anything that is not that.
 * @param {string} message
 * @returns {Strip[] | null}
 */
export function readStrips(message) {
  const { strips } = object(parse(message));
  if (!Array.isArray(strips)) return null;
  return strips.map(object).map(({ name, kind, state, rgb }) => ({
    name: text(name),
    kind: text(kind),
    state: text(state),
    rgb: /^([0-9a-f]{6})*$/.test(text(rgb)) ? text(rgb) : "",
  }));
}

/** @param {unknown} value @returns {Posts} */
function posts(value) {
  const loose = object(value);
  return {
    received: number(loose.received),
    matched: number(loose.matched),
    unmatched: number(loose.unmatched),
    ignored: number(loose.ignored),
    both: number(loose.both),
    duplicate: number(loose.duplicate),
    late: number(loose.late),
    closed: number(loose.closed),
    revised: number(loose.revised),
    malformed: number(loose.malformed),
    dropped: number(loose.dropped),
  };
}

/** @param {unknown} value @returns {Question | null} */
function question(value) {
  const loose = object(value);
  if (typeof loose.number !== "number") return null;
  return { number: loose.number, of: number(loose.of), title: text(loose.title) };
}

/** @param {unknown} value @returns {Round | null} */
function round(value) {
  const loose = object(value);
  if (typeof loose.number !== "number") return null;
  return {
    number: loose.number,
    best_of: number(loose.best_of),
    wins: list(loose.wins).map(number),
    opened_at: textOrNull(loose.opened_at),
    ends_at: textOrNull(loose.ends_at),
    phase_ms: numberOrNull(loose.phase_ms),
    opens_in_ms: numberOrNull(loose.opens_in_ms),
    left_ms: numberOrNull(loose.left_ms),
    length_ms: numberOrNull(loose.length_ms),
    counts: text(loose.counts),
    paused: loose.paused === true,
    secret: loose.secret === true,
    hidden: loose.hidden === true,
    grace_ms: number(loose.grace_ms),
    held: number(loose.held),
    result: result(loose.result),
  };
}

/** @param {unknown} value @returns {Result | null} */
function result(value) {
  const loose = object(value);
  if (typeof loose.number !== "number") return null;
  return {
    number: loose.number,
    question: number(loose.question),
    title: text(loose.title),
    opened_at: text(loose.opened_at),
    closed_at: text(loose.closed_at),
    teams: list(loose.teams)
      .map(object)
      .map(({ name, votes, share, total, voices }) => ({
        name: text(name),
        votes: number(votes),
        share: number(share),
        total: number(total),
        voices: number(voices),
      })),
    voices: number(loose.voices),
    winner: textOrNull(loose.winner),
    margin: number(loose.margin),
    photo_finish: loose.photo_finish === true,
    partial: loose.partial === true,
  };
}

/** @param {unknown} value @returns {Result[]} */
function results(value) {
  return list(value)
    .map(result)
    .filter((result) => result !== null);
}

/** @param {unknown} value @returns {Voices | null} */
function voices(value) {
  const { phones, authors } = object(value);
  return typeof phones === "number" ? { phones, authors: number(authors) } : null;
}

/** @param {unknown} value @returns {Steps} */
function steps(value) {
  const { steps, next } = object(value);
  return { steps: number(steps), next: textOrNull(next) };
}

/** @param {unknown} value @returns {Undo | null} */
function undo(value) {
  return value ? { ...steps(value), redo: steps(object(value).redo) } : null;
}

/**
 * Reads an answer to a command, or gives null for any other message of the operators' socket.
 * @param {string} message
 * @returns {Answer | null}
 */
export function readAnswer(message) {
  if (!message.startsWith('{"answer":')) return null;
  const { id, status, phase, changed, why, error } = object(object(parse(message)).answer);
  return {
    id: number(id),
    status: number(status),
    phase: textOrNull(phase),
    changed: changed === true,
    why: textOrNull(why) ?? textOrNull(error),
  };
}

/**
 * Reads a snapshot, or gives null for anything that is none.
 * @param {string} message
 * @returns {Snapshot | null}
 */
export function readSnapshot(message) {
  const loose = object(parse(message));
  const teams = list(loose.teams).map(team);
  if (typeof loose.seq !== "number" || teams.length < 2) return null;
  return {
    seq: loose.seq,
    at: typeof loose.at === "string" ? loose.at : null,
    title: text(loose.title),
    phase: text(loose.phase, "open"),
    window_ms: number(loose.window_ms),
    vote: text(loose.vote),
    reposts: text(loose.reposts),
    version: text(loose.version),
    teams,
    leader: typeof loose.leader === "string" ? loose.leader : null,
    posts: posts(loose.posts),
    sources: list(loose.sources).map(source),
    timer: timer(loose.timer),
    outputs: list(loose.outputs).map(output),
    recording: recording(loose.recording),
    journal: recording(loose.journal),
    question: question(loose.question),
    following: question(loose.following),
    round: round(loose.round),
    results: results(loose.results),
    sealed: list(loose.sealed).map(number),
    voices: voices(loose.voices),
    undo: undo(loose.undo),
    scene: text(loose.scene, "contest"),
    blackout: list(loose.blackout).map((what) => text(what)),
    join: textOrNull(loose.join),
  };
}

/**
 * Reads the history of the round; points without a time are left out.
 * @param {string} message
 * @returns {{ step_ms: number, points: Point[] }}
 */
export function readHistory(message) {
  const { step_ms, points } = object(parse(message));
  return {
    step_ms: number(step_ms) || 1000,
    points: list(points)
      .map(object)
      .filter(({ at }) => typeof at === "string")
      .map(({ at, shares }) => ({ at: text(at), shares: list(shares).map(number) })),
  };
}

/** @param {string} message @returns {unknown} */
function parse(message) {
  try {
    return JSON.parse(message);
  } catch {
    return null;
  }
}
