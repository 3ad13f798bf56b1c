//! What a second run of a cell's code gave otherwise than the log says.

use prelude::python::{Crossing, Job, Ran};

/// Each difference in words.
pub(crate) fn compare(job: &Job, recorded: &Ran, again: &Ran) -> Vec<String> {
    let mut found = Vec::new();
    let name = &job.name;
    if recorded.interpreter != again.interpreter {
        found.push(format!(
            "Python cell `{name}`: recorded with Python {}, run again with {}",
            recorded.interpreter, again.interpreter
        ));
    }
    if recorded.printed != again.printed {
        found.push(format!("Python cell `{name}`: what it prints is another text than was recorded"));
    }
    match (&recorded.outcome, &again.outcome) {
        (Ok(old), Ok(new)) => {
            for ((output, old), new) in job.outputs.iter().zip(old).zip(new).filter(|((_, a), b)| a != b) {
                let output = &output.name;
                found.push(format!(
                    "Python cell `{name}`, output `{output}`: recorded {}, run again {}",
                    shown(old),
                    shown(new)
                ));
            }
        }
        (old, new) if old == new => {}
        (old, new) => {
            let told = |outcome: &Result<Vec<Crossing>, prelude::python::Raised>| match outcome {
                Ok(_) => "outputs".to_string(),
                Err(raised) => format!("{} {}", raised.code, raised.message),
            };
            found.push(format!("Python cell `{name}`: recorded {}, run again {}", told(old), told(new)));
        }
    }
    found
}

fn shown(value: &Crossing) -> String {
    match value {
        Crossing::Json(text) => {
            let head: String = text.chars().take(80).collect();
            if head.len() < text.len() { format!("{head}…") } else { head }
        }
        Crossing::Table(bytes) => format!("a table of {} bytes", bytes.len()),
    }
}
