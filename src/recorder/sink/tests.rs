//! Files that break off.

use tempfile::tempdir;

use super::*;
use crate::recording::{Chunk, Recording};

const FORMS: [&str; 3] = ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst"];

fn line(number: usize) -> String {
    format!("{{\"at\":{number},\"hashtags\":[\"tabs\"]}}\n")
}

/// What can be read of a file, and whether it breaks off.
fn read(path: &Path) -> (String, bool) {
    let mut recording = Recording::open(path).unwrap();
    let mut text = Vec::new();
    while let Ok(Some(chunk)) = recording.read() {
        let Chunk::Lines(lines) = chunk else { panic!("a line is short") };
        text.extend_from_slice(lines);
    }
    (String::from_utf8(text).unwrap(), recording.broken_off())
}

#[test]
fn a_finished_file_holds_all_lines() {
    let folder = tempdir().unwrap();
    for name in FORMS {
        let path = folder.path().join(name);
        let mut out = Out::create(&path).unwrap();
        let text: String = (0..500).map(line).collect();
        out.write(text.as_bytes()).unwrap();
        out.flush().unwrap();
        out.write(text.as_bytes()).unwrap();
        let bytes = out.finish().unwrap();
        assert_eq!(read(&path), (text.clone() + &text, false), "{name}");
        assert_eq!(bytes, path.metadata().unwrap().len(), "{name}");
    }
}

#[test]
fn a_file_cut_anywhere_has_all_that_was_flushed_before() {
    let folder = tempdir().unwrap();
    for name in FORMS {
        let path = folder.path().join(name);
        let mut out = Out::create(&path).unwrap();
        // How long the file was after each flush, and how many lines were in it.
        let mut flushed = vec![(0, 0)];
        for flush in 0..6 {
            for number in 0..flush * 3 {
                out.write(line(number).as_bytes()).unwrap();
            }
            out.flush().unwrap();
            let lines = flushed.last().unwrap().1 + flush * 3;
            flushed.push((path.metadata().unwrap().len(), lines));
        }
        // A program that is killed does not finish.
        let whole = std::fs::read(&path).unwrap();
        drop(out);
        let all: String = (0..6).flat_map(|flush| (0..flush * 3).map(line)).collect();
        let cut = folder.path().join(format!("cut-{name}"));
        // A file shorter than its first flush holds no line yet.
        let first = usize::try_from(flushed[1].0).unwrap();
        for len in first..=whole.len() {
            std::fs::write(&cut, &whole[..len]).unwrap();
            let (text, _) = read(&cut);
            assert!(all.starts_with(&text), "{name} cut at {len}");
            let safe = flushed.iter().rev().find(|(at, _)| *at <= len as u64).unwrap().1;
            assert!(text.lines().count() >= safe, "{name} cut at {len}: {safe} lines");
        }
    }
}

#[test]
fn nothing_that_exists_is_overwritten() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("friday.jsonl");
    std::fs::write(&path, "precious\n").unwrap();
    assert!(matches!(Out::create(&path), Err(Error::Exists(_))));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious\n");
    // An empty file is what `mktemp` leaves.
    std::fs::write(&path, "").unwrap();
    assert!(Out::create(&path).is_ok());
    assert!(matches!(Out::create(folder.path()), Err(Error::Open { .. })));
}

#[test]
fn a_full_disk_is_an_error_and_takes_nothing_more() {
    let folder = tempdir().unwrap();
    for name in FORMS {
        let path = folder.path().join(name);
        std::os::unix::fs::symlink("/dev/full", &path).unwrap();
        let mut out = Out::create(&path).unwrap();
        let error =
            out.write(b"{}\n").map_err(|cut| cut.error).and_then(|()| out.flush()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{name}");
        assert!(out.flush().is_err() || name == FORMS[0]);
    }
}
