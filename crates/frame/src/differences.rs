//! Set operations on labels under pandas' `sort` argument, and joins of two indexes.

use column::{Column, DType};

use crate::alignment::{Alignment, Join};
use crate::error::Result;
use crate::index::Index;
use crate::labels::LabelOrder;

/// pandas' `sort` of a set operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum SetSort {
    /// Sorted where the labels can be (`None`).
    #[default]
    IfPossible,
    /// In the order in which they stand (`False`).
    Never,
    /// Sorted, or an error (`True`).
    Always,
}

impl Index {
    /// [`Index::union`] under a choice of `sort`; labels of two dtypes first take the one that both have together.
    ///
    /// # Errors
    /// What the dtype of the labels together raises; `TypeError` where labels that must be sorted cannot be.
    pub fn union_as(&self, other: &Self, sort: SetSort) -> Result<Self> {
        if !self.is_multi() && !other.is_multi() && self.dtype() != other.dtype() {
            let dtype = self.common_dtype(other);
            // Categories have no dtype without their labels, and labels that are looked at one by one are objects.
            if dtype != DType::Category && (self.dtype() != dtype || other.dtype() != dtype) {
                return self.with_dtype(dtype)?.union_as(&other.with_dtype(dtype)?, sort);
            }
        }
        let as_is = other.is_empty() || self.is_empty() || self.equals(other);
        let joined = match (sort, as_is) {
            (SetSort::IfPossible, _) => return self.union(other),
            (SetSort::Never, _) => return self.union_sorted(other, false),
            (SetSort::Always, true) => self.union(other)?,
            (SetSort::Always, false) => self.union_sorted(other, false)?,
        };
        match joined.sort_values(LabelOrder::default()) {
            Ok(sorted) => Ok(self.like_range(sorted)),
            // Labels of several kinds have pandas' order of kinds all the same.
            Err(error) => match joined.order_if_possible() {
                Some(order) => joined.take(&order),
                None => Err(error),
            },
        }
    }

    /// [`Index::intersection`] under a choice of `sort`.
    ///
    /// # Errors
    /// As [`Index::union_as`].
    pub fn intersection_as(&self, other: &Self, sort: SetSort) -> Result<Self> {
        let shared = self.intersection(other)?;
        let shared = match (self.frequency(), shared.is_multi()) {
            (Some(_), _) | (_, true) => shared,
            _ => self.like_range(shared),
        };
        match sort {
            SetSort::Never => Ok(shared),
            SetSort::IfPossible if self.equals(other) => Ok(shared),
            SetSort::IfPossible => {
                if shared.is_monotonic_increasing() {
                    Ok(shared)
                } else {
                    shared.sorted_if_possible(1)
                }
            }
            SetSort::Always => shared.sort_values(LabelOrder::default()),
        }
    }

    /// The labels of this index that `other` has not, once each.
    ///
    /// # Errors
    /// What the dtype of the labels together raises; `TypeError` where labels that must be sorted cannot be.
    pub fn difference(&self, other: &Self, sort: SetSort) -> Result<Self> {
        let name = self.common_names(other);
        if self.equals(other) {
            return Ok(self.slice(0, 0).with_names(name).with_frequency(self.frequency().cloned()));
        }
        let rows: Vec<usize> = match self.is_comparable(other) && !other.is_empty() {
            true => {
                let joint = self.joint_codes(other)?;
                let mut there = vec![false; joint.count()];
                for code in joint.codes[self.len()..].iter().filter_map(|&code| usize::try_from(code).ok()) {
                    there[code] = true;
                }
                let own =
                    joint.firsts.iter().enumerate().filter(|&(code, &row)| row < self.len() && !there[code]);
                own.map(|(_, &row)| row).collect()
            }
            false => self.codes().firsts,
        };
        let rest = self.take(&rows)?.with_names(name);
        let rest = match self.frequency() {
            Some(_) => {
                let step = rest.infer_frequency();
                let kept = rest.frequency().cloned().or(step);
                rest.with_frequency(kept)
            }
            None => rest,
        };
        match sort {
            SetSort::Never => Ok(rest),
            // Nothing to take away leaves the labels as they stand.
            SetSort::IfPossible if other.is_empty() => Ok(rest),
            SetSort::IfPossible if rest.is_monotonic_increasing() => Ok(rest),
            SetSort::IfPossible => rest.sorted_if_possible(1),
            SetSort::Always => rest.sort_values(LabelOrder::default()),
        }
    }

    /// The labels that only one of both has.
    ///
    /// # Errors
    /// As [`Index::difference`].
    pub fn symmetric_difference(&self, other: &Self, sort: SetSort) -> Result<Self> {
        let names = self.common_names(other);
        let (left, right) =
            (self.difference(other, SetSort::Never)?, other.difference(self, SetSort::Never)?);
        let both = match (left.is_empty(), right.is_empty()) {
            (_, true) if self.dtype() == other.dtype() => left,
            (true, _) if self.dtype() == other.dtype() => right,
            _ => left.append(&right)?,
        };
        let step = both.frequency().cloned().or_else(|| both.infer_frequency());
        let both = both.with_names(names).with_frequency(step);
        match sort {
            SetSort::Never => Ok(both),
            SetSort::IfPossible if both.is_monotonic_increasing() => Ok(both),
            SetSort::IfPossible => both.sorted_if_possible(1),
            SetSort::Always => both.sort_values(LabelOrder::default()),
        }
    }

    /// Both indexes joined, and where the labels of the result stand in each; an absent list means "as they stand".
    ///
    /// # Errors
    /// What the dtype of the labels together raises.
    pub fn join(&self, other: &Self, how: Join, sort: bool) -> Result<Alignment> {
        let planned = Alignment::plan(self, other, how)?;
        let names = self.common_names(other);
        let names = match how {
            Join::Left => self.names(),
            Join::Right => other.names(),
            _ if self.nlevels() == other.nlevels() => names,
            _ => self.names(),
        };
        let planned = Alignment { index: planned.index.with_names(names), ..planned };
        if !sort || planned.index.is_monotonic_increasing() {
            return Ok(planned);
        }
        let Ok(order) = planned.index.sorted_positions(LabelOrder::default()) else { return Ok(planned) };
        let moved = |side: Option<Vec<i64>>| match side {
            Some(rows) => order.iter().map(|&place| rows[place]).collect(),
            None => order.iter().map(|&place| place as i64).collect(),
        };
        let index = planned.index.take(&order)?;
        Ok(Alignment { index, left: Some(moved(planned.left)), right: Some(moved(planned.right)) })
    }

    /// The labels cast to `dtype`; a range stays one under `int64`.
    ///
    /// # Errors
    /// What the cast raises.
    pub fn with_dtype(&self, dtype: DType) -> Result<Self> {
        if self.dtype() == dtype {
            return Ok(self.clone());
        }
        Ok(Self::from_column(self.to_column().cast(dtype)?).with_name(self.name()))
    }

    /// Evenly spaced integers of a RangeIndex stay a range.
    fn like_range(&self, labels: Self) -> Self {
        match (self.as_range(), labels.as_range()) {
            (Some(_), None) if labels.dtype() == DType::INT64 => {
                let names = labels.names();
                Self::evenly_spaced(&labels.to_column()).map_or(labels, |range| range.with_names(names))
            }
            _ => labels,
        }
    }

    /// Distinct labels of several indexes, as they first appear.
    ///
    /// # Errors
    /// What the dtype of the labels together raises.
    pub fn union_all(parts: &[&Self], sort: SetSort) -> Result<Self> {
        let Some((first, rest)) = parts.split_first() else {
            return Ok(Self::from_column(Column::empty(DType::Object)));
        };
        let mut union = (*first).clone();
        for part in rest {
            union = union.union_as(part, sort)?;
        }
        Ok(union)
    }
}
