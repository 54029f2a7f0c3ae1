//! Where a post of a network belongs on the show's clock.
//!
//! Nobody's clock is trusted to be right, only to run: the difference between
//! what the network says of its own time and when that arrived is how far the two clocks are apart.
//! News takes time to arrive, so that the smallest difference of the last minutes is the truest. Pure: times come in as arguments.
//!
//! Only what the network itself stamps is taken as news of its clock (the `Date` of its answers,
//! Jetstream's `time_us`), never what authors claim.

use std::time::Duration;

use crate::timestamp::Timestamp;

/// A difference is trusted for this long at least, and twice as long at the most: a network that
/// sets its clock back is believed again after that.
const TRUSTED: Duration = Duration::from_mins(5);

/// How far the show's clock is ahead of a network's, in milliseconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Skew {
    /// The smallest difference of this period, and when the period began.
    current: Option<(i64, Timestamp)>,
    /// The smallest of the period before.
    last: Option<i64>,
    /// The network's clock is the one that stamps its messages, whatever its answers are dated.
    is_by_stamps: bool,
}

impl Skew {
    /// Nothing known yet, and nothing to be learned from the dates of answers.
    pub(super) fn by_stamps() -> Skew {
        Skew { is_by_stamps: true, ..Skew::default() }
    }

    /// An answer that came at `arrival` is dated `date`.
    pub(super) fn observe_date(&mut self, date: Timestamp, arrival: Timestamp) {
        if !self.is_by_stamps {
            self.observe(date, arrival);
        }
    }

    /// The network said that, when its message came at `arrival` on the show's clock, its own clock shows `network`.
    pub(super) fn observe(&mut self, network: Timestamp, arrival: Timestamp) {
        let ahead = arrival.millis() - network.millis();
        match &mut self.current {
            Some((smallest, since)) if arrival.saturating_since(*since) < TRUSTED => {
                *smallest = ahead.min(*smallest);
            }
            current => {
                self.last = current.take().map(|(smallest, _)| smallest);
                *current = Some((ahead, arrival));
            }
        }
    }

    /// The difference, once it is known.
    pub(super) fn ahead(&self) -> Option<i64> {
        let (current, _) = self.current?;
        Some(self.last.map_or(current, |last| last.min(current)))
    }

    /// When a post that the network dates `network`, and that has come at `arrival`, was posted on
    /// the show's clock. Nothing was posted after it came. Until the network's clock is known, the
    /// machine's is taken to agree with it.
    pub(super) fn place(&self, network: Timestamp, arrival: Timestamp) -> Timestamp {
        let placed = network.millis().saturating_add(self.ahead().unwrap_or(0));
        Timestamp::from_millis(placed).map_or(arrival, |placed| placed.min(arrival))
    }

    /// What the network's clock shows when the show's clock shows `local`.
    pub(super) fn network(&self, local: Timestamp) -> Timestamp {
        let network = local.millis().saturating_sub(self.ahead().unwrap_or(0));
        Timestamp::from_millis(network).unwrap_or(local)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(1_795_287_841_000 + ms).unwrap()
    }

    #[test]
    fn a_clock_that_is_an_hour_wrong_changes_nothing() {
        for wrong in [-HOUR, 0, HOUR] {
            let mut skew = Skew::default();
            // 200 ms, 80 ms and 150 ms on the way.
            for (sent, took) in [(0, 200), (1000, 80), (2000, 150)] {
                skew.observe(at(sent), at(sent + took + wrong));
            }
            // A post that was fetched half a minute later stands where it belongs.
            assert_eq!(skew.place(at(2500), at(32_500 + wrong)), at(2580 + wrong), "{wrong}");
            assert_eq!(skew.network(at(5080 + wrong)), at(5000));
        }
    }

    #[test]
    fn the_future_is_now() {
        let mut skew = Skew::default();
        skew.observe(at(0), at(50));
        assert_eq!(skew.place(at(90_000), at(1000)), at(1000));
        assert_eq!(Skew::default().place(at(90_000), at(1000)), at(1000));
    }

    #[test]
    fn an_unknown_clock_is_taken_to_be_right() {
        assert_eq!(Skew::default().place(at(500), at(1000)), at(500));
    }

    #[test]
    fn a_step_of_the_networks_clock_is_forgotten() {
        let mut skew = Skew::default();
        skew.observe(at(20_000), at(0));
        assert_eq!(skew.ahead(), Some(-20_000));
        // Set right again: for a while the old difference is the smaller one.
        for minute in 0..12 {
            skew.observe(at(minute * 60_000), at(minute * 60_000 + 40));
        }
        assert_eq!(skew.ahead(), Some(40));
    }
}
