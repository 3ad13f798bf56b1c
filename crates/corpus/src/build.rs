//! Tensors and arguments from their words. Tensors that share a storage in the corpus share one here.

use autograd::{Arg, DType, Generator, MemoryFormat, Scalar, Variable};
use serde_json::{Map, Value};
use tensor::Tensor;

use crate::words::{StorageWords, TensorWords};

/// Why a value of the corpus has no counterpart here.
#[derive(Debug)]
pub(crate) enum Unbuilt {
    /// A dtype, layout or kind of value that is not built.
    Missing(String),
    /// The corpus contradicts itself.
    Malformed(String),
}

impl From<tensor::Error> for Unbuilt {
    fn from(error: tensor::Error) -> Unbuilt {
        match error.kind() {
            tensor::ErrorKind::NotImplemented => Unbuilt::Missing(error.message().to_string()),
            _ => Unbuilt::Malformed(error.message().to_string()),
        }
    }
}

/// The storages of one sample, each as one tensor of all its elements.
pub(crate) struct Storages(Vec<Result<Tensor, String>>);

impl Storages {
    /// Reads the spans.
    pub fn new(words: &[StorageWords], blob: &[u8]) -> Result<Storages, Unbuilt> {
        words.iter().map(|words| storage(words, blob)).collect::<Result<_, _>>().map(Storages)
    }

    /// A tensor over one of them.
    pub fn tensor(&self, words: &TensorWords) -> Result<Tensor, Unbuilt> {
        if words.conj || words.neg {
            return Err(Unbuilt::Missing("lazy conjugation and negation are not implemented".into()));
        }
        let dtype = DType::parse(&words.dtype)?;
        let whole = match self.0.get(words.storage) {
            Some(Ok(whole)) => whole,
            Some(Err(missing)) => return Err(Unbuilt::Missing(missing.clone())),
            None => return Err(Unbuilt::Malformed(format!("there is no storage {}", words.storage))),
        };
        if whole.dtype() != dtype {
            let text = format!("one storage of {} seen as {dtype} is not implemented", whole.dtype());
            return Err(Unbuilt::Missing(text));
        }
        Ok(whole.as_strided(&words.sizes, &words.strides, words.offset)?)
    }
}

fn storage(words: &StorageWords, blob: &[u8]) -> Result<Result<Tensor, String>, Unbuilt> {
    let dtype = match DType::parse(&words.dtype) {
        Ok(dtype) => dtype,
        Err(error) => return Ok(Err(error.message().to_string())),
    };
    let outside = || Unbuilt::Malformed(format!("bytes {} + {} are not in the file", words.at, words.bytes));
    let end = words.at.checked_add(words.bytes).ok_or_else(outside)?;
    let bytes = blob.get(words.at..end).ok_or_else(outside)?;
    macro_rules! read {
        ($t:ty, $n:literal) => {{
            let chunks = bytes.as_chunks::<$n>().0.iter();
            let values: Vec<$t> = chunks.map(|chunk| <$t>::from_le_bytes(*chunk)).collect();
            let len = values.len();
            Tensor::from_vec(values, &[len])?
        }};
    }
    Ok(Ok(match dtype {
        DType::Bool => {
            let values: Vec<bool> = bytes.iter().map(|byte| *byte != 0).collect();
            let len = values.len();
            Tensor::from_vec(values, &[len])?
        }
        DType::U8 => read!(u8, 1),
        DType::I8 => read!(i8, 1),
        DType::I16 => read!(i16, 2),
        DType::I32 => read!(i32, 4),
        DType::I64 => read!(i64, 8),
        DType::F32 => read!(f32, 4),
        DType::F64 => read!(f64, 8),
    }))
}

/// The tensors of a sample as variables of their own, in order; with gradients only where they are wanted.
pub(crate) fn variables(
    storages: &[StorageWords],
    tensors: &[TensorWords],
    blob: &[u8],
    with_gradients: bool,
) -> Result<Vec<Variable>, Unbuilt> {
    let storages = Storages::new(storages, blob)?;
    let variable = |words: &TensorWords| {
        let tensor = storages.tensor(words)?;
        let wanted = with_gradients && words.requires_grad;
        Ok(if wanted { Variable::parameter(tensor)? } else { Variable::from(tensor) })
    };
    tensors.iter().map(variable).collect()
}

/// What the words of an argument may mean.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    /// The sample's tensors.
    pub inputs: &'a [Variable],
    /// What each earlier step gave.
    pub earlier: &'a [Vec<Variable>],
}

/// An argument from its words.
pub(crate) fn argument(words: &Value, known: &Known<'_>) -> Result<Arg<Variable>, Unbuilt> {
    Ok(match words {
        Value::Null => Arg::None,
        Value::Bool(value) => (*value).into(),
        Value::String(text) => Arg::Str(text.clone()),
        Value::Number(number) => match number.as_i64() {
            Some(i) => i.into(),
            None if number.is_f64() => number.as_f64().unwrap_or(f64::NAN).into(),
            None => return Err(Unbuilt::Missing(format!("the integer {number}"))),
        },
        // A list of integers is no tuple: as a subscript it selects entries.
        Value::Array(items) => match items.iter().map(Value::as_i64).collect::<Option<Vec<i64>>>() {
            Some(integers) if !integers.is_empty() => Arg::Ints(integers),
            _ => list(items, known)?,
        },
        Value::Object(object) => tagged(object, known)?,
    })
}

fn list(items: &[Value], known: &Known<'_>) -> Result<Arg<Variable>, Unbuilt> {
    Ok(Arg::List(items.iter().map(|item| argument(item, known)).collect::<Result<_, _>>()?))
}

fn tagged(object: &Map<String, Value>, known: &Known<'_>) -> Result<Arg<Variable>, Unbuilt> {
    let malformed = || Unbuilt::Malformed(format!("{object:?} is no value"));
    let (tag, value) = object.iter().next().ok_or_else(malformed)?;
    let text = || value.as_str().ok_or_else(malformed);
    Ok(match tag.as_str() {
        "tensor" => {
            let at = value.as_u64().and_then(|at| usize::try_from(at).ok()).ok_or_else(malformed)?;
            Arg::Tensor(known.inputs.get(at).ok_or_else(malformed)?.clone())
        }
        "earlier" => {
            let places = value.as_array().ok_or_else(malformed)?;
            let place =
                |k: usize| places.get(k).and_then(Value::as_u64).and_then(|at| usize::try_from(at).ok());
            let (Some(step), Some(at)) = (place(0), place(1)) else { return Err(malformed()) };
            let given = known.earlier.get(step).and_then(|results| results.get(at));
            Arg::Tensor(given.ok_or_else(malformed)?.clone())
        }
        "float" => Arg::Scalar(Scalar::Float(text()?.parse().map_err(|_| malformed())?)),
        "tuple" => list(value.as_array().ok_or_else(malformed)?, known)?,
        "dtype" => Arg::DType(DType::parse(text()?)?),
        "device" | "layout" => Arg::Str(text()?.to_string()),
        "memory_format" => Arg::MemoryFormat(MemoryFormat::parse(text()?)?),
        "generator" => Arg::Generator(Generator::new(value.as_u64().ok_or_else(malformed)?)),
        "ellipsis" => Arg::Ellipsis,
        "slice" => {
            let parts = value.as_array().ok_or_else(malformed)?;
            let part = |k: usize| parts.get(k).and_then(Value::as_i64);
            Arg::Slice([part(0), part(1), part(2)])
        }
        other => return Err(Unbuilt::Missing(format!("a value of kind {other} is not implemented"))),
    })
}
