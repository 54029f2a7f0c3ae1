// Every word that the pages show, in English.
//
// A text is looked up by its key (`say.js`), and what stands in braces is filled in. Where a number
// decides the form, the key has an ending for each plural form of the language, as `Intl.PluralRules`
// calls them. Another language is another file with the same keys. Only the sentence for browsers
// without scripts is not here, since nothing could look it up: it stands in the pages themselves.

/** As in the `lang` of a page. */
export const language = "en";

export const messages = {
  // The tab of the browser.
  "tab.before": "hashtug stage",
  "tab.contest": "{title} · {page}",
  "tab.timer": "timer · {page}",
  "page.dashboard": "hashtug",
  "page.stage": "stage",

  // How fresh the news is.
  "news.connecting": "connecting…",
  "news.live": "live",
  "news.stale": "no news for {time}",
  "news.source.stale": "{name}: no news for {time}",
  "news.source.connecting": "{name}: connecting…",
  "news.source.again": "{name}: connecting again…",
  replay: "REPLAY",
  frozen: "frozen at {time}",

  // What a screen reader says.
  "announce.start": "{title} {shares}.",
  "announce.share": "{name} {percent} percent",
  "announce.tie": "It is a tie.",
  "announce.lead": "{name} has taken the lead.",
  "announce.lost": "No news: the picture stands still.",
  "announce.back": "The news is back.",

  // The contest.
  contest: "The contest",
  "contest.before": "Waiting for the first news",
  "standing.none": "No votes yet",
  "standing.tie": "A tie",
  "standing.leads": "{name} leads",
  "standing.margin.one": "{name} leads by {votes} vote",
  "standing.margin.other": "{name} leads by {votes} votes",
  "table.team": "Team",
  "table.hashtags": "Hashtags",
  "table.share": "Share",
  "table.votes": "Votes",
  "table.rate": "Posts a second",
  "table.total": "Posts in all",
  history: "The round so far",
  "history.label": "Shares of the teams over the last minutes",
  "history.from": "{time} ago",
  "history.now": "now",

  // What counts.
  rule: "The rule",
  "rule.every": "Every post of the last {window} is one vote.",
  "rule.latest": "One vote a person: the newest post of the last {window}.",
  "rule.reposts.count": "Reposts count too.",
  "rule.reposts.ignore": "Reposts do not count.",
  "rule.brief": "{votes}, last {window}, {reposts}",
  "rule.brief.every": "every post counts",
  "rule.brief.latest": "one vote a person",
  "rule.brief.reposts.count": "reposts count",
  "rule.brief.reposts.ignore": "reposts ignored",
  round: "The round is {phase}. A post with hashtags of two teams counts for neither.",
  "phase.open": "open",

  // What became of the posts.
  posts: "Posts",
  "posts.received": "received",
  "posts.counted": "counted",
  "posts.ignored": "ignored",
  "posts.because": "Ignored, because",
  "posts.brief": "{counted} posts counted, {ignored} ignored",
  "posts.malformed": "could not be read",
  "posts.unmatched": "none of the hashtags",
  "posts.both": "hashtags of more than one team",
  "posts.late": "older than the window",
  "posts.revised": "deleted or edited",
  "posts.duplicate": "the same post again",
  "posts.dropped": "too many at once",

  // Where the posts come from.
  sources: "Sources",
  "sources.none": "no sources",
  "sources.name": "Name",
  "sources.kind": "Kind",
  "sources.state": "State",
  "sources.last": "Last message",
  "source.state.connecting": "connecting",
  "source.state.live": "live",
  "source.state.stale": "stale",
  "source.state.paused": "paused",
  "source.state.ended": "ended",
  "source.never": "nothing yet",
  "source.just": "under 1 s",
  "source.replay": "{name} (replay)",
  "source.brief": "{name} {state}",
  "source.missing": "{source} ({time} missing)",
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

  // The speaker's timer.
  "timer.label": "Time left",
  "timer.of": "of {total}",
  "timer.held": "held · of {total}",

  // Lengths of time.
  "time.ms": "{ms} ms",
  "time.s": "{s} s",
  "time.min": "{min} min",
  "time.min.s": "{min} min {s} s",
  "time.h": "{h} h",
  "time.h.min": "{h} h {min} min",

  // Links.
  "link.stage": "Stage",
};
