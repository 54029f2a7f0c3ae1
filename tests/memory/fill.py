#!/usr/bin/env python3
"""Feeds `hashtug tally` more authors, posts and deletions than it holds, in the orders that cost most,
and says how much memory it took at the peak. Fails above what the guide names.

    tests/memory/fill.py target/release/hashtug
"""

import os
import subprocess
import sys

MOST_MB = 200
START = 1795287846000
SPAN = 58000
TALLY = "tally - --team Tabs=tabs --team Spaces=spaces --window 60s --vote latest --reposts ignore"


def posts(number, authors, backwards):
    yield '{"at":%d,"id":"first","author":"first","hashtags":["tabs"]}\n' % (START + SPAN)
    for post in range(number):
        at = post * SPAN // number
        at = START + (SPAN - at if backwards else at)
        team = ("tabs", "spaces")[post % 2]
        yield '{"at":%d,"id":"%d","author":"%d","hashtags":["%s"]}\n' % (at, post, post % authors, team)


def mastodon(number, backwards):
    """Each of these posts has a second name, by which it can be deleted."""
    for post in range(number):
        second = post * SPAN // number // 1000
        second = SPAN // 1000 - second if backwards else second
        yield (
            '{"id":"%d","uri":"https://m.example/%d","created_at":"2026-11-21T19:04:%02d.000Z",'
            '"account":{"acct":"u%d","url":"https://m.example/@u%d"},"tags":[{"name":"tabs"}]}\n'
            % (post, post, second, post, post)
        )


def deletions(number, backwards):
    for post in range(number):
        at = post * SPAN // number
        yield '{"at":%d,"delete":"gone %d"}\n' % (START + (SPAN - at if backwards else at), post)


def peak_mb(program, lines):
    tally = subprocess.Popen([program, *TALLY.split()], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    text = []
    for line in lines:
        text.append(line)
        if len(text) == 10000:
            tally.stdin.write("".join(text).encode())
            text.clear()
    tally.stdin.write("".join(text).encode())
    tally.stdin.close()
    snapshot = tally.stdout.read().decode()
    _, status, usage = os.wait4(tally.pid, 0)
    assert status == 0 and '"malformed":0' in snapshot, snapshot
    evicted = snapshot[snapshot.index('"evicted"') :].split("}")[0] + "}"
    return usage.ru_maxrss // 1024, evicted


def both(backwards):
    yield from posts(5_000_000, 5_000_000, backwards)
    yield from deletions(2_000_000, backwards)


CASES = {
    "5,000,000 authors": lambda: posts(5_000_000, 5_000_000, False),
    "5,000,000 authors, backwards": lambda: posts(5_000_000, 5_000_000, True),
    "5,000,000 posts of ten authors": lambda: posts(5_000_000, 10, False),
    "5,000,000 authors of Mastodon, backwards": lambda: mastodon(5_000_000, True),
    "2,000,000 deletions": lambda: deletions(2_000_000, False),
    "5,000,000 authors and 2,000,000 deletions": lambda: both(False),
    "both, backwards": lambda: both(True),
}


def main():
    program = sys.argv[1]
    failed = False
    for name, lines in CASES.items():
        peak, evicted = peak_mb(program, lines())
        print(f"{peak:4} MB  {name}; {evicted}", flush=True)
        assert evicted != '"evicted":{"posts":0,"deletions":0}', "it was not filled"
        failed |= peak > MOST_MB
    if failed:
        sys.exit(f"error: more than {MOST_MB} MB")


main()
