//! The bus of Linux: opens spidev, and checks that it takes a frame at once.
//!
//! rppal is named in this file alone.

use std::io;

use rppal::spi::{Bus, Mode, SlaveSelect, Spi};

use super::{Address, BUFSIZ_PATH, DEFAULT_BUFSIZ, Settings, bufsiz_line, transfer_length};
use crate::output::led::device::{Device, DeviceError};

pub(super) fn open(settings: &Settings) -> Result<Box<dyn Device>, DeviceError> {
    let Settings { device, chip, hz, pixels, .. } = *settings;
    let (bus, slave) = numbers(device);
    let spi = Spi::new(bus, slave, hz, Mode::Mode0).map_err(|error| {
        let reason = io_error(error);
        DeviceError::Open { device: device.to_string(), hint: hint(&reason), reason }
    })?;
    let length = transfer_length(chip, hz, pixels);
    let bufsiz = std::fs::read_to_string(BUFSIZ_PATH).ok();
    let bufsiz = bufsiz.and_then(|text| text.trim().parse().ok()).unwrap_or(DEFAULT_BUFSIZ);
    if length > bufsiz {
        return Err(DeviceError::Unfit(format!(
            "{pixels} pixels take {length} bytes and spidev sends {bufsiz} at once; \
             add `{}` to the line in /boot/firmware/cmdline.txt, and restart the Pi",
            bufsiz_line(length)
        )));
    }
    Ok(super::device(spi, chip, hz))
}

impl From<rppal::spi::Error> for DeviceError {
    fn from(error: rppal::spi::Error) -> DeviceError {
        DeviceError::Write(io_error(error))
    }
}

fn io_error(error: rppal::spi::Error) -> io::Error {
    match error {
        rppal::spi::Error::Io(error) => error,
        error => io::Error::other(error),
    }
}

fn hint(reason: &io::Error) -> &'static str {
    match reason.kind() {
        io::ErrorKind::NotFound => {
            "; set `dtparam=spi=on` in /boot/firmware/config.txt, and restart the Pi"
        }
        io::ErrorKind::PermissionDenied => {
            "; add this user to group `spi` with `sudo usermod -aG spi $USER`, and log in again"
        }
        _ => "",
    }
}

fn numbers(address: Address) -> (Bus, SlaveSelect) {
    const BUSES: [Bus; 7] =
        [Bus::Spi0, Bus::Spi1, Bus::Spi2, Bus::Spi3, Bus::Spi4, Bus::Spi5, Bus::Spi6];
    const SLAVES: [SlaveSelect; 16] = [
        SlaveSelect::Ss0,
        SlaveSelect::Ss1,
        SlaveSelect::Ss2,
        SlaveSelect::Ss3,
        SlaveSelect::Ss4,
        SlaveSelect::Ss5,
        SlaveSelect::Ss6,
        SlaveSelect::Ss7,
        SlaveSelect::Ss8,
        SlaveSelect::Ss9,
        SlaveSelect::Ss10,
        SlaveSelect::Ss11,
        SlaveSelect::Ss12,
        SlaveSelect::Ss13,
        SlaveSelect::Ss14,
        SlaveSelect::Ss15,
    ];
    (BUSES[usize::from(address.bus)], SLAVES[usize::from(address.slave)])
}
