//! The blocks of three backticks that document declarations, and the examples in them.

use crate::kind::SyntaxKind;
use crate::lexer::lex;

/// What is said of a declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Documentation {
    /// Where the block begins.
    pub start: u32,
    /// Where the declaration begins, its attributes included; the end of the text where none follows.
    pub of: u32,
    /// Markdown, without the indentation that all its lines have.
    pub text: String,
}

/// An example in a documentation block: Markdown's other fence, `~~~` or `~~~lumen`, whose `~~~output` says what it
/// prints and gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    pub code: String,
    pub output: Option<String>,
    /// The line of the block that the code begins in, from 0.
    pub line: usize,
}

/// All documentation blocks of a source, in order. The last of several before one declaration counts as its own; a
/// block before the first declaration that another block follows is the file's, as the one that ends the text is.
pub fn documentation(text: &str) -> Vec<Documentation> {
    let tokens = lex(text);
    let blocks = tokens.iter().enumerate().filter(|(_, token)| token.kind == SyntaxKind::Doc);
    blocks
        .map(|(at, token)| {
            let after = tokens[at + 1..].iter().find(|token| {
                !matches!(token.kind, SyntaxKind::Whitespace | SyntaxKind::Newline | SyntaxKind::Comment)
            });
            let written = text.get(token.start as usize..token.end as usize).unwrap_or_default();
            let inside = written.trim_start_matches('`').trim_end_matches('`');
            Documentation {
                start: token.start,
                of: after.map_or(text.len() as u32, |token| token.start),
                text: dedented(inside),
            }
        })
        .collect()
}

fn dedented(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let indent = |line: &&str| line.len() - line.trim_start().len();
    let common = lines.iter().skip(1).filter(|line| !line.is_empty()).map(indent).min().unwrap_or(0);
    let cut = |(at, line): (usize, &&str)| match at {
        0 => line.trim_start().to_string(),
        _ => line.get(common..).unwrap_or_default().to_string(),
    };
    let lines: Vec<String> = lines.iter().enumerate().map(cut).collect();
    lines.join("\n").trim_matches('\n').to_string()
}

/// The examples of a documentation block, in order.
pub fn examples(text: &str) -> Vec<Example> {
    let mut found: Vec<Example> = Vec::new();
    let mut open: Option<(&str, usize, Vec<&str>)> = None;
    // Whether the last fence was an example, so that an output belongs to it.
    let mut before = false;
    for (at, line) in text.lines().enumerate() {
        let marks = line.trim().strip_prefix("~~~");
        match (open.take(), marks) {
            (None, Some(info)) => open = Some((info.trim(), at + 1, Vec::new())),
            (None, None) => before &= line.trim().is_empty(),
            (Some((info, line, code)), Some("")) => {
                let mut code = code.join("\n");
                code.push('\n');
                let last = found.last_mut().filter(|last| before && last.output.is_none());
                match (info, last) {
                    ("" | "lumen", _) => found.push(Example { code, output: None, line }),
                    ("output", Some(last)) => last.output = Some(code),
                    _ => {}
                }
                before = matches!(info, "" | "lumen");
            }
            (Some((info, start, mut code)), _) => {
                code.push(line);
                open = Some((info, start, code));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "```\nOf the file.\n```\n\n```\n  Doubles.\n\n  ~~~\n  double(2)\n  ~~~\n\n  ~~~output\n  4\n  ~~~\n```\n\
        @must_use\ncell double(n: Int) -> Int = n * 2\n";

    #[test]
    fn a_block_belongs_to_the_declaration_behind_it() {
        let found = documentation(SOURCE);
        let cell = SOURCE.find("@must_use").unwrap() as u32;
        assert_eq!(found.iter().map(|block| block.of == cell).collect::<Vec<_>>(), [false, true]);
        assert_eq!(found[0].text, "Of the file.");
        assert_eq!(found[1].text, "Doubles.\n\n~~~\ndouble(2)\n~~~\n\n~~~output\n4\n~~~");
    }

    #[test]
    fn an_example_has_the_output_that_stands_behind_it() {
        let found = examples(&documentation(SOURCE)[1].text);
        let wanted = Example { code: "double(2)\n".to_string(), output: Some("4\n".to_string()), line: 3 };
        assert_eq!(found, [wanted]);
        assert_eq!(examples("~~~text\nno code\n~~~\n~~~output\n1\n~~~\n"), []);
        let apart = examples("~~~\n1\n~~~\nWords.\n~~~output\n1\n~~~\n");
        assert_eq!(apart[0].output, None, "words stand between");
    }
}
