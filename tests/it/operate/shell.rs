//! `hashtug operate` against real shows.

use std::process::Output;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Stage, command, config, content, file, running};
use crate::support::patience::{Finish, until};

#[track_caller]
fn check(output: &Output, code: i32, out: &str, err: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(code), "{printed}{said}");
    assert!(printed.contains(out), "`{out}` is missing in:\n{printed}");
    assert!(said.contains(err), "`{err}` is missing in:\n{said}");
}

#[test]
fn a_shell_operates_a_show_and_says_in_one_line_what_became_of_it() {
    let stage = Stage::start("");
    let line = |output: &Output| String::from_utf8(output.stdout.clone()).unwrap();
    let started = stage.operate(&["timer", "start", "5m"]);
    check(&started, 0, "done; phase open, snapshot ", "");
    assert_eq!(line(&started).lines().count(), 1);
    assert_eq!(stage.snapshot()["timer"]["length_ms"], 300_000);
    check(&stage.operate(&["timer", "add", "-60"]), 0, "done", "");
    assert_eq!(stage.snapshot()["timer"]["length_ms"], 240_000);
    check(&stage.operate(&["timer", "do=add", "seconds=2m"]), 0, "done", "");
    assert_eq!(stage.snapshot()["timer"]["length_ms"], 360_000);
    check(&stage.operate(&["blackout"]), 0, "done", "");
    assert_eq!(stage.snapshot()["blackout"], json!(["all"]));
    let again = stage.operate(&["blackout"]);
    check(&again, 0, "nothing changed: that is dark; phase open\n", "");
    check(&stage.operate(&["light", "all"]), 0, "done", "");
    assert_eq!(stage.snapshot()["blackout"], json!([]));
    let status = stage.operate(&["status"]);
    check(&status, 0, "phase     open", "");
    check(&status, 0, "Tabs or spaces?", "");
    check(&status, 0, "votes     Spaces: ", "");
    check(&status, 0, "timer     ", "");
    let raw: Value = serde_json::from_str(&line(&stage.operate(&["status", "--json"]))).unwrap();
    assert_eq!(raw["title"], "Tabs or spaces?");
    let raw: Value = serde_json::from_str(&line(&stage.operate(&["--json", "light"]))).unwrap();
    assert_eq!((&raw["changed"], &raw["why"]), (&json!(false), &json!("that is not dark")));
}

#[test]
fn exit_codes_tell_what_cannot_be_done_from_what_is_no_command() {
    let stage = Stage::start("");
    check(&stage.operate(&["scene", "timer"]), 1, "", "error: refused: there is no timer");
    let raw = stage.operate(&["--json", "scene", "timer"]);
    check(&raw, 1, "\"error\":\"there is no timer\"", "error: refused: there is no timer");
    let soft = stage.operate(&["scene", "timer", "soft=true"]);
    check(&soft, 0, "nothing changed: there is no timer", "");
    for (arguments, why) in [
        (&["lokc"][..], "did you mean `lock`?"),
        (&["dance"], "there is no command `dance`"),
        (&["lock", "now"], "`lock` has no place for `now`"),
        (&["timer"], "`timer` needs `do`"),
        (&["timer", "start"], "`timer` needs `length`"),
        (&["add_time", "soon"], "`seconds` must be a number"),
        (&["scene", "nowhere"], "`scene` is one of"),
        (&["light", "colour=red"], "colour=red"),
        (&["status", "now"], "`status` has no place for `now`"),
        (&[], "COMMAND"),
        (&["--url", "lock"], "cannot be used with"),
        (&["--stage", "lock"], "cannot be used with"),
        (&["--stage"], "--url"),
        (&["--port", "x", "lock"], "invalid value"),
    ] {
        let output = stage.operate(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        // A name, and no output has it.
        if arguments == ["light", "colour=red"] {
            assert_eq!(output.status.code(), Some(1), "{said}");
            assert!(said.contains("there is no output `colour=red`"), "{said}");
            continue;
        }
        check(&output, 2, "", why);
    }
    // What is no command is told so where there is no show.
    let empty = TempDir::new().unwrap();
    check(&command(&empty, &["operate", "lokc"]).finish(), 2, "", "did you mean `lock`?");
    let none = command(&empty, &["operate", "lock"]).finish();
    check(&none, 1, "", "error: no show runs on this machine");
    check(&none, 1, "", "hint: start one: hashtug run");
}

#[test]
fn an_address_from_the_shell_opens_the_page_once() {
    let stage = Stage::start("");
    let output = stage.operate(&["--url"]);
    let start = format!("http://{}/operate#", stage.show.address);
    let url = String::from_utf8(output.stdout.clone()).unwrap();
    let ticket = url.trim_end().strip_prefix(&start).unwrap_or_else(|| panic!("{output:?}"));
    let body = json!({ "ticket": ticket }).to_string();
    let headers = [content("application/json")];
    let redeem = || stage.post_with("/api/v1/operate/key", &headers, &body);
    assert_eq!(redeem().json()["key"], json!(stage.key));
    assert_eq!(redeem().status, 401);
    // The stage has a ticket of its own, for a clicker.
    let output = stage.operate(&["--url", "--stage"]);
    let start = format!("http://{}/stage#", stage.show.address);
    assert!(String::from_utf8_lossy(&output.stdout).starts_with(&start), "{output:?}");
}

#[test]
fn of_two_shows_the_one_at_the_port_is_operated_and_one_that_was_killed_is_forgotten() {
    let folder = TempDir::new().unwrap();
    let one = Stage::with(folder, "", &["run"]);
    let other = {
        let config = config(&one.folder, "");
        let mut program = command(&one.folder, &["run"]);
        program.args(["-c", config.to_str().unwrap()]);
        crate::support::program::Show::start(program)
    };
    let several = one.operate(&["blackout"]);
    check(&several, 2, "", "several shows run on this machine, at ports ");
    check(&several, 2, "", "--port");
    for address in [&one.show.address, &other.address] {
        let port = address.rsplit_once(':').unwrap().1;
        check(&several, 2, "", port);
    }
    check(&one.operate(&["--port", "1", "blackout"]), 1, "", "no show runs at port 1");
    let port = other.address.rsplit_once(':').unwrap().1.to_owned();
    check(&one.operate(&["--port", &port, "blackout"]), 0, "done", "");
    let dark = |address: &str| {
        crate::support::http::get(address, "/api/v1/snapshot").json()["blackout"].clone()
    };
    assert_eq!((dark(&one.show.address), dark(&other.address)), (json!([]), json!(["all"])));
    // A config names a port as well.
    let path = one.folder.path().join("port.toml");
    let text = format!("{}[web]\nlisten = \"127.0.0.1:{}\"\n", super::TEAMS, one.port());
    std::fs::write(&path, text).unwrap();
    let named = one.operate(&["blackout", "strips", "-c", path.to_str().unwrap()]);
    check(&named, 0, "done", "");
    assert_eq!(dark(&one.show.address), json!(["strips"]));
    // Nobody can take its file away with it.
    let left = file(&one.folder, &other.address);
    let mut other = other;
    other.signal("-KILL");
    other.end();
    assert!(left.exists());
    check(&one.operate(&["light"]), 0, "done", "");
    assert!(!left.exists());
    assert_eq!(dark(&one.show.address), json!([]));
}

#[test]
fn a_file_whose_process_number_is_another_s_by_now_is_forgotten_when_nobody_answers() {
    let folder = TempDir::new().unwrap();
    let stage = Stage::with(folder, "", &["run"]);
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut entry = running(&stage.folder, &stage.show.address);
    entry["address"] = json!(gone.to_string());
    entry["pid"] = json!(std::process::id());
    let path = file(&stage.folder, &gone.to_string());
    std::fs::write(&path, entry.to_string()).unwrap();
    let port = gone.port().to_string();
    let output = stage.operate(&["--port", &port, "light"]);
    check(&output, 1, "", &format!("the show at {gone} has gone"));
    assert!(!path.exists());
    // What is no such file at all is no show.
    std::fs::write(&path, "{}").unwrap();
    check(&stage.operate(&["blackout"]), 0, "done", "");
    assert!(!path.exists());
}

#[cfg(unix)]
#[test]
fn the_file_of_a_show_is_for_this_user_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let stage = Stage::start("");
    let path = file(&stage.folder, &stage.show.address);
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    // A folder that others can look into is not used, by either side.
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(path.parent().unwrap(), open).unwrap();
    let output = stage.operate(&["light"]);
    check(&output, 1, "", "is not a folder of this user alone");
    check(&output, 1, "", "hint: ");
    let folder = TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink(folder.path().join("elsewhere"), folder.path().join("hashtug"))
        .unwrap();
    let config = config(&folder, "");
    let mut program = command(&folder, &["run"]);
    program.args(["-c", config.to_str().unwrap()]);
    let mut show = crate::support::program::Show::start(program);
    show.signal("-INT");
    let (code, said, _) = show.end();
    assert_eq!(code, Some(0), "the show goes on without: {said}");
    assert!(said.contains("`hashtug operate` will not find this show"), "{said}");
    assert_eq!(folder.path().join("elsewhere").read_dir().unwrap().count(), 0);
}

#[test]
fn a_show_takes_its_file_along() {
    let mut stage = Stage::start("");
    let path = file(&stage.folder, &stage.show.address);
    assert!(path.exists());
    stage.show.signal("-TERM");
    let (code, said, _) = stage.show.end();
    assert_eq!(code, Some(0), "{said}");
    until("the end of its file", || !path.exists());
    assert_eq!(path.parent().unwrap().read_dir().unwrap().count(), 0);
}

#[test]
fn a_timer_is_a_show_that_is_operated_too() {
    let stage = Stage::with(TempDir::new().unwrap(), "", &["timer", "5m"]);
    check(&stage.operate(&["timer", "add", "60"]), 0, "done", "");
    assert_eq!(stage.snapshot()["timer"]["length_ms"], 360_000);
}
