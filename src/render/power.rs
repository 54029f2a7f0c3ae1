//! Current: what a frame draws from the supply, and how much it may.
//!
//! A model, not a measurement: each pixel draws 1 mA in the dark and 20 mA more for each channel at
//! full, as the common 5 V strips do.

/// What a pixel draws in the dark, in mA.
pub const IDLE_MILLIAMPS: u32 = 1;

/// What one channel draws at full, in mA.
pub const CHANNEL_MILLIAMPS: u32 = 20;

/// How much a strip may draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// In mA, for the whole strip, what it draws in the dark included.
    pub max_milliamps: u32,
}

impl Budget {
    /// The sum of all channels' bytes that the budget allows.
    #[must_use]
    pub fn byte_sum(self, pixels: usize) -> u64 {
        let idle = pixels as u64 * u64::from(IDLE_MILLIAMPS);
        u64::from(self.max_milliamps).saturating_sub(idle) * 255 / u64::from(CHANNEL_MILLIAMPS)
    }
}

/// What a frame draws, in mA, rounded up.
#[must_use]
pub fn milliamps(pixels: usize, byte_sum: u64) -> u32 {
    let lit = (byte_sum * u64::from(CHANNEL_MILLIAMPS)).div_ceil(255);
    u32::try_from(pixels as u64 * u64::from(IDLE_MILLIAMPS) + lit).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_draws_what_the_datasheets_say() {
        assert_eq!(milliamps(50, 50 * 3 * 255), 3050);
        assert_eq!(milliamps(300, 300 * 3 * 255), 18_300);
        assert_eq!(milliamps(300, 0), 300);
        assert_eq!(milliamps(1, 1), 2);
    }

    #[test]
    fn what_the_budget_allows_is_within_it() {
        for max_milliamps in [0, 49, 50, 51, 60, 2000, 3050] {
            let sum = Budget { max_milliamps }.byte_sum(50);
            assert!(sum == 0 || milliamps(50, sum) <= max_milliamps, "{max_milliamps}");
            assert!(milliamps(50, sum + 13) > max_milliamps, "{max_milliamps}");
        }
    }
}
