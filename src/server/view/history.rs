//! The shares of the last minutes, a point a second, for pages that come late.

use std::collections::VecDeque;

use crate::snapshot::Snapshot;
use crate::timestamp::Timestamp;

use super::wire;

/// A quarter of an hour. Older points are let go.
const POINTS: usize = 900;

const STEP_MS: u64 = 1000;

/// The shares at past times.
#[derive(Default)]
pub(super) struct History {
    points: VecDeque<(Timestamp, Vec<f64>)>,
}

impl History {
    /// Takes a snapshot in, and says whether it made a new point.
    pub(super) fn push(&mut self, snapshot: &Snapshot) -> bool {
        let Some(at) = snapshot.at else { return false };
        let newest = self.points.back().map(|&(newest, _)| newest);
        if newest
            .is_some_and(|newest| at.saturating_since(newest).as_millis() < u128::from(STEP_MS))
        {
            return false;
        }
        if self.points.len() == POINTS {
            self.points.pop_front();
        }
        self.points.push_back((at, snapshot.teams.iter().map(|team| team.share).collect()));
        true
    }

    pub(super) fn json(&self) -> String {
        wire::history(STEP_MS, self.points.iter().map(|(at, shares)| (*at, &**shares)))
    }
}
