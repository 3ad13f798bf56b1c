//! Every operation by name.

use evidence::typed;
use serde_json::json;

use crate::row::Row;
use crate::{frames, language, models, numbers, state, tensors};

/// The areas, each a list of families of rows.
const AREAS: &[&[&[Row]]] = &[
    frames::FAMILIES,
    &[numbers::ROWS, language::ROWS],
    &[state::plans::ROWS, state::log::ROWS, state::crash::ROWS, state::history::ROWS, state::serial::ROWS],
    models::FAMILIES,
    tensors::FAMILIES,
];

/// Every row, in the order of areas and families.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    AREAS.iter().copied().flatten().copied().flatten()
}

/// The row of an operation.
#[must_use]
pub fn find(op: &str) -> Option<&'static Row> {
    rows().find(|row| row.op == op)
}

/// BLAKE3 over every row's name, reference, inputs and parameters: the oracle answers it back in its greeting.
#[must_use]
pub fn digest() -> String {
    let mut texts: Vec<String> = rows()
        .map(|row| {
            let inputs: Vec<_> = row
                .inputs
                .iter()
                .map(|input| {
                    let kinds: Vec<&str> = input.kinds.iter().map(|kind| kind.name()).collect();
                    json!({"name": input.name, "kinds": kinds, "optional": input.optional})
                })
                .collect();
            typed::canonical(&json!({
                "op": row.op, "reference": row.reference.name(), "subject": row.reference.subject(),
                "inputs": inputs, "params": row.params.schema(),
            }))
        })
        .collect();
    texts.sort();
    typed::digest(texts.join("\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn an_operation_has_one_row() {
        let mut seen = BTreeSet::new();
        let doubled: Vec<_> = rows().filter(|row| !seen.insert(row.op)).map(|row| row.op).collect();
        assert_eq!(doubled, [""; 0]);
        assert!(!seen.is_empty());
    }

    #[test]
    fn parameters_are_refused_where_a_row_does_not_know_them() {
        let foreign = serde_json::from_str(r#"{"no_such_parameter": 1}"#).expect("an object");
        let lenient: Vec<_> =
            rows().filter(|row| row.params.check(&foreign).is_ok()).map(|row| row.op).collect();
        assert_eq!(lenient, [""; 0]);
    }
}
