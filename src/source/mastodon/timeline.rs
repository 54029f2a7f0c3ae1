//! The timelines of the hashtags, asked for again and again: a round is a walk through the posts
//! since a time, page by page, until there are no more.
//!
//! Ids sort by when a post was made and not by when it arrived: what other servers send late lands
//! behind those that are there already. So a round begins well before the last one ended; what comes
//! twice is told once ([`super::seen`]). A Mastodon server's ids are made of times, so that a round
//! begins at any time; other servers' ids mean nothing, and a round begins a few posts back.
//! One request at a time, and never more than [`super::pace`] allows.
//! Source: the Mastodon documentation, methods/timelines; `app/models/tag_feed.rb`.

use std::collections::{BTreeSet, VecDeque};
use std::future::{Future, pending};
use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use url::Url;

use crate::clock::Clock;
use crate::timestamp::Timestamp;

use super::super::link::failure::{Failure, retry_after, server_date};
use super::super::link::http::Document;
use super::instance::{self, Api};
use super::mark::{self, Head, Name};
use super::pace::Pace;
use super::walk::{Cursor, Group, Round, Scope, first_cursor};

/// A timeline is of so many hashtags at the most.
const MAX_TAGS: usize = 4;

/// The most that a page holds.
pub(super) const PAGE: usize = 40;

/// A page with fewer posts is the last one. Servers leave posts out of full pages.
const FEW: usize = PAGE / 2;

/// What comes late does so within one to two minutes, in steps of [`super::super::link::Times::poll`].
const LEAST_OVERLAP: u32 = 12;
const MOST_OVERLAP: u32 = 24;

/// Between rounds that look back that far, a round begins so many steps before the last one.
const SHORT_OVERLAP: u32 = 2;

/// A walk without times ends after so many pages.
const MAX_PAGES: u32 = 25;

/// Beside a stream, all timelines are asked for once in so many steps.
const BESIDE_STREAM: u32 = 12;

/// Where a walk has many pages, only one in so many steps looks back as far as late posts come.
const DEEP_EVERY: u32 = 6;

/// What the show's clock says, and how far it is ahead of the server's.
#[derive(Clone, Copy)]
pub(super) struct View {
    pub(super) clock: Clock,
    pub(super) ahead_ms: i64,
}

impl View {
    pub(super) fn network(self, time: Timestamp) -> Timestamp {
        Timestamp::from_millis(time.millis() - self.ahead_ms).unwrap_or(time)
    }

    pub(super) fn show(self, time: Timestamp) -> Timestamp {
        Timestamp::from_millis(time.millis() + self.ahead_ms).unwrap_or(time)
    }
}

/// What the timelines are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// For everything.
    Alone,
    /// For what a stream does not bring.
    BesideStream,
    /// The same, and the stream brings less than it should.
    BesideSilence,
}

/// What a round that is over tells.
#[derive(Debug, Default)]
pub(super) struct Finished {
    /// Everything after this was looked at, and what was there.
    pub(super) complete: Option<(Name, BTreeSet<Name>)>,
    /// A time that could not be looked at.
    pub(super) lost: Option<(Timestamp, Timestamp)>,
}

type Asking = Pin<Box<dyn Future<Output = Document> + Send>>;

pub(super) struct Timeline {
    groups: Vec<Group>,
    usage: Use,
    /// Between two requests.
    step: Duration,
    window: Duration,
    pace: Pace,
    asking: Option<Asking>,
    round: Option<Round>,
    next_all: Instant,
    next_unstreamed: Instant,
    /// After a connection, a second round looks soon whether anything fell between.
    look_again: bool,
    next_deep: Instant,
    /// Deep rounds have many pages.
    is_busy: bool,
    /// When the last complete round of all began.
    complete: Option<Timestamp>,
    /// Since when posts may be missing.
    missing: Option<Timestamp>,
    /// Whether ids tell times, as far as that is known.
    is_timed: Option<bool>,
    /// The server is Mastodon itself.
    is_mastodon: bool,
}

impl Timeline {
    /// The timelines of `streamed` and `unstreamed` hashtags, with a request every `step` at most.
    pub(super) fn new(
        (streamed, unstreamed): (&[String], &[String]),
        is_mastodon: bool,
        step: Duration,
        window: Duration,
    ) -> Timeline {
        let most = tags_at_once(is_mastodon);
        let groups = |tags: &[String], is_streamed| -> Vec<Group> {
            let group = |tags: &[String]| Group {
                tags: tags.to_vec(),
                is_streamed,
                history: VecDeque::new(),
            };
            tags.chunks(most).map(group).collect()
        };
        let mut all = groups(streamed, true);
        all.extend(groups(unstreamed, false));
        let now = Instant::now();
        Timeline {
            groups: all,
            usage: Use::Alone,
            step,
            window,
            pace: Pace::new(step, now),
            asking: None,
            round: None,
            next_all: now,
            next_unstreamed: now,
            look_again: false,
            next_deep: now,
            is_busy: false,
            complete: None,
            missing: None,
            is_timed: None,
            is_mastodon,
        }
    }

    /// A connection has begun: everything is looked at once more. What was posted since `missing`, and
    /// since an earlier such time that was not made up for, may not have come.
    pub(super) fn restart(&mut self, usage: Use, missing: Option<Timestamp>) {
        self.usage = usage;
        self.asking = None;
        self.round = None;
        self.look_again = true;
        self.next_all = Instant::now();
        self.missing = self.missing.or(missing);
    }

    /// Asks more often, or less often again.
    pub(super) fn set_use(&mut self, usage: Use) {
        if std::mem::replace(&mut self.usage, usage) != usage && usage == Use::BesideSilence {
            self.next_all = Instant::now();
        }
    }

    /// How long until the next request.
    pub(super) fn due_in(&self) -> Duration {
        let now = Instant::now();
        if self.asking.is_some() {
            return Duration::ZERO;
        }
        self.due(now).saturating_duration_since(now)
    }

    /// Waits until a page is due, asks for it and gives the answer. Cancel-safe.
    pub(super) async fn next(&mut self, api: &Api, view: View) -> Document {
        loop {
            if let Some(asking) = &mut self.asking {
                let document = asking.await;
                self.asking = None;
                return document;
            }
            if self.groups.is_empty() {
                pending::<()>().await;
            }
            let now = Instant::now();
            let due = self.due(now);
            if due > now {
                sleep_until(due).await;
                continue;
            }
            let url = self.url(api, view, now);
            self.pace.asked(now);
            let request = api.get(&url);
            self.asking = Some(Box::pin(instance::ask_apart(request, view.clock.now())));
        }
    }

    /// Takes what an answer says beside the page, and gives the page.
    pub(super) fn answered(&mut self, document: Document, view: View) -> Result<Vec<u8>, Failure> {
        let now = Instant::now();
        let text = |name: &str| document.headers.get(name)?.to_str().ok();
        let left = text("x-ratelimit-remaining").and_then(|left| left.trim().parse().ok());
        if let Some(left) = left
            && text("x-ratelimit-reset").is_some()
            && let Some(more_in) = retry_after(&document.headers, || view.clock.now())
        {
            self.pace.left(left, more_in, now);
        }
        match instance::json(document) {
            // Nobody has used the hashtag yet.
            Err(Failure::Status { status: 404, .. }) => Ok(b"[]".to_vec()),
            page => page,
        }
    }

    /// The request failed beside a stream, which goes on: how long to leave the timelines alone.
    pub(super) fn failed(&mut self, pause: Duration) {
        let now = Instant::now();
        self.round = None;
        self.next_all = now;
        self.pace.pause(pause, now);
    }

    /// Since when posts may be missing.
    pub(super) fn missing(&self) -> Option<Timestamp> {
        self.missing
    }

    /// What is missing cannot be made up for.
    pub(super) fn give_up(&mut self) -> Option<Timestamp> {
        self.missing.take()
    }

    /// Whether the page at hand is of hashtags that a stream brings.
    pub(super) fn is_of_streamed(&self) -> bool {
        let group = self.round.as_ref().and_then(|round| round.groups.front());
        group.is_some_and(|&group| self.groups[group].is_streamed)
    }

    /// A page was read, the newest post first: goes on with the walk, and tells when it is over.
    pub(super) fn walked(
        &mut self,
        heads: &[(Head<'_>, Name)],
        length: usize,
        view: View,
    ) -> Option<Finished> {
        let horizon = view.clock.now().checked_sub(self.horizon());
        let round = self.round.as_mut()?;
        if !heads.is_empty() {
            // Posts that are dated in the future have the id of their arrival: a few of them may be.
            let timed = heads.iter().filter(|(head, _)| head.is_timed()).count();
            let is_time = |(head, _): &(Head<'_>, Name)| mark::can_be_time(&head.id);
            let is_timed =
                heads.iter().all(is_time) && (self.is_mastodon || timed * 2 >= heads.len());
            self.is_timed = Some(is_timed && self.is_timed.unwrap_or(true));
        }
        let is_timed = self.is_timed == Some(true);
        round.pages += 1;
        round.pages_of_group += 1;
        round.found.extend(heads.iter().map(|&(_, name)| name));
        let group = &mut self.groups[*round.groups.front()?];
        group.remember(heads, matches!(round.cursor, Cursor::Before(_)));
        let next = if length < FEW { None } else { round.next_page(heads, is_timed, view) };
        let mut is_last = next.is_none();
        if let Some(next) = next {
            round.cursor = next;
            if is_timed {
                round.keep_up(heads, horizon, view);
            } else if round.pages_of_group >= MAX_PAGES {
                group.history.clear();
                let lost = self.missing.or(round.from).unwrap_or(round.at);
                round.lost = Some((lost, view.clock.now()));
                is_last = true;
            }
        }
        if is_last {
            round.groups.pop_front();
            round.pages_of_group = 0;
            round.cursor = first_cursor(round, &self.groups, self.is_timed);
        }
        round.groups.is_empty().then(|| self.finish())
    }

    fn finish(&mut self) -> Finished {
        let Some(round) = self.round.take() else { return Finished::default() };
        let now = Instant::now();
        let rhythm = self.pace.rhythm(now);
        let count = |groups: usize| u32::try_from(groups).unwrap_or(u32::MAX);
        let unstreamed = self.groups.iter().filter(|group| !group.is_streamed).count();
        self.next_unstreamed = round.began + rhythm * count(unstreamed);
        if round.scope == Scope::Unstreamed {
            return Finished { lost: round.lost, complete: None };
        }
        let frequent = rhythm * count(self.groups.len());
        self.next_all = match self.usage {
            Use::BesideStream if std::mem::take(&mut self.look_again) => now + rhythm * 2,
            Use::BesideStream => now + rhythm * BESIDE_STREAM.max(count(self.groups.len())),
            Use::Alone | Use::BesideSilence => round.began + frequent,
        };
        if round.is_deep {
            self.is_busy = round.pages > 2 * count(self.groups.len());
            self.next_deep = now + self.step * DEEP_EVERY;
        }
        self.complete = Some(round.at);
        self.missing = None;
        let is_whole = self.is_mastodon && self.is_timed == Some(true) && round.lost.is_none();
        let from = round.from_id.filter(|_| is_whole);
        Finished { complete: from.map(|from| (from, round.found)), lost: round.lost }
    }

    /// How far a round looks back for what comes late: as far as it counts, within reason.
    fn overlap(&self) -> Duration {
        let (step, window) = (self.step, self.window);
        (window + step * SHORT_OVERLAP).clamp(step * LEAST_OVERLAP, step * MOST_OVERLAP)
    }

    /// What is older than that does not count any more, however late it comes.
    fn horizon(&self) -> Duration {
        self.window.max(self.overlap()) + self.step * SHORT_OVERLAP
    }

    fn due(&self, now: Instant) -> Instant {
        let possible = self.pace.next(now);
        if self.round.is_some() {
            return possible;
        }
        let has_unstreamed = self.groups.iter().any(|group| !group.is_streamed);
        let due = if has_unstreamed && self.usage != Use::Alone {
            self.next_all.min(self.next_unstreamed)
        } else {
            self.next_all
        };
        possible.max(due)
    }

    fn url(&mut self, api: &Api, view: View, now: Instant) -> Url {
        if self.round.is_none() {
            self.round = Some(self.begin(view, now));
        }
        let round = self.round.as_ref().expect("it has just begun");
        let tags = round.groups.front().map_or(&[][..], |&group| &self.groups[group].tags);
        url(api, tags, &round.cursor)
    }

    fn begin(&self, view: View, now: Instant) -> Round {
        let at = view.clock.now();
        let scope = if self.next_all <= now { Scope::All } else { Scope::Unstreamed };
        let of_scope = |group: &Group| scope == Scope::All || !group.is_streamed;
        let groups = (0..self.groups.len()).filter(|&index| of_scope(&self.groups[index]));
        let before = |time: Timestamp, span| time.checked_sub(span).unwrap_or(time);
        let horizon = before(at, self.horizon());
        let is_deep = !self.is_busy || self.next_deep <= now;
        let mut lost = None;
        let from = self.complete.map(|complete| {
            // Until something was missed, a stream has brought it all.
            let known = self.missing.filter(|_| self.usage == Use::BesideStream);
            let mut from = before(known.unwrap_or(complete), self.step * SHORT_OVERLAP);
            if is_deep {
                from = from.min(before(at, self.overlap()));
            }
            if let Some(missing) = self.missing.filter(|_| scope == Scope::All) {
                // What has left the window does not count any more.
                lost = (missing < horizon).then_some((missing, horizon));
            }
            from.max(horizon)
        });
        let from_id = from.map(|from| mark::first_id_at(view.network(from)));
        let mut round = Round {
            scope,
            began: now,
            at,
            is_deep,
            from,
            from_id,
            groups: groups.collect(),
            cursor: Cursor::Newest,
            pages: 0,
            pages_of_group: 0,
            found: BTreeSet::new(),
            lost,
        };
        round.cursor = first_cursor(&round, &self.groups, self.is_timed);
        round
    }
}

/// Where a page of the timeline of several hashtags at once is.
pub(super) fn url(api: &Api, tags: &[String], cursor: &Cursor) -> Url {
    let (first, others) = tags.split_first().expect("a group has a hashtag");
    let mut url = api.url("/api/v1/timelines/tag");
    url.path_segments_mut().expect("http has paths").push(first);
    let mut query = url.query_pairs_mut();
    query.append_pair("limit", &PAGE.to_string());
    for other in others {
        query.append_pair("any[]", other);
    }
    match cursor {
        Cursor::Newest => {}
        Cursor::After(id) => drop(query.append_pair("min_id", id)),
        Cursor::Before(id) => drop(query.append_pair("max_id", id)),
    }
    drop(query);
    url
}

/// How many hashtags one request may ask for: other servers pass over those after the first.
pub(super) fn tags_at_once(is_mastodon: bool) -> usize {
    if is_mastodon { MAX_TAGS } else { 1 }
}

/// The date of an answer, for the link.
pub(super) fn date(document: &Document) -> Option<Timestamp> {
    server_date(&document.headers)
}

/// The hashtags of `all`, without `#` and each once, that a stream can bring, and those that it
/// cannot: Mastodon's streaming server drops these characters from the names that it listens for,
/// and its other half does not.
pub(super) fn split(all: impl IntoIterator<Item = String>) -> (Vec<String>, Vec<String>) {
    let mut tags: Vec<String> = Vec::new();
    for tag in all {
        let tag = tag.trim_start_matches(['#', '＃', '﹟']).to_owned();
        if !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags.into_iter().partition(|tag| !tag.contains(is_dropped_by_streams))
}

fn is_dropped_by_streams(c: char) -> bool {
    matches!(c, '\u{30fb}' | '\u{e47}'..='\u{e4e}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_hashtags_are_in_as_few_requests_as_possible() {
        let tags: Vec<String> = ["a b", "ö", "c", "d", "e"].map(str::to_owned).into();
        let api = Api::new(&"http://localhost/".parse().unwrap(), None).unwrap();
        let second = Duration::from_secs(1);
        let mastodon = Timeline::new((&tags, &[]), true, second, second);
        assert_eq!(mastodon.groups.len(), 2);
        assert_eq!(
            url(&api, &mastodon.groups[0].tags, &Cursor::After("7".to_owned())).as_str(),
            "http://localhost/api/v1/timelines/tag/a%20b?limit=40&any%5B%5D=%C3%B6&any%5B%5D=c&any%5B%5D=d&min_id=7"
        );
        // Others do not know `any[]`.
        assert_eq!(Timeline::new((&tags, &[]), false, second, second).groups.len(), 5);
    }

    #[test]
    fn hashtags_that_no_stream_brings_are_set_apart() {
        let tags = ["#tabs", "tabs", "テスト・タグ", "คำถามเก่ง", "ไทย"].map(str::to_owned);
        let (streamed, unstreamed) = split(tags);
        assert_eq!(streamed, ["tabs", "ไทย"]);
        assert_eq!(unstreamed, ["テスト・タグ", "คำถามเก่ง"]);
    }
}
