//! Tensors: layout, aliasing, elements.

use super::{Category, Comparison, Rule};
use crate::json::canonical;
use crate::value::{Tensor, Tree, Value};
use std::collections::BTreeMap;

/// Which storages several tensors of a value share, and how those of the answer correspond to the expected ones. A
/// storage's name means nothing by itself: what counts is who shares it.
#[derive(Default)]
pub(super) struct Aliases {
    uses_expected: BTreeMap<String, usize>,
    uses_found: BTreeMap<String, usize>,
    pairs: BTreeMap<String, String>,
    pairs_back: BTreeMap<String, String>,
}

impl Aliases {
    pub(super) fn of(expected: &Value, found: &Value) -> Self {
        let mut aliases = Aliases::default();
        count(expected, &mut aliases.uses_expected);
        count(found, &mut aliases.uses_found);
        aliases
    }

    /// The name of a storage that more than one tensor uses.
    fn shared<'t>(uses: &BTreeMap<String, usize>, tensor: &'t Tensor) -> Option<&'t str> {
        tensor.storage().filter(|name| uses.get(*name).is_some_and(|uses| *uses > 1))
    }

    /// Whether the two tensors stand in corresponding storages.
    fn correspond(&mut self, expected: &Tensor, found: &Tensor) -> bool {
        match (Aliases::shared(&self.uses_expected, expected), Aliases::shared(&self.uses_found, found)) {
            (None, None) => true,
            (Some(a), Some(b)) => {
                let forth = self.pairs.entry(a.to_string()).or_insert_with(|| b.to_string());
                let back = self.pairs_back.entry(b.to_string()).or_insert_with(|| a.to_string());
                forth == b && back == a
            }
            _ => false,
        }
    }
}

fn count(value: &Value, uses: &mut BTreeMap<String, usize>) {
    match value {
        Value::Tensor(tensor) => {
            if let Some(name) = tensor.storage() {
                *uses.entry(name.to_string()).or_default() += 1;
            }
        }
        Value::Tree(Tree::Items(items)) => items.iter().for_each(|item| count(item, uses)),
        Value::Tree(Tree::Entries(entries)) => entries.iter().for_each(|(_, value)| count(value, uses)),
        Value::Outcome(outcome) => outcome.outputs.values().for_each(|value| count(value, uses)),
        _ => {}
    }
}

impl Comparison<'_> {
    /// Dtype, shape and strides, and what else of a layout is defined; whether the elements correspond.
    pub(super) fn tensor_forms(&mut self, at: &str, expected: &Tensor, found: &Tensor) -> bool {
        self.texts(Category::Dtype, at, expected.dtype(), found.dtype());
        if expected.shape() != found.shape() {
            let (expected, found) = (format!("{:?}", expected.shape()), format!("{:?}", found.shape()));
            self.critical(Category::Shape, at, expected, found);
            return false;
        }
        if expected.strides() != found.strides() {
            let (expected, found) = (format!("{:?}", expected.strides()), format!("{:?}", found.strides()));
            self.critical(Category::Layout, &format!("{at} strides"), expected, found);
        }
        if *self.rule != Rule::Undefined {
            let (a, b) = (expected.offset() as u64, found.offset() as u64);
            self.counts(Category::Layout, &format!("{at} offset"), a, b);
        }
        if !self.aliases.correspond(expected, found) {
            let show = |uses: &BTreeMap<String, usize>, tensor: &Tensor| match Aliases::shared(uses, tensor) {
                Some(name) => format!("storage {name:?}, shared by {}", uses.get(name).copied().unwrap_or(0)),
                None => "a storage of its own".to_string(),
            };
            let a = show(&self.aliases.uses_expected, expected);
            let b = show(&self.aliases.uses_found, found);
            self.critical(Category::Layout, &format!("{at} aliasing"), a, b);
        }
        if expected.requires_grad() != found.requires_grad() {
            let (expected, found) = (expected.requires_grad().to_string(), found.requires_grad().to_string());
            self.critical(Category::Gradient, &format!("{at} requires_grad"), expected, found);
        }
        expected.dtype() == found.dtype()
    }

    pub(super) fn tensors(&mut self, at: &str, expected: &Tensor, found: &Tensor) {
        if !self.tensor_forms(at, expected, found) {
            return;
        }
        if *self.rule == Rule::Sets {
            self.reordered(at, &[&expected.flattened()], &[&found.flattened()]);
            return;
        }
        let dtype = expected.storage_values().dtype();
        for (element, (a, b)) in expected.elements().zip(found.elements()).enumerate() {
            if let Some((category, level)) =
                self.cell_drift(dtype, a, b).filter(|(c, l)| !self.is_full(*c, *l))
            {
                let location = format!("{at}{:?} ({dtype})", coordinates(element, expected.shape()));
                let (expected, found) = (canonical(&a.write(dtype)), canonical(&b.write(dtype)));
                self.drift(category, level, &location, expected, found);
            }
        }
    }
}

fn coordinates(element: usize, shape: &[usize]) -> Vec<usize> {
    let mut rest = element;
    let mut coordinates: Vec<usize> = Vec::with_capacity(shape.len());
    for size in shape.iter().rev() {
        coordinates.push(rest % size);
        rest /= size;
    }
    coordinates.reverse();
    coordinates
}
