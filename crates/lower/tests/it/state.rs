//! How the calls about state arrive at the host. The expected calls are those that `src/state.rs` describes.

use checker::Program;
use syntax::ast::NodeIds;
use syntax::{FileId, Source};
use vm::{Callback, Fault, Host, HostCall, Print, Value, Vm};

/// Answers every call with null or an empty map, and keeps what it was asked.
#[derive(Default)]
struct Asked(Vec<String>);

impl Host for Asked {
    fn call(&mut self, _: &mut dyn Callback, call: HostCall<'_>) -> Result<Value, Fault> {
        let args = call.args.iter().map(vm::repr).collect::<Result<Vec<_>, _>>()?;
        let types: Vec<String> = call.types.iter().map(|ty| ty.to_string()).collect();
        self.0.push(format!("{}({}) {}", call.name, args.join(", "), types.join(" ")));
        Ok(match call.name {
            "state.entries" => Value::map(vm::Map::new()),
            "state.upsert" => Value::ok(Value::Null),
            "state.has" => Value::Bool(false),
            "state.entry" => Value::Int(3),
            "state.history" => Value::list(Vec::new()),
            _ => Value::Null,
        })
    }

    fn print(&mut self, _: Print, _: &str) {}

    fn decode_opaque(&self, _: &str, _: &[u8]) -> Result<Value, String> {
        Err("nothing is opaque here".to_string())
    }
}

fn asked(text: &str) -> Vec<String> {
    let mut ids = NodeIds::default();
    let parse = syntax::parse(FileId(0), text, &mut ids);
    assert!(parse.diagnostics.is_empty(), "{:?}", parse.diagnostics);
    let modules = [parse.module];
    let program = Program { grants: vec!["state".to_string()], ..Program::new(&modules, ids.len()) };
    let checked = checker::check(&program);
    assert!(!checked.diagnostics.iter().any(|d| d.is_error()), "{:#?}", checked.diagnostics);
    let module = lower::lower(&program, &checked, &[Source::new("a.lm", text)]).expect("it is small");
    let module = bytecode::verify(module).expect("what is lowered verifies");
    let (mut machine, mut host) = (Vm::new(&module).expect("a machine"), Asked::default());
    for node in 0..module.module().nodes.len() {
        machine.run_node(&mut host, node).expect("it runs");
    }
    host.0
}

#[test]
fn reads_name_the_entry_and_carry_types() {
    let found = asked(
        "state cash: map[String, Int]
state total: Int? = null
let a = cash[\"a\"]
let b = cash?[\"b\"]
let c = \"c\" in cash
let d = \"d\" not in cash
let e = len(cash)
let f = total
let g = history(cash, \"a\")
let h = blame(total)
",
    );
    assert_eq!(
        found,
        [
            "state.entry(\"cash\", \"a\", null) Int String",
            "state.get(\"cash\", \"b\", null) Int String",
            "state.has(\"cash\", \"c\", null) Int String",
            "state.has(\"cash\", \"d\", null) Int String",
            "state.entries(\"cash\") Int String",
            "state.get(\"total\", null, null) Int? Null",
            "state.history(\"cash\", \"a\") Int String",
            "state.blame(\"total\", null) Int? Null",
        ]
    );
}

#[test]
fn an_upsert_is_one_call_and_its_guard_a_tree() {
    let found = asked(
        "record Pay(to: String)
state cash: map[String, Int]
state total: Int = 7
let n = 2
let paid = upsert
  cash[\"a\"] -= n * 3
  total = 1
  where (n > 1 and \"b\" not in cash) and not (cash[\"a\"] - total >= n) or cash?[\"c\"] is null
  because Pay(to: \"b\")
end
",
    );
    assert_eq!(
        found,
        ["state.upsert([(\"cash\", \"a\", \"-=\", 6, null), (\"total\", null, \"=\", 1, 7)], \
          [\"or\", [\"and\", [\"and\", [\"const\", true], [\"not\", [\"exists\", \"cash\", \"b\"]]], \
          [\"not\", [\">=\", [\"-\", [\"entry\", \"cash\", \"a\", null], [\"entry\", \"total\", null, 7]], [\"const\", 2]]]], \
          [\"==\", [\"entry?\", \"cash\", \"c\", null], [\"const\", null]]], Pay(to: \"b\")) \
          Int String Int Null Int String Int String Int Null Int String"]
    );
}
