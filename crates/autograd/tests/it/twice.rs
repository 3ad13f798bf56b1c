//! Gradients of gradients against finite differences, and where there are none.

use autograd::{
    Arg, ErrorKind, Pass, Result, Tensor, Variable, backward_pass, call, custom, grad_pass, gradgradcheck,
};

fn f64s(values: &[f64], sizes: &[usize]) -> Tensor {
    Tensor::from_vec(values.to_vec(), sizes).expect("a tensor")
}

/// Values between 0.2 and 0.9, all different.
fn fractions(sizes: &[usize]) -> Tensor {
    let count: usize = sizes.iter().product();
    f64s(
        &(0..count).map(|i| 0.2 + 0.7 * ((i * 7 % 11) as f64 + i as f64 / 100.0) / 12.0).collect::<Vec<_>>(),
        sizes,
    )
}

/// Values of both signs, all different, none near 0.
fn signed(sizes: &[usize]) -> Tensor {
    let count: usize = sizes.iter().product();
    let value =
        |i: usize| (0.4 + 0.17 * ((i * 5 % 13) as f64)) * if i.is_multiple_of(3) { -1.0 } else { 1.0 };
    f64s(&(0..count).map(value).collect::<Vec<_>>(), sizes)
}

fn op(name: &'static str, extra: Vec<Arg<Variable>>) -> impl Fn(&[Variable]) -> Result<Variable> {
    move |inputs| {
        let mut args: Vec<Arg<Variable>> = inputs.iter().map(Arg::from).collect();
        args.extend(extra.clone());
        Ok(call(name, args)?.remove(0))
    }
}

fn index(values: &[i64], sizes: &[usize]) -> Arg<Variable> {
    Arg::Tensor(Tensor::from_vec(values.to_vec(), sizes).expect("a tensor").into())
}

/// The failures of all checks together.
#[derive(Default)]
struct Checks(Vec<String>);

impl Checks {
    fn all(&mut self, names: &[&'static str], inputs: &[Tensor], extra: &[Arg<Variable>]) {
        for name in names {
            if let Err(error) = gradgradcheck(op(name, extra.to_vec()), inputs, 2e-4) {
                self.0.push(format!("{name}: {error}"));
            }
        }
    }
    fn composed(&mut self, name: &str, inputs: &[Tensor], f: impl Fn(&[Variable]) -> Result<Variable>) {
        if let Err(error) = gradgradcheck(f, inputs, 2e-4) {
            self.0.push(format!("{name}: {error}"));
        }
    }
    fn end(self) {
        assert!(self.0.is_empty(), "{}", self.0.join("\n"));
    }
}

#[test]
fn elementwise_slopes_have_slopes() {
    let mut checks = Checks::default();
    let names = [
        "sin",
        "cos",
        "tan",
        "exp",
        "expm1",
        "exp2",
        "log",
        "log2",
        "log10",
        "log1p",
        "sqrt",
        "rsqrt",
        "reciprocal",
        "sigmoid",
        "tanh",
        "square",
        "abs",
        "neg",
        "erf",
        "erfc",
        "erfinv",
        "asin",
        "acos",
        "atan",
        "asinh",
        "atanh",
        "sinh",
        "cosh",
        "lgamma",
        "digamma",
        "sinc",
        "i0",
        "special_i0e",
        "special_i1",
        "special_i1e",
        "special_entr",
        "special_ndtr",
        "special_ndtri",
        "special_log_ndtr",
        "special_erfcx",
        "logit",
        "relu",
        "silu",
        "log_sigmoid",
        "special_bessel_j0",
        "special_bessel_j1",
        "special_modified_bessel_k0",
        "special_modified_bessel_k1",
    ];
    checks.all(&names, &[fractions(&[2, 3])], &[]);
    checks.all(&["acosh"], &[f64s(&[1.3, 2.5, 4.0], &[3])], &[]);
    checks.all(&["gelu"], &[signed(&[4])], &["none".into()]);
    checks.all(&["gelu"], &[signed(&[4])], &["tanh".into()]);
    checks.all(&["elu"], &[signed(&[4])], &[1.5.into(), 1.0.into(), 1.0.into()]);
    checks.all(&["leaky_relu"], &[signed(&[4])], &[0.1.into()]);
    checks.all(&["softplus"], &[signed(&[4])], &[1.0.into(), 20.0.into()]);
    checks.all(&["pow.Tensor_Scalar"], &[fractions(&[4])], &[2.5.into()]);
    checks.all(&["clamp"], &[signed(&[5])], &[(-1.0).into(), 1.0.into()]);
    checks.end();
}

#[test]
fn slopes_of_two_operands_have_slopes() {
    let mut checks = Checks::default();
    let names = [
        "add.Tensor",
        "mul.Tensor",
        "div.Tensor",
        "pow.Tensor_Tensor",
        "atan2",
        "hypot",
        "logaddexp",
        "logaddexp2",
        "xlogy.Tensor",
        "special_xlog1py",
        "maximum",
        "fmax",
        "copysign.Tensor",
        "binary_cross_entropy",
    ];
    let (a, b) = (fractions(&[2, 3]), f64s(&[0.33, 0.71, 0.52], &[3]));
    for name in names {
        let extra: Vec<Arg<Variable>> = match name {
            "add.Tensor" => vec![1i64.into()],
            "binary_cross_entropy" => vec![Arg::None, 0i64.into()],
            _ => Vec::new(),
        };
        let b = if name == "binary_cross_entropy" { fractions(&[2, 3]) } else { b.clone() };
        checks.all(&[name], &[a.clone(), b], &extra);
    }
    checks.end();
}

#[test]
fn shapes_products_and_reductions_have_slopes_of_slopes() {
    let mut checks = Checks::default();
    let dims = |d: &[i64]| Arg::Ints(d.to_vec());
    checks.all(&["mm", "matmul"], &[signed(&[2, 3]), signed(&[3, 2])], &[]);
    checks.all(&["bmm"], &[signed(&[2, 2, 3]), signed(&[2, 3, 2])], &[]);
    checks.all(&["matmul"], &[signed(&[3]), signed(&[3, 2])], &[]);
    checks.all(&["linear"], &[signed(&[2, 3]), signed(&[2, 3]), signed(&[2])], &[]);
    checks.all(&["dot"], &[signed(&[3]), signed(&[3])], &[]);
    let x = || signed(&[2, 3]);
    checks.all(&["sum", "mean", "prod"], &[x()], &[Arg::None]);
    checks.all(&["var"], &[x()], &[true.into()]);
    checks.all(&["std"], &[x()], &[false.into()]);
    checks.all(&["logsumexp"], &[x()], &[dims(&[1]), false.into()]);
    checks.all(&["softmax.int", "log_softmax.int"], &[x()], &[1i64.into(), Arg::None]);
    checks.all(&["cumsum", "cumprod"], &[x()], &[1i64.into(), Arg::None]);
    checks.all(&["logcumsumexp"], &[x()], &[1i64.into()]);
    checks.all(&["prod"], &[f64s(&[0.0, 1.5, -0.7], &[3])], &[Arg::None]);
    for p in [1.0, 2.0, 3.0, f64::INFINITY] {
        checks.all(&["linalg_vector_norm"], &[x()], &[p.into(), dims(&[1]), false.into(), Arg::None]);
    }
    checks.all(&["max.dim", "median.dim"], &[x()], &[1i64.into(), false.into()]);
    checks.all(&["sort"], &[x()], &[1i64.into(), false.into()]);
    checks.all(&["select.int"], &[x()], &[1i64.into(), 1i64.into()]);
    checks.all(&["slice.Tensor"], &[x()], &[1i64.into(), 0i64.into(), 3i64.into(), 2i64.into()]);
    checks.all(&["diagonal"], &[x()], &[0i64.into(), 0i64.into(), 1i64.into()]);
    checks.all(&["trace"], &[signed(&[2, 2])], &[]);
    checks.all(&["unfold"], &[signed(&[5])], &[0i64.into(), 3i64.into(), 1i64.into()]);
    checks.all(&["as_strided"], &[signed(&[4])], &[dims(&[2, 2]), dims(&[1, 2]), 0i64.into()]);
    checks.all(&["repeat"], &[signed(&[2])], &[dims(&[2, 3])]);
    checks.all(&["select_scatter"], &[x(), signed(&[2])], &[1i64.into(), 0i64.into()]);
    checks.composed("split", &[signed(&[4])], |v| {
        let parts = call("split.Tensor", vec![Arg::from(&v[0]), 2i64.into(), 0i64.into()])?;
        parts[0].mul(&parts[1])?.mul(&parts[1])
    });
    checks.composed("cat", &[signed(&[2]), signed(&[3])], |v| {
        let both = Variable::cat(v, 0)?;
        both.mul(&both)?.mul(&both)
    });
    checks.end();
}

#[test]
fn places_images_and_solvers_have_slopes_of_slopes() {
    let mut checks = Checks::default();
    let dims = |d: &[i64]| Arg::Ints(d.to_vec());
    let x = || signed(&[3, 2]);
    checks.all(&["index_select"], &[x()], &[0i64.into(), index(&[0, 2, 0], &[3])]);
    checks.all(&["gather"], &[x()], &[0i64.into(), index(&[0, 2, 1, 1], &[2, 2]), false.into()]);
    checks.all(&["take"], &[x()], &[index(&[5, 0, 5], &[3])]);
    checks.composed("scatter_add", &[x(), signed(&[2, 2])], |v| {
        let at = index(&[0, 2, 1, 1], &[2, 2]);
        let sum = call("scatter_add", vec![Arg::from(&v[0]), 0i64.into(), at, Arg::from(&v[1])])?.remove(0);
        sum.mul(&sum)?.mul(&sum)
    });
    checks.composed("index_put", &[x(), signed(&[2, 2])], |v| {
        let at = Tensor::from_vec(vec![2i64, 0], &[2])?;
        let at = Arg::Tensors(vec![Some(Variable::from(at))]);
        let put = call("index_put", vec![Arg::from(&v[0]), at, Arg::from(&v[1]), true.into()])?.remove(0);
        put.mul(&put)?.mul(&put)
    });
    for transposed in [false, true] {
        let weights = if transposed { signed(&[2, 1, 2, 2]) } else { signed(&[2, 2, 2, 2]) };
        checks.all(
            &["convolution"],
            &[signed(&[1, 2, 3, 3]), weights, if transposed { signed(&[1]) } else { signed(&[2]) }],
            &[dims(&[2, 1]), dims(&[1, 0]), dims(&[1, 1]), transposed.into(), dims(&[0, 0]), 1i64.into()],
        );
    }
    let image = || signed(&[1, 1, 4, 4]);
    let window = [dims(&[2, 2]), dims(&[2, 2]), dims(&[0, 0])];
    let mut average = window.to_vec();
    average.extend([false.into(), true.into(), Arg::None]);
    checks.all(&["avg_pool2d"], &[image()], &average);
    let mut largest = window.to_vec();
    largest.extend([dims(&[1, 1]), false.into()]);
    checks.all(&["max_pool2d_with_indices"], &[image()], &largest);
    checks.all(&["upsample_bilinear2d"], &[image()], &[dims(&[3, 3]), false.into(), Arg::None, Arg::None]);
    checks.all(&["im2col"], &[image()], &[dims(&[2, 2]), dims(&[1, 1]), dims(&[0, 0]), dims(&[2, 2])]);
    checks.all(&["constant_pad_nd"], &[x()], &[dims(&[1, 1]), 0i64.into()]);
    let square = || f64s(&[2.0, 0.3, -0.4, 0.5, 1.7, 0.2, 0.1, -0.6, 2.4], &[3, 3]);
    checks.all(&["linalg_inv_ex"], &[square()], &[false.into()]);
    checks.all(&["_linalg_det"], &[square()], &[]);
    checks.all(&["_linalg_solve_ex"], &[square(), signed(&[3, 2])], &[true.into(), false.into()]);
    checks.composed("cholesky", &[square()], |v| {
        let whole = v[0].matmul(&v[0].t()?)?;
        Ok(call("linalg_cholesky_ex", vec![Arg::from(&whole), false.into(), false.into()])?.remove(0))
    });
    checks.composed("eigenvalues", &[square()], |v| {
        let whole = v[0].add(&v[0].t()?)?;
        Ok(call("_linalg_eigh", vec![Arg::from(&whole), "L".into(), true.into()])?.remove(0))
    });
    checks.composed("qr", &[square()], |v| {
        Ok(call("linalg_qr", vec![Arg::from(&v[0]), "reduced".into()])?.remove(1))
    });
    checks.end();
}

const CREATE: Pass = Pass { retain_graph: true, create_graph: true };

/// x⁴ by hand: 4x³, 12x², 24x, 24.
#[test]
fn derivatives_of_any_order() -> Result<()> {
    let x = Variable::parameter(f64s(&[2.0], &[1]))?;
    let mut y = x.pow(4i64)?;
    for expected in [32.0, 48.0, 48.0, 24.0] {
        y = grad_pass(&[&y], &[&x], &[], CREATE, false)?.remove(0).expect("a gradient");
        assert_eq!(y.data().to_vec::<f64>()?, [expected]);
    }
    assert!(x.grad().is_none());
    Ok(())
}

/// In-place operators keep the value before the write, whose place in the graph is that before the write too.
#[test]
fn writes_in_place_have_slopes_of_slopes() -> Result<()> {
    // z = (2x)·x·x = 2x³: 6x², 12x.
    let x = Variable::parameter(f64s(&[3.0], &[1]))?;
    let z = x.mul(2.0)?;
    call("mul_.Tensor", vec![Arg::from(&z), Arg::from(&x)])?;
    call("mul_.Tensor", vec![Arg::from(&z), Arg::from(&x)])?;
    let slope = grad_pass(&[&z], &[&x], &[], CREATE, false)?.remove(0).expect("a gradient");
    assert_eq!(slope.data().to_vec::<f64>()?, [54.0]);
    let second = grad_pass(&[&slope], &[&x], &[], CREATE, false)?.remove(0).expect("a gradient");
    assert_eq!(second.data().to_vec::<f64>()?, [36.0]);
    Ok(())
}

/// PyTorch: `.grad` stays one object while passes add to it; one that creates a graph replaces it.
#[test]
fn a_created_graph_replaces_grad() -> Result<()> {
    let x = Variable::parameter(f64s(&[1.0, 2.0], &[2]))?;
    let pass = |pass| x.mul(&x)?.sum().and_then(|y| backward_pass(&[&y], &[], None, pass));
    pass(Pass::default())?;
    let first = x.grad_variable().expect("a gradient");
    pass(Pass::default())?;
    assert!(first.is(&x.grad_variable().expect("a gradient")));
    assert_eq!(first.data().to_vec::<f64>()?, [4.0, 8.0]);
    pass(CREATE)?;
    let replaced = x.grad_variable().expect("a gradient");
    assert!(!first.is(&replaced));
    assert_eq!(first.data().to_vec::<f64>()?, [4.0, 8.0]);
    assert_eq!(replaced.data().to_vec::<f64>()?, [6.0, 12.0]);
    assert!(replaced.requires_grad());
    // The gradient 4x + 2x holds the graph that holds x; without this the two would keep each other.
    x.set_grad(None);
    Ok(())
}

#[test]
fn a_gradient_without_one_says_so_when_it_is_wanted() -> Result<()> {
    let x = Variable::parameter(f64s(&[2.0], &[1]))?;
    let tripled = f64s(&[6.0], &[1]);
    let y = custom(
        "Tripled",
        &[&x],
        vec![tripled],
        Box::new(|grads| Ok(vec![grads[0].as_ref().map(|g| g.mul(3.0)).transpose()?])),
    );
    let slope = grad_pass(&[&y[0]], &[&x], &[], CREATE, false)?.remove(0).expect("a gradient");
    assert_eq!(slope.data().to_vec::<f64>()?, [3.0]);
    let error = grad_pass(&[&slope], &[&x], &[], Pass::default(), false).expect_err("an error");
    assert_eq!(error.kind(), ErrorKind::NotImplemented);
    assert!(error.message().starts_with("derivative for Tripled is not implemented"), "{error}");
    Ok(())
}

/// A pass for some inputs runs only what leads to them: the gradient of the other factor is not asked for.
#[test]
fn a_pass_for_some_inputs_leaves_the_others() -> Result<()> {
    let (x, w) = (Variable::parameter(f64s(&[3.0], &[1]))?, Variable::parameter(f64s(&[5.0], &[1]))?);
    let hidden = x.mul(2.0)?;
    let y = hidden.mul(&w)?;
    backward_pass(&[&y], &[], Some(&[&w]), Pass { retain_graph: true, create_graph: false })?;
    assert_eq!(w.grad().expect("a gradient").to_vec::<f64>()?, [6.0]);
    assert!(x.grad().is_none());
    // A computed variable is a target too, and its gradient is kept.
    backward_pass(&[&y], &[], Some(&[&hidden]), Pass::default())?;
    assert_eq!(hidden.grad().expect("a gradient").to_vec::<f64>()?, [5.0]);
    assert!(x.grad().is_none());
    Ok(())
}

#[test]
fn recorded_gradients_drop_without_recursion() -> Result<()> {
    let x = Variable::parameter(f64s(&[0.5], &[1]))?;
    let mut y = x.clone();
    for _ in 0..20_000 {
        y = y.relu()?;
    }
    let slope = grad_pass(&[&y], &[&x], &[], CREATE, false)?.remove(0).expect("a gradient");
    assert_eq!(slope.data().to_vec::<f64>()?, [1.0]);
    drop(y);
    drop(slope);
    Ok(())
}

/// The kernel that keeps no weights, once and twice: of all that it sees, of what comes before, and beside a mask.
#[test]
fn attention_has_gradients_of_every_order() -> Result<()> {
    let mask = Arg::Tensor(Tensor::from_vec(vec![true, true, false, false, true, true], &[3, 2])?.into());
    let cases: [Vec<Arg<Variable>>; 3] =
        [vec![], vec![0.0.into(), true.into()], vec![0.0.into(), false.into(), mask, 0.7.into()]];
    let inputs = [signed(&[2, 3, 2]), fractions(&[2, 2, 2]), signed(&[2, 2, 4])];
    let mut checks = Checks::default();
    for extra in cases {
        let f =
            |inputs: &[Variable]| op("_scaled_dot_product_flash_attention_for_cpu", extra.clone())(inputs);
        if let Err(error) = autograd::gradcheck(f, &inputs, 1e-6) {
            checks.0.push(format!("once: {error}"));
        }
        checks.composed("twice", &inputs, f);
    }
    checks.end();
    Ok(())
}
