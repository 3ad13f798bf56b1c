//! What a document's front matter adds: inputs, real schemas, grants; and the results graph.

use std::collections::HashMap;

use checker::{Checked, Program, Type};
use syntax::FileId;
use syntax::ast::NodeIds;

fn check_document(text: &str, inputs: Vec<(String, Type)>, schema: &[(&str, &str)]) -> Checked {
    let mut ids = NodeIds::default();
    let document = syntax::parse_document(FileId(0), text, false, &mut ids);
    assert!(document.diagnostics.is_empty(), "{:?}", document.diagnostics);
    let columns = schema.iter().map(|(n, t)| (n.to_string(), t.to_string())).collect();
    let modules = [document.module];
    checker::check(&Program {
        bindings: &document.bindings,
        inputs,
        schemas: HashMap::from([("strikes".to_string(), columns)]),
        ..Program::new(&modules, ids.len())
    })
}

const SCHEMA: &[(&str, &str)] =
    &[("Airport", "str"), ("Speed IAS in knots", "float64"), ("Cost: Total $", "int64")];

fn path_input() -> Vec<(String, Type)> {
    vec![("strikes".to_string(), Type::Path)]
}

fn messages(checked: &Checked) -> Vec<String> {
    checked
        .diagnostics
        .iter()
        .map(|d| format!("{} {} {}", d.code, d.message, d.help.as_deref().unwrap_or("")))
        .collect()
}

#[test]
fn a_record_is_held_against_the_real_columns_of_an_input() {
    let text = "\
```lumen load
record Strike
  Airport: String
  @column(\"Speed IAS in knot\") speed: Float?
end
let strikes = read_csv[Strike](inputs.strikes, extra: \"drop\")
```
";
    let checked = check_document(text, path_input(), SCHEMA);
    let found = messages(&checked);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("E0401 The input `strikes` has no column `Speed IAS in knot`."),
        "{found:?}"
    );
    assert!(found[0].contains("did you mean `Speed IAS in knots`?"), "{found:?}");
}

#[test]
fn reading_an_input_without_a_record_takes_its_columns() {
    let text = "```lumen\nlet cost = read_csv(inputs.strikes)[\"Cost: Total $\"].sum()\n```\n";
    let checked = check_document(text, path_input(), SCHEMA);
    assert_eq!(messages(&checked), [""; 0]);
    let cost = checked.globals.iter().find(|g| g.name == "cost");
    assert_eq!(cost.map(|g| g.ty.clone()), Some(Type::Int));
}

#[test]
fn a_file_input_grants_reading_it_and_no_other() {
    let text = "```lumen\nlet a = read_text(inputs.strikes)\nlet b = read_text(\"other.txt\")\n```\n";
    let checked = check_document(text, path_input(), &[]);
    let found = messages(&checked);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("E0106 This needs the effect `fs.read`"), "{found:?}");
    let fix = checked.diagnostics[0].fixes.first().map(|f| f.title.clone());
    assert_eq!(fix.as_deref(), Some("add `grant fs.read path [\"data/*\"]`"));
}

#[test]
fn statements_join_by_assignments_and_by_handles_of_their_fence() {
    let text = "\
```lumen one
let mut total = 0
let other = 1
total += other
let shown = total + 1
shown
```
```lumen two
let g = generator(1)
let a = random(g)
let pure = 2
let b = random(g)
```
```lumen three
let c = random(g) + a
```
";
    let checked = check_document(text, Vec::new(), &[]);
    assert_eq!(messages(&checked), [""; 0]);
    let items: Vec<Vec<usize>> = checked.nodes.iter().map(|n| n.items.to_vec()).collect();
    assert_eq!(items, [vec![0, 1, 2], vec![3], vec![4], vec![5, 6, 7, 8], vec![9]]);
    let shows: Vec<Option<Type>> = checked.nodes.iter().map(|n| n.shows.cloned()).collect();
    assert_eq!(shows, [None, None, Some(Type::Int), None, None]);
    let names = |ids: &[checker::checked::GlobalId]| -> Vec<String> {
        ids.iter().map(|id| checked.globals[id.0 as usize].name.clone()).collect()
    };
    let node = |at: usize| checked.nodes.get(at).expect("a node");
    assert_eq!(names(node(0).defines), ["total", "other"]);
    assert_eq!(names(node(1).reads), ["total"]);
    assert_eq!(names(node(4).reads), ["g", "a"]);
}

#[test]
fn prose_binds_pure_values_over_results() {
    let text = "\
```lumen
let rate = 0.5
cell noisy() -> Float = timestamp()
grant clock
```
A rate of `{lumen} rate | percent(1)`, at `{lumen} noisy() | fixed(1)`, of `{lumen} rat`.
";
    let checked = check_document(text, Vec::new(), &[]);
    let found = messages(&checked);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("E0603 "), "{found:?}");
    assert!(found[1].starts_with("E0201 There is no `rat` here. did you mean `rate`?"), "{found:?}");
    assert_eq!(checked.bindings.len(), 3);
    assert_eq!(checked.bindings[0].ty, Type::Float);
}
