//! Where the key and the tickets are not.

use std::io::Read as _;
use std::process::Stdio;

use serde_json::json;
use tempfile::TempDir;

use super::{Stage, command, config, content, file};
use crate::support::patience::{Finish, Limit, until};
use crate::support::program::Show;
use crate::support::{has, http, left_out};

const CHOSEN: &str = "Chosen-by-somebody_0123456789~abc";

#[test]
fn the_key_is_in_no_log_snapshot_metric_recording_or_command_line() {
    let folder = TempDir::new().unwrap();
    let path = config(&folder, "operator_key_env = \"HASHTUG_TEST_KEY\"");
    let recording = folder.path().join("show.jsonl");
    let mut program = command(&folder, &["record", recording.to_str().unwrap()]);
    program.args(["-c", path.to_str().unwrap()]);
    program.env("HASHTUG_TEST_KEY", CHOSEN).env("RUST_LOG", "trace");
    let mut show = Show::start(program);
    let address = show.address.clone();
    let text = std::fs::read_to_string(file(&folder, &address)).unwrap();
    assert!(text.contains(CHOSEN), "the shell finds it in the file of the show");
    let operate = |arguments: &[&str]| {
        let mut program = command(&folder, &["operate"]);
        program
            .args(arguments)
            .env("RUST_LOG", "trace")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = program.spawn().unwrap();
        let line = std::fs::read(format!("/proc/{}/cmdline", child.id())).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&line).contains(CHOSEN));
        let _limit = Limit::of(&child);
        let (mut out, mut err) = (String::new(), String::new());
        child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert!(!out.contains(CHOSEN) && !err.contains(CHOSEN), "{out}{err}");
        assert_eq!(child.wait().unwrap().code(), Some(0), "{err}");
        out
    };
    operate(&["blackout"]);
    operate(&["--json", "light"]);
    operate(&["--json", "status"]);
    let url = operate(&["--url"]);
    let ticket = url.trim_end().split_once('#').unwrap().1.to_owned();
    let headers = [format!("Host: {address}"), content("application/json")];
    let body = json!({ "ticket": ticket }).to_string();
    let key = super::ask(&address, "POST", "/api/v1/operate/key", &headers, &body);
    assert_eq!(key.json(), json!({"key": CHOSEN}));
    // A wrong one and a refused one are no news for a log either.
    let wrong = [headers[0].clone(), super::bearer(&format!("{CHOSEN}x"))];
    super::ask(&address, "GET", "/api/v1/operate/snapshot", &wrong, "");
    until("posts in the recording", || {
        std::fs::metadata(&recording).is_ok_and(|file| file.len() > 1000)
    });
    let mut seen = String::new();
    for path in ["/api/v1/snapshot", "/api/v1/history", "/metrics", "/api/v1/strips", "/", "/stage"]
    {
        let answer = http::get(&address, path);
        seen += &answer.head;
        seen += answer.text();
    }
    let line = format!("/proc/{}/cmdline", show.child.id());
    seen += &String::from_utf8_lossy(&std::fs::read(line).unwrap_or_default());
    show.signal("-INT");
    let (code, said, _) = show.end();
    assert_eq!(code, Some(0), "{said}");
    seen += &said;
    seen += &std::fs::read_to_string(&recording).unwrap();
    assert!(!seen.contains(CHOSEN) && !seen.contains(&ticket));
    assert!(!file(&folder, &address).exists(), "the file of the show is gone with it");
}

#[test]
fn a_key_that_can_be_guessed_is_refused_at_the_start_without_being_shown() {
    for (value, why) in [
        (Some("hunter2-hunter2"), "it has fewer than 22 characters"),
        (Some("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), "it has fewer than 8 different characters"),
        (Some("correct horse battery staple and so on"), "it has characters other than"),
        (None, "is not set"),
    ] {
        let folder = TempDir::new().unwrap();
        let path = config(&folder, "operator_key_env = \"HASHTUG_TEST_KEY\"");
        for arguments in [&["run"][..], &["check"], &["timer", "5m"]] {
            let mut program = command(&folder, arguments);
            program.args(["-c", path.to_str().unwrap()]).env_remove("HASHTUG_TEST_KEY");
            if let Some(value) = value {
                program.env("HASHTUG_TEST_KEY", value);
            }
            let output = program.finish();
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{said}");
            assert!(said.contains("`HASHTUG_TEST_KEY`") && said.contains(why), "{said}");
            assert!(said.contains("hint: "), "{said}");
            assert!(value.is_none_or(|value| !said.contains(value)), "{said}");
        }
    }
}

#[test]
fn a_secret_in_the_place_of_its_name_is_not_shown() {
    let folder = TempDir::new().unwrap();
    let path = config(&folder, &format!("operator_key_env = \"{CHOSEN}\""));
    let output = command(&folder, &["check", "-c", path.to_str().unwrap()]).finish();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("operator_key_env") && !said.contains(CHOSEN), "{said}");
}

#[test]
fn a_terminal_is_told_an_address_that_opens_once_and_a_log_how_to_get_one() {
    let mut stage = Stage::start("");
    stage.show.signal("-INT");
    let (_, said, _) = stage.show.end();
    assert!(said.contains("`hashtug operate --url`") && !said.contains('#'), "{said}");
    if !has("script") {
        left_out("`script` (package `bsdutils` or `util-linux`)");
        return;
    }
    let folder = TempDir::new().unwrap();
    let path = config(&folder, "");
    let line = format!("{} run -c {}", env!("CARGO_BIN_EXE_hashtug"), path.display());
    let mut script = std::process::Command::new("script");
    script.args(["-q", "-e", "-c", &line, "/dev/null"]);
    script.env("XDG_RUNTIME_DIR", folder.path());
    script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = script.spawn().unwrap();
    let _limit = Limit::of(&child);
    let mut output = child.stdout.take().unwrap();
    let mut said = String::new();
    let url = loop {
        let mut byte = [0];
        assert_ne!(output.read(&mut byte).unwrap(), 0, "{said}");
        said.push(char::from(byte[0]));
        let line = said.lines().last().unwrap_or_default();
        if let Some((_, url)) = line.split_once("minutes: ").filter(|_| said.ends_with('\n')) {
            break url.trim_end().to_owned();
        }
    };
    let (address, ticket) = url.strip_prefix("http://").unwrap().split_once("/operate#").unwrap();
    let headers = [format!("Host: {address}"), content("application/json")];
    let body = json!({ "ticket": ticket }).to_string();
    let redeem = || super::ask(address, "POST", "/api/v1/operate/key", &headers, &body);
    crate::support::patience::until("the pages", || std::net::TcpStream::connect(address).is_ok());
    let key = super::running(&folder, address)["key"].clone();
    assert_eq!(redeem().json(), json!({ "key": key }));
    assert_eq!(redeem().status, 401);
    // The program's own terminal takes it along.
    let stopped = command(&folder, &["operate", "blackout"]).finish();
    assert_eq!(stopped.status.code(), Some(0));
    let pid = super::running(&folder, address)["pid"].as_u64().unwrap();
    crate::support::program::kill("-INT", pid.try_into().unwrap());
    let mut rest = Vec::new();
    output.read_to_end(&mut rest).unwrap();
    child.wait().unwrap();
}
