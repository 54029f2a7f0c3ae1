//! The frame loop, first by itself with a clock that is moved by hand, then with its thread and
//! devices that hang, fail and panic.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use tokio::task::{JoinHandle, yield_now};
use tokio::time::timeout;

use super::device::{Device, DeviceError, Refresh, Wire};
use super::memory::{Memory, Received};
use super::thread::Task;
use super::*;
use crate::output::status::{self, Monitor};
use crate::output::suspend::{self, Suspender};
use crate::picture::Pattern;
use crate::render::check::{Meter, snapshot_of};
use crate::render::colour::Calibration;
use crate::render::layout::Layout;
use crate::render::power::Budget;
use crate::rgb::Rgb;
use crate::snapshot::{OutputState, OutputStatus};

/// The longest wait for one thing, for a device's thread goes by the clock on the wall.
const PATIENCE: Duration = Duration::from_mins(1);

const WHITE: Rgb = Rgb::new(255, 255, 255);
const BUDGET: Budget = Budget { max_milliamps: 1000 };

fn strip() -> Strip {
    Strip { layout: Layout::plain(4), calibration: Calibration::default(), budget: BUDGET }
}

fn refresh(fps: u32, repeats: u32, keep_alive: Option<u64>) -> Refresh {
    Refresh { fps, repeats, keep_alive: keep_alive.map(Duration::from_millis) }
}

fn split(share: f64) -> Scene {
    Scene::from(snapshot(share))
}

fn snapshot(share: f64) -> Arc<Snapshot> {
    Arc::new(snapshot_of(&[(WHITE, share), (Rgb::BLACK, 1.0 - share)]))
}

/// The loop without its thread: a device that takes some time for each frame, or fails.
struct Simulation {
    frames: Frames,
    monitor: Monitor,
    start: Instant,
    now: Instant,
    shown: Vec<u8>,
    /// When what was written, in ms since the start: `s` shown, `r` repeated, `f` failed.
    log: Vec<(u64, char)>,
    takes: Duration,
    fails: bool,
    meter: Meter,
}

impl Simulation {
    fn new(refresh: Refresh, scene: Scene) -> Simulation {
        Simulation::supplied(refresh, scene, BUDGET)
    }

    fn supplied(refresh: Refresh, scene: Scene, budget: Budget) -> Simulation {
        let strip = strip();
        let renderer = Renderer::new(&strip.layout, &strip.calibration, budget, Encoding::Duty);
        let (status, monitor) = status::channel("strip", "memory", &strip, Encoding::Duty);
        let now = Instant::now();
        Simulation {
            frames: Frames::new(renderer, scene, false, refresh, status.status, now),
            monitor,
            start: now,
            now,
            shown: Vec::new(),
            log: Vec::new(),
            takes: Duration::ZERO,
            fails: false,
            meter: Meter::new(4, &strip.calibration, Some(budget)),
        }
    }

    fn at(&self) -> u64 {
        u64::try_from((self.now - self.start).as_millis()).unwrap()
    }

    /// Runs for some time, and gives what was written.
    fn run(&mut self, millis: u64) -> Vec<(u64, char)> {
        let end = self.now + Duration::from_millis(millis);
        while let Some(wake) =
            self.frames.wake().map(|wake| wake.max(self.now)).filter(|&at| at <= end)
        {
            self.now = wake;
            let Some(task) = self.frames.next(self.now) else { continue };
            let at = self.at();
            self.now += self.takes;
            let spare = match task {
                Task::Again => {
                    self.log.push((at, if self.fails { 'f' } else { 'r' }));
                    None
                }
                Task::Darken => {
                    self.log.push((at, 'd'));
                    self.meter.frame(self.now - self.start, &[0; 12]);
                    self.shown.fill(0);
                    None
                }
                Task::Show(show) => {
                    self.log.push((at, if self.fails { 'f' } else { 's' }));
                    if !self.fails {
                        self.meter.frame(self.now - self.start, &show.bytes);
                    }
                    Some(std::mem::replace(&mut self.shown, show.bytes))
                }
            };
            let result = if self.fails { Err(unplugged()) } else { Ok(()) };
            self.frames.done(spare, result, self.now);
        }
        self.now = self.now.max(end);
        std::mem::take(&mut self.log)
    }
}

fn unplugged() -> DeviceError {
    DeviceError::Unfit("unplugged".to_owned())
}

fn times(log: &[(u64, char)]) -> Vec<u64> {
    log.iter().map(|&(at, _)| at).collect()
}

#[tokio::test(start_paused = true)]
async fn frames_go_out_at_the_rate_until_all_has_settled() {
    let mut simulation = Simulation::new(refresh(50, 0, None), split(1.0));
    let log = simulation.run(5000);
    assert_eq!(log[0], (0, 's'));
    let gaps: Vec<u64> = times(&log).windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps.iter().all(|gap| gap % 20 == 0), "{gaps:?}");
    // The fade from black takes 0.8 s; then nothing moves.
    assert!((35..=42).contains(&log.len()), "{}", log.len());
    assert_eq!(simulation.shown, [255; 12]);
    assert_eq!(simulation.run(100_000), []);
    assert_eq!(simulation.monitor.status.borrow().state, OutputState::Live);
}

#[tokio::test(start_paused = true)]
async fn the_first_frame_after_a_quiet_time_goes_out_at_once() {
    let mut simulation = Simulation::new(refresh(50, 0, None), split(1.0));
    simulation.run(5007);
    simulation.frames.take(split(0.5));
    let log = simulation.run(1000);
    assert_eq!(times(&log)[..4], [5007, 5027, 5047, 5067]);
}

#[tokio::test(start_paused = true)]
async fn a_stall_is_not_made_up_for() {
    let mut simulation = Simulation::new(refresh(50, 0, None), split(1.0));
    simulation.run(100);
    simulation.takes = Duration::from_millis(333);
    simulation.run(20);
    simulation.takes = Duration::ZERO;
    let log = simulation.run(600);
    for pair in times(&log).windows(2) {
        assert!(pair[1] - pair[0] >= 15, "{log:?}");
    }
    assert!((28..=31).contains(&log.len()), "{}", log.len());
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_stands_is_repeated_and_then_kept_alive() {
    let mut simulation = Simulation::new(refresh(40, 3, Some(1000)), split(1.0));
    let log = simulation.run(5000);
    let last = log.iter().rposition(|&(_, what)| what == 's').unwrap();
    let at = log[last].0;
    let after: Vec<u64> = times(&log[last + 1..]).iter().map(|time| time - at).collect();
    assert_eq!(after[..5], [25, 50, 75, 975, 1875]);
    assert!(log[last + 1..].iter().all(|&(_, what)| what == 'r'));
    // Snapshots that show the same are no new frames, and do not put the repetition off.
    let from = simulation.at();
    let mut beats = Vec::new();
    for _ in 0..100 {
        simulation.frames.take(split(1.0));
        beats.extend(simulation.run(33));
    }
    assert!(beats.iter().all(|&(_, what)| what == 'r'), "{beats:?}");
    let times: Vec<u64> = [from].into_iter().chain(times(&beats)).collect();
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] <= 1000), "{times:?}");
    assert!(beats.len() <= 5, "{beats:?}");
}

#[tokio::test(start_paused = true)]
async fn a_device_that_fails_is_tried_again_less_and_less_often_and_comes_back_by_itself() {
    let mut simulation = Simulation::new(refresh(50, 0, None), split(1.0));
    simulation.run(3000);
    simulation.fails = true;
    simulation.frames.take(split(0.5));
    let log = simulation.run(60_000);
    assert!(log.iter().all(|&(_, what)| what == 'f'));
    // Waits are up to 0.25, 0.5, 1, 2 and 3 s, and half of that on the average.
    assert!((15..150).contains(&log.len()), "{}", log.len());
    assert!(times(&log).windows(2).all(|pair| pair[1] - pair[0] <= 3000), "{log:?}");
    let status = simulation.monitor.status.borrow().clone();
    assert_eq!((status.state, status.error.as_deref()), (OutputState::Failing, Some("unplugged")));
    assert_eq!(status.errors, log.len() as u64);
    simulation.fails = false;
    let log = simulation.run(4000);
    assert!(log[0].0 <= 66_000 && log.iter().all(|&(_, what)| what == 's'), "{log:?}");
    assert_eq!(simulation.shown, [255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0]);
    let status = simulation.monitor.status.borrow().clone();
    assert_eq!((status.state, status.error), (OutputState::Live, None));
}

#[tokio::test(start_paused = true)]
async fn a_strip_that_is_late_comes_up_from_black_too() {
    let mut simulation = Simulation::new(refresh(50, 0, None), split(1.0));
    simulation.fails = true;
    simulation.run(20_000);
    simulation.fails = false;
    let mut first = Vec::new();
    while first.is_empty() {
        simulation.run(10);
        first.clone_from(&simulation.shown);
    }
    assert!(first.iter().all(|&byte| byte < 10), "{first:?}");
    simulation.run(5000);
    assert_eq!(simulation.shown, [255; 12]);
    simulation.meter.flashes();
}

#[tokio::test(start_paused = true)]
async fn a_slow_device_gets_fewer_frames_and_never_an_old_one() {
    let mut simulation = Simulation::new(refresh(50, 0, None), split(1.0));
    simulation.takes = Duration::from_millis(70);
    for step in 0..50u32 {
        simulation.frames.take(split(f64::from(step % 2)));
        simulation.run(100);
    }
    simulation.run(3000);
    assert_eq!(simulation.shown, [255; 12]);
    assert!(simulation.log.is_empty());
    simulation.meter.flashes();
}

#[tokio::test(start_paused = true)]
async fn a_strip_that_is_suspended_is_dark_at_once_and_hears_nothing_until_it_goes_on() {
    let mut simulation = Simulation::new(refresh(50, 3, Some(1000)), split(1.0));
    simulation.run(3007);
    simulation.frames.suspend();
    assert!(!simulation.frames.is_dark());
    assert_eq!(simulation.run(10), [(3007, 'd')]);
    assert!(simulation.frames.is_dark());
    for _ in 0..1000 {
        simulation.frames.take(split(fastrand::f64()));
        assert_eq!(simulation.run(33), []);
    }
    simulation.frames.take(split(0.5));
    simulation.frames.resume(simulation.now);
    let at = simulation.at();
    let log = simulation.run(10);
    assert_eq!(log, [(at, 's')], "the newest, and no burst of old ones");
    assert!(simulation.shown.iter().all(|&byte| byte < 10), "it comes up from black");
    simulation.run(5000);
    assert_eq!(simulation.shown, [255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0]);
    simulation.meter.flashes();
}

#[tokio::test(start_paused = true)]
async fn a_strip_that_is_suspended_again_and_again_flashes_not_more_often_than_others() {
    let mut simulation = Simulation::new(refresh(50, 0, None), split(1.0));
    for lit in [3000, 10, 200, 400, 600, 800, 10, 10, 1000, 100, 300, 500, 700, 900] {
        simulation.run(lit);
        simulation.frames.suspend();
        simulation.run(lit % 70);
        simulation.frames.resume(simulation.now);
    }
    simulation.run(5000);
    assert_eq!(simulation.shown, [255; 12]);
    simulation.meter.flashes();
}

#[tokio::test(start_paused = true)]
async fn a_device_that_fails_holds_up_no_stop_and_is_tried_again_after_it() {
    let mut simulation = Simulation::new(refresh(50, 0, None), split(1.0));
    simulation.run(3000);
    simulation.fails = true;
    simulation.frames.take(split(0.5));
    simulation.run(1000);
    simulation.frames.suspend();
    assert_eq!(simulation.run(60_000), [(4000, 'd')]);
    assert!(simulation.frames.is_dark());
    simulation.fails = false;
    simulation.frames.resume(simulation.now);
    assert!(simulation.run(3500).iter().any(|&(_, what)| what == 's'));
}

#[tokio::test(start_paused = true)]
async fn a_strip_that_is_dark_by_order_fades_and_is_kept_alive_in_the_dark() {
    for scene in [split(1.0), Scene::Pattern(Pattern::White)] {
        let mut simulation = Simulation::new(refresh(40, 3, Some(1000)), scene);
        simulation.run(5000);
        assert_eq!(simulation.shown, [255; 12]);
        simulation.frames.black_out(true);
        simulation.run(300);
        assert!(simulation.shown.iter().all(|byte| (1..255).contains(byte)), "on its way");
        simulation.run(260);
        assert_eq!(simulation.shown, [0; 12]);
        let log = simulation.run(10_000);
        assert!(log.iter().all(|&(_, what)| what == 'r'), "{log:?}");
        assert!(times(&log).windows(2).all(|pair| pair[1] - pair[0] <= 1000), "{log:?}");
        assert!(log.len() >= 10, "{log:?}");
        simulation.frames.black_out(false);
        simulation.run(560);
        assert_eq!(simulation.shown, [255; 12]);
        simulation.meter.flashes();
    }
}

#[tokio::test(start_paused = true)]
async fn a_strip_that_is_darkened_and_lit_again_and_again_does_not_flash() {
    let mut simulation = Simulation::new(refresh(50, 0, None), split(1.0));
    simulation.run(3000);
    for turn in 0..60 {
        simulation.frames.black_out(turn % 2 == 0);
        simulation.run([40, 90, 150, 260, 20][turn % 5]);
    }
    simulation.run(3000);
    assert_eq!(simulation.shown, [255; 12]);
    simulation.meter.flashes();
}

#[tokio::test(start_paused = true)]
async fn a_strip_that_begins_while_it_is_dark_by_order_is_never_lit() {
    let mut simulation = Simulation::new(refresh(50, 0, None), split(1.0));
    simulation.frames.black_out(true);
    for share in [0.2, 0.7, 0.4] {
        simulation.frames.take(split(share));
        simulation.run(700);
        assert!(simulation.shown.iter().all(|&byte| byte == 0), "{:?}", simulation.shown);
    }
}

/// An output at work, with its thread.
struct Output {
    told: Receiver<Received>,
    monitor: Monitor,
    task: JoinHandle<()>,
    suspender: Suspender,
}

impl Output {
    fn start(
        open: impl FnOnce(SyncSender<Received>) -> Box<dyn Open>,
        snapshots: &watch::Sender<Arc<Snapshot>>,
    ) -> Output {
        let (told_tx, told) = sync_channel(100_000);
        let (status, monitor) = status::channel("strip", "memory", &strip(), Encoding::Duty);
        let snapshots = snapshots.subscribe();
        let open = open(told_tx);
        let (suspender, wish) = suspend::channel();
        let task = tokio::spawn(async move {
            run("strip", &strip(), Encoding::Duty, open, snapshots, status, wish).await;
        });
        Output { told, monitor, task, suspender }
    }

    /// The next frame, however long that takes by other clocks.
    #[expect(clippy::disallowed_methods, reason = "tokio's clock stands still meanwhile")]
    async fn frame(&self) -> Vec<u8> {
        let start = std::time::Instant::now();
        loop {
            match self.told.try_recv() {
                Ok(Received::Frame(bytes)) => return bytes,
                Ok(Received::End) => panic!("it has ended"),
                Err(_) => {
                    assert!(start.elapsed() < PATIENCE, "no frame comes");
                    yield_now().await;
                }
            }
        }
    }
}

fn memory(told: SyncSender<Received>) -> Box<dyn Open> {
    Box::new(Memory::new(told, refresh(50, u32::MAX, None)))
}

/// While this is held the clock stands still unless it is moved.
fn standing_clock() -> SyncSender<()> {
    let (hold_tx, hold_rx) = sync_channel(1);
    // The clock does not jump to the next deadline while such a task runs.
    tokio::task::spawn_blocking(move || hold_rx.recv());
    hold_tx
}

/// Does as it is told by a plan, one call after the other.
struct Clumsy {
    calls: Arc<AtomicUsize>,
    plan: fn(usize) -> Result<(), DeviceError>,
    told: SyncSender<Received>,
}

impl Open for Clumsy {
    fn open(&mut self) -> Result<Box<dyn Device>, DeviceError> {
        let Clumsy { calls, plan, told } = self;
        Ok(Box::new(Clumsy { calls: Arc::clone(calls), plan: *plan, told: told.clone() }))
    }

    fn refresh(&self) -> Refresh {
        refresh(50, 0, None)
    }
}

impl Device for Clumsy {
    fn write(&mut self, wire: &Wire<'_>) -> Result<(), DeviceError> {
        (self.plan)(self.calls.fetch_add(1, Ordering::SeqCst))?;
        let _nobody_looks = self.told.send(Received::Frame(wire.bytes.to_vec()));
        Ok(())
    }

    fn end(&mut self) -> Result<(), DeviceError> {
        let _nobody_looks = self.told.send(Received::End);
        Ok(())
    }
}

fn clumsy(
    plan: fn(usize) -> Result<(), DeviceError>,
) -> impl FnOnce(SyncSender<Received>) -> Box<dyn Open> {
    move |told| Box::new(Clumsy { calls: Arc::default(), plan, told })
}

/// All frames of a strip, one each 20 ms, while another has the device `other`.
async fn beside(other: Option<fn(usize) -> Result<(), DeviceError>>) -> Vec<Vec<u8>> {
    let hold = standing_clock();
    let snapshots = watch::Sender::new(snapshot(1.0));
    let output = Output::start(memory, &snapshots);
    let _other = other.map(|plan| Output::start(clumsy(plan), &snapshots));
    let mut frames = vec![output.frame().await];
    let mut status = output.monitor.status.clone();
    for step in 0..150u32 {
        let done = |status: &OutputStatus| status.frames + status.repeated > u64::from(step);
        status.wait_for(done).await.unwrap();
        snapshots.send_replace(snapshot(f64::from(step % 7) / 6.0));
        yield_now().await;
        // More than a period, so that there is a frame in each, and less than two.
        tokio::time::advance(Duration::from_millis(25)).await;
        frames.push(output.frame().await);
    }
    drop(hold);
    frames
}

#[tokio::test(start_paused = true)]
async fn an_output_that_hangs_or_dies_changes_nothing_for_another() {
    let alone = beside(None).await;
    assert!(alone.windows(2).any(|pair| pair[0] != pair[1]));
    // The thread is left behind when the test ends.
    let hangs = |_| loop {
        std::thread::park();
    };
    assert_eq!(beside(Some(hangs)).await, alone);
    assert_eq!(beside(Some(|_| Err(broken()))).await, alone);
    assert_eq!(beside(Some(|_| panic!("a bug"))).await, alone);
}

fn broken() -> DeviceError {
    std::io::Error::from(std::io::ErrorKind::BrokenPipe).into()
}

/// What a strip was told last, after its feed has ended. A device has its patience of a real clock.
async fn end_of(plan: fn(usize) -> Result<(), DeviceError>) -> (Vec<Received>, OutputState) {
    let snapshots = watch::Sender::new(snapshot(1.0));
    let output = Output::start(clumsy(plan), &snapshots);
    let mut status = output.monitor.status.clone();
    let tried = status.wait_for(|status| status.frames + status.errors >= 5);
    drop(timeout(PATIENCE, tried).await.expect("it is tried").unwrap());
    drop(snapshots);
    timeout(PATIENCE, output.task).await.expect("it ends").unwrap();
    let state = output.monitor.status.borrow().state;
    (output.told.try_iter().collect(), state)
}

fn is_black_and_ended(told: &[Received]) -> bool {
    told.ends_with(&[Received::Frame(vec![0; 12]), Received::End])
}

#[tokio::test]
async fn a_strip_is_black_before_its_stream_ends() {
    let (told, state) = end_of(|_| Ok(())).await;
    assert!(is_black_and_ended(&told), "{told:?}");
    assert_eq!(state, OutputState::Ended);
}

#[tokio::test]
async fn a_device_that_fails_now_and_then_is_black_at_the_end() {
    let (told, _) = end_of(|call| if call % 2 == 0 { Err(broken()) } else { Ok(()) }).await;
    assert!(is_black_and_ended(&told), "{told:?}");
}

#[tokio::test]
async fn a_device_that_panics_is_opened_again_and_black_at_the_end() {
    let (told, _) = end_of(|call| if call % 2 == 0 { panic!("a bug") } else { Ok(()) }).await;
    assert!(is_black_and_ended(&told), "{told:?}");
}

#[tokio::test]
async fn a_device_that_always_panics_holds_nobody_up() {
    let (told, state) = end_of(|_| panic!("a bug")).await;
    assert_eq!((told.as_slice(), state), (&[][..], OutputState::Ended));
}

#[tokio::test]
async fn a_strip_goes_black_when_its_loop_is_dropped() {
    let snapshots = watch::Sender::new(snapshot(1.0));
    let output = Output::start(memory, &snapshots);
    let mut status = output.monitor.status.clone();
    let lit = status.wait_for(|status| status.frames >= 5);
    drop(timeout(PATIENCE, lit).await.expect("frames come").unwrap());
    // As when the program panics: nobody says goodbye.
    output.task.abort();
    assert!(output.task.await.unwrap_err().is_cancelled());
    let told: Vec<Received> = output.told.iter().collect();
    assert!(is_black_and_ended(&told), "{told:?}");
    assert_eq!(output.monitor.sent.borrow().bytes, [0; 12]);
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_stands_is_told_to_be_limited_whenever_it_became_so() {
    // For some of these the last frame on the way up is the one that stands.
    for max_milliamps in 60..240 {
        let white = Scene::Pattern(Pattern::White);
        let budget = Budget { max_milliamps };
        let mut simulation = Simulation::supplied(refresh(200, 0, None), white, budget);
        simulation.run(3000);
        assert!(simulation.monitor.status.borrow().limited, "{max_milliamps} mA");
    }
}

#[tokio::test]
async fn whoever_suspends_the_lights_waits_until_all_have_black_and_the_end_of_the_stream() {
    let snapshots = watch::Sender::new(snapshot(1.0));
    let mut output = Output::start(memory, &snapshots);
    for _ in 0..3 {
        while output.frame().await.iter().all(|&byte| byte == 0) {}
        timeout(PATIENCE, output.suspender.suspend()).await.expect("the strip is dark");
        let told: Vec<Received> = output.told.try_iter().collect();
        assert!(matches!(told[..], [.., Received::Frame(_), Received::End]), "{told:?}");
        assert_eq!(told[told.len() - 2], Received::Frame(vec![0; 12]));
        snapshots.send_replace(snapshot(0.5));
        yield_now().await;
        assert_eq!(output.told.try_iter().count(), 0);
        output.suspender.resume();
    }
    drop(snapshots);
    timeout(PATIENCE, output.task).await.expect("it ends").unwrap();
}

#[tokio::test]
async fn an_output_that_ends_or_fails_while_the_lights_are_suspended_is_waited_for_no_longer() {
    let snapshots = watch::Sender::new(snapshot(1.0));
    let mut output = Output::start(memory, &snapshots);
    drop(snapshots);
    output.task.await.unwrap();
    timeout(PATIENCE, output.suspender.suspend()).await.expect("none is left");
}
