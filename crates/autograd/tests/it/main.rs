//! Gradients against finite differences, the engine's order and refusals.

mod composed;
mod hooks;
mod linalg;
mod shapes;
mod slopes;
mod twice;

use autograd::{
    Arg, Gradient, Result, Scalar, Tensor, Variable, backward, call, call_one, formulas, gradcheck, no_grad,
};

fn f64s(values: &[f64], sizes: &[usize]) -> Tensor {
    Tensor::from_vec(values.to_vec(), sizes).expect("a tensor")
}

/// Values without ties, kinks or zeros.
fn sample(sizes: &[usize]) -> Tensor {
    let count: usize = sizes.iter().product();
    let values: Vec<f64> =
        (0..count).map(|i| ((i * 7 + 3) % 11) as f64 * 0.37 - 1.73 + i as f64 * 0.011).collect();
    f64s(&values, sizes)
}

fn positive(sizes: &[usize]) -> Tensor {
    sample(sizes).abs().and_then(|t| t.add(0.2)).expect("a tensor")
}

fn op(name: &'static str, extra: Vec<Arg<Variable>>) -> impl Fn(&[Variable]) -> Result<Variable> {
    move |inputs| {
        let mut args: Vec<Arg<Variable>> = inputs.iter().map(Arg::from).collect();
        args.extend(extra.clone());
        Ok(call(name, args)?.remove(0))
    }
}

#[test]
fn formulas_agree_with_finite_differences() {
    let any = [
        "abs",
        "neg",
        "exp",
        "expm1",
        "sigmoid",
        "tanh",
        "tan",
        "relu",
        "gelu",
        "silu",
        "elu",
        "erf",
        "sin",
        "cos",
        "square",
        "leaky_relu",
        "softplus",
        "floor",
        "sum",
        "mean",
        "max",
        "min",
        "prod",
        "contiguous",
        "clone",
        "squeeze",
        "t",
        "flatten.using_ints",
        "var.correction",
        "std.correction",
        "amax",
        "linalg_vector_norm",
    ];
    let mut failures: Vec<String> = Vec::new();
    let mut check = |name: &str, result: Result<()>| {
        if let Err(error) = result {
            failures.push(format!("{name}: {error}"));
        }
    };
    for name in any {
        check(name, gradcheck(op(name, vec![]), &[sample(&[3, 4])], 1e-5));
    }
    for name in ["log", "log2", "log10", "log1p", "sqrt", "rsqrt", "reciprocal"] {
        check(name, gradcheck(op(name, vec![]), &[positive(&[3, 4])], 1e-4));
    }
    check("gelu tanh", gradcheck(op("gelu", vec!["tanh".into()]), &[sample(&[3, 4])], 1e-5));
    for name in ["add.Tensor", "sub.Tensor", "mul.Tensor", "div.Tensor", "maximum", "minimum"] {
        check(name, gradcheck(op(name, vec![]), &[sample(&[2, 3]), positive(&[3])], 1e-4));
    }
    check("pow", gradcheck(op("pow.Tensor_Tensor", vec![]), &[positive(&[2, 3]), sample(&[3])], 1e-4));
    check("pow 2.5", gradcheck(op("pow.Tensor_Scalar", vec![2.5.into()]), &[positive(&[2, 3])], 1e-4));
    let products: [(&str, &[usize], &[usize]); 10] = [
        ("mm", &[2, 3], &[3, 4]),
        ("bmm", &[2, 2, 3], &[2, 3, 2]),
        ("mv", &[2, 3], &[3]),
        ("dot", &[3], &[3]),
        ("matmul", &[3], &[3, 2]),
        ("matmul", &[2, 3], &[3]),
        ("matmul", &[2, 2, 3], &[3, 2]),
        ("matmul", &[2, 2, 3], &[3]),
        ("matmul", &[3], &[2, 3, 2]),
        ("matmul", &[2, 1, 2, 3], &[3, 3, 2]),
    ];
    for (name, a, b) in products {
        check(&format!("{name} {a:?} {b:?}"), gradcheck(op(name, vec![]), &[sample(a), positive(b)], 1e-4));
    }
    check(
        "linear",
        gradcheck(op("linear", vec![]), &[sample(&[2, 2, 3]), sample(&[4, 3]), sample(&[4])], 1e-4),
    );
    check(
        "addmm",
        gradcheck(
            op("addmm", vec![2.0.into(), 0.5.into()]),
            &[sample(&[3]), sample(&[2, 4]), sample(&[4, 3])],
            1e-4,
        ),
    );
    let dims: &[i64] = &[1];
    let with: Vec<(&str, Vec<Arg<Variable>>)> = vec![
        ("sum.dim_IntList", vec![dims.into()]),
        ("mean.dim", vec![dims.into()]),
        ("var.correction", vec![dims.into(), 0i64.into()]),
        ("std.correction", vec![dims.into()]),
        ("prod.dim_int", vec![1i64.into()]),
        ("max.dim", vec![1i64.into()]),
        ("min.dim", vec![0i64.into(), true.into()]),
        ("logsumexp", vec![dims.into()]),
        ("linalg_vector_norm", vec![3.0.into(), dims.into()]),
        ("softmax.int", vec![1i64.into()]),
        ("log_softmax.int", vec![0i64.into()]),
        ("cumsum", vec![1i64.into()]),
        ("sort", vec![1i64.into(), true.into()]),
        ("topk", vec![2i64.into()]),
        ("select.int", vec![1i64.into(), 2i64.into()]),
        ("narrow", vec![1i64.into(), 1i64.into(), 2i64.into()]),
        ("slice.Tensor", vec![1i64.into(), 0i64.into(), 4i64.into(), 2i64.into()]),
        ("unsqueeze", vec![1i64.into()]),
        ("transpose.int", vec![0i64.into(), 1i64.into()]),
        ("permute", vec![[1i64, 0].as_slice().into()]),
        ("expand", vec![[2i64, 3, 4].as_slice().into()]),
        ("clamp", vec![(-0.7).into(), 0.9.into()]),
        ("split.Tensor", vec![3i64.into(), 1i64.into()]),
        ("unbind.int", vec![1i64.into()]),
        ("index_select", vec![1i64.into(), index(&[0, 2, 2], &[3])]),
        ("gather", vec![1i64.into(), index(&[0, 2, 2, 1, 3, 0], &[3, 2])]),
        ("index.Tensor", vec![Arg::Tensors(vec![None, Some(long(&[0, 2, 2], &[3]))])]),
    ];
    for (name, extra) in with {
        check(name, gradcheck(op(name, extra), &[sample(&[3, 4])], 1e-4));
    }
    check("embedding", gradcheck(op("embedding", vec![index(&[0, 2, 2], &[3])]), &[sample(&[3, 4])], 1e-4));
    let cat = |inputs: &[Variable]| Variable::cat(inputs, 1);
    check("cat", gradcheck(cat, &[sample(&[2, 3]), sample(&[2, 2])], 1e-4));
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn long(values: &[i64], sizes: &[usize]) -> Variable {
    Tensor::from_vec(values.to_vec(), sizes).expect("a tensor").into()
}

fn index(values: &[i64], sizes: &[usize]) -> Arg<Variable> {
    Arg::Tensor(long(values, sizes))
}

#[test]
fn gradcheck_sees_a_wrong_gradient() {
    // relu's gradient is not that of |x|: the analytic side is made to lie through detach.
    let lie = |v: &[Variable]| v[0].relu()?.add(&v[0].detach().abs()?);
    assert!(gradcheck(lie, &[sample(&[2, 2])], 1e-5).is_err());
}

#[test]
fn every_operator_has_a_formula_or_a_reason() {
    let known: Vec<&str> = formulas().flat_map(|f| f.operators.iter().copied()).collect();
    let missing: Vec<&str> =
        tensor::operators().iter().map(|o| o.name).filter(|name| !known.contains(name)).collect();
    assert_eq!(missing, Vec::<&str>::new());
    let unknown: Vec<&&str> = known.iter().filter(|name| tensor::operator(name).is_err()).collect();
    assert_eq!(unknown, Vec::<&&str>::new());
    assert!(formulas().all(|f| !matches!(f.gradient, Gradient::None(reason) if reason.is_empty())));
}

#[test]
fn a_leaf_used_twice_gets_the_sum() -> Result<()> {
    let x = Variable::parameter(f64s(&[1.0, 2.0], &[2]))?;
    let y = x.mul(&x)?.add(&x.mul(3.0)?)?.sum()?;
    y.backward()?;
    assert_eq!(x.grad().unwrap().to_vec::<f64>()?, [5.0, 7.0]);
    let held = x.grad().unwrap();
    x.sum()?.backward()?;
    // `.grad` stays one object.
    assert_eq!(held.to_vec::<f64>()?, [6.0, 8.0]);
    Ok(())
}

#[test]
fn refusals_have_torchs_texts() -> Result<()> {
    let x = Variable::parameter(f64s(&[1.0, 2.0], &[2]))?;
    let y = x.mul(&x)?;
    assert_eq!(y.backward().unwrap_err().message(), "grad can be implicitly created only for scalar outputs");
    let plain: Variable = f64s(&[1.0], &[1]).into();
    let text = "element 0 of tensors does not require grad and does not have a grad_fn";
    assert_eq!(plain.backward().unwrap_err().message(), text);
    let z = y.sum()?;
    z.backward()?;
    assert!(
        z.backward().unwrap_err().message().starts_with("Trying to backward through the graph a second time")
    );
    let s = x.sigmoid()?;
    s.data().mul_(2.0)?;
    let text = s.sum()?.backward().unwrap_err().message().to_string();
    assert!(
        text.contains(
            "[torch.DoubleTensor [2]], which is output 0 of Sigmoid, is at version 1; expected version 0"
        ),
        "{text}"
    );
    let write = call_one("add_.Tensor", vec![(&x).into(), (&plain).into()]);
    assert_eq!(
        write.unwrap_err().message(),
        "a leaf Variable that requires grad is being used in an in-place operation."
    );
    assert!(Variable::parameter(Tensor::from_vec(vec![1i64], &[1])?).is_err());
    Ok(())
}

#[test]
fn writes_in_place_rebase_history() -> Result<()> {
    let x = Variable::parameter(f64s(&[1.0, 2.0], &[2]))?;
    let y = x.mul(1.0)?;
    call_one("mul_.Tensor", vec![(&y).into(), (&x).into()])?;
    y.sum()?.backward()?;
    assert_eq!(x.grad().unwrap().to_vec::<f64>()?, [2.0, 4.0]);
    no_grad(|| call_one("add_.Tensor", vec![(&x).into(), (&x.detach()).into()]))?;
    assert_eq!(x.data().to_vec::<f64>()?, [2.0, 4.0]);
    Ok(())
}

#[test]
fn a_failed_pass_changes_no_grad() -> Result<()> {
    let x = Variable::parameter(f64s(&[1.0], &[1]))?;
    let w = Variable::parameter(f64s(&[1.0], &[1]))?;
    let early = x.exp()?;
    let out = early.mul(&w)?;
    early.data().fill_(Scalar::Int(0))?;
    assert!(out.backward().is_err());
    assert!(x.grad().is_none() && w.grad().is_none());
    Ok(())
}

#[test]
fn retained_and_functional_gradients() -> Result<()> {
    let x = Variable::parameter(f64s(&[3.0], &[1]))?;
    let y = x.mul(2.0)?;
    y.retain_grad()?;
    let z = y.mul(&y)?;
    backward(&[&z], &[], true)?;
    assert_eq!(y.grad().unwrap().to_vec::<f64>()?, [12.0]);
    let found = autograd::grad(&[&z], &[&x, &y], &[], false, false)?;
    let found: Vec<f64> =
        found.into_iter().flatten().map(|t| t.item().map(Scalar::to_f64)).collect::<Result<_>>()?;
    assert_eq!(found, [24.0, 12.0]);
    assert_eq!(x.grad().unwrap().to_vec::<f64>()?, [24.0]);
    Ok(())
}

#[test]
fn a_million_nodes_run_and_drop_without_recursion() -> Result<()> {
    let x = Variable::parameter(f64s(&[1.0], &[]))?;
    let mut y = x.clone();
    for _ in 0..1_000_000 {
        y = y.add(0.0)?;
    }
    y.backward()?;
    assert_eq!(x.grad().unwrap().item()?, Scalar::Float(1.0));
    Ok(())
}
