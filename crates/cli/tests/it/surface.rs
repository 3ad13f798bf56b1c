//! The command surface: `docs/cli.md` is what every `--help` says.
//!
//! `LUMEN_UPDATE=1` writes the page instead, from the same answers.

use std::path::Path;

use crate::{code, lumen};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cli.md");

const HEAD: &str = "# Commands\n\nWhat each verb says of itself with `--help`. `lumen completions SHELL` prints a script that completes them, and\n[exit-codes.md](exit-codes.md) says what a caller does with each exit code.\n";

/// What a verb and the verbs below it say, the verb itself first.
fn told(verb: &[String], pages: &mut Vec<(Vec<String>, String)>) {
    let mut args: Vec<&str> = verb.iter().map(String::as_str).collect();
    args.push("--help");
    let output = lumen(Path::new("."), &args);
    let said = String::from_utf8(output.stdout.clone()).expect("help is UTF-8");
    assert_eq!(code(&output), 0, "{args:?}: {said}");
    pages.push((verb.to_vec(), said.clone()));
    let below = said.split("\nCommands:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).unwrap_or("");
    for line in below.lines() {
        // A verb stands two blanks in; what is said of it goes on further right.
        let name = line.strip_prefix("  ").filter(|rest| !rest.starts_with(' '));
        let name = name.and_then(|rest| rest.split_whitespace().next());
        if let Some(name) = name.filter(|name| *name != "help") {
            told(&[verb, &[name.to_string()]].concat(), pages);
        }
    }
}

fn page(pages: &[(Vec<String>, String)]) -> String {
    let mut page = HEAD.to_string();
    for (verb, said) in pages {
        let name = [&["lumen".to_string()], verb.as_slice()].concat().join(" ");
        let marks = "#".repeat(verb.len().max(1) + 1);
        let said: String = said.lines().map(|line| format!("{}\n", line.trim_end())).collect();
        page.push_str(&format!("\n{marks} {name}\n\n```text\n{}```\n", said.trim_start_matches('\n')));
    }
    page
}

#[test]
fn the_page_of_commands_is_what_every_help_says() {
    let mut pages = Vec::new();
    told(&[], &mut pages);
    assert!(pages.len() > 20, "only {} verbs answered", pages.len());
    let page = page(&pages);
    if std::env::var_os("LUMEN_UPDATE").is_some_and(|value| value == "1") {
        std::fs::write(PAGE, &page).expect("the page is written");
        return;
    }
    let kept = std::fs::read_to_string(PAGE).expect("docs/cli.md is there");
    let first = page.lines().zip(kept.lines()).position(|(said, kept)| said != kept);
    assert!(
        page == kept,
        "docs/cli.md is not what `--help` says, from line {}; `LUMEN_UPDATE=1 cargo test -p cli --test it surface::` writes it",
        first.map_or(page.lines().count().min(kept.lines().count()), |line| line) + 1
    );
}

/// What a completion script must know, it knows from the same declaration.
#[test]
fn completions_know_every_verb_and_flag() {
    let mut pages = Vec::new();
    told(&[], &mut pages);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = lumen(Path::new("."), &["completions", shell]);
        assert_eq!(code(&script), 0);
        let script = String::from_utf8(script.stdout).expect("a script is UTF-8");
        for (verb, said) in &pages {
            assert!(verb.iter().all(|part| script.contains(part.as_str())), "{shell} lacks {verb:?}");
            for flag in said.split_whitespace().filter_map(|word| word.strip_prefix("--")) {
                let flag: String =
                    flag.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
                assert!(script.contains(flag.trim_end_matches('-')), "{shell} lacks --{flag} of {verb:?}");
            }
        }
    }
}
