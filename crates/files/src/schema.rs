//! Typed loading: a table's expected columns and every difference from them.

use std::fmt;

use column::DType;

/// The columns a table must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// Expected columns; the table comes in this order.
    pub columns: Vec<SchemaColumn>,
    /// What to do with columns the schema does not name.
    pub extra: Extra,
}

/// One expected column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaColumn {
    /// Label in the header.
    pub name: String,
    /// Dtype of the result.
    pub dtype: DType,
    /// Whether values may be missing.
    pub nullable: bool,
}

/// What to do with columns the schema does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum Extra {
    #[default]
    Error,
    Drop,
}

/// One difference between a table and its schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The header lacks a column.
    MissingColumn {
        /// The column looked for.
        name: String,
        /// Its dtype.
        dtype: DType,
        /// The labels that are there, for a suggestion.
        present: Vec<String>,
    },
    /// The header has a column the schema does not name.
    ExtraColumn {
        /// The column found.
        name: String,
    },
    /// Cells that are not of the column's dtype.
    Mistyped {
        /// The column.
        name: String,
        /// The dtype expected.
        dtype: DType,
        /// Line of the first such cell, from 1.
        line: usize,
        /// Byte offset of its record.
        offset: usize,
        /// Text of the first such cell.
        found: String,
        /// How many there are.
        count: usize,
    },
    /// Missing cells in a column that must be present.
    MissingValue {
        /// The column.
        name: String,
        /// The dtype expected.
        dtype: DType,
        /// Line of the first missing cell, from 1.
        line: usize,
        /// Byte offset of its record.
        offset: usize,
        /// How many there are.
        count: usize,
    },
}

/// How many cells there are like the one named.
struct Such(usize);

impl fmt::Display for Such {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 > 1 { write!(f, " ({} such cells)", self.0) } else { Ok(()) }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingColumn { name, dtype, present } => {
                write!(f, "column '{name}' ({dtype}) is not in the header; found {}", present.join(", "))
            }
            Self::ExtraColumn { name } => {
                write!(f, "column '{name}' is in the header but not in the record type")
            }
            Self::Mistyped { name, dtype, line, found, count, .. } => {
                write!(f, "column '{name}': expected {dtype}, found {found:?} in line {line}{}", Such(*count))
            }
            Self::MissingValue { name, dtype, line, count, .. } => {
                write!(f, "column '{name}' ({dtype}): missing value in line {line}{}", Such(*count))
            }
        }
    }
}
