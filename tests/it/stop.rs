//! The ways in which a show ends, and what it leaves behind.

use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::NamedTempFile;

use crate::support::patience::{Finish, Limit, PATIENCE, in_time, joined, until};
use crate::support::program::{Show, hashtug, kill};
use crate::support::{has, http, left_out};

/// The demonstration on a free port.
fn config() -> NamedTempFile {
    config_at("127.0.0.1:0")
}

fn config_at(listen: &str) -> NamedTempFile {
    let keynote = crate::support::path("fixtures/posts/keynote.jsonl");
    let file = NamedTempFile::new().unwrap();
    let text = format!(
        "[[team]]\nname = \"Tabs\"\nhashtags = [\"tabs\"]\n\
         [[team]]\nname = \"Spaces\"\nhashtags = [\"spaces\"]\n\
         [[source]]\nname = \"rehearsal\"\nkind = \"replay\"\npath = \"{}\"\nrepeat = true\n\
         [[output]]\nname = \"preview\"\nkind = \"terminal\"\npixels = 50\n\
         [web]\nlisten = \"{listen}\"\n",
        keynote.display()
    );
    std::fs::write(&file, text).unwrap();
    file
}

fn run(config: &NamedTempFile) -> Command {
    hashtug(&["run", "-c", config.path().to_str().unwrap()])
}

#[test]
fn every_signal_to_end_ends_the_show_within_a_second() {
    let config = config();
    for signal in ["-INT", "-TERM", "-HUP"] {
        let mut show = Show::start(run(&config));
        assert_eq!(http::get(&show.address, "/healthz").status, 200);
        show.signal(signal);
        let (code, said, took) = show.end();
        assert_eq!(code, Some(0), "{signal}: {said}");
        assert!(!said.contains("left behind"), "{signal}: {said}");
        in_time("the end", took, Duration::from_secs(1));
    }
}

/// The demonstration with another recording, played as `keys` say.
fn config_of(path: &std::path::Path, keys: &str) -> NamedTempFile {
    let config = config();
    let text = std::fs::read_to_string(&config).unwrap();
    let keynote = crate::support::path("fixtures/posts/keynote.jsonl");
    let text = text.replace(keynote.to_str().unwrap(), path.to_str().unwrap());
    std::fs::write(&config, text.replace("repeat = true", keys)).unwrap();
    config
}

fn snapshot(show: &Show) -> serde_json::Value {
    http::get(&show.address, "/api/v1/snapshot").json()
}

#[track_caller]
fn ends_at_once(mut show: Show) {
    show.signal("-INT");
    let (code, said, took) = show.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("left behind"), "{said}");
    in_time("the end", took, Duration::from_secs(1));
}

#[test]
fn a_pipe_that_says_nothing_does_not_hold_up_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("posts");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let path = fifo.clone();
    let writer = std::thread::spawn(move || {
        use std::io::Write;
        let mut pipe = File::options().write(true).open(path).unwrap();
        pipe.write_all(b"{\"at\":1000,\"text\":\"#tabs\"}\n").unwrap();
        pipe
    });
    let show = Show::start(run(&config_of(&fifo, "")));
    // The first post is counted though no more come.
    let pipe = joined("a reader", writer);
    until("the first post", || snapshot(&show)["teams"][0]["votes"] == 1);
    ends_at_once(show);
    drop(pipe);
}

#[test]
fn a_gap_of_ages_at_full_speed_takes_no_time() {
    let file = NamedTempFile::new().unwrap();
    let posts =
        "{\"at\":0,\"text\":\"#tabs\"}\n{\"at\":\"9000-01-01T00:00:00Z\",\"text\":\"#tabs\"}\n";
    std::fs::write(&file, posts).unwrap();
    let show = Show::start(run(&config_of(file.path(), "speed = \"max\"\nrepeat = true")));
    // Time itself ends after some passes, and the recording with it.
    until("the end", || snapshot(&show)["sources"][0]["state"] == "ended");
    ends_at_once(show);
}

#[test]
fn viewers_do_not_hold_up_the_end() {
    let config = config();
    let show = Show::start(run(&config));
    let mut viewers: Vec<_> =
        (0..20).map(|_| std::net::TcpStream::connect(&show.address).unwrap()).collect();
    for viewer in &mut viewers {
        use std::io::Write;
        viewer.set_read_timeout(Some(PATIENCE)).unwrap();
        viewer.write_all(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        assert_ne!(viewer.read(&mut [0; 1024]).unwrap(), 0);
    }
    ends_at_once(show);
}

#[test]
fn a_closed_or_full_standard_output_does_not_end_the_show() {
    let config = config();
    let full = || File::options().write(true).open("/dev/full").unwrap();
    let (reader, closed) = std::io::pipe().unwrap();
    drop(reader);
    for stdout in [Stdio::from(full()), Stdio::from(closed)] {
        let mut command = run(&config);
        command.stdout(stdout);
        let mut show = Show::start(command);
        assert_eq!(http::get(&show.address, "/healthz").text(), "ok\n");
        show.signal("-INT");
        assert_eq!(show.end().0, Some(0));
    }
}

#[test]
fn nothing_is_drawn_where_standard_output_is_no_terminal() {
    let config = config();
    let mut command = run(&config);
    command.stdout(Stdio::piped());
    let mut show = Show::start(command);
    assert_eq!(http::get(&show.address, "/healthz").status, 200);
    let mut stdout = show.child.stdout.take().unwrap();
    show.signal("-INT");
    assert_eq!(show.end().0, Some(0));
    let mut drawn = Vec::new();
    stdout.read_to_end(&mut drawn).unwrap();
    assert_eq!(drawn, b"");
}

#[test]
fn a_port_that_is_taken_is_said_before_the_show() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = run(&config_at(&address)).finish();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr.contains(&format!("cannot serve pages on {address}: Address already in use")),
        "{stderr}"
    );
}

#[test]
fn a_show_without_a_source_is_refused() {
    let file = NamedTempFile::new().unwrap();
    let teams =
        "[[team]]\nname = \"A\"\nhashtags = [\"a\"]\n[[team]]\nname = \"B\"\nhashtags = [\"b\"]\n";
    std::fs::write(&file, teams).unwrap();
    let output = run(&file).finish();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("no [[source]]"));
}

/// Runs the show in a terminal of its own, 80 columns wide, and gives what was drawn until it had
/// `seen` enough, was interrupted, and ended.
fn in_a_terminal(seen: impl FnMut(&str) -> bool) -> Option<String> {
    shown(&config(), seen)
}

fn shown(config: &NamedTempFile, mut seen: impl FnMut(&str) -> bool) -> Option<String> {
    if !has("script") {
        left_out("`script` is not installed");
        return None;
    }
    let program = env!("CARGO_BIN_EXE_hashtug");
    let shell = format!("stty cols 80 rows 24; exec {program} -c {}", config.path().display());
    let mut script = Command::new("script");
    script.args(["-qefc", &shell, "/dev/null"]).env("TERM", "xterm-256color");
    script.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut script = script.spawn().unwrap();
    let _limit = Limit::of(&script);
    let mut stdout = script.stdout.take().unwrap();
    let (mut drawn, mut stopped) = (String::new(), false);
    let mut buffer = [0; 4096];
    loop {
        let count = stdout.read(&mut buffer).unwrap();
        if count == 0 {
            break;
        }
        drawn += &String::from_utf8_lossy(&buffer[..count]);
        if !stopped && seen(&drawn) {
            let children = format!("/proc/{0}/task/{0}/children", script.id());
            let child = std::fs::read_to_string(children).unwrap();
            kill("-INT", child.trim().parse().unwrap());
            stopped = true;
        }
    }
    assert!(script.wait().unwrap().success());
    Some(drawn)
}

#[test]
fn a_terminal_shows_the_strip_and_is_left_as_it_was() {
    let Some(drawn) = in_a_terminal(|drawn| drawn.contains("ignored")) else { return };
    // The colours of both ends, and the numbers under them.
    for what in ["48;2;255;176;0m", "48;2;0;80;176m", "REPLAY", "Tabs", "Spaces", " %"] {
        assert!(drawn.contains(what), "{what} is missing in {drawn:?}");
    }
    // The picture is taken away, and neither the cursor nor a mode was ever touched.
    let end = drawn.rfind("\x1b[J").expect("the picture is erased");
    assert!(!drawn[end..].contains("48;2;"), "{drawn:?}");
    assert!(!drawn.contains("\x1b[?"), "{drawn:?}");
    // Lines of the picture begin with its margin; log lines above it may be longer.
    for line in drawn.split(['\r', '\n']).filter(|line| line.starts_with("  ")) {
        assert!(console::measure_text_width(line) <= 80, "{line:?}");
    }
}

#[test]
fn only_what_changed_is_drawn_again() {
    // Lines of lights, of which a strip has two; a line begins with its margin and a colour.
    let strips = |drawn: &str| drawn.matches("\r  \x1b[48;2;").count() / 2;
    let titles = |drawn: &str| drawn.matches("Tabs or Spaces?").count();
    let Some(drawn) = in_a_terminal(|drawn| strips(drawn) > 30) else { return };
    // The strip moves with the first votes; the title is drawn with the clock beside it, each
    // second or less often, and below log lines.
    assert!(titles(&drawn) * 2 < strips(&drawn), "{drawn:?}");
}

#[test]
fn log_lines_and_frames_do_not_wait_for_each_other() {
    // Every pass of this recording logs a line, fifty passes a second.
    let file = NamedTempFile::new().unwrap();
    let posts = "{\"at\":0,\"text\":\"#tabs\"}\n{\"at\":0,\"text\":\"#tabs\n{\"at\":1,\"text\":\"#spaces\"}\n";
    std::fs::write(&file, posts).unwrap();
    let config = config_of(file.path(), "speed = 50\nrepeat = true");
    let (mut lines, mut read) = (0, 0);
    let drawn = shown(&config, |drawn| {
        // Not from the start again, which is megabytes.
        lines += drawn[read..].matches("post skipped").count();
        read = drawn.len();
        lines > 50
    });
    let Some(drawn) = drawn else { return };
    // The picture is drawn among them, again and again.
    let among = drawn.split("post skipped").filter(|between| between.contains("48;2;")).count();
    assert!(among > 5, "{among} pictures among {lines} lines");
    assert!(drawn.contains("ignored"), "{drawn:?}");
}
