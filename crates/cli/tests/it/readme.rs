//! The README's transcript is what the tool says.

use std::path::Path;

use crate::{code, lumen, text};

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("listed").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copied");
        }
    }
}

#[test]
fn the_transcript_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = tempfile::tempdir().expect("a folder");
    for part in ["examples/birdstrikes/data", "examples/birdstrikes/birdstrikes.lm.md"] {
        let (from, to) = (root.join(part), folder.path().join(part));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            std::fs::copy(from, to).expect("copied");
        }
    }
    let run = lumen(folder.path(), &["run", "examples/birdstrikes/birdstrikes.lm.md"]);
    assert_eq!(code(&run), 0, "{}", text(&run));

    let readme = std::fs::read_to_string(root.join("README.md")).expect("the README is there");
    let transcript =
        readme.split("```console\n").nth(1).and_then(|t| t.split("```").next()).expect("a transcript");
    let mut commands = 0;
    for block in transcript.split("$ lumen ").skip(1) {
        let (command, expected) = block.split_once('\n').expect("a command has an answer");
        let said = lumen(folder.path(), &command.split(' ').collect::<Vec<_>>());
        assert_eq!(String::from_utf8_lossy(&said.stdout), expected, "`lumen {command}`");
        commands += 1;
    }
    assert!(commands >= 2, "the transcript holds {commands} commands");
}
