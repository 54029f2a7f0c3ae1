//! WLED's own realtime protocol, for controllers on which DDP is not at hand.
//!
//! [`encode`] picks the form that fits: DRGB and DRGBW hold a whole strip in one packet, DNRGB a
//! longer one in several. A packet has no number and a frame no end, so that frames in several
//! packets may tear; [`super::ddp`] does better. WLED goes back to what it showed before when
//! nothing has come for `timeout`, and at once when the output ends. It shows what it gets: gamma
//! is corrected here.

use std::sync::Arc;

use crate::finding::Finding;
use crate::keys::problem::Problem;
use crate::keys::table::Table;
use crate::keys::{duration, host};

use super::Kind;
use super::claim::Claim;
use super::doctor::Machine;
use super::led::device::{Device, DeviceError, Open, Refresh, Wire};
use super::strip::{self, Strip};
use super::udp::{self, FAREWELLS, KEEP_ALIVE, Peer, farewell};

pub(super) const KIND: super::Entry = ("wled", read);

/// Where WLED listens.
pub const PORT: u16 = 21324;

/// The most pixels with white: they have to fit one packet.
pub const MAX_RGBW: usize = 367;

/// The most pixels without: the start of a packet has 16 bits.
pub const MAX_RGB: usize = 65_536;

/// Forms of a packet, as WLED numbers them.
const DRGB: u8 = 2;
const DRGBW: u8 = 3;
const DNRGB: u8 = 4;

/// The most pixels of a packet.
const MAX_DRGB: usize = 490;
const MAX_DNRGB: usize = 489;

/// Instead of a time-out: WLED takes over at once.
const HAND_BACK: u8 = 0;

/// The keys of a `wled` output.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// A name or an address, looked up whenever the output is opened.
    pub host: String,
    /// The UDP port, usually [`PORT`].
    pub port: u16,
    /// Seconds without a packet after which WLED shows its own again, 2 to 254; 255 would be for
    /// ever.
    pub timeout: u8,
    /// The most frames a second.
    pub fps: u32,
}

fn read(table: &Table<'_>) -> (Arc<dyn Kind>, Strip) {
    let strip = strip::of_network(table);
    let pixels = strip.layout.pixels;
    if strip.calibration.white && pixels > MAX_RGBW {
        let message = format!("{pixels} pixels with white do not fit one packet; {MAX_RGBW} do");
        let hint = "WLED takes more by another protocol: `kind = \"ddp\"`";
        table.report(Problem::new(table.place("pixels"), message).hint(hint));
    }
    let settings = Settings {
        host: host::read(table, "").unwrap_or_default(),
        port: udp::port(table, PORT),
        timeout: table.parsed("timeout", "2s", timeout).unwrap_or(2),
        fps: strip::fps(table, udp::FPS, strip::MAX_FPS),
    };
    (Arc::new(settings), strip)
}

impl Kind for Settings {
    fn name(&self) -> &'static str {
        KIND.0
    }

    fn claim(&self, _: &Strip) -> Option<Claim> {
        Claim::port(&self.host, self.port)
    }

    fn describe(&self, _: &Strip) -> String {
        udp::describe(KIND.0, &self.host, self.port, PORT)
    }

    fn examine(&self, _: &Strip, _: &Machine) -> Vec<Finding> {
        vec![udp::examine(&self.host, self.port)]
    }
}

impl Open for Settings {
    fn open(&mut self) -> Result<Box<dyn Device>, DeviceError> {
        let peer = Peer::open(&self.host, self.port)?;
        let timeout = self.timeout;
        Ok(Box::new(Controller { peer, timeout, packet: Vec::new(), shape: (0, 3) }))
    }

    fn refresh(&self) -> Refresh {
        Refresh { fps: self.fps, repeats: 1, keep_alive: Some(KEEP_ALIVE) }
    }
}

/// Sends the packets of one frame; `timeout` in seconds, `packet` is room for one packet.
///
/// # Errors
/// The first of `send`; the rest of the frame is left out then.
///
/// # Panics
/// If there are more than [`MAX_RGB`] pixels, which the config refuses.
pub fn encode<E>(
    bytes: &[u8],
    channels: usize,
    timeout: u8,
    packet: &mut Vec<u8>,
    mut send: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    if channels == 4 || bytes.len() <= MAX_DRGB * 3 {
        let form = if channels == 4 { DRGBW } else { DRGB };
        packet.clear();
        packet.extend([form, timeout]);
        packet.extend(&bytes[..bytes.len().min(MAX_DRGB * 3)]);
        return send(packet);
    }
    for (index, part) in bytes.chunks(MAX_DNRGB * 3).enumerate() {
        let start = u16::try_from(index * MAX_DNRGB).expect("the config has no more pixels");
        packet.clear();
        packet.extend([DNRGB, timeout]);
        packet.extend(start.to_be_bytes());
        packet.extend(part);
        send(packet)?;
    }
    Ok(())
}

/// Seconds until WLED takes over when nothing comes.
fn timeout(text: &str) -> Result<u8, String> {
    let duration = duration(text).map_err(|error| error.to_string())?;
    let seconds =
        u8::try_from(duration.as_secs()).ok().filter(|seconds| (2..=254).contains(seconds));
    seconds.filter(|_| duration.subsec_nanos() == 0).ok_or_else(|| {
        format!("`timeout` must be from 2s to 254s in whole seconds, not {duration:?}")
    })
}

/// A controller that takes frames.
struct Controller {
    peer: Peer,
    timeout: u8,
    packet: Vec<u8>,
    /// Bytes of the last frame, and of each of its pixels.
    shape: (usize, usize),
}

impl Controller {
    fn show(&mut self, bytes: &[u8], channels: usize) -> Result<(), DeviceError> {
        encode(bytes, channels, self.timeout, &mut self.packet, |packet| self.peer.send(packet))
    }
}

impl Device for Controller {
    fn write(&mut self, wire: &Wire<'_>) -> Result<(), DeviceError> {
        self.shape = (wire.bytes.len(), wire.channels);
        self.show(wire.bytes, wire.channels)?;
        self.peer.confirm()
    }

    fn end(&mut self) -> Result<(), DeviceError> {
        let (length, channels) = self.shape;
        let black = vec![0; length];
        let dark = farewell(FAREWELLS, || self.show(&black, channels));
        dark.and(farewell(FAREWELLS, || self.peer.send(&[DRGB, HAND_BACK])))
    }
}
