//! What a link says to the show, and how often it tries again, in time that is moved by hand.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{mpsc, watch};
use tokio::time::{advance, timeout};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::fmt::MakeWriter;

use super::*;
use crate::contest::{Contest, PALETTE, Reposts, Team, Vote};
use crate::decode::Feed;
use crate::event::{Message, SourceId};
use crate::post::Hasher;
use crate::show::task::{Beside, doors};
use crate::show::{self, Now, Setup, Show};
use crate::snapshot::SourceStatus;
use crate::source::Legacy;
use crate::tally::Limits;
use crate::timer::Marks;

const SECOND: Duration = Duration::from_secs(1);

fn contest() -> Arc<Contest> {
    let team = |name: &str, place: usize| Team {
        name: name.to_owned(),
        hashtags: vec![name.to_owned()],
        color: PALETTE[place],
        size: 1.0,
    };
    let teams = vec![team("tabs", 0), team("spaces", 1)];
    let contest =
        Contest::new(String::new(), 60 * SECOND, Vote::Every, Reposts::Ignore, teams).unwrap();
    Arc::new(contest)
}

/// A link of a live show whose news goes to `news`.
fn link(news: mpsc::Sender<(SourceId, News)>, clock: Clock) -> Link {
    let context = SourceContext {
        id: SourceId(0),
        questions: Arc::new(contest().into()),
        hasher: Hasher::default(),
        news,
        clock: Some(clock),
        times: Times::default(),
        reach: contest().window(),
        recorder: None,
        stop: CancellationToken::new(),
        legacy: Legacy::default(),
    };
    let decoder = Decoder::new(&contest().into(), Some(Feed::Jetstream), Hasher::default());
    Link::new(context, decoder)
}

/// A post of Jetstream.
fn post(number: u32, hashtag: &str, at: Timestamp) -> String {
    format!(
        r#"{{"did":"did:plc:a","time_us":{}000,"kind":"commit","commit":{{"operation":"create","collection":"app.bsky.feed.post","rkey":"{number}","record":{{"text":"rope #{hashtag}"}}}}}}"#,
        at.millis()
    )
}

/// What has come to the door, in a word each.
fn heard(news: &mut mpsc::Receiver<(SourceId, News)>) -> Vec<&'static str> {
    let word = |news: News| match news {
        News::Message(Message::Post(_)) => "post",
        News::Message(Message::Unmatched(_)) => "unmatched",
        News::Message(_) => "message",
        News::Alive => "alive",
        News::State(_) => "state",
        _ => "other",
    };
    std::iter::from_fn(|| news.try_recv().ok()).map(|(_, news)| word(news)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_message_is_a_sign_of_life_and_nothing_is_told_before_it() {
    let (news_tx, mut news) = mpsc::channel(100);
    let clock = Clock::from_wall();
    let mut link = link(news_tx, clock);
    link.connected(Resume::Lost).await.unwrap();
    assert_eq!(heard(&mut news), ["alive", "state"]);
    for number in 0..3 {
        advance(SECOND).await;
        link.alive().await.unwrap();
        link.deliver(post(number, "tabs", clock.now()).as_bytes()).unwrap();
        assert_eq!(heard(&mut news), ["post"]);
        link.flush().await.unwrap();
        assert_eq!(heard(&mut news), [""; 0], "there is no more to say");
        // What comes right after it has been said too.
        advance(SECOND / 20).await;
        link.alive().await.unwrap();
        link.flush().await.unwrap();
        assert_eq!(heard(&mut news), [""; 0]);
    }
    // What concerns nobody is a sign of life as well.
    advance(SECOND).await;
    link.alive().await.unwrap();
    link.deliver(post(9, "tea", clock.now()).as_bytes()).unwrap();
    assert_eq!(heard(&mut news), [""; 0]);
    link.flush().await.unwrap();
    assert_eq!(heard(&mut news), ["unmatched"]);
    // Nothing but life.
    for _ in 0..3 {
        advance(SECOND).await;
        link.alive().await.unwrap();
        link.flush().await.unwrap();
        link.alive().await.unwrap();
        link.flush().await.unwrap();
        assert_eq!(heard(&mut news), ["alive"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lone_post_is_in_the_first_snapshot_after_it_came_and_that_is_at_once() {
    let (_orders, news_tx, doors) = doors();
    let clock = Clock::from_wall();
    let mut show = Show::new(Setup {
        questions: Arc::new(contest().into()),
        sources: vec![SourceStatus::new("a".to_owned(), "bluesky")],
        limits: Limits::default(),
        marks: Marks::default(),
        rounds: None,
        is_recorded: false,
    });
    let (snapshots_tx, mut snapshots) = watch::channel(Arc::new(show.snapshot(Now::default())));
    tokio::spawn(show::task::run(show, Some(clock), Beside::default(), doors, snapshots_tx.into()));
    let mut link = link(news_tx, clock);
    link.connected(Resume::Lost).await.unwrap();
    for number in 0..50 {
        // A quiet time, in which a ping is answered now and then.
        for _ in 0..=number % 5 {
            tokio::time::sleep(Duration::from_millis(u64::from(137 + 13 * number))).await;
            link.alive().await.unwrap();
            link.flush().await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(u64::from(100 + number))).await;
        snapshots.borrow_and_update();
        let came = Instant::now();
        link.alive().await.unwrap();
        link.deliver(post(number, "tabs", clock.now()).as_bytes()).unwrap();
        link.flush().await.unwrap();
        snapshots.changed().await.unwrap();
        assert_eq!(snapshots.borrow().posts.matched, u64::from(number + 1));
        assert!(came.elapsed() <= Duration::from_millis(1), "{:?}", came.elapsed());
    }
}

/// Connects, says one thing after the other for as long as it lives, and ends with a failure.
struct Brief {
    /// How long each connection lives; the last for ever after.
    lives: VecDeque<Duration>,
    failure: fn() -> Failure,
    /// When each attempt was made.
    attempts: Arc<std::sync::Mutex<Vec<Instant>>>,
}

impl Session for Brief {
    async fn run(&mut self, link: &mut Link) -> Result<Infallible, Failure> {
        let start = Instant::now();
        self.attempts.lock().unwrap().push(start);
        let life = self.lives[0];
        if self.lives.len() > 1 {
            self.lives.pop_front();
        }
        link.connected(Resume::Lost).await?;
        loop {
            link.alive().await?;
            link.deliver(post(1, "tea", link.now()).as_bytes())?;
            link.flush().await?;
            if start.elapsed() >= life {
                return Err((self.failure)());
            }
            tokio::time::sleep(SECOND.min(life)).await;
        }
    }
}

/// Counts log lines.
#[derive(Clone, Default)]
struct Lines(Arc<AtomicUsize>);

impl io::Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Lines;

    fn make_writer(&'a self) -> Lines {
        self.clone()
    }
}

/// The pauses before the attempts of a time, and the lines that were logged in it.
async fn tried(
    lives: &[Duration],
    failure: fn() -> Failure,
    time: Duration,
) -> (Vec<Duration>, usize) {
    let log = Lines::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    let (news_tx, mut news) = mpsc::channel(100);
    tokio::spawn(async move { while news.recv().await.is_some() {} });
    let attempts = Arc::default();
    let lives = lives.iter().copied().collect();
    let session = Brief { lives, failure, attempts: Arc::clone(&attempts) };
    let _goes_on = timeout(time, run(session, link(news_tx, Clock::from_wall()))).await;
    let attempts = attempts.lock().unwrap();
    let pauses = attempts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    (pauses, log.0.load(Ordering::Relaxed))
}

fn closed() -> Failure {
    Failure::Closed(String::new())
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_one_thing_and_closes_is_asked_and_logged_more_and_more_rarely() {
    let asked =
        || Failure::Status { status: 503, said: String::new(), retry_after: Some(Duration::ZERO) };
    let said = || Failure::Said {
        message: "the server ends the stream".to_owned(),
        class: Class::Broken,
        hint: None,
    };
    for failure in [closed, asked, said] {
        let hour = 3600 * SECOND;
        let (pauses, lines) = tried(&[Duration::ZERO], failure, hour).await;
        // Five seconds each in the middle of their time up to ten.
        assert!((150..1000).contains(&pauses.len()), "{} attempts", pauses.len());
        let first: Duration = pauses[..20].iter().sum();
        assert!(first >= 20 * SECOND, "{first:?} for twenty attempts");
        assert!((20..=21 * 60).contains(&lines), "{lines} lines in an hour");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_lived_for_long_is_made_again_at_once() {
    let long = 31 * SECOND;
    let (pauses, _) = tried(&[long], closed, 3600 * SECOND).await;
    assert!(pauses.iter().all(|pause| *pause <= long + SECOND / 10), "{pauses:?}");
    // Failures are forgotten then, and not before.
    let mut lives = vec![SECOND; 30];
    lives.extend([long, SECOND]);
    let (pauses, _) = tried(&lives, closed, 900 * SECOND).await;
    assert!(pauses[10..30].iter().sum::<Duration>() > 60 * SECOND, "{pauses:?}");
    assert!(pauses[30] <= long + SECOND / 10, "{pauses:?}");
    assert!(pauses[31] <= 2 * SECOND + SECOND / 10, "the first failure again: {pauses:?}");
}
