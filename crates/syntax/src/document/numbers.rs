//! Numbers in prose that no value produced.

use std::ops::Range;

const MONTHS: &[&str] = &[
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
];

const REFERENCES: &[&str] = &[
    "Figure", "Table", "Section", "Chapter", "Appendix", "Equation", "Step", "Part", "Note", "Fig.", "§",
    "No.",
];

/// Byte ranges of the numbers in a run of prose that the author must bind or mark as given. Dates, years, versions,
/// references, quoted text and digits joined to letters are none.
pub(super) fn unbound(text: &str, heading: bool) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let quoted = quotes(text);
    let mut found = Vec::new();
    let mut i = 0;
    while i < bytes.len() {
        if !bytes[i].is_ascii_digit() {
            i += 1;
            continue;
        }
        let start = i;
        while i < bytes.len() && (bytes[i].is_ascii_digit() || separates(bytes, i)) {
            i += 1;
        }
        let end = i;
        let number = &text[start..end];
        if quoted.iter().any(|q| q.contains(&start))
            || joined(text, start, end)
            || (heading && text[..start].trim().is_empty())
            || is_date(text, start, end)
            || is_reference(&text[..start])
            || is_version(number)
            || (is_year(number) && !text[end..].starts_with('%'))
        {
            // The rest of a word with digits in it (`B-737-300`) is not a number either.
            while i < bytes.len()
                && (bytes[i].is_ascii_alphanumeric() || (bytes[i] == b'-' && joined(text, start, end)))
            {
                i += 1;
            }
            continue;
        }
        found.push(start..end);
    }
    found
}

/// `.`, `,` or `:` between digits belongs to the number.
fn separates(bytes: &[u8], i: usize) -> bool {
    matches!(bytes[i], b'.' | b',' | b'_') && bytes.get(i + 1).is_some_and(u8::is_ascii_digit)
}

fn joined(text: &str, start: usize, end: usize) -> bool {
    let letter = |c: char| c.is_alphabetic() || c == '_';
    let mut before = text[..start].chars().rev();
    let joined_before = match before.next() {
        Some(c) if letter(c) => true,
        Some('-') => before.next().is_some_and(letter),
        _ => false,
    };
    let mut after = text[end..].chars();
    let joined_after = match after.next() {
        Some(c) if letter(c) => true,
        Some('-') => after.next().is_some_and(letter),
        _ => false,
    };
    joined_before || joined_after
}

fn is_year(number: &str) -> bool {
    number.len() == 4 && number.parse::<u32>().is_ok_and(|y| (1900..=2099).contains(&y))
}

/// Two dots or more, `1.2.3`.
fn is_version(number: &str) -> bool {
    number.matches('.').count() >= 2
}

fn is_reference(before: &str) -> bool {
    let word = before.trim_end().rsplit(|c: char| c.is_whitespace()).next().unwrap_or("");
    REFERENCES.contains(&word) || word.ends_with('§') || word == "version"
}

/// `2026-11-21`, `21 November 2026`, `November 21, 2026`, `12:30`.
fn is_date(text: &str, start: usize, end: usize) -> bool {
    let word_start = text[..start].rfind(char::is_whitespace).map_or(0, |i| i + 1);
    let word_end = text[end..].find(char::is_whitespace).map_or(text.len(), |i| end + i);
    let word = text[word_start..word_end].trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let parts: Vec<&str> = word.split('-').collect();
    let iso = (2..=3).contains(&parts.len())
        && parts[0].len() == 4
        && parts[1..].iter().all(|p| p.len() >= 2 && p[..2].bytes().all(|b| b.is_ascii_digit()))
        && is_year(parts[0]);
    if iso {
        return true;
    }
    let day = end - start <= 2;
    let next = text[end..].trim_start_matches([',', ' ', '.']);
    let before = text[..start].trim_end();
    day && (MONTHS.iter().any(|m| next.starts_with(m)) || MONTHS.iter().any(|m| before.ends_with(m)))
}

/// Ranges inside double quotes, straight or curly.
fn quotes(text: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut open: Option<usize> = None;
    for (i, c) in text.char_indices() {
        match (c, open) {
            ('"', Some(start)) | ('\u{201d}', Some(start)) => {
                ranges.push(start..i);
                open = None;
            }
            ('"' | '\u{201c}', None) => open = Some(i),
            _ => {}
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::unbound;

    fn found(text: &str) -> Vec<&str> {
        unbound(text, false).into_iter().map(|r| &text[r]).collect()
    }

    // Source: spec (documents, "Unbound numbers").
    #[test]
    fn figures_are_found_and_exempt_forms_are_not() {
        assert_eq!(found("It was 10.6 % of 10,000 and 7."), ["10.6", "10,000", "7"]);
        assert_eq!(
            found("See Figure 2, H2O, 1999, 2026-11-21, 21 November 2026, 3.1.1, B-737-300, \"42\"."),
            Vec::<&str>::new()
        );
        assert_eq!(found("5% in 1999%"), ["5", "1999"]);
        assert_eq!(unbound("2. Data", true), []);
    }
}
