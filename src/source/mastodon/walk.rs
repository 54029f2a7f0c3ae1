//! A walk through the timelines, page by page, from a time in the past to the newest post: which page
//! comes next, and what was passed over.
//!
//! Pure: pages and times come in as arguments. When to walk, and from where, is for `timelines`.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use crate::timestamp::Timestamp;

use super::clocks::Clocks;
use super::mark::{self, Head};
use super::names::Name;
use super::pages::{Cursor, FEW_POSTS};

/// Posts that are read again where ids are no times.
const HISTORY: usize = 20;

/// Pages after which a walk ends where ids are no times.
const MAX_PAGES: u32 = 25;

/// The time by which an id may be ahead of the server's clock, as far as that is known.
const SLACK: Duration = Duration::from_mins(1);

/// Hashtags that share a timeline.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) tags: Vec<String>,
    /// A stream can bring them.
    pub(super) is_streamed: bool,
    /// The timeline has shown a post.
    has_shown: bool,
    /// The last posts, the newest at the end, where ids are no times.
    history: VecDeque<String>,
}

impl Group {
    /// All hashtags in groups of at most `at_once`.
    pub(super) fn all(streamed: &[String], unstreamed: &[String], at_once: usize) -> Vec<Group> {
        let group = |tags: &[String], is_streamed| Group {
            tags: tags.to_vec(),
            is_streamed,
            has_shown: false,
            history: VecDeque::new(),
        };
        let streamed = streamed.chunks(at_once).map(|tags| group(tags, true));
        streamed.chain(unstreamed.chunks(at_once).map(|tags| group(tags, false))).collect()
    }

    /// The same, where they were in the groups `before`.
    pub(super) fn again(
        before: &[Group],
        (streamed, unstreamed): (&[String], &[String]),
        at_once: usize,
    ) -> Vec<Group> {
        let mut groups = Group::all(streamed, unstreamed, at_once);
        for group in &mut groups {
            let is_part = |before: &&Group| before.tags.iter().any(|tag| group.tags.contains(tag));
            group.has_shown = before.iter().filter(is_part).any(|before| before.has_shown);
        }
        groups
    }

    /// Whether the timeline cannot be one that the server does not know.
    pub(super) fn has_shown(&self) -> bool {
        self.has_shown
    }

    /// Keeps the last posts of a page that is not older than those that are kept.
    fn remember(&mut self, heads: &[(Head<'_>, Name)]) {
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

/// Which groups a walk asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    All,
    /// What no stream brings.
    Unstreamed,
}

/// Where a walk leads.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) scope: Scope,
    pub(super) began: Instant,
    /// The same on the show's clock.
    pub(super) at: Timestamp,
    /// It looks back as far as late posts come.
    pub(super) is_deep: bool,
    /// It looks at everything from there on; without it, at the newest page.
    pub(super) from: Option<Timestamp>,
    /// Since when posts may be missing.
    pub(super) missing: Option<Timestamp>,
    /// The first and the last time that it passes over from the beginning.
    pub(super) lost: Option<(Timestamp, Timestamp)>,
}

/// A walk that is under way.
#[derive(Debug)]
pub(super) struct Walk {
    plan: Plan,
    /// Where it begins, as an id.
    from_id: Option<Name>,
    /// Groups still to ask for, the current one first.
    groups: VecDeque<usize>,
    /// Of the current group.
    cursor: Cursor,
    pages: u32,
    pages_of_group: u32,
    found: BTreeSet<Name>,
    /// The first and the last time that it passes over.
    lost: Option<(Timestamp, Timestamp)>,
}

/// What a walk has come to.
#[derive(Debug)]
pub(super) struct Walked {
    pub(super) plan: Plan,
    /// The first id that it has looked at.
    pub(super) from_id: Option<Name>,
    pub(super) pages: u32,
    /// All posts that were there.
    pub(super) found: BTreeSet<Name>,
    /// The first and the last time that could not be looked at.
    pub(super) lost: Option<(Timestamp, Timestamp)>,
}

impl Walk {
    /// A walk through `groups`. `is_timed`: whether ids are times, as far as that is known.
    pub(super) fn new(
        plan: Plan,
        groups: &[Group],
        is_timed: Option<bool>,
        clocks: Clocks,
    ) -> Walk {
        let is_in_scope = |group: &Group| plan.scope == Scope::All || !group.is_streamed;
        let mut walk = Walk {
            from_id: plan.from.map(|from| mark::first_id_at(clocks.to_server(from))),
            groups: (0..groups.len()).filter(|&index| is_in_scope(&groups[index])).collect(),
            cursor: Cursor::Newest,
            pages: 0,
            pages_of_group: 0,
            found: BTreeSet::new(),
            lost: plan.lost,
            plan,
        };
        walk.cursor = walk.first_cursor(groups, is_timed);
        walk
    }

    /// The group whose page is to be asked for, and which page that is.
    pub(super) fn next_page<'a>(&self, groups: &'a [Group]) -> Option<(&'a Group, &Cursor)> {
        self.groups.front().map(|&group| (&groups[group], &self.cursor))
    }

    /// These posts are there.
    pub(super) fn found(&mut self, names: impl IntoIterator<Item = Name>) {
        self.found.extend(names);
    }

    /// Takes the page that was asked for, the newest post first. It had `length` posts, of which
    /// `heads` could be read; what is before `horizon` has left the window. Whether the walk is over.
    pub(super) fn take_page(
        &mut self,
        groups: &mut [Group],
        (heads, length): (&[(Head<'_>, Name)], usize),
        is_timed: Option<bool>,
        horizon: Option<Timestamp>,
        clocks: Clocks,
    ) -> bool {
        let Some(&current) = self.groups.front() else { return true };
        let group = &mut groups[current];
        group.has_shown |= length > 0;
        let has_times = is_timed == Some(true);
        self.pages += 1;
        self.pages_of_group += 1;
        if !matches!(self.cursor, Cursor::Before(_)) {
            group.remember(heads);
        }
        let next =
            if length < FEW_POSTS { None } else { self.cursor_after(heads, has_times, clocks) };
        let mut is_last = next.is_none();
        if let Some(next) = next {
            self.cursor = next;
            if has_times {
                self.keep_up(heads, horizon, clocks);
            } else if self.pages_of_group >= MAX_PAGES {
                group.history.clear();
                let lost = self.plan.missing.or(self.plan.from).unwrap_or(self.plan.at);
                self.lost = Some((lost, clocks.now()));
                is_last = true;
            }
        }
        if is_last {
            self.groups.pop_front();
            self.pages_of_group = 0;
            self.cursor = self.first_cursor(groups, is_timed);
        }
        self.groups.is_empty()
    }

    /// What the walk has come to.
    pub(super) fn end(self) -> Walked {
        let Walk { plan, from_id, pages, found, lost, .. } = self;
        Walked { plan, from_id, pages, found, lost }
    }

    /// Where the walk through the current group begins.
    fn first_cursor(&self, groups: &[Group], is_timed: Option<bool>) -> Cursor {
        let history = self.groups.front().and_then(|&group| groups[group].history.front());
        let after = match is_timed {
            Some(true) => self.from_id.map(|id| id.to_string()),
            _ => history.cloned(),
        };
        after.map_or(Cursor::Newest, Cursor::After)
    }

    /// The page after a full one.
    fn cursor_after(
        &self,
        heads: &[(Head<'_>, Name)],
        has_times: bool,
        clocks: Clocks,
    ) -> Option<Cursor> {
        if let Cursor::After(after) = &self.cursor {
            let newest = if has_times {
                // An id that is no time, or one of the future, would end the walk before its end.
                let now = mark::first_id_at(clocks.to_server(clocks.now()).saturating_add(SLACK));
                let is_time =
                    |head: &Head<'_>, name: Name| name <= now && mark::can_be_time(&head.id);
                heads.iter().max_by_key(|(head, name)| (is_time(head, *name), *name))
            } else {
                heads.first()
            };
            let newest = newest.map(|(head, _)| head.id.clone().into_owned());
            return newest.filter(|newest| newest != after).map(Cursor::After);
        }
        // Nothing was known of the timeline when the walk began: it leads back from the end.
        let from = clocks.to_server(self.plan.from?);
        let (oldest, _) = heads.last()?;
        let goes_on = oldest.created_at.is_some_and(|at| at > from);
        goes_on.then(|| Cursor::Before(oldest.id.clone().into_owned()))
    }

    /// Passes over what has left the window: if posts come faster than they may be asked for, the
    /// show needs the present.
    fn keep_up(&mut self, heads: &[(Head<'_>, Name)], horizon: Option<Timestamp>, clocks: Clocks) {
        let Some(horizon) = horizon else { return };
        let first = mark::first_id_at(clocks.to_server(horizon));
        if let Cursor::After(after) = &self.cursor
            && mark::number(after).is_some_and(|id| id < first)
            && let Some(at) = heads.first().and_then(|(head, _)| head.created_at)
        {
            let (lost, _) = self.lost.unwrap_or((clocks.to_show(at).min(horizon), horizon));
            self.lost = Some((lost, horizon));
            self.cursor = Cursor::After(first.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(1_795_287_841 + seconds).unwrap()
    }

    fn clocks() -> Clocks {
        Clocks::starting_at(at(60))
    }

    fn groups(streamed: &[&str], unstreamed: &[&str]) -> Vec<Group> {
        let owned = |tags: &[&str]| tags.iter().map(|&tag| tag.to_owned()).collect::<Vec<_>>();
        Group::all(&owned(streamed), &owned(unstreamed), 1)
    }

    fn plan(scope: Scope, from: Option<Timestamp>) -> Plan {
        #[expect(clippy::disallowed_methods, reason = "any instant will do")]
        let began = Instant::from_std(std::time::Instant::now());
        Plan { scope, began, at: at(60), is_deep: true, from, missing: None, lost: None }
    }

    /// A post of that second, whose id is a time.
    fn timed(second: i64) -> (Head<'static>, Name) {
        let id = mark::first_id_at(at(second));
        let head =
            Head { id: Cow::Owned(id.to_string()), created_at: Some(at(second)), edited_at: None };
        (head, id)
    }

    /// A post whose id is its number.
    fn counted(number: u64) -> (Head<'static>, Name) {
        let second = i64::try_from(number).unwrap_or(0);
        let head = Head {
            id: Cow::Owned(number.to_string()),
            created_at: Some(at(second)),
            edited_at: None,
        };
        (head, number)
    }

    fn id(second: i64) -> String {
        mark::first_id_at(at(second)).to_string()
    }

    #[track_caller]
    fn check_next(walk: &Walk, groups: &[Group], tag: &str, cursor: &Cursor) {
        let (group, next) = walk.next_page(groups).unwrap();
        assert_eq!((group.tags.as_slice(), next), (&[tag.to_owned()][..], cursor));
    }

    #[test]
    fn hashtags_share_as_few_timelines_as_possible() {
        let tags: Vec<String> = ["a", "b", "c", "d", "e"].map(str::to_owned).into();
        assert_eq!(Group::all(&tags, &[], 4).len(), 2);
        // A stream may bring one group and not the other.
        assert_eq!(Group::all(&tags[..2], &tags[2..], 4).len(), 2);
        // Servers that are not Mastodon know no `any[]`.
        assert_eq!(Group::all(&tags, &[], 1).len(), 5);
    }

    #[test]
    fn a_walk_leads_from_full_pages_to_the_next_and_then_to_the_next_hashtag() {
        let mut groups = groups(&["a"], &["b"]);
        let mut walk = Walk::new(plan(Scope::All, Some(at(0))), &groups, Some(true), clocks());
        check_next(&walk, &groups, "a", &Cursor::After(id(0)));
        let full: Vec<_> = (1..=20).rev().map(timed).collect();
        walk.found(full.iter().map(|&(_, name)| name));
        assert!(!walk.take_page(&mut groups, (&full, 20), Some(true), None, clocks()));
        check_next(&walk, &groups, "a", &Cursor::After(id(20)));
        let few: Vec<_> = (21..=25).rev().map(timed).collect();
        walk.found(few.iter().map(|&(_, name)| name));
        assert!(!walk.take_page(&mut groups, (&few, 5), Some(true), None, clocks()));
        check_next(&walk, &groups, "b", &Cursor::After(id(0)));
        assert!(walk.take_page(&mut groups, (&[], 0), Some(true), None, clocks()));
        let walked = walk.end();
        assert_eq!((walked.pages, walked.found.len(), walked.lost), (3, 25, None));
        let walk = Walk::new(plan(Scope::Unstreamed, None), &groups, Some(true), clocks());
        check_next(&walk, &groups, "b", &Cursor::Newest);
    }

    #[test]
    fn an_id_of_the_future_does_not_end_a_walk() {
        let mut groups = groups(&["a"], &[]);
        let mut walk = Walk::new(plan(Scope::All, Some(at(0))), &groups, Some(true), clocks());
        let mut page: Vec<_> = (1..=30).rev().map(timed).collect();
        page.insert(0, timed(86_400));
        page.insert(3, counted(u64::MAX));
        assert!(!walk.take_page(&mut groups, (&page, 32), Some(true), None, clocks()));
        check_next(&walk, &groups, "a", &Cursor::After(id(30)));
    }

    #[test]
    fn a_walk_that_falls_behind_passes_over_what_has_left_the_window() {
        let mut groups = groups(&["a"], &[]);
        let mut walk = Walk::new(plan(Scope::All, Some(at(0))), &groups, Some(true), clocks());
        let full: Vec<_> = (1..=20).rev().map(timed).collect();
        walk.take_page(&mut groups, (&full, 20), Some(true), Some(at(50)), clocks());
        check_next(&walk, &groups, "a", &Cursor::After(id(50)));
        assert_eq!(walk.end().lost, Some((at(20), at(50))));
    }

    #[test]
    fn where_ids_are_no_times_a_walk_begins_a_few_posts_back_and_has_an_end() {
        let mut groups = groups(&["a"], &[]);
        let clocks = clocks();
        let mut walk = Walk::new(plan(Scope::All, None), &groups, Some(false), clocks);
        check_next(&walk, &groups, "a", &Cursor::Newest);
        let page = |last: u64| (last - 29..=last).rev().map(counted).collect::<Vec<_>>();
        assert!(walk.take_page(&mut groups, (&page(30), 30), Some(false), None, clocks));
        let mut walk = Walk::new(plan(Scope::All, Some(at(0))), &groups, Some(false), clocks);
        check_next(&walk, &groups, "a", &Cursor::After("11".to_owned()));
        for number in 2..=u64::from(MAX_PAGES) {
            let page = page(30 * number);
            assert!(!walk.take_page(&mut groups, (&page, 30), Some(false), None, clocks));
        }
        assert!(walk.take_page(&mut groups, (&page(3000), 30), Some(false), None, clocks));
        let (from, to) = walk.end().lost.unwrap();
        assert!(from == at(0) && to >= at(60));
        // What is known of the timeline is too old to begin with.
        let walk = Walk::new(plan(Scope::All, Some(at(0))), &groups, Some(false), clocks);
        check_next(&walk, &groups, "a", &Cursor::Newest);
    }

    #[test]
    fn a_walk_through_an_unknown_timeline_leads_back_to_where_it_should_begin() {
        let mut groups = groups(&["a"], &[]);
        let mut walk = Walk::new(plan(Scope::All, Some(at(0))), &groups, Some(false), clocks());
        check_next(&walk, &groups, "a", &Cursor::Newest);
        let newest: Vec<_> = (31..=60).rev().map(counted).collect();
        assert!(!walk.take_page(&mut groups, (&newest, 30), Some(false), None, clocks()));
        check_next(&walk, &groups, "a", &Cursor::Before("31".to_owned()));
        let before: Vec<_> = (0..=30).rev().map(counted).collect();
        assert!(walk.take_page(&mut groups, (&before, 30), Some(false), None, clocks()));
    }
}
