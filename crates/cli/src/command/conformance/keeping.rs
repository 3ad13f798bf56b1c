//! Verbs over what is kept: ledger, mutants, end to end, rerun, bundles, collection.

use std::path::Path;

use conformance::mutants::Harvest;
use conformance::verbs;
use evidence::place::escape;
use evidence::typed::to_json;
use report::format::counted;
use serde_json::json;

use super::Desk;
use crate::terminal::Failure;
use crate::world;

pub fn ledger(desk: Desk<'_>, rows: usize) -> Result<u8, Failure> {
    let (view, exit) = verbs::ledger(desk.session)?;
    desk.answer(
        || {
            let (rows, faults) = (to_json(&view.rows), to_json(&view.faults));
            json!({"schema": "lumen.evidence.ledger", "schema_version": 1, "rows": rows, "faults": faults})
        },
        |terminal| {
            for row in view.rows.iter().skip(view.rows.len().saturating_sub(rows)) {
                let entry = &row.entry;
                let commit: String = escape(&entry.commit).chars().take(8).collect();
                let dirty = if entry.dirty { "+" } else { "" };
                terminal.tell(&format!(
                    "{:>5} {:<12} {:<8} {:<13} {}/{} {commit}{dirty}\n",
                    row.seq,
                    escape(&entry.packet),
                    entry.lane,
                    entry.verdict,
                    entry.counts.passed + entry.counts.allowed,
                    entry.counts.total,
                ));
            }
            view.faults.iter().for_each(|fault| terminal.tell(&format!("damaged: {}\n", escape(fault))));
        },
    );
    Ok(exit)
}

pub fn anchor(desk: Desk<'_>) -> Result<u8, Failure> {
    let head = verbs::anchor(desk.session)?;
    desk.answer(
        || json!({"schema": "lumen.evidence.anchor", "schema_version": 1, "head": to_json(&head)}),
        |terminal| terminal.say(&format!("evidence.lock knows row {} now.", head.seq)),
    );
    Ok(verbs::PASS)
}

pub fn poison(desk: Desk<'_>, cases_each: usize) -> Result<u8, Failure> {
    let poisoned = verbs::poison(desk.session, cases_each)?;
    desk.answer(
        || poisoned.json(),
        |terminal| {
            for (what, lines) in [("not reached", &poisoned.unreached), ("not evaluated", &poisoned.open)] {
                lines.iter().for_each(|line| terminal.tell(&format!("{what}: {}\n", escape(line))));
            }
            terminal.tell(&format!(
                "{} cases changed to the poison's error, {} did not, {} could not be asked\n",
                poisoned.reached,
                poisoned.unreached.len(),
                poisoned.open.len()
            ));
        },
    );
    Ok(poisoned.exit())
}

pub fn mutants(desk: Desk<'_>) -> Result<u8, Failure> {
    let harvest = Harvest::gather();
    desk.answer(
        || harvest.json(),
        |terminal| {
            for mutant in &harvest.mutants {
                let by: String = escape(&mutant.by).chars().take(terminal.width.saturating_sub(4)).collect();
                terminal.tell(&format!("{:<8} {}\n    {by}\n", mutant.outcome, mutant.name));
            }
            for (ground, why) in &harvest.grounds {
                terminal.tell(&format!("the ground of {ground} is not green: {}\n", escape(why)));
            }
            let (all, survivors) = (harvest.mutants.len(), harvest.survivors().count());
            terminal.tell(&format!("{all} mutants: {} red, {survivors} survived\n", all - survivors));
        },
    );
    Ok(if harvest.is_green() { verbs::PASS } else { verbs::RED })
}

pub fn e2e(desk: Desk<'_>, out: &str) -> Result<u8, Failure> {
    let run = verbs::e2e(desk.session, &desk.settings()?, Path::new(out))?;
    desk.answer(
        || {
            json!({
                "schema": "lumen.evidence.e2e", "schema_version": 1, "rows": run.rows.len(), "faults": run.faults,
                "run": run.outcome.snapshot.run.id,
            })
        },
        |terminal| {
            run.faults.iter().for_each(|fault| terminal.tell(&format!("{}\n", escape(fault))));
            terminal.tell(&format!("{} scenarios in {out}, {} faults\n", run.rows.len(), run.faults.len()));
        },
    );
    Ok(run.exit())
}

pub fn rerun(desk: Desk<'_>, run: &str) -> Result<u8, Failure> {
    let rerun = verbs::rerun(desk.session, run, &desk.settings()?)?;
    desk.answer(
        || rerun.json(),
        |terminal| {
            let lists = [("circumstance", &rerun.circumstances), ("difference", &rerun.differences)];
            for (what, lines) in lists {
                lines.iter().for_each(|line| terminal.tell(&format!("{what}: {}\n", escape(line))));
            }
            terminal.tell(&format!("{} files equal, {} different\n", rerun.equal, rerun.differences.len()));
        },
    );
    Ok(rerun.exit())
}

pub fn bench(desk: Desk<'_>, file: &str) -> Result<u8, Failure> {
    let text =
        world::read(Path::new(file)).map_err(|why| Failure::usage(format!("cannot read `{file}`: {why}")))?;
    let benched = verbs::bench(file, &text)?;
    desk.answer(
        || benched.json(),
        |terminal| {
            for one in &benched.judgements {
                let line = format!("{:<24} {:<13} {}", one.task, one.verdict, one.reason);
                terminal.tell(&format!("{}\n", escape(&line)));
            }
        },
    );
    Ok(benched.exit())
}

pub fn export(desk: Desk<'_>, folder: &str) -> Result<u8, Failure> {
    let delivery = verbs::export(desk.session, &verbs::Folder(folder.into()))?;
    desk.answer(
        || delivery.json(),
        |terminal| {
            let text = match &delivery {
                verbs::Delivery::Completed { manifest, written, present } => {
                    format!(
                        "completed: {written} objects written, {present} there already, manifest {manifest}"
                    )
                }
                verbs::Delivery::Retryable(why) => format!("retryable: {}", escape(why)),
                verbs::Delivery::Permanent(why) => format!("permanent: {}", escape(why)),
            };
            terminal.tell(&format!("{text}\n"));
        },
    );
    Ok(delivery.exit())
}

pub fn import(desk: Desk<'_>, folder: &str) -> Result<u8, Failure> {
    let imported = verbs::import(desk.session, &verbs::Folder(folder.into()))?;
    desk.answer(
        || imported.json(),
        |terminal| {
            imported.repaired.iter().for_each(|digest| terminal.tell(&format!("repaired {digest}\n")));
            let rows = usize::try_from(imported.rows).unwrap_or(usize::MAX);
            let (objects, rows) = (counted(imported.objects, "object"), counted(rows, "ledger row"));
            terminal.tell(&format!("{objects} and {rows}\n"));
        },
    );
    Ok(verbs::PASS)
}

pub fn gc(desk: Desk<'_>, yes: bool) -> Result<u8, Failure> {
    let garbage = verbs::gc(desk.session, yes)?;
    desk.answer(
        || garbage.json(),
        |terminal| {
            garbage.runs.iter().for_each(|run| terminal.tell(&format!("run {}\n", escape(run))));
            let what = if garbage.deleted { "deleted" } else { "may go; `--yes` deletes" };
            let (runs, objects) = (garbage.runs.len(), garbage.objects.len());
            terminal
                .out(&format!("{runs} runs and {objects} objects of {} bytes {what}\n", garbage.size_bytes));
            if garbage.kept_bytes > verbs::SIZE_WARNED {
                terminal.say(&format!("The store keeps {} MiB.", garbage.kept_bytes >> 20));
            }
        },
    );
    Ok(verbs::PASS)
}
