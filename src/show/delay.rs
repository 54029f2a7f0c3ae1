//! By how much the posts of a source arrive later than they were made.

use std::time::Duration;

/// The newest posts that are looked at.
const POSTS: usize = 64;

/// Fewer posts tell nothing.
const FEW: usize = 8;

/// The delays of the newest posts of a source.
#[derive(Clone, Debug, Default)]
pub(super) struct Delays {
    /// In milliseconds, in no order once there are [`POSTS`].
    newest: Vec<u64>,
    next: usize,
}

impl Delays {
    pub(super) fn note(&mut self, delay: Duration) {
        let ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        match self.newest.get_mut(self.next) {
            Some(oldest) => *oldest = ms,
            None => self.newest.push(ms),
        }
        self.next = (self.next + 1) % POSTS;
    }

    /// The median, once there are enough.
    pub(super) fn median(&self) -> Option<Duration> {
        if self.newest.len() < FEW {
            return None;
        }
        let mut sorted = self.newest.clone();
        let middle = sorted.len() / 2;
        let (_, &mut median, _) = sorted.select_nth_unstable(middle);
        Some(Duration::from_millis(median))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_that_of_the_newest_posts() {
        let mut delays = Delays::default();
        for ms in 0..7 {
            delays.note(Duration::from_millis(ms));
        }
        assert_eq!(delays.median(), None);
        delays.note(Duration::from_hours(1));
        assert_eq!(delays.median(), Some(Duration::from_millis(4)));
        for _ in 0..POSTS {
            delays.note(Duration::from_secs(9));
        }
        assert_eq!(delays.median(), Some(Duration::from_secs(9)));
    }
}
