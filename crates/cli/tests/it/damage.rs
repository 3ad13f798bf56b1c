//! A flipped byte anywhere is named.

use crate::{Project, code, text};

#[test]
fn a_flipped_byte_is_found_and_its_file_named() {
    let project = Project::new("penguins");
    assert_eq!(code(&project.lumen(&["run", "penguins.lm.md"])), 0);
    let run = project.last_run();
    let mut files = Vec::new();
    let mut open = vec![run.clone()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).expect("listed").flatten() {
            if entry.path().is_dir() { open.push(entry.path()) } else { files.push(entry.path()) }
        }
    }
    files.sort();
    files.push(project.folder.join("data/penguins.csv"));
    assert!(files.len() >= 5, "{files:?}");
    for file in files {
        let bytes = std::fs::read(&file).expect("read");
        if bytes.is_empty() {
            continue;
        }
        for at in [0, bytes.len() / 3, bytes.len() / 2, bytes.len() - 1] {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            std::fs::write(&file, &damaged).expect("written");
            let verify = project.lumen(&["verify"]);
            let said = text(&verify);
            assert_eq!(code(&verify), 4, "{}, byte {at}: {said}", file.display());
        }
        std::fs::write(&file, &bytes).expect("restored");
    }
    assert_eq!(code(&project.lumen(&["verify"])), 0);
}
