//! Comparing what the engine gave with what PyTorch gave.

use nn::{DType, Tensor};
use serde_json::Value;

use crate::case::{Case, Packet, number, usizes};

/// What running a case gave, in the form of an expectation.
pub enum Found {
    Value(Item),
    Error { class: &'static str, message: String },
}

pub enum Item {
    Tensor(Tensor),
    List(Vec<Item>),
    Text(String),
    None,
}

pub struct Outcome {
    pub found: Found,
    pub after: Vec<(String, Tensor)>,
    pub grads: Vec<(String, Option<Tensor>)>,
}

pub fn compare(packet: &Packet, case: &Case, outcome: &Outcome) -> Result<(), String> {
    let row = |table: &Value, dtype: &str| -> (f64, f64) {
        let row = &table[dtype];
        if row.is_null() { (0.0, 0.0) } else { (number(&row[0]), number(&row[1])) }
    };
    let table = &packet.tolerance[&case.op];
    let bounds = |dtype: &str| row(table, dtype);
    // A gradient may have bounds of its own: sums over broadcast dimensions round.
    let own = &packet.tolerance[format!("{} gradient", case.op)];
    let gradient_bounds = |dtype: &str| row(if own.is_null() { table } else { own }, dtype);
    let expect = &case.expect;
    for key in expect.as_object().ok_or("no expectation")?.keys() {
        if !["value", "error", "after", "cotangents", "grads"].contains(&key.as_str()) {
            return Err(format!("unknown expectation {key}"));
        }
    }
    match &outcome.found {
        Found::Error { class, message } => {
            if expect["error"].is_null() {
                return Err(format!("raised {class}: {message}"));
            }
            if expect["error"]["class"] != *class {
                return Err(format!("expected {}, found {class}: {message}", expect["error"]));
            }
            if expect["error"]["message"] != message.as_str() {
                return Err(format!(
                    "expected text {}\n    found text {message:?}",
                    expect["error"]["message"]
                ));
            }
            return Ok(());
        }
        Found::Value(_) if !expect["error"].is_null() => {
            return Err(format!("expected {}, but it did not raise", expect["error"]));
        }
        Found::Value(item) => compare_item(&expect["value"], item, &bounds)?,
    }
    let wanted = expect["after"].as_object().map_or(0, |m| m.len());
    if wanted != outcome.after.len() {
        return Err(format!("expected {wanted} inputs written, found {}", outcome.after.len()));
    }
    for (name, t) in &outcome.after {
        compare_tensor(&expect["after"][name], t, &bounds).map_err(|e| format!("after, {name}: {e}"))?;
    }
    for (name, grad) in &outcome.grads {
        let wanted = &expect["grads"][name];
        match grad {
            Some(t) => {
                compare_tensor(wanted, t, &gradient_bounds).map_err(|e| format!("gradient of {name}: {e}"))?
            }
            None if wanted.is_null() => {}
            None => return Err(format!("gradient of {name}: expected {wanted}, found none")),
        }
    }
    Ok(())
}

fn compare_item(expect: &Value, item: &Item, bounds: &dyn Fn(&str) -> (f64, f64)) -> Result<(), String> {
    match item {
        Item::Tensor(t) => compare_tensor(expect, t, bounds),
        Item::Text(text) if expect == text.as_str() => Ok(()),
        Item::Text(text) => Err(format!("expected {expect}\n    found {text:?}")),
        Item::None if expect.is_null() => Ok(()),
        Item::None => Err(format!("expected {expect}, found nothing")),
        Item::List(list) => {
            let wanted = expect.as_array().ok_or_else(|| format!("expected {expect}, found a list"))?;
            if wanted.len() != list.len() {
                return Err(format!("expected {} results, found {}", wanted.len(), list.len()));
            }
            let mut pairs = wanted.iter().zip(list).enumerate();
            pairs.try_for_each(|(i, (e, f))| {
                compare_item(e, f, bounds).map_err(|e| format!("result {i}: {e}"))
            })
        }
    }
}

fn compare_tensor(expect: &Value, t: &Tensor, bounds: &dyn Fn(&str) -> (f64, f64)) -> Result<(), String> {
    let dtype = t.dtype().to_string();
    if expect["dtype"] != dtype.as_str() {
        return Err(format!("expected dtype {}, found {dtype}", expect["dtype"]));
    }
    if usizes(&expect["sizes"]) != t.sizes() {
        return Err(format!("expected sizes {}, found {:?}", expect["sizes"], t.sizes()));
    }
    if !expect["strides"].is_null() && t.numel() > 0 {
        // The stride of a dimension of size 1 selects nothing.
        let wanted = usizes(&expect["strides"]);
        let differs = (0..t.dim()).any(|d| t.sizes()[d] != 1 && wanted[d] != t.strides()[d]);
        if differs {
            return Err(format!("expected strides {wanted:?}, found {:?}", t.strides()));
        }
    }
    let data = expect["data"].as_array().ok_or("no data")?;
    if data.len() != t.numel() {
        return Err(format!("expected {} elements, found {}", data.len(), t.numel()));
    }
    let wrong = |i: usize, found: String| Err(format!("element {i}: expected {}, found {found}", data[i]));
    match t.dtype() {
        DType::F32 => {
            for (i, x) in t.to_vec::<f32>().map_err(|e| e.to_string())?.into_iter().enumerate() {
                let wanted: f32 = data[i].as_str().unwrap_or("x").parse().map_err(|_| "not a number")?;
                if !close(f64::from(wanted), f64::from(x), bounds(&dtype)) {
                    return wrong(i, format!("{x:?}"));
                }
            }
        }
        DType::F64 => {
            for (i, x) in t.to_vec::<f64>().map_err(|e| e.to_string())?.into_iter().enumerate() {
                if !close(number(&data[i]), x, bounds(&dtype)) {
                    return wrong(i, format!("{x:?}"));
                }
            }
        }
        DType::Bool => {
            for (i, x) in t.to_vec::<bool>().map_err(|e| e.to_string())?.into_iter().enumerate() {
                if data[i] != x {
                    return wrong(i, x.to_string());
                }
            }
        }
        _ => {
            for (i, x) in t.to_vec_as::<i64>().map_err(|e| e.to_string())?.into_iter().enumerate() {
                if data[i] != x && data[i].as_str() != Some(x.to_string().as_str()) {
                    return wrong(i, x.to_string());
                }
            }
        }
    }
    Ok(())
}

/// Bit-equal (any NaN is a NaN), or within the packet's bounds. A zero's sign counts only where bounds are exact.
fn close(wanted: f64, found: f64, (relative, absolute): (f64, f64)) -> bool {
    if wanted.is_nan() || found.is_nan() {
        return wanted.is_nan() && found.is_nan();
    }
    wanted.to_bits() == found.to_bits()
        || (relative > 0.0
            && wanted.is_finite()
            && (wanted - found).abs() <= absolute + relative * wanted.abs())
}
