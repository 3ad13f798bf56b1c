//! The command line: `export` and `replay`, behind `cargo xtask corpus` and `cargo xtask opinfo`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::bits::{Bits, same_bits};
use crate::export::export;
use crate::folder::corpus_folder;
use crate::run::{Options, run};

const USAGE: &str = "\
usage: corpus export [--dtype float32] [--out DIR] [--operator NAME]...
       corpus replay [--dtype float32] [--operator NAME]... [--messages] [--summary] [--jobs N] [--out FILE]
                     [--corpus DIR] [--at-least N]
       corpus replay --same-bits [--dtype float32] [--operator NAME]... [--corpus DIR]
";

#[derive(Default)]
struct Words {
    dtype: Option<String>,
    operators: Vec<String>,
    out: Option<PathBuf>,
    corpus: Option<PathBuf>,
    messages: bool,
    summary: bool,
    jobs: Option<usize>,
    at_least: usize,
    same_bits: bool,
}

/// Runs a command line. Exit status: 0 done, 1 failed or fewer operators than asked, 2 usage, 3 not evaluated because there is no corpus.
pub fn main(arguments: &[String]) -> ExitCode {
    let Some((command, rest)) = arguments.split_first() else {
        eprint!("{USAGE}");
        return ExitCode::from(2);
    };
    let words = match parsed(rest) {
        Ok(words) => words,
        Err(error) => {
            eprint!("error: {error:#}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let done = match command.as_str() {
        "export" => written(&words),
        "replay" => replayed(&words),
        _ => {
            eprint!("error: there is no command `{command}`\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(1)
    })
}

fn parsed(arguments: &[String]) -> Result<Words> {
    let mut words = Words::default();
    let mut rest = arguments.iter();
    while let Some(word) = rest.next() {
        let mut value = || rest.next().cloned().with_context(|| format!("{word} needs a value"));
        match word.as_str() {
            "--dtype" => words.dtype = Some(value()?),
            "--operator" => words.operators.push(value()?),
            "--out" => words.out = Some(value()?.into()),
            "--corpus" => words.corpus = Some(value()?.into()),
            "--jobs" => words.jobs = Some(value()?.parse().context("--jobs needs a number")?),
            "--at-least" => words.at_least = value()?.parse().context("--at-least needs a number")?,
            "--messages" => words.messages = true,
            "--summary" => words.summary = true,
            "--same-bits" => words.same_bits = true,
            _ => bail!("there is no option {word}"),
        }
    }
    Ok(words)
}

fn written(words: &Words) -> Result<ExitCode> {
    let dtype = words.dtype.as_deref().unwrap_or("float32");
    let folder = match &words.out {
        Some(out) => out.join(dtype),
        None => corpus_folder(dtype)?,
    };
    export(dtype, &folder, &words.operators)?;
    println!("the corpus is {}", folder.display());
    Ok(ExitCode::SUCCESS)
}

fn replayed(words: &Words) -> Result<ExitCode> {
    let dtype = words.dtype.as_deref().unwrap_or("float32");
    let folder = match &words.corpus {
        Some(corpus) => corpus.join(dtype),
        None => corpus_folder(dtype)?,
    };
    let jobs = words.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let options = Options { folder, dtype: dtype.to_string(), operators: words.operators.clone(), jobs };
    // A panic is an outcome here; its text stands in the report.
    std::panic::set_hook(Box::new(|_| {}));
    let absent = || {
        eprintln!(
            "not evaluated: there is no corpus in {}; `cargo xtask corpus --dtype {dtype}` makes it",
            options.folder.display()
        );
        Ok(ExitCode::from(3))
    };
    if words.same_bits {
        return same_bits(&options)?.map_or_else(absent, |bits| compared(&bits));
    }
    let board = run(&options)?;
    drop(std::panic::take_hook());
    let Some(board) = board else { return absent() };
    if let Some(out) = &words.out {
        std::fs::write(out, serde_json::to_vec_pretty(&board.to_json())?)
            .with_context(|| format!("cannot write {}", out.display()))?;
    }
    if !words.summary {
        print!("{}", board.lines(words.messages));
    }
    if words.summary || words.operators.is_empty() {
        print!("{}", board.summary());
    }
    if board.passed() < words.at_least {
        bail!("expected at least {} operators that pass, found {}", words.at_least, board.passed());
    }
    Ok(ExitCode::SUCCESS)
}

fn compared(bits: &Bits) -> Result<ExitCode> {
    for (operator, sample) in &bits.differing {
        println!("{operator}: sample {sample} differs between 1, 2 and 4 threads");
    }
    println!("{} samples under 1, 2 and 4 threads: {} operators differ", bits.samples, bits.differing.len());
    if bits.samples == 0 || !bits.differing.is_empty() {
        bail!("expected the same bits for any number of threads");
    }
    Ok(ExitCode::SUCCESS)
}
