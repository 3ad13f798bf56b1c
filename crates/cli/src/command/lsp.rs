//! `lumen lsp`

use std::path::Path;

use ide::Analysis;
use lsp::{Compile, Connection, serve};
use recorder::program::{Loader, Settings};

use super::check::{analysed, compile_with_tests};
use crate::args::LspOptions;
use crate::project::sources_below;
use crate::terminal::Failure;
use crate::world::Files;

/// Serves the editor that started the process. There is one way to talk: who asks for it by name gets it as well.
pub fn lsp(LspOptions { stdio: _ }: &LspOptions) -> Result<u8, Failure> {
    let (connection, threads) = Connection::stdio();
    let served = serve(&connection, &mut Programs);
    // The writing thread ends when nobody can send any more.
    drop(connection);
    let joined = threads.join();
    served.map_err(|why| Failure::new(5, why.to_string()))?;
    joined.map_err(|why| Failure::io("cannot talk to the editor", &why))?;
    Ok(0)
}

/// Programs as `lumen check` and `lumen lint` see them.
struct Programs;

impl Compile for Programs {
    fn analyse(&mut self, path: &str, open: &dyn Fn(&str) -> Option<String>) -> Result<Analysis, String> {
        let settings = Settings { sniff: true, without_code: true, ..Settings::default() };
        let program = compile_with_tests(path, &mut Texts { open }, &settings).map_err(|why| why.message)?;
        Ok(analysed(program))
    }

    fn files(&mut self, folder: &str) -> Result<Vec<String>, String> {
        sources_below(Path::new(folder)).map_err(|why| why.message)
    }

    fn text(&mut self, path: &str) -> Option<String> {
        String::from_utf8(Files.load(path).ok()??).ok()
    }
}

/// What the editor holds, and files for the rest.
struct Texts<'a> {
    open: &'a dyn Fn(&str) -> Option<String>,
}

impl Loader for Texts<'_> {
    fn load(&mut self, path: &str) -> Result<Option<Vec<u8>>, String> {
        match (self.open)(path) {
            Some(text) => Ok(Some(text.into_bytes())),
            None => Files.load(path),
        }
    }

    fn exists(&mut self, path: &str) -> bool {
        (self.open)(path).is_some() || Files.exists(path)
    }
}
