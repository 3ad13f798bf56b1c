//! A program on a pseudo-terminal of its own, which gives it keys and takes what it shows.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Child, Command};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

pub const ROWS: u16 = 30;
pub const COLUMNS: u16 = 80;

pub struct Session {
    pub child: Child,
    pub terminal: File,
    /// Everything that came.
    pub bytes: Vec<u8>,
    /// How much of it was waited for.
    seen: usize,
}

impl Session {
    pub fn start(folder: &Path, args: &[&str], variables: &[(&str, &Path)]) -> Session {
        Session::wide(COLUMNS, folder, args, variables)
    }

    /// On a terminal with so many columns.
    pub fn wide(columns: u16, folder: &Path, args: &[&str], variables: &[(&str, &Path)]) -> Session {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
        grantpt(&terminal).expect("granted");
        unlockpt(&terminal).expect("unlocked");
        let name = ptsname(&terminal, Vec::new()).expect("its name");
        let path = Path::new(std::ffi::OsStr::from_bytes(name.to_bytes()));
        let other = File::options().read(true).write(true).open(path).expect("its other side");
        let size = Winsize { ws_row: ROWS, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&other, size).expect("its size");
        let side = || OwnedFd::from(other.try_clone().expect("its other side"));
        // As a terminal starts it, also where the tests run under `nohup`.
        let child = Command::new("env")
            .args(["--default-signal=HUP", env!("CARGO_BIN_EXE_lumen")])
            .args(args)
            .current_dir(folder)
            .env("TERM", "xterm")
            .env_remove("COLUMNS")
            .envs(variables.iter().copied())
            .stdin(side())
            .stdout(side())
            .stderr(side())
            .spawn()
            .expect("the binary starts");
        Session { child, terminal: File::from(terminal), bytes: Vec::new(), seen: 0 }
    }

    /// Reads what comes; false at the end, or where a program that draws at once is silent for a minute.
    pub fn read(&mut self) -> bool {
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

    pub fn press(&mut self, keys: &str) {
        self.terminal.write_all(keys.as_bytes()).expect("a key");
    }

    /// Reads until the text came, behind what was waited for before.
    pub fn until(&mut self, text: &str) {
        loop {
            let new = self.bytes.get(self.seen..).unwrap_or_default();
            if let Some(at) = new.windows(text.len()).position(|part| part == text.as_bytes()) {
                self.seen += at + text.len();
                return;
            }
            let shown = String::from_utf8_lossy(&self.bytes).into_owned();
            assert!(self.read(), "it ended, or showed nothing more, without {text:?}:\n{shown}");
        }
    }

    /// Waits for the end, and gives the exit code.
    pub fn end(mut self) -> i32 {
        while self.read() {}
        self.child.wait().expect("it ends").code().unwrap_or(-1)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
