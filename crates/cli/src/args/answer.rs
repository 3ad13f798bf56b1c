//! In which form a verb answers.

use clap::{Args, ValueEnum};

/// For whom an answer is.
#[derive(Args, Debug, Default)]
pub struct AnswerOptions {
    /// Print the answer as JSON: the same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// For a person, a program, or a server that collects tests
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Form>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    Text,
    Json,
    Junit,
}

impl AnswerOptions {
    /// The form that another answer takes in.
    pub fn as_json(json: bool) -> AnswerOptions {
        AnswerOptions { json, format: None }
    }

    pub fn form(&self) -> Form {
        self.format.unwrap_or(if self.json { Form::Json } else { Form::Text })
    }
}
