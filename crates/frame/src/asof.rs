//! `merge_asof`: each left row with the nearest right row before it, behind it, or on either side.

use column::{Column, DType, Scalar};

use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::index::Index;
use crate::keys::{Codes, Missing, combine, factorize_pair};
use crate::merge::{Merge, Pairs};
use crate::merge_sides::MergeSide;

/// On which side the partner stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Direction {
    /// At or before the left row (`'backward'`).
    #[default]
    Backward,
    /// At or behind it (`'forward'`).
    Forward,
    /// Whichever is nearer, the one before where both are as near (`'nearest'`).
    Nearest,
}

impl Direction {
    /// Reads pandas' word.
    ///
    /// # Errors
    /// `MergeError` for another word.
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "backward" => Ok(Self::Backward),
            "forward" => Ok(Self::Forward),
            "nearest" => Ok(Self::Nearest),
            other => Err(crate::merge::merge_error(format!("direction invalid: {other}"))),
        }
    }
}

/// Options of [`Frame::merge_asof`], with pandas' names and defaults.
#[derive(Clone, Debug)]
pub struct Asof {
    /// On which side the partner stands.
    pub direction: Direction,
    /// Whether a row of the same key is a partner.
    pub allow_exact_matches: bool,
    /// The farthest distance of a partner.
    pub tolerance: Option<Scalar>,
    /// What is added to labels that both frames have.
    pub suffixes: (Option<String>, Option<String>),
}

impl Default for Asof {
    fn default() -> Self {
        Self {
            direction: Direction::Backward,
            allow_exact_matches: true,
            tolerance: None,
            suffixes: (Some("_x".to_owned()), Some("_y".to_owned())),
        }
    }
}

/// The rows of both sides that must agree in the other keys.
struct Match<'a> {
    left: &'a [i64],
    right: &'a [i64],
    count: usize,
}

/// For each left key the last right row before it (`before`) or the first behind it, −1 where there is none.
fn nearest<K: Copy + PartialOrd>(
    left: &[K],
    right: &[K],
    by: &Match<'_>,
    exact: bool,
    before: bool,
) -> Vec<i64> {
    let mut found = vec![-1i64; left.len()];
    let mut held = vec![-1i64; by.count];
    let reaches = |own: K, other: K| match (before, exact) {
        (true, true) => other <= own,
        (true, false) => other < own,
        (false, true) => other >= own,
        (false, false) => other > own,
    };
    let mut pass = |lefts: &mut dyn Iterator<Item = usize>, rights: &mut dyn Iterator<Item = usize>| {
        let mut rights = rights.peekable();
        for row in lefts {
            while let Some(&other) = rights.peek()
                && reaches(left[row], right[other])
            {
                if let Ok(code) = usize::try_from(by.right[other]) {
                    held[code] = other as i64;
                }
                rights.next();
            }
            if let Ok(code) = usize::try_from(by.left[row]) {
                found[row] = held[code];
            }
        }
    };
    match before {
        true => pass(&mut (0..left.len()), &mut (0..right.len())),
        false => pass(&mut (0..left.len()).rev(), &mut (0..right.len()).rev()),
    }
    found
}

/// For each left row its right row, −1 where there is none.
fn partners<K: Copy + PartialOrd>(
    left: &[K],
    right: &[K],
    by: &Match<'_>,
    options: &Asof,
    distance: impl Fn(K, K) -> f64,
    tolerance: f64,
) -> Vec<i64> {
    let exact = options.allow_exact_matches;
    let far = |row: usize, other: i64| match usize::try_from(other) {
        Ok(other) => distance(left[row], right[other]).abs(),
        Err(_) => f64::INFINITY,
    };
    let found =
        match options.direction {
            Direction::Backward => nearest(left, right, by, exact, true),
            Direction::Forward => nearest(left, right, by, exact, false),
            Direction::Nearest => {
                let (before, behind) =
                    (nearest(left, right, by, exact, true), nearest(left, right, by, exact, false));
                (0..left.len())
                    .map(|row| {
                        if far(row, before[row]) <= far(row, behind[row]) { before[row] } else { behind[row] }
                    })
                    .collect()
            }
        };
    found
        .into_iter()
        .enumerate()
        .map(|(row, other)| if far(row, other) <= tolerance { other } else { -1 })
        .collect()
}

fn check(column: &Column, side: &str) -> Result<()> {
    if column.missing_count() > 0 {
        return Err(Error::value(format!("Merge keys contain null values on {side} side")));
    }
    match crate::order::is_sorted(std::slice::from_ref(column))? {
        true => Ok(()),
        false => Err(Error::value(format!("{side} keys must be sorted"))),
    }
}

impl Frame {
    /// All rows of this frame, each with the row of `right` whose key is nearest and whose `by` keys, the first ones of
    /// each side, are equal. The last key of each side is the one that is compared.
    ///
    /// # Errors
    /// `ValueError` for keys that are not sorted or missing, `MergeError` for keys of two dtypes; as [`Frame::merge`].
    pub fn merge_asof(
        &self,
        right: &Self,
        sides: (&MergeSide, &MergeSide),
        by: usize,
        options: &Asof,
    ) -> Result<Self> {
        let matched = match sides {
            (MergeSide::Index, MergeSide::Index) => {
                vec![(self.index.to_column(), right.index.to_column(), Scalar::None)]
            }
            _ => self.key_columns(right, sides.0, sides.1)?,
        };
        let Some((left_key, right_key, _)) = matched.get(by) else {
            return Err(crate::merge::merge_error("can only asof on a key for left"));
        };
        let time = DType::is_time;
        for (place, (left, right, _)) in matched.iter().enumerate() {
            let (a, b) = (left.dtype(), right.dtype());
            let same =
                a == b || (time(a) && time(b) && std::mem::discriminant(&a) == std::mem::discriminant(&b));
            if !same {
                let mut message = format!(
                    "incompatible merge keys [{place}] dtype('{a}') and dtype('{b}'), must be the same type"
                );
                if a == DType::Category && b == DType::Category {
                    message = format!(
                        "incompatible merge keys [{place}] {a} and {b}, both sides category, but not equal ones"
                    );
                }
                return Err(crate::merge::merge_error(message));
            }
        }
        if !(left_key.dtype().is_numeric() || time(left_key.dtype())) {
            let message = format!(
                "Incompatible merge dtype, dtype('{0}') and dtype('{0}'), both sides must have numeric dtype",
                left_key.dtype()
            );
            return Err(crate::merge::merge_error(message));
        }
        check(left_key, "left")?;
        check(right_key, "right")?;
        let parts = matched[..by]
            .iter()
            .map(|(left, right, _)| factorize_pair(left, right, Missing::Keep))
            .collect::<Result<Vec<Codes>>>()?;
        let joint = combine(&parts, self.len() + right.len());
        let (own, others) = joint.codes.split_at(self.len());
        let by_codes = Match { left: own, right: others, count: joint.count() };
        let found = rows(left_key, right_key, &by_codes, options)?;
        let pairs = Pairs { left: (0..self.len() as i64).collect(), right: found };
        let index = match sides {
            (MergeSide::Keys(_), MergeSide::Keys(_)) => Index::range(self.len()),
            _ => self.index.clone(),
        };
        let merge = Merge { suffixes: options.suffixes.clone(), ..Merge::default() };
        self.paired(right, sides, &pairs, index, &merge)
    }
}

fn rows(left: &Column, right: &Column, by: &Match<'_>, options: &Asof) -> Result<Vec<i64>> {
    let ticks = |column: &Column, per_second: i64| -> Result<Vec<i64>> {
        let Some(unit) = column.dtype().time_unit() else {
            if let Some(values) = column.as_i64() {
                return Ok(values.to_vec());
            }
            return Ok(column.iter().map(|value| value.as_i128().unwrap_or(0) as i64).collect());
        };
        let factor = per_second / unit.per_second();
        let scaled = column.as_i64().unwrap_or_default().iter().map(|&tick| tick.checked_mul(factor));
        scaled.collect::<Option<Vec<i64>>>().ok_or_else(|| Error::value("the keys have no common resolution"))
    };
    if left.dtype().is_float() {
        let tolerance = match &options.tolerance {
            None => f64::INFINITY,
            Some(value) => value.as_f64().unwrap_or(f64::INFINITY),
        };
        return Ok(partners(&left.floats(), &right.floats(), by, options, |a, b| a - b, tolerance));
    }
    let per_second = |column: &Column| column.dtype().time_unit().map_or(1, column::TimeUnit::per_second);
    let finest = per_second(left).max(per_second(right));
    let tolerance = match &options.tolerance {
        None => f64::INFINITY,
        Some(Scalar::Timedelta(span, unit)) => *span as f64 * (finest as f64 / unit.per_second() as f64),
        Some(value) => value.as_f64().unwrap_or(f64::INFINITY),
    };
    let distance = |a: i64, b: i64| (i128::from(a) - i128::from(b)) as f64;
    Ok(partners(&ticks(left, finest)?, &ticks(right, finest)?, by, options, distance, tolerance))
}
