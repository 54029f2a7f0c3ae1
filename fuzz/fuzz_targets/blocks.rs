//! Any bytes decode without a panic, in every network's shape; and whether lines are passed over by the
//! scan of their bytes, or are all decoded, what is counted is the same.
//!
//! The first byte of the input chooses the network, or none, so that it is told apart.

#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use hashtug::config::Config;
use hashtug::contest::Contest;
use hashtug::decode::{Decoder, Feed};
use hashtug::event::Message;
use hashtug::post::Hasher;
use libfuzzer_sys::fuzz_target;

static CONTEST: LazyLock<Contest> = LazyLock::new(|| {
    let teams = "[[team]]\nname = \"A\"\nhashtags = [\"tabs\", \"köln\", \"猫\"]\n\
                 [[team]]\nname = \"B\"\nhashtags = [\"spaces\", \"c\"]\n";
    Config::parse(teams, Path::new("fuzz.toml")).expect("it is a config").contest
});

static HASHER: LazyLock<Hasher> = LazyLock::new(Hasher::default);

fuzz_target!(|input: &[u8]| {
    let Some((choice, block)) = input.split_first() else { return };
    let feed = Feed::ALL.get(usize::from(*choice) % (Feed::ALL.len() + 1)).copied();
    let scanned = decode(feed, block);
    // A line that begins with a space is not passed over.
    let mut spaced = Vec::with_capacity(block.len() * 2);
    for line in block.split_inclusive(|&byte| byte == b'\n') {
        spaced.push(b' ');
        spaced.extend_from_slice(line);
    }
    let decoded = decode(feed, &spaced);
    assert_eq!(scanned, decoded, "{feed:?}");
});

/// What is reported of a block, with the messages that concern nobody added up.
fn decode(feed: Option<Feed>, block: &[u8]) -> (Vec<(u64, Message)>, u64, u64) {
    let mut decoder = Decoder::new(&CONTEST, feed, HASHER.clone());
    let (mut reported, mut unmatched) = (Vec::new(), 0);
    decoder.block(block, |line, message| match message {
        Message::Unmatched(count) => unmatched += count,
        message => reported.push((line, message)),
    });
    (reported, unmatched, decoder.lines())
}
