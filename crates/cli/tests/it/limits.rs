//! No space, and lines that never end: refused in words, in bounded memory, with nothing half-written.

use std::path::Path;
use std::process::{Command, Output};

use crate::{Project, code, text};

const GIB: u64 = 1 << 30;

const READS: &str = "---\ninputs: {d: {file: d.csv}}\n---\n```lumen\nrecord R\n  name: String\nend\nlet t = read_csv[R](inputs.d)\n```\n";

/// Runs the binary behind limits of the shell.
fn limited(folder: &Path, limits: &str, args: &[&str]) -> Output {
    Command::new("sh")
        .arg("-c")
        .arg(format!("{limits}; exec \"$0\" \"$@\""))
        .arg(env!("CARGO_BIN_EXE_lumen"))
        .args(args)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .expect("a shell starts")
}

/// A file of zeros that takes no space on disk.
fn sparse(path: &Path, len: u64) {
    std::fs::File::create(path).and_then(|file| file.set_len(len)).expect("a sparse file");
}

#[track_caller]
fn says(output: &Output, exit: i32, parts: &[&str]) {
    let said = text(output);
    assert_eq!(code(output), exit, "{said}");
    for part in parts {
        assert!(said.contains(part), "no `{part}` in\n{said}");
    }
}

/// Half the file's size: what is read whole does not fit.
const MEMORY: &str = "ulimit -v 900000";

#[test]
fn a_line_of_a_gibibyte_in_a_csv_file_is_refused_early() {
    let project = Project::with("a.lm.md", READS);
    let data = project.folder.join("d.csv");
    sparse(&data, GIB);
    let output = limited(&project.folder, MEMORY, &["run", "a.lm.md"]);
    let parts =
        ["R0701", "`d.csv`", "line 1, which starts at byte 0", "expected a line end within 67108864 bytes"];
    says(&output, 6, &parts);

    // Behind good lines the place is theirs.
    std::fs::write(&data, "name\na\nb\n").expect("written");
    let file = std::fs::File::options().write(true).open(&data).expect("opened");
    file.set_len(GIB).expect("a sparse end");
    let output = limited(&project.folder, MEMORY, &["run", "a.lm.md"]);
    says(&output, 6, &["R0701", "line 4, which starts at byte 9"]);
}

#[test]
fn a_document_of_a_gibibyte_is_refused_before_it_is_read() {
    let project = Project::with("a.lm.md", "");
    sparse(&project.folder.join("a.lm.md"), GIB);
    for verb in ["run", "check"] {
        let output = limited(&project.folder, MEMORY, &[verb, "a.lm.md"]);
        says(&output, 2, &["`a.lm.md`", "expected at most 16777216 bytes", "found 1073741824"]);
    }
    assert!(!project.folder.join(".lumen").exists(), "no run was begun");
}

#[test]
fn an_output_without_space_is_no_success() {
    let project = Project::with("a.lm.md", "```lumen\nlet x = 1\n```\n");
    assert_eq!(code(&project.lumen(&["run", "a.lm.md"])), 0);
    for args in [&["run", "--json", "a.lm.md"][..], &["why", "x"], &["verify"]] {
        let output = limited(&project.folder, "exec >/dev/full", args);
        says(&output, 5, &["cannot write to standard output", "the disk is full"]);
    }
    let output = project.lumen(&["bundle", "-o", "/dev/full"]);
    says(&output, 5, &["cannot write `/dev/full`", "the disk is full"]);
    use std::os::unix::fs::FileTypeExt;
    let full = std::fs::metadata("/dev/full").expect("it is there");
    assert!(full.file_type().is_char_device(), "a device is written to, not replaced");
}

/// `ulimit -f` counts in blocks of 512 bytes; with the signal ignored a write beyond it fails, as on a full disk.
fn files_up_to(blocks: u32) -> String {
    format!("trap '' XFSZ; ulimit -f {blocks}")
}

#[test]
fn a_run_without_space_says_so_and_goes_on_with_it() {
    let source =
        format!("let words = \"{}\"\nlet size = len(words)\n", "sphinx of black quartz ".repeat(400));
    let whole = Project::with("a.lm", &source);
    assert_eq!(code(&whole.lumen(&["run", "a.lm"])), 0);
    let expected = whole.run_json();

    let project = Project::with("a.lm", &source);
    // No segment of the log fits.
    let output = limited(&project.folder, &files_up_to(16), &["run", "a.lm"]);
    says(&output, 5, &["File too large"]);
    let left = std::fs::read_dir(project.last_run()).expect("listed").flatten();
    let answers: Vec<_> = left
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.contains("report") || name.contains("run.json"))
        .collect();
    assert!(answers.is_empty(), "{answers:?} of a run that did not end");
    let again = project.lumen(&["run", "--fresh", "a.lm"]);
    assert_eq!(code(&again), 0, "{}", text(&again));
    assert_eq!(project.run_json()["results_hash"], expected["results_hash"]);
    assert_eq!(code(&project.lumen(&["verify"])), 0);

    let bundle = project.folder.join("a.lumen-bundle");
    let output = limited(&project.folder, &files_up_to(1), &["bundle"]);
    says(&output, 5, &["cannot write `a.lumen-bundle`"]);
    let parts = std::fs::read_dir(&project.folder).expect("listed").flatten();
    assert!(
        !bundle.exists() && !parts.into_iter().any(|e| e.path().extension().is_some_and(|x| x == "part"))
    );
}

#[test]
fn a_report_that_did_not_fit_is_written_by_resume() {
    let project = Project::with("a.lm.md", "# One\n\n```lumen\nlet x = 1\n```\n\nIt is `{lumen} x`.\n");
    assert_eq!(code(&project.lumen(&["run", "a.lm.md"])), 0);
    let run = project.last_run();
    let (report, json) = (std::fs::read(run.join("report.html")), std::fs::read(run.join("run.json")));
    for name in ["report.html", "run.json"] {
        std::fs::remove_file(run.join(name)).expect("it was there");
    }
    let resume = project.lumen(&["resume"]);
    assert_eq!(code(&resume), 0, "{}", text(&resume));
    assert_eq!(std::fs::read(run.join("report.html")).expect("written"), report.expect("it was there"));
    assert_eq!(std::fs::read(run.join("run.json")).expect("written"), json.expect("it was there"));
    assert_eq!(code(&project.lumen(&["verify"])), 0);
}

#[test]
fn a_log_whose_end_was_removed_is_damaged_for_every_verb() {
    let project = Project::with("a.lm", "let x = 1\n");
    assert_eq!(code(&project.lumen(&["run", "a.lm"])), 0);
    let segment = project.last_run().join("log/00000000000000000001.seg");
    let bytes = std::fs::read(&segment).expect("read");
    // END, which says that the writer closed the log: 32 bytes.
    std::fs::write(&segment, &bytes[..bytes.len() - 32]).expect("written");
    for verb in ["verify", "resume", "bundle"] {
        says(&project.lumen(&[verb]), 4, &["run.json pins", "the log has"]);
    }
}

#[test]
fn what_a_builtin_makes_is_paid_for_before_it_is_made() {
    let makes = [
        "len(to_list(0..90000000))",
        "len(pad_left(\"a\", 90000000))",
        "sum(sort(to_list(0..900000)))",
        "len(join(map(to_list(0..99), fn(n) => pad_left(\"a\", 99999)), pad_left(\"b\", 99999)))",
    ];
    for made in makes {
        let project = Project::with("a.lm", &format!("let n = comptime {made} end\nprint(n)\n"));
        says(&project.lumen(&["check", "a.lm"]), 1, &["E0301", "R0901"]);
    }
    let engines = "let zeros = Tensor.zeros([30000, 30000])\nprint(zeros.numel())\n";
    let project = Project::with("a.lm", engines);
    says(&project.lumen(&["run", "--fuel", "1000000", "a.lm"]), 6, &["R0901"]);
    // What is asked for twice ends at the same place twice, and enough is enough.
    let project = Project::with("a.lm", "for n in [10, 1000, 100000]\n  print(sum(to_list(0..n)))\nend\n");
    let few = || project.lumen(&["run", "--fresh", "--fuel", "9000", "a.lm"]);
    assert_eq!((text(&few()).matches("499500\n").count(), few().stdout), (1, b"45\n499500\n".to_vec()));
    says(&few(), 6, &["R0901"]);
    says(&project.lumen(&["run", "--fresh", "--fuel", "900000", "a.lm"]), 0, &["4999950000"]);
}
