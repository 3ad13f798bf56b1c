//! Builders of consecutive rows put together, as if one had seen all the rows.
//!
//! Each has inferred a type from its own rows. Where the types differ in a way that earlier texts would be needed, the
//! whole column is read again as text, which decides over all rows at once. That gives what one builder over all rows
//! gives, except for words for booleans that also are numbers: whoever reads in pieces must not have any.

use crate::builder::{Builder, Finding, State};

impl Builder<'_> {
    /// Room for `rows` rows in all.
    pub(crate) fn reserve(&mut self, rows: usize) {
        let more = rows.saturating_sub(self.rows);
        match &mut self.state {
            State::Unknown | State::Redo => {}
            State::Integers { values, .. } => values.reserve(more),
            State::Floats(values) => values.reserve(more),
            State::Bools(values) => values.reserve(more),
            State::Texts(texts) => texts.reserve(more),
            State::Ticks(ticks) => ticks.reserve(more),
        }
    }

    /// Moves line numbers on.
    pub(crate) fn shift(&mut self, lines: usize) {
        self.bad.line += lines;
        self.absent.line += lines;
    }

    /// Adds the rows of `next`.
    pub(crate) fn append(&mut self, next: Self) {
        let (before, after) = (self.rows, next.rows);
        self.state = match (std::mem::take(&mut self.state), next.state) {
            (state, State::Unknown) => state.then_missing(after),
            (State::Unknown, state) => state.after_missing(before),
            (
                State::Integers { mut values, minus_zero },
                State::Integers { values: more, minus_zero: another },
            ) => {
                values.extend_from_slice(&more);
                State::Integers { values, minus_zero: minus_zero | another }
            }
            (State::Integers { values, minus_zero: false }, State::Floats(more)) => {
                let mut floats = floats(&values, &self.missing);
                floats.extend_from_slice(&more);
                State::Floats(floats)
            }
            (State::Floats(mut values), State::Integers { values: more, minus_zero: false }) => {
                values.extend_from_slice(&floats(&more, &next.missing));
                State::Floats(values)
            }
            (State::Floats(mut values), State::Floats(more)) => {
                values.extend_from_slice(&more);
                State::Floats(values)
            }
            (State::Bools(mut values), State::Bools(more)) => {
                values.extend_from_slice(&more);
                State::Bools(values)
            }
            (State::Texts(mut texts), State::Texts(more)) => {
                texts.append(&more);
                State::Texts(texts)
            }
            (State::Ticks(mut ticks), State::Ticks(more)) => {
                ticks.extend_from_slice(&more);
                State::Ticks(ticks)
            }
            _ => State::Redo,
        };
        self.missing.extend(next.missing.iter().map(|row| before + row));
        self.rows += after;
        self.bad.append(next.bad);
        self.absent.append(next.absent);
    }
}

/// Integers as floats, the rows `missing` as NaN.
pub(crate) fn floats(values: &[i64], missing: &[usize]) -> Vec<f64> {
    let mut floats: Vec<f64> = values.iter().map(|&value| value as f64).collect();
    for &row in missing {
        floats[row] = f64::NAN;
    }
    floats
}

impl State {
    /// The state with `count` missing rows behind it.
    fn then_missing(mut self, count: usize) -> Self {
        fn extend<T: Clone>(values: &mut Vec<T>, count: usize, value: T) {
            values.resize(values.len() + count, value);
        }
        match &mut self {
            Self::Unknown | Self::Redo => {}
            Self::Integers { values, .. } => extend(values, count, 0),
            Self::Floats(values) => extend(values, count, f64::NAN),
            Self::Bools(values) => extend(values, count, false),
            Self::Texts(texts) => texts.push_empty(count),
            Self::Ticks(ticks) => extend(ticks, count, i64::MIN),
        }
        self
    }

    /// The state with `count` missing rows before it.
    fn after_missing(self, count: usize) -> Self {
        fn prepend<T: Clone>(values: Vec<T>, count: usize, value: T) -> Vec<T> {
            std::iter::repeat_n(value, count).chain(values).collect()
        }
        match self {
            Self::Unknown | Self::Redo => self,
            Self::Integers { values, minus_zero } => {
                Self::Integers { values: prepend(values, count, 0), minus_zero }
            }
            Self::Floats(values) => Self::Floats(prepend(values, count, f64::NAN)),
            Self::Bools(values) => Self::Bools(prepend(values, count, false)),
            Self::Texts(texts) => {
                let mut all = crate::texts::Texts::empty(count);
                all.append(&texts);
                Self::Texts(all)
            }
            Self::Ticks(ticks) => Self::Ticks(prepend(ticks, count, i64::MIN)),
        }
    }
}

impl Finding {
    fn append(&mut self, next: Self) {
        let count = self.count + next.count;
        if self.count == 0 {
            *self = next;
        }
        self.count = count;
    }
}
