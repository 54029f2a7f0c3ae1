#!/usr/bin/env python3
"""Writes random evenings of rounds, the same bytes for the same seed: what `rounds.py` is compared over.

README: `evenings.py SEED [--lines N] [--grey] [--config]` writes a recording to stdout, or its config.toml.

An evening has posts out of order, copies, deletions before and after their posts, edits, reposts and broken lines,
many of them exactly on the edges of a round, a pause, a grace or a window; and commands, three of four in a phase where
they do something. Every fourth evening has phase lines.
The model says in what phase the evening is, so that the edges can be hit; what counts is not asked of it.
`--grey` adds what the rules leave open, or what no show would write: such evenings are for looking at.
All posts, names and ids are made up. Standard library only.
"""

import argparse
import json
import random
import sys
import tomllib

sys.dont_write_bytecode = True      # a test leaves nothing behind in the tree
import recount  # noqa: E402
import rounds  # noqa: E402

BASE = 1795287600000        # 2026-11-21T19:00:00Z
QUESTIONS = [("Editor?", [("Vim", ["vim", "vi"]), ("Emacs", ["emacs"])]),
             ("Drink?", [("Tea", ["tea", "thé"]), ("Coffee", ["coffee"]), ("Water", ["water", "vi"])]),
             ("Indent?", [("Tabs", ["tabs"]), ("Spaces", ["spaces", "emacs"])])]
SHARED = "tug"              # a hashtag of the first team of every question
SIZES = [1.0, 2.0, 0.5, 1.5, 3.0, 40.0, 7.0]
SOURCES = ["alpha", "beta"]
COMMANDS = ["arm", "start", "pause", "resume", "add_time", "lock", "reveal", "reset", "next", "secret", "source",
            "devices"]
USUAL = {"armed": ["start"] * 6 + ["next"] * 3 + ["arm", "secret"],
         "countdown": ["pause", "reset", "source"],
         "open": ["pause", "pause", "pause", "lock", "lock", "next", "add_time", "add_time", "source", "source"],
         "paused": ["resume"] * 6 + ["next", "lock", "lock", "add_time", "source"],
         "locked": ["add_time", "reset", "source"],
         "sealed": ["reveal", "reveal", "next", "next", "add_time", "arm"],
         "revealed": ["next"] * 4 + ["arm", "arm", "add_time", "reset"]}


class Show:
    """One evening that writes itself."""

    def __init__(self, seed, grey=False):
        self.seed, self.grey = seed, grey
        self.rng = random.Random(f"evening {seed}")
        self.toml = self.config()
        self.model = rounds.Evening(rounds.Config(tomllib.loads(self.toml)))
        self.lines = []
        self.t = BASE + self.rng.randrange(1000)
        self.serial = 0
        self.posts = []             # what was posted, to copy, edit and delete
        self.later = []             # posts that a deletion has overtaken
        self.edges = [self.t]       # times at which something began or ended
        self.next_at = None

    # ------------------------------------------------------------ config

    def config(self):
        r, seed = self.rng, self.seed
        self.with_lines = seed % 4 == 3
        self.auto = seed % 7 == 5 and (not self.with_lines or self.grey)
        self.window = r.choice([3, 5, 10])
        self.questions = QUESTIONS[:r.choice([1, 2, 2, 3])]
        sized = r.random() < 0.4
        lines = ["[contest]", f'window = "{self.window}s"', f'vote = "{["latest", "every"][seed % 2]}"',
                 f'reposts = "{r.choice(["ignore", "count"])}"']
        lines.append("[round]")
        open_ended = r.random() < 0.15 and not self.auto
        self.length = "open" if open_ended else f"{r.choice([5, 10, 15, 30])}s"
        lines += [f'length = "{self.length}"', f'counts = "{["round", "window"][seed // 2 % 2]}"',
                  f'countdown = "{r.choice([0, 0, 1, 3])}s"', f'grace = "{r.choice([0, 1, 3, 5])}s"',
                  f"secret = {r.choice(['false', 'false', 'true'])}", f"best_of = {r.choice([1, 1, 3, 3, 5])}",
                  f"auto = {str(self.auto).lower()}", 'rest = "4s"']
        for title, teams in self.questions:
            lines += ["[[question]]", f'title = "{title}"']
            for i, (name, tags) in enumerate(teams):
                tags = tags + [SHARED] if i == 0 else tags
                lines += ["[[question.team]]", f'name = "{name}"', f"hashtags = {json.dumps(tags, ensure_ascii=False)}"]
                lines += [f"size = {r.choice(SIZES)}"] if sized else []
        for name in SOURCES:
            lines += ["[[source]]", f'name = "{name}"', 'kind = "replay"', 'path = "evening.jsonl"']
        return "\n".join(lines) + "\n"

    # ------------------------------------------------------------ the evening

    def write(self, **keys):
        raw = json.dumps(keys, ensure_ascii=self.rng.random() < 0.5, separators=(",", ":")).encode()
        self.lines.append(raw)
        self.model.feed(raw)

    def stamp(self, ms):
        return ms if self.rng.random() < 0.1 else recount.iso(ms)

    def round(self):
        return self.model.course.round

    def happen(self, n):
        while len(self.lines) < n:
            self.go_on()
            if self.with_lines:
                self.write_due()
            now = self.round()
            often = 0.4 if now.paused is not None else {"open": 0.07, "locked": 0.15}.get(now.phase, 0.5)
            if self.rng.random() < often:
                self.command()
            else:
                self.message()
        return self

    def go_on(self):
        """Lets time pass, often to an edge."""
        r, now = self.rng, self.round()
        way = r.random()
        if way < 0.15:
            ahead = [now.opened, now.ends, now.grace_ends, now.paused and now.paused + 2000]
            ahead = [x + r.choice([-1, 0, 1]) for x in ahead if x is not None and x > self.t + 1]
            if ahead and min(ahead) < self.t + 20_000:
                self.t = min(ahead)
                return
        if way < 0.25:
            return
        self.t += r.choice([1, r.randrange(200), r.randrange(600), r.randrange(900)])
        if way > 0.98:
            self.t += r.randrange(10_000)

    def write_due(self):
        """What the clock has done since the last line."""
        while True:
            now = self.round()
            if now.phase == "countdown" and now.paused is None and now.opened <= self.t:
                self.phase(now.opened, "open")
            elif now.phase == "open" and now.paused is None and now.ends is not None and now.ends < self.t:
                self.phase(now.ends, "locked")
            elif now.phase == "locked":
                early = max(self.model.now, now.ends)
                at = self.rng.choice([now.grace_ends] * 4 + [early])
                if self.grey and self.rng.random() < 0.3:
                    at += 3000
                if at >= self.t:
                    return
                self.phase(at, "sealed" if now.secret else "revealed")
            else:
                return

    def phase(self, at, name):
        self.write(at=self.stamp(at), phase=name)
        self.edges.append(at)

    # ------------------------------------------------------------ commands

    def command(self):
        r, now = self.rng, self.round()
        way = r.random()
        if way < 0.14:
            return self.give("undo")
        if way < 0.20:
            return self.give("redo")
        if self.grey and way < 0.24:
            return self.give("scene", scene="join")
        phase = "paused" if now.paused is not None and now.phase == "open" else now.phase
        name = r.choice(USUAL[phase] if way < 0.8 else COMMANDS)
        if now.phase == "countdown" and now.paused is not None and way < 0.6:
            name = "resume"
        if way < 0.4 and any(h[4] is None for h in self.model.course.holds):
            name = "source"
        if self.auto and name in ("arm", "start", "next", "reset", "secret"):
            return self.message()
        keys = self.arguments(name, now)
        if keys is None:
            return self.message()
        if r.random() < 0.1:
            keys["from"] = r.choice([now.phase, now.phase, "open", "armed"])
        memory = list(self.model.memory)
        self.give(name, **keys)
        if name == "next":
            self.next_at = self.t
            if self.model.memory != memory and r.random() < 0.2:
                self.t += r.randrange(1, 699)
                if self.with_lines:
                    self.write_due()
                self.give("next")
                self.next_at = self.t

    def arguments(self, name, now):
        """The arguments of a command; None where the rules do not say what it would do."""
        r = self.rng
        if name == "next" and self.next_at is not None and self.t - self.next_at <= 701 and not self.grey:
            return None
        if name == "arm":
            if self.grey and r.random() < 0.2:
                return {"title": "Made up?", "teams": ["Yes", "No"]}
            if now.phase == "armed" or self.grey and r.random() < 0.3:
                return {}
            return {"question": r.randrange(1, len(self.questions) + (2 if r.random() < 0.1 else 1))}
        if name == "start" and r.random() < 0.2:
            return {"length": r.choice(["6s", "12s", "open"])}
        if name == "add_time":
            if now.phase == "open" and now.ends is None and not self.grey:
                return None
            more = [1, 5, 10, 20]
            return {"seconds": r.choice(more + [-3, -10, -60] if now.phase == "open" or self.grey else more)}
        if name == "secret":
            return {"secret": r.random() < 0.5}
        if name == "source":
            held = [h[0] for h in self.model.course.holds if h[4] is None]
            return {"name": held[0], "paused": r.random() < 0.1} if held else \
                {"name": r.choice(SOURCES), "paused": r.random() < 0.9}
        if name == "devices":
            return {"new": r.random() < 0.5}
        if name == "reveal" and self.grey and r.random() < 0.3:
            return {"number": r.randrange(1, 4)}
        return {}

    def give(self, command, **keys):
        at = self.t
        if self.grey and self.rng.random() < 0.1:
            at -= self.rng.randrange(2000)
        before = self.round().phase
        self.write(at=self.stamp(at), command=command, **keys)
        self.edges.append(at)
        if self.with_lines and before == "armed" and self.round().phase == "open":
            self.phase(at, "open")      # without a countdown
        return None

    # ------------------------------------------------------------ messages

    def posted(self):
        """When somebody posted what arrives now."""
        r, way = self.rng, self.rng.random()
        if way < 0.6:
            return self.t
        if way < 0.75:
            return self.t - r.randrange(1500)
        if way < 0.95:
            now = self.round()
            edges = self.edges[-6:] + [x for x in (now.opened, now.ends) if x is not None and x <= self.t]
            edges += [self.t - self.window * 1000]
            return min(r.choice(edges) + r.choice([-1, 0, 0, 1]), self.t)
        return self.t - r.randrange(20_000)

    def tags(self):
        r, now = self.rng, self.round()
        on = QUESTIONS[now.question % len(QUESTIONS)][1]
        mine = [t for _, tags in on for t in tags]
        way = r.random()
        if way < 0.68:
            return [r.choice([SHARED] + mine * 3)]
        if way < 0.76:
            return r.sample(mine, 2)
        if way < 0.88:
            return [r.choice([t for _, teams in QUESTIONS for _, tags in teams for t in tags])]
        return r.choice([["none"], ["vimeo"], [], [SHARED.upper(), "none"]])

    def new_post(self):
        r = self.rng
        self.serial += 1
        author = None if r.random() < 0.03 else f"a{r.randrange(9)}"
        id = None if r.random() < 0.03 else f"p{self.serial}"
        return {"id": id, "author": author, "raw": id is not None and r.random() < 0.3, "at": self.posted(),
                "tags": self.tags(), "source": r.choice([None, *SOURCES])}

    def write_post(self, p, operation="create"):
        if p["raw"]:
            self.write(at=self.stamp(p["at"]), source="bluesky", raw=self.commit(p, operation), **self.seen(p))
            return
        keys = {k: p[k] for k in ("id", "author", "source") if p[k] is not None}
        self.write(at=self.stamp(p["at"]), hashtags=p["tags"], **keys, **self.seen(p))

    def seen(self, p):
        if p["at"] != self.t and self.rng.random() < 0.7:
            return {"seen": self.stamp(self.t)}
        if self.grey and self.rng.random() < 0.05:
            return {"seen": self.stamp(self.t - self.rng.randrange(3000))}
        return {}

    def commit(self, p, operation):
        facets = [{"features": [{"$type": "app.bsky.richtext.facet#tag", "tag": t}]} for t in p["tags"]]
        commit = {"operation": operation, "collection": "app.bsky.feed.post", "rkey": p["id"]}
        if operation != "delete":
            commit["record"] = {"text": "", "facets": facets}
        return {"did": f"did:plc:{p['author']}", "time_us": 1, "kind": "commit", "commit": commit}

    def message(self):
        r, way = self.rng, self.rng.random()
        old = r.choice(self.posts[-25:]) if self.posts else None
        if self.later and r.random() < 0.2:
            return self.write_post(self.later.pop(0))
        if way < 0.70 or not old:
            p = self.new_post()
            self.posts.append(p)
            return self.write_post(p)
        if way < 0.77:
            copy = dict(old)
            if r.random() < 0.5:
                copy["at"] = self.posted()
            if r.random() < 0.2:
                copy["tags"] = self.tags()
            return self.write_post(copy)
        if way < 0.85:
            return self.delete(old)
        if way < 0.88:
            p = dict(self.new_post(), at=self.t + r.randrange(2000))
            if p["id"] is None:
                return None
            self.delete(p)
            self.later.append(p)
            self.t = max(self.t, p["at"])
            return None
        if way < 0.93:
            edited = [p for p in self.posts[-25:] if p["raw"]]
            if edited:
                return self.write_post(dict(r.choice(edited), at=self.posted(), tags=self.tags()), "update")
            return None
        if way < 0.95:
            status = {"id": str(self.serial), "uri": f"u{self.serial}", "account": {"acct": f"a{r.randrange(9)}"},
                      "created_at": "2026-11-21T19:00:00Z", "tags": [],
                      "reblog": {"tags": [{"name": t} for t in self.tags()]}}
            self.serial += 1
            return self.write(at=self.stamp(self.posted()), source="mastodon", raw=status)
        if way < 0.96:
            return self.write(at="never", hashtags=[r.choice([SHARED, "none"])])
        if way < 0.98:
            return self.write(unmatched=r.randrange(1, 50))
        return self.write(at=self.stamp(self.t), note="gap", source="alpha", ms=100)

    def delete(self, p):
        r = self.rng
        if p["id"] is None:
            return None
        at = r.choice([self.t, self.t, self.posted()])
        if p["raw"]:
            return self.write(at=self.stamp(at), source="bluesky", raw=self.commit(p, "delete"))
        keys = {} if r.random() < 0.15 else {"at": self.stamp(at)}
        return self.write(**keys, delete=p["id"])


def evening(seed, lines=160, grey=False):
    """The config and the recording of one evening, as text and as bytes."""
    show = Show(seed, grey).happen(lines)
    return show.toml, b"\n".join(show.lines) + b"\n"


def main():
    parser = argparse.ArgumentParser(description="Write a random evening of rounds.")
    parser.add_argument("seed", type=int)
    parser.add_argument("--lines", type=int, default=160)
    parser.add_argument("--grey", action="store_true", help="also what the rules leave open")
    parser.add_argument("--config", action="store_true", help="write the config instead")
    a = parser.parse_args()
    toml, data = evening(a.seed, a.lines, a.grey)
    sys.stdout.buffer.write(toml.encode() if a.config else data)


if __name__ == "__main__":
    main()
