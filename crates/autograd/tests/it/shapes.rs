//! Gradients of arrangements, scattered writes, order statistics and what is composed of them, against finite
//! differences.

use autograd::{Arg, Result, Scalar, Tensor, Variable, composites, gradcheck};

use super::{index, long, op, positive, sample};

/// The first result of a composite on the inputs and further arguments.
fn composed(schema: &'static str, extra: Vec<Arg<Variable>>) -> impl Fn(&[Variable]) -> Result<Variable> {
    move |inputs| {
        let composite = composites().find(|c| c.name() == schema).expect("a composite of that name");
        let mut args: Vec<Arg<Variable>> = inputs.iter().map(Arg::from).collect();
        args.extend(extra.clone());
        Ok(composite.call(args, Vec::new())?.remove(0))
    }
}

fn ints(values: &[i64]) -> Arg<Variable> {
    values.into()
}

#[test]
fn arrangements() -> Result<()> {
    let x = [sample(&[3, 4])];
    let with: Vec<(&str, Vec<Arg<Variable>>)> = vec![
        ("diagonal", vec![1i64.into()]),
        ("diag_embed", vec![1i64.into()]),
        ("tril", vec![1i64.into()]),
        ("triu", vec![(-1i64).into()]),
        ("trace", vec![]),
        ("unfold", vec![1i64.into(), 3i64.into(), 1i64.into()]),
        ("as_strided", vec![ints(&[2, 3]), ints(&[1, 2]), 1i64.into()]),
        ("flip", vec![ints(&[0, 1])]),
        ("roll", vec![ints(&[1, 2]), ints(&[0, 1])]),
        ("repeat", vec![ints(&[2, 1, 3])]),
        ("fill.Scalar", vec![2.0.into()]),
    ];
    for (name, extra) in with {
        gradcheck(op(name, extra), &x, 1e-5).map_err(|e| panic_text(name, e))?;
    }
    type Case = (&'static str, &'static [usize], Vec<Arg<Variable>>);
    let replaced: Vec<Case> = vec![
        ("select_scatter", &[3], vec![1i64.into(), 2i64.into()]),
        ("slice_scatter", &[3, 2], vec![1i64.into(), 1i64.into(), 4i64.into(), 2i64.into()]),
        ("diagonal_scatter", &[3], vec![1i64.into()]),
    ];
    for (name, source, extra) in replaced {
        gradcheck(op(name, extra), &[sample(&[3, 4]), positive(source)], 1e-5)
            .map_err(|e| panic_text(name, e))?;
    }
    Ok(())
}

fn panic_text(name: &str, error: autograd::Error) -> autograd::Error {
    autograd::Error::runtime("gradcheck", format!("{name}: {error}"))
}

#[test]
fn scattered_writes() -> Result<()> {
    let places = || index(&[0, 2, 2, 1, 0, 0], &[3, 2]);
    for how in ["sum", "prod", "mean", "amax", "amin"] {
        for include_self in [true, false] {
            let body = move |v: &[Variable]| {
                let args = vec![
                    (&v[0]).into(),
                    0i64.into(),
                    places(),
                    (&v[1]).into(),
                    how.into(),
                    include_self.into(),
                ];
                autograd::call_one("scatter_reduce.two", args)
            };
            gradcheck(body, &[sample(&[3, 4]), positive(&[4, 3])], 1e-4).map_err(|e| panic_text(how, e))?;
            if how == "sum" {
                continue;
            }
            let body = move |v: &[Variable]| {
                let args = vec![
                    (&v[0]).into(),
                    1i64.into(),
                    index(&[3, 0, 3], &[3]),
                    (&v[1]).into(),
                    how.into(),
                    include_self.into(),
                ];
                autograd::call_one("index_reduce", args)
            };
            gradcheck(body, &[sample(&[3, 4]), positive(&[3, 3])], 1e-4).map_err(|e| panic_text(how, e))?;
        }
    }
    let distinct = || index(&[3, 0], &[2]);
    let whole: Vec<(&str, Vec<Arg<Variable>>)> =
        vec![("index_add", vec![1.5.into()]), ("index_copy", vec![])];
    for (name, extra) in whole {
        let body = move |v: &[Variable]| {
            let mut args = vec![(&v[0]).into(), 1i64.into(), distinct(), (&v[1]).into()];
            args.extend(extra.clone());
            autograd::call_one(name, args)
        };
        gradcheck(body, &[sample(&[3, 4]), positive(&[3, 2])], 1e-5).map_err(|e| panic_text(name, e))?;
    }
    for accumulate in [true, false] {
        let body = move |v: &[Variable]| {
            let args = vec![(&v[0]).into(), index(&[5, 0, -1], &[3]), (&v[1]).into(), accumulate.into()];
            autograd::call_one("put", args)
        };
        gradcheck(body, &[sample(&[3, 4]), positive(&[3])], 1e-5)?;
    }
    let body = |v: &[Variable]| {
        let mask: Variable = v[0].data().gt(0.0)?.into();
        autograd::call_one("masked_scatter", vec![(&v[0]).into(), (&mask).into(), (&v[1]).into()])
    };
    gradcheck(body, &[sample(&[3, 4]), positive(&[12])], 1e-5)?;
    let body = |v: &[Variable]| {
        let mask: Variable = v[0].data().gt(0.0)?.into();
        autograd::call_one("masked_fill.Tensor", vec![(&v[0]).into(), (&mask).into(), (&v[1]).into()])
    };
    gradcheck(body, &[sample(&[3, 4]), positive(&[])], 1e-5)?;
    gradcheck(op("take", vec![index(&[0, 5, -1, 5], &[2, 2])]), &[sample(&[3, 4])], 1e-5)
}

#[test]
fn order_statistics() -> Result<()> {
    let with: Vec<(&str, Vec<Arg<Variable>>)> = vec![
        ("sort.stable", vec![true.into(), 0i64.into(), true.into()]),
        ("kthvalue", vec![2i64.into(), 1i64.into()]),
        ("median", vec![]),
        ("median.dim", vec![1i64.into(), true.into()]),
        ("nanmedian.dim", vec![0i64.into()]),
        ("mode", vec![1i64.into()]),
        ("aminmax", vec![1i64.into()]),
    ];
    for (name, extra) in with {
        gradcheck(op(name, extra), &[sample(&[3, 4])], 1e-5).map_err(|e| panic_text(name, e))?;
    }
    for between in ["linear", "midpoint", "lower", "higher", "nearest"] {
        for name in ["quantile", "nanquantile"] {
            let q: Variable = Tensor::from_vec(vec![0.1, 0.75], &[2])?.into();
            let extra = vec![(&q).into(), 1i64.into(), false.into(), between.into()];
            gradcheck(composed(name, extra), &[sample(&[3, 4])], 1e-5).map_err(|e| panic_text(between, e))?;
        }
    }
    Ok(())
}

#[test]
fn composites_of_views_and_joins() -> Result<()> {
    let with: Vec<(&str, Vec<Arg<Variable>>)> = vec![
        ("movedim.int", vec![0i64.into(), 2i64.into()]),
        ("unflatten.int", vec![2i64.into(), ints(&[2, -1])]),
        ("ravel", vec![]),
        ("mT", vec![]),
        ("tensor_split.sections", vec![2i64.into(), 2i64.into()]),
        ("rot90", vec![3i64.into(), ints(&[0, 2])]),
        ("fliplr", vec![]),
        ("repeat_interleave.self_int", vec![3i64.into(), 1i64.into()]),
        ("tile", vec![ints(&[2, 1])]),
        ("permute_copy", vec![ints(&[2, 0, 1])]),
        (
            "__getitem__",
            vec![Arg::List(vec![Arg::Slice([Some(0), None, None]), Arg::None, index(&[1, 1, 0], &[3])])],
        ),
        ("take_along_dim", vec![index(&[1, 0, -1, 3], &[1, 1, 4]), 2i64.into()]),
        ("double", vec![]),
    ];
    for (name, extra) in with {
        gradcheck(composed(name, extra), &[sample(&[2, 3, 4])], 1e-5).map_err(|e| panic_text(name, e))?;
    }
    gradcheck(composed("combinations", vec![2i64.into(), true.into()]), &[sample(&[4])], 1e-5)?;
    gradcheck(composed("diag", vec![1i64.into()]), &[sample(&[4])], 1e-5)?;
    for name in ["hstack", "vstack", "dstack", "column_stack", "block_diag", "meshgrid", "cartesian_prod"] {
        let body = |inputs: &[Variable]| {
            let list = Arg::Tensors(inputs.iter().cloned().map(Some).collect());
            let composite = composites().find(|c| c.name() == name).expect("a composite of that name");
            Ok(composite.call(vec![list], Vec::new())?.remove(0))
        };
        gradcheck(body, &[sample(&[3]), positive(&[3])], 1e-5).map_err(|e| panic_text(name, e))?;
    }
    for how in ["sum", "mean", "prod", "max", "min"] {
        let extra = vec![
            how.into(),
            index(&[2, 0, 2], &[3]),
            Arg::None,
            Arg::None,
            0i64.into(),
            false.into(),
            1.0.into(),
        ];
        gradcheck(composed("segment_reduce", extra), &[sample(&[4, 2])], 1e-4)
            .map_err(|e| panic_text(how, e))?;
    }
    Ok(())
}

/// What torch.quantile and Tensor.__getitem__ give for these.
#[test]
fn values_are_pytorchs() -> Result<()> {
    let x: Variable = Tensor::from_vec(vec![4.0f32, 1.0, 3.0, 2.0], &[4])?.into();
    let found = composed("quantile.scalar", vec![0.4.into()])(std::slice::from_ref(&x))?;
    assert!((found.data().item()?.to_f64() - 2.2).abs() < 1e-6);
    let nan: Variable = Tensor::from_vec(vec![4.0f32, f32::NAN, 2.0], &[3])?.into();
    assert!(
        composed("quantile.scalar", vec![0.0.into()])(std::slice::from_ref(&nan))?
            .data()
            .item()?
            .to_f64()
            .is_nan()
    );
    assert_eq!(composed("nanquantile.scalar", vec![0.5.into()])(&[nan])?.data().item()?, Scalar::Float(3.0));
    let cube: Variable = Tensor::from_vec((0..24i64).collect(), &[2, 3, 4])?.into();
    // x[:, 1, [0, 3]], and x[0, :, [0, 3]] whose gathered dimension comes first.
    let picked = Arg::List(vec![Arg::Slice([None; 3]), 1i64.into(), ints(&[0, 3])]);
    assert_eq!(
        composed("__getitem__", vec![picked])(std::slice::from_ref(&cube))?.data().to_vec::<i64>()?,
        [4, 7, 16, 19]
    );
    let apart = Arg::List(vec![Arg::Tensor(long(&[0], &[1])), Arg::Slice([None; 3]), ints(&[0, 3])]);
    let found = composed("__getitem__", vec![apart])(std::slice::from_ref(&cube))?;
    assert_eq!((found.sizes(), found.data().to_vec::<i64>()?), (&[2, 3][..], vec![0, 4, 8, 3, 7, 11]));
    let error = composed("__getitem__", vec![Arg::List(vec![2i64.into()])])(&[cube]).unwrap_err();
    assert_eq!(error.message(), "index 2 is out of bounds for dimension 0 with size 2");
    Ok(())
}

/// By hand from the definitions.
#[test]
fn windows_are_their_formulas() -> Result<()> {
    let window =
        |name: &'static str, length: i64, own: Vec<Arg<Variable>>, symmetric: bool| -> Result<Vec<f64>> {
            let composite = composites().find(|c| c.name() == name).expect("a window of that name");
            let mut args: Vec<Arg<Variable>> = vec![length.into()];
            args.extend(own);
            args.extend([symmetric.into(), Arg::DType(autograd::DType::F64)]);
            composite.call(args, Vec::new())?.remove(0).data().to_vec::<f64>()
        };
    let near = |found: Vec<f64>, wanted: &[f64]| {
        let same =
            found.len() == wanted.len() && found.iter().zip(wanted).all(|(x, y)| (x - y).abs() < 1e-12);
        assert!(same, "{found:?} {wanted:?}");
    };
    near(window("signal.windows.hann", 5, vec![], true)?, &[0.0, 0.5, 1.0, 0.5, 0.0]);
    near(window("signal.windows.hann", 4, vec![], false)?, &[0.0, 0.5, 1.0, 0.5]);
    near(window("signal.windows.bartlett", 5, vec![], true)?, &[0.0, 0.5, 1.0, 0.5, 0.0]);
    near(window("signal.windows.general_hamming", 3, vec![0.6.into()], true)?, &[0.2, 1.0, 0.2]);
    let root = 0.5f64.sqrt();
    near(window("signal.windows.cosine", 2, vec![], true)?, &[root, root]);
    let side = (-0.5f64).exp();
    near(window("signal.windows.gaussian", 3, vec![1.0.into()], true)?, &[side, 1.0, side]);
    let side = (-0.5f64).exp();
    near(window("signal.windows.exponential", 3, vec![Arg::None, 2.0.into()], true)?, &[side, 1.0, side]);
    near(window("signal.windows.blackman", 1, vec![], true)?, &[1.0]);
    assert!(window("signal.windows.nuttall", -1, vec![], true).is_err());
    Ok(())
}
