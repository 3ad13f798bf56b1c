//! Sorting: positions that put rows in order, always stable.

use std::cmp::Ordering;

use column::{Column, DType, Scalar, try_sort_by};

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

/// Positions that put `len` rows in order by the keys, the first key first. Equal rows keep their order, descending
/// too; missing values stand at the chosen end in both directions.
///
/// # Errors
/// `TypeError` where values have no order.
pub(crate) fn argsort(keys: &[SortKey<'_>], len: usize) -> Result<Vec<usize>> {
    let mut positions: Vec<usize> = (0..len).collect();
    if let [key] = keys
        && key.column.validity().is_none()
        && !matches!(key.column.dtype(), DType::Object | DType::Category)
    {
        if let Some(values) = key.column.as_i64() {
            match key.ascending {
                true => positions.sort_by_key(|&row| values[row]),
                false => positions.sort_by_key(|&row| std::cmp::Reverse(values[row])),
            }
            return Ok(positions);
        }
        if let Some(values) = key.column.as_f64() {
            let missing = |value: f64| value.is_nan();
            positions.sort_by(|&a, &b| {
                let (a, b) = (values[a], values[b]);
                match (missing(a), missing(b)) {
                    (false, false) if key.ascending => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
                    (false, false) => b.partial_cmp(&a).unwrap_or(Ordering::Equal),
                    (x, y) if key.missing_first => y.cmp(&x),
                    (x, y) => x.cmp(&y),
                }
            });
            return Ok(positions);
        }
    }
    for key in keys.iter().rev() {
        let ranks = ranks(key.column)?;
        let top = i64::MAX;
        let weight = |row: usize| match ranks[row] {
            -1 => {
                if key.missing_first {
                    -1
                } else {
                    top
                }
            }
            rank if key.ascending => rank,
            rank => top - 1 - rank,
        };
        positions.sort_by_key(|&row| weight(row));
    }
    Ok(positions)
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
