//! Random streams and the loading of data, from seeded generators.

use evidence::compare::Rule;
use evidence::json::Json;
use evidence::value::Value;
use nn::{DType, DataLoader, Generator, Tensor, TensorDataset};
use serde::Deserialize;

use super::convert::Given;
use super::signature;
use crate::call::{Call, Failure};
use crate::row::{Params, Reference, Row};

pub(super) const ROWS: &[Row] = &[
    row::<Uniform>(
        "tensor.uniform",
        "torch.Tensor.uniform_",
        uniform,
        &["torch.Tensor.uniform_(from, to, generator)"],
    ),
    row::<State>("tensor.generator_state", "torch.rand", generator_state, &["torch.Generator.get_state"]),
    row::<Loader>(
        "tensor.loader",
        "torch.utils.data.DataLoader",
        loader,
        &["torch.utils.data.DataLoader(dataset, batch_size, shuffle, drop_last)"],
    ),
    row::<Split>(
        "tensor.random_split",
        "torch.utils.data.random_split",
        random_split,
        &["torch.utils.data.random_split(dataset, lengths, generator)"],
    ),
];

const fn row<P: serde::de::DeserializeOwned>(
    op: &'static str,
    function: &'static str,
    run: fn(&Call<'_>) -> Result<Value, Failure>,
    api: &'static [&'static str],
) -> Row {
    let (reference, params) = (Reference::Torch(function), Params::of::<P>());
    Row { op, reference, inputs: &[], params, run, rule: Rule::Exact, hardened: &[], api }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Uniform {
    size: Vec<i64>,
    from: Json,
    to: Json,
    dtype: Json,
    seed: u64,
}

fn uniform(call: &Call<'_>) -> Result<Value, Failure> {
    let Uniform { size, from, to, dtype, seed } = call.params()?;
    let bound = |name: &str, json: &Json| {
        let wrong = || Failure::Malformed(format!("params: {name}: expected a number"));
        signature::number(json).map(nn::Scalar::to_f64).ok_or_else(wrong)
    };
    let found = evidence::json::brief(&dtype);
    let dtype = signature::dtype(&dtype).ok_or_else(|| Failure::unsupported(format!("dtype {found}")))?;
    let drawn =
        Tensor::uniform(&size, bound("from", &from)?, bound("to", &to)?, dtype, &Generator::new(seed))?;
    Given::from(drawn).into_value()
}

/// A generator's state after draws of both kinds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    seed: u64,
    draws: i64,
    normals: i64,
}

fn generator_state(call: &Call<'_>) -> Result<Value, Failure> {
    let State { seed, draws, normals } = call.params()?;
    let generator = Generator::new(seed);
    Tensor::rand(&[draws], DType::F32, &generator)?;
    Tensor::randn(&[normals], DType::F32, &generator)?;
    let state = generator.get_state();
    let bytes = state.len();
    Given::from(Tensor::from_vec(state, &[bytes])?).into_value()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Loader {
    seed: u64,
    size: usize,
    batch_size: usize,
    shuffle: bool,
    drop_last: bool,
    epochs: usize,
}

/// The data 0, 1, 2, …
fn counted(size: usize) -> Result<TensorDataset, Failure> {
    let numbers: Vec<i64> = (0..).take(size).collect();
    Ok(TensorDataset::new(vec![Tensor::from_vec(numbers, &[size])?])?)
}

fn loader(call: &Call<'_>) -> Result<Value, Failure> {
    let Loader { seed, size, batch_size, shuffle, drop_last, epochs } = call.params()?;
    let mut loader = DataLoader::new(counted(size)?, batch_size)?.drop_last(drop_last);
    if shuffle {
        loader = loader.shuffle(&Generator::new(seed));
    }
    let mut batches = Vec::new();
    for _ in 0..epochs {
        for batch in loader.iter()? {
            batches.extend(batch?);
        }
    }
    Given::from_iter(batches).into_value()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Split {
    seed: u64,
    size: usize,
    lengths: Vec<usize>,
}

fn random_split(call: &Call<'_>) -> Result<Value, Failure> {
    let Split { seed, size, lengths } = call.params()?;
    let data = counted(size)?;
    let mut parts = Vec::new();
    for part in nn::random_split(&data, &lengths, &Generator::new(seed))? {
        parts.extend(part.gather()?.batch(&(0..part.indices.len()).collect::<Vec<_>>())?);
    }
    Given::from_iter(parts).into_value()
}
