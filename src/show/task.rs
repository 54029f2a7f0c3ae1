//! The loop that owns the show: orders and news in, a snapshot out on a beat.
//!
//! Two doors. *Orders* are few: each is carried out before any news that waits, and answered. *News* is
//! much: its queue is bounded, and whoever finds it full waits or drops, and counts. The only part of
//! the show that knows what a clock is: to keep the beat, and to say what time it is.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};

use crate::clock::Clock;
use crate::event::{Message, News, SourceId};
use crate::journal::lines::Lines;
use crate::journal::{Entry, Journal};
use crate::order::{Order, Reply};
use crate::recorder::Recorder;
use crate::snapshot::{OutputStatus, Phase, Snapshot, SourceState};

use super::{Effect, Event, Now, Parts, Said, Show, Urgency};

/// News that may wait before a live source drops posts, and a recording waits.
pub const NEWS: usize = 16_384;

/// Orders that may wait before whoever gives one waits. People give a few a second.
pub const ORDERS: usize = 64;

/// The shortest time between two snapshots: what viewers and lights can show.
const SHORTEST_BEAT: Duration = Duration::from_millis(33);

/// The longest time between two snapshots, and so between two times that a journal hears of, while time is
/// a matter of the round that is on.
const JOURNAL_BEAT: Duration = Duration::from_millis(200);

/// The door for orders. It can be held by any number of parts.
#[derive(Clone, Debug)]
pub struct Orders(mpsc::Sender<Request>);

/// The door for the news of sources.
pub type NewsSender = mpsc::Sender<(SourceId, News)>;

/// An order, and where its answer goes.
#[derive(Debug)]
struct Request {
    order: Order,
    reply: oneshot::Sender<Reply>,
}

/// The inner side of both doors, which the loop takes from.
#[derive(Debug)]
pub struct Doors {
    orders: mpsc::Receiver<Request>,
    news: mpsc::Receiver<(SourceId, News)>,
}

/// The two doors of a show. It ends when nobody holds the door for news any more.
#[must_use]
pub fn doors() -> (Orders, NewsSender, Doors) {
    let (orders_tx, orders) = mpsc::channel(ORDERS);
    let (news_tx, news) = mpsc::channel(NEWS);
    (Orders(orders_tx), news_tx, Doors { orders, news })
}

impl Orders {
    /// Gives an order, and waits until it was carried out. `None` if the show has ended.
    pub async fn give(&self, order: Order) -> Option<Reply> {
        let (reply, answered) = oneshot::channel();
        self.0.send(Request { order, reply }).await.ok()?;
        answered.await.ok()
    }
}

/// What a snapshot tells of besides the show itself.
#[derive(Debug, Default)]
pub struct Beside {
    /// Is told all news in the order in which it is counted.
    pub recorder: Option<Recorder>,
    /// What a recording of an evening with rounds is made of.
    pub lines: Option<Lines>,
    /// Is told everything on which a count depends.
    pub journal: Option<Journal>,
    /// How the outputs are doing.
    pub outputs: Vec<watch::Receiver<OutputStatus>>,
}

impl Beside {
    /// How all of it is doing at this moment.
    #[must_use]
    pub fn parts(&self) -> Parts {
        Parts {
            recording: self.recorder.as_ref().map(Recorder::status),
            journal: self.journal.as_ref().map(Journal::status),
            outputs: Some(self.outputs.iter().map(|status| status.borrow().clone()).collect()),
        }
    }
}

/// Where snapshots go.
#[derive(Debug)]
pub struct Published {
    /// To viewers and lights: what they may see.
    pub seen: watch::Sender<Arc<Snapshot>>,
    /// To operators: all of it.
    pub truth: watch::Sender<Arc<Snapshot>>,
}

impl From<watch::Sender<Arc<Snapshot>>> for Published {
    /// Without operators.
    fn from(seen: watch::Sender<Arc<Snapshot>>) -> Published {
        let truth = watch::Sender::new(Arc::clone(&seen.borrow()));
        Published { seen, truth }
    }
}

/// Runs the show until the last source has gone, then ends.
///
/// While recordings are played, each snapshot shows the state at a tick of the recording's own
/// time, so that it is the same snapshot at any speed. With a `clock` the show is live: a post is
/// shown at the next beat, at once if the last message is a beat ago, and time passes without posts.
pub async fn run(
    show: Show,
    clock: Option<Clock>,
    beside: Beside,
    mut doors: Doors,
    published: Published,
) {
    let start = Instant::now();
    let mut running = Running {
        show,
        clock,
        beside,
        to: published,
        start,
        published: start,
        published_before: start,
        due: start,
        has_messages: false,
        is_quiet: true,
    };
    running.plan(running.now(start));
    // Something has happened that the newest snapshot does not show.
    let mut is_news = false;
    // One timer that is moved: to make one for each message costs more than to count it.
    let beat = sleep_until(start);
    tokio::pin!(beat);
    loop {
        let due = match clock {
            Some(_) if is_news => running.soon(),
            _ => running.due,
        };
        if beat.deadline() != due {
            beat.as_mut().reset(due);
        }
        let urgency = tokio::select! {
            biased;
            Some(Request { order, reply }) = doors.orders.recv() => {
                let answer = running.order(order);
                let _gave_up_waiting = reply.send(answer);
                is_news = false;
                continue;
            }
            () = beat.as_mut() => Urgency::Now,
            news = doors.news.recv() => {
                let Some((source, news)) = news else { break };
                is_news = true;
                running.news(source, news)
            }
        };
        if running.is_due(urgency) {
            running.publish();
            is_news = false;
        }
    }
    running.publish();
}

/// The show with all that its loop needs.
struct Running {
    show: Show,
    clock: Option<Clock>,
    beside: Beside,
    to: Published,
    start: Instant,
    published: Instant,
    /// The same for the snapshot before the newest.
    published_before: Instant,
    /// When the newest snapshot has stood for long enough.
    due: Instant,
    /// A message has come that the newest snapshot does not show.
    has_messages: bool,
    /// No message had come between the newest snapshot and the one before.
    is_quiet: bool,
}

impl Running {
    fn now(&self, instant: Instant) -> Now {
        Now { elapsed: instant - self.start, clock: self.clock.map(|clock| clock.at(instant)) }
    }

    /// Carries out an order, and shows what has become of it.
    fn order(&mut self, order: Order) -> Reply {
        let now = self.now(Instant::now());
        let outcome = self.show.apply(Event::Order(order), now);
        self.write_down(None, now);
        let (seq, phase) = self.publish();
        let Effect::Answer(answer) = outcome.effect else { unreachable!("an order has an answer") };
        Reply { answer, phase, seq }
    }

    fn news(&mut self, source: SourceId, news: News) -> Urgency {
        let now = self.now(Instant::now());
        self.has_messages |= matches!(news, News::Message(_));
        let is_written = self.beside.recorder.is_some() || self.beside.journal.is_some();
        let copy = is_written.then(|| news.clone());
        let outcome = self.show.apply(Event::News(source, news), now);
        if let Some(news) = copy {
            self.write_down(Some((source, &news)), now);
            // Of an evening with rounds it is what is written down already that counts.
            let is_written = self.show.has_rounds() && news.is_post();
            if let (Some(recorder), Effect::Fate(fate)) = (&self.beside.recorder, outcome.effect)
                && !is_written
            {
                recorder.news(self.show.now(), source, news, fate);
            }
        }
        outcome.urgency
    }

    /// Tells the journal and the recorder what has happened, in the order in which it did; `news` among
    /// it.
    fn write_down(&mut self, news: Option<(SourceId, &News)>, now: Now) {
        let said = self.show.take_said();
        let Beside { recorder, lines, journal, .. } = &self.beside;
        if let (Some((source, News::Gap(gap))), Some(journal)) = (news, journal) {
            journal.note(Entry::Gap(source, *gap));
        }
        if let (Some((source, News::State(state))), Some(journal)) = (news, journal)
            && let Some(at) = now.clock
        {
            let heard = self.show.heard(source, now).filter(|_| *state != SourceState::Live);
            journal.note(Entry::Source(at, source, heard));
        }
        let message = match news {
            Some((source, News::Message(message))) => Some((source, message)),
            _ => None,
        };
        let entry = |arrival, (source, message): (SourceId, &Message)| {
            let message = message.clone();
            Entry::Message { arrival, source, message }
        };
        if !self.show.has_rounds() {
            if let (Some(journal), Some(arrival), Some(message)) = (journal, now.clock, message) {
                journal.note(entry(arrival, message));
            }
            return;
        }
        for said in said {
            let entry = match said {
                Said::Message(arrival) => match arrival.or(now.clock).zip(message) {
                    Some((arrival, message)) => entry(arrival, message),
                    None => continue,
                },
                Said::Clock(at, event) => Entry::Clock(at, event),
                Said::Command(at, command) => Entry::Command { at, request: command.into() },
                Said::Result(result) => Entry::Result(result),
            };
            if let Some(recorder) = recorder {
                let mut made = Vec::new();
                if let Some(lines) = lines {
                    lines.entry(&entry, &mut made);
                }
                for line in made {
                    recorder.line(line);
                }
            }
            if let Some(journal) = journal {
                journal.note(entry);
            }
        }
    }

    fn is_due(&self, urgency: Urgency) -> bool {
        match urgency {
            Urgency::Now => true,
            Urgency::Soon => Instant::now() >= self.soon(),
            Urgency::Beat => false,
        }
    }

    /// When news may be shown. A message that comes alone does not wait because time had passed, or a
    /// source had said that it is there, a moment before: such a snapshot keeps two beats from the
    /// one before it, so that a message may follow at once, and there are no more of them in all.
    fn soon(&self) -> Instant {
        let beat = self.published + SHORTEST_BEAT;
        if self.clock.is_none() || !self.is_quiet {
            beat
        } else if self.has_messages {
            beat.min(self.published_before + SHORTEST_BEAT * 2)
        } else {
            beat + SHORTEST_BEAT
        }
    }

    /// Publishes a snapshot, and gives its number and phase.
    fn publish(&mut self) -> (u64, Phase) {
        let now = self.now(Instant::now());
        self.show.apply(Event::Parts(self.beside.parts()), now);
        let (all, seen) = self.show.snapshots(now);
        let said = (all.seq, all.phase);
        let all = Arc::new(all);
        let seen = seen.map_or_else(|| Arc::clone(&all), Arc::new);
        // The truth first: whoever is told of the other finds it at least as new.
        self.to.truth.send_replace(all);
        self.to.seen.send_replace(seen);
        self.write_down(None, now);
        if let Some(journal) = &self.beside.journal {
            journal.beat();
            if let Some(clock) = now.clock.filter(|_| self.show.is_timed()) {
                // So that it is known until when the show was running, should it end now.
                journal.note_time(clock);
            }
        }
        self.is_quiet = !std::mem::take(&mut self.has_messages);
        self.published_before = std::mem::replace(&mut self.published, Instant::now());
        self.plan(now);
        said
    }

    /// Says when the one after the snapshot of `now` is due if nothing happens.
    fn plan(&mut self, now: Now) {
        self.due = self.start + self.show.stands_until(now);
        if self.beside.journal.is_some() && self.show.is_timed() {
            self.due = self.due.min(self.start + now.elapsed + JOURNAL_BEAT);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::order::{Answer, Command};
    use crate::picture::{Dark, Pattern};
    use crate::render::check::snapshot_of;
    use crate::rgb::Rgb;
    use crate::show::Setup;
    use crate::snapshot::{Phase, SourceStatus};
    use crate::tally::Limits;
    use crate::timer::Marks;

    fn show() -> Show {
        Show::new(Setup {
            questions: Arc::new(
                snapshot_of(&[(Rgb::BLACK, 0.5), (Rgb::BLACK, 0.5)]).contest.into(),
            ),
            sources: vec![SourceStatus::new("a".to_owned(), "nostr")],
            limits: Limits::default(),
            marks: Marks::default(),
            rounds: None,
            is_recorded: false,
        })
    }

    #[tokio::test(start_paused = true)]
    async fn an_order_is_never_behind_news() {
        let (orders, news, doors) = doors();
        let mut show = show();
        let (snapshots_tx, mut snapshots) = watch::channel(Arc::new(show.snapshot(Now::default())));
        while news.try_send((SourceId(0), Message::Unmatched(1).into())).is_ok() {}
        assert_eq!(news.capacity(), 0, "the queue is full");
        let black = Command::Blackout(Dark::All).into();
        let given = tokio::spawn(async move { orders.give(black).await });
        // The order waits at its door before the loop looks at either.
        tokio::task::yield_now().await;
        tokio::spawn(run(show, None, Beside::default(), doors, snapshots_tx.into()));
        let first = snapshots.wait_for(|snapshot| !snapshot.blackout.is_empty()).await;
        let (seq, received) = first.map(|s| (s.seq, s.posts.received())).unwrap();
        assert_eq!(received, 0, "all of the news came after the order");
        assert_eq!(
            given.await.unwrap(),
            Some(Reply { answer: Answer::Done, phase: Phase::Open, seq })
        );
    }

    #[tokio::test(start_paused = true)]
    async fn each_order_is_answered_with_the_snapshot_that_shows_it() {
        let (orders, _news, doors) = doors();
        let mut show = show();
        let (snapshots_tx, snapshots) = watch::channel(Arc::new(show.snapshot(Now::default())));
        tokio::spawn(run(show, None, Beside::default(), doors, snapshots_tx.into()));
        for pattern in Pattern::ALL {
            let reply = orders.give(Order::Pattern(pattern)).await.unwrap();
            assert_eq!(reply.answer, Answer::Done);
            let shown = snapshots.borrow().clone();
            assert_eq!((shown.seq, shown.pattern), (reply.seq, Some(pattern)));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_show_ends_when_nobody_holds_the_door_for_news() {
        let (orders, news, doors) = doors();
        let mut show = show();
        let (snapshots_tx, snapshots) = watch::channel(Arc::new(show.snapshot(Now::default())));
        let task = tokio::spawn(run(show, None, Beside::default(), doors, snapshots_tx.into()));
        news.send((SourceId(0), Message::Unmatched(7).into())).await.unwrap();
        drop(news);
        task.await.unwrap();
        assert_eq!(snapshots.borrow().posts.unmatched, 7, "the last snapshot shows all");
        assert_eq!(orders.give(Order::Pattern(Pattern::Rgb)).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_post_that_comes_alone_is_in_the_next_snapshot_at_once() {
        let (_orders, news, doors) = doors();
        let mut show = show();
        let (snapshots_tx, mut snapshots) = watch::channel(Arc::new(show.snapshot(Now::default())));
        let clock = Some(Clock::from_wall());
        tokio::spawn(run(show, clock, Beside::default(), doors, snapshots_tx.into()));
        let mut unmatched = 0;
        for ms in 0..200 {
            // At any time after a message; in between snapshots are taken because time passes, and the
            // source says now and then that it is there.
            tokio::time::sleep(Duration::from_millis(100 + ms * 7)).await;
            news.send((SourceId(0), News::Alive)).await.unwrap();
            tokio::time::sleep(Duration::from_millis(ms % 40)).await;
            snapshots.borrow_and_update();
            let sent = Instant::now();
            unmatched += 1;
            news.send((SourceId(0), Message::Unmatched(1).into())).await.unwrap();
            snapshots.changed().await.unwrap();
            assert_eq!(snapshots.borrow_and_update().posts.unmatched, unmatched, "{ms}");
            assert!(sent.elapsed() <= Duration::from_millis(1), "{ms}: {:?}", sent.elapsed());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn there_are_no_more_snapshots_than_can_be_shown_whatever_comes() {
        let (_orders, news, doors) = doors();
        let mut show = show();
        let (snapshots_tx, snapshots) = watch::channel(Arc::new(show.snapshot(Now::default())));
        let clock = Some(Clock::from_wall());
        tokio::spawn(run(show, clock, Beside::default(), doors, snapshots_tx.into()));
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(10) {
            news.send((SourceId(0), News::Alive)).await.unwrap();
            tokio::time::sleep(Duration::from_millis(fastrand::u64(0..40))).await;
            news.send((SourceId(0), Message::Unmatched(1).into())).await.unwrap();
            tokio::time::sleep(Duration::from_millis(fastrand::u64(0..40))).await;
        }
        let seq = snapshots.borrow().seq;
        assert!((200..=310).contains(&seq), "{seq} in ten seconds");
    }

    #[tokio::test(start_paused = true)]
    async fn no_number_of_orders_starves_the_news() {
        let (orders, news, doors) = doors();
        let mut show = show();
        let (snapshots_tx, mut snapshots) = watch::channel(Arc::new(show.snapshot(Now::default())));
        tokio::spawn(run(show, None, Beside::default(), doors, snapshots_tx.into()));
        let stop = CancellationToken::new();
        let until_stop = stop.clone();
        tokio::spawn(async move {
            // Whoever waits for the answer before the next order leaves room for news.
            while !until_stop.is_cancelled() {
                orders.give(Order::Pattern(Pattern::Rgb)).await;
            }
        });
        news.send((SourceId(0), Message::Unmatched(1).into())).await.unwrap();
        snapshots.wait_for(|snapshot| snapshot.posts.unmatched == 1).await.unwrap();
        stop.cancel();
    }
}
