"""Validates configs against the JSON Schema that `hashtug schema` prints, with a validator of others.

    check.py HASHTUG

What hashtug takes has to be valid: config.toml, config.toml with all that it shows without running it,
and the examples. What is not valid, hashtug must not take either: an editor never marks what is right.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import tomllib

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]

TEAMS = """
[[team]]
name = "A"
hashtags = ["a"]
[[team]]
name = "B"
hashtags = ["b"]
"""

# Keys that are right beside others alone, and values of more than one type.
DEPENDENT = TEAMS + """
[[output]]
kind = "spi"
chip = "apa102"
hz = 10_000_000
[[output]]
kind = "wled"
host = "h"
white = true
matrix = { width = 5, height = 10 }
[[source]]
kind = "http"
url = "https://a.example"
mode = "poll"
every = "10s"
[source.map]
id = "/id"
text = "/text"
[[source]]
kind = "websocket"
url = "wss://a.example"
send = ["a", "b"]
[source.map]
numbers = { A = "/a", B = "/b" }
per_vote = 2
[[source]]
kind = "replay"
path = "keynote.jsonl"
speed = "max"
[[source]]
kind = "bluesky"
endpoint = "wss://a.example/subscribe"
"""

# Each is wrong in one way, and right without it.
WRONG = {
    "a section that there is not": '[contests]\ntitle = "?"\n' + TEAMS,
    "a key that there is not": '[contest]\nwindw = "60s"\n' + TEAMS,
    "a word that is none of the choices": '[contest]\nvote = "lates"\n' + TEAMS,
    "a text for a flag": TEAMS + '[[output]]\nkind = "terminal"\nreverse = "true"\n',
    "a number out of its range": TEAMS + '[[output]]\nkind = "terminal"\nfps = 31\n',
    "a key of another kind": TEAMS + '[[output]]\nkind = "terminal"\nuniverse = 1\n',
    "a kind that there is not": TEAMS + '[[output]]\nkind = "lamp"\n',
    "an output without a kind": TEAMS + '[[output]]\nname = "lamp"\n',
    "an output without its host": TEAMS + '[[output]]\nkind = "ddp"\n',
    "a source without its server": TEAMS + '[[source]]\nkind = "mastodon"\n',
    "a team without hashtags": TEAMS + '[[team]]\nname = "C"\n',
    "a key of a table in braces that there is not":
        TEAMS + '[[output]]\nkind = "ddp"\nhost = "h"\nmatrix = { widht = 1, width = 1, height = 1 }\n',
    "a key of a map that there is not":
        TEAMS + '[[source]]\nkind = "http"\nurl = "https://a.example"\n[source.map]\ntxt = "/a"\n',
}


def main():
    hashtug = sys.argv[1]
    schema = json.loads(subprocess.run([hashtug, "schema"], check=True, capture_output=True).stdout)
    try:
        jsonschema.Draft7Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        sys.exit(f"FAILED: it is no schema, at {list(error.path)}: {error.message[:200]}")
    validator = jsonschema.Draft7Validator(schema)
    failed = 0

    def expect(holds, what):
        nonlocal failed
        if not holds:
            failed += 1
            print(f"FAILED: {what}")

    example = (ROOT / "config.toml").read_text()
    right = {"config.toml, whole": whole(example), "no more than teams": TEAMS,
             "keys that depend on others": DEPENDENT}
    for path in [ROOT / "config.toml", *sorted((ROOT / "examples").glob("*.toml"))]:
        right[path.name] = path.read_text()
    for name, text in right.items():
        errors = [error.message for error in validator.iter_errors(tomllib.loads(text))]
        expect(not errors, f"{name} is right, and: {errors}")
    for name, text in WRONG.items():
        expect(not validator.is_valid(tomllib.loads(text)), f"{name} is valid")
        expect(refused(hashtug, text), f"hashtug takes {name}")

    passed = len(right) + 2 * len(WRONG) - failed
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


def whole(example):
    """With the lines that begin with `#` and no space."""
    lines = example.splitlines()
    return "\n".join(line[1:] if len(line) > 1 and line[0] == "#" and line[1] != " " else line
                     for line in lines)


def refused(hashtug, text):
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder) / "config.toml"
        config.write_text(text)
        return subprocess.run([hashtug, "check", "-c", config], capture_output=True).returncode == 2


main()
