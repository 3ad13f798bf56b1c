//! Views that are other views under a name of their own.

use tensor::{Arg, Args, Error, Result, Tensor, wrap_dim};

use super::{one, signed};
use crate::composite::Composite;
use crate::dispatch::call_one;
use crate::variable::Variable;

fn viewed(x: &Variable, sizes: &[i64]) -> Result<Variable> {
    call_one("view", vec![x.into(), sizes.into()])
}

/// Every dimension in reverse.
fn reversed(x: &Variable) -> Result<Variable> {
    x.permute(&(0..x.dim() as i64).rev().collect::<Vec<_>>())
}

/// The last two dimensions swapped; `name` is the attribute in the error.
fn matrices_transposed(x: &Variable, name: &str) -> Result<Variable> {
    if x.dim() < 2 {
        let text = format!(
            "tensor.{name} is only supported on matrices or batches of matrices. Got {}-D tensor.",
            x.dim()
        );
        return Err(Error::runtime("transpose", text).shapes(&[x.sizes()]));
    }
    x.transpose(-2, -1)
}

fn conjugate_transposed(x: &Variable) -> Result<Variable> {
    match x.dim() {
        0 => Ok(x.clone()),
        2 => x.transpose(0, 1),
        n => {
            let text = format!("tensor.H is only supported on matrices (2-D tensors). Got {n}-D tensor.");
            Err(Error::runtime("transpose", text).shapes(&[x.sizes()]))
        }
    }
}

/// Dimensions taken from their places and put at others; the rest keep their order.
fn moved(x: &Variable, from: &[i64], to: &[i64]) -> Result<Variable> {
    const NAME: &str = "movedim";
    if from.len() != to.len() {
        let text = format!(
            "movedim: Invalid source or destination dims: source ({from:?} dims) should contain the same number of \
             dims as destination ({to:?} dims)"
        );
        return Err(Error::runtime(NAME, text));
    }
    if x.dim() == 0 {
        for &dim in from.iter().chain(to) {
            wrap_dim(NAME, dim, 0)?;
        }
        return Ok(x.clone());
    }
    let mut places: Vec<Option<i64>> = vec![None; x.dim()];
    let mut taken = vec![false; x.dim()];
    let again = |which: &str, dims: &[i64]| {
        Err(Error::runtime(NAME, format!("movedim: repeated dim in `{which}` ({dims:?})")))
    };
    for (&from_dim, &to_dim) in from.iter().zip(to) {
        let (source, target) = (wrap_dim(NAME, from_dim, x.dim())?, wrap_dim(NAME, to_dim, x.dim())?);
        if taken.get_mut(source).is_some_and(|flag| std::mem::replace(flag, true)) {
            return again("source", from);
        }
        if places.get_mut(target).is_some_and(|place| place.replace(source as i64).is_some()) {
            return again("destination", to);
        }
    }
    let mut rest = (0..x.dim()).filter(|&d| !taken.get(d).copied().unwrap_or(false)).map(|d| d as i64);
    let order: Vec<i64> = places.into_iter().filter_map(|place| place.or_else(|| rest.next())).collect();
    x.permute(&order)
}

fn unflattened(x: &Variable, dim: i64, sizes: &[i64]) -> Result<Variable> {
    const NAME: &str = "unflatten";
    let d = wrap_dim(NAME, dim, x.dim())?;
    if sizes.is_empty() {
        return Err(Error::runtime(NAME, "unflatten: sizes must be non-empty"));
    }
    let own = x.sizes().get(d).copied().unwrap_or(1);
    let known: i64 = sizes.iter().filter(|&&size| size != -1).product();
    let fits = if sizes.contains(&-1) { known != 0 && own as i64 % known == 0 } else { known == own as i64 };
    let inferred = tensor::infer_sizes(NAME, sizes, own);
    let (true, Ok(inferred)) = (fits, inferred) else {
        let text = format!(
            "unflatten: Provided sizes {sizes:?} don't multiply up to the size of dim {d} ({own}) in the input tensor"
        );
        return Err(Error::runtime(NAME, text).shapes(&[x.sizes()]));
    };
    let mut all = signed(x.sizes());
    all.splice(d..(d + 1).min(all.len()), signed(&inferred));
    viewed(x, &all)
}

fn itself(a: &Args<'_, Variable>) -> Result<Vec<Variable>> {
    one(a.tensor(0).cloned())
}

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "expand_as(Tensor(a) self, Tensor other) -> Tensor(a)",
        body: |a| one(a.tensor(0)?.expand(&signed(a.tensor(1)?.sizes()))),
    },
    Composite {
        schema: "broadcast_to(Tensor(a) self, SymInt[] size) -> Tensor(a)",
        body: |a| one(a.tensor(0)?.expand(&a.ints(1)?)),
    },
    Composite {
        schema: "view_as(Tensor(a) self, Tensor other) -> Tensor(a)",
        body: |a| one(viewed(a.tensor(0)?, &signed(a.tensor(1)?.sizes()))),
    },
    Composite {
        schema: "reshape_as(Tensor(a) self, Tensor other) -> Tensor(a)",
        body: |a| one(a.tensor(0)?.reshape(&signed(a.tensor(1)?.sizes()))),
    },
    Composite {
        schema: "ravel(Tensor(a) self) -> Tensor(a)",
        body: |a| {
            let x = a.tensor(0)?;
            // A contiguous tensor without elements keeps its strides there, and has a view all the same.
            let rows =
                if x.data().is_contiguous() { x.clone() } else { call_one("contiguous", vec![x.into()])? };
            one(viewed(&rows, &[-1]))
        },
    },
    Composite { schema: "T(Tensor(a) self) -> Tensor(a)", body: |a| one(reversed(a.tensor(0)?)) },
    Composite { schema: "numpy_T(Tensor(a) self) -> Tensor(a)", body: |a| one(reversed(a.tensor(0)?)) },
    Composite { schema: "H(Tensor(a) self) -> Tensor(a)", body: |a| one(conjugate_transposed(a.tensor(0)?)) },
    Composite {
        schema: "matrix_H(Tensor(a) self) -> Tensor(a)",
        body: |a| one(conjugate_transposed(a.tensor(0)?)),
    },
    Composite {
        schema: "mT(Tensor(a) self) -> Tensor(a)",
        body: |a| one(matrices_transposed(a.tensor(0)?, "mT")),
    },
    Composite {
        schema: "mH(Tensor(a) self) -> Tensor(a)",
        body: |a| one(matrices_transposed(a.tensor(0)?, "mH")),
    },
    Composite {
        schema: "adjoint(Tensor(a) self) -> Tensor(a)",
        body: |a| one(matrices_transposed(a.tensor(0)?, "adjoint()")),
    },
    Composite {
        schema: "movedim.intlist(Tensor(a) self, int[] source, int[] destination) -> Tensor(a)",
        body: |a| one(moved(a.tensor(0)?, &a.ints(1)?, &a.ints(2)?)),
    },
    Composite {
        schema: "movedim.int(Tensor(a) self, int source, int destination) -> Tensor(a)",
        body: |a| one(moved(a.tensor(0)?, &[a.int(1)?], &[a.int(2)?])),
    },
    Composite {
        schema: "unflatten.int(Tensor(a) self, int dim, SymInt[] sizes) -> Tensor(a)",
        body: |a| one(unflattened(a.tensor(0)?, a.int(1)?, &a.ints(2)?)),
    },
    Composite {
        schema: "narrow.Tensor(Tensor(a) self, int dim, Tensor start, SymInt length) -> Tensor(a)",
        body: |a| {
            let start = a.tensor(2)?;
            if start.dim() != 0 || start.dtype().is_float() || start.dtype() == tensor::DType::Bool {
                let text = "start must be an 0-dim integral Tensor.";
                return Err(Error::runtime("narrow", text).shapes(&[start.sizes()]));
            }
            one(a.tensor(0)?.narrow(a.int(1)?, start.data().item()?.to_i64(), a.int(3)?))
        },
    },
    Composite {
        schema: "linalg_diagonal(Tensor(a) A, *, int offset=0, int dim1=-2, int dim2=-1) -> Tensor(a)",
        body: |a| one(call_one("diagonal", a.values().to_vec())),
    },
    // There are no complex numbers, so nothing is conjugated and nothing negated lazily.
    Composite { schema: "conj(Tensor(a) self) -> Tensor(a)", body: itself },
    Composite { schema: "conj_physical(Tensor self) -> Tensor", body: itself },
    Composite { schema: "resolve_conj(Tensor(a) self) -> Tensor(a)", body: itself },
    Composite { schema: "resolve_neg(Tensor(a) self) -> Tensor(a)", body: itself },
    Composite { schema: "real(Tensor(a) self) -> Tensor(a)", body: itself },
    Composite {
        schema: "item(Tensor self) -> Scalar",
        body: |a| {
            let x = a.tensor(0)?;
            Ok(vec![Variable::from(Tensor::scalar(x.data().item()?, x.dtype()))])
        },
    },
    Composite {
        schema: "broadcast_tensors(Tensor[] tensors) -> Tensor[]",
        body: |a| {
            let tensors = a.tensors(0)?;
            let sizes = common_sizes("broadcast_tensors", tensors.iter().map(|t| t.sizes().to_vec()))?;
            tensors.iter().map(|t| t.expand(&signed(&sizes))).collect()
        },
    },
    Composite {
        schema: "broadcast_shapes(Any shapes) -> int[]",
        body: |a| {
            let Arg::List(shapes) = a.value(0) else {
                return Err(Error::type_error(
                    "broadcast_shapes",
                    "broadcast_shapes(): shapes must be tuples of ints",
                ));
            };
            let shapes: Vec<Vec<usize>> = shapes.iter().map(shape).collect::<Result<_>>()?;
            let sizes = common_sizes("broadcast_shapes", shapes.into_iter())?;
            sizes
                .iter()
                .map(|&size| Ok(Tensor::scalar((size as i64).into(), tensor::DType::I64).into()))
                .collect()
        },
    },
];

/// A shape from what a caller without types passes: one number or a list of them.
fn shape(words: &Arg<Variable>) -> Result<Vec<usize>> {
    const NAME: &str = "broadcast_shapes";
    let size = |size: i64| {
        usize::try_from(size).map_err(|_| {
            let text = format!("Trying to create tensor with negative dimension ({size}): ({size})");
            Error::runtime(NAME, text).expected("sizes of at least 0").found(size.to_string())
        })
    };
    match words {
        Arg::Scalar(tensor::Scalar::Int(one)) => Ok(vec![size(*one)?]),
        Arg::Ints(list) => list.iter().map(|&one| size(one)).collect(),
        Arg::List(list) => {
            let parts: Vec<Vec<usize>> = list.iter().map(shape).collect::<Result<_>>()?;
            Ok(parts.concat())
        }
        _ => Err(Error::runtime(
            NAME,
            "Input shapes should be of type ints, a tuple of ints, or a list of ints",
        )),
    }
}

pub(super) fn common_sizes(
    operator: &'static str,
    shapes: impl Iterator<Item = Vec<usize>>,
) -> Result<Vec<usize>> {
    let mut common = Vec::new();
    for sizes in shapes {
        common = tensor::broadcast_sizes(operator, &common, &sizes)?;
    }
    Ok(common)
}
