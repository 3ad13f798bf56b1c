//! Einstein's summation: products of tensors summed over labelled dimensions.

use tensor::{Args, Error, Result};

use super::one;
use super::product::tensordot;
use super::terms::diagonal;
use crate::composite::Composite;
use crate::variable::Variable;

const OPERATOR: &str = "einsum";

/// Names a dimension: a letter, or one of those that an ellipsis covers, counted from the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Label {
    Covered(std::cmp::Reverse<usize>),
    Letter(char),
}

fn refuse<T>(text: String) -> Result<T> {
    Err(Error::runtime(OPERATOR, text))
}

/// The labels of one operand with `dim` dimensions, or of the result with the widest ellipsis.
fn labels(text: &str, dim: Option<usize>, covered: usize) -> Result<Vec<Label>> {
    let text: String = text.chars().filter(|c| *c != ' ').collect();
    let (before, after) = text.split_once("...").map_or((text.as_str(), None), |(b, a)| (b, Some(a)));
    let letters = before.chars().chain(after.unwrap_or_default().chars()).count();
    if let Some(wrong) =
        before.chars().chain(after.unwrap_or_default().chars()).find(|c| !c.is_ascii_alphabetic())
    {
        return refuse(format!(
            "einsum(): invalid subscript given, subscripts must be in [a-zA-Z] but found '{wrong}'"
        ));
    }
    let width = match (after, dim) {
        (None, Some(dim)) if dim != letters => {
            return refuse(format!(
                "einsum(): the number of subscripts in the equation ({letters}) does not match the number of dimensions \
                 ({dim}) for an operand and no ellipsis was given"
            ));
        }
        (None, _) => 0,
        (Some(_), Some(dim)) if dim < letters => {
            return refuse(format!(
                "einsum(): the number of subscripts in the equation ({letters}) is more than the number of dimensions \
                 ({dim}) for an operand"
            ));
        }
        (Some(_), Some(dim)) => dim - letters,
        (Some(_), None) => covered,
    };
    let mut found: Vec<Label> = before.chars().map(Label::Letter).collect();
    found.extend((0..width).rev().map(|k| Label::Covered(std::cmp::Reverse(k))));
    found.extend(after.unwrap_or_default().chars().map(Label::Letter));
    Ok(found)
}

/// An operand whose dimensions have distinct labels.
struct Factor {
    value: Variable,
    labels: Vec<Label>,
}

impl Factor {
    fn size(&self, label: Label) -> Option<usize> {
        self.labels.iter().position(|&l| l == label).map(|d| self.value.sizes()[d])
    }

    /// Repeated labels become diagonals.
    fn new(value: &Variable, mut labels: Vec<Label>) -> Result<Factor> {
        let mut value = value.clone();
        while let Some((first, second)) = repeated(&labels) {
            let (m, n) = (value.sizes()[first], value.sizes()[second]);
            if m != n {
                return refuse(format!(
                    "einsum(): subscript {:?} is repeated for an operand but the sizes don't match, {n} != {m}",
                    labels[first]
                ));
            }
            let mut order: Vec<i64> = (0..labels.len() as i64).collect();
            order.retain(|&d| d != first as i64 && d != second as i64);
            order.extend([first as i64, second as i64]);
            value = diagonal(&value.permute(&order)?)?;
            let label = labels[first];
            labels.retain(|&l| l != label);
            labels.push(label);
        }
        Ok(Factor { value, labels })
    }

    /// Sums the dimensions that nothing else names.
    fn without(self, keep: &[Label]) -> Result<Factor> {
        let dims: Vec<i64> =
            (0..self.labels.len()).filter(|&d| !keep.contains(&self.labels[d])).map(|d| d as i64).collect();
        if dims.is_empty() {
            return Ok(self);
        }
        let labels = self.labels.iter().copied().filter(|l| keep.contains(l)).collect();
        Ok(Factor { value: self.value.sum_dims(&dims, false)?, labels })
    }

    /// The product with another factor, summed over what nobody else needs.
    fn times(self, other: Factor, needed: &[Label]) -> Result<Factor> {
        let shared = |l: &Label| self.labels.contains(l) && other.labels.contains(l);
        let (summed, kept): (Vec<Label>, Vec<Label>) =
            self.labels.iter().copied().filter(shared).partition(|l| !needed.contains(l));
        if kept.is_empty() {
            let places = |f: &Factor| -> Vec<i64> {
                summed.iter().filter_map(|l| f.labels.iter().position(|m| m == l)).map(|d| d as i64).collect()
            };
            let value = tensordot(&self.value, &other.value, &places(&self), &places(&other))?;
            let labels = self.labels.iter().chain(&other.labels).copied().filter(|l| !summed.contains(l));
            return Ok(Factor { value, labels: labels.collect() });
        }
        // A batch of matrix products: shared labels that stay, then rows, columns and the summed ones.
        let rows: Vec<Label> = self.labels.iter().copied().filter(|l| !shared(l)).collect();
        let columns: Vec<Label> = other.labels.iter().copied().filter(|l| !shared(l)).collect();
        let size = |l: Label| self.size(l).unwrap_or(1).max(other.size(l).unwrap_or(1));
        let count = |labels: &[Label]| -> i64 { labels.iter().map(|&l| size(l) as i64).product() };
        let matrix = |f: &Factor, outer: &[Label], inner: &[Label]| -> Result<Variable> {
            let wanted: Vec<Label> = kept.iter().chain(outer).chain(inner).copied().collect();
            let sizes: Vec<i64> = wanted.iter().map(|&l| size(l) as i64).collect();
            f.ordered(&wanted)?.expand(&sizes)?.reshape(&[count(&kept), count(outer), count(inner)])
        };
        let left = matrix(&self, &rows, &summed)?;
        let right = matrix(&other, &summed, &columns)?;
        let labels: Vec<Label> = kept.iter().chain(&rows).chain(&columns).copied().collect();
        let sizes: Vec<i64> = labels.iter().map(|&l| size(l) as i64).collect();
        Ok(Factor { value: left.matmul(&right)?.reshape(&sizes)?, labels })
    }

    /// The dimensions in the order of the labels, all of which it has.
    fn ordered(&self, wanted: &[Label]) -> Result<Variable> {
        let order: Vec<i64> =
            wanted.iter().filter_map(|l| self.labels.iter().position(|m| m == l)).map(|d| d as i64).collect();
        self.value.permute(&order)
    }
}

fn repeated(labels: &[Label]) -> Option<(usize, usize)> {
    (0..labels.len()).find_map(|i| (i + 1..labels.len()).find(|&j| labels[i] == labels[j]).map(|j| (i, j)))
}

fn einsum(equation: &str, operands: &[Variable]) -> Result<Variable> {
    let (inputs, output) = equation.split_once("->").map_or((equation, None), |(i, o)| (i, Some(o)));
    let inputs: Vec<&str> = inputs.split(',').collect();
    if inputs.len() != operands.len() {
        let which = if inputs.len() > operands.len() { "fewer" } else { "more" };
        return refuse(format!("einsum(): {which} operands were provided than specified in the equation"));
    }
    let mut factors = Vec::with_capacity(operands.len());
    for (text, value) in inputs.iter().zip(operands) {
        factors.push(Factor::new(value, labels(text, Some(value.dim()), 0)?)?);
    }
    let all: Vec<Label> = factors.iter().flat_map(|f| f.labels.iter().copied()).collect();
    let covered = all.iter().filter_map(|l| match l {
        Label::Covered(k) => Some(k.0 + 1),
        Label::Letter(_) => None,
    });
    let covered = covered.max().unwrap_or(0);
    let wanted = match output {
        Some(text) => labels(text, None, covered)?,
        None => implied(&inputs.concat(), covered),
    };
    if let Some((first, _)) = repeated(&wanted) {
        return refuse(format!(
            "einsum(): output subscript {:?} appears more than once in the output",
            wanted[first]
        ));
    }
    if let Some(stranger) = wanted.iter().find(|l| !all.contains(l)) {
        return refuse(format!(
            "einsum(): output subscript {stranger:?} does not appear in the equation for any input operand"
        ));
    }
    let mut rest = factors.into_iter();
    let Some(mut product) = rest.next() else {
        return refuse("einsum(): must provide at least one operand".to_string());
    };
    let mut rest: std::collections::VecDeque<Factor> = rest.collect();
    loop {
        let mut needed = wanted.clone();
        needed.extend(rest.iter().flat_map(|f| f.labels.iter().copied()));
        product = product.without(&needed)?;
        let Some(next) = rest.pop_front() else { break };
        let mut later = wanted.clone();
        later.extend(rest.iter().flat_map(|f| f.labels.iter().copied()));
        let mut for_next = later.clone();
        for_next.extend(product.labels.iter().copied());
        let next = next.without(&for_next)?;
        product = product.times(next, &later)?;
    }
    product.ordered(&wanted)
}

/// Without `->` the covered dimensions come first, then the letters that stand once, in their order.
fn implied(inputs: &str, covered: usize) -> Vec<Label> {
    let mut once: Vec<char> = inputs
        .chars()
        .filter(|c| c.is_ascii_alphabetic() && inputs.chars().filter(|d| d == c).count() == 1)
        .collect();
    once.sort_unstable();
    let covered = (0..covered).rev().map(|k| Label::Covered(std::cmp::Reverse(k)));
    covered.chain(once.into_iter().map(Label::Letter)).collect()
}

fn checked(a: &Args<'_, Variable>) -> Result<Variable> {
    if a.ints(2)?.is_empty() {
        return einsum(a.text(0)?.unwrap_or_default(), &a.tensors(1)?);
    }
    Err(Error::not_implemented(OPERATOR, "einsum(): argument 'path' is not implemented"))
}

pub(super) const ROWS: &[Composite] = &[Composite {
    schema: "einsum(str equation, Tensor[] tensors, *, int[]? path=None) -> Tensor",
    body: |a| one(checked(a)),
}];
