//! hashtug as a service: what it tells the manager, and the unit that runs it.

use std::os::unix::net::UnixDatagram;
use std::process::Command;

use tempfile::TempDir;

use crate::support::patience::{Finish, PATIENCE};
use crate::support::program::{Show, hashtug};
use crate::support::{has, left_out, path};

/// What a manager hears until it has heard `last`.
fn heard_until(socket: &UnixDatagram, last: &str) -> Vec<String> {
    let mut heard = Vec::new();
    let mut buffer = [0; 512];
    while heard.last().is_none_or(|message| message != last) {
        let length = socket.recv(&mut buffer).expect("the manager hears of it");
        heard.push(str::from_utf8(&buffer[..length]).unwrap().trim_end().to_owned());
    }
    heard
}

#[test]
fn a_service_manager_hears_of_the_start_of_life_and_of_the_end() {
    let folder = TempDir::new().unwrap();
    let config = folder.path().join("config.toml");
    let keynote = path("fixtures/posts/keynote.jsonl");
    let text = format!(
        "[[team]]\nname = \"Tabs\"\nhashtags = [\"tabs\"]\n\
         [[team]]\nname = \"Spaces\"\nhashtags = [\"spaces\"]\n\
         [[source]]\nkind = \"replay\"\npath = \"{}\"\n\
         [[output]]\nkind = \"ddp\"\nhost = \"no-such-service.invalid\"\n\
         [[output]]\nkind = \"terminal\"\n[web]\nlisten = \"0.0.0.0:0\"\n",
        keynote.display()
    );
    std::fs::write(&config, text).unwrap();
    let address = folder.path().join("notify");
    let manager = UnixDatagram::bind(&address).unwrap();
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut command = hashtug(&["run", "-c", config.to_str().unwrap()]);
    // It wants a sign of life each two seconds, and gets four.
    command.env("NOTIFY_SOCKET", &address).env("WATCHDOG_USEC", "2000000");
    let mut show = Show::start(command);
    assert_eq!(heard_until(&manager, "WATCHDOG=1"), ["READY=1", "WATCHDOG=1"]);
    // A device that is not there is no reason to start anew.
    for _ in 0..2 {
        assert_eq!(heard_until(&manager, "WATCHDOG=1"), ["WATCHDOG=1"]);
    }
    show.signal("-TERM");
    assert_eq!(heard_until(&manager, "STOPPING=1").last().unwrap(), "STOPPING=1");
    let (code, said, _) = show.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("no sign of life"), "{said}");
}

#[test]
fn the_unit_is_understood_and_exposes_little() {
    if !has("systemd-analyze") {
        left_out("`systemd` is not installed");
        return;
    }
    let folder = TempDir::new().unwrap();
    let unit = std::fs::read_to_string(path("packaging/hashtug.service")).unwrap();
    assert!(unit.contains("ExecStopPost=-/usr/bin/hashtug leds off -c /etc/hashtug/config.toml"));
    // More than the viewers of a hall; a bound that the program's own bounds fit into; no names on disk.
    for line in ["LimitNOFILE=65536", "MemoryMax=640M", "LimitCORE=0"] {
        assert!(unit.lines().any(|other| other == line), "{line}");
    }
    let unit = unit.replace("/usr/bin/hashtug", env!("CARGO_BIN_EXE_hashtug"));
    // Its manual is installed with it.
    let unit = unit.replace("Documentation=man:hashtug(1)\n", "");
    let file = folder.path().join("hashtug.service");
    std::fs::write(&file, unit).unwrap();
    let output = Command::new("systemd-analyze").arg("verify").arg(&file).finish();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success());
    let mut security = Command::new("systemd-analyze");
    security.args(["security", "--offline=true", "--threshold=20"]).arg(&file);
    let output = security.finish();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
