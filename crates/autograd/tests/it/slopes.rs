//! Formulas of the elementary functions, scans and statistics against finite differences.

use autograd::{Arg, Result, Tensor, Variable, call, gradcheck};

fn f64s(values: &[f64], sizes: &[usize]) -> Tensor {
    Tensor::from_vec(values.to_vec(), sizes).expect("a tensor")
}

fn op(name: &'static str, extra: Vec<Arg<Variable>>) -> impl Fn(&[Variable]) -> Result<Variable> {
    move |inputs| {
        let mut args: Vec<Arg<Variable>> = inputs.iter().map(Arg::from).collect();
        args.extend(extra.clone());
        Ok(call(name, args)?.remove(0))
    }
}

/// Checks operators at arguments inside their domain, away from kinks.
fn check(names: &[&'static str], inputs: &[Tensor], extra: &[Arg<Variable>]) {
    let mut failures = Vec::new();
    for name in names {
        if let Err(error) = gradcheck(op(name, extra.to_vec()), inputs, 1e-4) {
            failures.push(format!("{name}: {error}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn functions_of_one_argument() {
    let any = f64s(&[-1.7, -0.6, 0.35, 1.2, 2.4, 0.05], &[2, 3]);
    check(
        &[
            "asinh",
            "atan",
            "cosh",
            "sinh",
            "exp2",
            "erfc",
            "deg2rad",
            "rad2deg",
            "sinc",
            "i0",
            "special_i0e",
            "special_i1",
            "special_i1e",
            "special_erfcx",
            "special_ndtr",
            "special_log_ndtr",
            "special_bessel_j0",
            "special_bessel_j1",
            "special_modified_bessel_i0",
            "special_modified_bessel_i1",
            "frac",
            "nan_to_num",
            "positive",
            "real",
            "sgn",
            "angle",
            "aminmax",
            "var",
            "std",
            "var_mean",
            "std_mean",
        ],
        &[any],
        &[],
    );
    let unit = f64s(&[0.1, 0.35, 0.5, 0.62, 0.9], &[5]);
    check(
        &["acos", "asin", "atanh", "erfinv", "special_ndtri", "special_entr", "logit", "lgamma", "digamma"],
        &[unit],
        &[],
    );
    let large = f64s(&[1.3, 2.5, 4.75], &[3]);
    check(
        &[
            "acosh",
            "special_bessel_y0",
            "special_bessel_y1",
            "special_modified_bessel_k0",
            "special_modified_bessel_k1",
            "frexp.Tensor",
        ],
        std::slice::from_ref(&large),
        &[],
    );
    check(&["mvlgamma"], std::slice::from_ref(&large), &[2i64.into()]);
    for n in 0..4i64 {
        let polygamma =
            move |v: &[Variable]| Ok(call("polygamma", vec![n.into(), (&v[0]).into()])?.remove(0));
        assert_eq!(
            gradcheck(polygamma, std::slice::from_ref(&large), 1e-4).err().map(|e| e.to_string()),
            None
        );
    }
}

#[test]
fn functions_of_two_arguments() {
    let x = f64s(&[0.4, 1.2, -0.7, 2.2], &[2, 2]);
    let y = f64s(&[0.9, 0.3], &[2]);
    check(
        &[
            "atan2",
            "hypot",
            "logaddexp",
            "logaddexp2",
            "copysign.Tensor",
            "xlogy.Tensor",
            "special_xlog1py",
            "fmax",
            "fmin",
            "max.other",
            "min.other",
            "rsub.Tensor",
            "clamp_min.Tensor",
            "clamp_max.Tensor",
        ],
        &[x, y],
        &[],
    );
}

#[test]
fn scans() {
    let x = f64s(&[0.4, 1.2, -0.7, 2.2, 0.9, -1.4], &[2, 3]);
    check(&["cumprod", "cummax", "cummin", "logcumsumexp"], &[x], &[1i64.into()]);
    // Zeros: the product of the others counts, which no quotient gives. By hand at [2, 0, 3]: slopes of 2 + 0 + 0.
    let zeros = f64s(&[2.0, 0.0, 3.0], &[3]);
    check(&["cumprod"], &[zeros], &[0i64.into()]);
}
