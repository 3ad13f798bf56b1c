//! The examples of documentation blocks: each runs by itself, behind what its file declares and defines, and is told by
//! the file's cassette what the world would say.

use std::collections::{BTreeMap, BTreeSet};

use recorder::cassette::Cassette;
use recorder::interactive::{Entered, Interactive};
use recorder::model::Models;
use recorder::program::Program;
use recorder::run::Request;
use recorder::test::{Failure as Wrong, TestKind, Tested};
use recorder::world::Observer;
use syntax::documentation::{Documentation, Example, documentation, examples};
use syntax::{FileId, Span};

use crate::terminal::Failure;
use crate::world::{Files, System};

/// Runs the examples of a source whose name holds `filter`, in the order of the text. A document shows its examples as
/// fences.
pub fn test(
    program: &Program,
    request: &Request,
    filter: Option<&str>,
    cassette: &mut Cassette,
) -> Result<Vec<Tested>, Failure> {
    let Some(source) = program.sources.first().filter(|_| program.document.is_none()) else {
        return Ok(Vec::new());
    };
    let mut results = Vec::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut parts = BTreeSet::new();
    for block in documentation(&source.text) {
        let of = declared(&source.text, &block);
        for example in examples(&block.text) {
            let count = counts.entry(of.clone()).or_default();
            *count += 1;
            let name = if *count == 1 { of.clone() } else { format!("{of} {count}") };
            let part = format!("{PART}{name}");
            parts.insert(part.clone());
            if !filter.is_none_or(|filter| name.contains(filter)) {
                continue;
            }
            cassette.begin(&part);
            let failure = run(&source.name, &source.text, &example, request, cassette)?;
            let span = Span::new(FileId(0), block.start as usize, block.start as usize);
            results.push(Tested { kind: TestKind::Documented, name, span, failure });
        }
    }
    cassette.retain(|part| !part.starts_with(PART) || parts.contains(part));
    Ok(results)
}

/// How the parts of a cassette begin that are about examples.
const PART: &str = "doc ";

/// The name of what a block documents.
fn declared(text: &str, block: &Documentation) -> String {
    const KINDS: &[&str] =
        &["cell", "record", "enum", "type", "const", "trait", "effect", "handler", "state"];
    let head = text.get(block.of as usize..).unwrap_or_default();
    let mut words = head.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '`'));
    let name = words
        .by_ref()
        .take(12)
        .find(|word| KINDS.contains(word))
        .and_then(|_| words.find(|word| !word.is_empty()));
    name.filter(|name| !name.contains('`')).unwrap_or("file").to_string()
}

fn run(
    path: &str,
    text: &str,
    example: &Example,
    request: &Request,
    cassette: &mut Cassette,
) -> Result<Option<Wrong>, Failure> {
    let mut session = Interactive::beside(path, request.clone(), &mut Files)?;
    session.play(std::mem::replace(cassette, Cassette::replay(None)?));
    let models = crate::models::beside(path)?;
    let answer = play(&mut session, text, example, models);
    if let Some(played) = session.stop() {
        *cassette = played;
    }
    answer
}

fn play(
    session: &mut Interactive,
    text: &str,
    example: &Example,
    models: Option<Models>,
) -> Result<Option<Wrong>, Failure> {
    let mut world = System::new().answering(models);
    let mut printed = Printed::default();
    let loaded = session.load(text, &mut Files, &mut world, &mut printed)?;
    if !loaded.is_done() {
        return Ok(wrong(&loaded, printed.0).map(|wrong| Wrong {
            message: format!("The file fails before the example. {}", wrong.message),
            ..wrong
        }));
    }
    printed.0.clear();
    let entered = session.enter(&example.code, &mut Files, &mut world, &mut printed)?;
    if let Some(wrong) = wrong(&entered, printed.0.clone()) {
        return Ok(Some(wrong));
    }
    let mut found = printed.0;
    if let Some((value, _)) = entered.shown.as_ref().filter(|(value, _)| !value.is_null()) {
        found.push_str(&vm::show(value).unwrap_or_else(|fault| fault.message));
        found.push('\n');
    }
    let same = |a: &str, b: &str| a.lines().map(str::trim_end).eq(b.lines().map(str::trim_end));
    Ok(example.output.as_ref().filter(|expected| !same(expected.trim_end(), found.trim_end())).map(
        |expected| Wrong {
            message: format!(
                "The example gives something else.\n    expected: {}\n    found:    {}",
                expected.trim_end().replace('\n', "\n              "),
                found.trim_end().replace('\n', "\n              ")
            ),
            help: Some("Correct the code, or what the `~~~output` behind the example says.".to_string()),
            place: None,
            printed: String::new(),
            difference: None,
        },
    ))
}

/// Why an entry was not carried out.
fn wrong(entered: &Entered, printed: String) -> Option<Wrong> {
    let failure = |message: String, help: &Option<String>, place: Option<String>| Wrong {
        message,
        help: help.clone(),
        place,
        printed: printed.clone(),
        difference: None,
    };
    if let Some(fault) = &entered.fault {
        return Some(failure(
            format!("{} {}", fault.code, fault.message),
            &fault.help,
            entered.fault_place.clone(),
        ));
    }
    let found = entered.diagnostics.iter().find(|found| found.is_error())?;
    let source = entered.sources.get(found.span.file.0 as usize);
    let place = source.map(|source| {
        let (line, column) = source.line_column(found.span.start);
        format!("{}:{line}:{column}", source.name)
    });
    Some(failure(format!("{} {}", found.code, found.message), &found.help, place))
}

/// What the example prints.
#[derive(Default)]
struct Printed(String);

impl Observer for Printed {
    fn printed(&mut self, to: vm::Print, text: &str) {
        if to == vm::Print::Out {
            self.0.push_str(text);
        }
    }
}
