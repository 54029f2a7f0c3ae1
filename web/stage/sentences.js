// What the stage says: the letters of a scene, and the line at the foot. Pure: no page, no clock.

import { brief, clock, count, duration, percent } from "../messages/numbers.js";
import { say, sayCounted, sayValue } from "../messages/say.js";
import { ended, ignored, standing } from "../messages/sentences.js";

/** @import { Result, Snapshot } from "../live/shapes.js" */

/**
 * The letters of a scene: the largest, a line below them, and what else there is to read. `team` is the
 * place of the team whose they are, or -1.
 * @param {string} scene @param {Snapshot} snapshot
 */
export function letters(scene, snapshot) {
  const { title, teams, round, results, join } = snapshot;
  const said = { big: "", note: "", more: "", team: -1 };
  if (!round) return said;
  const { opens_in_ms, left_ms, phase_ms, grace_ms, result, paused } = round;
  if (scene === "armed") {
    said.big = title;
    if (join !== null) said.note = say("armed.join", { address: join });
    else if (teams.some(({ hashtags }) => hashtags.length > 0)) said.note = say("armed.post");
    const last = results.at(-1);
    if (last) {
      const other = last.title === title ? "" : say("armed.other", { title: brief(last.title) });
      said.more = say("armed.before", { number: last.number, other, ended: ended(last) });
    }
  } else if (scene === "countdown") {
    // Nobody counts to zero: the one stands until it opens.
    said.big = seconds(opens_in_ms || 1);
  } else if (scene === "open" || scene === "last") {
    if (left_ms !== null) said.big = scene === "last" ? seconds(left_ms) : clock(left_ms);
    if (scene === "last") said.note = say("last.note");
    else if (round.hidden) said.note = say("standing.hidden");
  } else if (scene === "locked") {
    said.big = say("locked");
    const left = Math.ceil(Math.max(0, grace_ms - (phase_ms ?? 0)) / 1000);
    if (left > 0) said.note = say("locked.note", { left });
  } else if (scene === "sealed") {
    said.big = say("sealed");
    said.note = say("sealed.note");
  } else if (scene === "photo") {
    said.big = say("photo");
  } else if (result && (scene === "celebrate" || scene === "tie")) {
    said.team = teams.findIndex(({ name }) => name === result.winner);
    said.big = result.winner ?? say("tie");
    const winner = result.teams.find(({ name }) => name === result.winner);
    if (winner) said.note = `${percent(winner.share)}\u00a0%  ·  ${margin(result)}`;
    if (!winner || teams.length > 2) said.more = shares(result);
  }
  if (paused) said.note = say(scene === "countdown" ? "held.countdown" : "held.open");
  return said;
}

/** Where the evening is: question, round, and who has won how many. @param {Snapshot} snapshot */
export function place({ question, round, teams }) {
  if (!question || !round) return "";
  const { number, of } = question;
  const parts = [];
  if (of > 1) parts.push(say("place.question", { number, of }));
  if (of > 1 || round.best_of > 1 || round.number > 1) parts.push(say("place.round", { number: round.number }));
  if (round.best_of > 1) {
    const wins = teams
      .map(({ name }, index) => ({ name: brief(name), wins: round.wins[index] ?? 0 }))
      .filter(({ wins }) => teams.length === 2 || wins > 0)
      .map((team) => say("place.team", team));
    parts.push(say("place.best", { best_of: round.best_of, wins: wins.join(", ") }));
  }
  return parts.join("  ·  ");
}

/** @param {number} ms */
function seconds(ms) {
  return String(Math.ceil(ms / 1000));
}

/** By how much it was won. @param {Result} result */
function margin({ margin, photo_finish }) {
  const votes = sayCounted("margin", margin, { votes: count(margin) });
  return photo_finish ? say("margin.photo", { votes }) : say("margin.by", { votes });
}

/** All shares of a result, the largest first. @param {Result} result */
function shares({ teams }) {
  return [...teams]
    .sort((one, other) => other.share - one.share)
    .map(({ name, share }) => say("share", { name: brief(name), percent: percent(share) }))
    .join("  ·  ");
}

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
function ruleInBrief({ round, window_ms, vote, reposts }) {
  return say("rule.brief", {
    votes: say(vote === "every" ? "rule.brief.every" : "rule.brief.latest"),
    span: round?.counts === "round" ? say("rule.brief.round") : say("rule.brief.window", { window: duration(window_ms) }),
    reposts: say(reposts === "count" ? "rule.brief.reposts.count" : "rule.brief.reposts.ignore"),
  });
}
