//! Whatever ends the program, the lights are left black, and every stream is ended.
//!
//! Each way is tried some times, `HASHTUG_STOPS` times if that is set (`tests/long` sets it), with
//! a receiver for each protocol that has one of its own, and a strip on SPI where `cc` is there.

use std::fs::File;
use std::io::Write;
use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::{NamedTempFile, TempDir};

use crate::support::olad::Olad;
use crate::support::patience::{Finish, Limit, PATIENCE, in_time, until};
use crate::support::program::{hashtug, kill};
use crate::support::receivers::{self, Ddp, packets};
use crate::support::spidev::Spidev;
use crate::support::{has, left_out, strip};

/// The longest from the wish to end to the end, on a machine that has nothing else to do.
const A_SECOND: Duration = Duration::from_secs(1);

const PIXELS: usize = 60;

#[test]
fn ctrl_c_leaves_the_lights_black() {
    repeat("Ctrl-C", |rig| {
        let mut child = rig.start(&["run"]);
        rig.wait_for_light();
        let end = end(&mut child, |child| kill("-INT", child.id()));
        (end, Some(0))
    });
}

#[test]
fn a_service_that_is_stopped_leaves_the_lights_black() {
    repeat("SIGTERM", |rig| {
        let mut child = rig.start(&["run"]);
        rig.wait_for_light();
        let end = end(&mut child, |child| kill("-TERM", child.id()));
        (end, Some(0))
    });
}

#[test]
fn a_closed_terminal_leaves_the_lights_black() {
    if !has("script") {
        left_out("`script` is not installed");
        return;
    }
    repeat("closed terminal", |rig| {
        let program = format!("exec {} run -c {}", env!("CARGO_BIN_EXE_hashtug"), rig.config());
        let mut script = Command::new("script");
        script.args(["-qefc", &program, "/dev/null"]).env("TERM", "xterm-256color");
        let mut script = rig.spawn(script);
        rig.wait_for_light();
        let children = format!("/proc/{0}/task/{0}/children", script.id());
        let pid: u32 = std::fs::read_to_string(children).unwrap().trim().parse().unwrap();
        // Its window is gone from one moment to the next.
        let start = now();
        script.kill().unwrap();
        script.wait().unwrap();
        until("the end", || !is_alive(pid));
        // Nobody is left to be told its code.
        ((None, start.elapsed()), None)
    });
}

#[test]
fn a_panic_of_the_count_leaves_the_lights_black() {
    let parts = ["show", "doors"];
    let mut turn = parts.iter().cycle();
    let fewest = parts.len();
    repeat_at_least(fewest, "panic in the owner of the count", |rig| {
        let part = turn.next().unwrap();
        let mut command = hashtug(&["run", "-c", rig.config()]);
        command.env("HASHTUG_TEST_PANIC", part);
        // A backtrace of a debug build is read from a hundred megabytes of symbols.
        command.env("RUST_BACKTRACE", "0");
        let mut child = rig.spawn(command);
        rig.wait_for_light();
        let end = end(&mut child, |child| kill("-USR1", child.id()));
        let said = rig.said();
        assert!(said.contains(&format!("{part} failed: a test wants it")), "{part}: {said}");
        (end, Some(1))
    });
}

#[test]
fn a_panic_in_any_other_part_ends_nothing_and_the_lights_are_black_at_the_end() {
    let parts = ["server", "watchdog", "source `rehearsal`", "output `display`"];
    let mut turn = parts.iter().cycle();
    let fewest = parts.len();
    repeat_at_least(fewest, "panic in a part, and Ctrl-C", |rig| {
        let part = turn.next().unwrap();
        let mut command = hashtug(&["run", "-c", rig.config()]);
        command.env("HASHTUG_TEST_PANIC", part).env("RUST_BACKTRACE", "0");
        let mut child = rig.spawn(command);
        rig.wait_for_light();
        kill("-USR1", child.id());
        let words = format!("{part} panicked: a test wants it; it begins anew in 500.0ms");
        until("the panic", || rig.said().contains(&words));
        let end = end(&mut child, |child| kill("-INT", child.id()));
        (end, Some(0))
    });
}

#[test]
fn a_show_that_cannot_begin_lights_nothing() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let rig = Rig::new(&listen);
    for command in [["run"].as_slice(), &["timer", "5m"]] {
        for _ in 0..stops() {
            let mut child = rig.start(command);
            let end = end(&mut child, |_| {});
            assert_eq!(end.0, Some(1), "{}", rig.said());
            in_time("the end", end.1, A_SECOND);
            assert_eq!(packets(&rig.display), Vec::<Vec<u8>>::new());
            assert_eq!(packets(&rig.universe), Vec::<Vec<u8>>::new());
            assert_eq!(packets(&rig.node), Vec::<Vec<u8>>::new());
        }
    }
}

#[test]
fn a_pattern_that_is_stopped_leaves_the_lights_black() {
    let patterns = ["white", "split", "rgb", "walk"];
    let mut turn = patterns.iter().cycle();
    repeat_at_least(patterns.len(), "leds and Ctrl-C", |rig| {
        let mut child = rig.start(&["leds", turn.next().unwrap()]);
        rig.wait_for_light();
        let end = end(&mut child, |child| kill("-INT", child.id()));
        (end, Some(0))
    });
}

#[test]
fn a_timer_that_is_stopped_leaves_the_lights_black() {
    repeat("timer and q", |rig| {
        let mut command = hashtug(&["timer", "5m", "-c", rig.config()]);
        command.stdin(Stdio::piped());
        let mut child = rig.spawn(command);
        rig.wait_for_light();
        let mut keys = child.stdin.take().unwrap();
        let end = end(&mut child, move |_| keys.write_all(b"q\n").unwrap());
        (end, Some(0))
    });
}

#[test]
fn a_timer_that_nobody_can_stop_ends_by_itself_and_leaves_the_lights_black() {
    let rig = Rig::new("127.0.0.1:0");
    let mut child = rig.start(&["timer", "1s"]);
    assert_eq!(end(&mut child, |_| {}).0, Some(0), "{}", rig.said());
    rig.assert_dark();
    let said = rig.said();
    assert!(said.contains("0:00 of 0:01 left: over"), "{said}");
}

#[test]
fn a_killed_program_leaves_its_lights_to_leds_off() {
    let Some(olad) = Olad::start() else { return };
    let config = NamedTempFile::new().unwrap();
    let strip = "pixels = 300\nhost = \"127.0.0.1\"\n";
    let outputs = format!(
        "[[output]]\nkind = \"e131\"\n{strip}[[output]]\nkind = \"artnet\"\nuniverse = 3\n{strip}"
    );
    std::fs::write(&config, format!("{TEAMS}{outputs}")).unwrap();
    let config = config.path().to_str().unwrap();
    let universes = || [1, 2, 3, 4].map(|universe| olad.universe(universe));
    let is_lit = |channels: &Vec<u8>| channels.iter().any(|&byte| byte > 0);
    for _ in 0..stops() {
        let mut child = hashtug(&["leds", "white", "-c", config]).spawn().unwrap();
        until("light", || universes().iter().all(is_lit));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(universes().iter().all(is_lit), "nobody has told the receivers");
        let off = hashtug(&["leds", "off", "-c", config]).finish();
        assert!(off.status.success(), "{}", String::from_utf8_lossy(&off.stderr));
        until("the dark", || !universes().iter().any(is_lit));
    }
}

#[test]
fn leds_off_names_what_it_cannot_reach_and_darkens_the_rest() {
    let rig = Rig::new("127.0.0.1:0");
    let gone = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let more = format!(
        "[[output]]\nname = \"dead\"\nkind = \"ddp\"\nhost = \"127.0.0.1\"\nport = {gone}\n\
         [[output]]\nname = \"lost\"\nkind = \"wled\"\nhost = \"no-such-lamp.invalid\"\n"
    );
    let mut config = File::options().append(true).open(rig.config()).unwrap();
    config.write_all(more.as_bytes()).unwrap();
    let mut child = rig.start(&["leds", "off"]);
    assert_eq!(end(&mut child, |_| {}).0, Some(1));
    rig.assert_dark();
    let said = rig.said();
    assert!(said.contains("output `dead`: cannot send to 127.0.0.1"), "{said}");
    assert!(said.contains("output `lost`: cannot find host `no-such-lamp.invalid`"), "{said}");
    assert!(!said.contains("`display`"), "{said}");
}

#[test]
fn leds_needs_lights_and_no_sources() {
    let config = NamedTempFile::new().unwrap();
    std::fs::write(&config, TEAMS).unwrap();
    let config = config.path().to_str().unwrap();
    let output = hashtug(&["leds", "off", "-c", config]).finish();
    assert_eq!(output.status.code(), Some(2));
    let output = hashtug(&["leds", "rainbow", "-c", config]).finish();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("[possible values: split, rgb, walk, white, off]"), "{said}");
}

const TEAMS: &str = "[[team]]\nname = \"Tabs\"\nhashtags = [\"tabs\"]\ncolor = \"#ff0000\"\n\
                     [[team]]\nname = \"Spaces\"\nhashtags = [\"spaces\"]\ncolor = \"#0000ff\"\n";

/// Three hosts on loopback, and a strip on SPI if there can be one.
struct Rig {
    display: UdpSocket,
    universe: UdpSocket,
    node: UdpSocket,
    spidev: Option<Spidev>,
    folder: TempDir,
    config: String,
}

impl Rig {
    fn new(listen: &str) -> Rig {
        let host = || {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            socket.set_read_timeout(Some(PATIENCE)).unwrap();
            let port = socket.local_addr().unwrap().port();
            (socket, format!("host = \"127.0.0.1\"\nport = {port}\npixels = {PIXELS}\n"))
        };
        let ((display, ddp), (universe, e131), (node, artnet)) = (host(), host(), host());
        let spidev = Spidev::new();
        let spi = spidev.as_ref().map_or(String::new(), |_| {
            format!("[[output]]\nname = \"strip\"\nkind = \"spi\"\npixels = {PIXELS}\n")
        });
        let keynote = crate::support::path("fixtures/posts/keynote.jsonl");
        let folder = TempDir::new().unwrap();
        let config = folder.path().join("config.toml");
        let text = format!(
            "{TEAMS}[[source]]\nname = \"rehearsal\"\nkind = \"replay\"\npath = \"{}\"\n\
             repeat = true\n[web]\nlisten = \"{listen}\"\n{spi}\
             [[output]]\nname = \"display\"\nkind = \"ddp\"\n{ddp}\
             [[output]]\nname = \"universe\"\nkind = \"e131\"\n{e131}\
             [[output]]\nname = \"node\"\nkind = \"artnet\"\n{artnet}",
            keynote.display()
        );
        std::fs::write(&config, text).unwrap();
        let config = config.to_str().unwrap().to_owned();
        Rig { display, universe, node, spidev, folder, config }
    }

    fn config(&self) -> &str {
        &self.config
    }

    fn start(&self, arguments: &[&str]) -> Child {
        self.spawn(hashtug(&[arguments, &["-c", self.config()]].concat()))
    }

    fn spawn(&self, mut command: Command) -> Child {
        if let Some(spidev) = &self.spidev {
            spidev.attach(&mut command);
        }
        let log = File::create(self.folder.path().join("said")).unwrap();
        command.stderr(log).stdout(Stdio::null()).spawn().unwrap()
    }

    fn said(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("said")).unwrap()
    }

    /// Waits until all of them show something.
    fn wait_for_light(&self) {
        for (socket, pixels) in [(&self.display, 10), (&self.universe, 126), (&self.node, 18)] {
            until("light", || packet(socket)[pixels..].iter().any(|&byte| byte > 0));
        }
        if let Some(spidev) = &self.spidev {
            until("light on the strip", || {
                spidev.transfers().last().is_some_and(|(hz, bytes)| !is_black(*hz, bytes))
            });
        }
    }

    /// The program has ended: what did each receiver hear last?
    #[track_caller]
    fn assert_dark(&self) {
        let mut display = Ddp::default();
        for packet in packets(&self.display) {
            display.take(&packet);
        }
        let (_, last) = display.shown.last().expect("a frame at the end");
        assert_eq!(*last, vec![0; 3 * PIXELS], "DDP");
        let packets: Vec<_> = packets(&self.universe);
        let packets: Vec<_> = packets.iter().map(|packet| receivers::e131(packet)).collect();
        let live = packets.iter().rposition(|packet| !packet.terminated).expect("frames");
        assert!(packets[live].data.iter().all(|&byte| byte == 0), "E1.31, before its end");
        assert_eq!(packets.len() - live - 1, 3, "three packets say that it ends");
        assert!(packets[live..].iter().all(|packet| packet.data.iter().all(|&byte| byte == 0)));
        let packets = receivers::packets(&self.node);
        let last = receivers::artnet(packets.last().expect("a frame at the end"));
        assert_eq!(last.data, vec![0; 3 * PIXELS], "Art-Net");
        if let Some(spidev) = &self.spidev {
            let (hz, bytes) = spidev.transfers().pop().expect("a frame at the end");
            assert!(is_black(hz, &bytes), "SPI");
        }
    }
}

fn packet(socket: &UdpSocket) -> Vec<u8> {
    let mut buffer = [0; 2048];
    let length = socket.recv(&mut buffer).expect("a packet comes");
    buffer[..length].to_vec()
}

fn is_black(hz: u32, transfer: &[u8]) -> bool {
    strip::ws2812(transfer, hz).iter().all(|&byte| byte == 0)
}

fn is_alive(pid: u32) -> bool {
    // One that has ended and was not asked for is no longer there to write anything.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z'))
}

/// How it ended, and how long that took.
type End = (Option<i32>, Duration);

fn end(child: &mut Child, wish: impl FnOnce(&Child)) -> End {
    let start = now();
    let _limit = Limit::of(child);
    wish(child);
    let code = child.wait().unwrap().code();
    (code, start.elapsed())
}

fn repeat(way: &str, stop: impl FnMut(&Rig) -> (End, Option<i32>)) {
    repeat_at_least(1, way, stop);
}

/// Ends a show some times in one way, and looks at the lights each time.
fn repeat_at_least(fewest: usize, way: &str, mut stop: impl FnMut(&Rig) -> (End, Option<i32>)) {
    let mut slowest = Duration::ZERO;
    let times = stops().max(fewest);
    for _ in 0..times {
        let rig = Rig::new("127.0.0.1:0");
        let ((code, took), expected) = stop(&rig);
        assert_eq!(code, expected, "{way}: {}", rig.said());
        rig.assert_dark();
        slowest = slowest.max(took);
        in_time(way, took, A_SECOND);
    }
    let ms = slowest.as_millis();
    let line = format!("{way}: black {times} times of {times}, slowest end {ms} ms\n");
    std::io::stdout().write_all(line.as_bytes()).unwrap();
}

fn stops() -> usize {
    std::env::var("HASHTUG_STOPS").ok().and_then(|times| times.parse().ok()).unwrap_or(2)
}

#[expect(clippy::disallowed_methods, reason = "a process has a clock of its own")]
fn now() -> Instant {
    Instant::now()
}
