//! `lumen explain`

use crate::args::ExplainOptions;
use crate::terminal::{Failure, Terminal};

pub fn explain(options: &ExplainOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let Some(code) = &options.code else {
        for (code, page) in checker::explained() {
            terminal.tell(&format!("{}\n", title(code, page)));
        }
        terminal.say("\n`lumen explain CODE` says more, with an example.");
        return Ok(0);
    };
    let code = code.trim().to_uppercase();
    match checker::explain(&code) {
        Some(page) => {
            terminal.tell(&filled(page, terminal.width));
            Ok(0)
        }
        None => {
            let known = checker::explained().map(|(code, _)| code);
            let failure = Failure::usage(format!("there is no page for `{code}`")).code("E0706");
            Err(match syntax::suggest::nearest(&code, known) {
                Some(near) => failure.help(format!("Did you mean `{near}`?")),
                None => failure.help(
                    "Codes look like E0200, W0601 or R0101; diagnostics show theirs in brackets. `lumen explain` \
                     lists them.",
                ),
            })
        }
    }
}

/// The first line of a page, which repeats its code.
fn title<'a>(code: &'a str, page: &'a str) -> &'a str {
    page.lines().next().map_or(code, |line| line.trim_start_matches("# "))
}

/// The page with its paragraphs broken at the width; fences stay as they are.
pub fn filled(page: &str, width: usize) -> String {
    let mut out = String::new();
    let mut used = 0;
    let mut fence: Option<&str> = None;
    for line in page.lines() {
        let marks = &line[..line.len() - line.trim_start_matches('`').len()];
        if marks.len() >= 3 && fence.is_none_or(|open| open == line) {
            fence = if fence.is_none() { Some(marks) } else { None };
        } else if fence.is_none() && !line.is_empty() {
            for word in line.split(' ') {
                let length = word.chars().count();
                if used > 0 && used + 1 + length > width {
                    out.push('\n');
                    used = 0;
                }
                if used > 0 {
                    out.push(' ');
                    used += 1;
                }
                out.push_str(word);
                used += length;
            }
            continue;
        }
        if used > 0 {
            out.push('\n');
            used = 0;
        }
        out.push_str(line);
        out.push('\n');
    }
    if used > 0 {
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::filled;

    #[test]
    fn paragraphs_are_broken_at_the_width_and_fences_are_not() {
        let page =
            "# A title\n\none two three\nfour\n\n````markdown\n```lumen\na long line of code\n```\n````\n";
        let wanted =
            "# A title\n\none two\nthree four\n\n````markdown\n```lumen\na long line of code\n```\n````\n";
        assert_eq!(filled(page, 11), wanted);
    }
}
