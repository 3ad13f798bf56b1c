//! The person in front of the program: width, colour, and how an error is said.

use std::cell::RefCell;
use std::fmt;
use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};

use crate::wrap::fit;

/// What is known of standard output and standard error.
pub struct Terminal {
    pub width: usize,
    pub color_out: bool,
    pub color_err: bool,
    /// Whether the lines of standard output, and of standard error, are broken at the width.
    breaks: (bool, bool),
    /// Why standard output does not hold the whole answer.
    lost: RefCell<Option<io::Error>>,
    /// The answer itself, where it is a part of another one.
    kept: Option<RefCell<String>>,
}

impl Terminal {
    /// `NO_COLOR`, `COLUMNS` and whether the streams are terminals decide.
    pub fn detect() -> Terminal {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty())
            || std::env::var_os("TERM").is_some_and(|t| t == "dumb");
        let width = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok()).or_else(size).unwrap_or(80);
        Terminal {
            width: width.clamp(40, 160),
            color_out: !plain && std::io::stdout().is_terminal(),
            color_err: !plain && std::io::stderr().is_terminal(),
            breaks: (std::io::stdout().is_terminal(), std::io::stderr().is_terminal()),
            lost: RefCell::default(),
            kept: None,
        }
    }

    /// One whose answers are kept, for [`Terminal::kept`].
    pub fn keeping(&self) -> Terminal {
        let Terminal { width, color_out, color_err, breaks, .. } = *self;
        Terminal {
            width,
            color_out,
            color_err,
            breaks,
            lost: RefCell::default(),
            kept: Some(RefCell::default()),
        }
    }

    /// What was answered since; nothing where that went to standard output.
    pub fn kept(&self) -> String {
        self.kept.as_ref().map(RefCell::take).unwrap_or_default()
    }

    /// Whether a person sits before it who can answer with keys.
    pub fn is_interactive(&self) -> bool {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb" || term.is_empty());
        !dumb && std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
    }

    /// Writes to standard output. A reader that closed its pipe has what it wanted; any other failure is kept for
    /// [`Terminal::finish`].
    pub fn out(&self, text: &str) {
        if let Some(kept) = &self.kept {
            kept.borrow_mut().push_str(text);
            return;
        }
        let mut stdout = std::io::stdout().lock();
        if let Err(error) = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            self.lost.borrow_mut().get_or_insert(error);
        }
    }

    /// Writes what a person reads to standard output: where that is a terminal, lines are broken at its width.
    pub fn tell(&self, text: &str) {
        match self.breaks.0 && self.kept.is_none() {
            true => self.out(&fit(text, self.width)),
            false => self.out(text),
        }
    }

    /// Says whether everything that was written to standard output got there.
    ///
    /// # Errors
    /// An output that is cut must not look like a whole one: exit code 5.
    pub fn finish(&self) -> Result<(), Failure> {
        match self.lost.take() {
            Some(error) => Err(Failure::io("cannot write to standard output", &error)
                .help("What a run recorded is kept; only its output is cut.")),
            None => Ok(()),
        }
    }

    /// Writes a line to standard error, broken at the width of a terminal.
    pub fn say(&self, line: &str) {
        match self.breaks.1 {
            true => self.err(&format!("{}\n", fit(line, self.width))),
            false => self.err(&format!("{line}\n")),
        }
    }

    /// Writes to standard error, where nobody can be told that this failed.
    pub fn err(&self, text: &str) {
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }

    pub fn error(&self, error: &Failure) {
        let label = self.paint(&format!("error[{}]", error.code), AnsiColor::Red);
        self.say(&format!("{label}: {}", clean(&error.message)));
        if let Some(help) = &error.help {
            self.say(&format!("  {}: {}", self.paint("help", AnsiColor::Cyan), clean(help)));
        }
    }

    /// Text in bold colour, if standard error shows it.
    pub fn paint(&self, text: &str, color: AnsiColor) -> String {
        painted(text, color, self.color_err)
    }

    /// The same for standard output.
    pub fn paint_out(&self, text: &str, color: AnsiColor) -> String {
        painted(text, color, self.color_out)
    }
}

fn painted(text: &str, color: AnsiColor, colored: bool) -> String {
    if !colored {
        return text.to_string();
    }
    let style = Style::new().bold().fg_color(Some(color.into()));
    format!("{}{text}{}", style.render(), style.render_reset())
}

fn size() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(std::io::stderr())
        .or_else(|_| rustix::termios::tcgetwinsize(std::io::stdout()));
    size.ok().map(|s| usize::from(s.ws_col)).filter(|w| *w > 0)
}

/// Control characters of data never reach the terminal.
pub fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}

/// A command that failed: what `lumen explain` has a page for, message, next step, exit code.
#[derive(Debug)]
pub struct Failure {
    pub code: &'static str,
    pub message: String,
    pub help: Option<String>,
    pub exit: u8,
}

impl Failure {
    /// A failure with one of the documented exit codes, under the code that its kind has where none fits better.
    pub fn new(exit: u8, message: impl Into<String>) -> Failure {
        let code = match exit {
            1 => "R0812",
            4 => "R0811",
            5 => "R0813",
            _ => "E0700",
        };
        Failure { code, message: message.into(), help: None, exit }
    }

    /// Usage or unreadable input.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure::new(2, message)
    }

    /// Input or output failed.
    pub fn storage(message: impl Into<String>) -> Failure {
        Failure::new(5, message)
    }

    pub fn io(what: impl fmt::Display, error: &std::io::Error) -> Failure {
        Failure::storage(format!("{what}: {}", reason(error)))
    }

    /// Another code than the kind's own.
    pub fn code(mut self, code: &'static str) -> Failure {
        self.code = code;
        self
    }

    pub fn help(mut self, help: impl Into<String>) -> Failure {
        self.help = Some(help.into());
        self
    }

    /// What a program reads in place of the answer that it asked for.
    pub fn json(&self) -> serde_json::Value {
        let Failure { code, message, help, exit } = self;
        serde_json::json!({
            "schema": "lumen.error.1", "code": code, "message": message, "help": help, "exit": exit,
        })
    }
}

impl From<recorder::Error> for Failure {
    fn from(error: recorder::Error) -> Failure {
        Failure {
            code: error.explained_as(),
            message: error.message().to_string(),
            help: error.next_step().map(str::to_string),
            exit: error.exit_code(),
        }
    }
}

/// An operating system's reason without its number.
pub fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_string(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_string(),
        std::io::ErrorKind::StorageFull => "the disk is full".to_string(),
        std::io::ErrorKind::QuotaExceeded => "the disk quota is used up".to_string(),
        std::io::ErrorKind::FileTooLarge => "the file would be larger than the system allows".to_string(),
        std::io::ErrorKind::IsADirectory => "it is a folder".to_string(),
        _ => {
            let text = error.to_string();
            text.split(" (os error").next().unwrap_or(&text).to_string()
        }
    }
}
