// The shapes that come over the wire, as `wire.js` reads them. Field names are those of the server, and
// docs/api.md tells what they mean. For the type checker alone: no page loads this file.

/** One side of the contest. */
export interface Team {
  name: string;
  hashtags: string[];
  color: string;
  /** In the window. */
  votes: number;
  /** Between 0 and 1. */
  share: number;
  /** Posts a second over the last 10 s. */
  rate: number;
  /** Of the whole round. */
  total: number;
}

/** What became of every message. `received` is the sum of all the others. */
export interface Posts {
  received: number;
  matched: number;
  unmatched: number;
  both: number;
  duplicate: number;
  late: number;
  revised: number;
  malformed: number;
  dropped: number;
}

/** A span of time whose posts may be missing. */
export interface Gap {
  /** When it began. */
  at: string;
  ms: number;
}

/** Where posts come from. */
export interface Source {
  name: string;
  kind: string;
  state: string;
  /** The age of the last sign of life; null when there was none. */
  stale_ms: number | null;
  /** What keeps it from being live. */
  problem: string | null;
  /** The newest of `gap_count`. */
  gaps: Gap[];
  gap_count: number;
  /** Of all gaps. */
  gap_ms: number;
  /** How often a bug has ended it; it begins anew each time. */
  panics: number;
}

/** The speaker's timer. */
export interface Timer {
  remaining_ms: number;
  total_ms: number;
  paused: boolean;
  /** `green`, `yellow`, `red`, `flash` or `over`. */
  phase: string;
  /** The light of the strip, without its flashes. */
  color: string;
}

/** Where light goes. */
export interface Output {
  name: string;
  kind: string;
  state: string;
  error: string | null;
  pixels: number;
  /** What the last frame draws; null on a screen. */
  milliamps: number | null;
  /** What it may draw; null on a screen. */
  max_milliamps: number | null;
  /** It is darker than it should be, to stay within that. */
  limited: boolean;
  frames: number;
  errors: number;
  /** How often a bug has ended it; it begins anew each time. */
  panics: number;
}

/** What an output sent last. */
export interface Strip {
  name: string;
  kind: string;
  state: string;
  /** Six hexadecimal digits of sRGB for each light. */
  rgb: string;
}

/** The file in which the show is kept. */
export interface Recording {
  path: string;
  lines: number;
  bytes: number;
  /** Messages that are missing in it. */
  lost: number;
  /** `on`, or else `full` or `failed` with an `error`. */
  state: string;
  error: string | null;
}

/** The world at one instant. */
export interface Snapshot {
  seq: number;
  /** Null before the first post of a recording. */
  at: string | null;
  title: string;
  phase: string;
  window_ms: number;
  vote: string;
  reposts: string;
  version: string;
  teams: Team[];
  /** Null on a tie. */
  leader: string | null;
  posts: Posts;
  sources: Source[];
  outputs: Output[];
  recording: Recording | null;
  timer: Timer | null;
}

/** One instant of the past: a share for each team, in the order of the teams. */
export interface Point {
  at: string;
  shares: number[];
}
