//! What records are asked for by.

use plan::NamespaceId;

use super::Filter;
use crate::record::{Body, Record};

/// Something that a record is about, as the bytes that order it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Term(pub(super) Box<[u8]>);

impl Term {
    fn new(kind: u8, value: &[u8]) -> Term {
        let mut bytes = Vec::with_capacity(1 + value.len());
        bytes.push(kind);
        bytes.extend_from_slice(value);
        Term(bytes.into())
    }

    /// A change of this page, derived ones included.
    pub(super) fn page(id: u64) -> Term {
        Term::new(1, &id.to_be_bytes())
    }

    /// This id of an intent or an entry.
    pub(super) fn id(id: u128) -> Term {
        Term::new(2, &id.to_be_bytes())
    }

    fn author(name: &str) -> Term {
        Term::new(3, name.as_bytes())
    }

    fn schema(name: &str) -> Term {
        Term::new(4, name.as_bytes())
    }

    fn namespace(id: NamespaceId) -> Term {
        Term::new(5, &id.0.to_be_bytes())
    }

    /// Any intent, committed or refused.
    pub(super) fn stated() -> Term {
        Term::new(6, &[])
    }

    /// Terms of which every record with an intent that a filter selects has at least one.
    pub(super) fn of_intents(filter: &Filter) -> Vec<Term> {
        let Filter { intents, authors, schemas, pages, namespaces, inverted, .. } = filter;
        if *inverted {
            return vec![Term::stated()];
        }
        // What few records have is asked first.
        let mut wanted = [
            intents.iter().map(|id| Term::id(*id)).collect::<Vec<_>>(),
            pages.iter().map(|page| Term::page(*page)).collect(),
            authors.iter().map(|author| Term::author(author)).collect(),
            schemas.iter().map(|schema| Term::schema(schema)).collect(),
            namespaces.iter().map(|namespace| Term::namespace(*namespace)).collect(),
        ]
        .into_iter();
        wanted.find(|terms| !terms.is_empty()).unwrap_or_else(|| vec![Term::stated()])
    }

    /// Everything that a record is about, each once.
    pub(super) fn of(record: &Record) -> Vec<Term> {
        let mut terms = Vec::new();
        let (decision, clients) = match &record.body {
            Body::Transaction { decision, deltas, derived, clients, .. } => {
                let changed = deltas.iter().chain(derived.iter().map(|made| &made.delta));
                terms.extend(changed.map(|delta| Term::page(delta.page)));
                (decision, clients.as_slice())
            }
            Body::Refused { decision, .. } => (decision, &[][..]),
            Body::Graph { .. } | Body::Namespace { .. } => return terms,
        };
        if let Some(decision) = decision {
            let intent = &decision.intent;
            terms.extend([Term::id(intent.id), Term::author(&intent.author)]);
            terms.extend([Term::schema(&intent.schema), Term::stated()]);
        }
        terms.extend(clients.iter().filter(|client| client.id != 0).map(|client| Term::id(client.id)));
        terms.extend(clients.iter().map(|client| Term::namespace(client.namespace)));
        terms.sort_unstable();
        terms.dedup();
        terms
    }
}
