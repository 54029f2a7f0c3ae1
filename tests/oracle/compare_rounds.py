#!/usr/bin/env python3
"""Runs `hashtug tally` and the model of rounds over many random evenings and says where they differ.

README: `compare_rounds.py BINARY [--seeds N] [--first SEED] [--lines N] [--grey] [--reading N]...`.
Exit code 0 if all results and every last snapshot are equal, 1 on a difference. Each difference is cut down to the
fewest lines that still show it, and the readings of the model are named with which the evening would agree.
Standard library only.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import tomllib

sys.dont_write_bytecode = True      # a test leaves nothing behind in the tree
import evenings  # noqa: E402
import rounds  # noqa: E402
from compare import difference, shrink  # noqa: E402


class Case:
    def __init__(self, seed, lines, grey, readings):
        self.seed, self.readings = seed, readings
        self.toml, self.data = evenings.evening(seed, lines, grey)
        self.config = tomllib.loads(self.toml)

    def expected(self, data, more=()):
        return rounds.tally(self.config, data, [*self.readings, *more])


class Program:
    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder

    def printed(self, case, data):
        for name, content in (("evening.toml", case.toml.encode()), ("evening.jsonl", data)):
            with open(os.path.join(self.folder, name), "wb") as file:
                file.write(content)
        command = [self.binary, "tally", "evening.jsonl", "-c", "evening.toml", "--format", "jsonl"]
        done = subprocess.run(command, capture_output=True, timeout=60, cwd=self.folder)
        if done.returncode:
            return [{"exit": done.returncode, "stderr": done.stderr.decode("utf-8", "replace")[-400:]}]
        return [json.loads(line) for line in done.stdout.splitlines()]


def report(case, program):
    def differs(lines):
        data = b"\n".join(lines)
        return difference(case.expected(data), program.printed(case, data)) is not None
    theirs = program.printed(case, case.data)
    agreeing = [n for n in rounds.READINGS if difference(case.expected(case.data, [n]), theirs) is None]
    lines = shrink(case.data.split(b"\n"), differs)
    data = b"\n".join(lines)
    print(f"\n=== seed {case.seed}")
    print(case.toml[:case.toml.index("[[source]]")])
    for line in lines:
        print("   ", line.decode("utf-8", "backslashreplace"))
    print("  differs:", difference(case.expected(data), program.printed(case, data)))
    if agreeing:
        print("  the whole evening agrees with the model's reading", " or ".join(map(str, agreeing)))
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description="Compare hashtug tally with the model of rounds.")
    parser.add_argument("binary")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--lines", type=int, default=160)
    parser.add_argument("--grey", action="store_true")
    parser.add_argument("--reading", action="append", type=int, default=[], help="the model's other reading of N")
    parser.add_argument("--show", type=int, default=5, help="how many differences to cut down and print")
    a = parser.parse_args()
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        program = Program(os.path.abspath(a.binary), folder)
        for seed in range(a.first, a.first + a.seeds):
            case = Case(seed, a.lines, a.grey, a.reading)
            if difference(case.expected(case.data), program.printed(case, case.data)):
                bad += 1
                if bad <= a.show:
                    report(case, program)
    print(f"{a.seeds - bad} of {a.seeds} evenings agree")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
