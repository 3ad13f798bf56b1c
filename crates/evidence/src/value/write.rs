//! Values as JSON, one form for each value.

use super::bytes::encode;
use super::{Column, Diagnostic, Frame, Index, Series, Shared, Tensor, Tree, Value};
use crate::json::Json;
use serde_json::{Map, json};

pub(super) fn value(value: &Value) -> Json {
    write(value, &Shared::new())
}

fn write(value: &Value, shared: &Shared<'_>) -> Json {
    match value {
        Value::Column(part) => column(part),
        Value::Index(part) => index(part),
        Value::Series(part) => series(part),
        Value::Frame(part) => frame(part),
        Value::Tensor(part) => tensor(part, shared),
        Value::Scalar(part) => {
            let dtype = part.dtype();
            json!({"kind": "scalar", "dtype": dtype.name(), "value": part.value().write(dtype)})
        }
        Value::Tree(part) => tree(value, part, shared),
        Value::Text(text) => json!({"kind": "text", "value": text}),
        Value::Bytes(bytes) => json!({"kind": "bytes", "base64": encode(bytes)}),
        Value::State(state) => {
            json!({"kind": "state", "hash": state.hash, "seq": state.seq, "refusals": state.refusals})
        }
        Value::Diagnostics(items) => {
            json!({"kind": "diagnostics", "items": items.iter().map(diagnostic).collect::<Vec<_>>()})
        }
        Value::Outcome(outcome) => {
            let outputs: Map<String, Json> =
                outcome.outputs.iter().map(|(name, output)| (name.clone(), write(output, shared))).collect();
            json!({
                "kind": "outcome", "status": outcome.status, "outputs": outputs, "calls": outcome.calls,
                "ledger": outcome.ledger,
            })
        }
    }
}

fn column(column: &Column) -> Json {
    let dtype = column.dtype();
    let values: Vec<Json> = column.values().iter().map(|cell| cell.write(dtype)).collect();
    let mut out = json!({"kind": "column", "dtype": dtype.name(), "values": values});
    if let (Some(categories), Json::Object(map)) = (column.categories(), &mut out) {
        map.insert("categories".to_string(), self::column(&categories.values));
        map.insert("ordered".to_string(), categories.ordered.into());
    }
    out
}

fn index(index: &Index) -> Json {
    match index {
        Index::Range { start, stop, step, name } => json!({
            "kind": "index", "type": index.class(), "start": start, "stop": stop, "step": step,
            "name": name.write_name(),
        }),
        Index::Flat { values, name, freq, .. } => {
            let values = column(values);
            let mut out =
                json!({"kind": "index", "type": index.class(), "values": values, "name": name.write_name()});
            if let (Some(freq), Json::Object(map)) = (freq, &mut out) {
                map.insert("freq".to_string(), freq.clone().into());
            }
            out
        }
        Index::Multi { arrays, names } => json!({
            "kind": "index", "type": index.class(),
            "arrays": arrays.iter().map(column).collect::<Vec<_>>(),
            "names": names.iter().map(|name| name.write_name()).collect::<Vec<_>>(),
        }),
    }
}

fn series(series: &Series) -> Json {
    json!({
        "kind": "series", "name": series.name().write_name(), "index": index(series.index()),
        "values": column(series.values()),
    })
}

fn frame(frame: &Frame) -> Json {
    json!({
        "kind": "frame", "index": index(frame.index()), "columns": index(frame.columns()),
        "data": frame.data().iter().map(column).collect::<Vec<_>>(),
    })
}

fn tensor(tensor: &Tensor, shared: &Shared<'_>) -> Json {
    let mut out = json!({
        "kind": "tensor", "dtype": tensor.dtype(), "shape": tensor.shape(), "strides": tensor.strides(),
        "offset": tensor.offset(), "requires_grad": tensor.requires_grad(),
    });
    let Json::Object(map) = &mut out else { return out };
    let name = tensor.storage();
    if let Some(name) = name {
        map.insert("storage".to_string(), name.into());
    }
    // A tensor that no tree stands around, or whose storage is not the one its name has there, carries its own.
    if name.and_then(|name| shared.get(name)).is_none_or(|storage| *storage != tensor.storage_values()) {
        map.insert("values".to_string(), cells(tensor.storage_values()));
    }
    out
}

fn cells(column: &Column) -> Json {
    Json::Array(column.values().iter().map(|cell| cell.write(column.dtype())).collect())
}

fn tree(whole: &Value, tree: &Tree, shared: &Shared<'_>) -> Json {
    // The outermost tree writes the storages of all tensors inside it.
    let mut found = Shared::new();
    if shared.is_empty() {
        // Of two with one name, which no reader lets pass, the second is written where it stands.
        let _ = whole.storages(&mut found);
    }
    let here = if found.is_empty() { shared } else { &found };
    let mut out = match tree {
        Tree::Items(items) => {
            json!({"kind": "tree", "items": items.iter().map(|item| write(item, here)).collect::<Vec<_>>()})
        }
        Tree::Entries(entries) => {
            let entries: Vec<Json> =
                entries.iter().map(|(key, value)| json!([key.write_object(), write(value, here)])).collect();
            json!({"kind": "tree", "entries": entries})
        }
    };
    if let (false, Json::Object(map)) = (found.is_empty(), &mut out) {
        let storages: Map<String, Json> = found
            .iter()
            .map(|(name, column)| {
                (name.to_string(), json!({"dtype": column.dtype().name(), "values": cells(column)}))
            })
            .collect();
        map.insert("storages".to_string(), storages.into());
    }
    out
}

fn diagnostic(item: &Diagnostic) -> Json {
    let (start, end) = item.span;
    json!({
        "code": item.code, "span": [start, end], "severity": item.severity, "fix": item.fix,
        "message": item.message,
    })
}
