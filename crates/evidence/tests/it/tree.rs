//! The tree's own packets as seeds: what every family writes, and not only what the formats' authors thought of.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use evidence::case::CaseFile;

/// A packet's texts.
#[derive(Debug)]
pub struct Seed {
    pub packet: String,
    pub gate: String,
    /// Of each file of cases, one case of each class; empty for a packet without any.
    pub cases: Vec<String>,
}

/// Every packet of `cases/`, by folder.
pub static SEEDS: LazyLock<Vec<Seed>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases");
    let areas = folders(&root);
    let packets =
        areas.iter().flat_map(|area| folders(area)).filter(|folder| folder.join("packet.yaml").is_file());
    packets.map(|folder| seed(&folder)).collect()
});

fn folders(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    found.retain(|path| path.is_dir());
    found.sort();
    found
}

fn seed(folder: &Path) -> Seed {
    let text = |name: &str| fs::read_to_string(folder.join(name)).expect("a file");
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files.retain(|path| path.extension().is_some_and(|end| end != "yaml"));
    let cases = files.iter().map(|path| {
        let name = path.display().to_string();
        let mut file = CaseFile::parse(&name, &fs::read(path).expect("a file")).expect("cases");
        // The shortest of each class: a mutation then meets structure more often than numbers.
        file.cases.sort_by_key(|case| case.to_json().to_string().len());
        let mut classes = BTreeSet::new();
        file.cases.retain(|case| classes.insert(case.class));
        file.to_text()
    });
    Seed { packet: text("packet.yaml"), gate: text("gate.yaml"), cases: cases.collect() }
}
