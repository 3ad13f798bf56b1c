//! Checker, lowering and machine against a plain walk over the tree.

use crate::language;

/// xorshift64*
fn bytes(seed: u64, count: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_be_bytes()[0]
    };
    (0..count).map(|_| next()).collect()
}

/// Programs to try.
fn runs() -> u64 {
    std::env::var("LUMEN_FUZZ_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(500)
}

#[test]
fn the_machine_does_what_a_plain_walk_does() {
    let (mut ended, mut faulted, mut long) = (0, 0, 0);
    for seed in 1..=runs() {
        let data = bytes(seed, 40 + (seed as usize * 37) % 700);
        match language::program(&data) {
            Some(true) => faulted += 1,
            Some(false) => ended += 1,
            None => long += 1,
        }
    }
    println!(
        "{} programs: {ended} ended, {faulted} faulted, {long} took too long to judge",
        ended + faulted + long
    );
    assert!(ended > runs() / 20 && faulted > runs() / 20 && long < runs() / 4, "{ended} {faulted} {long}");
}

#[test]
fn text_of_any_kind_is_read() {
    let words = [
        "cell ",
        "let ",
        "mut ",
        "x",
        " = ",
        "1",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "\n",
        "end",
        "if ",
        " then ",
        "else ",
        "match ",
        "->",
        "=>",
        "fn",
        "\"",
        "\\",
        "{x}",
        "# c",
        "```",
        "record ",
        "enum ",
        "for ",
        " in ",
        "..",
        "?",
        "!",
        ".",
        ",",
        ":",
        "|",
        "_",
        "é",
        "9223372036854775808",
        "trait ",
        "impl ",
        "handle ",
        "with ",
        "yield ",
        "@",
    ];
    for seed in 1..=runs() {
        let data = bytes(seed, 60);
        let text: String = data.iter().map(|b| words[usize::from(*b) % words.len()]).collect();
        language::source(text.as_bytes());
        language::document(format!("---\ntitle: t\n---\n```lumen a\n{text}\n```\n").as_bytes());
    }
}
