//! Keys and what they lead to.

use dashboard::{Event, Place, Request, View};
use evidence::report::Lane;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::snapshot;

/// The view after events, and the last one's request.
fn after<'s>(view: View<'s>, events: &[Event]) -> (View<'s>, Option<Request>) {
    events.iter().fold((view, None), |(view, _), event| view.on(event.clone()))
}

/// What a terminal of this size holds, a line a row.
fn screen(view: View<'_>, width: u16, height: u16) -> String {
    let (view, _) = view.on(Event::Resize { width, height });
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal in memory");
    terminal.draw(|frame| dashboard::draw(&view, frame, true)).expect("drawn");
    let buffer = terminal.backend().buffer();
    let rows = buffer.content().chunks(usize::from(width).max(1));
    rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>().trim_end().to_string() + "\n")
        .collect()
}

const TALL: Event = Event::Resize { width: 80, height: 60 };

#[test]
fn a_reader_opens_a_packet_a_mismatch_and_goes_back() {
    let snapshot = snapshot();
    let (view, _) = after(View::new(&snapshot), &[TALL, Event::Open]);
    let Place::Packet(card) = view.place() else { panic!("{:?}", view.place()) };
    assert_eq!(card.packet, "FP-P2C-001");
    let (view, _) = after(view, &[Event::Open]);
    assert!(matches!(view.place(), Place::Mismatch(_, one) if one.case == "align/outer"));
    let (view, request) = after(view, &[Event::Back, Event::Back]);
    assert_eq!((view.place(), request), (Place::Overview, None));
    let (_, request) = view.on(Event::Back);
    assert_eq!(request, Some(Request::Quit));
}

#[test]
fn down_goes_from_card_to_card_and_not_past_the_last_choice() {
    let snapshot = snapshot();
    let (view, _) = after(View::new(&snapshot), &[TALL, Event::Down, Event::Open]);
    assert!(matches!(view.place(), Place::Packet(card) if card.packet == "FT-P2C-002"));
    let steps = [TALL, Event::Down, Event::Down, Event::Down, Event::Down, Event::Open];
    let (view, _) = after(View::new(&snapshot), &steps);
    assert_eq!(view.place(), Place::Ledger, "the count of damaged rows leads to the ledger");
}

/// A line at a time, every line of a small screen comes into sight, and what is chosen is in sight to be opened.
#[test]
fn on_a_small_screen_nothing_is_skipped() {
    let snapshot = snapshot();
    let (mut view, _) = View::new(&snapshot).on(Event::Resize { width: 60, height: 6 });
    let mut seen = String::new();
    for _ in 0..60 {
        seen.push_str(&screen(view.clone(), 60, 6));
        (view, _) = view.on(Event::Down);
    }
    for line in dashboard::text(&snapshot, 58).lines() {
        assert!(seen.contains(line), "{line}\n{seen}");
    }
    let (view, request) = view.on(Event::Open);
    assert_eq!((view.place(), request), (Place::Ledger, None));
    let mut view = after(View::new(&snapshot), &[Event::Resize { width: 60, height: 6 }, Event::Open]).0;
    assert_eq!(view.place(), Place::Overview, "a card out of sight is not opened");
    for _ in 0..40 {
        (view, _) = view.on(Event::PageDown);
        (view, _) = view.on(Event::PageUp);
    }
    assert_eq!(screen(view, 60, 6), screen(View::new(&snapshot), 60, 6));
}

#[test]
fn a_key_asks_for_the_replay_of_what_is_chosen() {
    let snapshot = snapshot();
    let key = "FP-P2C-001/align/outer/strict";
    let (packet, _) = after(View::new(&snapshot), &[TALL, Event::Open]);
    let (mismatch, _) = packet.clone().on(Event::Open);
    for view in [packet, mismatch] {
        let (view, request) = view.on(Event::Replay);
        assert_eq!(request, Some(Request::Replay { key: key.into(), lane: Lane::Recorded }));
        assert!(
            screen(view.clone(), 80, 60).contains("Replay of FP-P2C-001/align/outer/strict\n    running")
        );
        let (view, _) = view.on(Event::Replayed("align/outer/strict fail: value\u{1b}[2J\n  row 2".into()));
        let shown = screen(view.clone(), 80, 60);
        assert!(shown.contains("align/outer/strict fail: value\\x1b[2J\n      row 2"), "{shown}");
        let (view, _) = after(view, &[Event::Ledger, Event::Back]);
        assert!(!screen(view, 80, 60).contains("Replay of"), "it goes with the place it belongs to");
    }
    let (_, request) = View::new(&snapshot).on(Event::Replay);
    assert_eq!(request, None, "a card is no check");
}

#[test]
fn screens_at_60_80_and_120_columns() {
    let snapshot = snapshot();
    let expected =
        [include_str!("screens-60.txt"), include_str!("screens-80.txt"), include_str!("screens-120.txt")];
    for (width, expected) in [60, 80, 120].into_iter().zip(expected) {
        let overview = View::new(&snapshot);
        let (packet, _) = after(overview.clone(), &[TALL, Event::Open]);
        let (mismatch, _) = packet.clone().on(Event::Open);
        let (case, _) = after(packet.clone(), &[Event::Down, Event::Down, Event::Open]);
        let screens = [overview, packet, case, mismatch].map(|view| screen(view, width, 40));
        let all = screens.join(&format!("{}\n", "=".repeat(usize::from(width))));
        assert!(all.lines().all(|line| line.chars().count() <= usize::from(width)), "{all}");
        assert!(all.is_ascii(), "{all}");
        assert_eq!(all, expected, "{width} columns:\n{all}");
    }
}

#[test]
fn no_size_of_a_terminal_is_too_small() {
    let snapshot = snapshot();
    for (width, height) in [(0, 0), (1, 1), (2, 2), (3, 40), (200, 1)] {
        screen(after(View::new(&snapshot), &[TALL, Event::Open, Event::Open]).0, width, height);
    }
}
