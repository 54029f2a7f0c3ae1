#!/usr/bin/env python3
"""Writes nasty recordings, the same bytes for the same seed: the other half of the comparison with `recount.py`.

README: `generate.py SEED KIND [--lines N] [--grey]` writes a recording of KIND to stdout.
KIND is one of post, jetstream, jetstream2, mastodon, mastodon-stream, x, x-page, x-v1, nostr, nostr-bare, raw.

`settings(seed)` says which teams and which window the recording is about: even seeds speak of tabs and spaces, odd
ones of Köln, Tee and Cat, and many times lie exactly on the edges of that window.
`--grey` adds what the rules leave open; such recordings are for looking at, not for passing.
All posts, names and ids are made up. Standard library only.
"""

import argparse
import datetime
import hashlib
import random
import re
import sys

BASE = 1795287840000        # 2026-11-21T19:04:00Z
KINDS = ["post", "jetstream", "jetstream2", "mastodon", "mastodon-stream", "x", "x-page", "x-v1", "nostr",
         "nostr-bare", "raw"]
TEAM_SETS = [["Tabs=tabs,teamtabs", "Spaces=spaces"], ["Köln=köln", "Tee=茶,おちゃ", "Cat=cat"]]
WINDOWS = [60_000, 5_000, 60_000, 10_000, 1_000, 30_000, 60_000]
MISSES = [["tabspace", "tab", "space", "spacesuit", "tabs2", "_tabs", "tabsandspaces", "whitespaces", "タブ",
           "keynote"],
          ["catalog", "cats", "concat", "kölnisch", "koeln", "茶道", "おち", "お茶", "_cat", "cat2", "tee"]]
PLAIN = ["hello", "row nine", "coffee", "ok", "¿qué?", "Grüße", "会場", "🔥", "merci", "да", "שלום", "so it goes",
         "1 2 3", "the strip", "!", "…", "🧑‍🚀", "e\u0301t\u00e9", "a/b", "tab", "\"quoted\"", "back\\slash"]


def settings(seed):
    """The teams and the window in ms that a seed's recording is about."""
    return TEAM_SETS[seed % 2], WINDOWS[seed // 2 % len(WINDOWS)]


class Raw(str):
    """A piece of JSON to write as it is, such as `1e3`."""


class Json:
    """Writes JSON the way nobody would: odd whitespace, odd escapes, any key order."""

    def __init__(self, rng):
        self.rng = rng

    def line(self, value):
        r = self.rng.random()
        self.spaces = r < 0.15
        self.shuffle = 0.1 < r < 0.4
        self.escape = self.rng.choice([0, 0, 0, 0.05, 0.5, 1])
        self.ascii = self.rng.random() < 0.4
        self.keys = self.rng.random() < 0.04
        return self.value(value)

    def plain(self, value):
        self.spaces = self.shuffle = self.ascii = self.keys = False
        self.escape = 0
        return self.value(value)

    def gap(self):
        return self.rng.choice(["", " ", "  ", "\t", " \t "]) if self.spaces else ""

    def value(self, v):
        if isinstance(v, Raw):
            return str(v)
        if isinstance(v, str):
            return self.string(v)
        if v is None or isinstance(v, bool):
            return {None: "null", True: "true", False: "false"}[v]
        if isinstance(v, (int, float)):
            return repr(v)
        if isinstance(v, list):
            return "[" + self.gap() + ("," + self.gap()).join(self.value(e) + self.gap() for e in v) + "]"
        items = list(v.items())
        if self.shuffle:
            self.rng.shuffle(items)
        return "{" + self.gap() + ("," + self.gap()).join(
            self.string(k, True) + self.gap() + ":" + self.gap() + self.value(e) + self.gap() for k, e in items) + "}"

    def string(self, s, key=False):
        out = []
        for c in s:
            o = ord(c)
            if c in '"\\':
                out.append("\\" + c)
            elif c == "/" and self.escape and self.rng.random() < 0.5:
                out.append("\\/")
            elif o < 32:
                short = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(c)
                out.append(short or f"\\u{o:04x}")
            elif o > 126 and self.ascii or (self.keys or not key) and self.escape and self.rng.random() < self.escape:
                form = "\\u{:04X}" if self.rng.random() < 0.3 else "\\u{:04x}"
                if o > 0xffff:
                    o -= 0x10000
                    out.append(form.format(0xd800 + (o >> 10)) + form.format(0xdc00 + (o & 0x3ff)))
                else:
                    out.append(form.format(o))
            else:
                out.append(c)
        return '"' + "".join(out) + '"'


def stamp(ms, digits=3, sub="", offset=0, t="T", z="Z"):
    """An RFC 3339 time; `sub` are digits past the milliseconds, `offset` minutes east."""
    local = ms + offset * 60_000
    days, rest = divmod(local, 86_400_000)
    d = datetime.date.fromordinal(719163 + days)
    s, f = divmod(rest, 1000)
    out = f"{d.isoformat()}{t}{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}"
    if digits:
        out += "." + (f"{f:03}" + sub)[:digits]
    if offset:
        sign = "+" if offset > 0 else "-"
        return out + f"{sign}{abs(offset) // 60:02}:{abs(offset) % 60:02}"
    return out + z


def old_stamp(ms):
    d = datetime.datetime.fromtimestamp(ms // 1000, datetime.timezone.utc)
    day = "Mon Tue Wed Thu Fri Sat Sun".split()[d.weekday()]
    month = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()[d.month - 1]
    return f"{day} {month} {d.day:02} {d:%H:%M:%S} +0000 {d.year}"


class World:
    """People who post, and what goes wrong on the way."""

    def __init__(self, seed, kind, grey=False):
        self.seed, self.kind, self.grey = seed, kind, grey
        self.rng = random.Random(f"{seed} {kind}")
        self.json = Json(self.rng)
        teams, self.window = settings(seed)
        self.tags = [t for team in teams for t in team.split("=")[1].split(",")]
        self.misses = MISSES[seed % 2]
        self.now = BASE + self.rng.randrange(0, 2000)
        self.people = self.rng.choice([3, 8, 25])
        self.serial = 0
        self.posts = []          # every post that was written, to copy, edit, delete and repost
        self.later = []          # (lines to go, post): posts whose deletion is on its way already

    # ------------------------------------------------------------ words

    def hit(self):
        """A team's hashtag in one of its spellings, without a hash sign."""
        r, tag = self.rng, self.rng.choice(self.tags)
        for _ in range(r.choice([0, 0, 1, 1, 2])):
            way = r.randrange(9)
            if way == 0:
                tag = tag.upper()
            elif way == 1:
                tag = tag.title()
            elif way == 2:
                tag = "".join(chr(ord(c) + 0xfee0) if "!" <= c <= "~" else c for c in tag)
            elif way == 3:
                i = r.randrange(1, len(tag)) if len(tag) > 1 else 1
                tag = tag[:i] + r.choice("\u200d\u200c") + tag[i:]
            elif way == 4:
                tag += "\ufe0f"
            elif way == 5:
                tag = tag.replace("ö", "o\u0308").replace("Ö", "O\u0308")
            elif way == 6:
                tag = tag.replace("s", "ſ", 1) if "s" in tag else tag.replace("k", "\u212a")
            elif way == 7:
                tag = tag.replace("茶", "\uf9fe")
        return re.sub("[\u200c\u200d]+(?=\u0308)", "", tag)     # whether those two still compose is left open

    def miss(self):
        tag = self.rng.choice(self.misses)
        return tag.upper() if self.rng.random() < 0.2 else tag

    def some_tags(self):
        r = self.rng.random()
        if r < 0.62:
            tags = [self.hit()]
        elif r < 0.72:
            tags = [self.hit(), self.hit()]
        elif r < 0.82:
            tags = [self.hit(), self.miss()]
        elif r < 0.94:
            tags = [self.miss()]
        else:
            tags = []
        self.rng.shuffle(tags)
        return tags

    def text(self, tags):
        """A text with these hashtags in it, some of them spoilt."""
        r, out = self.rng, "" if self.rng.random() < 0.3 else self.rng.choice(PLAIN)
        for tag in tags:
            sign = r.choice("####＃")
            way = r.random()
            if way < 0.62:
                out += r.choice([" ", "\n", " (", "🔥", "… ", ", ", "💙"] if out else ["", "🔥", " "]) + sign + tag
                out += r.choice(["", " ", "!", ")", "🔥", ". ", ",", "'s", "\n"])
            elif way < 0.70:
                out += r.choice(["x", "日", "é", "7", "_", "&"]) + sign + tag
            elif way < 0.76:
                out += " " + sign + tag + sign + tag
            elif way < 0.82:
                out += " https://example.com/" + r.choice(["#", "a#", "p?q=1#"]) + tag + " "
            elif way < 0.86:
                out += " #\ufe0f\u20e3" + tag
            elif way < 0.91:
                out += " " + sign + tag + r.choice(["は", "es", "ção", "9", "_"])
            elif way < 0.95:
                out += " " + sign + " " + tag
            else:
                out += " " + tag
            if r.random() < 0.5:
                out += " " + r.choice(PLAIN)
        return out

    def junk(self, depth=None):
        """A value of a field that means nothing."""
        r = self.rng
        way = r.randrange(9)
        if way == 0:
            return Raw(r.choice(["1e3", "-0.0", "1E+2", "0.1e-7", "123456789012345678901234567890", "-1",
                                 "18446744073709551616"]))
        if way == 1:
            n = r.choice([3, 20, 50])
            return Raw("[" * n + "1" + "]" * n)
        if way == 2:
            n = r.choice([3, 20, 50])
            return Raw('{"a":' * n + "null" + "}" * n)
        if way == 3:
            return {"at": "never", "hashtags": [self.hit()], "text": "#" + self.hit(), "id": 5, "delete": "p1"}
        if way == 4:
            return '{"hashtags":["' + self.hit() + '"]}'
        if way == 5:
            return [None, True, False, {}, [], ""]
        if way == 6:
            return "#" + self.hit()
        return r.choice(PLAIN)

    # ------------------------------------------------------------ time

    def next_at(self):
        r, way = self.rng, self.rng.random()
        if way < 0.5:
            self.now += r.choice([r.randrange(0, 700), r.randrange(0, 100), 1])
            return self.now
        if way < 0.6:
            return self.now
        if way < 0.72:
            return self.now - r.randrange(0, self.window + 1)
        if way < 0.80 and self.posts:
            at = r.choice(self.posts[-40:])["at"] + r.choice([-1, 0, 0, 1]) + self.window
            if at < self.now + 20_000:
                self.now = max(self.now, at)
                return at
            return self.now
        if way < 0.85:
            return self.now - self.window + r.choice([-1, 0, 0, 1])
        if way < 0.93:
            self.now = self.now - self.now % 1000 + 1000
            return self.now
        if way < 0.935:
            self.now += r.randrange(1000, 2 * self.window)
            return self.now
        if way < 0.945:
            return self.now - r.randrange(self.window, 10 * self.window)
        self.now += r.randrange(0, 300)
        return self.now

    # ------------------------------------------------------------ what happens

    def new_post(self):
        self.serial += 1
        tags = self.some_tags()
        shown = tags if self.rng.random() < 0.85 else self.some_tags()
        p = {"n": self.serial, "author": self.rng.randrange(self.people), "at": self.next_at(), "tags": tags,
             "text": self.text(shown), "structured": self.rng.random() < 0.6}
        self.posts.append(p)
        return p

    def happenings(self, n):
        """About n of (what, post)."""
        r = self.rng
        yield "post", self.new_post()
        for _ in range(n):
            self.later = [(k - 1, p) for k, p in self.later]
            for k, p in [x for x in self.later if x[0] <= 0]:
                yield "post", p
            self.later = [x for x in self.later if x[0] > 0]
            way = r.random()
            near = r.choice(self.posts[-30:])
            if way < 0.60:
                yield "post", self.new_post()
            elif way < 0.68:
                copy = dict(near)
                if r.random() < 0.5:
                    copy["at"] = r.choice([self.next_at(), near["at"] + self.window, near["at"] + self.window - 1,
                                           near["at"] - r.randrange(0, 3000)])
                    copy["at"] = min(copy["at"], self.now + 20_000)
                    self.now = max(self.now, copy["at"])
                if r.random() < 0.3:
                    copy["tags"] = self.some_tags()
                    copy["text"] = self.text(copy["tags"])
                yield "post", copy
            elif way < 0.73:
                yield "delete", dict(near, del_at=self.next_at())
            elif way < 0.76:
                p = self.new_post()
                away = [0, 1, -1, -self.window, -self.window - 1, 1 - self.window, r.randrange(0, 500)]
                at = p["at"] + r.choice(away)
                self.later.append((r.randrange(1, 12), p))
                yield "delete", dict(p, del_at=at)
            elif way < 0.81:
                tags = self.some_tags()
                self.serial += 1
                e = dict(near, tags=tags, text=self.text(tags), edit=self.serial, edit_at=self.next_at())
                yield "edit", e
            elif way < 0.86:
                self.serial += 1
                yield "repost", {"n": self.serial, "author": r.randrange(self.people), "at": self.next_at(), "of": near}
            elif way < 0.88:
                yield "blank", None
            elif way < 0.90:
                yield "control", {"at": self.next_at()}
            elif way < 0.96:
                p = self.new_post()
                self.posts.pop()
                tagged = r.random() < 0.5
                p["tags"] = [r.choice(self.tags)] if tagged else [r.choice(["keynote", "coffee", "lights"])]
                p["text"] = r.choice(["so ", ""]) + "#" + p["tags"][0] + r.choice(["", " !"])
                p["tagged"] = tagged
                yield "broken", p
            elif way < 0.97:
                yield "note", {"at": self.next_at()}
            elif self.grey:
                yield "grey", self.new_post()
        for _, p in self.later:
            yield "post", p

    def lines(self, n):
        writer = WRITERS[self.kind](self)
        ending = self.rng.choice(["\n", "\n", "\r\n"])
        for what, p in self.happenings(n):
            if what == "blank":
                made = [self.rng.choice(["", " ", "\r", "  \t"])]
            else:
                made = writer.write(what, p)
            for line in made:
                if isinstance(line, str):
                    line = line.encode()
                yield line + (ending if self.rng.random() < 0.9 else "\n").encode()
        for line in writer.end():
            yield line.encode() + b"\n"

    def hex(self, *parts):
        return hashlib.sha256(repr((self.seed, parts)).encode()).hexdigest()

    def letters(self, length, *parts):
        """Letters and digits in which no hashtag can hide."""
        alphabet = "abdefghijklmnpqr234567"
        digest = hashlib.sha512(repr((self.seed, parts)).encode()).digest() * 3
        return "".join(alphabet[b % len(alphabet)] for b in digest[:length])

    def cut(self, line, tagged):
        """Cuts a line of JSON off, after the hashtag if it has to stay readable."""
        if not tagged:
            return line[:self.rng.randrange(1, len(line))]
        start = max(line.rfind(t) + len(t) for t in self.tags if t in line)
        return line[:self.rng.randrange(start, len(line))] if start < len(line) else line[:-1]

    def spoil(self, line, tagged):
        """Breaks a line of JSON as a line."""
        way = self.rng.randrange(6)
        if way <= 1:
            return self.cut(line, tagged)
        if way == 2:
            return line + self.rng.choice(["x", "}", "]", " {}", line[:1], ",", " null"])
        if way == 3:
            return line.replace('"', "'", 3)
        if way == 4:
            return line.encode()[:-1] + b',"bytes":"\xff\xfe"}' if line.endswith("}") else line.encode() + b"\xff"
        return line.replace(":", ":NaN,\"n\":", 1) if ":" in line else line + "NaN"


class Writer:
    """Turns what happens into lines of one shape. One subclass per KIND."""

    def __init__(self, world):
        self.w, self.r, self.j = world, world.rng, world.json

    def write(self, what, p):
        if what == "note":
            return self.note(p)
        message = getattr(self, what)(p)
        if message is None:
            return []
        return self.place(message)

    def place(self, message):
        """A list of lines for one message: a string or bytes stays as it is."""
        return [message if isinstance(message, (str, bytes)) else self.j.line(message)]

    def end(self):
        return []

    def note(self, p):
        return []

    def repost(self, p):
        return None

    def edit(self, p):
        return None

    def control(self, p):
        return None

    def grey(self, p):
        return None

    def extra(self, o):
        if self.r.random() < 0.3:
            o["x_" + self.w.letters(4, "key", self.r.random())] = self.w.junk()
        return o

    def broken(self, p):
        """A good message with one thing wrong."""
        good = self.post(p)
        if self.r.random() < 0.5:
            return self.w.spoil(self.j.plain(good), p["tagged"])
        return self.wrong(good, p)

    outer_time = False     # whether the line around the message says the time, so that its own does not matter

    def a_wrong(self, ways, doubtful=0):
        """One of so many things that can be wrong; the first two are about the time, the last ones are doubtful."""
        return self.r.randrange(2 if self.outer_time else 0, ways if self.w.grey else ways - doubtful)

    BAD_TIMES = ["yesterday", "2026-02-30T19:04:05Z", "2026-11-21T25:04:05Z", "2026-11-21T19:04:05",
                 "2026-13-01T00:00:00Z",
                 "19:04:05Z", "2026-11-21", "", True, [], {}, None]


class Post(Writer):
    def at(self, ms):
        r, way = self.r, self.r.randrange(7)
        if way == 0:
            return ms
        if way == 1:
            return stamp(ms, 9, "".join(r.choice("0123456789") for _ in range(6)))
        if way == 2:
            return stamp(ms, 4, r.choice("0123456789"))
        if way == 3:
            return stamp(ms, offset=r.choice([60, -480, 330, 14 * 60, -210, 1]))
        if way == 4:
            digits = 0 if ms % 1000 == 0 else 1 if ms % 100 == 0 else 2 if ms % 10 == 0 else 3
            return stamp(ms, digits)
        if way == 5:
            return stamp(ms, z=r.choice(["Z", "z", "+00:00", "-00:00"]), t=r.choice("Tt"))
        return stamp(ms)

    def post(self, p):
        o = {"at": self.at(p["at"])}
        n = p["n"]
        if n % 10 != 3:
            o["id"] = "p" + self.w.letters(6, "id", n)
        if n % 11 != 5:
            o["author"] = f"{self.w.letters(5, 'author', p['author'])}.example"
        if p["structured"] or "tagged" in p:
            o["hashtags"] = [self.r.choice(["", "", "", "#", "＃", "﹟"]) + t for t in p["tags"]]
        if not p["structured"] or self.r.random() < 0.3:
            o["text"] = p["text"]
        return self.extra(o)

    def delete(self, p):
        o = {"at": self.at(p["del_at"]), "delete": "p" + self.w.letters(6, "id", p["n"])}
        if self.r.random() < 0.15:
            del o["at"]
        if self.r.random() < 0.04:
            o["at"] = self.r.choice(["soon", "2026-11-31T00:00:00Z", [], True])
        if self.r.random() < 0.03:
            o["delete"] = self.r.choice([5, 5] if self.w.grey else [None, [], {}])
        return self.extra(o)

    def note(self, p):
        o = {"at": self.at(p["at"]), "note": self.r.choice(["gap", "connected", "#" + self.w.hit()]),
             "source": "bluesky"}
        if self.r.random() < 0.5:
            o["ms"] = self.r.randrange(9999)
        return [self.j.line(o)]

    def wrong(self, o, p):
        way = self.r.randrange(6)
        tag = p["tags"][0]
        if way == 0:
            del o["at"]
        elif way <= 2:
            o["at"] = self.r.choice(self.BAD_TIMES)
        elif way == 3:
            o["hashtags"] = self.r.choice([tag, [tag, 5], {"tag": tag}, [[tag]], [{"name": tag}]])
            o["text"] = p["text"]
        elif way == 4:
            o.pop("hashtags", None)
            o["text"] = self.r.choice([["#" + tag], {"text": "#" + tag}])
        else:
            o.pop("hashtags", None)
            o.pop("text", None)
            o["content"] = "#" + tag
        return o

    def grey(self, p):
        o, r = self.post(p), self.r
        tag, way = r.choice(self.w.tags), r.randrange(12)
        o.pop("hashtags", None)
        o["text"] = "#" + tag
        ms = p["at"]
        if way == 0:
            o["at"] = Raw(f"{ms}.0")
        elif way == 1:
            o["at"] = str(ms)
        elif way == 2:
            o["at"] = stamp(ms - ms % 60_000, 0)[:-3] + "60Z"
        elif way == 3:
            o["id"] = p["n"]
        elif way == 4:
            o["id"], o["author"] = None, None
        elif way == 5:
            o["text"] = Raw('"\\ud83d #' + tag + '"')
        elif way == 6:
            o["hashtags"] = None
        elif way == 7:
            return self.j.plain(self.delete(dict(p, del_at=ms)))[:-3]
        elif way == 8:
            o["x"] = Raw("1e400")
        elif way == 9:
            o["x"] = Raw("[" * 200 + "]" * 200)
        elif way == 10:
            return self.j.plain(o)[:-1] + ',"at":' + str(ms + 1) + "}"
        else:
            o["text"] = "\0#" + tag + "\0"
        return o


def byte_index(text, part):
    start = len(text[:text.index(part)].encode())
    return {"byteStart": start, "byteEnd": start + len(part.encode())}


class Jetstream(Writer):
    COLLECTION = "app.bsky.feed.post"

    def did(self, author):
        return "did:plc:" + self.w.letters(24, "did", author)

    def envelope(self, author, ms, commit):
        o = {"did": self.did(author), "time_us": ms * 1000 + self.r.randrange(1000), "kind": "commit", "commit": commit}
        return self.extra(o)

    def commit(self, p, operation, collection=None):
        return {"rev": "3m" + self.w.letters(11, "rev", self.r.random()), "operation": operation,
                "collection": collection or self.COLLECTION, "rkey": "3m" + self.w.letters(11, "rkey", p["n"])}

    def record(self, p):
        o = {"$type": "app.bsky.feed.post", "createdAt": stamp(p["at"] - self.r.randrange(-60_000, 60_000)),
             "langs": ["en"], "text": p["text"]}
        if p["structured"] or "tagged" in p:
            way = self.r.randrange(4)
            facets = [{"$type": "app.bsky.richtext.facet", "index": {"byteStart": 0, "byteEnd": 3},
                       "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": t}]} for t in p["tags"]]
            if way == 0:
                facets.append({"index": {"byteStart": 0, "byteEnd": 1},
                               "features": [{"$type": "app.bsky.richtext.facet#mention", "did": self.did(0)},
                                            {"$type": "app.bsky.richtext.facet#link",
                                             "uri": "https://example.com/#" + self.w.hit()}]})
            if way == 1:
                facets.append({"index": {"byteStart": 0, "byteEnd": 1},
                               "features": [{"$type": "app.bsky.richtext.facet#tag",
                                             "tag": "$" + self.w.tags[0].upper()}]})
            if way == 2:
                o["tags"] = [self.r.choice(["", "#"]) + t for t in p["tags"]]
            elif way == 3 and len(facets) > 1:
                o["tags"] = p["tags"][1:]
                o["facets"] = facets[:1]
            else:
                o["facets"] = facets
        return self.extra(o)

    def post(self, p):
        c = self.commit(p, "create")
        c["record"] = self.record(p)
        c["cid"] = "bafyrei" + self.w.letters(52, "cid", p["n"])
        return self.envelope(p["author"], p["at"], c)

    def edit(self, p):
        c = self.commit(p, "update")
        c["record"] = self.record(p)
        c["cid"] = "bafyrei" + self.w.letters(52, "cid", p["n"], "update")
        return self.envelope(p["author"], p["edit_at"], c)

    def delete(self, p):
        c = self.commit(p, "delete")
        if self.r.random() < 0.05:
            c["collection"] = "app.bsky.feed.like"
        o = self.envelope(p["author"], p["del_at"], c)
        if self.w.grey and self.r.random() < 0.05:
            del c["rkey"]
        return o

    def repost(self, p):
        repost = "app.bsky.feed.repost"
        c = self.commit(p, "create", self.r.choice([repost, repost, "app.bsky.feed.like"]))
        rkey = "3m" + self.w.letters(11, "rkey", p["of"]["n"])
        c["record"] = {"$type": c["collection"], "createdAt": stamp(p["at"]), "subject": {
            "cid": "bafyrei" + self.w.letters(52, "cid", p["of"]["n"]),
            "uri": f"at://{self.did(p['of']['author'])}/{self.COLLECTION}/{rkey}"}}
        c["cid"] = "bafyrei" + self.w.letters(52, "cid", p["n"])
        return self.envelope(p["author"], p["at"], c)

    def control(self, p):
        did, us = self.did(self.r.randrange(9)), p["at"] * 1000 + 7
        time = stamp(p["at"])
        if self.r.random() < 0.5:
            return {"did": did, "time_us": us, "kind": "identity",
                    "identity": {"did": did, "handle": self.w.tags[0] + ".example", "seq": 11, "time": time}}
        return {"did": did, "time_us": us, "kind": "account", "account": {"active": False, "did": did, "seq": 12,
                                                                          "status": "deactivated", "time": time}}

    def wrong(self, o, p):
        way = self.a_wrong(5, doubtful=1)
        record = o["commit"]["record"]
        tag = p["tags"][0]
        if way == 0:
            del o["time_us"]
        elif way == 1:
            o["time_us"] = self.r.choice(["soon", None, [], stamp(p["at"])])
        elif way == 2:
            o["commit"]["record"] = self.r.choice(["#" + tag, ["#" + tag], None]) if p["tagged"] else None
            if o["commit"]["record"] is None:
                o["commit"]["cid"] = "#" + tag
        elif way == 3:
            del o["did"]
        else:
            record.pop("tags", None)
            record["facets"] = self.r.choice([tag, 5, [tag], [{"features": "#" + tag}],
                                              [{"features": [{"$type": "app.bsky.richtext.facet#tag", "tag": [tag]}]}]])
            record["text"] = p["text"]
        return o

    def grey(self, p):
        o = self.post(p)
        record = o["commit"]["record"]
        record["text"] = "#" + self.r.choice(self.w.tags)
        record.pop("tags", None)
        record.pop("facets", None)
        way = self.r.randrange(5)
        if way == 0:
            record["facets"] = [{"index": {"byteStart": 0, "byteEnd": 1},
                                 "features": [{"$type": "app.bsky.richtext.facet#link",
                                               "uri": "https://example.com/"}]}]
        elif way == 1:
            record["facets"] = []
        elif way == 2:
            o["time_us"] = Raw(f"{o['time_us']}.0")
        elif way == 3:
            o["commit"]["operation"] = "update"
            o["commit"]["record"] = "nothing"
        else:
            o["kind"] = "mystery"
        return o


class Jetstream2(Jetstream):
    SEQ = 41_000_000

    def envelope(self, author, ms, commit):
        o = {"$type": "network.bsky.jetstream.subscribeEvents#commit", "seq": self.SEQ + self.r.randrange(9999),
             "did": self.did(author), "time": stamp(ms, 6, f"{self.r.randrange(1000):03}")}
        o.update(commit)
        return {"$type": "message", "payload": self.extra(o)}

    def control(self, p):
        way = self.r.randrange(4)
        did, time = self.did(self.r.randrange(9)), stamp(p["at"], 6, "000")
        name = "network.bsky.jetstream.subscribeEvents#"
        if way == 0:
            return {"$type": "error", "error": "ConsumerTooSlow", "message": "too slow for #" + self.w.tags[0]}
        if way == 1:
            return {"$type": "message",
                    "payload": {"$type": name + "info", "name": "OutdatedCursor", "message": "clamped"}}
        if way == 2:
            return {"$type": "message", "payload": {"$type": name + "identity", "seq": 5, "did": did, "time": time,
                                                    "handle": self.w.tags[0] + ".example"}}
        return {"$type": "message", "payload": {"$type": name + "account", "seq": 5, "did": did, "time": time,
                                                "active": True}}

    def delete(self, p):
        o = Jetstream.delete(self, p)
        if self.w.grey and self.r.random() < 0.05:
            o["payload"].pop("rkey", None)
        return o

    def wrong(self, o, p):
        payload, way, tag = o["payload"], self.a_wrong(4), p["tags"][0]
        if way == 0:
            del payload["time"]
        elif way == 1:
            payload["time"] = self.r.choice(self.BAD_TIMES)
        elif way == 2:
            payload["record"] = ["#" + tag]
        else:
            del payload["did"]
        return o

    def grey(self, p):
        return None


class Mastodon(Writer):
    HOST = "social.example"

    def acct(self, author):
        name = self.w.letters(6, "acct", author)
        return name if author % 2 else f"{name}@other.example"

    def account(self, author):
        acct = self.acct(author)
        name = acct.split("@")[0]
        return {"id": str(1000 + author), "username": name, "acct": acct, "display_name": name.title(), "locked": False,
                "bot": author == 2, "url": f"https://{self.HOST}/@{acct}", "note": "<p>row " + str(author) + "</p>",
                "followers_count": 5, "fields": [], "emojis": []}

    def status_id(self, n):
        return str(115_000_000_000_000_000 + n * 7919)

    def status(self, p):
        n = p["n"]
        name = self.acct(p["author"]).split("@")[0]
        tags = p["tags"]
        if self.w.seed % 2 and self.r.random() < 0.2:
            tags = [t.replace("ö", "o") for t in tags]
        return self.extra({
            "id": self.status_id(n), "created_at": stamp(p["at"]), "in_reply_to_id": None, "sensitive": False,
            "spoiler_text": "", "visibility": "public", "language": "en",
            "uri": f"https://{self.HOST}/users/{name}/statuses/{self.status_id(n)}",
            "url": f"https://{self.HOST}/@{name}/{self.status_id(n)}", "replies_count": 0, "reblogs_count": 0,
            "favourites_count": 0, "edited_at": None, "content": "<p>" + p["text"] + "</p>", "reblog": None,
            "account": self.account(p["author"]), "media_attachments": [], "mentions": [],
            "tags": [{"name": t, "url": f"https://{self.HOST}/tags/x"} for t in tags], "emojis": [], "card": None,
            "poll": None})

    def post(self, p):
        return self.status(p)

    def boost(self, p):
        o = self.status(dict(p["of"], n=p["n"], author=p["author"], at=p["at"], tags=[]))
        o["uri"] += "/activity"
        o["reblog"] = self.status(p["of"])
        return o

    def repost(self, p):
        return self.boost(p)

    def delete(self, p):
        return None

    def place(self, message):
        if isinstance(message, dict) and self.r.random() < 0.1:
            page = [message] + [self.post(self.w.new_post()) for _ in range(self.r.randrange(3))]
            if self.r.random() < 0.2:
                page = []
            self.r.shuffle(page)
            return [self.j.line(page)] + ([] if page else [self.j.line(message)])
        return Writer.place(self, message)

    def wrong(self, o, p):
        way, tag = self.a_wrong(4), p["tags"][0]
        if way == 0:
            del o["created_at"]
        elif way == 1:
            o["created_at"] = self.r.choice(self.BAD_TIMES)
        elif way == 2:
            o["tags"] = self.r.choice([tag, [tag], 5, [{"name": [tag]}]])
        else:
            o["account"] = self.r.choice([None, "someone", 5])
        return o

    def grey(self, p):
        o, way = self.status(p), self.r.randrange(3)
        tag = self.r.choice(self.w.tags)
        if way == 0:
            del o["tags"]
            o["content"] = f"<p>hello <a href=\"https://{self.HOST}/tags/x\">#<span>{tag}</span></a></p>"
        elif way == 1:
            del o["uri"]
        else:
            o["edited_at"] = stamp(p["at"] + 5)
        return o


class MastodonStream(Mastodon):
    def event(self, event, payload=None):
        o = {"stream": ["hashtag", self.r.choice(self.w.tags)], "event": event}
        if payload is not None:
            o["payload"] = payload
        return o

    def post(self, p):
        return self.event("update", self.j.line(self.status(p)))

    def repost(self, p):
        return self.event("update", self.j.line(self.boost(p)))

    def edit(self, p):
        o = self.status(p)
        o["edited_at"] = stamp(p["edit_at"])
        return self.event("status.update", self.j.line(o))

    def delete(self, p):
        return self.event("delete", self.status_id(p["n"]))

    def control(self, p):
        way = self.r.randrange(5)
        if way == 0:
            return self.event("filters_changed")
        if way == 1:
            return {"error": "Unknown stream type", "status": 400}
        if way == 2:
            return self.event("announcement.delete", "7")
        if way == 3:
            return ":thump"
        return self.event("announcement", '{"id":"7","content":"<p>hello</p>"}')

    def place(self, message):
        lines = Writer.place(self, message)
        return lines * 2 if self.r.random() < 0.05 else lines

    def broken(self, p):
        status, way = self.status(p), self.r.randrange(3)
        if way == 0:
            return self.w.spoil(self.j.plain({"event": "update", "payload": self.j.plain(status)}), p["tagged"])
        if way == 1:
            spoilt = self.w.spoil(self.j.plain(status), p["tagged"])
            if isinstance(spoilt, bytes):
                spoilt = spoilt.decode("utf-8", "replace") + "?"
            return {"event": "update", "payload": spoilt}
        return {"event": "update", "payload": self.j.line(self.wrong(status, p))}

    def grey(self, p):
        o, way = self.status(p), self.r.randrange(3)
        if way == 0:
            return self.event("notification", self.j.line({"id": "9", "type": "mention", "status": o}))
        if way == 1:
            return self.event("status.update", "{")
        return self.event("delete", 5)


class X(Writer):
    def id(self, n):
        return str(1_990_000_000_000_000_000 + n * 104_729)

    def entities(self, p):
        text, out, end = p["text"], [], 0
        for t in p["tags"]:
            start = text.find(t, end)
            start = max(start - 1, 0)
            end = start + len(t) + 1
            out.append({"start": start, "end": end, "tag": t})
        return {"hashtags": out}

    def tweet(self, p):
        o = {"id": self.id(p["n"]), "text": p["text"], "created_at": stamp(p["at"]),
             "author_id": str(77_000 + p["author"]), "edit_history_tweet_ids": [self.id(p["n"])], "lang": "en"}
        if p["structured"] or "tagged" in p:
            o["entities"] = self.entities(p)
        if self.r.random() < 0.1:
            o["referenced_tweets"] = [{"type": self.r.choice(["quoted", "replied_to"]), "id": self.id(1)}]
        return self.extra(o)

    def line(self, tweet, includes=None):
        o = {"data": tweet}
        if includes:
            o["includes"] = includes
        if self.r.random() < 0.7:
            o["matching_rules"] = [{"id": "1", "tag": self.r.choice(self.w.tags)}]
        return o

    def post(self, p):
        return self.line(self.tweet(p))

    def edited(self, p):
        o = self.tweet(dict(p, at=p["edit_at"]))
        o["id"] = self.id(p["edit"])
        o["edit_history_tweet_ids"] = [self.id(p["n"]), self.id(p["edit"])]
        if self.r.random() < 0.3:
            o["edit_history_tweet_ids"].insert(1, self.id(p["edit"]) + "0")
        return o

    def edit(self, p):
        return self.line(self.edited(p))

    def retweet(self, p):
        of = self.tweet(p["of"])
        o = self.tweet(dict(p["of"], n=p["n"], author=p["author"], at=p["at"],
                            tags=p["of"]["tags"] if self.r.random() < 0.4 else [], text="RT @someone: …"))
        o["referenced_tweets"] = [{"type": "retweeted", "id": of["id"]}]
        return o, {"tweets": [of],
                   "users": [{"id": of["author_id"], "name": "Some One", "username": "someone_example"}]}

    def repost(self, p):
        return self.line(*self.retweet(p))

    def delete(self, p):
        return None

    def control(self, p):
        if self.r.random() < 0.5:
            return ""
        return {"errors": [{"title": "operational-disconnect", "disconnect_type": "UpstreamOperationalDisconnect",
                            "detail": "This stream has been disconnected upstream for operational reasons.",
                            "type": "https://api.x.com/2/problems/operational-disconnect"}]}

    def broken(self, p):
        o = self.post(p)
        if not p["tagged"]:
            o.pop("matching_rules", None)       # the rule's name is no hashtag, though it looks like one
            if not self.w.grey:
                del o["data"]["edit_history_tweet_ids"]     # cut off, nobody can tell whether it is an edit
        if self.r.random() < 0.5:
            return self.w.spoil(self.j.plain(o), p["tagged"])
        return self.wrong(o, p)

    def wrong(self, o, p):
        o["data"] = self.wrong_tweet(o["data"], p)
        if not p["tagged"]:
            o.pop("matching_rules", None)
        return o

    def wrong_tweet(self, t, p):
        way, tag = self.a_wrong(4, doubtful=2), p["tags"][0]
        if way == 0:
            del t["created_at"]
        elif way == 1:
            t["created_at"] = self.r.choice(self.BAD_TIMES)
        elif way == 2:
            t["entities"] = {"hashtags": self.r.choice([tag, [tag], [{"tag": 5, "note": tag}]])}
        else:
            t["id"] = self.r.choice([None, [], {}])
            t.pop("edit_history_tweet_ids", None)
        return t

    def grey(self, p):
        t = self.tweet(p)
        t.pop("entities", None)
        t["text"] = "#" + self.r.choice(self.w.tags)
        way = self.r.randrange(5)
        if way == 0:
            t["entities"] = {"urls": []}
        elif way == 1:
            return {"meta": {"result_count": 0}}
        elif way == 2:
            del t["author_id"]
        elif way == 3:
            t["referenced_tweets"] = [{"type": "retweeted", "id": "5"}]
        else:
            return t
        return self.line(t)


class XPage(X):
    def __init__(self, world):
        X.__init__(self, world)
        self.page, self.included = [], {"tweets": [], "users": []}

    def write(self, what, p):
        if what == "note":
            return []
        if what in ("control", "grey"):
            return [self.j.line({"errors": [{"title": "Not Found Error", "resource_type": "tweet"}]})]
        if what == "post":
            self.page.append(self.tweet(p))
        elif what == "edit":
            self.page.append(self.edited(p))
        elif what == "repost":
            tweet, includes = self.retweet(p)
            self.page.append(tweet)
            if self.r.random() < 0.9:
                self.included["tweets"] += includes["tweets"]
                self.included["users"] += includes["users"]
        elif what == "broken":
            if self.r.random() < 0.3:
                return [self.w.spoil(self.j.plain({"data": [self.tweet(p)], "meta": {"result_count": 1}}), p["tagged"])]
            self.page.append(self.wrong_tweet(self.tweet(p), p))
        return self.flush() if len(self.page) >= self.r.choice([1, 4, 9]) else []

    def flush(self):
        page, included = self.page, self.included
        self.page, self.included = [], {"tweets": [], "users": []}
        if not page:
            return []
        if not included["tweets"] and self.r.random() < 0.15:
            return [self.j.line(page)]
        o = {"data": page,
             "meta": {"result_count": len(page), "newest_id": "1", "oldest_id": "0", "next_token": "b26v89"}}
        if included["tweets"]:
            o["includes"] = included
        return [self.j.line(o)]

    def end(self):
        return self.flush()


class XOld(X):
    def broken(self, p):
        return Writer.broken(self, p)

    def tweet(self, p):
        id = self.id(p["n"])
        user = 77_000 + p["author"]
        o = {"created_at": old_stamp(p["at"]), "id": int(id), "id_str": id, "text": p["text"], "truncated": False,
             "user": {"id": user, "id_str": str(user), "name": "Some One", "screen_name": "someone_example",
                      "created_at": "Wed Aug 27 13:08:45 +0000 2008"},
             "entities": {"hashtags": [{"text": t, "indices": [0, 1 + len(t)]} for t in p["tags"]], "urls": [],
                          "user_mentions": [], "symbols": []},
             "retweet_count": 0, "favorited": False, "lang": "en"}
        if not p["structured"] and "tagged" not in p:
            del o["entities"]
        return self.extra(o)

    def post(self, p):
        return self.tweet(p)

    def edit(self, p):
        return None

    def repost(self, p):
        o = self.tweet(dict(p["of"], n=p["n"], author=p["author"], at=p["at"], text="RT @someone: …",
                            tags=p["of"]["tags"] if self.r.random() < 0.4 else []))
        o["retweeted_status"] = self.tweet(p["of"])
        return o

    def place(self, message):
        if isinstance(message, dict) and "id_str" in message and self.r.random() < 0.1:
            page = [message] + [self.post(self.w.new_post()) for _ in range(self.r.randrange(3))]
            return [self.j.line(page)]
        return Writer.place(self, message)

    def control(self, p):
        if self.r.random() < 0.5:
            return ""
        return {"limit": {"track": 14, "timestamp_ms": str(p["at"])}}

    def wrong(self, o, p):
        way, tag = self.a_wrong(4, doubtful=2), p["tags"][0]
        if way == 0:
            del o["created_at"]
        elif way == 1:
            o["created_at"] = self.r.choice(["Wed Foo 27 13:08:45 +0000 2008", "yesterday", None, [], True])
        elif way == 2:
            o["entities"] = {"hashtags": self.r.choice([tag, [tag], [{"text": [tag]}]])}
        else:
            o["id_str"] = self.r.choice([None, [], 5])
        return o

    def grey(self, p):
        if self.r.random() < 0.5:
            return {"statuses": [self.tweet(p)], "search_metadata": {"count": 1}}
        id = self.id(self.r.choice(self.w.posts[-20:])["n"])
        return {"delete": {"status": {"id": int(id), "id_str": id, "user_id": 5, "user_id_str": "5"},
                           "timestamp_ms": str(p["at"])}}


class NostrBare(Writer):
    def pubkey(self, author):
        return self.w.hex("pubkey", author)

    def event(self, n, author, ms, kind, tags, content):
        return self.extra({"content": content, "created_at": ms // 1000, "id": self.w.hex("id", n), "kind": kind,
                           "pubkey": self.pubkey(author), "sig": self.w.hex("sig", n) * 2, "tags": tags})

    def post(self, p):
        tags = [["t", self.r.choice(["", "", "", "#"]) + t] for t in p["tags"]]
        if self.r.random() < 0.4:
            tags.append(self.r.choice([["p", self.pubkey(1)], ["e", self.w.hex("id", 1), "", "root"], ["t"], [],
                                       ["client", self.w.tags[0]], ["r", "https://example.com/#" + self.w.tags[0]]]))
        self.r.shuffle(tags)
        return self.wrap(self.event(p["n"], p["author"], p["at"], 1, tags, p["text"]))

    def wrap(self, event):
        return event

    def inner(self, message):
        return message

    def delete(self, p):
        ids = [p["n"]]
        if self.r.random() < 0.3:
            same = [q["n"] for q in self.w.posts[-20:] if q["author"] == p["author"]]
            ids += same[:2]
        tags = [["e", self.w.hex("id", n)] for n in ids] + [["k", "1"]]
        self.r.shuffle(tags)
        self.w.serial += 1
        return self.wrap(self.event(self.w.serial, p["author"], p["del_at"], 5, tags, self.r.choice(["", "sorry"])))

    def repost(self, p):
        of = self.inner(self.post(p["of"]))
        content = self.j.plain(of)
        return self.wrap(self.event(p["n"], p["author"], p["at"], self.r.choice([6, 6, 16]),
                                    [["e", of["id"]], ["p", of["pubkey"]]], content))

    def control(self, p):
        self.w.serial += 1
        kind = self.r.choice([0, 3, 7])
        return self.wrap(self.event(self.w.serial, 0, p["at"], kind, [["p", self.pubkey(1)]],
                                    "+" if kind == 7 else '{"name":"' + self.w.tags[0] + '"}'))

    def wrong(self, o, p):
        e, way, tag = self.inner(o), self.a_wrong(4), p["tags"][0]
        if way == 0:
            del e["created_at"]
        elif way == 1:
            e["created_at"] = self.r.choice(["soon", None, [], True, stamp(p["at"])])
        elif way == 2:
            e["tags"] = self.r.choice([tag, [tag], {"t": tag}])
        else:
            e["pubkey"] = None
        return o

    def place(self, message):
        if isinstance(message, dict) and self.r.random() < 0.1:
            page = [message] + [self.post(self.w.new_post()) for _ in range(self.r.randrange(3))]
            return [self.j.line(page)]
        return Writer.place(self, message)

    def grey(self, p):
        way = self.r.randrange(3)
        tag = self.r.choice(self.w.tags)
        if way == 0:
            kind = self.r.choice([7, 20, 30023, 1111])
            return self.wrap(self.event(p["n"], p["author"], p["at"], kind, [["t", tag]], ""))
        if way == 1:
            return self.delete(dict(self.r.choice(self.w.posts[-20:]), author=99, del_at=p["at"]))
        return self.wrap(self.event(p["n"], p["author"], p["at"], 6, [["t", tag]], ""))


class Nostr(NostrBare):
    def wrap(self, event):
        return ["EVENT", self.w.letters(6, "sub"), event]

    def inner(self, message):
        return message[2]

    def place(self, message):
        return Writer.place(self, message)

    def control(self, p):
        sub = self.w.letters(6, "sub")
        return self.r.choice([["EOSE", sub], ["NOTICE", "slow down, #" + self.w.tags[0]],
                              ["CLOSED", sub, "rate-limited: one at a time"], ["AUTH", "challenge"],
                              NostrBare.control(self, p)])


class RawForm(Writer):
    """What `record --raw` writes: several networks in one file, each message with the recorder's own time."""

    def __init__(self, world):
        Writer.__init__(self, world)
        self.networks = [("bluesky", Jetstream(world)), ("mastodon", MastodonStream(world)), ("x", X(world)),
                         ("nostr", Nostr(world)), ("bluesky", Jetstream2(world))]
        for _, writer in self.networks:
            writer.outer_time = True

    def write(self, what, p):
        if what == "note":
            return Post(self.w).note(p)
        number = p["of"]["n"] if what == "repost" else p.get("n", self.r.randrange(5))
        source, writer = self.networks[number % 5]
        if what == "control" and isinstance(writer, (X, MastodonStream)):
            return []       # their heartbeats are no JSON
        if what == "broken":
            return [self.broken_line(source, writer, p)]
        message = getattr(writer, what)(p)
        if message is None:
            return []
        return self.wrap(source, p.get("del_at") or p.get("edit_at") or p["at"], message)

    def wrap(self, source, at, message):
        return [self.j.line({"at": Post(self.w).at(at), "source": source, "raw": message})]

    def broken_line(self, source, writer, p):
        way = self.r.randrange(3)
        if way == 0 or way == 2 and isinstance(writer, X) and not self.w.grey:
            return self.wrap(source, p["at"], self.r.choice(["<html>502 ", "oops {", "["]) + p["text"])[0]
        if way == 1:
            line = {"at": stamp(p["at"]), "source": "bluesky", "raw": Jetstream(self.w).post(p)}
            return self.w.cut(self.j.plain(line), p["tagged"])
        if isinstance(writer, MastodonStream):
            message = {"event": "update", "payload": self.j.plain(writer.wrong(writer.status(p), p))}
        else:
            message = writer.wrong(writer.post(p), p)
        return self.wrap(source, p["at"], message)[0]


WRITERS = {"post": Post, "jetstream": Jetstream, "jetstream2": Jetstream2, "mastodon": Mastodon,
           "mastodon-stream": MastodonStream, "x": X, "x-page": XPage, "x-v1": XOld, "nostr": Nostr,
           "nostr-bare": NostrBare, "raw": RawForm}


def recording(seed, kind, lines=300, grey=False):
    """The bytes of one recording."""
    return b"".join(World(seed, kind, grey).lines(lines))


def main():
    parser = argparse.ArgumentParser(description="Write a nasty recording.")
    parser.add_argument("seed", type=int)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--lines", type=int, default=300)
    parser.add_argument("--grey", action="store_true", help="also what the rules leave open")
    a = parser.parse_args()
    sys.stdout.buffer.write(recording(a.seed, a.kind, a.lines, a.grey))


if __name__ == "__main__":
    main()
