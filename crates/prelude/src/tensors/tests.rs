//! The bindings as a program calls them. Numbers marked `oracle` were printed by PyTorch 2.15 for the same calls.

// Calls read alike whether they take one operand or several.
#![allow(clippy::cloned_ref_to_slice_refs)]

use std::rc::Rc;

use bytecode::Span;
use column::{Column, Scalar};
use frame::{Frame, Series};
use vm::{Callback, Fault, Host, HostCall, Print, Value};

use crate::effects::{Answer, Ask, Effects};
use crate::frames::{SeriesValue, frame_value, series_value};
use crate::host::Prelude;

/// A world without effects whose nodes draw from seed 0.
struct Silent;

impl Effects for Silent {
    fn perform(&mut self, operation: &str, _: u32, _: Span, _: Ask) -> Result<Answer, Fault> {
        Err(Fault::new("R0126", format!("{operation} is refused")))
    }
    fn print(&mut self, _: Print, _: &str) {}
    fn seed(&mut self) -> u64 {
        0
    }
    fn arguments(&self) -> Vec<String> {
        Vec::new()
    }
    fn trace_reference(&self) -> String {
        String::new()
    }
    fn table_read(&mut self, _: u32, _: usize, _: usize) {}
}

/// Stands for a closure's body.
type Body<'a> = &'a mut dyn FnMut(&mut dyn Host) -> Result<Value, Fault>;

struct Machine<'a>(Option<Body<'a>>);

impl Callback for Machine<'_> {
    fn call(&mut self, host: &mut dyn Host, _: &Value, _: &[Value]) -> Result<Value, Fault> {
        match &mut self.0 {
            Some(body) => body(host),
            None => Err(Fault::new("R0999", "no closure here")),
        }
    }

    fn result(&mut self, _: &mut dyn Host, _: &Value) -> Option<Result<Value, Fault>> {
        None
    }

    fn cancel(&mut self, _: &mut dyn Host, _: &Value) {}
}

fn call_with(
    host: &mut dyn Host,
    machine: &mut Machine<'_>,
    name: &str,
    args: &[Value],
    named: &[(&str, Value)],
) -> Result<Value, Fault> {
    let names: Vec<Rc<str>> = named.iter().map(|(n, _)| Rc::from(*n)).collect();
    let args: Vec<Value> = args.iter().chain(named.iter().map(|(_, v)| v)).cloned().collect();
    let call = HostCall { name, site: 0, args: &args, names: &names, types: &[], span: Span::default() };
    host.call(machine, call)
}

fn call(host: &mut dyn Host, name: &str, args: &[Value], named: &[(&str, Value)]) -> Value {
    refuse(host, name, args, named).unwrap_or_else(|fault| panic!("{name}: {fault}"))
}

fn refuse(host: &mut dyn Host, name: &str, args: &[Value], named: &[(&str, Value)]) -> Result<Value, Fault> {
    call_with(host, &mut Machine(None), name, args, named)
}

fn fault(host: &mut dyn Host, name: &str, args: &[Value], named: &[(&str, Value)]) -> Fault {
    match refuse(host, name, args, named) {
        Err(fault) => fault,
        Ok(value) => panic!("{name} gave {}", show(&value)),
    }
}

fn show(value: &Value) -> String {
    vm::show(value).unwrap_or_else(|fault| fault.to_string())
}

fn floats(items: &[f64]) -> Value {
    Value::floats(items.to_vec())
}

fn ints(items: &[i64]) -> Value {
    Value::ints(items.to_vec())
}

fn list(host: &mut dyn Host, tensor: &Value) -> Vec<f64> {
    let flat = call(host, "Tensor.flatten", &[tensor.clone()], &[]);
    let Value::List(items) = call(host, "Tensor.tolist", &[flat], &[]) else { panic!("no list") };
    items.iter().filter_map(|v| v.as_number()).collect()
}

/// A network's output, flattened.
fn applied(host: &mut dyn Host, operands: &[Value]) -> Vec<f64> {
    let out = call(host, "op.call", operands, &[]);
    list(host, &out)
}

fn assert_near(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).abs() <= 2e-6 * e.abs().max(1.0), "{found:?}, expected {expected:?}");
    }
}

/// x and y of the tests' classifier.
fn examples(host: &mut dyn Host) -> (Value, Value) {
    let up: Vec<f64> = (0..12).map(|i| f64::from(2 * i) / 10.0).collect();
    let down: Vec<f64> = (0..12).rev().map(|i| f64::from(2 * i + 1) / 10.0).collect();
    let label: Vec<bool> = up.iter().map(|x| *x as f32 > 1.0).collect();
    let frame = Frame::from_columns([("up", Column::from(up)), ("down", Column::from(down))]).unwrap();
    let f32 = call(host, "f32", &[], &[]);
    let x = call(host, "Tensor.from_frame", &[frame_value(frame)], &[("dtype", f32.clone())]);
    let labels = series_value(Series::from_column(Column::from(label)));
    let y = call(host, "Tensor.from_series", &[labels], &[("dtype", f32)]);
    (x, y)
}

fn network(host: &mut dyn Host) -> Value {
    let first = call(host, "nn.Linear", &[Value::Int(2), Value::Int(4)], &[]);
    let relu = call(host, "nn.ReLU", &[], &[]);
    let last = call(host, "nn.Linear", &[Value::Int(4), Value::Int(1)], &[]);
    call(host, "nn.Sequential", &[Value::list(vec![first, relu, last])], &[])
}

fn adam(host: &mut dyn Host, net: &Value) -> Value {
    let parameters = call(host, "Module.parameters", &[net.clone()], &[]);
    call(host, "optim.Adam", &[parameters], &[("lr", Value::Float(0.05))])
}

/// Five epochs; the loss of each step.
fn train(host: &mut dyn Host, net: &Value, opt: &Value, x: &Value, y: &Value) -> Vec<f64> {
    let mut losses = Vec::new();
    for _ in 0..5 {
        let rows = call(host, "data.TensorDataset", &[x.clone(), y.clone()], &[]);
        let options = [("batch_size", Value::Int(5)), ("shuffle", Value::Bool(true))];
        let loader = call(host, "data.DataLoader", &[rows], &options);
        let Value::List(batches) = call(host, "op.iter", &[loader], &[]) else { panic!("no batches") };
        for batch in batches.iter() {
            let Value::Tuple(batch) = batch else { panic!("no pair") };
            call(host, "Optimizer.zero_grad", &[opt.clone()], &[]);
            let out = call(host, "op.call", &[net.clone(), batch[0].clone()], &[]);
            let out = call(host, "Tensor.squeeze", &[out, Value::Int(1)], &[]);
            let loss =
                call(host, "nn.functional.binary_cross_entropy_with_logits", &[out, batch[1].clone()], &[]);
            call(host, "Tensor.backward", &[loss.clone()], &[]);
            call(host, "Optimizer.step", &[opt.clone()], &[]);
            losses.extend(call(host, "Tensor.item", &[loss], &[]).as_number());
        }
    }
    losses
}

#[test]
fn a_classifier_trains_as_in_torch() {
    let world = &mut Silent;
    let host = &mut Prelude::new(world);
    let (x, y) = examples(host);
    let net = network(host);
    let opt = adam(host, &net);
    let losses = train(host, &net, &opt, &x, &y);
    // oracle
    let expected = [
        0.6322190165519714,
        0.6554116010665894,
        0.597700834274292,
        0.6260151863098145,
        0.4532131552696228,
        0.6142140626907349,
        0.5298337936401367,
        0.4008635878562927,
        0.6456910371780396,
        0.512426495552063,
        0.40137290954589844,
        0.38260871171951294,
        0.3320677876472473,
        0.46378326416015625,
        0.3888206481933594,
    ];
    assert_near(&losses, &expected);

    let (net_, x_) = (net.clone(), x.clone());
    let mut body = move |host: &mut dyn Host| {
        let out = call(host, "op.call", &[net_.clone(), x_.clone()], &[]);
        let out = call(host, "Tensor.sigmoid", &[out], &[]);
        refuse(host, "Tensor.squeeze", &[out, Value::Int(1)], &[])
    };
    let risk =
        call_with(host, &mut Machine(Some(&mut body)), "no_grad", &[Value::Null], &[]).expect("a tensor");
    assert_eq!(show(&call(host, "Tensor.requires_grad", &[risk.clone()], &[])), "false");
    let series = call(host, "Tensor.to_series", &[risk], &[("name", Value::str("risk"))]);
    let series = &series.downcast::<SeriesValue>().expect("a series").0;
    assert_eq!(series.name(), &Scalar::str("risk"));
    let risks: Vec<f64> = series.values().native::<f32>().unwrap().iter().map(|r| f64::from(*r)).collect();
    // oracle
    assert_near(&risks[..3], &[0.04132068529725075, 0.06545618176460266, 0.10218652337789536]);
    assert_near(&risks[11..], &[0.6174654960632324]);
}

#[test]
fn a_frozen_network_is_read_and_applied_but_not_changed() {
    let world = &mut Silent;
    let host = &mut Prelude::new(world);
    let (x, y) = examples(host);
    let net = network(host);
    let opt = adam(host, &net);
    train(host, &net, &opt, &x, &y);
    let before = applied(host, &[net.clone(), x.clone()]);
    Prelude::freeze(&Value::list(vec![net.clone(), opt.clone()]));
    let after = call(host, "op.call", &[net.clone(), x.clone()], &[]);
    assert_eq!(list(host, &after), before);

    for (name, value) in [("Optimizer.step", &opt), ("Optimizer.zero_grad", &opt), ("Module.zero_grad", &net)]
    {
        let refused = fault(host, name, &[value.clone()], &[]);
        assert_eq!(refused.code, "R0902", "{name}");
        assert!(refused.help.is_some(), "{name}");
    }
    let parameters = call(host, "Module.parameters", &[net.clone()], &[]);
    assert_eq!(fault(host, "optim.SGD", &[parameters.clone()], &[]).code, "R0902");
    let Value::List(parameters) = parameters else { panic!("no list") };
    let weight = parameters.get(0).unwrap();
    assert_eq!(fault(host, "Tensor.requires_grad_", &[weight, Value::Bool(false)], &[]).code, "R0902");

    // The network is a constant now: no gradient reaches it, and the message says whose it is.
    let sum = call(host, "Tensor.sum", &[after], &[]);
    let refused = fault(host, "Tensor.backward", &[sum], &[]);
    assert_eq!(refused.code, "R0405");
    assert!(refused.help.unwrap().contains("another result"));
}

#[test]
fn a_frozen_network_in_training_mode_refuses_what_would_draw() {
    let world = &mut Silent;
    let host = &mut Prelude::new(world);
    let net = call(host, "nn.Dropout", &[], &[]);
    let x = call(host, "Tensor.ones", &[ints(&[3])], &[]);
    Prelude::freeze(&net);
    assert_eq!(fault(host, "op.call", &[net.clone(), x.clone()], &[]).code, "R0902");
    assert_eq!(fault(host, "Module.eval", &[net], &[]).code, "R0902");
    let net = call(host, "nn.Dropout", &[], &[]);
    call(host, "Module.eval", &[net.clone()], &[]);
    Prelude::freeze(&net);
    call(host, "Module.eval", &[net.clone()], &[]);
    let out = call(host, "op.call", &[net, x], &[]);
    assert_eq!(list(host, &out), [1.0; 3]);
}

#[test]
fn a_frozen_network_goes_into_another_as_a_copy() {
    let world = &mut Silent;
    let host = &mut Prelude::new(world);
    let (x, y) = examples(host);
    let net = network(host);
    Prelude::freeze(&net);
    let before = applied(host, &[net.clone(), x.clone()]);
    let tuned = call(host, "nn.Sequential", &[Value::list(vec![net.clone()])], &[]);
    let opt = adam(host, &tuned);
    train(host, &tuned, &opt, &x, &y);
    assert_ne!(applied(host, &[tuned, x.clone()]), before);
    assert_eq!(applied(host, &[net, x]), before);
}

#[test]
fn values_and_handles_survive_their_bytes() {
    let world = &mut Silent;
    let host = &mut Prelude::new(world);
    let (x, y) = examples(host);
    let net = network(host);
    let opt = adam(host, &net);
    train(host, &net, &opt, &x, &y);
    let rows = call(host, "data.TensorDataset", &[x.clone(), y], &[]);
    let shuffle = [("batch_size", Value::Int(5)), ("shuffle", Value::Bool(true))];
    let loader = call(host, "data.DataLoader", &[rows.clone()], &shuffle);
    let dtype = call(host, "f64", &[], &[]);
    for value in [&x, &net, &opt, &rows, &loader, &dtype] {
        let Value::Opaque(handle) = value else { panic!("not opaque") };
        let bytes = handle.get().encode();
        let again = host.decode_opaque(handle.get().type_name(), &bytes).expect("the same value");
        let Value::Opaque(again) = again else { panic!("not opaque") };
        assert_eq!(again.get().encode(), bytes, "{}", handle.get().type_name());
        assert_eq!(again.get().display(), handle.get().display());
        for cut in [0, 1, bytes.len() / 2, bytes.len() - 1] {
            assert!(host.decode_opaque(handle.get().type_name(), &bytes[..cut]).is_err());
        }
    }
    // The network computes the same after the journey.
    let Value::Opaque(handle) = &net else { panic!("not opaque") };
    let again = host.decode_opaque("Module", &handle.get().encode()).unwrap();
    let first = call(host, "op.call", &[net, x.clone()], &[]);
    let second = call(host, "op.call", &[again, x], &[]);
    assert_eq!(list(host, &first), list(host, &second));
}

#[test]
fn a_table_with_gaps_or_texts_is_no_tensor() {
    let world = &mut Silent;
    let host = &mut Prelude::new(world);
    let speed = Column::from(vec![1.0, f64::NAN, f64::NAN]);
    let frame = Frame::from_columns([("cost", Column::from(vec![1i64, 2, 3])), ("speed", speed)]).unwrap();
    let refused = fault(host, "Tensor.from_frame", &[frame_value(frame)], &[]);
    assert_eq!(refused.code, "R0405");
    assert!(refused.message.contains("column `speed` has 2 missing values of 3"), "{}", refused.message);
    assert!(refused.help.unwrap().contains("[\"speed\"].fillna(0)"));

    let frame = Frame::from_columns([("name", Column::from(vec!["a", "b"]))]).unwrap();
    let refused = fault(host, "Tensor.from_frame", &[frame_value(frame)], &[]);
    assert!(refused.message.contains("column `name` is str"), "{}", refused.message);
}

#[test]
fn tensors_are_made_of_nested_lists_and_print_as_in_torch() {
    let world = &mut Silent;
    let host = &mut Prelude::new(world);
    let rows = Value::list(vec![ints(&[1, 2]), ints(&[3, 4])]);
    let t = call(host, "tensor", &[rows], &[]);
    assert_eq!(show(&t), "tensor([[1, 2],\n        [3, 4]])"); // oracle
    assert_eq!(crate::summary(&t), "[2, 2] int64");
    let ragged = Value::list(vec![ints(&[1, 2]), ints(&[3])]);
    let refused = fault(host, "tensor", &[ragged], &[]);
    // oracle
    assert!(refused.message.ends_with("ValueError: expected sequence of length 2 at dim 1 (got 1)"));
    for bad in [
        Value::list(vec![Value::Int(1), ints(&[2])]),
        Value::list(vec![ints(&[2]), Value::Int(1)]),
        Value::str("1"),
    ] {
        assert_eq!(fault(host, "tensor", &[bad], &[]).code, "R0405");
    }
    let w = call(host, "tensor", &[floats(&[1.0, 2.0])], &[("requires_grad", Value::Bool(true))]);
    assert_eq!(show(&w), "tensor([1., 2.], requires_grad=True)"); // oracle
    let twice = call(host, "op.*", &[w, Value::Int(2)], &[]);
    assert_eq!(show(&twice), "tensor([2., 4.], grad_fn=<MulBackward0>)"); // oracle
}

#[test]
fn operators_take_numbers_on_either_side() {
    let world = &mut Silent;
    let host = &mut Prelude::new(world);
    let t = call(host, "tensor", &[ints(&[2, 3])], &[]);
    let mut check = |symbol: &str, left: Value, right: Value, expected: &str| {
        let value = call(host, symbol, &[left, right], &[]);
        assert_eq!(show(&value), expected, "{symbol}");
    };
    // oracle
    check("op.%", Value::Int(7), t.clone(), "tensor([1, 1])");
    check("op.//", Value::Int(7), t.clone(), "tensor([3, 2])");
    check("op.**", Value::Int(2), t.clone(), "tensor([4, 8])");
    check("op.-", Value::Int(1), t.clone(), "tensor([-1, -2])");
    check("op./", Value::Int(3), t.clone(), "tensor([1.5000, 1.0000])");
    check("op.>", Value::Int(3), t.clone(), "tensor([ True, False])");
    check("op.+", t.clone(), t.clone(), "tensor([4, 6])");
    let mask = call(host, "op.<", &[t.clone(), Value::Int(3)], &[]);
    let not = call(host, "op.~", &[mask.clone()], &[]);
    assert_eq!(show(&call(host, "op.|", &[mask, not], &[])), "tensor([True, True])");
    assert_eq!(fault(host, "op.+", &[t.clone(), Value::str("x")], &[]).code, "R0200");
    assert_eq!(fault(host, "op.&", &[t.clone(), t.clone()], &[]).code, "R0126");
    let other = call(host, "Tensor.zeros", &[ints(&[3])], &[]);
    let refused = fault(host, "op.+", &[t, other], &[]);
    assert_eq!(refused.code, "R0405");
    assert!(refused.message.contains("must match the size of tensor b (3)"), "{}", refused.message);
}

#[test]
fn an_index_takes_positions_ranges_lists_and_masks() {
    let world = &mut Silent;
    let host = &mut Prelude::new(world);
    let t = call(host, "Tensor.arange", &[Value::Int(0), Value::Int(6)], &[]);
    let t = call(host, "Tensor.reshape", &[t, ints(&[2, 3])], &[]);
    let mut check = |key: Value, expected: &str| {
        assert_eq!(show(&call(host, "op.index", &[t.clone(), key], &[])), expected);
    };
    // oracle
    check(Value::Int(-1), "tensor([3, 4, 5])");
    check(Value::tuple(vec![Value::Int(0), Value::range(1, 3, false)]), "tensor([1, 2])");
    check(Value::tuple(vec![Value::range(0, 2, false), ints(&[0, 2])]), "tensor([[0, 2],\n        [3, 5]])");
    check(Value::list(vec![Value::Bool(false), Value::Bool(true)]), "tensor([[3, 4, 5]])");
    check(Value::tuple(vec![Value::Int(1), ints(&[0, 2])]), "tensor([3, 5])");
    let mask = call(host, "op.>", &[t.clone(), Value::Int(2)], &[]);
    assert_eq!(show(&call(host, "op.index", &[t.clone(), mask], &[])), "tensor([3, 4, 5])");
    let slice = call(host, "op.slice", &[t.clone()], &[("start", Value::Int(1)), ("end", Value::Null)]);
    assert_eq!(show(&slice), "tensor([[3, 4, 5]])");
    let refused = fault(host, "op.index", &[t.clone(), Value::Int(2)], &[]);
    assert!(refused.message.contains("IndexError: index 2 is out of bounds for dimension 0 with size 2"));
    let wide = Value::tuple(vec![Value::Int(0), Value::Int(5)]);
    let refused = fault(host, "op.index", &[t.clone(), wide], &[]);
    assert!(refused.message.contains("index 5 is out of bounds for dimension 1 with size 3"));
    let deep = Value::tuple(vec![Value::Int(0); 3]);
    assert!(fault(host, "op.index", &[t.clone(), deep], &[]).message.contains("too many indices"));
    assert_eq!(show(&call(host, "op.len", &[t], &[])), "2");
}

#[test]
fn modules_print_as_in_torch() {
    let world = &mut Silent;
    let host = &mut Prelude::new(world);
    let net = network(host);
    // oracle
    let expected = "Sequential(\n  (0): Linear(in_features=2, out_features=4, bias=True)\n  (1): ReLU()\n  (2): \
                    Linear(in_features=4, out_features=1, bias=True)\n)";
    assert_eq!(show(&net), expected);
    assert_eq!(crate::summary(&net), "Sequential, 17 parameters");
    let norm = call(host, "nn.LayerNorm", &[ints(&[3])], &[]);
    assert_eq!(show(&norm), "LayerNorm((3,), eps=1e-05, elementwise_affine=True, bias=True)"); // oracle
}

/// Every tensor builtin that `builtins.lm` declares has a binding here, by its declared name.
#[test]
fn every_declared_builtin_is_bound() {
    let bound: Vec<&str> = crate::names().collect();
    let ours = ["Tensor.", "nn.", "optim.", "data.", "Module.", "Optimizer.", "Scheduler."];
    let mut unbound = Vec::new();
    for builtin in checker::builtins() {
        let name = builtin.name.as_str();
        if ours.iter().any(|prefix| name.starts_with(prefix)) && !bound.contains(&name) {
            unbound.push(name.to_string());
        }
    }
    assert_eq!(unbound, Vec::<String>::new());
}
