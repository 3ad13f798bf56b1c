//! Limits of an endpoint: so many requests and tokens in any minute, so many calls at once, first come first served.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::circuit::{Breaker, Circuit};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::race::race;
use crate::reply::Charge;

/// The span that limits are stated for.
const WINDOW: Duration = Duration::from_secs(60);

/// What an endpoint may be asked for; `None` sets no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Requests in any 60 seconds, retries included.
    pub requests_per_minute: Option<u64>,
    /// Tokens of input and output in any 60 seconds: the most that a call may need until it has ended, then what the
    /// server counted.
    pub tokens_per_minute: Option<u64>,
    /// Calls at once.
    pub in_flight: Option<u64>,
}

impl Limits {
    fn stricter(self, other: Limits) -> Limits {
        let least = |a: Option<u64>, b: Option<u64>| a.into_iter().chain(b).min();
        Limits {
            requests_per_minute: least(self.requests_per_minute, other.requests_per_minute),
            tokens_per_minute: least(self.tokens_per_minute, other.tokens_per_minute),
            in_flight: least(self.in_flight, other.in_flight),
        }
    }
}

/// A request within the window.
#[derive(Debug)]
struct Sent {
    id: u64,
    at: Duration,
    tokens: u64,
}

#[derive(Debug)]
struct State {
    limits: Limits,
    breaker: Breaker,
    /// The next request's id.
    next: u64,
    /// In the order of their times, which is that of their ids.
    recent: VecDeque<Sent>,
    /// The tokens of `recent`.
    tokens: u128,
    in_flight: u64,
    /// The server wants to be left alone until then.
    closed_until: Duration,
}

/// Whether a call may go.
enum Admission {
    Yes { id: u64, tries: bool },
    After(Duration),
    WhenOneEnds,
}

/// The limits of one endpoint, and where they stand.
pub(crate) struct Gate {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// Held by the call that waits at the head of the queue; tokio's mutex serves in the order of arrival.
    turn: tokio::sync::Mutex<()>,
    changed: Notify,
}

impl Gate {
    pub(super) fn new(clock: Arc<dyn Clock>, limits: Limits, circuit: Circuit) -> Gate {
        let state = State {
            limits,
            breaker: Breaker::new(circuit),
            next: 0,
            recent: VecDeque::new(),
            tokens: 0,
            in_flight: 0,
            closed_until: Duration::ZERO,
        };
        Gate { clock, state: Mutex::new(state), turn: tokio::sync::Mutex::new(()), changed: Notify::new() }
    }

    pub(super) fn restrict(&self, limits: Limits) {
        let mut state = self.lock();
        state.limits = state.limits.stricter(limits);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a call of at most so many tokens may go.
    ///
    /// # Errors
    /// `unavailable` while the circuit stands open, `rate_limited` where the server wants to be left alone for longer
    /// than the caller's patience, `invalid_request` for a call that no minute has room for.
    pub(crate) async fn enter(self: &Arc<Self>, tokens: u64, patience: Duration) -> Result<Pass> {
        let _turn = self.turn.lock().await;
        loop {
            let admission = self.lock().admit(self.clock.now(), tokens, patience)?;
            match admission {
                Admission::Yes { id, tries } => {
                    return Ok(Pass { gate: self.clone(), id, tries, outcome: None });
                }
                // One call at most waits here, and a change that nobody waits for is kept for it.
                Admission::After(span) => {
                    race(self.changed.notified(), self.clock.wait(span)).await;
                }
                Admission::WhenOneEnds => self.changed.notified().await,
            }
        }
    }
}

impl State {
    fn admit(&mut self, now: Duration, tokens: u64, patience: Duration) -> Result<Admission> {
        let tries = self.breaker.admits(now).map_err(|wait| {
            let what = "the server failed several times in a row and is left alone for a while";
            Error::new(ErrorKind::Unavailable, what).with_retry_after(Some(wait))
        })?;
        let Limits { requests_per_minute, in_flight, .. } = self.limits;
        if requests_per_minute == Some(0) || in_flight == Some(0) {
            return Err(Error::new(ErrorKind::Config, "a limit of 0 admits no call"));
        }
        if let Some(most) = self.limits.tokens_per_minute.filter(|most| tokens > *most) {
            let what = format!("a call may need {tokens} tokens, more than the {most} of tokens_per_minute");
            return Err(Error::new(ErrorKind::InvalidRequest, what));
        }
        let closed = self.closed_until.saturating_sub(now);
        if closed > patience {
            let what = format!("the server wants to be left alone for {} s more", closed.as_secs());
            return Err(Error::new(ErrorKind::RateLimited, what).with_retry_after(Some(closed)));
        }
        if !closed.is_zero() {
            return Ok(Admission::After(closed));
        }
        if self.limits.in_flight.is_some_and(|most| self.in_flight >= most) {
            return Ok(Admission::WhenOneEnds);
        }
        while self.recent.front().is_some_and(|sent| sent.at.saturating_add(WINDOW) <= now) {
            let sent = self.recent.pop_front();
            self.tokens -= sent.map_or(0, |sent| u128::from(sent.tokens));
        }
        if let Some(at) = self.room_at(tokens) {
            return Ok(Admission::After(at.saturating_add(WINDOW).saturating_sub(now)));
        }
        let id = self.next;
        self.next += 1;
        self.recent.push_back(Sent { id, at: now, tokens });
        self.tokens += u128::from(tokens);
        self.in_flight += 1;
        self.breaker.enter(tries);
        Ok(Admission::Yes { id, tries })
    }

    /// `None` where the minute has room; else the time of the request after whose leaving it does.
    fn room_at(&self, tokens: u64) -> Option<Duration> {
        let mut requests = self.recent.len() as u64;
        let mut held = self.tokens;
        let fits = |requests: u64, held: u128| {
            self.limits.requests_per_minute.is_none_or(|most| requests < most)
                && self
                    .limits
                    .tokens_per_minute
                    .is_none_or(|most| held + u128::from(tokens) <= u128::from(most))
        };
        if fits(requests, held) {
            return None;
        }
        for sent in &self.recent {
            requests -= 1;
            held -= u128::from(sent.tokens);
            if fits(requests, held) {
                return Some(sent.at);
            }
        }
        // An empty minute has room for whatever passed the checks before.
        None
    }

    fn rebook(&mut self, id: u64, tokens: u64) {
        let at = self.recent.partition_point(|sent| sent.id < id);
        if let Some(sent) = self.recent.get_mut(at).filter(|sent| sent.id == id) {
            self.tokens = self.tokens - u128::from(sent.tokens) + u128::from(tokens);
            sent.tokens = tokens;
        }
    }
}

impl Pass {
    /// The attempt was not made.
    pub(crate) fn unsent(self) {
        self.gate.lock().rebook(self.id, 0);
    }
}

/// The right to one attempt. Dropping it ends the attempt; without an outcome it was withdrawn.
pub(crate) struct Pass {
    gate: Arc<Gate>,
    id: u64,
    tries: bool,
    outcome: Option<Option<ErrorKind>>,
}

impl Pass {
    /// The attempt has ended: `failed` by a class or not at all, at a charge. What nobody counted keeps its booking.
    pub(crate) fn settle(mut self, failed: Option<&Error>, charge: Charge) {
        self.outcome = Some(failed.map(Error::kind));
        let mut state = self.gate.lock();
        match charge {
            Charge::Nothing => state.rebook(self.id, 0),
            Charge::Counted(usage) => {
                state.rebook(self.id, usage.input_tokens.saturating_add(usage.output_tokens));
            }
            Charge::Reserved => {}
        }
        let wish = failed.filter(|error| error.status().is_some()).and_then(Error::retry_after);
        if let Some(span) = wish {
            let until = self.gate.clock.now().saturating_add(span);
            state.closed_until = state.closed_until.max(until);
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let now = self.gate.clock.now();
        let mut state = self.gate.lock();
        state.in_flight -= 1;
        state.breaker.ended(now, self.tries, self.outcome);
        drop(state);
        self.gate.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blocking::Blocking;
    use crate::clock::Manual;

    proptest::proptest! {
        /// Whatever calls come at whatever times, no 60 seconds hold more than the limits; and a call goes as soon as
        /// they allow it, by a plain search over all times that matter.
        #[test]
        fn no_minute_holds_more_than_the_limits(
            calls in proptest::collection::vec((0u64..40, 1u64..60), 1..40),
            requests in 1u64..6,
            tokens in 60u64..150,
        ) {
            let clock = Manual::skipping(Duration::from_secs(600));
            let limits = Limits {
                requests_per_minute: Some(requests), tokens_per_minute: Some(tokens), in_flight: None,
            };
            let gate = Arc::new(Gate::new(Arc::new(clock.clone()), limits, Circuit::default()));
            let blocking = Blocking::new().unwrap();
            let mut sent: Vec<(u64, u64)> = Vec::new();
            for (pause, cost) in calls {
                clock.advance(Duration::from_secs(pause));
                let came = clock.now().as_secs();
                drop(blocking.wait(gate.enter(cost, Duration::ZERO)).unwrap().unwrap());
                let fits = |at: u64| {
                    let recent: Vec<u64> =
                        sent.iter().filter(|(time, _)| time + 60 > at).map(|(_, cost)| *cost).collect();
                    (recent.len() as u64) < requests && recent.iter().sum::<u64>() + cost <= tokens
                };
                let expected = (came..).find(|at| fits(*at)).unwrap();
                proptest::prop_assert_eq!(clock.now().as_secs(), expected);
                sent.push((expected, cost));
            }
        }
    }
}
