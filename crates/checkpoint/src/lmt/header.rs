//! The header's fields. JSON in the canonical form of RFC 8785, of which floating point numbers are no part.

use serde_json::{Map, Value};
use tensor::DType;

/// One tensor.
pub struct Entry {
    pub name: String,
    pub dtype: DType,
    pub sizes: Vec<usize>,
    pub strides: Vec<usize>,
    pub offset: usize,
    pub storage: usize,
    pub requires_grad: bool,
}

/// One storage, by its place behind the header.
pub struct Stored {
    pub offset: usize,
    pub size_bytes: usize,
    pub blake3: String,
}

fn integers(values: &[usize]) -> Value {
    values.iter().map(|&value| Value::from(value as u64)).collect()
}

pub fn object(fields: Vec<(&str, Value)>) -> Value {
    Value::Object(fields.into_iter().map(|(key, value)| (key.to_string(), value)).collect::<Map<_, _>>())
}

impl Entry {
    pub const FIELDS: [&str; 7] = ["dtype", "name", "offset", "requires_grad", "sizes", "storage", "strides"];

    pub fn to_json(&self) -> Value {
        object(vec![
            ("dtype", self.dtype.name().into()),
            ("name", self.name.as_str().into()),
            ("offset", (self.offset as u64).into()),
            ("requires_grad", self.requires_grad.into()),
            ("sizes", integers(&self.sizes)),
            ("storage", (self.storage as u64).into()),
            ("strides", integers(&self.strides)),
        ])
    }
}

impl Stored {
    pub const FIELDS: [&str; 3] = ["blake3", "offset", "size_bytes"];

    pub fn to_json(&self) -> Value {
        object(vec![
            ("blake3", self.blake3.as_str().into()),
            ("offset", (self.offset as u64).into()),
            ("size_bytes", (self.size_bytes as u64).into()),
        ])
    }
}

/// The header's own fields.
pub const FIELDS: [&str; 4] = ["entries", "mode", "state", "storages"];

/// The canonical text: keys by UTF-16 code units, no spaces. Numbers are integers below 2^53, which have one form.
pub fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                canonical(item, out);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            let mut sorted: Vec<(&String, &Value)> = fields.iter().collect();
            sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (at, (key, item)) in sorted.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                canonical(item, out);
            }
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
}
