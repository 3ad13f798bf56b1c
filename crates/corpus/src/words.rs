//! What a corpus says, as the exporter writes it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use tensor::DType;

/// The samples of one operator.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// Name and variant.
    pub name: String,
    /// The public name, `linalg.det`.
    pub operator: String,
    #[serde(rename = "variant")]
    pub _variant: String,
    /// What PyTorch really calls.
    pub callable: String,
    pub dtype: String,
    /// Whether PyTorch has a gradient for this dtype.
    pub differentiable: bool,
    pub tolerance: Tolerance,
    /// Results are storage that nobody wrote: their elements are not compared.
    pub undefined: bool,
    /// Samples that were too large to record.
    pub left_out: usize,
    pub samples: Vec<Sample>,
    pub errors: Vec<Refused>,
}

/// |a - b| ≤ atol + rtol · |b|.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tolerance {
    pub rtol: f64,
    pub atol: f64,
}

impl Tolerance {
    /// Not narrower than PyTorch's default for a result of this dtype: an operator on integers may give floats, which its
    /// tests compare by what they are.
    pub fn at_least_of(self, dtype: DType) -> Tolerance {
        let own = match dtype {
            DType::F32 => Tolerance { rtol: 1.3e-6, atol: 1e-5 },
            DType::F64 => Tolerance { rtol: 1e-7, atol: 1e-7 },
            _ => return self,
        };
        Tolerance { rtol: self.rtol.max(own.rtol), atol: self.atol.max(own.atol) }
    }
}

/// One call and what came of it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Sample {
    /// The public calls that are made, where the operator is a wrapper around them.
    pub steps: Option<Vec<Step>>,
    /// What of the steps is the result.
    pub answer: Option<Answer>,
    pub args: Vec<Value>,
    pub kwargs: BTreeMap<String, Value>,
    pub storages: Vec<StorageWords>,
    pub tensors: Vec<TensorWords>,
    pub result: Option<Value>,
    pub result_storages: Vec<StorageWords>,
    pub result_tensors: Vec<TensorWords>,
    /// For each tensor of the result the tensor of the input whose storage it shares.
    pub view_of: Vec<Option<usize>>,
    /// Tensors of the result that want a gradient.
    pub roots: Vec<usize>,
    /// Gradients of the roots, as positions in `result_tensors`.
    pub cotangents: Vec<usize>,
    /// For each tensor of the input that wants one its gradient, if one arrives.
    pub gradients: Vec<(usize, Option<usize>)>,
    pub gradient_raised: Option<Raised>,
    pub raised: Option<Raised>,
    /// Why the corpus has no words for the sample.
    pub undescribed: Option<String>,
    pub in_place: Option<Variant>,
    pub out: Option<Variant>,
}

/// A call among those of a sample; its arguments are the sample's tensors and what earlier steps gave.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    pub callable: String,
    pub args: Vec<Value>,
    pub kwargs: BTreeMap<String, Value>,
}

/// The result of steps.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(crate) enum Answer {
    /// All that this step gave.
    Whole(usize),
    /// These tensors.
    Parts(Vec<Value>),
}

/// What came of an in-place or `out=` call.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Variant {
    #[serde(default)]
    pub result: Option<Value>,
    #[serde(default)]
    pub raised: Option<Raised>,
    pub storages: Vec<StorageWords>,
    pub tensors: Vec<TensorWords>,
}

/// An exception.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Raised {
    pub class: String,
    pub text: String,
}

/// A call that must be refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refused {
    /// Any of these exceptions.
    pub classes: Vec<String>,
    /// A regular expression that the text must hold.
    pub pattern: String,
    pub args: Vec<Value>,
    #[serde(default)]
    pub kwargs: BTreeMap<String, Value>,
    #[serde(default)]
    pub undescribed: Option<String>,
    pub storages: Vec<StorageWords>,
    pub tensors: Vec<TensorWords>,
}

/// A span of the file of bytes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StorageWords {
    pub at: usize,
    pub bytes: usize,
    pub dtype: String,
}

/// A tensor over one of the storages.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TensorWords {
    pub storage: usize,
    pub dtype: String,
    pub sizes: Vec<usize>,
    pub strides: Vec<usize>,
    pub offset: usize,
    #[serde(default)]
    pub requires_grad: bool,
    #[serde(default)]
    pub conj: bool,
    #[serde(default)]
    pub neg: bool,
}
