//! The whole program with lights that are not there: hosts on loopback that take packets, OLA as a
//! receiver by others, and a device file that a library stands in for.

use std::net::UdpSocket;
use std::time::Duration;

use tempfile::NamedTempFile;

use crate::support::olad::Olad;
use crate::support::patience::{Finish, PATIENCE, Patience, in_time};
use crate::support::program::{Show, hashtug};
use crate::support::receivers::{self, Ddp, Wled, packets};
use crate::support::spidev::Spidev;
use crate::support::strip;

/// Tabs have three votes and spaces one: the seam is at three quarters.
const POSTS: &str = r##"{"at":0,"author":"a","text":"#tabs"}
{"at":0,"author":"b","text":"#tabs"}
{"at":0,"author":"c","text":"#tabs"}
{"at":0,"author":"d","text":"#spaces"}
"##;

/// A show with these outputs, red against blue.
struct Config {
    file: NamedTempFile,
    _posts: NamedTempFile,
}

impl Config {
    fn new(outputs: &str) -> Config {
        let posts = NamedTempFile::new().unwrap();
        std::fs::write(&posts, POSTS).unwrap();
        let text = format!(
            "[[team]]\nname = \"Tabs\"\nhashtags = [\"tabs\"]\ncolor = \"#ff0000\"\n\
             [[team]]\nname = \"Spaces\"\nhashtags = [\"spaces\"]\ncolor = \"#0000ff\"\n\
             [[source]]\nname = \"rehearsal\"\nkind = \"replay\"\nspeed = \"max\"\npath = \"{}\"\n\
             [web]\nlisten = \"127.0.0.1:0\"\n{outputs}",
            posts.path().display()
        );
        let file = NamedTempFile::new().unwrap();
        std::fs::write(&file, text).unwrap();
        Config { file, _posts: posts }
    }

    fn command(&self) -> std::process::Command {
        hashtug(&["run", "-c", self.file.path().to_str().unwrap()])
    }

    fn start(&self) -> Show {
        Show::start(self.command())
    }
}

/// A socket that takes packets, and its port.
fn socket() -> (UdpSocket, u16) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let port = socket.local_addr().unwrap().port();
    (socket, port)
}

fn packet(socket: &UdpSocket) -> Vec<u8> {
    let mut buffer = [0; 2048];
    let length = socket.recv(&mut buffer).expect("a packet comes");
    buffer[..length].to_vec()
}

/// The next whole frame that a display shows.
fn frame(socket: &UdpSocket, display: &mut Ddp) -> Vec<u8> {
    display.shown.clear();
    while display.shown.is_empty() {
        display.take(&packet(socket));
    }
    display.shown.pop().unwrap().1
}

/// Is it the split of [`POSTS`], for a strip in the order of red, green and blue?
fn is_split(frame: &[u8]) -> bool {
    let pixels = frame.as_chunks::<3>().0;
    // A pixel that the seam crosses shows both.
    let (red, blue) = (pixels.len() * 3 / 4, (pixels.len() * 3).div_ceil(4));
    pixels[..red].iter().all(|&[r, g, b]| r > 0 && g == 0 && b == 0)
        && pixels[blue..].iter().all(|&[r, g, b]| r == 0 && g == 0 && b > 0)
        && pixels[red..blue].iter().all(|&[r, g, b]| r > 0 && g == 0 && b > 0)
}

fn until_split(socket: &UdpSocket, display: &mut Ddp) {
    let patience = Patience::new();
    while !is_split(&frame(socket, display)) {
        patience.wait("the split");
    }
}

/// Stops a show as Ctrl-C does.
#[track_caller]
fn stop(mut show: Show) -> String {
    show.signal("-INT");
    let (code, said, _) = show.end();
    assert_eq!(code, Some(0), "{said}");
    said
}

#[test]
fn ola_receives_what_was_rendered_and_black_at_the_end() {
    let Some(olad) = Olad::start() else { return };
    let (witness, port) = socket();
    let strip = "pixels = 300\nhost = \"127.0.0.1\"\n";
    let config = Config::new(&format!(
        "[[output]]\nkind = \"e131\"\nuniverse = 1\n{strip}\
         [[output]]\nkind = \"artnet\"\nuniverse = 3\n{strip}\
         [[output]]\nkind = \"ddp\"\nport = {port}\n{strip}"
    ));
    let received = |first| [olad.universe(first), olad.universe(first + 1)].concat();
    let mut display = Ddp::default();
    // Three outputs ease and sparkle each at its own beat, and agree when all is calm.
    for signal in ["-TERM", "-KILL"] {
        let mut show = config.start();
        let patience = Patience::new();
        let shown = loop {
            patience.wait("the same at three receivers");
            let shown = frame(&witness, &mut display);
            if is_split(&shown) && received(1) == shown && received(3) == shown {
                break shown;
            }
        };
        assert_eq!(shown.len(), 900);
        show.signal(signal);
        show.end();
        // It holds the last frame: what it has got arrived before the end of the stream.
        let dark = signal != "-KILL";
        for first in [1, 3] {
            let left = received(first);
            if dark {
                assert_eq!(left, vec![0; 900], "{signal}, universe {first}");
            } else {
                assert!(is_split(&left), "{signal}, universe {first}");
            }
        }
        // The next show is another stream.
        packets(&witness);
        display = Ddp::default();
    }
}

#[test]
fn a_frame_that_stands_is_sent_again_and_the_last_one_is_black() {
    let (receiver, port) = socket();
    let config = Config::new(&format!(
        "[[output]]\nkind = \"ddp\"\nhost = \"127.0.0.1\"\nport = {port}\npixels = 1000\n"
    ));
    let show = config.start();
    let mut display = Ddp::default();
    let mut alike = 0;
    let mut last = Vec::new();
    let patience = Patience::new();
    while alike < 3 {
        patience.wait("a frame that stands");
        let next = frame(&receiver, &mut display);
        alike = if next == last && is_split(&next) { alike + 1 } else { 0 };
        last = next;
    }
    stop(show);
    display.shown.clear();
    for packet in packets(&receiver) {
        display.take(&packet);
    }
    let (_, last) = display.shown.last().expect("frames come at the end");
    assert_eq!(*last, vec![0; 3000]);
}

#[test]
fn wled_is_given_back_when_the_show_ends() {
    let (receiver, port) = socket();
    let config = Config::new(&format!(
        "[[output]]\nkind = \"wled\"\nhost = \"127.0.0.1\"\nport = {port}\npixels = 40\n"
    ));
    let show = config.start();
    let mut lamp = Wled::new(40, 3);
    let patience = Patience::new();
    while !is_split(&lamp.shown) {
        patience.wait("the split");
        lamp.take(&packet(&receiver));
    }
    stop(show);
    for packet in packets(&receiver) {
        lamp.take(&packet);
    }
    assert_eq!(lamp.shown, vec![0; 120]);
    assert_eq!(lamp.timeout, None);
}

#[test]
fn e131_leaves_black_and_terminated() {
    let (receiver, port) = socket();
    let config = Config::new(&format!(
        "[[output]]\nkind = \"e131\"\nhost = \"127.0.0.1\"\nport = {port}\npixels = 4\n\
         order = \"bgr\"\nsource_name = \"left wall\"\n"
    ));
    let show = config.start();
    let mut last = receivers::e131(&packet(&receiver));
    let patience = Patience::new();
    // Blue, green, red: the first team is at the end of the three.
    while last.data[..3].iter().map(|&byte| byte > 0).ne([false, false, true])
        || last.data[9..].iter().map(|&byte| byte > 0).ne([true, false, false])
    {
        patience.wait("the split");
        last = receivers::e131(&packet(&receiver));
    }
    assert_eq!(last.source, "left wall");
    stop(show);
    let packets: Vec<_> = packets(&receiver).iter().map(|packet| receivers::e131(packet)).collect();
    let terminated = packets.iter().rposition(|packet| !packet.terminated).unwrap() + 1;
    assert_eq!(packets.len() - terminated, 3, "three packets say that it ends");
    assert!(packets[terminated - 1].data.iter().all(|&byte| byte == 0), "black before that");
    assert!(packets[terminated..].iter().all(|packet| packet.data == [0; 12]));
}

#[test]
fn a_host_that_refuses_holds_up_nobody_and_comes_back_by_itself() {
    let (receiver, port) = socket();
    let (refusing, refused) = socket();
    drop(refusing);
    let config = Config::new(&format!(
        "[[output]]\nname = \"dead\"\nkind = \"ddp\"\nhost = \"127.0.0.1\"\nport = {refused}\n\
         [[output]]\nname = \"lost\"\nkind = \"ddp\"\nhost = \"no-such-host.invalid\"\n\
         [[output]]\nname = \"alive\"\nkind = \"ddp\"\nhost = \"127.0.0.1\"\nport = {port}\n"
    ));
    let show = config.start();
    let mut display = Ddp::default();
    until_split(&receiver, &mut display);
    // While the picture stands, a frame comes each second; some of them pass.
    for _ in 0..3 {
        frame(&receiver, &mut display);
    }
    let back = UdpSocket::bind(("127.0.0.1", refused)).unwrap();
    back.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut other = Ddp::default();
    until_split(&back, &mut other);
    let said = stop(show);
    // Each failure is told once, and so is the return.
    let told = |what: &str, name: &str| {
        said.lines().filter(|line| line.contains(what) && line.contains(name)).count()
    };
    assert_eq!(told("output failed", "dead"), 1, "{said}");
    assert_eq!(told("output is back", "dead"), 1, "{said}");
    assert_eq!(told("Connection refused", "dead"), 1, "{said}");
    assert_eq!(told("output failed", "alive"), 0, "{said}");
    assert_eq!(told("cannot find host `no-such-host.invalid`", "lost"), 2, "{said}");
}

/// Waits for a transfer that shows the split, and gives all of them so far.
fn split_on_spi(spidev: &Spidev, decode: impl Fn(u32, &[u8]) -> Vec<u8>) -> Vec<Vec<u8>> {
    let patience = Patience::new();
    loop {
        let transfers = spidev.transfers();
        if transfers.last().is_some_and(|(hz, bytes)| is_split(&decode(*hz, bytes))) {
            return transfers.iter().map(|(hz, bytes)| decode(*hz, bytes)).collect();
        }
        patience.wait("the split");
    }
}

/// Colours in the order of green, red and blue, as red, green and blue.
fn from_grb(mut bytes: Vec<u8>) -> Vec<u8> {
    for [first, second, _] in bytes.as_chunks_mut::<3>().0 {
        std::mem::swap(first, second);
    }
    bytes
}

fn ws2812(hz: u32, transfer: &[u8]) -> Vec<u8> {
    assert_eq!(hz, 3_000_000);
    from_grb(strip::ws2812(transfer, hz))
}

fn with(spidev: &Spidev, config: &Config) -> Show {
    let mut command = config.command();
    spidev.attach(&mut command);
    Show::start(command)
}

#[test]
fn a_strip_on_spi_shows_the_split_and_black_at_the_end() {
    let Some(spidev) = Spidev::new() else { return };
    let config = Config::new("[[output]]\nkind = \"spi\"\npixels = 300\n");
    let show = with(&spidev, &config);
    let frames = split_on_spi(&spidev, ws2812);
    assert!(frames.iter().all(|frame| frame.len() == 900), "each transfer is a whole frame");
    stop(show);
    let (hz, last) = spidev.transfers().pop().unwrap();
    assert_eq!(ws2812(hz, &last), vec![0; 900]);
}

#[test]
fn apa102_on_spi_show_the_split_and_black_at_the_end() {
    let Some(spidev) = Spidev::new() else { return };
    let config = Config::new("[[output]]\nkind = \"spi\"\nchip = \"apa102\"\nhz = 8_000_000\n");
    let apa102 = |hz, transfer: &[u8]| {
        assert_eq!(hz, 8_000_000);
        let mut bytes = strip::apa102(transfer, 50);
        bytes.as_chunks_mut::<3>().0.iter_mut().for_each(|color| color.reverse());
        bytes
    };
    let show = with(&spidev, &config);
    split_on_spi(&spidev, apa102);
    stop(show);
    let (hz, last) = spidev.transfers().pop().unwrap();
    assert_eq!(apa102(hz, &last), vec![0; 150]);
}

#[test]
fn a_strip_that_does_not_fit_one_transfer_is_told_the_line_to_write() {
    let Some(spidev) = Spidev::new() else { return };
    let config = Config::new("[[output]]\nkind = \"spi\"\npixels = 323\n");
    let said = stop(with(&spidev, &config));
    let line = "323 pixels take 4102 bytes and spidev sends 4096 at once; add \
                `spidev.bufsiz=65536` to the line in /boot/firmware/cmdline.txt, and restart the Pi";
    assert!(said.contains(line), "{said}");
    assert_eq!(spidev.transfers(), [], "no half frame is sent");
    // As the kernel has it after that.
    spidev.set("bufsiz", "65536\n");
    let show = with(&spidev, &config);
    split_on_spi(&spidev, ws2812);
    stop(show);
}

#[test]
fn a_transfer_that_fails_leaves_whole_frames_behind_it() {
    let Some(spidev) = Spidev::new() else { return };
    // EIO, and the second transfer is one of the first frames.
    spidev.set("fail", "2 5\n");
    let config = Config::new("[[output]]\nkind = \"spi\"\npixels = 300\n");
    let show = with(&spidev, &config);
    let frames = split_on_spi(&spidev, ws2812);
    assert!(frames.iter().all(|frame| frame.len() == 900));
    let said = stop(show);
    assert!(said.contains("cannot write: Input/output error"), "{said}");
    assert!(said.contains("output is back"), "{said}");
}

#[test]
fn a_device_file_that_vanishes_holds_up_nobody_and_comes_back_by_itself() {
    let Some(spidev) = Spidev::new() else { return };
    let (receiver, port) = socket();
    let config = Config::new(&format!(
        "[[output]]\nkind = \"spi\"\n\
         [[output]]\nkind = \"ddp\"\nhost = \"127.0.0.1\"\nport = {port}\n"
    ));
    spidev.set("gone", "");
    let show = with(&spidev, &config);
    let mut display = Ddp::default();
    until_split(&receiver, &mut display);
    for _ in 0..2 {
        assert_eq!(spidev.transfers().len(), 0);
        frame(&receiver, &mut display);
    }
    for _ in 0..2 {
        let before = spidev.transfers().len();
        spidev.unset("gone");
        let patience = Patience::new();
        while spidev.transfers().len() < before + 3 {
            patience.wait("the device");
        }
        spidev.set("gone", "");
        // It is gone in the middle of the show, and the other one goes on.
        for _ in 0..2 {
            frame(&receiver, &mut display);
        }
    }
    spidev.unset("gone");
    let said = stop(show);
    assert!(said.contains("cannot open /dev/spidev0.0: No such file or directory"), "{said}");
    assert!(said.contains("set `dtparam=spi=on` in /boot/firmware/config.txt"), "{said}");
    let (hz, last) = spidev.transfers().pop().unwrap();
    assert_eq!(ws2812(hz, &last), vec![0; 150], "dark at the end all the same");
}

#[test]
fn a_bus_that_hangs_holds_up_nobody() {
    let Some(spidev) = Spidev::new() else { return };
    let (receiver, port) = socket();
    let config = Config::new(&format!(
        "[[output]]\nname = \"stuck\"\nkind = \"spi\"\n\
         [[output]]\nkind = \"ddp\"\nhost = \"127.0.0.1\"\nport = {port}\n"
    ));
    // Longer than the whole test.
    spidev.set("slow", "100000\n");
    let mut show = with(&spidev, &config);
    let mut display = Ddp::default();
    until_split(&receiver, &mut display);
    show.signal("-INT");
    let (code, said, took) = show.end();
    assert_eq!(code, Some(0), "{said}");
    in_time("the end", took, Duration::from_secs(2));
    assert!(said.contains("output takes no last frame, and is left behind"), "{said}");
    display.shown.clear();
    for packet in packets(&receiver) {
        display.take(&packet);
    }
    assert_eq!(display.shown.last().unwrap().1, vec![0; 150], "the other one is dark");
}

#[test]
fn a_user_without_the_right_to_the_bus_is_told_the_group() {
    let Some(spidev) = Spidev::new() else { return };
    spidev.set("denied", "");
    let config = Config::new("[[output]]\nkind = \"spi\"\n");
    let said = stop(with(&spidev, &config));
    let hint = "cannot open /dev/spidev0.0: Permission denied (os error 13); \
                add this user to group `spi` with `sudo usermod -aG spi $USER`, and log in again";
    assert!(said.contains(hint), "{said}");
}

#[test]
fn check_says_what_each_output_would_send_and_where() {
    let config = Config::new(
        "[[output]]\nname = \"rope\"\nkind = \"spi\"\nchip = \"sk6812w\"\npixels = 144\n\
         [[output]]\nname = \"wall\"\nkind = \"e131\"\nhost = \"10.0.0.5\"\npixels = 300\n\
         order = \"grb\"\n\
         [[output]]\nname = \"rig\"\nkind = \"e131\"\nhost = \"multicast\"\nuniverse = 9\n\
         priority = 120\n\
         [[output]]\nname = \"node\"\nkind = \"artnet\"\nhost = \"10.0.0.5\"\nport = 6455\n\
         [[output]]\nname = \"lamp\"\nkind = \"wled\"\nhost = \"lamp.local\"\nwhite = true\n\
         pixels = 1\nmax_milliamps = 500\n\
         [[output]]\nkind = \"holiday\"\nhost = \"tree.local\"\n\
         [[output]]\nkind = \"ddp\"\nhost = \"::1\"\nport = 4049\n",
    );
    let output = hashtug(&["check", "-c", config.file.path().to_str().unwrap()]).finish();
    let said = String::from_utf8(output.stdout).unwrap();
    let said: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("output   ")).collect();
    assert_eq!(
        said,
        [
            "rope: spi at /dev/spidev0.0, sk6812w, 144 pixels grbw, at most 6048 mA",
            "wall: e131 to 10.0.0.5, universes 1-2, 300 pixels grb, at most 12600 mA",
            "rig: e131 to all that listen, universe 9 with priority 120, 50 pixels rgb, \
             at most 2100 mA",
            "node: artnet to 10.0.0.5:6455, universe 0, 50 pixels rgb, at most 2100 mA",
            "lamp: wled to lamp.local, 1 pixel rgbw, at most 500 mA",
            "holiday: holiday to tree.local, 50 pixels rgb, at most 2100 mA",
            "ddp: ddp to [::1]:4049, 50 pixels rgb, at most 2100 mA",
        ]
    );
}
