//! The pages in a real Chromium, by the tests of `tests/browser`, where those are installed.

use std::process::Command;

use crate::support::patience::{Finish, PATIENCE};
use crate::support::{has, left_out, path};

#[test]
fn the_pages_pass_in_a_real_browser() {
    // `tests/run` has them as a step of their own, where what they say can be read as it comes.
    if std::env::var_os("HASHTUG_BROWSER_APART").is_some() {
        return;
    }
    if !has("node") {
        return left_out("`node` is not installed");
    }
    if !path("tests/browser/node_modules").exists() {
        return left_out("the packages of tests/browser are not installed");
    }
    let output = Command::new("node")
        .args(["--test", "pages.test.js"])
        .current_dir(path("tests/browser"))
        .env("HASHTUG_BIN", env!("CARGO_BIN_EXE_hashtug"))
        .finish_within(PATIENCE * 15);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}
