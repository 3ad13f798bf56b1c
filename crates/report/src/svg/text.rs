//! How wide text will be, without knowing the reader's font.
//!
//! Widths are those of DejaVu Sans, which is wider than the system fonts a reader is likely to have, rounded up to a
//! few classes. A label that fits here fits there.

use unicode_width::UnicodeWidthChar;

/// Width in pixels at a font size.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(advance).sum::<f64>() * size
}

fn advance(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '\'' | '|' | '.' | ',' | ':' | ';' | '!' | ' ' | 'I' => 0.34,
        'f' | 'r' | 't' | '(' | ')' | '[' | ']' | '/' | '-' | '"' => 0.42,
        'm' | 'w' | 'M' | 'W' | '%' | '@' | '…' => 1.0,
        'a'..='z' | '0'..='9' => 0.64,
        'A'..='Z' => 0.76,
        _ if c.width().unwrap_or(0) > 1 => 1.1,
        _ => 0.85,
    }
}

/// `text` cut with `…` to at most `room` pixels.
pub(super) fn fitted(text: &str, room: f64, size: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut used = width("…", size);
    let kept = text.chars().take_while(|c| {
        used += advance(*c) * size;
        used <= room
    });
    let kept: String = kept.collect();
    format!("{}…", kept.trim_end())
}

/// `text` in at most `lines` lines of `room` pixels, broken at spaces; the last is cut if need be.
pub(super) fn wrapped(text: &str, room: f64, size: f64, lines: usize) -> Vec<String> {
    let mut done: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if width(&longer, size) <= room || line.is_empty() || done.len() + 1 >= lines {
            line = longer;
        } else {
            done.push(std::mem::replace(&mut line, word.to_owned()));
        }
    }
    done.push(line);
    done.iter().map(|line| fitted(line, room, size)).collect()
}
