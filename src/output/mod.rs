//! Where the result goes: lights. An output shows the newest scene, keeps its own errors to itself,
//! and never holds up another.

mod apart;
pub mod artnet;
pub mod blackout;
pub mod ddp;
pub mod doctor;
pub mod e131;
pub mod holiday;
pub mod led;
pub mod spi;
pub mod status;
pub mod terminal;
mod udp;
pub mod wled;

use std::sync::Arc;

use tokio::sync::watch;

use crate::render::bytes::Encoding;
use crate::render::colour::Calibration;
use crate::render::layout::Layout;
use crate::render::power::Budget;
use crate::snapshot::{OutputState, OutputStatus, Snapshot};

use led::device::Open;
use led::Strip;
use status::{Desk, Monitor, Sent};

/// One `[[output]]` of the config.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// What logs call it.
    pub name: String,
    /// What it is, with the keys of that kind.
    pub kind: Kind,
    /// The lights.
    pub strip: Strip,
}

/// The kinds of output.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A strip drawn in the terminal.
    Terminal(terminal::Settings),
    /// A strip on the SPI bus of a Raspberry Pi.
    Spi(spi::Settings),
    /// A display by the Distributed Display Protocol.
    Ddp(ddp::Settings),
    /// Universes of DMX by streaming ACN.
    E131(e131::Settings),
    /// Universes of DMX by Art-Net.
    Artnet(artnet::Settings),
    /// A WLED controller by its own protocol.
    Wled(wled::Settings),
    /// A Holiday.
    Holiday(holiday::Settings),
}

impl Kind {
    /// As in the config.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Kind::Terminal(_) => "terminal",
            Kind::Spi(_) => "spi",
            Kind::Ddp(_) => "ddp",
            Kind::E131(_) => "e131",
            Kind::Artnet(_) => "artnet",
            Kind::Wled(_) => "wled",
            Kind::Holiday(_) => "holiday",
        }
    }

    /// What its bytes mean.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        match self {
            Kind::Terminal(_) => Encoding::Screen,
            Kind::Spi(_)
            | Kind::Ddp(_)
            | Kind::E131(_)
            | Kind::Artnet(_)
            | Kind::Wled(_)
            | Kind::Holiday(_) => Encoding::Duty,
        }
    }

    /// What opens its device.
    #[must_use]
    pub fn into_open(self) -> Box<dyn Open> {
        match self {
            Kind::Terminal(settings) => Box::new(settings),
            Kind::Spi(settings) => Box::new(settings),
            Kind::Ddp(settings) => Box::new(settings),
            Kind::E131(settings) => Box::new(settings),
            Kind::Artnet(settings) => Box::new(settings),
            Kind::Wled(settings) => Box::new(settings),
            Kind::Holiday(settings) => Box::new(settings),
        }
    }
}

impl Settings {
    /// A strip in the terminal, as a config without any other key has it.
    #[must_use]
    pub fn terminal() -> Settings {
        let strip = Strip {
            layout: Layout::plain(50),
            calibration: Calibration::default(),
            budget: Budget { max_milliamps: u32::MAX },
        };
        let kind = Kind::Terminal(terminal::Settings { fps: 30 });
        Settings { name: kind.name().to_owned(), kind, strip }
    }

    /// Where the output will say how it is doing, and where that is heard.
    #[must_use]
    pub fn desk(&self) -> (Desk, Monitor) {
        desk(&self.name, self.kind.name(), &self.strip, self.kind.encoding())
    }
}

/// The same for any strip.
#[must_use]
pub fn desk(name: &str, kind: &'static str, strip: &Strip, encoding: Encoding) -> (Desk, Monitor) {
    let screen = encoding == Encoding::Screen;
    let status = OutputStatus {
        name: name.to_owned(),
        kind,
        state: OutputState::Opening,
        error: None,
        pixels: strip.layout.pixels,
        frames: 0,
        skipped: 0,
        repeated: 0,
        errors: 0,
        milliamps: None,
        max_milliamps: (!screen).then_some(strip.budget.max_milliamps),
        limited: false,
        flash_limited: false,
    };
    let (status_tx, status_rx) = watch::channel(status);
    let sent = Sent::new(strip.layout.pixels, &strip.calibration, encoding);
    let (sent_tx, sent_rx) = watch::channel(sent);
    let (turns_tx, turns_rx) = watch::channel(0);
    let desk = Desk { status: status_tx, sent: sent_tx, turns: turns_tx };
    (desk, Monitor { status: status_rx, sent: sent_rx, turns: turns_rx })
}

/// Runs an output until the show ends, and leaves the strip dark.
pub async fn run(settings: Settings, snapshots: watch::Receiver<Arc<Snapshot>>, desk: Desk) {
    let encoding = settings.kind.encoding();
    led::run(&settings.name, &settings.strip, encoding, settings.kind.into_open(), snapshots, desk)
        .await;
}
