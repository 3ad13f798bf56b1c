//! `lumen schema`

use recorder::tool::{mcp, server};

use crate::args::SchemaOptions;
use crate::manifest;
use crate::project::Project;
use crate::terminal::{Failure, Terminal};
use crate::{tool, world};

pub fn schema(options: &SchemaOptions, terminal: &Terminal) -> Result<u8, Failure> {
    if let Some(name) = &options.server {
        return of_server(name, terminal);
    }
    let file = options.file.as_deref().unwrap_or_default();
    let bytes = world::read_named(file)?;
    let record = prelude::record_of(&options.name, &bytes)
        .map_err(|why| Failure::usage(format!("`{file}`: {why}")).code("E0701"))?;
    terminal.out(&record);
    Ok(0)
}

/// What the tools of a server take and give: checking a program reads that and starts nothing.
fn of_server(name: &str, terminal: &Terminal) -> Result<u8, Failure> {
    let folder = Project::manifest_folder();
    let none = || {
        let message = format!("no lumen.toml names the server `{name}`");
        Failure::usage(message)
            .code("E0701")
            .help(format!("`[tools.{name}]` there says which program it is."))
    };
    let folder = folder.ok_or_else(none)?;
    let path = folder.join(manifest::FILE);
    let text = world::read_named(&path.display().to_string())?;
    let wrong = |why: String| Failure::usage(why).code("E0701");
    let text = String::from_utf8(text).map_err(|_| wrong(format!("`{}` is not UTF-8", path.display())))?;
    let server = server(&text, name).map_err(wrong)?.ok_or_else(none)?;
    let file = server.schema.clone();
    let at = format!("{}/", folder.display());
    let tools = tool::mcp::tools(server.provider(String::new(), None, at)).map_err(|failed| {
        let message = format!("the server `{name}` does not say which tools it has: {}", failed.why);
        Failure::new(6, message).code(failed.code)
    })?;
    let count = tools.len();
    let written = mcp::file(tools);
    match file {
        None => terminal.out(&written),
        Some(file) => {
            world::save(&folder.join(&file), written.as_bytes())?;
            terminal.say(&format!("Wrote {count} tools to {file}."));
        }
    }
    Ok(0)
}
