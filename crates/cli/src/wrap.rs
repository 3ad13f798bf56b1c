//! Lines broken at a terminal's width.
//!
//! A line goes on below where its text began: behind the bar of an excerpt, behind the `help:` of a message, or a
//! little to the right of its own indentation. A line of source in an excerpt is cut, and so are the marks below it.

/// A text whose lines are at most so wide, as far as colours take no room.
pub fn fit(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (body, end) = match line.strip_suffix('\n') {
            Some(body) => (body, "\n"),
            None => (line, ""),
        };
        if wide(body) <= width {
            out.push_str(body);
        } else {
            broken(body, width, &mut out);
        }
        out.push_str(end);
    }
    out
}

fn broken(line: &str, width: usize, out: &mut String) {
    let plain: String = pieces(line).filter(|(_, room)| *room > 0).map(|(piece, _)| piece).collect();
    if is_source(&plain) {
        return cut(line, width, "…", out);
    }
    let prefix = prefix(&plain, width);
    let indented = line.len() - line.trim_start_matches(' ').len();
    let (spaces, line) = line.split_at(indented.min(width / 2));
    out.push_str(spaces);
    let has_bar = plain.trim_start().starts_with('|');
    let (mut used, mut begins) = (spaces.len(), true);
    for word in line.split_inclusive(' ') {
        let bare = word.trim_end_matches(' ');
        if has_bar && used < width && used + wide(bare) > width && is_marks(bare) {
            cut(bare, width - used, "", out);
            used = width;
            continue;
        }
        if !begins && used + wide(bare) > width {
            trim(out);
            out.push('\n');
            out.push_str(&prefix);
            used = prefix.len();
        }
        begins = false;
        for (piece, room) in pieces(word) {
            // What is longer than a line is cut, and a blank at the end of one is left out.
            if used + room > width {
                if piece == " " {
                    continue;
                }
                out.push('\n');
                out.push_str(&prefix);
                used = prefix.len();
            }
            out.push_str(piece);
            used += room;
        }
    }
    trim(out);
}

/// Whether a line is one of an excerpt, with its number.
fn is_source(plain: &str) -> bool {
    let line = plain.trim_start();
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.len() < line.len() && [" | ", " + ", " - ", " ~ "].iter().any(|mark| rest.starts_with(mark))
}

/// Whether a word marks a place in the line of source above.
fn is_marks(word: &str) -> bool {
    pieces(word).all(|(piece, room)| room == 0 || piece == "^" || piece == "-")
}

/// As much of a line as there is room for, with what says that there is more.
fn cut(line: &str, width: usize, more: &str, out: &mut String) {
    let mut room = width.saturating_sub(wide(more));
    let mut is_cut = false;
    for (piece, wide) in pieces(line) {
        if wide == 0 || (!is_cut && wide <= room) {
            out.push_str(piece);
            room -= wide;
        } else if !is_cut {
            out.push_str(more);
            is_cut = true;
        }
    }
}

fn trim(out: &mut String) {
    out.truncate(out.trim_end_matches(' ').len());
}

/// What stands before the rest of a line.
fn prefix(plain: &str, width: usize) -> String {
    let blank = |c: char| c == ' ' || c.is_ascii_digit();
    let head = plain.len() - plain.trim_start_matches(blank).len();
    let rest = plain.get(head..).unwrap_or_default();
    let prefix = if rest.starts_with("| ") {
        format!("{}|   ", " ".repeat(head))
    } else {
        let said = ["= help: ", "= note: ", "help: ", "note: "].iter().find(|mark| rest.starts_with(**mark));
        let indented = plain.len() - plain.trim_start_matches(' ').len();
        " ".repeat(said.map_or(indented + 2, |mark| head + mark.len()))
    };
    if prefix.len() > width / 2 { "  ".to_string() } else { prefix }
}

fn wide(text: &str) -> usize {
    pieces(text).map(|(_, room)| room).sum()
}

/// Characters, and what sets colours, which takes no room.
fn pieces(text: &str) -> impl Iterator<Item = (&str, usize)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let escape = rest.strip_prefix("\x1b[").and_then(|code| code.find(|c: char| c.is_ascii_alphabetic()));
        let (len, room) = escape.map_or((first.len_utf8(), 1), |at| (at + 3, 0));
        let (piece, after) = rest.split_at(len);
        rest = after;
        Some((piece, room))
    })
}

#[cfg(test)]
mod tests {
    use super::fit;

    #[test]
    fn a_line_goes_on_where_its_text_began() {
        assert_eq!(fit("one two three\nfour\n", 9), "one two\n  three\nfour\n");
        assert_eq!(fit("  one two three", 11), "  one two\n    three");
        assert_eq!(fit("  = help: one two three", 18), "  = help: one two\n  three");
        assert_eq!(fit("  = help: one two three four", 24), "  = help: one two three\n          four");
        assert_eq!(fit("   |  ^^^ one two three", 18), "   |  ^^^ one two\n   |   three");
    }

    #[test]
    fn an_excerpt_is_cut() {
        assert_eq!(fit("12 | let word = 3", 12), "12 | let wo…");
        assert_eq!(fit("   | ^^^^^^^^^^^^^^^^^ one", 16), "   | ^^^^^^^^^^^\n   |   one");
    }

    #[test]
    fn what_has_no_blank_is_cut_and_colours_take_no_room() {
        assert_eq!(fit("abcdefghij", 4), "abcd\n  ef\n  gh\n  ij");
        assert_eq!(fit("\x1b[1mone two\x1b[0m three", 8), "\x1b[1mone two\x1b[0m\n  three");
        assert_eq!(fit("é é é é", 4), "é é\n  é\n  é");
    }
}
