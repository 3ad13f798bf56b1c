//! Which group each row is in: made once, used by every aggregation.

use std::sync::Arc;

use column::{Column, DType, Scalar};

use crate::aggregate::aggregate_with;
use crate::aggregation::{Aggregation, GroupReduce};
use crate::error::{Error, ErrorKind, Result};
use crate::frame::{at_once, each_column};
use crate::grouping::Grouping;
use crate::index::{Index, Level};
use crate::keys::{Codes, Missing, combine, factorize};
use crate::order::ranks;

/// Options of a group-by, with pandas' names and defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupOptions {
    /// Whether the keys become the row labels of a result, or its first columns.
    pub as_index: bool,
    /// Whether groups stand in the order of their keys, or of first appearance.
    pub sort: bool,
    /// Whether rows with a missing key are left out; else they form the last group.
    pub dropna: bool,
    /// Whether a categorical key gives only the groups that occur.
    pub observed: bool,
}

impl Default for GroupOptions {
    fn default() -> Self {
        Self { as_index: true, sort: true, dropna: true, observed: true }
    }
}

/// More combinations of categories than this are refused before they are made.
const COMBINATIONS_MAX: usize = 1 << 31;

/// Rows as group numbers, and the key of each group.
#[derive(Clone, Debug)]
pub struct Groups {
    /// The group of each row, −1 for rows that are in none.
    pub(crate) codes: Vec<i64>,
    /// Number of groups, empty ones among them.
    pub(crate) count: usize,
    /// For each key column its value in each group.
    pub(crate) keys: Vec<Column>,
    pub(crate) names: Vec<Scalar>,
    /// Of each of several keys the values of all rows, those of rows in no group among them, and which of them a group
    /// has. Empty where the groups were found otherwise.
    pub(crate) values: Vec<(Column, Vec<usize>)>,
}

impl Groups {
    /// Groups the rows by the key columns.
    ///
    /// # Errors
    /// `MemoryError` for more combinations of categories than memory holds under `observed=False`.
    pub fn of(keys: &[Column], names: Vec<Scalar>, len: usize, options: GroupOptions) -> Result<Self> {
        let unobserved = !options.observed && keys.iter().any(|key| key.dtype() == DType::Category);
        if unobserved {
            return match keys {
                [key] => Self::all_categories(key, names, options),
                keys => Self::all_combinations(keys, names, len, options),
            };
        }
        let missing = if options.dropna { Missing::Drop } else { Missing::Keep };
        let parts: Vec<Codes> = threads::map(keys.len(), len, |place| factorize(&keys[place], missing));
        let (found, parts) = match <[Codes; 1]>::try_from(parts) {
            Ok([only]) => (only, Vec::new()),
            Err(parts) => (combine(&parts, len), parts),
        };
        let Codes { mut codes, mut firsts } = found;
        if options.sort {
            let order = sorted_groups(keys, &firsts)?;
            let mut places = vec![0i64; order.len()];
            for (place, &group) in order.iter().enumerate() {
                places[group] = place as i64;
            }
            threads::fill(&mut codes, |_, piece| {
                for code in piece {
                    *code = usize::try_from(*code).map_or(-1, |code| places[code]);
                }
            });
            firsts = order.iter().map(|&group| firsts[group]).collect();
        }
        let values = threads::map(parts.len(), firsts.len(), |place| {
            let part = &parts[place];
            // A row that starts a group has every key.
            let own = firsts.iter().map(|&row| part.codes[row].unsigned_abs() as usize).collect();
            Ok((keys[place].take(&part.firsts)?, own))
        });
        let values = values.into_iter().collect::<Result<Vec<_>>>()?;
        let keys = each_column(keys, firsts.len(), |key| Ok(key.take(&firsts)?))?;
        Ok(Self { codes, count: firsts.len(), keys, names, values })
    }

    /// One group a category: in the categories' order, or those that occur in the order of appearance first.
    fn all_categories(key: &Column, names: Vec<Scalar>, options: GroupOptions) -> Result<Self> {
        let categories = key.categories().cloned().unwrap_or_else(|| Column::empty(DType::Object));
        let count = categories.len();
        let own = key.codes().unwrap_or_default();
        let order: Vec<i64> = match options.sort {
            true => (0..count as i64).collect(),
            false => {
                let found = factorize(key, Missing::Drop);
                let seen: Vec<i64> = found.firsts.iter().map(|&row| i64::from(own[row])).collect();
                let rest = (0..count as i64).filter(|code| !seen.contains(code));
                seen.iter().copied().chain(rest).collect()
            }
        };
        let mut places = vec![0i64; count];
        for (place, &code) in order.iter().enumerate() {
            places[code as usize] = place as i64;
        }
        let mut codes: Vec<i64> =
            own.iter().map(|&code| usize::try_from(code).map_or(-1, |code| places[code])).collect();
        let mut labels: Vec<i32> = order.iter().map(|&code| code as i32).collect();
        if !options.dropna && codes.contains(&-1) {
            let last = count as i64;
            codes.iter_mut().filter(|code| **code < 0).for_each(|code| *code = last);
            labels.push(-1);
        }
        let count = labels.len();
        let keys = vec![Column::category(labels, categories, key.is_ordered())?];
        Ok(Self { codes, count, keys, names, values: Vec::new() })
    }

    /// One group for each combination of the keys' labels: all categories of a categorical key, the values of another.
    /// Where they are not sorted, the combinations that occur come first, in the order of appearance.
    fn all_combinations(
        keys: &[Column],
        names: Vec<Scalar>,
        len: usize,
        options: GroupOptions,
    ) -> Result<Self> {
        let parts = keys
            .iter()
            .map(|key| Self::of(std::slice::from_ref(key), vec![Scalar::None], len, options))
            .collect::<Result<Vec<_>>>()?;
        let product = parts.iter().try_fold(1usize, |product, part| product.checked_mul(part.count));
        let product = product.filter(|&product| product <= COMBINATIONS_MAX).ok_or_else(|| {
            Error::new(ErrorKind::MemoryError, "Unable to allocate the combinations of the categories")
        })?;
        let code = |row: usize| {
            parts.iter().try_fold(0i64, |code, part| {
                let own = part.codes[row];
                (own >= 0).then(|| code * part.count as i64 + own)
            })
        };
        let mut codes: Vec<i64> = (0..len).map(|row| code(row).unwrap_or(-1)).collect();
        let mut order: Vec<usize> = (0..product).collect();
        if !options.sort {
            let mut first = vec![usize::MAX; product];
            for (row, &code) in codes.iter().enumerate().rev() {
                if let Ok(code) = usize::try_from(code) {
                    first[code] = row;
                }
            }
            order.sort_by_key(|&code| first[code]);
            let mut places = vec![0i64; product];
            order.iter().enumerate().for_each(|(place, &code)| places[code] = place as i64);
            codes.iter_mut().filter(|code| **code >= 0).for_each(|code| *code = places[*code as usize]);
        }
        let mut inner = product;
        let mut labels = Vec::with_capacity(parts.len());
        for part in &parts {
            inner /= part.count.max(1);
            let own: Vec<usize> = order.iter().map(|&code| code / inner.max(1) % part.count.max(1)).collect();
            labels.push(part.keys[0].take(&own)?);
        }
        Ok(Self { codes, count: product, keys: labels, names, values: Vec::new() })
    }

    /// Groups found elsewhere: the group of each row, −1 for none, and the labels of the groups.
    ///
    /// # Errors
    /// `ValueError` where the keys differ in length, and for a group without labels.
    pub fn from_codes(codes: Vec<i64>, keys: Vec<Column>, names: Vec<Scalar>) -> Result<Self> {
        let count = keys.first().map_or(0, Column::len);
        let last = codes.iter().copied().max().unwrap_or(-1);
        if keys.iter().any(|key| key.len() != count) || last >= count as i64 || keys.len() != names.len() {
            return Err(Error::value("the groups have no labels"));
        }
        let codes = codes.into_iter().map(|code| code.max(-1)).collect();
        Ok(Self { codes, count, keys, names, values: Vec::new() })
    }

    /// The group of each row, −1 for rows that are in none.
    pub fn codes(&self) -> &[i64] {
        &self.codes
    }

    /// Number of groups, empty ones among them.
    pub fn count(&self) -> usize {
        self.count
    }

    /// For each key its value in each group.
    pub fn keys(&self) -> &[Column] {
        &self.keys
    }

    /// The names of the keys.
    pub fn names(&self) -> &[Scalar] {
        &self.names
    }

    /// A column reduced to a row a group.
    ///
    /// # Errors
    /// `TypeError` for dtypes without the operation.
    pub fn reduce(&self, column: &Column, how: Aggregation, options: &GroupReduce) -> Result<Column> {
        aggregate_with(column, self.grouping(), how, options)
    }

    /// Columns reduced at once to a row a group, each in its own way.
    ///
    /// # Errors
    /// That of the first column whose dtype does not have its operation.
    pub fn reduce_each(
        &self,
        wanted: &[(Column, Aggregation)],
        options: &GroupReduce,
    ) -> Result<Vec<Column>> {
        let one = |place: usize| {
            let (column, how): &(Column, Aggregation) = &wanted[place];
            self.reduce(column, *how, options)
        };
        at_once(wanted.len(), self.codes.len(), one).into_iter().collect()
    }

    pub(crate) fn grouping(&self) -> Grouping<'_> {
        Grouping { codes: &self.codes, count: self.count }
    }

    /// The keys as row labels. The levels of several keys have all values of each, as in pandas, also those that stand
    /// only in rows without another key.
    pub fn index(&self) -> Index {
        match (self.keys.as_slice(), self.names.as_slice()) {
            ([key], [name]) => Index::from_column(key.clone()).with_name(name.clone()),
            (keys, names) if self.values.len() != keys.len() => {
                Index::from_arrays(keys.to_vec(), names.to_vec())
            }
            (_, names) => {
                let level = |((values, own), name): (&(Column, Vec<usize>), &Scalar)| {
                    let level = Level::of(values, name.clone());
                    let codes = own.iter().map(|&value| level.codes[value]).collect();
                    Level { codes: Arc::new(codes), ..level }
                };
                Index::from_levels(self.values.iter().zip(names).map(level).collect())
            }
        }
    }

    /// Rows of each group in row order: offsets into the second vector.
    pub fn rows(&self) -> (Vec<usize>, Vec<usize>) {
        Codes { codes: self.codes.clone(), firsts: vec![0; self.count] }.rows()
    }
}

/// The groups in the order of their keys, the first key foremost, missing keys last.
fn sorted_groups(keys: &[Column], firsts: &[usize]) -> Result<Vec<usize>> {
    let mut order: Vec<usize> = (0..firsts.len()).collect();
    for key in keys.iter().rev() {
        let uniques = key.take(firsts)?;
        // Keys without an order keep the order of appearance, as in pandas.
        let Ok(ranks) = ranks(&uniques) else { continue };
        order.sort_by_key(|&group| if ranks[group] < 0 { i64::MAX } else { ranks[group] });
    }
    Ok(order)
}
