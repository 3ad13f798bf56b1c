//! A circuit breaker: a server that failed several times in a row is left alone for a while, then tried by one call.

use std::time::Duration;

use crate::error::ErrorKind;

/// When a circuit opens, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Circuit {
    /// Failures in a row that open it.
    pub failures: u32,
    /// How long it stands open before one call tries again.
    pub pause: Duration,
}

impl Default for Circuit {
    /// Ten failures, 30 seconds: more than one call's own attempts.
    fn default() -> Circuit {
        Circuit { failures: 10, pause: Duration::from_secs(30) }
    }
}

/// Where a circuit stands.
#[derive(Debug)]
pub(super) struct Breaker {
    circuit: Circuit,
    failures: u32,
    /// Until when it stands open.
    open_until: Option<Duration>,
    /// A call is out that tries whether the server is back.
    is_tried: bool,
}

impl Breaker {
    pub(super) fn new(circuit: Circuit) -> Breaker {
        Breaker { circuit, failures: 0, open_until: None, is_tried: false }
    }

    /// Whether a call may go now; where not, how long to wait. `Ok(true)` is the call that tries.
    pub(super) fn admits(&self, now: Duration) -> Result<bool, Duration> {
        match self.open_until {
            None => Ok(false),
            Some(until) if until > now => Err(until - now),
            Some(_) if self.is_tried => Err(Duration::ZERO),
            Some(_) => Ok(true),
        }
    }

    /// The call goes.
    pub(super) fn enter(&mut self, tries: bool) {
        self.is_tried |= tries;
    }

    /// The call has ended; `None` was withdrawn and says nothing of the server.
    pub(super) fn ended(&mut self, now: Duration, tried: bool, outcome: Option<Option<ErrorKind>>) {
        if tried {
            self.is_tried = false;
        }
        match outcome {
            None => {}
            Some(Some(kind)) if is_fault(kind) => {
                self.failures = self.failures.saturating_add(1);
                let was_closed = self.open_until.is_none();
                // Calls that were out before it opened do not keep it open.
                if tried || (was_closed && self.failures >= self.circuit.failures) {
                    self.open_until = Some(now.saturating_add(self.circuit.pause));
                }
            }
            // Whatever else it says, the server is there.
            Some(_) => {
                self.failures = 0;
                self.open_until = None;
            }
        }
    }
}

/// What speaks against the server rather than against the request.
fn is_fault(kind: ErrorKind) -> bool {
    use ErrorKind::{CutStream, Overloaded, Timeout, Unavailable};
    matches!(kind, CutStream | Overloaded | Timeout | Unavailable)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAULT: Option<Option<ErrorKind>> = Some(Some(ErrorKind::Overloaded));
    const SUCCESS: Option<Option<ErrorKind>> = Some(None);

    fn second(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn open() -> Breaker {
        let mut breaker = Breaker::new(Circuit { failures: 2, pause: second(30) });
        breaker.ended(second(0), false, FAULT);
        assert_eq!(breaker.admits(second(0)), Ok(false));
        breaker.ended(second(1), false, FAULT);
        breaker
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_lets_one_call_try() {
        let mut breaker = open();
        assert_eq!(breaker.admits(second(2)), Err(second(29)));
        assert_eq!(breaker.admits(second(31)), Ok(true));
        breaker.enter(true);
        assert_eq!(breaker.admits(second(31)), Err(second(0)), "one call tries, not two");
        breaker.ended(second(32), true, SUCCESS);
        assert_eq!(breaker.admits(second(32)), Ok(false));
    }

    #[test]
    fn a_failed_try_opens_it_again_and_a_withdrawn_one_leaves_the_try_to_the_next() {
        let mut breaker = open();
        breaker.enter(true);
        breaker.ended(second(31), true, FAULT);
        assert_eq!(breaker.admits(second(32)), Err(second(29)));
        breaker.enter(true);
        breaker.ended(second(62), true, None);
        assert_eq!(breaker.admits(second(62)), Ok(true));
    }

    #[test]
    fn failures_of_the_request_and_successes_between_keep_it_closed() {
        let mut breaker = Breaker::new(Circuit { failures: 2, pause: second(30) });
        for outcome in [FAULT, SUCCESS, FAULT, Some(Some(ErrorKind::Auth)), FAULT] {
            breaker.ended(second(0), false, outcome);
        }
        assert_eq!(breaker.admits(second(0)), Ok(false));
    }

    #[test]
    fn late_failures_do_not_keep_it_open() {
        let mut breaker = open();
        breaker.ended(second(20), false, FAULT);
        assert_eq!(breaker.admits(second(31)), Ok(true));
    }
}
