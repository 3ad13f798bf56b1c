//! Files that a program names and that are not there: said before it runs.

use checker::Checked;
use checker::checked::NamedPath;
use syntax::document::{Input, InputValue};
use syntax::{Diagnostic, Span};

use crate::door::place;
use crate::program::Loader;

/// W0609 for every constant path that a call reads and for every file among the inputs. What the program itself writes
/// may come to be there.
pub(crate) fn absent(
    checked: &Checked,
    inputs: &[(String, InputValue)],
    declared: &[Input],
    folder: &str,
    loader: &mut dyn Loader,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut look = |path: &str, span: Span, by: &str, help: &str| {
        let place = place(folder, path);
        if !loader.exists(&place) {
            let message = format!("{by} reads `{path}`, and `{place}` is not there.");
            found.push(Diagnostic::warning("W0609", span, message).help(help));
        }
    };
    for (name, value) in inputs {
        let span = declared.iter().find(|input| input.name == *name).map(|input| input.span);
        if let (InputValue::File(path), Some(span)) = (value, span) {
            let help = "Put the file there, correct the path (it starts at the document's folder), or give another: \
                        `--input NAME=PATH`.";
            look(path, span, &format!("The input `{name}`"), help);
        }
    }
    let written = |read: &NamedPath| {
        checked.paths.iter().any(|other| other.effect == "fs.write" && other.path == read.path)
    };
    for read in checked.paths.iter().filter(|path| path.by.starts_with("read_") && !written(path)) {
        let help = "Put the file there, or correct the path: it starts at the document's folder.";
        look(&read.path, read.span, &format!("`{}`", read.by), help);
    }
    found
}
