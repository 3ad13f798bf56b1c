//! What can go wrong, sorted by what the caller does next.

use std::fmt;
use std::io;

use plan::{Malformation, Malformed};

/// The result of every operation here.
pub type Result<T> = std::result::Result<T, Error>;

/// A failed operation. Opaque: ask [`Error::kind`], and for the place the accessors.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    what: String,
    expected: Option<String>,
    found: Option<String>,
    file: Option<String>,
    segment: Option<u64>,
    offset: Option<u64>,
    seq: Option<u64>,
    holder: Option<u32>,
    page: Option<u64>,
    malformation: Option<Malformation>,
    source: Option<io::Error>,
}

/// What failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request breaks a rule of its own form.
    Malformed,
    /// The request is over a limit; a large value belongs in a blob.
    LimitExceeded,
    /// An id that the log knows came again with another request.
    IntentReused,
    /// No page has this id.
    UnknownPage,
    /// An edge of the derivation graph would close a circle.
    Cycle,
    /// No store lives in the directory, and none was to be created.
    NoStore,
    /// A store lives in the directory where a new one was to be created.
    StoreExists,
    /// The record, snapshot or blob asked for is not in this store.
    NotFound,
    /// The snapshot outlived its limit; take a new one.
    SnapshotTooOld,
    /// Another process writes this store.
    Locked,
    /// The operating system failed an operation that changed nothing; it may be tried again.
    Io,
    /// No space left; nothing was appended, reads go on.
    Full,
    /// Acknowledged bytes of the log are damaged.
    Corrupt,
    /// A blob is missing, or its bytes do not hash to its name.
    BlobDamaged,
    /// A replay made another state than the one the log vouches for.
    Diverged,
    /// The files are of a newer format.
    UnsupportedFormat,
    /// A namespace, kind or version that nobody registered.
    UnknownKind,
    /// What is asked for is older than what the store's retention kept.
    SeqTooOld,
    /// An earlier write failed and its outcome is unknown; reopen the store.
    Poisoned,
}

/// What the caller does about a kind of error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Category {
    /// Mend the request.
    Caller,
    /// Wait and try again.
    Retry,
    /// Free space.
    Full,
    /// Repair or salvage; nothing is skipped.
    Damaged,
    /// Take a newer binary, or an older copy of the store.
    Unsupported,
    /// Reopen; ids settle what happened.
    Poisoned,
}

impl ErrorKind {
    /// Every kind, by number.
    pub const ALL: [ErrorKind; 19] = [
        ErrorKind::Malformed,
        ErrorKind::LimitExceeded,
        ErrorKind::IntentReused,
        ErrorKind::UnknownPage,
        ErrorKind::Cycle,
        ErrorKind::NoStore,
        ErrorKind::StoreExists,
        ErrorKind::NotFound,
        ErrorKind::SnapshotTooOld,
        ErrorKind::Locked,
        ErrorKind::Io,
        ErrorKind::Full,
        ErrorKind::Corrupt,
        ErrorKind::BlobDamaged,
        ErrorKind::Diverged,
        ErrorKind::UnsupportedFormat,
        ErrorKind::UnknownKind,
        ErrorKind::SeqTooOld,
        ErrorKind::Poisoned,
    ];

    /// The stable number of the kind, never reused.
    pub fn number(self) -> u16 {
        match self {
            ErrorKind::Malformed => 1,
            ErrorKind::LimitExceeded => 2,
            ErrorKind::IntentReused => 3,
            ErrorKind::UnknownPage => 4,
            ErrorKind::Cycle => 5,
            ErrorKind::NoStore => 7,
            ErrorKind::StoreExists => 8,
            ErrorKind::NotFound => 9,
            ErrorKind::SnapshotTooOld => 20,
            ErrorKind::Locked => 21,
            ErrorKind::Io => 23,
            ErrorKind::Full => 30,
            ErrorKind::Corrupt => 40,
            ErrorKind::BlobDamaged => 41,
            ErrorKind::Diverged => 42,
            ErrorKind::UnsupportedFormat => 50,
            ErrorKind::UnknownKind => 51,
            ErrorKind::SeqTooOld => 52,
            ErrorKind::Poisoned => 60,
        }
    }

    /// What the caller does next.
    pub fn category(self) -> Category {
        match self {
            ErrorKind::Malformed
            | ErrorKind::LimitExceeded
            | ErrorKind::IntentReused
            | ErrorKind::UnknownPage
            | ErrorKind::Cycle
            | ErrorKind::NoStore
            | ErrorKind::StoreExists
            | ErrorKind::NotFound => Category::Caller,
            ErrorKind::SnapshotTooOld | ErrorKind::Locked | ErrorKind::Io => Category::Retry,
            ErrorKind::Full => Category::Full,
            ErrorKind::Corrupt | ErrorKind::BlobDamaged | ErrorKind::Diverged => Category::Damaged,
            ErrorKind::UnsupportedFormat | ErrorKind::UnknownKind | ErrorKind::SeqTooOld => {
                Category::Unsupported
            }
            ErrorKind::Poisoned => Category::Poisoned,
        }
    }
}

impl Error {
    /// An error of `kind`; `what` says in one clause what was wrong.
    pub(crate) fn new(kind: ErrorKind, what: impl Into<String>) -> Error {
        Error(Box::new(Inner {
            kind,
            what: what.into(),
            expected: None,
            found: None,
            file: None,
            segment: None,
            offset: None,
            seq: None,
            holder: None,
            page: None,
            malformation: None,
            source: None,
        }))
    }

    /// A request whose form is refused. Not a `From`, which would make the error type of callers' closures ambiguous.
    pub(crate) fn malformed(malformed: Malformed) -> Error {
        let kind = match malformed.code {
            Malformation::Limit => ErrorKind::LimitExceeded,
            _ => ErrorKind::Malformed,
        };
        let mut bare = malformed.clone();
        (bare.page, bare.expected, bare.found) = (None, None, None);
        let mut error = Error::new(kind, bare.to_string());
        error.0.malformation = Some(malformed.code);
        error.0.page = malformed.page;
        error.0.expected = malformed.expected.map(|expected| expected.to_string());
        error.0.found = malformed.found.map(|found| found.to_string());
        error
    }

    /// `seq` is behind the horizon: the oldest state that is left is that at `oldest_seq`.
    pub(crate) fn too_old(seq: u64, oldest_seq: u64) -> Error {
        Error::new(ErrorKind::SeqTooOld, "the log before its oldest state was dropped")
            .at_seq(seq)
            .expected(format!("the state at seq {oldest_seq} or later, records behind it"))
    }

    /// Wraps a failed call on `file`: a full disk is [`ErrorKind::Full`], anything else [`ErrorKind::Io`].
    pub(crate) fn io(what: impl Into<String>, file: &str, source: io::Error) -> Error {
        let kind = match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::Full,
            _ => ErrorKind::Io,
        };
        let mut error = Error::new(kind, what).in_file(file);
        error.0.source = Some(source);
        error
    }

    pub(crate) fn expected(mut self, expected: impl Into<String>) -> Error {
        self.0.expected = Some(expected.into());
        self
    }

    pub(crate) fn found(mut self, found: impl Into<String>) -> Error {
        self.0.found = Some(found.into());
        self
    }

    pub(crate) fn in_file(mut self, file: &str) -> Error {
        self.0.file = Some(file.to_owned());
        self
    }

    pub(crate) fn in_segment(mut self, number: u64) -> Error {
        self.0.segment = Some(number);
        self.0.file = Some(crate::format::segment_path(number));
        self
    }

    pub(crate) fn at(mut self, offset: u64) -> Error {
        self.0.offset = Some(offset);
        self
    }

    pub(crate) fn at_seq(mut self, seq: u64) -> Error {
        self.0.seq = Some(seq);
        self
    }

    pub(crate) fn held_by(mut self, pid: Option<u32>) -> Error {
        self.0.holder = pid;
        self
    }

    pub(crate) fn on_page(mut self, page: u64) -> Error {
        self.0.page = Some(page);
        self
    }

    /// What failed.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The file, relative to the store's directory.
    pub fn file(&self) -> Option<&str> {
        self.0.file.as_deref()
    }

    /// The number of the segment.
    pub fn segment(&self) -> Option<u64> {
        self.0.segment
    }

    /// The byte offset in the file.
    pub fn offset(&self) -> Option<u64> {
        self.0.offset
    }

    /// The seq of the transaction, or the first one that is missing.
    pub fn seq(&self) -> Option<u64> {
        self.0.seq
    }

    /// The page.
    pub fn page(&self) -> Option<u64> {
        self.0.page
    }

    /// Which rule of the canonical encoding or of the plan's structure was broken, if it was one of those.
    pub fn malformation(&self) -> Option<Malformation> {
        self.0.malformation
    }

    /// What the format or the request needed here.
    pub fn expected_value(&self) -> Option<&str> {
        self.0.expected.as_deref()
    }

    /// What stood there.
    pub fn found_value(&self) -> Option<&str> {
        self.0.found.as_deref()
    }

    /// The process that holds the lock, for [`ErrorKind::Locked`].
    pub fn holder_pid(&self) -> Option<u32> {
        self.0.holder
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        f.write_str(&inner.what)?;
        if let Some(file) = &inner.file {
            write!(f, ", in {file}")?;
        }
        if let Some(offset) = inner.offset {
            write!(f, " at byte {offset}")?;
        }
        if let Some(page) = inner.page {
            write!(f, ", on page {page}")?;
        }
        if let Some(seq) = inner.seq {
            write!(f, " (seq {seq})")?;
        }
        if let Some(expected) = &inner.expected {
            write!(f, "; expected {expected}")?;
        }
        if let Some(found) = &inner.found {
            write!(f, "; found {found}")?;
        }
        if let Some(source) = &inner.source {
            write!(f, ": {source}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| source as _)
    }
}
