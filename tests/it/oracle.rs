//! The program against a recount, and a model of rounds, in another language, that share nothing with it.

use std::process::Command;

use crate::support::patience::{Finish, PATIENCE};
use crate::support::{has, left_out, path};

#[test]
fn generated_recordings_of_every_feed_count_the_same() {
    check(&["compare.py", env!("CARGO_BIN_EXE_hashtug"), "--seeds", "6"], "recordings agree");
}

#[test]
fn evenings_that_were_counted_by_hand_count_the_same() {
    check(&["test_rounds.py"], "OK");
}

#[test]
fn random_evenings_of_rounds_commands_and_undo_count_the_same() {
    let program = env!("CARGO_BIN_EXE_hashtug");
    check(&["compare_rounds.py", program, "--seeds", "16"], "evenings agree");
    check(&["compare_rounds.py", program, "--seeds", "8", "--grey"], "evenings agree");
}

/// Runs a script of the oracle, which says `expected` when all is well.
#[track_caller]
fn check(line: &[&str], expected: &str) {
    // What reads a config of its own needs the library for it.
    let has_toml =
        || Command::new("python3").args(["-c", "import tomllib"]).finish().status.success();
    if !has("python3") {
        left_out("python3 is not installed");
        return;
    }
    if !has_toml() {
        left_out("python3 is older than 3.11");
        return;
    }
    let output = Command::new("python3")
        .arg(path("tests/oracle").join(line[0]))
        .args(&line[1..])
        .env("HASHTUG_BIN", env!("CARGO_BIN_EXE_hashtug"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .finish_within(PATIENCE * 5);
    let out = String::from_utf8_lossy(&output.stdout);
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{out}{err}");
    assert!(out.contains(expected) || err.contains(expected), "{out}{err}");
}
