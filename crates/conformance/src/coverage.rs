//! What a packet says it covers against what its cases ask: every API name and parameter has a row, every row a name.

use std::collections::{BTreeMap, BTreeSet};

use crate::library::Loaded;
use crate::row::Row;

/// `name` or `name(parameter, …)`.
struct Entry<'a> {
    name: &'a str,
    parameters: Option<Vec<&'a str>>,
}

impl<'a> Entry<'a> {
    fn parse(text: &'a str) -> Entry<'a> {
        match text.strip_suffix(')').and_then(|text| text.split_once('(')) {
            Some((name, inside)) if !name.is_empty() => {
                let parameters = inside.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
                Entry { name, parameters: Some(parameters) }
            }
            _ => Entry { name: text, parameters: None },
        }
    }
}

/// The parameters of each API name that a row covers: those behind the name; of a row's only name without any, its
/// inputs and parameters.
fn covered(row: &Row) -> BTreeMap<&'static str, BTreeSet<String>> {
    let own = || match row.api {
        [_] => {
            let inputs = row.inputs.iter().map(|input| input.name.to_string());
            inputs.chain(row.params.names()).filter(|name| name != "self").collect()
        }
        _ => BTreeSet::new(),
    };
    let entry = |text: &&'static str| {
        let Entry { name, parameters } = Entry::parse(text);
        (name, parameters.map_or_else(own, |names| names.into_iter().map(str::to_string).collect()))
    };
    row.api.iter().map(entry).collect()
}

/// What does not fit between a packet's `api` and the rows that its cases ask, one line each: a name or a parameter
/// without a row, a row without a name. Cases of an unknown operation are not this check's to report.
pub(crate) fn gaps<'r>(loaded: &Loaded, registry: &dyn Fn(&str) -> Option<&'r Row>) -> Vec<String> {
    let asked: BTreeSet<&str> =
        loaded.cases.iter().filter(|case| case.retired.is_none()).map(|case| case.op.as_str()).collect();
    let rows: Vec<&Row> = asked.iter().filter_map(|op| registry(op)).collect();
    let mut known: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (name, parameters) in rows.iter().flat_map(|row| covered(row)) {
        known.entry(name).or_default().extend(parameters);
    }
    let mut gaps = Vec::new();
    let mut named = BTreeSet::new();
    for text in &loaded.packet.api {
        let Entry { name, parameters } = Entry::parse(text);
        named.insert(name);
        match known.get(name) {
            None => gaps.push(format!("api: no case asks a row of {name}")),
            Some(known) => {
                let missing = parameters.into_iter().flatten().find(|one| !known.contains(*one));
                gaps.extend(missing.map(|one| format!("api: no row of {name} has the parameter {one:?}")));
            }
        }
    }
    for row in rows {
        // What nobody builds yet has no names.
        let is_listed = |text: &&str| named.contains(Entry::parse(text).name);
        if !row.api.is_empty() && !row.api.iter().any(is_listed) {
            gaps.push(format!(
                "api: cases ask {}, of which no name is listed: {}",
                row.op,
                row.api.join(", ")
            ));
        }
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Library, registry};

    #[test]
    fn every_packet_names_what_its_cases_ask_and_every_row_has_a_case() {
        let library = Library::embedded();
        let (mut found, mut asked) = (Vec::new(), BTreeSet::new());
        for id in library.packets().keys() {
            let loaded = library.load(id).expect("a packet");
            found.extend(gaps(&loaded, &registry::find).into_iter().map(|gap| format!("{id}: {gap}")));
            asked.extend(loaded.cases.into_iter().map(|case| case.op));
        }
        found.extend(registry::rows().filter(|row| !asked.contains(row.op)).map(|row| row.op.to_string()));
        assert_eq!(found, [""; 0], "{found:#?}");
    }
}
