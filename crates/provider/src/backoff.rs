//! How long to stay away before another attempt.

use std::time::Duration;

use sha2::{Digest, Sha256};

/// Exponential with full jitter: the pause before retry n is uniform between nothing and `first` · 2ⁿ, at most `most`.
///
/// The draw follows from the seed, the call's idempotency key and the number of the attempt. It is the same whatever
/// else is in flight, and two calls that failed at once come back apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Attempts after the first one, at each provider of a chain.
    pub retries: u32,
    /// The longest pause before the first retry.
    pub first: Duration,
    /// The longest pause before any.
    pub most: Duration,
    /// A server that wants to be left alone for longer than this has failed for now.
    pub patience: Duration,
    /// Where the draws come from.
    pub seed: u64,
}

impl Backoff {
    /// Four retries from half a second up to 30 seconds, five minutes of patience.
    pub fn new(seed: u64) -> Backoff {
        Backoff {
            retries: 4,
            first: Duration::from_millis(500),
            most: Duration::from_secs(30),
            patience: Duration::from_secs(300),
            seed,
        }
    }

    /// The pause after a failed attempt, counted from 1.
    pub fn pause(&self, key: &str, attempt: u32) -> Duration {
        let doublings = 2u32.saturating_pow(attempt.saturating_sub(1));
        let longest = self.first.saturating_mul(doublings).min(self.most).as_nanos();
        let mut hash = Sha256::new();
        hash.update(self.seed.to_le_bytes());
        hash.update(attempt.to_le_bytes());
        hash.update(key.as_bytes());
        let digest = hash.finalize();
        let draw = digest.iter().take(8).fold(0, |draw: u64, byte| draw << 8 | u64::from(*byte));
        // The product's upper half: every nanosecond of the span is as likely as the next.
        let nanos = (u128::from(draw) * (longest + 1)) >> 64;
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_fill_a_span_that_doubles_up_to_its_bound() {
        let backoff = Backoff::new(7);
        // 0.5 s doubled: 0.5, 1, 2, 4, ... and 30 from the seventh on.
        for (attempt, millis) in
            [(1, 500), (2, 1_000), (3, 2_000), (4, 4_000), (6, 16_000), (7, 30_000), (99, 30_000)]
        {
            let longest = Duration::from_millis(millis);
            let pauses: Vec<Duration> = (0..400).map(|n| backoff.pause(&n.to_string(), attempt)).collect();
            assert!(pauses.iter().all(|pause| *pause <= longest), "attempt {attempt}");
            // Of 400 uniform draws, none in a given tenth has a chance of 0.9^400, about 10^-19.
            for tenth in 0..10 {
                let (from, to) = (longest * tenth / 10, longest * (tenth + 1) / 10);
                assert!(
                    pauses.iter().any(|pause| (from..=to).contains(pause)),
                    "attempt {attempt}, tenth {tenth}"
                );
            }
        }
    }

    #[test]
    fn a_draw_follows_from_seed_key_and_attempt() {
        let of = |seed, key, attempt| Backoff::new(seed).pause(key, attempt);
        assert_eq!(of(1, "a", 3), of(1, "a", 3));
        assert_ne!(of(1, "a", 3), of(2, "a", 3));
        assert_ne!(of(1, "a", 3), of(1, "b", 3));
        assert_ne!(of(1, "a", 7), of(1, "a", 8));
    }
}
