//! A walk through timelines, page by page: which page comes next.
//!
//! Pure: times come in as arguments.

use std::collections::{BTreeSet, VecDeque};

use tokio::time::Instant;

use crate::timestamp::Timestamp;

use super::mark::{self, Head, Name};
use super::timeline::View;

/// So many posts are read again where ids tell no time.
const HISTORY: usize = 20;

#[derive(Debug)]
pub(super) struct Group {
    pub(super) tags: Vec<String>,
    /// A stream can bring them.
    pub(super) is_streamed: bool,
    /// The last posts, the newest at the end, where ids tell no time.
    pub(super) history: VecDeque<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    All,
    /// What no stream brings.
    Unstreamed,
}

/// Which page of a timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cursor {
    /// The newest one.
    Newest,
    /// The one that comes after this id.
    After(String),
    /// The one that comes before this id.
    Before(String),
}

#[derive(Debug)]
pub(super) struct Round {
    pub(super) scope: Scope,
    pub(super) began: Instant,
    /// The same on the show's clock.
    pub(super) at: Timestamp,
    /// It looks back as far as late posts come.
    pub(super) is_deep: bool,
    /// It looks at everything from there on; without it, at the newest page.
    pub(super) from: Option<Timestamp>,
    /// The same as an id.
    pub(super) from_id: Option<Name>,
    /// Groups still to ask for, the current one first.
    pub(super) groups: VecDeque<usize>,
    /// Of the current group.
    pub(super) cursor: Cursor,
    pub(super) pages: u32,
    pub(super) pages_of_group: u32,
    pub(super) found: BTreeSet<Name>,
    /// The first and the last time that it passes over.
    pub(super) lost: Option<(Timestamp, Timestamp)>,
}

impl Group {
    /// Keeps the last posts of a page, or of an earlier one than the page before.
    pub(super) fn remember(&mut self, heads: &[(Head<'_>, Name)], is_earlier: bool) {
        if is_earlier {
            return;
        }
        for (head, _) in heads.iter().rev() {
            if !self.history.iter().any(|known| *known == head.id) {
                self.history.push_back(head.id.clone().into_owned());
            }
        }
        while self.history.len() > HISTORY {
            self.history.pop_front();
        }
    }
}

impl Round {
    /// The page after a full one.
    pub(super) fn next_page(
        &self,
        heads: &[(Head<'_>, Name)],
        is_timed: bool,
        view: View,
    ) -> Option<Cursor> {
        if let Cursor::After(after) = &self.cursor {
            let newest =
                if is_timed { heads.iter().max_by_key(|&&(_, name)| name) } else { heads.first() };
            let newest = newest.map(|(head, _)| head.id.clone().into_owned());
            return newest.filter(|newest| newest != after).map(Cursor::After);
        }
        // Nothing was known of the timeline when the round began: the walk leads back from its end.
        let from = view.network(self.from?);
        let (oldest, _) = heads.last()?;
        let goes_on = oldest.created_at.is_some_and(|at| at > from);
        goes_on.then(|| Cursor::Before(oldest.id.clone().into_owned()))
    }

    /// Passes over what has left the window: if posts come faster than they may be asked for, the
    /// show needs the present.
    pub(super) fn keep_up(
        &mut self,
        heads: &[(Head<'_>, Name)],
        horizon: Option<Timestamp>,
        view: View,
    ) {
        let Some(horizon) = horizon else { return };
        let first = mark::first_id_at(view.network(horizon));
        if let Cursor::After(after) = &self.cursor
            && mark::number(after).is_some_and(|id| id < first)
            && let Some(at) = heads.first().and_then(|(head, _)| head.created_at)
        {
            let (lost, _) = self.lost.unwrap_or((view.show(at).min(horizon), horizon));
            self.lost = Some((lost, horizon));
            self.cursor = Cursor::After(first.to_string());
        }
    }
}

/// Where the walk through the current group begins.
pub(super) fn first_cursor(round: &Round, groups: &[Group], is_timed: Option<bool>) -> Cursor {
    let history = round.groups.front().and_then(|&group| groups[group].history.front());
    let after = match is_timed {
        Some(true) => round.from_id.map(|id| id.to_string()),
        _ => history.cloned(),
    };
    after.map_or(Cursor::Newest, Cursor::After)
}
