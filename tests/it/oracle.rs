//! The program against a recount by a program of another language that shares nothing with it.

use std::process::Command;

use crate::support::patience::{Finish, PATIENCE};
use crate::support::{has, left_out, path};

#[test]
fn generated_recordings_of_every_feed_count_the_same() {
    if !has("python3") {
        left_out("python3 is not installed");
        return;
    }
    let output = Command::new("python3")
        .arg(path("tests/oracle/compare.py"))
        .args([env!("CARGO_BIN_EXE_hashtug"), "--seeds", "6"])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .finish_within(PATIENCE * 5);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("recordings agree"), "{said}");
}
