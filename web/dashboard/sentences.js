// What only the dashboard says of a snapshot. Pure: no page, no clock.

import { count, duration } from "../messages/numbers.js";
import { say, sayValue } from "../messages/say.js";

/** @import { Output, Snapshot } from "../live/shapes.js" */

/** What counts, in plain words. @param {Snapshot} snapshot */
export function rule({ round, window_ms, vote, reposts }) {
  const window = duration(window_ms);
  const span = round?.counts === "round" ? say("rule.span.round") : say("rule.span.window", { window });
  const votes = say(vote === "every" ? "rule.every" : "rule.latest", { span });
  return `${votes} ${say(reposts === "count" ? "rule.reposts.count" : "rule.reposts.ignore")}`;
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
