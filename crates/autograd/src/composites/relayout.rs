//! Operators that change a tensor's own layout: the result is the same variable with another view of its storage. Each
//! counts as a write, so that a tensor saved before is refused as PyTorch refuses it.

use tensor::{Args, Error, MemoryFormat, Result, Tensor};

use super::{one, signed};
use crate::composite::Composite;
use crate::dispatch::call_one;
use crate::mode::is_grad_enabled;
use crate::variable::Variable;

/// The first argument under the layout that an operator of views gives it; the arguments are the view's.
fn relaid(operator: &'static str, name: &str, a: &Args<'_, Variable>) -> Result<Vec<Variable>> {
    let target = a.tensor(0)?;
    if is_grad_enabled() && target.requires_grad() {
        crate::dispatch::check_write(operator, target, true)?;
    }
    Ok(vec![target.relaid(call_one(name, a.values().to_vec())?)])
}

fn refuse_gradient(operator: &'static str, target: &Variable) -> Result<()> {
    if target.requires_grad() {
        return Err(Error::runtime(operator, "cannot resize variables that require grad"));
    }
    Ok(())
}

/// The target over as many elements as the sizes need.
fn resized(target: &Variable, sizes: &[i64], format: Option<MemoryFormat>) -> Result<Variable> {
    const NAME: &str = "resize_";
    refuse_gradient(NAME, target)?;
    if let Some(size) = sizes.iter().find(|&&size| size < 0) {
        let text = format!("resize_: a size cannot be negative, but {sizes:?} has {size}");
        return Err(Error::runtime(NAME, text));
    }
    let wanted: Vec<usize> = sizes.iter().map(|&size| size as usize).collect();
    if wanted == target.sizes() && format.is_none() {
        return Ok(target.clone());
    }
    let strides = match format {
        Some(MemoryFormat::Preserve) => {
            let text = "Unsupported memory format Preserve";
            return Err(Error::runtime(NAME, text));
        }
        Some(format) => format.strides_for(&wanted)?,
        None => tensor::contiguous_strides(&wanted),
    };
    let data = target.data().resized(&wanted, &strides)?;
    Ok(target.relaid(data.into()))
}

pub(super) const ROWS: &[Composite] = &[
    Composite { schema: "t_(Tensor(a!) self) -> Tensor(a!)", body: |a| relaid("t_", "t", a) },
    Composite {
        schema: "transpose_(Tensor(a!) self, int dim0, int dim1) -> Tensor(a!)",
        body: |a| relaid("transpose_", "transpose.int", a),
    },
    Composite {
        schema: "swapaxes_(Tensor(a!) self, int axis0, int axis1) -> Tensor(a!)",
        body: |a| relaid("swapaxes_", "transpose.int", a),
    },
    Composite {
        schema: "swapdims_(Tensor(a!) self, int dim0, int dim1) -> Tensor(a!)",
        body: |a| relaid("swapdims_", "transpose.int", a),
    },
    Composite {
        schema: "squeeze_(Tensor(a!) self) -> Tensor(a!)",
        body: |a| relaid("squeeze_", "squeeze", a),
    },
    Composite {
        schema: "squeeze_.dim(Tensor(a!) self, int dim) -> Tensor(a!)",
        body: |a| relaid("squeeze_", "squeeze.dim", a),
    },
    Composite {
        schema: "squeeze_.dims(Tensor(a!) self, int[] dim) -> Tensor(a!)",
        body: |a| relaid("squeeze_", "squeeze.dims", a),
    },
    Composite {
        schema: "unsqueeze_(Tensor(a!) self, int dim) -> Tensor(a!)",
        body: |a| relaid("unsqueeze_", "unsqueeze", a),
    },
    Composite {
        schema: "as_strided_(Tensor(a!) self, SymInt[] size, SymInt[] stride, SymInt? storage_offset=None) -> Tensor(a!)",
        body: |a| relaid("as_strided_", "as_strided", a),
    },
    Composite {
        schema: "resize_(Tensor(a!) self, SymInt[] size, *, MemoryFormat? memory_format=None) -> Tensor(a!)",
        body: |a| one(resized(a.tensor(0)?, &a.ints(1)?, a.memory_format(2)?)),
    },
    Composite {
        schema: "resize_as_(Tensor(a!) self, Tensor the_template, *, MemoryFormat? memory_format=None) -> Tensor(a!)",
        body: |a| one(resized(a.tensor(0)?, &signed(a.tensor(1)?.sizes()), a.memory_format(2)?)),
    },
    Composite {
        schema: "set_(Tensor(a!) self) -> Tensor(a!)",
        body: |a| {
            let target = a.tensor(0)?;
            adopted(target, &Variable::from(Tensor::zeros(&[0], target.dtype())?))
        },
    },
    Composite {
        schema: "set_.source_Tensor(Tensor(a!) self, Tensor source) -> Tensor(a!)",
        body: |a| adopted(a.tensor(0)?, a.tensor(1)?),
    },
];

/// The target over the storage of another tensor.
fn adopted(target: &Variable, source: &Variable) -> Result<Vec<Variable>> {
    const NAME: &str = "set_";
    if is_grad_enabled() && target.requires_grad() {
        crate::dispatch::check_write(NAME, target, true)?;
        return Err(Error::not_implemented(NAME, "derivative for set_ is not implemented"));
    }
    if target.dtype() != source.dtype() {
        let text = format!(
            "Could not set tensor of type {} to a tensor of type {}",
            source.dtype().name(),
            target.dtype().name()
        );
        return Err(Error::runtime(NAME, text).dtypes(&[target.dtype(), source.dtype()]));
    }
    Ok(vec![target.relaid(source.data().clone().into())])
}
