//! Packages of the user's interpreter that workers may import: where they lie, and which versions they are.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The packages that were asked for with all that they need.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Packages {
    /// Files and folders by their names in the folder of packages.
    pub(crate) places: BTreeMap<String, PathBuf>,
    versions: BTreeMap<String, String>,
    /// What a worker imports of those that were asked for.
    tops: Vec<String>,
    pub(crate) missing: Vec<String>,
}

impl Packages {
    pub(crate) fn places(&self) -> &BTreeMap<String, PathBuf> {
        &self.places
    }

    pub(crate) fn tops(&self) -> &[String] {
        &self.tops
    }

    /// Every package with its version, by name: `numpy 2.4.0, pandas 3.1.1`.
    pub fn versions(&self) -> String {
        let told: Vec<String> =
            self.versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
        told.join(", ")
    }
}
