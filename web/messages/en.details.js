// The words for how the count came about, in English: on the dashboard and on the operator's page.

export const details = {
  // What counts, and where the round stands.
  rule: "The rule",
  "rule.every": "Every post of {span} is one vote.",
  "rule.latest": "One vote a person: the newest post of {span}.",
  "rule.span.window": "the last {window}",
  "rule.span.round": "the round",
  "rule.reposts.count": "Reposts count too.",
  "rule.reposts.ignore": "Reposts do not count.",
  round: "The round is {phase}. A post with hashtags of two teams counts for neither.",
  "phase.armed": "armed",
  "phase.countdown": "countdown",
  "phase.open": "open",
  "phase.locked": "locked",
  "phase.sealed": "sealed",
  "phase.revealed": "revealed",

  // What became of the posts.
  "posts.received": "received",
  "posts.counted": "counted",
  "posts.ignored": "ignored",
  "posts.because": "Ignored, because",
  "reason.malformed": "could not be read",
  "reason.unmatched": "none of the hashtags",
  "reason.both": "hashtags of more than one team",
  "reason.ignored": "of authors who do not count",
  "reason.closed": "outside of the round",
  "reason.late": "older than the window",
  "reason.revised": "deleted or edited",
  "reason.duplicate": "the same post again",
  "reason.dropped": "too many at once",

  // Where the posts come from.
  "sources.name": "Name",
  "sources.kind": "Kind",
  "sources.state": "State",
  "sources.last": "Last message",
  "source.never": "nothing yet",
  "source.just": "under 1 s",
  "source.gap": "Posts of {time} are missing, from {from} on.",
  "source.gaps":
    "Posts are missing: {count} gaps of {sum} in all, the last from {from} for {time}.",

  // Where they are kept.
  recording: "Recording",
  "recording.kept": "{lines} lines, {kilobytes} kB in {path}.",
  "recording.lost": "{kept} {lost} messages are missing in it.",
  "recording.stopped": "The recording has stopped: {error}. {kept}",
  "recording.state.full": "full",
  "recording.state.failed": "failed",

  // Where the light goes.
  lights: "Lights",
  "lights.strip": "{name}: {parts}",
  "lights.label": "The lights of {name}",
  "lights.kind": "{kind}, {pixels} lights, {state}",
  "lights.frames": "{frames} frames",
  "lights.errors": "{errors} errors",
  "lights.current": "{draws} A of {may} A",
  "lights.dimmed": "{current}, dimmed to stay within it",
  "output.state.opening": "opening",
  "output.state.live": "live",
  "output.state.failing": "failing",
  "output.state.ended": "ended",
};
