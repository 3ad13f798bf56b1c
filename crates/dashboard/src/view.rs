//! The interactive dashboard as a state machine: an event gives the next view and at most one request to whoever
//! holds the terminal. Nothing here reads a key, draws or runs a check.

use evidence::mismatch;
use evidence::report::Lane;
use evidence::snapshot::Snapshot;
use report::escape::visible;

use crate::entry::{Choice, Entry, Tone};
use crate::place::Place;
use crate::screen;

/// Columns in front of every line, for the mark of the chosen entry.
pub(crate) const GUTTER: usize = 2;

/// The first row says where the reader is, the last one which keys do something.
const FRAME_ROWS: usize = 2;

/// What a reader does, and what comes back from a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The terminal has this size now.
    Resize {
        /// In columns.
        width: u16,
        /// In rows.
        height: u16,
    },
    /// To the next entry, or a line on.
    Down,
    /// To the entry before, or a line back.
    Up,
    /// A screen on.
    PageDown,
    /// A screen back.
    PageUp,
    /// To the first line.
    First,
    /// To the last line.
    Last,
    /// To where the chosen entry leads.
    Open,
    /// To where the reader came from; from the overview, out.
    Back,
    /// To the ledger.
    Ledger,
    /// To the sidecars.
    Sidecars,
    /// Repeat the chosen check, or the one on the screen.
    Replay,
    /// What the repetition said.
    Replayed(String),
    /// Out.
    Quit,
}

/// What a view asks of whoever holds the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Repeat one check, then send [`Event::Replayed`].
    Replay {
        /// `PACKET/CASE/MODE`
        key: String,
        /// The lane of the run that is shown.
        lane: Lane,
    },
    /// Leave.
    Quit,
}

/// Where a reader is, how they came there, and what they chose on the way.
#[derive(Clone, Debug, PartialEq)]
pub struct View<'s> {
    snapshot: &'s Snapshot,
    before: Vec<Visit<'s>>,
    now: Visit<'s>,
    width: usize,
    height: usize,
    replay: Option<Replay>,
}

/// A look at a place.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Visit<'s> {
    place: Place<'s>,
    /// The chosen entry, counted among those that can be chosen.
    chosen: usize,
    /// The first line shown.
    top: usize,
}

impl<'s> Visit<'s> {
    fn to(place: Place<'s>) -> Visit<'s> {
        Visit { place, chosen: 0, top: 0 }
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Replay {
    key: String,
    /// None while it runs.
    said: Option<String>,
}

/// One line of the body.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line<'s> {
    pub text: String,
    pub tone: Tone,
    /// The choice it belongs to, with its number.
    pub choice: Option<(usize, Choice<'s>)>,
}

impl<'s> View<'s> {
    /// The overview, on 80 columns and 24 rows until a [`Event::Resize`] says otherwise.
    #[must_use]
    pub fn new(snapshot: &'s Snapshot) -> View<'s> {
        let now = Visit::to(Place::Overview);
        View { snapshot, before: Vec::new(), now, width: 80, height: 24, replay: None }
    }

    /// Where the reader is.
    #[must_use]
    pub fn place(&self) -> Place<'s> {
        self.now.place
    }

    /// The view after an event, and what it asks for.
    #[must_use]
    pub fn on(mut self, event: Event) -> (View<'s>, Option<Request>) {
        let mut request = None;
        match event {
            Event::Resize { width, height } => {
                (self.width, self.height) = (usize::from(width), usize::from(height));
                self.scroll_to(self.now.top);
            }
            Event::Down => self.step(true),
            Event::Up => self.step(false),
            Event::PageDown => self.page(self.now.top.saturating_add(self.body_rows())),
            Event::PageUp => self.page(self.now.top.saturating_sub(self.body_rows())),
            Event::First => (self.now.chosen, self.now.top) = (0, 0),
            Event::Last => {
                self.scroll_to(usize::MAX);
                self.now.chosen = choices(&self.lines()).len().saturating_sub(1);
            }
            Event::Open => {
                if let Some(place) = self.choice().and_then(|choice| choice.leads) {
                    self.visit(place);
                }
            }
            Event::Ledger => self.visit(Place::Ledger),
            Event::Sidecars => self.visit(Place::Sidecars),
            Event::Back => {
                self.replay = None;
                match self.before.pop() {
                    Some(visit) => self.now = visit,
                    None => request = Some(Request::Quit),
                }
            }
            Event::Replay => request = self.replay(),
            Event::Replayed(said) => {
                if let Some(replay) = &mut self.replay {
                    replay.said = Some(said);
                }
                self.now.top = 0;
            }
            Event::Quit => request = Some(Request::Quit),
        }
        (self, request)
    }

    fn visit(&mut self, place: Place<'s>) {
        if place != self.now.place {
            self.before.push(std::mem::replace(&mut self.now, Visit::to(place)));
            self.replay = None;
        }
    }

    fn replay(&mut self) -> Option<Request> {
        let check = match self.now.place {
            Place::Mismatch(card, one) => Some((card.packet.as_str(), one.case.as_str(), one.mode)),
            _ => self.choice().and_then(|choice| choice.check),
        };
        let (packet, case, mode) = check?;
        let key = mismatch::key(packet, case, mode);
        self.replay = Some(Replay { key: key.clone(), said: None });
        self.now.top = 0;
        Some(Request::Replay { key, lane: self.snapshot.run.lane })
    }

    /// Chooses the next entry if it is in sight; else moves a line towards it, so that long texts can be read.
    fn step(&mut self, down: bool) {
        let lines = self.lines();
        let choices = choices(&lines);
        let Visit { chosen, top, .. } = self.now;
        let at = choices.get(chosen).copied();
        let end = top + self.body_rows();
        let wanted = match (down, at) {
            (_, None) => None,
            // The chosen entry itself is still to come.
            (true, Some(at)) if at >= end => Some(chosen),
            (false, Some(at)) if at < top => Some(chosen),
            (true, Some(_)) => chosen.checked_add(1),
            (false, Some(_)) => chosen.checked_sub(1),
        };
        let wanted = wanted.and_then(|n| Some((n, *choices.get(n)?)));
        if !wanted.is_some_and(|(_, at)| (top..end).contains(&at)) {
            self.scroll_to(if down { top + 1 } else { top.saturating_sub(1) });
        }
        if let Some((n, at)) = wanted
            && (self.now.top..self.now.top + self.body_rows()).contains(&at)
        {
            self.now.chosen = n;
        }
    }

    /// Moves by a screen and chooses the first entry in sight.
    fn page(&mut self, top: usize) {
        self.scroll_to(top);
        let sight = self.now.top..self.now.top + self.body_rows();
        if let Some(n) = choices(&self.lines()).iter().position(|at| sight.contains(at)) {
            self.now.chosen = n;
        }
    }

    fn scroll_to(&mut self, top: usize) {
        self.now.top = top.min(self.lines().len().saturating_sub(self.body_rows()));
    }

    /// The chosen entry, if it is in sight: nobody opens what they do not see.
    fn choice(&self) -> Option<Choice<'s>> {
        let (_, lines) = self.body();
        lines
            .iter()
            .find_map(|line| line.choice.filter(|(n, _)| *n == self.now.chosen))
            .map(|(_, choice)| choice)
    }

    fn body_rows(&self) -> usize {
        self.height.saturating_sub(FRAME_ROWS).max(1)
    }

    fn lines(&self) -> Vec<Line<'s>> {
        let mut entries = Vec::new();
        if let Some(Replay { key, said }) = &self.replay {
            entries.push(Entry::heading(format!("Replay of {key}")));
            let said = said.as_deref().unwrap_or("running");
            entries.extend(said.lines().map(Entry::verbatim));
            entries.push(Entry::blank());
        }
        entries.extend(screen::entries(self.snapshot, &self.now.place));
        let width = self.width.saturating_sub(GUTTER).max(1);
        let mut lines = Vec::new();
        let mut number = 0;
        for entry in entries {
            let choice = entry.choice.map(|choice| (number, choice));
            number += usize::from(choice.is_some());
            let texts = entry.lines(width).into_iter();
            lines.extend(texts.map(|text| Line { text, tone: entry.tone, choice }));
        }
        lines
    }

    /// The number of lines there are, and those in sight.
    pub(crate) fn body(&self) -> (usize, Vec<Line<'s>>) {
        let lines = self.lines();
        let count = lines.len();
        (count, lines.into_iter().skip(self.now.top).take(self.body_rows()).collect())
    }

    pub(crate) fn is_chosen(&self, line: &Line<'s>) -> bool {
        line.choice.is_some_and(|(n, _)| n == self.now.chosen)
    }

    /// The lines in sight, counted from 1: first, last, all.
    pub(crate) fn position(&self, count: usize) -> String {
        let last = (self.now.top + self.body_rows()).min(count);
        format!("{}-{last} of {count}", (self.now.top + 1).min(count))
    }

    /// Where the reader is, in words.
    pub(crate) fn title(&self) -> String {
        let title = match self.now.place {
            Place::Overview => format!("Conformance / {}", self.snapshot.run.id),
            Place::Ledger => "Conformance / Ledger".to_string(),
            Place::Sidecars => "Conformance / Sidecars".to_string(),
            Place::Packet(card) => format!("Conformance / {}", card.packet),
            Place::Case(card, checks) => {
                let case = checks.first().map_or("", |check| check.case.as_str());
                format!("Conformance / {} / {case}", card.packet)
            }
            Place::Mismatch(card, one) => {
                format!("Conformance / {} / {}, {}", card.packet, one.case, one.mode)
            }
        };
        visible(&title).into_owned()
    }
}

/// The first line of each choice.
fn choices(lines: &[Line<'_>]) -> Vec<usize> {
    let mut firsts = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if line.choice.is_some_and(|(n, _)| n == firsts.len()) {
            firsts.push(at);
        }
    }
    firsts
}
