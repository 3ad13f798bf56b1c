//! The clock of a task and the line it ends with.

use std::time::Instant;

/// Does the work once and says how many seconds it took.
#[expect(clippy::disallowed_methods, reason = "this is the one place where time is the result")]
pub fn timed<T>(work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<(f64, T)> {
    let start = Instant::now();
    let made = work()?;
    Ok((start.elapsed().as_secs_f64(), made))
}

/// Prints what the harness reads: the seconds, and numbers that every contestant must agree on.
pub fn report(seconds: f64, checksum: &[f64]) {
    println!("{}", serde_json::json!({ "seconds": seconds, "checksum": checksum }));
}
