//! From the bytes of a connection to whole messages, however the network cuts them.
//!
//! Pure: bytes in, messages out, in time that grows with the number of bytes alone and in memory
//! that is bounded by the longest message allowed. What the messages say is the business of
//! [`crate::decode`].

pub mod events;
pub mod lines;
pub mod text;

#[cfg(test)]
mod chunks {
    use proptest::prelude::*;

    /// Bytes, and where they are cut.
    pub(super) fn cut(
        bytes: impl Strategy<Value = Vec<u8>>,
    ) -> impl Strategy<Value = (Vec<u8>, Vec<usize>)> {
        bytes.prop_flat_map(|bytes| {
            let cuts = prop::collection::vec(0..=bytes.len(), 0..12);
            (
                Just(bytes),
                cuts.prop_map(|mut cuts| {
                    cuts.sort_unstable();
                    cuts
                }),
            )
        })
    }

    /// The pieces between the cuts; some may be empty.
    pub(super) fn pieces<'a>(bytes: &'a [u8], cuts: &'a [usize]) -> impl Iterator<Item = &'a [u8]> {
        let starts = std::iter::once(0).chain(cuts.iter().copied());
        let ends = cuts.iter().copied().chain(std::iter::once(bytes.len()));
        starts.zip(ends).map(|(start, end)| &bytes[start..end])
    }
}
