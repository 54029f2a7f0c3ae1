//! Which bus a strip hangs on, by the name of its device file.
//!
//! Not whether that file is there: it is opened with each attempt to reach the strip.

use std::fmt;
use std::str::FromStr;

/// A device file of spidev.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// 0, or 3 to 6.
    pub bus: u8,
    /// The chip select, which strips do not see.
    pub slave: u8,
}

impl Address {
    /// Where nearly every strip is.
    pub const FIRST: Address = Address { bus: 0, slave: 0 };
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/dev/spidev{}.{}", self.bus, self.slave)
    }
}

/// Why a text is not an address of a bus for strips.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is something else.
    #[error("`{0}` is not an SPI device; write it as `/dev/spidev0.0`")]
    Malformed(String),
    /// The small buses of the Pi leave gaps between bytes.
    #[error("SPI bus {0} has no DMA and leaves gaps in a frame; use `/dev/spidev0.0`")]
    NoDma(u8),
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Address, AddressError> {
        let malformed = || AddressError::Malformed(text.to_owned());
        let numbers = text.strip_prefix("/dev/spidev").ok_or_else(malformed)?;
        let (bus, slave) = numbers.split_once('.').ok_or_else(malformed)?;
        let digit = |text: &str, last: u8| {
            let number = text.parse().ok().filter(|number| *number <= last);
            number.filter(|number: &u8| number.to_string() == text).ok_or_else(malformed)
        };
        match digit(bus, 6)? {
            bus @ 1..=2 => Err(AddressError::NoDma(bus)),
            bus => Ok(Address { bus, slave: digit(slave, 15)? }),
        }
    }
}
