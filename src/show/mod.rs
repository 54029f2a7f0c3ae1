//! The show: the one owner of everything that happens.
//!
//! Pure: what happened comes in as an [`Event`] and the time as a [`Now`], what follows goes out as an
//! [`Outcome`], and [`Show::snapshot`] is the whole state at an instant. The count is the tally's, the
//! sources' state is `health`'s, what is shown is `screen`'s; the loop that has a clock and channels is
//! [`task`].

mod delay;
mod health;
mod published;
mod rounds;
mod screen;
mod sizes;
pub mod task;

use std::sync::Arc;
use std::time::Duration;

use crate::event::{Fate, Given, Message, News, SourceId};
use crate::order::{Answer, Command, Order};
use crate::picture::Dark;
use crate::post::{Deletion, Post};
use crate::questions::Questions;
use crate::round::Rules;
use crate::snapshot::{
    OutputStatus, Phase, RecordingStatus, RoundResult, SourceState, SourceStatus,
};
use crate::tally::{Limits, Tally};
use crate::timer::Marks;
use crate::timestamp::Timestamp;

use health::Health;
use rounds::Rounds;
use screen::Screen;
use sizes::Sizes;

/// Something that happened: what it was, and who it came from.
#[derive(Clone, Debug)]
pub enum Event {
    /// A source has news.
    News(SourceId, News),
    /// A person has ordered something.
    Order(Order),
    /// The parts of the show that show and write it have done so far what they say.
    Parts(Parts),
    /// Time has passed.
    Time,
}

/// How the parts are doing that a snapshot tells of beside the count.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// The recording, if the show is recorded.
    pub recording: Option<RecordingStatus>,
    /// The journal, if the show keeps one.
    pub journal: Option<RecordingStatus>,
    /// The outputs, in the order of the config; `None` where nothing can have any.
    pub outputs: Option<Vec<OutputStatus>>,
}

/// What time it is when something happens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Now {
    /// How long the show has run; it never goes back.
    pub elapsed: Duration,
    /// What the clock of a live show shows. A show of recordings alone has none: their time is told
    /// by what they say.
    pub clock: Option<Timestamp>,
}

/// What followed from an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What became of it.
    pub effect: Effect,
    /// How soon it is to be seen.
    pub urgency: Urgency,
}

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Of a message, and of all news that holds none.
    Fate(Fate),
    /// Of an order.
    Answer(Answer),
    /// It was taken note of.
    Noted,
}

/// How soon the next snapshot is to be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// At the next beat.
    Beat,
    /// As soon as the newest snapshot has stood for the shortest beat.
    Soon,
    /// At once.
    Now,
}

pub use rounds::Said;

/// All that a show starts with.
#[derive(Clone, Debug)]
pub struct Setup {
    /// What is asked. A show without rounds asks the first of them.
    pub questions: Arc<Questions>,
    /// How its rounds go; `None`: the first question is open from start to end.
    pub rounds: Option<Rules>,
    /// Time is what recordings say, and their commands are carried out.
    pub is_recorded: bool,
    /// How the sources stand before they are started.
    pub sources: Vec<SourceStatus>,
    /// What the tally may hold.
    pub limits: Limits,
    /// When the light of a timer changes.
    pub marks: Marks,
}

/// Who counts.
enum Counting {
    /// One question, which is open all the time.
    Open(Box<Tally>),
    Rounds(Box<Rounds>),
}

/// The state of the show.
pub struct Show {
    questions: Arc<Questions>,
    count: Counting,
    health: Health,
    screen: Screen,
    parts: Parts,
    sizes: Sizes,
    /// Snapshots so far.
    seq: u64,
}

impl Show {
    /// A show in which nothing has happened.
    #[must_use]
    pub fn new(setup: Setup) -> Show {
        let Setup { questions, rounds, is_recorded, sources, limits, marks } = setup;
        let count = match rounds {
            None => Counting::Open(Box::new(Tally::new(Arc::clone(questions.first()), limits))),
            Some(rules) => {
                let names = sources.iter().map(|source| source.name.clone()).collect();
                let questions = Arc::clone(&questions);
                let rounds = Rounds::new(questions, rules, limits, names, is_recorded);
                Counting::Rounds(Box::new(rounds))
            }
        };
        Show {
            questions,
            count,
            health: Health::new(sources),
            screen: Screen::new(marks),
            parts: Parts::default(),
            sizes: Sizes::default(),
            seq: 0,
        }
    }

    /// The newest time of a post so far that names a team, or of the show's clock.
    #[must_use]
    pub fn now(&self) -> Option<Timestamp> {
        match &self.count {
            Counting::Open(tally) => tally.now(),
            Counting::Rounds(rounds) => rounds.now(),
        }
    }

    /// What happened to the evening since this was asked last, for whoever writes it down. Always
    /// nothing without rounds.
    pub fn take_said(&mut self) -> Vec<Said> {
        match &mut self.count {
            Counting::Open(_) => Vec::new(),
            Counting::Rounds(rounds) => rounds.take_said(),
        }
    }

    /// The show that a journal was read of goes on `now`, after it ended unexpectedly at `last`.
    pub fn go_on(&mut self, last: Timestamp, now: Timestamp) {
        match &mut self.count {
            Counting::Open(tally) => tally.advance(now),
            Counting::Rounds(rounds) => rounds.go_on(last, now),
        }
    }

    /// When a source was heard last, by the clock of a live show.
    #[must_use]
    pub fn heard(&self, source: SourceId, now: Now) -> Option<Timestamp> {
        let silent = self.health.silent_for(source, now.elapsed)?;
        now.clock.map(|clock| clock.checked_sub(silent).unwrap_or(clock))
    }

    /// Whether time is a matter of the round that is on: it counts what is posted, or it ends or is followed
    /// by another by itself.
    #[must_use]
    pub fn is_timed(&self) -> bool {
        match &self.count {
            Counting::Open(_) => false,
            Counting::Rounds(rounds) => rounds.is_timed(),
        }
    }

    /// Whether it has rounds.
    #[must_use]
    pub fn has_rounds(&self) -> bool {
        matches!(self.count, Counting::Rounds(_))
    }

    /// The recording that tells the time has ended: a bell that has fallen closes its round.
    pub fn end(&mut self) {
        if let Counting::Rounds(rounds) = &mut self.count {
            rounds.end();
        }
    }

    /// All results that stand, the oldest first; of a long evening the newest thousand.
    pub fn results(&self) -> impl Iterator<Item = &Arc<RoundResult>> {
        let rounds = match &self.count {
            Counting::Open(_) => None,
            Counting::Rounds(rounds) => Some(rounds.results()),
        };
        rounds.into_iter().flatten()
    }

    fn advance(&mut self, clock: Option<Timestamp>) {
        let Some(clock) = clock else { return };
        match &mut self.count {
            Counting::Open(tally) => tally.advance(clock),
            Counting::Rounds(rounds) => rounds.advance(clock),
        }
    }

    /// Takes in an event that happened `now`.
    pub fn apply(&mut self, event: Event, now: Now) -> Outcome {
        self.advance(now.clock);
        match event {
            Event::News(source, news) => self.news(source, news, now),
            Event::Order(order) => {
                let effect = Effect::Answer(self.order(order, now.elapsed));
                Outcome { effect, urgency: Urgency::Now }
            }
            Event::Parts(parts) => {
                self.parts = parts;
                Outcome { effect: Effect::Noted, urgency: Urgency::Beat }
            }
            Event::Time => Outcome { effect: Effect::Noted, urgency: Urgency::Beat },
        }
    }

    fn news(&mut self, source: SourceId, news: News, now: Now) -> Outcome {
        let is_live = now.clock.is_some();
        let said = if is_live { Urgency::Soon } else { Urgency::Beat };
        let (fate, urgency) = match news {
            News::Message(message) => {
                self.health.hear(source, now.elapsed);
                let posted = match &message {
                    Message::Post(post) => Some(post.at),
                    _ => None,
                };
                if let Some((posted, clock)) = posted.zip(now.clock) {
                    self.health.note_delay(source, posted, clock);
                }
                let fate = self.message(source, message, now);
                // A recording has only its own time, by which posts are late because of others.
                let is_news = posted.zip(now.clock).is_some_and(|(posted, clock)| {
                    self.health.judge(source, &fate, || clock.saturating_since(posted))
                });
                (fate, if is_news { Urgency::Now } else { said })
            }
            News::Alive => {
                self.health.hear(source, now.elapsed);
                (Fate::Other, said)
            }
            // The time of a recording goes on; that is not a word of its source.
            News::Tick(at) => {
                match &mut self.count {
                    Counting::Open(tally) => tally.show(at),
                    Counting::Rounds(rounds) => rounds.show(at),
                }
                (Fate::Other, Urgency::Soon)
            }
            News::State(state) => {
                if state == SourceState::Ended && now.clock.is_none() {
                    self.end();
                }
                self.health.set_state(source, state, now.clock);
                if let Counting::Rounds(rounds) = &mut self.count
                    && self.health.are_back()
                {
                    rounds.sources_are_back();
                }
                (Fate::Other, Urgency::Now)
            }
            News::Problem(problem) => {
                self.health.set_problem(source, problem);
                (Fate::Other, Urgency::Now)
            }
            News::Gap(gap) => {
                self.health.note_gap(source, gap);
                (Fate::Other, Urgency::Beat)
            }
            News::Panicked(words) => {
                self.health.note_panic(source, words);
                (Fate::Other, Urgency::Now)
            }
        };
        Outcome { effect: Effect::Fate(fate), urgency }
    }

    fn message(&mut self, source: SourceId, message: Message, now: Now) -> Fate {
        if let Message::Command(given) = message {
            return self.recorded(*given, now);
        }
        let rounds = match &mut self.count {
            Counting::Open(tally) => return tally.apply(message),
            Counting::Rounds(rounds) => rounds,
        };
        let message = match now.clock {
            // A rehearsal: what a recording plays is posted when it is played.
            Some(clock) if self.health.is_replay(source) => placed_at(message, clock),
            _ => message,
        };
        rounds.message(source, message)
    }

    /// Carries out a command of a recording, at its time. Where time is not the recording's, the show is
    /// led by whoever is there.
    fn recorded(&mut self, given: Given, now: Now) -> Fate {
        let Given { at, request } = given;
        let leads = match &mut self.count {
            Counting::Open(_) => now.clock.is_none(),
            Counting::Rounds(rounds) => rounds.follow(at),
        };
        if leads {
            // Nobody waits for the answer.
            let _answer = self.order(Order::Command(request), now.elapsed);
        }
        Fate::Other
    }

    fn order(&mut self, order: Order, now: Duration) -> Answer {
        let request = match order {
            Order::Pattern(pattern) => return self.screen.show_pattern(pattern),
            Order::Command(request) => request,
        };
        if let Some(from) = request.from.filter(|&from| from != self.phase()) {
            let (from, phase) = (from.name(), self.phase().name());
            let why = format!("it was given in `{from}`, and the round is `{phase}` by now");
            return Answer::unchanged(why);
        }
        let is_soft = request.soft;
        match self.carry_out(request.command, now) {
            Answer::Refused(why) if is_soft => Answer::Unchanged(why),
            answer => answer,
        }
    }

    fn carry_out(&mut self, command: Command, now: Duration) -> Answer {
        if let Command::Blackout(Dark::Output(name)) | Command::Light(Dark::Output(name)) = &command
            && let Some(outputs) = &self.parts.outputs
            && outputs.iter().all(|output| output.name != *name)
        {
            let names: Vec<&str> = outputs.iter().map(|output| &*output.name).collect();
            return Answer::refused(match &names[..] {
                [] => format!("there is no output `{name}`, and no other"),
                names => format!("there is no output `{name}`: there are {}", names.join(", ")),
            });
        }
        if let Some(answer) = self.screen.carry_out(&command, now) {
            return answer;
        }
        match (command, &mut self.count) {
            (Command::Approve(_) | Command::Reject(_) | Command::WallOff | Command::WallOn, _) => {
                Answer::refused("this show has no wall")
            }
            (_, Counting::Open(_)) => {
                Answer::refused("this show has no rounds: its config has no `[round]`")
            }
            (command, Counting::Rounds(rounds)) => rounds.give(command),
        }
    }

    /// The phase of the round.
    fn phase(&self) -> Phase {
        match &self.count {
            Counting::Open(_) => Phase::Open,
            Counting::Rounds(rounds) => rounds.phase(),
        }
    }
}

/// The same, made at that time.
fn placed_at(message: Message, at: Timestamp) -> Message {
    match message {
        Message::Post(post) => Message::Post(Post { at, ..post }),
        Message::Deletion(deletion) => Message::Deletion(Deletion { at: Some(at), ..deletion }),
        Message::Recorded(recorded) => placed_at(recorded.message, at),
        message => message,
    }
}

#[cfg(test)]
mod tests;
