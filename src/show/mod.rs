//! The show: the one owner of everything that happens.
//!
//! Pure: what happened comes in as an [`Event`] and the time as a [`Now`], what follows goes out as an
//! [`Outcome`], and [`Show::snapshot`] is the whole state at an instant. The count is the tally's, the
//! sources' state is `health`'s, what is shown is `screen`'s; the loop that has a clock and channels is
//! [`task`].

mod delay;
mod health;
mod rounds;
mod screen;
mod sizes;
pub mod task;

use std::sync::Arc;
use std::time::Duration;

use crate::contest::Contest;
use crate::event::{Fate, Message, News, SourceId};
use crate::order::{Answer, Command, Order};
use crate::post::{Deletion, Post};
use crate::questions::Questions;
use crate::round::Rules;
use crate::snapshot::{
    Count, OutputStatus, Phase, RecordingStatus, RoundResult, Snapshot, SourceState, SourceStatus,
    Voices,
};
use crate::tally::{Limits, Tally};
use crate::timer::Marks;
use crate::timestamp::Timestamp;

use health::Health;
use rounds::{Rounds, Standing};
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

/// Pages take a longer silence for a dead show.
const LONGEST_BEAT: Duration = Duration::from_millis(500);

/// The same where no source has anything to say.
const LONGEST_BEAT_WITHOUT_SOURCES: Duration = Duration::from_secs(1);

/// A change that is due is shown as soon as that.
const SOONEST_CHANGE: Duration = Duration::from_millis(1);

/// The time between two snapshots while votes leave the window of a live show.
const FADING_BEAT: Duration = Duration::from_millis(100);

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

    /// Whether time is a matter of the round that is on: it ends by itself, or counts what is posted.
    #[must_use]
    pub fn is_timed(&self) -> bool {
        matches!(self.phase(), Phase::Countdown | Phase::Open | Phase::Locked) && self.has_rounds()
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
        if let Message::Command(given) = &message
            && now.clock.is_none()
        {
            self.screen.carry_out(&given.request.command, now.elapsed);
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

    /// Until when, in the time that the show has run, a snapshot of `now` may stand if nothing happens:
    /// until something changes by itself, and not so long that a viewer takes silence for death.
    #[must_use]
    pub fn stands_until(&self, now: Now) -> Duration {
        let will_fade = match &self.count {
            Counting::Open(tally) => tally.will_fade(),
            Counting::Rounds(rounds) => rounds.will_fade(),
        };
        let beat = if now.clock.is_some() && will_fade {
            FADING_BEAT
        } else if self.health.has_sources() {
            LONGEST_BEAT
        } else {
            LONGEST_BEAT_WITHOUT_SOURCES
        };
        let second = self.screen.next_second(now.elapsed);
        let round = match (&self.count, now.clock) {
            (Counting::Rounds(rounds), Some(clock)) => rounds.changes_in(clock.millis()),
            _ => None,
        };
        let round = round.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis);
        let round = round.map(|left| now.elapsed + left.max(SOONEST_CHANGE));
        let beat = now.elapsed + beat;
        [second, round].into_iter().flatten().fold(beat, Duration::min)
    }

    /// The whole state `now`; in a show of recordings, at the newest time known.
    pub fn snapshot(&mut self, now: Now) -> Snapshot {
        self.snapshots(now).0
    }

    /// The whole state `now`, and what of it viewers may see, if that is not all.
    pub fn snapshots(&mut self, now: Now) -> (Snapshot, Option<Snapshot>) {
        self.advance(now.clock);
        self.seq += 1;
        let (all, seen) = match &mut self.count {
            Counting::Open(tally) => {
                let count = tally.count(None);
                let voices = tally.voices().map(|authors| Voices { phones: 0, authors });
                let contest = Arc::clone(self.questions.first());
                return (self.assemble(contest, count, voices, now), None);
            }
            Counting::Rounds(rounds) => {
                let all = rounds.standing(now.clock.map(Timestamp::millis));
                let seen = rounds.has_secrets().then(|| rounds.seen(&all));
                (all, seen)
            }
        };
        let all = self.with_rounds(all, now);
        let seen = seen.map(|seen| self.with_rounds(seen, now));
        match seen {
            Some(mut seen) => {
                self.sizes.put_into(&mut seen);
                (all, Some(seen))
            }
            None => {
                self.sizes.note(&all);
                (all, None)
            }
        }
    }

    fn with_rounds(&self, standing: Standing, now: Now) -> Snapshot {
        let Standing { contest, phase, question, round, results, voices, undo, count } = standing;
        Snapshot {
            phase,
            question: Some(question),
            round: Some(round),
            results,
            undo: Some(undo),
            ..self.assemble(contest, count, Some(voices), now)
        }
    }

    /// A snapshot of one open question.
    fn assemble(
        &self,
        contest: Arc<Contest>,
        count: Count,
        voices: Option<Voices>,
        now: Now,
    ) -> Snapshot {
        let Count { at, teams, leader, posts, evicted } = count;
        Snapshot {
            seq: self.seq,
            at,
            contest,
            phase: Phase::Open,
            question: None,
            round: None,
            results: Vec::new(),
            voices,
            undo: None,
            teams,
            leader,
            posts,
            evicted,
            sources: self.source_statuses(now.elapsed),
            recording: self.parts.recording.clone(),
            journal: self.parts.journal.clone(),
            scene: self.screen.scene(),
            pattern: self.screen.pattern(),
            blackout: self.screen.blackout().to_vec(),
            join: None,
            timer: self.screen.timer(now.elapsed),
            outputs: self.parts.outputs.clone(),
        }
    }

    fn source_statuses(&self, elapsed: Duration) -> Vec<SourceStatus> {
        let grace = match &self.count {
            Counting::Open(_) => None,
            Counting::Rounds(rounds) => Some(rounds.grace()),
        };
        let mut statuses = self.health.statuses(elapsed, grace);
        if let Counting::Rounds(rounds) = &self.count {
            for (number, status) in statuses.iter_mut().enumerate() {
                if rounds.is_source_held(number) {
                    status.state = SourceState::Paused;
                }
            }
        }
        statuses
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
