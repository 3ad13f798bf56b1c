//! Documents that must agree with the tree: the map, the README's commands, the reasons for dependencies.

use super::expect_none;
use crate::workspace::{Graph, root};
use std::collections::BTreeSet;

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The lines of the fenced blocks with this tag, block by block.
fn fences<'a>(document: &'a str, tag: &str) -> Vec<Vec<&'a str>> {
    let mut blocks = Vec::new();
    let mut open: Option<(bool, Vec<&str>)> = None;
    for line in document.lines() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(_), Some((true, block))) => blocks.push(block),
            (Some(_), Some((false, _))) => {}
            (Some(found), None) => open = Some((found.trim() == tag, Vec::new())),
            (None, Some((wanted, mut block))) => {
                block.push(line);
                open = Some((wanted, block));
            }
            (None, None) => {}
        }
    }
    blocks
}

/// Every `name/` that begins an indented line of the map.
fn mapped(document: &str) -> BTreeSet<String> {
    let map = fences(document, "text").into_iter().next().unwrap_or_default();
    let lines = map.iter().filter_map(|line| line.strip_prefix("    "));
    let names = lines.filter_map(|line| line.split_once('/')).map(|(name, _)| name.to_string());
    names.filter(|name| !name.starts_with(' ')).collect()
}

fn map_differences(document: &str, crates: &BTreeSet<String>) -> Vec<String> {
    let mapped = mapped(document);
    let missing = crates.difference(&mapped).map(|name| format!("the map lacks {name}"));
    let stale = mapped.difference(crates).map(|name| format!("the map names {name}, which does not exist"));
    missing.chain(stale).collect()
}

/// The set-up commands of the README and whether continuous integration runs the second of them.
fn command_differences(readme: &str, ci: &str) -> Vec<String> {
    let blocks = fences(readme, "sh");
    let commands: Vec<&str> = blocks.iter().flatten().copied().filter(|line| !line.is_empty()).collect();
    let [_, test] = commands[..] else {
        return vec![format!("the README has {} set-up commands, expected 2", commands.len())];
    };
    let first = ci.lines().find(|line| line.starts_with("step "));
    match first.and_then(|line| line.rsplit_once("-- ")) {
        Some((_, command)) if command == test => Vec::new(),
        _ => vec![format!("the first step of .ci/run is {first:?}, expected `{test}`")],
    }
}

/// External dependencies of the workspace without a comment that gives the reason. Lines that follow each other share
/// the comment above the first.
fn unreasoned(manifest: &str) -> Vec<String> {
    let section = manifest.split("[workspace.dependencies]").nth(1).unwrap_or_default();
    let mut found = Vec::new();
    let mut reason = false;
    for line in section.lines().skip(1).take_while(|line| !line.starts_with('[')) {
        if line.trim().is_empty() {
            reason = false;
        } else if let Some(comment) = line.strip_prefix('#') {
            reason = comment.trim().len() >= 4;
        } else if let Some((name, value)) = line.split_once('=')
            && !value.contains("path =")
            && !reason
            && !line.starts_with([' ', ']', '}'])
        {
            found.push(format!("{} has no reason beside it", name.trim()));
        }
    }
    found
}

#[test]
fn the_map_names_exactly_the_crates_that_exist() {
    let graph = Graph::load(root()).unwrap();
    let crates =
        graph.crates.keys().filter(|name| root().join("crates").join(name).is_dir()).cloned().collect();
    expect_none(map_differences(&read("ARCHITECTURE.md"), &crates));
}

#[test]
fn a_lacking_and_a_stale_name_on_the_map_are_found() {
    let document = "```text\ncrates/\n  data\n    frame/   tables\n             of rows/columns\n    ghost/  gone\n```\n";
    let crates = ["frame", "vm"].map(String::from).into();
    assert_eq!(
        map_differences(document, &crates),
        ["the map lacks vm", "the map names ghost, which does not exist"]
    );
}

#[test]
fn the_readme_has_two_commands_and_continuous_integration_runs_its_tests_first() {
    expect_none(command_differences(&read("README.md"), &read(".ci/run")));
}

#[test]
fn a_command_that_differs_is_found() {
    let readme = "```sh\nrun it\ntest it\n```\n```text\noutput\n```\n";
    assert_eq!(command_differences(readme, "step \"tests\" -- test it\nstep \"x\" -- y\n"), [""; 0]);
    assert_eq!(command_differences(readme, "step \"x\" -- y\nstep \"tests\" -- test it\n").len(), 1);
    assert_eq!(command_differences("```sh\nrun it\n```\n", "step \"tests\" -- run it\n").len(), 1);
}

#[test]
fn every_dependency_has_its_reason() {
    expect_none(unreasoned(&read("Cargo.toml")));
}

#[test]
fn a_dependency_without_a_reason_is_found() {
    let manifest = "[workspace.dependencies]\n# ours\nvm = { path = \"vm\" }\n\n# lexer\nlogos = \"1\"\nrowan = \"1\"\n\n\
                    foo = \"1\"\n[profile.dev]\nbar = 1\n";
    assert_eq!(unreasoned(manifest), ["foo has no reason beside it"]);
}
