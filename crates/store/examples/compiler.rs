//! A compiler whose passes are pages.
//!
//! Shows incremental computation that lives in a store: the functions of a module, text in a subset of LLVM's IR, are
//! pages, and each pass over each function is a page derived from them. An edit recomputes its cone and nothing else,
//! counted; a comment stops behind the first pass, a constant travels to every caller that it changes. The results are
//! in the log and survive a restart without being computed again.
//!
//! The subset: `define i32 @f(i32 %x)` with `add`, `sub`, `mul` and `call` of such functions, and one `ret`.
//!
//!     cargo run -p store --example compiler

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use store::{Create, Edit, GraphEdit, Memory, Mutation, Options, Outcome, Snapshot, Store, Vfs};

/// The pages of a function: its source and three passes.
const PAGES: [&str; 4] = ["source", "folded", "pruned", "constant"];
const TEXT_BYTES: u32 = 1024;
const CONSTANT_BYTES: u32 = 64;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// A value: a register or a constant.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Operand {
    Register(String),
    Constant(i32),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Operation {
    Arithmetic { operation: String, left: Operand, right: Operand },
    Call { function: String, argument: Operand },
}

/// A function of one argument, `%x`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Function {
    name: String,
    body: Vec<(String, Operation)>,
    result: Operand,
}

fn operand(text: &str) -> std::result::Result<Operand, String> {
    match text.strip_prefix('%') {
        Some(register) => Ok(Operand::Register(register.to_owned())),
        None => text.parse().map(Operand::Constant).map_err(|_| format!("`{text}` is no operand")),
    }
}

/// Reads a function; comments and layout are not part of it.
fn parse(text: &str) -> std::result::Result<Function, String> {
    let lines = text.trim_end_matches('\0').lines();
    let mut lines =
        lines.filter_map(|line| line.split(';').next().map(str::trim)).filter(|line| !line.is_empty());
    let head = lines.next().ok_or("an empty function")?;
    let name = head.strip_prefix("define i32 @").and_then(|rest| rest.strip_suffix("(i32 %x) {"));
    let name = name.ok_or_else(|| format!("`{head}` is no head of a function"))?.to_owned();
    let (mut body, mut result) = (Vec::new(), None);
    for line in lines {
        if let Some(value) = line.strip_prefix("ret i32 ") {
            result = Some(operand(value)?);
        } else if line == "}" {
            break;
        } else {
            let unknown = || format!("`{line}` is no instruction");
            let (register, rest) =
                line.strip_prefix('%').and_then(|rest| rest.split_once(" = ")).ok_or_else(unknown)?;
            let (operation, rest) = rest.split_once(" i32 ").ok_or_else(unknown)?;
            let operation = match operation {
                "add" | "sub" | "mul" => {
                    let (left, right) = rest.split_once(", ").ok_or_else(unknown)?;
                    let (left, right) = (operand(left)?, operand(right)?);
                    Operation::Arithmetic { operation: operation.to_owned(), left, right }
                }
                "call" => {
                    let call = rest.strip_prefix('@').and_then(|rest| rest.strip_suffix(')'));
                    let (function, argument) =
                        call.and_then(|call| call.split_once("(i32 ")).ok_or_else(unknown)?;
                    Operation::Call { function: function.to_owned(), argument: operand(argument)? }
                }
                _ => return Err(unknown()),
            };
            body.push((register.to_owned(), operation));
        }
    }
    Ok(Function { name, body, result: result.ok_or("a function without `ret`")? })
}

fn print(function: &Function) -> String {
    let shown = |operand: &Operand| match operand {
        Operand::Register(register) => format!("%{register}"),
        Operand::Constant(constant) => constant.to_string(),
    };
    let mut text = format!("define i32 @{}(i32 %x) {{\n", function.name);
    for (register, operation) in &function.body {
        // Writing to a string does not fail.
        let _ = match operation {
            Operation::Arithmetic { operation, left, right } => {
                writeln!(text, "  %{register} = {operation} i32 {}, {}", shown(left), shown(right))
            }
            Operation::Call { function, argument } => {
                writeln!(text, "  %{register} = call i32 @{function}(i32 {})", shown(argument))
            }
        };
    }
    text + &format!("  ret i32 {}\n}}\n", shown(&function.result))
}

fn calls(function: &Function) -> BTreeSet<String> {
    let called = |(_, operation): &(String, Operation)| match operation {
        Operation::Call { function, .. } => Some(function.clone()),
        Operation::Arithmetic { .. } => None,
    };
    function.body.iter().filter_map(called).collect()
}

fn arithmetic(operation: &str, left: i32, right: i32) -> i32 {
    match operation {
        "add" => left.wrapping_add(right),
        "sub" => left.wrapping_sub(right),
        _ => left.wrapping_mul(right),
    }
}

/// Replaces what is known: operations on constants, and calls of functions that return one whatever they are given.
fn fold(function: &Function, constants: &BTreeMap<String, i32>) -> Function {
    let mut known: BTreeMap<String, i32> = BTreeMap::new();
    let mut body = Vec::new();
    let value = |known: &BTreeMap<String, i32>, operand: &Operand| match operand {
        Operand::Register(register) => {
            known.get(register).copied().map_or(operand.clone(), Operand::Constant)
        }
        Operand::Constant(_) => operand.clone(),
    };
    for (register, operation) in &function.body {
        match operation {
            Operation::Arithmetic { operation, left, right } => {
                match (value(&known, left), value(&known, right)) {
                    (Operand::Constant(left), Operand::Constant(right)) => {
                        known.insert(register.clone(), arithmetic(operation, left, right));
                    }
                    (left, right) => {
                        let operation = operation.clone();
                        body.push((register.clone(), Operation::Arithmetic { operation, left, right }));
                    }
                }
            }
            Operation::Call { function, argument } => match constants.get(function) {
                Some(constant) => drop(known.insert(register.clone(), *constant)),
                None => {
                    let (function, argument) = (function.clone(), value(&known, argument));
                    body.push((register.clone(), Operation::Call { function, argument }));
                }
            },
        }
    }
    Function { name: function.name.clone(), body, result: value(&known, &function.result) }
}

/// Drops what nobody uses; calls too, since every function here is pure.
fn prune(function: &Function) -> Function {
    let mut used: BTreeSet<String> = BTreeSet::new();
    let note = |used: &mut BTreeSet<String>, operand: &Operand| {
        if let Operand::Register(register) = operand {
            used.insert(register.clone());
        }
    };
    note(&mut used, &function.result);
    let mut body = Vec::new();
    for (register, operation) in function.body.iter().rev().cloned() {
        if used.contains(&register) {
            match &operation {
                Operation::Arithmetic { left, right, .. } => {
                    [left, right].map(|operand| note(&mut used, operand))
                }
                Operation::Call { argument, .. } => [(); 2].map(|()| note(&mut used, argument)),
            };
            body.push((register, operation));
        }
    }
    body.reverse();
    Function { body, ..function.clone() }
}

fn padded(text: String, len: u32) -> std::result::Result<Vec<u8>, String> {
    let mut bytes = text.into_bytes();
    if bytes.len() > len as usize {
        return Err(format!("{} bytes for a page of {len}", bytes.len()));
    }
    bytes.resize(len as usize, 0);
    Ok(bytes)
}

fn text_of(bytes: &[u8]) -> std::result::Result<&str, String> {
    std::str::from_utf8(bytes).map(|text| text.trim_end_matches('\0')).map_err(|error| error.to_string())
}

/// The passes as functions of pages: the source and the constants of the callees; the folded text; the pruned text.
fn folded_page(parents: &[&[u8]]) -> std::result::Result<Vec<u8>, String> {
    let [source, callees @ ..] = parents else { return Err("a source".to_owned()) };
    let mut constants = BTreeMap::new();
    for callee in callees {
        if let Some((name, value)) = text_of(callee)?.split_once(' ') {
            constants.insert(name.to_owned(), value.parse().map_err(|_| "a constant")?);
        }
    }
    padded(print(&fold(&parse(text_of(source)?)?, &constants)), TEXT_BYTES)
}

fn pruned_page(parents: &[&[u8]]) -> std::result::Result<Vec<u8>, String> {
    let [folded] = parents else { return Err("a folded text".to_owned()) };
    padded(print(&prune(&parse(text_of(folded)?)?)), TEXT_BYTES)
}

/// `NAME VALUE` of a function that returns the same for every argument, else nothing.
fn constant_page(parents: &[&[u8]]) -> std::result::Result<Vec<u8>, String> {
    let [pruned] = parents else { return Err("a pruned text".to_owned()) };
    let function = parse(text_of(pruned)?)?;
    let text = match function.result {
        Operand::Constant(constant) => format!("{} {constant}", function.name),
        Operand::Register(_) => String::new(),
    };
    padded(text, CONSTANT_BYTES)
}

/// A module in a store.
pub struct Module {
    store: Store,
    runs: Arc<AtomicU64>,
}

fn committed(outcome: Outcome) -> Result<()> {
    match outcome {
        Outcome::Committed { .. } => Ok(()),
        Outcome::Refused { refusal, .. } => Err(refusal.to_string().into()),
    }
}

impl Module {
    /// Opens a module, created empty if need be.
    pub fn open(vfs: Arc<dyn Vfs>) -> Result<Module> {
        let clock = AtomicU64::new(0);
        let options = Options::new(move || clock.fetch_add(1_000_000, Ordering::Relaxed), || [42; 16]);
        let store = Store::open(vfs, options.create(Create::IfAbsent))?;
        let runs = Arc::new(AtomicU64::new(0));
        type Pass = fn(&[&[u8]]) -> std::result::Result<Vec<u8>, String>;
        let passes: [(&str, Pass); 3] =
            [("fold@1", folded_page), ("prune@1", pruned_page), ("constant@1", constant_page)];
        for (name, pass) in passes {
            let runs = Arc::clone(&runs);
            store.derive().register(name, move |parents| {
                runs.fetch_add(1, Ordering::Relaxed);
                pass(parents)
            });
        }
        Ok(Module { store, runs })
    }

    /// How often a pass ran since the last time this was asked.
    pub fn take_runs(&self) -> u64 {
        self.runs.swap(0, Ordering::Relaxed)
    }

    /// Adds functions, which may call each other and those that are there, and computes their passes.
    pub fn add(&self, sources: &[String]) -> Result<()> {
        let functions: Vec<Function> =
            sources.iter().map(|source| parse(source)).collect::<std::result::Result<_, _>>()?;
        let mut edits = Vec::new();
        for function in &functions {
            for page in PAGES {
                let size = if page == "constant" { CONSTANT_BYTES } else { TEXT_BYTES };
                let name = format!("{}.{page}", function.name);
                edits.push(Edit::create(edits.len() as u32, size, Some(&name)));
            }
        }
        committed(self.store.mutate().commit(&Mutation { edits, ..Mutation::default() })?)?;
        let state = self.store.query().snapshot();
        let mut graph = Vec::new();
        for function in &functions {
            let mut derive = |page: &str, function_name: &str, parents: Vec<u64>| -> Result<()> {
                let page = find(&state, &function.name, page)?;
                graph.push(GraphEdit::derive(page, function_name, parents));
                Ok(())
            };
            derive("folded", "fold@1", inputs(&state, function)?)?;
            derive("pruned", "prune@1", vec![find(&state, &function.name, "folded")?])?;
            derive("constant", "constant@1", vec![find(&state, &function.name, "pruned")?])?;
        }
        self.store.derive().edit(&graph)?;
        self.write(&state, functions.iter().zip(sources))
    }

    fn write<'a>(
        &self,
        state: &Snapshot,
        sources: impl Iterator<Item = (&'a Function, &'a String)>,
    ) -> Result<()> {
        let write = |(function, source): (&Function, &String)| -> Result<Edit> {
            let page = find(state, &function.name, "source")?;
            Ok(Edit::write(page, 0, padded(source.clone(), TEXT_BYTES)?))
        };
        let edits = sources.map(write).collect::<Result<_>>()?;
        committed(self.store.mutate().commit(&Mutation { edits, ..Mutation::default() })?)
    }

    /// Replaces a function. One that would come to call itself, over whatever others, is refused by the graph.
    pub fn edit(&self, source: &str) -> Result<()> {
        let function = parse(source)?;
        let state = self.store.query().snapshot();
        let old = parse(text_of(state.expect_page(find(&state, &function.name, "source")?)?.bytes())?)?;
        if calls(&old) != calls(&function) {
            let page = find(&state, &function.name, "folded")?;
            let (name, parents) = ("fold@1".to_owned(), inputs(&state, &function)?);
            self.store.derive().edit(&[GraphEdit::derive(page, name, parents)])?;
        }
        self.write(&state, [(&function, &source.to_owned())].into_iter())
    }

    /// The text of one page of each function, by name: "source" for what was written, "pruned" for what came of it.
    pub fn text(&self, page: &str) -> Result<String> {
        let state = self.store.query().snapshot();
        let mut texts = BTreeMap::new();
        for entry in state.iter()? {
            let (_, found) = entry?;
            if let Some((function, of)) = found.name().and_then(|name| name.rsplit_once('.'))
                && of == page
            {
                texts.insert(function.to_owned(), text_of(found.bytes())?.to_owned());
            }
        }
        Ok(texts.into_values().collect())
    }

    /// The store behind it.
    pub fn store(&self) -> &Store {
        &self.store
    }
}

fn find(state: &Snapshot, function: &str, page: &str) -> Result<u64> {
    Ok(state.find(&format!("{function}.{page}"))?.ok_or_else(|| format!("no function @{function}"))?)
}

/// What folding reads: the source, and what is known of each callee.
fn inputs(state: &Snapshot, function: &Function) -> Result<Vec<u64>> {
    let callees = calls(function);
    let source = find(state, &function.name, "source");
    std::iter::once(source).chain(callees.iter().map(|callee| find(state, callee, "constant"))).collect()
}

/// What a module computes, read plainly: the judge of the passes. `None` for an unknown function or register.
pub fn interpret(module: &str, name: &str, argument: i32) -> Option<i32> {
    let texts = module.split_inclusive("}\n").map(parse);
    let functions: BTreeMap<String, Function> = texts
        .map(|function| function.map(|function| (function.name.clone(), function)))
        .collect::<std::result::Result<_, _>>()
        .ok()?;
    call(&functions, name, argument)
}

fn call(functions: &BTreeMap<String, Function>, name: &str, argument: i32) -> Option<i32> {
    let function = functions.get(name)?;
    let mut registers = BTreeMap::from([("x".to_owned(), argument)]);
    let value = |registers: &BTreeMap<String, i32>, operand: &Operand| match operand {
        Operand::Register(register) => registers.get(register).copied(),
        Operand::Constant(constant) => Some(*constant),
    };
    for (register, operation) in &function.body {
        let result = match operation {
            Operation::Arithmetic { operation, left, right } => {
                arithmetic(operation, value(&registers, left)?, value(&registers, right)?)
            }
            Operation::Call { function, argument } => {
                call(functions, function, value(&registers, argument)?)?
            }
        };
        registers.insert(register.clone(), result);
    }
    value(&registers, &function.result)
}

/// A function that adds what another returns to a number.
pub fn caller(name: &str, callee: &str, number: i32) -> String {
    format!(
        "define i32 @{name}(i32 %x) {{\n  %1 = call i32 @{callee}(i32 %x)\n  %2 = add i32 %1, {number}\n  \
         %3 = mul i32 %x, {number}\n  ret i32 %2\n}}\n"
    )
}

/// The example.
pub fn main() -> Result<()> {
    let module = Module::open(Arc::new(Memory::new()))?;
    let leaf =
        |number: i32| format!("define i32 @leaf(i32 %x) {{\n  %1 = mul i32 6, {number}\n  ret i32 %1\n}}\n");
    let mut sources = vec![leaf(7)];
    sources.extend((1..50).map(|at| {
        let callee = if at == 1 { "leaf".to_owned() } else { format!("f{}", at / 2) };
        caller(&format!("f{at}"), &callee, at)
    }));
    module.add(&sources)?;
    println!("50 functions, 3 passes each: {} runs", module.take_runs());
    module.edit(&(leaf(7) + "; the answer\n"))?;
    println!("a comment: {} run", module.take_runs());
    module.edit(&leaf(8))?;
    println!("a constant that every function knows: {} runs", module.take_runs());
    module.edit(&caller("f49", "f24", 0))?;
    println!("a function that nobody calls: {} runs", module.take_runs());
    let (before, after) = (module.text("source")?, module.text("pruned")?);
    println!("{} lines became {}", before.lines().count(), after.lines().count());
    Ok(())
}
