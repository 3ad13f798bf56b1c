//! Hooks: their order, what they replace, and their removal; anomaly mode. The order and the values are those that live
//! PyTorch 2.15 gives for the same calls.

use std::sync::{Arc, Mutex};

use autograd::{
    Arg, Pass, Reentrancy, Result, Tensor, TensorHook, Variable, call, detect_anomaly, enable_grad,
    grad_pass, reported, with_reentrancy,
};

type Log = Arc<Mutex<Vec<String>>>;

fn note(log: &Log, text: impl Into<String>) {
    log.lock().expect("a log").push(text.into());
}

fn leaf(values: &[f64]) -> Variable {
    Variable::parameter(Tensor::from_vec(values.to_vec(), &[values.len()]).expect("a tensor"))
        .expect("a leaf")
}

fn values(v: &Variable) -> Vec<f64> {
    v.data().to_vec::<f64>().expect("values")
}

/// A tensor hook that notes its name and scales the gradient.
fn scaling(log: &Log, name: &'static str, by: f64) -> TensorHook {
    let log = Arc::clone(log);
    Arc::new(move |grad| {
        note(&log, name);
        if by == 1.0 { Ok(None) } else { grad.mul(by).map(Some) }
    })
}

#[test]
fn hooks_run_in_pytorchs_order() -> Result<()> {
    let log = Log::default();
    let x = leaf(&[1.0, 2.0]);
    let y = x.mul(2.0)?;
    y.register_hook(scaling(&log, "tensor 1", 1.0))?;
    y.retain_grad()?;
    let node = y.node().expect("a node");
    let (pre, kept) = (Arc::clone(&log), y.clone());
    node.register_prehook(Arc::new(move |_| {
        note(&pre, format!("pre, kept {}", kept.grad().is_some()));
        Ok(None)
    }));
    y.register_hook(scaling(&log, "tensor 2", 10.0))?;
    let post = Arc::clone(&log);
    node.register_hook(Arc::new(move |found, arrived| {
        let [Some(found), Some(arrived)] = [&found[0], &arrived[0]] else { return Ok(None) };
        note(&post, format!("post {:?} {:?}", values(found), values(arrived)));
        Ok(None)
    }));
    x.register_hook(scaling(&log, "leaf", 3.0))?;
    let after = Arc::clone(&log);
    x.register_post_accumulate_grad_hook(Arc::new(move |leaf| {
        note(&after, format!("accumulated {:?}", leaf.grad().map(|g| g.to_vec::<f64>()).transpose()?));
        Ok(())
    }))?;
    y.sum()?.backward()?;
    let expected = [
        "tensor 1",
        "tensor 2",
        "pre, kept true",
        "post [20.0, 20.0] [10.0, 10.0]",
        "leaf",
        "accumulated Some([60.0, 60.0])",
    ];
    assert_eq!(*log.lock().expect("a log"), expected);
    assert_eq!(y.grad().expect("kept").to_vec::<f64>()?, [10.0, 10.0]);
    Ok(())
}

#[test]
fn a_pass_for_inputs_calls_the_hooks_on_the_way() -> Result<()> {
    for (inputs, expected, order) in [
        ("x", vec![840.0], vec!["y", "y pre", "y post", "x"]),
        ("y", vec![30.0], vec!["y"]),
        ("xy", vec![840.0, 3.0], vec!["y", "y pre", "y post", "x"]),
    ] {
        let log = Log::default();
        let x = leaf(&[1.0, 2.0]);
        let y = x.mul(2.0)?;
        let z = y.mul(3.0)?.sum()?;
        y.register_hook(scaling(&log, "y", 10.0))?;
        x.register_hook(scaling(&log, "x", 7.0))?;
        let node = y.node().expect("a node");
        let pre = Arc::clone(&log);
        node.register_prehook(Arc::new(move |grads| {
            note(&pre, "y pre");
            Ok(Some(vec![grads[0].as_ref().map(|g| g.mul(2.0)).transpose()?]))
        }));
        let post = Arc::clone(&log);
        node.register_hook(Arc::new(move |_, _| {
            note(&post, "y post");
            Ok(None)
        }));
        let wanted: Vec<&Variable> = inputs.chars().map(|c| if c == 'x' { &x } else { &y }).collect();
        let found = grad_pass(&[&z], &wanted, &[], Pass::default(), false)?;
        let found: Vec<f64> = found.iter().flatten().map(|grad| values(grad)[0]).collect();
        assert_eq!(found, expected, "{inputs}");
        assert_eq!(*log.lock().expect("a log"), order, "{inputs}");
    }
    Ok(())
}

#[test]
fn removed_hooks_are_silent() -> Result<()> {
    let log = Log::default();
    let x = leaf(&[1.0]);
    let y = x.mul(2.0)?;
    let (on_x, on_y) = (x.register_hook(scaling(&log, "x", 2.0))?, y.register_hook(scaling(&log, "y", 2.0))?);
    x.remove_hook(on_x);
    y.node().expect("a node").remove_hook(on_y);
    y.backward()?;
    assert!(log.lock().expect("a log").is_empty());
    assert_eq!(x.grad().expect("a gradient").to_vec::<f64>()?, [2.0]);
    Ok(())
}

/// A hook belongs to the value it was registered on, a kept gradient to the newest one.
#[test]
fn a_write_in_place_leaves_hooks_behind() -> Result<()> {
    let log = Log::default();
    let x = leaf(&[1.0, 2.0]);
    let y = x.mul(2.0)?;
    y.retain_grad()?;
    let seen = |name: &'static str| -> TensorHook {
        let log = Arc::clone(&log);
        Arc::new(move |grad| {
            note(&log, format!("{name} {:?}", values(grad)));
            Ok(None)
        })
    };
    y.register_hook(seen("before"))?;
    let five = Variable::from(Tensor::from_vec(vec![5.0f64, 5.0], &[2])?);
    call("mul_.Tensor", vec![Arg::from(&y), Arg::from(&five)])?;
    y.register_hook(seen("after"))?;
    y.sum()?.backward()?;
    assert_eq!(*log.lock().expect("a log"), ["after [1.0, 1.0]", "before [5.0, 5.0]"]);
    assert_eq!(y.grad().expect("kept").to_vec::<f64>()?, [1.0, 1.0]);
    Ok(())
}

#[test]
fn hooks_are_refused_with_pytorchs_texts() -> Result<()> {
    let log = Log::default();
    let plain = Variable::from(Tensor::from_vec(vec![1.0f64], &[1])?);
    let text = |result: Result<autograd::HookId>| result.expect_err("an error").message().to_string();
    assert_eq!(
        text(plain.register_hook(scaling(&log, "", 1.0))),
        "cannot register a hook on a tensor that doesn't require gradient"
    );
    let y = leaf(&[1.0]).mul(2.0)?;
    assert_eq!(
        text(y.register_post_accumulate_grad_hook(Arc::new(|_| Ok(())))),
        "post accumulate grad hooks cannot be registered on non-leaf tensors"
    );
    let x = leaf(&[1.0]);
    let wide = Tensor::from_vec(vec![1.0f64, 1.0], &[2])?;
    x.register_hook(Arc::new(move |_| Ok(Some(wide.clone().into()))))?;
    let error = x.mul(2.0)?.backward().expect_err("another size");
    assert_eq!(error.message(), "hook has changed the size of value");
    assert!(x.grad().is_none());
    Ok(())
}

/// √0 · 0: the slope of the root is infinite, the gradient that arrives 0.
#[test]
fn anomaly_mode_names_node_and_forward_call() -> Result<()> {
    let x = leaf(&[0.0]);
    let error =
        detect_anomaly(|| Some("line 7".to_string()), || x.sqrt()?.mul(0.0)?.backward()).expect_err("NaN");
    let text = error.message();
    assert!(text.starts_with("Function 'SqrtBackward0' returned nan values in its 0th output."), "{text}");
    assert!(text.contains("Error detected in SqrtBackward0. Forward call: line 7"), "{text}");
    // Outside of it NaN is a value.
    x.sqrt()?.mul(0.0)?.backward()?;
    assert!(x.grad().expect("a gradient").to_vec::<f64>()?[0].is_nan());
    Ok(())
}

/// Passes that hooks start stand inside the pass that called them: levels 0 to 5.
#[test]
fn passes_inside_hooks_meet_the_limit() -> Result<()> {
    fn nested(levels: usize) -> Result<()> {
        let x = leaf(&[1.0]);
        x.register_hook(Arc::new(
            move |_| if levels == 0 { Ok(None) } else { nested(levels - 1).map(|()| None) },
        ))?;
        // A hook runs in the mode of its pass, which does not record.
        enable_grad(|| x.mul(2.0))?.backward()
    }
    let under = |depth_max, is_hardened| {
        let limit = Reentrancy { depth_max, is_hardened };
        reported(|| with_reentrancy(limit, || nested(5)))
    };
    let (result, report) = under(5, false);
    result?;
    assert_eq!((report.reentrant_depth_max, report.limit_reached), (5, false));
    let (result, report) = under(3, false);
    let error = result.expect_err("level 4 of 3");
    assert!(error.message().starts_with("ReentrantDepth"), "{error}");
    assert_eq!((report.limit_reached, report.hardened_fallback_used), (true, false));
    let (result, report) = under(3, true);
    result?;
    assert_eq!((report.limit_reached, report.hardened_fallback_used), (true, true));
    assert!(under(2, true).0.is_err(), "as many levels again, and no more");
    Ok(())
}
