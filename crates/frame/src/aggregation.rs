//! The reductions of groups, by name, and their options.

use column::Interpolation;

use crate::error::{Error, ErrorKind, Result};

/// A reduction of a group to one value, by pandas' name.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Aggregation {
    /// `sum`: missing values count as nothing, strings are joined.
    Sum,
    /// `prod`
    Prod,
    /// `mean`
    Mean,
    /// `median`
    Median,
    /// `var` with one degree of freedom taken off
    Var,
    /// `std` with one degree of freedom taken off
    Std,
    /// `sem`: standard error of the mean
    Sem,
    /// `skew`: third standardised moment, unbiased
    Skew,
    /// `kurt`: fourth standardised moment less that of a normal distribution, unbiased
    Kurt,
    /// `min`
    Min,
    /// `max`
    Max,
    /// `first` value that is not missing
    First,
    /// `last` value that is not missing
    Last,
    /// `count` of values that are not missing
    Count,
    /// `size`: count of rows
    Size,
    /// `nunique`: count of different values
    Nunique,
    /// `any`
    Any,
    /// `all`
    All,
    /// `quantile`, linear between two values
    Quantile(f64),
}

impl Aggregation {
    /// Reads pandas' name of an aggregation.
    ///
    /// # Errors
    /// `AttributeError` as pandas gives it for a name that is none.
    pub fn parse(name: &str) -> Result<Self> {
        Ok(match name {
            "sum" => Self::Sum,
            "prod" => Self::Prod,
            "mean" => Self::Mean,
            "median" => Self::Median,
            "var" => Self::Var,
            "std" => Self::Std,
            "sem" => Self::Sem,
            "skew" => Self::Skew,
            "kurt" => Self::Kurt,
            "min" => Self::Min,
            "max" => Self::Max,
            "first" => Self::First,
            "last" => Self::Last,
            "count" => Self::Count,
            "size" => Self::Size,
            "nunique" => Self::Nunique,
            "any" => Self::Any,
            "all" => Self::All,
            "quantile" => Self::Quantile(0.5),
            other => {
                let message = format!("'SeriesGroupBy' object has no attribute '{other}'");
                return Err(Error::new(ErrorKind::AttributeError, message));
            }
        })
    }

    /// pandas' name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Prod => "prod",
            Self::Mean => "mean",
            Self::Median => "median",
            Self::Var => "var",
            Self::Std => "std",
            Self::Sem => "sem",
            Self::Skew => "skew",
            Self::Kurt => "kurt",
            Self::Min => "min",
            Self::Max => "max",
            Self::First => "first",
            Self::Last => "last",
            Self::Count => "count",
            Self::Size => "size",
            Self::Nunique => "nunique",
            Self::Any => "any",
            Self::All => "all",
            Self::Quantile(_) => "quantile",
        }
    }
}

/// Options of a reduction of groups, with pandas' names and defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupReduce {
    /// A group of fewer values is missing.
    pub min_count: i64,
    /// Degrees of freedom taken off a variance.
    pub ddof: usize,
    /// Whether missing values are passed over; else one makes its group missing.
    pub skipna: bool,
    /// Whether missing values are left out of the count of different ones.
    pub dropna: bool,
    /// Between which values a quantile lies.
    pub interpolation: Interpolation,
}

impl Default for GroupReduce {
    fn default() -> Self {
        Self { min_count: -1, ddof: 1, skipna: true, dropna: true, interpolation: Interpolation::Linear }
    }
}
