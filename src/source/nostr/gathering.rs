//! Makes one source of several relays: lets each post pass once, and says how all of them are doing.
//!
//! The source is live while any relay is live; its problem names those that are not. Which posts
//! have passed is remembered for a bounded number of them: an older one that comes again is found
//! to be a duplicate by the tally, if it is still in the window.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use hashbrown::HashTable;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::event::{Message, News, SourceId};
use crate::post::Deletion;
use crate::snapshot::SourceState;
use crate::source::link::ALIVE_STEP;
use crate::source::{Over, SourceContext};

/// Posts and deletions that are remembered; one that was forgotten and comes again is a duplicate
/// for the tally.
const MEMORY: usize = 1 << 16;

/// Relays that are named when they are down, with their reasons; the others are counted.
const NAMED: usize = 3;

pub(super) struct Gathering {
    relays: Vec<Relay>,
    state: SourceState,
    problem: Option<String>,
    known: Known,
}

struct Relay {
    name: String,
    state: SourceState,
    problem: Option<Arc<str>>,
}

impl Gathering {
    pub(super) fn new(names: Vec<String>) -> Gathering {
        let relay = |name| Relay { name, state: SourceState::Connecting, problem: None };
        Gathering {
            relays: names.into_iter().map(relay).collect(),
            state: SourceState::Connecting,
            problem: None,
            known: Known::new(MEMORY),
        }
    }

    /// Passes on the relays' news, until they have ended or nobody listens.
    pub(super) async fn run(
        mut self,
        mut relays_rx: mpsc::Receiver<(SourceId, News)>,
        context: &SourceContext,
    ) {
        let mut heard = Instant::now();
        while let Some((relay, news)) = relays_rx.recv().await {
            let mut news = self.take(relay.0, news);
            if news.is_empty() && heard.elapsed() >= ALIVE_STEP {
                // What another relay has sent already is a sign of life all the same.
                news.push(News::Alive);
            }
            for news in news {
                if matches!(news, News::Message(_) | News::Alive) {
                    heard = Instant::now();
                }
                if context.send(news).await == Err(Over) {
                    return;
                }
            }
        }
    }

    /// The news of the source when a relay has news.
    fn take(&mut self, relay: usize, news: News) -> Vec<News> {
        let is_known = match &news {
            News::State(state) => {
                self.relays[relay].state = *state;
                return self.changes();
            }
            News::Problem(problem) => {
                self.relays[relay].problem.clone_from(problem);
                return self.changes();
            }
            News::Message(Message::Post(post)) => {
                post.id.is_some_and(|id| !self.known.insert(id.0))
            }
            News::Message(Message::Deletion(deletion)) => !self.known.insert(name(deletion)),
            _ => false,
        };
        if is_known { Vec::new() } else { vec![news] }
    }

    /// What has changed for the source as a whole.
    fn changes(&mut self) -> Vec<News> {
        let mut news = Vec::new();
        let any = |state| self.relays.iter().any(|relay| relay.state == state);
        let in_order = [SourceState::Live, SourceState::Stale, SourceState::Connecting];
        let state = in_order.into_iter().find(|&state| any(state)).unwrap_or(SourceState::Ended);
        let problem = self.describe();
        if problem != self.problem {
            self.problem.clone_from(&problem);
            news.push(News::Problem(problem.map(Arc::from)));
        }
        if state != self.state {
            self.state = state;
            news.push(News::State(state));
        }
        news
    }

    /// Which relays have a problem, and what it is.
    fn describe(&self) -> Option<String> {
        let troubled = || {
            self.relays.iter().filter_map(|relay| {
                relay.problem.as_ref().map(|problem| format!("`{}`: {problem}", relay.name))
            })
        };
        let (count, all) = (troubled().count(), self.relays.len());
        if count == 0 {
            return None;
        }
        let mut text = troubled().take(NAMED).collect::<Vec<_>>().join("; ");
        if count > NAMED {
            text = format!("{text}; and {} more", count - NAMED);
        }
        Some(if all == 1 { text } else { format!("{count} of {all} relays: {text}") })
    }
}

/// Deletions of the same posts by the same author are one.
fn name(deletion: &Deletion) -> u64 {
    let mut posts: Vec<u64> = deletion.posts.iter().map(|post| post.0).collect();
    posts.sort_unstable();
    // The ids are hashes with a secret key already.
    let mixed = posts.into_iter().fold(deletion.author.map_or(0, |author| author.0), |name, id| {
        name.rotate_left(7).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ id
    });
    // Apart from the posts themselves.
    !mixed
}

/// A set of names that forgets the oldest.
struct Known {
    set: HashTable<u64>,
    in_order: VecDeque<u64>,
    hasher: RandomState,
    most: usize,
}

impl Known {
    fn new(most: usize) -> Known {
        let (set, in_order) = (HashTable::new(), VecDeque::new());
        Known { set, in_order, hasher: RandomState::new(), most }
    }

    /// Remembers a name; whether it is a new one.
    fn insert(&mut self, name: u64) -> bool {
        let Known { set, in_order, hasher, most } = self;
        let hash = |name: &u64| hasher.hash_one(name);
        if set.find(hash(&name), |known| *known == name).is_some() {
            return false;
        }
        if in_order.len() == *most
            && let Some(oldest) = in_order.pop_front()
            && let Ok(entry) = set.find_entry(hash(&oldest), |known| *known == oldest)
        {
            entry.remove();
        }
        in_order.push_back(name);
        set.insert_unique(hash(&name), name, hash);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::post::{AuthorId, Post, PostId, Side, Tags, Version};
    use crate::timestamp::Timestamp;

    fn two() -> Gathering {
        Gathering::new(vec!["a.example".to_owned(), "b.example".to_owned()])
    }

    fn post(id: u64) -> News {
        Message::Post(Post {
            id: Some(PostId(id)),
            alias: None,
            author: None,
            at: Timestamp::from_secs(1_795_287_841).unwrap(),
            side: Side::None,
            tags: Tags::default(),
            version: Version::First,
        })
        .into()
    }

    fn deletion(posts: &[u64], author: u64) -> News {
        let posts = posts.iter().map(|&id| PostId(id)).collect();
        Message::Deletion(Deletion { posts, author: Some(AuthorId(author)), at: None }).into()
    }

    fn problem(text: &str) -> News {
        News::Problem(Some(text.into()))
    }

    #[test]
    fn a_source_is_live_while_any_relay_is() {
        use SourceState::{Connecting, Ended, Live, Stale};
        let mut both = two();
        let mut take = |relay, state| both.take(relay, News::State(state));
        assert_eq!(take(0, Live), [News::State(Live)]);
        assert_eq!(take(1, Live), []);
        assert_eq!(take(0, Connecting), []);
        assert_eq!(take(1, Stale), [News::State(Stale)]);
        assert_eq!(take(1, Connecting), [News::State(Connecting)]);
        assert_eq!(take(0, Ended), []);
        assert_eq!(take(1, Ended), [News::State(Ended)]);
    }

    #[test]
    fn the_problem_names_the_relays_that_are_down() {
        let mut both = two();
        let mut take =
            |relay, text: Option<&str>| both.take(relay, News::Problem(text.map(Arc::from)));
        assert_eq!(take(1, Some("gone")), [problem("1 of 2 relays: `b.example`: gone")]);
        assert_eq!(take(1, Some("gone")), []);
        let two = problem("2 of 2 relays: `a.example`: closed; `b.example`: gone");
        assert_eq!(take(0, Some("closed")), [two]);
        assert_eq!(take(1, None), [problem("1 of 2 relays: `a.example`: closed")]);
        assert_eq!(take(0, None), [News::Problem(None)]);
    }

    #[test]
    fn of_many_relays_that_are_down_some_are_named() {
        let mut many = Gathering::new((0..16).map(|n| format!("{n}.example")).collect());
        let mut last = Vec::new();
        for relay in 0..16 {
            let down = News::Problem(Some("down".into()));
            last = many.take(relay, down);
        }
        let text =
            "16 of 16 relays: `0.example`: down; `1.example`: down; `2.example`: down; and 13 more";
        assert_eq!(last, [problem(text)]);
    }

    #[test]
    fn what_several_relays_send_passes_once() {
        let mut both = two();
        assert_eq!(both.take(0, post(1)), [post(1)]);
        assert_eq!(both.take(1, post(1)), []);
        assert_eq!(both.take(0, post(1)), []);
        assert_eq!(both.take(1, deletion(&[1, 2], 5)), [deletion(&[1, 2], 5)]);
        assert_eq!(both.take(0, deletion(&[2, 1], 5)), []);
        // By somebody else, or of something else, it is another.
        assert_eq!(both.take(0, deletion(&[1, 2], 6)), [deletion(&[1, 2], 6)]);
        assert_eq!(both.take(0, deletion(&[1], 5)), [deletion(&[1], 5)]);
        assert_eq!(both.take(0, post(2)), [post(2)]);
        let without_id = News::Message(Message::Unmatched(3));
        assert_eq!(both.take(0, without_id.clone()), [without_id]);
    }

    #[test]
    fn memory_is_bounded() {
        let mut known = Known::new(3);
        assert!((0..10).all(|name| known.insert(name)));
        assert_eq!((known.set.len(), known.in_order.len()), (3, 3));
        assert!([7, 8, 9].into_iter().all(|name| !known.insert(name)));
        assert!(known.insert(6));
        assert!(known.insert(7));
    }
}
