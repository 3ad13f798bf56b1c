//! Methods of text whose work is one call of the engine, for columns of `str` and `string`.

use ::column::{Case, Pattern, TextSide};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::column::Column;
use crate::error::of_column;

#[pymethods]
impl Column {
    /// `upper`, `lower`, `title`, `capitalize` or `swapcase`.
    fn text_case(&self, py: Python<'_>, name: &str) -> PyResult<Self> {
        let case = match name {
            "upper" => Case::Upper,
            "lower" => Case::Lower,
            "title" => Case::Title,
            "capitalize" => Case::Capitalize,
            "swapcase" => Case::Swap,
            other => return Err(PyValueError::new_err(format!("expected a case, found {other}"))),
        };
        of_column(py, || self.values.str_case(case)).map(Into::into)
    }

    /// The number of characters.
    fn text_len(&self, py: Python<'_>) -> PyResult<Self> {
        of_column(py, || self.values.str_len()).map(Into::into)
    }

    /// Whether a text stands in each; `na` where there is none.
    #[pyo3(signature = (part, na = None))]
    fn text_contains(&self, py: Python<'_>, part: &str, na: Option<bool>) -> PyResult<Self> {
        of_column(py, || self.values.str_contains(&Pattern::literal(part, true)?, na)).map(Into::into)
    }

    /// Whether each begins with one of the texts.
    #[pyo3(signature = (parts, na = None))]
    fn text_starts(&self, py: Python<'_>, parts: Vec<String>, na: Option<bool>) -> PyResult<Self> {
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        of_column(py, || self.values.str_startswith(&parts, na)).map(Into::into)
    }

    /// Whether each ends with one of the texts.
    #[pyo3(signature = (parts, na = None))]
    fn text_ends(&self, py: Python<'_>, parts: Vec<String>, na: Option<bool>) -> PyResult<Self> {
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        of_column(py, || self.values.str_endswith(&parts, na)).map(Into::into)
    }

    /// `strip`, `lstrip` or `rstrip`: blanks, or any of `characters`.
    #[pyo3(signature = (name, characters = None))]
    fn text_strip(&self, py: Python<'_>, name: &str, characters: Option<&str>) -> PyResult<Self> {
        let side = match name {
            "lstrip" => TextSide::Left,
            "rstrip" => TextSide::Right,
            _ => TextSide::Both,
        };
        of_column(py, || self.values.str_strip(side, characters)).map(Into::into)
    }

    /// A part of each text, in characters.
    #[pyo3(signature = (start, stop, step))]
    fn text_slice(&self, py: Python<'_>, start: Option<i64>, stop: Option<i64>, step: i64) -> PyResult<Self> {
        of_column(py, || self.values.str_slice(start, stop, step)).map(Into::into)
    }

    /// The parts between the occurrences of a text, the first `limit` of them, as lists.
    #[pyo3(signature = (part, limit = None))]
    fn text_split(&self, py: Python<'_>, part: &str, limit: Option<usize>) -> PyResult<Self> {
        of_column(py, || self.values.str_split(Some(part), limit)).map(Into::into)
    }

    /// The same parts as columns, as many as the longest row has.
    #[pyo3(signature = (part, limit = None))]
    fn text_split_columns(&self, py: Python<'_>, part: &str, limit: Option<usize>) -> PyResult<Vec<Self>> {
        let columns = of_column(py, || self.values.str_split_columns(Some(part), limit))?;
        Ok(columns.into_iter().map(Into::into).collect())
    }

    /// Whether the values are lists that `text_split` made, or missing.
    #[getter]
    fn holds_lists(&self) -> bool {
        self.values.holds_lists()
    }

    /// Items of each such list.
    fn list_len(&self) -> Option<Self> {
        self.values.list_len().map(Into::into)
    }

    /// Each occurrence of a text replaced by another.
    fn text_replace(&self, py: Python<'_>, part: &str, with: &str) -> PyResult<Self> {
        of_column(py, || self.values.str_replace(&Pattern::literal(part, true)?, with, None)).map(Into::into)
    }
}
