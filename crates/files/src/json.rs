//! JSON in pandas' orients.
//!
//! `parse.rs` reads text as pandas' own decoder does, its leniency, arithmetic and errors included; `frame.rs` makes
//! a table of what was read and `convert.rs` the dtypes that pandas then looks for; `write.rs` and `number.rs` write.

mod convert;
mod frame;
mod number;
mod parse;
mod table_schema;
mod write;

pub use frame::{ConvertDates, JsonDType, ReadJson, read_json};
pub use write::{DateFormat, ToJson, to_json};

/// How a table lies in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orient {
    /// `{"columns": [...], "index": [...], "data": [[...]]}`
    Split,
    /// `[{column: value}]`
    Records,
    /// `{label: {column: value}}`
    Index,
    /// `{column: {label: value}}`
    Columns,
    /// `[[value]]`
    Values,
    /// `{"schema": ..., "data": [{column: value}]}`
    Table,
}

impl Orient {
    /// pandas' word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Split => "split",
            Self::Records => "records",
            Self::Index => "index",
            Self::Columns => "columns",
            Self::Values => "values",
            Self::Table => "table",
        }
    }

    /// The orient of pandas' word.
    #[must_use]
    pub fn parse_name(name: &str) -> Option<Self> {
        let all = [Self::Split, Self::Records, Self::Index, Self::Columns, Self::Values, Self::Table];
        all.into_iter().find(|orient| orient.name() == name)
    }
}
