//! What `hashtug doctor` finds of a strip on SPI: whether this is a Raspberry Pi, and the exact line to
//! write where it is not set up for strips.

use std::fs::File;

use super::{BUFSIZ_PATH, Chip, DEFAULT_BUFSIZ, Settings, bufsiz_line, transfer_length};
use crate::finding::Finding;
use crate::output::doctor::Machine;

/// Looks at the machine, the device file, and the lines that the firmware and the kernel have.
pub(super) fn examine(settings: &Settings, machine: &Machine) -> Vec<Finding> {
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

/// The device file, and the right to it. Opening it sends nothing, and leaves the clock of a bus that
/// a show is using as it is; rppal's way of opening it would not.
fn device(settings: &Settings, machine: &Machine) -> Finding {
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
    match File::options().read(true).write(true).open(path) {
        Ok(_) => Finding::ok("device", format!("{name} is there, and this user may write to it")),
        Err(error) => Finding::fail("device", format!("cannot open {name}: {error}"), None),
    }
}

fn bufsiz(settings: &Settings, machine: &Machine) -> Finding {
    let Settings { chip, hz, pixels, .. } = *settings;
    let length = transfer_length(chip, hz, pixels);
    let bufsiz = machine.read(BUFSIZ_PATH).and_then(|text| text.trim().parse().ok());
    let bufsiz = bufsiz.unwrap_or(DEFAULT_BUFSIZ);
    let said = format!("{pixels} pixels take {length} bytes, and spidev sends {bufsiz} at once");
    if length <= bufsiz {
        return Finding::ok("bufsiz", said);
    }
    let (line, file) = (bufsiz_line(length), machine.boot("cmdline.txt"));
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
