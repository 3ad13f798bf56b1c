//! Running a program's tests: `test` blocks, `test_*` cells, fences for tests, and what its fences promise.
//!
//! The document runs first, unrecorded. Each test then gets a machine of its own with the document's results, so that
//! no test sees what another one did. Effects are granted as in a run; files are read and written where they are, and
//! everything else comes from a cassette.

use std::collections::{BTreeMap, BTreeSet};

use syntax::Span;
use syntax::ast::ItemKind;
use syntax::document::FenceKind;
use vm::{Fault, FaultKind, Value, Vm};

use crate::cassette::Cassette;
use crate::door::Door;
use crate::error::Result;
use crate::fence::{self, Difference};
use crate::journal::Journal;
use crate::program::Program;
use crate::run::{self, FaultPlace, Request};
use crate::session::{Outcome, Reuse, Session};
use crate::state::inherit::Parent;
use crate::world::{Observer, Silent, World};
use prelude::Prelude;

/// What a test is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestKind {
    /// `test "name" … end`
    Block,
    /// `cell test_name()`
    Cell,
    /// A fence with `test`.
    Fence,
    /// A fence with `error=CODE`, held when the program was compiled.
    Faulty,
    /// A fence with an ```` ```output ```` fence behind it.
    Output,
    /// An example in a documentation block.
    Documented,
    /// All that runs before the tests: there only if it faults.
    Document,
}

impl TestKind {
    pub fn name(self) -> &'static str {
        match self {
            TestKind::Block => "test",
            TestKind::Cell => "cell",
            TestKind::Fence => "fence",
            TestKind::Faulty => "error",
            TestKind::Output => "output",
            TestKind::Documented => "doc",
            TestKind::Document => "document",
        }
    }
}

/// Why a test failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    pub message: String,
    pub help: Option<String>,
    /// `FILE:LINE:COLUMN`, where it is another place than the test's own.
    pub place: Option<String>,
    /// What the test printed.
    pub printed: String,
    /// For a fence whose output differs.
    pub difference: Option<Difference>,
}

/// A test that ran.
#[derive(Clone, Debug, PartialEq)]
pub struct Tested {
    pub kind: TestKind,
    pub name: String,
    /// Where it stands, in the root's file.
    pub span: Span,
    pub failure: Option<Failure>,
}

/// A test that the program has.
struct Test {
    kind: TestKind,
    name: String,
    span: Span,
    what: What,
    /// The part of a cassette that has what it asks.
    part: String,
}

impl Test {
    fn new(kind: TestKind, name: String, span: Span, what: What) -> Test {
        Test { kind, name, span, what, part: String::new() }
    }
}

enum What {
    /// An exported function.
    Function(String),
    /// Nodes of the results graph, and the output they must give.
    Nodes(Vec<usize>, Option<(Span, String)>),
    Unusable(String),
    Held,
    Output(usize),
}

/// Runs the tests whose name holds `filter`, in the order of the text. The program must be compiled with
/// [`crate::program::Settings::tests`] and without errors.
///
/// # Errors
/// A grant that makes no sense. What goes wrong in a test is in its [`Tested`].
pub fn test(
    program: &Program,
    request: &Request,
    filter: Option<&str>,
    world: &mut dyn World,
    cassette: &mut Cassette,
) -> Result<Vec<Tested>> {
    let mut wanted = tests(program);
    wanted.retain(|t| filter.is_none_or(|f| t.name.contains(f)));
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let start = run::unrecorded_start(program, request);
    let session = run::session(program, request, &start)?;
    let mut silent = Silent;
    let observer: &mut dyn Observer = &mut silent;
    let mut door = run::door(program, request, &start, Journal::nowhere(), Some(world), None, observer)?;
    let names: BTreeSet<String> =
        tests(program).into_iter().map(|test| test.part).chain([DOCUMENT.to_string()]).collect();
    let of_documentation = format!("{} ", TestKind::Documented.name());
    cassette.retain(|part| names.contains(part) || part.starts_with(&of_documentation));
    cassette.begin(DOCUMENT);
    door.cassette = Some(cassette);
    let runs = program.document.is_some() || !session.code.module().nodes.is_empty();
    let outcome = match runs {
        true => session.run(&mut door, Reuse::Nothing)?,
        false => Outcome::default(),
    };
    let mut results = Vec::new();
    let broken = outcome.fault.as_ref().map(|(record, fault)| (record.node.as_str(), fault));
    if let Some((node, fault)) = broken {
        let failure = faulted(program, fault, String::new());
        let span = program.root().map_or(Span::default(), |root| Span { file: root.file, ..Span::default() });
        results.push(Tested {
            kind: TestKind::Document,
            name: node.to_string(),
            span,
            failure: Some(failure),
        });
    }
    let differences = fence::differences(program, &outcome);
    let base = door.state.view.take().map(|state| Parent::without_past("the document", state));
    for test in wanted {
        // Each test changes a state of its own.
        door.journal = Journal::nowhere();
        door.state = run::inherit(&door.journal, &start, base.as_ref())?;
        // What does not run keeps its tape.
        let runs = broken.is_none() && matches!(test.what, What::Function(_) | What::Nodes(..));
        if let Some(cassette) = door.cassette.as_deref_mut().filter(|_| runs) {
            cassette.begin(&test.part);
        }
        let failure = match &test.what {
            What::Held => None,
            What::Unusable(message) => Some(said(message.clone())),
            What::Output(fence) => {
                let output = program.document.as_ref().and_then(|d| d.fences.get(*fence)?.output.as_ref());
                let found = output.and_then(|(span, _)| differences.iter().find(|d| d.span == *span));
                found.map(differs)
            }
            What::Function(_) | What::Nodes(..) if broken.is_some() => {
                Some(said("It did not run: the document faults before it.".to_string()))
            }
            What::Function(name) => function(program, &session, &mut door, &outcome, name)?,
            What::Nodes(nodes, output) => {
                self::nodes(program, &session, &mut door, &outcome, nodes, output.as_ref())?
            }
        };
        results.push(Tested { kind: test.kind, name: test.name, span: test.span, failure });
    }
    Ok(results)
}

/// The part of a cassette that has what the document asks before the tests.
const DOCUMENT: &str = "document";

/// All tests of the root, in the order of its text.
fn tests(program: &Program) -> Vec<Test> {
    let mut tests = Vec::new();
    let items = program.root().map_or(&[][..], |root| &root.items);
    let mut blocks = 0;
    for item in items {
        match &item.kind {
            ItemKind::Test(test) => {
                let what = What::Function(format!("test:{blocks}"));
                blocks += 1;
                tests.push(Test::new(TestKind::Block, test.name.clone(), item.span, what));
            }
            ItemKind::Cell(cell) if cell.sig.name.dotted().starts_with("test_") => {
                let name = cell.sig.name.dotted();
                let what = match cell.sig.params.len() {
                    0 => What::Function(name.clone()),
                    n => What::Unusable(format!("A test takes no parameters; `{name}` takes {n}.")),
                };
                tests.push(Test::new(TestKind::Cell, name, item.span, what));
            }
            _ => {}
        }
    }
    let fences = program.document.as_ref().map_or(&[][..], |d| &d.fences);
    for (index, fence) in fences.iter().enumerate() {
        let name = fence.name.clone().unwrap_or_else(|| format!("fence-{}", index + 1));
        let (kind, what) = match &fence.kind {
            FenceKind::Faulty(_) => (TestKind::Faulty, What::Held),
            FenceKind::Test => {
                let module = program.code.as_ref().map(|code| code.module());
                let all = module.map_or(&[][..], |m| &m.nodes).iter().enumerate();
                let nodes: Vec<usize> = all
                    .filter(|(_, n)| n.fence.is_some_and(|f| f as usize == index))
                    .map(|(i, _)| i)
                    .collect();
                // One that only declares holds nothing itself.
                if nodes.is_empty() && fence.output.is_none() {
                    continue;
                }
                (TestKind::Fence, What::Nodes(nodes, fence.output.clone()))
            }
            FenceKind::Code | FenceKind::Python if fence.output.is_some() => {
                (TestKind::Output, What::Output(index))
            }
            FenceKind::Code | FenceKind::Python | FenceKind::Prelude | FenceKind::Skip => continue,
        };
        tests.push(Test::new(kind, name, fence.span, what));
    }
    tests.sort_by_key(|t| t.span.start);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for test in &mut tests {
        let part = format!("{} {}", test.kind.name(), test.name);
        let count = counts.entry(part.clone()).or_default();
        *count += 1;
        // Fences may have one name.
        test.part = if *count == 1 { part } else { format!("{part} {count}") };
    }
    tests
}

fn function(
    program: &Program,
    session: &Session<'_>,
    door: &mut Door<'_>,
    outcome: &Outcome,
    name: &str,
) -> Result<Option<Failure>> {
    let mut vm = session.machine_after(outcome)?;
    vm.watch(door.grants.processes());
    door.begin(name, name);
    let result = vm.call_function(&mut Prelude::new(door), name, &[]);
    let printed = std::mem::take(&mut door.node.printed);
    Ok(match result {
        Ok(Value::Bool(false)) => Some(Failure { printed, ..said("It gave false.".to_string()) }),
        Ok(value) => refused(&value).map(|message| Failure { printed, ..said(message) }),
        Err(fault) => failed(program, &fault, printed),
    })
}

/// The message of a result that is an `err`.
fn refused(value: &Value) -> Option<String> {
    let shown = (value.type_name() == "result").then(|| vm::show(value).ok()).flatten()?;
    shown.starts_with("err(").then(|| format!("It gave {shown}."))
}

fn nodes(
    program: &Program,
    session: &Session<'_>,
    door: &mut Door<'_>,
    outcome: &Outcome,
    nodes: &[usize],
    output: Option<&(Span, String)>,
) -> Result<Option<Failure>> {
    let mut vm: Vm<'_> = session.machine_after(outcome)?;
    vm.watch(door.grants.processes());
    let mut text = String::new();
    for (ordinal, index) in nodes.iter().enumerate() {
        let cell = session.code.module().nodes.get(*index).map_or(String::new(), |n| session.cell_name(n));
        door.begin(&format!("{cell}:{}", ordinal + 1), &cell);
        let result = vm.run_node(&mut Prelude::new(door), *index);
        text.push_str(&std::mem::take(&mut door.node.printed));
        match result {
            Ok(Some(value)) if !value.is_null() => fence::show(&mut text, &value),
            Ok(_) => {}
            Err(fault) => return Ok(failed(program, &fault, text)),
        }
    }
    let difference = output.and_then(|(span, expected)| fence::difference(*span, expected, text));
    Ok(difference.as_ref().map(differs))
}

fn said(message: String) -> Failure {
    Failure { message, help: None, place: None, printed: String::new(), difference: None }
}

fn differs(difference: &Difference) -> Failure {
    Failure {
        difference: Some(difference.clone()),
        help: Some("Correct the code, or write what was found: `--update`.".to_string()),
        ..said("The output is not what the fence says.".to_string())
    }
}

/// `exit(0)` ends a test well.
fn failed(program: &Program, fault: &Fault, printed: String) -> Option<Failure> {
    (fault.kind != FaultKind::Exit(0)).then(|| faulted(program, fault, printed))
}

fn faulted(program: &Program, fault: &Fault, printed: String) -> Failure {
    Failure {
        help: fault.help.clone(),
        place: fault.span.and_then(|span| FaultPlace::of(program, span)).map(|at| at.place),
        printed,
        ..said(format!("{} {}", fault.code, fault.message))
    }
}
