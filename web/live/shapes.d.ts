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
  ignored: number;
  both: number;
  duplicate: number;
  late: number;
  /** Outside of the round. */
  closed: number;
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
  /** By how much its posts arrive later than they were made; null while nobody knows. */
  delay_ms: number | null;
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

/** What is asked. */
export interface Question {
  /** From 1. */
  number: number;
  of: number;
  title: string;
}

/** One question, opened and closed. */
export interface Round {
  /** Over the evening, from 1. */
  number: number;
  best_of: number;
  /** In the order of the teams. */
  wins: number[];
  opened_at: string | null;
  ends_at: string | null;
  /** How long the phase has stood. */
  phase_ms: number | null;
  opens_in_ms: number | null;
  /** Null where the operator locks. */
  left_ms: number | null;
  length_ms: number | null;
  /** `round` or `window`. */
  counts: string;
  paused: boolean;
  secret: boolean;
  /** From whoever reads this. */
  hidden: boolean;
  grace_ms: number;
  /** Posts after the bell, which would count if the round were opened again. */
  held: number;
  result: Result | null;
}

/** How a round ended. */
export interface Result {
  number: number;
  question: number;
  title: string;
  opened_at: string;
  closed_at: string;
  teams: { name: string; votes: number; share: number; total: number; voices: number }[];
  voices: number;
  /** Null on a tie. */
  winner: string | null;
  margin: number;
  photo_finish: boolean;
  /** Posts were lost to the bound of memory. */
  partial: boolean;
}

/** Who has a vote at this moment. */
export interface Voices {
  phones: number;
  authors: number;
}

/** Commands that can be taken back, or brought back. */
export interface Steps {
  steps: number;
  /** The name of the first. */
  next: string | null;
}

/** What can be taken back. */
export interface Undo extends Steps {
  /** What was taken back. */
  redo: Steps;
}

/** What became of a command. */
export interface Answer {
  id: number;
  /** As of HTTP. */
  status: number;
  /** The phase after it; null where it was no command. */
  phase: string | null;
  changed: boolean;
  /** Why nothing has changed. */
  why: string | null;
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
  /** The file with which the evening goes on after a crash; in the shape of a recording. */
  journal: Recording | null;
  timer: Timer | null;
  /** Null without rounds, as are `round` and `undo`. */
  question: Question | null;
  /** What would be armed next; for operators alone, and not while a round is on. */
  following: Question | null;
  round: Round | null;
  /** The newest, the oldest of them first. */
  results: Result[];
  /** The numbers of rounds whose result nobody has seen. */
  sealed: number[];
  voices: Voices | null;
  undo: Undo | null;
  /** `contest`, `join`, `timer` or `wall`. */
  scene: string;
  /** `all`, `strips`, `screens`, or outputs by name. */
  blackout: string[];
  /** The address for phones. */
  join: string | null;
}

/** One instant of the past: a share for each team, in the order of the teams. */
export interface Point {
  at: string;
  shares: number[];
}
