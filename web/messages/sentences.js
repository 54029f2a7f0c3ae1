// What a snapshot says, in the sentences that several pages show. Pure: no page, no clock.

import { brief, count, duration, isolated } from "./numbers.js";
import { say, sayCounted, sayValue } from "./say.js";

/** @import { Recording, Snapshot, Source } from "../live/shapes.js" */

/** Why a message counted for nobody, in the order in which the reasons are tried. */
export const REASONS = /** @type {const} */ ([
  "malformed",
  "unmatched",
  "ignored",
  "both",
  "late",
  "closed",
  "revised",
  "duplicate",
  "dropped",
]);

/** Who leads, and by how little. @param {Snapshot} snapshot */
export function standing({ teams, leader }) {
  const votes = teams.reduce((sum, team) => sum + team.votes, 0);
  if (votes === 0) return say("standing.none");
  if (leader === null) return say("standing.tie");
  const first = teams.find((team) => team.name === leader);
  const second = Math.max(...teams.filter((team) => team !== first).map((team) => team.votes));
  const margin = (first?.votes ?? 0) - second;
  const name = brief(leader);
  // With teams of different sizes the leader may have fewer votes, and then a margin says nothing.
  if (margin <= 0) return say("standing.leads", { name });
  return sayCounted("standing.margin", margin, { name, votes: count(margin) });
}

/** @param {Snapshot} snapshot */
export function ignored({ posts }) {
  return posts.received - posts.matched;
}

/**
 * The trouble of the first source that should be live and is not, in a few words; null if all are well.
 * @param {Snapshot} snapshot
 */
export function trouble({ sources }) {
  const source = sources.find(({ state }) => state === "stale" || state === "connecting");
  if (!source) return null;
  const name = brief(source.name);
  if (source.state === "stale") {
    const time = duration(Math.max(1000, source.stale_ms ?? 0));
    return say("news.source.stale", { name, time });
  }
  return say(source.problem === null ? "news.source.connecting" : "news.source.again", { name });
}

/** How long ago a source was heard of. @param {Source} source */
export function age({ stale_ms }) {
  if (stale_ms === null) return say("source.never");
  return stale_ms < 1000 ? say("source.just") : duration(stale_ms);
}

/** The posts that may be missing, or nothing. @param {Source} source */
export function missing({ gaps, gap_count, gap_ms }) {
  const last = gaps.at(-1);
  if (!last) return "";
  const from = new Date(last.at).toLocaleTimeString("en-GB");
  const time = duration(last.ms);
  if (gap_count === 1) return say("source.gap", { time, from });
  return say("source.gaps", { count: count(gap_count), sum: duration(gap_ms), from, time });
}

/** How the recording is doing. @param {Recording} recording */
export function recorded({ path, lines, bytes, lost, state, error }) {
  const kilobytes = count(Math.ceil(bytes / 1000));
  let kept = say("recording.kept", { lines: count(lines), kilobytes, path: isolated(path) });
  if (lost > 0) kept = say("recording.lost", { kept, lost: count(lost) });
  if (state === "on") return kept;
  return say("recording.stopped", { error: error ?? sayValue("recording.state", state), kept });
}
