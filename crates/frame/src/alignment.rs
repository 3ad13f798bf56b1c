//! Bringing two indexes together: planned first, then applied to any number of columns.

use column::{Column, DType};

use crate::error::{Error, Result};
use crate::index::Index;
use crate::keys::Codes;
use crate::outer::Outer;

/// Which labels a pair of indexes keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// Labels of both, in the left order.
    Inner,
    /// The left labels.
    Left,
    /// The right labels.
    Right,
    /// All labels, sorted.
    Outer,
}

/// The labels two indexes share and where each side's rows go.
///
/// Absent positions mean the identity: that side's rows stay as they are. −1 asks for a missing value.
#[derive(Clone, Debug)]
pub struct Alignment {
    /// The labels of the result, under the left index's names (the right's for [`Join::Right`]).
    pub index: Index,
    /// Source rows of the left side.
    pub left: Option<Vec<i64>>,
    /// Source rows of the right side.
    pub right: Option<Vec<i64>>,
}

impl Alignment {
    /// Plans how `left` and `right` meet. Equal indexes meet row by row, whatever their order and duplicates; else a
    /// label that stands m times left and n times right gives m·n rows.
    ///
    /// # Errors
    /// What the dtype of the labels together raises.
    pub fn plan(left: &Index, right: &Index, join: Join) -> Result<Self> {
        if left.equals(right) {
            let index = if join == Join::Right { right.clone() } else { left.clone() };
            return Ok(Self { index, left: None, right: None });
        }
        if left.dtype().is_datetime() && right.dtype().is_datetime() {
            let zoned = |index: &Index| matches!(index.dtype(), DType::Zoned(..));
            if zoned(left) != zoned(right) {
                return Err(Error::type_("Cannot join tz-naive with tz-aware DatetimeIndex"));
            }
        }
        let outer = if join == Join::Outer { left.outer_of_integers(right) } else { None };
        if outer.is_none() && (!left.is_unique() || !right.is_unique()) {
            return Self::with_duplicates(left, right, join);
        }
        let (outer, rows) = match outer {
            Some(Outer { index, left, right }) => (Some(index), Some((left, right))),
            None => (None, None),
        };
        let index = match (outer, join) {
            (Some(index), _) => index,
            (None, Join::Left) => left.clone(),
            (None, Join::Right) => right.clone(),
            (None, Join::Inner) => left.intersection(right)?,
            (None, Join::Outer)
                if (left.is_empty() || right.is_empty()) && left.nlevels() == 1 && right.nlevels() == 1 =>
            {
                let own = if right.is_empty() { left } else { right };
                if own.is_monotonic_increasing() { own.clone() } else { own.sorted_if_possible(1)? }
            }
            (None, Join::Outer) => left.union(right)?,
        };
        // Rising labels are merged, and of a merge pandas keeps only the step that both have.
        let index = match join {
            Join::Inner | Join::Outer
                if (left.frequency().is_some() || index.frequency().is_some())
                    && left.is_monotonic_increasing()
                    && right.is_monotonic_increasing()
                    && !left.is_empty()
                    && !right.is_empty() =>
            {
                let step = left.frequency_of_union(right, &index);
                index.with_frequency(step)
            }
            _ => index,
        };
        let names = if join == Join::Right { right.names() } else { left.names() };
        let side = |own: &Index, kept: bool| match kept {
            true => Ok(None),
            false => own.get_indexer(&index).map(Some),
        };
        let (left, right) = match rows {
            Some((left, right)) => (Some(left), Some(right)),
            None => (side(left, join == Join::Left)?, side(right, join == Join::Right)?),
        };
        Ok(Self { index: index.with_names(names), left, right })
    }

    fn with_duplicates(left: &Index, right: &Index, join: Join) -> Result<Self> {
        let joint = left.joint_codes(right)?;
        let (own, others) = joint.codes.split_at(left.len());
        let part = |codes: &[i64]| Codes { codes: codes.to_vec(), firsts: joint.firsts.clone() };
        let (left_offsets, left_rows) = part(own).rows();
        let (right_offsets, right_rows) = part(others).rows();
        let (mut lefts, mut rights) = (Vec::new(), Vec::new());
        let mut pair = |code: usize| {
            let here = &left_rows[left_offsets[code]..left_offsets[code + 1]];
            let there = &right_rows[right_offsets[code]..right_offsets[code + 1]];
            for &a in here {
                for &b in there {
                    lefts.push(a as i64);
                    rights.push(b as i64);
                }
            }
            if there.is_empty() && matches!(join, Join::Left | Join::Outer) {
                lefts.extend(here.iter().map(|&row| row as i64));
                rights.extend(here.iter().map(|_| -1));
            }
            if here.is_empty() && matches!(join, Join::Right | Join::Outer) {
                lefts.extend(there.iter().map(|_| -1));
                rights.extend(there.iter().map(|&row| row as i64));
            }
        };
        match join {
            Join::Outer => {
                let labels = left.append(right)?.take(&joint.firsts)?;
                let order = labels.order_if_possible().unwrap_or_else(|| (0..joint.count()).collect());
                order.into_iter().for_each(&mut pair);
            }
            Join::Inner => (0..joint.count()).for_each(&mut pair),
            Join::Left | Join::Right => {
                let kept = if join == Join::Left { own } else { others };
                let (offsets, rows) = if join == Join::Left {
                    (&right_offsets, &right_rows)
                } else {
                    (&left_offsets, &left_rows)
                };
                for (row, &code) in kept.iter().enumerate() {
                    let code = code as usize;
                    let matching = &rows[offsets[code]..offsets[code + 1]];
                    let partners: Vec<i64> = if matching.is_empty() {
                        vec![-1]
                    } else {
                        matching.iter().map(|&row| row as i64).collect()
                    };
                    for partner in partners {
                        let (a, b) =
                            if join == Join::Left { (row as i64, partner) } else { (partner, row as i64) };
                        lefts.push(a);
                        rights.push(b);
                    }
                }
            }
        }
        let source: Vec<usize> = lefts
            .iter()
            .zip(&rights)
            .map(|(&a, &b)| if a >= 0 { a as usize } else { left.len() + b.max(0) as usize })
            .collect();
        let names = if join == Join::Right { right.names() } else { left.names() };
        let index = left.append(right)?.take(&source)?.with_names(names);
        Ok(Self { index, left: Some(lefts), right: Some(rights) })
    }

    /// A column of one side in the rows of the result.
    ///
    /// # Errors
    /// `IndexError` for a column shorter than the side's index.
    pub fn apply(side: Option<&Vec<i64>>, column: &Column) -> Result<Column> {
        match side {
            None => Ok(column.clone()),
            Some(positions) => Ok(column.reindex(positions)?),
        }
    }
}

/// Where `target`'s labels stand in `source`, −1 where absent, for a reindex.
///
/// # Errors
/// `ValueError` where `source` has duplicates and differs from `target`.
pub(crate) fn reindexer(source: &Index, target: &Index) -> Result<Option<Vec<i64>>> {
    if source.equals(target) {
        return Ok(None);
    }
    if !source.is_unique() {
        return Err(Error::value("cannot reindex on an axis with duplicate labels"));
    }
    source.get_indexer(target).map(Some)
}
