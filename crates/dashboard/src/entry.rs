//! Facts as lines of a terminal: a label, what it says, and where it leads.

use evidence::gate::Verdict;
use evidence::report::{Mode, Status};
use report::escape::visible;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::place::Place;

/// Deep values stop moving to the right here, so that there is room for them.
const INDENT_MAX: usize = 16;

/// How an entry is meant. Colour may show it; the words say it all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    #[default]
    Plain,
    Heading,
    Good,
    Bad,
    Open,
}

impl From<Verdict> for Tone {
    fn from(verdict: Verdict) -> Tone {
        match verdict {
            Verdict::Pass => Tone::Good,
            Verdict::Fail => Tone::Bad,
            Verdict::NotEvaluated => Tone::Open,
        }
    }
}

impl From<Status> for Tone {
    fn from(status: Status) -> Tone {
        match status {
            Status::Pass | Status::Allowed => Tone::Good,
            Status::Fail => Tone::Bad,
            Status::NotEvaluated | Status::Retired => Tone::Open,
        }
    }
}

/// What a reader can do with an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Choice<'s> {
    /// Where it leads.
    pub leads: Option<Place<'s>>,
    /// The check that it stands for: packet, case, mode.
    pub check: Option<(&'s str, &'s str, Mode)>,
}

/// One fact: a label in front, and a text that goes on below itself where the width ends.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Entry<'s> {
    pub label: String,
    pub text: String,
    pub tone: Tone,
    pub choice: Option<Choice<'s>>,
}

impl<'s> Entry<'s> {
    pub fn new(label: impl Into<String>, text: impl Into<String>) -> Entry<'s> {
        Entry { label: label.into(), text: text.into(), ..Entry::default() }
    }

    pub fn blank() -> Entry<'s> {
        Entry::default()
    }

    /// A line of a text that has its own indentation.
    pub fn verbatim(line: &str) -> Entry<'s> {
        let text = line.trim_start_matches(' ');
        Entry::new(" ".repeat((line.len() - text.len()).min(INDENT_MAX) + 2), text)
    }

    pub fn heading(text: impl Into<String>) -> Entry<'s> {
        Entry::new("", text).toned(Tone::Heading)
    }

    pub fn toned(self, tone: impl Into<Tone>) -> Entry<'s> {
        Entry { tone: tone.into(), ..self }
    }

    pub fn leading(self, leads: Option<Place<'s>>, check: Option<(&'s str, &'s str, Mode)>) -> Entry<'s> {
        Entry { choice: Some(Choice { leads, check }), ..self }
    }

    /// Lines of at most `width` columns, control characters written out.
    pub fn lines(&self, width: usize) -> Vec<String> {
        let indent = self.label.width();
        let room = width.saturating_sub(indent).max(1);
        let mut lines = wrapped(&visible(&self.text), room);
        if lines.is_empty() {
            lines.push(String::new());
        }
        let front = |n: usize| if n == 0 { self.label.clone() } else { " ".repeat(indent) };
        lines
            .iter()
            .enumerate()
            .map(|(n, line)| format!("{}{line}", front(n)).trim_end().to_string())
            .collect()
    }
}

/// Breaks at spaces; a word longer than a line is cut.
fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut line, mut used) = (String::new(), 0);
    for word in text.split(' ') {
        if !line.is_empty() && used + 1 + word.width() > room {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if !line.is_empty() {
            line.push(' ');
            used += 1;
        }
        for c in word.chars() {
            let width = c.width().unwrap_or(0);
            if used + width > room {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(c);
            used += width;
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}
