//! `lumen fmt`

use std::io::Read;
use std::path::Path;

use report::format::counted;
use syntax::document::is_document;

use crate::args::FmtOptions;
use crate::project::sources;
use crate::terminal::{Failure, Terminal};
use crate::world;

pub fn fmt(options: &FmtOptions, terminal: &Terminal) -> Result<u8, Failure> {
    if options.stdin {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .map_err(|e| Failure::io("cannot read standard input", &e))?;
        let document = options.files.first().is_some_and(|f| is_document(f)) || text.starts_with("---\n");
        let formatted = format(&text, document).map_err(|why| Failure::new(1, why).code("E0701"))?;
        terminal.out(&formatted);
        return Ok(0);
    }
    let files = sources(&options.files)?;
    let (mut changed, mut faulty) = (0, 0);
    for file in &files {
        let text = String::from_utf8(world::read_named(file)?)
            .map_err(|_| Failure::usage(format!("`{file}` is not UTF-8")).code("E0701"))?;
        match format(&text, is_document(file)) {
            Ok(new) if new == text => {}
            Ok(new) => {
                changed += 1;
                terminal.out(&format!("{file}\n"));
                if !options.check {
                    world::save(Path::new(file), new.as_bytes())?;
                }
            }
            Err(why) => {
                faulty += 1;
                terminal.say(&format!("{file}: {why}"));
            }
        }
    }
    let verb = if options.check { "would change" } else { "formatted" };
    terminal.say(&format!("{}, {changed} {verb}.", counted(files.len(), "file")));
    Ok(u8::from(faulty > 0 || (options.check && changed > 0)))
}

fn format(text: &str, document: bool) -> Result<String, String> {
    let formatted =
        if document { syntax::format::format_document(text) } else { syntax::format::format_source(text) };
    formatted.map_err(|diagnostics| {
        let codes = diagnostics.iter().map(|d| d.code).collect::<Vec<_>>().join(", ");
        format!("not formatted: it does not parse ({codes}); `lumen check` shows where")
    })
}
