//! The layout document: what the printer may break, and where.
//!
//! Indentation is counted from three places. A *unit* is a statement or an element of a broken bracket; its
//! continuation lines stand deeper than it. An *anchor* is a construct with blocks; its bodies stand one level right
//! of the line it starts on, its `end` on the level of that line. A broken bracket indents from the line it opens on.

pub(super) enum Doc<'a> {
    /// A token or a comment, byte for byte; it may hold line breaks.
    Text(&'a str),
    /// A construct that is not taken apart, with the indentation of the line it stood on; lines behind the first are
    /// moved along. `None` where moving would change a string.
    Verbatim(&'a str, Option<usize>),
    Space,
    /// A line break that stays; the level counts from the unit.
    Hard(usize),
    /// A place where the chain may break.
    Soft,
    /// A comment behind code: the line ends here.
    Trailing(&'a str),
    Group(Box<Group<'a>>),
    Chain(Seq<'a>),
    Anchor(Seq<'a>, Inline),
    Unit(Seq<'a>),
    /// A line break of a block; the level counts from the anchor. In a block on one line it is a space, unless
    /// `forced`.
    Break {
        level: usize,
        blank: bool,
        forced: bool,
    },
}

/// Whether the blocks of an anchor stand on its line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Inline {
    Never,
    IfFits,
    /// `if … then … else …` without `end`, and all inside it.
    Always,
}

/// A comment on a line of its own.
#[derive(Clone, Copy)]
pub(super) struct Remark<'a> {
    pub text: &'a str,
    /// An empty line stands before it.
    pub blank: bool,
}

/// Brackets and what they hold.
pub(super) struct Group<'a> {
    pub open: &'a str,
    pub close: &'a str,
    pub elements: Vec<Element<'a>>,
    /// The author broke the line behind the bracket, or a comment stands inside.
    pub broken: bool,
    /// A comma closes the last element when each has its line.
    pub trailing_comma: bool,
    /// The comma that makes a tuple of one.
    pub flat_comma: bool,
    pub open_comment: Option<&'a str>,
    /// Comments before the closing bracket.
    pub closing: Vec<Remark<'a>>,
    pub width: Width,
}

pub(super) struct Element<'a> {
    pub before: Vec<Remark<'a>>,
    pub blank: bool,
    pub doc: Seq<'a>,
    /// A clause of a comprehension has no comma before it.
    pub comma: bool,
    pub after: Option<&'a str>,
}

/// How much of a line something takes when nothing in it breaks.
#[derive(Clone, Copy, Default)]
pub(super) struct Width {
    /// Columns up to the first line break that must be, or all.
    pub flat: usize,
    pub forced: bool,
    /// Columns up to the first place that could break.
    pub lead: usize,
    pub breakable: bool,
}

impl Width {
    pub(super) fn then(self, next: Width) -> Width {
        Width {
            flat: if self.forced { self.flat } else { self.flat + next.flat },
            forced: self.forced || next.forced,
            lead: if self.breakable { self.lead } else { self.lead + next.lead },
            breakable: self.breakable || next.breakable,
        }
    }

    fn solid(flat: usize) -> Width {
        Width { flat, forced: false, lead: flat, breakable: false }
    }

    fn line_break() -> Width {
        Width { flat: 0, forced: true, lead: 0, breakable: true }
    }

    fn text(text: &str) -> Width {
        match text.split_once('\n') {
            Some((first, _)) => Width::solid(first.chars().count()).then(Width::line_break()),
            None => Width::solid(text.chars().count()),
        }
    }
}

/// Parts one after the other.
pub(super) struct Seq<'a> {
    pub docs: Vec<Doc<'a>>,
    pub width: Width,
}

impl<'a> Seq<'a> {
    /// `inline`: the breaks of blocks directly in it are spaces.
    pub(super) fn new(docs: Vec<Doc<'a>>, inline: bool) -> Seq<'a> {
        let width = docs.iter().fold(Width::default(), |w, d| w.then(d.width(inline)));
        Seq { docs, width }
    }
}

impl Doc<'_> {
    pub(super) fn width(&self, inline: bool) -> Width {
        match self {
            Doc::Text(text) | Doc::Verbatim(text, _) => Width::text(text),
            Doc::Space => Width::solid(1),
            Doc::Soft => Width { breakable: true, ..Width::default() },
            Doc::Hard(_) | Doc::Trailing(_) => Width::line_break(),
            Doc::Break { forced: false, .. } if inline => Width::solid(1),
            Doc::Break { .. } => Width::line_break(),
            Doc::Group(group) => group.width,
            Doc::Chain(seq) | Doc::Unit(seq) | Doc::Anchor(seq, _) => seq.width,
        }
    }
}

impl Group<'_> {
    /// Sets the width from the parts.
    pub(super) fn measure(mut self) -> Self {
        let open = self.open.chars().count();
        let inner = self.elements.iter().enumerate().fold(Width::solid(open), |w, (i, e)| {
            w.then(Width::solid(self.separator(i).len())).then(e.doc.width)
        });
        let close = Width::solid(self.close.len() + usize::from(self.flat_comma));
        let all = if self.broken { Width::solid(open).then(Width::line_break()) } else { inner.then(close) };
        let breakable = !self.elements.is_empty() || self.broken;
        self.width = Width {
            lead: if breakable { open } else { all.lead },
            breakable: breakable || all.breakable,
            ..all
        };
        self
    }

    /// What stands before element `index` on a line.
    pub(super) fn separator(&self, index: usize) -> &'static str {
        match self.elements.get(index) {
            Some(e) if index > 0 && e.comma => ", ",
            Some(_) if index > 0 => " ",
            _ => "",
        }
    }

    /// Its only element is itself in brackets, which break instead.
    pub(super) fn hugs(&self) -> bool {
        match self.elements.as_slice() {
            [only] => matches!(only.doc.docs.as_slice(), [Doc::Group(inner)] if !inner.elements.is_empty()),
            _ => false,
        }
    }
}
