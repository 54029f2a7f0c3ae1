//! Whether bytes are CBOR (RFC 8949), as the frames of Bluesky's firehose are.
//!
//! Reads nothing out of them: walks one item, and says whether it is whole.

/// Items inside of one another; more are refused.
const MAX_DEPTH: u32 = 32;

/// Whether bytes begin with a map that is whole. What follows may be another item.
pub(super) fn begins_with_map(bytes: &[u8]) -> bool {
    // Tags may stand before it; one of them says nothing but that this is CBOR.
    let bytes = bytes.strip_prefix(b"\xd9\xd9\xf7").unwrap_or(bytes);
    let is_map = bytes.first().is_some_and(|first| first >> 5 == 5);
    is_map && after_item(bytes, MAX_DEPTH).is_some()
}

/// What follows the first item.
fn after_item(bytes: &[u8], depth: u32) -> Option<&[u8]> {
    let depth = depth.checked_sub(1)?;
    let (&first, rest) = bytes.split_first()?;
    let (major, info) = (first >> 5, first & 0x1f);
    if info == 0x1f {
        return after_indefinite(rest, major, depth);
    }
    let extra = match info {
        ..24 => 0,
        24..=27 => 1 << (info - 24),
        _ => return None,
    };
    let (argument, mut rest) = rest.split_at_checked(extra)?;
    let argument = argument.iter().fold(0, |value: u64, &byte| value << 8 | u64::from(byte));
    let count = if extra == 0 { u64::from(info) } else { argument };
    match major {
        2 | 3 => rest.get(usize::try_from(count).ok()?..),
        4 | 5 => {
            // Each item is a byte at least, so that no number makes this long.
            let items = count.checked_mul(u64::from(major - 3))?;
            for _ in 0..items {
                rest = after_item(rest, depth)?;
            }
            Some(rest)
        }
        6 => after_item(rest, depth),
        _ => Some(rest),
    }
}

/// The same of an item that says at its end that it is one.
fn after_indefinite(mut rest: &[u8], major: u8, depth: u32) -> Option<&[u8]> {
    if !(2..=5).contains(&major) {
        return None;
    }
    loop {
        if let Some(after) = rest.strip_prefix(b"\xff") {
            return Some(after);
        }
        rest = after_item(rest, depth)?;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_frame_of_the_firehose_is_cbor() {
        // {"t": "#commit", "op": 1}, and the beginning of the next item.
        let frame = b"\xa2\x61\x74\x67#commit\x62op\x01\xa1\x63seq";
        assert!(begins_with_map(frame));
        assert!(begins_with_map(b"\xa0"));
        assert!(begins_with_map(b"\xd9\xd9\xf7\xa1\x61a\x9f\x01\xff"));
        assert!(begins_with_map(b"\xbf\x61a\x5f\x41x\xff\xff"));
        assert!(begins_with_map(b"\xa1\x61a\xfb\0\0\0\0\0\0\0\0"));
    }

    #[test]
    fn what_is_cut_or_no_map_is_not() {
        for bytes in
            [&b""[..], b"\x01", b"\x83\x01\x02\x03", b"\xa1", b"\xa1\x61", b"\xa1\x61a", b"{}"]
        {
            assert!(!begins_with_map(bytes), "{bytes:?}");
        }
        assert!(!begins_with_map(b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff"), "many, and none there");
        assert!(!begins_with_map(&[0xa1].repeat(10_000)), "deep");
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            begins_with_map(&bytes);
        }
    }
}
