//! The dashboard before a person: a pseudo-terminal gives the keys and takes the screens.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use crate::dashboard::run;

const ROWS: u16 = 30;
const COLUMNS: u16 = 80;

/// A program on a terminal of its own.
struct Session {
    child: Child,
    terminal: File,
    /// Everything that came.
    bytes: Vec<u8>,
}

impl Session {
    fn start(folder: &Path) -> Session {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
        grantpt(&terminal).expect("granted");
        unlockpt(&terminal).expect("unlocked");
        let name = ptsname(&terminal, Vec::new()).expect("its name");
        let path = Path::new(std::ffi::OsStr::from_bytes(name.to_bytes()));
        let other = File::options().read(true).write(true).open(path).expect("its other side");
        let size = Winsize { ws_row: ROWS, ws_col: COLUMNS, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&other, size).expect("its size");
        let side = || OwnedFd::from(other.try_clone().expect("its other side"));
        let child = Command::new(env!("CARGO_BIN_EXE_lumen"))
            .args(["conformance", "dash", "--store", "evidence"])
            .current_dir(folder)
            .env("TERM", "xterm")
            .stdin(side())
            .stdout(side())
            .stderr(side())
            .spawn()
            .expect("the binary starts");
        Session { child, terminal: File::from(terminal), bytes: Vec::new() }
    }

    /// Reads until the screen shows the text; what it shows instead is in the panic.
    fn wait_for(&mut self, text: &str) {
        while !self.screen().contains(text) {
            assert!(self.read(), "it ended, or showed nothing more, without {text:?}:\n{}", self.screen());
        }
    }

    /// Reads what comes; false at the end, or where a program that draws at once is silent for a minute.
    fn read(&mut self) -> bool {
        let mut piece = [0; 4096];
        let minute = Timespec { tv_sec: 60, tv_nsec: 0 };
        let ready = poll(&mut [PollFd::new(&self.terminal, PollFlags::IN)], Some(&minute));
        if ready.expect("a terminal can be polled") == 0 {
            return false;
        }
        // A terminal whose other side is closed ends with an error.
        let read = self.terminal.read(&mut piece).unwrap_or(0);
        self.bytes.extend(&piece[..read]);
        read > 0
    }

    /// Reads to the end; whether the last screen was given back, and lines are lines again.
    fn gave_back(&mut self) -> bool {
        while self.read() {}
        let given_back = b"\x1b[?1049l";
        let modes = tcgetattr(&self.terminal).expect("a terminal has modes").local_modes;
        self.bytes.windows(given_back.len()).any(|bytes| bytes == given_back)
            && modes.contains(LocalModes::ICANON | LocalModes::ECHO)
    }

    fn press(&mut self, key: &str) {
        self.terminal.write_all(key.as_bytes()).expect("a key");
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

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn keys_open_a_packet_and_repeat_a_check() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let status = run(root.path());
    let mut session = Session::start(root.path());
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
        let mut session = Session::start(root.path());
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
