//! Where the interpreter with the references stands.

use crate::{Fault, FaultKind, REQUIREMENTS};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Names an interpreter to use in place of the pinned environment's.
pub const INTERPRETER_VARIABLE: &str = "LUMEN_ORACLE_PYTHON";

/// Written last into an environment; without it the folder is an interrupted installation.
pub const COMPLETE: &str = "lumen-complete";

/// The interpreter to ask: the given one, else the one [`INTERPRETER_VARIABLE`] names, else that of a complete pinned
/// environment.
///
/// # Errors
/// [`FaultKind::Unavailable`] with the step that would provide one.
pub fn interpreter(given: Option<&Path>) -> Result<PathBuf, Fault> {
    if let Some(python) = given.map(Path::to_path_buf).or_else(chosen_interpreter) {
        // A bare name is left to the search path.
        if python.components().count() > 1 && !python.is_file() {
            return Err(unavailable(format!("there is no interpreter {}", python.display())));
        }
        return Ok(python);
    }
    let Some(environment) = environment_folder() else {
        return Err(unavailable("neither XDG_CACHE_HOME nor HOME is set".into()));
    };
    if !environment.join(COMPLETE).exists() {
        return Err(unavailable("the references are not installed".into()));
    }
    Ok(interpreter_in(&environment))
}

fn unavailable(message: String) -> Fault {
    let remedy =
        format!("run `cargo xtask oracle setup`, or name an interpreter with {INTERPRETER_VARIABLE}");
    Fault::new(FaultKind::Unavailable, format!("{message}; {remedy}"))
}

/// The interpreter that [`INTERPRETER_VARIABLE`] names.
pub fn chosen_interpreter() -> Option<PathBuf> {
    std::env::var_os(INTERPRETER_VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// The pinned environment's folder, there or not. Its name is the digest of [`REQUIREMENTS`], so that other pins are
/// another environment.
pub fn environment_folder() -> Option<PathBuf> {
    let digest = hex(&Sha256::digest(REQUIREMENTS));
    Some(cache_folder()?.join(format!("oracle-{}", digest.get(..16).unwrap_or(&digest))))
}

/// The interpreter inside an environment.
pub fn interpreter_in(environment: &Path) -> PathBuf {
    environment.join("bin/python")
}

/// `~/.cache/lumen`, or below `XDG_CACHE_HOME`: everything that may be made again.
pub fn cache_folder() -> Option<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(cache.join("lumen"))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_interpreter_that_is_not_there_is_unavailable() {
        let fault = interpreter(Some(Path::new("/nowhere/python"))).unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Unavailable);
        assert!(fault.to_string().contains("/nowhere/python") && fault.to_string().contains("oracle setup"));
    }
}
