//! What goes wrong between us and a provider, on a schedule that a seed draws.
//!
//! A fault hits an attempt, and at most [`FAULTS_MAX`] attempts of one call, so that a client which tries as often as it
//! may gets every answer. The same call fails the same way in every run.

use crate::policy::Policy;
use crate::random::Random;
use provider::scripted::{Act, Asked, Fault, Spoken};
use rlm::{AttemptError, ProviderClass};
use std::sync::Arc;
use std::time::Duration;

/// Attempts of a call that a schedule spoils at most: the retries that calls have.
pub const FAULTS_MAX: u32 = 4;

/// One kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 429 with `Retry-After: 0`.
    RateLimited,
    /// 500.
    Internal,
    /// 529.
    Overloaded,
    /// The connection stays silent; it takes a client's patience.
    Hang,
    /// Pieces of seven bytes, a millisecond apart. The answer is whole.
    Slow,
    /// A stream that ends in the middle.
    Cut,
    /// A body that is no JSON.
    Malformed,
    /// An answer that tells no usage.
    MissingUsage,
    /// An answer that comes twice.
    Duplicate,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::RateLimited,
        Self::Internal,
        Self::Overloaded,
        Self::Hang,
        Self::Slow,
        Self::Cut,
        Self::Malformed,
        Self::MissingUsage,
        Self::Duplicate,
    ];

    /// What a server does instead of saying the text.
    #[must_use]
    pub fn act(self, spoken: Spoken) -> Act {
        let act = match self {
            Self::RateLimited => return Act::rate_limited(0),
            Self::Internal => return Act::status(500),
            Self::Overloaded => return Act::status(529),
            Self::Hang => Act::fail(Fault::Hang),
            Self::Slow => Act { piece_bytes: 7, piece_delay: Duration::from_millis(1), ..Act::say("") },
            Self::Cut => Act::fail(Fault::CutAfter(10)),
            Self::Malformed => Act::fail(Fault::MalformedJson),
            Self::MissingUsage => Act::fail(Fault::MissingUsage),
            Self::Duplicate => Act::fail(Fault::DuplicateReply),
        };
        Act { spoken, ..act }
    }

    /// The class of the failed attempt; none where the answer arrives all the same.
    #[must_use]
    pub const fn class(self) -> Option<ProviderClass> {
        match self {
            Self::RateLimited => Some(ProviderClass::RateLimited),
            Self::Internal => Some(ProviderClass::Unavailable),
            Self::Overloaded => Some(ProviderClass::Overloaded),
            Self::Hang => Some(ProviderClass::Timeout),
            Self::Cut => Some(ProviderClass::CutStream),
            Self::Malformed => Some(ProviderClass::Malformed),
            Self::Slow | Self::MissingUsage | Self::Duplicate => None,
        }
    }
}

/// Which attempts fail, and how.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// Another seed is another schedule.
    pub seed: u64,
    /// How many attempts of a hundred are hit.
    pub percent: u64,
    /// The kinds that it draws from.
    pub kinds: Vec<Kind>,
}

impl Schedule {
    /// The fault of an attempt, counted from 0, at the call of a name.
    #[must_use]
    pub fn fault(&self, call: &str, attempt: u32) -> Option<Kind> {
        let mut random = Random::of(&format!("{} {attempt} {call}", self.seed));
        let hit = attempt < FAULTS_MAX && !self.kinds.is_empty() && random.percent(self.percent);
        hit.then(|| *random.pick(&self.kinds))
    }

    /// A server's script under the schedule; the call's name is its idempotency key.
    pub fn script(
        self,
        inner: impl Fn(&Asked) -> Act + Send + Sync + 'static,
    ) -> impl Fn(&Asked) -> Act + Send + Sync + 'static {
        move |asked| {
            let act = inner(asked);
            match self.fault(&asked.idempotency_key, asked.attempt.saturating_sub(1)) {
                Some(kind) => kind.act(act.spoken),
                None => act,
            }
        }
    }

    /// A policy under the schedule; the call's name is its question.
    #[must_use]
    pub fn policy(self, inner: Policy) -> Policy {
        Arc::new(move |asked, attempt| {
            let kind = self.fault(&format!("{} {}", asked.model, asked.text), attempt);
            match kind.map(|kind| (kind, kind.class())) {
                Some((_, Some(class))) => Err(AttemptError {
                    class,
                    message: format!("scheduled: {class:?}"),
                    latency_ms: 2,
                    retry_after_ms: (class == ProviderClass::RateLimited).then_some(0),
                }),
                Some((Kind::MissingUsage, None)) => {
                    inner(asked, attempt).map(|reply| rlm::Reply { usage: None, ..reply })
                }
                _ => inner(asked, attempt),
            }
        })
    }
}
