//! Programs of others that a test asks where the machine has them.

use std::process::{Command, Stdio};

/// Set where all of them are installed, as continuous integration does: there the lack of one is a failure.
const VARIABLE: &str = "LUMEN_TOOLS_REQUIRED";

/// Whether a program can be started. Where it cannot, this says that the test is not evaluated.
///
/// # Panics
/// Where `LUMEN_TOOLS_REQUIRED` is set and the program cannot be started.
pub fn has(program: &str) -> bool {
    let mut version = Command::new(program);
    version.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    let Err(why) = version.status() else { return true };
    assert!(
        std::env::var_os(VARIABLE).is_none(),
        "{VARIABLE} is set, so this machine should have every program that a test asks; `{program}` cannot start: {why}"
    );
    println!("not evaluated: `{program}` cannot start: {why}");
    false
}
