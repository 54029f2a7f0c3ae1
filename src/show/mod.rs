//! The show: the one owner of everything that happens.
//!
//! Pure: what happened comes in as an [`Event`] and the time as a [`Now`], what follows goes out as an
//! [`Outcome`], and [`Show::snapshot`] is the whole state at an instant. The count is the tally's, the
//! sources' state is `health`'s, what is shown is `screen`'s; the loop that has a clock and channels is
//! [`task`].

mod health;
mod screen;
pub mod task;

use std::sync::Arc;
use std::time::Duration;

use crate::contest::Contest;
use crate::event::{Fate, Message, News, SourceId};
use crate::order::{Answer, Command, Order};
use crate::questions::Questions;
use crate::snapshot::{Count, OutputStatus, Phase, RecordingStatus, Snapshot, SourceStatus};
use crate::tally::{Limits, Tally};
use crate::timer::Marks;
use crate::timestamp::Timestamp;

use health::Health;
use screen::Screen;

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

/// All that a show starts with.
#[derive(Clone, Debug)]
pub struct Setup {
    /// What is asked; the first question is on.
    pub questions: Arc<Questions>,
    /// How the sources stand before they are started.
    pub sources: Vec<SourceStatus>,
    /// What the tally may hold.
    pub limits: Limits,
    /// When the light of a timer changes.
    pub marks: Marks,
}

/// The state of the show.
pub struct Show {
    contest: Arc<Contest>,
    tally: Tally,
    health: Health,
    screen: Screen,
    parts: Parts,
    /// Snapshots so far.
    seq: u64,
}

/// Pages take a longer silence for a dead show.
const LONGEST_BEAT: Duration = Duration::from_millis(500);

/// The same where no source has anything to say.
const LONGEST_BEAT_WITHOUT_SOURCES: Duration = Duration::from_secs(1);

/// The time between two snapshots while votes leave the window of a live show.
const FADING_BEAT: Duration = Duration::from_millis(100);

impl Show {
    /// A show in which nothing has happened.
    #[must_use]
    pub fn new(setup: Setup) -> Show {
        let Setup { questions, sources, limits, marks } = setup;
        let contest = Arc::clone(questions.first());
        Show {
            tally: Tally::new(Arc::clone(&contest), limits),
            contest,
            health: Health::new(sources),
            screen: Screen::new(marks),
            parts: Parts::default(),
            seq: 0,
        }
    }

    /// The newest time of a post so far that names a team, or of the show's clock.
    #[must_use]
    pub fn now(&self) -> Option<Timestamp> {
        self.tally.now()
    }

    /// Takes in an event that happened `now`.
    pub fn apply(&mut self, event: Event, now: Now) -> Outcome {
        if let Some(clock) = now.clock {
            self.tally.advance(clock);
        }
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
                let fate = self.tally.apply(message);
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
                self.tally.show(at);
                (Fate::Other, Urgency::Soon)
            }
            News::State(state) => {
                self.health.set_state(source, state);
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

    fn order(&mut self, order: Order, now: Duration) -> Answer {
        let request = match order {
            Order::Pattern(pattern) => return self.screen.show_pattern(pattern),
            Order::Command(request) => request,
        };
        match request.command {
            Command::Timer(order) => self.screen.time(order, now),
            Command::Scene(scene) => self.screen.show_scene(scene),
            Command::Blackout(what) => self.screen.darken(what),
            Command::Light(what) => self.screen.lighten(&what),
            _ => Answer::refused("this show has no rounds: its config has no `[round]`"),
        }
    }

    /// Until when, in the time that the show has run, a snapshot of `now` may stand if nothing happens:
    /// until something changes by itself, and not so long that a viewer takes silence for death.
    #[must_use]
    pub fn stands_until(&self, now: Now) -> Duration {
        let beat = if now.clock.is_some() && self.tally.will_fade() {
            FADING_BEAT
        } else if self.health.has_sources() {
            LONGEST_BEAT
        } else {
            LONGEST_BEAT_WITHOUT_SOURCES
        };
        let second = self.screen.next_second(now.elapsed);
        let beat = now.elapsed + beat;
        second.map_or(beat, |second| second.min(beat))
    }

    /// The whole state `now`; in a show of recordings, at the newest time known.
    pub fn snapshot(&mut self, now: Now) -> Snapshot {
        if let Some(clock) = now.clock {
            self.tally.advance(clock);
        }
        self.seq += 1;
        let Count { at, teams, leader, posts, evicted } = self.tally.count(None);
        Snapshot {
            seq: self.seq,
            at,
            contest: Arc::clone(&self.contest),
            phase: Phase::Open,
            question: None,
            round: None,
            results: Vec::new(),
            voices: None,
            undo: None,
            teams,
            leader,
            posts,
            evicted,
            sources: self.health.statuses(now.elapsed),
            recording: self.parts.recording.clone(),
            scene: self.screen.scene(),
            pattern: self.screen.pattern(),
            blackout: self.screen.blackout().to_vec(),
            join: None,
            timer: self.screen.timer(now.elapsed),
            outputs: self.parts.outputs.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
