//! Writes a page like that of a real document to the standard output: `cargo run -p report --example page > page.html`.

#[path = "../tests/it/demo.rs"]
mod demo;

use std::io::Write;

fn main() -> std::io::Result<()> {
    std::io::stdout().write_all(report::html::html(&demo::page()).as_bytes())
}
