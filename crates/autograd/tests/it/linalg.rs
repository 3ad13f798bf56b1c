//! Gradients through decompositions against finite differences.

use autograd::{Arg, Result, Tensor, Variable, call, composites, gradcheck};

fn matrices(sizes: &[usize]) -> Tensor {
    let columns = sizes.last().copied().unwrap_or(1);
    let rows = sizes.iter().rev().nth(1).copied().unwrap_or(1);
    let count: usize = sizes.iter().product();
    let values = (0..count).map(|at| {
        let on = (at / columns) % rows == at % columns;
        ((at * 29 + 7) % 23) as f64 / 23.0 - 0.5 + if on { 2.0 + (at % columns) as f64 } else { 0.0 }
    });
    Tensor::from_vec(values.collect::<Vec<f64>>(), sizes).expect("a tensor")
}

/// The results of an operator or composite, flattened together; what does not depend on the input is left out.
fn joined(name: &str, inputs: &[Variable], extra: &[Arg<Variable>], kept: &[usize]) -> Result<Variable> {
    let mut args: Vec<Arg<Variable>> = inputs.iter().map(Arg::from).collect();
    args.extend(extra.iter().cloned());
    let results = match composites().find(|composite| composite.name() == name) {
        Some(composite) => composite.call(args, Vec::new())?,
        None => call(name, args)?,
    };
    let flat: Vec<Variable> = kept.iter().map(|&k| results[k].reshape(&[-1])).collect::<Result<_>>()?;
    Variable::cat(&flat, 0)
}

#[track_caller]
fn check(name: &str, inputs: &[Tensor], extra: &[Arg<Variable>], kept: &[usize]) {
    let checked = gradcheck(|inputs| joined(name, inputs, extra, kept), inputs, 1e-4);
    assert!(checked.is_ok(), "{name}: {:?}", checked.err());
}

#[test]
fn equations_and_determinants() {
    let a = || matrices(&[2, 3, 3]);
    check("linalg_inv", &[a()], &[], &[0]);
    check("linalg_det", &[a()], &[], &[0]);
    check("linalg_slogdet", &[a()], &[], &[1]);
    check("linalg_solve", &[a(), matrices(&[2, 3, 2])], &[], &[0]);
    check("linalg_solve", &[a(), matrices(&[2, 3])], &[], &[0]);
    for (upper, left, unit) in [(true, true, false), (false, true, true), (true, false, true)] {
        let b = if left { matrices(&[3, 2]) } else { matrices(&[2, 3]) };
        check("linalg_solve_triangular", &[a(), b], &[upper.into(), left.into(), unit.into()], &[0]);
    }
    check("linalg_matrix_power", &[a()], &[(-3i64).into()], &[0]);
    check("linalg_pinv.atol_rtol_tensor", &[matrices(&[3, 2])], &[], &[0]);
    check("linalg_pinv.atol_rtol_tensor", &[matrices(&[2, 3])], &[], &[0]);
    check("linalg_lstsq", &[matrices(&[4, 2]), matrices(&[4, 3])], &[Arg::None, "gels".into()], &[0, 1]);
}

#[test]
fn factors() {
    for sizes in [[3, 3], [4, 2], [2, 4]] {
        check("linalg_lu_factor_ex", &[matrices(&sizes)], &[], &[0]);
        check("linalg_lu", &[matrices(&sizes)], &[], &[1, 2]);
        check("linalg_qr", &[matrices(&sizes)], &[], &[0, 1]);
        check("linalg_svdvals", &[matrices(&sizes)], &[], &[0]);
        // Signs do not change beside the point.
        check("linalg_svd", &[matrices(&sizes)], &[false.into()], &[0, 1, 2]);
    }
    check("linalg_householder_product", &[matrices(&[4, 3]), matrices(&[2])], &[], &[0]);
}

/// One triangle of a symmetric matrix is read, but its gradient is that of both.
#[test]
fn symmetric_factors() -> Result<()> {
    let through = |name: &'static str, kept: &'static [usize]| {
        move |inputs: &[Variable]| {
            let x = inputs.first().ok_or_else(|| autograd::Error::runtime("test", "no input"))?;
            joined(name, &[x.matmul(&x.transpose(-2, -1)?)?], &[], kept)
        }
    };
    for (name, kept) in [
        ("linalg_cholesky", &[0][..]),
        ("_linalg_eigh", &[0, 1]),
        ("linalg_eigvalsh", &[0]),
        ("linalg_matrix_sqrth", &[0]),
    ] {
        gradcheck(through(name, kept), &[matrices(&[3, 3])], 1e-4)?;
    }
    check("linalg_polar", &[matrices(&[4, 3])], &[], &[0, 1]);
    Ok(())
}
