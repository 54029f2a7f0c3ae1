//! Where an event stream goes on: the id of its last event.
//!
//! An id is whatever the service likes, and is sent back as it came. Where ids are numbers that grow,
//! one that is far ahead of all others would hide what comes after it: it is believed once the next
//! one is near it. Until then the stream goes on after the one before, so that an event may come
//! twice, and none is lost. Pure.

/// A step between two ids that is far, as long as none is known.
const FIRST_STEP: u128 = 1 << 42;

/// The same once some are known: as many times as long as the longest, and longer than this.
const TIMES: u128 = 100;
const LEAST_STEP: u128 = 1000;

/// Steps that have to be known.
const ENOUGH: u32 = 3;

/// The id of the last event.
#[derive(Debug, Default)]
pub(super) struct LastId {
    believed: String,
    /// The same as a number.
    number: Option<u128>,
    /// The number of an id that is far ahead.
    doubtful: Option<u128>,
    longest_step: u128,
    steps: u32,
}

impl LastId {
    /// The one to go on after; empty if there is none.
    pub(super) fn believed(&self) -> &str {
        &self.believed
    }

    /// The stream is at this id.
    pub(super) fn note(&mut self, id: &str) {
        if id == self.believed {
            return;
        }
        let number = number(id);
        if let (Some(number), Some(known)) = (number, self.number) {
            let step = number.saturating_sub(known);
            if step > self.far() {
                if !self.confirms(number, known) {
                    self.doubtful = Some(number);
                    return;
                }
            } else {
                self.longest_step = self.longest_step.max(step);
                self.steps = self.steps.saturating_add(1);
            }
        }
        self.believed.clear();
        self.believed.push_str(id);
        (self.number, self.doubtful) = (number, None);
    }

    fn far(&self) -> u128 {
        if self.steps < ENOUGH {
            FIRST_STEP
        } else {
            self.longest_step.saturating_mul(TIMES).max(LEAST_STEP)
        }
    }

    /// Whether a number shows that the doubtful one before it was right. The same one again is no
    /// other event.
    fn confirms(&self, number: u128, known: u128) -> bool {
        self.doubtful.is_some_and(|doubtful| {
            let step = doubtful.saturating_sub(known).saturating_mul(TIMES);
            number > doubtful && number - doubtful <= step.min(self.far().max(LEAST_STEP))
        })
    }
}

fn number(id: &str) -> Option<u128> {
    let is_number = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    // One that is too long is larger than any.
    is_number.then(|| id.parse().unwrap_or(u128::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(ids: &[&str], expected: &str) {
        let mut last_id = LastId::default();
        for id in ids {
            last_id.note(id);
        }
        assert_eq!(last_id.believed(), expected, "{ids:?}");
    }

    #[test]
    fn the_last_id_is_the_last_one_whatever_it_looks_like() {
        check(&[], "");
        check(&["0", "1", "2"], "2");
        check(&["b", "a"], "a");
        check(&["7", "x", "9"], "9");
        check(&["1795287841000", "1795287851000", "1795291451000"], "1795291451000");
        // Counting begins anew.
        check(&["900", "901", "1"], "1");
        check(&["1", "2", ""], "");
    }

    #[test]
    fn one_number_that_is_far_ahead_hides_nothing() {
        for far in ["9223372036854775807", "99999999999999999999999999999999999999999999"] {
            check(&["1", "2", "3", far], "3");
            check(&["1", "2", "3", far, far], "3");
            check(&["1", "2", "3", far, "4"], "4");
            check(&["1795287841000", far], "1795287841000");
            check(&[far, "4"], "4");
        }
        check(&["1", "2", "3", "4", "1000000"], "4");
    }

    #[test]
    fn a_service_that_goes_on_far_ahead_is_followed() {
        check(&["1", "2", "3", "4", "1000000", "1000001"], "1000001");
        check(&["3", "9223372036854775800", "9223372036854775805"], "9223372036854775805");
    }
}
