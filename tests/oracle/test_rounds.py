#!/usr/bin/env python3
"""The model of rounds against evenings that were counted by hand from the rules.

README: `python3 tests/oracle/test_rounds.py`, and with `HASHTUG_BIN=target/debug/hashtug` the same evenings through
`hashtug tally` in the model's place (but for what is asked of the model's other readings).
Times are seconds of an evening that begins at 19:00:00.
The expected numbers come from the rules, by hand, and not from the model. Standard library only.
"""

import copy
import json
import os
import subprocess
import sys
import tempfile
import tomllib
import unittest
from fractions import Fraction

sys.dont_write_bytecode = True      # a test leaves nothing behind in the tree
import evenings  # noqa: E402
import recount  # noqa: E402
import rounds  # noqa: E402

BASE = 1795287600000        # 2026-11-21T19:00:00Z
PROGRAM = os.environ.get("HASHTUG_BIN")


def stamp(t):
    return recount.iso(BASE + round(t * 1000))


def line(**keys):
    return json.dumps(keys).encode()


class Evening:
    """Writes a recording, line after line."""

    def __init__(self):
        self.lines, self.serial = [], 0

    def post(self, t, tag, author=None, id=None, seen=None, source=None):
        self.serial += 1
        keys = {"at": stamp(t), "id": id or f"p{self.serial}", "author": author or f"a{self.serial}",
                "hashtags": tag.split()}
        if seen is not None:
            keys["seen"] = stamp(seen)
        if source:
            keys["source"] = source
        self.lines.append(line(**keys))
        return self

    def votes(self, t, tag, n, **keys):
        for _ in range(n):
            self.post(t, tag, **keys)
        return self

    def delete(self, t, id):
        keys = {"delete": id} if t is None else {"at": stamp(t), "delete": id}
        self.lines.append(line(**keys))
        return self

    def edit(self, t, tag, id, operation="update", author="did:plc:ada"):
        """A post of Bluesky in a raw line: the first time with the operation `create`."""
        facets = [{"features": [{"$type": "app.bsky.richtext.facet#tag", "tag": x}]} for x in tag.split()]
        commit = {"operation": operation, "collection": "app.bsky.feed.post", "rkey": id,
                  "record": {"text": "", "facets": facets}}
        raw = {"did": author, "time_us": 1, "kind": "commit", "commit": commit}
        self.lines.append(line(at=stamp(t), source="bluesky", raw=raw))
        return self

    def command(self, t, command, **arguments):
        self.lines.append(line(at=stamp(t), command=command, **arguments))
        return self

    def phase(self, t, name):
        self.lines.append(line(at=stamp(t), phase=name))
        return self

    def raw(self, text):
        self.lines.append(text.encode())
        return self

    def tally(self, *readings, contest=None, teams=None, questions=None, **round_):
        settings = {"length": "60s", "countdown": "0s", "grace": "5s"}
        settings.update(round_)
        toml = {"contest": {"window": "10s", **(contest or {})}, "round": settings,
                "question": questions or [
                    {"title": "Editor?", "team": teams or [team("Vim", "vim"), team("Emacs", "emacs")]},
                    {"title": "Drink?", "team": [team("Tea", "tea"), team("Coffee", "coffee")]}]}
        data = b"\n".join(self.lines)
        if PROGRAM and not readings:
            return Printed(run(toml, data))
        # What the model knows of a config is what stands in the file.
        return Printed(rounds.tally(tomllib.loads(config(toml)), data, readings))


def run(toml, data):
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("evening.toml", config(toml).encode()), ("evening.jsonl", data)):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(content)
        command = [os.path.abspath(PROGRAM), "tally", "evening.jsonl", "-c", "evening.toml", "--format", "jsonl"]
        done = subprocess.run(command, capture_output=True, timeout=60, cwd=folder)
    if done.returncode:
        raise AssertionError(done.stderr.decode("utf-8", "replace"))
    return [json.loads(x) for x in done.stdout.splitlines()]


def config(toml):
    """Writes a config.toml; a table within a table is written in its line."""
    def value(v):
        if isinstance(v, dict):
            return "{ " + ", ".join(f"{k} = {value(x)}" for k, x in v.items()) + " }"
        return json.dumps(v, ensure_ascii=False)

    def keys(table):
        return [f"{k} = {value(v)}" for k, v in table.items() if k != "team"]
    lines = ["[contest]", *keys(toml["contest"]), "[round]", *keys(toml["round"])]
    for question in toml["question"]:
        lines += ["[[question]]", *keys(question)]
        for one in question["team"]:
            lines += ["[[question.team]]", *keys(one)]
    for name in ("x", "y"):
        lines += ["[[source]]", f'name = "{name}"', 'kind = "replay"', 'path = "evening.jsonl"']
    return "\n".join(lines) + "\n"


def team(name, *hashtags, **keys):
    return {"name": name, "hashtags": list(hashtags), **keys}


class Printed:
    """What a tally printed."""

    def __init__(self, lines):
        self.results = [x["result"] for x in lines[:-1]]
        self.last = lines[-1]
        self.phase = self.last["phase"]
        self.posts = {k: v for k, v in self.last["posts"].items() if v}
        self.votes = [t["votes"] for t in self.last["teams"]]
        self.totals = [t["total"] for t in self.last["teams"]]
        self.round, self.undo = self.last["round"], dict(self.last["undo"])
        self.redo = self.undo.pop("redo")

    def result_votes(self):
        return [[t["votes"] for t in r["teams"]] for r in self.results]

    def standing(self):
        return [(r["number"], r["question"], [t["votes"] for t in r["teams"]]) for r in self.last["results"]]


class Bells(unittest.TestCase):
    def test_a_show_of_rounds_begins_with_its_first_question_armed_and_closed(self):
        p = Evening().post(1, "vim").tally()
        self.assertEqual((p.phase, p.posts, p.votes), ("armed", {"received": 1, "closed": 1}, [0, 0]))
        self.assertEqual(p.last["question"], {"number": 1, "of": 2, "title": "Editor?"})
        self.assertEqual((p.round["number"], p.last["results"], p.undo), (1, [], {"steps": 0, "next": None}))

    def test_a_post_of_the_opening_itself_is_closed_and_one_of_the_bell_counts(self):
        # S = 10 + 3 = 13, B = 13 + 60 = 73.
        e = Evening().command(10, "start").post(13, "vim").post(13.001, "vim").post(73, "emacs").post(73.001, "emacs")
        p = e.tally(countdown="3s")
        self.assertEqual(p.posts, {"received": 4, "matched": 2, "closed": 2})
        self.assertEqual(p.result_votes(), [[1, 1]])
        self.assertEqual(p.results[0]["opened_at"], "2026-11-21T19:00:13.000Z")
        self.assertEqual(p.results[0]["closed_at"], "2026-11-21T19:01:13.000Z")

    def test_a_bell_falls_when_time_is_past_it(self):
        e = Evening().command(0, "start").post(60, "vim")
        p = e.tally()
        self.assertEqual((p.phase, p.results, p.round["left_ms"]), ("open", [], 0))
        self.assertEqual(e.tally(7).phase, "revealed")

    def test_the_grace_lets_in_what_was_posted_before_the_bell(self):
        # B = 60, the grace ends at 65.
        e = Evening().command(0, "start").post(59, "vim", seen=65).post(58, "vim", seen=65.001)
        e.post(64, "emacs", seen=65.002)
        p = e.tally()
        self.assertEqual(p.posts, {"received": 3, "matched": 1, "late": 1, "closed": 1})
        self.assertEqual(p.result_votes(), [[1, 0]])
        self.assertEqual(e.tally(1).posts, {"received": 3, "matched": 1, "late": 2})

    def test_a_post_without_seen_arrives_when_the_file_had_got_to(self):
        # The first post moves the file to 61: the bell has fallen, and the grace runs. The last one comes at 66.
        e = Evening().command(0, "start").post(61, "vim").post(50, "emacs").post(66, "vim").post(51, "emacs")
        self.assertEqual(e.tally().posts, {"received": 4, "matched": 1, "closed": 2, "late": 1})

    def test_only_posts_about_the_question_commands_and_phase_lines_move_time(self):
        e = Evening().command(0, "start").post(1, "vim", id="a")
        e.post(100, "tea").delete(100, "other").post(100, "none").raw('{"at":"2026-11-21T19:09:00Z","note":"gap"}')
        self.assertEqual(e.tally().phase, "open")
        self.assertEqual(Evening().command(0, "start").command(66, "devices", new=True).tally().phase, "revealed")
        self.assertEqual(Evening().command(0, "start").post(66, "vim emacs").tally().phase, "revealed")

    def test_a_fallen_bell_closes_its_round_at_the_end_of_a_file_and_an_open_round_has_no_result(self):
        p = Evening().command(0, "start").post(10, "vim").post(61, "vim").tally()
        self.assertEqual((p.result_votes(), p.phase), ([[1, 0]], "revealed"))
        p = Evening().command(0, "start").post(10, "vim").tally()
        self.assertEqual((p.results, p.phase, p.votes), ([], "open", [1, 0]))

    def test_an_open_round_lasts_until_it_is_locked(self):
        e = Evening().command(0, "start").post(5000, "vim")
        p = e.tally(length="open")
        self.assertEqual((p.phase, p.round["ends_at"], p.round["left_ms"]), ("open", None, None))
        e.command(5001, "lock").post(5000.5, "vim", seen=5002)
        self.assertEqual(e.tally(length="open").result_votes(), [[2, 0]])

    def test_start_can_name_a_length(self):
        p = Evening().command(0, "start", length="10s").post(9, "vim").post(11, "vim").tally()
        self.assertEqual((p.result_votes(), p.results[0]["closed_at"]), ([[1, 0]], "2026-11-21T19:00:10.000Z"))


class PhaseLines(unittest.TestCase):
    def test_an_early_end_of_the_grace_is_what_the_line_says(self):
        e = Evening().command(0, "start").phase(0, "open").post(1, "vim").phase(60, "locked")
        e.post(59, "vim", seen=61).phase(62, "revealed").post(59, "vim", seen=63)
        p = e.tally()
        self.assertEqual(p.posts, {"received": 3, "matched": 2, "late": 1})
        self.assertEqual((p.result_votes(), p.phase), ([[2, 0]], "revealed"))

    def test_a_grace_that_the_lines_draw_out_lets_more_in(self):
        e = Evening().command(0, "start").phase(0, "open").phase(60, "locked").post(59, "vim", seen=70)
        e.phase(75, "revealed")
        self.assertEqual(e.tally().result_votes(), [[1, 0]])
        self.assertEqual(e.tally(5).result_votes(), [[0, 0]])

    def test_a_show_that_stood_still_has_a_pause_in_its_lines(self):
        # Ten seconds off: the bell moves from 60 to 70, and the post made meanwhile is closed.
        e = Evening().command(0, "start").phase(0, "open").phase(30, "paused").phase(40, "open")
        e.post(35, "vim", seen=41).post(65, "vim")
        p = e.tally()
        self.assertEqual((p.posts, p.phase), ({"received": 2, "matched": 1, "closed": 1}, "open"))
        self.assertEqual(p.round["ends_at"], "2026-11-21T19:01:10.000Z")

    def test_a_line_behind_the_files_time_says_when_the_bell_fell(self):
        e = Evening().command(0, "start").phase(0, "open").post(60.2, "vim").phase(60, "locked").phase(65, "revealed")
        p = e.tally()
        self.assertEqual((p.result_votes(), p.results[0]["closed_at"]), ([[0, 0]], "2026-11-21T19:01:00.000Z"))

    def test_the_opening_is_where_its_line_says(self):
        e = Evening().command(0, "start").phase(3.5, "open").post(3.2, "vim", seen=4).post(3.6, "vim")
        p = e.tally(countdown="3s")
        self.assertEqual(p.posts, {"received": 2, "matched": 1, "closed": 1})
        self.assertEqual(p.round["ends_at"], "2026-11-21T19:01:03.500Z")

    def test_what_an_undone_lock_wrote_does_not_end_the_round_that_is_brought_back(self):
        e = Evening().command(0, "start").phase(0, "open").post(1, "vim").command(30, "lock").phase(35, "revealed")
        e.post(40, "emacs").command(50, "undo")
        p = e.tally()
        self.assertEqual((p.phase, p.votes, p.last["results"]), ("open", [1, 1], []))

    def test_a_bell_that_passed_while_its_round_was_locked_falls_with_the_undo(self):
        # The grace of the lock ends at 35; undone at 100 the bell of 60 and its grace are over.
        e = Evening().command(0, "start").phase(0, "open").post(1, "vim").command(30, "lock").phase(35, "revealed")
        e.post(40, "emacs").post(70, "emacs").command(100, "undo")
        p = e.tally()
        self.assertEqual((p.phase, p.result_votes()), ("revealed", [[1, 0], [1, 1]]))
        self.assertEqual(p.standing(), [(1, 1, [1, 1])])
        self.assertEqual(e.command(101, "arm").tally().phase, "armed")

    def test_a_bell_without_its_line_falls_at_the_end_of_the_file(self):
        e = Evening().command(0, "start").phase(0, "open").post(1, "vim").post(66, "vim")
        self.assertEqual((e.tally().phase, e.tally().result_votes()), ("revealed", [[1, 0]]))


class Pauses(unittest.TestCase):
    def test_a_pause_begins_after_its_moment_and_ends_with_it_and_moves_the_bell(self):
        # Paused (20, 30]: B = 70.
        e = Evening().command(0, "start").post(19, "vim").command(20, "pause").post(20, "vim").post(20.001, "vim")
        e.command(30, "resume").post(30, "emacs", seen=30.5).post(30.6, "emacs").post(70, "emacs").post(71, "emacs")
        p = e.tally()
        self.assertEqual(p.posts, {"received": 7, "matched": 4, "closed": 3})
        self.assertEqual(p.result_votes(), [[2, 2]])
        self.assertEqual(p.results[0]["closed_at"], "2026-11-21T19:01:10.000Z")

    def test_a_pause_in_the_countdown_moves_the_opening(self):
        # Two of three seconds are over; after the pause one is left: S = 13, B = 73.
        e = Evening().command(0, "start").command(2, "pause").post(5, "vim").command(12, "resume")
        e.post(13, "vim").post(14, "vim")
        p = e.tally(countdown="3s")
        self.assertEqual((p.posts, p.phase), ({"received": 3, "matched": 1, "closed": 2}, "open"))
        self.assertEqual(p.round["ends_at"], "2026-11-21T19:01:13.000Z")

    def test_no_bell_falls_in_a_pause_and_the_time_left_stands(self):
        p = Evening().command(0, "start").command(20, "pause").command(500, "devices", new=True).tally()
        self.assertEqual((p.phase, p.round["paused"], p.round["left_ms"]), ("open", True, 40000))
        self.assertEqual(p.round["ends_at"], "2026-11-21T19:09:00.000Z")

    def test_a_lock_in_a_pause_puts_the_bell_at_its_beginning(self):
        e = Evening().command(0, "start").post(20, "vim").command(20, "pause").post(19, "vim", seen=24)
        e.post(19, "vim", seen=26).command(50, "lock")
        p = e.tally()       # the grace was over at 25
        self.assertEqual((p.result_votes(), p.results[0]["closed_at"]), ([[2, 0]], "2026-11-21T19:00:20.000Z"))
        self.assertEqual(p.posts, {"received": 3, "matched": 2, "late": 1})
        self.assertEqual(e.tally(10).result_votes(), [[3, 0]])

    def test_a_pause_that_a_lock_ended_stays_outside_when_the_round_opens_again(self):
        # Paused (20, 30], locked there; add_time at 40 opens until 50: 35 was held and counts, 25 does not.
        e = Evening().command(0, "start").command(20, "pause").post(25, "vim").command(30, "lock").post(35, "emacs")
        e.command(40, "add_time", seconds=10)
        self.assertEqual((e.tally().votes, e.tally().phase), ([0, 1], "open"))
        self.assertEqual(e.tally(11).votes, [1, 1])

    def test_pausing_twice_is_pausing_once(self):
        e = Evening().command(0, "start").command(20, "pause").command(25, "pause").command(30, "resume")
        p = e.command(35, "resume").tally()
        self.assertEqual(p.round["ends_at"], "2026-11-21T19:01:10.000Z")
        self.assertEqual(p.undo, {"steps": 3, "next": "resume"})


class Commands(unittest.TestCase):
    def test_a_command_out_of_its_phase_does_nothing(self):
        e = Evening()
        for name in ("pause", "resume", "lock", "reveal", "reset"):
            e.command(1, name)
        p = e.command(1, "add_time", seconds=5).tally()
        self.assertEqual((p.phase, p.undo["steps"]), ("armed", 0))
        e = Evening().command(1, "start")
        e.command(2, "start").command(2, "arm", question=2).command(2, "secret", secret=True).command(2, "reveal")
        p = e.tally()
        self.assertEqual((p.phase, p.undo, p.last["question"]["number"]), ("open", {"steps": 1, "next": "start"}, 1))

    def test_add_time_moves_the_bell_and_never_before_now(self):
        e = Evening().command(0, "start").command(10, "add_time", seconds=30)
        self.assertEqual(e.tally().round["left_ms"], 80_000)
        e.command(20, "add_time", seconds=-200)
        self.assertEqual((e.tally().round["ends_at"], e.tally().phase), ("2026-11-21T19:00:20.000Z", "open"))
        e.post(20, "vim", seen=21)
        self.assertEqual((e.tally().result_votes(), e.tally().phase), ([[1, 0]], "revealed"))

    def test_add_time_in_a_pause_is_added_to_what_is_left(self):
        e = Evening().command(0, "start").command(20, "pause").command(30, "add_time", seconds=-15)
        p = e.command(40, "resume").tally()         # 40 s left, less 15
        self.assertEqual((p.round["left_ms"], p.round["ends_at"]), (25_000, "2026-11-21T19:01:05.000Z"))
        p = Evening().command(0, "start").command(20, "pause").command(30, "add_time", seconds=-50).tally()
        self.assertEqual((p.phase, p.round["left_ms"]), ("open", 0))        # 10 s less than nothing are nothing

    def test_add_time_after_the_bell_opens_again_and_counts_what_was_held(self):
        # B = 60; the grace is over at 65. At 80 it opens until 90: S < at <= 90 counts.
        e = Evening().command(0, "start").post(10, "vim").post(70, "emacs").post(50, "emacs", seen=75)
        e.command(80, "add_time", seconds=10)
        p = e.tally()
        self.assertEqual((p.result_votes(), p.last["results"], p.votes, p.phase), ([[1, 0]], [], [1, 2], "open"))
        self.assertEqual(p.posts, {"received": 3, "matched": 3})
        e.post(90, "emacs").post(91, "emacs").post(96, "emacs")
        p = e.tally()
        self.assertEqual(p.result_votes(), [[1, 0], [1, 3]])
        self.assertEqual(p.standing(), [(1, 1, [1, 3])])

    def test_add_time_cannot_open_a_round_that_was_left(self):
        e = Evening().command(0, "start").command(10, "lock").command(16, "arm").command(17, "add_time", seconds=9)
        self.assertEqual((e.tally().phase, len(e.tally().last["results"])), ("armed", 1))

    def test_add_time_moves_no_bell_where_there_is_none(self):
        e = Evening().command(0, "start").command(10, "add_time", seconds=30)
        self.assertEqual(e.tally(length="open").undo["next"], "start")
        self.assertEqual(e.tally(13, length="open").round["left_ms"], 30_000)

    def test_reset_begins_the_round_again_and_takes_its_result_away(self):
        e = Evening().command(0, "start").post(10, "vim").post(66, "vim").command(70, "reset")
        p = e.tally()
        self.assertEqual((p.phase, p.last["results"], p.round["number"], p.votes), ("armed", [], 1, [0, 0]))
        self.assertEqual(p.posts, {"received": 2, "closed": 2})
        e.command(80, "start").post(81, "emacs").command(90, "lock").post(96, "vim")
        p = e.tally()
        self.assertEqual((p.result_votes(), p.standing()), ([[1, 0], [0, 1]], [(1, 1, [0, 1])]))

    def test_reset_takes_the_length_of_the_config_again(self):
        e = Evening().command(0, "start", length="10s").command(5, "reset").command(6, "start")
        self.assertEqual(e.tally().round["left_ms"], 60_000)

    def test_arm_goes_to_the_next_question_and_numbers_run_over_the_evening(self):
        e = Evening().command(0, "start").post(1, "vim").command(10, "lock").post(16, "tea").command(20, "arm")
        e.command(21, "start").post(22, "tea").post(22, "vim").command(30, "lock").command(36, "pause")
        p = e.tally()
        self.assertEqual(p.standing(), [(1, 1, [1, 0]), (2, 2, [1, 0])])
        # The first "tea" came while its question was not on, and "vim" when its own was not any more.
        self.assertEqual(p.posts, {"received": 4, "matched": 2, "unmatched": 2})
        p = e.command(40, "arm").tally()
        self.assertEqual((p.phase, p.undo["next"]), ("revealed", "lock"))       # there is no third question
        p = e.command(41, "arm", question=1).tally()
        self.assertEqual((p.phase, p.round["number"], p.last["question"]["number"]), ("armed", 3, 1))

    def test_a_question_can_be_made_up(self):
        p = Evening().command(0, "arm", title="Now?", teams=["Yes", "No"]).post(1, "vim").tally()
        self.assertEqual(p.last["question"], {"number": 3, "of": 3, "title": "Now?"})
        self.assertEqual([t["name"] for t in p.last["teams"]], ["Yes", "No"])
        self.assertEqual(p.posts, {"received": 1, "unmatched": 1})
        p = Evening().command(0, "arm", title="Now?", teams=["Yes", "No"]).command(1, "undo").post(1, "vim").tally()
        self.assertEqual((p.last["question"]["of"], p.posts), (2, {"received": 1, "closed": 1}))

    def test_the_snapshot_holds_the_newest_twenty_results(self):
        e = Evening()
        for i in range(22):
            e.command(20 * i, "start").command(20 * i + 1, "lock").command(20 * i + 10, "arm", question=1)
        p = e.tally()
        self.assertEqual((len(p.results), [r["number"] for r in p.last["results"]]), (22, list(range(3, 23))))

    def test_arm_while_armed_changes_the_question_and_uses_up_no_number(self):
        p = Evening().command(1, "arm", question=2).command(2, "arm", question=2).tally()
        self.assertEqual((p.last["question"]["number"], p.round["number"], p.undo["steps"]), (2, 1, 1))
        p = Evening().command(1, "arm").tally()
        self.assertEqual((p.last["question"]["number"], p.round["number"]), (2, 1))
        p = Evening().command(1, "arm", question=3).tally()
        self.assertEqual((p.last["question"]["number"], p.undo["steps"]), (1, 0))

    def test_a_post_between_rounds_is_closed_and_one_of_the_round_before_too(self):
        e = Evening().command(0, "start").post(1, "vim").command(10, "lock").command(16, "arm", question=1)
        e.post(17, "vim").command(20, "start").post(5, "vim", seen=21).post(21, "emacs")
        p = e.tally()
        self.assertEqual(p.posts, {"received": 4, "matched": 2, "closed": 2})
        self.assertEqual((p.votes, p.totals), ([0, 1], [0, 1]))

    def test_a_post_counts_in_each_round_that_it_was_posted_in(self):
        # The same id and author again: the next round counts from zero.
        e = Evening().command(0, "start").post(1, "vim", "ada", "x").command(10, "lock").command(16, "arm", question=1)
        e.command(20, "start").post(21, "vim", "ada", "x").command(30, "lock").post(36, "none").command(40, "pause")
        self.assertEqual(e.tally().result_votes(), [[1, 0], [1, 0]])

    def test_a_held_source_is_closed_until_it_is_let_go(self):
        e = Evening().command(0, "start").post(1, "vim", source="x").command(2, "source", name="x", paused=True)
        e.post(1.5, "vim", source="x", seen=3).post(3, "emacs", source="y").post(3.5, "vim emacs", source="x")
        e.command(4, "source", name="x", paused=False).post(3.9, "vim", source="x", seen=4.5)
        p = e.tally()
        self.assertEqual(p.posts, {"received": 5, "matched": 3, "closed": 1, "both": 1})
        self.assertEqual(p.votes, [2, 1])
        self.assertEqual(e.tally(4).posts, {"received": 5, "matched": 3, "closed": 1, "both": 1})
        self.assertEqual(e.command(5, "undo").tally().votes, [1, 1])
        self.assertEqual(e.command(6, "undo").tally().votes, [3, 1])

    def test_a_command_older_than_the_files_time_is_given_at_that_time(self):
        e = Evening().command(0, "start").post(12, "vim").command(10, "lock").post(17.5, "vim")
        self.assertEqual((e.tally().result_votes(), e.tally(18).result_votes()), ([[1, 0]], [[0, 0]]))

    def test_from_is_the_phase_that_the_presser_saw(self):
        e = Evening().command(0, "start", **{"from": "armed"}).command(1, "lock", **{"from": "armed"})
        self.assertEqual(e.tally().phase, "open")
        self.assertEqual(e.command(2, "lock", **{"from": "open"}).tally().phase, "revealed")


class Next(unittest.TestCase):
    def test_next_is_each_command_in_its_phase(self):
        e = Evening().command(0, "next")
        self.assertEqual(e.tally(secret=True).undo, {"steps": 1, "next": "start"})
        self.assertEqual(e.command(2, "pause").command(4, "next").tally(secret=True).undo["next"], "resume")
        self.assertEqual(e.command(10, "next").tally(secret=True).undo["next"], "lock")
        e.command(12, "next")           # locked: nothing
        self.assertEqual(e.tally(secret=True).undo, {"steps": 4, "next": "lock"})
        p = e.command(20, "next").tally(secret=True)
        self.assertEqual((p.phase, p.undo["next"]), ("revealed", "reveal"))
        p = e.command(22, "next").tally(secret=True)
        self.assertEqual((p.phase, p.last["question"]["number"], p.undo["next"]), ("armed", 2, "arm"))

    def test_next_does_nothing_in_the_countdown_or_after_the_last_round(self):
        p = Evening().command(0, "next").command(1, "next").tally(countdown="3s")
        self.assertEqual((p.phase, p.undo["steps"]), ("countdown", 1))
        e = Evening().command(0, "arm", question=2).command(1, "next").command(10, "next").command(20, "next")
        self.assertEqual((e.tally().phase, e.tally().undo["steps"]), ("revealed", 3))

    def test_a_second_next_within_700_ms_does_nothing(self):
        self.assertEqual(Evening().command(0, "next").command(0.7, "next").tally().phase, "open")
        self.assertEqual(Evening().command(0, "next").command(0.701, "next").tally().phase, "revealed")
        e = Evening().command(0, "next").command(0.6, "next").command(1.2, "next")
        self.assertEqual((e.tally().phase, e.tally(3).phase), ("revealed", "open"))


class Fates(unittest.TestCase):
    def test_a_post_that_moved_no_time_counts_once_its_question_is_on_again(self):
        e = Evening().command(0, "start").command(10, "lock").command(20, "arm", question=2)
        e.post(30, "vim", id="x").post(32, "tea").delete(33, "x").command(34, "undo").command(34, "undo")
        p = e.tally()
        self.assertEqual((p.phase, p.totals, p.votes), ("open", [0, 0], [0, 0]))
        self.assertEqual(p.posts, {"received": 3, "matched": 1, "unmatched": 1, "revised": 1})

    def test_every_message_has_the_first_fate_that_applies(self):
        e = Evening().command(0, "start")
        e.raw('{"at":"never","hashtags":["vim"]}').raw('{"at":"never","hashtags":["none"]}')
        e.post(1, "none").post(1, "tea").post(2, "vim emacs")
        e.post(3, "vim", id="x").post(4, "vim", id="x").post(4, "vim emacs", id="x").delete(5, "x").delete(5, "y")
        e.post(5, "emacs", id="y").raw('{"unmatched":7}').raw('{"at":"2026-11-21T19:00:06Z","note":"gap"}')
        e.command(6, "pause").post(7, "vim").post(7, "vim emacs").post(7, "vim", id="y")
        self.assertEqual(e.tally().posts, {"received": 21, "malformed": 1, "unmatched": 11, "both": 3, "matched": 1,
                                           "duplicate": 1, "revised": 2, "closed": 2})

    def test_the_round_takes_the_place_of_the_window(self):
        # The window is 10 s; the copy comes 40 s later, the deletion 50 s.
        e = Evening().command(0, "start").post(1, "vim", "ada", "x").post(41, "vim", "ada", "x")
        self.assertEqual(e.tally().posts, {"received": 2, "matched": 1, "duplicate": 1})
        self.assertEqual(e.tally().votes, [1, 0])
        p = e.delete(51, "x").tally()
        self.assertEqual(p.posts, {"received": 3, "matched": 1, "duplicate": 1, "revised": 1})
        self.assertEqual(p.votes, [0, 0])

    def test_latest_is_one_vote_an_author_over_the_round_and_every_is_each_post(self):
        e = Evening().command(0, "start").post(30, "vim", "ada").post(20, "emacs", "ada").post(40, "emacs", "bob")
        e.post(40, "vim", "bob").post(41, "vim", "cy").post(42, "vim", "cy").post(66, "vim")
        p = e.tally()
        self.assertEqual((p.result_votes(), p.totals), ([[3, 0]], [4, 2]))
        self.assertEqual([t["voices"] for t in p.results[0]["teams"]] + [p.results[0]["voices"]], [3, 0, 3])
        p = e.tally(contest={"vote": "every"})
        self.assertEqual(p.result_votes(), [[4, 2]])
        self.assertEqual([t["voices"] for t in p.results[0]["teams"]] + [p.results[0]["voices"]], [3, 2, 3])

    def test_a_deletion_up_to_the_bell_counts_if_it_comes_in_the_grace(self):
        # B = 60, grace until 65. Deletions do not move time; posts do.
        e = Evening().command(0, "start").post(1, "vim", id="a").post(2, "vim", id="b").post(3, "vim", id="c")
        e.post(61, "none").post(61, "emacs").delete(60, "a").delete(60.001, "b")
        e.post(66, "emacs").delete(59, "c")
        p = e.tally()
        self.assertEqual(p.result_votes(), [[2, 0]])
        self.assertEqual(p.posts, {"received": 9, "matched": 3, "unmatched": 3, "closed": 2, "revised": 1})

    def test_a_deletion_without_a_time_has_that_of_the_newest_post(self):
        e = Evening().command(0, "start").post(1, "vim", id="a").command(61, "devices", new=False).delete(None, "a")
        e.post(66, "emacs")
        self.assertEqual((e.tally().result_votes(), e.tally(14).result_votes()), ([[0, 0]], [[1, 0]]))
        e = Evening().command(0, "start").post(1, "vim", id="a").post(61, "vim").delete(None, "a").post(66, "emacs")
        self.assertEqual(e.tally().result_votes(), [[1, 0]])
        e = Evening().command(0, "start").post(1, "vim", id="a").post(61, "vim").post(50, "emacs").delete(None, "a")
        self.assertEqual(e.tally().result_votes(), [[1, 1]])
        # Without any post before it, it counts for the post that it overtook.
        self.assertEqual(Evening().command(0, "start").delete(None, "a").post(1, "vim", id="a").tally().votes, [0, 0])

    def test_a_deletion_that_says_when_it_was_seen_comes_then(self):
        e = Evening().command(0, "start").post(1, "vim", id="a").post(2, "vim", id="b").command(60, "lock")
        e.raw(json.dumps({"at": stamp(59), "delete": "a", "seen": stamp(65)}))
        e.raw(json.dumps({"at": stamp(59), "delete": "b", "seen": stamp(65.001)})).post(66, "vim")
        self.assertEqual(e.tally().result_votes(), [[1, 0]])

    def test_a_deletion_that_overtakes_its_post_is_remembered_for_the_round(self):
        e = Evening().command(0, "start").delete(1, "x").post(50, "vim", id="x")
        self.assertEqual(e.tally().posts, {"received": 2, "unmatched": 1, "revised": 1})
        e = Evening().command(0, "start").delete(1, "x").command(5, "lock").command(11, "arm", question=1)
        e.command(12, "start").post(13, "vim", id="x")
        self.assertEqual(e.tally().posts, {"received": 2, "unmatched": 1, "matched": 1})

    def test_an_edit_weighs_its_post_again_until_the_grace_is_over(self):
        e = Evening().command(0, "start").edit(10, "vim", "k", "create").edit(50, "emacs", "k").post(61, "vim")
        p = e.tally()
        self.assertEqual((p.result_votes(), p.posts),
                         ([[0, 1]], {"received": 3, "matched": 1, "revised": 1, "closed": 1}))
        e = Evening().command(0, "start").edit(10, "vim", "k", "create").edit(61, "emacs", "k").post(66, "vim")
        p = e.tally()
        self.assertEqual((p.result_votes(), p.posts),
                         ([[1, 0]], {"received": 3, "matched": 1, "unmatched": 1, "closed": 1}))
        # An edit in time for the bell that comes after the grace.
        e = Evening().command(0, "start").edit(10, "vim", "k", "create").post(66, "vim").edit(59, "emacs", "k")
        p = e.tally()
        self.assertEqual((p.result_votes(), p.posts),
                         ([[1, 0]], {"received": 3, "matched": 1, "unmatched": 1, "closed": 1}))

    def test_an_edit_later_than_the_bell_is_no_post_either(self):
        e = Evening().command(0, "start").command(10, "lock").edit(12, "vim", "k")
        self.assertEqual(e.tally().posts, {"received": 1, "unmatched": 1})
        self.assertEqual(e.tally(12).posts, {"received": 1, "closed": 1})
        e = Evening().edit(12, "vim", "k").command(13, "start").edit(14, "vim", "k")
        self.assertEqual(e.tally().posts, {"received": 2, "closed": 1, "matched": 1})

    def test_an_edit_may_take_the_vote_back(self):
        e = Evening().command(0, "start").edit(1, "vim", "k", "create").edit(2, "none", "k")
        self.assertEqual((e.tally().posts, e.tally().totals), ({"received": 2, "matched": 1, "unmatched": 1}, [0, 0]))
        e = Evening().command(0, "start").edit(1, "vim", "k", "create").edit(2, "vim emacs", "k").edit(3, "vim", "k")
        self.assertEqual(e.tally().posts, {"received": 3, "matched": 2, "both": 1})

    def test_a_post_from_the_future_is_one_of_its_arrival(self):
        e = Evening().command(0, "start").command(5, "pause").command(10, "resume").post(20, "vim", seen=8)
        self.assertEqual((e.tally().posts, e.tally(17).posts),
                         ({"received": 1, "closed": 1}, {"received": 1, "matched": 1}))

    def test_a_broken_line_is_malformed_if_it_may_name_a_team_of_any_question(self):
        e = Evening().command(0, "start").raw('{"at":"never","hashtags":["tea"]}')
        self.assertEqual(e.tally().posts, {"received": 1, "malformed": 1})
        self.assertEqual(e.tally(16).posts, {"received": 1, "unmatched": 1})

    def test_an_edit_in_the_next_round_is_a_post_of_the_next_round(self):
        e = Evening().command(0, "start").edit(1, "vim", "k", "create").command(10, "lock")
        e.command(16, "arm", question=1).command(20, "start").edit(21, "emacs", "k").command(30, "lock")
        e.command(36, "pause")
        self.assertEqual(e.tally().result_votes(), [[1, 0], [0, 1]])

    def test_a_repost_is_no_post_unless_it_counts(self):
        boost = {"id": "9", "uri": "u9", "account": {"acct": "cy"}, "created_at": "2026-11-21T19:00:01Z",
                 "tags": [], "reblog": {"tags": [{"name": "vim"}]}}
        e = Evening().command(0, "start").raw(json.dumps({"at": stamp(1), "source": "m", "raw": boost}))
        self.assertEqual(e.tally().posts, {"received": 1, "unmatched": 1})
        self.assertEqual(e.tally(contest={"reposts": "count"}).posts, {"received": 1, "matched": 1})


class Windows(unittest.TestCase):
    """`counts = "window"` with a window of 10 s."""

    def test_the_window_at_the_bell_decides(self):
        # B = 60: (50, 60] counts. The total is of the whole round.
        e = Evening().command(0, "start").post(20, "vim").post(50, "vim").post(50.001, "emacs").post(60, "emacs")
        e.post(66, "vim")
        p = e.tally(counts="window")
        self.assertEqual((p.result_votes(), p.totals), ([[0, 2]], [2, 2]))
        self.assertEqual(p.votes, [0, 2])       # after the bell the picture holds

    def test_late_is_older_than_the_window_or_after_the_grace(self):
        e = Evening().command(0, "start").post(20, "vim").post(10, "vim").post(10.001, "vim")
        self.assertEqual(e.tally(counts="window").posts, {"received": 3, "matched": 2, "late": 1})
        # In the grace the window stands at the bell: 50.001 is still in it at 64, 50 is not.
        e = Evening().command(0, "start").post(64, "vim").post(50.001, "emacs").post(50, "emacs")
        e.post(66, "vim").post(59, "vim")
        p = e.tally(counts="window")
        self.assertEqual((p.posts, p.result_votes()),
                         ({"received": 5, "closed": 2, "matched": 1, "late": 2}, [[0, 1]]))

    def test_the_window_stands_still_in_a_pause(self):
        # Paused (20, 50]: at 55 fifteen seconds of the round lie since 10, ten since 15.
        e = Evening().command(0, "start").post(15, "vim").post(16, "vim").command(20, "pause").command(50, "resume")
        e.post(55, "emacs")
        p = e.tally(counts="window")
        self.assertEqual((p.votes, p.totals), ([1, 1], [2, 1]))

    def test_a_copy_that_the_window_has_forgotten_counts_again(self):
        e = Evening().command(0, "start").post(10, "vim", "ada", "x").post(19.999, "vim", "ada", "x")
        self.assertEqual(e.tally(counts="window").posts, {"received": 2, "matched": 1, "duplicate": 1})
        e = Evening().command(0, "start").post(10, "vim", "ada", "x").post(20, "vim", "ada", "x")
        self.assertEqual(e.tally(counts="window").posts, {"received": 2, "matched": 2})

    def test_a_deletion_takes_back_what_is_in_the_window_and_is_remembered_as_long(self):
        e = Evening().command(0, "start").post(10, "vim", id="x").post(19.9, "emacs").delete(19.9, "x")
        self.assertEqual(e.tally(counts="window").totals, [0, 1])
        e = Evening().command(0, "start").post(10, "vim", id="x").post(20, "emacs").delete(20, "x")
        self.assertEqual(e.tally(counts="window").totals, [1, 1])
        e = Evening().command(0, "start").delete(10, "x").post(20, "vim", id="x")
        self.assertEqual(e.tally(counts="window").posts, {"received": 2, "unmatched": 1, "revised": 1})
        e = Evening().command(0, "start").delete(10, "x").post(20.001, "vim", id="x")
        self.assertEqual(e.tally(counts="window").posts, {"received": 2, "unmatched": 1, "matched": 1})


class Undo(unittest.TestCase):
    def test_undoing_a_lock_lets_in_what_came_after_it(self):
        e = Evening().command(0, "start").post(1, "vim").command(10, "lock").post(12, "emacs").post(16, "emacs")
        self.assertEqual(e.tally().posts, {"received": 3, "matched": 1, "closed": 2})
        p = e.command(20, "undo").tally()
        self.assertEqual((p.phase, p.votes, p.last["results"]), ("open", [1, 2], []))
        self.assertEqual((p.result_votes(), p.undo), ([[1, 0]], {"steps": 1, "next": "start"}))
        self.assertEqual(p.redo, {"steps": 1, "next": "lock"})
        p = e.command(30, "redo").tally()
        self.assertEqual(p.redo, {"steps": 0, "next": None})
        self.assertEqual((p.result_votes(), p.standing()), ([[1, 0], [1, 0]], [(1, 1, [1, 0])]))
        self.assertEqual(p.posts, {"received": 3, "matched": 1, "closed": 2})
        self.assertEqual(e.tally(6).result_votes(), [[1, 0]])

    def test_undoing_a_start_closes_what_had_counted(self):
        e = Evening().command(0, "start").post(1, "vim").command(2, "undo")
        self.assertEqual((e.tally().phase, e.tally().posts), ("armed", {"received": 1, "closed": 1}))

    def test_undoing_a_pause_brings_back_its_posts_and_the_bell(self):
        e = Evening().command(0, "start").command(10, "pause").post(20, "vim").command(30, "resume")
        p = e.command(40, "undo").tally()
        self.assertEqual((p.round["paused"], p.round["left_ms"], p.votes), (True, 50_000, [0, 0]))
        p = e.command(50, "undo").tally()
        self.assertEqual((p.round["paused"], p.round["left_ms"], p.votes), (False, 10_000, [1, 0]))

    def test_undoing_add_time_lets_a_bell_fall_that_has_passed(self):
        e = Evening().command(0, "start").command(10, "add_time", seconds=60).post(70, "vim").command(80, "undo")
        p = e.tally()
        self.assertEqual((p.phase, p.result_votes(), p.posts), ("revealed", [[0, 0]], {"received": 1, "closed": 1}))

    def test_undoing_an_arm_goes_back_to_the_round_before_with_its_result(self):
        e = Evening().command(0, "start").post(1, "vim").command(10, "lock").command(16, "arm").post(17, "vim")
        p = e.command(18, "undo").tally()
        self.assertEqual((p.phase, p.last["question"]["number"], p.standing()), ("revealed", 1, [(1, 1, [1, 0])]))
        self.assertEqual(p.posts, {"received": 2, "matched": 1, "closed": 1})
        self.assertEqual(p.result_votes(), [[1, 0]])

    def test_undoing_past_a_result_takes_it_along(self):
        e = Evening().command(0, "start").post(1, "vim").post(66, "vim").command(70, "arm").command(71, "start")
        e.post(72, "tea").post(140, "tea")
        self.assertEqual(e.tally().standing(), [(1, 1, [1, 0]), (2, 2, [1, 0])])
        self.assertEqual(e.command(141, "undo").tally().standing(), [(1, 1, [1, 0])])
        p = e.command(142, "undo").tally()
        self.assertEqual((p.phase, p.last["question"]["number"], p.posts["unmatched"]), ("revealed", 1, 2))

    def test_undoing_a_reset_brings_the_result_back(self):
        e = Evening().command(0, "start").post(1, "vim").post(66, "vim").command(70, "reset").command(71, "undo")
        p = e.tally()
        self.assertEqual((p.phase, p.standing(), p.undo["next"]), ("revealed", [(1, 1, [1, 0])], "start"))

    def test_nothing_is_brought_back_after_another_command(self):
        e = Evening().command(0, "start").command(5, "pause").command(6, "undo").command(7, "add_time", seconds=1)
        p = e.command(8, "redo").tally()
        self.assertEqual((p.round["paused"], p.undo), (False, {"steps": 2, "next": "add_time"}))

    def test_the_memory_holds_twenty_commands(self):
        e = Evening().command(0, "start", length="1h")
        for i in range(1, 22):
            e.command(i, "add_time", seconds=60)
        self.assertEqual(e.tally().undo, {"steps": 20, "next": "add_time"})
        for i in range(22):
            e.command(30 + i, "undo")
        p = e.tally()       # 21 minutes were added, and twenty are taken back
        self.assertEqual((p.undo, p.round["left_ms"]), ({"steps": 0, "next": None}, (3660 - 51) * 1000))
        p = e.command(60, "pause").tally()
        self.assertEqual(p.undo["steps"], 1)

    def test_what_has_an_opposite_of_its_own_is_not_in_the_memory(self):
        e = Evening().command(0, "start").command(1, "blackout", what="all").command(2, "scene", scene="join")
        self.assertEqual(e.tally().undo, {"steps": 1, "next": "start"})


class Results(unittest.TestCase):
    def test_the_margin_is_what_the_second_lacks(self):
        one = [Fraction(1), Fraction(1)]
        self.assertEqual(rounds.margin_of([40, 24], one), 16)
        self.assertEqual(rounds.margin_of([3, 3], one), 0)
        self.assertEqual(rounds.margin_of([0, 0], one), 0)
        # 7 of 2 people a seat are 3.5; the second needs 4 of 1 to be level or past: 4 - 1.
        self.assertEqual(rounds.margin_of([7, 1], [Fraction(2), Fraction(1)]), 3)
        # 3 of 1 against 5 of 2: 6 of 2 are level.
        self.assertEqual(rounds.margin_of([3, 5], [Fraction(1), Fraction(2)]), 1)
        # The second by share is 90 of 10, which lacks 10; the third, 8 of 1, lacks only 2.
        sizes = [Fraction(1), Fraction(10), Fraction(1)]
        self.assertEqual(rounds.margin_of([10, 90, 8], sizes), 10)
        self.assertEqual(rounds.margin_of([10, 90, 8], sizes, any_other=True), 2)

    def result(self, vim, emacs, **keys):
        return Evening().command(0, "start").votes(1, "vim", vim).votes(1, "emacs", emacs).command(10, "lock") \
            .tally(**keys).results[0]

    def test_the_winner_has_the_greater_share(self):
        r = self.result(5, 3, teams=[team("Vim", "vim", size=2.0), team("Emacs", "emacs")])
        self.assertEqual((r["winner"], [t["share"] for t in r["teams"]]), ("Emacs", [2.5 / 5.5, 3 / 5.5]))
        self.assertEqual(r["margin"], 1)         # 6 of 2 are level with 3 of 1
        r = self.result(3, 3)
        self.assertEqual((r["winner"], r["margin"], r["photo_finish"]), (None, 0, False))
        r = self.result(0, 0)
        self.assertEqual((r["winner"], [t["share"] for t in r["teams"]], r["voices"]), (None, [0.5, 0.5], 0))

    def test_a_photo_finish_is_close_and_no_tie(self):
        self.assertFalse(self.result(5, 4)["photo_finish"])         # 9 votes, 0.11 apart
        self.assertFalse(self.result(6, 4)["photo_finish"])         # 10 votes
        self.assertTrue(self.result(6, 5)["photo_finish"])          # 11 votes, margin 1
        self.assertTrue(self.result(7, 5)["photo_finish"])          # margin 2
        self.assertFalse(self.result(8, 5)["photo_finish"])         # margin 3, 0.23 apart
        self.assertTrue(self.result(102, 99)["photo_finish"])       # margin 3, 0.0149 apart
        self.assertFalse(self.result(76, 73, teams=[team("Vim", "vim"), team("Emacs", "emacs", size=1.01)])
                         ["photo_finish"])                          # 76 to 72.28: 0.025 apart
        # 51 against 490 of 10, which are 49: exactly 0.02 apart, and the second lacks 20 votes.
        sizes = [team("Vim", "vim"), team("Emacs", "emacs", size=10)]
        r = self.result(51, 490, teams=sizes)
        self.assertEqual((r["margin"], r["photo_finish"]), (20, False))
        self.assertTrue(self.result(51, 49)["photo_finish"])

    def test_a_secret_round_is_sealed_until_it_is_revealed(self):
        e = Evening().command(0, "start").post(1, "vim").command(10, "lock").command(20, "pause")
        p = e.tally(secret=True)
        self.assertEqual((p.phase, p.result_votes()), ("sealed", [[1, 0]]))
        self.assertEqual(e.command(21, "reveal").tally(secret=True).phase, "revealed")

    def test_a_sealed_result_can_be_left_and_revealed_later(self):
        e = Evening().command(0, "start").post(1, "vim").command(10, "lock").command(20, "arm")
        e.command(21, "start").command(30, "lock").command(36, "reveal", number=1)
        p = e.tally(secret=True)
        self.assertEqual((p.phase, p.undo, len(p.last["results"])), ("sealed", {"steps": 6, "next": "reveal"}, 2))
        e.command(37, "reveal", number=1).command(38, "reveal", number=7)
        self.assertEqual(e.tally(secret=True).undo["steps"], 6)

    def test_secret_is_set_while_armed_and_stays(self):
        e = Evening().command(0, "secret", secret=True).command(1, "start").command(10, "lock").command(20, "reveal")
        self.assertEqual(e.tally().phase, "revealed")
        e.command(21, "arm").command(22, "start").command(30, "lock").command(40, "pause")
        self.assertEqual((e.tally().phase, e.tally(2).phase), ("sealed", "revealed"))


class BestOf(unittest.TestCase):
    def rounds(self, *winners):
        e, t = Evening(), 0
        for w in winners:
            e.command(t, "start")
            e.votes(t + 1, "vim", 1 + (w == "vim")).votes(t + 1, "emacs", 1 + (w == "emacs"))
            e.command(t + 10, "lock").command(t + 20, "next")
            t += 100
        return e

    def test_the_first_to_two_of_three_ends_it(self):
        p = self.rounds("vim").tally(best_of=3)
        self.assertEqual((p.last["question"]["number"], p.round["wins"], p.round["number"]), (1, [1, 0], 2))
        p = self.rounds("vim", "emacs").tally(best_of=3)
        self.assertEqual((p.last["question"]["number"], p.round["wins"], p.round["number"]), (1, [1, 1], 3))
        p = self.rounds("vim", "emacs", "vim").tally(best_of=3)
        self.assertEqual((p.last["question"]["number"], p.round["wins"], p.round["number"]), (2, [0, 0], 4))
        self.assertEqual(self.rounds("vim", "vim").tally(best_of=3).last["question"]["number"], 2)
        self.assertEqual(self.rounds("vim").tally(8, best_of=3).last["question"]["number"], 1)

    def test_a_tie_wins_no_round_and_five_rounds_are_the_most(self):
        p = self.rounds("vim", "", "", "").tally(best_of=3)
        self.assertEqual((p.last["question"]["number"], p.round["wins"], p.round["number"]), (1, [1, 0], 5))
        self.assertEqual(self.rounds("vim", "", "", "", "").tally(best_of=3).last["question"]["number"], 2)
        self.assertEqual(self.rounds("").tally().last["question"]["number"], 2)

    def test_the_wins_of_a_decided_question_stand_until_the_next_is_armed(self):
        e = self.rounds("vim", "emacs")
        e.command(200, "start").post(201, "vim").command(210, "lock").command(220, "pause")
        self.assertEqual(e.tally(best_of=3).round["wins"], [2, 1])
        p = e.command(230, "arm", question=1).tally(best_of=3)
        self.assertEqual((p.round["wins"], p.round["number"]), ([0, 0], 4))

    def test_a_question_asked_again_begins_a_new_best_of(self):
        e = Evening().command(0, "start").post(1, "vim").command(10, "lock").command(20, "arm", question=1)
        e.command(30, "start").post(31, "emacs").command(40, "lock").command(50, "pause")
        self.assertEqual(e.tally().round["wins"], [0, 1])

    def test_a_reset_takes_the_win_back(self):
        e = self.rounds("vim")
        e.command(100, "start").votes(101, "vim", 1).command(110, "lock").command(120, "reset")
        p = e.tally(best_of=3)
        self.assertEqual((p.round["wins"], p.round["number"], len(p.last["results"])), ([1, 0], 2, 1))


class Auto(unittest.TestCase):
    def test_rounds_follow_each_other_round_and_round(self):
        # Length 10, grace 5, rest 20, no countdown. The first thing is at 0: open (0, 10], result at 15, next at 35.
        e = Evening().post(0, "vim").post(1, "vim").post(30, "vim").command(34, "resume").post(36, "tea")
        p = e.tally(auto=True, length="10s")
        self.assertEqual((p.result_votes(), p.phase, p.last["question"]["number"]), ([[1, 0]], "revealed", 1))
        self.assertEqual(p.posts, {"received": 4, "closed": 2, "matched": 1, "unmatched": 1})
        p = e.command(36, "resume").post(37, "tea").command(71, "resume").tally(auto=True, length="10s")
        self.assertEqual(p.standing(), [(1, 1, [1, 0]), (2, 2, [1, 0])])
        self.assertEqual((p.phase, p.last["question"]["number"], p.round["number"]), ("open", 1, 3))
        self.assertEqual(p.round["opened_at"], "2026-11-21T19:01:10.000Z")

    def test_a_secret_result_reveals_itself(self):
        p = Evening().post(0, "vim").post(1, "vim").post(30, "vim").tally(auto=True, length="10s", secret=True)
        self.assertEqual(p.phase, "revealed")


class RandomEvenings(unittest.TestCase):
    """What must be true of any evening."""

    GIVEN = [("arm", {}), ("arm", {"question": 1}), ("start", {}), ("start", {"length": "open"}), ("pause", {}),
             ("resume", {}), ("add_time", {"seconds": -5}), ("add_time", {"seconds": 9}), ("lock", {}), ("reveal", {}),
             ("reset", {}), ("next", {}), ("secret", {"secret": True}), ("secret", {"secret": False}),
             ("source", {"name": "alpha", "paused": True}), ("source", {"name": "alpha", "paused": False})]

    def moments(self):
        """Evenings as they are after some of their lines."""
        for seed in range(8):
            toml, data = evenings.evening(seed, 60)
            evening = rounds.Evening(rounds.Config(tomllib.loads(toml)))
            for i, raw in enumerate(data.split(b"\n")):
                evening.feed(raw)
                if i % 15 == 14 and evening.now is not None:
                    yield evening

    def after(self, evening, *commands):
        evening = copy.deepcopy(evening)
        for name, arguments in commands:
            evening.feed(line(at=evening.now, command=name, **arguments))
        return evening

    def test_every_message_is_accounted_for(self):
        for evening in self.moments():
            posts = evening.posts()
            self.assertEqual(posts.pop("received"), sum(posts.values()))

    def test_a_command_and_its_undo_leave_no_trace_and_redo_brings_it_back(self):
        undone = 0
        for evening in self.moments():
            before = evening.snapshot()
            for name, arguments in self.GIVEN:
                given = self.after(evening, (name, arguments))
                if given.memory == evening.memory:
                    self.assertEqual(given.snapshot(), before)
                    continue
                undone += 1
                back = self.after(given, ("undo", {}))
                snapshot = back.snapshot()
                # That it can be brought back is all that is left of it.
                redo = snapshot["undo"]["redo"]
                self.assertEqual((redo["steps"], redo["next"]), (1, given.snapshot()["undo"]["next"]))
                snapshot["undo"]["redo"] = before["undo"]["redo"]
                self.assertEqual(snapshot, before)
                if name == "lock" and evening.first_phase_line is not None and evening.course.round.paused is not None:
                    continue        # its grace may be over, and the phase line that says so is still to come
                self.assertEqual(self.after(back, ("redo", {})).snapshot(), given.snapshot())
        self.assertGreater(undone, 100)

    def test_a_seed_is_always_the_same_evening(self):
        self.assertEqual(evenings.evening(3, 40), evenings.evening(3, 40))
        self.assertNotEqual(evenings.evening(3, 40), evenings.evening(4, 40))


if __name__ == "__main__":
    unittest.main()
