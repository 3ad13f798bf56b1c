//! Cells and the worker's methods.

use crate::host::{Echo, NOW_NS, error, options, run, run_with, strict, value};
use sandbox::{Blob, Cell, ErrorKind, Level, Worker};
use serde_json::{Value, json};

#[test]
fn a_cell_has_the_value_of_its_last_expression() {
    let mut worker = strict();
    assert_eq!(value(&mut worker, "x = 6\nx * 7"), json!(42));
}
