//! Why an intent has no plan.

use std::fmt;

use plan::{Malformed, ViewError};

/// The result of lowering.
pub type Result<T> = std::result::Result<T, Error>;

/// An intent that cannot be lowered. Opaque: ask [`Error::kind`].
#[derive(Debug)]
pub struct Error(Box<Cause>);

#[derive(Debug)]
enum Cause {
    UnknownSchema { schema: String, version: u32 },
    BadBody { schema: &'static str, expected: String },
    UnknownPage(String),
    Misfit { place: String, why: Malformed },
    Malformed(Malformed),
    View(ViewError),
}

/// What stands between an intent and its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No pattern has this schema and version.
    UnknownSchema,
    /// The body does not say what the schema asks for.
    BadBody,
    /// A page that the intent is about does not exist.
    UnknownPage,
    /// A value does not fit its place, or the place its page.
    Misfit,
    /// The intent or the plan made from it breaks a rule of its form.
    Malformed,
    /// The state could not be read.
    View,
}

impl Error {
    pub(crate) fn unknown_schema(schema: &str, version: u32) -> Error {
        Error(Box::new(Cause::UnknownSchema { schema: schema.to_owned(), version }))
    }

    pub(crate) fn bad_body(schema: &'static str, expected: impl Into<String>) -> Error {
        Error(Box::new(Cause::BadBody { schema, expected: expected.into() }))
    }

    pub(crate) fn unknown_page(page: impl Into<String>) -> Error {
        Error(Box::new(Cause::UnknownPage(page.into())))
    }

    pub(crate) fn misfit(place: impl Into<String>, why: Malformed) -> Error {
        Error(Box::new(Cause::Misfit { place: place.into(), why }))
    }

    /// What stands in the way.
    pub fn kind(&self) -> ErrorKind {
        match *self.0 {
            Cause::UnknownSchema { .. } => ErrorKind::UnknownSchema,
            Cause::BadBody { .. } => ErrorKind::BadBody,
            Cause::UnknownPage(_) => ErrorKind::UnknownPage,
            Cause::Misfit { .. } => ErrorKind::Misfit,
            Cause::Malformed(_) => ErrorKind::Malformed,
            Cause::View(_) => ErrorKind::View,
        }
    }

    /// The broken rule, for [`ErrorKind::Misfit`] and [`ErrorKind::Malformed`].
    pub fn malformed(&self) -> Option<&Malformed> {
        match &*self.0 {
            Cause::Misfit { why, .. } | Cause::Malformed(why) => Some(why),
            _ => None,
        }
    }
}

impl From<Malformed> for Error {
    fn from(why: Malformed) -> Error {
        Error(Box::new(Cause::Malformed(why)))
    }
}

impl From<ViewError> for Error {
    fn from(why: ViewError) -> Error {
        Error(Box::new(Cause::View(why)))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Cause::UnknownSchema { schema, version } => {
                let known: Vec<&str> = crate::pattern::SCHEMAS.iter().map(|known| known.name).collect();
                write!(
                    f,
                    "no pattern has the schema {schema:?} in version {version}; expected version 1 of {}",
                    known.join(", ")
                )
            }
            Cause::BadBody { schema, expected } => write!(f, "the body of a {schema:?} intent: {expected}"),
            Cause::UnknownPage(page) => write!(f, "there is no page {page}"),
            Cause::Misfit { place, why } => write!(f, "{place}: {why}"),
            Cause::Malformed(why) => why.fmt(f),
            Cause::View(why) => why.fmt(f),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.0 {
            Cause::Misfit { why, .. } => Some(why),
            // Shown as they are: what they come from is theirs to say.
            Cause::Malformed(why) => why.source(),
            Cause::View(why) => why.source(),
            _ => None,
        }
    }
}
