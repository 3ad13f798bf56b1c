//! Whether a text stops in the middle: who types it line by line is then asked for more.

use crate::ast::NodeIds;
use crate::parser::parse;
use crate::text::FileId;

/// Whether the text would parse if it went on: a block without its `end`, an open bracket or text of several lines, an
/// operator without its right side. A text with any other fault is complete, and wrong.
pub fn is_incomplete(text: &str) -> bool {
    let parsed = parse(FileId(0), text, &mut NodeIds::default());
    let end = text.trim_end().len() as u32;
    let mut errors = parsed.diagnostics.iter().filter(|found| found.is_error()).peekable();
    errors.peek().is_some()
        && errors.all(|found| {
            let opens_many_lines = || {
                let rest = text.get(found.span.start as usize..).unwrap_or_default();
                rest.starts_with("\"\"\"") || rest.starts_with("r\"\"\"") || rest.starts_with("```")
            };
            match found.code {
                "E0013" => true,
                "E0002" => opens_many_lines(),
                _ => found.span.start >= end,
            }
        })
}

#[cfg(test)]
mod tests {
    use super::is_incomplete;

    #[test]
    fn what_stops_in_the_middle_goes_on() {
        for text in [
            "cell f(n: Int) -> Int",
            "cell f(n: Int) -> Int\n  n + 1",
            "if true\n  1\nelse",
            "let xs = [1,\n  2,",
            "print(1,",
            "let a = 1 +",
            "let s = \"\"\"one\ntwo",
            "match 1\n  1 -> 2",
            "record Point",
            "let a =",
        ] {
            assert!(is_incomplete(text), "{text}");
        }
    }

    #[test]
    fn what_is_whole_or_wrong_does_not() {
        for text in [
            "",
            "1 + 1",
            "cell f() -> Int = 1",
            "if true then 1 else 2",
            "let xs = [1, 2]",
            "print(1))",
            "let s = \"one",
            "let 1 = ,\nlet b = [",
            "end",
            "# a comment (",
        ] {
            assert!(!is_incomplete(text), "{text}");
        }
    }
}
