//! Prints a layout document: one walk, no backtracking, every decision from widths measured before.

use super::doc::{Doc, Group, Inline, Seq};

/// Lines are broken, where they can be, to end at or before this column.
const COLUMNS: usize = 100;
const INDENT: usize = 2;

pub(super) fn print(file: Seq<'_>) -> String {
    let mut printer = Printer {
        out: String::new(),
        column: 0,
        line_indent: 0,
        unit: 0,
        anchor: 0,
        inline: false,
        flat: false,
        line_start: true,
        comment: false,
    };
    printer.seq(&file, 0);
    if !printer.out.is_empty() {
        printer.out.push('\n');
    }
    printer.out
}

struct Printer {
    out: String,
    column: usize,
    /// Levels of the current line.
    line_indent: usize,
    unit: usize,
    anchor: usize,
    /// Blocks of the current anchor stand on its line.
    inline: bool,
    /// Nothing may break.
    flat: bool,
    line_start: bool,
    /// The line ends in a comment.
    comment: bool,
}

impl Printer {
    /// `rest`: columns that follow on the line up to the first place that could break.
    fn seq(&mut self, seq: &Seq<'_>, rest: usize) {
        let mut after = vec![rest; seq.docs.len() + 1];
        let mut until = vec![0; seq.docs.len() + 1];
        let mut ends = vec![false; seq.docs.len() + 1];
        for (i, doc) in seq.docs.iter().enumerate().rev() {
            let width = doc.width(self.inline);
            after[i] = if width.breakable { width.lead } else { width.lead + after[i + 1] };
            (until[i], ends[i]) =
                if width.forced { (width.flat, true) } else { (width.flat + until[i + 1], ends[i + 1]) };
        }
        for (i, doc) in seq.docs.iter().enumerate() {
            if let Doc::Soft = doc {
                let tail = if ends[i + 1] { 0 } else { rest };
                if !self.flat && self.column + until[i + 1] + tail > COLUMNS {
                    self.newline(self.unit + 1);
                }
            } else {
                self.doc(doc, after[i + 1]);
            }
        }
    }

    fn doc(&mut self, doc: &Doc<'_>, rest: usize) {
        match doc {
            Doc::Text(text) => self.text(text),
            Doc::Verbatim(text, indent) => self.verbatim(text, *indent),
            Doc::Space => self.space(),
            Doc::Hard(level) => self.newline(self.unit + level),
            Doc::Soft => {}
            Doc::Trailing(text) => self.trailing(text),
            Doc::Group(group) => self.group(group, rest),
            Doc::Chain(seq) => self.chain(seq, rest),
            Doc::Unit(seq) => {
                let outer = std::mem::replace(&mut self.unit, self.line_indent);
                self.seq(seq, rest);
                self.unit = outer;
            }
            Doc::Anchor(seq, inline) => self.anchored(seq, *inline, rest),
            Doc::Break { forced: false, .. } if self.inline => self.space(),
            Doc::Break { level, blank, .. } => {
                if *blank && !self.out.is_empty() {
                    self.out.push('\n');
                }
                self.newline(self.anchor + level);
            }
        }
    }

    fn text(&mut self, text: &str) {
        if self.comment {
            self.newline(self.unit + 1);
        }
        self.line_start = false;
        self.out.push_str(text);
        match text.rfind('\n') {
            Some(i) => self.column = text[i + 1..].chars().count(),
            None => self.column += text.chars().count(),
        }
    }

    fn space(&mut self) {
        if !self.line_start && !self.comment {
            self.text(" ");
        }
    }

    fn newline(&mut self, indent: usize) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self.out.extend(std::iter::repeat_n(' ', indent * INDENT));
        self.column = indent * INDENT;
        self.line_indent = indent;
        self.line_start = true;
        self.comment = false;
    }

    fn trailing(&mut self, text: &str) {
        if !self.line_start {
            self.text("  ");
        }
        self.text(text);
        self.comment = true;
    }

    fn verbatim(&mut self, text: &str, indent: Option<usize>) {
        let (Some(old), true) = (indent, text.contains('\n')) else { return self.text(text) };
        let new = self.line_indent * INDENT;
        for (i, line) in text.split('\n').enumerate() {
            let line = line.trim_end_matches('\r');
            if i == 0 {
                self.text(line);
                continue;
            }
            self.out.push('\n');
            let body = line.trim_start_matches([' ', '\t']);
            let depth = (line.len() - body.len() + new).saturating_sub(old);
            if !body.is_empty() {
                self.out.extend(std::iter::repeat_n(' ', depth));
                self.out.push_str(body);
            }
            self.column = depth + body.chars().count();
        }
    }

    fn chain(&mut self, seq: &Seq<'_>, rest: usize) {
        let tail = if seq.width.forced { 0 } else { rest };
        if self.flat || self.column + seq.width.flat + tail <= COLUMNS {
            return self.seq(seq, rest);
        }
        for (i, doc) in seq.docs.iter().enumerate() {
            match doc {
                Doc::Soft => self.newline(self.unit + 1),
                _ => {
                    let next = seq.docs[i + 1..].iter().take_while(|d| !matches!(d, Doc::Soft));
                    let mut after = 0;
                    let mut open = true;
                    for doc in next {
                        let width = doc.width(self.inline);
                        after += width.lead;
                        if width.breakable {
                            open = false;
                            break;
                        }
                    }
                    let last = open && !seq.docs[i + 1..].iter().any(|d| matches!(d, Doc::Soft));
                    self.doc(doc, if last { after + rest } else { after });
                }
            }
        }
    }

    fn group(&mut self, group: &Group<'_>, rest: usize) {
        let width = group.width;
        let tail = if width.forced { 0 } else { rest };
        let fits = self.column + width.flat + tail <= COLUMNS;
        let empty = group.elements.is_empty() && group.closing.is_empty() && group.open_comment.is_none();
        if self.flat || empty || (!group.broken && (fits || group.hugs())) {
            self.text(group.open);
            let last = group.elements.len().saturating_sub(1);
            for (i, element) in group.elements.iter().enumerate() {
                match group.separator(i) {
                    "" => {}
                    separator => self.text(separator),
                }
                // Behind an element at least its comma or the bracket follows.
                self.seq(&element.doc, if i == last { rest + 1 + usize::from(group.flat_comma) } else { 1 });
            }
            if group.flat_comma {
                self.text(",");
            }
            return self.text(group.close);
        }
        let (unit, base) = (self.unit, self.line_indent);
        self.text(group.open);
        if let Some(comment) = group.open_comment {
            self.trailing(comment);
        }
        self.unit = base + 1;
        for (i, element) in group.elements.iter().enumerate() {
            self.remarks(&element.before, base + 1, i == 0);
            if element.blank && (i > 0 || !element.before.is_empty()) {
                self.out.push('\n');
            }
            self.newline(base + 1);
            let comma = match group.elements.get(i + 1) {
                Some(next) => next.comma,
                None => group.trailing_comma,
            };
            self.seq(&element.doc, usize::from(comma));
            if comma {
                self.text(",");
            }
            if let Some(comment) = element.after {
                self.trailing(comment);
            }
        }
        self.remarks(&group.closing, base + 1, group.elements.is_empty());
        self.unit = unit;
        self.newline(base);
        self.text(group.close);
    }

    fn remarks(&mut self, remarks: &[super::doc::Remark<'_>], indent: usize, first: bool) {
        for (i, remark) in remarks.iter().enumerate() {
            if remark.blank && (i > 0 || !first) {
                self.out.push('\n');
            }
            self.newline(indent);
            self.text(remark.text);
            self.comment = true;
        }
    }

    fn anchored(&mut self, seq: &Seq<'_>, inline: Inline, rest: usize) {
        let outer = (self.anchor, self.inline, self.flat);
        let tail = if seq.width.forced { 0 } else { rest };
        self.anchor = self.line_indent;
        self.inline = self.flat
            || match inline {
                Inline::Never => false,
                Inline::IfFits => self.column + seq.width.flat + tail <= COLUMNS,
                Inline::Always => true,
            };
        self.flat |= inline == Inline::Always;
        self.seq(seq, rest);
        (self.anchor, self.inline, self.flat) = outer;
    }
}
