//! Sorting: positions that put rows in order, always stable.

use std::cmp::Ordering;

use column::{Column, DType, Scalar, try_sort_by};
use radix::order_by;

use crate::error::{Error, Result};
use crate::keys::{Missing, factorize};

/// One column to sort by.
pub(crate) struct SortKey<'a> {
    pub column: &'a Column,
    pub ascending: bool,
    pub missing_first: bool,
}

impl<'a> SortKey<'a> {
    pub fn ascending(column: &'a Column) -> Self {
        Self { column, ascending: true, missing_first: false }
    }
}

/// Each row's rank among the column's values: equal values share a rank, missing ones are −1.
///
/// # Errors
/// `TypeError` with Python's text where two objects cannot be compared.
pub(crate) fn ranks(column: &Column) -> Result<Vec<i64>> {
    if let Some(codes) = column.codes() {
        return Ok(codes.iter().map(|&code| i64::from(code)).collect());
    }
    let found = factorize(column, Missing::Drop);
    let mut order: Vec<usize> = (0..found.count()).collect();
    let at = |code: usize| found.firsts[code];
    if let Some(values) = column.as_i64() {
        order.sort_by_key(|&code| values[at(code)]);
    } else if let Some(values) = column.as_f64() {
        order.sort_by(|&a, &b| values[at(a)].total_cmp(&values[at(b)]));
    } else if column.as_text().is_some() {
        order.sort_by(|&a, &b| column.str_at(at(a)).cmp(&column.str_at(at(b))));
    } else {
        let keys: Vec<Scalar> =
            found.firsts.iter().map(|&row| column.get(row).unwrap_or(Scalar::None)).collect();
        // Python's error names the first neighbours that it cannot compare.
        for pair in keys.windows(2) {
            compare(&pair[0], &pair[1])?;
        }
        try_sort_by(&mut order, |a, b| compare(&keys[a], &keys[b]))?;
    }
    let mut ranks = vec![0i64; order.len()];
    for (rank, &code) in order.iter().enumerate() {
        ranks[code] = rank as i64;
    }
    Ok(found.codes.iter().map(|&code| usize::try_from(code).map_or(-1, |code| ranks[code])).collect())
}

/// Python's `<` of two scalars as an order.
///
/// # Errors
/// `TypeError` for values without an order.
pub(crate) fn compare(left: &Scalar, right: &Scalar) -> Result<Ordering> {
    let number = |scalar: &Scalar| match scalar {
        Scalar::Bool(_) | Scalar::Int(_) | Scalar::UInt(_) | Scalar::Big(_) | Scalar::Float(_) => {
            scalar.as_f64()
        }
        _ => None,
    };
    match (left, right) {
        (Scalar::Str(a), Scalar::Str(b)) => Ok(a.cmp(b)),
        (Scalar::Datetime(a, u), Scalar::Datetime(b, v))
        | (Scalar::Timedelta(a, u), Scalar::Timedelta(b, v)) => {
            let scale =
                |ticks: i64, per_second: i64| i128::from(ticks) * i128::from(1_000_000_000 / per_second);
            Ok(scale(*a, u.per_second()).cmp(&scale(*b, v.per_second())))
        }
        (Scalar::Zoned(..), Scalar::Zoned(..))
        | (Scalar::Interval(_), Scalar::Interval(_))
        | (Scalar::Opaque(_), _)
        | (_, Scalar::Opaque(_)) => left.compare(right).ok_or_else(|| {
            Error::type_(format!(
                "'<' not supported between instances of '{}' and '{}'",
                left.type_name(),
                right.type_name()
            ))
        }),
        (Scalar::Tuple(a), Scalar::Tuple(b)) => {
            for (a, b) in a.iter().zip(b.iter()) {
                let order = compare(a, b)?;
                if order != Ordering::Equal {
                    return Ok(order);
                }
            }
            Ok(a.len().cmp(&b.len()))
        }
        _ => match (left.as_i128(), right.as_i128(), number(left), number(right)) {
            (Some(a), Some(b), ..) => Ok(a.cmp(&b)),
            (_, _, Some(a), Some(b)) => Ok(a.partial_cmp(&b).unwrap_or(Ordering::Equal)),
            _ => Err(Error::type_(format!(
                "'<' not supported between instances of '{}' and '{}'",
                left.type_name(),
                right.type_name()
            ))),
        },
    }
}

/// One column's rows as whole numbers that rise as the rows are to be sorted.
struct Weights {
    rows: Vec<u64>,
    /// Bits that they need.
    bits: u32,
}

impl Weights {
    /// From numbers of 0 to `most`, or the reverse of them; `None` is missing.
    fn of(rows: impl Iterator<Item = Option<u64>>, most: u64, key: &SortKey<'_>) -> Self {
        let first = u64::from(key.missing_first);
        let place = |row: Option<u64>| match row {
            Some(value) if key.ascending => value + first,
            Some(value) => most - value + first,
            None if key.missing_first => 0,
            None => most + 1,
        };
        Self { rows: rows.map(place).collect(), bits: u64::BITS - (most + 1).leading_zeros() }
    }

    /// Floats by the order of their bits, zeros of both signs as one. Two patterns of bits lie outside all numbers.
    fn of_floats(values: &[f64], key: &SortKey<'_>) -> Self {
        let place = |value: &f64| {
            if value.is_nan() {
                return if key.missing_first { 0 } else { u64::MAX };
            }
            let bits = (value + 0.0).to_bits();
            let rising = if bits >> 63 == 0 { bits | 1 << 63 } else { !bits };
            if key.ascending { rising } else { !rising }
        };
        Self { rows: values.iter().map(place).collect(), bits: u64::BITS }
    }

    /// `None` where the integers span more than fits beside a missing one.
    fn of_integers(values: &[i64], key: &SortKey<'_>) -> Option<Self> {
        let valid = key.column.validity();
        let present = |row: usize| valid.is_none_or(|bits| bits.get(row));
        let (low, high) = match valid {
            None => (values.iter().min().copied()?, values.iter().max().copied()?),
            Some(bits) => {
                (bits.ones().map(|row| values[row]).min()?, bits.ones().map(|row| values[row]).max()?)
            }
        };
        let most = high.abs_diff(low);
        if most > u64::MAX - 2 {
            return None;
        }
        let rows = values.iter().enumerate();
        Some(Self::of(rows.map(|(row, &value)| present(row).then(|| value.abs_diff(low))), most, key))
    }

    fn new(key: &SortKey<'_>) -> Result<Self> {
        if key.column.dtype() != DType::Category {
            if let Some(values) = key.column.as_i64()
                && let Some(weights) = Self::of_integers(values, key)
            {
                return Ok(weights);
            }
            if let Some(values) = key.column.as_f64().filter(|_| key.column.validity().is_none()) {
                return Ok(Self::of_floats(values, key));
            }
        }
        let ranks = ranks(key.column)?;
        let most = ranks.iter().copied().max().map_or(0, |most| most.max(0) as u64);
        Ok(Self::of(ranks.iter().map(|&rank| u64::try_from(rank).ok()), most, key))
    }
}

/// Positions that put `len` rows in order by the keys, the first key first. Equal rows keep their order, descending
/// too; missing values stand at the chosen end in both directions.
///
/// # Errors
/// `TypeError` where values have no order.
pub(crate) fn argsort(keys: &[SortKey<'_>], len: usize) -> Result<Vec<usize>> {
    let weights = threads::map(keys.len(), len, |place| Weights::new(&keys[place]));
    // The last key's error comes first, as that key is looked at first.
    let mut weights = weights.into_iter().rev().collect::<Result<Vec<_>>>()?.into_iter().peekable();
    let mut order: Option<Vec<usize>> = None;
    while let Some(Weights { mut rows, mut bits }) = weights.next() {
        // As many keys as fit a word are one.
        while let Some(more) = weights.next_if(|more| bits + more.bits <= u64::BITS) {
            rows.iter_mut().zip(more.rows).for_each(|(row, more)| *row |= more << bits);
            bits += more.bits;
        }
        order = Some(match order {
            None => order_by(&rows),
            Some(order) => {
                let moved: Vec<u64> = order.iter().map(|&row| rows[row]).collect();
                order_by(&moved).into_iter().map(|place| order[place]).collect()
            }
        });
    }
    Ok(order.unwrap_or_else(|| (0..len).collect()))
}

/// Whether the rows of the columns, read as tuples, never fall. Missing values are not looked for.
pub(crate) fn is_sorted(columns: &[Column]) -> Result<bool> {
    if let [column] = columns {
        if let Some(values) = column.as_i64() {
            return Ok(values.is_sorted());
        }
        if let Some(values) = column.as_f64() {
            return Ok(values.is_sorted());
        }
    }
    let ranks = columns.iter().map(ranks).collect::<Result<Vec<_>>>()?;
    let len = columns.first().map_or(0, Column::len);
    Ok((1..len).all(|row| {
        ranks.iter().map(|ranks| ranks[row - 1].cmp(&ranks[row])).find(|order| order.is_ne())
            != Some(Ordering::Greater)
    }))
}
