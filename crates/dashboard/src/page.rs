//! The frame around every page, and the words and marks that all share.

use evidence::gate::Verdict;
use evidence::report::Status;
use maud::{DOCTYPE, Markup, PreEscaped, Render, html};
use report::escape::visible;
use serde::Serialize;

/// The style sheet that stands in each page, byte for byte.
pub const STYLE: &str = include_str!("style.css");

/// What a page may load: nothing but its own style sheet. A server says so in a header too.
#[must_use]
pub fn policy() -> String {
    report::html::policy(STYLE)
}

/// A complete page that loads nothing but itself. `root` leads from it to the site's folder.
pub(crate) fn page(root: &str, title: &str, body: Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (visible(title)) " · conformance" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                nav {
                    a href={ (root) "conformance.html" } { "Conformance" }
                    a href={ (root) "ledger.html" } { "Ledger" }
                    a href={ (root) "sidecars.html" } { "Sidecars" }
                    a href={ (root) "api/v1/conformance.json" } { "JSON" }
                }
                main { (body) }
            }
        }
    }
    .into_string()
}

/// A cell of a table.
pub(crate) struct TableCell {
    class: String,
    content: Markup,
}

/// A cell with text or more in it.
pub(crate) fn cell(content: impl Render) -> TableCell {
    TableCell { class: String::new(), content: content.render() }
}

/// A cell whose ground shows how it is meant, too.
pub(crate) fn meant(name: &str, content: Markup) -> TableCell {
    TableCell { class: name.to_string(), content }
}

/// A verdict's or a status's mark, which needs no label.
pub(crate) fn marked(name: &str, mark: Markup) -> TableCell {
    TableCell { class: format!("marked {name}"), content: mark }
}

/// A table with the first cell of each row as its head. In a narrow window rows stand under each other, and every cell
/// behind its label.
pub(crate) fn table(heads: &[&str], rows: impl IntoIterator<Item = Vec<TableCell>>) -> Markup {
    let row = |cells: Vec<TableCell>| {
        let mut cells = heads.iter().zip(cells);
        html! {
            tr {
                @if let Some((_, first)) = cells.next() { th scope="row" { (first.content) } }
                @for (label, cell) in cells {
                    td.(cell.class)[!cell.class.is_empty()] data-label=(label) { (cell.content) }
                }
            }
        }
    };
    html! {
        div.wide {
            table {
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody { @for cells in rows { (row(cells)) } }
            }
        }
    }
}

/// A verdict in words; *not evaluated* is hatched too.
pub(crate) fn verdict(verdict: Verdict) -> Markup {
    html! { span.mark.(verdict.name()) { (words(verdict.name())) } }
}

/// A check's status in words.
pub(crate) fn status(status: Status) -> Markup {
    html! { span.mark.(status.name()) { (words(status.name())) } }
}

/// A spelling of the files as a person reads it.
pub(crate) fn words(spelling: &str) -> String {
    spelling.replace('_', " ")
}

/// A unit variant's spelling in the files, as a person reads it.
pub(crate) fn spelling(value: &impl Serialize) -> String {
    evidence::typed::to_json(value).as_str().map(words).unwrap_or_default()
}

/// A moment in UTC.
pub(crate) fn date(seconds: u64) -> String {
    let moment = i64::try_from(seconds).ok().and_then(|s| jiff::Timestamp::from_second(s).ok());
    moment.map_or_else(|| format!("{seconds} s after 1970"), |moment| moment.to_string())
}

/// A commit's first digits, with a mark for changes that no commit holds.
pub(crate) fn commit(commit: &str, dirty: bool) -> String {
    let short: String = commit.chars().take(12).collect();
    if dirty { format!("{short} with changes") } else { short }
}
