//! One canonical layout of code, and of the code inside documents.
//!
//! [`format_source`] builds a small layout document from the lossless tree (`format/build.rs`) and prints it within
//! a hundred columns (`format/print.rs`). Tokens are never changed, only the white space between them and the commas
//! that the grammar makes optional. Line breaks the author chose stay where they carry meaning or taste: between
//! statements, in front of `.` and `|>`, beside operators, and behind an opening bracket, which asks for one element
//! a line. A text that does not parse is refused: its tree says nothing certain about where a statement ends.

mod build;
mod doc;
mod print;
mod spacing;
mod tokens;

use rowan::GreenNode;

use crate::ast::NodeIds;
use crate::diagnostic::Diagnostic;
use crate::document::{FenceKind, parse_document};
use crate::kind::SyntaxNode;
use crate::parser::lossless_part;
use crate::text::FileId;

/// Formats a `.lm` source. The result is a fixed point of this function, and its owned tree is that of `text`.
///
/// # Errors
///
/// The errors of a text that does not parse.
///
/// ```
/// assert_eq!(syntax::format::format_source("let  x=f( 1,2 )").unwrap(), "let x = f(1, 2)\n");
/// ```
pub fn format_source(text: &str) -> Result<String, Vec<Diagnostic>> {
    Ok(layout(parsed(text, 0)?))
}

/// Formats the code fences of a document; every byte outside them stays, Python code too. Fences marked `error=` are meant to be
/// faulty and stay as they are, as do `skip` fences that do not parse.
///
/// # Errors
///
/// The errors of all fences that should parse and do not, placed in the document.
pub fn format_document(text: &str) -> Result<String, Vec<Diagnostic>> {
    let document = parse_document(FileId(0), text, false, &mut NodeIds::default());
    let mut out = String::with_capacity(text.len());
    let mut errors = Vec::new();
    let mut copied = 0;
    for fence in &document.fences {
        if fence.kind.is_python() {
            continue;
        }
        let (start, end) = (fence.code.start as usize, fence.code.end as usize);
        let Some(code) = text.get(start..end).filter(|c| !c.trim().is_empty() && start >= copied) else {
            continue;
        };
        let tree = match (&fence.kind, parsed(code, start)) {
            (FenceKind::Faulty(_), _) | (FenceKind::Skip, Err(_)) => continue,
            (_, Ok(tree)) => tree,
            (_, Err(found)) => {
                errors.extend(found);
                continue;
            }
        };
        let formatted = layout(tree);
        out.push_str(&text[copied..start]);
        out.push_str(formatted.trim_end_matches('\n'));
        // The line that closes the fence keeps its own line break.
        copied = start + code.trim_end_matches(['\n', '\r']).len();
    }
    out.push_str(&text[copied..]);
    if errors.is_empty() { Ok(out) } else { Err(errors) }
}

fn parsed(text: &str, offset: usize) -> Result<GreenNode, Vec<Diagnostic>> {
    let (tree, found) = lossless_part(text, offset);
    let errors: Vec<_> = found.into_iter().filter(Diagnostic::is_error).collect();
    if errors.is_empty() { Ok(tree) } else { Err(errors) }
}

fn layout(tree: GreenNode) -> String {
    let root = SyntaxNode::new_root(tree);
    let text = root.text().to_string();
    let leaves = tokens::leaves(&root, &text);
    print::print(build::build(&root, &leaves))
}
