//! An operator's parameters beside its tensors, each with its type in the words of PyTorch's schemas.

use evidence::json::Json;
use nn::{Arg, DType, Generator, Scalar, Variable};
use serde_json::{Map, json};
use tensor::MemoryFormat;

use crate::row::Params;

/// What an operator takes beside tensors. PyTorch's own schema says the same (tested).
pub(super) trait Signature {
    /// Name and overload.
    const NAME: &'static str;
    /// Names and types.
    const PARAMS: &'static [(&'static str, &'static str)];
}

/// The parameters of a signature: every one is written in a case.
pub(super) const fn params<S: Signature>() -> Params {
    Params::listed(check::<S>, schema::<S>)
}

fn check<S: Signature>(params: &Map<String, Json>) -> Result<(), String> {
    read::<S>(params).map(drop)
}

fn schema<S: Signature>() -> Json {
    let properties: Map<String, Json> =
        S::PARAMS.iter().map(|(name, ty)| ((*name).to_string(), json!({"description": ty}))).collect();
    json!({"title": S::NAME, "type": "object", "properties": properties, "additionalProperties": false})
}

/// The parameters as arguments.
pub(super) fn read<S: Signature>(params: &Map<String, Json>) -> Result<Vec<(String, Arg<Variable>)>, String> {
    let names = || S::PARAMS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    if let Some(unknown) = params.keys().find(|key| !S::PARAMS.iter().any(|(name, _)| name == key)) {
        return Err(format!("params: {} has no parameter {unknown:?}; it has {}", S::NAME, names()));
    }
    let one = |(name, ty): &(&'static str, &'static str)| {
        let json = params.get(*name).ok_or_else(|| format!("params: there is no {name:?} of type {ty}"))?;
        let argument = argument(json, ty).ok_or_else(|| {
            format!("params: {name}: expected a {ty}, found {}", evidence::json::brief(json))
        })?;
        Ok(((*name).to_string(), argument))
    };
    S::PARAMS.iter().map(one).collect()
}

/// The argument of a type; nothing where the parameter is of another.
pub(super) fn argument(json: &Json, ty: &str) -> Option<Arg<Variable>> {
    let (ty, is_optional) = ty.strip_suffix('?').map_or((ty, false), |ty| (ty, true));
    if json.is_null() {
        return is_optional.then_some(Arg::None);
    }
    if ty.ends_with(']') {
        let items = json.as_array()?.iter().map(Json::as_i64).collect::<Option<Vec<i64>>>();
        return items.map(Arg::Ints);
    }
    match ty {
        "Scalar" => number(json).map(Arg::Scalar),
        "float" => number(json).map(|number| Arg::Scalar(Scalar::Float(number.to_f64()))),
        "int" | "SymInt" => json.as_i64().map(Arg::from),
        "bool" => json.as_bool().map(Arg::from),
        "str" | "Layout" | "Device" => json.as_str().map(Arg::from),
        "MemoryFormat" => {
            json.as_str().and_then(|name| MemoryFormat::parse(name).ok()).map(Arg::MemoryFormat)
        }
        "ScalarType" => dtype(json).map(Arg::DType),
        "Generator" => generator(json).map(Arg::Generator),
        _ => None,
    }
}

/// The parameters of an operator or a composite, in the words of its schema.
pub(super) fn parameters(name: &str) -> Result<Vec<tensor::Param>, nn::Error> {
    match nn::composites().find(|composite| composite.name() == name) {
        Some(composite) => composite.params(),
        None => Ok(tensor::operator(name)?.params.clone()),
    }
}

/// A number of Python: `1`, `1.5`, `true`, `{"$float": 1}`, `{"$": "NaN"}`, `{"$int": "9007199254740993"}`.
pub(super) fn number(json: &Json) -> Option<Scalar> {
    match json {
        Json::Bool(b) => Some(Scalar::Bool(*b)),
        Json::Number(n) => n.as_i64().map(Scalar::Int).or_else(|| n.as_f64().map(Scalar::Float)),
        Json::Object(tagged) => {
            let (tag, value) = tagged.iter().next().filter(|_| tagged.len() == 1)?;
            match (tag.as_str(), value.as_str()) {
                ("$float", None) => value.as_f64().map(Scalar::Float),
                ("$int", Some(digits)) => digits.parse().ok().map(Scalar::Int),
                ("$", Some("NaN")) => Some(Scalar::Float(f64::NAN)),
                ("$", Some("inf")) => Some(Scalar::Float(f64::INFINITY)),
                ("$", Some("-inf")) => Some(Scalar::Float(f64::NEG_INFINITY)),
                ("$", Some("-0.0")) => Some(Scalar::Float(-0.0)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// A dtype by its full name, `torch.float32`.
pub(super) fn dtype(json: &Json) -> Option<DType> {
    let name = json.as_str().filter(|name| name.starts_with("torch."))?;
    DType::parse(name).ok()
}

/// `{"$generator": seed}`.
fn generator(json: &Json) -> Option<Generator> {
    let tagged = json.as_object().filter(|tagged| tagged.len() == 1)?;
    tagged.get("$generator")?.as_u64().map(Generator::new)
}
