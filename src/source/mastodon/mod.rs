//! A Mastodon server: its stream with a token, its hashtag timelines without one.
//!
//! There are three ways to the posts: a WebSocket, server-sent events, and asking for the timelines
//! again and again. Where one is refused the next is taken, and the first tried again after a while.
//! Streams repeat nothing and promise nothing: what was missed is looked up in the timelines after
//! each connection, and once a minute in between, which also finds deletions that nobody told, and
//! streams that are connected and silent. Every post goes through [`seen`], so that it is told once.
//! A request beside a stream never stops it.
//! Only the server's `Date` tells of its clock: the times of posts are claims of their own servers.
//! Source: the Mastodon documentation, methods/streaming; `streaming/index.js`.

mod instance;
mod mark;
mod pace;
mod seen;
mod stream;
mod timeline;

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use crate::decode::{Decoder, Feed};
use crate::timestamp::Timestamp;

use super::Seat;
use super::link::failure::{Class, Failure};
use super::link::http::Document;
use super::link::{self, Link, Resume, Session};
use super::secret::Variable;
use instance::{Access, Api, Facts, PATIENCE};
use mark::{Mark, Names};
use seen::{Seen, Tell};
use timeline::{Cursor, Timeline, Use, View};

/// The keys of a `mastodon` source.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The server: `https`, or `http` on this machine, and no path.
    pub server: Url,
    /// Where the access token is.
    pub token: Option<Variable>,
    /// How posts are got.
    pub mode: Mode,
}

/// How posts are got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// By the stream with a token, by the timeline without one or where there is no stream.
    #[default]
    Auto,
    /// By the stream.
    Stream,
    /// By asking for the timeline again and again.
    Poll,
}

/// So often a way may fail to open, with the server itself there, before the next one is taken.
const TRIES: u32 = 3;

/// The first way is tried again after this.
const DETOUR: Duration = Duration::from_mins(5);

/// A timeline that may not be read is left alone for so many steps.
const REFUSED_STEPS: u32 = 60;

/// So many deletions and no posts are no accident.
const ONLY_DELETIONS: usize = 3;

/// So many steps pass before a post that the stream has not brought is missed, and before one that
/// has gone is taken for deleted.
const MISSED_STEPS: u32 = 2;
const GONE_STEPS: u32 = 6;

/// Reads the server until the show is over.
pub(super) async fn run(settings: Settings, seat: Seat) {
    let decoder = Decoder::new(&seat.contest, Some(Feed::Mastodon), seat.hasher.clone());
    let link = Link::new(seat, decoder);
    link::run(Mastodon::new(settings), link).await;
}

/// How posts come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Socket,
    Events,
    Timeline,
}

/// What there is to say of a source that works, one of each kind at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Topic {
    Feeds,
    Account,
    Way,
    Tags,
    Silence,
}

/// What is known once the server was asked.
struct Server {
    api: Api,
    facts: Facts,
    /// The hashtags that a stream can bring.
    streamed: Vec<String>,
    /// Those that it cannot.
    unstreamed: Vec<String>,
}

struct Mastodon {
    settings: Settings,
    server: Option<Server>,
    /// Made with the server.
    timeline: Option<Timeline>,
    way: Way,
    /// The way has opened.
    is_open: bool,
    /// How often in a row it did not.
    tries: u32,
    /// When to try the first way again.
    detour_until: Option<Instant>,
    names: Names,
    seen: Seen,
    /// Nothing from before that is told by a timeline.
    since: Option<Timestamp>,
    notes: BTreeMap<Topic, String>,
    notes_told: bool,
    silence: Silence,
}

/// What tells a stream that is silent from one with nothing to say.
#[derive(Default)]
struct Silence {
    /// When the connection was made, on the show's clock.
    since: Option<Timestamp>,
    /// Posts that this connection has brought.
    posts: u64,
    /// Deletions of posts that nobody has heard of.
    deletions: usize,
}

impl Session for Mastodon {
    async fn run(&mut self, link: &mut Link) -> Result<Infallible, Failure> {
        if self.detour_until.is_some_and(|until| until <= Instant::now()) {
            self.straight_on();
        }
        let missing = self.since.map(|_| link.last_heard());
        self.set_up(link).await?;
        self.since.get_or_insert_with(|| link.now());
        let usage = self.way.usage();
        self.timeline().restart(usage, missing);
        loop {
            self.is_open = false;
            let failure = match self.way {
                Way::Socket => self.by_socket(link).await,
                Way::Events => self.by_events(link).await,
                Way::Timeline => match self.by_timeline(link).await {
                    Ok(()) => {
                        self.straight_on();
                        continue;
                    }
                    Err(failure) => Err(failure),
                },
            };
            let Err(failure) = failure;
            if self.is_open {
                self.tries = 0;
                return Err(failure);
            }
            self.turn(link, failure).await?;
        }
    }
}

impl Mastodon {
    fn new(settings: Settings) -> Mastodon {
        let way = if settings.token.is_none() || settings.mode == Mode::Poll {
            Way::Timeline
        } else {
            Way::Socket
        };
        Mastodon {
            settings,
            server: None,
            timeline: None,
            way,
            is_open: false,
            tries: 0,
            detour_until: None,
            names: Names::default(),
            seen: Seen::default(),
            since: None,
            notes: BTreeMap::new(),
            notes_told: true,
            silence: Silence::default(),
        }
    }

    fn server(&self) -> &Server {
        self.server.as_ref().expect("it was asked before anything was opened")
    }

    fn timeline(&mut self) -> &mut Timeline {
        self.timeline.as_mut().expect("it was made when the server was asked")
    }

    /// Reads the token, asks the server what it is, and looks for what would make a show fail.
    async fn set_up(&mut self, link: &mut Link) -> Result<(), Failure> {
        if self.server.is_some() {
            return Ok(());
        }
        let token = match &self.settings.token {
            None if self.settings.mode == Mode::Stream => {
                let why = "Mastodon streams to accounts only: name the environment variable of an \
                           access token with `token_env`, or leave `mode` out";
                return Err(Failure::Setup(why.to_owned()));
            }
            None => None,
            Some(variable) => {
                let token = variable.read().map_err(|missing| {
                    Failure::Setup(format!(
                        "{missing}: set it to an access token of your account and start again, or \
                         leave `token_env` out to read what is public"
                    ))
                })?;
                if !token.reveal().bytes().all(|byte| byte.is_ascii_graphic()) {
                    let why = format!("the value of `{variable}` cannot be an access token");
                    return Err(Failure::Setup(why));
                }
                Some(token)
            }
        };
        let api = Api::new(&self.settings.server, token)?;
        let facts = api.facts(link).await?;
        let hashtags = link.contest().teams().iter().flat_map(|team| team.hashtags.clone());
        let (streamed, unstreamed) = timeline::split(hashtags);
        let (step, window) = (link.times().poll, link.contest().window());
        let tags = (&streamed[..], &unstreamed[..]);
        self.timeline = Some(Timeline::new(tags, facts.is_mastodon, step, window));
        self.note(Topic::Feeds, feeds(&facts, self.settings.token.is_some()));
        let hidden = hidden_from_account(link, &api, &facts, &streamed).await;
        self.note(Topic::Account, hidden);
        self.server = Some(Server { api, facts, streamed, unstreamed });
        Ok(())
    }

    /// A way did not open: takes the next one if that may help, or fails.
    async fn turn(&mut self, link: &mut Link, failure: Failure) -> Result<(), Failure> {
        let next = match (self.way, self.settings.mode) {
            (Way::Socket, Mode::Auto)
                if matches!(failure, Failure::Status { status: 401 | 403, .. }) =>
            {
                Way::Timeline
            }
            (Way::Socket, _) => Way::Events,
            (Way::Events, Mode::Auto) => Way::Timeline,
            (Way::Events, _) => {
                self.straight_on();
                return Err(failure);
            }
            (Way::Timeline, _) => return Err(failure),
        };
        match &failure {
            Failure::Over
            | Failure::Ended
            | Failure::Setup(_)
            | Failure::Resolve { .. }
            | Failure::Status { status: 429, .. } => return Err(failure),
            // Refused for good, or by something in between that does not know it.
            Failure::Status { status: 401 | 403, .. } if self.settings.mode == Mode::Stream => {
                return Err(failure);
            }
            Failure::Status { status: ..=499 | 501, .. }
            | Failure::Protocol(_)
            | Failure::Page
            | Failure::Redirect { .. }
            | Failure::ContentType { .. }
            | Failure::Said { .. } => {}
            _ => {
                self.tries += 1;
                if self.tries < TRIES {
                    return Err(failure);
                }
                // It may be the whole server that is down.
                self.server().api.facts(link).await?;
            }
        }
        self.tries = 0;
        self.way = next;
        self.detour_until = Some(Instant::now() + DETOUR);
        let instead = match next {
            Way::Events => None,
            _ => Some(format!(
                "the server does not stream ({failure}): its timelines are asked again and again \
                 instead"
            )),
        };
        tracing::warn!(way = ?self.way, "another way is tried: {failure}");
        self.note(Topic::Way, instead);
        let usage = self.way.usage();
        self.timeline().restart(usage, None);
        Ok(())
    }

    /// Back to the first way.
    fn straight_on(&mut self) {
        self.detour_until = None;
        if self.settings.token.is_some() && self.settings.mode != Mode::Poll {
            self.way = Way::Socket;
            self.note(Topic::Way, None);
            if let Some(timeline) = &mut self.timeline {
                timeline.restart(Way::Socket.usage(), None);
            }
        }
    }

    /// Asks for the timelines; returns when it is time to try the first way again.
    async fn by_timeline(&mut self, link: &mut Link) -> Result<(), Failure> {
        loop {
            if self.detour_until.is_some_and(|until| until <= Instant::now()) {
                return Ok(());
            }
            link.flush().await?;
            let view = view(link);
            let (Some(server), Some(timeline)) = (&self.server, &mut self.timeline) else {
                unreachable!("they were made before anything was opened")
            };
            let due = timeline.due_in();
            let asked = timeline.next(&server.api, view);
            let document = if self.is_open {
                link.expect_word_every(due);
                link.watch(due + PATIENCE * 2, asked).await?
            } else {
                asked.await
            };
            let (page, streamed) = self.answered(link, document)?;
            if !self.is_open {
                link.connected(Resume::Complete).await?;
                self.is_open = true;
                self.notes_told = false;
            }
            link.alive().await?;
            self.page(link, &page, streamed).await?;
            self.tell_notes(link).await?;
        }
    }

    /// A connection to a stream stands.
    async fn streaming(&mut self, link: &mut Link) -> Result<(), Failure> {
        link.connected(Resume::Complete).await?;
        self.is_open = true;
        self.notes_told = false;
        self.silence = Silence { since: Some(link.now()), ..Silence::default() };
        self.note(Topic::Silence, None);
        self.note(Topic::Tags, None);
        let usage = self.way.usage();
        self.timeline().restart(usage, None);
        self.tell_notes(link).await
    }

    /// A message of a stream.
    async fn streamed(&mut self, link: &mut Link, message: &[u8]) -> Result<(), Failure> {
        let now = Instant::now();
        match mark::mark(message) {
            Mark::Status { id, edited_at, is_edit } => {
                if !is_edit {
                    self.silence.posts += 1;
                    if self.notes.contains_key(&Topic::Silence) {
                        self.note(Topic::Silence, None);
                        self.timeline().set_use(Use::BesideStream);
                    }
                }
                if self.seen.status(self.names.name(&id), edited_at, now) != Tell::Nothing {
                    link.message(message)?;
                }
            }
            Mark::Delete(id) => {
                let name = self.names.name(&id);
                if !self.seen.knows(name) {
                    self.silence.deletions += 1;
                }
                if self.seen.delete(name, now) {
                    link.message(message)?;
                }
                if self.silence.posts == 0 && self.silence.deletions >= ONLY_DELETIONS {
                    self.silent("only deletions have come over it");
                }
            }
            Mark::Error(said) => {
                self.note(
                    Topic::Tags,
                    Some(format!(
                        "the server refuses to stream a hashtag ({said}): the timelines are asked \
                         as well"
                    )),
                );
                self.timeline().set_use(Use::BesideSilence);
            }
            Mark::Other => link.message(message)?,
        }
        self.tell_notes(link).await
    }

    /// The stream is connected and does not bring what it should.
    fn silent(&mut self, sign: &str) {
        let note = format!(
            "the stream is connected, and {sign}: the server may have switched its hashtag feeds \
             off, or the account of the token may have chosen languages; use an account without \
             them, or another server (the timelines are asked meanwhile)"
        );
        self.note(Topic::Silence, Some(note));
        self.timeline().set_use(Use::BesideSilence);
    }

    /// An answer of a timeline beside a stream, which must not end it.
    async fn beside(&mut self, link: &mut Link, document: Document) -> Result<(), Failure> {
        let failure = match self.answered(link, document) {
            Ok((page, streamed)) => match self.page(link, &page, streamed).await {
                Ok(()) => return self.tell_notes(link).await,
                Err(Failure::Over) => return Err(Failure::Over),
                Err(failure) => failure,
            },
            Err(failure) => failure,
        };
        let step = link.times().poll;
        let class = failure.class(true);
        let pause = match class {
            Class::Refused => step * REFUSED_STEPS,
            Class::RateLimit(asked) | Class::Server(asked) => asked.unwrap_or(step * GONE_STEPS),
            Class::Broken | Class::Network => step * MISSED_STEPS,
        };
        if class == Class::Refused && !self.server().unstreamed.is_empty() {
            let note = format!(
                "the hashtags {} come over no stream, and the timelines cannot be read ({failure})",
                self.server().unstreamed.join(", ")
            );
            self.note(Topic::Tags, Some(note));
        }
        tracing::warn!(?pause, "the timelines cannot be read beside the stream: {failure}");
        self.timeline().failed(pause);
        self.tell_notes(link).await?;
        let (now, window) = (link.now(), link.contest().window());
        let connected = self.silence.since.unwrap_or(now);
        let is_lost = |missing: Timestamp| {
            class == Class::Refused || now.saturating_since(missing) + pause > window
        };
        if self.timeline().missing().is_some_and(is_lost)
            && let Some(missing) = self.timeline().give_up()
        {
            link.gap(missing, connected.max(missing)).await?;
        }
        Ok(())
    }

    /// Takes an answer of a timeline: the page, and whether a stream brings its hashtags.
    fn answered(
        &mut self,
        link: &mut Link,
        document: Document,
    ) -> Result<(Vec<u8>, bool), Failure> {
        if let Some(date) = timeline::date(&document) {
            link.hear_time(date);
        }
        let view = view(link);
        let timeline = self.timeline();
        let page = timeline.answered(document, view)?;
        Ok((page, timeline.is_of_streamed()))
    }

    /// A page of a timeline: tells what is new on it, the oldest post first.
    async fn page(
        &mut self,
        link: &mut Link,
        page: &[u8],
        is_of_streamed: bool,
    ) -> Result<(), Failure> {
        let not_statuses = |why: &str| Failure::Protocol(format!("a timeline is {why}"));
        let text = std::str::from_utf8(page).map_err(|_| not_statuses("not UTF-8"))?;
        let statuses = mark::page(text).map_err(|_| not_statuses("no list of posts"))?;
        let now = Instant::now();
        for (head, text) in statuses.iter().rev() {
            let text = text.replace(['\n', '\r'], " ");
            let Some(head) = head else {
                link.message(text.as_bytes())?;
                continue;
            };
            let name = self.names.name(&head.id);
            let posted = head.created_at.map(|at| link.place(at));
            if posted < self.since && !self.seen.knows(name) {
                self.seen.pass_over(name, head.edited_at, now);
                continue;
            }
            match self.seen.status(name, head.edited_at, now) {
                Tell::Nothing => {}
                Tell::Edit => link.message(mark::message("status.update", &text).as_bytes())?,
                Tell::Post => {
                    link.message(text.as_bytes())?;
                    if is_of_streamed && self.is_missed(link, posted) {
                        self.silent("nothing has come over it that the timelines have");
                    }
                }
            }
        }
        let heads: Vec<_> = statuses
            .iter()
            .filter_map(|(head, _)| head.clone())
            .map(|head| (head.clone(), self.names.name(&head.id)))
            .collect();
        let view = view(link);
        let Some(finished) = self.timeline().walked(&heads, statuses.len(), view) else {
            return Ok(());
        };
        if let Some((from, to)) = finished.lost {
            link.gap(from, to).await?;
        }
        if let Some((from, found)) = finished.complete {
            self.vanished(link, from, &found)?;
        }
        Ok(())
    }

    /// Whether a stream that works would have brought a post of that time.
    fn is_missed(&self, link: &Link, posted: Option<Timestamp>) -> bool {
        let (Some(since), Some(posted)) = (self.silence.since, posted) else { return false };
        let step = link.times().poll;
        self.way != Way::Timeline
            && self.silence.posts == 0
            && posted > since.saturating_add(step)
            && link.now().saturating_since(posted) > step * MISSED_STEPS
    }

    /// Tells the end of posts that are in no timeline any more.
    fn vanished(
        &mut self,
        link: &mut Link,
        from: mark::Name,
        found: &BTreeSet<mark::Name>,
    ) -> Result<(), Failure> {
        let now = Instant::now();
        for name in self.seen.vanished(from, found, link.times().poll * GONE_STEPS, now) {
            self.seen.delete(name, now);
            link.message(mark::message("delete", &name.to_string()).as_bytes())?;
        }
        Ok(())
    }

    fn note(&mut self, topic: Topic, note: Option<String>) {
        if self.notes.get(&topic) != note.as_ref() {
            self.notes_told = false;
            match note {
                Some(note) => drop(self.notes.insert(topic, note)),
                None => drop(self.notes.remove(&topic)),
            }
        }
    }

    /// Shows what there is to say, if that has changed.
    async fn tell_notes(&mut self, link: &mut Link) -> Result<(), Failure> {
        if std::mem::replace(&mut self.notes_told, true) {
            return Ok(());
        }
        let notes: Vec<&str> = self.notes.values().map(String::as_str).collect();
        let notes = notes.join("; ");
        link.problem(Some(notes.as_str()).filter(|notes| !notes.is_empty())).await
    }
}

impl Way {
    fn usage(self) -> Use {
        match self {
            Way::Timeline => Use::Alone,
            _ => Use::BesideStream,
        }
    }
}

fn view(link: &Link) -> View {
    View { clock: link.clock(), ahead_ms: link.skew_ms().unwrap_or(0) }
}

/// What to say of a server that does not show everybody's posts with a hashtag.
fn feeds(facts: &Facts, has_account: bool) -> Option<String> {
    let is_shut =
        |access| access == Access::Disabled || access == Access::Authenticated && !has_account;
    let whose = match (is_shut(facts.local), is_shut(facts.remote)) {
        (false, false) => return None,
        (true, true) => "any posts",
        (true, false) => "the posts of its own people",
        (false, true) => "the posts of other servers",
    };
    let is_disabled = facts.local == Access::Disabled || facts.remote == Access::Disabled;
    let (cause, mend) = if is_disabled {
        ("its owner has switched that off", "use another server, or ask its owner")
    } else {
        ("without an account", "make an access token there and name its variable with `token_env`")
    };
    Some(format!("the server does not show {whose} with a hashtag, {cause}: {mend}"))
}

/// What to say if the token's account sees less than anybody does: its languages, blocks and mutes
/// apply to streams too, and no answer of the server tells them.
async fn hidden_from_account(
    link: &mut Link,
    api: &Api,
    facts: &Facts,
    tags: &[String],
) -> Option<String> {
    if api.token().is_none() || facts.local != Access::Public || facts.remote != Access::Public {
        return None;
    }
    let (mut all, mut hidden) = (0, 0);
    for tags in tags.chunks(timeline::tags_at_once(facts.is_mastodon)) {
        let url = timeline::url(api, tags, &Cursor::Newest);
        let mut pages = Vec::new();
        // Theirs is asked for last, so that it has whatever comes meanwhile.
        for request in [api.get_anonymously(&url), api.get(&url)] {
            // What is wrong here is told when it matters.
            let body = instance::ask(link, request).await.ok()?;
            let heads = mark::page(std::str::from_utf8(&body).ok()?).ok()?;
            let ids = heads.into_iter().filter_map(|(head, _)| head);
            pages.push(ids.map(|head| (head.created_at, head.id.into_owned())).collect::<Vec<_>>());
        }
        let (theirs, everybodys) = (pages.pop()?, pages.pop()?);
        // A full page may end before the other does.
        let last =
            theirs.iter().map(|&(at, _)| at).min().filter(|_| theirs.len() >= timeline::PAGE);
        let comparable = everybodys.iter().filter(|&&(at, _)| last.is_none_or(|last| at > last));
        for (_, id) in comparable {
            all += 1;
            hidden += u32::from(theirs.iter().all(|(_, known)| known != id));
        }
    }
    (hidden > 0).then(|| {
        format!(
            "the account of the token does not see {hidden} of the {all} newest posts that anybody \
             sees: it may have chosen languages, or muted or blocked people; use an account of its \
             own without any of that"
        )
    })
}
