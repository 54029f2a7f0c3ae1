//! An evening of rounds: which question is on, which round it is, what a command or the clock does to it.
//!
//! Small and pure: times and questions, no posts. What a round's posts are worth follows from its
//! timeline; `count` counts them, and tells the evening each result. Since an evening is small, what it
//! was before a command is kept as it was: to take a command back is to go back to that.

use std::sync::Arc;

use crate::contest::Contest;
use crate::event::ClockEvent;
use crate::round::{Length, Rules};
use crate::snapshot::{Phase, Posts, RoundResult};

use super::timeline::{Stage, Timeline};

/// Rounds that ended so long ago are no longer known; the journal has them.
const MAX_ENDED: usize = 1000;

/// The rules of all rounds, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) countdown: i64,
    pub(super) grace: i64,
    pub(super) best_of: u32,
    /// `None`: an operator leads the show.
    pub(super) rest: Option<i64>,
}

impl Times {
    pub(super) fn new(rules: &Rules) -> Times {
        Times {
            countdown: ms(rules.countdown),
            grace: ms(rules.grace),
            best_of: rules.best_of.max(1),
            rest: rules.auto.map(ms),
        }
    }
}

pub(super) fn ms(length: std::time::Duration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX / 4)
}

pub(super) fn length_ms(length: Length) -> Option<i64> {
    match length {
        Length::After(length) => Some(ms(length)),
        Length::Open => None,
    }
}

/// A round: what is asked, and when it is open.
#[derive(Clone, Debug)]
pub(super) struct Round {
    /// Counts the rounds of the evening, from 1.
    pub(super) number: u32,
    /// The place of its question.
    pub(super) question: usize,
    pub(super) secret: bool,
    /// Until when it is open once it is started.
    pub(super) length: Option<i64>,
    pub(super) timeline: Timeline,
    /// When its result was revealed.
    pub(super) revealed: Option<i64>,
    pub(super) result: Option<Arc<RoundResult>>,
    /// The number of its first message.
    pub(super) first: u64,
    /// When it was armed; `None` from the start of the show.
    pub(super) armed: Option<i64>,
    /// Since when its phase stands.
    pub(super) since: Option<i64>,
}

impl Round {
    /// One that is armed; nothing says yet since when. `first` is the number of its first message.
    fn new(number: u32, question: usize, secret: bool, length: Option<i64>, first: u64) -> Round {
        Round {
            number,
            question,
            secret,
            length,
            timeline: Timeline::default(),
            revealed: None,
            result: None,
            first,
            armed: None,
            since: None,
        }
    }

    pub(super) fn phase(&self) -> Phase {
        match self.timeline.stage() {
            Stage::Armed => Phase::Armed,
            Stage::Countdown => Phase::Countdown,
            Stage::Open => Phase::Open,
            Stage::Locked => Phase::Locked,
            Stage::Over if self.revealed.is_none() => Phase::Sealed,
            Stage::Over => Phase::Revealed,
        }
    }

    /// Whether how it stands is to be kept from viewers.
    pub(super) fn is_hidden(&self) -> bool {
        self.secret && self.revealed.is_none()
    }
}

/// A round that another has followed.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    pub(super) question: usize,
    pub(super) result: Arc<RoundResult>,
    /// Nobody has seen its result.
    pub(super) is_sealed: bool,
}

/// For which messages a source is held.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hold {
    pub(super) source: u32,
    from: u64,
    to: Option<u64>,
}

/// All rounds of an evening.
#[derive(Clone, Debug)]
pub(super) struct Evening {
    /// Those of the config, and those that were made up.
    pub(super) questions: Vec<Arc<Contest>>,
    /// How many of them are of the config.
    configured: usize,
    /// What follows the questions that were made up: the one of the config that they came before.
    back: Option<usize>,
    pub(super) round: Round,
    pub(super) ended: Vec<Ended>,
    /// Whether the rounds to come are secret.
    pub(super) secret: bool,
    holds: Vec<Hold>,
    /// Whether phones that were not there yet are let in.
    pub(super) lets_devices_in: bool,
    /// What became of the messages of the rounds that have ended.
    pub(super) before: Posts,
    /// When `next` did something last.
    pub(super) next_at: Option<i64>,
    /// The length of a round that nobody says another of.
    usual: Option<i64>,
}

impl Evening {
    pub(super) fn new(questions: Vec<Arc<Contest>>, rules: &Rules) -> Evening {
        let usual = length_ms(rules.length);
        Evening {
            configured: questions.len(),
            questions,
            back: None,
            round: Round::new(1, 0, rules.secret, usual, 0),
            ended: Vec::new(),
            secret: rules.secret,
            holds: Vec::new(),
            lets_devices_in: true,
            before: Posts::default(),
            next_at: None,
            usual,
        }
    }

    /// The question that is on.
    pub(super) fn contest(&self) -> &Arc<Contest> {
        &self.questions[self.round.question]
    }

    /// All results that stand, the oldest first.
    pub(super) fn results(&self) -> impl DoubleEndedIterator<Item = &Arc<RoundResult>> {
        self.ended.iter().map(|ended| &ended.result).chain(&self.round.result)
    }

    /// The numbers of the rounds whose result nobody has seen, the oldest first.
    pub(super) fn sealed(&self) -> impl Iterator<Item = u32> {
        let own = (self.round.phase() == Phase::Sealed).then_some(self.round.number);
        let left = self.ended.iter().filter(|ended| ended.is_sealed);
        left.map(|ended| ended.result.number).chain(own)
    }

    /// Whether the message of that number came from a source while it was held.
    pub(super) fn is_held(&self, source: u32, entry: u64) -> bool {
        self.holds.iter().any(|hold| {
            hold.source == source && hold.from <= entry && hold.to.is_none_or(|to| entry < to)
        })
    }

    /// Whether a source is held now.
    pub(super) fn holds(&self, source: u32) -> bool {
        self.holds.iter().any(|hold| hold.source == source && hold.to.is_none())
    }

    /// Holds a source from the message of that number on, or lets it go.
    pub(super) fn hold(&mut self, source: u32, is_held: bool, entry: u64) {
        if is_held {
            // Of a hold that ended before the round nobody asks any more.
            let first = self.round.first;
            self.holds.retain(|hold| hold.to.is_none_or(|to| to > first));
            self.holds.push(Hold { source, from: entry, to: None });
        } else {
            for hold in &mut self.holds {
                if hold.source == source && hold.to.is_none() {
                    hold.to = Some(entry);
                }
            }
        }
    }

    /// Starts the round.
    pub(super) fn start(&mut self, now: i64, length: Option<i64>, times: &Times) {
        self.round.length = length;
        self.round.timeline.start(now, times.countdown, length);
        self.round.since = Some(now);
    }

    /// The round from its beginning.
    pub(super) fn reset(&mut self, now: i64) {
        let round = &mut self.round;
        round.timeline = Timeline::default();
        (round.result, round.revealed, round.length) = (None, None, self.usual);
        (round.armed, round.since) = (Some(now), Some(now));
    }

    /// Opens the round again after its bell.
    pub(super) fn reopen(&mut self, now: i64, bell: i64) {
        let round = &mut self.round;
        round.timeline.reopen(bell);
        (round.result, round.revealed, round.since) = (None, None, Some(now));
    }

    pub(super) fn reveal(&mut self, at: i64) {
        (self.round.revealed, self.round.since) = (Some(at), Some(at));
    }

    /// Reveals a result that was left sealed. Whether there is one of that number.
    pub(super) fn reveal_ended(&mut self, number: u32) -> bool {
        let sealed =
            self.ended.iter_mut().find(|ended| ended.is_sealed && ended.result.number == number);
        sealed.map(|ended| ended.is_sealed = false).is_some()
    }

    /// The round whose timeline was closed at `at` has this result.
    pub(super) fn end_round(&mut self, at: i64, is_sealed: bool, result: Arc<RoundResult>) {
        self.round.revealed = (!is_sealed).then_some(at);
        self.round.result = Some(result);
        self.round.since = Some(at);
    }

    /// Makes a question ready, from the message of number `entry` on. `counted`: what became of those
    /// of the round before.
    pub(super) fn arm(&mut self, question: usize, entry: u64, now: i64, counted: Posts) {
        self.before = self.before + counted;
        let round = &self.round;
        let number = round.number + u32::from(round.result.is_some());
        let mut next = Round::new(number, question, self.secret, self.usual, entry);
        (next.armed, next.since) = (Some(now), Some(now));
        let left = std::mem::replace(&mut self.round, next);
        if let Some(result) = left.result {
            let is_sealed = left.revealed.is_none();
            self.ended.push(Ended { question: left.question, result, is_sealed });
            if self.ended.len() > MAX_ENDED {
                self.ended.remove(0);
            }
        }
    }

    /// The question of the next round: the same one until it is decided; `None` after the last.
    pub(super) fn following(&self, times: &Times) -> Option<usize> {
        let question = self.round.question;
        let is_armed = self.round.phase() == Phase::Armed;
        if !is_armed && !is_decided(&self.wins(times.best_of, true), times.best_of) {
            return Some(question);
        }
        let next = if self.is_made_up(question) { self.back } else { Some(question + 1) };
        next.filter(|&next| next < self.configured).or(times.rest.map(|_| 0))
    }

    /// A question that was made up is about to take its turn: those of the config go on after it where
    /// they are.
    pub(super) fn step_aside(&mut self, times: &Times) {
        let question = self.round.question;
        if !self.is_made_up(question) {
            let is_armed = self.round.phase() == Phase::Armed;
            self.back = if is_armed { Some(question) } else { self.following(times) };
        }
    }

    pub(super) fn is_made_up(&self, question: usize) -> bool {
        question >= self.configured
    }

    /// Rounds won by each team, and rounds played, of the best-of that the newest result of the
    /// question that is on belongs to. A best-of that is decided is followed by a new one. Rounds whose
    /// result nobody has seen are not among them for viewers.
    fn wins(&self, best_of: u32, is_operator: bool) -> Wins {
        let mut wins = Wins { teams: vec![0; self.contest().teams().len()], played: 0 };
        let ended = self.ended.iter().filter(|ended| ended.question == self.round.question);
        let seen = ended.filter(|ended| is_operator || !ended.is_sealed);
        let is_own_seen = is_operator || self.round.revealed.is_some();
        let own = self.round.result.iter().filter(|_| is_own_seen);
        for result in seen.map(|ended| &ended.result).chain(own) {
            wins.add(result, best_of);
        }
        wins
    }

    /// Rounds of the question that each team has won; those that nobody has seen are not among them
    /// for viewers.
    pub(super) fn wins_of_teams(&self, best_of: u32, is_operator: bool) -> Vec<u32> {
        let mut wins = self.wins(best_of, is_operator);
        // The first round of a new best-of begins with nothing.
        if self.round.result.is_none() && is_decided(&wins, best_of) {
            wins.teams.fill(0);
        }
        wins.teams
    }

    /// When the clock does something by itself.
    pub(super) fn next_change(&self, times: &Times) -> Option<i64> {
        let rest = || match (times.rest?, self.round.phase()) {
            (_, Phase::Armed) => self.round.armed,
            (_, Phase::Sealed) => Some(self.round.timeline.grace_ends()),
            (rest, Phase::Revealed) => self.round.revealed.map(|revealed| revealed + rest),
            _ => None,
        };
        self.round.timeline.next_change().or_else(rest)
    }

    /// What the clock does by itself between two rounds is moved by the time from `last` to `now`, in
    /// which the show was not running, and is never to have been done before `now`.
    pub(super) fn rest_until_now(&mut self, last: i64, now: i64, times: &Times) {
        let Some(rest) = times.rest else { return };
        let round = &mut self.round;
        match round.phase() {
            Phase::Armed => round.armed = Some(now),
            Phase::Sealed => round.timeline.begin_grace_anew(now, 0),
            Phase::Revealed => {
                let off = (now - last).max(0);
                let moved = |revealed: i64| (revealed + off).clamp(now - rest, now);
                round.revealed = round.revealed.map(moved);
            }
            _ => {}
        }
    }

    /// What the clock did, as a recording says it.
    pub(super) fn hear_clock(&mut self, event: ClockEvent, at: i64, times: &Times) -> Heard {
        let phase = self.round.phase();
        let timeline = &mut self.round.timeline;
        match (event, phase) {
            (ClockEvent::Open, Phase::Countdown | Phase::Open) if timeline.held().is_some() => {
                timeline.resume(at);
            }
            (ClockEvent::Open, Phase::Countdown) => {
                timeline.open(at);
                self.round.since = Some(at);
            }
            (ClockEvent::Open, Phase::Armed) if times.rest.is_some() => {
                self.start(at - times.countdown, self.round.length, times);
                self.round.timeline.open(at);
                self.round.since = Some(at);
            }
            (ClockEvent::Countdown, Phase::Armed) => self.start(at, self.round.length, times),
            (ClockEvent::Paused, Phase::Countdown | Phase::Open) if timeline.held().is_none() => {
                timeline.pause(at);
            }
            (ClockEvent::Locked, Phase::Open) => {
                timeline.lock(at, times.grace);
                self.round.since = Some(at);
            }
            (ClockEvent::Sealed, Phase::Locked) => return Heard::Closes { is_sealed: true },
            (ClockEvent::Revealed, Phase::Locked) => return Heard::Closes { is_sealed: false },
            (ClockEvent::Revealed, Phase::Sealed) => self.reveal(at),
            (ClockEvent::Armed, Phase::Sealed | Phase::Revealed) => return Heard::Arms,
            (ClockEvent::Open, Phase::Revealed) if times.rest.is_some() => {
                return Heard::ArmsAndOpens;
            }
            _ => {}
        }
        Heard::Done
    }
}

/// What is left to do after the clock was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Nothing.
    Done,
    /// The round has ended: it wants its result.
    Closes { is_sealed: bool },
    /// The next question is to be armed.
    Arms,
    /// The same, and the round is open.
    ArmsAndOpens,
}

/// The rounds of a best-of so far.
struct Wins {
    teams: Vec<u32>,
    played: u32,
}

impl Wins {
    fn add(&mut self, result: &RoundResult, best_of: u32) {
        if is_decided(self, best_of) {
            self.teams.fill(0);
            self.played = 0;
        }
        self.played += 1;
        let winner =
            result.teams.iter().position(|team| Some(&team.name) == result.winner.as_ref());
        if let Some(wins) = winner.and_then(|winner| self.teams.get_mut(winner)) {
            *wins += 1;
        }
    }
}

fn is_decided(wins: &Wins, best_of: u32) -> bool {
    let most = wins.teams.iter().copied().max().unwrap_or(0);
    most > best_of / 2 || wins.played >= (2 * best_of).saturating_sub(1)
}
