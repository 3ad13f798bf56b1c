//! Cells of one dtype.

use super::dtype::{Dtype, Kind};
use super::{Cell, Misfit};

/// A column: `{"kind":"column","dtype":D,"values":[cell...]}`; a category adds `"categories":column,"ordered":bool`,
/// and its values are codes or `null`. Every cell fits the dtype, every code names a category.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    dtype: Dtype,
    values: Vec<Cell>,
    categories: Option<Categories>,
}

/// What a category's codes name.
#[derive(Clone, Debug, PartialEq)]
pub struct Categories {
    /// The categories by code. No category's column is itself one of categories.
    pub values: Box<Column>,
    /// Whether their order means something.
    pub ordered: bool,
}

impl Column {
    /// A column of any dtype but `category`. A cell that does not fit is named by its position.
    pub fn new(dtype: &str, values: Vec<Cell>) -> Result<Self, Misfit> {
        let dtype = known(dtype)?;
        if dtype.kind() == Kind::Category {
            return Err(Misfit::new("dtype", "a dtype without categories", "category"));
        }
        Column::of(dtype, values)
    }

    /// A column of codes into `categories`; [`Cell::Missing`] for none.
    pub fn category(codes: Vec<Cell>, categories: Column, ordered: bool) -> Result<Self, Misfit> {
        if categories.categories.is_some() {
            return Err(Misfit::new("categories", "a column without categories", "category"));
        }
        let count = categories.len() as i128;
        let beyond = codes.iter().position(|code| matches!(code, Cell::Integer(code) if *code >= count));
        if let Some(position) = beyond {
            return Err(Misfit::new(
                format!("values/{position}"),
                format!("a code below {count}"),
                format!("{:?}", codes[position]),
            ));
        }
        let mut column = Column::of(known("category")?, codes)?;
        column.categories = Some(Categories { values: Box::new(categories), ordered });
        Ok(column)
    }

    pub(super) fn of(dtype: Dtype, values: Vec<Cell>) -> Result<Self, Misfit> {
        let mut fitted = Vec::with_capacity(values.len());
        for (position, cell) in values.into_iter().enumerate() {
            fitted.push(cell.fit(&dtype).map_err(|cell| {
                Misfit::new(format!("values/{position}"), format!("a cell of {dtype}"), format!("{cell:?}"))
            })?);
        }
        Ok(Column { dtype, values: fitted, categories: None })
    }

    /// The same without a second look: for cells that [`Cell::read`] fitted.
    pub(super) fn fitted(dtype: Dtype, values: Vec<Cell>) -> Self {
        Column { dtype, values, categories: None }
    }

    /// The dtype.
    pub fn dtype(&self) -> &Dtype {
        &self.dtype
    }

    /// The cells; codes for a category.
    pub fn values(&self) -> &[Cell] {
        &self.values
    }

    /// The categories of a category.
    pub fn categories(&self) -> Option<&Categories> {
        self.categories.as_ref()
    }

    /// How many cells.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The cells at these positions, in this order, with the same dtype and categories. Positions beyond the end are
    /// left out.
    pub fn take(&self, positions: &[usize]) -> Column {
        let values = positions.iter().filter_map(|p| self.values.get(*p).cloned()).collect();
        Column { dtype: self.dtype.clone(), values, categories: self.categories.clone() }
    }
}

/// A scalar: `{"kind":"scalar","dtype":D,"value":cell}`. Python's own scalars have the dtypes `int`, `float`, `bool`,
/// `str` and `NoneType`. A category's scalar has the dtype of its categories.
#[derive(Clone, Debug, PartialEq)]
pub struct Scalar {
    dtype: Dtype,
    value: Cell,
}

impl Scalar {
    /// A scalar of any dtype but `category`.
    pub fn new(dtype: &str, value: Cell) -> Result<Self, Misfit> {
        let dtype = known(dtype)?;
        if dtype.kind() == Kind::Category {
            return Err(Misfit::new("dtype", "the dtype of the categories", "category"));
        }
        match value.fit(&dtype) {
            Ok(value) => Ok(Scalar { dtype, value }),
            Err(value) => Err(Misfit::new("value", format!("a cell of {dtype}"), format!("{value:?}"))),
        }
    }

    pub(super) fn fitted(dtype: Dtype, value: Cell) -> Self {
        Scalar { dtype, value }
    }

    /// The dtype.
    pub fn dtype(&self) -> &Dtype {
        &self.dtype
    }

    /// The cell.
    pub fn value(&self) -> &Cell {
        &self.value
    }
}

pub(super) fn known(dtype: &str) -> Result<Dtype, Misfit> {
    Dtype::parse(dtype)
        .ok_or_else(|| Misfit::new("dtype", format!("one of {}", Dtype::KNOWN), format!("{dtype:?}")))
}
