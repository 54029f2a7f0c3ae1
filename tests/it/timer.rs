//! The speaker's timer: its keys in a terminal, its page, and the terminal that it leaves behind.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::support::patience::{Finish, Limit, ended, found, in_time, until};
use crate::support::program::{Show, hashtug, kill};
use crate::support::{has, http, left_out};

const CONFIG: &str = "[contest]\ntitle = \"Lightning talks\"\n\
     [[team]]\nname = \"Tabs\"\nhashtags = [\"tabs\"]\n\
     [[team]]\nname = \"Spaces\"\nhashtags = [\"spaces\"]\n\
     [web]\nlisten = \"127.0.0.1:0\"\n";

#[test]
fn pages_hear_of_the_timer_and_of_the_keys() {
    let folder = folder(CONFIG);
    let mut command = hashtug(&["timer", "5m", "-c", &config(&folder)]);
    command.stdin(Stdio::piped());
    let mut show = Show::start(command);
    let mut keys = show.child.stdin.take().unwrap();
    let timer = || http::get(&show.address, "/api/v1/snapshot").json()["timer"].clone();
    let first = timer();
    let left = first["remaining_ms"].as_u64().unwrap();
    assert!((290_000..=300_000).contains(&left), "{first}");
    assert_eq!(first["total_ms"], 300_000);
    assert_eq!(first["paused"], false);
    assert_eq!(first["phase"], "green");
    assert_eq!(first["color"], "#00ff00");
    keys.write_all(b"+\nneither\np\n").unwrap();
    let held = found("the pause", || Some(timer()).filter(|timer| timer["paused"] == true));
    assert_eq!(held["total_ms"], 360_000);
    assert_eq!(timer()["remaining_ms"], held["remaining_ms"], "it stands still");
    keys.write_all(b"q\n").unwrap();
    let (code, said, took) = show.end();
    assert_eq!(code, Some(0), "{said}");
    in_time("the end", took, Duration::from_secs(1));
}

#[test]
fn each_key_is_logged_however_soon_the_next_one_comes() {
    let folder = folder(CONFIG);
    let mut command = hashtug(&["timer", "5m", "-c", &config(&folder)]);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"+\n+\np\np\nq\n").unwrap();
    let said = String::from_utf8(ended(child).stderr).unwrap();
    let lines = said.lines().filter_map(|line| line.split_once(" left: "));
    let lines: Vec<(&str, &str)> =
        lines.map(|(left, signal)| (left.rsplit(' ').next().unwrap(), signal)).collect();
    let expected = [
        ("5:00", "green"),
        ("6:00", "green"),
        ("7:00", "green"),
        ("7:00", "green, held"),
        ("7:00", "green"),
    ];
    assert_eq!(lines, expected, "{said}");
}

#[test]
fn marks_of_the_config_change_the_light() {
    let text = format!("{CONFIG}[timer]\nyellow = \"1h\"\nred = \"30m\"\nflash = \"29m\"\n");
    let folder = folder(&text);
    let show = Show::start(hashtug(&["timer", "90m", "-c", &config(&folder)]));
    assert_eq!(http::get(&show.address, "/api/v1/snapshot").json()["timer"]["phase"], "green");
    let folder = self::folder(&text.replace("\"1h\"", "\"89m59s990ms\""));
    let show = Show::start(hashtug(&["timer", "90m", "-c", &config(&folder)]));
    let phase = || http::get(&show.address, "/api/v1/snapshot").json()["timer"]["phase"].clone();
    until("yellow", || phase() == "yellow");
}

#[test]
fn marks_in_the_wrong_order_are_refused() {
    let folder = folder(&format!("{CONFIG}[timer]\nyellow = \"20s\"\nred = \"60s\"\n"));
    let output = hashtug(&["timer", "5m", "-c", &config(&folder)]).finish();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said.contains("`red` comes with 60s left, which is before `yellow` with 20s"),
        "{said}"
    );
    assert!(said.contains("hint: time runs out from `yellow` over `red` to `flash`"), "{said}");
}

#[test]
fn a_talk_has_a_length() {
    for length in ["0s", "5", "48h"] {
        let output = hashtug(&["timer", length]).finish();
        assert_eq!(output.status.code(), Some(2), "{length}");
    }
}

#[test]
fn keys_count_without_enter_and_the_terminal_is_left_as_it_was() {
    let Some(mut terminal) = Terminal::start("") else { return };
    terminal.wait_for("keys: + one minute more");
    terminal.wait_for("of 5:00 left");
    terminal.press("+");
    terminal.wait_for("of 6:00 left");
    // An arrow is not an escape.
    terminal.press("\x1b[A");
    terminal.press("p");
    terminal.wait_for("HELD");
    terminal.press(" ");
    terminal.wait_for("left: green\r");
    terminal.press("q");
    terminal.assert_left_as_it_was();
    assert!(!terminal.seen.contains("^[[A"), "keys are not echoed: {:?}", terminal.seen);
}

#[test]
fn a_terminal_is_left_as_it_was_by_signals_and_panics() {
    for (signal, panic) in [("-TERM", ""), ("-INT", ""), ("-USR1", "show"), ("-USR1", "doors")] {
        let Some(mut terminal) = Terminal::start(panic) else { return };
        terminal.wait_for("of 5:00 left");
        kill(signal, terminal.program());
        terminal.assert_left_as_it_was();
    }
}

/// A terminal in which the timer runs between two looks at the terminal's modes.
struct Terminal {
    folder: TempDir,
    script: Child,
    keys: ChildStdin,
    screen: ChildStdout,
    seen: String,
}

impl Terminal {
    fn start(panic: &str) -> Option<Terminal> {
        if !has("script") {
            left_out("`script` is not installed");
            return None;
        }
        let folder = folder(CONFIG);
        let program = env!("CARGO_BIN_EXE_hashtug");
        let shell = format!(
            "stty cols 80 rows 24; stty -g > before; \
             timeout --foreground 60 {program} timer 5m -c config.toml; stty -g > after"
        );
        let mut script = Command::new("script");
        script.args(["-qec", &shell, "/dev/null"]).current_dir(&folder);
        script.env("TERM", "xterm-256color").env("HASHTUG_TEST_PANIC", panic);
        script.env("RUST_BACKTRACE", "0").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut script = script.spawn().unwrap();
        let (keys, screen) = (script.stdin.take().unwrap(), script.stdout.take().unwrap());
        Some(Terminal { folder, script, keys, screen, seen: String::new() })
    }

    /// Reads on until something stands there.
    #[track_caller]
    fn wait_for(&mut self, what: &str) {
        let _limit = Limit::of(&self.script);
        let from = self.seen.len();
        let mut buffer = [0; 4096];
        while !self.seen[from..].contains(what) {
            let count = self.screen.read(&mut buffer).unwrap();
            assert_ne!(count, 0, "`{what}` is missing in {:?}", self.seen);
            self.seen += &String::from_utf8_lossy(&buffer[..count]);
        }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// The process of the program, below those of the shell and of what ends a hang.
    fn program(&self) -> u32 {
        let child = |pid: u32| {
            let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
            children.unwrap().split_whitespace().next().unwrap().parse().unwrap()
        };
        child(child(child(self.script.id())))
    }

    /// Waits for the end.
    #[track_caller]
    fn assert_left_as_it_was(&mut self) {
        let _limit = Limit::of(&self.script);
        let mut rest = Vec::new();
        self.screen.read_to_end(&mut rest).unwrap();
        self.seen += &String::from_utf8_lossy(&rest);
        self.script.wait().unwrap();
        let modes = |file| std::fs::read_to_string(self.folder.path().join(file)).unwrap();
        assert_eq!(modes("before"), modes("after"), "{:?}", self.seen);
        assert_ne!(modes("before"), "");
    }
}

fn folder(text: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("config.toml"), text).unwrap();
    folder
}

fn config(folder: &TempDir) -> String {
    folder.path().join("config.toml").to_str().unwrap().to_owned()
}
