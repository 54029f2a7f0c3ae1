//! Servers that speak the networks' own wire forms, with invented content, and misbehave on demand.

pub(crate) mod answers;
pub(crate) mod jetstream;
