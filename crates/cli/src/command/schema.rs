//! `lumen schema`

use crate::args::SchemaOptions;
use crate::terminal::{Failure, Terminal};
use crate::world;

pub fn schema(options: &SchemaOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let bytes = world::read_named(&options.file)?;
    let record = prelude::record_of(&options.name, &bytes)
        .map_err(|why| Failure::usage(format!("`{}`: {why}", options.file)).code("E0701"))?;
    terminal.out(&record);
    Ok(0)
}
