//! What Rust sources may say: where the outside world is touched, where `unsafe` stands, what a `lib.rs` holds.

use super::{File, expect_none, files};

/// Crates with a door to the world.
const IO_CRATES: &[&str] = &[
    "files",
    "registry",
    "provider",
    "sandbox",
    "oracle",
    "conformance",
    "corpus",
    "archive",
    "lsp",
    "cli",
    "testkit",
];

/// Single files with one, in crates that otherwise have none.
const IO_FILES: &[&str] = &["crates/store/src/directory.rs", "crates/store/src/lock.rs"];

const IO: &[&str] =
    &["std::fs", "std::net", "std::process", "rustix::fs", "File::open", "TcpStream", "UdpSocket"];

const CLOCK: &[&str] =
    &["SystemTime", "Instant::now", "UNIX_EPOCH", "Zoned::now", "Timestamp::now", "thread_rng"];

/// The recorder turns time into an effect; the binary may show how long something took; a C program that opens a store
/// has no recorder; a confined process is held to its limits of time by a clock.
const CLOCK_CRATES: &[&str] = &["recorder", "cli", "capi", "sandbox"];

/// Timeouts and limits per minute of a network are real; everything else of that crate takes its clock from there.
const CLOCK_FILES: &[&str] = &["crates/provider/src/clock.rs"];

const UNSAFE_CRATES: &[&str] = &["column", "tensor", "capi", "python", "sandbox", "cuda"];

/// A file this long is two subjects, or its module documentation says why it is one.
const LONGEST_FILE: usize = 2000;

/// The code of a Rust file: comments, strings and inline test modules become blanks, line for line.
fn code(source: &str) -> String {
    without_tests(&blanked(source))
}

fn blanked(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    while at < chars.len() {
        let end = match literal_end(&chars, at) {
            Some(end) => end,
            None => {
                out.push(chars[at]);
                at += 1;
                continue;
            }
        };
        out.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
        at = end;
    }
    out
}

/// Where the comment, string or character that starts here ends.
fn literal_end(chars: &[char], at: usize) -> Option<usize> {
    let starts = |text: &str| text.chars().enumerate().all(|(n, c)| chars.get(at + n) == Some(&c));
    let find = |from: usize, text: &str| {
        let text: Vec<char> = text.chars().collect();
        (from..chars.len()).find(|n| chars[*n..].starts_with(&text)).map_or(chars.len(), |n| n + text.len())
    };
    if starts("//") {
        return Some((at..chars.len()).find(|n| chars[*n] == '\n').unwrap_or(chars.len()));
    }
    if starts("/*") {
        return Some(find(at + 2, "*/"));
    }
    let fresh = at == 0 || !(chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
    if fresh && (starts("r\"") || starts("r#") || starts("br")) {
        let mark = at + chars[at..].iter().take_while(|c| **c == 'b' || **c == 'r').count();
        let hashes = chars[mark..].iter().take_while(|c| **c == '#').count();
        if chars.get(mark + hashes) == Some(&'"') {
            return Some(find(mark + hashes + 1, &format!("\"{}", "#".repeat(hashes))));
        }
    }
    if starts("\"") {
        let mut n = at + 1;
        while n < chars.len() && chars[n] != '"' {
            n += if chars[n] == '\\' { 2 } else { 1 };
        }
        return Some((n + 1).min(chars.len()));
    }
    // A quote that closes after one character, or after an escape, is a character; otherwise a lifetime.
    if starts("'\\") {
        return Some(find(at + 3, "'"));
    }
    (starts("'") && chars.get(at + 2) == Some(&'\'')).then_some(at + 3)
}

fn without_tests(code: &str) -> String {
    let Some(start) = code.find("#[cfg(test)]") else { return code.to_string() };
    let (before, rest) = code.split_at(start);
    let declaration = &rest["#[cfg(test)]".len()..];
    let body = declaration.find('{').filter(|brace| !declaration[..*brace].contains(';'));
    let skipped = match body {
        Some(brace) => {
            let mut depth = 0usize;
            let end = declaration[brace..].char_indices().find(|(_, c)| {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ => {}
                }
                depth == 0
            });
            brace + end.map_or(declaration.len() - brace, |(n, _)| n + 1)
        }
        None => declaration.find(';').map_or(declaration.len(), |n| n + 1),
    };
    let (test, after) = declaration.split_at(skipped);
    let lines = "\n".repeat(test.matches('\n').count());
    format!("{before}{lines}{}", without_tests(after))
}

/// Tests, and examples: programs of their own, in which the outside world begins.
fn is_test(file: &File) -> bool {
    file.name() == "tests.rs" || file.path.contains("/tests/") || file.path.contains("/examples/")
}

/// Every line of a crate's code that names one of the words.
fn mentions<'a>(
    files: &'a [File],
    words: &'a [&str],
) -> impl Iterator<Item = (&'a str, &'a File, String)> + 'a {
    let sources = files.iter().filter(|file| file.is_rust() && !is_test(file));
    sources.filter_map(|file| file.owner().map(|owner| (owner, file))).flat_map(move |(owner, file)| {
        let code = code(file.text());
        let hits: Vec<String> = code
            .lines()
            .enumerate()
            .filter_map(|(n, line)| {
                let word = words.iter().find(|word| contains_word(line, word))?;
                Some(format!("{}:{} names {word}", file.path, n + 1))
            })
            .collect();
        hits.into_iter().map(move |hit| (owner, file, hit))
    })
}

fn contains_word(line: &str, word: &str) -> bool {
    let joined = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(word).any(|(at, _)| {
        !joined(line[..at].chars().next_back()) && !joined(line[at + word.len()..].chars().next())
    })
}

fn outside_io(files: &[File]) -> Vec<String> {
    mentions(files, IO)
        .filter(|(owner, file, _)| !IO_CRATES.contains(owner) && !IO_FILES.contains(&file.path.as_str()))
        .map(|(_, _, hit)| hit)
        .collect()
}

fn outside_clocks(files: &[File]) -> Vec<String> {
    mentions(files, CLOCK)
        .filter(|(owner, file, _)| {
            !CLOCK_CRATES.contains(owner) && !CLOCK_FILES.contains(&file.path.as_str())
        })
        .map(|(_, _, hit)| hit)
        .collect()
}

fn outside_unsafe(files: &[File]) -> Vec<String> {
    mentions(files, &["unsafe"])
        .filter(|(owner, _, _)| !UNSAFE_CRATES.contains(owner))
        .map(|(_, _, hit)| hit)
        .collect()
}

/// `unsafe` in code without a SAFETY comment in the lines above it.
fn unexplained_unsafe(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.is_rust() && file.owner().is_some()) {
        let lines: Vec<&str> = file.text().lines().collect();
        for (n, line) in blanked(file.text()).lines().enumerate() {
            let explained = lines[n.saturating_sub(12)..=n.min(lines.len() - 1)]
                .iter()
                .any(|line| line.contains("SAFETY:") || line.contains("# Safety"));
            if contains_word(line, "unsafe") && !line.contains("unsafe_") && !explained {
                found.push(format!("{}:{} has no SAFETY comment", file.path, n + 1));
            }
        }
    }
    found
}

/// A `lib.rs` is a table of contents: documentation, modules, re-exports.
fn busy_roots(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.owner().is_some() && file.path.ends_with("/src/lib.rs")) {
        if !file.text().starts_with("//!") {
            found.push(format!("{} does not begin with what the crate is", file.path));
        }
        let text = code(file.text());
        let lines: Vec<&str> = text.lines().collect();
        for (n, line) in lines.iter().enumerate() {
            // The compiler takes macros from the root only; what they do stands in modules.
            if n > 0 && lines[n - 1].starts_with("#[proc_macro") && line.starts_with("pub fn ") {
                continue;
            }
            if ["fn", "struct", "enum", "trait", "impl"].iter().any(|word| contains_word(line, word)) {
                found.push(format!("{}:{} holds code; move it to a module", file.path, n + 1));
            }
        }
    }
    found
}

fn long_files(files: &[File]) -> Vec<String> {
    let long = files.iter().filter(|file| file.is_rust() && file.text().lines().count() > LONGEST_FILE);
    long.map(|file| format!("{} has {} lines", file.path, file.text().lines().count())).collect()
}

#[test]
fn only_the_crates_with_a_door_touch_the_world() {
    expect_none(outside_io(&files()));
}

#[test]
fn a_door_elsewhere_is_found() {
    let planted = [
        File::planted("crates/vm/src/run.rs", "use std::fs;\n// std::net\nlet s = \"std::process\";\n"),
        File::planted("crates/vm/src/tests.rs", "use std::fs;\n"),
        File::planted(
            "crates/vm/src/a.rs",
            "#[cfg(test)]\nmod tests {\n fn f() { std::fs::read(); }\n}\nuse std::net;",
        ),
        File::planted("crates/files/src/csv.rs", "use std::fs;\n"),
        File::planted("crates/store/src/directory.rs", "use std::fs;\n"),
        File::planted("crates/store/src/log.rs", "use std::fs;\n"),
    ];
    let expected = [
        "crates/vm/src/run.rs:1 names std::fs",
        "crates/vm/src/a.rs:5 names std::net",
        "crates/store/src/log.rs:1 names std::fs",
    ];
    assert_eq!(outside_io(&planted), expected);
}

#[test]
fn no_engine_reads_a_clock() {
    expect_none(outside_clocks(&files()));
    let planted = [File::planted("crates/frame/src/a.rs", "let t = std::time::Instant::now();")];
    assert_eq!(outside_clocks(&planted), ["crates/frame/src/a.rs:1 names Instant::now"]);
}

#[test]
fn unsafe_stands_only_in_kernels_and_is_explained() {
    expect_none(outside_unsafe(&files()));
    expect_none(unexplained_unsafe(&files()));
}

#[test]
fn stray_and_unexplained_unsafe_is_found() {
    let planted = [
        File::planted("crates/vm/src/a.rs", "fn f() {\n    // SAFETY: none\n    unsafe { g() }\n}"),
        File::planted("crates/column/src/a.rs", "fn f() {\n    unsafe { g() }\n}"),
        File::planted("crates/column/src/b.rs", "// SAFETY: in bounds\nunsafe { g() }\n"),
    ];
    assert_eq!(outside_unsafe(&planted), ["crates/vm/src/a.rs:3 names unsafe"]);
    assert_eq!(unexplained_unsafe(&planted), ["crates/column/src/a.rs:2 has no SAFETY comment"]);
}

#[test]
fn crate_roots_hold_no_logic() {
    expect_none(busy_roots(&files()));
    let planted = [File::planted("crates/vm/src/lib.rs", "mod a;\npub fn f() {}\n")];
    assert_eq!(busy_roots(&planted).len(), 2);
}

#[test]
fn no_file_is_endless() {
    expect_none(long_files(&files()));
    assert_eq!(long_files(&[File::planted("a.rs", &"\n".repeat(LONGEST_FILE + 1))]).len(), 1);
}

#[test]
fn comments_strings_and_characters_are_not_code() {
    let source = "a /* b */ \"c \\\" d\" 'e' '\\n' r#\"f \" g\"# 'life h // i\nj";
    assert_eq!(blanked(source).split_whitespace().collect::<Vec<_>>(), ["a", "'life", "h", "j"]);
    assert_eq!(blanked(source).lines().count(), source.lines().count());
}
