//! Two programs at one time: lights that one of them drives are refused to the other, unless it is forced.

use std::net::UdpSocket;
use std::process::{Child, Output, Stdio};

use tempfile::TempDir;

use crate::support::patience::{Finish, Limit, PATIENCE, Patience, ended, until};
use crate::support::program::{Show, hashtug, kill};
use crate::support::spidev::Spidev;

const PIXELS: usize = 20;

/// A display, and configs that drive it.
struct Rig {
    folder: TempDir,
    display: UdpSocket,
}

impl Rig {
    fn new() -> Rig {
        let display = UdpSocket::bind("127.0.0.1:0").unwrap();
        display.set_read_timeout(Some(PATIENCE)).unwrap();
        Rig { folder: TempDir::new().unwrap(), display }
    }

    /// One output at the display under a name of this machine.
    fn at(&self, host: &str) -> String {
        let port = self.display.local_addr().unwrap().port();
        format!(
            "[[output]]\nname = \"display\"\nkind = \"ddp\"\nhost = \"{host}\"\nport = {port}\n\
             pixels = {PIXELS}\n"
        )
    }

    /// Writes a config, and gives its path.
    fn config(&self, name: &str, outputs: &str) -> String {
        config(&self.folder, name, outputs)
    }

    /// The next frame, of whichever program.
    fn frame(&self) -> Vec<u8> {
        let mut buffer = [0; 2048];
        let length = self.display.recv(&mut buffer).expect("a packet comes");
        light(&buffer[..length])
    }

    fn wait_for(&self, what: &str, is_so: impl Fn(&[u8]) -> bool) {
        let patience = Patience::new();
        while !is_so(&self.frame()) {
            patience.wait(what);
        }
    }

    /// All frames that have come since.
    fn frames(&self) -> Vec<Vec<u8>> {
        self.display.set_nonblocking(true).unwrap();
        let mut buffer = [0; 2048];
        let mut frames = Vec::new();
        while let Ok(length) = self.display.recv(&mut buffer) {
            frames.push(light(&buffer[..length]));
        }
        self.display.set_nonblocking(false).unwrap();
        frames
    }
}

/// The light in a packet of DDP, which has room for all of a short strip.
fn light(packet: &[u8]) -> Vec<u8> {
    packet[10..].to_vec()
}

fn config(folder: &TempDir, name: &str, outputs: &str) -> String {
    let keynote = crate::support::path("fixtures/posts/keynote.jsonl");
    let text = format!(
        "[[team]]\nname = \"Tabs\"\nhashtags = [\"tabs\"]\ncolor = \"#ff0000\"\n\
         [[team]]\nname = \"Spaces\"\nhashtags = [\"spaces\"]\ncolor = \"#0000ff\"\n\
         [[source]]\nkind = \"replay\"\nrepeat = true\npath = \"{}\"\n\
         [web]\nlisten = \"127.0.0.1:0\"\n{outputs}",
        keynote.display()
    );
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn is_black(frame: &[u8]) -> bool {
    frame.iter().all(|&byte| byte == 0)
}

/// All three channels alike, which no split of red and blue is.
fn is_white(frame: &[u8]) -> bool {
    !is_black(frame) && frame.as_chunks::<3>().0.iter().all(|[r, g, b]| r == g && g == b)
}

fn is_split(frame: &[u8]) -> bool {
    let [r, _, _] = frame.as_chunks::<3>().0[0];
    let [_, _, b] = frame.as_chunks::<3>().0[PIXELS - 1];
    r > 0 && b > 0 && !is_white(frame)
}

#[track_caller]
fn refused(output: &Output, pid: u32, what: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("process {pid} (`")), "{said}");
    assert!(said.contains(&format!("`) drives {what} already")), "{said}");
    assert!(said.contains("hint: stop that program, or add `--force`"), "{said}");
}

fn start(arguments: &[&str]) -> Child {
    let mut command = hashtug(arguments);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[track_caller]
fn stop(mut child: Child) {
    let _limit = Limit::of(&child);
    kill("-INT", child.id());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn lights_of_a_show_are_refused_to_every_other_command_by_whatever_name_of_their_host() {
    let rig = Rig::new();
    let first = rig.config("first.toml", &rig.at("127.0.0.1"));
    let show = Show::start(hashtug(&["run", "-c", &first]));
    rig.wait_for("the split", is_split);
    let port = rig.display.local_addr().unwrap().port();
    let thing = format!("port {port} of `127.0.0.1`");
    let recording = rig.folder.path().join("evening.jsonl");
    let recording = recording.to_str().unwrap();
    let commands: [&[&str]; 6] = [
        &["run"],
        &["timer", "5m"],
        &["leds", "white"],
        &["leds", "off"],
        &["record", recording],
        &[],
    ];
    let hosts = ["127.0.0.1", "localhost", "LocalHost.", "::1", "::ffff:127.0.0.1", "[::1]"];
    for (command, host) in commands.into_iter().zip(hosts) {
        let second = rig.config("second.toml", &rig.at(host));
        let output = hashtug(&[command, &["-c", &second]].concat()).finish();
        refused(&output, show.child.id(), &thing);
    }
    assert!(!std::path::Path::new(recording).exists(), "nothing is left behind");
    let foreign = rig.frames().iter().filter(|frame| !is_split(frame)).count();
    assert_eq!(foreign, 0, "the strip has shown the show alone");
}

#[test]
fn whoever_is_forced_drives_as_well_and_takes_nothing_from_the_first() {
    let rig = Rig::new();
    let config = rig.config("config.toml", &rig.at("127.0.0.1"));
    let first = Show::start(hashtug(&["run", "-c", &config]));
    rig.wait_for("the split", is_split);
    let second = start(&["leds", "white", "--force", "-c", &config]);
    rig.wait_for("white", is_white);
    rig.wait_for("the split", is_split);
    let port = rig.display.local_addr().unwrap().port();
    let thing = format!("port {port} of `127.0.0.1`");
    let third = || hashtug(&["leds", "walk", "-c", &config]).finish();
    let output = third();
    refused(&output, first.child.id(), &thing);
    refused(&output, second.id(), &thing);
    // Whichever of the two is left is found.
    drop(first);
    refused(&third(), second.id(), &thing);
    let output = hashtug(&["leds", "off", "--force", "-c", &config]).finish();
    assert_eq!(output.status.code(), Some(0));
    stop(second);
    let last = rig.frames().pop().expect("frames have come");
    assert!(is_black(&last));
    assert_eq!(hashtug(&["leds", "off", "-c", &config]).finish().status.code(), Some(0));
}

#[test]
fn a_killed_show_holds_its_lights_not_a_moment_longer() {
    let rig = Rig::new();
    let config = rig.config("config.toml", &rig.at("127.0.0.1"));
    for _ in 0..5 {
        let mut show = start(&["leds", "white", "-c", &config]);
        rig.wait_for("white", is_white);
        kill("-KILL", show.id());
        // As a service manager does after a kill, and as somebody in a hurry does even sooner.
        let off = hashtug(&["leds", "off", "-c", &config]).finish();
        assert!(off.status.success(), "{}", String::from_utf8_lossy(&off.stderr));
        show.wait().unwrap();
        assert!(is_black(&rig.frames().pop().expect("black comes")));
    }
}

#[test]
fn leds_off_leaves_a_new_show_alone_and_darkens_what_nobody_drives() {
    let (rig, other) = (Rig::new(), UdpSocket::bind("127.0.0.1:0").unwrap());
    other.set_read_timeout(Some(PATIENCE)).unwrap();
    let port = other.local_addr().unwrap().port();
    let more = format!(
        "[[output]]\nname = \"left\"\nkind = \"ddp\"\nhost = \"127.0.0.1\"\nport = {port}\n"
    );
    let both = rig.config("both.toml", &(rig.at("127.0.0.1") + &more));
    let one = rig.config("one.toml", &rig.at("127.0.0.1"));
    let show = Show::start(hashtug(&["run", "-c", &one]));
    rig.wait_for("the split", is_split);
    let output = hashtug(&["leds", "off", "-c", &both]).finish();
    let driven = rig.display.local_addr().unwrap().port();
    refused(&output, show.child.id(), &format!("port {driven} of `127.0.0.1`"));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("`left`"));
    let mut buffer = [0; 2048];
    let length = other.recv(&mut buffer).expect("black comes");
    assert!(is_black(&light(&buffer[..length])));
    assert!(rig.frames().iter().all(|frame| is_split(frame)), "the show goes on");
    // Patterns want all lights or none.
    let output = hashtug(&["leds", "white", "-c", &both]).finish();
    refused(&output, show.child.id(), &format!("port {driven} of `127.0.0.1`"));
}

#[test]
fn a_show_that_is_told_to_end_is_waited_for_by_the_next() {
    let rig = Rig::new();
    let config = rig.config("config.toml", &rig.at("127.0.0.1"));
    for _ in 0..3 {
        let mut show = start(&["leds", "white", "-c", &config]);
        rig.wait_for("white", is_white);
        kill("-TERM", show.id());
        let next = start(&["leds", "split", "-c", &config]);
        rig.wait_for("the split", is_split);
        assert_eq!(show.wait().unwrap().code(), Some(0));
        stop(next);
    }
}

#[test]
fn shows_with_lights_of_their_own_run_beside_each_other() {
    let (one, other) = (Rig::new(), Rig::new());
    let first = Show::start(hashtug(&["run", "-c", &one.config("c", &one.at("127.0.0.1"))]));
    let second = Show::start(hashtug(&["run", "-c", &other.config("c", &other.at("127.0.0.1"))]));
    one.wait_for("the split", is_split);
    other.wait_for("the split", is_split);
    drop((first, second));
}

#[test]
fn universes_that_overlap_are_refused_and_those_beside_them_are_not() {
    let folder = TempDir::new().unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    let universes = |name: &str, kind: &str, first: u32, pixels: u32| {
        let output = format!(
            "[[output]]\nkind = \"{kind}\"\nhost = \"127.0.0.1\"\nport = {port}\n\
             universe = {first}\npixels = {pixels}\n"
        );
        config(&folder, name, &output)
    };
    let show = Show::start(hashtug(&["run", "-c", &universes("first", "e131", 5, 340)]));
    let second = |kind, first, pixels| {
        hashtug(&["leds", "off", "-c", &universes("second", kind, first, pixels)]).finish()
    };
    for (kind, first, pixels, shared) in
        [("e131", 5, 1, 5), ("e131", 6, 500, 6), ("e131", 4, 171, 5), ("artnet", 5, 170, 5)]
    {
        let thing = format!("universe {shared} of `127.0.0.1`");
        refused(&second(kind, first, pixels), show.child.id(), &thing);
    }
    for (first, pixels) in [(4, 170), (7, 500)] {
        let output = second("e131", first, pixels);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_bus_is_refused_under_any_of_its_device_files() {
    let Some(spidev) = Spidev::new() else { return };
    let folder = TempDir::new().unwrap();
    let on = |device: &str| {
        let output = format!("[[output]]\nkind = \"spi\"\ndevice = \"{device}\"\n");
        config(&folder, "config.toml", &output)
    };
    let mut command = hashtug(&["run", "-c", &on("/dev/spidev0.0")]);
    spidev.attach(&mut command);
    let show = Show::start(command);
    until("a frame", || !spidev.transfers().is_empty());
    for device in ["/dev/spidev0.0", "/dev/spidev0.1"] {
        let mut command = hashtug(&["leds", "off", "-c", &on(device)]);
        spidev.attach(&mut command);
        refused(&command.finish(), show.child.id(), "SPI bus 0");
    }
    let mut command = hashtug(&["leds", "off", "-c", &on("/dev/spidev3.0")]);
    spidev.attach(&mut command);
    let output = command.finish();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn force_is_told_where_it_can_be_given_and_refused_where_there_are_no_lights() {
    let print = |arguments: &[&str]| String::from_utf8(hashtug(arguments).finish().stdout).unwrap();
    for command in [&["--help"][..], &["run", "--help"], &["timer", "--help"], &["leds", "--help"]]
    {
        assert!(print(command).contains("--force"), "{command:?}");
    }
    assert!(print(&["record", "--help"]).contains("--force"));
    assert!(print(&["man"]).contains("\\-\\-force"));
    assert!(print(&["completions", "bash"]).contains("--force"));
    for command in ["check", "doctor", "schema", "tally"] {
        let output = hashtug(&[command, "--force"]).finish();
        assert_eq!(output.status.code(), Some(2), "{command}");
    }
    assert_eq!(hashtug(&["--force", "check"]).finish().status.code(), Some(2));
}

#[test]
fn a_port_that_another_show_serves_its_pages_on_is_told_with_what_to_do() {
    let folder = TempDir::new().unwrap();
    let path = config(&folder, "first.toml", "");
    let show = Show::start(hashtug(&["run", "-c", &path]));
    let text = std::fs::read_to_string(&path).unwrap();
    let second = folder.path().join("second.toml");
    std::fs::write(&second, text.replace("127.0.0.1:0", &show.address)).unwrap();
    let output = hashtug(&["run", "-c", second.to_str().unwrap()]).finish();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("hint: another hashtug may be running"), "{said}");
}

#[test]
fn many_that_were_refused_do_not_hide_who_drives_the_lights() {
    let rig = Rig::new();
    let config = rig.config("config.toml", &rig.at("127.0.0.1"));
    let show = Show::start(hashtug(&["run", "-c", &config]));
    let all: Vec<Child> = (0..8)
        .map(|_| {
            let mut command = hashtug(&["leds", "off", "-c", &config]);
            command.stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for child in all {
        let output = ended(child);
        let port = rig.display.local_addr().unwrap().port();
        refused(&output, show.child.id(), &format!("port {port} of `127.0.0.1`"));
    }
}
