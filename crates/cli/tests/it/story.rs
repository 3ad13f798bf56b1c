//! Run, ask why, verify, change, compare, pack.

use crate::{Project, code, text};

#[test]
fn a_template_runs_explains_and_verifies() {
    let project = Project::new("penguins");
    let run = project.lumen(&["run", "penguins.lm.md"]);
    assert_eq!(code(&run), 0, "{}", text(&run));
    assert!(text(&run).contains("ran") && text(&run).contains("lumen why"), "{}", text(&run));

    let why = project.lumen(&["why", "heaviest_mass"]);
    let said = text(&why);
    assert_eq!(code(&why), 0, "{said}");
    assert!(said.lines().count() <= 12, "{said}");
    for part in ["intent", "data/penguins.csv", "344 rows", "sha256", "seq"] {
        assert!(said.contains(part), "no {part} in\n{said}");
    }
    // A number of the prose leads to the same result.
    let number = project.lumen(&["why", "n3"]);
    assert!(text(&number).contains("heaviest"), "{}", text(&number));

    let verify = project.lumen(&["verify"]);
    assert_eq!(code(&verify), 0, "{}", text(&verify));
    assert!(text(&verify).contains("0 differences."), "{}", text(&verify));
}

/// The README's document with its data: one number of threads to run it, others to prove it.
#[test]
fn the_example_gives_the_same_hashes_for_any_number_of_threads() {
    let example = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/birdstrikes");
    let source = std::fs::read_to_string(example.join("birdstrikes.lm.md")).expect("the example is there");
    let project = Project::with("birdstrikes.lm.md", &source);
    std::fs::create_dir(project.folder.join("data")).expect("a folder");
    for entry in std::fs::read_dir(example.join("data")).expect("the example's data") {
        let path = entry.expect("a file").path();
        let name = path.file_name().expect("a name");
        std::fs::copy(&path, project.folder.join("data").join(name)).expect("copied");
    }
    let run = project.lumen(&["run", "--threads", "1", "birdstrikes.lm.md"]);
    assert_eq!(code(&run), 0, "{}", text(&run));
    for threads in ["2", "4"] {
        let verify = project.lumen(&["verify", "--threads", threads]);
        assert_eq!(code(&verify), 0, "{}", text(&verify));
        assert!(text(&verify).contains("0 differences."), "{}", text(&verify));
    }
    assert_eq!(code(&project.lumen(&["verify", "--threads", "0"])), 2);
}

#[test]
fn only_what_depends_on_a_change_runs_again() {
    let project = Project::new("penguins");
    assert_eq!(code(&project.lumen(&["run", "penguins.lm.md"])), 0);
    let first = project.run_json();
    let again = project.lumen(&["run", "penguins.lm.md"]);
    assert!(!text(&again).contains(" ran "), "everything is cached:\n{}", text(&again));
    assert_eq!(project.run_json()["results_hash"], first["results_hash"]);

    // Another expression for one result: it and its dependents run.
    let document = project.folder.join("penguins.lm.md");
    let source = std::fs::read_to_string(&document).expect("the document is there");
    std::fs::write(&document, source.replace(".notna()]", ".notna() & (penguins.year > 2007)]"))
        .expect("written");
    let changed = project.lumen(&["run", "penguins.lm.md"]);
    let said = text(&changed);
    let status =
        |name: &str| said.lines().find(|l| l.trim_start().starts_with(name)).map(|l| l.contains("cached"));
    assert_eq!(status("penguins "), Some(true), "{said}");
    assert_eq!(status("measured "), Some(false), "{said}");
    assert_eq!(status("by_species "), Some(false), "{said}");

    let diff = project.lumen(&["diff"]);
    let said = text(&diff);
    assert_eq!(code(&diff), 1, "{said}");
    let numbers = said.find("Numbers in the prose").expect("numbers are listed");
    assert!(numbers < said.find("Results").expect("results are listed"), "{said}");
}

#[test]
fn a_changed_cell_of_the_data_reaches_what_depends_on_it() {
    let project = Project::new("penguins");
    assert_eq!(code(&project.lumen(&["run", "penguins.lm.md"])), 0);
    let data = project.folder.join("data/penguins.csv");
    let text_before = std::fs::read_to_string(&data).expect("the data is there");
    std::fs::write(&data, text_before.replacen("3750", "3751", 1)).expect("written");
    let run = project.lumen(&["run", "penguins.lm.md"]);
    assert!(text(&run).lines().any(|l| l.contains("by_species") && l.contains("ran")), "{}", text(&run));
    let diff = text(&project.lumen(&["diff"]));
    assert!(diff.contains("data/penguins.csv") && diff.contains("1 cell changed"), "{diff}");
}

#[test]
fn a_bundle_verifies_in_another_folder() {
    let project = Project::new("weather");
    assert_eq!(code(&project.lumen(&["run", "weather.lm.md"])), 0);
    assert_eq!(code(&project.lumen(&["bundle", "-o", "w.bundle"])), 0);
    let elsewhere = tempfile::tempdir().expect("a folder");
    let moved = elsewhere.path().join("w.bundle");
    std::fs::copy(project.folder.join("w.bundle"), &moved).expect("copied");
    let verify = crate::lumen(elsewhere.path(), &["verify", "w.bundle"]);
    assert_eq!(code(&verify), 0, "{}", text(&verify));

    let bytes = std::fs::read(&moved).expect("the bundle is there");
    let step = (bytes.len() / 40).max(1);
    for at in (0..bytes.len()).step_by(step) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        std::fs::write(&moved, &damaged).expect("written");
        let verify = crate::lumen(elsewhere.path(), &["verify", "w.bundle"]);
        assert_ne!(code(&verify), 0, "byte {at} of {} flipped unseen: {}", bytes.len(), text(&verify));
    }
}

#[test]
fn a_source_without_statements_runs_its_main() {
    let project = Project::with("m.lm", "cell main() -> Int\n  print(\"hello\")\n  41 + 1\nend\n");
    let run = project.lumen(&["run", "m.lm"]);
    assert_eq!(String::from_utf8_lossy(&run.stdout), "hello\n", "{}", text(&run));
    let shown = project.lumen(&["run", "--print-result", "m.lm"]);
    assert!(String::from_utf8_lossy(&shown.stdout).contains("42"), "{}", text(&shown));
    assert_eq!(code(&project.lumen(&["verify"])), 0);
}

#[test]
fn records_of_two_files_are_two_types() {
    let project = Project::with(
        "m.lm",
        "import lib\nrecord Node\n  x: Int\n  inner: lib.Node?\nend\nenum Way\n  Up\nend\n\
         let xs: list[Any] = [Node(x: 1, inner: lib.make()), lib.any(), Up, lib.way()]\n\
         print(xs[0] == xs[1], xs[1] is Node, xs[0] is Node, xs[1] is lib.Node, xs[2] == xs[3], xs[3] is lib.Way)\n\
         print(len({xs[0], xs[1]}), xs)\n",
    );
    let lib = "pub record Node\n  x: Int\n  inner: Node? = null\nend\npub enum Way\n  Up\nend\n\
         pub cell make() -> Node = Node(x: 1)\npub cell any() -> Any = Node(x: 1, inner: make())\n\
         pub cell way() -> Any = Way.Up\n";
    std::fs::write(project.folder.join("lib.lm"), lib).expect("written");
    let run = project.lumen(&["run", "m.lm"]);
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(said.starts_with("false false true true false true\n2 "), "{}", text(&run));
    // From the log, values come back as what they were.
    assert_eq!(code(&project.lumen(&["run", "m.lm"])), 0);
    assert_eq!(code(&project.lumen(&["verify"])), 0);
}
