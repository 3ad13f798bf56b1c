//! The reference of the store's crates as pages that can be searched offline, and a check that none of their links is
//! dead.
//!
//! The pages are rustdoc's. What it cannot tell is whether the links of the finished pages lead anywhere: it checks
//! names in the sources, not files and anchors.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::Outcome;
use crate::process::{output, run};

/// The packages that are used alone.
const PACKAGES: [&str; 4] = ["plan", "store", "reason", "capi"];

/// Makes the pages and checks their links.
pub fn make(root: &Path) -> Result<Outcome> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["doc", "--no-deps", "--locked"]).current_dir(root).env("RUSTDOCFLAGS", "--deny warnings");
    run(cargo.args(PACKAGES.iter().flat_map(|package| ["--package", package])))?;

    let mut metadata = Command::new(env!("CARGO"));
    metadata.args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(root);
    let metadata: serde_json::Value = serde_json::from_slice(&output(&mut metadata)?)?;
    let target = metadata["target_directory"].as_str().context("cargo names no target directory")?;
    let pages = Path::new(target).join("doc");

    let mut site = Site::default();
    for library in libraries(&metadata) {
        let folder = pages.join(&library);
        if !folder.join("index.html").is_file() {
            bail!("rustdoc wrote no {}", folder.join("index.html").display());
        }
        site.read(&folder)?;
    }
    let Checked { links, outside, dead } = site.check();
    for dead in &dead {
        eprintln!("{dead}");
    }
    let (count, failed) = (site.pages.len(), dead.len());
    println!("{count} pages, {links} links, {failed} dead; {outside} lead outside and were not followed");
    println!("{}", pages.join("store/index.html").display());
    Ok(if dead.is_empty() { Outcome::Done } else { Outcome::No })
}

/// What the packages' libraries are called, and with it their folders.
fn libraries(metadata: &serde_json::Value) -> Vec<String> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let ours =
        packages.filter(|package| package["name"].as_str().is_some_and(|name| PACKAGES.contains(&name)));
    let targets = ours.flat_map(|package| package["targets"].as_array().into_iter().flatten());
    // A library of any type; of the other targets there are no pages.
    let is_library = |target: &&serde_json::Value| {
        target["kind"]
            .as_array()
            .is_some_and(|kinds| kinds.iter().any(|k| k.as_str().is_some_and(|k| k.contains("lib"))))
    };
    targets
        .filter(is_library)
        .filter_map(|target| target["name"].as_str())
        .map(|name| name.replace('-', "_"))
        .collect()
}

/// Pages as they were read.
#[derive(Default)]
struct Site {
    pages: BTreeMap<PathBuf, Page>,
}

struct Page {
    links: BTreeSet<String>,
    anchors: BTreeSet<String>,
}

struct Checked {
    links: usize,
    outside: usize,
    dead: Vec<String>,
}

impl Site {
    /// Takes up every page under a folder.
    fn read(&mut self, folder: &Path) -> Result<()> {
        for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                self.read(&path)?;
            } else if path.extension().is_some_and(|ending| ending == "html") {
                let html =
                    fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
                self.pages.insert(path, Page::of(&html));
            }
        }
        Ok(())
    }

    fn check(&self) -> Checked {
        let mut checked = Checked { links: 0, outside: 0, dead: Vec::new() };
        for (path, page) in &self.pages {
            for link in &page.links {
                checked.links += 1;
                if link.contains("://") {
                    checked.outside += 1;
                } else if let Some(why) = self.fault(path, page, link) {
                    checked.dead.push(format!("{}: {link}: {why}", path.display()));
                }
            }
        }
        checked
    }

    /// Why a link leads nowhere.
    fn fault(&self, path: &Path, page: &Page, link: &str) -> Option<String> {
        let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
        let file = file.split('?').next().unwrap_or_default();
        // Of a trait that no other crate implements, rustdoc names the list of those that do, and writes none.
        if file.contains("trait.impl/") {
            return None;
        }
        let target = if file.is_empty() { path.to_path_buf() } else { beside(path, file) };
        let leads_to = if target == path { Some(page) } else { self.pages.get(&target) };
        if leads_to.is_none() && !target.is_file() {
            return Some(format!("there is no {}", target.display()));
        }
        // The lines of a source page get their anchors when it is shown.
        let is_line = anchor.split('-').all(|line| line.parse::<u32>().is_ok());
        match leads_to {
            Some(page) if !anchor.is_empty() && !is_line && !page.anchors.contains(anchor) => {
                Some(format!("{} has no place `{anchor}`", target.display()))
            }
            _ => None,
        }
    }
}

impl Page {
    fn of(html: &str) -> Page {
        let mut page = Page { links: BTreeSet::new(), anchors: BTreeSet::new() };
        for tag in html.split('<').filter_map(|rest| rest.split('>').next()) {
            page.links.extend(["href", "src"].iter().filter_map(|name| attribute(tag, name)).map(unescape));
            page.anchors.extend(attribute(tag, "id").map(unescape));
        }
        page
    }
}

/// The value of an attribute that stands in quotes, as rustdoc writes it.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    tag.match_indices(name).find_map(|(at, _)| {
        let value = tag.get(at + name.len()..)?.strip_prefix("=\"")?;
        let begins = tag.get(..at)?.ends_with(char::is_whitespace);
        begins.then(|| value.split('"').next())?
    })
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

/// The file that a page calls `relative`, without asking the disk.
fn beside(page: &Path, relative: &str) -> PathBuf {
    let mut path = page.parent().unwrap_or(page).to_path_buf();
    for part in Path::new(relative).components() {
        match part {
            Component::ParentDir => _ = path.pop(),
            Component::Normal(name) => path.push(name),
            _ => {}
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dead_links_are_told_from_live_ones() {
        let pages = [
            (
                "/doc/a/index.html",
                r##"<a href="b.html#here">b</a><a class=x href="#top">t</a><h1 id="top">"##,
            ),
            (
                "/doc/a/b.html",
                r##"<p id="here"><a href="../c/none.html">c</a><a href="index.html#gone">g</a>"##,
            ),
            ("/doc/a/c.html", r##"<a href="https://example.org/x">o</a><a href="src.html#3-7">s</a>"##),
            ("/doc/a/src.html", "<pre>"),
        ];
        let site = Site { pages: pages.map(|(path, html)| (PathBuf::from(path), Page::of(html))).into() };
        let Checked { links, outside, dead } = site.check();
        assert_eq!((links, outside), (6, 1));
        let expected = [
            "/doc/a/b.html: ../c/none.html: there is no /doc/c/none.html",
            "/doc/a/b.html: index.html#gone: /doc/a/index.html has no place `gone`",
        ];
        assert_eq!(dead, expected);
    }
}
