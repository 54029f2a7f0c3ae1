#!/usr/bin/env python3
"""Runs `hashtug tally` and the recount over many generated recordings and says where they differ.

README: `compare.py BINARY [--seeds N] [--first SEED] [--kind KIND]... [--lines N] [--grey] [--reading N]...`.
Exit code 0 if every snapshot of every recording is equal, 1 on a difference. Each difference is cut down to the
fewest lines that still show it. Standard library only (and the `zstd` command for compressed recordings).

For every seed and kind: one combination of vote, reposts, --every and --feed, so that N seeds cover them all.
Every fifth recording is also read from stdin, as .gz and as .zst, and a second time, with equal bytes expected.
"""

import argparse
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True      # a test leaves nothing behind in the tree
import generate  # noqa: E402
import recount  # noqa: E402

FEEDS = {"post": "post", "jetstream": "jetstream", "jetstream2": "jetstream", "mastodon": "mastodon",
         "mastodon-stream": "mastodon", "x": "x", "x-page": "x", "x-v1": "x", "nostr": "nostr", "nostr-bare": "nostr",
         "raw": "auto"}


class Case:
    """One recording and the options it is counted with."""

    def __init__(self, seed, kind, lines, grey, readings):
        self.seed, self.kind, self.readings = seed, kind, readings
        self.teams, self.window = generate.settings(seed)
        turn = seed + generate.KINDS.index(kind)
        self.vote = ["latest", "every"][turn % 2]
        self.reposts = ["ignore", "count"][turn // 2 % 2]
        self.every = [1000, None, 250, 1000][turn // 4 % 4]
        self.feed = "auto" if turn % 3 == 0 else FEEDS[kind]
        self.data = generate.recording(seed, kind, lines, grey)

    def options(self):
        out = [f"--team={t}" for t in self.teams]
        out += ["--window", f"{self.window // 1000}s", "--vote", self.vote]
        out += ["--reposts", self.reposts, "--feed", self.feed]
        return out + (["--every", f"{self.every}ms"] if self.every else [])

    def expected(self, data):
        teams = [recount.parse_team(t) for t in self.teams]
        return recount.recount(data, teams, self.window, self.vote, self.reposts, self.feed, self.every,
                               self.readings)


class Program:
    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder

    def run(self, case, data, way="file"):
        path = os.path.join(self.folder, "recording.jsonl" + {"gz": ".gz", "zst": ".zst"}.get(way, ""))
        if way == "gz":
            data = gzip.compress(data, 1)
        if way == "zst":
            data = subprocess.run(["zstd", "-qc", "-1"], input=data, stdout=subprocess.PIPE, check=True).stdout
        with open(path, "wb") as file:
            file.write(data)
        command = [self.binary, "tally", "-" if way == "stdin" else path, "--format", "jsonl", *case.options()]
        done = subprocess.run(command, input=data if way == "stdin" else b"", capture_output=True, timeout=60,
                              cwd=self.folder)
        return done.stdout, done

    def snapshots(self, case, data):
        out, done = self.run(case, data)
        if done.returncode:
            return [{"exit": done.returncode, "stderr": done.stderr.decode("utf-8", "replace")[-400:]}]
        return [json.loads(line) for line in out.splitlines()]


def difference(ours, theirs, path=""):
    """The first place where the program's value is not the recount's, or None. Extra keys are fine."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key, value in ours.items():
            if key not in theirs:
                return f"{path}.{key} is missing"
            found = difference(value, theirs[key], f"{path}.{key}")
            if found:
                return found
        return None
    if isinstance(ours, list) and isinstance(theirs, list):
        for i, (a, b) in enumerate(zip(ours, theirs)):
            found = difference(a, b, f"{path}[{i}]")
            if found:
                return found
        return None if len(ours) == len(theirs) else f"{path}: {len(ours)} expected, {len(theirs)} found"
    if isinstance(ours, float) or isinstance(theirs, float):
        same = isinstance(ours, (int, float)) and isinstance(theirs, (int, float)) and abs(ours - theirs) < 1e-9
    else:
        same = ours == theirs
    if same:
        return None
    ours, theirs = (json.dumps(v, ensure_ascii=False) for v in (ours, theirs))
    return f"{path}: {ours} expected, {theirs} found"


def shrink(lines, differs):
    """Drops lines while the difference stays."""
    size = max(len(lines) // 2, 1)
    while True:
        i, dropped = 0, False
        while i < len(lines):
            fewer = lines[:i] + lines[i + size:]
            if fewer and differs(fewer):
                lines, dropped = fewer, True
            else:
                i += size
        if size == 1 and not dropped:
            return lines
        size = max(size // 2, 1)


def nameless(out):
    """The output without the name of the file it was read from."""
    return re.sub(rb'"name":"[^"]*","kind":"replay"', b'"kind":"replay"', out)


def kind_of_counts(snapshots):
    return {k: v for k, v in snapshots[-1].get("posts", {}).items() if v} if snapshots else None


def report(case, program):
    def differs(lines):
        data = b"\n".join(lines)
        return difference(case.expected(data), program.snapshots(case, data)) is not None
    if case.feed == "auto" and case.kind != "raw":
        case.feed = FEEDS[case.kind]        # fewer lines tell less about the feed, so name it if that changes nothing
        if not differs(case.data.split(b"\n")):
            case.feed = "auto"
    lines = shrink(case.data.split(b"\n"), differs)
    data = b"\n".join(lines)
    ours, theirs = case.expected(data), program.snapshots(case, data)
    print(f"\n=== seed {case.seed} kind {case.kind}: hashtug tally {' '.join(case.options())}")
    for line in lines:
        print("   ", line.decode("utf-8", "backslashreplace"))
    print("  differs:", difference(ours, theirs))
    print("  recount:", kind_of_counts(ours))
    print("  program:", kind_of_counts(theirs) or theirs)
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description="Compare hashtug tally with the recount.")
    parser.add_argument("binary")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--kind", action="append", choices=generate.KINDS)
    parser.add_argument("--lines", type=int, default=300)
    parser.add_argument("--grey", action="store_true")
    parser.add_argument("--reading", action="append", type=int, default=[], help="the recount's other reading of N")
    parser.add_argument("--show", type=int, default=10, help="how many differences to cut down and print")
    a = parser.parse_args()
    total = bad = 0
    with tempfile.TemporaryDirectory() as folder:
        program = Program(os.path.abspath(a.binary), folder)
        for seed in range(a.first, a.first + a.seeds):
            for kind in a.kind or generate.KINDS:
                case = Case(seed, kind, a.lines, a.grey, a.reading)
                total += 1
                if difference(case.expected(case.data), program.snapshots(case, case.data)):
                    bad += 1
                    if bad <= a.show:
                        report(case, program)
                    continue
                if total % 5 == 0:
                    first = nameless(program.run(case, case.data)[0])
                    for way in ("file", "stdin", "gz", "zst"):
                        if nameless(program.run(case, case.data, way)[0]) != first:
                            bad += 1
                            print(f"\n=== seed {seed} kind {kind}: read as {way}, other bytes:",
                                  *case.options())
    print(f"{total - bad} of {total} recordings agree")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
