//! Builds every packet below `cases/` into the crate, so that the program checks itself wherever it stands.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join("../../cases");
    println!("cargo::rerun-if-changed={}", root.display());
    println!("cargo::rustc-env=CONFORMANCE_TARGET={}", env::var("TARGET").unwrap_or_default());
    println!("cargo::rustc-env=CONFORMANCE_PROFILE={}", env::var("PROFILE").unwrap_or_default());
    println!("cargo::rustc-env=CONFORMANCE_RUSTC={}", rustc_version());
    let mut files = Vec::new();
    for area in folders(&root)? {
        files.extend(
            files_of(&area)?.into_iter().filter(|file| file.extension().is_some_and(|e| e == "yaml")),
        );
        for packet in folders(&area)? {
            let inside = files_of(&packet)?;
            if inside.iter().any(|file| file.file_name().is_some_and(|name| name == "packet.yaml")) {
                files.extend(inside);
            }
        }
    }
    files.extend(files_of(&root)?.into_iter().filter(|file| file.extension().is_some_and(|e| e == "yaml")));
    files.sort();
    let mut text = String::from("const EMBEDDED: &[(&str, &[u8])] = &[\n");
    for file in files {
        let name = file.strip_prefix(&root).map_err(io::Error::other)?;
        let name = name.to_string_lossy().replace('\\', "/");
        let path = file.canonicalize()?;
        writeln!(text, "    ({name:?}, include_bytes!({path:?})),").map_err(io::Error::other)?;
    }
    text.push_str("];\n");
    let lock = root.join("../evidence.lock");
    println!("cargo::rerun-if-changed={}", lock.display());
    let lock =
        if lock.exists() { format!("Some(include_str!({:?}))", lock.canonicalize()?) } else { "None".into() };
    writeln!(text, "const EMBEDDED_LOCK: Option<&str> = {lock};").map_err(io::Error::other)?;
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("embedded.rs"), text)
}

fn rustc_version() -> String {
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let output = std::process::Command::new(rustc).arg("--version").output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_string()).unwrap_or_default()
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
}

fn folders(folder: &Path) -> io::Result<Vec<PathBuf>> {
    Ok(entries(folder)?.into_iter().filter(|path| path.is_dir()).collect())
}

fn files_of(folder: &Path) -> io::Result<Vec<PathBuf>> {
    Ok(entries(folder)?.into_iter().filter(|path| path.is_file()).collect())
}
