#!/usr/bin/env python3
"""Recounts an evening of rounds the slow and obvious way: the model for `hashtug tally -c CONFIG FILE --format jsonl`.

README: `rounds.py CONFIG.toml FILE [--reading N]...` prints a line `{"result":…}` for each result where it falls, and
at the end one snapshot, as far as the keys go that a recording and its config decide.

After every line the whole evening is played again from its first line: the course of the rounds from the commands and
the clock, then the fate of every message from the course.
Nothing is carried from one line to the next but what happened: the lines, the time at which each arrived, and which
commands are taken back.
An undone command is left out of that play, and that is all that undo is here.
Messages are decoded by `recount.py`; nothing is shared with the program. Standard library only.

Where the rules leave room, `--reading N` takes the other reading of choice N:

 1. A post made after the bell is `closed`, whenever it comes: `late` is what belonged to the round and came after the
    grace. Other: whatever comes after the grace is `late`.
 2. `secret` holds for all rounds from there on. Other: only for the round that is armed.
 3. The 700 ms of `next` count from the last `next` that did something. Other: from the last one of any effect.
 4. A source is held for what arrives meanwhile. Other: for what was posted meanwhile.
 5. From the first phase line of a file on, its clock is what phase lines say. Other: a bell also falls by time there.
 6. A result that undo or redo brings back falls anew. Other: only one that differs from what was last printed with
    its number.
 7. A bell falls, and a grace ends, when time is past it. Other: when time has reached it.
 8. `arm` without arguments, after a round, is the next round of a question whose best-of is not decided.
    Other: always the next question.
 9. A command that changed nothing is not there to be undone. Other: it is, if it was allowed.
10. `lock` in a pause: the grace runs from the bell, so it may be over at once. Other: from the command.
11. `lock` ends the pause it comes in, and what was posted in that pause stays outside, also if `add_time` opens the
    round again. Other: the pause is dissolved, for it began at the bell.
12. An edit later than the bell, or later than the grace, is `unmatched` whatever it edits. Other: an edit of a post
    that does not count is judged as a new post.
13. `add_time` moves no bell where there is none (`length = "open"`). Other: it sets one.
14. A deletion without a time has the time of the newest post that named a team. Other: the time the file had reached.
15. The margin is that of the second by share. Other: the fewest votes that bring any other team level.
16. `malformed` is what may name a team of any question. Other: of the question that is on.
17. A post that arrived before it was posted is placed at its arrival. Other: where it says.
18. A command older than the file's time is given at the file's time. Other: at its own. Phase lines are at their own.
"""

import argparse
import functools
import json
import math
import sys
import tomllib
from fractions import Fraction

sys.dont_write_bytecode = True      # a test leaves nothing behind in the tree
import recount  # noqa: E402

KINDS = ["received", "matched", "unmatched", "ignored", "both", "late", "closed", "revised", "duplicate", "malformed",
         "dropped"]
PHASES = ["open", "locked", "sealed", "revealed", "paused"]
NOT_IN_MEMORY = ["blackout", "light", "scene", "timer", "wall_off", "wall_on", "approve", "reject"]
BOUNCE_MS = 700
MEMORY = 20
READINGS = range(1, 19)


# ---------------------------------------------------------------- config

class Config:
    """What of a config.toml decides a count."""

    def __init__(self, toml):
        contest = toml.get("contest", {})
        self.window = recount.duration(contest.get("window", "60s"))
        self.vote = contest.get("vote", "latest")
        self.reposts = contest.get("reposts", "ignore")
        questions = toml.get("question") or [{"title": contest.get("title"), "team": toml["team"]}]
        self.questions = [question(q.get("title"), q["team"]) for q in questions]
        r = toml["round"]
        self.length = length(r.get("length", "2m"))
        self.counts = r.get("counts", "round")
        self.countdown = recount.duration(r.get("countdown", "3s"))
        self.grace = recount.duration(r.get("grace", "3s"))
        self.secret = r.get("secret", False)
        self.best_of = r.get("best_of", 1)
        self.auto = r.get("auto", False)
        self.rest = recount.duration(r.get("rest", "20s"))


def question(title, teams):
    return {"title": title, "teams": [{"name": t["name"], "hashtags": [recount.fold(h) for h in t.get("hashtags", [])],
                                       "size": Fraction(str(t.get("size", 1)))} for t in teams]}


def length(s):
    """The length of a round in ms, None for one that is open until it is locked."""
    return None if s == "open" else recount.duration(s)


# ---------------------------------------------------------------- lines

class Entry:
    """One message, command, phase line, or number of unmatched messages, and what was true when it arrived."""

    def __init__(self, kind, value, at=None, seen=None, source=None):
        self.kind, self.value, self.at, self.seen, self.source = kind, value, at, seen, source
        self.raw = b""
        self.time = None        # the file's time, this line included
        self.newest = None      # the newest post before this line that named a team
        self.action = None      # of a command: what it did, as (name, arguments), if it did anything

    def names(self, question, reposts):
        """The teams that a post names; none for what is no post."""
        if self.kind != "message" or self.value[0] != "post" or self.value[1]["repost"] and reposts == "ignore":
            return []
        return teams_of(question, self.value[1])


@functools.cache
def key(tag, network):
    tag = recount.fold(tag)
    return recount.without_diacritics(tag) if network == "mastodon" else tag


def teams_of(question, p):
    named = {key(t, p["network"]) for t in p["tags"]}
    return [i for i, t in enumerate(question["teams"]) if named & {key(h, p["network"]) for h in t["hashtags"]}]


def read_line(raw, reader):
    """The entries of one line."""
    try:
        v = recount.loads(raw.decode("utf-8"))
    except (recount.Malformed, UnicodeDecodeError):
        v = None
    if isinstance(v, dict) and ("note" in v or "result" in v):
        return []
    if isinstance(v, dict) and isinstance(v.get("unmatched"), int):
        return [Entry("unmatched", v["unmatched"])]
    if isinstance(v, dict) and "command" in v:
        arguments = {k: e for k, e in v.items() if k not in ("at", "command")}
        return [Entry("command", (v["command"], arguments), recount.post_time(v["at"]))]
    if isinstance(v, dict) and v.get("phase") in PHASES:
        return [Entry("phase", v["phase"], recount.post_time(v["at"]))]
    v = v if isinstance(v, dict) else {}
    seen = recount.post_time(v["seen"]) if "seen" in v else None
    out = []
    for m in reader.line(raw):
        at = m[1]["at"] if m[0] in ("post", "delete") else None
        out.append(Entry("message", m, at, seen, v.get("source")))
        out[-1].raw = raw
    return out


# ---------------------------------------------------------------- the course of the evening

class Round:
    """One round: its timeline, and which messages are its own."""

    def __init__(self, question, number, first, length, secret, armed_at):
        self.question, self.number, self.first, self.last = question, number, first, None
        self.length, self.secret, self.armed_at = length, secret, armed_at
        self.begin()

    def begin(self):
        self.phase = "armed"
        self.opened = None          # S
        self.ends = None            # B, planned or fallen
        self.pauses = []            # [(from, to)] since S
        self.paused = None          # when the pause began that still lasts
        self.rung = False           # the bell has fallen
        self.grace_ends = None
        self.closed = None          # the number of the line with which the grace was over
        self.revealed_at = None
        self.result = None

    def planned_end(self, now):
        if self.ends is not None and self.paused is not None:
            return self.ends + now - self.paused
        return self.ends

    def in_a_pause(self, at):
        return any(a < at <= b for a, b in self.pauses) or self.paused is not None and at > self.paused

    def running(self, at):
        """The time without its pauses: what a window that stands still in them goes by."""
        still = 0
        for a, b in self.pauses + ([(self.paused, at)] if self.paused is not None else []):
            if at > a:
                still += min(at, b) - a
        return at - still


class Course:
    """The evening up to some line, played from its beginning without the commands that are taken back."""

    def __init__(self, evening):
        self.evening, self.config, self.readings = evening, evening.config, evening.readings
        self.questions = list(self.config.questions)
        self.secret = self.config.secret
        self.rounds = [Round(0, 1, 0, self.config.length, self.secret, None)]
        self.sealed = set()         # numbers of results that were left without being revealed
        self.holds = []             # [source, from time, from line, to time, to line]
        self.devices = True
        self.next_at = None         # when `next` did something the last time

    @property
    def round(self):
        return self.rounds[-1]

    def results(self):
        return [r.result for r in self.rounds if r.result]

    # ------------------------------------------------------------ the clock

    def clock(self, t, line):
        """What happens by itself up to t; `line` is the number of the line that brought that time."""
        while t is not None and self.tick(t, line):
            pass

    def tick(self, t, line):
        r, c = self.round, self.config
        past = (lambda x: t >= x) if 7 in self.readings else (lambda x: t > x)
        if c.auto and r.phase == "armed":
            self.start(t if r.armed_at is None else r.armed_at, r.length)
        elif r.phase == "countdown" and r.paused is None and t >= r.opened:
            r.phase = "open"
        elif r.phase == "open" and r.paused is None and r.ends is not None and past(r.ends):
            self.lock(r.ends)
        elif r.phase == "locked" and past(r.grace_ends):
            self.close(r.grace_ends, line, r.secret)
        elif c.auto and r.phase == "sealed":
            r.phase, r.revealed_at = "revealed", r.grace_ends
        elif c.auto and r.phase == "revealed" and t >= r.revealed_at + c.rest:
            self.arm(self.following(), line, r.revealed_at + c.rest)
        else:
            return False
        return True

    def start(self, t, length):
        r = self.round
        r.phase, r.length = "countdown" if self.config.countdown else "open", length
        r.opened = t + self.config.countdown
        r.ends = None if length is None else r.opened + length

    def pause(self, t):
        self.round.paused = t

    def resume(self, t):
        r = self.round
        if r.phase == "open":
            r.pauses.append((r.paused, t))
        else:
            r.opened += t - r.paused
        if r.ends is not None:
            r.ends += t - r.paused
        r.paused = None

    def lock(self, t):
        r = self.round
        r.ends = t if r.paused is None else r.paused
        if r.paused is not None and 11 not in self.readings:
            r.pauses.append((r.paused, t))
        r.grace_ends = (t if 10 in self.readings else r.ends) + self.config.grace
        r.paused, r.rung, r.phase = None, True, "locked"

    def close(self, t, line, secret):
        r = self.round
        r.grace_ends, r.closed = t, line
        r.phase = "sealed" if secret else "revealed"
        r.revealed_at = None if secret else t
        r.result = self.evening.result(self, r, line)

    def arm(self, question, line, t):
        if self.round.phase == "sealed":
            self.sealed.add(self.round.number)
        secret = self.config.secret if 2 in self.readings else self.secret
        self.round.last = line
        number = len(self.results()) + 1
        self.rounds.append(Round(question, number, line, self.config.length, secret, t))

    # ------------------------------------------------------------ questions and the best of

    def wins(self, question):
        """(rounds won by each team, rounds played) of the best-of that the newest result of a question belongs to."""
        wins, played = [0] * len(self.questions[question]["teams"]), 0
        for r in self.rounds:
            if r.question == question and r.result:
                if self.decided(wins, played):
                    wins, played = [0] * len(wins), 0
                played += 1
                for i, t in enumerate(r.result["teams"]):
                    wins[i] += t["name"] == r.result["winner"]
        return wins, played

    def decided(self, wins, played):
        return max(wins) > self.config.best_of // 2 or played >= 2 * self.config.best_of - 1

    def following(self, literal=False):
        """The question of the round after this one; None after the last."""
        r = self.round
        if r.phase != "armed" and not literal and not self.decided(*self.wins(r.question)):
            return r.question
        if r.question + 1 < len(self.questions):
            return r.question + 1
        return 0 if self.config.auto else None

    # ------------------------------------------------------------ phase lines

    def phase_line(self, phase, t, line):
        r = self.round
        if phase == "open" and r.paused is not None:
            self.resume(t)
        elif phase == "open" and self.config.auto and r.phase in ("armed", "revealed"):
            if r.phase == "revealed":
                self.arm(self.following(), line, t)
            self.start(t - self.config.countdown, self.round.length)
            self.round.phase = "open"
        elif phase == "open" and r.phase == "countdown":
            r.ends = None if r.ends is None else r.ends + t - r.opened
            r.opened, r.phase = t, "open"
        elif phase == "paused" and r.phase in ("countdown", "open") and r.paused is None:
            self.pause(t)
        elif phase == "locked" and r.phase == "open":
            self.lock(t)
        elif phase in ("sealed", "revealed") and r.phase == "locked":
            self.close(t, line, phase == "sealed")
        elif phase == "revealed" and r.phase == "sealed":
            r.phase, r.revealed_at = "revealed", t

    # ------------------------------------------------------------ commands

    def resolve(self, name, arguments, t):
        """What a command amounts to here: `next` is one of others."""
        if name != "next":
            return name, arguments
        r = self.round
        if self.next_at is not None and t - self.next_at <= BOUNCE_MS:
            return None
        if r.paused is not None:
            return "resume", {}
        if r.phase == "revealed" and self.following() is None:
            return None
        found = {"armed": "start", "open": "lock", "sealed": "reveal", "revealed": "arm"}.get(r.phase)
        if found == "arm":
            return "arm", {"question": self.following() + 1}
        return found and (found, {})

    def allowed(self, name, arguments=None):
        """Whether a command can be given in this phase at all, whether it changes anything or not."""
        if name == "reveal" and "number" in (arguments or {}) and self.round.phase == "armed":
            return True
        return self.round.phase in {"arm": ["armed", "sealed", "revealed"], "start": ["armed"],
                                    "pause": ["countdown", "open"], "resume": ["countdown", "open"],
                                    "add_time": ["open", "locked", "sealed", "revealed"], "lock": ["open"],
                                    "reveal": ["sealed", "revealed"], "secret": ["armed"],
                                    }.get(name, [self.round.phase])

    def act(self, name, a, t, line):
        """Does it; False if that changes nothing, or cannot be now."""
        r = self.round
        if not self.allowed(name, a):
            return False
        if name == "arm":
            return self.act_arm(a, line, t)
        if name == "start":
            self.start(t, length(a["length"]) if "length" in a else r.length)
            return True
        if name == "pause":
            if r.paused is not None:
                return False
            self.pause(t)
            return True
        if name == "resume":
            if r.paused is None:
                return False
            self.resume(t)
            return True
        if name == "add_time":
            return self.act_add_time(a["seconds"] * 1000, t)
        if name == "lock":
            self.lock(t)
            return True
        if name == "reveal":
            number = a.get("number", r.number)
            if number == r.number and r.phase == "sealed":
                r.phase, r.revealed_at = "revealed", t
                return True
            if number in self.sealed:
                self.sealed.remove(number)
                return True
            return False
        if name == "reset":
            if r.phase == "armed":
                return False
            r.begin()
            r.length, r.armed_at = self.config.length, t
            return True
        if name == "secret":
            changed = r.secret != a["secret"]
            r.secret = self.secret = a["secret"]
            return changed
        if name == "source":
            held = [h for h in self.holds if h[0] == a["name"] and h[4] is None]
            if a["paused"] == bool(held):
                return False
            if held:
                held[0][3:] = [t, line]
            else:
                self.holds.append([a["name"], t, line, None, None])
            return True
        if name == "devices":
            changed = self.devices != a["new"]
            self.devices = a["new"]
            return changed
        return False

    def act_arm(self, a, line, t):
        if "title" in a:
            self.questions.append(question(a["title"], [{"name": n} for n in a["teams"]]))
            number = len(self.questions) - 1
        elif "question" in a:
            number = a["question"] - 1
        else:
            number = self.following(8 in self.readings)
        if number is None or not 0 <= number < len(self.questions):
            return False
        if self.round.phase == "armed" and number == self.round.question:
            return False
        self.arm(number, line, t)
        return True

    def act_add_time(self, ms, t):
        r = self.round
        if r.phase == "open":
            if r.ends is None and 13 in self.readings and ms > 0:
                r.ends = (t if r.paused is None else r.paused) + ms
                return True
            if r.ends is None:
                return False
            now = t if r.paused is None else r.paused       # in a pause the bell moves on, so this is its now
            before, r.ends = r.ends, max(r.ends + ms, now)
            return r.ends != before
        if ms <= 0:
            return False
        r.phase, r.ends, r.rung = "open", t + ms, False
        r.grace_ends = r.closed = r.result = r.revealed_at = None
        return True


# ---------------------------------------------------------------- the fate of messages

class Count:
    """The messages of one round, judged in the order in which they arrived."""

    def __init__(self, evening, course, r, upto):
        self.evening, self.config, self.course, self.r = evening, evening.config, course, r
        self.readings = evening.readings
        self.question = course.questions[r.question]
        self.fates = dict.fromkeys(KINDS, 0)
        self.posts, self.deletions = [], []
        self.now = None
        last = upto if r.last is None else min(r.last, upto)
        # The bell as it is planned at the last line: a deletion can have a time beyond it before it falls.
        end = evening.entries[upto - 1].time if upto else None
        self.end = None if end is None else r.planned_end(end)
        for line in range(r.first, last):
            e = evening.entries[line]
            if e.kind == "unmatched":
                self.fates["received"] += e.value
                self.fates["unmatched"] += e.value
            if e.kind == "message":
                self.arrival = e.time if e.seen is None else e.seen
                self.now = e.time if e.time is None or not r.rung else min(e.time, r.ends)
                self.fates["received"] += 1
                self.fates[self.judge(e, line)] += 1

    def in_time(self, line):
        r = self.r
        if r.closed is not None and line >= r.closed:
            return False
        return r.closed is None or self.arrival is None or self.arrival <= r.grace_ends

    def after_the_end(self, at, line):
        """Whether a deletion or edit comes too late for the result."""
        return self.end is not None and at is not None and at > self.end or not self.in_time(line)

    def faded(self, at):
        """Whether a time is out of the window; nothing fades where the round takes the window's place."""
        if self.config.counts == "round" or at is None or self.now is None:
            return False
        return self.r.running(at) <= self.r.running(self.now) - self.config.window

    def forgotten(self, d):
        """Whether now has passed a deletion's time by more than the window."""
        if self.config.counts == "round" or d["at"] is None:
            return False
        return self.r.running(self.now) > self.r.running(d["at"]) + self.config.window

    def inside(self, at):
        r = self.r
        return r.opened is not None and r.phase != "countdown" and r.opened < at \
            and (self.end is None or at <= self.end) and not r.in_a_pause(at)

    def held(self, e, line):
        for source, t, i, until, j in self.course.holds:
            if source == e.source:
                if 4 in self.readings:
                    if t < e.at and (until is None or e.at <= until):
                        return True
                elif i < line and (j is None or line < j):
                    return True
        return False

    def counting(self, network, id):
        """The post with this id that counts and has not left the window."""
        for p in self.posts:
            if id is not None and p["id"] == id and p["network"] == network and p["counts"] \
                    and not self.faded(p["at"]):
                return p
        return None

    def deleted(self, p):
        return any(d["network"] == p["network"] and set(d["ids"]) & set(p["ids"]) and d["by"] in (None, p["author"])
                   and not self.forgotten(d) for d in self.deletions)

    def judge(self, e, line):
        what = e.value[0]
        if what == "malformed":
            if 16 in self.readings:
                return recount.Reader("post", self.question["teams"]).line(e.raw)[0][0].replace("other", "unmatched")
            return "malformed"
        if what == "other":
            return "unmatched"
        if what == "delete":
            return self.judge_deletion(e, line)
        p = e.value[1]
        if p["repost"] and self.config.reposts == "ignore":
            return "unmatched"
        named = teams_of(self.question, p)
        old = self.counting(p["network"], p["id"])
        if p["edit"] and self.after_the_end(p["at"], line) and (old or 12 not in self.readings):
            return "unmatched"
        edited, held = p["edit"] and old is not None, self.held(e, line)
        if edited and not held:
            old["counts"] = len(named) == 1
            old["team"] = named[0] if named else old["team"]
        if not named:
            return "unmatched"
        if len(named) > 1:
            return "both"
        inside = self.inside(p["at"])
        if (not self.in_time(line) or self.faded(p["at"])) and (inside or 1 in self.readings):
            return "late"
        if held or not inside and not edited:
            return "closed"
        if edited or self.deleted(p):
            return "revised"
        if old:
            return "duplicate"
        self.posts.append(dict(p, team=named[0], counts=True))
        return "matched"

    def judge_deletion(self, e, line):
        d = dict(e.value[1])
        if d["at"] is None:
            d["at"] = e.time if 14 in self.readings else e.newest
        if self.after_the_end(d["at"], line):
            return "unmatched"
        self.deletions.append(d)
        kind = "unmatched"
        for p in self.posts:
            if p["network"] == d["network"] and p["counts"] and not self.faded(p["at"]) \
                    and set(d["ids"]) & set(p["ids"]) and d["by"] in (None, p["author"]):
                p["counts"] = False
                kind = "revised"
        return kind

    # ------------------------------------------------------------ how it stands

    def standing(self, t):
        """The teams at t, or at the bell if that was before."""
        n = len(self.question["teams"])
        if self.r.rung:
            t = self.r.ends
        self.now = t
        counting = [p for p in self.posts if p["counts"]]
        seen = [p for p in counting if not self.faded(p["at"])]
        votes, voices = [0] * n, [set() for _ in range(n)]
        newest = {}
        for i, p in enumerate(seen):
            voter = ("line", i) if p["author"] is None else (p["network"], p["author"])
            if self.config.vote == "every":
                newest["line", i] = (p, voter)
            elif voter not in newest or p["at"] >= newest[voter][0]["at"]:
                newest[voter] = (p, voter)
        for p, voter in newest.values():
            votes[p["team"]] += 1
            voices[p["team"]].add(voter)
        totals = [sum(p["team"] == i for p in counting) for i in range(n)]
        return votes, totals, voices


def shares_of(votes, sizes):
    pulls = [Fraction(v) / s for v, s in zip(votes, sizes)]
    return [p / sum(pulls) if sum(pulls) else Fraction(1, len(pulls)) for p in pulls]


def margin_of(votes, sizes, any_other=False):
    """How many more votes would have brought the second level; 0 on a tie."""
    shares = shares_of(votes, sizes)
    first = shares.index(max(shares))
    if shares.count(max(shares)) > 1:
        return 0
    others = [i for i in range(len(votes)) if i != first]
    second = max(shares[i] for i in others)
    return min(math.ceil(Fraction(votes[first]) / sizes[first] * sizes[i]) - votes[i]
               for i in others if any_other or shares[i] == second)


# ---------------------------------------------------------------- the evening

class Evening:
    """Reads line after line, and says after each what has fallen."""

    def __init__(self, config, readings=()):
        self.config, self.readings = config, frozenset(readings)
        teams = [t for q in config.questions for t in q["teams"]]
        self.reader = recount.Reader("post", teams)
        self.entries = []
        self.first_phase_line = None
        self.now = self.newest = None
        self.removed = frozenset()      # the numbers of the commands that are taken back
        self.memory, self.taken_back = [], []
        self.played_anew = {}           # of commands that were taken back: the last line that did that, or undid it
        self.last_next = None
        self.last_printed = {}
        self.out = []
        self.course = self.play(0)

    def play(self, upto):
        """The evening's first lines, from the beginning."""
        course = Course(self)
        for line in range(upto):
            self.play_line(course, line)
        return course

    def play_line(self, course, line):
        e = self.entries[line]
        if not self.clock_stands_in_lines(line):
            course.clock(e.time, line)
        if e.kind == "phase" and self.is_as_it_was(line):
            course.phase_line(e.value, e.at, line)
        if e.action and line not in self.removed:
            course.act(*e.action, self.given_at(e), line)
            if e.value[0] == "next":
                course.next_at = self.given_at(e)
            if not self.clock_stands_in_lines(line):
                course.clock(e.time, line + 1)      # a lock in a pause may be past its grace

    def clock_stands_in_lines(self, line):
        """Whether phase lines alone move the clock here."""
        if self.first_phase_line is None or line < self.first_phase_line or 5 in self.readings:
            return False
        return self.is_as_it_was(line)

    def is_as_it_was(self, line):
        """Whether what is played here is what happened when the line was written.

        Between a command and its undo, or its redo, it is not: phase lines do not tell of what is played then, and time
        has to say what would have been.
        """
        return not any(command < line <= until for command, until in self.played_anew.items())

    def given_at(self, command):
        return command.at if 18 in self.readings else command.time

    def feed(self, raw):
        for e in read_line(raw, self.reader):
            self.take(e)

    def take(self, e):
        line = len(self.entries)
        on = self.course.questions[self.course.round.question]
        if e.kind == "message" and e.seen is not None and e.at is not None and e.value[0] == "post" \
                and e.at > e.seen and 17 not in self.readings:
            e.at = e.seen
            e.value = ("post", dict(e.value[1], at=e.seen))
        e.newest = self.newest
        moves = None
        if e.kind in ("command", "phase"):
            moves = e.at
        elif e.names(on, self.config.reposts):
            moves = e.at if e.seen is None else e.seen
            self.newest = e.at if self.newest is None else max(self.newest, e.at)
        if moves is not None:
            self.now = moves if self.now is None else max(self.now, moves)
        e.time = self.now
        if e.kind == "phase" and self.first_phase_line is None:
            self.first_phase_line = line
        self.entries.append(e)
        if e.kind == "command":
            # What the clock does up to the command is said before what the command does.
            before = self.course.results()
            self.course = self.play(line + 1)
            self.say(before)
            self.command(e, line)
        before = self.course.results()
        self.course = self.play(line + 1)
        self.say(before)

    def command(self, e, line):
        """Finds out what a command does where it stands; nothing later can change that but undo."""
        name, arguments = e.value
        course = self.play(line + 1)        # this line only moves the clock as yet
        if arguments.get("from", course.round.phase) != course.round.phase:
            return
        arguments = {k: v for k, v in arguments.items() if k not in ("from", "soft")}
        if name == "undo" and self.memory:
            self.taken_back.append(self.memory.pop())
            self.removed |= {self.taken_back[-1]}
            self.played_anew[self.taken_back[-1]] = line
        elif name == "redo" and self.taken_back:
            self.memory.append(self.taken_back.pop())
            self.removed -= {self.memory[-1]}
            self.played_anew[self.memory[-1]] = line
        elif name not in ("undo", "redo", *NOT_IN_MEMORY):
            t = self.given_at(e)
            bounced = name == "next" and 3 in self.readings and self.last_next is not None \
                and t - self.last_next <= BOUNCE_MS
            if name == "next":
                self.last_next = t
            action = None if bounced else course.resolve(name, arguments, t)
            if not action:
                return
            if course.act(*action, t, line) or 9 in self.readings and course.allowed(action[0]):
                e.action = action
                self.memory = (self.memory + [line])[-MEMORY:]
                self.taken_back = []

    def say(self, before):
        for result in self.course.results():
            known = self.last_printed.get(result["number"]) if 6 in self.readings else None
            if result not in before and result != known:
                self.out.append({"result": result})
                self.last_printed[result["number"]] = result

    def end(self):
        """The end of the file: a bell that has fallen closes its round."""
        r, before = self.course.round, self.course.results()
        if r.phase == "open" and r.paused is None and r.ends is not None and self.now > r.ends:
            self.course.lock(r.ends)
        if r.phase == "locked":
            self.course.close(r.grace_ends, len(self.entries), r.secret)
        self.say(before)
        self.out.append(self.snapshot())
        return self.out

    # ------------------------------------------------------------ what is said

    def teams(self, course, r, upto, t):
        question = course.questions[r.question]
        votes, totals, voices = Count(self, course, r, upto).standing(t)
        shares = shares_of(votes, [x["size"] for x in question["teams"]])
        rows = [{"name": x["name"], "votes": votes[i], "share": float(shares[i]), "total": totals[i],
                 "voices": len(voices[i])} for i, x in enumerate(question["teams"])]
        leader = rows[shares.index(max(shares))]["name"] if shares.count(max(shares)) == 1 else None
        return rows, leader, len(set().union(*voices)), shares

    def result(self, course, r, upto):
        question = course.questions[r.question]
        rows, winner, voices, shares = self.teams(course, r, upto, r.ends)
        votes = [x["votes"] for x in rows]
        margin = margin_of(votes, [x["size"] for x in question["teams"]], 15 in self.readings)
        first, second = sorted(shares, reverse=True)[:2]
        close = first - second < Fraction(2, 100) or margin in (1, 2) and sum(votes) > 10
        return {"number": r.number, "question": r.question + 1, "title": question["title"],
                "opened_at": recount.iso(r.opened), "closed_at": recount.iso(r.ends), "teams": rows, "voices": voices,
                "winner": winner, "margin": margin, "photo_finish": winner is not None and close, "partial": False}

    def posts(self):
        """What became of all messages: those of each round by its timeline as it is now."""
        sums = dict.fromkeys(KINDS, 0)
        for r in self.course.rounds:
            for kind, n in Count(self, self.course, r, len(self.entries)).fates.items():
                sums[kind] += n
        return sums

    def snapshot(self):
        course, r = self.course, self.course.round
        question = course.questions[r.question]
        rows, leader, _, _ = self.teams(course, r, len(self.entries), self.now)
        wins, played = course.wins(r.question)
        if r.result is None and course.decided(wins, played):
            wins = [0] * len(wins)
        round_ = {"number": r.number, "best_of": self.config.best_of, "wins": wins, "opened_at": None,
                  "paused": r.paused is not None, "secret": r.secret, "grace_ms": self.config.grace,
                  "result": r.result}
        if r.phase not in ("armed", "countdown"):
            ends = r.planned_end(self.now)
            round_["opened_at"], round_["ends_at"] = recount.iso(r.opened), recount.iso(ends)
            if r.phase == "open":
                round_["left_ms"] = None if ends is None else max(ends - self.now, 0)
        return {
            "at": recount.iso(self.now),
            "phase": r.phase,
            "window_ms": self.config.window,
            "teams": [{k: x[k] for k in ("name", "votes", "share", "total")} for x in rows],
            "leader": leader,
            "posts": self.posts(),
            "question": {"number": r.question + 1, "of": len(course.questions), "title": question["title"]},
            "round": round_,
            "results": course.results()[-20:],
            "undo": {"steps": len(self.memory),
                     "next": self.entries[self.memory[-1]].action[0] if self.memory else None,
                     "redo": {"steps": len(self.taken_back),
                              "next": self.entries[self.taken_back[-1]].action[0] if self.taken_back else None}},
        }


def tally(toml, data, readings=()):
    """What `hashtug tally` prints, as a list of objects."""
    evening = Evening(Config(toml), readings)
    for raw in data.split(b"\n"):
        evening.feed(raw)
    return evening.end()


def main():
    parser = argparse.ArgumentParser(description="Recount an evening of rounds the slow way.")
    parser.add_argument("config")
    parser.add_argument("file")
    parser.add_argument("--reading", action="append", type=int, choices=READINGS, default=[])
    a = parser.parse_args()
    with open(a.config, "rb") as file:
        toml = tomllib.load(file)
    for line in tally(toml, recount.read(a.file), a.reading):
        print(json.dumps(line, ensure_ascii=False, separators=(",", ":")))


if __name__ == "__main__":
    main()
