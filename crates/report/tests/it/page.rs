use std::collections::{HashMap, HashSet};

use report::{
    figure::{Figure, Kind, Series, Xs},
    html::{STYLE, html},
    page::{Block, Cell, Content, Inline, Page, Provenance, Shown, Status},
    svg::svg,
    table::{Column, Row, TableView},
};
use sha2::{Digest, Sha256};

use super::demo;

/// The values of an attribute in the page.
fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let open = format!(" {name}=\"");
    page.split(open.as_str())
        .skip(1)
        .filter_map(|rest| rest.split_once('"').map(|(value, _)| value))
        .collect()
}

#[test]
fn equal_pages_give_equal_bytes() {
    assert_eq!(html(&demo::page()), html(&demo::page()));
}

#[test]
fn the_policy_allows_this_style_sheet_and_nothing_else() {
    let page = html(&demo::page());
    let style = page.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>"));
    assert_eq!(style.map(|(style, _)| style), Some(STYLE));
    let policy = attributes(&page, "content").into_iter().find(|c| c.contains("default-src"));
    let policy = policy.expect("a policy").replace("&#39;", "'");
    let hash = policy.split_once("sha256-").and_then(|(_, rest)| rest.split_once('\'')).expect("a hash").0;
    assert_eq!(decoded(hash), Sha256::digest(STYLE.as_bytes()).to_vec());
    assert_eq!(
        policy.replace(hash, "HASH"),
        "default-src 'none'; style-src 'sha256-HASH'; img-src data:; base-uri 'none'; form-action 'none'"
    );
}

/// RFC 4648, section 4.
fn decoded(text: &str) -> Vec<u8> {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let sextets = text.chars().filter_map(|c| alphabet.find(c));
    let bits: String = sextets.map(|n| format!("{n:06b}")).collect();
    bits.as_bytes().chunks_exact(8).map(|b| b.iter().fold(0, |n, bit| n << 1 | (bit - b'0'))).collect()
}

#[test]
fn nothing_in_the_page_loads_or_runs() {
    let page = html(&demo::page());
    for tag in
        ["<script", "<link", "<img", "<iframe", "<object", "<embed", "<base", "<form", "@import", "url("]
    {
        assert!(!page.contains(tag), "{tag}");
    }
    // Inline styles would be refused by the policy; addresses may only be links, and the name of the SVG vocabulary.
    for name in ["style", "src", "srcset", "onload", "onclick", "xlink:href"] {
        assert_eq!(attributes(&page, name), [""; 0], "{name}");
    }
    let outside: HashSet<_> = page.match_indices("http").map(|(i, _)| page[i..].split('"').next()).collect();
    let expected = ["http://www.w3.org/2000/svg", "http-equiv=", "https://wildlife.faa.gov/"];
    assert_eq!(outside, expected.map(Some).into());
}

#[test]
fn every_link_inside_the_page_has_its_target() {
    let page = html(&demo::page());
    let ids = attributes(&page, "id");
    let unique: HashSet<_> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len(), "doubled: {ids:?}");
    let targets: Vec<_> = attributes(&page, "href").into_iter().filter_map(|h| h.strip_prefix('#')).collect();
    assert!(targets.len() > 40, "only {} links", targets.len());
    for target in targets {
        assert!(unique.contains(target), "#{target} leads nowhere");
    }
}

#[test]
fn a_number_links_to_its_chain_and_back() {
    let page = html(&demo::page());
    assert!(page.contains(
        "<a class=\"num\" id=\"n-rate\" href=\"#why-rate\" title=\"Where this comes from: damage_rate | percent(1)\">10.6%</a>"
    ));
    let chain =
        page.split_once("id=\"why-rate\"").and_then(|(_, rest)| rest.split_once("</article>")).expect("it").0;
    for part in [
        "damage_rate",
        "birdstrikes.csv.gz",
        "10,000 rows",
        "9f86d081",
        "href=\"#n-rate\"",
        "href=\"#n-rate.2\"",
    ] {
        assert!(chain.contains(part), "{part}");
    }
    assert!(page.contains("<span class=\"untraced\""));
    assert!(page.contains("<strong>1 without provenance</strong>"));
}

/// One page in which everything that can be hostile is.
fn hostile(text: &str) -> Page {
    let inline = || vec![Inline::text(text), Inline::Code(text.into()), Inline::number(text, text)];
    let figure = |kind, xs| {
        let series = vec![Series { name: text.into(), xs, ys: vec![1.0, 2.0] }; 2];
        Figure { series, x_label: text.into(), y_label: text.into(), ..Figure::new(kind, text) }
    };
    let contents = [
        Content::Text(text.into()),
        Content::Error(text.into()),
        Content::Figure(figure(Kind::Bar, Xs::Categories(vec![text.into(), "b".into()]))),
        Content::Figure(figure(Kind::Line, Xs::Categories(vec![text.into(), "b".into()]))),
        Content::Table(TableView {
            index: vec![text.into()],
            columns: vec![Column::new(text, text)],
            rows: vec![Row { labels: vec![text.into()], cells: vec![text.into()] }],
            row_count: 9,
            gap_after: None,
        }),
    ];
    let shown = contents.map(|content| Shown { id: Some(text.into()), name: text.into(), content });
    let mut provenance = demo::page().provenance.remove(0);
    provenance = Provenance {
        id: text.into(),
        title: text.into(),
        code: text.into(),
        intent: Some(text.into()),
        ..provenance
    };
    provenance.inputs[0].path = text.into();
    let mut page = demo::page();
    page.title = text.into();
    page.subtitle = Some(text.into());
    page.facts.document = text.into();
    page.facts.digests[0].label = text.into();
    page.provenance = vec![provenance];
    page.blocks = vec![
        Block::Heading { level: 200, text: inline() },
        Block::Paragraph(inline()),
        Block::Paragraph(vec![Inline::Link { url: format!("javascript:alert(1)//{text}"), text: inline() }]),
        Block::Paragraph(vec![Inline::Link { url: "data:text/html,x".into(), text: inline() }]),
        Block::Quote(vec![Block::Code { language: text.into(), text: text.into() }]),
        Block::Table { head: vec![inline()], align: vec![], rows: vec![vec![inline(), inline()], vec![]] },
        Block::Cell(Cell {
            name: text.into(),
            language: text.into(),
            source: Some(text.into()),
            status: Status::Failed,
            ms: None,
            shown: shown.into(),
        }),
    ];
    page
}

/// The page's tags with their attributes' names, texts left out: its shape. Marks within code are no part of it.
fn shape(page: &str) -> Vec<String> {
    let tags = page.split('<').skip(1).filter_map(|rest| rest.split_once('>'));
    let tags = tags.map(|(tag, _)| tag.split('"').step_by(2).collect::<String>());
    tags.filter(|tag| !["span class=", "/span", "b", "/b", "i", "/i"].contains(&tag.as_str())).collect()
}

#[test]
fn hostile_text_stays_text() {
    // The harmless text is as wide as the hostile one, so that labels wrap and are cut alike.
    for text in [
        "<img src=x onerror=alert(1)>",
        "\"><script>alert(1)</script>",
        "' onload='x",
        "--><!--",
        "]]></svg>",
    ] {
        let page = html(&hostile(text));
        let plain: String = text
            .chars()
            .map(|c| if c == '<' || c == '>' || c == '"' || c == '\'' { '=' } else { c })
            .collect();
        let harmless = html(&hostile(&plain));
        assert_eq!(shape(&page), shape(&harmless), "{text}");
        assert!(attributes(&page, "href").iter().all(|h| h.starts_with(['#'])), "{text}");
    }
}

#[test]
fn controls_and_direction_marks_are_written_out() {
    let page = html(&hostile("a\u{0}\u{1b}[31m\u{202e}b"));
    assert!(!page.contains(['\u{0}', '\u{1b}', '\u{202e}']));
    assert!(page.contains("a\\x00\\x1b[31m\\u{202e}b"));
}

#[test]
fn the_title_is_the_only_heading_of_the_first_level() {
    let heading = |level, text: &str| Block::Heading { level, text: vec![Inline::text(text)] };
    let of = |blocks| html(&Page { title: "Birds".into(), blocks, ..Page::default() });
    let repeated = of(vec![heading(1, "Birds"), heading(2, "Speed")]);
    assert!(repeated.contains("<h1>Birds</h1>") && repeated.contains("<h2 id=\"s-speed\">Speed</h2>"));
    assert_eq!(repeated.matches("Birds").count(), 2, "in the head and in the masthead");
    let own = of(vec![heading(1, "Speed"), heading(2, "Slow"), heading(1, "Speed")]);
    for part in ["<h2 id=\"s-speed\">", "<h3 id=\"s-slow\">", "<h2 id=\"s-speed-2\">"] {
        assert!(own.contains(part), "{part}");
    }
}

/// The colours of one scheme, by the names of their variables and, for series, of their classes.
fn colors(scheme: &str) -> HashMap<&str, &str> {
    let values = |open: &'static str, between: &'static str| {
        let rules = scheme.split(open).skip(1).filter_map(move |rest| rest.split_once(between));
        rules.map(|(name, rest)| (name, rest.split([';', ' ']).next().unwrap_or("")))
    };
    values("--", ": #").chain(values("\n  .", " { fill: #")).collect()
}

/// WCAG 2.2, definitions of relative luminance and contrast ratio.
fn contrast(a: &str, b: &str) -> f64 {
    let luminance = |hex: &str| -> f64 {
        let channel = |i: usize| {
            let part = hex.get(i * hex.len() / 3..(i + 1) * hex.len() / 3).expect("a colour");
            let part = if part.len() == 1 { part.repeat(2) } else { part.to_owned() };
            let c = f64::from(u8::from_str_radix(&part, 16).expect("hexadecimal digits")) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(0) + 0.7152 * channel(1) + 0.0722 * channel(2)
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// WCAG 2.2, success criteria 1.4.3 (text, 4.5:1) and 1.4.11 (graphics, 3:1).
#[test]
fn text_and_drawings_stand_out_in_both_schemes() {
    let (light, rest) =
        STYLE.split_once("@media screen and (prefers-color-scheme: dark)").expect("two schemes");
    let dark = rest.split_once("\n}").expect("the end of the dark scheme").0;
    for scheme in [light, dark] {
        let colors = colors(scheme);
        for ground in ["paper", "shade", "mark"] {
            for text in ["ink", "quiet", "link", "bad", "text"] {
                let ratio = contrast(colors[text], colors[ground]);
                assert!(ratio >= 4.5, "{text} on {ground}: {ratio:.2}");
            }
        }
    }
    let six = (0..6).map(|_| Series { name: String::new(), xs: Xs::Numbers(vec![1.0]), ys: vec![1.0] });
    let drawn = svg(&Figure { series: six.collect(), ..Figure::new(Kind::Bar, "") });
    let (light, dark) = (colors(light), colors(dark));
    for n in 0..6 {
        let (class, fill) = (format!("s{n}"), format!("class=\"s{n}\" fill=\"#"));
        let on_light = drawn.split_once(fill.as_str()).and_then(|(_, rest)| rest.get(..6)).expect("a colour");
        for (color, paper) in [(on_light, light["paper"]), (dark[class.as_str()], dark["paper"])] {
            let ratio = contrast(color, paper);
            assert!(ratio >= 3.0, "series {n} on #{paper}: {ratio:.2}");
        }
    }
}

#[test]
fn an_empty_page_is_a_page() {
    let page = html(&Page::default());
    assert!(page.starts_with("<!DOCTYPE html><html lang=\"en\">"), "{page}");
    assert!(page.ends_with("</body></html>"));
}
