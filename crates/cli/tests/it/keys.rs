//! The dashboard before a person: a pseudo-terminal gives the keys and takes the screens.

use std::os::unix::process::ExitStatusExt;

use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{LocalModes, tcgetattr};

use crate::dashboard::run;
use crate::pty::{COLUMNS, ROWS, Session};

const DASHBOARD: &[&str] = &["conformance", "dash", "--store", "evidence"];

impl Session {
    /// Reads until the screen shows the text; what it shows instead is in the panic.
    fn wait_for(&mut self, text: &str) {
        while !self.screen().contains(text) {
            assert!(self.read(), "it ended, or showed nothing more, without {text:?}:\n{}", self.screen());
        }
    }

    /// Reads to the end; whether the last screen was given back, and lines are lines again.
    fn gave_back(&mut self) -> bool {
        while self.read() {}
        let given_back = b"\x1b[?1049l";
        let modes = tcgetattr(&self.terminal).expect("a terminal has modes").local_modes;
        self.bytes.windows(given_back.len()).any(|bytes| bytes == given_back)
            && modes.contains(LocalModes::ICANON | LocalModes::ECHO)
    }

    /// What a terminal shows that knows how to place the cursor and to clear.
    fn screen(&self) -> String {
        let blank = vec![vec![' '; usize::from(COLUMNS)]; usize::from(ROWS)];
        let mut cells = blank.clone();
        let (mut row, mut column) = (0, 0);
        for part in format!("m{}", String::from_utf8_lossy(&self.bytes)).split("\u{1b}[") {
            // Numbers, a letter that says what they are for, then what is shown.
            let letter = part.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(part.len());
            let (numbers, rest) = part.split_at(letter);
            let mut rest = rest.chars();
            match rest.next() {
                Some('H') => {
                    let mut numbers =
                        numbers.split(';').map(|n| n.parse::<usize>().unwrap_or(1).saturating_sub(1));
                    (row, column) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
                }
                Some('J') => cells.clone_from(&blank),
                _ => {}
            }
            for c in rest {
                if let Some(cell) = cells.get_mut(row).and_then(|cells| cells.get_mut(column)) {
                    *cell = c;
                }
                column += 1;
            }
        }
        cells
            .into_iter()
            .map(|row| row.into_iter().collect::<String>().trim_end().to_string() + "\n")
            .collect()
    }
}

#[test]
fn keys_open_a_packet_and_repeat_a_check() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let status = run(root.path());
    let mut session = Session::start(root.path(), DASHBOARD, &[]);
    session.wait_for("Conformance: ");
    session.wait_for("q quit");
    session.press("\r");
    session.wait_for("Conformance / FP-P2C-001\n");
    session.wait_for("  Checks\n>   align-01, strict: pass, value\n");
    session.press("r");
    session.wait_for("  Replay of FP-P2C-001/align-01/strict\n    align-01/strict pass: value\n");
    session.press("l");
    session.wait_for("The chain is whole over the rows shown.");
    session.press("\u{3}");
    let ended = session.child.wait().expect("it ends");
    assert_eq!(ended.code(), Some(status), "its exit status is the run's");
    assert!(session.gave_back(), "{}", session.screen());
}

#[test]
fn a_signal_ends_it_and_gives_the_terminal_back() {
    let root = tempfile::tempdir().expect("a temporary folder");
    run(root.path());
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let mut session = Session::start(root.path(), DASHBOARD, &[]);
        session.wait_for("q quit");
        let modes = tcgetattr(&session.terminal).expect("a terminal has modes").local_modes;
        assert!(!modes.contains(LocalModes::ICANON), "keys come one by one while it runs");
        let process = Pid::from_child(&session.child);
        kill_process(process, signal).expect("a signal is sent");
        let ended = session.child.wait().expect("it ends");
        assert_eq!(ended.signal(), Some(signal.as_raw()), "whoever sent it sees that it worked");
        assert!(session.gave_back(), "{}", session.screen());
    }
}
