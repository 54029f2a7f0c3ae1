//! The doors for operators: who gets in, what they are answered, and where the key is not.

mod live;
mod matrix;
mod secrecy;
mod shell;
mod tls;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::http::Answer;
use crate::support::patience::{Finish, PATIENCE};
use crate::support::program::{Show, hashtug};

const TEAMS: &str = "[contest]\ntitle = \"Tabs or spaces?\"\n\
     [[team]]\nname = \"Tabs\"\nhashtags = [\"tabs\"]\n\
     [[team]]\nname = \"Spaces\"\nhashtags = [\"spaces\"]\n";

/// A show as a process, in a machine of its own as far as it is found by others.
struct Stage {
    folder: TempDir,
    show: Show,
    key: String,
}

impl Stage {
    /// With these keys in `[web]`.
    fn start(web: &str) -> Stage {
        Stage::with(TempDir::new().unwrap(), web, &["run"])
    }

    /// The same by another command, in a folder where something is already.
    fn with(folder: TempDir, web: &str, arguments: &[&str]) -> Stage {
        let config = config(&folder, web);
        let mut command = command(&folder, arguments);
        let show = Show::start({
            command.args(["-c", config.to_str().unwrap()]);
            command
        });
        let key = running(&folder, &show.address)["key"].as_str().unwrap().to_owned();
        Stage { folder, show, key }
    }

    fn port(&self) -> &str {
        self.show.address.rsplit_once(':').unwrap().1
    }

    /// `hashtug operate`.
    fn operate(&self, arguments: &[&str]) -> Output {
        command(&self.folder, &["operate"]).args(arguments).finish()
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_with(path, &[bearer(&self.key), content("application/json")], &body.to_string())
    }

    fn post_with(&self, path: &str, headers: &[String], body: &str) -> Answer {
        let mut all = vec![format!("Host: {}", self.show.address)];
        all.extend_from_slice(headers);
        ask(&self.show.address, "POST", path, &all, body)
    }

    fn command(&self, command: &Value) -> Answer {
        self.post("/api/v1/operate", command)
    }

    fn snapshot(&self) -> Value {
        crate::support::http::get(&self.show.address, "/api/v1/snapshot").json()
    }
}

/// A config with these keys in `[web]`.
fn config(folder: &TempDir, web: &str) -> PathBuf {
    let path = folder.path().join("config.toml");
    let keynote = crate::support::path("fixtures/posts/keynote.jsonl");
    let listen = if web.contains("listen") { "" } else { "listen = \"127.0.0.1:0\"\n" };
    let text = format!(
        "{TEAMS}[[source]]\nkind = \"replay\"\nrepeat = true\npath = \"{}\"\n[web]\n{listen}{web}\n",
        keynote.display()
    );
    std::fs::write(&path, text).unwrap();
    path
}

/// The program, to which this folder is the runtime directory of the user.
fn command(folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = hashtug(arguments);
    command.env("XDG_RUNTIME_DIR", folder.path());
    command
}

/// Where the file of a show is.
fn file(folder: &TempDir, address: &str) -> PathBuf {
    let port = address.rsplit_once(':').unwrap().1;
    folder.path().join("hashtug").join(format!("{port}.json"))
}

/// What stands in it.
fn running(folder: &TempDir, address: &str) -> Value {
    let text = std::fs::read_to_string(file(folder, address)).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn bearer(key: &str) -> String {
    format!("Authorization: Bearer {key}")
}

fn content(kind: &str) -> String {
    format!("Content-Type: {kind}")
}

/// What is answered to a request with these header lines and no others, but for what frames it.
fn ask(address: &str, method: &str, path: &str, headers: &[String], body: &str) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut request = format!("{method} {path} HTTP/1.1\r\n");
    for header in headers {
        request += header;
        request += "\r\n";
    }
    request += "Content-Length: ";
    request += &body.len().to_string();
    request += "\r\n\r\n";
    request += body;
    // Whoever is refused may be so before all of it is there.
    let _refused = stream.write_all(request.as_bytes());
    let mut answer = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(answer.read_line(&mut head).unwrap(), 0, "a head ends: {head}");
    }
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let mut answered = Answer { status, head: head.trim_end().to_owned(), body: Vec::new() };
    let length = answered.header("content-length").map_or(0, |length| length.parse().unwrap());
    answered.body.resize(length, 0);
    answer.read_exact(&mut answered.body).unwrap();
    answered
}

#[test]
fn a_command_is_answered_as_the_show_takes_it() {
    let stage = Stage::start("");
    let dark = json!({"command": "blackout"});
    let done = stage.command(&dark);
    assert_eq!(done.status, 200, "{done:?}");
    assert_eq!(done.header("content-type"), Some("application/json"));
    assert_eq!(done.header("cache-control"), Some("no-store"));
    let done = done.json();
    assert_eq!((&done["changed"], &done["phase"]), (&json!(true), &json!("open")));
    assert!(done.get("why").is_none(), "{done}");
    let shown = stage.snapshot();
    assert_eq!(shown["blackout"], json!(["all"]));
    assert!(shown["seq"].as_u64() >= done["seq"].as_u64(), "{done} {}", shown["seq"]);
    let again = stage.command(&dark);
    assert_eq!(again.status, 200);
    assert_eq!(again.json()["changed"], json!(false));
    assert_eq!(again.json()["why"], "that is dark");
    // The scene of a timer that is not there.
    let refused = stage.command(&json!({"command": "scene", "scene": "timer"}));
    assert_eq!(refused.status, 409);
    let said = refused.json();
    assert_eq!((&said["error"], &said["why"]), (&json!("there is no timer"), &said["error"]));
    assert_eq!(said["changed"], json!(false));
    let soft = stage.command(&json!({"command": "scene", "scene": "timer", "soft": true}));
    assert_eq!((soft.status, &soft.json()["why"]), (200, &json!("there is no timer")));
    assert!(soft.json().get("error").is_none());
    let timer = json!({"command": "timer", "do": "start", "length": "5m"});
    assert_eq!(stage.command(&timer).json()["changed"], json!(true));
    assert_eq!(stage.snapshot()["timer"]["length_ms"], 300_000);
}

#[test]
fn what_is_no_command_is_answered_with_what_to_mend() {
    let stage = Stage::start("");
    let json = content("application/json");
    let post = |headers: &[String], body: &str| {
        let mut all = vec![bearer(&stage.key)];
        all.extend_from_slice(headers);
        stage.post_with("/api/v1/operate", &all, body)
    };
    let check = |answer: &Answer, status: u16, why: &str| {
        assert_eq!(answer.status, status, "{answer:?}");
        let said = answer.json()["error"].as_str().unwrap().to_owned();
        assert!(said.contains(why), "{said}");
    };
    let json = std::slice::from_ref(&json);
    check(&post(json, "{\"command\":\"lokc\"}"), 400, "did you mean `lock`?");
    check(&post(json, "lock"), 400, "no JSON");
    check(&post(json, ""), 400, "no JSON");
    check(&post(json, "[]"), 400, "an object");
    check(&post(json, "{\"command\":\"timer\",\"do\":\"dance\"}"), 400, "`do` is");
    check(&post(json, "{\"command\":\"blackout\",\"id\":7}"), 400, "knows no `id`");
    let padded = |length: usize| {
        let command = "{\"command\":\"light\"}";
        format!("{command}{}", " ".repeat(length - command.len()))
    };
    assert_eq!(post(json, &padded(4096)).status, 200);
    check(&post(json, &padded(4097)), 413, "4096 bytes");
    check(&post(json, &padded(3_000_000)), 413, "4096 bytes");
    let charset = content("Application/JSON; charset=utf-8");
    assert_eq!(post(&[charset], "{\"command\":\"light\"}").status, 200);
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""] {
        check(&post(&[content(kind)], "{\"command\":\"light\"}"), 415, "Content-Type");
    }
    check(&post(&[], "{\"command\":\"light\"}"), 415, "Content-Type");
    let twice = [content("application/json"), content("text/plain")];
    check(&post(&twice, "{\"command\":\"light\"}"), 415, "Content-Type");
    // The length is not always said beforehand.
    let chunked = format!(
        "POST /api/v1/operate HTTP/1.1\r\nHost: {}\r\n{}\r\n{}\r\nTransfer-Encoding: chunked\r\n\
         Connection: close\r\n\r\n1100\r\n{}\r\n0\r\n\r\n",
        stage.show.address,
        bearer(&stage.key),
        json[0],
        padded(0x1100)
    );
    check(&crate::support::http::request(&stage.show.address, &chunked), 413, "4096 bytes");
    assert_eq!(stage.snapshot()["blackout"], json!([]));
}

#[test]
fn a_ticket_is_changed_for_the_key_once() {
    let stage = Stage::start("");
    let ticket = || stage.post("/api/v1/operate/ticket", &json!({})).json()["ticket"].clone();
    let redeem = |ticket: &Value| {
        let headers = [content("application/json")];
        let body = json!({"ticket": ticket}).to_string();
        stage.post_with("/api/v1/operate/key", &headers, &body)
    };
    let (one, other) = (ticket(), ticket());
    assert_ne!(one, other);
    let answer = redeem(&one);
    assert_eq!((answer.status, answer.json()), (200, json!({"key": stage.key})));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(redeem(&one).status, 401);
    assert_eq!(redeem(&json!(stage.key)).status, 401);
    assert_eq!(redeem(&other).status, 200);
    // The oldest of too many goes.
    let many: Vec<Value> = (0..17).map(|_| ticket()).collect();
    assert_eq!(redeem(&many[0]).status, 401);
    for good in &many[1..] {
        assert_eq!(redeem(good).status, 200);
    }
    assert_eq!(redeem(&json!(7)).status, 400);
    let nothing = stage.post_with("/api/v1/operate/ticket", &[], "{}");
    assert_eq!(nothing.status, 401);
    assert_eq!(nothing.header("www-authenticate"), Some("Bearer"));
}

#[test]
fn wrong_keys_are_told_so_five_times_a_second_and_a_right_one_is_not_delayed() {
    #[expect(clippy::disallowed_methods, reason = "a process has a clock of its own")]
    let start = std::time::Instant::now();
    let stage = Stage::start("");
    let get = |key: &str| {
        let headers = [format!("Host: {}", stage.show.address), bearer(key)];
        ask(&stage.show.address, "GET", "/api/v1/operate/snapshot", &headers, "")
    };
    let mut told = 0;
    for round in 0..60 {
        let wrong = get(&format!("{round:032}"));
        match wrong.status {
            401 => told += 1,
            429 => assert_eq!(wrong.header("retry-after"), Some("1")),
            status => panic!("{status} for a wrong key"),
        }
        assert_eq!(get(&stage.key).status, 200, "after {round} wrong ones");
    }
    let seconds = start.elapsed().as_secs() + 1;
    assert!((5..=5 * seconds).contains(&told), "{told} in {seconds} s");
    assert!(told < 60, "sixty in less than twelve seconds");
}
