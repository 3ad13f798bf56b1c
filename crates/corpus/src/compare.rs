//! Our tensors against the reference's.

use autograd::{DType, Scalar, Variable};
use serde_json::Value;
use tensor::Tensor;

use crate::build::{Storages, Unbuilt};
use crate::status::{Outcome, Status};
use crate::words::{StorageWords, TensorWords, Tolerance};

/// A leaf of the reference's result.
pub(crate) enum Expected {
    /// The tensor at that position of the words.
    Tensor(usize),
    /// A plain number, which ours gives as a 0-dim tensor.
    Number(Scalar),
    /// Something that no result of ours can be.
    Other(String),
}

/// The leaves of a result in order. An absent part is none.
pub(crate) fn leaves(result: &Value, found: &mut Vec<Expected>) {
    match result {
        Value::Null => {}
        Value::Bool(b) => found.push(Expected::Number(Scalar::Bool(*b))),
        Value::Number(n) => found.push(match n.as_i64() {
            Some(i) => Expected::Number(Scalar::Int(i)),
            None => Expected::Number(Scalar::Float(n.as_f64().unwrap_or(f64::NAN))),
        }),
        Value::String(text) => found.push(Expected::Other(format!("the text {text:?}"))),
        Value::Array(items) => items.iter().for_each(|item| leaves(item, found)),
        Value::Object(object) => match object.iter().next() {
            Some((tag, Value::Array(items))) if tag == "tuple" => {
                items.iter().for_each(|item| leaves(item, found));
            }
            Some((tag, Value::Number(at))) if tag == "tensor" => {
                found.push(Expected::Tensor(at.as_u64().unwrap_or(u64::MAX) as usize));
            }
            Some((tag, Value::String(text))) if tag == "float" => {
                found.push(Expected::Number(Scalar::Float(text.parse().unwrap_or(f64::NAN))));
            }
            _ => found.push(Expected::Other(result.to_string())),
        },
    }
}

/// The reference's tensors of one result.
pub(crate) struct Reference<'a> {
    pub words: &'a [TensorWords],
    storages: Storages,
}

impl<'a> Reference<'a> {
    pub fn new(storages: &[StorageWords], words: &'a [TensorWords], blob: &[u8]) -> Result<Self, Unbuilt> {
        Ok(Reference { words, storages: Storages::new(storages, blob)? })
    }

    pub fn tensor(&self, at: usize) -> Result<Tensor, Unbuilt> {
        let words =
            self.words.get(at).ok_or_else(|| Unbuilt::Malformed(format!("there is no tensor {at}")))?;
        self.storages.tensor(words)
    }
}

/// Dtype, sizes and, where they are defined, elements; strides where `strides` asks for them.
pub(crate) fn tensors(
    what: &str,
    ours: &Tensor,
    words: &TensorWords,
    theirs: Result<Tensor, Unbuilt>,
    tolerance: Option<Tolerance>,
    strides: bool,
) -> Outcome {
    let found = ours.dtype().name();
    if found != words.dtype {
        return Outcome::of(Status::DType, format!("{what}: expected {}, found {found}", words.dtype));
    }
    if ours.sizes() != words.sizes {
        let text = format!("{what}: expected sizes {:?}, found {:?}", words.sizes, ours.sizes());
        return Outcome::of(Status::Shape, text);
    }
    if strides && !same_strides(&words.sizes, &words.strides, ours.strides()) {
        let text = format!(
            "{what} of sizes {:?}: expected strides {:?}, found {:?}",
            words.sizes,
            words.strides,
            ours.strides()
        );
        return Outcome::of(Status::Stride, text);
    }
    let Some(tolerance) = tolerance else { return Outcome::pass() };
    match theirs {
        Ok(theirs) => values(what, ours, &theirs, tolerance.at_least_of(ours.dtype())),
        Err(Unbuilt::Missing(text) | Unbuilt::Malformed(text)) => Outcome::of(Status::Unimplemented, text),
    }
}

/// Strides that select something: of a size above 1, in a tensor that has elements.
fn same_strides(sizes: &[usize], expected: &[usize], found: &[usize]) -> bool {
    sizes.contains(&0)
        || sizes.iter().zip(expected.iter().zip(found)).all(|(size, (a, b))| *size == 1 || a == b)
}

/// Elements in row-major order.
pub(crate) fn values(what: &str, ours: &Tensor, theirs: &Tensor, tolerance: Tolerance) -> Outcome {
    if ours.dtype() == DType::I64 {
        return match (ours.to_vec::<i64>(), theirs.to_vec::<i64>()) {
            (Ok(ours), Ok(theirs)) => first_difference(what, &ours, &theirs, |a, b| a == b),
            _ => Outcome::of(Status::Value, format!("{what}: cannot be read")),
        };
    }
    match (ours.to_vec_as::<f64>(), theirs.to_vec_as::<f64>()) {
        (Ok(a), Ok(b)) if ours.dtype().is_float() => {
            first_difference(what, &a, &b, |a, b| near(*a, *b, tolerance))
        }
        (Ok(a), Ok(b)) => first_difference(what, &a, &b, |a, b| a == b),
        _ => Outcome::of(Status::Value, format!("{what}: cannot be read")),
    }
}

/// PyTorch's `isclose`, NaN equal to NaN.
pub(crate) fn near(found: f64, expected: f64, tolerance: Tolerance) -> bool {
    found == expected
        || (found.is_nan() && expected.is_nan())
        || (found.is_finite()
            && expected.is_finite()
            && (found - expected).abs() <= tolerance.atol + tolerance.rtol * expected.abs())
}

fn first_difference<T: std::fmt::Debug>(
    what: &str,
    ours: &[T],
    theirs: &[T],
    equal: impl Fn(&T, &T) -> bool,
) -> Outcome {
    let wrong: Vec<usize> =
        ours.iter().zip(theirs).enumerate().filter(|(_, (a, b))| !equal(a, b)).map(|(k, _)| k).collect();
    match wrong.first().and_then(|k| Some((k, ours.get(*k)?, theirs.get(*k)?))) {
        None => Outcome::pass(),
        Some((k, found, expected)) => Outcome::of(
            Status::Value,
            format!(
                "{what}: element {k} (row-major): expected {expected:?}, found {found:?}; {} of {} differ",
                wrong.len(),
                ours.len()
            ),
        ),
    }
}

/// A plain number against the 0-dim tensor that stands for it.
pub(crate) fn number(what: &str, ours: &Variable, expected: Scalar, tolerance: Tolerance) -> Outcome {
    let found = match ours.data().item() {
        Ok(found) => found,
        Err(error) => return Outcome::of(Status::Shape, format!("{what}: expected a number, {error}")),
    };
    let same = match (found, expected) {
        (Scalar::Float(a), Scalar::Float(b)) => near(a, b, tolerance.at_least_of(ours.dtype())),
        (a, b) => a == b,
    };
    if same {
        return Outcome::pass();
    }
    Outcome::of(Status::Value, format!("{what}: expected {expected:?}, found {found:?}"))
}
