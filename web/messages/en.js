// The words that all pages show, in English. Those of few pages are in `en.details.js` and
// `en.operate.js`, so that a phone does not load what it never shows.
//
// A text is looked up by its key (`say.js`), and what stands in braces is filled in. Where a number
// decides the form, the key has an ending for each plural form of the language, as `Intl.PluralRules`
// calls them. Another language is other files with the same keys. Only the sentence for browsers
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
  "page.operate": "operate",

  // How fresh the news is.
  "news.connecting": "connecting…",
  "news.live": "live",
  "news.stale": "no news for {time}",
  "news.source.stale": "{name}: no news for {time}",
  "news.source.connecting": "{name}: connecting…",
  "news.source.again": "{name}: connecting again…",
  replay: "REPLAY",
  frozen: "frozen at {time}",

  // A clicker, on pages that have the key.
  "clicker.here": "clicker here",
  "clicker.refused": "not done: {why}",
  "clicker.lost": "no answer: see how it stands before you press again",
  "clicker.key": "the show has another key by now: open a new address",
  "clicker.ticket": "no clicker here: this address is no good any more",

  // What a screen reader says.
  "announce.start": "{title} {shares}.",
  "announce.share": "{name} {percent} percent",
  "announce.tie": "It is a tie.",
  "announce.lead": "{name} has taken the lead.",
  "announce.left": "{left} seconds left.",
  "announce.phase": "{title} {phase}",
  "announce.armed": "The question is ready.",
  "announce.countdown": "It opens in a moment.",
  "announce.open": "It is open: posts count.",
  "announce.locked": "The bell: time is up. Posts under way still count.",
  "announce.sealed": "The result is sealed.",
  "announce.revealed": "The result is shown.",
  "announce.result": "The result: {ended}.",
  "announce.lost": "No news: the picture stands still.",
  "announce.back": "The news is back.",

  // The contest.
  contest: "The contest",
  "contest.before": "Waiting for the first news",
  "standing.none": "No votes yet",
  "standing.hidden": "Secret until it is revealed",
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

  // A round, as the hall sees it.
  "place.question": "Question {number} of {of}",
  "place.round": "round {number}",
  "place.best": "best of {best_of}: {wins}",
  "place.team": "{name} {wins}",
  "armed.join": "Take part at {address}",
  "armed.post": "Take part: post your hashtag once it opens",
  "armed.before": "Round {number}{other}: {ended}",
  "armed.other": " ({title})",
  "held.countdown": "Held for a moment",
  "held.open": "Held: posts do not count now",
  "last.note": "Posts under way still count",
  locked: "Time is up",
  "locked.note": "Posts under way still count, up to {left} s",
  sealed: "The result is sealed",
  "sealed.note": "All votes are counted",
  photo: "Photo finish",
  tie: "A tie",
  share: "{name} {percent}\u00a0%",
  "margin.one": "{votes} vote",
  "margin.other": "{votes} votes",
  "margin.by": "by {votes}",
  "margin.photo": "photo finish: {votes}",
  "ended.tie": "A tie",
  "ended.won.one": "{name} by {votes} vote",
  "ended.won.other": "{name} by {votes} votes",
  "ended.photo": "{won}, a photo finish",
  "join.head": "Take part",
  "join.code": "The address as a code for the camera of a phone",
  "sounds.silent": "Click once for sound",

  // What counts.
  "rule.brief": "{votes}, {span}, {reposts}",
  "rule.brief.window": "last {window}",
  "rule.brief.round": "all votes of the round",
  "rule.brief.every": "every post counts",
  "rule.brief.latest": "one vote a person",
  "rule.brief.reposts.count": "reposts count",
  "rule.brief.reposts.ignore": "reposts ignored",

  // What became of the posts.
  posts: "Posts",
  "posts.brief": "{counted} posts counted, {ignored} ignored",

  // Where the posts come from.
  sources: "Sources",
  "sources.none": "no sources",
  "source.state.connecting": "connecting",
  "source.state.live": "live",
  "source.state.stale": "stale",
  "source.state.paused": "paused",
  "source.state.ended": "ended",
  "source.replay": "{name} (replay)",
  "source.brief": "{name} {state}",
  "source.missing": "{source} ({time} missing)",

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
