//! Values exchanged by condition or by table: `where`, `mask`, `replace`, `map`, `clip`, `between`, `isin`.

use column::{Bitmap, Column, Comparison, DType, Scalar};

use crate::alignment::reindexer;
use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::keys::{Missing, factorize, factorize_pair};
use crate::series::Series;

/// The rows of `base` where `keep` is set, else those of `other` (of the same length). The dtype is the base's where
/// the values fit into it, else the one both have in a `concat`.
///
/// # Errors
/// `TypeError` for a category that is not there.
pub(crate) fn choose(base: &Column, other: &Column, keep: &Bitmap) -> Result<Column> {
    let len = base.len();
    if keep.all() {
        return Ok(base.clone());
    }
    let taken = other.filter(&keep.negated());
    if taken.missing_count() == taken.len() && base.dtype() != DType::Object {
        let rows: Vec<i64> =
            keep.iter().enumerate().map(|(row, kept)| if kept { row as i64 } else { -1 }).collect();
        return Ok(base.reindex(&rows)?);
    }
    let other = fitted(&taken, base)?.map_or_else(|| Ok(other.clone()), |_| other.cast_like(base))?;
    let rows: Vec<usize> = (0..len).map(|row| if keep.get(row) { row } else { len + row }).collect();
    Ok(Column::concat(&[base, &other])?.take(&rows)?)
}

/// `values` in the dtype of `base`, if they lose nothing there.
///
/// # Errors
/// `TypeError` for a category that is not there.
fn fitted(values: &Column, base: &Column) -> Result<Option<Column>> {
    let (from, to) = (values.dtype(), base.dtype());
    if let Some(categories) = base.categories() {
        let absent = values.iter().find(|value| {
            !value.is_missing() && !categories.iter().any(|category| category.key() == value.key())
        });
        return match absent {
            Some(value) => Err(Error::type_(format!(
                "Cannot setitem on a Categorical with a new category ({value}), set the categories first"
            ))),
            None => Ok(Some(values.clone())),
        };
    }
    let alike = from == to
        || (from.is_numeric() && to.is_numeric())
        || (from.is_text() && to.is_text())
        || (from.is_bool() && to.is_bool())
        || (from.is_time() && to.time_unit().is_some_and(|unit| from.with_time_unit(unit) == to));
    if !alike || (values.missing_count() > 0 && !to.can_be_missing()) {
        return Ok(None);
    }
    let Ok(cast) = values.cast(to) else { return Ok(None) };
    let same =
        values.iter().zip(cast.iter()).all(|(a, b)| a.key() == b.key() || (a.is_missing() && b.is_missing()));
    Ok(same.then_some(cast))
}

/// Casting that knows the base's categories.
trait CastLike {
    fn cast_like(&self, base: &Column) -> Result<Column>;
}

impl CastLike for Column {
    fn cast_like(&self, base: &Column) -> Result<Column> {
        let Some(categories) = base.categories() else {
            // Rows that are not taken may not fit: they are as good as missing.
            return match self.cast(base.dtype()) {
                Ok(cast) => Ok(cast),
                Err(_) => Ok(self.clone()),
            };
        };
        let own = self.decategorized();
        let joint = factorize_pair(categories, &own, Missing::Drop)?;
        let codes = joint.codes[categories.len()..].iter().map(|&code| {
            let first = usize::try_from(code).ok().map(|code| joint.firsts[code]);
            first.filter(|&row| row < categories.len()).map_or(-1, |row| row as i32)
        });
        Ok(Column::category(codes.collect(), categories.clone(), base.is_ordered())?)
    }
}

/// The bits of a boolean condition over the labels of `index`; labels it does not have are false.
fn condition(cond: &Series, index: &crate::index::Index) -> Result<Bitmap> {
    let aligned = match reindexer(&cond.index, index)? {
        None => cond.values.clone(),
        Some(positions) => cond.values.reindex(&positions)?,
    };
    bits(&aligned)
}

fn bits(values: &Column) -> Result<Bitmap> {
    if let Some(bits) = values.as_bool() {
        return Ok(values.validity().map_or_else(|| bits.clone(), |valid| bits.and(valid)));
    }
    match values.as_object() {
        Some(scalars)
            if scalars.iter().all(|scalar| scalar.is_missing() || matches!(scalar, Scalar::Bool(_))) =>
        {
            Ok(scalars.iter().map(|scalar| *scalar == Scalar::Bool(true)).collect())
        }
        _ => Err(Error::type_(format!("Boolean array expected for the condition, not {}", values.dtype()))),
    }
}

/// What stands where a condition does not hold.
#[derive(Clone, Debug)]
pub enum Other {
    /// One value everywhere.
    Scalar(Scalar),
    /// The value of the same label.
    Series(Box<Series>),
}

impl Other {
    fn column(&self, index: &crate::index::Index) -> Result<Column> {
        match self {
            Self::Scalar(value) => Ok(Column::repeat(value, index.len())),
            Self::Series(series) => match reindexer(&series.index, index)? {
                None => Ok(series.values.clone()),
                Some(positions) => Ok(series.values.reindex(&positions)?),
            },
        }
    }
}

/// Values to look for, and what stands for each.
fn replaced(column: &Column, pairs: &[(Scalar, Scalar)]) -> Result<Column> {
    let found = factorize(column, Missing::Keep);
    // The last matching pair counts for each distinct value; values never are replaced twice.
    let mut target: Vec<Option<usize>> = vec![None; found.count()];
    for (code, &row) in found.firsts.iter().enumerate() {
        let Some(value) = column.get(row) else { continue };
        let matches = |from: &Scalar| match (from.is_missing(), value.is_missing()) {
            (true, true) => true,
            (false, false) => {
                // A boolean column holds no numbers, and a number column no booleans.
                matches!(from, Scalar::Bool(_)) == matches!(value, Scalar::Bool(_))
                    && from.key() == value.key()
            }
            _ => false,
        };
        target[code] = pairs.iter().position(|(from, _)| matches(from));
    }
    if target.iter().all(Option::is_none) {
        return Ok(column.clone());
    }
    let mut result = column.clone();
    for (place, (_, to)) in pairs.iter().enumerate() {
        if !target.contains(&Some(place)) {
            continue;
        }
        let hit = |code: i64| usize::try_from(code).is_ok_and(|code| target[code] == Some(place));
        let keep = Bitmap::from_fn(column.len(), |row| !hit(found.codes[row]));
        result = choose(&result, &Column::repeat(to, column.len()), &keep)?;
    }
    Ok(result)
}

/// Which ends of an interval belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Inclusive {
    /// Both.
    #[default]
    Both,
    /// Neither.
    Neither,
    /// The left one.
    Left,
    /// The right one.
    Right,
}

impl Inclusive {
    /// Reads pandas' word.
    ///
    /// # Errors
    /// `ValueError` for another word.
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "both" => Ok(Self::Both),
            "neither" => Ok(Self::Neither),
            "left" => Ok(Self::Left),
            "right" => Ok(Self::Right),
            _ => {
                let message = "Inclusive has to be either string of 'both','left', 'right', or 'neither'.";
                Err(Error::value(message))
            }
        }
    }
}

impl Series {
    /// The values where `cond`, aligned by label, is true, else `other`.
    ///
    /// # Errors
    /// `TypeError` for a condition that is not boolean or a category that is not there.
    pub fn where_(&self, cond: &Self, other: &Other) -> Result<Self> {
        let keep = condition(cond, &self.index)?;
        Ok(self.with_values(choose(&self.values, &other.column(&self.index)?, &keep)?))
    }

    /// The values where `cond` is false, else `other`.
    ///
    /// # Errors
    /// As [`Series::where_`].
    pub fn mask(&self, cond: &Self, other: &Other) -> Result<Self> {
        // A label without a condition is replaced, as in `where`: negating comes before aligning.
        let negated = Column::from(condition(cond, &cond.index)?.negated());
        let keep = condition(&cond.with_values(negated), &self.index)?;
        Ok(self.with_values(choose(&self.values, &other.column(&self.index)?, &keep)?))
    }

    /// Values exchanged by pairs of old and new; the dtype widens only where a new value does not fit.
    ///
    /// # Errors
    /// `TypeError` for a category that is not there.
    pub fn replace(&self, pairs: &[(Scalar, Scalar)]) -> Result<Self> {
        Ok(self.with_values(replaced(&self.values, pairs)?))
    }

    /// Each value looked up in a table; values that are not in it become missing. The dtype is inferred.
    ///
    /// # Errors
    /// None that a series in order can give.
    pub fn map(&self, pairs: &[(Scalar, Scalar)]) -> Result<Self> {
        let found = factorize(&self.values, Missing::Keep);
        let table = Column::infer(pairs.iter().map(|(_, to)| to.clone()).collect());
        let place = |row: &usize| {
            let value = self.values.get(*row).unwrap_or(Scalar::None);
            pairs.iter().rposition(|(from, _)| from.key() == value.key()).map_or(-1, |place| place as i64)
        };
        let places: Vec<i64> = found.firsts.iter().map(place).collect();
        let rows: Vec<i64> = found.codes.iter().map(|&code| places[code as usize]).collect();
        if pairs.is_empty() {
            return Ok(self.with_values(Column::missing(DType::FLOAT64, self.len())));
        }
        Ok(self.with_values(table.reindex(&rows)?))
    }

    /// Whether each value is one of `values`; a missing value is one if a missing one is among them.
    ///
    /// # Errors
    /// None that a series in order can give.
    pub fn isin(&self, values: &[Scalar]) -> Result<Self> {
        if values.is_empty() {
            return Ok(self.with_values(Column::from(Bitmap::filled(false, self.len()))));
        }
        let wanted = Column::infer(values.to_vec());
        let own = self.values.decategorized();
        let joint = factorize_pair(&own, &wanted, Missing::Keep)?;
        let mut among = vec![false; joint.count()];
        joint.codes[self.len()..].iter().for_each(|&code| among[code as usize] = true);
        let bits = Bitmap::from_fn(self.len(), |row| among[joint.codes[row] as usize]);
        Ok(self.with_values(Column::from(bits)))
    }

    /// Whether each value lies between two; missing values do not.
    ///
    /// # Errors
    /// `TypeError` for values without an order.
    pub fn between(&self, left: &Scalar, right: &Scalar, inclusive: Inclusive) -> Result<Self> {
        let low = match inclusive {
            Inclusive::Both | Inclusive::Left => Comparison::GreaterEqual,
            _ => Comparison::Greater,
        };
        let high = match inclusive {
            Inclusive::Both | Inclusive::Right => Comparison::LessEqual,
            _ => Comparison::Less,
        };
        let above = Column::compare(low, &self.values, left)?;
        let below = Column::compare(high, &self.values, right)?;
        Ok(self.with_values(Column::logic(column::Logic::And, &above, &below)?))
    }

    /// Values below `lower` raised to it and values above `upper` lowered to it; missing values stay.
    ///
    /// # Errors
    /// `TypeError` for values without an order.
    pub fn clip(&self, lower: Option<&Scalar>, upper: Option<&Scalar>) -> Result<Self> {
        Ok(self.with_values(clipped(&self.values, lower, upper)?))
    }
}

fn clipped(column: &Column, lower: Option<&Scalar>, upper: Option<&Scalar>) -> Result<Column> {
    let mut result = column.clone();
    for (bound, outside) in [(lower, Comparison::Less), (upper, Comparison::Greater)] {
        let Some(bound) = bound.filter(|bound| !bound.is_missing()) else { continue };
        let beyond = bits(&Column::compare(outside, &result, bound)?)?;
        result = choose(&result, &Column::repeat(bound, column.len()), &beyond.negated())?;
    }
    Ok(result)
}

impl Frame {
    /// The values where `cond`, aligned on both axes, is true, else `other`.
    ///
    /// # Errors
    /// As [`Series::where_`].
    pub fn where_(&self, cond: &Self, other: &Scalar) -> Result<Self> {
        let data = (0..self.data.len())
            .map(|place| {
                let label = self.columns.get(place).unwrap_or(Scalar::None);
                let keep = match cond.columns.find(&label) {
                    Some(_) => condition(&cond.column(label)?, &self.index)?,
                    None => Bitmap::filled(false, self.len()),
                };
                choose(&self.data[place], &Column::repeat(other, self.len()), &keep)
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Self { data, ..self.clone() })
    }

    /// Values exchanged in every column.
    ///
    /// # Errors
    /// As [`Series::replace`].
    pub fn replace(&self, pairs: &[(Scalar, Scalar)]) -> Result<Self> {
        self.map_columns(|column| replaced(column, pairs))
    }

    /// [`Series::clip`] of every column.
    ///
    /// # Errors
    /// As [`Series::clip`].
    pub fn clip(&self, lower: Option<&Scalar>, upper: Option<&Scalar>) -> Result<Self> {
        self.map_columns(|column| clipped(column, lower, upper))
    }
}
