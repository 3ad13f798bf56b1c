//! Products of vectors and matrices that follow from the batched product.

use tensor::{Arg, Args, DType, Error, Result, Scalar, Tensor};

use super::terms::{add_scaled, constant, diagonal, front, joint_sizes, kept, len};
use super::{one, signed};
use crate::composite::Composite;
use crate::dispatch::call_one;
use crate::variable::Variable;

/// `beta x + alpha y`; where beta is 0, `x` is not read, and its gradient is 0.
fn combined(
    operator: &'static str,
    x: &Variable,
    y: &Variable,
    beta: Scalar,
    alpha: Scalar,
) -> Result<Variable> {
    let (mut beta, mut alpha) = (beta, alpha);
    for (name, factor) in [("beta", &mut beta), ("alpha", &mut alpha)] {
        if !y.dtype().is_float() && matches!(factor, Scalar::Float(_)) {
            if operator == "addr" {
                let text = format!(
                    "For integral input tensors, argument {name} must not be a floating point number."
                );
                return Err(Error::runtime(operator, text).dtypes(&[y.dtype()]));
            }
            // As in PyTorch, whose kernels of products convert the number to the elements' type.
            *factor = Scalar::Int(factor.to_f64() as i64);
        }
    }
    let base = x.expand(&signed(y.sizes()))?;
    let base = match beta.to_f64() {
        0.0 => {
            let zero = if y.dtype() == DType::Bool { Scalar::Bool(false) } else { Scalar::Int(0) };
            kept(&constant(Ok(Tensor::scalar(false.into(), DType::Bool)))?, &base, zero)?
        }
        1.0 => base,
        _ => base.mul(beta)?,
    };
    add_scaled(&base, y, alpha)
}

/// The row sizes of a batched product, checked.
fn check_batches(operator: &'static str, a: &Variable, b: &Variable) -> Result<()> {
    for (name, t) in [("batch1", a), ("batch2", b)] {
        if t.dim() != 3 {
            let text = format!("{name} must be a 3D tensor");
            return Err(Error::runtime(operator, text).shapes(&[a.sizes(), b.sizes()]));
        }
    }
    Ok(())
}

fn bmm(a: &Variable, b: &Variable) -> Result<Variable> {
    call_one("bmm", vec![a.into(), b.into()])
}

fn outer(operator: &'static str, a: &Variable, b: &Variable, second: &str) -> Result<Variable> {
    for (name, t) in [("self", a), (second, b)] {
        if t.dim() != 1 {
            let text = format!("{operator}: Expected 1-D argument {name}, but got {}-D", t.dim());
            return Err(Error::runtime(operator, text).shapes(&[a.sizes(), b.sizes()]));
        }
    }
    a.unsqueeze(1)?.mul(b)
}

/// Sums of products over pairs of dimensions; the others of the first operand come first.
pub(super) fn tensordot(a: &Variable, b: &Variable, dims_a: &[i64], dims_b: &[i64]) -> Result<Variable> {
    const OPERATOR: &str = "tensordot";
    if dims_a.len() != dims_b.len() {
        return Err(Error::runtime(OPERATOR, "both dimension lists should have same length"));
    }
    let counted = |t: &Variable, dims: &[i64]| -> Result<Vec<usize>> {
        dims.iter().map(|&d| front(OPERATOR, t, d)).collect()
    };
    let (summed_a, summed_b) = (counted(a, dims_a)?, counted(b, dims_b)?);
    let (mut left, mut right) = (a.clone(), b.clone());
    for (&p, &q) in summed_a.iter().zip(&summed_b) {
        let (m, n) = (a.sizes()[p], b.sizes()[q]);
        // One of them may be broadcast: the other one is summed first.
        if m == n {
            continue;
        } else if m == 1 {
            right = right.sum_dims(&[q as i64], true)?;
        } else if n == 1 {
            left = left.sum_dims(&[p as i64], true)?;
        } else {
            let text = format!(
                "contracted dimensions need to match, but first has size {m} in dim {p} and second has size {n} in dim {q}"
            );
            return Err(Error::runtime(OPERATOR, text).shapes(&[a.sizes(), b.sizes()]));
        }
    }
    let free = |t: &Variable, summed: &[usize]| -> Vec<usize> {
        (0..t.dim()).filter(|d| !summed.contains(d)).collect()
    };
    let (free_a, free_b) = (free(a, &summed_a), free(b, &summed_b));
    let count = |t: &Variable, dims: &[usize]| -> i64 { dims.iter().map(|&d| t.sizes()[d] as i64).product() };
    let order = |first: &[usize], second: &[usize]| -> Vec<i64> {
        first.iter().chain(second).map(|&d| d as i64).collect()
    };
    let inner = count(&left, &summed_a);
    let rows = left.permute(&order(&free_a, &summed_a))?.reshape(&[count(a, &free_a), inner])?;
    let columns = right.permute(&order(&summed_b, &free_b))?.reshape(&[inner, count(b, &free_b)])?;
    let mut sizes: Vec<i64> = free_a.iter().map(|&d| a.sizes()[d] as i64).collect();
    sizes.extend(free_b.iter().map(|&d| b.sizes()[d] as i64));
    call_one("mm", vec![(&rows).into(), (&columns).into()])?.reshape(&sizes)
}

/// The dimensions that Python's `dims` names: a count of neighbouring ones, or a list for each operand.
fn contracted(a: &Args<'_, Variable>) -> Result<(Vec<i64>, Vec<i64>)> {
    let listed = |value: &Arg<Variable>| -> Option<Vec<i64>> {
        match value {
            Arg::Ints(list) => Some(list.clone()),
            Arg::Scalar(Scalar::Int(one)) => Some(vec![*one]),
            Arg::List(items) => {
                let each = items.iter().map(|item| match item {
                    Arg::Scalar(Scalar::Int(i)) => Some(*i),
                    _ => None,
                });
                each.collect()
            }
            _ => None,
        }
    };
    let wrong = || {
        Error::runtime(
            "tensordot",
            "tensordot expects dims to be int or tuple[list[int], list[int]] or list[list[int]] containing two lists",
        )
    };
    match a.value(2) {
        Arg::Scalar(Scalar::Int(count)) if *count >= 0 => Ok(((-count..0).collect(), (0..*count).collect())),
        Arg::Scalar(Scalar::Int(count)) => {
            Err(Error::runtime("tensordot", format!("tensordot expects dims >= 0, but got dims={count}")))
        }
        Arg::List(lists) => match &lists[..] {
            [first, second] => listed(first).zip(listed(second)).ok_or_else(wrong),
            _ => Err(wrong()),
        },
        _ => Err(wrong()),
    }
}

fn inner(a: &Variable, b: &Variable) -> Result<Variable> {
    if a.dim() == 0 || b.dim() == 0 {
        return a.mul(b);
    }
    if len(a, -1)? != len(b, -1)? {
        let text = format!(
            "inner() the last dimension must match on both input tensors but got shapes {:?} and {:?}",
            a.sizes(),
            b.sizes()
        );
        return Err(Error::runtime("inner", text).shapes(&[a.sizes(), b.sizes()]));
    }
    tensordot(a, b, &[-1], &[-1])
}

fn kron(a: &Variable, b: &Variable) -> Result<Variable> {
    let dim = a.dim().max(b.dim());
    let padded = |t: &Variable| -> Vec<i64> {
        std::iter::repeat_n(1, dim - t.dim()).chain(signed(t.sizes())).collect()
    };
    let (of_a, of_b) = (padded(a), padded(b));
    let between = |sizes: &[i64], at: usize| -> Vec<i64> {
        sizes.iter().flat_map(|&s| if at == 0 { [s, 1] } else { [1, s] }).collect()
    };
    let product = a.reshape(&between(&of_a, 0))?.mul(&b.reshape(&between(&of_b, 1))?)?;
    let sizes: Vec<i64> = of_a.iter().zip(&of_b).map(|(x, y)| x * y).collect();
    product.reshape(&sizes)
}

/// The product of matrices in the order that takes the fewest multiplications.
fn multi_dot(operator: &'static str, matrices: &[Variable]) -> Result<Variable> {
    let count = matrices.len();
    let (Some(first), Some(last)) = (matrices.first(), matrices.last()) else {
        return Err(Error::runtime(operator, format!("{operator}(): expected at least 2 tensors but got 0")));
    };
    let mut chain = matrices.to_vec();
    if first.dim() == 1 {
        chain[0] = first.unsqueeze(0)?;
    }
    if last.dim() == 1 {
        chain[count - 1] = last.unsqueeze(1)?;
    }
    if let Some(other) = chain.iter().position(|t| t.dim() != 2) {
        let text = format!(
            "{operator}(): tensor {other} must be 2D but got {}D",
            matrices.get(other).map_or(0, Variable::dim)
        );
        return Err(Error::runtime(operator, text));
    }
    let mut sides: Vec<usize> = chain.iter().map(|t| t.sizes()[0]).collect();
    sides.push(chain[count - 1].sizes()[1]);
    // cost[i][j] of the product of i..=j, and where to split it: the textbook dynamic programme.
    let mut cost = vec![vec![0usize; count]; count];
    let mut split = vec![vec![0usize; count]; count];
    for span in 1..count {
        for i in 0..count - span {
            let j = i + span;
            let best = (i..j)
                .map(|k| {
                    let here = sides[i].saturating_mul(sides[k + 1]).saturating_mul(sides[j + 1]);
                    (cost[i][k].saturating_add(cost[k + 1][j]).saturating_add(here), k)
                })
                .min();
            if let Some((least, k)) = best {
                (cost[i][j], split[i][j]) = (least, k);
            }
        }
    }
    let mut product = ordered(&chain, &split, 0, count - 1)?;
    if first.dim() == 1 {
        product = product.squeeze_dim(0)?;
    }
    if last.dim() == 1 {
        product = product.squeeze_dim(-1)?;
    }
    Ok(product)
}

fn ordered(chain: &[Variable], split: &[Vec<usize>], i: usize, j: usize) -> Result<Variable> {
    if i == j {
        return Ok(chain[i].clone());
    }
    let k = split[i][j];
    let (left, right) = (ordered(chain, split, i, k)?, ordered(chain, split, k + 1, j)?);
    call_one("mm", vec![(&left).into(), (&right).into()])
}

/// The vector product along a dimension of size 3.
fn cross(operator: &'static str, a: &Variable, b: &Variable, dim: i64) -> Result<Variable> {
    if a.dim() != b.dim() {
        let text = "linalg.cross: inputs must have the same number of dimensions.";
        return Err(Error::runtime(operator, text).shapes(&[a.sizes(), b.sizes()]));
    }
    if len(a, dim)? != 3 || len(b, dim)? != 3 {
        let text = format!(
            "linalg.cross: inputs dimension {dim} must have length 3. Got {} and {}",
            len(a, dim)?,
            len(b, dim)?
        );
        return Err(Error::runtime(operator, text).shapes(&[a.sizes(), b.sizes()]));
    }
    let sizes = joint_sizes(operator, a, b)?;
    let turned = |t: &Variable, order: [i64; 3]| {
        t.expand(&sizes)?.index_select(dim, &Tensor::from_vec(order.to_vec(), &[3])?.into())
    };
    let (next, last) = ([1, 2, 0], [2, 0, 1]);
    turned(a, next)?.mul(&turned(b, last)?)?.sub(&turned(a, last)?.mul(&turned(b, next)?)?)
}

/// The first dimension of size 3 that both have.
fn cross_dim(a: &Variable, b: &Variable) -> Result<i64> {
    let sizes = joint_sizes("cross", a, b)?;
    sizes
        .iter()
        .position(|&size| size == 3)
        .map(|d| d as i64)
        .ok_or_else(|| Error::runtime("cross", "no dimension of size 3 in input"))
}

fn vecdot(a: &Variable, b: &Variable, dim: i64) -> Result<Variable> {
    let sizes = joint_sizes("linalg_vecdot", a, b)?;
    let (x, y) = (a.expand(&sizes)?, b.expand(&sizes)?);
    let products = x.mul(&y)?;
    if dim != -1 || products.dim() == 0 {
        return products.sum_dims(&[dim], false);
    }
    // As a batch of products of a row and a column, which PyTorch also takes along the last dimension.
    x.unsqueeze(-2)?.matmul(&y.unsqueeze(-1)?)?.squeeze_dim(-1)?.squeeze_dim(-1)
}

fn trace(x: &Variable) -> Result<Variable> {
    if x.dim() != 2 {
        return Err(Error::runtime("trace", "trace: expected a matrix").shapes(&[x.sizes()]));
    }
    diagonal(x)?.sum()
}

/// Powers 0, 1, … of each element along a new last dimension.
fn vander(x: &Variable, count: i64) -> Result<Variable> {
    let mut sizes = signed(x.sizes());
    sizes.push(1);
    let ones = constant(Tensor::full(&sizes, Scalar::Int(1), Some(x.dtype())))?;
    if count <= 1 {
        return ones.narrow(-1, 0, count.max(0));
    }
    if let Some(last) = sizes.last_mut() {
        *last = count - 1;
    }
    let spread = x.unsqueeze(-1)?.expand(&sizes)?;
    let powers = call_one("cumprod", vec![(&spread).into(), (-1i64).into(), Arg::None])?;
    Variable::cat(&[ones, powers.to_dtype(x.dtype())?], -1)
}

fn linalg_vander(a: &Args<'_, Variable>) -> Result<Variable> {
    let x = a.tensor(0)?;
    let x = if x.dim() == 0 { &x.reshape(&[1])? } else { x };
    let count = a.int_or_none(1)?;
    if count.is_some_and(|n| n <= 1) {
        return Err(Error::runtime("linalg_vander", "linalg.vander: N must be greater than 1."));
    }
    vander(x, count.unwrap_or(len(x, -1)?))
}

/// e^X for square matrices: Taylor's series where the norm is below 1, then squared back. It is computed in float64,
/// since squaring multiplies the error of each step.
fn matrix_exp(x: &Variable) -> Result<Variable> {
    const OPERATOR: &str = "matrix_exp";
    if x.dim() < 2 {
        let text = "linalg.matrix_exp: The input tensor A must have at least 2 dimensions.";
        return Err(Error::runtime(OPERATOR, text).shapes(&[x.sizes()]));
    }
    let side = len(x, -1)?;
    if len(x, -2)? != side {
        let text = format!(
            "linalg.matrix_exp: A must be batches of square matrices, but they are {} by {side} matrices",
            len(x, -2)?
        );
        return Err(Error::runtime(OPERATOR, text).shapes(&[x.sizes()]));
    }
    if x.numel() == 0 {
        return x.mul(1i64);
    }
    let wide = x.to_dtype(DType::F64)?;
    let norm = wide.data().abs()?.sum_dims(&[-2], false, None)?.max()?.item()?.to_f64();
    if !norm.is_finite() {
        return Err(Error::runtime(OPERATOR, "linalg.matrix_exp: the input holds infinite or NaN elements"));
    }
    let mut halvings = 0;
    while norm / libm::pow(2.0, f64::from(halvings)) > 1.0 {
        halvings += 1;
    }
    let small = wide.div(libm::pow(2.0, f64::from(halvings)))?;
    let identity = constant(Tensor::eye(side, side, DType::F64))?;
    // 1 + X (1 + X/2 (1 + X/3 (…))); the first omitted term is below 1e-17.
    let mut sum = identity.clone();
    for k in (1..=19).rev() {
        sum = identity.add(&small.div(f64::from(k))?.matmul(&sum)?)?;
    }
    for _ in 0..halvings {
        sum = sum.matmul(&sum)?;
    }
    sum.to_dtype(x.dtype())
}

pub(super) const ROWS: &[Composite] = &[
    Composite {
        schema: "addmv(Tensor self, Tensor mat, Tensor vec, *, Scalar beta=1, Scalar alpha=1) -> Tensor",
        body: |a| {
            let product = call_one("mv", vec![a.tensor(1)?.into(), a.tensor(2)?.into()])?;
            one(combined("addmv", a.tensor(0)?, &product, a.scalar(3)?, a.scalar(4)?))
        },
    },
    Composite {
        schema: "addr(Tensor self, Tensor vec1, Tensor vec2, *, Scalar beta=1, Scalar alpha=1) -> Tensor",
        body: |a| {
            let product = outer("addr", a.tensor(1)?, a.tensor(2)?, "vec2")?;
            one(combined("addr", a.tensor(0)?, &product, a.scalar(3)?, a.scalar(4)?))
        },
    },
    Composite {
        schema: "baddbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) -> Tensor",
        body: |a| {
            check_batches("baddbmm", a.tensor(1)?, a.tensor(2)?)?;
            let product = bmm(a.tensor(1)?, a.tensor(2)?)?;
            one(combined("baddbmm", a.tensor(0)?, &product, a.scalar(3)?, a.scalar(4)?))
        },
    },
    Composite {
        schema: "addbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) -> Tensor",
        body: |a| {
            check_batches("addbmm", a.tensor(1)?, a.tensor(2)?)?;
            let product = bmm(a.tensor(1)?, a.tensor(2)?)?.sum_dims(&[0], false)?;
            one(combined("addbmm", a.tensor(0)?, &product, a.scalar(3)?, a.scalar(4)?))
        },
    },
    Composite {
        schema: "outer(Tensor self, Tensor vec2) -> Tensor",
        body: |a| one(outer("outer", a.tensor(0)?, a.tensor(1)?, "vec2")),
    },
    Composite {
        schema: "vdot(Tensor self, Tensor other) -> Tensor",
        body: |a| one(call_one("dot", vec![a.tensor(0)?.into(), a.tensor(1)?.into()])),
    },
    Composite {
        schema: "inner(Tensor self, Tensor other) -> Tensor",
        body: |a| one(inner(a.tensor(0)?, a.tensor(1)?)),
    },
    Composite {
        schema: "tensordot(Tensor self, Tensor other, int[] dims_self, int[] dims_other) -> Tensor",
        body: |a| one(tensordot(a.tensor(0)?, a.tensor(1)?, &a.ints(2)?, &a.ints(3)?)),
    },
    // Python's function of the same name.
    Composite {
        schema: "tensordot(Tensor a, Tensor b, Any dims=2, Tensor? out=None) -> Tensor",
        body: |a| {
            a.refuse(3, "out")?;
            let (first, second) = contracted(a)?;
            one(tensordot(a.tensor(0)?, a.tensor(1)?, &first, &second))
        },
    },
    Composite {
        schema: "kron(Tensor self, Tensor other) -> Tensor",
        body: |a| one(kron(a.tensor(0)?, a.tensor(1)?)),
    },
    Composite {
        schema: "linalg_multi_dot(Tensor[] tensors) -> Tensor",
        body: |a| one(multi_dot("multi_dot", &a.tensors(0)?)),
    },
    Composite {
        schema: "chain_matmul(Tensor[] matrices) -> Tensor",
        body: |a| one(multi_dot("chain_matmul", &a.tensors(0)?)),
    },
    Composite {
        schema: "linalg_cross(Tensor self, Tensor other, *, int dim=-1) -> Tensor",
        body: |a| one(cross("linalg_cross", a.tensor(0)?, a.tensor(1)?, a.int(2)?)),
    },
    Composite {
        schema: "cross(Tensor self, Tensor other, int? dim=None) -> Tensor",
        body: |a| {
            let (x, y) = (a.tensor(0)?, a.tensor(1)?);
            let dim = a.int_or_none(2)?.map_or_else(|| cross_dim(x, y), Ok)?;
            one(cross("cross", x, y, dim))
        },
    },
    Composite {
        schema: "linalg_vecdot(Tensor x, Tensor y, *, int dim=-1) -> Tensor",
        body: |a| one(vecdot(a.tensor(0)?, a.tensor(1)?, a.int(2)?)),
    },
    Composite { schema: "trace(Tensor self) -> Tensor", body: |a| one(trace(a.tensor(0)?)) },
    Composite {
        schema: "linalg_vander(Tensor x, *, SymInt? N=None) -> Tensor",
        body: |a| one(linalg_vander(a)),
    },
    Composite { schema: "matrix_exp(Tensor self) -> Tensor", body: |a| one(matrix_exp(a.tensor(0)?)) },
    Composite { schema: "linalg_matrix_exp(Tensor self) -> Tensor", body: |a| one(matrix_exp(a.tensor(0)?)) },
];
