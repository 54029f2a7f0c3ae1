//! One relay: asks it for posts with our hashtags, verifies them, and asks on where it stopped.
//!
//! Three subscriptions: the posts from a little before the newest one on, as they come; older ones,
//! page by page, while a relay sends fewer than it has; and what changes the posts that have come,
//! which is found by their ids: deletions, and reposts if these count.
//! A relay need not say that it has sent all (`EOSE`): nothing waits for that without a limit.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::http::HeaderMap;
use tracing::{debug, info};
use url::Url;

use crate::contest::Reposts;
use crate::decode::networks::nostr::message::{self, RelayMessage};
use crate::decode::networks::nostr::signature::{self, Forged};
use crate::decode::verdict::{self, Verdict};
use crate::decode::{Decoder, Feed};
use crate::source::SourceContext;
use crate::source::link::failure::{Failure, quoted};
use crate::source::link::log_limit::LogLimit;
use crate::source::link::websocket::Socket;
use crate::source::link::{self, Link, Resume, Session, net};
use crate::timestamp::Timestamp;

use super::closed::closed;
use super::hashtags;

/// The names of our subscriptions.
pub(super) const POSTS: &str = "hashtug";
const OLDER: &str = "hashtug-older";
const CHANGES: &str = "hashtug-changes";

/// A relay promises no word; this is for one that does not answer pings either.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// The time before the newest post that is asked for again: authors date their posts, and relays pass
/// them on late.
const OVERLAP: Duration = Duration::from_mins(2);

/// Stored posts that are asked for at a time; many relays send no more.
const PAGE: usize = 500;

/// More pages are not asked for.
const MAX_PAGES: usize = 40;

/// Posts whose deletions are asked for, the newest: relays limit filters and messages.
const MAX_CHANGING: usize = 200;

/// The time without forged events after which the next one is shown as a problem again.
const SPELL: Duration = Duration::from_mins(1);

/// More remarks of a relay on one connection are not logged.
const MAX_NOTICES: u32 = 3;

/// What people call a relay.
pub(super) fn name(url: &Url) -> String {
    match url.path() {
        "/" => net::host(url),
        path => net::host(url) + path,
    }
}

/// Reads one relay until the show is over.
pub(super) async fn run(url: Url, context: SourceContext, log: LogLimit) {
    let decoder = Decoder::new(&context.questions, Some(Feed::Nostr), context.hasher.clone());
    let hashtags = hashtags::variants(&context.questions);
    let link = Link::new(context, decoder).with_log_limit(log);
    let relay = Relay { url, hashtags, newest: None, posts: VecDeque::new(), forged: None };
    link::run(relay, link).await;
}

struct Relay {
    url: Url,
    hashtags: Vec<String>,
    /// When the newest post is from, on the network's clock, and not later than it came; before
    /// there is one, when the relay was asked first, or when the show before ended.
    newest: Option<Timestamp>,
    /// The newest posts, and when they are from.
    posts: VecDeque<(String, Timestamp)>,
    /// When the last forged event came, in a spell of them that is shown.
    forged: Option<Instant>,
}

/// What one connection is doing.
struct Connection {
    /// From when on posts are wanted; `None` where the relay's clock and the machine's contradict each
    /// other, since a time of the future would hide all that is posted until then.
    since: Option<Timestamp>,
    /// The stored posts that are on their way.
    page: Option<Page>,
    pages: usize,
    /// The relay has taken the subscription.
    confirmed: bool,
    /// What it said instead.
    remark: Option<String>,
    notices: u32,
    /// When the changes of posts may be asked for again, and whether there is anything new to ask.
    next_changes: Instant,
    changes: Changes,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Changes {
    /// What is asked for is what there is.
    Asked,
    /// Posts have come since.
    Due,
    /// The relay does not want to be asked.
    Refused,
}

/// Stored posts that were asked for.
struct Page {
    subscription: &'static str,
    /// No longer waited for after that.
    deadline: Instant,
    /// The oldest that has come.
    oldest: Option<Timestamp>,
    /// They are not newer than that.
    until: Option<Timestamp>,
}

impl Session for Relay {
    async fn run(&mut self, link: &mut Link) -> Result<Infallible, Failure> {
        let url = self.url.clone();
        let heartbeat = link.times().heartbeat.unwrap_or(HEARTBEAT);
        let mut socket = Socket::open(link, &url, &HeaderMap::new(), heartbeat).await?;
        let now = link.network_now();
        let since = link.since().map_or(now, |since| link.network_at(since));
        let newest = (*self.newest.get_or_insert(since)).min(now);
        let back = |from: Timestamp, span| from.checked_sub(span).unwrap_or(from);
        // What is older would not count.
        let since = back(newest, OVERLAP).max(back(now, link.reach()));
        let since = Some(since).filter(|_| !link.is_time_undecided());
        self.forged = None;
        let patience = link.times().silence;
        let mut connection = Connection {
            since,
            page: None,
            pages: 0,
            confirmed: false,
            remark: None,
            notices: 0,
            next_changes: Instant::now(),
            changes: if self.posts.is_empty() { Changes::Asked } else { Changes::Due },
        };
        self.ask_for_page(link, &mut socket, &mut connection, None).await?;
        link.connected(Resume::Complete).await?;
        loop {
            if connection.changes == Changes::Due && connection.next_changes <= Instant::now() {
                connection.next_changes = Instant::now() + patience / 2;
                connection.changes = Changes::Asked;
                self.ask_for_changes(link, &mut socket).await?;
            }
            let changes =
                Some(connection.next_changes).filter(|_| connection.changes == Changes::Due);
            let page = connection.page.as_ref().map(|page| page.deadline);
            let deadline = changes.into_iter().chain(page).min();
            let received = socket.next_before(link, deadline).await?;
            if let Some(received) = received {
                self.take(link, &mut socket, &mut connection, received.bytes()).await?;
            }
            if connection.page.as_ref().is_some_and(|page| page.deadline <= Instant::now()) {
                self.show_remark(link, &connection).await?;
                self.end_page(link, &mut socket, &mut connection).await?;
            }
        }
    }
}

impl Relay {
    async fn take(
        &mut self,
        link: &mut Link,
        socket: &mut Socket,
        connection: &mut Connection,
        text: &[u8],
    ) -> Result<(), Failure> {
        let message = message::read(text);
        if !matches!(message, RelayMessage::Event { .. } | RelayMessage::Other) {
            link.note_read();
        }
        match message {
            RelayMessage::Event { subscription, id, kind, at } => {
                Relay::confirm(link, connection).await?;
                if let (Some(page), Some(at)) = (&mut connection.page, at)
                    && page.subscription == subscription
                    // What was not asked for tells nothing of how far the page goes.
                    && connection.since.is_none_or(|since| at >= round_down(since))
                {
                    page.oldest = Some(page.oldest.map_or(at, |oldest| oldest.min(at)));
                }
                let is_genuine = self.deliver_genuine(link, text).await?;
                if let (true, Some(1), Some(id), Some(at)) = (is_genuine, kind, id, at) {
                    let at = at.min(link.network_now());
                    self.newest = self.newest.max(Some(at));
                    if self.remember(&id, at) && connection.changes == Changes::Asked {
                        connection.changes = Changes::Due;
                    }
                }
            }
            RelayMessage::Eose(subscription) => {
                Relay::confirm(link, connection).await?;
                if connection.page.as_ref().is_some_and(|page| page.subscription == subscription) {
                    self.end_page(link, socket, connection).await?;
                }
            }
            RelayMessage::Closed(subscription, said) => match &*subscription {
                POSTS => {
                    let failure = closed(&said);
                    return Err(if connection.confirmed {
                        failure
                    } else {
                        link.count_as_failed(failure)
                    });
                }
                OLDER => {
                    if link.may_log() {
                        info!("the relay does not send older posts: {}", quoted(&said));
                    }
                    connection.page = None;
                }
                CHANGES => {
                    if link.may_log() {
                        info!("the relay does not send deletions: {}", quoted(&said));
                    }
                    connection.changes = Changes::Refused;
                }
                _ => {}
            },
            RelayMessage::Notice(said) => {
                let said = quoted(&said);
                connection.notices += 1;
                if connection.notices <= MAX_NOTICES && link.may_log() {
                    info!("the relay remarks: {said}");
                }
                connection.remark = Some(format!("the relay says: {said}"));
                if connection.page.is_none() {
                    self.show_remark(link, connection).await?;
                }
            }
            RelayMessage::Auth => {
                let remark = "the relay asks who is there, and hashtug does not log in (NIP-42): \
                              use another relay";
                connection.remark.get_or_insert_with(|| remark.to_owned());
            }
            RelayMessage::Other if is_known(text) => {
                link.note_read();
                debug!("the relay says what was not asked for");
            }
            RelayMessage::Other => link.deliver(text)?,
        }
        Ok(())
    }

    /// Sends what an event says, if it is signed by its author and changes anything; whether it is
    /// and does.
    async fn deliver_genuine(&mut self, link: &mut Link, text: &[u8]) -> Result<bool, Failure> {
        // Only what would change the count is worth the work.
        let mut verdict = None;
        link.deliver_if(text, |_| {
            let verified = std::str::from_utf8(text).map_or(Ok(()), signature::verify);
            verdict = Some(verified);
            verified.map_err(|_| "forged event")
        })?;
        match verdict {
            None => Ok(false),
            Some(Ok(())) => {
                if self.forged.is_some_and(|last| last.elapsed() > SPELL) {
                    self.forged = None;
                    link.report_problem(None).await?;
                }
                Ok(true)
            }
            Some(Err(forged)) => {
                let is_new = self.forged.replace(Instant::now()).is_none();
                if is_new {
                    link.report_problem(Some(&describe(forged))).await?;
                }
                Ok(false)
            }
        }
    }

    /// Remembers a post whose deletion would matter; whether it is a new one.
    fn remember(&mut self, id: &str, at: Timestamp) -> bool {
        if self.posts.iter().any(|(known, _)| known == id) {
            return false;
        }
        if self.posts.len() == MAX_CHANGING {
            self.posts.pop_front();
        }
        self.posts.push_back((id.to_owned(), at));
        true
    }

    /// The subscription stands.
    async fn confirm(link: &mut Link, connection: &mut Connection) -> Result<(), Failure> {
        if !std::mem::replace(&mut connection.confirmed, true) && connection.remark.take().is_some()
        {
            link.report_problem(None).await?;
        }
        Ok(())
    }

    /// The relay has not said for too long that the subscription stands: shows what it said instead.
    async fn show_remark(&self, link: &mut Link, connection: &Connection) -> Result<(), Failure> {
        match &connection.remark {
            Some(remark) if !connection.confirmed => link.report_problem(Some(remark)).await,
            _ => Ok(()),
        }
    }

    /// The stored posts that were asked for have come, as far as they do: asks for those before.
    async fn end_page(
        &self,
        link: &mut Link,
        socket: &mut Socket,
        connection: &mut Connection,
    ) -> Result<(), Failure> {
        let Some(page) = connection.page.take() else { return Ok(()) };
        // Those of the oldest second come again; if nothing else does, there are no more.
        let oldest = page.oldest.filter(|&oldest| page.until.is_none_or(|until| oldest < until));
        match (oldest, connection.since) {
            (Some(oldest), Some(since)) if oldest > since => {
                if connection.pages < MAX_PAGES {
                    return self.ask_for_page(link, socket, connection, Some(oldest)).await;
                }
                link.report_gap(link.place(since), link.place(oldest)).await?;
            }
            _ => {}
        }
        if page.subscription == OLDER {
            socket.send(link, json!(["CLOSE", OLDER]).to_string()).await?;
        }
        Ok(())
    }

    /// Asks for posts up to `until`; without, for those to come too.
    async fn ask_for_page(
        &self,
        link: &mut Link,
        socket: &mut Socket,
        connection: &mut Connection,
        until: Option<Timestamp>,
    ) -> Result<(), Failure> {
        let subscription = if until.is_some() { OLDER } else { POSTS };
        let mut filter = json!({"kinds": [1], "#t": self.hashtags, "limit": PAGE});
        if let Some(since) = connection.since {
            filter["since"] = seconds(since);
        }
        if let Some(until) = until {
            filter["until"] = seconds(until);
        }
        connection.pages += 1;
        let deadline = Instant::now() + link.times().silence;
        connection.page = Some(Page { subscription, deadline, oldest: None, until });
        socket.send(link, json!(["REQ", subscription, filter]).to_string()).await
    }

    /// Asks for what changes the posts that have come.
    async fn ask_for_changes(
        &mut self,
        link: &mut Link,
        socket: &mut Socket,
    ) -> Result<(), Failure> {
        let horizon = link.network_now().checked_sub(link.reach()).unwrap_or(Timestamp::MIN);
        let horizon = Some(horizon).filter(|_| !link.is_time_undecided());
        self.posts.retain(|(_, at)| horizon.is_none_or(|horizon| *at >= horizon));
        if self.posts.is_empty() {
            return Ok(());
        }
        let ids: Vec<&str> = self.posts.iter().map(|(id, _)| id.as_str()).collect();
        let kinds: &[u8] = match link.questions().reposts() {
            Reposts::Ignore => &[5],
            Reposts::Count => &[5, 6, 16],
        };
        let mut filter = json!({"kinds": kinds, "#e": ids});
        if let Some(horizon) = horizon {
            filter["since"] = seconds(horizon);
        }
        socket.send(link, json!(["REQ", CHANGES, filter]).to_string()).await
    }
}

/// Whether a message that holds no event is one that relays are known to send.
fn is_known(text: &[u8]) -> bool {
    matches!(verdict::of_feed(Feed::Nostr, text), Verdict::Read { .. })
}

fn seconds(at: Timestamp) -> Value {
    at.millis().div_euclid(1000).into()
}

/// The second of a time, as a relay has it.
fn round_down(at: Timestamp) -> Timestamp {
    Timestamp::from_secs(at.millis().div_euclid(1000)).unwrap_or(at)
}

fn describe(forged: Forged) -> String {
    format!("the relay sends posts that are not by their authors: {forged} (use another relay)")
}
