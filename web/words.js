// Numbers and states as people read them. Pure: no page, no clock.

/** @typedef {import("./wire.js").Snapshot} Snapshot */
/** @typedef {import("./wire.js").Output} Output */
/** @typedef {import("./wire.js").Source} Source */
/** @typedef {import("./wire.js").Team} Team */

/** Why a message counted for nobody, in the order in which the reasons are tried. */
export const REASONS = /** @type {const} */ ([
  ["malformed", "could not be read"],
  ["unmatched", "none of the hashtags"],
  ["both", "hashtags of more than one team"],
  ["late", "older than the window"],
  ["revised", "deleted or edited"],
  ["duplicate", "the same post again"],
  ["dropped", "too many at once"],
]);

/** Names longer than this are cut in running text; the table has them whole. */
const LONGEST_NAME = 24;
/** Characters that turn the writing direction, and may not turn it back. */
const TURNS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

const GROUPED = new Intl.NumberFormat("en", { useGrouping: true });

/** @param {number} value */
export function count(value) {
  return GROUPED.format(value).replaceAll(",", "\u202f");
}

/**
 * A share in percent with one decimal. 100.0 and 0.0 are said only when they are exact: a side with
 * one vote in ten thousand is still there.
 * @param {number} share
 */
export function percent(share) {
  if (share >= 1) return "100.0";
  if (share <= 0) return "0.0";
  return Math.min(99.9, Math.max(0.1, share * 100)).toFixed(1);
}

/** @param {number} ms */
export function duration(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
  if (minutes < 60) return rest ? `${minutes} min ${rest} s` : `${minutes} min`;
  return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`;
}

/** @param {Source} source */
export function age({ stale_ms }) {
  if (stale_ms === null) return "nothing yet";
  return stale_ms < 1000 ? "under 1 s" : duration(stale_ms);
}

/** @param {Team} team */
export function hashtags({ hashtags }) {
  return hashtags.map((hashtag) => `#${hashtag}`).join(" ");
}

/** What counts, in plain words. @param {Snapshot} snapshot */
export function rule({ window_ms, vote, reposts }) {
  const window = `the last ${duration(window_ms)}`;
  const votes =
    vote === "every"
      ? `Every post of ${window} is one vote.`
      : `One vote a person: the newest post of ${window}.`;
  return `${votes} Reposts ${reposts === "count" ? "count too" : "do not count"}.`;
}

/** The same in a few words. @param {Snapshot} snapshot */
export function ruleInBrief({ window_ms, vote, reposts }) {
  const votes = vote === "every" ? "every post counts" : "one vote a person";
  return `${votes}, last ${duration(window_ms)}, reposts ${reposts === "count" ? "count" : "ignored"}`;
}

/**
 * A name that must share a line with others: cut, and isolated, so that whichever way it is written
 * the words around it stay where they are.
 * @param {string} name
 */
function brief(name) {
  const letters = [...name.replace(TURNS, "")];
  const shown = letters.length > LONGEST_NAME ? [...letters.slice(0, LONGEST_NAME - 1), "…"] : letters;
  return `\u2068${shown.join("")}\u2069`;
}

/** What a strip draws, and what it may; nothing for a screen. @param {Output} output */
export function current({ milliamps, max_milliamps, limited }) {
  if (milliamps === null || max_milliamps === null) return "";
  const amps = (/** @type {number} */ value) => (value / 1000).toFixed(1);
  const dimmed = limited ? ", dimmed to stay within it" : "";
  return `${amps(milliamps)} A of ${amps(max_milliamps)} A${dimmed}`;
}

/** Who leads, and by how little. @param {Snapshot} snapshot */
export function standing({ teams, leader }) {
  const votes = teams.reduce((sum, team) => sum + team.votes, 0);
  if (votes === 0) return "No votes yet";
  if (leader === null) return "A tie";
  const first = teams.find((team) => team.name === leader);
  const second = Math.max(...teams.filter((team) => team !== first).map((team) => team.votes));
  const margin = (first?.votes ?? 0) - second;
  // With teams of different sizes the leader may have fewer votes, and then a margin says nothing.
  if (margin <= 0) return `${brief(leader)} leads`;
  return `${brief(leader)} leads by ${count(margin)} ${margin === 1 ? "vote" : "votes"}`;
}

/** @param {Snapshot} snapshot */
export function ignored({ posts }) {
  return posts.received - posts.matched;
}

/** @param {Snapshot} snapshot */
export function isReplay({ sources }) {
  return sources.some(({ kind }) => kind === "replay");
}

/** Sources as one phrase; those in trouble say so. @param {Snapshot} snapshot */
export function sourcesInBrief({ sources }) {
  if (sources.length === 0) return "no sources";
  return sources
    .map(({ name, kind, state, gap_ms }) => {
      const label = kind === "replay" ? `${brief(name)} (replay)` : brief(name);
      const missing = gap_ms > 0 ? ` (${duration(gap_ms)} missing)` : "";
      return state === "live" ? label + missing : `${label} ${state}${missing}`;
    })
    .join(", ");
}

/**
 * The trouble of the first source that should be live and is not, in a few words; null if all are well.
 * @param {Snapshot} snapshot
 */
export function trouble({ sources }) {
  const source = sources.find(({ state }) => state === "stale" || state === "connecting");
  if (!source) return null;
  const { name, state, stale_ms } = source;
  if (state === "stale") return `${brief(name)}: no news for ${duration(Math.max(1000, stale_ms ?? 0))}`;
  return source.problem === null ? `${brief(name)}: connecting…` : `${brief(name)}: connecting again…`;
}

/** The posts that may be missing, or nothing. @param {Source} source */
export function missing({ gaps, gap_count, gap_ms }) {
  const last = gaps.at(-1);
  if (!last) return "";
  const time = new Date(last.at).toLocaleTimeString("en-GB");
  if (gap_count === 1) return `Posts of ${duration(last.ms)} are missing, from ${time} on.`;
  const sum = `${count(gap_count)} gaps of ${duration(gap_ms)} in all`;
  return `Posts are missing: ${sum}, the last from ${time} for ${duration(last.ms)}.`;
}
