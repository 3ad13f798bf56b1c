//! Programs in C and in Python that drive the library. A machine without a C compiler or Python evaluates nothing,
//! and that is a failure and not a pass.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder with `liblumen_store.so`, which cargo builds beside the tests.
fn library() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let folders: Vec<&Path> = tests.ancestors().skip(1).take(2).collect();
    let name = format!("{}lumen_store{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let folder = folders.iter().find(|folder| folder.join(&name).exists());
    folder.unwrap_or_else(|| panic!("{name} is in none of {folders:?}")).to_path_buf()
}

fn run(command: &mut Command) -> Output {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("not evaluated: {:?} cannot start: {error}", command.get_program()));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// Compiles a program; every warning is an error.
fn compiled(source: &str, folder: &Path, more: &[&str]) -> PathBuf {
    let binary = folder.join("program");
    let library = library();
    run(Command::new("cc")
        .args(["-std=c11", "-g", "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
        .args(more)
        .arg("-I")
        .arg(root().join("include"))
        .arg(root().join(source))
        .arg("-o")
        .arg(&binary)
        .arg("-L")
        .arg(&library)
        .arg("-llumen_store")
        .arg(format!("-Wl,-rpath,{}", library.display())));
    binary
}

fn last_line(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout);
    print!("{text}");
    text.lines().last().unwrap_or_default().to_owned()
}

/// Each program and its last line.
const C_PROGRAMS: [(&str, &str); 2] = [
    ("tests/c/scenario.c", "scenario: every check holds"),
    ("tests/c/history.c", "history: every check holds"),
];

#[test]
fn c_programs_drive_everything() {
    for (source, last) in C_PROGRAMS {
        let folder = tempfile::tempdir().unwrap();
        let program = compiled(source, folder.path(), &[]);
        let output = run(Command::new(program).arg(folder.path().join("store")));
        assert_eq!(last_line(&output), last);
    }
}

/// The address sanitizer stands between the program and the allocator that both sides use, and looks for leaks at the
/// end.
#[test]
fn c_programs_leak_nothing_and_leave_their_memory_alone() {
    for (source, last) in C_PROGRAMS {
        let folder = tempfile::tempdir().unwrap();
        let program = compiled(source, folder.path(), &["-fsanitize=address,undefined"]);
        let output = run(Command::new(program)
            .arg(folder.path().join("store"))
            .env("ASAN_OPTIONS", "detect_leaks=1:abort_on_error=0")
            .env("LUMEN_CYCLES", "1000")
            .env("LUMEN_OPENS", "10"));
        assert_eq!(last_line(&output), last);
    }
}

/// Valgrind sees what the library itself does with memory, which the sanitizer of the program does not.
#[test]
fn valgrind_finds_nothing_either() {
    if !testkit::programs::has("valgrind") {
        return;
    }
    for (source, last) in C_PROGRAMS {
        let folder = tempfile::tempdir().unwrap();
        let program = compiled(source, folder.path(), &[]);
        let output = run(Command::new("valgrind")
            .args([
                "--quiet",
                "--error-exitcode=9",
                "--leak-check=full",
                "--errors-for-leak-kinds=definite,indirect",
            ])
            .arg(program)
            .arg(folder.path().join("store"))
            .env("LUMEN_CYCLES", "1000")
            .env("LUMEN_OPENS", "3"));
        assert_eq!(last_line(&output), last);
    }
}

#[test]
fn a_python_program_drives_everything() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(Command::new("python3")
        .arg("-B")
        .arg(root().join("tests/python/scenario.py"))
        .arg(library())
        .arg(folder.path().join("store"))
        .arg(root().join("../plan/tests/vectors/typed.txt")));
    assert_eq!(last_line(&output), "scenario: every check holds");
}

#[test]
fn the_examples_run() {
    let folder = tempfile::tempdir().unwrap();
    let program = compiled("examples/ledger.c", folder.path(), &[]);
    let output = run(Command::new(program).arg(folder.path().join("c")));
    assert_eq!(last_line(&output), "alice has 60 cents, bob has 40");
    let output = run(Command::new("python3")
        .arg("-B")
        .arg(root().join("examples/ledger.py"))
        .arg(library())
        .arg(folder.path().join("python")));
    assert_eq!(last_line(&output), "alice has 60 cents, bob has 40");
}
