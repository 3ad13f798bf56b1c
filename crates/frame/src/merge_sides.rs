//! `merge` by keys of any origin: columns, index levels, arrays, or a side's whole row labels.
//!
//! Row labels stay where one side is matched by them; a key that neither frame holds as a column becomes one.

use column::{Column, Scalar};

use crate::alignment::{Alignment, Join};
use crate::edit::Assigned;
use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::index::{Index, Level};
use crate::merge::{
    How, Merge, Pairs, check_unique, either, indicator, is_identity, suffixed, without_partner,
};

/// One key of one side.
#[derive(Clone, Debug)]
pub enum MergeKey {
    /// A column, or an index level of that name.
    Label(Scalar),
    /// Values of one's own, one a row.
    Values(Column),
}

/// What one side of a merge is matched by.
#[derive(Clone, Debug)]
pub enum MergeSide {
    /// Keys in order.
    Keys(Vec<MergeKey>),
    /// The row labels, a key a level.
    Index,
}

/// A pair of keys as the result names it.
struct Matched {
    left: Column,
    right: Column,
    name: Scalar,
    /// The key's label on each side, where it has one.
    labels: (Option<Scalar>, Option<Scalar>),
}

impl Matched {
    /// Whether the result's column takes the value of the side that has one.
    fn is_filled(&self) -> bool {
        match &self.labels {
            (Some(Scalar::Str(left)), Some(Scalar::Str(right))) => left == right,
            _ => true,
        }
    }
}

impl Frame {
    fn matched_by(
        &self,
        right: &Self,
        left_side: &MergeSide,
        right_side: &MergeSide,
    ) -> Result<Vec<Matched>> {
        let levels = |index: &Index| -> Vec<Column> {
            (0..index.nlevels()).filter_map(|level| index.level_values(level)).collect()
        };
        let key = |frame: &Self, key: &MergeKey| match key {
            MergeKey::Label(label) => Ok((frame.key_column(label)?, Some(label.clone()))),
            MergeKey::Values(values) if values.len() == frame.len() => Ok((values.clone(), None)),
            MergeKey::Values(_) => Err(Error::value(
                "The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()",
            )),
        };
        let count = |side: &MergeSide, index: &Index| match side {
            MergeSide::Keys(keys) => keys.len(),
            MergeSide::Index => index.nlevels(),
        };
        if count(left_side, &self.index) != count(right_side, &right.index) {
            return Err(Error::value(match (left_side, right_side) {
                (_, MergeSide::Index) => {
                    "len(left_on) must equal the number of levels in the index of \"right\""
                }
                (MergeSide::Index, _) => {
                    "len(right_on) must equal the number of levels in the index of \"left\""
                }
                _ => "len(right_on) must equal len(left_on)",
            }));
        }
        let one = |(left, left_label): (Column, Option<Scalar>),
                   (right, right_label): (Column, Option<Scalar>)| {
            let name = left_label.clone().or_else(|| right_label.clone()).unwrap_or(Scalar::None);
            Matched { left, right, name, labels: (left_label, right_label) }
        };
        match (left_side, right_side) {
            (MergeSide::Keys(lefts), MergeSide::Keys(rights)) => {
                lefts.iter().zip(rights).map(|(l, r)| Ok(one(key(self, l)?, key(right, r)?))).collect()
            }
            (MergeSide::Keys(lefts), MergeSide::Index) => lefts
                .iter()
                .zip(levels(&right.index))
                .map(|(l, r)| Ok(one(key(self, l)?, (r, None))))
                .collect(),
            (MergeSide::Index, MergeSide::Keys(rights)) => levels(&self.index)
                .into_iter()
                .zip(rights)
                .map(|(l, r)| Ok(one((l, None), key(right, r)?)))
                .collect(),
            (MergeSide::Index, MergeSide::Index) => Ok(Vec::new()),
        }
    }

    /// Rows of this frame and of `right` whose keys are equal, side by side.
    ///
    /// # Errors
    /// As [`Frame::merge`].
    pub fn merge_sides(
        &self,
        right: &Self,
        sides: (&MergeSide, &MergeSide),
        options: &Merge,
    ) -> Result<Self> {
        let matched = self.matched_by(right, sides.0, sides.1)?;
        let (pairs, index) = match sides {
            (MergeSide::Index, MergeSide::Index) => self.index_pairs(right, options)?,
            _ => self.key_pairs(right, sides, &matched, options)?,
        };
        let (pairs, index) = without_partner(pairs, index, options.how)?;
        self.assembled(right, &matched, &pairs, index, options)
    }

    fn assembled(
        &self,
        right: &Self,
        matched: &[Matched],
        pairs: &Pairs,
        index: Index,
        options: &Merge,
    ) -> Result<Self> {
        let mut merged = self.gathered(right, matched, pairs, index, options)?;
        for (place, key) in matched.iter().enumerate().filter(|(_, key)| key.is_filled()) {
            merged = merged.with_key(self, place, key, pairs)?;
        }
        self.with_levels(right, matched, merged)
    }

    /// The keys of both sides, and their names.
    pub(crate) fn key_columns(
        &self,
        right: &Self,
        left_side: &MergeSide,
        right_side: &MergeSide,
    ) -> Result<Vec<(Column, Column, Scalar)>> {
        let matched = self.matched_by(right, left_side, right_side)?;
        Ok(matched.into_iter().map(|key| (key.left, key.right, key.name)).collect())
    }

    /// The columns of both frames at paired rows that were found elsewhere.
    pub(crate) fn paired(
        &self,
        right: &Self,
        sides: (&MergeSide, &MergeSide),
        pairs: &Pairs,
        index: Index,
        options: &Merge,
    ) -> Result<Self> {
        self.assembled(right, &self.matched_by(right, sides.0, sides.1)?, pairs, index, options)
    }

    fn index_pairs(&self, right: &Self, options: &Merge) -> Result<(Pairs, Index)> {
        let join = match options.how {
            How::Left | How::LeftAnti => Join::Left,
            How::Right | How::RightAnti => Join::Right,
            How::Outer => Join::Outer,
            _ => Join::Inner,
        };
        if let Some(validate) = options.validate {
            let levels = |index: &Index| -> Vec<Column> {
                (0..index.nlevels()).filter_map(|level| index.level_values(level)).collect()
            };
            let (left, others) = (levels(&self.index), levels(&right.index));
            check_unique(validate, (&left, &self.index.names()), (&others, &right.index.names()))?;
        }
        let plan = Alignment::plan(&self.index, &right.index, join)?;
        let len = plan.index.len();
        let rows = |side: Option<Vec<i64>>| side.unwrap_or_else(|| (0..len as i64).collect());
        let mut pairs = Pairs { left: rows(plan.left), right: rows(plan.right) };
        let mut index = plan.index;
        if options.sort && !index.is_monotonic_increasing() {
            let order = index.argsort(true, false)?;
            index = index.take(&order)?;
            let sorted = |rows: &[i64]| order.iter().map(|&place| rows[place]).collect();
            pairs = Pairs { left: sorted(&pairs.left), right: sorted(&pairs.right) };
        }
        Ok((pairs, index))
    }

    fn key_pairs(
        &self,
        right: &Self,
        sides: (&MergeSide, &MergeSide),
        matched: &[Matched],
        options: &Merge,
    ) -> Result<(Pairs, Index)> {
        let lefts: Vec<Column> = matched.iter().map(|key| key.left.clone()).collect();
        let rights: Vec<Column> = matched.iter().map(|key| key.right.clone()).collect();
        let names: Vec<Scalar> = matched.iter().map(|key| key.name.clone()).collect();
        if let Some(validate) = options.validate {
            check_unique(validate, (&lefts, &names), (&rights, &names))?;
        }
        let pairs = Pairs::of_keys(&lefts, &rights, &names, options)?;
        let index = match sides {
            (_, MergeSide::Index) if !self.index.is_empty() || right.index.is_empty() => {
                labels_at(&self.index, &pairs.left)?
            }
            (_, MergeSide::Index) => labels_at(&right.index, &pairs.right)?,
            (MergeSide::Index, _) if !right.index.is_empty() || self.index.is_empty() => {
                labels_at(&right.index, &pairs.right)?
            }
            (MergeSide::Index, _) => labels_at(&self.index, &pairs.left)?,
            _ => Index::range(pairs.left.len()),
        };
        Ok((pairs, index))
    }

    /// The columns of both frames at the paired rows.
    fn gathered(
        &self,
        right: &Self,
        matched: &[Matched],
        pairs: &Pairs,
        index: Index,
        options: &Merge,
    ) -> Result<Self> {
        let is_shared = |label: &Scalar| {
            matched.iter().any(|key| match &key.labels {
                (Some(left), Some(right)) => left == right && left == label,
                _ => false,
            })
        };
        let lefts = self.columns.iter().zip(&self.data).map(|(label, column)| (label, column, true));
        let rights = right.columns.iter().zip(&right.data).map(|(label, column)| (label, column, false));
        let kept: Vec<(Scalar, &Column, bool)> =
            lefts.chain(rights.filter(|(label, ..)| !is_shared(label))).collect();
        let labels: Vec<(Scalar, bool)> =
            kept.iter().map(|(label, _, left)| (label.clone(), *left)).collect();
        if options.suffixes.0.is_none() && options.suffixes.1.is_none() {
            let overlap: Vec<Scalar> = self
                .columns
                .iter()
                .filter(|label| !is_shared(label) && right.columns.contains(label))
                .collect();
            if !overlap.is_empty() {
                let overlap = Index::from_labels(overlap).summary();
                return Err(Error::value(format!("columns overlap but no suffix specified: {overlap}")));
            }
        }
        let labels = suffixed(&labels, &is_shared, &options.suffixes)?;
        let whole = (is_identity(&pairs.left, self.len()), is_identity(&pairs.right, right.len()));
        let gathered = threads::map(kept.len(), pairs.left.len(), |place| match &kept[place] {
            (_, column, true) if whole.0 => Ok((*column).clone()),
            (_, column, false) if whole.1 => Ok((*column).clone()),
            (_, column, is_left) => Ok(column.reindex(if *is_left { &pairs.left } else { &pairs.right })?),
        });
        let data = gathered.into_iter().collect::<Result<Vec<_>>>()?;
        let columns = match (&self.columns, &right.columns) {
            (left, right) if left.is_multi() && right.is_multi() => {
                Index::from_labels(labels).with_names(left.names())
            }
            _ => Index::from_labels(labels),
        };
        let merged = Self::new(columns, data, index)?;
        match options.indicator {
            true => {
                let taken = ["_left_indicator", "_right_indicator", "_merge"]
                    .into_iter()
                    .find(|name| merged.columns.contains(&Scalar::str(name)));
                match taken {
                    Some("_merge") => {
                        Err(Error::value("Cannot use name of an existing column for indicator column"))
                    }
                    Some(name) => Err(Error::value(format!(
                        "Cannot use `indicator=True` option when data contains a column named {name}"
                    ))),
                    None => merged.assign("_merge", Assigned::Column(indicator(pairs)?)),
                }
            }
            false => Ok(merged),
        }
    }

    /// The key of each row from the side that has one: in its column, in its index level, or in a column of its own.
    fn with_key(self, left: &Self, place: usize, key: &Matched, pairs: &Pairs) -> Result<Self> {
        let position = match &key.name {
            Scalar::None => None,
            name => self.columns.locate(name).ok().and_then(|found| found.positions().first().copied()),
        };
        if position.is_some() {
            let is_left = left.columns.contains(&key.name);
            let own = if is_left { &pairs.left } else { &pairs.right };
            if !own.contains(&-1) {
                return Ok(self);
            }
        }
        let values = either(&key.left, &key.right, pairs)?;
        let mut merged = self;
        if let Some(position) = position {
            merged.data[position] = values;
            return Ok(merged);
        }
        let level = match &key.name {
            Scalar::None => None,
            name => merged.index.names().iter().position(|held| held == name),
        };
        if let Some(level) = level {
            merged.index = match merged.index.levels() {
                Some(levels) => {
                    let mut levels = levels.to_vec();
                    levels[level] = Level::of(&values, key.name.clone());
                    Index::from_levels(levels)
                }
                None => Index::from_column(values).with_name(key.name.clone()),
            };
            return Ok(merged);
        }
        let label = match &key.name {
            Scalar::None => Scalar::str(format!("key_{place}")),
            name => name.clone(),
        };
        let mut labels: Vec<Scalar> = merged.columns.iter().collect();
        let at = place.min(labels.len());
        labels.insert(at, label);
        merged.data.insert(at, values);
        merged.columns = Index::from_labels(labels);
        Ok(merged)
    }

    /// Keys that are index levels on both sides are index levels of the result.
    fn with_levels(&self, right: &Self, matched: &[Matched], merged: Self) -> Result<Self> {
        let is_level = |frame: &Self, label: &Option<Scalar>| {
            label
                .as_ref()
                .is_some_and(|label| !frame.columns.contains(label) && frame.index.names().contains(label))
        };
        let names: Vec<Scalar> = matched
            .iter()
            .filter(|key| {
                key.labels.0 == key.labels.1
                    && is_level(self, &key.labels.0)
                    && is_level(right, &key.labels.1)
            })
            .map(|key| key.name.clone())
            .filter(|name| merged.columns.contains(name))
            .collect();
        if names.is_empty() { Ok(merged) } else { merged.set_index(&names, true, false, None) }
    }
}

/// Labels at the rows, missing where a row is −1; a MultiIndex has missing labels in each level.
fn labels_at(index: &Index, rows: &[i64]) -> Result<Index> {
    if is_identity(rows, index.len()) { Ok(index.clone()) } else { index.reindexed(rows) }
}
