// What only the dashboard says of a snapshot. Pure: no page, no clock.

import { count, duration, isolated } from "../messages/numbers.js";
import { say, sayValue } from "../messages/say.js";

/** @import { Output, Recording, Snapshot, Source } from "../live/shapes.js" */

/** Why a message counted for nobody, in the order in which the reasons are tried. */
export const REASONS = /** @type {const} */ ([
  "malformed",
  "unmatched",
  "both",
  "late",
  "revised",
  "duplicate",
  "dropped",
]);

/** What counts, in plain words. @param {Snapshot} snapshot */
export function rule({ window_ms, vote, reposts }) {
  const window = duration(window_ms);
  const votes = say(vote === "every" ? "rule.every" : "rule.latest", { window });
  return `${votes} ${say(reposts === "count" ? "rule.reposts.count" : "rule.reposts.ignore")}`;
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

/** How an output is doing, without its name. @param {Output} output */
export function lit(output) {
  const { kind, state, pixels, frames, errors, error } = output;
  const parts = [
    say("lights.kind", { kind, pixels: count(pixels), state: sayValue("output.state", state) }),
    current(output),
    say("lights.frames", { frames: count(frames) }),
  ];
  if (errors > 0) parts.push(say("lights.errors", { errors: count(errors) }));
  if (error !== null) parts.push(error);
  return parts.filter((part) => part !== "").join(" · ");
}

/** What a strip draws, and what it may; nothing for a screen. @param {Output} output */
function current({ milliamps, max_milliamps, limited }) {
  if (milliamps === null || max_milliamps === null) return "";
  const amps = (/** @type {number} */ value) => (value / 1000).toFixed(1);
  const current = say("lights.current", { draws: amps(milliamps), may: amps(max_milliamps) });
  return limited ? say("lights.dimmed", { current }) : current;
}
