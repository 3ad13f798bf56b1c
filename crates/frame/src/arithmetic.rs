//! Operators: arithmetic, comparison and logic, aligned by label.

use column::{Arithmetic, Column, Comparison, Logic, Scalar};

use crate::alignment::{Alignment, Join};
use crate::error::{Error, Result};
use crate::frame::Frame;
use crate::index::Index;
use crate::replace::Other;
use crate::series::Series;

/// The right side of an operator on a series.
#[derive(Clone, Copy, Debug)]
pub enum Rhs<'a> {
    /// One value for every row.
    Scalar(&'a Scalar),
    /// A series, aligned by label.
    Series(&'a Series),
}

impl<'a> From<&'a Scalar> for Rhs<'a> {
    fn from(scalar: &'a Scalar) -> Self {
        Self::Scalar(scalar)
    }
}

impl<'a> From<&'a Series> for Rhs<'a> {
    fn from(series: &'a Series) -> Self {
        Self::Series(series)
    }
}

/// The right side of an operator on a frame.
#[derive(Clone, Copy, Debug)]
pub enum FrameRhs<'a> {
    /// One value for every cell.
    Scalar(&'a Scalar),
    /// A series whose labels are matched with the columns.
    Series(&'a Series),
    /// A frame, aligned on both axes.
    Frame(&'a Frame),
}

/// A name both sides have.
fn common_name(left: &Series, right: &Series) -> Scalar {
    if left.name == right.name { left.name.clone() } else { Scalar::None }
}

impl Series {
    /// Both sides in the rows of their outer alignment. pandas makes a new series of a side whose rows move, and infers
    /// its dtype.
    fn aligned(&self, other: &Self) -> Result<(Column, Column, Index)> {
        let plan = Alignment::plan(&self.index, &other.index, Join::Outer)?;
        let side = |rows: Option<&Vec<i64>>, values: &Column| {
            let moved = Alignment::apply(rows, values)?;
            Ok::<_, Error>(if rows.is_some() { moved.without_plain_objects() } else { moved })
        };
        let left = side(plan.left.as_ref(), &self.values)?;
        let right = side(plan.right.as_ref(), &other.values)?;
        Ok((left, right, plan.index))
    }

    /// `self op other`. Series are aligned: a label on one side only gives a missing value. The name stays if both
    /// have it.
    ///
    /// # Errors
    /// What the operation raises for the dtypes: `TypeError`, `OverflowError`, `ValueError`.
    pub fn arithmetic<'a>(&self, op: Arithmetic, other: impl Into<Rhs<'a>>) -> Result<Self> {
        match other.into() {
            Rhs::Scalar(scalar) => Ok(self.with_values(Column::arithmetic(op, &self.values, scalar)?)),
            Rhs::Series(other) => {
                let (left, right, index) = self.aligned(other)?;
                Self::new(Column::arithmetic(op, &left, &right)?, index, common_name(self, other))
            }
        }
    }

    /// `scalar op self`.
    ///
    /// # Errors
    /// As [`Series::arithmetic`].
    pub fn arithmetic_reflected(&self, op: Arithmetic, scalar: &Scalar) -> Result<Self> {
        Ok(self.with_values(Column::arithmetic(op, scalar, &self.values)?))
    }

    /// pandas' methods `add`, `sub` …: a value missing on one side only counts as `fill`, if there is one. Unlike under
    /// the operator, missing objects are not passed over.
    ///
    /// # Errors
    /// As [`Series::arithmetic`].
    pub fn arithmetic_filled(&self, op: Arithmetic, other: &Self, fill: Option<&Scalar>) -> Result<Self> {
        let (mut left, mut right, index) = self.aligned(other)?;
        if let Some(fill) = fill {
            // Rows missing on both sides stay as they are.
            let side = |own: &Column, partner: &Column| {
                let (own, partner) = (Self::from_column(own.clone()), Self::from_column(partner.clone()));
                own.mask(&own.isna().logic(Logic::And, &partner.notna())?, &Other::Scalar(fill.clone()))
            };
            (left, right) = (side(&left, &right)?.values, side(&right, &left)?.values);
        }
        Self::new(Column::arithmetic_of_all(op, &left, &right)?, index, common_name(self, other))
    }

    /// `self op other`, row by row; two series must have the same labels.
    ///
    /// # Errors
    /// `ValueError` for labels that differ; `TypeError` for values without an order.
    pub fn compare<'a>(&self, op: Comparison, other: impl Into<Rhs<'a>>) -> Result<Self> {
        match other.into() {
            Rhs::Scalar(scalar) => Ok(self.with_values(Column::compare(op, &self.values, scalar)?)),
            Rhs::Series(other) => {
                if !self.index.equals(&other.index) {
                    return Err(Error::value("Can only compare identically-labeled Series objects"));
                }
                let values = Column::compare(op, &self.values, &other.values)?;
                Self::new(values, self.index.clone(), common_name(self, other))
            }
        }
    }

    /// `self op other` on booleans (Kleene's logic where nullable); a label on one side only is false there.
    ///
    /// # Errors
    /// `TypeError` for other dtypes.
    pub fn logic<'a>(&self, op: Logic, other: impl Into<Rhs<'a>>) -> Result<Self> {
        match other.into() {
            Rhs::Scalar(scalar) => Ok(self.with_values(Column::logic(op, &self.values, scalar)?)),
            Rhs::Series(other) => {
                let (left, right, index) = self.aligned(other)?;
                Self::new(Column::logic(op, &left, &right)?, index, common_name(self, other))
            }
        }
    }

    /// `~self`.
    ///
    /// # Errors
    /// `TypeError` for anything but booleans and integers.
    pub fn invert(&self) -> Result<Self> {
        Ok(self.with_values(self.values.invert()?))
    }

    /// `-self`.
    ///
    /// # Errors
    /// `TypeError` for values that are no numbers.
    pub fn negate(&self) -> Result<Self> {
        Ok(self.with_values(self.values.negate()?))
    }

    /// Absolute values.
    ///
    /// # Errors
    /// `TypeError` for values that are no numbers.
    pub fn abs(&self) -> Result<Self> {
        Ok(self.with_values(self.values.abs()?))
    }

    /// Rounded half to even at `decimals` places.
    ///
    /// # Errors
    /// `TypeError` for values that are no numbers.
    pub fn round(&self, decimals: i32) -> Result<Self> {
        Ok(self.with_values(self.values.round(decimals)?))
    }
}

impl Frame {
    /// Every number rounded half to even at `decimals` places; other columns stay.
    ///
    /// # Errors
    /// None that a frame in order can give.
    pub fn round(&self, decimals: i32) -> Result<Self> {
        self.map_columns(|column| match column.dtype().is_numeric() {
            true => Ok(column.round(decimals)?),
            false => Ok(column.clone()),
        })
    }

    /// `self op other`. Frames are aligned on both axes, a series with the columns; labels on one side only give
    /// missing values.
    ///
    /// # Errors
    /// As [`Series::arithmetic`].
    pub fn arithmetic(&self, op: Arithmetic, other: FrameRhs<'_>) -> Result<Self> {
        self.cellwise(other, |left, right| Ok(Column::arithmetic(op, left, right)?))
    }

    /// `self op other` on booleans, aligned as [`Frame::arithmetic`].
    ///
    /// # Errors
    /// `TypeError` for other dtypes.
    pub fn logic(&self, op: Logic, other: FrameRhs<'_>) -> Result<Self> {
        self.cellwise(other, |left, right| Ok(Column::logic(op, left, right)?))
    }

    /// `self op other`, cell by cell; two frames must have the same labels.
    ///
    /// # Errors
    /// `ValueError` for labels that differ; `TypeError` for values without an order.
    pub fn compare(&self, op: Comparison, other: FrameRhs<'_>) -> Result<Self> {
        if let FrameRhs::Frame(other) = other
            && !(self.index.equals(&other.index) && self.columns.equals(&other.columns))
        {
            return Err(Error::value(
                "Can only compare identically-labeled (both index and columns) DataFrame objects",
            ));
        }
        self.cellwise(other, |left, right| Ok(Column::compare(op, left, right)?))
    }

    fn cellwise(
        &self,
        other: FrameRhs<'_>,
        op: impl Fn(&Column, column::Operand<'_>) -> Result<Column> + Sync,
    ) -> Result<Self> {
        match other {
            FrameRhs::Scalar(scalar) => self.map_columns(|column| op(column, scalar.into())),
            FrameRhs::Series(series) => {
                let plan = Alignment::plan(&self.columns, &series.index, Join::Outer)?;
                let values = Alignment::apply(plan.right.as_ref(), &series.values)?;
                let data = self.spread(plan.left.as_ref(), plan.index.len())?;
                let cells = data
                    .iter()
                    .enumerate()
                    .map(|(place, column)| op(column, (&values.get(place).unwrap_or(Scalar::NAN)).into()));
                Self::new(plan.index, cells.collect::<Result<Vec<_>>>()?, self.index.clone())
            }
            FrameRhs::Frame(other) => {
                let columns = Alignment::plan(&self.columns, &other.columns, Join::Outer)?;
                let rows = Alignment::plan(&self.index, &other.index, Join::Outer)?;
                let left = self.spread(columns.left.as_ref(), columns.index.len())?;
                let right = other.spread(columns.right.as_ref(), columns.index.len())?;
                let cells = left.iter().zip(&right).map(|(left, right)| {
                    let left = Alignment::apply(rows.left.as_ref(), left)?;
                    let right = Alignment::apply(rows.right.as_ref(), right)?;
                    op(&left, (&right).into())
                });
                Self::new(columns.index, cells.collect::<Result<Vec<_>>>()?, rows.index)
            }
        }
    }

    /// The columns at aligned places; a column that is not there is missing in every row.
    fn spread(&self, places: Option<&Vec<i64>>, count: usize) -> Result<Vec<Column>> {
        let Some(places) = places else { return Ok(self.data.clone()) };
        debug_assert_eq!(places.len(), count);
        let absent = || Column::missing(column::DType::FLOAT64, self.len());
        let at = |&place: &i64| usize::try_from(place).ok().and_then(|place| self.data.get(place)).cloned();
        Ok(places.iter().map(|place| at(place).unwrap_or_else(absent)).collect())
    }
}
