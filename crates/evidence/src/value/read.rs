//! JSON to values, checking everything that a value promises.

use super::bytes::decode;
use super::column::known;
use super::dtype::{Dtype, Kind};
use super::{
    Cell, Column, Diagnostic, Frame, Index, IndexType, Misfit, Outcome, Scalar, Series, State, Tensor, Tree,
    Value,
};
use crate::fields::Fields;
use crate::json::{Json, canonical};
use crate::place::{Malformed, Place};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The shared storages in sight, by name.
pub(super) type Storages = BTreeMap<String, Arc<Column>>;

const KINDS: &str =
    "column, index, series, frame, tensor, scalar, tree, text, bytes, state, diagnostics or outcome";

pub(super) fn value(json: &Json, place: &Place<'_>, storages: &Storages) -> Result<Value, Malformed> {
    let mut fields = Fields::of(json, place)?;
    Ok(match fields.text("kind")? {
        "column" => Value::Column(column(json, place)?),
        "index" => Value::Index(index(json, place)?),
        "series" => {
            let name = fields.read("name", Cell::read_name)?;
            let index = fields.read("index", index)?;
            let values = fields.read("values", column)?;
            fields.finish()?;
            Value::Series(fitting(Series::new(name, index, values), place)?)
        }
        "frame" => {
            let index = fields.read("index", self::index)?;
            let columns = fields.read("columns", self::index)?;
            let data = fields.each("data", column)?;
            fields.finish()?;
            Value::Frame(fitting(Frame::new(index, columns, data), place)?)
        }
        "tensor" => Value::Tensor(tensor(fields, storages)?),
        "scalar" => {
            let dtype = dtype(&mut fields)?;
            if dtype.kind() == Kind::Category {
                return Err(fields.malformed("dtype", "the dtype of the categories", "category"));
            }
            let value = fields.read("value", |cell, place| Cell::read(cell, &dtype, place))?;
            fields.finish()?;
            Value::Scalar(Scalar::fitted(dtype, value))
        }
        "tree" => Value::Tree(tree(fields, storages)?),
        "text" => {
            let text = fields.text("value")?.to_string();
            fields.finish()?;
            Value::Text(text)
        }
        "bytes" => {
            let text = fields.text("base64")?;
            let bytes = decode(text)
                .ok_or_else(|| fields.malformed("base64", "base64 with padding, in its only form", text))?;
            fields.finish()?;
            Value::Bytes(bytes)
        }
        "state" => {
            let hash = fields.text("hash")?.to_string();
            let seq = fields.count("seq")?;
            let refusals = fields.texts("refusals")?;
            fields.finish()?;
            Value::State(State { hash, seq, refusals })
        }
        "diagnostics" => {
            let items = fields.each("items", diagnostic)?;
            fields.finish()?;
            Value::Diagnostics(items)
        }
        "outcome" => Value::Outcome(outcome(fields, storages)?),
        other => return Err(fields.malformed("kind", KINDS, format!("{other:?}"))),
    })
}

/// A part that may name its kind, inside one that says what it must be.
fn part<'a>(json: &'a Json, place: &'a Place<'a>, kind: &str) -> Result<Fields<'a>, Malformed> {
    let mut fields = Fields::of(json, place)?;
    match fields.maybe_text("kind")? {
        Some(found) if found != kind => {
            Err(fields.malformed("kind", format!("{kind:?}"), format!("{found:?}")))
        }
        _ => Ok(fields),
    }
}

fn fitting<T>(made: Result<T, Misfit>, place: &Place<'_>) -> Result<T, Malformed> {
    made.map_err(|misfit| Malformed {
        file: place.file_name().to_string(),
        pointer: format!("{}/{}", place.pointer(), misfit.part),
        expected: misfit.expected,
        found: misfit.found,
    })
}

fn dtype<'a>(fields: &mut Fields<'a>) -> Result<Dtype, Malformed> {
    let name = fields.text("dtype")?;
    known(name).map_err(|misfit| fields.malformed("dtype", misfit.expected, misfit.found))
}

fn column(json: &Json, place: &Place<'_>) -> Result<Column, Malformed> {
    let mut fields = part(json, place, "column")?;
    let dtype = dtype(&mut fields)?;
    let values = fields.each("values", |cell, place| Cell::read(cell, &dtype, place))?;
    if dtype.kind() != Kind::Category {
        fields.finish()?;
        return Ok(Column::fitted(dtype, values));
    }
    let categories = fields.read("categories", column)?;
    let ordered = fields.flag("ordered")?;
    fields.finish()?;
    fitting(Column::category(values, categories, ordered), place)
}

fn index(json: &Json, place: &Place<'_>) -> Result<Index, Malformed> {
    let mut fields = part(json, place, "index")?;
    let class = fields.text("type")?;
    let index = match class {
        "RangeIndex" => Index::Range {
            start: fields.integer("start")?,
            stop: fields.integer("stop")?,
            step: fields.integer("step")?,
            name: fields.read("name", Cell::read_name)?,
        },
        "MultiIndex" => Index::Multi {
            arrays: fields.each("arrays", column)?,
            names: fields.each("names", Cell::read_name)?,
        },
        _ => {
            let known = || IndexType::ALL.map(IndexType::name).join(", ");
            let class = IndexType::parse(class).ok_or_else(|| {
                fields.malformed("type", format!("RangeIndex, MultiIndex, {}", known()), format!("{class:?}"))
            })?;
            Index::Flat {
                class,
                values: fields.read("values", column)?,
                name: fields.read("name", Cell::read_name)?,
                freq: fields.maybe_text("freq")?.map(str::to_string),
            }
        }
    };
    fields.finish()?;
    fitting(index.check(), place)?;
    Ok(index)
}

fn size(json: &Json, place: &Place<'_>) -> Result<usize, Malformed> {
    json.as_u64()
        .filter(|size| *size <= crate::json::INTEGER_MAX)
        .and_then(|size| usize::try_from(size).ok())
        .ok_or_else(|| place.unexpected("an integer from 0 to 2^53", json))
}

fn tensor(mut fields: Fields<'_>, storages: &Storages) -> Result<Tensor, Malformed> {
    let dtype = dtype(&mut fields)?;
    let shape = fields.each("shape", size)?;
    let strides = fields.each("strides", size)?;
    let offset = fields.read("offset", size)?;
    let requires_grad = fields.flag("requires_grad")?;
    let name = fields.maybe_text("storage")?;
    let inline = match fields.maybe("values") {
        None => None,
        Some(_) => Some(fields.each("values", |cell, place| Cell::read(cell, &dtype, place))?),
    };
    let values = match (name, inline) {
        (None, None) => return Err(fields.malformed("values", "the storage, here or by name", "neither")),
        (Some(name), None) => match storages.get(name) {
            Some(column) => Arc::clone(column),
            None => {
                let known: Vec<&str> = storages.keys().map(String::as_str).collect();
                let expected = format!("one of the storages [{}]", known.join(", "));
                return Err(fields.malformed("storage", expected, format!("{name:?}")));
            }
        },
        (Some(name), Some(_)) if storages.contains_key(name) => {
            return Err(fields.malformed("values", format!("none beside the storage {name:?}"), "values"));
        }
        (_, Some(values)) => Arc::new(Column::fitted(dtype.clone(), values)),
    };
    if *values.dtype() != dtype {
        return Err(fields.malformed("dtype", format!("the storage's {}", values.dtype()), dtype.name()));
    }
    let name = name.map(str::to_string);
    let place = fields.place();
    fields.finish()?;
    fitting(Tensor::new(values, shape, strides, offset, name, requires_grad), place)
}

fn tree(mut fields: Fields<'_>, around: &Storages) -> Result<Tree, Malformed> {
    let mut here = around.clone();
    if fields.maybe("storages").is_some() {
        let place = fields.place().key("storages");
        let read = |name: &str, json: &Json, place: &Place<'_>| {
            Ok((name.to_string(), Arc::new(column(json, place)?)))
        };
        for (name, storage) in fields.entries("storages", read)? {
            if here.contains_key(&name) {
                return Err(place
                    .key(&name)
                    .malformed("a name that no tree around has", format!("{name:?}")));
            }
            here.insert(name, storage);
        }
    }
    let tree = if fields.maybe("entries").is_some() {
        let mut seen = BTreeSet::new();
        let read = |json: &Json, place: &Place<'_>| {
            let Some([key, item]) = json.as_array().map(Vec::as_slice) else {
                return Err(place.unexpected("a pair [key, value]", json));
            };
            let (at_key, at_value) = (place.item(0), place.item(1));
            let object = known("object").map_err(|misfit| at_key.malformed(misfit.expected, misfit.found))?;
            let cell = Cell::read(key, &object, &at_key)?;
            if !seen.insert(canonical(&cell.write_object())) {
                return Err(at_key.unexpected("each key once", key));
            }
            Ok((cell, value(item, &at_value, &here)?))
        };
        Tree::Entries(fields.each("entries", read)?)
    } else {
        Tree::Items(fields.each("items", |item, place| value(item, place, &here))?)
    };
    fields.finish()?;
    Ok(tree)
}

fn diagnostic(json: &Json, place: &Place<'_>) -> Result<Diagnostic, Malformed> {
    let mut fields = Fields::of(json, place)?;
    let span = fields.each("span", size)?;
    let [start, end] = span.as_slice() else {
        return Err(fields.malformed("span", "[start, end]", format!("{} numbers", span.len())));
    };
    let item = Diagnostic {
        code: fields.filled_text("code")?.to_string(),
        span: (*start as u64, *end as u64),
        severity: fields.filled_text("severity")?.to_string(),
        fix: fields.maybe_text("fix")?.map(str::to_string),
        message: fields.text("message")?.to_string(),
    };
    fields.finish()?;
    Ok(item)
}

fn outcome(mut fields: Fields<'_>, storages: &Storages) -> Result<Outcome, Malformed> {
    let status = fields.text("status")?.to_string();
    let outputs = fields
        .entries("outputs", |name, json, place| Ok((name.to_string(), value(json, place, storages)?)))?;
    let calls = fields.count("calls")?;
    let ledger =
        fields.entries("ledger", |name, json, place| Ok((name.to_string(), size(json, place)? as u64)))?;
    fields.finish()?;
    Ok(Outcome {
        status,
        outputs: outputs.into_iter().collect(),
        calls,
        ledger: ledger.into_iter().collect(),
    })
}
