//! The Open Lighting Architecture's daemon as a receiver of E1.31 and Art-Net, where it is installed.
//!
//! Both protocols have one port for everybody, so that one test after the other has the daemon, of
//! whatever process. It holds the last frame for ever: a universe that reads black was told to be.

use std::fs::File;
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::patience::{self, Finish, Patience};
use super::{has, http, left_out};

/// All that might look for hardware or listen elsewhere.
const OTHERS: [&str; 19] = [
    "dummy",
    "espnet",
    "ftdidmx",
    "gpio",
    "karate",
    "kinet",
    "milinst",
    "opendmx",
    "openpixelcontrol",
    "osc",
    "pathport",
    "renard",
    "sandnet",
    "shownet",
    "spi",
    "stageprofi",
    "uartdmx",
    "usbdmx",
    "usbserial",
];

/// A running daemon. Universes 1 and 2 of E1.31 are its 1 and 2, 3 and 4 of Art-Net its 3 and 4.
pub(crate) struct Olad {
    child: Child,
    address: String,
    _folder: TempDir,
    _alone: File,
}

impl Olad {
    /// Starts it and waits until it answers; `None` where it is not installed.
    pub(crate) fn start() -> Option<Olad> {
        if !has("olad") {
            left_out("`ola` is not installed");
            return None;
        }
        // It refuses to run as root; the package has made a user for it.
        let user = if id(&["-u"]) == Some(0) {
            let Some(user) = id(&["-u", "olad"]).zip(id(&["-g", "olad"])) else {
                left_out("there is no user `olad`");
                return None;
            };
            Some(user)
        } else {
            None
        };
        let alone = File::create(std::env::temp_dir().join("hashtug-olad.lock")).unwrap();
        patience::until("the end of another test with olad", || alone.try_lock().is_ok());
        let folder = TempDir::new().unwrap();
        configure(folder.path());
        let (http_port, rpc_port) = (free_port(), free_port());
        let mut command = Command::new("olad");
        command.arg("--config-dir").arg(folder.path());
        command.args(["--http-port", &http_port.to_string(), "--rpc-port", &rpc_port.to_string()]);
        command.args(["--no-register-with-dns-sd", "--log-level", "1", "--interface", "127.0.0.1"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some((user, group)) = user {
            hand_over(folder.path(), user, group);
            command.uid(user).gid(group);
        }
        let mut child = command.spawn().unwrap();
        let address = format!("127.0.0.1:{http_port}");
        let patience = Patience::new();
        while std::net::TcpStream::connect(&address).is_err() {
            assert!(child.try_wait().unwrap().is_none(), "olad has ended");
            patience.wait("olad");
        }
        let olad = Olad { child, address, _folder: folder, _alone: alone };
        // Its ports are patched a little after the first answer.
        while !(1..=4).all(|universe| olad.knows(universe)) {
            patience.wait("a universe");
        }
        Some(olad)
    }

    /// The channels of a universe as they were last received; none before that.
    pub(crate) fn universe(&self, universe: u16) -> Vec<u8> {
        let answer = http::get(&self.address, &format!("/get_dmx?u={universe}")).json();
        let channels = answer["dmx"].as_array().expect("it lists the channels");
        let byte = |channel: &serde_json::Value| u8::try_from(channel.as_u64().unwrap()).unwrap();
        channels.iter().map(byte).collect()
    }

    fn knows(&self, universe: u16) -> bool {
        http::get(&self.address, &format!("/json/universe_info?id={universe}")).status == 200
    }
}

impl Drop for Olad {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _gone_already = self.child.wait();
    }
}

fn configure(folder: &Path) {
    let write = |name: &str, text: &str| {
        std::fs::write(folder.join(format!("ola-{name}.conf")), text).unwrap();
    };
    for plugin in OTHERS {
        write(plugin, "enabled = false\n");
    }
    write("e131", "enabled = true\nip = 127.0.0.1\ninput_ports = 5\noutput_ports = 0\n");
    write("artnet", "enabled = true\nip = 127.0.0.1\nuse_loopback = true\noutput_ports = 4\n");
    // As `ola_patch -i` would leave it: plug-in, device and input port, and then the universe.
    write("port", "11-1-I-0 = 1\n11-1-I-1 = 2\n2-1-I-0 = 3\n2-1-I-1 = 4\n");
}

/// A number that `id` prints.
fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).finish();
    str::from_utf8(&output.stdout).unwrap().trim().parse().ok()
}

fn hand_over(folder: &Path, user: u32, group: u32) {
    for entry in std::fs::read_dir(folder).unwrap() {
        chown(entry.unwrap().path(), Some(user), Some(group)).unwrap();
    }
    chown(folder, Some(user), Some(group)).unwrap();
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
