//! Changing the categories of a `category` column.

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use crate::build::check_categories;
use crate::column::Column;
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Result};
use crate::scalar::{Key, Scalar};
use crate::sort::try_sort_by;

type Places = HashMap<Key, i32, foldhash::fast::FixedState>;

/// Position of each category by its key.
fn places(categories: &Column) -> Places {
    categories.iter().zip(0..).map(|(category, code)| (category.key(), code)).collect()
}

/// Python's `repr` of a set of labels, in the order they came.
fn set_text(labels: &[Scalar]) -> String {
    let items: Vec<String> = labels.iter().map(Scalar::repr).collect();
    format!("{{{}}}", items.join(", "))
}

impl Column {
    /// Codes, categories and order of a `category` column.
    fn expect_category(&self) -> Result<(&[i32], &Arc<Column>, bool)> {
        match self.as_category() {
            Some(category) => Ok((&category.codes, &category.categories, category.ordered)),
            None => {
                Err(Error::new(ErrorKind::Attribute, "Can only use .cat accessor with a 'category' dtype"))
            }
        }
    }

    /// The column as `category` over given categories; values that are none of them become missing. A `category` column
    /// keeps its values, whatever its codes were.
    ///
    /// # Errors
    /// `ValueError` with pandas' text for categories that repeat or are missing.
    pub fn categorize_as(&self, categories: Self, ordered: bool) -> Result<Self> {
        check_categories(&categories)?;
        let places = places(&categories);
        let code = |scalar: &Scalar| match scalar.is_missing() {
            true => -1,
            false => places.get(&scalar.key()).copied().unwrap_or(-1),
        };
        let codes = match self.as_category() {
            Some(old) => {
                let renamed: Vec<i32> = old.categories.iter().map(|category| code(&category)).collect();
                let moved = |&code: &i32| {
                    usize::try_from(code).ok().and_then(|code| renamed.get(code).copied()).unwrap_or(-1)
                };
                old.codes.iter().map(moved).collect()
            }
            None => {
                // A value is looked up once, however often it stands in the column.
                let distinct = self.factorize(false);
                let found: Vec<i32> = distinct
                    .first_rows
                    .iter()
                    .map(|&row| self.get(row).map_or(-1, |scalar| code(&scalar)))
                    .collect();
                let at = |&code: &i64| {
                    usize::try_from(code).ok().and_then(|code| found.get(code).copied()).unwrap_or(-1)
                };
                distinct.codes.iter().map(at).collect()
            }
        };
        Ok(Self::with_category(codes, Arc::new(categories), ordered))
    }

    /// The same categories with or without an order.
    ///
    /// # Errors
    /// `AttributeError` for other dtypes.
    pub fn with_order(&self, ordered: bool) -> Result<Self> {
        let (codes, categories, _) = self.expect_category()?;
        Ok(Self::with_category(codes.to_vec(), Arc::clone(categories), ordered))
    }

    /// The same rows under new names for the categories, position by position; rows whose category has no new name become
    /// missing.
    ///
    /// # Errors
    /// `ValueError` with pandas' text for names that repeat or are missing; `AttributeError` for other dtypes.
    pub fn rename_categories(&self, names: Self, keep_count: bool) -> Result<Self> {
        let (codes, categories, ordered) = self.expect_category()?;
        if keep_count && names.len() != categories.len() {
            return Err(Error::value_error(
                "new categories need to have the same number of items as the old categories!",
            ));
        }
        check_categories(&names)?;
        let bound = i32::try_from(names.len()).unwrap_or(i32::MAX);
        let codes = codes.iter().map(|&code| if code < bound { code } else { -1 }).collect();
        Ok(Self::with_category(codes, Arc::new(names), ordered))
    }

    /// Categories added behind the others.
    ///
    /// # Errors
    /// `ValueError` with pandas' text for one that is there already; `AttributeError` for other dtypes.
    pub fn add_categories(&self, new: &Self) -> Result<Self> {
        let (codes, categories, ordered) = self.expect_category()?;
        let known = places(categories);
        let again: Vec<Scalar> = new.iter().filter(|label| known.contains_key(&label.key())).collect();
        if !again.is_empty() {
            return Err(Error::value_error(format!(
                "new categories must not include old categories: {}",
                set_text(&again)
            )));
        }
        let joined = match categories.dtype() == new.dtype() || categories.is_empty() || new.is_empty() {
            true if categories.is_empty() => new.clone(),
            true => Self::concat(&[categories, new])?,
            false => Self::infer(categories.iter().chain(new.iter()).collect()),
        };
        check_categories(&joined)?;
        Ok(Self::with_category(codes.to_vec(), Arc::new(joined), ordered))
    }

    /// Without some categories; their rows become missing.
    ///
    /// # Errors
    /// `ValueError` with pandas' text for one that is not there; `AttributeError` for other dtypes.
    pub fn remove_categories(&self, labels: &Self) -> Result<Self> {
        let (_, categories, ordered) = self.expect_category()?;
        let known = places(categories);
        let removed: Vec<Scalar> = labels.iter().filter(|label| !label.is_missing()).collect();
        let strange: Vec<Scalar> =
            removed.iter().filter(|label| !known.contains_key(&label.key())).cloned().collect();
        if !strange.is_empty() {
            return Err(Error::value_error(format!(
                "removals must all be in old categories: {}",
                set_text(&strange)
            )));
        }
        let gone: HashSet<Key, foldhash::fast::FixedState> = removed.iter().map(Scalar::key).collect();
        let rows: Vec<usize> = categories
            .iter()
            .enumerate()
            .filter(|(_, category)| !gone.contains(&category.key()))
            .map(|(row, _)| row)
            .collect();
        self.categorize_as(categories.take(&rows)?, ordered)
    }

    /// Without the categories that no row has.
    ///
    /// # Errors
    /// `AttributeError` for other dtypes.
    pub fn remove_unused_categories(&self) -> Result<Self> {
        let (codes, categories, ordered) = self.expect_category()?;
        let mut used = vec![false; categories.len()];
        for &code in codes {
            if let Some(used) = usize::try_from(code).ok().and_then(|code| used.get_mut(code)) {
                *used = true;
            }
        }
        let rows: Vec<usize> =
            used.iter().enumerate().filter(|(_, used)| **used).map(|(row, _)| row).collect();
        self.categorize_as(categories.take(&rows)?, ordered)
    }

    /// The same categories in another order.
    ///
    /// # Errors
    /// `ValueError` with pandas' text where they are not the same; `AttributeError` for other dtypes.
    pub fn reorder_categories(&self, categories: Self, ordered: Option<bool>) -> Result<Self> {
        let (_, old, was_ordered) = self.expect_category()?;
        let known = places(old);
        let same = old.len() == categories.len()
            && categories.iter().all(|category| known.contains_key(&category.key()));
        if !same {
            return Err(Error::value_error("items in new_categories are not the same as in old categories"));
        }
        self.categorize_as(categories, ordered.unwrap_or(was_ordered))
    }

    /// pandas' `union_categoricals`: the rows of all columns over the categories of all.
    ///
    /// # Errors
    /// `ValueError` for no columns; `TypeError` with pandas' text for categories of different dtypes, and for ordered ones
    /// that differ.
    pub fn union_categories(columns: &[&Self], sort: bool, ignore_order: bool) -> Result<Self> {
        let Some((first, others)) = columns.split_first() else {
            return Err(Error::value_error("No Categoricals to union"));
        };
        let (_, categories, ordered) = first.expect_category()?;
        let parts = others.iter().map(|column| column.expect_category()).collect::<Result<Vec<_>>>()?;
        if parts.iter().any(|(_, other, _)| other.dtype() != categories.dtype()) {
            return Err(Error::type_error("dtype of categories must be the same"));
        }
        let keys = |column: &Self| column.iter().map(|category| category.key()).collect::<Vec<_>>();
        let own = keys(categories);
        let same_order = parts.iter().all(|(_, other, _)| keys(other) == own);
        if !ignore_order {
            if parts.iter().any(|(.., other)| *other != ordered) {
                return Err(Error::type_error("Categorical.ordered must be the same"));
            }
            if ordered && !same_order {
                return Err(Error::type_error(
                    "to union ordered Categoricals, all categories must be the same",
                ));
            }
        }
        if ordered && sort && !ignore_order {
            return Err(Error::type_error("Cannot use sort_categories=True with ordered Categoricals"));
        }
        let all: Vec<&Self> =
            std::iter::once(&**categories).chain(parts.iter().map(|(_, other, _)| &***other)).collect();
        let mut union = Self::concat(&all)?.unique();
        if sort {
            let mut rows: Vec<usize> = (0..union.len()).collect();
            try_sort_by(&mut rows, |a, b| union.compare_rows(a, b))?;
            union = union.take(&rows)?;
        }
        let recoded = columns
            .iter()
            .map(|column| column.categorize_as(union.clone(), false))
            .collect::<Result<Vec<_>>>()?;
        let codes = recoded.iter().filter_map(Self::codes).flatten().copied().collect();
        Ok(Self::with_category(codes, Arc::new(union), ordered && !ignore_order))
    }

    /// The integer type in which pandas keeps the codes: as narrow as the number of categories allows.
    ///
    /// # Errors
    /// `AttributeError` for other dtypes.
    pub fn codes_column(&self) -> Result<Self> {
        let (codes, categories, _) = self.expect_category()?;
        let dtype = match categories.len() {
            0..=127 => DType::INT8,
            128..=32_767 => DType::INT16,
            _ => DType::INT32,
        };
        Self::from(codes.to_vec()).cast(dtype)
    }
}
