//! Which references are expected, and which answered.

use std::collections::BTreeMap;

/// The pinned environment: every package with its exact version, in pip's form.
pub const REQUIREMENTS: &str = include_str!("../requirements.txt");

/// Packages whose versions decide an answer.
const REFERENCES: &[&str] = &["pandas", "numpy", "pyarrow", "torch"];

/// The versions a worker must have; anything else is stale.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pins {
    /// The interpreter's version, such as `3.13.5`, where one is fixed.
    pub python: Option<String>,
    /// Package to version.
    pub packages: BTreeMap<String, String>,
}

impl Pins {
    /// The references' versions in [`REQUIREMENTS`].
    pub fn required() -> Pins {
        Pins::in_requirements(REQUIREMENTS)
    }

    fn in_requirements(text: &str) -> Pins {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let pairs = lines.filter_map(|line| line.split_once("=="));
        let packages = pairs
            .filter(|(name, _)| REFERENCES.contains(name))
            .map(|(name, version)| (name.to_string(), version.trim().to_string()))
            .collect();
        Pins { python: None, packages }
    }

    /// Every version that is not as pinned, as `name: expected X, found Y`.
    pub(crate) fn differences(&self, found: &Identity) -> Vec<String> {
        let wrong = |name: &str, expected: &str, found: Option<&str>| {
            (found != Some(expected))
                .then(|| format!("{name}: expected {expected}, found {}", found.unwrap_or("none")))
        };
        let python = self.python.as_deref().and_then(|version| wrong("python", version, Some(&found.python)));
        let packages = self
            .packages
            .iter()
            .filter_map(|(name, version)| wrong(name, version, found.packages.get(name).map(String::as_str)));
        python.into_iter().chain(packages).collect()
    }
}

/// Who answers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// `CPython`.
    pub implementation: String,
    /// The interpreter's version.
    pub python: String,
    /// Path of the interpreter.
    pub executable: String,
    /// Package to version.
    pub packages: BTreeMap<String, String>,
    /// `GenuineIntel`, `AuthenticAMD`; the machine's kind where the system does not tell.
    pub cpu_vendor: String,
    /// The instruction set that PyTorch's kernels chose, where PyTorch is loaded.
    pub cpu_capability: String,
    /// SHA-256 of the worker's text, computed by the worker over what it runs.
    pub worker_digest: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_requirements_pin_every_reference() {
        let pins = Pins::required();
        assert_eq!(pins.packages.keys().collect::<Vec<_>>(), ["numpy", "pandas", "pyarrow", "torch"]);
        assert_eq!((&*pins.packages["pandas"], &*pins.packages["torch"]), ("3.1.1", "2.15.0"));
    }

    #[test]
    fn other_and_absent_versions_are_named() {
        let pins =
            Pins { python: Some("3.13.5".into()), ..Pins::in_requirements("pandas==3.1.1\ntorch==2.15.0\n") };
        let packages = [("pandas".into(), "3.1.0".into())].into();
        let found = Identity { python: "3.13.5".into(), packages, ..Identity::default() };
        let expected = ["pandas: expected 3.1.1, found 3.1.0", "torch: expected 2.15.0, found none"];
        assert_eq!(pins.differences(&found), expected);
        assert_eq!(
            pins.differences(&Identity { python: "3.12.0".into(), ..found })[0],
            "python: expected 3.13.5, found 3.12.0"
        );
    }
}
