//! Union, intersection and lookup of labels.

use std::cmp::Ordering;

use column::{Column, DType, Frequency, Scalar, WarningKind, concat_dtype, try_sort_by, warn};

use crate::error::{Error, ErrorKind, Result};
use crate::index::Index;
use crate::keys::Codes;
use crate::order;

/// Where a label stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Location {
    One(usize),
    /// Several rows, in row order.
    Many(Vec<usize>),
}

impl Location {
    pub fn positions(&self) -> Vec<usize> {
        match self {
            Self::One(position) => vec![*position],
            Self::Many(positions) => positions.clone(),
        }
    }
}

impl Index {
    /// Where `label` stands; `None` if nowhere. A tuple shorter than a MultiIndex is deep, or a scalar, is looked up
    /// in its first levels.
    pub(crate) fn find(&self, label: &Scalar) -> Option<Location> {
        if let Some((start, _, step)) = self.as_range() {
            let wanted = match label {
                Scalar::Float(value) if value.fract() == 0.0 && value.abs() < 9.0e15 => {
                    i128::from(*value as i64)
                }
                Scalar::Bool(_) => return None,
                other => other.as_i128()?,
            };
            let offset = wanted - i128::from(start);
            let place = usize::try_from(offset.checked_div(i128::from(step))?).ok()?;
            return (offset % i128::from(step) == 0 && place < self.len()).then_some(Location::One(place));
        }
        if self.is_multi() {
            return match label {
                Scalar::Tuple(items) => self.find_multi(items),
                other => self.find_multi(std::slice::from_ref(other)),
            };
        }
        self.with_flat(|column| self.find_flat(column, label))
    }

    /// Whether `label` stands anywhere.
    pub fn contains(&self, label: &Scalar) -> bool {
        self.find(label).is_some()
    }

    /// For each label of `target`, its position here or −1.
    ///
    /// # Errors
    /// `InvalidIndexError` where labels stand twice here.
    pub fn get_indexer(&self, target: &Self) -> Result<Vec<i64>> {
        if !self.is_unique() {
            let message = "Reindexing only valid with uniquely valued Index objects";
            return Err(Error::new(ErrorKind::InvalidIndexError, message));
        }
        if !self.is_comparable(target) {
            return Ok(vec![-1; target.len()]);
        }
        let joint = self.joint_codes(target)?;
        let own = self.len();
        Ok(joint.codes[own..]
            .iter()
            .map(|&code| match usize::try_from(code).map(|code| joint.firsts[code]) {
                Ok(row) if row < own => row as i64,
                _ => -1,
            })
            .collect())
    }

    /// For each label of `target` all its positions here, or −1; the labels' order is the target's.
    pub(crate) fn get_indexer_non_unique(&self, target: &Self) -> Result<Vec<i64>> {
        let joint = self.joint_codes(target)?;
        let own = Codes { codes: joint.codes[..self.len()].to_vec(), firsts: joint.firsts.clone() };
        let (offsets, rows) = own.rows();
        let mut found = Vec::with_capacity(target.len());
        for &code in &joint.codes[self.len()..] {
            match usize::try_from(code).ok().map(|code| &rows[offsets[code]..offsets[code + 1]]) {
                Some(here) if !here.is_empty() => found.extend(here.iter().map(|&row| row as i64)),
                _ => found.push(-1),
            }
        }
        Ok(found)
    }

    /// Labels of both, sorted where they can be; the name only if both have it. Equal indexes stay as they are.
    ///
    /// # Errors
    /// What the dtype of the labels together raises.
    pub fn union(&self, other: &Self) -> Result<Self> {
        self.union_sorted(other, true)
    }

    pub(crate) fn union_sorted(&self, other: &Self, sort: bool) -> Result<Self> {
        let names = self.common_names(other);
        if other.is_empty() || self.equals(other) {
            return Ok(self.clone().with_names(names));
        }
        if self.is_empty() {
            return Ok(other.clone().with_names(names));
        }
        let both = self.append(other)?;
        let joint = self.joint_codes(other)?;
        let own = self.len();
        let positions: Vec<usize> = if other.is_unique() {
            (0..own).chain(joint.firsts.iter().copied().filter(|&row| row >= own)).collect()
        } else {
            let count = |rows: &[i64]| {
                let mut counts = vec![0usize; joint.count()];
                rows.iter().filter_map(|&code| usize::try_from(code).ok()).for_each(|code| counts[code] += 1);
                counts
            };
            let (left, right) = (count(&joint.codes[..own]), count(&joint.codes[own..]));
            (0..joint.count())
                .flat_map(|code| std::iter::repeat_n(joint.firsts[code], left[code].max(right[code])))
                .collect()
        };
        let labels = both.take(&positions)?;
        // Where a label stands twice, pandas brings the counts of both together first, which sorts their labels too.
        let sorts = if other.is_unique() { 1 } else { 2 };
        let sorted = if sort { labels.sorted_if_possible(sorts)? } else { labels };
        let labels = self.like(sorted)?.with_names(names);
        let shared = self.frequency_of_union(other, &labels);
        let step = shared.or_else(|| labels.infer_frequency());
        Ok(labels.with_frequency(step))
    }

    /// Labels of this index that `other` has too, in this index's order and once each.
    ///
    /// # Errors
    /// What the dtype of the labels together raises.
    pub fn intersection(&self, other: &Self) -> Result<Self> {
        let names = self.common_names(other);
        if self.equals(other) {
            let once: Vec<usize> = self.codes().firsts;
            return Ok(if self.is_unique() { self.clone() } else { self.take(&once)? }.with_names(names));
        }
        if !self.is_multi() && !other.is_multi() {
            if self.is_empty() || other.is_empty() {
                return Ok(self.empty_intersection(other).with_names(names));
            }
            if !self.is_comparable(other) {
                return Ok(Self::from_column(Column::empty(DType::Object)).with_names(names));
            }
            if let Some(range) = self.range_intersection(other) {
                return Ok(range.with_names(names));
            }
        }
        let joint = self.joint_codes(other)?;
        let mut there = vec![false; joint.count()];
        joint.codes[self.len()..]
            .iter()
            .filter_map(|&code| usize::try_from(code).ok())
            .for_each(|code| there[code] = true);
        let positions: Vec<usize> = (0..joint.count())
            .filter(|&code| there[code] && joint.firsts[code] < self.len())
            .map(|code| joint.firsts[code])
            .collect();
        let kept = self.take(&positions)?;
        let kept = match self.frequency().filter(|step| {
            other.frequency() == Some(step) && step.is_single() && self.is_monotonic_increasing()
        }) {
            Some(step) => kept.with_frequency(Some(step.clone())),
            None => {
                let step = kept.infer_frequency();
                kept.with_frequency(step)
            }
        };
        if self.is_multi() || other.is_multi() || self.dtype() == other.dtype() {
            return Ok(kept.with_names(names));
        }
        let dtype = self.common_dtype(other);
        Ok(if dtype == self.dtype() { kept } else { Self::from_column(kept.to_column().cast(dtype)?) }
            .with_names(names))
    }

    /// The step that pandas' `infer_freq` finds in dates or durations.
    pub(crate) fn infer_frequency(&self) -> Option<Frequency> {
        match self.dtype() {
            dtype if dtype.is_time() && !self.is_multi() => self.to_column().infer_frequency(),
            _ => None,
        }
    }

    /// The step both have, where their `union` goes on without a hole: where they meet or one continues the other.
    pub(crate) fn frequency_of_union(&self, other: &Self, union: &Self) -> Option<Frequency> {
        let step = self.frequency().filter(|&step| other.frequency() == Some(step))?;
        let later = if self.get(0)?.compare(&other.get(0)?)? == Ordering::Greater { self } else { other };
        let earlier = if std::ptr::eq(later, self) { other } else { self };
        let meets = || earlier.contains(&later.get(0).unwrap_or(Scalar::NaT));
        let goes_on = || union.infer_frequency().as_ref() == Some(step);
        (self.is_monotonic_increasing() && (meets() || goes_on())).then(|| step.clone())
    }

    /// The names both have, level by level.
    pub(crate) fn common_names(&self, other: &Self) -> Vec<Scalar> {
        let others = other.names();
        self.names()
            .into_iter()
            .enumerate()
            .map(|(level, name)| if others.get(level) == Some(&name) { name } else { Scalar::None })
            .collect()
    }

    /// Of two flat indexes, one of them empty.
    fn empty_intersection(&self, other: &Self) -> Self {
        let dtype = self.common_dtype(other);
        match (self.dtype() == dtype, self.is_empty()) {
            (true, true) => self.clone(),
            (true, false) => other.clone(),
            (false, _) => Self::from_column(Column::empty(dtype)),
        }
    }

    /// The dtype of labels of both. An empty range, and an empty index of objects, has no say.
    pub(crate) fn common_dtype(&self, other: &Self) -> DType {
        let has_no_say =
            |index: &Self| index.is_empty() && (index.as_range().is_some() || index.dtype() == DType::Object);
        match (self.dtype(), other.dtype()) {
            (_, theirs) if has_no_say(self) => theirs,
            (own, _) if has_no_say(other) => own,
            (DType::UINT64, theirs) if theirs.is_integer() && theirs != DType::UINT64 => DType::Object,
            (own, DType::UINT64) if own.is_integer() && own != DType::UINT64 => DType::Object,
            (own, theirs) => concat_dtype(own, theirs),
        }
    }

    /// Whether a label of one can be a label of the other: a boolean is no number here.
    pub(crate) fn is_comparable(&self, other: &Self) -> bool {
        let is_boolean = |index: &Self| match index.dtype() {
            DType::Bool | DType::Boolean => true,
            DType::Object if !index.is_multi() => {
                !index.is_empty() && index.iter().all(|label| matches!(label, Scalar::Bool(_)))
            }
            _ => false,
        };
        let is_number = |index: &Self| index.dtype().is_numeric();
        !(is_number(self) && is_boolean(other) || is_boolean(self) && is_number(other))
    }

    /// The labels two ranges share, in a range whose bounds are pandas': those of the overlap. `None` where one is no
    /// range, or where a bound is beyond 64 bits.
    fn range_intersection(&self, other: &Self) -> Option<Self> {
        let rising = |index: &Self| {
            let (start, stop, step) = index.as_range()?;
            let (start, stop, step) = (i128::from(start), i128::from(stop), i128::from(step));
            let last = start + (index.len() as i128 - 1) * step;
            Some(if step < 0 { (last, start - step, -step) } else { (start, stop, step) })
        };
        let ((start, stop, step), (start_there, stop_there, step_there)) = (rising(self)?, rising(other)?);
        let (low, high) = (start.max(start_there), stop.min(stop_there));
        let (divisor, factor) = bezout(step, step_there);
        if high <= low || (start - start_there) % divisor != 0 {
            return Some(Self::range(0));
        }
        let new_step = step / divisor * step_there;
        let shared =
            start + ((start_there - start) / divisor * factor).rem_euclid(step_there / divisor) * step;
        // The first shared label that is not below both starts.
        let first = low + (shared - low).rem_euclid(new_step);
        let bound = |value: i128| i64::try_from(value).ok();
        let range = Self::range_between(bound(first)?, bound(high)?, bound(new_step)?)?;
        if self.as_range()?.2 > 0 || other.as_range()?.2 > 0 {
            return Some(range);
        }
        let last = first + (range.len() as i128 - 1) * new_step;
        Self::range_between(bound(last)?, bound(first - new_step)?, bound(-new_step)?)
    }

    /// The labels of both, one after the other; the name only if both have it.
    ///
    /// # Errors
    /// What the dtype of the labels together raises.
    pub fn append(&self, other: &Self) -> Result<Self> {
        Self::concat(&[self, other])
    }

    /// The labels of several indexes, one after the other; the name only if all have it.
    ///
    /// # Errors
    /// What the dtype of the labels together raises.
    pub fn append_all(parts: &[&Self]) -> Result<Self> {
        Self::concat(parts)
    }

    /// All labels one after the other; ranges that continue each other stay a range.
    pub(crate) fn concat(parts: &[&Self]) -> Result<Self> {
        let Some((first, rest)) = parts.split_first() else { return Ok(Self::range(0)) };
        let names: Vec<Scalar> = match rest.iter().all(|part| part.names() == first.names()) {
            true => first.names(),
            false => vec![Scalar::None; first.nlevels()],
        };
        if first.is_multi() && rest.iter().all(|part| part.nlevels() == first.nlevels()) {
            let level = |level: usize| {
                let columns: Vec<Column> = parts.iter().filter_map(|part| part.level_values(level)).collect();
                Ok(Column::concat(&columns.iter().collect::<Vec<_>>())?)
            };
            let arrays = (0..first.nlevels()).map(level).collect::<Result<Vec<_>>>()?;
            return Ok(Self::from_arrays(arrays, names));
        }
        let columns: Vec<Column> = parts.iter().map(|part| part.to_column()).collect();
        let joined = Self::from_column(Column::concat(&columns.iter().collect::<Vec<_>>())?);
        let ranges = parts.iter().all(|part| part.as_range().is_some());
        let name = names.into_iter().next().unwrap_or(Scalar::None);
        Ok(if ranges { joined.joined_range(parts) } else { joined }.with_name(name))
    }

    /// A RangeIndex of the labels where the non-empty parts continue each other with one step.
    fn joined_range(self, parts: &[&Self]) -> Self {
        let ranges: Vec<(i64, usize, i64)> = parts
            .iter()
            .filter(|part| !part.is_empty())
            .filter_map(|part| part.as_range().map(|(start, _, step)| (start, part.len(), step)))
            .collect();
        let Some(&(start, len, step)) = ranges.first() else {
            return Self::range(0);
        };
        let step = match (len, ranges.get(1)) {
            (1, Some(&(next, ..))) if next != start => next.saturating_sub(start),
            _ => step,
        };
        let mut next = Some(start);
        for &(start, len, own) in &ranges {
            if Some(start) != next || (len > 1 && own != step) {
                // Single labels at even distance still make a range: pandas looks at the values then.
                return self;
            }
            next = (len as i64).checked_mul(step).and_then(|length| start.checked_add(length));
        }
        Self::range_of(start, self.len(), step)
    }

    /// `labels` as the kind this index would give them: evenly spaced integers of a RangeIndex stay a range.
    pub(crate) fn like(&self, labels: Self) -> Result<Self> {
        if self.as_range().is_none() {
            return Ok(labels);
        }
        Ok(Self::evenly_spaced(&labels.to_column()).unwrap_or(labels))
    }

    /// The labels in order; numbers before strings where both occur; unchanged where there is no order.
    /// pandas tries `sorts` times, and warns each time.
    pub(crate) fn sorted_if_possible(&self, sorts: usize) -> Result<Self> {
        if let Some(order) = self.order_if_possible() {
            return self.take(&order);
        }
        if let Some(error) = self.order_error() {
            let message = format!("{}, sort order is undefined for incomparable objects.", error.message());
            (0..sorts).for_each(|_| warn(WarningKind::Runtime, message.clone()));
        }
        Ok(self.clone())
    }

    /// The first comparison that fails when labels other than texts are sorted by insertion.
    fn order_error(&self) -> Option<Error> {
        let mut labels = self.iter().filter(|label| label.as_str().is_none() && !label.is_missing());
        let mut greatest = labels.next()?;
        for label in labels {
            match order::compare(&label, &greatest) {
                Ok(Ordering::Greater) => greatest = label,
                Ok(_) => {}
                Err(error) => return Some(error),
            }
        }
        None
    }

    /// The order of labels of one kind, or of several: numbers, then texts, then missing ones as they stand. `None`
    /// where two labels cannot be compared.
    pub(crate) fn order_if_possible(&self) -> Option<Vec<usize>> {
        let labels: Vec<Scalar> = match self.dtype() {
            DType::Object if !self.is_multi() => self.iter().collect(),
            _ => Vec::new(),
        };
        let nan = labels.iter().any(|label| matches!(label, Scalar::Float(value) if value.is_nan()));
        if nan && labels.len() <= INSERTION_MAX && labels.iter().all(|label| label.as_f64().is_some()) {
            return Some(insertion_order(&labels));
        }
        if let Ok(order) = self.argsort(true, false) {
            return Some(order);
        }
        let labels: Vec<Scalar> = self.iter().collect();
        let class = |label: &Scalar| match label {
            Scalar::Str(_) => 1,
            label if label.is_missing() => 2,
            _ => 0,
        };
        let mut order: Vec<usize> = (0..labels.len()).collect();
        let by_class = |a: usize, b: usize| {
            let (a, b) = (&labels[a], &labels[b]);
            match class(a).cmp(&class(b)) {
                Ordering::Equal if class(a) < 2 => order::compare(a, b),
                by_class => Ok(by_class),
            }
        };
        try_sort_by(&mut order, by_class).is_ok().then_some(order)
    }
}

/// Up to this many objects numpy sorts by insertion.
const INSERTION_MAX: usize = 16;

/// The order in which numpy's insertion sort leaves numbers among which NaN stands: nothing moves past a NaN.
fn insertion_order(labels: &[Scalar]) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::with_capacity(labels.len());
    for (label, scalar) in labels.iter().enumerate() {
        let stays = |&held: &usize| scalar.compare(&labels[held]) != Some(Ordering::Less);
        let place = order.iter().rposition(stays).map_or(0, |place| place + 1);
        order.insert(place, label);
    }
    order
}

/// The greatest common divisor of two positive numbers, and the factor of the first in `a s + b t = gcd(a, b)`.
fn bezout(a: i128, b: i128) -> (i128, i128) {
    let ((mut old, mut rest), (mut factor, mut next)) = ((a, b), (1, 0));
    while rest != 0 {
        let quotient = old / rest;
        (old, rest) = (rest, old - quotient * rest);
        (factor, next) = (next, factor - quotient * next);
    }
    (old, factor)
}

/// A missing label as the text of a `KeyError`.
pub(crate) fn key_text(label: &Scalar) -> String {
    label.to_string()
}
