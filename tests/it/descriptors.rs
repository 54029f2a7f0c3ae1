//! A hall that asks for more connections than the program may have: viewers get places, and everything
//! else goes on.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::process::Command;

use hashtug::clock::Clock;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::support::fake::jetstream::Jetstream;
use crate::support::patience::{PATIENCE, found, until};
use crate::support::program::{Show, hashtug, last, tally};
use crate::support::proxy::Proxy;
use crate::support::receivers;
use crate::support::{has, left_out};

#[test]
fn at_64_open_files_a_crowd_gets_few_places_and_the_show_goes_on() {
    crowd(64, 400, 20..60);
}

#[test]
fn at_1024_open_files_ten_thousand_viewers_leave_the_show_all_that_it_needs() {
    crowd(1024, 10_000, 900..1000);
}

#[test]
fn the_limit_of_open_files_is_raised_as_far_as_it_may_be() {
    let Some(mut hall) = Hall::new(64, Some(4096)) else { return };
    let limits = format!("/proc/{}/limits", hall.show.child.id());
    let limits = std::fs::read_to_string(limits).unwrap();
    let files = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let numbers: Vec<&str> =
        files.split_whitespace().filter(|word| word.parse::<u32>().is_ok()).collect();
    assert_eq!(numbers, ["4096", "4096"], "{files}");
    let mut viewers = Viewers::default();
    viewers.ask(&hall.show.address, 300);
    assert_eq!(viewers.served(), 300);
    hall.show.signal("-INT");
    let (code, said, _) = hall.show.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("leaves room for fewer viewers than the 8256 of a large hall"), "{said}");
    assert!(said.contains("LimitNOFILE=65536"), "{said}");
}

/// Asks for `wanted` connections at a limit that cannot be raised; looks that so many are `served`, that
/// all else goes on meanwhile, and that new viewers are let in when the crowd has left.
fn crowd(limit: u32, wanted: usize, served: std::ops::Range<usize>) {
    // The crowd's ends are open files too.
    let own = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let raised = rustix::process::Rlimit { current: own.maximum, maximum: own.maximum };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, raised).unwrap();
    if own.maximum.is_some_and(|most| most < 2048) {
        left_out("the limit of open files (`ulimit -Hn`) is lower than 2048");
        return;
    }
    let Some(mut hall) = Hall::new(limit, None) else { return };
    // It has its place before the crowd comes.
    let mut watcher = Watcher::new(&hall.show.address);
    watcher.until("the source", |s| s["sources"][0]["state"] == "live");
    hall.post("first");
    watcher.until("the first post", |s| s["posts"]["matched"] == 1);
    let mut viewers = Viewers::default();
    viewers.ask(&hall.show.address, wanted);
    assert!(served.contains(&viewers.served()), "{} of {wanted} are served", viewers.served());
    // The count goes on.
    hall.post("second");
    watcher.until("the second post", |s| s["posts"]["matched"] == 2);
    // A source connects again, and hears what is new.
    let connections = hall.proxy.accepted();
    hall.proxy.cut();
    until("another connection of the source", || hall.proxy.accepted() > connections);
    hall.post("third");
    watcher.until("the third post", |s| s["posts"]["matched"] == 3);
    // The manager hears that it lives, again and again.
    hall.manager.set_nonblocking(true).unwrap();
    while hall.manager.recv(&mut [0; 64]).is_ok() {}
    hall.manager.set_nonblocking(false).unwrap();
    for _ in 0..3 {
        let mut buffer = [0; 64];
        let length = hall.manager.recv(&mut buffer).expect("a sign of life comes");
        assert_eq!(&buffer[..length], b"WATCHDOG=1\n");
    }
    // The lights shine.
    hall.lights.set_nonblocking(true).unwrap();
    while hall.lights.recv(&mut [0; 2048]).is_ok() {}
    hall.lights.set_nonblocking(false).unwrap();
    let mut buffer = [0; 2048];
    let length = hall.lights.recv(&mut buffer).expect("a packet comes");
    assert!(receivers::e131(&buffer[..length]).data.iter().any(|&byte| byte > 0));
    // Still the same crowd: nobody had to leave for that.
    viewers.read();
    assert!(served.contains(&viewers.served()), "{} of {wanted} are served", viewers.served());
    drop(viewers);
    let answer = found("a place for somebody new", || get(&hall.show.address));
    assert_eq!(answer["posts"]["matched"], 3);
    hall.show.signal("-INT");
    let (code, said, _) = hall.show.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("no sign of life"), "{said}");
    assert!(!said.contains("Too many open files"), "the places end before the files do: {said}");
    assert!(said.contains("viewers are turned away: all places are taken"), "{said}");
    let recorded = last(&tally(&hall.folder.path().join("out.jsonl"), &[]));
    assert_eq!(recorded["posts"]["matched"], 3, "the recording is whole");
}

/// A show that is recorded, with a source, lights and a service manager, and few open files.
struct Hall {
    show: Show,
    server: Jetstream,
    proxy: Proxy,
    lights: UdpSocket,
    manager: UnixDatagram,
    folder: TempDir,
    /// What the server and the proxy run on.
    _runtime: Runtime,
}

impl Hall {
    /// `hard` is what the program may raise its limit to, if it may at all.
    fn new(limit: u32, hard: Option<u32>) -> Option<Hall> {
        if !has("prlimit") {
            left_out("`prlimit` is not installed");
            return None;
        }
        let runtime = Runtime::new().unwrap();
        let (server, proxy) = runtime.block_on(async {
            let server = Jetstream::start().await;
            let proxy = Proxy::start(server.address).await;
            (server, proxy)
        });
        let lights = UdpSocket::bind("127.0.0.1:0").unwrap();
        lights.set_read_timeout(Some(PATIENCE)).unwrap();
        let folder = TempDir::new().unwrap();
        let text = format!(
            "[[team]]\nname = \"Tabs\"\nhashtags = [\"tabs\"]\n\
             [[team]]\nname = \"Spaces\"\nhashtags = [\"spaces\"]\n\
             [[source]]\nkind = \"bluesky\"\nendpoint = \"{}\"\n\
             [[output]]\nkind = \"e131\"\nhost = \"127.0.0.1\"\nport = {}\npixels = 50\n\
             [web]\nlisten = \"127.0.0.1:0\"\n",
            Jetstream::url(proxy.address),
            lights.local_addr().unwrap().port()
        );
        std::fs::write(folder.path().join("config.toml"), text).unwrap();
        let address = folder.path().join("notify");
        let manager = UnixDatagram::bind(&address).unwrap();
        manager.set_read_timeout(Some(PATIENCE)).unwrap();
        let program = hashtug(&["record", "out.jsonl"]);
        let mut command = Command::new("prlimit");
        command.arg(format!("--nofile={limit}:{}", hard.unwrap_or(limit)));
        command.arg(program.get_program()).args(program.get_args()).current_dir(&folder);
        command.env("NOTIFY_SOCKET", &address).env("WATCHDOG_USEC", "2000000");
        let show = Show::start(command);
        Some(Hall { show, server, proxy, lights, manager, folder, _runtime: runtime })
    }

    fn post(&self, name: &str) {
        self.server.post(Clock::from_wall().now().millis() * 1000, name, name, "tabs");
    }
}

/// Reads the event stream of a show.
struct Watcher {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Watcher {
    fn new(address: &str) -> Watcher {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(REQUEST).unwrap();
        Watcher { stream, read: Vec::new() }
    }

    /// Waits for a snapshot that is as wanted.
    #[track_caller]
    fn until(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) {
        found(what, || {
            let mut buffer = [0; 8192];
            let length = self.stream.read(&mut buffer).expect("the show publishes");
            assert_ne!(length, 0, "the show goes on");
            self.read.extend_from_slice(&buffer[..length]);
            let mut is_found = false;
            while let Some(end) = self.read.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.read.drain(..=end).collect();
                if let Some(json) = line.strip_prefix(b"data: ") {
                    is_found |= wanted(&serde_json::from_slice(json).unwrap());
                }
            }
            is_found.then_some(())
        });
    }
}

const REQUEST: &[u8] = b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Many who want to see the show, and stay.
#[derive(Default)]
struct Viewers {
    /// Each with whether it has heard something.
    connections: Vec<(TcpStream, bool)>,
}

impl Viewers {
    /// Connects that many, and waits for those who get no place to be sent away.
    fn ask(&mut self, address: &str, wanted: usize) {
        let address: SocketAddr = address.parse().unwrap();
        for number in 1..=wanted {
            let mut stream = TcpStream::connect_timeout(&address, PATIENCE).unwrap();
            // Whoever is sent away at once cannot even ask.
            let is_there = stream.write_all(REQUEST).is_ok();
            stream.set_nonblocking(true).unwrap();
            if is_there {
                self.connections.push((stream, false));
            }
            // More at once than the system holds for the program would wait for seconds.
            if number % 500 == 0 || number == wanted {
                until("all to be served or sent away", || {
                    self.read();
                    self.waiting() == 0
                });
            }
        }
    }

    fn read(&mut self) {
        let mut buffer = [0; 4096];
        self.connections.retain_mut(|(stream, is_served)| {
            loop {
                match stream.read(&mut buffer) {
                    Ok(0) => return false,
                    Ok(_) => *is_served = true,
                    Err(error) => return error.kind() == ErrorKind::WouldBlock,
                }
            }
        });
    }

    fn waiting(&self) -> usize {
        self.connections.iter().filter(|(_, is_served)| !is_served).count()
    }

    fn served(&self) -> usize {
        self.connections.len() - self.waiting()
    }
}

/// The newest snapshot, if there is a place for whoever asks.
fn get(address: &str) -> Option<Value> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let request =
        format!("GET /api/v1/snapshot HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (_, body) = answer.split_once("\r\n\r\n")?;
    serde_json::from_str(body).ok()
}
