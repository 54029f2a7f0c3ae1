//! Where a hashtag can begin, by the byte before it; and which hashtags are looked for only there.
//!
//! Two letters stand in almost any message. Both the scan before decoding and the look at messages
//! that cannot be read go by this.

/// The bytes that can stand before a hashtag: a quote before a structured one, `#` and the last
/// bytes of `＃` and `﹟` before one in a text, and what ends a tag or an entity in HTML.
pub(super) const BEFORE_HASHTAG: &[u8] = b"\"#\x83\x9f>;";

/// Bytes of a hashtag that are searched for. More would find nothing faster, and fewer would find
/// candidates everywhere.
pub(super) const FRAGMENT: usize = 3;

/// Whether a hashtag is so short that it is looked for only where a hashtag can begin.
pub(super) fn is_short(tag: &str) -> bool {
    tag.len() < FRAGMENT
}
