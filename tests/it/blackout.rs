//! The dark that an operator orders, on real outputs: by name, for all strips, and with the stream alive.

use std::path::Path;
use std::sync::Arc;

use hashtug::config::Config;
use hashtug::output::status::Monitor;
use hashtug::output::suspend::Suspended;
use hashtug::output::{self, Settings};
use hashtug::picture::{Dark, Pattern};
use hashtug::render::check::snapshot_of;
use hashtug::rgb::Rgb;
use hashtug::snapshot::Snapshot;
use tokio::net::UdpSocket;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::support::patience::PATIENCE;
use crate::support::receivers;

const PIXELS: usize = 4;

/// Three outputs: two universes, and the strip in the terminal.
struct Outputs {
    names: Vec<String>,
    monitors: Vec<Monitor>,
    snapshots: watch::Sender<Arc<Snapshot>>,
    rope: UdpSocket,
    _wall: UdpSocket,
    tasks: JoinSet<()>,
}

impl Outputs {
    async fn start() -> Outputs {
        let rope = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let wall = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let e131 = |name: &str, socket: &UdpSocket| {
            let port = socket.local_addr().unwrap().port();
            format!(
                "[[output]]\nname = \"{name}\"\nkind = \"e131\"\nhost = \"127.0.0.1\"\nport = {port}\n\
                 pixels = {PIXELS}\n"
            )
        };
        let text = format!(
            "[[team]]\nname = \"Tabs\"\nhashtags = [\"tabs\"]\n\
             [[team]]\nname = \"Spaces\"\nhashtags = [\"spaces\"]\n\
             {}{}[[output]]\nkind = \"terminal\"\npixels = {PIXELS}\n",
            e131("rope", &rope),
            e131("wall", &wall)
        );
        let config = Config::parse(&text, Path::new("blackout.toml")).unwrap();
        let snapshots = watch::Sender::new(Arc::new(snapshot()));
        let (mut names, mut monitors, mut tasks) = (Vec::new(), Vec::new(), JoinSet::new());
        for settings in config.outputs {
            names.push(settings.name.clone());
            monitors.push(begin(settings, &snapshots, &mut tasks));
        }
        Outputs { names, monitors, snapshots, rope, _wall: wall, tasks }
    }

    /// Publishes what is dark, and waits until those outputs are, and the others are lit.
    async fn check(&mut self, blackout: &[Dark], pattern: Option<Pattern>, dark: &[&str]) {
        let blackout = blackout.to_vec();
        self.snapshots.send_replace(Arc::new(Snapshot { blackout, pattern, ..snapshot() }));
        for (name, monitor) in self.names.iter().zip(&mut self.monitors) {
            let byte = if dark.contains(&&**name) { 0 } else { 255 };
            let is_so = monitor.sent.wait_for(|sent| sent.bytes == [byte; 3 * PIXELS]);
            assert!(timeout(PATIENCE, is_so).await.is_ok(), "`{name}` is not {byte}");
        }
    }

    /// The next packet to the rope.
    async fn packet(&self) -> receivers::Dmx {
        let mut buffer = [0; 2048];
        let length = timeout(PATIENCE, self.rope.recv(&mut buffer)).await.expect("one comes");
        receivers::e131(&buffer[..length.unwrap()])
    }
}

fn begin(
    settings: Settings,
    snapshots: &watch::Sender<Arc<Snapshot>>,
    tasks: &mut JoinSet<()>,
) -> Monitor {
    let (status, monitor) = settings.status_channel();
    tasks.spawn(output::run(settings, snapshots.subscribe(), status, Suspended::default()));
    monitor
}

/// All of it white.
fn snapshot() -> Snapshot {
    snapshot_of(&[(Rgb::new(255, 255, 255), 1.0), (Rgb::BLACK, 0.0)])
}

#[tokio::test]
async fn outputs_are_dark_by_name_or_all_and_nothing_that_is_shown_lights_them() {
    let mut outputs = Outputs::start().await;
    outputs.check(&[], None, &[]).await;
    outputs.check(&[Dark::Output("rope".to_owned())], None, &["rope"]).await;
    outputs.check(&[Dark::Output("terminal".to_owned())], None, &["terminal"]).await;
    outputs.check(&[Dark::Screens], None, &[]).await;
    outputs.check(&[Dark::Strips], Some(Pattern::White), &["rope", "wall", "terminal"]).await;
    outputs.check(&[Dark::Output("wall".to_owned())], Some(Pattern::White), &["wall"]).await;
    outputs.check(&[Dark::All], None, &["rope", "wall", "terminal"]).await;
    outputs.check(&[], None, &[]).await;
    drop(outputs.snapshots);
    timeout(PATIENCE, outputs.tasks.join_all()).await.expect("they end");
}

#[tokio::test]
async fn a_universe_that_is_dark_by_order_is_sent_again_and_again_and_does_not_end() {
    let mut outputs = Outputs::start().await;
    outputs.check(&[], None, &[]).await;
    outputs.check(&[Dark::Output("rope".to_owned())], None, &["rope"]).await;
    // It came up from black.
    while outputs.packet().await.data[..3 * PIXELS] != [255; 3 * PIXELS] {}
    let mut dark = 0;
    // Three repetitions follow at once; those after it come each second.
    while dark < 6 {
        let packet = outputs.packet().await;
        assert!(!packet.terminated);
        let black = packet.data.iter().all(|&slot| slot == 0);
        assert!(black || dark == 0, "no light after the dark: {:?}", packet.data);
        dark += u32::from(black);
    }
}
