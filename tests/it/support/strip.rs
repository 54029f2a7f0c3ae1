//! What pixels make of the bytes on an SPI bus, from the data sheets: for WS2812 and its kin by how
//! long the line is high and low, for APA102 by the frames that they count.

/// A piece of the line: high or low, for so many nanoseconds.
type Pulse = (bool, u64);

/// The line, from idle low to idle low.
fn pulses(bytes: &[u8], hz: u32) -> Vec<Pulse> {
    let mut runs: Vec<(bool, u64)> = Vec::new();
    for bit in bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1)) {
        match runs.last_mut() {
            Some((level, length)) if *level == bit => *length += 1,
            _ => runs.push((bit, 1)),
        }
    }
    runs.into_iter().map(|(level, bits)| (level, bits * 1_000_000_000 / u64::from(hz))).collect()
}

/// The bytes that a strip of WS2812 or SK6812 takes in, and shows.
///
/// A high of 200 to 500 ns is a 0, one of 550 ns and more a 1; a bit takes at least 900 ns; what is
/// low for 280 us ends the frame. Between bits the line may not stay low for 5 us.
#[track_caller]
pub(crate) fn ws2812(transfer: &[u8], hz: u32) -> Vec<u8> {
    let line = pulses(transfer, hz);
    assert!(transfer.len() >= 96, "{} bytes are sent with gaps", transfer.len());
    let (first, last) = (line[0], line[line.len() - 1]);
    for (level, length) in [first, last] {
        assert!(!level && length >= 280_000, "low for {length} ns before or after the frame");
    }
    let mut bits = Vec::new();
    let (pairs, rest) = line[1..].as_chunks::<2>();
    assert!(rest.is_empty());
    for (index, [(_, high), (_, low)]) in pairs.iter().enumerate() {
        bits.push(match high {
            200..=500 => 0,
            550..=1500 => 1,
            high => panic!("bit {index} is high for {high} ns"),
        });
        assert!(high + low >= 900, "bit {index} lasts {} ns", high + low);
        assert!(*low < 5000 || index + 1 == pairs.len(), "bit {index} is low for {low} ns");
    }
    let (bytes, rest) = bits.as_chunks::<8>();
    assert!(rest.is_empty(), "{} bits", bits.len());
    bytes.iter().map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | bit)).collect()
}

/// The colours that a strip of so many APA102 shows, three bytes a pixel.
///
/// Each pixel takes the first frame of 32 bits after the start that begins with three ones, and
/// passes the rest on half a clock late. So the last one has all of its own only after
/// `pixels / 2` clocks more.
#[track_caller]
pub(crate) fn apa102(transfer: &[u8], pixels: usize) -> Vec<u8> {
    assert_eq!(transfer[..4], [0; 4], "32 zeros begin a frame");
    let (frames, after) = transfer[4..].split_at(pixels * 4);
    let mut shown = Vec::new();
    for (index, frame) in frames.chunks(4).enumerate() {
        assert_eq!(frame[0], 0b1110_0000 | 31, "pixel {index} is fully open");
        shown.extend(&frame[1..]);
    }
    assert!(after.len() * 8 >= pixels.div_ceil(2) + 32, "{} bytes after", after.len());
    assert!(after.iter().all(|&byte| byte == 0), "a pixel more than there are");
    shown
}
