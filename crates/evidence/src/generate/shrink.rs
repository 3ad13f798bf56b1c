//! A failing input made small enough to read.

use crate::value::{Cell, Column, Frame, Index, Kind, Series, Tensor, Value};
use std::collections::BTreeMap;

/// Makes inputs smaller while `fails` still says that they fail: rows and columns are left out, in halves first, then
/// cells are made plain. `fails` is asked at most `asks` times. The result fails as the inputs did; if nothing smaller
/// does, it is the inputs.
pub fn shrink(
    inputs: &BTreeMap<String, Value>,
    asks: usize,
    fails: &mut dyn FnMut(&BTreeMap<String, Value>) -> bool,
) -> BTreeMap<String, Value> {
    let mut search = Search { best: inputs.clone(), asks, fails };
    let names: Vec<String> = inputs.keys().cloned().collect();
    loop {
        let mut smaller = false;
        for name in &names {
            smaller |= search.shorten(name, rows_of, take_rows);
            smaller |= search.shorten(name, columns_of, take_columns);
            smaller |= search.plain_cells(name);
        }
        if !smaller || search.asks == 0 {
            return search.best;
        }
    }
}

struct Search<'f> {
    best: BTreeMap<String, Value>,
    asks: usize,
    fails: &'f mut dyn FnMut(&BTreeMap<String, Value>) -> bool,
}

impl Search<'_> {
    /// Keeps a candidate for one input if the whole still fails.
    fn keep(&mut self, name: &str, candidate: Option<Value>) -> bool {
        let Some(candidate) = candidate else { return false };
        if self.asks == 0 || self.best.get(name) == Some(&candidate) {
            return false;
        }
        self.asks -= 1;
        let mut inputs = self.best.clone();
        inputs.insert(name.to_string(), candidate);
        let fails = (self.fails)(&inputs);
        if fails {
            self.best = inputs;
        }
        fails
    }

    /// Leaves out runs of positions, half of all at first, then ever shorter ones (Zeller's delta debugging, in its
    /// simple form).
    fn shorten(
        &mut self,
        name: &str,
        count: fn(&Value) -> usize,
        take: fn(&Value, &[usize]) -> Option<Value>,
    ) -> bool {
        let size = |search: &Self| search.best.get(name).map_or(0, count);
        let mut smaller = false;
        let mut run = size(self).div_ceil(2);
        while run > 0 && self.asks > 0 {
            let mut start = 0;
            while start < size(self) {
                let kept: Vec<usize> =
                    (0..size(self)).filter(|position| !(start..start + run).contains(position)).collect();
                let candidate = self.best.get(name).and_then(|value| take(value, &kept));
                if self.keep(name, candidate) {
                    smaller = true;
                } else {
                    start += run;
                }
            }
            run /= 2;
        }
        smaller
    }

    /// Replaces each cell by the plainest one of its dtype.
    fn plain_cells(&mut self, name: &str) -> bool {
        let mut smaller = false;
        let count = |value: &Value| rows_of(value) * columns_of(value).max(1);
        for position in 0..self.best.get(name).map_or(0, count) {
            let candidate = self.best.get(name).and_then(|value| plain_cell(value, position));
            smaller |= self.keep(name, candidate);
            if self.asks == 0 {
                break;
            }
        }
        smaller
    }
}

/// How many rows there are to leave out. A range of labels without cells has more than anybody can count one by one.
fn rows_of(value: &Value) -> usize {
    let rows = match value {
        Value::Column(column) => column.len(),
        Value::Index(index) => index.len(),
        Value::Series(series) => series.values().len(),
        Value::Frame(frame) => frame.index().len(),
        Value::Tensor(tensor) => tensor.shape().first().copied().unwrap_or(0),
        _ => 0,
    };
    if rows as u64 > super::CELLS_MAX { 0 } else { rows }
}

fn columns_of(value: &Value) -> usize {
    if let Value::Frame(frame) = value { frame.data().len() } else { 0 }
}

/// The labels at these positions. A range stays one, for most inputs do not depend on which range it is.
fn take_labels(index: &Index, positions: &[usize]) -> Option<Index> {
    Some(match index {
        Index::Range { start, step, name, .. } => {
            let length = step.checked_mul(i64::try_from(positions.len()).ok()?)?;
            Index::Range { start: *start, stop: start.checked_add(length)?, step: *step, name: name.clone() }
        }
        // A frequency would no longer hold.
        Index::Flat { class, values, name, .. } => {
            Index::Flat { class: *class, values: values.take(positions), name: name.clone(), freq: None }
        }
        Index::Multi { arrays, names } => Index::Multi {
            arrays: arrays.iter().map(|array| array.take(positions)).collect(),
            names: names.clone(),
        },
    })
}

fn take_rows(value: &Value, positions: &[usize]) -> Option<Value> {
    match value {
        Value::Column(column) => Some(Value::Column(column.take(positions))),
        Value::Index(index) => Some(Value::Index(take_labels(index, positions)?)),
        Value::Series(series) => {
            let index = take_labels(series.index(), positions)?;
            Series::new(series.name().clone(), index, series.values().take(positions)).ok().map(Value::Series)
        }
        Value::Frame(frame) => {
            let data = frame.data().iter().map(|column| column.take(positions)).collect();
            let index = take_labels(frame.index(), positions)?;
            Frame::new(index, frame.columns().clone(), data).ok().map(Value::Frame)
        }
        Value::Tensor(tensor) => take_tensor_rows(tensor, positions),
        _ => None,
    }
}

/// The rows of a tensor as a contiguous one. A shared storage is left alone: without it the input means another thing.
fn take_tensor_rows(tensor: &Tensor, positions: &[usize]) -> Option<Value> {
    let (_, rest) = tensor.shape().split_first()?;
    if tensor.storage().is_some() {
        return None;
    }
    let width: usize = rest.iter().product();
    let kept: Vec<usize> = positions.iter().flat_map(|row| row * width..(row + 1) * width).collect();
    let shape = [positions.len()].iter().chain(rest).copied().collect();
    let values = tensor.flattened().take(&kept).values().to_vec();
    Tensor::contiguous(tensor.dtype(), shape, values, tensor.requires_grad()).ok().map(Value::Tensor)
}

fn take_columns(value: &Value, positions: &[usize]) -> Option<Value> {
    let Value::Frame(frame) = value else { return None };
    let columns = take_labels(frame.columns(), positions)?;
    let data = positions.iter().filter_map(|position| frame.data().get(*position).cloned()).collect();
    Frame::new(frame.index().clone(), columns, data).ok().map(Value::Frame)
}

/// The value with one cell made plain, counted column by column; `None` where it is plain already.
fn plain_cell(value: &Value, position: usize) -> Option<Value> {
    match value {
        Value::Column(column) => plain_in(column, position).map(Value::Column),
        Value::Series(series) => {
            let values = plain_in(series.values(), position)?;
            Series::new(series.name().clone(), series.index().clone(), values).ok().map(Value::Series)
        }
        Value::Frame(frame) => {
            let rows = frame.index().len().max(1);
            let mut data = frame.data().to_vec();
            let column = data.get_mut(position / rows)?;
            *column = plain_in(column, position % rows)?;
            Frame::new(frame.index().clone(), frame.columns().clone(), data).ok().map(Value::Frame)
        }
        _ => None,
    }
}

fn plain_in(column: &Column, position: usize) -> Option<Column> {
    let plain = match column.dtype().kind() {
        Kind::Bool => Cell::Bool(false),
        Kind::Integer { .. } => Cell::Integer(0),
        Kind::Float(_) => Cell::Float(0.0),
        Kind::Text => Cell::Text(String::new()),
        _ => return None,
    };
    let mut values = column.values().to_vec();
    let cell = values.get_mut(position)?;
    if *cell == plain {
        return None;
    }
    *cell = plain;
    Column::new(column.dtype().name(), values).ok()
}
