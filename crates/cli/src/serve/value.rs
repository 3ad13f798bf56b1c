//! Values of the language as JSON, and why one is not.

use prelude::Shown;
use serde_json::{Value as Json, json};
use vm::Value;

/// A value as JSON longer than this is not sent.
const JSON_BYTES_MAX: usize = 4 << 20;

/// `value` where JSON carries it unchanged; else `unfit` with the reason, and of a table what a report shows of it.
pub fn shown(value: Option<&Value>) -> Json {
    let Some(value) = value else {
        return json!({"unfit": "it has no bytes, such as a function, and is made anew in every run"});
    };
    match prelude::shown(value) {
        Shown::Table(table) => {
            let columns: Vec<Json> =
                table.columns.iter().map(|head| json!({"name": head.name, "dtype": head.dtype})).collect();
            let cell = |cell: &report::table::TableCell| (!cell.missing).then(|| cell.text.clone());
            let rows: Vec<Json> = table
                .rows
                .iter()
                .map(|row| json!({"labels": row.labels, "cells": row.cells.iter().map(cell).collect::<Vec<_>>()}))
                .collect();
            json!({
                "unfit": "a table; these are the rows that a report shows, as text",
                "table": {
                    "index": table.index, "columns": columns, "rows": rows, "row_count": table.row_count,
                    "gap_after": table.gap_after,
                },
            })
        }
        Shown::Figure(_) => json!({"unfit": "a plot; it stands in the report"}),
        Shown::Text(_) => plain(value),
    }
}

fn plain(value: &Value) -> Json {
    let text = match vm::to_json(value) {
        Ok(text) => text,
        Err(fault) => return json!({"unfit": fault.message}),
    };
    if text.len() > JSON_BYTES_MAX {
        return json!({"unfit": format!("{} bytes of JSON, more than {JSON_BYTES_MAX}", text.len())});
    }
    match serde_json::from_str::<Json>(&text) {
        Ok(value) => json!({"value": value}),
        Err(why) => json!({"unfit": why.to_string()}),
    }
}
