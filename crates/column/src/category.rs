//! Making and changing categories.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::column::Column;
use crate::error::Result;
use crate::scalar::{Key, Scalar};
use crate::sort::try_sort_by;

impl Column {
    /// The column as `category`: its distinct values, sorted where they can be compared (else in
    /// order of appearance), are the categories.
    ///
    /// # Errors
    /// None for the dtypes that exist now; the type leaves room for unhashable values.
    pub fn categorize(&self, ordered: bool) -> Result<Self> {
        if let Some(category) = self.as_category() {
            return Ok(Self::with_category(
                category.codes.to_vec(),
                Arc::clone(&category.categories),
                ordered,
            ));
        }
        let (codes, uniques) = self.first_seen();
        let mut order: Vec<usize> = (0..uniques.len()).collect();
        let by_value = |a: usize, b: usize| uniques[a].1.compare(&uniques[b].1).ok_or(());
        if try_sort_by(&mut order, by_value).is_err() {
            order = (0..uniques.len()).collect();
        }
        let mut new_code = vec![0i32; order.len()];
        order.iter().enumerate().for_each(|(new, &old)| new_code[old] = new as i32);
        let codes =
            codes.into_iter().map(|code| usize::try_from(code).map_or(-1, |code| new_code[code])).collect();
        let rows: Vec<usize> = order.iter().map(|&unique| uniques[unique].0).collect();
        let mut categories = self.take(&rows)?;
        if categories.dtype() == crate::DType::Object {
            categories = Self::infer(categories.iter().collect());
        }
        Ok(Self::with_category(codes, Arc::new(categories), ordered))
    }

    /// Codes by first appearance (−1 missing), and for each distinct value its first row.
    fn first_seen(&self) -> (Vec<i32>, Vec<(usize, Scalar)>) {
        let mut table: HashMap<Key, i32, foldhash::fast::FixedState> = HashMap::default();
        let mut uniques = Vec::new();
        let codes = self
            .iter()
            .enumerate()
            .map(|(row, scalar)| match scalar.is_missing() {
                true => -1,
                false => *table.entry(scalar.key()).or_insert_with(|| {
                    uniques.push((row, scalar));
                    uniques.len() as i32 - 1
                }),
            })
            .collect();
        (codes, uniques)
    }
}
