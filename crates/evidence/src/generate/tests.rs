use super::*;
use crate::json::parse;
use crate::value::Value;
use std::collections::BTreeMap;

/// Worked out a second time in Python, from the description in docs/formats/evidence.md.
const EXPECTED_INTEGERS: [i128; 5] = [-254, 378, 349, -405, -106];
const EXPECTED_FRAME: &str = "36c66b7ae66e0080e69e8741e93d5dd88c4aaeb7748df2ff58ae0a2aa41cbc1d";

fn recipe(text: &str) -> Generate {
    let json = parse("r.json", text.as_bytes()).unwrap();
    let recipe = Generate::from_json(&json, &Place::file("r.json")).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(Generate::from_json(&recipe.to_json(), &Place::file("r.json")).as_ref(), Ok(&recipe));
    recipe
}

fn column(dtype: &str, rows: usize, rest: &str) -> Value {
    let text = format!(
        r#"{{"kind":"column","seed":7,"rows":{rows},"columns":[{{"name":null,"dtype":"{dtype}",{rest}}}]}}"#
    );
    recipe(&text).make("").unwrap()
}

fn cells(value: &Value) -> &[Cell] {
    let Value::Column(column) = value else { panic!("{}", value.kind()) };
    column.values()
}

#[test]
fn the_algorithm_never_changes() {
    let rest = r#""missing":0,"distinct":1000,"order":"random""#;
    assert_eq!(cells(&column("int64", 5, rest)), EXPECTED_INTEGERS.map(Cell::Integer));
    let text = r#"{"kind":"frame","seed":42,"rows":1000,"columns":[
        {"name":"k","dtype":"str","missing":10,"distinct":20,"order":"skewed"},
        {"name":"t","dtype":"datetime64[us]","missing":0,"distinct":500,"order":"ascending"},
        {"name":"v","dtype":"float64","missing":5,"distinct":800,"order":"random"}]}"#;
    assert_eq!(recipe(text).make("").unwrap().digest(), EXPECTED_FRAME);
}

#[test]
fn the_commit_is_a_seed() {
    let text = r#"{"kind":"series","seed":"commit","rows":50,"columns":[{"name":"v","dtype":"int64","missing":0,"distinct":1000,"order":"random"}]}"#;
    let recipe = recipe(text);
    assert_eq!(recipe.make("abc").unwrap(), recipe.make("abc").unwrap());
    assert_ne!(recipe.make("abc").unwrap(), recipe.make("abd").unwrap());
}

#[test]
fn orders_hold_and_missing_values_come() {
    let rest = |order: &str| format!(r#""missing":30,"distinct":50,"order":"{order}""#);
    for dtype in ["Int64", "Float64", "str", "datetime64[ns, UTC]", "timedelta64[s]"] {
        let made = column(dtype, 2_000, &rest("ascending"));
        let known: Vec<&Cell> = cells(&made).iter().filter(|cell| !cell.is_missing()).collect();
        assert!((1_300..1_500).contains(&known.len()), "{dtype}: {}", known.len());
        let is_sorted = known.windows(2).all(|pair| match (pair[0], pair[1]) {
            (Cell::Integer(a), Cell::Integer(b)) => a <= b,
            (Cell::Float(a), Cell::Float(b)) => a <= b,
            (Cell::Text(a), Cell::Text(b)) => a <= b,
            (Cell::Ticks(a), Cell::Ticks(b)) => a <= b,
            _ => false,
        });
        assert!(is_sorted, "{dtype}");
    }
    let skewed = column("int64", 1_000, r#""missing":0,"distinct":10,"order":"skewed""#);
    let first = cells(&skewed).iter().filter(|cell| **cell == Cell::Integer(-5)).count();
    // u³ · 10 lies below 1 for u below 0.464.
    assert!((400..530).contains(&first), "{first}");
}

#[test]
fn every_dtype_takes_what_is_made_for_it() {
    for dtype in
        ["bool", "int8", "uint8", "uint64", "float16", "float32", "boolean", "string", "int", "float"]
    {
        assert_eq!(
            cells(&column(dtype, 300, r#""missing":0,"distinct":9007199254740992,"order":"random""#)).len(),
            300
        );
    }
    let text = r#"{"kind":"tensor","seed":1,"rows":3,"columns":[
        {"name":null,"dtype":"torch.bfloat16","missing":0,"distinct":900,"order":"random"},
        {"name":null,"dtype":"torch.bfloat16","missing":0,"distinct":900,"order":"random"}]}"#;
    let Value::Tensor(tensor) = recipe(text).make("").unwrap() else { panic!() };
    assert_eq!((tensor.shape(), tensor.strides()), ([3, 2].as_slice(), [2, 1].as_slice()));
}

#[test]
fn recipes_that_cannot_be_made_are_malformed() {
    let base = r#"{"kind":"column","seed":7,"rows":3,"columns":[{"name":null,"dtype":"int64","missing":0,"distinct":2,"order":"random"}]}"#;
    for (from, to, pointer) in [
        ("int64", "object", "/columns/0/dtype"),
        ("\"missing\":0", "\"missing\":1", "/columns/0/missing"),
        ("\"distinct\":2", "\"distinct\":0", "/columns/0/distinct"),
        ("random", "sorted", "/columns/0/order"),
        ("\"rows\":3", "\"rows\":10000001", "/rows"),
        ("\"seed\":7", "\"seed\":\"today\"", "/seed"),
        ("\"kind\":\"column\"", "\"kind\":\"tensor\"", "/columns"),
        ("int64", "torch.int64", "/columns"),
    ] {
        let json = parse("r.json", base.replacen(from, to, 1).as_bytes()).unwrap();
        let error = Generate::from_json(&json, &Place::file("r.json")).unwrap_err();
        assert_eq!(error.pointer, pointer, "{error}");
    }
}

#[test]
fn a_failing_input_is_shrunk_to_what_fails() {
    let text = r#"{"kind":"frame","seed":3,"rows":500,"columns":[
        {"name":"a","dtype":"int64","missing":0,"distinct":1000,"order":"random"},
        {"name":"b","dtype":"str","missing":10,"distinct":40,"order":"random"}]}"#;
    let inputs = BTreeMap::from([("self".to_string(), recipe(text).make("").unwrap())]);
    // Fails as long as a text is missing.
    let mut asked = 0;
    let shrunk = shrink(&inputs, 1_000, &mut |inputs| {
        asked += 1;
        let Some(Value::Frame(frame)) = inputs.get("self") else { return false };
        frame.data().iter().any(|c| c.dtype().name() == "str" && c.values().contains(&Cell::Missing))
    });
    let Some(Value::Frame(frame)) = shrunk.get("self") else { panic!() };
    assert_eq!((frame.index().len(), frame.data().len()), (1, 1));
    assert!(asked < 200, "{asked}");
    // Labels without end are left as they are.
    let endless =
        r#"{"kind":"index","type":"RangeIndex","start":0,"stop":9007199254740992,"step":1,"name":null}"#;
    let endless = BTreeMap::from([("self".to_string(), Value::parse("v", endless.as_bytes()).unwrap())]);
    assert_eq!(shrink(&endless, 50, &mut |_| true), endless);
    // Nothing smaller fails.
    assert_eq!(shrink(&inputs, 50, &mut |_| false), inputs);
}
