//! What a show hears of, as closed enums: the messages of networks, and the news of sources.
//!
//! The envelope that says whose news it is, and what else a show hears of, is `show::Event`.

use std::sync::Arc;

use crate::order::Request;
use crate::post::{AuthorId, Deletion, Post, PostId};
use crate::snapshot::{Gap, SourceState};
use crate::timestamp::Timestamp;

/// A message as far as it was understood: what is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// It carries a post that names a team, or an edit.
    Post(Post),
    /// It takes posts back.
    Deletion(Deletion),
    /// Messages that concern no team, by number.
    Unmatched(u64),
    /// It names a team and cannot be read, and why.
    Malformed(&'static str),
    /// Messages that were lost because nobody had time for them, by number.
    Dropped(u64),
    /// A message that a recording tells more of than its network did.
    Recorded(Box<Recorded>),
    /// A command that was given, as a recording has it. It is no message of a network.
    Command(Box<Given>),
    /// What the clock of the recorded show did, and when. Neither is this.
    Clock(Timestamp, ClockEvent),
}

impl Message {
    /// The time that a file has reached with this message; `None` if it moves no time, since it names
    /// no team.
    #[must_use]
    pub fn reaches(&self) -> Option<Timestamp> {
        match self {
            Message::Post(post) => post.names_a_team().then_some(post.at),
            Message::Recorded(recorded) => {
                let at = recorded.message.reaches()?;
                Some(recorded.seen.unwrap_or(at))
            }
            Message::Command(given) => Some(given.at),
            Message::Clock(at, _) => Some(*at),
            Message::Deletion(_)
            | Message::Unmatched(_)
            | Message::Malformed(_)
            | Message::Dropped(_) => None,
        }
    }

    /// Whether it carries a post that names a team.
    #[must_use]
    pub fn names_team(&self) -> bool {
        match self {
            Message::Post(post) => post.names_a_team(),
            Message::Recorded(recorded) => recorded.message.names_team(),
            _ => false,
        }
    }
}

/// A message as a recording of rounds has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// When it arrived, if that is said.
    pub seen: Option<Timestamp>,
    /// The name of its source, if that is said.
    pub source: Option<String>,
    /// A post or a deletion.
    pub message: Message,
}

/// A command as a recording has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// When it was given.
    pub at: Timestamp,
    /// What, and under which condition.
    pub request: Request,
}

/// What a show's clock does to a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockEvent {
    /// The next round is ready, in a show that goes on by itself.
    Armed,
    /// Its countdown begins, in the same.
    Countdown,
    /// It opens, or goes on.
    Open,
    /// It is held, since the show was not running.
    Paused,
    /// The bell falls.
    Locked,
    /// The grace is over, and nobody is to see the result yet.
    Sealed,
    /// The result is shown: the grace is over, or what stood sealed is revealed by itself.
    Revealed,
}

impl ClockEvent {
    /// All of them.
    pub const ALL: [ClockEvent; 7] = [
        ClockEvent::Armed,
        ClockEvent::Countdown,
        ClockEvent::Open,
        ClockEvent::Paused,
        ClockEvent::Locked,
        ClockEvent::Sealed,
        ClockEvent::Revealed,
    ];

    /// As the value of `phase` in a recording.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ClockEvent::Armed => "armed",
            ClockEvent::Countdown => "countdown",
            ClockEvent::Open => "open",
            ClockEvent::Paused => "paused",
            ClockEvent::Locked => "locked",
            ClockEvent::Sealed => "sealed",
            ClockEvent::Revealed => "revealed",
        }
    }
}

/// What a source reports, in the order in which it was heard of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// A message, or several that are alike.
    Message(Message),
    /// The recording that is played has reached this time at least.
    Tick(Timestamp),
    /// A sign of life that is no message.
    Alive,
    /// The source is doing something else than before.
    State(SourceState),
    /// What keeps the source from being live, for people; `None` if nothing does any more.
    Problem(Option<Arc<str>>),
    /// Posts of this span of time may be missing.
    Gap(Gap),
    /// A panic has ended the source, which begins anew: in words for people.
    Panicked(Arc<str>),
}

impl News {
    /// Whether it is a message with a post, or one that takes posts back.
    #[must_use]
    pub fn is_post(&self) -> bool {
        use Message::{Deletion, Post, Recorded};
        matches!(self, News::Message(Post(_) | Deletion(_) | Recorded(_)))
    }
}

impl From<Message> for News {
    fn from(message: Message) -> News {
        News::Message(message)
    }
}

/// What became of a message, for whoever writes down what was counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is no message with a post, and takes none back; or it concerned no counted post.
    Other,
    /// A post that was counted.
    Counted,
    /// A post that is counted already.
    Duplicate,
    /// A post whose time had left the window, or that came after the grace of its round.
    Late,
    /// A post that names a team and lies outside of the round.
    Closed,
    /// A post that was taken back before it came, or changes one without a name.
    Dead,
    /// A post that names several teams.
    Both,
    /// A post that edits a counted one.
    Edited(Counted),
    /// A deletion that took back these counted posts.
    TakenBack(Vec<PostId>),
}

/// A post as it was counted before it was edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Its name.
    pub id: PostId,
    /// Who posted it.
    pub author: Option<AuthorId>,
    /// When.
    pub at: Timestamp,
}

/// The index of a source in the config, and in [`crate::snapshot::Snapshot::sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceId(pub usize);
