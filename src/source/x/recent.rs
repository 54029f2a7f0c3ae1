//! Looks up what the stream did not bring, in the search for posts of the last days.
//!
//! The search knows a post a little after it was posted, so that it is asked a while after the
//! stream is back. Numbers of posts are made of times: the search goes by them.
//! Source: X API v2, "Recent search"; the layout of the numbers, "Snowflake".

use std::collections::VecDeque;
use std::time::Duration;

use url::Url;

use crate::contest::Reposts;
use crate::decode::networks::x::mark::Mark;
use crate::questions::Questions;
use crate::timestamp::Timestamp;

use super::api::Api;
use super::{ask_for_all, rules};

/// The time between the stream's return and the search, which refuses to be asked about the last ten
/// seconds.
pub(super) const SETTLE: Duration = Duration::from_secs(13);

/// The time after the stream's return that is still searched: the network's clock is known to a
/// second.
pub(super) const SLACK: Duration = Duration::from_secs(1);

/// The time before the newest post that is searched again: posts come in disorder.
const OVERLAP: Duration = Duration::from_secs(15);

/// The search does not look further back.
const REACH: Duration = Duration::from_hours(6 * 24);

/// A longer question is refused.
const MAX_QUERY: usize = 512;

/// More pages of a hundred posts are not asked for: 450 may be in a quarter of an hour.
const MAX_PAGES: u32 = 40;

/// The numbers count milliseconds since then, and 22 bits are below.
const EPOCH: i64 = 1_288_834_974_657;
const BITS: u32 = 22;

/// The number of a post at that time.
pub(super) fn id_at(at: Timestamp) -> u64 {
    u64::try_from(at.millis() - EPOCH).unwrap_or(0) << BITS
}

/// What the stream did not bring.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Missed {
    /// Later posts are missing.
    since: u64,
    /// The silence, on the show's clock.
    from: Timestamp,
    to: Timestamp,
    /// The same end on the network's clock.
    end: Timestamp,
}

impl Missed {
    /// What follows the post `newest`, after a silence that began at `from`.
    pub(super) fn after(newest: u64, from: Timestamp) -> Missed {
        let overlap = u64::try_from(OVERLAP.as_millis()).expect("it is seconds") << BITS;
        Missed { since: newest.saturating_sub(overlap), from, to: from, end: from }
    }

    /// The stream is back. What is older than `reach` by now would not count, and is not looked up.
    pub(super) fn until(&mut self, to: Timestamp, network_now: Timestamp, reach: Duration) {
        let horizon = network_now.checked_sub(reach.min(REACH)).unwrap_or(network_now);
        self.since = self.since.max(id_at(horizon));
        self.to = to;
        self.end = network_now.saturating_add(SLACK).round_up(Duration::from_secs(1));
    }
}

/// A search that goes on page by page.
pub(super) struct Search {
    queries: VecDeque<String>,
    reposts: Reposts,
    since: u64,
    end: Timestamp,
    next: Option<String>,
    pages: u32,
    oldest: Option<Timestamp>,
}

impl Search {
    pub(super) fn new(questions: &Questions, missed: &Missed) -> Search {
        Search {
            queries: rules::queries(questions, MAX_QUERY).into(),
            reposts: questions.reposts(),
            since: missed.since,
            end: missed.end,
            next: None,
            pages: 0,
            oldest: None,
        }
    }

    /// The next page; `None` if there is none.
    pub(super) fn url(&self, api: &Api) -> Option<Url> {
        self.fill(api.url("/2/tweets/search/recent"))
    }

    fn fill(&self, mut url: Url) -> Option<Url> {
        let query = self.queries.front().filter(|_| self.pages < MAX_PAGES)?;
        url.query_pairs_mut()
            .append_pair("query", query)
            .append_pair("max_results", "100")
            .append_pair("since_id", &self.since.to_string())
            .append_pair("end_time", &self.end.to_string().replace(".000Z", "Z"));
        if let Some(next) = &self.next {
            url.query_pairs_mut().append_pair("next_token", next);
        }
        ask_for_all(&mut url, self.reposts);
        Some(url)
    }

    /// A page has come.
    pub(super) fn take(&mut self, mark: &Mark) {
        self.pages += 1;
        self.oldest = mark.oldest_at;
        self.next.clone_from(&mark.next);
        if self.next.is_none() {
            self.queries.pop_front();
        }
    }

    /// What is still missing now that the search is over, on the show's clock; pages begin with the
    /// newest post, and `place` says where on the clock one belongs.
    pub(super) fn hole(
        &self,
        missed: &Missed,
        place: impl Fn(Timestamp) -> Timestamp,
    ) -> Option<(Timestamp, Timestamp)> {
        self.queries.front()?;
        let reached = self.oldest.filter(|_| self.queries.len() == 1).map(place);
        Some((missed.from, reached.unwrap_or(missed.to).clamp(missed.from, missed.to)))
    }
}

#[cfg(test)]
mod tests {
    use crate::contest::{Contest, PALETTE, Team, Vote};

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(1_795_287_841 + seconds).unwrap()
    }

    fn search(missed: &Missed) -> Search {
        let team = |name: &str, place: usize| Team {
            name: name.to_owned(),
            hashtags: vec![name.to_owned()],
            color: PALETTE[place],
            size: 1.0,
        };
        let teams = vec![team("tabs", 0), team("spaces", 1)];
        let minute = Duration::from_mins(1);
        let contest =
            Contest::new(String::new(), minute, Vote::Latest, Reposts::Ignore, teams).unwrap();
        Search::new(&contest.into(), missed)
    }

    fn url(search: &Search) -> Option<String> {
        let url = search.fill("https://x.example/recent".parse().unwrap())?;
        let pairs = url.query_pairs().map(|(name, value)| format!("{name}={value} "));
        Some(pairs.collect::<Vec<_>>().concat())
    }

    #[test]
    fn numbers_tell_the_time() {
        // The post with this number says that it is of that second.
        let ids = id_at(at(0))..id_at(at(1));
        assert!(ids.contains(&2_124_217_284_073_827_639), "{ids:?}");
    }

    #[test]
    fn a_little_more_than_was_missed_is_looked_up_and_nothing_that_has_left_the_window() {
        let mut missed = Missed::after(id_at(at(0)), at(2));
        missed.until(at(30), at(30), Duration::from_mins(1));
        assert_eq!(missed.since, id_at(at(-15)));
        missed.until(at(90), at(90), Duration::from_mins(1));
        assert_eq!(missed.since, id_at(at(30)));
        let asked = url(&search(&missed)).unwrap();
        assert!(asked.contains("query=(#tabs OR #spaces) -is:retweet "), "{asked}");
        assert!(asked.contains(&format!("since_id={} ", id_at(at(30)))), "{asked}");
        assert!(asked.contains("end_time=2026-11-21T19:05:32Z "), "{asked}");
    }

    #[test]
    fn pages_are_followed_to_the_last() {
        let mut missed = Missed::after(id_at(at(0)), at(2));
        missed.until(at(30), at(30), Duration::from_mins(1));
        let mut search = search(&missed);
        let more =
            Mark { next: Some("more".to_owned()), oldest_at: Some(at(20)), ..Mark::default() };
        search.take(&more);
        assert!(url(&search).unwrap().contains("next_token=more "));
        assert_eq!(search.hole(&missed, |at| at), Some((at(2), at(20))));
        search.take(&Mark::default());
        assert_eq!(url(&search), None);
        assert_eq!(search.hole(&missed, |at| at), None);
    }

    #[test]
    fn a_search_has_an_end_and_what_it_did_not_reach_is_told() {
        let mut missed = Missed::after(id_at(at(0)), at(2));
        missed.until(at(30), at(30), Duration::from_mins(1));
        let mut search = search(&missed);
        assert_eq!(search.hole(&missed, |at| at), Some((at(2), at(30))));
        for page in 0..MAX_PAGES {
            assert!(url(&search).is_some(), "{page}");
            let next = Some(page.to_string());
            search.take(&Mark { next, oldest_at: Some(at(10)), ..Mark::default() });
        }
        assert_eq!(url(&search), None);
        assert_eq!(search.hole(&missed, |at| at), Some((at(2), at(10))));
    }
}
