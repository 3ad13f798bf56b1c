//! The embedded worker against the installed references. Where there are none, nothing here is evaluated, and the
//! test says so; the gate that demands their presence is the live lane's.

use evidence::place::Place;
use evidence::value::Value;
use oracle::{Answer, Ask, Failure, FaultKind, Oracle, Origin, Process, Setup, interpreter};
use serde_json::{Value as Json, json};

use crate::started;

pub fn process(adapters: &[&str]) -> Option<Process> {
    let python = match interpreter(None) {
        Ok(python) => python,
        Err(fault) => {
            eprintln!("not evaluated: {fault}");
            return None;
        }
    };
    let adapters = adapters.iter().map(|name| name.to_string()).collect();
    started(Setup { adapters, registry: "a registry".into(), ..Setup::new(python) })
}

pub fn value(json: Json) -> Value {
    Value::from_json(&json, &Place::file("test")).unwrap()
}

fn series(dtype: &str, values: Json) -> Value {
    let rows = values.as_array().unwrap().len();
    value(json!({
        "kind": "series", "name": null,
        "index": {"type": "RangeIndex", "start": 0, "stop": rows, "step": 1, "name": null},
        "values": {"dtype": dtype, "values": values},
    }))
}

fn tensor(values: Json, requires_grad: bool) -> Value {
    value(json!({
        "kind": "tensor", "dtype": "torch.float32", "shape": [2], "strides": [1], "offset": 0,
        "requires_grad": requires_grad, "values": values,
    }))
}

fn addition() -> Ask {
    let ask = Ask::new("series.add").param("fill_value", Json::Null);
    ask.input("self", series("int64", json!([1, 2]))).input("other", series("float64", json!([0.5, null])))
}

fn failure(answer: Answer) -> Failure {
    answer.result.expect_err("an exception")
}

#[test]
fn pandas_answers_and_a_poisoned_pandas_does_not() {
    let Some(mut oracle) = process(&["frames"]) else { return };
    assert_eq!(oracle.identity().packages["pandas"], "3.1.1");
    let poisoned = || addition().poisoned("pandas.Series.add");
    let mut answers = oracle.ask_all(&[addition(), poisoned(), addition()]).into_iter().map(Result::unwrap);
    // Source: pandas' own documentation of alignment and promotion.
    let sum = Ok(series("float64", json!([1.5, null])));
    assert_eq!(answers.next().unwrap().result, sum);
    assert_eq!(answers.next().unwrap().poisoned_by(), Some("pandas.Series.add"));
    assert_eq!(answers.next().unwrap().result, sum, "the poison was taken away");
    oracle.finish().unwrap();
}

#[test]
fn an_operation_with_the_name_of_a_function_needs_no_adapter_of_its_own() {
    let Some(mut oracle) = process(&["frames"]) else { return };
    let add = addition().param("level", Json::Null).param("axis", 0);
    let add = Ask { op: "series.add".into(), ..add };
    assert_eq!(oracle.ask(&add).unwrap().result, Ok(series("float64", json!([1.5, null]))));
    assert_eq!(
        oracle.ask(&add.clone().poisoned("pandas.Series.add")).unwrap().poisoned_by(),
        Some("pandas.Series.add")
    );
    let upper = Ask::new("series.str.upper").input("self", series("str", json!(["a", null])));
    assert_eq!(oracle.ask(&upper).unwrap().result, Ok(series("str", json!(["A", null]))));
    let year =
        Ask::new("series.dt.year").input("self", series("datetime64[us]", json!(["2024-02-29T00:00:00"])));
    assert_eq!(oracle.ask(&year).unwrap().result, Ok(series("int32", json!([2024]))));
    assert_eq!(failure(oracle.ask(&year.param("fold", 1)).unwrap()).origin, Origin::Request);
    let other = Ask { op: "frame.add".into(), ..addition() };
    assert_eq!(failure(oracle.ask(&other).unwrap()).origin, Origin::Request);
    assert_eq!(failure(oracle.ask(&Ask::new("series.levitate")).unwrap()).origin, Origin::Request);
}

#[test]
fn every_way_to_name_a_reference_function_can_be_poisoned() {
    let Some(mut oracle) = process(&["frames", "numbers"]) else { return };
    let number = value(json!({"kind": "scalar", "dtype": "float64", "value": 0.125}));
    let instants = series("datetime64[us]", json!(["2024-02-29T00:00:00"]));
    let plus = Ask::new("series.__add__")
        .input("self", series("int64", json!([1])))
        .input("other", series("int64", json!([2])));
    let first = Ask::new("series.iloc")
        .input("self", series("int64", json!([1])))
        .param("rows", 0)
        .param("columns", Json::Null);
    for (ask, path) in [
        (plus, "pandas.Series.__add__"),
        (first, "pandas.Series.iloc"),
        (Ask::new("series.dt.year").input("self", instants.clone()), "pandas.Series.dt"),
        (
            Ask::new("series.dt.year").input("self", instants),
            "pandas.core.indexes.accessors.DatetimeProperties.year",
        ),
        (Ask::new("format_number").input("value", number).param("format", "fixed(2)"), "builtins.format"),
    ] {
        assert!(oracle.ask(&ask).unwrap().result.is_ok(), "{path}");
        let poisoned = ask.clone().poisoned("pandas.DataFrame.add").poisoned(path);
        assert_eq!(oracle.ask(&poisoned).unwrap().poisoned_by(), Some(path));
        assert!(oracle.ask(&ask).unwrap().result.is_ok(), "{path}");
    }
    let raised = failure(oracle.ask(&addition().poisoned("pandas.Series.nothing")).unwrap());
    assert_eq!(raised.origin, Origin::Request, "{raised:?}");
}

#[test]
fn every_exception_has_its_origin() {
    let Some(mut oracle) = process(&["frames"]) else { return };
    let strings = series("str", json!(["a", null]));
    let mean = Ask::new("series.mean")
        .input("self", strings)
        .param("axis", 0)
        .param("skipna", true)
        .param("numeric_only", false);
    let raised = failure(oracle.ask(&mean).unwrap());
    assert_eq!((raised.origin, &*raised.class), (Origin::Reference, "TypeError"), "{raised:?}");
    for (ask, words) in [
        (Ask::new("no such operation"), "no adapter for the operation"),
        (
            Ask::new("series.iloc")
                .input("self", series("int64", json!([1])))
                .param("rows", 0)
                .param("columns", Json::Null)
                .param("level", 1),
            "found ['columns', 'level', 'rows', 'self']",
        ),
        (
            Ask::new("series.head").input("other", Value::Text(String::new())).param("n", 1),
            "expected the input self",
        ),
        (
            Ask::new("series.head")
                .input("self", Value::Tree(evidence::value::Tree::Entries(vec![])))
                .param("n", 1),
            "found a dict",
        ),
    ] {
        let raised = failure(oracle.ask(&ask).unwrap());
        assert_eq!(raised.origin, Origin::Request, "{raised:?}");
        assert!(raised.message.contains(words), "{raised:?}");
    }
    // An interval has no form as a value.
    let cut = Ask::new("pandas.cut")
        .input("x", series("int64", json!([1, 2])))
        .param("bins", 1)
        .param("right", true);
    let cut = cut.param("labels", Json::Null).param("include_lowest", false).param("duplicates", "raise");
    assert_eq!(failure(oracle.ask(&cut.param("ordered", true)).unwrap()).origin, Origin::Unexpected);
}

#[test]
fn warnings_stand_beside_the_value() {
    let Some(mut oracle) = process(&["frames"]) else { return };
    let bytes = Value::Text("when\n13/01/2024\n01/02/2024\n".into());
    let ask =
        Ask::new("pandas.read_csv").input("filepath_or_buffer", bytes).param("parse_dates", json!(["when"]));
    let answer = oracle.ask(&ask).unwrap();
    let classes: Vec<&str> = answer.warnings.iter().map(|warning| warning.class.as_str()).collect();
    assert_eq!(classes, ["UserWarning"], "{answer:?}");
}

#[test]
fn a_document_is_a_text_and_a_cell_is_a_scalar() {
    let Some(mut oracle) = process(&["frames"]) else { return };
    let frame = json!({
        "kind": "frame", "index": {"type": "RangeIndex", "start": 0, "stop": 1, "step": 1, "name": null},
        "columns": {"type": "Index", "values": {"dtype": "str", "values": ["a"]}, "name": null},
        "data": [{"dtype": "int64", "values": [1]}],
    });
    let csv =
        oracle.ask(&Ask::new("frame.to_csv").input("self", value(frame)).param("index", false)).unwrap();
    assert_eq!(csv.result, Ok(Value::Text("a\n1\n".into())));
    let greatest = Ask::new("series.max").input("self", series("str", json!(["a", "b"])));
    let scalar = value(json!({"kind": "scalar", "dtype": "str", "value": "b"}));
    assert_eq!(oracle.ask(&greatest).unwrap().result, Ok(scalar));
}

#[test]
fn pytorch_answers_with_layout_and_gradients() {
    let Some(mut oracle) = process(&["tensors"]) else { return };
    let multiply = || {
        let ask = Ask::new("tensor.mul.Tensor").input("self", tensor(json!([1.5, "-inf"]), true));
        ask.input("other", tensor(json!([2, 3]), false))
    };
    let seeds = json!({"kind": "tree", "items": [tensor(json!([1, 1]), false).to_json()]});
    let answer = oracle.ask(&multiply().input("cotangents", value(seeds))).unwrap().result.unwrap();
    let Value::Tree(tree) = answer else { panic!("{answer:?}") };
    // Source: the product and its derivative by hand.
    assert_eq!(tree.get("value"), Some(&tensor(json!([3, "-inf"]), true)));
    let Some(Value::Tree(grads)) = tree.get("grads") else { panic!("{tree:?}") };
    assert_eq!(grads.get("self"), Some(&tensor(json!([2, 3]), false)));

    let poisoned = oracle.ask(&multiply().poisoned("torch.ops.aten.mul.Tensor")).unwrap();
    assert_eq!(poisoned.poisoned_by(), Some("torch.ops.aten.mul.Tensor"));
    let raised = failure(oracle.ask(&multiply().param("alpha", 1)).unwrap());
    assert_eq!(raised.origin, Origin::Request, "{raised:?}");
    assert!(!oracle.identity().cpu_capability.is_empty());
}

#[test]
fn the_registry_is_held_to_the_adapters_at_the_start() {
    let Ok(python) = interpreter(None) else { return eprintln!("not evaluated: no references") };
    let ops = ["series.head", "tensor.mul.Tensor", "tensor.no_such_operator", "series.levitate"];
    let setup = Setup { ops: ops.map(String::from).to_vec(), ..Setup::new(python) };
    let Err(fault) = Process::start(setup) else { panic!("started") };
    assert_eq!(fault.kind(), FaultKind::NoAdapter);
    assert!(fault.to_string().ends_with("for tensor.no_such_operator, series.levitate"), "{fault}");
}
