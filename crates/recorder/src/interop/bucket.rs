//! Confidence in words.

use std::fmt;

/// A range of confidence. No bucket is called verified: that word has one meaning, and confidence is not it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bucket {
    /// Below 0.25.
    Low,
    /// Below 0.50.
    Medium,
    /// Below 0.85.
    High,
    /// The rest.
    VeryHigh,
}

impl Bucket {
    /// The bucket of a confidence; `None` where it is no number from 0 to 1.
    pub fn of(confidence: f64) -> Option<Bucket> {
        match confidence {
            c if !(0.0..=1.0).contains(&c) => None,
            c if c < 0.25 => Some(Bucket::Low),
            c if c < 0.50 => Some(Bucket::Medium),
            c if c < 0.85 => Some(Bucket::High),
            _ => Some(Bucket::VeryHigh),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Bucket::Low => "low",
            Bucket::Medium => "medium",
            Bucket::High => "high",
            Bucket::VeryHigh => "very_high",
        }
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
