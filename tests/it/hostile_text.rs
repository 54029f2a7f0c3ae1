//! What misleads a reader or acts on a terminal, at every place that a text from outside can reach:
//! nothing of it is printed.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use hashtug::display_text::misleading;
use serde_json::Value;
use tempfile::tempdir;

use crate::support::http;
use crate::support::patience::{Finish, found};
use crate::support::program::{Show, hashtug};

const HOSTILE: [&str; 16] = [
    "\u{1b}[31mred",
    "\u{1b}]0;title\u{7}",
    "\u{9b}31m",
    "bell\u{7}",
    "line\nfeed",
    "return\rhere",
    "over\u{202e}ride",
    "iso\u{2066}late",
    "arabic\u{61c}mark",
    "right\u{200f}left\u{200e}",
    "zero\u{200b}width",
    "joi\u{200d}ner",
    "sepa\u{2028}rator",
    "fil\u{3164}ler",
    "tag\u{e0061}",
    "tower\u{301}\u{302}\u{303}\u{304}\u{305}",
];

const TEAMS: &str = "[[team]]\nname = \"Tabs\"\nhashtags = [\"tabs\"]\n\
    [[team]]\nname = \"Spaces\"\nhashtags = [\"spaces\"]\n[web]\nlisten = \"127.0.0.1:0\"\n";

/// A text of TOML in quotes.
fn quoted(text: &str) -> String {
    let escaped = |c: char| match c {
        c if c.is_control() => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    };
    format!("\"{}\"", text.chars().map(escaped).collect::<String>())
}

#[track_caller]
fn is_clean(what: &str, text: &[u8]) {
    let text = std::str::from_utf8(text).expect("what is printed is text");
    for line in text.lines() {
        assert_eq!(misleading(line), None, "{what}: {line:?}");
    }
}

#[track_caller]
fn clean(what: &str, output: &Output) -> String {
    is_clean(what, &output.stdout);
    is_clean(what, &output.stderr);
    assert!(matches!(output.status.code(), Some(0..=2)), "{what}: {output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn what_misleads_in_names_that_people_choose_is_named_with_its_place_and_never_shown() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("config.toml");
    for hostile in HOSTILE {
        let text = quoted(hostile);
        let source = "[[source]]\nkind = \"replay\"\npath = \"x\"\n";
        let output = "[[output]]\nkind = \"terminal\"\n";
        for (place, config) in [
            ("title", format!("{TEAMS}{source}[contest]\ntitle = {text}\n")),
            (
                "question",
                format!(
                    "{source}[[question]]\ntitle = {text}\n{}",
                    TEAMS.replace("[[team]]", "[[question.team]]")
                ),
            ),
            ("team", format!("{source}{}", TEAMS.replace("\"Tabs\"", &text))),
            ("source", format!("{TEAMS}{source}name = {text}\n")),
            ("output", format!("{TEAMS}{source}{output}name = {text}\n")),
        ] {
            std::fs::write(&path, config).unwrap();
            for command in ["check", "run", "doctor"] {
                let output = hashtug(&[command, "-c", path.to_str().unwrap()]).finish();
                let said = clean(place, &output);
                // There is no recording; what is no control character is taken out and warned of.
                let is_refused = said.contains("take it out");
                let is_control = hostile.chars().any(char::is_control);
                assert_eq!(is_refused, is_control, "{place} {hostile:?}: {said}");
                let named = misleading(hostile).unwrap().to_string();
                assert!(said.contains(&named), "{place} {hostile:?}: {said}");
            }
        }
        // Joiners are no part of a hashtag.
        let hashtag = format!("{source}{}", TEAMS.replace("\"tabs\"", &text));
        std::fs::write(&path, hashtag).unwrap();
        let output = hashtug(&["check", "-c", path.to_str().unwrap()]).finish();
        let said = clean("hashtag", &output);
        assert!(said.contains("cannot be a hashtag") || hostile.contains('\u{200d}'), "{said}");
    }
}

#[test]
fn everything_else_in_a_config_is_shown_spelled_out() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("config.toml");
    for hostile in HOSTILE {
        let text = quoted(hostile);
        for config in [
            format!("{text} = 1\n"),
            format!("[contest]\nvote = {text}\nwindow = {text}\n{text} = {text}\n"),
            format!("[[source]]\nkind = {text}\n[[output]]\nkind = {text}\n"),
            format!("[[source]]\nkind = \"http\"\nurl = {text}\nheaders = {{ {text} = {text} }}\n"),
            format!("[[source]]\nkind = \"x\"\nendpoint = {text}\ntoken_env = {text}\n"),
            format!("[[output]]\nkind = \"ddp\"\nhost = {text}\norder = {text}\nmatrix = {text}\n"),
            format!("[[output]]\nkind = \"spi\"\ndevice = {text}\nchip = {text}\n"),
            format!("[[output]]\nkind = \"e131\"\nhost = \"a\"\nsource_name = {text}\n"),
            format!("[web]\nlisten = {text}\n{text} {hostile}\n# {hostile}\n= # {hostile}\n"),
            format!("{TEAMS}[[source]]\nkind = \"replay\"\npath = {text}\n"),
        ] {
            std::fs::write(&path, &config).unwrap();
            for command in ["check", "run"] {
                let output = hashtug(&[command, "-c", path.to_str().unwrap()]).finish();
                clean(&config, &output);
                assert_eq!(output.status.code(), Some(2), "{config}");
            }
        }
    }
}

#[test]
fn what_was_typed_is_shown_spelled_out() {
    for hostile in HOSTILE {
        let option = format!("--{hostile}");
        let team = format!("{hostile}=tag");
        let tag = format!("Tabs={hostile}");
        for arguments in [
            vec![hostile],
            vec![&*option],
            vec!["tally", "-", &*option],
            vec!["tally", "-", "--window", hostile],
            vec!["tally", "-", "--feed", hostile],
            vec!["tally", "-", "--team", hostile],
            vec!["tally", "-", "--team", &*team, "--team", "B=b"],
            vec!["tally", "-", "--team", &*tag, "--team", "B=b"],
            vec!["record", hostile, "--for", hostile],
            vec!["timer", hostile],
            vec!["leds", hostile],
            vec!["completions", hostile],
            vec!["check", "-c", hostile],
            vec!["run", "-c", hostile],
        ] {
            let output = hashtug(&arguments).finish();
            clean(&format!("{arguments:?}"), &output);
        }
    }
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_no_text_is_shown_all_the_same() {
    use std::os::unix::ffi::OsStringExt as _;
    for arguments in [["timer", ""], ["check", "-c"], ["tally", ""]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hashtug"));
        command.args(arguments.iter().filter(|argument| !argument.is_empty()));
        let output = command.arg(OsString::from_vec(b"\xff\x1b[31m".to_vec())).finish();
        clean(&format!("{arguments:?}"), &output);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
}

#[cfg(unix)]
#[test]
fn names_of_files_are_shown_spelled_out() {
    let folder = tempdir().unwrap();
    for hostile in HOSTILE {
        let inside = folder.path().join(hostile);
        std::fs::create_dir(&inside).unwrap();
        let recording = inside.join(format!("{hostile}.jsonl"));
        let posts = "{\"at\":1,\"hashtags\":[\"tabs\"]}\n{\"at\":2,\"hashtags\":[\"tabs\"\n";
        std::fs::write(&recording, posts).unwrap();
        let binary = inside.join("binary");
        std::fs::write(&binary, b"\0\0").unwrap();
        let replay = |path: &Path| {
            let path = quoted(path.to_str().unwrap());
            format!("{TEAMS}[[source]]\nkind = \"replay\"\npath = {path}\n")
        };
        let config = inside.join("config.toml");
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let teams = ["--team", "Tabs=tabs", "--team", "Spaces=spaces"];
        for (said, file) in [("skipped", &recording), ("", &binary), ("", &inside.join("none"))] {
            for format in ["jsonl", "csv", "table"] {
                let mut command = hashtug(&["tally", &text(file), "--format", format]);
                let output = command.args(teams).finish();
                let shown = clean(&text(file), &output);
                assert!(shown.contains(said), "{shown}");
            }
            std::fs::write(&config, replay(file)).unwrap();
            for command in ["check", "doctor"] {
                clean(&text(file), &hashtug(&[command, "-c", &text(&config)]).finish());
            }
        }
        std::fs::write(&config, "windw = 1\n").unwrap();
        let output = hashtug(&["check", "-c", &text(&config)]).finish();
        assert!(clean(&text(&config), &output).contains("config.toml:1:1: "));
        for place in [&inside, &inside.join("none.toml")] {
            clean(&text(place), &hashtug(&["check", "-c", &text(place)]).finish());
        }
        std::fs::write(&config, replay(&recording)).unwrap();
        for out in [&recording, &inside.join("no/folder")] {
            clean(&text(out), &hashtug(&["record", &text(out), "-c", &text(&config)]).finish());
        }
        let out = inside.join(format!("{hostile}.out"));
        let mut record = hashtug(&["record", &text(&out), "-c", &text(&config), "--for", "1ms"]);
        let said = clean(&text(&out), &record.finish());
        assert!(out.exists(), "{said}");
    }
}

#[test]
fn what_a_server_says_is_shown_without_it() {
    for hostile in HOSTILE {
        let body = serde_json::json!({ "error": hostile }).to_string();
        let address = server(&body);
        let folder = tempdir().unwrap();
        let config = folder.path().join("config.toml");
        let source = format!(
            "{TEAMS}[[source]]\nkind = \"http\"\nurl = \"http://{address}/\"\nmode = \"poll\"\n\
             [source.map]\ntext = \"/text\"\nid = \"/id\"\n"
        );
        std::fs::write(&config, source).unwrap();
        let config = config.to_str().unwrap();
        clean("doctor", &hashtug(&["doctor", "-c", config]).finish());
        let mut show = Show::start(hashtug(&["run", "-c", config]));
        let problem = found("a problem", || {
            let snapshot = http::get(&show.address, "/api/v1/snapshot");
            is_clean("snapshot", &snapshot.body);
            match &snapshot.json()["sources"][0]["problem"] {
                Value::String(said) if said.contains("503") => Some(said.clone()),
                _ => None,
            }
        });
        assert_eq!(misleading(&problem), None, "{problem:?}");
        show.signal("-TERM");
        let (_, said, _) = show.end();
        assert!(said.contains("503"), "{said}");
        is_clean("log", said.as_bytes());
    }
}

/// A server that answers whatever it is asked with 503 and this.
fn server(body: &str) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = format!(
        "HTTP/1.1 503 Busy\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let _gone = stream.read(&mut [0; 4096]);
            let _gone = stream.write_all(answer.as_bytes());
        }
    });
    address
}

#[test]
fn check_and_run_warn_of_teams_that_look_alike() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(folder.path().join("x.jsonl"), "{\"at\":1,\"hashtags\":[\"cat\"]}\n").unwrap();
    let teams = TEAMS.replace("\"tabs\"", "\"cat\"").replace("\"spaces\"", "\"c\\u0430t\"");
    let replay = "[[source]]\nkind = \"replay\"\npath = \"x.jsonl\"\n";
    std::fs::write(&path, format!("{teams}{replay}")).unwrap();
    let path = path.to_str().unwrap();
    let said = "WARN the hashtags `cat` (in Latin) of team `Tabs` and `cаt` (in Cyrillic and Latin) of \
                team `Spaces` look alike";
    let check = hashtug(&["check", "-c", path]).finish();
    assert_eq!(check.status.code(), Some(0));
    assert!(clean("check", &check).contains(said), "{check:?}");
    let mut show = Show::start(hashtug(&["run", "-c", path]));
    show.signal("-TERM");
    assert!(show.end().1.contains(said));
}
