//! Labels.

use super::{Cell, Column, Misfit};

/// Row or column labels, named by the class that the reference gives them.
///
/// - `{"kind":"index","type":"RangeIndex","start","stop","step","name"}`
/// - `{"type":"Index",...,"values":column,"name":cell,"freq":text}`, `freq` only where there is one
/// - `{"type":"MultiIndex","arrays":[column...],"names":[cell...]}`
///
/// Inside a series or a frame `kind` may be left out. A name is a cell of dtype `object`, `null` for none.
#[derive(Clone, Debug, PartialEq)]
pub enum Index {
    /// A `RangeIndex`.
    Range {
        /// The first label.
        start: i64,
        /// Where it ends, itself excluded.
        stop: i64,
        /// From one label to the next; not 0.
        step: i64,
        /// [`Cell::None`] without a name.
        name: Cell,
    },
    /// Labels one by one.
    Flat {
        /// The class.
        class: IndexType,
        /// The labels.
        values: Column,
        /// [`Cell::None`] without a name.
        name: Cell,
        /// Of a `DatetimeIndex` or `TimedeltaIndex`, as the reference spells it: `D`, `MS`, `<Hour>`.
        freq: Option<String>,
    },
    /// A `MultiIndex`: each level's labels, one for each row.
    Multi {
        /// The levels.
        arrays: Vec<Column>,
        /// A name for each level.
        names: Vec<Cell>,
    },
}

/// The class of labels that stand one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexType {
    /// `Index`
    Index,
    /// `DatetimeIndex`
    Datetime,
    /// `TimedeltaIndex`
    Timedelta,
    /// `CategoricalIndex`
    Categorical,
}

impl IndexType {
    /// Every class.
    pub const ALL: [IndexType; 4] =
        [IndexType::Index, IndexType::Datetime, IndexType::Timedelta, IndexType::Categorical];

    /// The reference's name of the class.
    pub fn name(self) -> &'static str {
        match self {
            IndexType::Index => "Index",
            IndexType::Datetime => "DatetimeIndex",
            IndexType::Timedelta => "TimedeltaIndex",
            IndexType::Categorical => "CategoricalIndex",
        }
    }

    /// The class of a name.
    pub fn parse(name: &str) -> Option<Self> {
        IndexType::ALL.into_iter().find(|class| class.name() == name)
    }
}

impl Index {
    /// The labels 0, 1, 2 ... of so many rows, without a name.
    pub fn range(rows: usize) -> Self {
        Index::Range { start: 0, stop: rows as i64, step: 1, name: Cell::None }
    }

    /// Labels of class `Index`.
    pub fn flat(values: Column, name: Cell) -> Self {
        Index::Flat { class: IndexType::Index, values, name, freq: None }
    }

    /// The name of the class.
    pub fn class(&self) -> &'static str {
        match self {
            Index::Range { .. } => "RangeIndex",
            Index::Flat { class, .. } => class.name(),
            Index::Multi { .. } => "MultiIndex",
        }
    }

    /// How many labels.
    pub fn len(&self) -> usize {
        match self {
            Index::Range { start, stop, step, .. } => {
                let (start, stop, step) = (i128::from(*start), i128::from(*stop), i128::from(*step));
                let (span, step) = if step > 0 { (stop - start, step) } else { (start - stop, -step) };
                // A step of 0 cannot be read; whoever builds one gets no labels.
                if span <= 0 || step == 0 {
                    0
                } else {
                    usize::try_from((span + step - 1) / step).unwrap_or(usize::MAX)
                }
            }
            Index::Flat { values, .. } => values.len(),
            Index::Multi { arrays, .. } => arrays.first().map_or(0, Column::len),
        }
    }

    /// Whether there is no label.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Checks what the variants cannot say: a step that is not 0, levels of one length with a name each.
    pub fn check(&self) -> Result<(), Misfit> {
        match self {
            Index::Range { step: 0, .. } => Err(Misfit::new("step", "a step that is not 0", "0")),
            Index::Range { .. } => Ok(()),
            Index::Flat { class, freq, .. } => match (class, freq) {
                (IndexType::Datetime | IndexType::Timedelta, _) | (_, None) => Ok(()),
                (class, Some(freq)) => {
                    Err(Misfit::new("freq", format!("none in a {}", class.name()), freq.clone()))
                }
            },
            Index::Multi { arrays, names } => {
                let rows = self.len();
                if arrays.is_empty() || arrays.len() != names.len() {
                    let found = format!("{} arrays and {} names", arrays.len(), names.len());
                    return Err(Misfit::new("names", "a name for each of at least one array", found));
                }
                match arrays.iter().position(|array| array.len() != rows) {
                    None => Ok(()),
                    Some(level) => Err(Misfit::new(
                        format!("arrays/{level}"),
                        format!("{rows} labels"),
                        format!("{} labels", arrays[level].len()),
                    )),
                }
            }
        }
    }
}
