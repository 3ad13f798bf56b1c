//! Composites in float64 against PyTorch 2.15's answers to the same calls, and their gradients against finite
//! differences.

use autograd::{Arg, DType, Error, Result, Scalar, Tensor, Variable, composites, gradcheck};

fn matrix(values: &[f64], sizes: &[usize]) -> Arg<Variable> {
    Arg::Tensor(Tensor::from_vec(values.to_vec(), sizes).expect("a tensor").into())
}

fn a() -> Arg<Variable> {
    matrix(&[1.0, -2.0, 0.5, 3.0, 0.25, -1.0], &[2, 3])
}
fn b() -> Arg<Variable> {
    matrix(&[2.0, 1.0, 0.0, -1.0, 4.0, 0.5], &[3, 2])
}
fn cube() -> Arg<Variable> {
    matrix(&[-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0], &[2, 2, 2])
}
fn list(of: &[Arg<Variable>]) -> Arg<Variable> {
    Arg::Tensors(of.iter().map(|arg| arg.tensors().next().cloned()).collect())
}
fn mask(values: &[bool], sizes: &[usize]) -> Arg<Variable> {
    Arg::Tensor(Tensor::from_vec(values.to_vec(), sizes).expect("a tensor").into())
}

fn run(name: &str, args: Vec<Arg<Variable>>, named: Vec<(&str, Arg<Variable>)>) -> Result<Variable> {
    let composite = composites().find(|c| c.name() == name).ok_or_else(|| Error::runtime("test", name))?;
    let named = named.into_iter().map(|(name, arg)| (name.to_string(), arg)).collect();
    Ok(composite.call(args, named)?.remove(0))
}

fn check(name: &str, found: Result<Variable>, sizes: &[usize], wanted: &[f64]) -> Result<()> {
    let found = found?;
    assert_eq!(found.sizes(), sizes, "{name}");
    for (x, y) in found.data().to_vec_as::<f64>()?.iter().zip(wanted) {
        let near = x == y || (x.is_nan() && y.is_nan()) || (x - y).abs() <= 1e-12 + 1e-12 * y.abs();
        assert!(near, "{name}: {x}, expected {y}");
    }
    Ok(())
}

#[test]
fn sums_of_products_follow_the_equation() -> Result<()> {
    let einsum =
        |equation: &str, of: &[Arg<Variable>]| run("einsum", vec![equation.into(), list(of)], vec![]);
    let row = matrix(&[1.0, -2.0, 0.5], &[3]);
    let last = matrix(&[3.0, 0.25, -1.0], &[3]);
    let column = matrix(&[2.0, 0.0, 4.0], &[3]);
    check("ik", einsum("ij,jk->ik", &[a(), b()]), &[2, 2], &[4.0, 3.25, 2.0, 2.25])?;
    check("ki", einsum("ij, jk -> ki", &[a(), b()]), &[2, 2], &[4.0, 2.0, 3.25, 2.25])?;
    check("diagonal", einsum("bii->b", &[cube()]), &[2], &[-3.0, 5.0])?;
    check("implied", einsum("bij,bjk", &[cube(), cube()]), &[2, 2], &[18.0, 16.0, 18.0, 24.0])?;
    let weights = matrix(&[1.0, 2.0], &[2]);
    check("ellipsis", einsum("...j,j->...", &[cube(), weights]), &[2, 2], &[-7.0, -1.0, 5.0, 11.0])?;
    check("three", einsum("i,j,k->", &[row, last, column]), &[], &[-6.75])?;
    for (equation, text) in [
        ("ij,jk->ik", "einsum(): fewer operands were provided than specified in the equation"),
        (
            "ijk->i",
            "einsum(): the number of subscripts in the equation (3) does not match the number of dimensions (2) for an \
             operand and no ellipsis was given",
        ),
    ] {
        assert_eq!(einsum(equation, &[a()]).unwrap_err().message(), text);
    }
    Ok(())
}

#[test]
fn products_of_vectors_and_matrices() -> Result<()> {
    let pairs = [[0i64, 1].as_slice().into(), [2i64, 0].as_slice().into()];
    let [first, second] = pairs;
    check(
        "tensordot",
        run("tensordot", vec![cube(), cube(), first, second], vec![]),
        &[2, 2],
        &[12.0, 12.0, 10.0, 18.0],
    )?;
    let kron = [2.0, 1.0, -4.0, -2.0, 1.0, 0.5, 6.0, 3.0, 0.5, 0.25, -2.0, -1.0];
    check("kron", run("kron", vec![a(), matrix(&[2.0, 1.0], &[2])], vec![]), &[2, 6], &kron)?;
    let row = matrix(&[1.0, -2.0, 0.5], &[3]);
    check(
        "multi_dot",
        run("linalg_multi_dot", vec![list(&[row, b(), a()])], vec![]),
        &[3],
        &[13.75, -7.1875, -1.25],
    )?;
    let counted = matrix(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[2, 3]);
    check(
        "cross",
        run("linalg_cross", vec![a(), counted], vec![]),
        &[2, 3],
        &[-7.0, -2.5, 4.0, 6.5, -22.0, 14.0],
    )?;
    check(
        "vander",
        run("linalg_vander", vec![matrix(&[2.0, -1.0], &[2])], vec![("N", 4i64.into())]),
        &[2, 4],
        &[1.0, 2.0, 4.0, 8.0, 1.0, -1.0, 1.0, -1.0],
    )?;
    check(
        "matrix_exp",
        run("matrix_exp", vec![matrix(&[0.0, 2.0, -1.0, 3.0], &[2, 2])], vec![]),
        &[2, 2],
        &[-1.952_492_442_012_560_4, 9.341_548_540_943_215, -4.670_774_270_471_607, 12.059_830_369_402_26],
    )
}

#[test]
fn statistics_of_rows() -> Result<()> {
    check("cov", run("cov", vec![a()], vec![]), &[2, 2], &[31.0 / 12.0, 1.1875, 1.1875, 4.1875])?;
    let frequencies = Arg::Tensor(Tensor::from_vec(vec![1i64, 2, 1], &[3])?.into());
    let weighted =
        run("cov", vec![a()], vec![("fweights", frequencies), ("aweights", matrix(&[0.5, 1.0, 2.0], &[3]))]);
    let wanted = [2.446_428_571_428_571, -0.160_714_285_714_285_7, -0.160_714_285_714_285_7];
    check("weighted cov", weighted, &[2, 2], &[wanted[0], wanted[1], wanted[2], 2.129_464_285_714_285_6])?;
    let r = 0.361_048_865_253_203_45;
    check("corrcoef", run("corrcoef", vec![a()], vec![]), &[2, 2], &[1.0, r, r, 1.0])?;
    let holed = || matrix(&[1.0, f64::NAN, 2.0], &[3]);
    check("nansum", run("nansum", vec![holed()], vec![]), &[], &[3.0])?;
    check("nanmean", run("nanmean", vec![holed()], vec![]), &[], &[1.5])?;
    let renormed = [
        0.872_871_522_848_733_2,
        -1.745_743_045_697_466_3,
        0.436_435_761_424_366_6,
        1.891_464_915_346_514_4,
        0.157_622_076_278_876_2,
        -0.630_488_305_115_504_8,
    ];
    check(
        "renorm",
        run("renorm", vec![a(), 2i64.into(), 0i64.into(), 2.0.into()], vec![]),
        &[2, 3],
        &renormed,
    )
}

#[test]
fn differences_and_areas() -> Result<()> {
    let samples = || matrix(&[1.0, 2.0, 4.0, 8.0, 3.0], &[5]);
    let even = run("gradient.scalarint", vec![samples()], vec![("spacing", 2.0.into())]);
    check("even gradient", even, &[5], &[0.5, 0.75, 1.5, -0.25, -2.5])?;
    let places = list(&[matrix(&[0.0, 1.0, 3.0, 4.0, 6.0], &[5])]);
    let uneven = run(
        "gradient.tensorarrayint",
        vec![samples()],
        vec![("spacing", places), ("edge_order", 2i64.into())],
    );
    check("uneven gradient", uneven, &[5], &[1.0, 1.0, 3.0, 11.0 / 6.0, -41.0 / 6.0])?;
    let x = matrix(&[0.0, 1.0, 4.0], &[3]);
    check("trapezoid", run("trapezoid.x", vec![a(), x], vec![]), &[2], &[-2.75, 0.5])?;
    check(
        "cumulative",
        run("cumulative_trapezoid.dx", vec![a()], vec![("dx", 0.5.into())]),
        &[2, 2],
        &[-0.25, -0.625, 0.8125, 0.625],
    )?;
    check("diff", run("diff", vec![a(), 2i64.into()], vec![]), &[2, 1], &[5.5, 1.5])
}

#[test]
fn masks_leave_elements_out() -> Result<()> {
    let hidden = || mask(&[true, false, true, false, false, false], &[2, 3]);
    let reduced = |name: &str| run(name, vec![a()], vec![("dim", 1i64.into()), ("mask", hidden())]);
    for (name, wanted) in [
        ("masked.sum", [1.5, 0.0]),
        ("masked.prod", [0.5, 1.0]),
        ("masked.mean", [0.75, f64::NAN]),
        ("masked.amax", [1.0, f64::NEG_INFINITY]),
        ("masked.amin", [0.5, f64::INFINITY]),
        ("masked.var", [0.125, f64::NAN]),
        ("masked.std", [0.353_553_390_593_273_8, f64::NAN]),
        ("masked.logsumexp", [1.474_076_984_180_106_7, f64::NEG_INFINITY]),
        ("masked.norm", [1.118_033_988_749_895, 0.0]),
    ] {
        check(name, reduced(name), &[2], &wanted)?;
    }
    let outer = mask(&[true, false, true], &[3]);
    let softmax = run("masked.softmax", vec![a(), 1i64.into()], vec![("mask", outer)]);
    let wanted = [
        0.622_459_331_201_854_6,
        0.0,
        0.377_540_668_798_145_46,
        0.982_013_790_037_908_5,
        0.0,
        0.017_986_209_962_091_555,
    ];
    check("masked.softmax", softmax, &[2, 3], &wanted)?;
    let inner = mask(&[false, true, true], &[3]);
    let argmax = run("masked.argmax", vec![a(), 1i64.into()], vec![("mask", inner)])?;
    assert_eq!(argmax.dtype(), DType::F64, "PyTorch gives positions in the input's dtype here");
    check("masked.argmax", Ok(argmax), &[2], &[2.0, 1.0])
}

#[test]
fn windows_and_spectra() -> Result<()> {
    let window = |name: &str, len: i64, mut named: Vec<(&'static str, Arg<Variable>)>| {
        named.push(("dtype", DType::F64.into()));
        run(name, vec![len.into()], named)
    };
    let kaiser = window("signal.windows.kaiser", 4, vec![("beta", 3.0.into())]);
    let (low, high) = (0.204_884_756_401_253_6, 0.871_241_874_079_551_9);
    check("kaiser", kaiser, &[4], &[low, high, high, low])?;
    let hann = window("signal.windows.hann", 4, vec![("sym", false.into())]);
    check("hann", hann, &[4], &[0.0, 0.5, 1.0, 0.5])?;
    let exponential = window("signal.windows.exponential", 3, vec![("tau", 2.0.into())]);
    check("exponential", exponential, &[3], &[0.606_530_659_712_633_4, 1.0, 0.606_530_659_712_633_4])?;
    let irfft = [
        -0.4,
        -0.209_016_994_374_947_47,
        0.909_016_994_374_947_3,
        0.909_016_994_374_947_3,
        -0.209_016_994_374_947_47,
        0.3,
        0.954_508_497_187_473_7,
        0.395_491_502_812_526_3,
        0.395_491_502_812_526_3,
        0.954_508_497_187_473_7,
    ];
    check("irfft", run("fft_irfft", vec![a()], vec![("n", 5i64.into())]), &[2, 5], &irfft)?;
    let hfftn = [
        0.0,
        1.590_990_257_669_732,
        2.474_873_734_152_916,
        1.590_990_257_669_732,
        -1.767_766_952_966_368_9,
        -1.237_436_867_076_458,
        std::f64::consts::SQRT_2,
        -1.237_436_867_076_458,
    ];
    check("hfftn", run("fft_hfftn", vec![a()], vec![("norm", "ortho".into())]), &[2, 4], &hfftn)?;
    check("fftshift", run("fft_fftshift", vec![a()], vec![]), &[2, 3], &[-1.0, 3.0, 0.25, 0.5, 1.0, -2.0])
}

/// PyTorch does not read an operand whose factor is 0, and its gradient is 0.
#[test]
fn a_factor_of_zero_hides_nan() -> Result<()> {
    let base = Variable::parameter(Tensor::from_vec(vec![f64::NAN, 1.0], &[2])?)?;
    let vector = matrix(&[1.0, 2.0, 3.0], &[3]);
    let found = run("addmv", vec![(&base).into(), a(), vector], vec![("beta", 0i64.into())])?;
    assert_eq!(found.data().to_vec::<f64>()?, [-1.5, 0.5]);
    found.sum()?.backward()?;
    assert_eq!(base.grad().expect("a gradient").to_vec::<f64>()?, [0.0, 0.0]);
    Ok(())
}

#[test]
fn gradients_agree_with_finite_differences() {
    let at = |values: &[f64], sizes: &[usize]| Tensor::from_vec(values.to_vec(), sizes).expect("a tensor");
    let x = at(&[0.3, -0.8, 1.7, 0.9, -0.45, 2.2], &[2, 3]);
    let y = at(&[1.1, 0.6, -0.7, 0.35, 1.9, -1.3], &[3, 2]);
    let square = at(&[0.3, -0.8, 0.7, 0.45], &[2, 2]);
    let axis: &[i64] = &[0, 1];
    let one = |name: &'static str, extra: Vec<Arg<Variable>>| {
        move |inputs: &[Variable]| {
            let mut args: Vec<Arg<Variable>> = inputs.iter().map(Arg::from).collect();
            args.extend(extra.clone());
            run(name, args, vec![])
        }
    };
    let einsum = |inputs: &[Variable]| {
        let both = Arg::Tensors(inputs.iter().cloned().map(Some).collect());
        run("einsum", vec!["ij,jk->k".into(), both], vec![])
    };
    let mut failures = Vec::new();
    let mut check = |name: &str, result: Result<()>| {
        if let Err(error) = result {
            failures.push(format!("{name}: {error}"));
        }
    };
    check("einsum", gradcheck(einsum, &[x.clone(), y.clone()], 1e-5));
    for (name, extra) in [
        ("diff", vec![1i64.into(), 1i64.into()]),
        ("gradient.scalarint", vec![0.5.into(), 1i64.into()]),
        ("cov", vec![1i64.into()]),
        ("renorm", vec![2.0.into(), 0i64.into(), 1.0.into()]),
        ("fft_irfftn", vec![Arg::None, axis.into()]),
        ("fft_hfft", vec![Arg::None, 0i64.into()]),
        ("masked.var", vec![1i64.into()]),
        ("cumulative_trapezoid.dx", vec![Scalar::Float(0.5).into()]),
        ("float_power.Tensor_Scalar", vec![2i64.into()]),
    ] {
        check(name, gradcheck(one(name, extra), std::slice::from_ref(&x), 1e-4));
    }
    check("matrix_exp", gradcheck(one("matrix_exp", vec![]), &[square], 1e-5));
    for name in ["kron", "tensordot"] {
        let extra = match name {
            "kron" => vec![],
            _ => vec![[1i64].as_slice().into(), [0i64].as_slice().into()],
        };
        check(name, gradcheck(one(name, extra), &[x.clone(), y.clone()], 1e-5));
    }
    check("lerp", gradcheck(one("lerp.Tensor", vec![]), &[x.clone(), x.clone(), x.clone()], 1e-4));
    check("cdist", gradcheck(one("cdist", vec![]), &[x, at(&[1.0, 2.0, 0.5], &[1, 3])], 1e-5));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
