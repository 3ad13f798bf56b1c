//! Who answers for the models of a program: servers that its configuration names, or a cassette.
//!
//! Nothing is opened or sent before the program asks a model, which takes a grant.

use std::path::PathBuf;
use std::sync::Arc;

use provider::{Backoff, Endpoints, Mode, Prices, System};
use recorder::model::{Models, SecretString, Setup, Table, Taped};
use recorder::program::{Loader, Program, folder_of};

use crate::args::ModelOptions;
use crate::project::Project;
use crate::terminal::Failure;
use crate::world::Files;

/// The models of a program; none for one that asks none.
pub fn of(program: &Program, options: &ModelOptions) -> Result<Option<Models>, Failure> {
    let misfit = |what: String| Failure::usage(what).code("E0702");
    let taped = taped(program, options)?;
    if !program.asks_models() {
        return match options.cassette.is_some() {
            true => Err(misfit("--cassette: the program asks no model".to_string())),
            false => Ok(None),
        };
    }
    answering(program.models.clone(), program.seed.unwrap_or_default(), taped).map(Some)
}

/// The models of the nearest manifest upwards, for programs that are entered piece by piece; none without a manifest.
pub fn here() -> Result<Option<Models>, Failure> {
    let Some(folder) = Project::manifest_folder() else { return Ok(None) };
    let path = folder.join(crate::manifest::FILE);
    let name = path.display().to_string();
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Failure::io(format!("cannot read `{name}`"), &error))?;
    let table = Table::read(&[], Some((&name, &text))).map_err(|why| Failure::usage(why).code("E0702"))?;
    answering(table, 0, None).map(Some)
}

/// The models of the nearest manifest above a source, for examples in its documentation.
pub fn beside(path: &str) -> Result<Option<Models>, Failure> {
    let mut folder = folder_of(path);
    loop {
        let name = format!("{folder}{}", crate::manifest::FILE);
        if let Some(bytes) =
            Files.load(&name).map_err(|why| Failure::usage(format!("cannot read `{name}`: {why}")))?
        {
            let text = String::from_utf8(bytes)
                .map_err(|_| Failure::usage(format!("`{name}` is not UTF-8")).code("E0701"))?;
            let table =
                Table::read(&[], Some((&name, &text))).map_err(|why| Failure::usage(why).code("E0702"))?;
            return answering(table, 0, None).map(Some);
        }
        match folder.trim_end_matches('/') {
            "" => return Ok(None),
            inner => folder = folder_of(inner),
        }
    }
}

fn answering(table: Table, seed: u64, taped: Option<Taped>) -> Result<Models, Failure> {
    let prices = Prices::built_in().map_err(|error| Failure::usage(error.message().to_string()))?;
    let setup = Setup {
        secret: Box::new(|name| std::env::var(name).ok().map(SecretString::from)),
        file: Box::new(|path| std::fs::read_to_string(path)),
        clock: Arc::new(System::new()),
        endpoints: Endpoints::process(),
        backoff: Backoff::new(seed),
        prices: Arc::new(prices),
        taped,
    };
    Models::new(table, setup).map_err(Failure::usage)
}

fn taped(program: &Program, options: &ModelOptions) -> Result<Option<Taped>, Failure> {
    let mode = options.cassette_mode.as_deref().map_or(Some(Mode::Replay), Mode::from_name);
    let mode = mode.unwrap_or(Mode::Replay);
    let path = match (&options.cassette, &program.cassette) {
        (Some(file), _) => PathBuf::from(file),
        (None, Some(file)) => PathBuf::from(recorder::model::place(&program.folder(), file)),
        (None, None) if options.cassette_mode.is_none() || mode == Mode::Off => return Ok(None),
        (None, None) => {
            let help = "Say `--cassette FILE`, or name it under `cassette` in the front matter.";
            return Err(Failure::usage(
                "--cassette-mode: nothing says which file is the cassette".to_string(),
            )
            .code("E0702")
            .help(help));
        }
    };
    Ok((mode != Mode::Off).then_some(Taped { path, mode }))
}
