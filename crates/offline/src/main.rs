//! `offline-model`: trains the model that is kept, or repeats the beginning of its training. What comes of it goes to
//! standard output, where `cargo xtask offline-model` takes it.

use std::io::Write;

use anyhow::{Result, bail};
use data_encoding::HEXLOWER;
use offline::{Reader, Recipe, WEIGHTS, card, digest, score, train, write};

const USAGE: &str = "usage: offline-model train | begin";
/// Steps that a beginning repeats.
const BEGUN: usize = 40;
/// Questions of each kind that the card's scores count.
const QUESTIONS: usize = 300;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["train"] => whole(),
        ["begin"] => {
            println!("{}\n{}", begun()?, blake3::hash(WEIGHTS).to_hex());
            Ok(())
        }
        _ => bail!(USAGE),
    }
}

/// The digest after the first steps, behind their number.
fn begun() -> Result<String> {
    Ok(format!("{BEGUN} {}", digest(&train(&Recipe::KEPT, BEGUN, &mut |_| ())?)?))
}

/// Trains, and prints the beginning, the weights as hexadecimal digits, and the card.
fn whole() -> Result<()> {
    const TOLD: usize = 100;
    let recipe = Recipe::KEPT;
    let mut said = std::io::stderr();
    let network = train(&recipe, recipe.steps, &mut |at| {
        if at.step % TOLD == 0 {
            // Nobody has to listen.
            let _ = writeln!(said, "step {} of {}: loss {:.4}", at.step, recipe.steps, at.loss);
        }
    })?;
    let weights = write(&network, &[("model".to_string(), offline::NAME.to_string())])?;
    let scores = score(&Reader::new(&weights)?, QUESTIONS)?;
    for score in &scores {
        writeln!(
            said,
            "{}: {}/{}, counting words {}",
            score.task.name(),
            score.right,
            score.asked,
            score.counted
        )?;
    }
    let digits = HEXLOWER.encode(&weights);
    let file = blake3::hash(&weights).to_hex();
    println!("{}\n{digits}\n{}", begun()?, card(&recipe, &digest(&network)?, &file, &scores));
    Ok(())
}
