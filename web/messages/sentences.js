// What a snapshot says, in the sentences that several pages show. Pure: no page, no clock.

import { brief, count, duration } from "./numbers.js";
import { say, sayCounted } from "./say.js";

/** @import { Result, Snapshot } from "../live/shapes.js" */

/** Who leads, and by how little. @param {Snapshot} snapshot */
export function standing({ teams, leader, round }) {
  if (round?.hidden) return say("standing.hidden");
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

/** How a round ended, in a few words. @param {Result} result */
export function ended({ winner, margin, photo_finish }) {
  if (winner === null) return say("ended.tie");
  const won = sayCounted("ended.won", margin, { name: brief(winner), votes: count(margin) });
  return photo_finish ? say("ended.photo", { won }) : won;
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
