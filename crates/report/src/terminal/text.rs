//! Text measured in terminal columns.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// `text` in at most `columns` columns, its end replaced by `…` where it is longer.
pub(super) fn fitted(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let Some(room) = columns.checked_sub(1) else { return String::new() };
    let mut used = 0;
    let kept = text.chars().take_while(|c| {
        used += c.width().unwrap_or(0);
        used <= room
    });
    kept.chain(std::iter::once('…')).collect()
}

/// `text` filled up with spaces behind it.
pub(super) fn start(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// `text` filled up with spaces in front of it.
pub(super) fn end(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// A line of `columns` columns with each label centred on its place; a label that would touch the one before, or
/// not fit at all, is left out.
pub(super) fn placed<'a>(labels: impl Iterator<Item = (usize, &'a str)>, columns: usize) -> String {
    let mut line = String::new();
    let mut used = 0;
    for (place, label) in labels {
        let width = width(label);
        let begin = place.saturating_sub(width / 2).min(columns.saturating_sub(width));
        let free = if used == 0 { 0 } else { used + 1 };
        if begin < free || width > columns {
            continue;
        }
        line += &" ".repeat(begin - used);
        line += label;
        used = begin + width;
    }
    line
}
