//! A value that went into a reference and out again unchanged is the same value: every dtype, label and layout has one
//! form on both sides.

use crate::live::{process, value};
use oracle::{Ask, Oracle};
use serde_json::{Value as Json, json};

fn labels(dtype: &str, values: Json) -> Json {
    json!({"type": "Index", "values": {"dtype": dtype, "values": values}, "name": null})
}

fn range(rows: usize) -> Json {
    json!({"type": "RangeIndex", "start": 0, "stop": rows, "step": 1, "name": null})
}

#[test]
fn columns_of_every_dtype_pass_through_pandas() {
    let Some(mut oracle) = process(&["frames"]) else { return };
    let big = "9223372036854775807";
    let cells = [
        ("bool", json!([true, false])),
        ("int8", json!([-128, 127])),
        ("int64", json!([-1, big])),
        ("uint64", json!([0, "18446744073709551615"])),
        ("float16", json!([0.5, null])),
        ("float32", json!([0.1, null, "inf"])),
        ("float64", json!([0.1, null, "inf", "-inf", "-0.0", 5e-324, 1.7976931348623157e308])),
        ("boolean", json!([true, null])),
        ("Int64", json!([1, null, big])),
        ("UInt8", json!([255, null])),
        ("Float32", json!([0.5, null])),
        ("Float64", json!([0.5, null, "NaN", "-inf", "-0.0"])),
        ("str", json!(["a", null, "", "ä\u{1f600}\u{0}\u{1b}[31m"])),
        ("string", json!(["a", null])),
        ("datetime64[s]", json!(["1677-09-21T00:12:44", null])),
        ("datetime64[us]", json!(["2024-02-29T12:00:00.000001", null])),
        ("datetime64[ns]", json!(["2024-02-29T12:00:00.000000001"])),
        ("datetime64[us, UTC]", json!(["2024-02-29T12:00:00+00:00", null])),
        ("datetime64[ns, Europe/Berlin]", json!(["2024-10-27T00:30:00+00:00", "2024-10-27T01:30:00+00:00"])),
        ("timedelta64[ms]", json!([-1, null, "9223372036854775807"])),
        (
            "object",
            json!([
                {"$": "None"}, {"$": "NaN"}, {"$": "NA"}, {"$": "NaT"}, {"$": "-0.0"}, 1, {"$float": 1}, 1.5, "1", true,
                {"$int": "123456789012345678901234567890"}, {"$datetime": "2024-02-29T12:00:00"}, {"$timedelta": 7},
                {"$tuple": [1, "a", {"$tuple": []}]}, [1, "a"]
            ]),
        ),
    ];
    let columns = cells.map(|(dtype, values)| json!({"dtype": dtype, "values": values}));
    let category = |ordered| {
        json!({"dtype": "category", "values": [1, null, 0], "ordered": ordered,
               "categories": {"dtype": "str", "values": ["b", "a"]}})
    };
    for column in columns.into_iter().chain([category(true), category(false)]) {
        let rows = column["values"].as_array().unwrap().len();
        let series = value(json!({"kind": "series", "name": "x", "index": range(rows), "values": column}));
        let answer = oracle.ask(&Ask::new("series.copy").input("self", series.clone())).unwrap();
        assert_eq!(answer.result, Ok(series), "{column}");
        let empty = json!({"kind": "series", "name": null, "index": range(0), "values": {
            "dtype": column["dtype"], "values": [], "categories": column.get("categories"), "ordered": column.get("ordered"),
        }});
        let mut empty = empty;
        if column["dtype"] != "category" {
            let values = empty["values"].as_object_mut().unwrap();
            values.remove("categories");
            values.remove("ordered");
        }
        let answer = oracle.ask(&Ask::new("series.copy").input("self", value(empty.clone()))).unwrap();
        assert_eq!(answer.result, Ok(value(empty)), "{column}");
    }
}

#[test]
fn labels_of_every_kind_pass_through_pandas() {
    let Some(mut oracle) = process(&["frames"]) else { return };
    let days = json!(["2024-01-01T00:00:00", "2024-01-02T00:00:00"]);
    let indexes = [
        json!({"type": "RangeIndex", "start": 5, "stop": 1, "step": -2, "name": "r"}),
        labels("str", json!(["a", "a"])),
        labels("object", json!([1, {"$": "None"}])),
        json!({"type": "Index", "values": {"dtype": "int64", "values": [0, 1]}, "name": {"$tuple": ["a", 1]}}),
        json!({"type": "DatetimeIndex", "values": {"dtype": "datetime64[us]", "values": days}, "name": null, "freq": "D"}),
        json!({"type": "DatetimeIndex", "values": {"dtype": "datetime64[us]", "values": days}, "name": null}),
        json!({"type": "TimedeltaIndex", "values": {"dtype": "timedelta64[ns]", "values": [0, 5]}, "name": null}),
        json!({"type": "CategoricalIndex", "name": 0, "values": {"dtype": "category", "values": [0, 0], "ordered": false,
               "categories": {"dtype": "int64", "values": [7, 8]}}}),
        json!({"type": "MultiIndex", "names": ["k", null], "arrays": [
            {"dtype": "str", "values": ["a", "b"]}, {"dtype": "int64", "values": [2, 1]}]}),
    ];
    for index in indexes {
        let frame = value(json!({
            "kind": "frame", "index": index, "columns": labels("str", json!(["x", "x", "y"])),
            "data": [
                {"dtype": "int64", "values": [1, 2]}, {"dtype": "str", "values": ["a", null]},
                {"dtype": "int64", "values": [3, 4]},
            ],
        }));
        let answer = oracle.ask(&Ask::new("frame.copy").input("self", frame.clone())).unwrap();
        assert_eq!(answer.result, Ok(frame), "{index}");
        let alone = value(json!({"kind": "frame", "index": index, "columns": range(0), "data": []}));
        let answer = oracle.ask(&Ask::new("frame.copy").input("self", alone.clone())).unwrap();
        assert_eq!(answer.result, Ok(alone), "{index}");
    }
}

#[test]
fn tensors_of_every_dtype_and_layout_pass_through_pytorch() {
    let Some(mut oracle) = process(&["tensors"]) else { return };
    let cells = [
        ("torch.bool", json!([true, false, true, false])),
        ("torch.uint8", json!([0, 255, 1, 2])),
        ("torch.int64", json!([-1, "9223372036854775807", 0, 5])),
        ("torch.float16", json!([0.5, "NaN", "-0.0", 65504])),
        ("torch.bfloat16", json!([0.5, "inf", "-0.0", 256])),
        ("torch.float32", json!([0.1, "NaN", "-inf", 1e-45])),
        ("torch.float64", json!([0.1, "NaN", 5e-324, "-0.0"])),
    ];
    let layouts = [
        (json!([4]), json!([1]), 0),
        (json!([2, 2]), json!([1, 2]), 0),
        (json!([3]), json!([0]), 1),
        (json!([]), json!([]), 3),
        (json!([0, 2]), json!([2, 1]), 0),
    ];
    for (dtype, values) in cells {
        for (shape, strides, offset) in &layouts {
            let tensor = value(json!({
                "kind": "tensor", "dtype": dtype, "shape": shape, "strides": strides, "offset": offset,
                "requires_grad": false, "values": values,
            }));
            let answer = oracle.ask(&Ask::new("tensor.detach").input("self", tensor.clone())).unwrap();
            let Ok(evidence::value::Value::Tree(tree)) = answer.result else { panic!("{answer:?}") };
            assert_eq!(tree.get("value"), Some(&tensor), "{dtype} {shape} {strides} {offset}");
        }
    }
    // Two views of one storage stay that: the first is written, the second shows it.
    let part = |offset| {
        json!({"kind": "tensor", "dtype": "torch.float32", "shape": [2], "strides": [1], "offset": offset,
               "requires_grad": false, "storage": "a"})
    };
    let views = value(json!({
        "kind": "tree", "items": [part(0), part(1)],
        "storages": {"a": {"dtype": "torch.float32", "values": [1, 2, 3]}},
    }));
    let answer = oracle.ask(&Ask::new("tensor.cat").input("tensors", views).param("dim", 0)).unwrap();
    let Ok(evidence::value::Value::Tree(tree)) = answer.result else { panic!("{answer:?}") };
    let joined = json!({"kind": "tensor", "dtype": "torch.float32", "shape": [4], "strides": [1], "offset": 0,
                        "requires_grad": false, "values": [1, 2, 2, 3]});
    assert_eq!(tree.get("value"), Some(&value(joined)));
}

#[test]
fn numbers_and_texts_pass_through_python() {
    let Some(mut oracle) = process(&["numbers"]) else { return };
    let scalar = |dtype: &str, cell: Json| json!({"kind": "scalar", "dtype": dtype, "value": cell});
    let items = json!([
        scalar("int", json!("123456789012345678901234567890")), scalar("float", json!("-0.0")), scalar("float", json!("NaN")),
        scalar("float", json!(1)), scalar("bool", json!(true)), scalar("NoneType", json!(null)),
        {"kind": "text", "value": "ä"}, {"kind": "bytes", "base64": "AP8="},
    ]);
    let tree = value(json!({"kind": "tree", "items": items}));
    let args = value(json!({"kind": "tree", "items": [tree.to_json()]}));
    let ask = Ask::new("python.list").input("args", args);
    assert_eq!(oracle.ask(&ask).unwrap().result, Ok(tree));
    assert_eq!(oracle.ask(&ask.poisoned("builtins.list")).unwrap().poisoned_by(), Some("builtins.list"));
    let title = value(json!({"kind": "tree", "items": [{"kind": "text", "value": "o'neil"}]}));
    let ask = Ask::new("python.str.title").input("args", title);
    assert_eq!(oracle.ask(&ask).unwrap().result, Ok(evidence::value::Value::Text("O'Neil".into())));
    // CPython's classes of C are fixed; their names are not.
    assert_eq!(oracle.ask(&ask.poisoned("builtins.str")).unwrap().poisoned_by(), Some("builtins.str"));
}
