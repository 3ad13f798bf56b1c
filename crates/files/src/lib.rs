//! CSV with pandas' options and errors; compressed inputs.
