//! What `hashtug doctor` finds of the lights: whether each output can be opened and fits, and the exact
//! line to write where it does not.
//!
//! [`Machine`] is where the files of the machine are, so that tests have a Raspberry Pi of their own.
//! Each output is tried by a black frame. That it left is known then, and that a host refused it; that
//! a strip shows it nobody can know but who looks.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::contest::Contest;
use crate::finding::{Finding, Part};
use crate::render::power::{CHANNEL_MILLIAMPS, IDLE_MILLIAMPS};
use crate::render::sight;

use super::blackout::blackout;
use super::led::Strip;
use super::spi::{self, Chip};
use super::{Kind, Settings, artnet, e131};

/// A machine whose files can be looked at.
#[derive(Clone, Debug)]
pub struct Machine {
    /// What stands before `/dev`, `/sys`, `/proc` and `/boot`.
    root: PathBuf,
    user: u32,
    groups: Vec<u32>,
}

impl Machine {
    /// The one that runs this.
    #[must_use]
    pub fn this() -> Machine {
        use rustix::process::{getegid, geteuid, getgroups};
        let groups = getgroups().unwrap_or_default();
        let groups = groups.into_iter().chain([getegid()]).map(rustix::process::Gid::as_raw);
        Machine { root: "/".into(), user: geteuid().as_raw(), groups: groups.collect() }
    }

    fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.path(path)).ok()
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// The model as the firmware tells it; `None` on other machines.
    fn model(&self) -> Option<String> {
        let model = self.read("/proc/device-tree/model")?;
        Some(model.trim_end_matches(['\0', '\n']).to_owned())
    }

    /// Where the firmware's files are: they have moved with Raspberry Pi OS 12.
    fn boot(&self, file: &str) -> String {
        let folder = if self.path("/boot/firmware").is_dir() { "/boot/firmware" } else { "/boot" };
        format!("{folder}/{file}")
    }

    /// Whether `config.txt` has this line, and not as a remark.
    fn is_configured(&self, line: &str) -> bool {
        let config = self.read(&self.boot("config.txt")).unwrap_or_default();
        config.lines().any(|found| found.trim().replace(' ', "") == line)
    }

    fn may_write(&self, path: &Path) -> bool {
        let Ok(metadata) = path.metadata() else { return false };
        let mode = metadata.mode();
        self.user == 0
            || self.user == metadata.uid() && mode & 0o200 != 0
            || self.groups.contains(&metadata.gid()) && mode & 0o020 != 0
            || mode & 0o002 != 0
    }
}

/// Tries all outputs, and looks at the colours that they are to show. Takes some seconds at most.
#[must_use]
pub fn examine(outputs: &[Settings], contest: &Contest, machine: &Machine) -> Vec<Part> {
    let lit = blackout(outputs.to_vec());
    let tried = |settings: &Settings| {
        let failure = lit.iter().find(|lit| lit.name == settings.name);
        failure.map(|lit| lit.reason.as_str())
    };
    let mut parts: Vec<Part> = outputs
        .iter()
        .map(|settings| Part {
            name: format!("output `{}`", settings.name),
            findings: output(settings, tried(settings), machine),
        })
        .collect();
    parts.push(Part { name: "colours".to_owned(), findings: colours(contest) });
    parts
}

fn output(settings: &Settings, failure: Option<&str>, machine: &Machine) -> Vec<Finding> {
    let Settings { kind, strip, .. } = settings;
    if let Kind::Terminal(_) = kind {
        let said = format!("{} pixels are drawn where standard output is one", strip.layout.pixels);
        return vec![Finding::ok("terminal", said)];
    }
    let mut findings = match kind {
        Kind::Spi(spi) => self::spi(spi, machine),
        _ => universes(kind, strip).into_iter().collect(),
    };
    findings.push(current(strip));
    // What is wrong with the machine explains why the frame did not leave.
    let explained = findings.iter().any(|finding| finding.verdict == crate::finding::Verdict::Fail);
    match failure {
        Some(_) if explained => {}
        Some(reason) => findings.push(Finding::fail("frame", reason, reason_hint(reason))),
        None => findings.push(Finding::ok("frame", sent(kind))),
    }
    findings
}

fn sent(kind: &Kind) -> String {
    let look = "whether it is shown only eyes can tell: try `hashtug leds walk`";
    match kind {
        Kind::E131(settings) if matches!(settings.to, e131::To::Multicast { .. }) => {
            format!("a black frame has left for all that listen; {look}")
        }
        Kind::Spi(_) => format!("a black frame was written; {look}"),
        _ => format!("a black frame has left, and was not refused; {look}"),
    }
}

fn reason_hint(reason: &str) -> Option<&'static str> {
    if reason.contains("cannot find host") {
        Some("check the spelling of `host`, and that this machine is on that network")
    } else if reason.contains("refused") {
        Some("the host is there, and nothing on it takes this protocol: switch it on there")
    } else {
        None
    }
}

/// Which universes a strip takes.
fn universes(kind: &Kind, strip: &Strip) -> Option<Finding> {
    let (first, last_there_is) = match kind {
        Kind::E131(settings) => (settings.universe, e131::LAST_UNIVERSE),
        Kind::Artnet(settings) => (settings.universe, artnet::LAST_UNIVERSE),
        _ => return None,
    };
    let pixels = strip.layout.pixels;
    let count = e131::universes(pixels, strip.calibration.channels());
    let last = usize::from(first) + count - 1;
    let said = format!("{pixels} pixels take universes {first} to {last}");
    Some(if last <= last_there_is as usize {
        Finding::ok("universes", said)
    } else {
        Finding::fail("universes", said, Some("begin with a lower `universe`"))
    })
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

fn spi(settings: &spi::Settings, machine: &Machine) -> Vec<Finding> {
    let mut findings = Vec::new();
    let model = machine.model();
    match &model {
        Some(model) => findings.push(Finding::ok("model", model.clone())),
        None => findings.push(Finding::warn(
            "model",
            "this machine does not say that it is a Raspberry Pi",
            "a strip on SPI hangs on the pins of one",
        )),
    }
    findings.push(device(settings, machine));
    findings.push(bufsiz(settings, machine));
    if let (Some(model), true) = (model, settings.chip != Chip::Apa102) {
        findings.extend(core_freq(&model, machine));
    }
    findings
}

/// The device file, and the right to it.
fn device(settings: &spi::Settings, machine: &Machine) -> Finding {
    const LINE: &str = "dtparam=spi=on";
    let name = settings.device.to_string();
    let path = machine.path(&name);
    if !path.exists() {
        let said = format!("there is no {name}");
        let config = machine.boot("config.txt");
        let hint = if machine.is_configured(LINE) {
            format!("`{LINE}` is in {config}: restart the Pi")
        } else {
            format!("write `{LINE}` on a line of its own in {config}, and restart the Pi")
        };
        return Finding::fail("device", said, Some(&hint));
    }
    if !machine.may_write(&path) {
        let said = format!("this user may not write to {name}");
        let hint = "sudo usermod -aG spi $USER, and log in again";
        return Finding::fail("device", said, Some(hint));
    }
    Finding::ok("device", format!("{name} is there, and this user may write to it"))
}

fn bufsiz(settings: &spi::Settings, machine: &Machine) -> Finding {
    let spi::Settings { chip, hz, pixels, .. } = *settings;
    let length = spi::transfer_length(chip, hz, pixels);
    let bufsiz = machine.read(spi::BUFSIZ_PATH).and_then(|text| text.trim().parse().ok());
    let bufsiz = bufsiz.unwrap_or(spi::DEFAULT_BUFSIZ);
    let said = format!("{pixels} pixels take {length} bytes, and spidev sends {bufsiz} at once");
    if length <= bufsiz {
        return Finding::ok("bufsiz", said);
    }
    let (line, file) = (spi::bufsiz_line(length), machine.boot("cmdline.txt"));
    let known = machine.read(&file).unwrap_or_default();
    let hint = if known.split_whitespace().any(|word| word == line) {
        format!("`{line}` is in {file}: restart the Pi")
    } else {
        format!("write `{line}` at the end of the one line in {file}, and restart the Pi")
    };
    Finding::fail("bufsiz", said, Some(&hint))
}

/// The bus follows the clock of the core, which must not change on the way.
fn core_freq(model: &str, machine: &Machine) -> Option<Finding> {
    let lines: &[&str] = if !model.starts_with("Raspberry Pi") {
        return None;
    } else if ["Pi 4", "Pi 400", "Compute Module 4"].iter().any(|four| model.contains(four)) {
        &["core_freq=500", "core_freq_min=500"]
    } else if ["Pi 5", "Pi 500", "Compute Module 5"].iter().any(|five| model.contains(five)) {
        return Some(Finding::ok("core_freq", "this model needs no line for it"));
    } else {
        &["core_freq=250"]
    };
    let config = machine.boot("config.txt");
    let missing: Vec<String> = lines
        .iter()
        .filter(|line| !machine.is_configured(line))
        .map(|line| format!("`{line}`"))
        .collect();
    if missing.is_empty() {
        return Some(Finding::ok("core_freq", format!("{config} holds the clock of the core")));
    }
    let said = "the clock of the core may change, and the strip turn white then";
    let hint =
        format!("write {}, a line each, in {config}, and restart the Pi", missing.join(" and "));
    Some(Finding::warn("core_freq", said, &hint))
}

/// Neighbours on the strip that some eyes cannot tell apart.
fn colours(contest: &Contest) -> Vec<Finding> {
    let close = close_colours(contest);
    if close.is_empty() {
        return vec![Finding::ok("colours", "all eyes tell neighbours apart")];
    }
    let hint = "amber #ff8000 and blue #0040ff are told apart by all; or leave `color` out";
    close.iter().map(|said| Finding::warn("colours", said, hint)).collect()
}

/// In words, each pair of neighbours that is hard to tell apart.
#[must_use]
pub fn close_colours(contest: &Contest) -> Vec<String> {
    let pairs = contest.teams().windows(2).filter_map(|pair| {
        let [one, other] = pair else { return None };
        let (distance, sight) = sight::least(one.color, other.color);
        (distance < sight::CLOSE).then(|| {
            format!(
                "`{}` {} and `{}` {} look much alike {}",
                one.name,
                one.color,
                other.name,
                other.color,
                sight.name()
            )
        })
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::finding::{self, Verdict};

    /// A Raspberry Pi in a folder.
    struct Pi {
        folder: tempfile::TempDir,
        machine: Machine,
    }

    impl Pi {
        fn new(model: &str) -> Pi {
            let folder = tempfile::tempdir().unwrap();
            let user = rustix::process::geteuid().as_raw();
            let machine = Machine { root: folder.path().into(), user, groups: Vec::new() };
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

        /// What is found, leaving out whether the bus of this machine takes a frame.
        fn found(&self, output: &str) -> String {
            let config = format!("{TEAMS}[[output]]\n{output}\n");
            let config = Config::parse(&config, Path::new("test.toml")).unwrap();
            let settings = &config.outputs[0];
            let findings = self::output(settings, None, &self.machine);
            let name = settings.name.clone();
            finding::table(&[Part { name, findings }])
        }
    }

    const TEAMS: &str = "[[team]]\nname = \"A\"\nhashtags = [\"a\"]\n\
                         [[team]]\nname = \"B\"\nhashtags = [\"b\"]\n";

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
          ok    frame      a black frame was written; whether it is shown only eyes can tell: try `hashtug leds walk`
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
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o660);
        fs::set_permissions(&path, mode).unwrap();
        pi.machine.user = 12_345;
        let found = pi.found("kind = \"spi\"");
        assert!(found.contains("hint: sudo usermod -aG spi $USER, and log in again"), "{found}");
        assert!(found.contains("write `core_freq=250`, a line each"), "{found}");
        pi.machine.groups = vec![path.metadata().unwrap().gid()];
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
    fn hosts_are_tried() {
        let receiver = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = receiver.local_addr().unwrap().port();
        let outputs = |host: &str| {
            let text = format!(
                "{TEAMS}[[output]]\nkind = \"ddp\"\nhost = \"{host}\"\nport = {port}\npixels = 4\n"
            );
            Config::parse(&text, Path::new("test.toml")).unwrap()
        };
        let verdict = |config: &Config| {
            let parts = examine(&config.outputs, &config.contest, &Machine::this());
            let frame = parts[0].findings.iter().find(|finding| finding.what == "frame");
            frame.unwrap().clone()
        };
        let config = outputs("127.0.0.1");
        assert_eq!(verdict(&config).verdict, Verdict::Ok);
        let mut packet = [0xff; 64];
        let length = receiver.recv(&mut packet).unwrap();
        assert_eq!(packet[10..length], [0; 12], "it is tried by black");
        drop(receiver);
        let refused = verdict(&config);
        assert_eq!(refused.verdict, Verdict::Fail);
        assert!(refused.hint.unwrap().contains("switch it on there"));
        let lost = verdict(&outputs("no-such-host.invalid"));
        assert!(lost.said.contains("cannot find host `no-such-host.invalid`"), "{}", lost.said);
    }

    #[test]
    fn colours_that_some_eyes_mix_up_are_named() {
        let text = TEAMS.replace("hashtags = [\"a\"]", "hashtags = [\"a\"]\ncolor = \"#ff0000\"");
        let text = text.replace("hashtags = [\"b\"]", "hashtags = [\"b\"]\ncolor = \"#008000\"");
        let config = Config::parse(&text, Path::new("test.toml")).unwrap();
        assert_eq!(
            close_colours(&config.contest),
            ["`A` #ff0000 and `B` #008000 look much alike to eyes without red"]
        );
        let config = Config::parse(TEAMS, Path::new("test.toml")).unwrap();
        assert_eq!(colours(&config.contest)[0].verdict, Verdict::Ok);
    }
}
