use std::fs;
use std::path::Path;

/// A naive model that imported an engine, or what reaches one, would be that engine's echo.
#[test]
fn naive_models_import_evidence_alone() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/naive");
    let mut seen = 0;
    for file in fs::read_dir(folder).expect("the models' folder").flatten() {
        let text = fs::read_to_string(file.path()).expect("a source");
        for line in text.lines().map(str::trim).filter(|line| line.starts_with("use ")) {
            let allowed = ["use std::", "use evidence::", "use super::", "use self::"];
            assert!(allowed.iter().any(|start| line.starts_with(start)), "{:?}: {line}", file.path());
        }
        let crates = ["crate::", "store::", "plan::", "vm::", "checker::", "frame::", "column::", "tensor::"];
        if !file.path().ends_with("tests.rs") {
            seen += 1;
            for name in crates {
                assert!(!text.contains(name), "{:?} names {name}", file.path());
            }
        }
    }
    assert!(seen >= 3, "{seen} models were seen");
}
