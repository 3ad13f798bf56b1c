//! Answers: values or errors, with the warnings on the way.

use super::{Category, Comparison, Drift, Level, Rule, compare};
use crate::case::{Answer, Expect, ExpectRaised, Expectation, Raised};
use std::fmt;

/// Why an expectation cannot be compared as it stands. Nothing is concluded from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incomparable {
    /// A digest under a rule that lets other bits pass.
    DigestUnderTolerance,
    /// A value in the store that nobody fetched.
    BlobNotFetched(String),
    /// What the live reference would answer, that nobody asked.
    LiveNotAsked,
}

impl fmt::Display for Incomparable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Incomparable::DigestUnderTolerance => {
                f.write_str("a digest says nothing where the row's rule is not exact; expected a blob")
            }
            Incomparable::BlobNotFetched(digest) => write!(f, "the value {digest} is not in the store"),
            Incomparable::LiveNotAsked => f.write_str("the expectation is the live reference's answer"),
        }
    }
}

impl std::error::Error for Incomparable {}

/// Every difference of an answer from what was expected, the gravest first. A [`Expect::Blob`] or [`Expect::Live`] is first replaced by
/// the value or the answer it stands for.
pub fn compare_answers(
    op: &str,
    expected: &Expectation,
    found: &Answer,
    rule: &Rule,
) -> Result<Vec<Drift>, Incomparable> {
    let mut comparison = Comparison::new(op, rule);
    match (&expected.answer, &found.result) {
        (Expect::Blob(digest), _) => return Err(Incomparable::BlobNotFetched(digest.clone())),
        (Expect::Live, _) => return Err(Incomparable::LiveNotAsked),
        (Expect::Digest(_), _) if !rule.is_exact() => return Err(Incomparable::DigestUnderTolerance),
        (Expect::Value(expected), Ok(found)) => comparison.drifts = compare(op, expected, found, rule),
        (Expect::Digest(expected), Ok(found)) => {
            comparison.texts(Category::Value, "digest", expected, &found.digest());
        }
        (Expect::Error(expected), Err(found)) => comparison.raised(Category::Error, "error", expected, found),
        (Expect::Error(expected), Ok(found)) => {
            let expected = format!("{}: {}", expected.class, expected.message);
            comparison.critical(Category::Error, "error", expected, format!("a {}", found.kind()));
        }
        (Expect::Value(_) | Expect::Digest(_), Err(found)) => {
            comparison.critical(
                Category::Error,
                "error",
                "a value",
                format!("{}: {}", found.class, found.message),
            );
        }
    }
    comparison.warnings(&expected.warnings, &found.warnings);
    Ok(comparison.finish())
}

impl Comparison<'_> {
    fn raised(&mut self, category: Category, at: &str, expected: &ExpectRaised, found: &Raised) {
        if expected.class != found.class {
            let expected = format!("{}: {}", expected.class, expected.message);
            return self.critical(category, at, expected, format!("{}: {}", found.class, found.message));
        }
        if !expected.message.matches(&found.message) {
            let location = format!("{at} message");
            self.drift(
                category,
                Level::Minor,
                &location,
                expected.message.to_string(),
                found.message.as_str(),
            );
        }
    }

    fn warnings(&mut self, expected: &[ExpectRaised], found: &[Raised]) {
        if expected.len() != found.len() {
            let list =
                |classes: Vec<&str>| if classes.is_empty() { "none".to_string() } else { classes.join(", ") };
            let a = list(expected.iter().map(|warning| warning.class.as_str()).collect());
            let b = list(found.iter().map(|warning| warning.class.as_str()).collect());
            return self.critical(Category::Warning, "warnings", a, b);
        }
        for (position, (a, b)) in expected.iter().zip(found).enumerate() {
            self.raised(Category::Warning, &format!("warnings[{position}]"), a, b);
        }
    }
}
