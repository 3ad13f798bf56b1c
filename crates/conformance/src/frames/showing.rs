//! Tables as text.

use evidence::value::Value;
use frame::ReprOptions;

use super::operation::{frame, frame_of, params, series, series_of};
use crate::row::Row;

pub(crate) const ROWS: &[Row] = &[
    series!("__repr__", [], Display, |call| {
        let options = Display::of(call)?.options();
        Ok(Value::Text(series_of(call, "self")?.repr(&options)))
    }),
    frame!("__repr__", [], Display, |call| {
        let options = Display::of(call)?.options();
        Ok(Value::Text(frame_of(call, "self")?.repr(&options)))
    }),
];

params! {
    /// pandas' options `display.max_rows` and so on.
    Display { max_rows: usize, min_rows: usize, max_columns: usize, width: usize }
}

impl Display {
    fn options(&self) -> ReprOptions {
        ReprOptions {
            max_rows: self.max_rows,
            min_rows: self.min_rows,
            max_columns: self.max_columns,
            width: self.width,
        }
    }
}
