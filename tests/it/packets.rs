//! What the outputs send, packet by packet: against the published layouts, against receivers that
//! were written from the protocols' documents alone, and over real sockets.

use std::convert::Infallible;
use std::net::UdpSocket;
use std::time::Duration;

use hashtug::output::led::device::{Device, Open, Wire};
use hashtug::output::spi::{self, Chip};
use hashtug::output::{artnet, ddp, e131, holiday, wled};

use crate::support::path;
use crate::support::patience::PATIENCE;
use crate::support::receivers::{self, Dmx};
use crate::support::strip;

/// Bytes that count up from 1, for so many channels.
#[expect(clippy::cast_possible_truncation, reason = "they begin again after 256")]
fn ramp(length: usize) -> Vec<u8> {
    (1..=length).map(|byte| byte as u8).collect()
}

/// A packet of `fixtures/packets`.
fn golden(name: &str) -> Vec<u8> {
    let text = std::fs::read_to_string(path("fixtures/packets").join(name)).unwrap();
    let lines = text.lines().map(|line| line.split('#').next().unwrap());
    let digits: String = lines.flat_map(|line| line.split_whitespace()).collect();
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn ddp(bytes: &[u8], channels: usize, sequence: &mut u8) -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    let Ok(()) = ddp::encode(bytes, channels, sequence, &mut Vec::new(), |packet| {
        packets.push(packet.to_vec());
        Ok::<(), Infallible>(())
    });
    packets
}

fn wled(bytes: &[u8], channels: usize, timeout: u8) -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    let Ok(()) = wled::encode(bytes, channels, timeout, &mut Vec::new(), |packet| {
        packets.push(packet.to_vec());
        Ok::<(), Infallible>(())
    });
    packets
}

fn e131(universe: u16, state: e131::State, bytes: &[u8]) -> Vec<u8> {
    let cid = std::array::from_fn(|index| u8::try_from(index).unwrap());
    let source = e131::Source { cid, name: "hashtug".into(), priority: 100 };
    let mut packet = Vec::new();
    e131::packet(&source, universe, 42, state, bytes, &mut packet);
    packet
}

#[test]
fn every_packet_is_as_the_documents_have_it() {
    let mut sequence = 0;
    assert_eq!(ddp(&ramp(6), 3, &mut sequence), [golden("ddp_rgb.hex")]);
    assert_eq!(ddp(&ramp(4), 4, &mut sequence), [golden("ddp_rgbw.hex")]);
    assert_eq!(e131(258, e131::State::Live, &ramp(6)), golden("e131.hex"));
    assert_eq!(e131(258, e131::State::Terminated, &ramp(6)), golden("e131_terminated.hex"));
    let mut packet = Vec::new();
    artnet::packet(42, 0x1234, &ramp(3), &mut packet);
    assert_eq!(packet, golden("artnet.hex"));
    assert_eq!(wled(&ramp(6), 3, 3), [golden("wled_drgb.hex")]);
    assert_eq!(wled(&ramp(8), 4, 3), [golden("wled_drgbw.hex")]);
    assert_eq!(holiday::encode(&ramp(150)).to_vec(), golden("holiday.hex"));
}

#[test]
fn a_thousand_pixels_are_three_packets_of_ddp() {
    let packets = ddp(&ramp(3000), 3, &mut 0);
    let heads: Vec<&[u8]> = packets.iter().map(|packet| &packet[..10]).collect();
    assert_eq!(
        heads,
        [
            b"\x40\x01\x0b\x01\x00\x00\x00\x00\x05\xa0",
            b"\x40\x02\x0b\x01\x00\x00\x05\xa0\x05\xa0",
            b"\x41\x03\x0b\x01\x00\x00\x0b\x40\x00\x78",
        ]
    );
}

#[test]
fn a_ddp_display_shows_what_was_sent() {
    let mut sequence = 0;
    for pixels in [1, 2, 479, 480, 481, 960, 1000, 65_536] {
        for channels in [3, 4] {
            let bytes = ramp(pixels * channels);
            let mut display = receivers::Ddp::default();
            for packet in ddp(&bytes, channels, &mut sequence) {
                display.take(&packet);
            }
            assert!(display.shown == [(channels, bytes)], "{pixels} pixels of {channels}");
        }
    }
}

#[test]
fn wled_shows_what_was_sent() {
    for (pixels, channels, packets) in [
        (1, 3, 1),
        (490, 3, 1),
        (491, 3, 2),
        (978, 3, 2),
        (979, 3, 3),
        (wled::MAX_RGB, 3, 135),
        (1, 4, 1),
        (wled::MAX_RGBW, 4, 1),
    ] {
        let bytes = ramp(pixels * channels);
        let sent = wled(&bytes, channels, 2);
        let mut strip = receivers::Wled::new(pixels, channels);
        for packet in &sent {
            strip.take(packet);
        }
        assert!(strip.shown == bytes, "{pixels} pixels of {channels}");
        assert_eq!(strip.timeout, Some(2));
        assert_eq!(sent.len(), packets, "{pixels} pixels of {channels}");
        // What one Ethernet frame can carry.
        assert!(sent.iter().all(|packet| packet.len() <= 1472));
    }
}

/// A socket that takes packets, and its port.
fn socket() -> (UdpSocket, u16) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let port = socket.local_addr().unwrap().port();
    (socket, port)
}

fn packet(socket: &UdpSocket) -> Vec<u8> {
    let mut buffer = [0; 2048];
    let length = socket.recv(&mut buffer).expect("a packet comes");
    buffer[..length].to_vec()
}

/// Nothing more has come: what follows on the same socket is the first to be seen.
fn assert_silent(socket: &UdpSocket) {
    let marker = UdpSocket::bind("127.0.0.1:0").unwrap();
    marker.send_to(b"marker", socket.local_addr().unwrap()).unwrap();
    assert_eq!(packet(socket), b"marker");
}

fn write(device: &mut Box<dyn Device>, bytes: &[u8], channels: usize) {
    device.write(&Wire { bytes, channels, snapshot: None }).unwrap();
}

fn host() -> String {
    "127.0.0.1".to_owned()
}

fn to_host(port: u16, universe: u16) -> e131::Settings {
    let to = e131::To::Host(host());
    e131::Settings { to, port, universe, priority: 150, source_name: "show".into(), fps: 40 }
}

#[test]
fn e131_streams_end_black_and_terminated_where_they_went() {
    let (receiver, port) = socket();
    let mut device = to_host(port, 7).open().unwrap();
    let bytes = ramp(900);
    write(&mut device, &bytes, 3);
    for (universe, part) in [(7, &bytes[..510]), (8, &bytes[510..])] {
        let dmx = receivers::e131(&packet(&receiver));
        assert_eq!((dmx.universe, dmx.priority, &*dmx.source), (universe, 150, "show"));
        assert_eq!(dmx.data, part);
        assert!(!dmx.terminated);
    }
    device.end().unwrap();
    for terminated in [false, true, true, true] {
        for (universe, length) in [(7, 510), (8, 390)] {
            let dmx = receivers::e131(&packet(&receiver));
            assert_eq!((dmx.universe, dmx.terminated), (universe, terminated));
            assert_eq!(dmx.data, vec![0; length]);
        }
    }
    assert_silent(&receiver);
}

/// Takes every packet that the rule of E1.31, 6.7.2 does not discard.
fn accepted(last: Option<u8>, sequence: u8) -> bool {
    #[expect(clippy::cast_possible_wrap, reason = "the rule counts in signed bytes")]
    last.is_none_or(|last| !(-19..=0).contains(&(sequence.wrapping_sub(last) as i8)))
}

#[test]
fn a_restarted_source_is_heard_after_twenty_packets_at_the_most() {
    let (receiver, port) = socket();
    let mut cids = Vec::new();
    for last in (0..=255_u8).step_by(5) {
        let mut device = to_host(port, 1).open().unwrap();
        let mut heard = Some(last);
        for frame in 0..24 {
            write(&mut device, &[frame; 3], 3);
            let dmx = receivers::e131(&packet(&receiver));
            if accepted(heard, dmx.sequence) {
                heard = Some(dmx.sequence);
            } else {
                assert!(frame < 20, "frame {frame} after {last}: {}", dmx.sequence);
            }
            cids.push(dmx.cid);
        }
    }
    cids.dedup();
    assert_eq!(cids.len(), 1, "the source is one over restarts");
    assert_eq!((cids[0][6] >> 4, cids[0][8] >> 6), (8, 2), "the CID is a UUID");
}

#[test]
fn what_only_darkens_a_strip_that_was_left_lit_is_heard() {
    let (receiver, port) = socket();
    for last in 0..=255_u8 {
        let mut device = to_host(port, 1).open().unwrap();
        write(&mut device, &[0; 3], 3);
        device.end().unwrap();
        let mut heard = Some(last);
        let mut kinds = Vec::new();
        for _ in 0..5 {
            let dmx = receivers::e131(&packet(&receiver));
            assert_eq!(dmx.data, [0; 3]);
            if accepted(heard, dmx.sequence) {
                heard = Some(dmx.sequence);
                kinds.push(dmx.terminated);
            }
        }
        assert!(kinds.contains(&false) && kinds.contains(&true), "after {last}: {kinds:?}");
    }
}

#[test]
fn sequence_numbers_go_round_as_each_protocol_wants() {
    let (receiver, port) = socket();
    let mut device = to_host(port, 1).open().unwrap();
    let mut artnet = artnet::Settings { host: host(), port, universe: 0, fps: 40 }.open().unwrap();
    let (mut dmx, mut art, mut display) = (Vec::new(), Vec::new(), Vec::new());
    let mut sequence = 0;
    for _ in 0..600 {
        write(&mut device, &[1; 3], 3);
        dmx.push(receivers::e131(&packet(&receiver)).sequence);
        write(&mut artnet, &[1; 3], 3);
        art.push(receivers::artnet(&packet(&receiver)).sequence);
        display.push(ddp(&[1; 3], 3, &mut sequence)[0][1]);
    }
    let steps = |from: usize, numbers: &[u8], last: u8, first: u8| {
        numbers[from..]
            .windows(2)
            .all(|pair| pair[1] == if pair[0] == last { first } else { pair[0] + 1 })
    };
    assert!(steps(1, &dmx, 255, 0), "{dmx:?}");
    assert!(steps(1, &art, 255, 1) && !art.contains(&0), "{art:?}");
    assert!(steps(0, &display, 15, 1), "{display:?}");
    assert_eq!(display[0], 1);
}

#[test]
fn a_frame_that_stands_is_sent_again_before_receivers_let_go() {
    // E1.31 gives up after 2.5 s and WLED after its time-out, of 2 s or more; one packet may be lost.
    let wled = wled::Settings { host: host(), port: 1, timeout: 2, fps: 40 };
    let artnet = artnet::Settings { host: host(), port: 1, universe: 0, fps: 40 };
    let ddp = ddp::Settings { host: host(), port: 1, fps: 40 };
    for refresh in [to_host(1, 1).refresh(), artnet.refresh(), ddp.refresh(), wled.refresh()] {
        assert_eq!(refresh.keep_alive, Some(Duration::from_secs(1)));
        assert_eq!(refresh.fps, 40);
    }
    // E1.31, 6.6.2: three times at the rate, and only then less often.
    assert_eq!(to_host(1, 1).refresh().repeats, 3);
}

#[test]
fn multicast_goes_to_the_group_of_each_universe() {
    let (receiver, port) = receivers::multicast(&[e131::group(300), e131::group(301)]);
    let to = e131::To::Multicast { interface: Some(std::net::Ipv4Addr::LOCALHOST) };
    let mut device = e131::Settings { to, ..to_host(port, 300) }.open().unwrap();
    assert_eq!(e131::group(300).octets(), [239, 255, 1, 44]);
    write(&mut device, &ramp(512 + 4), 4);
    let parts: Vec<Dmx> = (0..2).map(|_| receivers::e131(&packet(&receiver))).collect();
    assert_eq!([parts[0].universe, parts[1].universe], [300, 301]);
    assert_eq!([parts[0].data.len(), parts[1].data.len()], [512, 4]);
    device.end().unwrap();
    for terminated in [false, false, true, true, true, true, true, true] {
        assert_eq!(receivers::e131(&packet(&receiver)).terminated, terminated);
    }
}

#[test]
fn artnet_ends_black() {
    let (receiver, port) = socket();
    let mut device =
        artnet::Settings { host: host(), port, universe: 255, fps: 40 }.open().unwrap();
    let bytes = ramp(171 * 3);
    write(&mut device, &bytes, 3);
    let dmx = receivers::artnet(&packet(&receiver));
    assert_eq!((dmx.universe, &*dmx.data), (255, &bytes[..510]));
    let dmx = receivers::artnet(&packet(&receiver));
    assert_eq!((dmx.universe, &*dmx.data), (256, &[&bytes[510..], &[0]].concat()[..]));
    device.end().unwrap();
    for universe in [255, 256, 255, 256] {
        let dmx = receivers::artnet(&packet(&receiver));
        assert_eq!(dmx.universe, universe);
        assert!(dmx.data.iter().all(|&byte| byte == 0));
    }
    assert_silent(&receiver);
}

#[test]
fn wled_is_handed_back_black() {
    let (receiver, port) = socket();
    let settings = wled::Settings { host: host(), port, timeout: 3, fps: 60 };
    let mut device = settings.clone().open().unwrap();
    write(&mut device, &ramp(491 * 3), 3);
    device.end().unwrap();
    let mut strip = receivers::Wled::new(491, 3);
    let mut timeouts = Vec::new();
    for _ in 0..2 + 4 + 2 {
        let packet = packet(&receiver);
        timeouts.push(packet[1]);
        strip.take(&packet);
    }
    assert_eq!(timeouts, [3, 3, 3, 3, 3, 3, 0, 0]);
    assert_eq!(strip.shown, vec![0; 491 * 3]);
    assert_eq!(strip.timeout, None, "it is WLED's own again");
    assert_silent(&receiver);
}

#[test]
fn ddp_and_holiday_end_black() {
    let (receiver, port) = socket();
    let mut device = ddp::Settings { host: host(), port, fps: 60 }.open().unwrap();
    write(&mut device, &ramp(600 * 4), 4);
    device.end().unwrap();
    let mut display = receivers::Ddp::default();
    (0..6).for_each(|_| display.take(&packet(&receiver)));
    assert_eq!(display.shown[0], (4, ramp(600 * 4)));
    assert_eq!(display.shown[1..], [(4, vec![0; 2400]), (4, vec![0; 2400])]);

    let mut device = holiday::Settings { host: host(), port, fps: 25 }.open().unwrap();
    write(&mut device, &ramp(150), 3);
    device.end().unwrap();
    assert_eq!(packet(&receiver)[10..], ramp(150));
    assert_eq!(packet(&receiver), [0; 160]);
    assert_eq!(packet(&receiver), [0; 160]);
    assert_silent(&receiver);
}

/// What the bus sends for the second of two frames, of which the first was longer.
#[cfg(target_os = "linux")]
fn transfer(chip: Chip, hz: u32, bytes: &[u8]) -> Vec<u8> {
    let bus = Bus::default();
    let transfers = bus.0.clone();
    let mut device = spi::device(bus, chip, hz);
    let channels = chip.channels();
    write(&mut device, &vec![0xff; bytes.len() + 7 * channels], channels);
    write(&mut device, bytes, channels);
    let transfer = transfers.lock().unwrap().pop().unwrap();
    assert_eq!(transfer.len(), spi::transfer_length(chip, hz, bytes.len() / channels));
    transfer
}

#[cfg(target_os = "linux")]
#[test]
fn strips_on_spi_show_what_was_sent() {
    for pixels in (1..=40).chain([100, 241, 322, 1000, 5442]) {
        for hz in [spi::MIN_HZ, 2_400_000, spi::DEFAULT_HZ, 3_200_000, spi::MAX_HZ] {
            if pixels > 40 && hz != spi::DEFAULT_HZ {
                continue;
            }
            for chip in [Chip::Ws2812, Chip::Sk6812, Chip::Sk6812w] {
                let bytes = ramp(pixels * chip.channels());
                let shown = strip::ws2812(&transfer(chip, hz, &bytes), hz);
                assert!(shown == bytes, "{pixels} pixels of {chip} at {hz} Hz");
            }
            let bytes = ramp(pixels * 3);
            let shown = strip::apa102(&transfer(Chip::Apa102, hz, &bytes), pixels);
            assert!(shown == bytes, "{pixels} pixels of apa102");
        }
    }
}

#[test]
fn so_many_pixels_fit_one_transfer() {
    let most = |chip, bufsiz| {
        (1..10_000)
            .take_while(|&n| spi::transfer_length(chip, spi::DEFAULT_HZ, n) <= bufsiz)
            .count()
    };
    assert_eq!(most(Chip::Ws2812, spi::DEFAULT_BUFSIZ), 322);
    assert_eq!(most(Chip::Sk6812w, spi::DEFAULT_BUFSIZ), 241);
    assert_eq!(most(Chip::Apa102, spi::DEFAULT_BUFSIZ), 1006);
    assert_eq!(most(Chip::Ws2812, spi::MAX_TRANSFER), 5442);
    assert_eq!(spi::bufsiz_line(5000), "spidev.bufsiz=65536");
}

/// A bus that keeps each transfer, and breaks at one if it is told to.
#[cfg(target_os = "linux")]
#[derive(Default)]
struct Bus(std::sync::Arc<std::sync::Mutex<Vec<Vec<u8>>>>, Option<usize>);

#[cfg(target_os = "linux")]
mod bus {
    use embedded_hal::spi::{self, ErrorKind, ErrorType, SpiBus};

    use hashtug::output::led::device::DeviceError;

    use super::Bus;

    #[derive(Debug)]
    pub(super) struct Broken;

    impl spi::Error for Broken {
        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    impl From<Broken> for DeviceError {
        fn from(_: Broken) -> DeviceError {
            DeviceError::Unfit("broken".into())
        }
    }

    impl ErrorType for Bus {
        type Error = Broken;
    }

    impl SpiBus for Bus {
        fn write(&mut self, bytes: &[u8]) -> Result<(), Broken> {
            let mut transfers = self.0.lock().unwrap();
            transfers.push(bytes.to_vec());
            if Some(transfers.len()) == self.1 { Err(Broken) } else { Ok(()) }
        }

        fn flush(&mut self) -> Result<(), Broken> {
            Ok(())
        }

        fn read(&mut self, _: &mut [u8]) -> Result<(), Broken> {
            unreachable!("strips say nothing")
        }

        fn transfer(&mut self, _: &mut [u8], _: &[u8]) -> Result<(), Broken> {
            unreachable!("strips say nothing")
        }

        fn transfer_in_place(&mut self, _: &mut [u8]) -> Result<(), Broken> {
            unreachable!("strips say nothing")
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_frame_is_one_transfer_also_after_one_that_failed() {
    let bus = Bus(std::sync::Arc::default(), Some(2));
    let transfers = bus.0.clone();
    let mut device = spi::device(bus, Chip::Ws2812, spi::DEFAULT_HZ);
    write(&mut device, &[1; 150], 3);
    let error = device.write(&Wire { bytes: &[2; 150], channels: 3, snapshot: None });
    assert_eq!(error.unwrap_err().to_string(), "broken");
    write(&mut device, &[3; 150], 3);
    let transfers = transfers.lock().unwrap();
    let shown: Vec<Vec<u8>> =
        transfers.iter().map(|transfer| strip::ws2812(transfer, spi::DEFAULT_HZ)).collect();
    assert_eq!(shown, [[1; 150], [2; 150], [3; 150]]);
}

/// Without the low around the pixels, of which each driver has its own opinion.
#[cfg(target_os = "linux")]
fn bare(transfer: &[u8]) -> &[u8] {
    let lit = |byte: &u8| *byte != 0;
    let first = transfer.iter().position(lit).unwrap();
    &transfer[first..=transfer.iter().rposition(lit).unwrap()]
}

#[cfg(target_os = "linux")]
#[test]
fn a_common_driver_of_the_smart_leds_family_is_a_device_and_sends_the_same_bits() {
    use smart_leds_trait::RGB8;
    let bus = Bus::default();
    let transfers = bus.0.clone();
    let driver = ws2812_spi::hosted::Ws2812::new(bus);
    let mut device: Box<dyn Device> =
        Box::new(spi::SmartLeds::new(driver, |[g, r, b]| RGB8 { r, g, b }));
    write(&mut device, &ramp(300), 3);
    let ours = transfer(Chip::Ws2812, spi::DEFAULT_HZ, &ramp(300));
    assert_eq!(bare(&transfers.lock().unwrap()[0]), bare(&ours));
}

#[cfg(target_os = "linux")]
#[test]
fn our_drivers_are_of_the_smart_leds_family() {
    use smart_leds_trait::{RGB8, RGBW, SmartLedsWrite, White};
    const RED: RGB8 = RGB8 { r: 9, g: 0, b: 1 };
    let sent = |send: fn(Bus) -> Result<(), bus::Broken>| {
        let bus = Bus::default();
        let transfers = bus.0.clone();
        send(bus).unwrap();
        transfers.lock().unwrap().pop().unwrap()
    };
    let ws2812 = sent(|bus| spi::Ws2812::<_, 3>::new(bus, spi::DEFAULT_HZ).write([RED, RED]));
    assert_eq!(strip::ws2812(&ws2812, spi::DEFAULT_HZ), [0, 9, 1, 0, 9, 1]);
    let sk6812w = sent(|bus| {
        let color = RGBW { r: 9, g: 0, b: 1, a: White(5) };
        spi::Ws2812::<_, 4>::new(bus, spi::DEFAULT_HZ).write([color])
    });
    assert_eq!(strip::ws2812(&sk6812w, spi::DEFAULT_HZ), [0, 9, 1, 5]);
    let apa102 = sent(|bus| spi::Apa102::new(bus).write([RED]));
    assert_eq!(strip::apa102(&apa102, 1), [1, 0, 9]);
}

#[test]
fn addresses_of_buses_are_read_or_explained() {
    assert_eq!("/dev/spidev0.0".parse(), Ok(spi::Address::FIRST));
    assert_eq!("/dev/spidev6.15".parse(), Ok(spi::Address { bus: 6, slave: 15 }));
    for (text, expected) in [
        ("/dev/spidev1.0", "SPI bus 1 has no DMA and leaves gaps in a frame; use `/dev/spidev0.0`"),
        ("/dev/spidev2.1", "SPI bus 2 has no DMA and leaves gaps in a frame; use `/dev/spidev0.0`"),
        ("/dev/spidev7.0", "`/dev/spidev7.0` is not an SPI device; write it as `/dev/spidev0.0`"),
        ("/dev/spidev0.16", "`/dev/spidev0.16` is not an SPI device; write it as `/dev/spidev0.0`"),
        ("/dev/spidev00.0", "`/dev/spidev00.0` is not an SPI device; write it as `/dev/spidev0.0`"),
        ("/dev/ttyS0", "`/dev/ttyS0` is not an SPI device; write it as `/dev/spidev0.0`"),
        ("spi0", "`spi0` is not an SPI device; write it as `/dev/spidev0.0`"),
    ] {
        assert_eq!(text.parse::<spi::Address>().unwrap_err().to_string(), expected);
    }
}
