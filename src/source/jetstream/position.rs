//! Where a stream stands, so that it can be resumed there. Pure.
//!
//! One event may say anything of itself: one of the future would hide all that is missed after it.
//! So no position is newer than the network's clock, now and when it is asked for, and of the last
//! three numbers that in the middle counts, which one of them alone cannot move.

use crate::timestamp::Timestamp;

/// Numbers that are remembered.
const NUMBERS: usize = 3;

/// How far the events have come.
#[derive(Debug, Default)]
pub(super) struct Position {
    /// The newest event, in the network's time.
    newest: Option<Timestamp>,
    /// The same in microseconds, for the first generation.
    newest_us: Option<i64>,
    /// The numbers of the last events, the last one at the end, and the endpoint that gave them, for
    /// the second generation.
    numbers: (usize, Vec<i64>),
}

impl Position {
    /// An event of that time has come. Whether none was newer.
    pub(super) fn note_time(
        &mut self,
        at: Timestamp,
        time_us: Option<i64>,
        network_now: Timestamp,
    ) -> bool {
        let is_newest = self.newest.is_none_or(|newest| at >= newest);
        // Not monotonic after a resume.
        self.newest = self.newest.max(Some(at)).map(|newest| newest.min(network_now));
        self.newest_us = self.newest_us.max(time_us).map(|newest| newest.min(micros(network_now)));
        is_newest
    }

    /// An event has come that has this number at an endpoint.
    pub(super) fn note_seq(&mut self, endpoint: usize, seq: i64) {
        let (known, numbers) = &mut self.numbers;
        if std::mem::replace(known, endpoint) != endpoint {
            numbers.clear();
        }
        if numbers.len() == NUMBERS {
            numbers.remove(0);
        }
        numbers.push(seq);
    }

    /// The newest event, in the network's time, which is `network_now`.
    pub(super) fn time(&self, network_now: Timestamp) -> Option<Timestamp> {
        self.newest.map(|newest| newest.min(network_now))
    }

    /// The same in microseconds.
    pub(super) fn time_us(&self, network_now: Timestamp) -> Option<i64> {
        self.newest_us.map(|newest| newest.min(micros(network_now)))
    }

    /// The number to go on from at an endpoint. Of two the smaller one: what comes twice is counted
    /// once.
    pub(super) fn seq(&self, endpoint: usize) -> Option<i64> {
        let (known, numbers) = &self.numbers;
        let mut numbers = numbers.clone();
        numbers.sort_unstable();
        numbers.get(numbers.len().saturating_sub(1) / 2).copied().filter(|_| *known == endpoint)
    }
}

/// The last microsecond of that time.
fn micros(time: Timestamp) -> i64 {
    time.millis().saturating_mul(1000).saturating_add(999)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(1_795_287_841 + seconds).unwrap()
    }

    fn note(position: &mut Position, event: Timestamp, now: Timestamp) -> bool {
        position.note_time(event, Some(event.millis() * 1000), now)
    }

    #[test]
    fn one_event_of_the_future_is_one_of_now() {
        let mut position = Position::default();
        note(&mut position, at(0), at(0));
        note(&mut position, at(86_400), at(1));
        assert_eq!(position.time(at(60)), Some(at(1)));
        assert_eq!(position.time_us(at(60)), Some(micros(at(1))));
        assert!(note(&mut position, at(2), at(2)), "the next one is newer");
        // The network's clock was not known when it came, and is when it is asked for.
        note(&mut position, at(86_400), at(86_400));
        assert_eq!(position.time(at(60)), Some(at(60)));
        assert_eq!(position.time_us(at(60)), Some(micros(at(60))));
        note(&mut position, at(61), at(62));
        assert_eq!(position.time(at(86_400)), Some(at(62)));
    }

    #[test]
    fn what_comes_in_disorder_does_not_take_the_position_back() {
        let mut position = Position::default();
        assert!(note(&mut position, at(5), at(5)));
        assert!(!note(&mut position, at(1), at(6)));
        assert_eq!(position.time(at(7)), Some(at(5)));
    }

    #[test]
    fn one_absurd_number_is_not_gone_on_from() {
        for absurd in [i64::MIN, 0, i64::MAX] {
            for place in 1..5 {
                let mut position = Position::default();
                for number in 1..5 {
                    position.note_seq(0, if number == place { absurd } else { 100 + number });
                }
                let seq = position.seq(0).unwrap();
                assert!((102..=104).contains(&seq), "{absurd} at {place}: {seq}");
            }
        }
        let mut position = Position::default();
        assert_eq!(position.seq(0), None);
        position.note_seq(0, 7);
        assert_eq!((position.seq(0), position.seq(1)), (Some(7), None));
        position.note_seq(0, i64::MAX);
        assert_eq!(position.seq(0), Some(7));
        position.note_seq(1, 3);
        assert_eq!((position.seq(0), position.seq(1)), (None, Some(3)));
    }
}
