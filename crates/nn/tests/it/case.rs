//! Reading case files.

use std::path::Path;

use nn::{Arg, DType, Generator, Scalar, Tensor, Variable};
use serde_json::{Map, Value};

pub struct Packet {
    pub name: String,
    pub tolerance: Value,
    pub cases: Vec<Case>,
}

#[derive(Clone)]
pub struct Case {
    pub id: String,
    pub op: String,
    pub inputs: Map<String, Value>,
    pub params: Map<String, Value>,
    pub expect: Value,
    pub grad: Value,
}

impl Case {
    /// Whether the case asks for the gradient of an input: of all, or of those it names.
    pub fn wants_grad(&self, input: &str) -> bool {
        match &self.grad {
            Value::Array(names) => names.iter().any(|n| n == input),
            other => other.as_bool().unwrap_or(false),
        }
    }
}

/// Every packet of a folder, in the order of the file names.
pub fn packets(folder: &Path) -> Vec<Packet> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the case folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    files.iter().filter(|p| p.extension().is_some_and(|e| e == "json")).map(|p| packet(p)).collect()
}

fn packet(path: &Path) -> Packet {
    let text = std::fs::read_to_string(path).expect("a case file");
    let value: Value = serde_json::from_str(&text).expect("JSON");
    for key in value.as_object().expect("an object").keys() {
        assert!(["packet", "title", "tolerance", "cases"].contains(&key.as_str()), "unknown key {key}");
    }
    let cases = value["cases"].as_array().expect("cases").iter().map(case).collect();
    Packet {
        name: value["packet"].as_str().expect("a name").into(),
        tolerance: value["tolerance"].clone(),
        cases,
    }
}

fn case(value: &Value) -> Case {
    const KEYS: [&str; 9] = ["id", "op", "class", "inputs", "params", "expect", "source", "grad", "layout"];
    for key in value.as_object().expect("a case").keys() {
        assert!(KEYS.contains(&key.as_str()), "unknown key {key} in {}", value["id"]);
    }
    assert_eq!(value["source"], "oracle", "{}", value["id"]);
    Case {
        id: value["id"].as_str().expect("an id").into(),
        op: value["op"].as_str().expect("an op").into(),
        inputs: value["inputs"].as_object().expect("inputs").clone(),
        params: value["params"].as_object().expect("params").clone(),
        expect: value["expect"].clone(),
        grad: value["grad"].clone(),
    }
}

pub fn usizes(value: &Value) -> Vec<usize> {
    value.as_array().expect("a list").iter().map(|v| v.as_u64().expect("a size") as usize).collect()
}

pub fn number(value: &Value) -> f64 {
    match value {
        Value::String(s) => s.parse().expect("a number"),
        other => other.as_f64().expect("a number"),
    }
}

fn integer(value: &Value) -> i64 {
    match value {
        Value::String(s) => s.parse().expect("an integer"),
        other => other.as_i64().expect("an integer"),
    }
}

/// The tensor of a case's text; strided ones see a storage.
pub fn tensor(value: &Value) -> Tensor {
    let dtype = DType::parse(value["dtype"].as_str().expect("a dtype")).expect("a dtype");
    let data = value["data"].as_array().expect("data");
    let sizes = usizes(&value["sizes"]);
    let shape = if value["strides"].is_null() { sizes.clone() } else { vec![data.len()] };
    let flat = match dtype {
        DType::F32 => {
            // Parsed as f32, not rounded twice through f64.
            let parse = |v: &Value| v.as_str().expect("text").parse::<f32>().expect("a number");
            Tensor::from_vec(data.iter().map(parse).collect(), &shape)
        }
        DType::F64 => Tensor::from_vec(data.iter().map(number).collect(), &shape),
        DType::Bool => Tensor::from_vec(data.iter().map(|v| v.as_bool().expect("a bool")).collect(), &shape),
        _ => Tensor::from_vec(data.iter().map(integer).collect::<Vec<i64>>(), &shape)
            .and_then(|t| t.to_dtype(dtype)),
    }
    .expect("a tensor");
    if value["strides"].is_null() {
        return flat;
    }
    let offset = value["offset"].as_u64().unwrap_or(0) as usize;
    flat.as_strided(&sizes, &usizes(&value["strides"]), offset).expect("a layout inside the storage")
}

/// An input: a tensor, a list of tensors, or nothing.
pub fn input(value: &Value) -> Arg<Variable> {
    match value {
        Value::Array(list) => {
            Arg::Tensors(list.iter().map(|v| (!v.is_null()).then(|| Variable::from(tensor(v)))).collect())
        }
        Value::Null => Arg::None,
        other => Arg::Tensor(Variable::from(tensor(other))),
    }
}

/// A parameter in the words of the case files.
pub fn param(value: &Value) -> Arg<Variable> {
    match value {
        Value::Null => Arg::None,
        Value::Bool(b) => (*b).into(),
        Value::Number(n) => match n.as_i64() {
            Some(i) => i.into(),
            None => Arg::Scalar(Scalar::Float(n.as_f64().expect("a number"))),
        },
        Value::String(s) => match s.strip_prefix("torch.") {
            Some(name) => Arg::DType(DType::parse(name).expect("a dtype")),
            None => s.as_str().into(),
        },
        Value::Array(list) => Arg::Ints(list.iter().map(integer).collect()),
        Value::Object(map) => match (map.get("seed"), map.get("float")) {
            (Some(seed), None) => Generator::new(seed.as_u64().expect("a seed")).into(),
            (None, Some(float)) => Arg::Scalar(Scalar::Float(number(float))),
            _ => panic!("unknown parameter {value}"),
        },
    }
}
