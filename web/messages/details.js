// How the count came about, in the sentences of the dashboard and of the operator's page. Pure: no page,
// no clock.

import { details } from "./en.details.js";
import { count, duration, isolated } from "./numbers.js";
import { learn, say, sayValue } from "./say.js";

/** @import { Recording, Source } from "../live/shapes.js" */

learn(details);

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
