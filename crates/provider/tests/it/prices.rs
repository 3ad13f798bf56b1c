//! The table of prices, and what it makes of tokens.

use provider::{ErrorKind, Prices, Usage};

fn usage(input_tokens: u64, output_tokens: u64) -> Usage {
    Usage { input_tokens, output_tokens, cached_tokens: 0 }
}

/// Dollars a million tokens, as the makers' pages have them, times the tokens.
#[test]
fn calls_cost_what_the_makers_pages_say() {
    let prices = Prices::built_in().unwrap();
    let cost = |model: &str, usage: Usage| prices.get(model, usage.input_tokens).unwrap().of(usage);
    // 3 dollars + 15 dollars a million: 1,000 and 200 tokens are 0.003 + 0.003 dollars.
    assert_eq!(cost("claude-sonnet-4-5", usage(1_000, 200)), Some(6_000_000));
    // 0.40 + 1.60 dollars a million: 5 and 3 tokens are 0.000002 + 0.0000048 dollars.
    assert_eq!(cost("gpt-4.1-mini", usage(5, 3)), Some(6_800));
    assert_eq!(cost("gpt-4.1-mini", usage(0, 0)), Some(0));
    assert_eq!(prices.get("gpt-4.1", 1).unwrap().at_most(u64::MAX, 1), None, "beyond a u64");
}

#[test]
fn what_the_table_does_not_state_is_unpriced() {
    let prices = Prices::built_in().unwrap();
    assert_eq!(prices.get("gpt-4.1-", 1), None);
    assert_eq!(prices.get("GPT-4.1", 1), None);
    assert!(prices.get("claude-sonnet-4-5", 200_000).is_some());
    assert_eq!(prices.get("claude-sonnet-4-5", 200_001), None, "larger requests have another price");
    assert!(prices.iter().all(|(_, price)| price.as_of.len() == 10 && !price.source.is_empty()));
}

#[test]
fn a_row_without_date_source_or_whole_numbers_is_refused() {
    let row = |row: &str| Prices::parse(&format!("[models.m]\n{row}"));
    let whole = "input = 1\noutput = 2\nas_of = \"2026-01-02\"\nsource = \"a page\"\n";
    assert!(row(whole).is_ok());
    for (from, to, named) in [
        ("input = 1", "", "input"),
        ("input = 1", "input = 0.5", "input"),
        ("output = 2", "output = -2", "output"),
        ("as_of = \"2026-01-02\"", "as_of = \"January\"", "as_of"),
        ("source = \"a page\"", "source = \"\"", "source"),
        ("output = 2", "output = 2\ncached = 1", "cached"),
    ] {
        let error = row(&whole.replace(from, to)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains(&format!("`{named}`")), "{to}: {error}");
    }
    assert_eq!(Prices::parse("[prices.m]\n").unwrap_err().kind(), ErrorKind::Config);
}
