//! What a network's state is called, how it is read back, and what its bytes refuse.

use evidence::compare::Rule;
use evidence::json::Json;
use evidence::value::{Cell, Tree, Value};
use nn::{Generator, Module};
use serde::Deserialize;

use super::convert::{Given, tensor};
use super::network::stack;
use crate::call::{Call, Failure};
use crate::row::{Input, Kind, Params, Reference, Row};

pub(super) const ROWS: &[Row] = &[
    Row {
        op: "tensor.load_state_dict",
        reference: Reference::Torch("torch.nn.Module.load_state_dict"),
        inputs: &[Input::one("state", &[Kind::Tree])],
        params: Params::of::<Load>(),
        run: load_state_dict,
        rule: Rule::Exact,
        hardened: &[],
        api: &["torch.nn.Module.load_state_dict(state_dict, strict)", "torch.nn.Module.state_dict"],
    },
    Row {
        op: "tensor.module_bytes",
        reference: Reference::Spec("bytes of a network: exact sizes, short reads"),
        inputs: &[],
        params: Params::of::<Bytes>(),
        run: module_bytes,
        rule: Rule::Exact,
        hardened: &[],
        api: &["nn::Module::to_bytes", "nn::Module::from_bytes(bytes, generator)"],
    },
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Load {
    seed: u64,
    strict: bool,
    layers: Vec<Json>,
}

/// The keys that were missing and those that nobody expected, then the state as it is now.
fn load_state_dict(call: &Call<'_>) -> Result<Value, Failure> {
    let Load { seed, strict, layers } = call.params()?;
    let net = stack(&layers, seed)?;
    let state = match call.tree("state")? {
        Tree::Entries(entries) => entries.iter().map(entry).collect::<Result<Vec<_>, _>>()?,
        Tree::Items(items) if items.is_empty() => Vec::new(),
        Tree::Items(_) => {
            return Err(Failure::Malformed("input state: expected entries, found items".into()));
        }
    };
    let found = net.load_state_dict(&state, strict)?;
    let names = |names: Vec<String>| Given::Items(names.into_iter().map(Given::Text).collect());
    let state = net.state_dict().into_iter().map(|(name, tensor)| (name, Given::from(tensor)));
    Given::Entries(vec![
        ("missing".into(), names(found.missing)),
        ("unexpected".into(), names(found.unexpected)),
        ("state".into(), Given::Entries(state.collect())),
    ])
    .into_value()
}

fn entry((key, value): &(Cell, Value)) -> Result<(String, nn::Tensor), Failure> {
    match (key, value) {
        (Cell::Text(key), Value::Tensor(value)) => Ok((key.clone(), tensor(value)?)),
        (_, other) => {
            Err(Failure::Malformed(format!("input state: expected tensors, found a {}", other.kind())))
        }
    }
}

/// The bytes of a network, cut to a length, with bytes put behind, or with one byte's bits flipped.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bytes {
    seed: u64,
    layers: Vec<Json>,
    /// How many bytes are cut from the end.
    cut: usize,
    /// How many zeros are put behind.
    extra: usize,
    /// Which byte is flipped.
    flip: Option<usize>,
}

/// The state of the network that the bytes hold.
fn module_bytes(call: &Call<'_>) -> Result<Value, Failure> {
    let Bytes { seed, layers, cut, extra, flip } = call.params()?;
    let mut bytes = stack(&layers, seed)?.to_bytes()?;
    bytes.truncate(bytes.len().saturating_sub(cut));
    bytes.resize(bytes.len().saturating_add(extra.min(1 << 20)), 0);
    if let Some(byte) = flip.and_then(|at| bytes.get_mut(at)) {
        *byte ^= 0xff;
    }
    let net = Module::from_bytes(&bytes, &Generator::new(0))?;
    let state = net.state_dict().into_iter().map(|(name, tensor)| (name, Given::from(tensor)));
    Given::Entries(state.collect()).into_value()
}
