// The line at the foot of the stage. Pure: no page, no clock.

import { brief, count, duration } from "../messages/numbers.js";
import { say, sayValue } from "../messages/say.js";
import { ignored, standing } from "../messages/sentences.js";

/** @import { Snapshot } from "../live/shapes.js" */

/** All there is to know, on one line. @param {Snapshot} snapshot */
export function inBrief(snapshot) {
  const counted = count(snapshot.posts.matched);
  const parts = [
    standing(snapshot),
    say("posts.brief", { counted, ignored: count(ignored(snapshot)) }),
    sourcesInBrief(snapshot),
    ruleInBrief(snapshot),
  ];
  return parts.join("  ·  ");
}

/** Sources as one phrase; those in trouble say so. @param {Snapshot} snapshot */
function sourcesInBrief({ sources }) {
  if (sources.length === 0) return say("sources.none");
  return sources
    .map(({ name, kind, state, gap_ms }) => {
      let source = kind === "replay" ? say("source.replay", { name: brief(name) }) : brief(name);
      if (state !== "live") {
        source = say("source.brief", { name: source, state: sayValue("source.state", state) });
      }
      return gap_ms > 0 ? say("source.missing", { source, time: duration(gap_ms) }) : source;
    })
    .join(", ");
}

/** What counts, in a few words. @param {Snapshot} snapshot */
function ruleInBrief({ window_ms, vote, reposts }) {
  return say("rule.brief", {
    votes: say(vote === "every" ? "rule.brief.every" : "rule.brief.latest"),
    window: duration(window_ms),
    reposts: say(reposts === "count" ? "rule.brief.reposts.count" : "rule.brief.reposts.ignore"),
  });
}
