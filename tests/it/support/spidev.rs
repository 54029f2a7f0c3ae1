//! A Raspberry Pi's `/dev/spidev0.0` for the whole program, by `spidev.c`.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::patience::Finish;
use super::{has, left_out, path};

/// A device file that exists for programs that are started with it.
pub(crate) struct Spidev {
    folder: TempDir,
}

impl Spidev {
    /// Builds it; `None` where there is no C compiler.
    pub(crate) fn new() -> Option<Spidev> {
        if !has("cc") {
            left_out("`cc` is not installed");
            return None;
        }
        let folder = TempDir::new().unwrap();
        let library = folder.path().join("spidev.so");
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o"]);
        cc.arg(&library).arg(path("tests/it/support/spidev.c")).arg("-ldl");
        let output = cc.finish();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let spidev = Spidev { folder };
        spidev.set("bufsiz", "4096\n");
        Some(spidev)
    }

    /// Lets a program see it.
    pub(crate) fn attach(&self, command: &mut Command) {
        command.env("LD_PRELOAD", self.folder.path().join("spidev.so"));
        command.env("HASHTUG_TEST_SPIDEV", self.folder.path());
    }

    /// Asks for a behaviour; `spidev.c` says which there are.
    pub(crate) fn set(&self, what: &str, how: &str) {
        // Whole or not at all, for the program reads it at any time.
        let new = self.folder.path().join("new");
        std::fs::write(&new, how).unwrap();
        std::fs::rename(new, self.file(what)).unwrap();
    }

    pub(crate) fn unset(&self, what: &str) {
        std::fs::remove_file(self.file(what)).unwrap();
    }

    /// All transfers so far, each with the clock of the bus.
    pub(crate) fn transfers(&self) -> Vec<(u32, Vec<u8>)> {
        let log = std::fs::read(self.file("log")).unwrap_or_default();
        let mut transfers = Vec::new();
        let mut rest = &log[..];
        while let Some((head, more)) = rest.split_first_chunk::<8>() {
            let number = |at: usize| u32::from_ne_bytes(head[at..at + 4].try_into().unwrap());
            // The last one may be on its way into the file.
            let Some((transfer, more)) = more.split_at_checked(number(0) as usize) else { break };
            transfers.push((number(4), transfer.to_vec()));
            rest = more;
        }
        transfers
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        Path::new(self.folder.path()).join(name)
    }
}
