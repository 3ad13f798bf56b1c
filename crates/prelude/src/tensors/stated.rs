//! What a place states of a tensor, `Tensor[f32, (n, 784)]`, held against the value that enters it.

use vm::{Fault, Value};

use super::value::tensor_of;
use crate::args::Args;
use crate::convert::items;
use crate::host::Table;

pub(crate) const TABLE: Table = &[("op.tensor_is", |_, args| tensor_is(args))];

fn ints(list: &Value) -> Option<Vec<i64>> {
    let int = |value: &Value| match value {
        Value::Int(number) => Some(*number),
        _ => None,
    };
    items(list)?.iter().map(int).collect()
}

/// (tensor, what the place is, dtype or null, sizes or null, where −1 is any): the tensor's sizes.
fn tensor_is(args: &mut Args<'_>) -> Result<Value, Fault> {
    let tensor = tensor_of(args, "tensor")?;
    let place = args.required_text("place")?;
    let dtype = args.optional_text("dtype")?;
    let wanted = match args.optional("sizes") {
        None => None,
        Some(sizes) => Some(ints(sizes).ok_or_else(|| args.wrong("sizes", "a list of Int", sizes))?),
    };
    let found: Vec<i64> =
        tensor.sizes().iter().map(|size| i64::try_from(*size).unwrap_or(i64::MAX)).collect();
    let fits = wanted.as_ref().is_none_or(|wanted| {
        wanted.len() == found.len()
            && wanted.iter().zip(&found).all(|(wanted, found)| *wanted < 0 || wanted == found)
    });
    if !fits || dtype.as_ref().is_some_and(|dtype| dtype != tensor.dtype().name()) {
        let list = |sizes: &[i64]| {
            let size = |size: &i64| if *size < 0 { "_".to_string() } else { size.to_string() };
            format!("({})", sizes.iter().map(size).collect::<Vec<_>>().join(", "))
        };
        let stated = [dtype, wanted.as_deref().map(list)];
        let stated: Vec<String> = stated.into_iter().flatten().collect();
        let text = format!(
            "{place} is a tensor {} {}, expected {}",
            tensor.dtype().name(),
            list(&found),
            stated.join(" ")
        );
        return Err(Fault::new("R0405", text)
            .help("`reshape` and `to` make another of it; `_` in the type stands for any size or dtype"));
    }
    Ok(Value::tuple(found.into_iter().map(Value::Int).collect()))
}
