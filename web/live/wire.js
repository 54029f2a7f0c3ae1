// The one place where text becomes a snapshot; its shapes are in `shapes.d.ts`.
//
// A message that does not have the shape is refused whole, so that no page ever has to ask whether a
// share is a number.
// Keys that this page does not know are left alone: the server may add some.

/** @import { Output, Point, Posts, Recording, Snapshot, Source, Strip, Team, Timer } from "./shapes.js" */

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
  const { name, kind, state, stale_ms, problem, gaps, gap_count, gap_ms, panics } = object(value);
  return {
    name: text(name),
    kind: text(kind),
    state: text(state),
    stale_ms: typeof stale_ms === "number" ? stale_ms : null,
    problem: typeof problem === "string" ? problem : null,
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
    both: number(loose.both),
    duplicate: number(loose.duplicate),
    late: number(loose.late),
    revised: number(loose.revised),
    malformed: number(loose.malformed),
    dropped: number(loose.dropped),
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
