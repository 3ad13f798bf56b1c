use super::*;
use crate::case::{Answer, Expectation, Raised};
use crate::json::parse;
use crate::place::Place;

const SERIES: &str = r#"{"kind":"series","name":"v","index":{"type":"Index","name":"k","values":{"dtype":"str","values":["a","b","c"]}},"values":{"dtype":"Float64","values":[1.5,null,2.0]}}"#;
const FRAME: &str = r#"{"kind":"frame","index":{"type":"DatetimeIndex","name":null,"freq":"D","values":{"dtype":"datetime64[us]","values":["2024-01-01T00:00:00","2024-01-02T00:00:00"]}},"columns":{"type":"Index","name":null,"values":{"dtype":"str","values":["x","y"]}},"data":[{"dtype":"int64","values":[1,2]},{"dtype":"category","values":[0,1],"categories":{"dtype":"str","values":["p","q"]},"ordered":false}]}"#;
const OBJECTS: &str = r#"{"kind":"column","dtype":"object","values":[1,{"$":"None"},{"$":"NaN"}]}"#;
const TENSOR: &str = r#"{"kind":"tensor","dtype":"torch.float32","shape":[2,2],"strides":[2,1],"offset":0,"requires_grad":false,"values":[1,2,3,4]}"#;

fn value(text: &str) -> Value {
    Value::parse("v.json", text.as_bytes()).unwrap_or_else(|e| panic!("{e}"))
}

fn drifts(expected: &str, found: &str, rule: &Rule) -> Vec<Drift> {
    compare("op", &value(expected), &value(found), rule)
}

fn sorts(drifts: &[Drift]) -> Vec<(Category, Level)> {
    drifts.iter().map(|drift| (drift.category, drift.level)).collect()
}

/// Changes one part of a value and expects exactly one critical difference, of this category, at this location.
#[track_caller]
fn mutant(base: &str, from: &str, to: &str, category: Category, location: &str) {
    assert!(base.contains(from), "{from}");
    assert_eq!(drifts(base, base, &Rule::Exact), []);
    let found = drifts(base, &base.replacen(from, to, 1), &Rule::Exact);
    assert_eq!(sorts(&found), [(category, Level::Critical)], "{found:#?}");
    assert_eq!(found[0].location, location);
}

#[test]
fn a_changed_series_is_red() {
    mutant(SERIES, "Float64", "Float32", Category::Dtype, "values");
    mutant(SERIES, r#""name":"v""#, r#""name":null"#, Category::Label, "name");
    mutant(SERIES, r#""name":"k""#, r#""name":"K""#, Category::Label, "index name");
    mutant(SERIES, r#""dtype":"str""#, r#""dtype":"string""#, Category::Dtype, "index");
    mutant(SERIES, r#""c"]"#, r#""d"]"#, Category::Label, "index[2] (str)");
    mutant(SERIES, "null,2.0", r#""NaN",2.0"#, Category::Missing, "values[1] (Float64, label \"b\")");
    mutant(SERIES, "null,2.0", "0,2.0", Category::Missing, "values[1] (Float64, label \"b\")");
    mutant(SERIES, "2.0", "2.0000000000000004", Category::Value, "values[2] (Float64, label \"c\")");
    mutant(SERIES, "1.5", r#""-0.0""#, Category::Value, "values[0] (Float64, label \"a\")");
}

#[test]
fn rows_in_another_order_are_one_difference() {
    let reordered =
        SERIES.replace(r#"["a","b","c"]"#, r#"["b","a","c"]"#).replace("[1.5,null,2.0]", "[null,1.5,2.0]");
    let found = drifts(SERIES, &reordered, &Rule::Exact);
    assert_eq!(sorts(&found), [(Category::Order, Level::Critical)], "{found:#?}");
    assert_eq!(drifts(SERIES, &reordered, &Rule::Sets), []);
    // Labels that moved without their values are other rows.
    let torn = SERIES.replace(r#"["a","b","c"]"#, r#"["b","a","c"]"#);
    assert_eq!(sorts(&drifts(SERIES, &torn, &Rule::Exact)), [(Category::Label, Level::Critical); 2]);
    assert_eq!(sorts(&drifts(SERIES, &torn, &Rule::Sets)), [(Category::Value, Level::Critical); 4]);
}

#[test]
fn a_changed_frame_is_red() {
    mutant(FRAME, "\"freq\":\"D\"", "\"freq\":\"2D\"", Category::Label, "index freq");
    mutant(FRAME, ",\"freq\":\"D\"", "", Category::Label, "index freq");
    mutant(FRAME, "int64", "Int64", Category::Dtype, "data[0] (column \"x\")");
    mutant(
        FRAME,
        "\"ordered\":false",
        "\"ordered\":true",
        Category::Dtype,
        "data[1] (column \"y\") categories",
    );
    mutant(FRAME, r#"["p","q"]"#, r#"["q","p"]"#, Category::Dtype, "data[1] (column \"y\") categories");
    mutant(
        FRAME,
        "[0,1]",
        "[0,null]",
        Category::Missing,
        "data[1] (column \"y\")[1] (category, label \"2024-01-02T00:00:00\")",
    );
    mutant(
        FRAME,
        "[1,2]",
        "[1,3]",
        Category::Value,
        "data[0] (column \"x\")[1] (int64, label \"2024-01-02T00:00:00\")",
    );
    mutant(FRAME, r#"["x","y"]"#, r#"["x","z"]"#, Category::Label, "columns[1] (str)");
    mutant(FRAME, r#"["x","y"]"#, r#"["y","x"]"#, Category::Order, "columns row 0");
    let flat = FRAME.replace("DatetimeIndex", "Index").replace(",\"freq\":\"D\"", "");
    assert_eq!(sorts(&drifts(FRAME, &flat, &Rule::Exact))[0], (Category::Label, Level::Critical));
    assert_eq!(sorts(&drifts(FRAME, SERIES, &Rule::Exact)), [(Category::Shape, Level::Critical)]);
}

#[test]
fn a_range_is_not_the_same_labels_one_by_one() {
    let range = r#"{"kind":"index","type":"RangeIndex","start":0,"stop":2,"step":1,"name":null}"#;
    let flat = r#"{"kind":"index","type":"Index","name":null,"values":{"dtype":"int64","values":[0,1]}}"#;
    assert_eq!(sorts(&drifts(range, flat, &Rule::Exact)), [(Category::Label, Level::Critical)]);
    mutant(range, "\"start\":0", "\"start\":-1", Category::Shape, "value");
    mutant(range, "\"stop\":2,\"step\":1", "\"stop\":4,\"step\":2", Category::Label, "value");
}

#[test]
fn kinds_of_missing_differ() {
    mutant(OBJECTS, "None", "NA", Category::Missing, "[1] (object)");
    mutant(OBJECTS, "{\"$\":\"NaN\"}", "{\"$\":\"NaT\"}", Category::Missing, "[2] (object)");
    mutant(OBJECTS, "[1,", "[{\"$float\":1},", Category::Value, "[0] (object)");
    mutant(OBJECTS, "[1,", "[true,", Category::Value, "[0] (object)");
}

#[test]
fn a_changed_tensor_is_red() {
    mutant(TENSOR, "float32", "float64", Category::Dtype, "value");
    // The same elements by other strides.
    let columns_first = TENSOR.replace("[2,1]", "[1,2]").replace("[1,2,3,4]", "[1,3,2,4]");
    assert_eq!(sorts(&drifts(TENSOR, &columns_first, &Rule::Exact)), [(Category::Layout, Level::Critical)]);
    mutant(TENSOR, "[2,2],\"strides\":[2,1]", "[4],\"strides\":[1]", Category::Shape, "value");
    mutant(TENSOR, "\"requires_grad\":false", "\"requires_grad\":true", Category::Gradient, "requires_grad");
    mutant(TENSOR, "3,4]", "3,5]", Category::Value, "[1, 1] (torch.float32)");
    mutant(TENSOR, "3,4]", "3,\"NaN\"]", Category::Value, "[1, 1] (torch.float32)");
    let shifted = TENSOR.replace("\"offset\":0", "\"offset\":1").replace("[1,2,3,4]", "[0,1,2,3,4]");
    assert_eq!(sorts(&drifts(TENSOR, &shifted, &Rule::Exact)), [(Category::Layout, Level::Critical)]);
}

/// Two tensors and a gradient; `names` are the storages of the tensors.
fn tree(names: [&str; 2], gradient: &str) -> String {
    let tensor = |name: &str| TENSOR.replace(r#""values":[1,2,3,4]"#, &format!(r#""storage":"{name}""#));
    let storage = |name: &str| format!(r#""{name}":{{"dtype":"torch.float32","values":[1,2,3,4]}}"#);
    let storages = if names[0] == names[1] { storage(names[0]) } else { names.map(storage).join(",") };
    format!(
        r#"{{"kind":"tree","storages":{{{storages}}},"entries":[["a",{}],["b",{}],["grads",{{"kind":"tree","items":[{}]}}]]}}"#,
        tensor(names[0]),
        tensor(names[1]),
        TENSOR.replace("[1,2,3,4]", gradient)
    )
}

#[test]
fn who_shares_a_storage_counts_and_its_name_does_not() {
    let shared = tree(["s", "s"], "[1,2,3,4]");
    assert_eq!(drifts(&shared, &tree(["t", "t"], "[1,2,3,4]"), &Rule::Exact), []);
    let found = drifts(&shared, &tree(["s", "t"], "[1,2,3,4]"), &Rule::Exact);
    assert_eq!(sorts(&found), [(Category::Layout, Level::Critical); 2], "{found:#?}");
    assert!(found[0].location.ends_with("aliasing"));
    assert_eq!(sorts(&drifts(&tree(["s", "t"], "[1,2,3,4]"), &shared, &Rule::Exact)).len(), 2);
}

#[test]
fn a_changed_gradient_is_named_so() {
    let found = drifts(&tree(["s", "s"], "[1,2,3,4]"), &tree(["s", "s"], "[1,2,3,5]"), &Rule::Exact);
    assert_eq!(sorts(&found), [(Category::Gradient, Level::Critical)]);
    assert_eq!(found[0].key(), "op.gradient");
}

#[test]
fn the_tolerance_has_an_edge() {
    let rule = Rule::Within(&[("torch.float64", Tolerance { rtol: 0.25, atol: 0.5 })]);
    let tensor = |number: &str| {
        format!(
            r#"{{"kind":"tensor","dtype":"torch.float64","shape":[1],"strides":[1],"offset":0,"requires_grad":false,"values":[{number}]}}"#
        )
    };
    // |found - 2| <= 0.5 + 0.25 * 2 = 1: exact in binary, so that the edge itself can be met.
    for (found, level) in [
        ("2", None),
        ("3", Some(Level::Informational)),
        ("3.0000000000000004", Some(Level::Minor)),
        ("-8", Some(Level::Minor)),
        ("-8.000000000000002", Some(Level::Critical)),
        ("\"NaN\"", Some(Level::Critical)),
        ("\"inf\"", Some(Level::Critical)),
    ] {
        let levels: Vec<Level> =
            drifts(&tensor("2"), &tensor(found), &rule).iter().map(|d| d.level).collect();
        assert_eq!(levels, Vec::from_iter(level), "{found}");
    }
    assert_eq!(sorts(&drifts(&tensor("\"inf\""), &tensor("2"), &rule)), [(Category::Value, Level::Critical)]);
    assert_eq!(drifts(&tensor("\"inf\""), &tensor("\"inf\""), &rule), []);
    // A tolerance for one dtype says nothing of another.
    let other = TENSOR.replace("4]", "4.25]");
    assert_eq!(sorts(&drifts(TENSOR, &other, &rule)), [(Category::Value, Level::Critical)]);
}

#[test]
fn labels_have_no_tolerance() {
    let rule = Rule::Within(&[("float64", Tolerance { rtol: 1.0, atol: 1.0 })]);
    let series = |label: &str, number: &str| {
        format!(
            r#"{{"kind":"series","name":null,"index":{{"type":"Index","name":null,"values":{{"dtype":"float64","values":[{label}]}}}},"values":{{"dtype":"float64","values":[{number}]}}}}"#
        )
    };
    assert_eq!(
        sorts(&drifts(&series("1", "1"), &series("1", "1.5"), &rule)),
        [(Category::Value, Level::Informational)]
    );
    assert_eq!(
        sorts(&drifts(&series("1", "1"), &series("1.5", "1"), &rule)),
        [(Category::Label, Level::Critical)]
    );
    assert_eq!(sorts(&drifts(&series("1", "1"), &series("1.5", "1"), &Rule::Undefined)).len(), 1);
    assert_eq!(drifts(&series("1", "1"), &series("1", "9"), &Rule::Undefined), []);
}

#[test]
fn undefined_values_keep_their_layout() {
    assert_eq!(drifts(TENSOR, &TENSOR.replace("[1,2,3,4]", "[0,0,0,0]"), &Rule::Undefined), []);
    let found = drifts(TENSOR, &TENSOR.replace("[2,1]", "[1,2]"), &Rule::Undefined);
    assert_eq!(sorts(&found), [(Category::Layout, Level::Critical)]);
}

/// `[Q, L]` of a 2 by 2 matrix, as a tree of tensors.
fn eigh(values: &str, vectors: &str) -> String {
    let values =
        TENSOR.replace("[2,2],\"strides\":[2,1]", "[2],\"strides\":[1]").replace("[1,2,3,4]", values);
    let vectors = TENSOR.replace("[1,2,3,4]", vectors);
    format!(r#"{{"kind":"tree","items":[{values},{vectors}]}}"#)
}

#[test]
fn factors_are_compared_by_their_product() {
    let rule = Rule::Reconstruction(Factors::Eigh, TORCH_TOLERANCES);
    let base = eigh("[1,2]", "[0.6,-0.8,0.8,0.6]");
    // The sign of each column of Q is arbitrary.
    assert_eq!(drifts(&base, &eigh("[1,2]", "[-0.6,-0.8,-0.8,0.6]"), &rule), []);
    assert!(!drifts(&base, &eigh("[1,2]", "[0.6,0.8,0.8,0.6]"), &rule).is_empty());
    assert!(!drifts(&base, &eigh("[1,2.1]", "[0.6,-0.8,0.8,0.6]"), &rule).is_empty());
    // The same product from a Q that is not orthonormal.
    let grown = drifts(&eigh("[4,0]", "[0.5,0,0,1]"), &eigh("[4,0]", "[0.5,0,0,2]"), &rule);
    assert!(grown.iter().any(|drift| drift.location.contains("Qᵀ·Q")), "{grown:#?}");
}

fn expectation(text: &str) -> Expectation {
    let json = parse("e.json", text.as_bytes()).unwrap();
    Expectation::from_json(&json, &Place::file("e.json")).unwrap()
}

fn raised(class: &str, message: &str) -> Raised {
    Raised { class: class.to_string(), message: message.to_string() }
}

#[test]
fn errors_compare_by_class_and_words() {
    let expected = expectation(r#"{"error":{"class":"pandas.errors.MergeError","pattern":"no * keys"}}"#);
    let answer = |raised| Answer { result: Err(raised), warnings: Vec::new() };
    let check = |found: Answer| sorts(&compare_answers("op", &expected, &found, &Rule::Exact).unwrap());
    assert_eq!(check(answer(raised("pandas.errors.MergeError", "no common keys"))), []);
    assert_eq!(check(answer(raised("MergeError", "no common keys"))), [(Category::Error, Level::Critical)]);
    assert_eq!(check(answer(raised("pandas.errors.MergeError", "none"))), [(Category::Error, Level::Minor)]);
    let answered = Answer { result: Ok(value(TENSOR)), warnings: Vec::new() };
    assert_eq!(check(answered.clone()), [(Category::Error, Level::Critical)]);
    let turned =
        compare_answers("op", &answered.into(), &answer(raised("ValueError", "no")), &Rule::Exact).unwrap();
    assert_eq!(sorts(&turned), [(Category::Error, Level::Critical)]);
}

#[test]
fn warnings_are_part_of_the_answer() {
    let answer = |warnings| Answer { result: Ok(value(OBJECTS)), warnings };
    let expected: Expectation = answer(vec![raised("FutureWarning", "soon")]).into();
    let check = |found: Answer| sorts(&compare_answers("op", &expected, &found, &Rule::Exact).unwrap());
    assert_eq!(check(answer(vec![raised("FutureWarning", "soon")])), []);
    assert_eq!(check(answer(vec![])), [(Category::Warning, Level::Critical)]);
    assert_eq!(check(answer(vec![raised("UserWarning", "soon")])), [(Category::Warning, Level::Critical)]);
    assert_eq!(check(answer(vec![raised("FutureWarning", "later")])), [(Category::Warning, Level::Minor)]);
}

#[test]
fn a_digest_stands_for_exact_bits() {
    let digest = value(OBJECTS).digest();
    let expected = expectation(&format!(r#"{{"digest":"{digest}"}}"#));
    let answer = |text: &str| Answer { result: Ok(value(text)), warnings: Vec::new() };
    assert_eq!(compare_answers("op", &expected, &answer(OBJECTS), &Rule::Exact), Ok(Vec::new()));
    let other = compare_answers("op", &expected, &answer(TENSOR), &Rule::Exact).unwrap();
    assert_eq!(sorts(&other), [(Category::Value, Level::Critical)]);
    let rule = Rule::Within(TORCH_TOLERANCES);
    assert_eq!(
        compare_answers("op", &expected, &answer(OBJECTS), &rule),
        Err(Incomparable::DigestUnderTolerance)
    );
    let blob = expectation(&format!(r#"{{"blob":"{digest}"}}"#));
    assert_eq!(
        compare_answers("op", &blob, &answer(OBJECTS), &Rule::Exact),
        Err(Incomparable::BlobNotFetched(digest))
    );
}

#[test]
fn states_outcomes_and_diagnostics_compare_by_their_fields() {
    let state = r#"{"kind":"state","hash":"00","seq":3,"refusals":["stale"]}"#;
    mutant(state, "00", "01", Category::State, "hash");
    mutant(state, "3", "4", Category::State, "seq");
    mutant(state, "stale", "guard", Category::State, "refusals");
    let outcome = r#"{"kind":"outcome","status":"done","outputs":{"y":{"kind":"scalar","dtype":"int","value":1}},"calls":2,"ledger":{"tokens":10}}"#;
    mutant(outcome, "done", "failed", Category::State, "status");
    mutant(outcome, "\"calls\":2", "\"calls\":3", Category::Effect, "calls");
    mutant(outcome, "10", "11", Category::Effect, "ledger");
    mutant(outcome, "\"y\"", "\"z\"", Category::Shape, "outputs");
    mutant(outcome, "\"value\":1", "\"value\":2", Category::Value, "outputs[\"y\"] (int)");
    let report = r#"{"kind":"diagnostics","items":[{"code":"E0301","span":[1,4],"severity":"error","fix":null,"message":"no"}]}"#;
    mutant(report, "E0301", "E0302", Category::Diagnostic, "[0] code");
    mutant(report, "[1,4]", "[1,5]", Category::Diagnostic, "[0] span");
    mutant(report, "null", "\"x\"", Category::Diagnostic, "[0] fix");
    let reworded = drifts(report, &report.replace("\"no\"", "\"not so\""), &Rule::Exact);
    assert_eq!(sorts(&reworded), [(Category::Diagnostic, Level::Minor)]);
}

#[test]
fn bytes_differ_at_an_offset() {
    mutant(r#"{"kind":"bytes","base64":"Zm9v"}"#, "Zm9v", "Zm9vYmFy", Category::Value, "offset 3");
}

#[test]
fn many_differences_leave_room_for_others() {
    let column =
        |cells: Vec<&str>| format!(r#"{{"kind":"column","dtype":"Float64","values":[{}]}}"#, cells.join(","));
    let mut found = vec!["1"; 500];
    found.push("null");
    let drifts = drifts(&column(vec!["0"; 501]), &column(found), &Rule::Exact);
    assert_eq!(drifts.len(), LOCATIONS_MAX + 1);
    assert_eq!(drifts.last().map(|drift| drift.category), Some(Category::Missing));
}

#[test]
fn nothing_from_a_case_reaches_a_terminal_raw() {
    let text = |inner: &str| {
        format!(r#"{{"kind":"tree","entries":[["\u001b[2J",{{"kind":"text","value":"{inner}"}}]]}}"#)
    };
    let drifts = drifts(&text("a"), &text("\\u001b]0;title\\u0007\\u202e"), &Rule::Exact);
    let line = drifts[0].to_string();
    assert!(!line.chars().any(|c| c.is_control() || c == '\u{202e}'), "{line:?}");
    let read: Drift = serde_json::from_str(&serde_json::to_string(&drifts[0]).unwrap()).unwrap();
    assert_eq!(read, drifts[0]);
}
