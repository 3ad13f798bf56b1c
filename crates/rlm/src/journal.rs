//! Where records go.

use crate::record::Record;

/// A log of records. The machine never calls it: whoever drives the machine does, and reports what is durable.
pub trait Journal {
    /// Why a log cannot be written or read.
    type Error;

    /// Appends records in order; they are durable when it returns.
    ///
    /// # Errors
    ///
    /// Where they are not, all or some. The run then stops.
    fn append(&mut self, records: &[Record]) -> Result<(), Self::Error>;

    /// All records, in order.
    ///
    /// # Errors
    ///
    /// Where the log cannot be read.
    fn scan(&self) -> Result<Vec<Record>, Self::Error>;
}

/// A log in memory, for tests and for runs that need not outlive the process.
#[derive(Clone, Debug, Default)]
pub struct MemoryJournal {
    records: Vec<Record>,
}

impl MemoryJournal {
    /// A log that begins with records, such as the first ones of another.
    #[must_use]
    pub const fn with(records: Vec<Record>) -> Self {
        Self { records }
    }
}

impl Journal for MemoryJournal {
    type Error = std::convert::Infallible;

    fn append(&mut self, records: &[Record]) -> Result<(), Self::Error> {
        self.records.extend_from_slice(records);
        Ok(())
    }

    fn scan(&self) -> Result<Vec<Record>, Self::Error> {
        Ok(self.records.clone())
    }
}
