//! Changes of an index by itself: labels put in, taken out, repeated, replaced and sorted.

use column::{Bitmap, Column, DType, Frequency, Scalar};

use crate::error::{Error, ErrorKind, Result};
use crate::index::{Index, Keep};
use crate::keys::Codes;

/// What `sort_values` and `argsort` of labels go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabelOrder {
    /// Rising labels.
    pub ascending: bool,
    /// Missing labels in front instead of at the end.
    pub missing_first: bool,
}

impl Default for LabelOrder {
    fn default() -> Self {
        Self { ascending: true, missing_first: false }
    }
}

impl Index {
    /// `self.delete(positions)`: the labels without those at `positions`; negative ones count from the end.
    ///
    /// # Errors
    /// `IndexError` for a position past either end.
    pub fn delete(&self, positions: &[i64]) -> Result<Self> {
        let len = self.len();
        let mut kept = vec![true; len];
        for &position in positions {
            let place = if position < 0 { position.saturating_add(len as i64) } else { position };
            let slot =
                usize::try_from(place).ok().and_then(|place| kept.get_mut(place)).ok_or_else(|| {
                    let message = format!("index {position} is out of bounds for axis 0 with size {len}");
                    Error::new(ErrorKind::IndexError, message)
                })?;
            *slot = false;
        }
        let rows: Vec<usize> = (0..len).filter(|&row| kept[row]).collect();
        let taken = self.take(&rows)?;
        // pandas keeps the step where the deleted positions are one run at either end.
        let deleted: Vec<usize> = (0..len).filter(|&row| !kept[row]).collect();
        let run = deleted.windows(2).all(|pair| pair[1] == pair[0] + 1);
        let at_end = deleted.first() == Some(&0) || deleted.last() == Some(&(len.wrapping_sub(1)));
        Ok(match self.frequency() {
            Some(step) if deleted.is_empty() || (run && at_end) => taken.with_frequency(Some(step.clone())),
            Some(_) => taken.with_frequency(None),
            None => taken,
        })
    }

    /// `self.insert(position, label)` with the dtype that both have together.
    ///
    /// # Errors
    /// `IndexError` for a position past either end; what the dtype of the labels together raises.
    pub fn insert(&self, position: i64, label: &Scalar) -> Result<Self> {
        let len = self.len() as i64;
        let place = if position < 0 { position + len } else { position };
        if place < 0 || place > len {
            let message = format!("index {position} is out of bounds for axis 0 with size {len}");
            return Err(Error::new(ErrorKind::IndexError, message));
        }
        let place = place as usize;
        if self.is_multi() {
            return self.insert_multi(place, label);
        }
        let own = self.to_column();
        let joined = with_item(&own, label)?;
        let last = own.len();
        let order: Vec<usize> = (0..place).chain(std::iter::once(last)).chain(place..last).collect();
        let labels = joined.take(&order)?;
        let step = self.frequency().filter(|step| self.goes_on(place, label, step)).cloned();
        let inserted = match self.as_range() {
            Some(_) => Self::evenly_spaced(&labels).unwrap_or_else(|| Self::from_column(labels)),
            None => Self::from_column(labels),
        };
        Ok(inserted.with_name(self.name()).with_frequency(step))
    }

    /// Whether a label put in at either end is the next one by the index's step.
    fn goes_on(&self, place: usize, label: &Scalar, step: &Frequency) -> bool {
        let with = match place {
            0 => [Some(label.clone()), self.get(0), self.get(1)],
            place if place == self.len() => {
                [self.get(place.wrapping_sub(2)), self.get(place - 1), Some(label.clone())]
            }
            _ => return false,
        };
        let labels: Vec<Scalar> = with.into_iter().flatten().collect();
        let column = Column::infer(labels);
        column.len() == 3
            && column.infer_frequency().is_some_and(|found| found == *step || is_daily(&found, step))
    }

    fn insert_multi(&self, place: usize, label: &Scalar) -> Result<Self> {
        let levels = self.nlevels();
        let parts: Vec<Scalar> = match label {
            Scalar::Tuple(items) if items.len() == levels => items.to_vec(),
            Scalar::Tuple(_) => {
                return Err(Error::value("Item must have length equal to number of levels."));
            }
            label if label.is_missing() => vec![label.clone(); levels],
            label => std::iter::once(label.clone())
                .chain(std::iter::repeat_n(Scalar::str(""), levels.saturating_sub(1)))
                .collect(),
        };
        let last = self.len();
        let order: Vec<usize> = (0..place).chain(std::iter::once(last)).chain(place..last).collect();
        self.with_appended_key(&parts)?.take(&order)
    }

    /// Each label as often as its count says.
    ///
    /// # Errors
    /// `ValueError` for counts that are fewer than the labels.
    pub fn repeat(&self, counts: &[usize]) -> Result<Self> {
        if counts.len() != 1 && counts.len() != self.len() {
            return Err(Error::value("operands could not be broadcast together"));
        }
        let count = |row: usize| counts.get(row).or(counts.first()).copied().unwrap_or(0);
        let rows: Vec<usize> = (0..self.len()).flat_map(|row| std::iter::repeat_n(row, count(row))).collect();
        let taken = match self.as_range() {
            Some(_) => Self::from_column(self.to_column()).with_name(self.name()).take(&rows)?,
            None => self.take(&rows)?,
        };
        Ok(taken.with_frequency(None))
    }

    /// The labels where `mask` is set, and those of `other` where it is not: one for all, or one a row.
    ///
    /// # Errors
    /// `ValueError` where the lengths differ; what the dtype of the labels together raises.
    pub fn where_mask(&self, mask: &Bitmap, other: &Column) -> Result<Self> {
        let len = self.len();
        if mask.len() != len || (other.len() != 1 && other.len() != len) {
            return Err(Error::value("putmask: mask and data must be the same size"));
        }
        if (0..len).all(|row| mask.get(row)) {
            return Ok(self.clone());
        }
        let own = self.to_column();
        let all_missing = other.missing_count() == other.len();
        let column = if all_missing && (own.dtype() != DType::Object) && fits_missing(&own, other) {
            let at = |row: usize| if mask.get(row) { row as i64 } else { -1 };
            own.reindex(&(0..len).map(at).collect::<Vec<_>>())?
        } else {
            let joined = if other.len() == 1 {
                with_item(&own, &other.get(0).unwrap_or(Scalar::None))?
            } else {
                Column::concat(&[&own, other])?
            };
            let there = |row: usize| if other.len() == 1 { len } else { len + row };
            let at = |row: usize| if mask.get(row) { row } else { there(row) };
            joined.take(&(0..len).map(at).collect::<Vec<_>>())?
        };
        Ok(Self::from_column(column).with_name(self.name()))
    }

    /// The distinct labels in the order of their first appearance.
    ///
    /// # Errors
    /// None in practice; the positions come from the labels themselves.
    pub fn unique(&self) -> Result<Self> {
        if self.is_unique() {
            return Ok(self.clone());
        }
        Ok(self.take(&self.codes().firsts)?.with_frequency(None))
    }

    /// The labels without repetitions.
    ///
    /// # Errors
    /// None in practice; the positions come from the labels themselves.
    pub fn drop_duplicates(&self, keep: Keep) -> Result<Self> {
        if self.is_unique() {
            return Ok(self.clone());
        }
        let repeated = self.duplicated(keep);
        self.take(&(0..self.len()).filter(|&row| !repeated.get(row)).collect::<Vec<_>>())
    }

    /// Codes of the distinct labels in order of first appearance or sorted, −1 for missing ones unless `missing_is_label`.
    ///
    /// # Errors
    /// `TypeError` where labels that are to be sorted have no order.
    pub fn factorize(&self, sort: bool, missing_is_label: bool) -> Result<(Vec<i64>, Self)> {
        let Codes { mut codes, firsts } = self.codes();
        let missing = |row: usize| !self.is_multi() && self.get(row).is_none_or(|label| label.is_missing());
        let mut kept: Vec<usize> =
            (0..firsts.len()).filter(|&code| missing_is_label || !missing(firsts[code])).collect();
        if sort {
            let rows: Vec<usize> = kept.iter().map(|&code| firsts[code]).collect();
            let order = self.take(&rows)?.sorted_positions(LabelOrder::default())?;
            kept = order.into_iter().map(|place| kept[place]).collect();
        }
        let mut numbers = vec![-1i64; firsts.len()];
        for (number, &code) in kept.iter().enumerate() {
            numbers[code] = number as i64;
        }
        for code in &mut codes {
            *code = usize::try_from(*code).map_or(-1, |code| numbers[code]);
        }
        let uniques = self.take(&kept.into_iter().map(|code| firsts[code]).collect::<Vec<_>>())?;
        Ok((codes, uniques))
    }

    /// Positions that put the labels in order.
    ///
    /// # Errors
    /// `TypeError` where labels have no order.
    pub fn sorted_positions(&self, order: LabelOrder) -> Result<Vec<usize>> {
        self.argsort(order.ascending, order.missing_first)
    }

    /// The labels in order.
    ///
    /// # Errors
    /// `TypeError` where labels have no order.
    pub fn sort_values(&self, order: LabelOrder) -> Result<Self> {
        self.take(&self.sorted_positions(order)?)
    }

    /// The labels without missing ones; of a MultiIndex, without rows where any level (or, on request, every level) is
    /// missing.
    ///
    /// # Errors
    /// None in practice; the positions come from the labels themselves.
    pub fn dropna(&self, only_all: bool) -> Result<Self> {
        let columns: Vec<Column> = (0..self.nlevels()).filter_map(|level| self.level_values(level)).collect();
        let gone = |row: usize| match only_all {
            true => columns.iter().all(|column| column.is_missing(row)),
            false => columns.iter().any(|column| column.is_missing(row)),
        };
        let rows: Vec<usize> = (0..self.len()).filter(|&row| !gone(row)).collect();
        if rows.len() == self.len() { Ok(self.clone()) } else { self.take(&rows) }
    }

    /// Which labels are missing; the rows of a MultiIndex never are.
    #[must_use]
    pub fn missing(&self) -> Bitmap {
        if self.is_multi() || self.as_range().is_some() {
            return Bitmap::from_fn(self.len(), |_| false);
        }
        let column = self.to_column();
        Bitmap::from_fn(self.len(), |row| column.is_missing(row))
    }
}

/// A day and twenty-four hours are one step.
fn is_daily(found: &Frequency, step: &Frequency) -> bool {
    let hours = |frequency: &Frequency| frequency.to_string() == "24h";
    let day = |frequency: &Frequency| frequency.to_string() == "D";
    (hours(found) && day(step)) || (day(found) && hours(step))
}

/// Whether the missing value in `other` can stand in `own` without making it a column of objects.
fn fits_missing(own: &Column, other: &Column) -> bool {
    let is_nat = other.iter().any(|scalar| matches!(scalar, Scalar::NaT));
    own.dtype().is_time() || !is_nat
}

/// A column with one more row, in the dtype that pandas finds for both.
pub(crate) fn with_item(own: &Column, label: &Scalar) -> Result<Column> {
    let object = own.dtype() == DType::Object;
    if object {
        let mut items: Vec<Scalar> = own.iter().collect();
        items.push(label.clone());
        return Ok(if own.is_empty() { Column::infer(items) } else { Column::object(items) });
    }
    let item = Column::infer(vec![label.clone()]);
    if label.is_missing() && fits_missing(own, &item) {
        let places: Vec<i64> = (0..own.len() as i64).chain(std::iter::once(-1)).collect();
        return Ok(own.reindex(&places)?);
    }
    if own.dtype() == DType::Category
        && let Some(code) =
            own.categories().and_then(|all| all.iter().position(|category| category.key() == label.key()))
    {
        let mut codes: Vec<i32> = own.codes().unwrap_or_default().to_vec();
        codes.push(code as i32);
        let categories = own.categories().cloned().unwrap_or_else(|| Column::empty(DType::Object));
        return Ok(Column::category(codes, categories, own.is_ordered())?);
    }
    // A value of the column's own kind keeps its width; a float that is a whole number does not enter integers.
    let narrow = match (own.dtype(), label) {
        (DType::Number(number), Scalar::Int(_)) if !number.is_float() => item.cast(own.dtype()).ok(),
        (DType::Number(number), Scalar::Int(_) | Scalar::Float(_)) if number.is_float() => {
            item.cast(own.dtype()).ok()
        }
        (DType::Nullable(_), Scalar::Int(_) | Scalar::Float(_)) | (DType::Boolean, Scalar::Bool(_)) => {
            item.cast(own.dtype()).ok()
        }
        (DType::String, Scalar::Str(_)) => item.cast(own.dtype()).ok(),
        _ => None,
    };
    let exact = |cast: &Column| cast.get(0).is_some_and(|held| held.key() == label.key());
    let item = narrow.filter(exact).unwrap_or(item);
    Ok(Column::concat(&[own, &item])?)
}
