//! Verbs over what is kept: ledger, mutants, end to end, rerun, bundles, collection.

use std::path::Path;

use conformance::mutants::Harvest;
use conformance::verbs::{self, Options, Session};
use evidence::place::escape;

use super::print;
use crate::terminal::{Failure, Terminal};
use crate::world;

pub fn ledger(session: &Session, rows: usize, json: bool, terminal: &Terminal) -> Result<u8, Failure> {
    let (view, exit) = verbs::ledger(session)?;
    if json {
        print(terminal, &evidence::typed::to_json(&view));
        return Ok(exit);
    }
    for row in view.rows.iter().skip(view.rows.len().saturating_sub(rows)) {
        let entry = &row.entry;
        let commit: String = entry.commit.chars().take(8).collect();
        let dirty = if entry.dirty { "+" } else { "" };
        terminal.out(&format!(
            "{:>5} {:<12} {:<8} {:<13} {}/{} {commit}{dirty}\n",
            row.seq,
            escape(&entry.packet),
            entry.lane,
            entry.verdict,
            entry.counts.passed + entry.counts.allowed,
            entry.counts.total,
        ));
    }
    for fault in &view.faults {
        terminal.out(&format!("damaged: {}\n", escape(fault)));
    }
    Ok(exit)
}

pub fn anchor(session: &Session, terminal: &Terminal) -> Result<u8, Failure> {
    let head = verbs::anchor(session)?;
    terminal.say(&format!("evidence.lock knows row {} now.", head.seq));
    Ok(verbs::PASS)
}

pub fn poison(session: &Session, cases_each: usize, json: bool, terminal: &Terminal) -> Result<u8, Failure> {
    let poisoned = verbs::poison(session, cases_each)?;
    if json {
        print(terminal, &poisoned.json());
        return Ok(poisoned.exit());
    }
    for (what, lines) in [("not reached", &poisoned.unreached), ("not evaluated", &poisoned.open)] {
        lines.iter().for_each(|line| terminal.out(&format!("{what}: {}\n", escape(line))));
    }
    terminal.out(&format!(
        "{} cases changed to the poison's error, {} did not, {} could not be asked\n",
        poisoned.reached,
        poisoned.unreached.len(),
        poisoned.open.len()
    ));
    Ok(poisoned.exit())
}

pub fn mutants(json: bool, terminal: &Terminal) -> Result<u8, Failure> {
    let harvest = Harvest::gather();
    if json {
        print(terminal, &harvest.json());
    } else {
        for mutant in &harvest.mutants {
            let by: String = mutant.by.chars().take(terminal.width.saturating_sub(4)).collect();
            terminal.out(&format!("{:<8} {}\n    {by}\n", mutant.outcome, mutant.name));
        }
        for (ground, why) in &harvest.grounds {
            terminal.out(&format!("the ground of {ground} is not green: {}\n", escape(why)));
        }
        let survivors = harvest.survivors().count();
        terminal.out(&format!(
            "{} mutants: {} red, {survivors} survived\n",
            harvest.mutants.len(),
            harvest.mutants.len() - survivors
        ));
    }
    Ok(if harvest.is_green() { verbs::PASS } else { verbs::RED })
}

pub fn e2e(
    session: &Session,
    options: &Options,
    out: &str,
    json: bool,
    terminal: &Terminal,
) -> Result<u8, Failure> {
    let run = verbs::e2e(session, options, Path::new(out))?;
    if json {
        print(
            terminal,
            &serde_json::json!({
                "schema": "lumen.evidence.e2e", "schema_version": 1, "rows": run.rows.len(), "faults": run.faults,
                "run": run.outcome.snapshot.run.id,
            }),
        );
    } else {
        run.faults.iter().for_each(|fault| terminal.out(&format!("{}\n", escape(fault))));
        terminal.out(&format!("{} scenarios in {out}, {} faults\n", run.rows.len(), run.faults.len()));
    }
    Ok(run.exit())
}

pub fn rerun(
    session: &Session,
    run: &str,
    options: &Options,
    json: bool,
    terminal: &Terminal,
) -> Result<u8, Failure> {
    let rerun = verbs::rerun(session, run, options)?;
    if json {
        print(terminal, &rerun.json());
        return Ok(rerun.exit());
    }
    let lists = [("circumstance", &rerun.circumstances), ("difference", &rerun.differences)];
    for (what, lines) in lists {
        lines.iter().for_each(|line| terminal.out(&format!("{what}: {}\n", escape(line))));
    }
    terminal.out(&format!("{} files equal, {} different\n", rerun.equal, rerun.differences.len()));
    Ok(rerun.exit())
}

pub fn bench(file: &str, json: bool, terminal: &Terminal) -> Result<u8, Failure> {
    let text =
        world::read(Path::new(file)).map_err(|why| Failure::usage(format!("cannot read `{file}`: {why}")))?;
    let benched = verbs::bench(file, &text)?;
    if json {
        print(terminal, &benched.json());
    } else {
        for one in &benched.judgements {
            terminal.out(&format!("{:<24} {:<13} {}\n", escape(&one.task), one.verdict, escape(&one.reason)));
        }
    }
    Ok(benched.exit())
}

pub fn export(session: &Session, folder: &str, json: bool, terminal: &Terminal) -> Result<u8, Failure> {
    let delivery = verbs::export(session, &verbs::folder(Path::new(folder)))?;
    if json {
        print(terminal, &delivery.json());
    } else {
        let text = match &delivery {
            verbs::Delivery::Completed { manifest, written, present } => {
                format!("completed: {written} objects written, {present} there already, manifest {manifest}")
            }
            verbs::Delivery::Retryable(why) => format!("retryable: {}", escape(why)),
            verbs::Delivery::Permanent(why) => format!("permanent: {}", escape(why)),
        };
        terminal.out(&format!("{text}\n"));
    }
    Ok(delivery.exit())
}

pub fn import(session: &Session, folder: &str, json: bool, terminal: &Terminal) -> Result<u8, Failure> {
    let imported = verbs::import(session, &verbs::folder(Path::new(folder)))?;
    if json {
        print(terminal, &imported.json());
    } else {
        imported.repaired.iter().for_each(|digest| terminal.out(&format!("repaired {digest}\n")));
        terminal.out(&format!("{} objects and {} ledger rows\n", imported.objects, imported.rows));
    }
    Ok(verbs::PASS)
}

pub fn gc(session: &Session, yes: bool, json: bool, terminal: &Terminal) -> Result<u8, Failure> {
    let garbage = verbs::gc(session, yes)?;
    if json {
        print(terminal, &garbage.json());
        return Ok(verbs::PASS);
    }
    garbage.runs.iter().for_each(|run| terminal.out(&format!("run {}\n", escape(run))));
    let what = if garbage.deleted { "deleted" } else { "may go; `--yes` deletes" };
    terminal.out(&format!(
        "{} runs and {} objects of {} bytes {what}\n",
        garbage.runs.len(),
        garbage.objects.len(),
        garbage.size_bytes
    ));
    if garbage.kept_bytes > verbs::SIZE_WARNED {
        terminal.say(&format!("The store keeps {} MiB.", garbage.kept_bytes >> 20));
    }
    Ok(verbs::PASS)
}
