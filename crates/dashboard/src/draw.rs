//! A view in the cells of a terminal.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use unicode_width::UnicodeWidthStr;

use crate::entry::Tone;
use crate::view::{GUTTER, View};

/// The keys by importance: what does not fit is left out from the end.
const KEYS: &[&str] =
    &["enter open", "esc back", "r replay", "q quit", "arrows move", "l ledger", "s sidecars"];

/// Draws a view. Its size is that of the last [`Event::Resize`](crate::Event::Resize); what the frame does not hold is
/// cut. Without `colors` only bold and reversed cells are used; words carry every verdict either way.
pub fn draw(view: &View<'_>, frame: &mut Frame<'_>, colors: bool) {
    let area = frame.area();
    let (count, lines) = view.body();
    put(frame, area, 0, 0, &view.title(), Style::new().add_modifier(Modifier::BOLD));
    for (row, line) in (1..).zip(&lines) {
        if row + 1 >= area.height {
            break;
        }
        let chosen = view.is_chosen(line);
        let mut style = style(line.tone, colors);
        if chosen {
            style = style.add_modifier(Modifier::REVERSED);
            put(frame, area, 0, row, ">", Style::new());
        }
        put(frame, area, u16::try_from(GUTTER).unwrap_or(0), row, &line.text, style);
    }
    if let Some(last) = area.height.checked_sub(1).filter(|last| *last > 0) {
        put(frame, area, 0, last, &footer(&view.position(count), usize::from(area.width)), Style::new());
    }
}

fn put(frame: &mut Frame<'_>, area: Rect, x: u16, y: u16, text: &str, style: Style) {
    if x < area.width && y < area.height {
        let room = usize::from(area.width - x);
        frame.buffer_mut().set_stringn(area.x + x, area.y + y, text, room, style);
    }
}

/// The keys that fit, and the position at the right edge.
fn footer(position: &str, width: usize) -> String {
    let room = width.saturating_sub(position.width() + 2);
    let mut keys = String::new();
    for key in KEYS {
        let gap = if keys.is_empty() { "" } else { "  " };
        if keys.width() + gap.len() + key.width() > room {
            break;
        }
        keys.push_str(gap);
        keys.push_str(key);
    }
    let padding = width.saturating_sub(keys.width() + position.width());
    format!("{keys}{}{position}", " ".repeat(padding))
}

fn style(tone: Tone, colors: bool) -> Style {
    let style = Style::new();
    let color = match tone {
        Tone::Plain => return style,
        Tone::Heading => return style.add_modifier(Modifier::BOLD),
        Tone::Good => Color::Green,
        Tone::Bad => Color::Red,
        Tone::Open => Color::Yellow,
    };
    if colors { style.fg(color) } else { style }
}
