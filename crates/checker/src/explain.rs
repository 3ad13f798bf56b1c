//! Pages that explain codes: what each means, with an example and its correction.

macro_rules! page {
    ($code:literal) => {
        ($code, include_str!(concat!("../../../docs/errors/", $code, ".md")))
    };
}

/// By code, sorted.
const PAGES: &[(&str, &str)] = &[
    page!("E0100"),
    page!("E0101"),
    page!("E0103"),
    page!("E0105"),
    page!("E0106"),
    page!("E0107"),
    page!("E0108"),
    page!("E0109"),
    page!("E0122"),
    page!("E0126"),
    page!("E0128"),
    page!("E0130"),
    page!("E0131"),
    page!("E0200"),
    page!("E0201"),
    page!("E0202"),
    page!("E0203"),
    page!("E0204"),
    page!("E0206"),
    page!("E0207"),
    page!("E0208"),
    page!("E0210"),
    page!("E0211"),
    page!("E0212"),
    page!("E0213"),
    page!("E0300"),
    page!("E0401"),
    page!("E0402"),
    page!("E0403"),
    page!("E0404"),
    page!("E0603"),
    page!("W0200"),
    page!("W0201"),
    page!("W0207"),
    page!("W0208"),
    page!("W0209"),
    page!("W0214"),
    page!("W0215"),
];

/// The page of a code, as Markdown: its meaning, a `lumen` fence that gives it, and one that does not.
pub fn explain(code: &str) -> Option<&'static str> {
    PAGES.iter().find(|(known, _)| known.eq_ignore_ascii_case(code)).map(|(_, page)| *page)
}

/// All codes that have a page, sorted.
pub fn explained() -> impl Iterator<Item = &'static str> {
    PAGES.iter().map(|(code, _)| *code)
}
