//! The program as a process.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::patience::{Finish, Limit, ended, joined};

/// Two sound teams, to stand below what is tested.
pub(crate) const TEAMS: &str = r#"
[[team]]
name = "Tabs"
hashtags = ["tabs"]
[[team]]
name = "Spaces"
hashtags = ["spaces"]
"#;

/// The program, about to be started away from any config of the repository.
pub(crate) fn hashtug(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hashtug"));
    command.args(arguments).current_dir(std::env::temp_dir()).stdin(Stdio::null());
    command
}

/// What is in a file that may be compressed, or break off.
pub(crate) fn unpacked(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("gz") => {
            let mut unpacked = Vec::new();
            let _cut = flate2::read::MultiGzDecoder::new(&*bytes).read_to_end(&mut unpacked);
            unpacked
        }
        Some("zst") => {
            let mut unpacked = Vec::new();
            let _cut = zstd::Decoder::new(&*bytes).unwrap().read_to_end(&mut unpacked);
            unpacked
        }
        _ => bytes,
    }
}

/// `hashtug tally` of the default teams.
pub(crate) fn tally(file: &Path, more: &[&str]) -> Output {
    let mut command = hashtug(&["tally", file.to_str().unwrap()]);
    command.args(["--team", "Tabs=tabs,teamtabs", "--team", "Spaces=spaces"]).args(more);
    command.finish()
}

/// The same, fed through standard input.
pub(crate) fn tally_of(input: &[u8], more: &[&str]) -> Output {
    let mut command =
        hashtug(&["tally", "-", "--team", "Tabs=tabs,teamtabs", "--team", "Spaces=spaces"]);
    command.args(more).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = ended(child);
    joined("the end of the input", writer);
    output
}

/// The snapshots that were printed.
pub(crate) fn lines(output: &Output) -> Vec<serde_json::Value> {
    let text = std::str::from_utf8(&output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The last of them.
#[track_caller]
pub(crate) fn last(output: &Output) -> serde_json::Value {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    lines(output).pop().expect("a snapshot is printed")
}

/// A running show.
pub(crate) struct Show {
    pub(crate) child: Child,
    pub(crate) address: String,
    stderr: BufReader<std::process::ChildStderr>,
    /// What it said before it served its pages.
    said: String,
}

impl Show {
    /// Starts it and waits until its pages are served.
    pub(crate) fn start(mut command: Command) -> Show {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        let _limit = Limit::of(&child);
        let address = loop {
            let mut line = String::new();
            assert_ne!(stderr.read_line(&mut line).unwrap(), 0, "it ended early: {said}");
            let url = line.trim_end().split_once("pages on ").map(|(_, url)| url);
            if let Some((_, address)) = url.and_then(|url| url.split_once("://")) {
                break address.trim_end_matches('/').to_owned();
            }
            said += &line;
        };
        Show { child, address, stderr, said }
    }

    pub(crate) fn signal(&self, signal: &str) {
        kill(signal, self.child.id());
    }

    /// Its exit code and what it said in all, once it has ended; and how long that took.
    pub(crate) fn end(&mut self) -> (Option<i32>, String, Duration) {
        #[expect(clippy::disallowed_methods, reason = "a process has a clock of its own")]
        let start = Instant::now();
        let mut said = std::mem::take(&mut self.said);
        let _limit = Limit::of(&self.child);
        while self.stderr.read_line(&mut said).unwrap() > 0 {}
        (self.child.wait().unwrap().code(), said, start.elapsed())
    }
}

impl Drop for Show {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _gone_already = self.child.wait();
    }
}

pub(crate) fn kill(signal: &str, pid: u32) {
    let status = Command::new("kill").args([signal, &pid.to_string()]).status().unwrap();
    assert!(status.success());
}
