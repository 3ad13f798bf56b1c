//! Faults of what is kept: ledger, lock, schemas, log, report.

use std::collections::BTreeMap;

use evidence::ledger::{Entry, Head, Ledger};
use evidence::lock::{Lock, PacketEntry};
use evidence::log::LogRow;
use evidence::report::{Counts, Lane};
use evidence::schema;

use super::Mutant;
use super::toy::Toy;

pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "ledger.row-edited",
        plant: || ledger(|lines| lines[2] = lines[2].replace("\"dirty\":false", "\"dirty\":true")),
    },
    Mutant {
        name: "ledger.row-dropped",
        plant: || {
            ledger(|lines| {
                lines.remove(1);
            })
        },
    },
    Mutant { name: "ledger.rows-swapped", plant: || ledger(|lines| lines.swap(1, 2)) },
    Mutant {
        name: "ledger.tail-cut",
        plant: || {
            ledger(|lines| {
                lines.pop();
            })
        },
    },
    Mutant {
        name: "ledger.fork",
        plant: || {
            ledger(|lines| {
                let (mut short, _) = Ledger::parse(&lines[..3].concat());
                lines.push(short.append(entry("fork"), None));
            })
        },
    },
    Mutant {
        name: "ledger.another-history",
        plant: || {
            ledger(|lines| {
                let mut other = Ledger::default();
                *lines = ["v", "w", "x", "y", "z"].map(|packet| other.append(entry(packet), None)).into();
            })
        },
    },
    Mutant {
        name: "lock.schema-changed-under-its-version",
        plant: || {
            let mut lock = Lock { schemas: schema::entries(), ..Lock::default() };
            if let Some(report) = lock.schemas.get_mut("report") {
                report.digest = "0".repeat(64);
            }
            lock.schema_differences(&schema::entries()).first().map(ToString::to_string)
        },
    },
    Mutant { name: "lock.digest-altered", plant: || locked(|entry| entry.report = "0".repeat(64)) },
    Mutant {
        name: "lock.golden-altered",
        plant: || locked(|entry| entry.golden = [("toy".to_string(), "0".repeat(64))].into()),
    },
    Mutant { name: "lock.counts-altered", plant: || locked(|entry| entry.counts.cases += 1) },
    Mutant {
        name: "lock.entry-missing",
        plant: || {
            Lock::default()
                .differences("MU-001", Lane::Recorded, &locked_entry())
                .first()
                .map(ToString::to_string)
        },
    },
    Mutant {
        name: "report.counts-altered",
        plant: || {
            let mut report = Toy::new().run().packets.pop()?.report;
            report.counts.cases += 1;
            report.faults().into_iter().next()
        },
    },
    Mutant {
        name: "log.field-missing",
        plant: || {
            let line = log_row()?.line().replace("\"replay\"", "\"reply\"");
            evidence::log::parse(&line).err()?.into_iter().next()
        },
    },
    Mutant {
        name: "log.no-artifact",
        plant: || {
            let row = LogRow { artifacts: Vec::new(), ..log_row()? };
            evidence::log::parse(&row.line()).err()?.into_iter().next()
        },
    },
    Mutant {
        name: "log.replay-does-not-reproduce",
        plant: || {
            // The log says that a check failed which passes when it is repeated.
            let row = LogRow { outcome: evidence::report::Status::Fail, ..log_row()? };
            crate::verbs::unreproduced(&row, evidence::report::Status::Pass)
        },
    },
];

fn entry(packet: &str) -> Entry {
    Entry { packet: packet.into(), ..Entry::default() }
}

fn chain() -> (Vec<String>, Option<Head>) {
    let mut ledger = Ledger::default();
    let lines = ["a", "b", "c", "d", "e"].map(|packet| ledger.append(entry(packet), None)).into();
    (lines, ledger.head())
}

fn ledger(change: impl Fn(&mut Vec<String>)) -> Option<String> {
    let (mut lines, head) = chain();
    change(&mut lines);
    let (ledger, faults) = Ledger::parse(&lines.concat());
    faults.into_iter().chain(ledger.inspect(head.as_ref())).next().map(|fault| fault.to_string())
}

fn locked_entry() -> PacketEntry {
    let digest = || "1".repeat(64);
    PacketEntry {
        cases: digest(),
        report: digest(),
        gate: digest(),
        golden: [("toy".to_string(), digest())].into(),
        counts: Counts::default(),
        command: String::new(),
        reason: String::new(),
    }
}

fn locked(change: impl Fn(&mut PacketEntry)) -> Option<String> {
    let lanes = BTreeMap::from([(Lane::Recorded, locked_entry())]);
    let lock = Lock { packets: [("MU-001".to_string(), lanes)].into(), ..Lock::default() };
    let mut found = locked_entry();
    change(&mut found);
    lock.differences("MU-001", Lane::Recorded, &found).first().map(ToString::to_string)
}

fn log_row() -> Option<LogRow> {
    Toy::new().run().packets.pop()?.log.into_iter().next()
}

/// An unharmed chain, lock entry and log row are whole.
pub(super) fn ground() -> Option<String> {
    let row = match log_row() {
        None => return Some("there is no log row".into()),
        Some(row) => row,
    };
    let unread = evidence::log::parse(&row.line()).err().and_then(|faults| faults.into_iter().next());
    ledger(|_| {})
        .or_else(|| locked(|_| {}))
        .or(unread)
        .or_else(|| crate::verbs::unreproduced(&row, row.outcome))
}
