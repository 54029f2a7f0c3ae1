//! Numbers that pull the rope: each time one grows, its team gets votes.

use std::ops::RangeInclusive;

use super::mapped::Pointer;
use crate::contest::TeamId;

/// Which numbers of a document pull for which team.
#[derive(Clone, Debug, PartialEq)]
pub struct Fields {
    /// One for each of these teams, each once; at least one.
    pub teams: Vec<(TeamId, Pointer)>,
    /// By how much a number grows for one vote; within [`PER_VOTE`].
    pub per_vote: f64,
}

/// What one vote can stand for.
pub const PER_VOTE: RangeInclusive<f64> = 0.000_001..=1e12;
