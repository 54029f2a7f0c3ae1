//! A Mastodon server: its stream with a token, its hashtag timelines without one.
//!
//! There are three ways to the posts: a WebSocket, server-sent events, and asking for the timelines
//! again and again. Where one is refused the next is taken, and the first tried again after a while.
//! Streams repeat nothing and promise nothing: what was missed is looked up in the timelines after
//! each connection, and once a minute in between, which also finds deletions that nobody told, and
//! streams that are connected and silent. Every post goes through `seen`, so that it is told once.
//! A request beside a stream never stops it.
//! Only the server's `Date` tells of its clock: the times of posts are claims of their own servers.
//! Source: the Mastodon documentation, methods/streaming; `streaming/index.js`.

mod check;
mod instance;
mod mark;
mod pace;
mod seen;
mod stream;
mod tell;
mod timeline;
mod walk;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use crate::decode::{Decoder, Feed};
use crate::timestamp::Timestamp;

use super::SourceContext;
use super::link::failure::Failure;
use super::link::{self, Link, Resume, Session};
use super::secret::Variable;
use instance::{Api, Facts, PATIENCE};
use mark::Names;
use seen::Seen;
use tell::Silence;
use timeline::{Timeline, Use, View};

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

/// Reads the server until the show is over.
pub(super) async fn run(settings: Settings, context: SourceContext) {
    let decoder = Decoder::new(&context.contest, Some(Feed::Mastodon), context.hasher.clone());
    let link = Link::new(context, decoder);
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
    /// The timelines have shown a post: what they do not show may have been deleted.
    timelines_show: bool,
    /// Nothing from before that is told by a timeline.
    since: Option<Timestamp>,
    notes: BTreeMap<Topic, String>,
    notes_told: bool,
    silence: Silence,
}

impl Session for Mastodon {
    async fn run(&mut self, link: &mut Link) -> Result<Infallible, Failure> {
        if self.detour_until.is_some_and(|until| until <= Instant::now()) {
            self.straight_on();
        }
        let missing = self.since.map(|_| link.last_alive());
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
            timelines_show: false,
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
        self.note(Topic::Feeds, check::feeds(&facts, self.settings.token.is_some()));
        let hidden = check::hidden_from_account(link, &api, &facts, &streamed).await;
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
                link.expect_silence_of(due);
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
        link.report_problem(Some(notes.as_str()).filter(|notes| !notes.is_empty())).await
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
