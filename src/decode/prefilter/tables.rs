//! The tables behind the hiding places: which characters folding changes or drops, and sets of
//! characters that are asked for every byte of a block.

use std::ops::RangeInclusive;

use super::CHUNK;

/// Where the characters lie that folding changes, and few others. A test looks at all of those.
pub(super) const CHANGING: [RangeInclusive<u32>; 53] = [
    0xa0..=0x24e,
    0x2b0..=0x2e4,
    0x340..=0x58c,
    0x675..=0x678,
    0x958..=0x95f,
    0x9dc..=0x9df,
    0xa33..=0xa5e,
    0xb5c..=0xb5d,
    0xe33..=0xe33,
    0xeb3..=0xfb9,
    0x10a0..=0x10fc,
    0x13f8..=0x13fd,
    0x1c80..=0x1cbf,
    0x1d2c..=0x1dbf,
    0x1e00..=0x20a8,
    0x2100..=0x2189,
    0x222c..=0x2230,
    0x2329..=0x232a,
    0x2460..=0x24ea,
    0x2a0c..=0x2a0c,
    0x2a74..=0x2a76,
    0x2adc..=0x2adc,
    0x2c00..=0x2cf2,
    0x2d6f..=0x2d6f,
    0x2e9f..=0x2e9f,
    0x2ef3..=0x303a,
    0x309b..=0x309f,
    0x30ff..=0x319f,
    0x3200..=0x33ff,
    0xa640..=0xa69d,
    0xa722..=0xa7f9,
    0xab5c..=0xabbf,
    0xf900..=0xffee,
    0x1_0400..=0x1_0427,
    0x1_04b0..=0x1_04d3,
    0x1_0570..=0x1_0595,
    0x1_0781..=0x1_07bf,
    0x1_0c80..=0x1_0cb2,
    0x1_0d50..=0x1_0d65,
    0x1_18a0..=0x1_18bf,
    0x1_6e40..=0x1_6e5f,
    0x1_b123..=0x1_b126,
    0x1_ccd6..=0x1_ccf9,
    0x1_d15e..=0x1_d164,
    0x1_d1bb..=0x1_d1c0,
    0x1_d400..=0x1_d7ff,
    0x1_df95..=0x1_e06d,
    0x1_e900..=0x1_e921,
    0x1_ee00..=0x1_eebb,
    0x1_f100..=0x1_f190,
    0x1_f200..=0x1_f251,
    0x1_fbf0..=0x1_fbf9,
    0x2_f800..=0x2_fa1d,
];

/// Zero-width joiners and variation selectors, which folding drops.
pub(super) const DROPPED: [RangeInclusive<u32>; 5] =
    [0x180b..=0x180d, 0x180f..=0x180f, 0x200c..=0x200d, 0xfe00..=0xfe0f, 0xe_0100..=0xe_01ef];

/// Whether folding drops `c`.
pub(super) fn is_dropped(c: char) -> bool {
    DROPPED.iter().any(|range| range.contains(&u32::from(c)))
}

/// A set of characters.
pub(super) struct Bitmap(Vec<u64>);

impl Bitmap {
    pub(super) fn new(chars: impl Iterator<Item = char>) -> Bitmap {
        let mut words = Vec::new();
        for c in chars {
            let c = u32::from(c) as usize;
            if words.len() <= c / 64 {
                words.resize(c / 64 + 1, 0);
            }
            words[c / 64] |= 1 << (c % 64);
        }
        Bitmap(words)
    }

    pub(super) fn contains(&self, c: char) -> bool {
        let c = u32::from(c) as usize;
        self.0.get(c / 64).is_some_and(|word| word >> (c % 64) & 1 == 1)
    }
}

/// The first two bytes of whatever may be a hiding place: of characters, escapes and entities.
pub(super) struct Starts(Box<[bool; 1 << 14]>);

impl Starts {
    pub(super) fn new(chars: impl Iterator<Item = char>) -> Starts {
        let mut starts = Starts(Box::new([false; 1 << 14]));
        for c in chars {
            let mut bytes = [0; 4];
            c.encode_utf8(&mut bytes);
            starts.0[Self::index(bytes[0], bytes[1])] = true;
        }
        for [first, second] in [*b"\\u", *b"&#"] {
            starts.0[Self::index(first, second)] = true;
        }
        starts
    }

    /// Whether one may begin with these two bytes.
    #[inline]
    pub(super) fn may_begin(&self, first: u8, second: u8) -> bool {
        self.0[Self::index(first, second)]
    }

    /// Six bits of the second byte tell characters apart; others are looked at once more.
    #[inline]
    fn index(first: u8, second: u8) -> usize {
        usize::from(first) << 6 | usize::from(second & 0x3f)
    }

    /// Whether one begins in the chunk. Looks at every byte of it rather than branch at each.
    #[inline]
    pub(super) fn any_in(&self, chunk: &[u8; CHUNK + 1]) -> bool {
        let pairs = chunk.iter().zip(&chunk[1..]);
        pairs.fold(false, |any, (&first, &second)| any | self.may_begin(first, second))
    }
}
