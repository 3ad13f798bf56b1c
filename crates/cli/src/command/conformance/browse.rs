//! `lumen conformance dash` before a person: keys in, screens out.

use std::io;

use conformance::verbs::{self, Options};
use dashboard::{Event, Request, View};
use evidence::snapshot::Snapshot;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{self, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{self, EnterAlternateScreen, LeaveAlternateScreen};
use ratatui::layout::Rect;

use super::Desk;
use crate::ending::{Before, before};
use crate::terminal::Failure;

/// Goes through a snapshot until the person leaves.
///
/// # Errors
/// A terminal that cannot be read or written.
pub fn browse(desk: Desk<'_>, snapshot: &Snapshot) -> Result<(), Failure> {
    let settings = desk.settings()?;
    go(desk, snapshot, &settings).map_err(|error| Failure::io("cannot use the terminal", &error))
}

fn go(desk: Desk<'_>, snapshot: &Snapshot, settings: &Options) -> io::Result<()> {
    let colors = desk.terminal.color_out;
    let _borrowed = Borrowed::take()?;
    let mut screen = Terminal::new(CrosstermBackend::new(io::stdout()))?;
    let size = screen.size()?;
    let (mut view, _) = View::new(snapshot).on(Event::Resize { width: size.width, height: size.height });
    loop {
        screen.draw(|frame| dashboard::draw(&view, frame, colors))?;
        let Some(event) = meaning(&event::read()?) else { continue };
        let (next, request) = view.on(event);
        view = next;
        match request {
            None => {}
            Some(Request::Quit) => return Ok(()),
            Some(Request::Replay { key, lane }) => {
                screen.draw(|frame| dashboard::draw(&view, frame, colors))?;
                let said = match verbs::replay(desk.session, &key, lane, settings) {
                    Ok(replayed) => verbs::replayed_text(&replayed, usize::from(screen.size()?.width)),
                    Err(problem) => format!("{}\n{}", problem.message, problem.help.unwrap_or_default()),
                };
                (view, _) = view.on(Event::Replayed(said));
                // A reference may have written over the screen. Unlike `clear`, this asks the terminal nothing.
                let size = screen.size()?;
                screen.resize(Rect::new(0, 0, size.width, size.height))?;
            }
        }
    }
}

/// The terminal as a screen of cells; given back however this ends, by a signal too. (ratatui's own hook would give it
/// back for a panic that a replay catches, too.)
struct Borrowed {
    _before: Before,
}

impl Borrowed {
    fn take() -> io::Result<Borrowed> {
        let borrowed = Borrowed { _before: before(give_back)? };
        terminal::enable_raw_mode()?;
        execute!(io::stdout(), EnterAlternateScreen)?;
        Ok(borrowed)
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        give_back();
    }
}

fn give_back() {
    let _ = terminal::disable_raw_mode();
    let _ = execute!(io::stdout(), LeaveAlternateScreen, ratatui::crossterm::cursor::Show);
}

/// What the person means, if anything.
fn meaning(event: &event::Event) -> Option<Event> {
    match event {
        event::Event::Resize(width, height) => Some(Event::Resize { width: *width, height: *height }),
        event::Event::Key(key) if key.kind != KeyEventKind::Release => key_meaning(key),
        _ => None,
    }
}

fn key_meaning(key: &KeyEvent) -> Option<Event> {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return (key.code == KeyCode::Char('c')).then_some(Event::Quit);
    }
    Some(match key.code {
        KeyCode::Down | KeyCode::Char('j') => Event::Down,
        KeyCode::Up | KeyCode::Char('k') => Event::Up,
        KeyCode::PageDown | KeyCode::Char(' ') => Event::PageDown,
        KeyCode::PageUp => Event::PageUp,
        KeyCode::Home => Event::First,
        KeyCode::End => Event::Last,
        KeyCode::Enter | KeyCode::Right => Event::Open,
        KeyCode::Esc | KeyCode::Left | KeyCode::Backspace => Event::Back,
        KeyCode::Char('l') => Event::Ledger,
        KeyCode::Char('s') => Event::Sidecars,
        KeyCode::Char('r') => Event::Replay,
        KeyCode::Char('q') => Event::Quit,
        _ => return None,
    })
}
