//! The header is what the sources say.

use std::path::Path;

/// In the order of the header.
const SOURCES: [&str; 13] = [
    "failure.rs",
    "open.rs",
    "snapshot.rs",
    "plan.rs",
    "mutate.rs",
    "field.rs",
    "entry.rs",
    "past.rs",
    "filter.rs",
    "rows.rs",
    "bytes.rs",
    "derive.rs",
    "subscribe.rs",
];

#[test]
fn the_header_is_that_of_the_sources() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).unwrap();
    let builder = SOURCES.iter().fold(cbindgen::Builder::new().with_config(config), |builder, file| {
        builder.with_src(root.join("src").join(file))
    });
    let mut made = Vec::new();
    builder.generate().unwrap().write(&mut made);
    let made = String::from_utf8(made).unwrap();
    let path = root.join("include/lumen_store.h");
    if std::env::var_os("LUMEN_WRITE_HEADER").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let line = made.lines().zip(kept.lines()).position(|(made, kept)| made != kept);
    assert!(
        made == kept,
        "include/lumen_store.h is stale (first difference in line {:?}); LUMEN_WRITE_HEADER=1 makes it anew",
        line.map(|line| line + 1)
    );
}

/// A declaration that is lost with its file, or that cbindgen does not see, would leave no trace above.
#[test]
fn every_exported_function_is_declared() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let header = std::fs::read_to_string(root.join("include/lumen_store.h")).unwrap();
    let mut count = 0;
    for entry in std::fs::read_dir(root.join("src")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let source = std::fs::read_to_string(path).unwrap();
        for (_, rest) in source.match_indices("extern \"C\" fn ").map(|(at, _)| source.split_at(at + 14)) {
            let name = rest.split('(').next().unwrap();
            assert!(header.contains(&format!("{name}(")), "{name} is not in the header");
            count += 1;
        }
    }
    println!("{count} functions");
    assert!(count > 90);
}
