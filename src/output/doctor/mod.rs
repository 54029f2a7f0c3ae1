//! What `hashtug doctor` finds of the lights: whether each output can be opened and fits, and the exact
//! line to write where it does not.
//!
//! Sends no light, since a show may be running: names are looked up, sockets and device files opened,
//! and nothing is written to them. Whether a strip shows what it is sent nobody can know without
//! sending it, so the table says that this was not tried.

mod colours;
mod machine;
mod user;

use crate::finding::{Finding, Part, Verdict};
use crate::questions::Questions;
use crate::render::bytes::Encoding;
use crate::render::power::{CHANNEL_MILLIAMPS, IDLE_MILLIAMPS};

use super::Settings;
use super::apart::{self, Missed};
use super::strip::Strip;

pub use colours::close_colours;
pub use machine::Machine;

/// Looks at all outputs, and at the colours that they are to show. Takes some seconds at most.
#[must_use]
pub fn examine(outputs: &[Settings], questions: &Questions, machine: &Machine) -> Vec<Part> {
    let this = machine.clone();
    let found = apart::each(outputs.to_vec(), move |settings| output(&settings, &this));
    let mut parts: Vec<Part> = outputs
        .iter()
        .zip(found)
        .map(|(settings, found)| Part {
            name: format!("output `{}`", settings.name),
            findings: found.unwrap_or_else(|missed| vec![late(&missed)]),
        })
        .collect();
    parts.push(Part { name: "colours".to_owned(), findings: colours::colours(questions) });
    parts
}

fn late(missed: &Missed) -> Finding {
    let hint =
        "a name server that does not answer takes this long: is this machine on the network?";
    Finding::fail("host", format!("it could not be tried: {missed}"), Some(hint))
}

fn output(settings: &Settings, machine: &Machine) -> Vec<Finding> {
    let Settings { kind, strip, .. } = settings;
    let mut findings = kind.examine(strip, machine);
    // A screen draws no current, and is looked at anyway.
    if kind.encoding() == Encoding::Screen {
        return findings;
    }
    findings.push(current(strip));
    // What cannot be opened cannot be lit either.
    if findings.iter().all(|finding| finding.verdict != Verdict::Fail) {
        findings.push(light());
    }
    findings
}

/// What only light could tell.
fn light() -> Finding {
    let said = "nothing was sent, since a show may be running";
    let hint =
        "`hashtug leds walk` sends light: it names what refuses, and eyes tell what it shows";
    Finding::untried("light", said, hint)
}

/// What all white would draw, and what is allowed.
fn current(strip: &Strip) -> Finding {
    let pixels = strip.layout.pixels as u64;
    let channels = strip.calibration.channels() as u64;
    let full = pixels * (u64::from(IDLE_MILLIAMPS) + channels * u64::from(CHANNEL_MILLIAMPS));
    let most = u64::from(strip.budget.max_milliamps);
    if most >= full {
        return Finding::ok(
            "current",
            format!("at most {full} mA, all white; {most} mA are allowed"),
        );
    }
    let said = format!("all white would draw {full} mA, and is dimmed to {most} mA");
    // The eye sees a tenth of the light as a third of the brightness.
    if most * 10 >= full {
        Finding::ok("current", said)
    } else {
        let hint = "if the supply gives more, write what it gives as `max_milliamps`";
        Finding::warn("current", said, hint)
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::*;
    use crate::contest::PALETTE;
    use crate::finding;
    use crate::output::tests::parse;

    /// A Raspberry Pi in a folder.
    struct Pi {
        folder: tempfile::TempDir,
        machine: Machine,
    }

    impl Pi {
        fn new(model: &str) -> Pi {
            let folder = tempfile::tempdir().unwrap();
            let machine = Machine { root: folder.path().into(), ..Machine::this() };
            let pi = Pi { folder, machine };
            pi.write("proc/device-tree/model", &format!("{model}\0"));
            pi.write("boot/firmware/config.txt", "# dtparam=spi=on\n");
            pi.write("boot/firmware/cmdline.txt", "console=tty1 root=/dev/sda2\n");
            pi
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn found(&self, output: &str) -> String {
            let [settings] = &*parse(&format!("[[output]]\n{output}\n")) else {
                panic!("{output}")
            };
            let findings = self::output(settings, &self.machine);
            finding::table(&[Part { name: settings.name.clone(), findings }])
        }
    }

    #[test]
    fn a_new_pi_is_told_every_line_to_write() {
        let pi = Pi::new("Raspberry Pi 4 Model B Rev 1.4");
        insta::assert_snapshot!(pi.found("kind = \"spi\"\npixels = 400"), @r"
        spi
          ok    model      Raspberry Pi 4 Model B Rev 1.4
          FAIL  device     there is no /dev/spidev0.0
                hint: write `dtparam=spi=on` on a line of its own in /boot/firmware/config.txt, and restart the Pi
          FAIL  bufsiz     400 pixels take 5026 bytes, and spidev sends 4096 at once
                hint: write `spidev.bufsiz=65536` at the end of the one line in /boot/firmware/cmdline.txt, and restart the Pi
          WARN  core_freq  the clock of the core may change, and the strip turn white then
                hint: write `core_freq=500` and `core_freq_min=500`, a line each, in /boot/firmware/config.txt, and restart the Pi
          ok    current    all white would draw 24400 mA, and is dimmed to 16800 mA
        ");
    }

    #[test]
    fn lines_that_are_there_need_a_restart() {
        let pi = Pi::new("Raspberry Pi 3 Model B Plus Rev 1.3");
        pi.write("boot/firmware/config.txt", "dtparam=spi=on\ncore_freq=250\n");
        pi.write("boot/firmware/cmdline.txt", "quiet spidev.bufsiz=65536\n");
        let found = pi.found("kind = \"spi\"\npixels = 400");
        assert!(
            found.contains("`dtparam=spi=on` is in /boot/firmware/config.txt: restart"),
            "{found}"
        );
        assert!(found.contains("`spidev.bufsiz=65536` is in /boot/firmware/cmdline.txt: restart"));
        assert!(found.contains("ok    core_freq"), "{found}");
    }

    #[test]
    fn a_pi_that_is_ready_has_nothing_to_mend() {
        let pi = Pi::new("Raspberry Pi 5 Model B Rev 1.0");
        pi.write("dev/spidev0.0", "");
        pi.write("sys/module/spidev/parameters/bufsiz", "65536\n");
        let found = pi.found("kind = \"spi\"\npixels = 400");
        assert!(!found.contains("FAIL") && !found.contains("WARN"), "{found}");
    }

    #[test]
    fn a_user_without_the_group_is_told_it() {
        let mut pi = Pi::new("Raspberry Pi Zero 2 W Rev 1.0");
        pi.write("dev/spidev0.0", "");
        let path = pi.folder.path().join("dev/spidev0.0");
        let mode = PermissionsExt::from_mode(0o660);
        fs::set_permissions(&path, mode).unwrap();
        pi.machine.user.id = 12_345;
        pi.machine.user.groups.clear();
        let found = pi.found("kind = \"spi\"");
        assert!(found.contains("hint: sudo usermod -aG spi $USER, and log in again"), "{found}");
        assert!(found.contains("write `core_freq=250`, a line each"), "{found}");
        pi.machine.user.groups = vec![path.metadata().unwrap().gid()];
        assert!(!pi.found("kind = \"spi\"").contains("FAIL"));
    }

    #[test]
    fn strips_on_networks_are_told_what_they_take() {
        let pi = Pi::new("");
        let found = pi.found("kind = \"e131\"\nhost = \"10.0.0.5\"\nuniverse = 7\npixels = 300");
        assert!(found.contains("300 pixels take universes 7 to 8"), "{found}");
        assert!(
            found.contains("all white would draw 18300 mA, and is dimmed to 12600 mA"),
            "{found}"
        );
        let found =
            pi.found("kind = \"ddp\"\nhost = \"10.0.0.5\"\npixels = 300\nmax_milliamps = 900");
        assert!(found.contains("WARN  current"), "{found}");
    }

    #[test]
    fn hosts_are_found_and_get_nothing() {
        let receiver = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        receiver.set_nonblocking(true).unwrap();
        let port = receiver.local_addr().unwrap().port();
        let found = |host: &str| {
            let text = format!(
                "[[output]]\nkind = \"ddp\"\nhost = \"{host}\"\nport = {port}\npixels = 4\n"
            );
            let contest = colours::tests::contest(PALETTE[0], PALETTE[1]);
            let parts = examine(&parse(&text), &contest.into(), &Machine::this());
            let [host, .., last] = &*parts[0].findings else { panic!("{parts:?}") };
            (host.clone(), last.clone())
        };
        let (host, light) = found("127.0.0.1");
        assert_eq!(host.said, format!("packets to 127.0.0.1:{port} leave from 127.0.0.1"));
        assert_eq!((light.what, light.verdict), ("light", Verdict::Untried));
        let nothing = receiver.recv(&mut [0]).unwrap_err();
        assert_eq!(nothing.kind(), std::io::ErrorKind::WouldBlock);
        let (lost, end) = found("no-such-host.invalid");
        assert!(lost.said.contains("cannot find host `no-such-host.invalid`"), "{}", lost.said);
        assert!(lost.hint.unwrap().contains("check the spelling of `host`"));
        assert_ne!(end.what, "light", "what is not found needs no walk");
    }

    #[test]
    fn a_network_that_this_machine_is_not_on_is_named() {
        let pi = Pi::new("");
        let rig = "kind = \"e131\"\nhost = \"multicast\"\ninterface = \"192.0.2.1\"";
        let found = pi.found(rig);
        assert!(found.contains("FAIL  host       cannot open the network of 192.0.2.1"), "{found}");
        assert!(found.contains("`interface` is an address of this machine"), "{found}");
    }
}
