#!/usr/bin/env python3
"""Recounts a recording the slow and obvious way: the model that `hashtug tally --format jsonl` is compared with.

README: `recount.py FILE --team Tabs=tabs,teamtabs --team Spaces=spaces [--every 1s]` prints the same JSON lines as
`hashtug tally`, as far as the keys go that a recording decides: at, window_ms, teams, leader, posts.

Every line is decoded with `json.loads`, every matched post stays in one list for ever, and each snapshot counts that
list from scratch.
Nothing here is fast, nothing is bounded, and nothing is shared with the program.
Standard library only.

Where the rules leave room, this file takes the most literal reading.
`--reading N` takes the other reading of choice N, for those that name one.
The choices, by number:

 1. `now` moves before a post is judged: a post is checked for late, deleted and duplicate against a `now` that
    already includes its own time.
    So a second copy exactly one window after the first is matched, not a duplicate.
 2. Every post that names a team moves `now`: also one that a deletion named before (`revised`), and an edit.
    Deletions, reposts that are ignored, and posts without a team never do.
 3. A deletion is remembered while now <= its time + W, also one that has already taken a post back.
    Of several deletions of one id, each is remembered by itself.
 4. A deletion without a time, before any post that names a team: it gets the time of the first such post.
 5. A deletion is never `late`; its time plays no part in whether a matched post is taken back.
 6. An edit of a matched post in the window changes that post where it stands: it keeps its time and its place in
    the stream, only its team changes. It is `revised` even when the team stays the same.
 7. An edit of such a post that names no team any more takes the vote back and is counted `unmatched`, one that names
    two takes the vote back and is counted `both`, one that is itself older than the window is `late`: the first in
    the list of kinds counts. The other reading: every edit of such a post is `revised`.
 8. An edit of anything else is judged like a new post at the edit's own time, and can be matched.
    A post whose vote was taken back by an edit is no longer matched, so the next copy of it can be matched again.
 9. Edits are: Jetstream operation `update`, Mastodon `status.update`, an X post whose id is not the first of its
    `edit_history_tweet_ids`. A plain Mastodon status with `edited_at` is an ordinary copy.
10. A repost that is ignored is `unmatched` even if its time is broken.
    A Jetstream repost record holds no hashtags, so it is `unmatched` under both policies.
    Under `count` a Mastodon boost has the tags of `reblog`, an X retweet those of the post found in `includes` (its
    own if it is not there) or in `retweeted_status`, a Nostr kind 6 or 16 those of the event in its content.
11. Every control message counts as received and `unmatched`: Jetstream identity, account, sync, info and error,
    Mastodon filters_changed, announcements and errors, X errors, Nostr EOSE, NOTICE, CLOSED, OK and AUTH.
    Heartbeats are blank lines and lines that begin with a colon (`:thump`).
12. An empty page (`[]`, or X `meta` without `data`) is no message. A page that does not parse is one message.
13. Nostr: only kind 1 is a post; other kinds than 1, 5, 6 and 16 are `unmatched`. A kind 5 deletes only posts of the
    same pubkey. One that names several posts is one message: `revised` if any of them was matched and in the window.
14. A structured field that is there but empty means no hashtags: the text is not read then. Such fields are
    `hashtags` (post), `facets` or `tags` (Jetstream), `tags` (Mastodon, Nostr), `entities.hashtags` (X).
    `null` is not there.
15. More digits than milliseconds are cut off, not rounded. `:60` is the second after `:59`.
16. A message that cannot be decoded is `malformed` if a team's folded hashtag is a substring of its folded,
    unescaped text, or if it is visibly a deletion or an edit; else `unmatched`.
17. On Mastodon Latin diacritics are dropped on both sides before comparing.
18. Names of authors, like ids, are only equal within one network.
19. A post line's `hashtags` must be a list of strings, else it is malformed even if it has a good `text`.
20. The rate looks back 10 s also when the window is shorter; every matched post counts in it, spam too.
21. A leader needs strictly more votes than every other team.
22. A Unix time is an integer; a string of digits is no time.
23. In a raw line the shape of `raw` decides how it is read, whatever the source is called; a message in the post form
    is read as one. A string is never read as JSON. The message's own time is not read, so it may be missing or broken.
24. Joiners and variation selectors are dropped after the second NFKC, so letters they keep apart do not compose.
"""

import argparse
import gzip
import html
import json
import re
import subprocess
import sys
import unicodedata

KINDS = ["received", "matched", "unmatched", "both", "duplicate", "late", "revised", "malformed", "dropped"]
RATE_MS = 10_000


# ---------------------------------------------------------------- hashtags

def is_joiner_or_selector(c):
    return c in "\u200c\u200d" or "\ufe00" <= c <= "\ufe0f" or "\U000e0100" <= c <= "\U000e01ef" \
        or c in "\u180b\u180c\u180d\u180f"


def fold_text(s):
    s = unicodedata.normalize("NFKC", s).casefold()
    s = unicodedata.normalize("NFKC", s)
    return "".join(c for c in s if not is_joiner_or_selector(c))


def fold(tag):
    if tag[:1] in ("#", "＃", "﹟"):
        tag = tag[1:]
    return fold_text(tag)


BARE = str.maketrans({"đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ĸ": "k", "ŀ": "l", "ł": "l", "ŋ": "n", "ø": "o",
                      "ŧ": "t"})


def without_diacritics(s):
    """Drops the marks of Latin letters only: が keeps its own."""
    out = []
    for c in s:
        parts = unicodedata.normalize("NFD", c)
        if len(parts) > 1 and parts[0] in "abcdefghijklmnopqrstuvwxyz":
            c = parts[0]
        out.append(c.translate(BARE))
    return "".join(out)


IN_TAG = set("_\u200c\u200d\ua67e\u05be\u05f3\u05f4\uff5e\u301c\u309b\u309c\u30a0\u30fb\u3003\u0f0b\u0f0c\u00b7")
URL = re.compile(r"https?://[a-z0-9.-]+(?:/[a-z0-9!*';:=+,.$/%#\[\]\-_~@|&À-ɏЀ-ӿ]*)?"
                 r"(?:\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*)?", re.I)


def hashtags_in_text(text):
    """The twitter-text rules, as far as the generator and the fixtures go."""
    def letter(c):
        return unicodedata.category(c)[0] in "LM"

    def inside(c):
        return letter(c) or unicodedata.category(c) == "Nd" or c in IN_TAG

    urls = [m.span() for m in URL.finditer(text)]
    found, i, last = [], 0, 0       # last: the end of the last run, which the sign of the next one may not touch
    while i < len(text):
        start = i
        i += 1
        if text[start] not in "#＃" or start == last > 0:
            continue
        before = text[start - 1] if start else ""
        if before and before not in "\ufe0e\ufe0f" and (before == "&" or inside(before)):
            continue
        if text[i:i + 1] in ("\ufe0f", "\u20e3"):
            continue
        end = i
        while end < len(text) and inside(text[end]):
            end += 1
        tag = text[i:end]
        if not any(letter(c) for c in tag):
            continue
        i = last = end
        if text[end:end + 1] in ("#", "＃") or text[end:end + 3] == "://":
            continue
        if any(a <= start < b for a, b in urls):
            continue
        found.append(tag)
    return found


# ---------------------------------------------------------------- time

RFC3339 = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:([Zz])|([+-])(\d\d):(\d\d))", re.A)
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
OLD_X = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d\d) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d) (\d{4})", re.A)


class Malformed(Exception):
    """This message cannot be decoded."""


def days_from_civil(y, m, d):
    y -= m <= 2
    era = y // 400
    yoe = y - era * 400
    doy = (153 * (m + (-3 if m > 2 else 9)) + 2) // 5 + d - 1
    return era * 146097 + yoe * 365 + yoe // 4 - yoe // 100 + doy - 719468


def civil_from_days(z):
    z += 719468
    era = z // 146097
    doe = z - era * 146097
    yoe = (doe - doe // 1460 + doe // 36524 - doe // 146096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    m = mp + 3 if mp < 10 else mp - 9
    return yoe + era * 400 + (m <= 2), m, doy - (153 * mp + 2) // 5 + 1


def to_ms(y, mo, d, h, mi, s, fraction, sign, oh, om):
    leap = y % 4 == 0 and (y % 100 != 0 or y % 400 == 0)
    length = [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    if not (1 <= mo <= 12 and 1 <= d <= length[mo - 1] and h <= 23 and mi <= 59 and s <= 60 and oh <= 23 and om <= 59):
        raise Malformed("no such time")
    seconds = days_from_civil(y, mo, d) * 86400 + h * 3600 + mi * 60 + s
    seconds -= (1 if sign == "+" else -1) * (oh * 3600 + om * 60)
    return seconds * 1000 + int((fraction or "0")[:3].ljust(3, "0"))


def rfc3339(s):
    m = RFC3339.fullmatch(s) if isinstance(s, str) else None
    if not m:
        raise Malformed("not an RFC 3339 time")
    y, mo, d, h, mi, sec = (int(x) for x in m.group(1, 2, 3, 4, 5, 6))
    return to_ms(y, mo, d, h, mi, sec, m[7], m[9] or "+", int(m[10] or 0), int(m[11] or 0))


def x_time(s):
    m = OLD_X.fullmatch(s) if isinstance(s, str) else None
    if not m:
        return rfc3339(s)
    if m[1] not in MONTHS:
        raise Malformed("no such month")
    return to_ms(int(m[9]), MONTHS.index(m[1]) + 1, int(m[2]), int(m[3]), int(m[4]), int(m[5]), "", m[6],
                 int(m[7]), int(m[8]))


def integer(v):
    if isinstance(v, bool) or not isinstance(v, int):
        raise Malformed("not an integer")
    return v


def post_time(v):
    return rfc3339(v) if isinstance(v, str) else integer(v)


def iso(ms):
    if ms is None:
        return None
    days, rest = divmod(ms, 86_400_000)
    y, m, d = civil_from_days(days)
    s, ms = divmod(rest, 1000)
    return f"{y:04}-{m:02}-{d:02}T{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}.{ms:03}Z"


def duration(s):
    parts = re.findall(r"(\d+)(ms|s|m|h)", s)
    if not parts or "".join(a + b for a, b in parts) != s:
        raise argparse.ArgumentTypeError(f"not a duration: {s}")
    return sum(int(a) * {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}[b] for a, b in parts)


# ---------------------------------------------------------------- decoding
# A decoder takes one message and returns one of
#   ("post", {network, id, ids, author, at, tags, edit, repost})   ids: the names a deletion may use for it
#   ("delete", {network, ids, at, by})                             at None: no time of its own; by None: anybody
#   ("other",)                                                     a message, but neither post nor deletion
# or raises Malformed.

# `outer` is the time of the recorder's own line around the message; where there is one, the message's own is not read.

OTHER = ("other",)


def either(outer, own):
    return own() if outer is None else outer


def string(v):
    if not isinstance(v, str):
        raise Malformed("not a string")
    return v


def an_object(v):
    if not isinstance(v, dict):
        raise Malformed("not an object")
    return v


def list_of(v):
    if not isinstance(v, list):
        raise Malformed("not a list")
    return v


def post(network, id, author, at, tags, edit=False, repost=False, ids=None):
    return ("post", {"network": network, "id": id, "ids": ids or [id], "author": author, "at": at, "tags": tags,
                     "edit": edit, "repost": repost})


def delete(network, ids, at, by=None):
    return ("delete", {"network": network, "ids": ids, "at": at, "by": by})


def decode_post(m, outer=None):
    if "delete" in m:
        return delete("post", [string(m["delete"])], either(outer, lambda: post_time(m["at"]) if "at" in m else None))
    at = either(outer, lambda: post_time(m.get("at")))
    if m.get("hashtags") is not None:
        tags = [string(t) for t in list_of(m["hashtags"])]
    else:
        tags = hashtags_in_text(string(m.get("text")))
    id, author = m.get("id"), m.get("author")
    return post("post", None if id is None else string(id), None if author is None else string(author), at, tags)


def decode_jetstream(m, outer=None):
    if m.get("$type") == "message":
        p = an_object(m.get("payload"))
        if not str(p.get("$type", "")).endswith("#commit"):
            return OTHER
        commit, time = p, lambda: rfc3339(p.get("time"))
        did, has_time = p.get("did"), "time" in p
    elif m.get("kind") == "commit":
        commit, time = an_object(m.get("commit")), lambda: integer(m.get("time_us")) // 1000
        did, has_time = m.get("did"), "time_us" in m
    else:
        return OTHER
    collection = commit.get("collection")
    id = f"{string(did)}/{string(collection)}/{string(commit.get('rkey'))}"
    if commit.get("operation") == "delete":
        return delete("jetstream", [id], either(outer, lambda: time() if has_time else None))
    if collection != "app.bsky.feed.post":
        return OTHER
    record = an_object(commit.get("record"))
    tags, structured = [], False
    if record.get("facets") is not None:
        structured = True
        for facet in list_of(record["facets"]):
            for feature in list_of(an_object(facet).get("features")):
                if an_object(feature).get("$type") == "app.bsky.richtext.facet#tag":
                    tags.append(string(feature.get("tag")))
    if record.get("tags") is not None:
        structured = True
        tags += [string(t) for t in list_of(record["tags"])]
    if not structured:
        tags = hashtags_in_text(string(record.get("text")))
    return post("jetstream", id, did, either(outer, time), tags, edit=commit.get("operation") == "update")


def mastodon_tags(status):
    if status.get("tags") is not None:
        return [string(an_object(t).get("name")) for t in list_of(status["tags"])]
    return hashtags_in_text(html.unescape(re.sub(r"<[^>]*>", "", string(status.get("content")))))


def decode_status(s, edit, outer):
    id = string(s.get("id"))
    uri = string(s.get("uri", id))
    repost = s.get("reblog") is not None
    tags = mastodon_tags(an_object(s["reblog"]) if repost else s)
    return post("mastodon", uri, string(an_object(s.get("account")).get("acct")),
                either(outer, lambda: rfc3339(s.get("created_at"))), tags, edit, repost, ids=[id])


def decode_mastodon(m, outer=None):
    if "event" not in m:
        return decode_status(m, False, outer) if "account" in m or "content" in m or "tags" in m else OTHER
    if m["event"] == "delete":
        return delete("mastodon", [string(m.get("payload"))], outer)
    if m["event"] in ("update", "status.update"):
        status = m.get("payload")
        if isinstance(status, str):
            status = loads(status)
        return decode_status(an_object(status), m["event"] == "status.update", outer)
    return OTHER


def x_tags(t):
    entities = t.get("entities")
    if isinstance(entities, dict) and entities.get("hashtags") is not None:
        return [string(an_object(h).get("tag", h.get("text"))) for h in list_of(entities["hashtags"])]
    return hashtags_in_text(string(t.get("text", t.get("full_text"))))


def decode_tweet(t, includes, outer=None):
    if "id_str" in t:
        id = string(t["id_str"])
        author = string(an_object(t.get("user")).get("id_str"))
        original = t.get("retweeted_status")
        repost = original is not None
        at = either(outer, lambda: x_time(t.get("created_at")))
        return post("x", id, author, at, x_tags(original if repost else t), repost=repost)
    id = string(t.get("id"))
    history = t.get("edit_history_tweet_ids") or [id]
    referenced = [r["id"] for r in t.get("referenced_tweets") or [] if r.get("type") == "retweeted"]
    tags_of = t
    for i in (includes or {}).get("tweets") or []:
        if referenced and i.get("id") == referenced[0]:
            tags_of = i
    author = t.get("author_id")
    return post("x", history[0], None if author is None else string(author),
                either(outer, lambda: x_time(t.get("created_at"))), x_tags(tags_of), edit=history[0] != id,
                repost=bool(referenced))


def decode_old_deletion(v, outer=None):
    """v1.1 says `{"delete":{"status":{"id_str":..},"timestamp_ms":".."}}`."""
    time = v["delete"].get("timestamp_ms")
    id = string(an_object(v["delete"].get("status")).get("id_str"))
    return delete("x", [id], either(outer, lambda: None if time is None else int(time)))


def decode_nostr(m, outer=None):
    if isinstance(m, list):
        if not m or m[0] != "EVENT":
            return OTHER
        m = an_object(m[-1])
    if "kind" not in m:
        return OTHER
    kind = integer(m["kind"])
    if kind not in (1, 5, 6, 16):
        return OTHER
    rows = [list_of(r) for r in list_of(m.get("tags"))]
    at = either(outer, lambda: integer(m["created_at"]) * 1000 if "created_at" in m or kind != 5 else None)
    if kind == 5:
        return delete("nostr", [string(r[1]) for r in rows if len(r) > 1 and r[0] == "e"], at, string(m.get("pubkey")))
    if kind != 1:
        try:
            rows = loads(m.get("content"))["tags"]
        except (Malformed, TypeError, KeyError):
            rows = []
    tags = [r[1] for r in rows if len(r) > 1 and r[0] == "t"]
    return post("nostr", string(m.get("id")), string(m.get("pubkey")), at, tags, repost=kind != 1)


def loads(s):
    def refuse(word):
        raise ValueError(word)
    try:
        return json.loads(s, parse_constant=refuse)
    except (ValueError, RecursionError, TypeError) as error:
        raise Malformed(str(error)) from error


def shape_of(v):
    """Which feed a decoded message belongs to, or None where it doesn't tell."""
    if isinstance(v, list):
        if v and isinstance(v[0], str):
            return "nostr" if v[0] in ("EVENT", "EOSE", "NOTICE", "CLOSED", "OK", "AUTH") else None
        return next(filter(None, map(shape_of, v)), None)
    if not isinstance(v, dict):
        return None
    if "raw" in v or "delete" in v and "at" in v or "at" in v and ("hashtags" in v or "text" in v):
        return "post"
    if v.get("kind") in ("commit", "identity", "account") or v.get("$type") in ("message", "error"):
        return "jetstream"
    if isinstance(v.get("event"), str) or "account" in v:
        return "mastodon"
    if "pubkey" in v:
        return "nostr"
    if "data" in v or "id_str" in v or "author_id" in v or "statuses" in v or "matching_rules" in v or "meta" in v:
        return "x"
    return None


def is_edit_or_deletion(v):
    """Says so of a message that cannot be decoded as a whole."""
    if isinstance(v, list):
        return any(isinstance(e, dict) and e.get("kind") == 5 for e in v)
    if not isinstance(v, dict):
        return False
    commit = v.get("commit") if isinstance(v.get("commit"), dict) else v.get("payload")
    return "delete" in v or v.get("event") in ("delete", "status.update") or v.get("kind") == 5 \
        or isinstance(commit, dict) and commit.get("operation") in ("update", "delete")


class Reader:
    """Turns lines into messages: ("post", ..), ("delete", ..), ("other",), ("malformed",)."""

    def __init__(self, feed, teams):
        self.feed = feed
        self.keys = [k for t in teams for k in t["hashtags"]]

    def broken(self, text, certain):
        s = re.sub(r"\\+u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), text)
        s = s.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        s = fold_text(s.replace("\\", ""))
        can = any(k in s or without_diacritics(k) in without_diacritics(s) for k in self.keys)
        return ("malformed",) if can or certain else OTHER

    def line(self, raw):
        text = raw.decode("utf-8", "replace").strip()
        if not text or text.startswith(":"):
            return []
        try:
            value = loads(raw.decode("utf-8"))
        except (Malformed, UnicodeDecodeError):
            certain = re.match(r'\{("at":("[^"]*"|\d+),)?"delete":', text) is not None
            return [self.broken(text, certain)]
        return self.messages(value, self.feed)

    def messages(self, v, feed, at=None):
        if isinstance(v, dict) and "note" in v and feed in ("auto", "post"):
            return []
        if isinstance(v, dict) and "raw" in v and feed in ("auto", "post"):
            try:
                at = post_time(v.get("at"))
            except Malformed:
                return [self.broken(json.dumps(v), is_edit_or_deletion(v["raw"]))]
            if isinstance(v["raw"], str):
                inner = v["raw"].strip()
                return [] if not inner or inner.startswith(":") else [self.broken(inner, False)]
            return self.messages(v["raw"], shape_of(v["raw"]), at)
        if feed == "nostr" and isinstance(v, list) and v and isinstance(v[0], str):
            return [self.one(v, decode_nostr, at)]
        if isinstance(v, list) and feed != "post":
            return [m for e in v for m in self.messages(e, feed, at)]
        if feed == "x" and isinstance(v, dict):
            return self.x(v, at)
        decoder = {"post": decode_post, "jetstream": decode_jetstream, "mastodon": decode_mastodon,
                   "nostr": decode_nostr}.get(feed, lambda m, outer: OTHER)
        return [self.one(v, lambda m, outer: decoder(an_object(m), outer), at)]

    def x(self, v, at):
        if "statuses" in v:
            return [self.one(t, lambda t, outer: decode_tweet(an_object(t), None, outer), at) for t in v["statuses"]]
        if "data" in v:
            page = v["data"] if isinstance(v["data"], list) else [v["data"]]
            return [self.one(t, lambda t, outer: decode_tweet(an_object(t), v.get("includes"), outer), at)
                    for t in page]
        if isinstance(v.get("delete"), dict):
            return [self.one(v, decode_old_deletion, at)]
        if "id" in v or "id_str" in v or "text" in v:
            return [self.one(v, lambda t, outer: decode_tweet(t, None, outer), at)]
        return [] if "meta" in v else [OTHER]

    def one(self, v, decoder, at):
        try:
            return decoder(v, at)
        except (Malformed, TypeError, AttributeError, KeyError, IndexError):
            return self.broken(json.dumps(v, ensure_ascii=False), is_edit_or_deletion(v))


# ---------------------------------------------------------------- counting

class Recount:
    def __init__(self, teams, window, vote, reposts, every, readings, out):
        self.teams, self.window, self.vote, self.reposts, self.every = teams, window, vote, reposts, every
        self.readings, self.out = readings, out
        self.posts = []          # every post that was ever matched, in stream order
        self.deletions = []      # every deletion ever
        self.now = None
        self.step = None         # the next time to print
        self.total = [0] * len(teams)
        self.count = dict.fromkeys(KINDS, 0)

    def teams_of(self, p):
        def key(tag):
            tag = fold(tag)
            return without_diacritics(tag) if p["network"] == "mastodon" else tag
        named = {key(t) for t in p["tags"]}
        return [i for i, t in enumerate(self.teams) if named & {key(h) for h in t["hashtags"]}]

    def arrive(self, at):
        """A post that names a team is here: print what lies before it, and move the clock."""
        if self.now is None:
            self.now = at
            if self.every:
                self.step = -(-at // self.every) * self.every
            for d in self.deletions:
                if d["at"] is None:
                    d["at"] = at
        while self.step is not None and at > self.step:
            self.print(self.step)
            self.step += self.every
        self.now = max(self.now, at)

    def matched_in_window(self, network, id):
        if id is None or self.now is None:
            return None
        for p in self.posts:
            if p["id"] == id and p["network"] == network and p["counts"] and p["at"] > self.now - self.window:
                return p
        return None

    def deleted(self, p):
        return any(d["network"] == p["network"] and i in p["ids"] and d["by"] in (None, p["author"])
                   and self.now <= d["at"] + self.window for d in self.deletions for i in d["ids"])

    def take(self, message):
        kind = self.judge(message)
        self.count["received"] += 1
        self.count[kind] += 1

    def judge(self, message):
        if message[0] == "malformed":
            return "malformed"
        if message[0] == "other":
            return "unmatched"
        if message[0] == "delete":
            return self.judge_deletion(message[1])
        p = message[1]
        if p["repost"] and self.reposts == "ignore":
            return "unmatched"
        named = self.teams_of(p)
        if named:
            self.arrive(p["at"])
        old = self.matched_in_window(p["network"], p["id"])
        if p["edit"] and old:
            self.total[old["team"]] -= 1
            old["counts"] = False
            if len(named) == 1:
                old["team"], old["counts"] = named[0], True
                self.total[named[0]] += 1
            if 7 in self.readings:
                return "revised"
        if not named:
            return "unmatched"
        if len(named) > 1:
            return "both"
        if p["at"] <= self.now - self.window:
            return "late"
        if p["edit"] and old or self.deleted(p):
            return "revised"
        if old:
            return "duplicate"
        self.total[named[0]] += 1
        self.posts.append(dict(p, team=named[0], counts=True))
        return "matched"

    def judge_deletion(self, d):
        d = dict(d)
        if d["at"] is None:
            d["at"] = self.now
        self.deletions.append(d)
        kind = "unmatched"
        for p in self.posts:
            if p["network"] == d["network"] and p["counts"] and p["at"] > self.now - self.window \
                    and set(d["ids"]) & set(p["ids"]) and d["by"] in (None, p["author"]):
                p["counts"] = False
                self.total[p["team"]] -= 1
                kind = "revised"
        return kind

    def snapshot(self, t):
        inside = [] if t is None else [p for p in self.posts if p["counts"] and t - self.window < p["at"] <= t]
        recent = [] if t is None else [p for p in self.posts if p["counts"] and t - RATE_MS < p["at"] <= t]
        votes = [0] * len(self.teams)
        if self.vote == "every":
            for p in inside:
                votes[p["team"]] += 1
        else:
            newest = {}
            for i, p in enumerate(inside):
                voter = ("line", i) if p["author"] is None else (p["network"], p["author"])
                if voter not in newest or p["at"] >= newest[voter]["at"]:
                    newest[voter] = p
            for p in newest.values():
                votes[p["team"]] += 1
        everything = sum(votes)
        first = max(votes)
        return {
            "at": iso(t),
            "window_ms": self.window,
            "teams": [{
                "name": team["name"],
                "hashtags": team["hashtags"],
                "votes": votes[i],
                "share": votes[i] / everything if everything else 1 / len(self.teams),
                "rate": sum(p["team"] == i for p in recent) / (RATE_MS / 1000),
                "total": self.total[i],
            } for i, team in enumerate(self.teams)],
            "leader": self.teams[votes.index(first)]["name"] if votes.count(first) == 1 else None,
            "posts": dict(self.count),
        }

    def print(self, t):
        self.out(self.snapshot(t))


# ---------------------------------------------------------------- command line

def read(path):
    if path == "-":
        return sys.stdin.buffer.read()
    if path.endswith(".gz"):
        return gzip.open(path).read()
    if path.endswith(".zst"):
        return subprocess.run(["zstd", "-dcq", path], check=True, stdout=subprocess.PIPE).stdout
    with open(path, "rb") as file:
        return file.read()


def parse_team(s):
    name, tags = s.split("=", 1)
    return {"name": name, "hashtags": [fold(t) for t in tags.split(",")]}


def recount(data, teams, window=60_000, vote="latest", reposts="ignore", feed="auto", every=None, readings=()):
    """All snapshots of one recording, as a list of objects."""
    lines = data.split(b"\n")
    if feed == "auto":
        for line in lines:
            try:
                feed = shape_of(loads(line.decode("utf-8")))
            except (Malformed, UnicodeDecodeError):
                continue
            if feed:
                break
        feed = feed or "post"
    snapshots = []
    reader = Reader(feed, teams)
    count = Recount(teams, window, vote, reposts, every, readings, snapshots.append)
    for line in lines:
        for message in reader.line(line):
            count.take(message)
    count.print(count.now)
    return snapshots


def main():
    parser = argparse.ArgumentParser(description="Recount a recording the slow way.")
    parser.add_argument("file")
    parser.add_argument("--team", action="append", type=parse_team, required=True)
    parser.add_argument("--window", type=duration, default=60_000)
    parser.add_argument("--vote", choices=["latest", "every"], default="latest")
    parser.add_argument("--reposts", choices=["ignore", "count"], default="ignore")
    parser.add_argument("--feed", choices=["auto", "post", "jetstream", "mastodon", "x", "nostr"], default="auto")
    parser.add_argument("--every", type=duration)
    parser.add_argument("--reading", action="append", type=int, default=[])
    a = parser.parse_args()
    for s in recount(read(a.file), a.team, a.window, a.vote, a.reposts, a.feed, a.every, a.reading):
        print(json.dumps(s, ensure_ascii=False, separators=(",", ":")))


if __name__ == "__main__":
    main()
