//! Dispatch keys: sets, their precedence, and what an operator's table holds for each key.

use evidence::compare::Rule;
use evidence::value::Value;
use serde::Deserialize;
use tensor::{DispatchKey, DispatchKeySet, DispatchTable, Error, Registration};

use super::convert::Given;
use crate::call::{Call, Failure};
use crate::row::{Params, Reference, Row};

pub(super) const ROWS: &[Row] = &[
    Row {
        op: "tensor.keyset",
        reference: Reference::Torch("torch._C.DispatchKeySet.raw_repr"),
        inputs: &[],
        params: Params::of::<KeySet>(),
        run: keyset,
        rule: Rule::Exact,
        hardened: &[],
        api: &["torch._C.DispatchKeySet(add, remove, has, |, &, raw_repr, highestPriorityTypeId)"],
    },
    Row {
        op: "tensor.dispatch_table",
        reference: Reference::Torch("torch._C._dispatch_dump_table"),
        inputs: &[],
        params: Params::of::<Table>(),
        run: table,
        rule: Rule::Exact,
        hardened: &[],
        api: &["torch.library.Library.impl(op_name, fn, dispatch_key)"],
    },
    Row {
        op: "tensor.dispatch",
        reference: Reference::Spec("dispatch: fail closed"),
        inputs: &[],
        params: Params::of::<Dispatch>(),
        run: dispatch,
        rule: Rule::Exact,
        hardened: &[],
        api: &["tensor::DispatchTable::explain(set)"],
    },
];

/// Starts from the keys, then unites, intersects, adds and removes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeySet {
    keys: Vec<String>,
    union: Vec<String>,
    intersection: Option<Vec<String>>,
    add: Vec<String>,
    remove: Vec<String>,
    has: Vec<String>,
}

fn key(name: &str) -> Result<DispatchKey, Error> {
    DispatchKey::parse(name)
}

fn set_of(names: &[String]) -> Result<DispatchKeySet, Error> {
    names.iter().map(|name| key(name)).try_fold(DispatchKeySet::default(), |set, key| Ok(set.add(key?)))
}

fn keyset(call: &Call<'_>) -> Result<Value, Failure> {
    let params: KeySet = call.params()?;
    let mut set = set_of(&params.keys)?.union(set_of(&params.union)?);
    if let Some(names) = &params.intersection {
        set = set.intersection(set_of(names)?);
    }
    set = params.add.iter().map(|name| key(name)).try_fold(set, |set, key| Ok::<_, Error>(set.add(key?)))?;
    set = params
        .remove
        .iter()
        .map(|name| key(name))
        .try_fold(set, |set, key| Ok::<_, Error>(set.remove(key?)))?;
    // PyTorch's name for what an empty set selects.
    let highest = if set.is_empty() { "Undefined".to_string() } else { set.highest_type()?.to_string() };
    let bits = i64::try_from(set.bits()).map_err(|_| Failure::Malformed("bits beyond 63".into()))?;
    let has = params.has.iter().map(|name| Ok(Given::Integer(set.has(key(name)?).into())));
    let entries = vec![
        ("bits".to_string(), Given::Integer(bits)),
        ("text".to_string(), Given::Text(set.to_string())),
        ("highest".to_string(), Given::Text(highest)),
        ("has".to_string(), Given::Items(has.collect::<Result<_, Error>>()?)),
    ];
    Given::Entries(entries).into_value()
}

/// Kernels registered for an operator, and the keys to look up.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    registered: Vec<String>,
    keys: Vec<String>,
}

fn registrations(names: &[String]) -> Result<DispatchTable, Error> {
    let kernels: Result<Vec<Registration>, Error> =
        names.iter().map(|name| Registration::parse(name)).collect();
    Ok(DispatchTable::new("lumen::operator", kernels?))
}

fn table(call: &Call<'_>) -> Result<Value, Failure> {
    let Table { registered, keys } = call.params()?;
    let table = registrations(&registered)?;
    let entry = |name: &String| {
        // A key without an entry is missing from PyTorch's dump.
        let choice = table.entry(key(name)?).map_or("missing", tensor::Choice::name);
        Ok((name.clone(), Given::Text(choice.to_string())))
    };
    Given::Entries(keys.iter().map(entry).collect::<Result<_, Error>>()?).into_value()
}

/// A call with a set of these bits, in hexadecimal.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dispatch {
    registered: Vec<String>,
    bits: String,
}

fn dispatch(call: &Call<'_>) -> Result<Value, Failure> {
    let Dispatch { registered, bits } = call.params()?;
    let bits =
        u64::from_str_radix(&bits, 16).map_err(|why| Failure::Malformed(format!("params: bits: {why}")))?;
    let decision = registrations(&registered)?.explain(DispatchKeySet::from_bits(bits)?)?;
    let entries = vec![
        ("selected".to_string(), Given::Text(decision.selected.to_string())),
        ("choice".to_string(), Given::Text(decision.choice.name().to_string())),
        ("keyset".to_string(), Given::Text(decision.keyset.to_string())),
    ];
    Given::Entries(entries).into_value()
}
