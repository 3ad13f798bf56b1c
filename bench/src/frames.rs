//! One task on tables, as in `peers/frames.py`: the same bytes, the same rows out, the same checksum.
//!
//! usage: frames read_csv|groupby|join LEFT RIGHT

mod stopwatch;

use anyhow::{Context, Result, bail};
use files::{ReadCsv, read_csv};
use frame::{Aggregation, Frame, GroupOptions, Merge, On};
use std::path::Path;

/// As the binary has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [task, left, right] = arguments.as_slice() else {
        bail!("usage: frames read_csv|groupby|join LEFT RIGHT")
    };
    let (left, right) = (Path::new(left), Path::new(right));
    let (seconds, checksum) = match task.as_str() {
        "read_csv" => {
            measured(|| read(left), &[Check::Sum("count"), Check::Sum("value"), Check::Missing("value")])?
        }
        "groupby" => {
            let table = read(left)?;
            let sums = [Check::Sum("total"), Check::Sum("mean"), Check::Sum("known")];
            measured(|| grouped(&table), &sums)?
        }
        "join" => {
            let tables = (read(left)?, read(right)?);
            measured(|| joined(&tables.0, &tables.1), &[Check::Sum("value"), Check::Sum("weight")])?
        }
        other => bail!("no task {other}"),
    };
    stopwatch::report(seconds, &checksum);
    Ok(())
}

const REPEATS: usize = 5;

/// Runs a task once to warm caches and five times against the clock; the seconds are the median.
fn measured(task: impl Fn() -> Result<Frame>, checks: &[Check]) -> Result<(f64, Vec<f64>)> {
    let mut made = task()?;
    let mut seconds = [0.0; REPEATS];
    for taken in &mut seconds {
        (*taken, made) = stopwatch::timed(&task)?;
    }
    seconds.sort_by(f64::total_cmp);
    let seconds = seconds[REPEATS / 2];
    let mut checksum = vec![made.len() as f64];
    for check in checks {
        checksum.push(check.of(&made)?);
    }
    Ok((seconds, checksum))
}

fn read(path: &Path) -> Result<Frame> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let table = read_csv(&bytes, &ReadCsv::default())?;
    Ok(Frame::from_columns(table.columns)?)
}

fn grouped(table: &Frame) -> Result<Frame> {
    let groups =
        table.groupby(&["group".into()], GroupOptions { as_index: false, ..GroupOptions::default() })?;
    let value = |label: &str, how| (label.into(), "value".into(), how);
    Ok(groups.agg_named(&[
        value("total", Aggregation::Sum),
        value("mean", Aggregation::Mean),
        value("known", Aggregation::Count),
    ])?)
}

fn joined(left: &Frame, right: &Frame) -> Result<Frame> {
    Ok(left.merge(right, &Merge { on: On::Both(vec!["key".into()]), ..Merge::default() })?)
}

/// A number about one column that every contestant states.
enum Check {
    Sum(&'static str),
    Missing(&'static str),
}

impl Check {
    fn of(&self, table: &Frame) -> Result<f64> {
        let (Check::Sum(label) | Check::Missing(label)) = *self;
        let series = table.column(label)?;
        let values = series.values();
        if let Check::Missing(_) = self {
            return Ok(values.missing_count() as f64);
        }
        match (values.as_f64(), values.as_i64()) {
            (Some(floats), _) => Ok(floats.iter().filter(|x| !x.is_nan()).sum()),
            (_, Some(integers)) => Ok(integers.iter().sum::<i64>() as f64),
            _ => None.with_context(|| format!("column {label} is {}, expected numbers", values.dtype())),
        }
    }
}
