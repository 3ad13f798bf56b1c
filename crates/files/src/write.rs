//! Tables as CSV.

use column::{Column, DType, Scalar};

use crate::error::{Error, Result};
use crate::table::Table;

/// Options of [`to_csv`], with pandas' names and defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToCsv {
    /// Field separator.
    pub sep: char,
    /// What a missing value is written as.
    pub na_rep: String,
    /// Whether to write labels.
    pub header: bool,
    /// Whether to write the row index; a table without index columns counts rows from 0.
    pub index: bool,
    /// Line end.
    pub lineterminator: String,
}

impl Default for ToCsv {
    fn default() -> Self {
        Self { sep: ',', na_rep: String::new(), header: true, index: true, lineterminator: "\n".into() }
    }
}

/// Writes a table as `DataFrame.to_csv`: floats in the shortest form that reads back, fields quoted
/// only where they hold a separator, a quote or a line end.
///
/// # Errors
/// `ValueError` if the columns differ in length.
pub fn to_csv(table: &Table, options: &ToCsv) -> Result<String> {
    let columns: Vec<&Column> = table
        .index
        .iter()
        .map(|(_, column)| column)
        .chain(table.columns.iter().map(|(_, column)| column))
        .collect();
    if columns.iter().any(|column| column.len() != table.row_count) {
        return Err(Error::value("columns differ in length"));
    }
    let index_len = if options.index { table.index.len() } else { 0 };
    let counted = options.index && table.index.is_empty();
    let shown = &columns[table.index.len() - index_len..];
    let mut out = String::new();
    let mut line = |fields: &mut dyn Iterator<Item = String>| {
        let mut fields = fields.peekable();
        // A record of one empty field would read as a blank line.
        let mut first = true;
        while let Some(field) = fields.next() {
            if !first {
                out.push(options.sep);
            }
            let alone = first && fields.peek().is_none() && field.is_empty();
            if alone {
                out.push_str("\"\"")
            } else {
                write_field(&mut out, &field, options.sep)
            }
            first = false;
        }
        out.push_str(&options.lineterminator);
    };
    if options.header {
        let index =
            table.index.iter().take(index_len).map(|(name, _)| name.clone().unwrap_or(Scalar::str("")));
        let labels = counted.then(|| Scalar::str("")).into_iter().chain(index);
        let labels = labels.chain(table.columns.iter().map(|(label, _)| label.clone()));
        line(&mut labels.map(|label| label.to_string()));
    }
    // Times are formatted as whole columns.
    let shown = shown.iter().map(|column| match column.dtype() {
        DType::Datetime(_) | DType::Zoned(..) | DType::Timedelta(_) | DType::Number(_) => {
            column.cast(DType::Str)
        }
        _ => Ok((*column).clone()),
    });
    let shown: Vec<Column> = shown.collect::<Result<_, column::Error>>()?;
    for row in 0..table.row_count {
        let cell = |column: &Column| match column.get(row) {
            Some(scalar) if !scalar.is_missing() => scalar.to_string(),
            _ => options.na_rep.clone(),
        };
        line(&mut counted.then(|| row.to_string()).into_iter().chain(shown.iter().map(cell)));
    }
    Ok(out)
}

fn write_field(out: &mut String, field: &str, sep: char) {
    if !field.contains([sep, '"', '\n', '\r']) {
        return out.push_str(field);
    }
    out.push('"');
    out.push_str(&field.replace('"', "\"\""));
    out.push('"');
}
