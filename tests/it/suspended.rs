//! A program that is stopped for a while leaves no light on that nobody steers, and the terminal as it was.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::UdpSocket;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::patience::{Limit, PATIENCE, Patience, ended, in_time, until};
use crate::support::program::{hashtug, kill};
use crate::support::receivers::{self, packets};
use crate::support::spidev::Spidev;
use crate::support::{has, left_out, strip};

const PIXELS: usize = 20;

/// The longest that a light stays on.
const HALF_A_SECOND: Duration = Duration::from_millis(500);

/// Two hosts that take light, and a strip on SPI if there can be one.
struct Rig {
    folder: TempDir,
    display: UdpSocket,
    universe: UdpSocket,
    spidev: Option<Spidev>,
}

impl Rig {
    fn new() -> Rig {
        let socket = || {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            socket.set_read_timeout(Some(PATIENCE)).unwrap();
            socket
        };
        let (display, universe) = (socket(), socket());
        let folder = TempDir::new().unwrap();
        let spidev = Spidev::new();
        let keynote = crate::support::path("fixtures/posts/keynote.jsonl");
        let host = |socket: &UdpSocket| {
            let port = socket.local_addr().unwrap().port();
            format!("host = \"127.0.0.1\"\nport = {port}\npixels = {PIXELS}\n")
        };
        let spi = spidev
            .as_ref()
            .map_or(String::new(), |_| format!("[[output]]\nkind = \"spi\"\npixels = {PIXELS}\n"));
        let text = format!(
            "[[team]]\nname = \"Tabs\"\nhashtags = [\"tabs\"]\ncolor = \"#ff0000\"\n\
             [[team]]\nname = \"Spaces\"\nhashtags = [\"spaces\"]\ncolor = \"#0000ff\"\n\
             [[source]]\nkind = \"replay\"\nrepeat = true\npath = \"{}\"\n\
             [web]\nlisten = \"127.0.0.1:0\"\n\
             [[output]]\nkind = \"ddp\"\n{}[[output]]\nkind = \"e131\"\n{}\
             [[output]]\nkind = \"terminal\"\n{spi}",
            keynote.display(),
            host(&display),
            host(&universe)
        );
        std::fs::write(folder.path().join("config.toml"), text).unwrap();
        Rig { folder, display, universe, spidev }
    }

    fn start(&self, arguments: &[&str]) -> Child {
        let mut command = hashtug(arguments);
        command.current_dir(&self.folder).stdout(Stdio::null()).stderr(Stdio::piped());
        if let Some(spidev) = &self.spidev {
            spidev.attach(&mut command);
        }
        command.spawn().unwrap()
    }

    /// Waits until all of them are lit, and forgets what came until then.
    fn wait_for_light(&self) {
        for (socket, pixels) in [(&self.display, 10), (&self.universe, 126)] {
            let mut buffer = [0; 2048];
            until("light", || {
                let length = socket.recv(&mut buffer).expect("a packet comes");
                buffer[pixels.min(length)..length].iter().any(|&byte| byte > 0)
            });
        }
        if let Some(spidev) = &self.spidev {
            let is_lit = |(hz, bytes): &(u32, Vec<u8>)| !is_black(&strip::ws2812(bytes, *hz));
            until("light on the strip", || spidev.transfers().last().is_some_and(is_lit));
        }
    }

    /// The program stands still: black is what came last.
    fn assert_dark(&self) {
        assert!(is_dark(&self.display), "DDP");
        let universe = packets(&self.universe);
        let universe: Vec<_> = universe.iter().map(|packet| receivers::e131(packet)).collect();
        let live = universe.iter().rposition(|packet| !packet.terminated).expect("frames");
        assert!(is_black(&universe[live].data), "E1.31");
        assert_eq!(universe.len() - live - 1, 3, "the stream has ended");
        if let Some(spidev) = &self.spidev {
            let (hz, bytes) = spidev.transfers().pop().expect("frames have come");
            assert!(is_black(&strip::ws2812(&bytes, hz)), "SPI");
        }
    }
}

/// Whether the last packet of DDP that has come is black: it has room for all of a short strip.
fn is_dark(display: &UdpSocket) -> bool {
    is_black(&packets(display).last().expect("frames have come")[10..])
}

fn is_black(light: &[u8]) -> bool {
    light.iter().all(|&byte| byte == 0)
}

/// Whether all threads of a process stand still.
fn is_stopped(pid: u32) -> bool {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    threads.map(|thread| thread.unwrap().path().join("stat")).all(|stat| {
        let stat = std::fs::read_to_string(stat).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, state)| state.starts_with('T'))
    })
}

/// Asks it to stop, and gives how long that took.
fn suspend(pid: u32, signal: &str) -> Duration {
    let start = now();
    kill(signal, pid);
    until("the stop", || is_stopped(pid));
    start.elapsed()
}

#[expect(clippy::disallowed_methods, reason = "a process has a clock of its own")]
fn now() -> Instant {
    Instant::now()
}

#[track_caller]
fn ends_well(child: Child) -> String {
    kill("-INT", child.id());
    let output = ended(child);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    said
}

#[test]
fn a_show_that_is_stopped_is_dark_and_lit_again_when_it_goes_on_twenty_times_in_a_row() {
    let rig = Rig::new();
    let show = rig.start(&["run"]);
    for time in 0..20 {
        rig.wait_for_light();
        let signal = ["-TSTP", "-TSTP", "-TTIN", "-TTOU"][time % 4];
        in_time("the dark", suspend(show.id(), signal), HALF_A_SECOND);
        rig.assert_dark();
        if time % 5 == 0 {
            // One that stands still hears of it no further.
            kill("-TSTP", show.id());
        }
        kill("-CONT", show.id());
    }
    rig.wait_for_light();
    let said = ends_well(show);
    assert_eq!(said.matches("going on").count(), 20, "{said}");
    assert!(!said.contains("left lit"), "{said}");
}

#[test]
fn patterns_timers_and_recorded_shows_are_dark_while_they_are_stopped() {
    for arguments in
        [&["leds", "white"][..], &["leds", "walk"], &["timer", "5m"], &["record", "evening.jsonl"]]
    {
        let rig = Rig::new();
        let mut command = hashtug(arguments);
        command.current_dir(&rig.folder).stdout(Stdio::null()).stderr(Stdio::piped());
        // A timer without keys would end by itself.
        command.stdin(Stdio::piped());
        if let Some(spidev) = &rig.spidev {
            spidev.attach(&mut command);
        }
        let show = command.spawn().unwrap();
        for _ in 0..3 {
            rig.wait_for_light();
            in_time("the dark", suspend(show.id(), "-TSTP"), HALF_A_SECOND);
            rig.assert_dark();
            kill("-CONT", show.id());
        }
        rig.wait_for_light();
        ends_well(show);
    }
}

#[test]
fn a_stop_that_nobody_can_catch_is_no_answer_to_one_that_can_be() {
    let rig = Rig::new();
    let mut show = rig.start(&["run"]);
    let mut log = BufReader::new(show.stderr.take().unwrap()).lines();
    for _ in 0..3 {
        rig.wait_for_light();
        suspend(show.id(), "-STOP");
        kill("-CONT", show.id());
        let _limit = Limit::of(&show);
        // It has heard of it before the next one comes.
        assert!(log.any(|line| line.unwrap().contains("a stop that no program can catch")));
        packets(&rig.display);
        packets(&rig.universe);
        rig.wait_for_light();
        suspend(show.id(), "-TSTP");
        rig.assert_dark();
        kill("-CONT", show.id());
    }
    ends_well(show);
}

#[test]
fn a_show_that_is_stopped_and_told_to_end_ends_dark_when_it_goes_on() {
    let rig = Rig::new();
    let show = rig.start(&["run"]);
    rig.wait_for_light();
    suspend(show.id(), "-TSTP");
    kill("-TERM", show.id());
    kill("-CONT", show.id());
    let output = ended(show);
    assert_eq!(output.status.code(), Some(0));
    rig.assert_dark();
}

#[test]
fn a_light_that_hangs_holds_up_no_stop() {
    let rig = Rig::new();
    let Some(spidev) = &rig.spidev else { return };
    let show = rig.start(&["run"]);
    rig.wait_for_light();
    // Longer than the whole test.
    spidev.set("slow", "100000\n");
    let before = spidev.transfers().len();
    until("a transfer that hangs", || {
        packets(&rig.universe);
        spidev.transfers().len() > before || !packets(&rig.display).is_empty()
    });
    in_time("the stop", suspend(show.id(), "-TSTP"), HALF_A_SECOND * 2);
    assert!(is_dark(&rig.display), "the others are dark");
    spidev.unset("slow");
    kill("-CONT", show.id());
    kill("-KILL", show.id());
    ended(show);
}

/// A shell in a terminal, in which a command runs.
struct Shell {
    script: Child,
    keys: ChildStdin,
    screen: ChildStdout,
    seen: String,
}

impl Shell {
    fn start(rig: &Rig) -> Option<Shell> {
        if !has("script") || !has("bash") {
            left_out("`script` or `bash` is not installed");
            return None;
        }
        let mut script = Command::new("script");
        script.args(["-qec", "exec bash --norc --noprofile -i", "/dev/null"]);
        script.current_dir(&rig.folder).env("TERM", "xterm-256color");
        script.env("HISTFILE", "/dev/null").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut script = script.spawn().unwrap();
        let (keys, screen) = (script.stdin.take().unwrap(), script.stdout.take().unwrap());
        let mut shell = Shell { script, keys, screen, seen: String::new() };
        // What is echoed is not what it says.
        shell.press("PS1='rea''dy> '\n");
        shell.wait_for("ready> ");
        shell.press("stty cols 80 rows 24; stty -g > before\n");
        shell.wait_for("ready> ");
        Some(shell)
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// Reads on until something stands there, and gives what came before it.
    #[track_caller]
    fn wait_for(&mut self, what: &str) -> String {
        let _limit = Limit::of(&self.script);
        let mut buffer = [0; 4096];
        loop {
            if let Some(at) = self.seen.find(what) {
                let rest = self.seen.split_off(at + what.len());
                return std::mem::replace(&mut self.seen, rest);
            }
            let count = self.screen.read(&mut buffer).unwrap();
            assert_ne!(count, 0, "`{what}` is missing in {:?}", self.seen);
            self.seen += &String::from_utf8_lossy(&buffer[..count]);
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _gone_already = self.script.kill();
        let _gone_already = self.script.wait();
    }
}

#[test]
fn ctrl_z_gives_the_terminal_back_and_keys_are_keys_again_in_front() {
    let rig = Rig::new();
    let Some(mut shell) = Shell::start(&rig) else { return };
    let program = env!("CARGO_BIN_EXE_hashtug");
    let modes = |file| std::fs::read_to_string(rig.folder.path().join(file)).unwrap();
    // No strip on SPI, which this program knows nothing of.
    let config = rig.folder.path().join("config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.split("[[output]]\nkind = \"spi\"").next().unwrap()).unwrap();
    shell.press(&format!("{program} timer 5m\n"));
    shell.wait_for("of 5:00 left");
    for minutes in ["6:00", "7:00"] {
        lit(&rig);
        shell.press("\x1a");
        shell.wait_for("Stopped");
        dark(&rig);
        let drawn = shell.wait_for("ready> ");
        assert!(!drawn.contains("48;2;"), "no picture after it: {drawn:?}");
        shell.press("stty -g > stopped\n");
        shell.wait_for("ready> ");
        assert_eq!(modes("before"), modes("stopped"));
        if minutes == "7:00" {
            // In the background it is lit and goes on, and leaves the terminal alone.
            shell.press("bg\n");
            for _ in 0..3 {
                lit(&rig);
            }
            shell.press("jobs; stty -g > behind\n");
            let jobs = shell.wait_for("ready> ") + &shell.wait_for("ready> ");
            assert!(jobs.contains("Running") && !jobs.contains("Stopped"), "{jobs:?}");
            assert!(!jobs.contains("48;2;"), "nothing is drawn over the shell: {jobs:?}");
            assert_eq!(modes("before"), modes("behind"));
        }
        shell.press("fg\n");
        shell.wait_for("left");
        shell.press("+");
        shell.wait_for(&format!("of {minutes} left"));
    }
    shell.press("q");
    shell.wait_for("ready> ");
    shell.press("stty -g > after\n");
    shell.wait_for("ready> ");
    assert_eq!(modes("before"), modes("after"));
}

/// Waits for light at the display.
fn lit(rig: &Rig) {
    let patience = Patience::new();
    let mut buffer = [0; 2048];
    packets(&rig.display);
    loop {
        let length = rig.display.recv(&mut buffer).expect("a packet comes");
        if buffer[10..length].iter().any(|&byte| byte > 0) {
            return;
        }
        patience.wait("light");
    }
}

/// The display has got black last.
#[track_caller]
fn dark(rig: &Rig) {
    assert!(is_dark(&rig.display));
}
