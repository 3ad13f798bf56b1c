//! The session's own commands, which begin with a colon.

use syntax::is_incomplete;

use crate::terminal::Failure;

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meta {
    Help,
    Type(String),
    Load(String),
    Env,
    Reset,
    Time(String),
    Doc(String),
    History,
    Quit,
}

/// Name, argument, and what it does.
const COMMANDS: &[(&str, &str, &str)] = &[
    ("help", "", "this list"),
    ("type", "EXPRESSION", "the type of an expression, which is not carried out"),
    ("load", "FILE", "enter a whole file"),
    ("env", "", "what is declared, and all variables with their types"),
    ("reset", "", "begin anew, with nothing defined"),
    ("time", "CODE", "carry code out and say how long it took"),
    ("doc", "NAME", "what a builtin, a type, a method or a code is"),
    ("history", "", "what was entered"),
    ("quit", "", "end the session, as the end of input does"),
];

pub fn names() -> impl Iterator<Item = &'static str> {
    COMMANDS.iter().map(|(name, _, _)| *name)
}

pub fn help() -> String {
    let line = |(name, argument, what): &(&str, &str, &str)| {
        format!("{:<18} {what}\n", format!(":{name} {argument}"))
    };
    let lines: String = COMMANDS.iter().map(line).collect();
    format!("Code is carried out as it is entered; a block that is not closed asks on.\n\n{lines}")
}

/// Whether an entry stops in the middle, and goes on with the next line.
pub fn goes_on(text: &str) -> bool {
    let Some(command) = text.trim_start().strip_prefix(':') else { return is_incomplete(text) };
    let takes_code = |name: &str| matches!(name, "type" | "time");
    command
        .split_once(char::is_whitespace)
        .is_some_and(|(name, code)| takes_code(name) && is_incomplete(code))
}

impl Meta {
    /// Reads what stands behind the colon.
    ///
    /// # Errors
    /// An unknown command, an argument that is missing or one too many.
    pub fn parse(text: &str) -> Result<Meta, Failure> {
        let (name, argument) = text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
        let argument = argument.trim();
        let Some((name, wants, _)) = COMMANDS.iter().find(|(known, _, _)| *known == name) else {
            let failure = Failure::usage(format!("there is no command `:{name}`")).code("E0702");
            return Err(match syntax::suggest::nearest(name, names()) {
                Some(near) => failure.help(format!("Did you mean `:{near}`?")),
                None => failure.help("`:help` lists them."),
            });
        };
        if wants.is_empty() != argument.is_empty() {
            let wanted =
                if wants.is_empty() { "no argument".to_string() } else { format!("`:{name} {wants}`") };
            let found = if argument.is_empty() { "none".to_string() } else { format!("`{argument}`") };
            return Err(Failure::usage(format!("`:{name}` expects {wanted}, found {found}")).code("E0702"));
        }
        let argument = argument.to_string();
        Ok(match *name {
            "type" => Meta::Type(argument),
            "load" => Meta::Load(argument),
            "env" => Meta::Env,
            "reset" => Meta::Reset,
            "time" => Meta::Time(argument),
            "doc" => Meta::Doc(argument),
            "history" => Meta::History,
            "quit" => Meta::Quit,
            _ => Meta::Help,
        })
    }
}
