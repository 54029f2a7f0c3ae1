//! The timelines of the hashtags, asked for again and again: when to walk through them, and from what
//! time on.
//!
//! Ids sort by when a post was made and not by when it arrived: what other servers send late lands
//! behind those that are there already. So a walk begins well before the last one ended; what comes
//! twice is sent once (`ledger`). A Mastodon server's ids are made of times, so that a walk begins at
//! any time; other servers' ids mean nothing, and a walk begins a few posts back.
//! One request at a time, and never more than `rate_limit` allows.

use std::collections::BTreeSet;
use std::future::{Future, pending};
use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::timestamp::Timestamp;

use super::super::link::failure::Failure;
use super::super::link::headers::retry_after;
use super::super::link::http::Document;
use super::api::{self, Api};
use super::clocks::Clocks;
use super::mark::{self, Head};
use super::names::Name;
use super::pages;
use super::rate_limit::RateLimit;
use super::server::Software;
use super::walk::{Group, Plan, Scope, Walk, Walked};

/// What comes late does so within one to two minutes, in steps of [`super::super::link::Times::poll`].
const LEAST_OVERLAP: u32 = 12;
const MOST_OVERLAP: u32 = 24;

/// Steps that a walk begins before the last one, where it does not look back as far as late posts
/// come.
const SHORT_OVERLAP: u32 = 2;

/// Steps between two walks through all timelines beside a stream.
const BESIDE_STREAM: u32 = 12;

/// Steps between two walks that look back as far as late posts come, where such walks have many
/// pages.
const DEEP_EVERY: u32 = 6;

/// Posts whose ids tell what ids are on a server, if not one in as many is another kind of id.
const FEW: usize = 4;

/// What the timelines are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// For everything.
    Alone,
    /// For what a stream does not bring.
    BesideStream,
    /// The same, and the stream brings less than it should.
    BesideSilence,
}

/// What comes of a walk that is over.
#[derive(Debug, Default)]
pub(super) struct Finished {
    /// Everything after this was looked at, and what was there.
    pub(super) complete: Option<(Name, BTreeSet<Name>)>,
    /// The same beginning on the show's clock.
    pub(super) from: Option<Timestamp>,
    /// A time that could not be looked at.
    pub(super) lost: Option<(Timestamp, Timestamp)>,
}

/// A request that is on its way.
type Request = Pin<Box<dyn Future<Output = Document> + Send>>;

pub(super) struct Timelines {
    groups: Vec<Group>,
    /// All hashtags, to be grouped anew when it turns out how.
    streamed: Vec<String>,
    unstreamed: Vec<String>,
    purpose: Purpose,
    /// Between two requests.
    step: Duration,
    /// How far back posts count.
    reach: Duration,
    rate_limit: RateLimit,
    request: Option<Request>,
    walk: Option<Walk>,
    /// When to walk through all timelines, and when through those that no stream brings.
    next_all: Instant,
    next_unstreamed: Instant,
    /// After a connection, a second walk looks soon whether anything fell between.
    look_again: bool,
    next_deep: Instant,
    /// Deep walks have many pages.
    is_busy: bool,
    /// When the last walk through all began.
    complete: Option<Timestamp>,
    /// One was there in this show.
    has_walked: bool,
    /// Where the next one has to begin at the latest.
    recheck: Option<Timestamp>,
    /// Since when posts may be missing.
    missing: Option<Timestamp>,
    /// Whether ids are times, as far as that is known.
    is_timed: Option<bool>,
    /// What the server is, by its own word or by its ids.
    software: Software,
}

impl Timelines {
    /// The timelines of `streamed` and `unstreamed` hashtags, with a request every `step` at most.
    pub(super) fn new(
        (streamed, unstreamed): (&[String], &[String]),
        software: Software,
        step: Duration,
        reach: Duration,
    ) -> Timelines {
        let now = Instant::now();
        Timelines {
            groups: Group::all(streamed, unstreamed, pages::tags_at_once(software)),
            streamed: streamed.to_vec(),
            unstreamed: unstreamed.to_vec(),
            purpose: Purpose::Alone,
            step,
            reach,
            rate_limit: RateLimit::new(step, now),
            request: None,
            walk: None,
            next_all: now,
            next_unstreamed: now,
            look_again: false,
            next_deep: now,
            is_busy: false,
            complete: None,
            has_walked: false,
            recheck: None,
            missing: None,
            is_timed: None,
            software,
        }
    }

    /// Which posts share a timeline, as far as is known.
    pub(super) fn groups(&self) -> usize {
        self.groups.len()
    }

    /// Whether all timelines were looked at once.
    pub(super) fn has_walked(&self) -> bool {
        self.has_walked
    }

    /// The show before has looked at them until `since`: the first walk begins there, and before that as
    /// far back as late posts come.
    pub(super) fn go_on(&mut self, since: Timestamp) {
        (self.complete, self.missing) = (Some(since), Some(since));
        self.recheck = since.checked_sub(self.overlap());
    }

    /// A connection has begun: everything is looked at once more. What was posted since `missing`, and
    /// since an earlier such time that was not made up for, may not have come.
    pub(super) fn restart(&mut self, purpose: Purpose, missing: Option<Timestamp>) {
        self.purpose = purpose;
        self.request = None;
        self.walk = None;
        self.look_again = true;
        self.next_all = Instant::now();
        self.missing = self.missing.or(missing);
    }

    /// Asks more often, or less often again.
    pub(super) fn set_purpose(&mut self, purpose: Purpose) {
        let before = std::mem::replace(&mut self.purpose, purpose);
        if before != purpose && purpose == Purpose::BesideSilence {
            self.next_all = Instant::now();
        }
    }

    /// Looks soon once more at everything since `from`.
    pub(super) fn look_again(&mut self, from: Timestamp) {
        let now = Instant::now();
        self.recheck = Some(from);
        self.next_all = self.next_all.min(now + self.rate_limit.spacing(now) * 2);
    }

    /// How long until the next request.
    pub(super) fn due_in(&self) -> Duration {
        let now = Instant::now();
        if self.request.is_some() {
            return Duration::ZERO;
        }
        self.due(now).saturating_duration_since(now)
    }

    /// Waits until a page is due, asks for it and gives the answer. Cancel-safe.
    pub(super) async fn next(&mut self, api: &Api, clocks: Clocks) -> Document {
        loop {
            if let Some(request) = &mut self.request {
                let document = request.await;
                self.request = None;
                return document;
            }
            let now = Instant::now();
            let due = self.due(now);
            if due > now {
                sleep_until(due).await;
                continue;
            }
            if self.walk.is_none() {
                let plan = self.plan(clocks, now);
                self.walk = Some(Walk::new(plan, &self.groups, self.is_timed, clocks));
            }
            let page = self.walk.as_ref().and_then(|walk| walk.next_page(&self.groups));
            // Without a hashtag there is nothing to ask for, ever.
            let Some((group, cursor)) = page else { return pending().await };
            let request = api.get(&pages::url(api, &group.tags, cursor));
            self.rate_limit.count_request(now);
            self.request = Some(Box::pin(api::ask_apart(request, clocks.now())));
        }
    }

    /// Takes what an answer says beside the page, and gives the page.
    pub(super) fn take_answer(
        &mut self,
        document: Document,
        clocks: Clocks,
    ) -> Result<Vec<u8>, Failure> {
        let now = Instant::now();
        let text = |name: &str| document.headers.get(name)?.to_str().ok();
        let left = text("x-ratelimit-remaining").and_then(|left| left.trim().parse().ok());
        if let Some(left) = left
            && text("x-ratelimit-reset").is_some()
            && let Some(more_in) = retry_after(&document.headers, || clocks.now())
        {
            self.rate_limit.observe(left, more_in, now);
        }
        match pages::list(document) {
            // Nobody has used the hashtag yet.
            Err(Failure::Status { status: 404 | 410, .. }) => Ok(b"[]".to_vec()),
            page => page,
        }
    }

    /// The request failed beside a stream, which goes on: the timelines are left alone for a while.
    pub(super) fn pause(&mut self, pause: Duration) {
        let now = Instant::now();
        self.walk = None;
        self.next_all = now;
        self.rate_limit.pause(pause, now);
    }

    /// Since when posts may be missing.
    pub(super) fn missing(&self) -> Option<Timestamp> {
        self.missing
    }

    /// What is missing cannot be made up for.
    pub(super) fn give_up(&mut self) -> Option<Timestamp> {
        self.missing.take()
    }

    /// The hashtags of the page at hand.
    pub(super) fn asked_for(&self) -> &[String] {
        let page = self.walk.as_ref().and_then(|walk| walk.next_page(&self.groups));
        page.map_or(&[], |(group, _)| &group.tags)
    }

    /// Whether the page at hand is of hashtags that a stream brings.
    pub(super) fn is_of_streamed(&self) -> bool {
        let page = self.walk.as_ref().and_then(|walk| walk.next_page(&self.groups));
        page.is_some_and(|(group, _)| group.is_streamed)
    }

    /// Whether the timeline of the page at hand has shown a post before.
    pub(super) fn has_shown(&self) -> bool {
        let page = self.walk.as_ref().and_then(|walk| walk.next_page(&self.groups));
        page.is_some_and(|(group, _)| group.has_shown())
    }

    /// A page was read, the newest post first: goes on with the walk, and says what comes of it when
    /// it is over.
    pub(super) fn take_page(
        &mut self,
        heads: &[(Head<'_>, Name)],
        length: usize,
        clocks: Clocks,
    ) -> Option<Finished> {
        let horizon = clocks.now().checked_sub(self.horizon());
        let mut walk = self.walk.take()?;
        walk.found(heads.iter().map(|&(_, name)| name));
        self.learn_ids(heads);
        let heads = &self.fitting(heads)[..];
        let page = (heads, length);
        if walk.take_page(&mut self.groups, page, self.is_timed, horizon, clocks) {
            return Some(self.finish(walk.end()));
        }
        self.walk = Some(walk);
        None
    }

    /// The posts of a page by which a walk may go on. Where ids are times, one that is none says nothing
    /// of the others.
    fn fitting<'a>(&self, heads: &[(Head<'a>, Name)]) -> Vec<(Head<'a>, Name)> {
        let can_be_time = |(head, _): &&(Head<'_>, Name)| mark::can_be_time(&head.id);
        let timed = heads.iter().filter(can_be_time).count();
        let are_timed = self.is_timed == Some(true) || timed * 2 > heads.len();
        heads.iter().filter(|head| !are_timed || can_be_time(head)).cloned().collect()
    }

    /// Whether ids are times, by what is on a page.
    fn learn_ids(&mut self, heads: &[(Head<'_>, Name)]) {
        if heads.is_empty() {
            return;
        }
        // Posts that are dated in the future have the id of their arrival: a few of them may be.
        let timed = heads.iter().filter(|(head, _)| head.is_timed()).count();
        let odd = heads.iter().filter(|(head, _)| !mark::can_be_time(&head.id)).count();
        let is_mastodon = self.software == Software::Mastodon;
        let is_timed = odd * FEW <= heads.len() && (is_mastodon || timed * 2 >= heads.len());
        self.is_timed = match self.is_timed {
            Some(false) => Some(false),
            _ if is_timed => Some(true),
            // An odd one is not the rule.
            known if odd > 0 && heads.len() < FEW => known,
            _ => Some(false),
        };
        // Its ids tell what the server has not, or has wrongly.
        let has_numbers = heads.iter().any(|(head, _)| mark::number(&head.id).is_some());
        if self.software == Software::Unknown && is_timed && self.is_timed == Some(true) {
            self.software = Software::Mastodon;
        } else if is_mastodon && !has_numbers && self.is_timed != Some(true) {
            self.software = Software::Other;
        }
    }

    /// Puts hashtags into one request that were asked for one by one, or the other way round.
    fn regroup(&mut self) {
        let at_once = pages::tags_at_once(self.software);
        let groups = Group::again(&self.groups, (&self.streamed, &self.unstreamed), at_once);
        if groups.len() != self.groups.len() {
            self.groups = groups;
        }
    }

    fn finish(&mut self, walked: Walked) -> Finished {
        let Walked { plan, from_id, pages, found, lost } = walked;
        self.regroup();
        let now = Instant::now();
        let spacing = self.rate_limit.spacing(now);
        let count = |groups: usize| u32::try_from(groups).unwrap_or(u32::MAX);
        let unstreamed = self.groups.iter().filter(|group| !group.is_streamed).count();
        self.next_unstreamed = plan.began + spacing * count(unstreamed);
        if plan.scope == Scope::Unstreamed {
            return Finished { lost, complete: None, from: None };
        }
        self.recheck = None;
        let all = count(self.groups.len());
        self.next_all = match self.purpose {
            Purpose::BesideStream if std::mem::take(&mut self.look_again) => now + spacing * 2,
            Purpose::BesideStream => now + spacing * BESIDE_STREAM.max(all),
            Purpose::Alone | Purpose::BesideSilence => plan.began + spacing * all,
        };
        if plan.is_deep {
            self.is_busy = pages > 2 * all;
            self.next_deep = now + self.step * DEEP_EVERY;
        }
        self.complete = Some(plan.at);
        self.has_walked = true;
        self.missing = None;
        let is_mastodon = self.software == Software::Mastodon;
        let is_whole = is_mastodon && self.is_timed == Some(true) && lost.is_none();
        let from = from_id.filter(|_| is_whole);
        Finished { complete: from.map(|from| (from, found)), from: plan.from, lost }
    }

    /// How far a walk looks back for what comes late: as far as it counts, within reason.
    fn overlap(&self) -> Duration {
        let (step, reach) = (self.step, self.reach);
        (reach + step * SHORT_OVERLAP).clamp(step * LEAST_OVERLAP, step * MOST_OVERLAP)
    }

    /// What is older than that does not count any more, however late it comes.
    fn horizon(&self) -> Duration {
        self.reach.max(self.overlap()) + self.step * SHORT_OVERLAP
    }

    /// When the next page may be asked for, and is wanted.
    fn due(&self, now: Instant) -> Instant {
        let possible = self.rate_limit.next_request(now);
        if self.walk.is_some() {
            return possible;
        }
        let has_unstreamed = self.groups.iter().any(|group| !group.is_streamed);
        let due = if has_unstreamed && self.purpose != Purpose::Alone {
            self.next_all.min(self.next_unstreamed)
        } else {
            self.next_all
        };
        possible.max(due)
    }

    /// The walk that begins at this moment.
    fn plan(&self, clocks: Clocks, now: Instant) -> Plan {
        let at = clocks.now();
        let scope = if self.next_all <= now { Scope::All } else { Scope::Unstreamed };
        let before = |time: Timestamp, span| time.checked_sub(span).unwrap_or(time);
        let horizon = before(at, self.horizon());
        let is_deep = !self.is_busy || self.next_deep <= now;
        let mut lost = None;
        let from = self.complete.map(|complete| {
            // Until something was missed, a stream has brought it all.
            let known = self.missing.filter(|_| self.purpose == Purpose::BesideStream);
            let mut from = before(known.unwrap_or(complete), self.step * SHORT_OVERLAP);
            if is_deep {
                from = from.min(before(at, self.overlap()));
            }
            from = from.min(self.recheck.unwrap_or(from));
            if let Some(missing) = self.missing.filter(|_| scope == Scope::All) {
                // What is older does not count any more.
                lost = (missing < horizon).then_some((missing, horizon));
            }
            from.max(horizon)
        });
        Plan { scope, began: now, at, is_deep, from, missing: self.missing, lost }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::super::names::Names;
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_odd_id_is_not_the_rule_of_a_server() {
        let page = |ids: &[&str]| -> Vec<(Head<'static>, Name)> {
            let head = |id: &&str| Head {
                id: Cow::Owned((*id).to_owned()),
                created_at: None,
                edited_at: None,
            };
            ids.iter().map(|id| (head(id), Names::default().name(id))).collect()
        };
        let timelines = || {
            let (step, window) = (Duration::from_secs(5), Duration::from_mins(1));
            Timelines::new((&[], &[]), Software::Mastodon, step, window)
        };
        let (timed, odd) = ("117655983922104250", "9223372036854775807");
        let mut server = timelines();
        server.learn_ids(&page(&[odd]));
        assert_eq!(server.is_timed, None, "one says nothing");
        server.learn_ids(&page(&[timed]));
        server.learn_ids(&page(&[odd, timed]));
        server.learn_ids(&page(&[timed, timed, odd, timed]));
        assert_eq!(server.is_timed, Some(true));
        // A server that counts.
        let mut other = timelines();
        other.learn_ids(&page(&["7", "6", "5", "4"]));
        other.learn_ids(&page(&[timed]));
        assert_eq!(other.is_timed, Some(false));
    }
}
