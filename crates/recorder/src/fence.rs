//! What a document's fences promise: the codes that a faulty one must give, the output that stands behind one.

use std::collections::BTreeSet;

use syntax::ast::{Item, ItemKind};
use syntax::document::{Document, Fence, FenceKind};
use syntax::{Diagnostic, Edit, Source, Span};

use crate::comptime;
use crate::fallout::Broken;
use crate::program::Program;
use crate::session::{NodeOutcome, Outcome};

/// The code of a fence that must be faulty.
pub(crate) struct FaultyFence {
    /// Into [`Document::fences`].
    pub index: usize,
    pub items: Vec<Item>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Checks each faulty fence where it stands, as if it were part of the program, which is without errors: E0606 where
/// its codes are not exactly those it states. A warning that is not stated does not count.
pub(crate) fn verify(
    document: &Document,
    fences: Vec<FaultyFence>,
    program: &checker::Program<'_>,
    sources: &[Source],
) -> Vec<Diagnostic> {
    if fences.is_empty() {
        return Vec::new();
    }
    let mut modules = program.modules.to_vec();
    let mut wrong = Vec::new();
    for faulty in fences {
        let Some(Fence { kind: FenceKind::Faulty(stated), span, .. }) = document.fences.get(faulty.index)
        else {
            continue;
        };
        let mut found = faulty.diagnostics;
        if let Some(root) = modules.last_mut() {
            root.items.extend(faulty.items);
            root.items.sort_by_key(|item| item.span.start);
        }
        let with = checker::Program {
            modules: &modules,
            imports: program.imports.clone(),
            bindings: program.bindings,
            inputs: program.inputs.clone(),
            grants: program.grants.clone(),
            names: program.names.clone(),
            schemas: program.schemas.clone(),
            tools: program.tools.clone(),
            node_count: program.node_count,
            strict: program.strict,
        };
        let mut checked = checker::check(&with);
        // What it finds in text that could not be parsed is no message of its own.
        let broken = Broken::of(&modules, &found);
        found.extend(std::mem::take(&mut checked.diagnostics).into_iter().filter(|d| !broken.holds(d.span)));
        if !found.iter().any(Diagnostic::is_error) {
            match lower::lower(&with, &checked, sources).map(bytecode::verify) {
                Ok(verified) => found.extend(verified.ok().as_ref().and_then(comptime::diagnostic)),
                Err(limits) => found.extend(limits),
            }
        }
        if let Some(root) = modules.last_mut() {
            root.items.retain(|item| item.fence != Some(faulty.index));
        }
        // A warning outside is the program's own.
        found.retain(|d| {
            d.is_error() || (d.span.file == span.file && span.start <= d.span.start && d.span.end <= span.end)
        });
        wrong.extend(compare(stated, &found, *span));
    }
    wrong
}

fn compare(stated: &[String], found: &[Diagnostic], fence: Span) -> Option<Diagnostic> {
    let expected: BTreeSet<&str> = stated.iter().map(String::as_str).collect();
    let counted: Vec<&Diagnostic> =
        found.iter().filter(|d| d.is_error() || expected.contains(d.code)).collect();
    let given: BTreeSet<&str> = counted.iter().map(|d| d.code).collect();
    if given == expected {
        return None;
    }
    let list = |codes: &BTreeSet<&str>| match codes.len() {
        0 => "nothing".to_string(),
        _ => codes.iter().copied().collect::<Vec<_>>().join(", "),
    };
    let message = format!("This fence must give exactly {}, and gives {}.", list(&expected), list(&given));
    let mut diagnostic = Diagnostic::error("E0606", fence.at_start(), message);
    for d in counted.iter().filter(|d| !expected.contains(d.code)) {
        diagnostic = diagnostic.label(d.span, format!("{}: {}", d.code, d.message));
    }
    Some(diagnostic.help(match given.is_empty() {
        true => "It is correct: take `error=` away, or make the fault that it shows.".to_string(),
        false => format!("Correct the code, or write `error={}`.", list(&given).replace(", ", ",")),
    }))
}

/// A fence whose run printed and showed something else than the ```` ```output ```` fence behind it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The output fence, its marks included.
    pub span: Span,
    /// Lines that end with a newline, or nothing.
    pub expected: String,
    pub found: String,
}

/// Compares every fence that ran to its end with the output that stands behind it, in the document's order.
pub fn differences(program: &Program, outcome: &Outcome) -> Vec<Difference> {
    let Some(document) = &program.document else { return Vec::new() };
    let mut differences = Vec::new();
    for (index, fence) in document.fences.iter().enumerate() {
        if matches!(fence.kind, FenceKind::Skip | FenceKind::Faulty(_) | FenceKind::Test) {
            continue;
        }
        let Some((span, expected)) = &fence.output else { continue };
        let Some(found) = output_of(program, outcome, index) else { continue };
        differences.extend(difference(*span, expected, found));
    }
    differences
}

pub(crate) fn difference(span: Span, expected: &str, found: String) -> Option<Difference> {
    let expected = lines(&expected.replace("\r\n", "\n"));
    let found = lines(&found);
    (expected != found).then_some(Difference { span, expected, found })
}

/// What the nodes of a fence printed, and its last value; `None` if a fault came before their end.
fn output_of(program: &Program, outcome: &Outcome, fence: usize) -> Option<String> {
    let module = program.code.as_ref()?.module();
    let nodes = module.nodes.iter().enumerate().filter(|(_, n)| n.fence.is_some_and(|f| f as usize == fence));
    let mut text = String::new();
    for (index, _) in nodes {
        append(&mut text, outcome.nodes.iter().find(|done| done.record.index == index)?);
    }
    // Without statements the program is its cell `main`, whose value is not shown.
    if module.nodes.is_empty() && declares_main(program, fence) {
        text.push_str(&outcome.nodes.first()?.printed);
    }
    Some(text)
}

fn append(text: &mut String, done: &NodeOutcome) {
    text.push_str(&done.printed);
    if let Some(value) = done.shown.as_ref().filter(|v| !v.is_null()) {
        show(text, value);
    }
}

/// As `print` shows it: the same text on every terminal.
pub(crate) fn show(text: &mut String, value: &vm::Value) {
    text.push_str(&vm::show(value).unwrap_or_else(|fault| fault.message));
    text.push('\n');
}

fn declares_main(program: &Program, fence: usize) -> bool {
    program.root().is_some_and(|root| {
        root.items.iter().any(|item| {
            item.fence == Some(fence)
                && matches!(&item.kind, ItemKind::Cell(cell) if cell.sig.name.dotted() == "main")
        })
    })
}

/// Without blanks at the ends of lines and empty lines at the end, which nobody sees.
fn lines(text: &str) -> String {
    let mut out: Vec<&str> = text.split('\n').map(str::trim_end).collect();
    while out.last().is_some_and(|line| line.is_empty()) {
        out.pop();
    }
    out.iter().map(|line| format!("{line}\n")).collect()
}

impl Difference {
    /// E0607 with the lines that differ.
    pub fn diagnostic(&self) -> Diagnostic {
        let help = "`-` is what the fence says, `+` what was found. Correct the code, or write what was found: `--update`.";
        Diagnostic::error("E0607", self.span.at_start(), "The output is not what this fence says.")
            .help(format!("{help}\n{}", self.diff()))
    }

    /// The lines that differ with two around them, `-` what the fence says and `+` what was found.
    pub fn diff(&self) -> String {
        let (old, new): (Vec<&str>, Vec<&str>) =
            (self.expected.lines().collect(), self.found.lines().collect());
        let same = |a: &mut dyn Iterator<Item = (&str, &str)>| a.take_while(|(a, b)| a == b).count();
        let head = same(&mut old.iter().copied().zip(new.iter().copied()));
        let most = old.len().min(new.len()) - head;
        let tail = same(&mut old.iter().rev().copied().zip(new.iter().rev().copied())).min(most);
        let mut out = Vec::new();
        let mut put = |mark: &str, lines: &[&str]| {
            const SHOWN: usize = 20;
            out.extend(lines.iter().take(SHOWN).map(|line| format!("{mark} {line}").trim_end().to_string()));
            if lines.len() > SHOWN {
                out.push(format!("{mark} … {} more", lines.len() - SHOWN));
            }
        };
        put(" ", &old[head.saturating_sub(2)..head]);
        put("-", &old[head..old.len() - tail]);
        put("+", &new[head..new.len() - tail]);
        put(" ", &old[old.len() - tail..(old.len() - tail + 2).min(old.len())]);
        out.join("\n")
    }

    /// Rewrites the output fence.
    pub fn edit(&self, text: &str) -> Edit {
        let whole = text.get(self.span.start as usize..self.span.end as usize).unwrap_or("");
        let after = if whole.ends_with('\n') { "\n" } else { "" };
        // The marks must be longer than any run of backticks inside.
        let ticks = self.found.split(|c| c != '`').map(str::len).max().unwrap_or(0).max(2) + 1;
        let marks = "`".repeat(ticks);
        Edit { span: self.span, text: format!("{marks}output\n{}{marks}{after}", self.found) }
    }
}
