//! What it costs to come through the C interface, beside the same work asked from Rust.

use std::ffi::CStr;
use std::hint::black_box;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use lumen_store::caller::Sized32;
use lumen_store::failure::{LUMEN_OK, LumenError};
use lumen_store::open::{
    LUMEN_COMMITTED, LUMEN_CREATE_NEVER, LUMEN_DURABLE, LUMEN_MEMORY, LumenOptions, LumenOutcome,
    lumen_store_abi_version, lumen_store_close, lumen_store_open, lumen_store_submit,
};
use lumen_store::past::{lumen_store_past, lumen_store_past_free, lumen_store_past_last_seq};
use lumen_store::plan::lumen_store_plan_validate;
use lumen_store::snapshot::{lumen_store_snapshot, lumen_store_snapshot_free, lumen_store_snapshot_hash};

use crate::Scale;
use crate::engine::{Engine, Level};
use crate::rounds::{Row, Sample, Target, computing, contestant, each, measure};
use crate::rows::logged::set;
use crate::store_pages::StorePages;

const PAGES: u64 = 64;
const PLAN_LEN: usize = 256;

// Calls go through pointers that the compiler does not see through, as those of a program that links the library.
type Submit = unsafe extern "C" fn(u64, *const u8, usize, *mut LumenOutcome, *mut LumenError) -> i32;
type Tell = unsafe extern "C" fn(u64, *mut u64, *mut LumenError) -> i32;
type Validate = unsafe extern "C" fn(*const u8, usize, *mut LumenError) -> i32;

/// A struct of zeros but for its size.
fn sized<T: Sized32>() -> T {
    let mut zeros = std::mem::MaybeUninit::<T>::zeroed();
    // SAFETY: a struct of the interface begins with its size as a `u32`, and any bits of it are a value.
    unsafe {
        zeros.as_mut_ptr().cast::<u32>().write(size_of::<T>() as u32);
        zeros.assume_init()
    }
}

/// A client of the C interface, with the structs that it uses again and again.
struct Client {
    store: u64,
    outcome: LumenOutcome,
    error: LumenError,
}

impl Client {
    /// Opens a store that is there.
    fn open(directory: &Path, level: Level) -> Result<Client> {
        let mut client = Client { store: 0, outcome: sized(), error: sized() };
        let options = LumenOptions {
            create: LUMEN_CREATE_NEVER,
            durability: if level == Level::Durable { LUMEN_DURABLE } else { LUMEN_MEMORY },
            checkpoint_tail_bytes_max: u64::MAX,
            entropy: [7; 16],
            ..sized()
        };
        let path = directory.to_str().context("a path that is no text")?;
        // SAFETY: a text with its length, and structs of the library.
        let number = unsafe {
            lumen_store_open(path.as_ptr().cast(), path.len(), &options, &mut client.store, &mut client.error)
        };
        client.held(number)?;
        Ok(client)
    }

    fn held(&self, number: i32) -> Result<()> {
        // SAFETY: the library closes its messages with a zero, and an array of zeros is closed too.
        let message = unsafe { CStr::from_ptr(self.error.message.as_ptr()) };
        ensure!(number == LUMEN_OK, "error {number}: {}", message.to_string_lossy());
        Ok(())
    }

    fn submit(&mut self, plan: &[u8]) -> Result<()> {
        let submit: Submit = black_box(lumen_store_submit);
        // SAFETY: a slice with its length, and structs of the library.
        let number =
            unsafe { submit(self.store, plan.as_ptr(), plan.len(), &mut self.outcome, &mut self.error) };
        self.held(number)?;
        ensure!(self.outcome.status == LUMEN_COMMITTED, "a plan was refused");
        Ok(())
    }

    fn state_hash(&mut self) -> Result<u128> {
        let (mut snapshot, mut low, mut high) = (0, 0, 0);
        // SAFETY: numbers of our own, and a struct of the library.
        let numbers = unsafe {
            [
                lumen_store_snapshot(self.store, 0, &mut snapshot, &mut self.error),
                lumen_store_snapshot_hash(snapshot, &mut low, &mut high, &mut self.error),
                lumen_store_snapshot_free(snapshot, &mut self.error),
            ]
        };
        numbers.into_iter().try_for_each(|number| self.held(number))?;
        Ok(u128::from(high) << 64 | u128::from(low))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // SAFETY: a struct of the library. What closing says is not asked: the files are a measurement's.
        unsafe { lumen_store_close(self.store, &mut self.error) };
    }
}

/// The bytes of a plan of 256 bytes that sets a part of a page.
fn plan(id: u64) -> Result<Vec<u8>> {
    // Ids of one length, so that all plans have it.
    let of = |len: usize| set((1 << 100) + u128::from(id), id % PAGES + 1, 0, vec![id as u8; len]).encode();
    for len in 128..PLAN_LEN {
        let bytes = of(len)?;
        if bytes.len() == PLAN_LEN {
            return Ok(bytes);
        }
    }
    anyhow::bail!("no plan of {PLAN_LEN} bytes")
}

pub fn calls(scale: &Scale, directory: &Path) -> Result<Vec<Row>> {
    let folder = directory.join("calls");
    StorePages::open(&folder, Level::Loose)?.load(PAGES, 1_024)?;
    let mut client = Client::open(&folder, Level::Loose)?;
    let mut rows = vec![null(scale)?, with_a_handle(scale, &mut client)?, validated(scale)?];
    for (name, level, commits, percent) in [
        ("submitted through C, in memory", Level::Loose, 20_000, 10.0),
        ("submitted through C, durable", Level::Durable, 400, 1.0),
    ] {
        rows.push(submitted(scale, directory, name, level, commits, percent)?);
    }
    Ok(rows)
}

/// The call that does nothing.
fn null(scale: &Scale) -> Result<Row> {
    const CALLS: u64 = 5_000_000;
    let version: extern "C" fn() -> u32 = black_box(lumen_store_abi_version);
    let call = contestant("lumen", || {
        computing(CALLS, || {
            (0..CALLS).for_each(|_| _ = black_box(version()));
            Ok(())
        })
    });
    measure("null call through C", scale.rounds, vec![call], &[Target::Nanoseconds(20.0)])
}

/// The shortest call that looks a handle up and writes an answer.
fn with_a_handle(scale: &Scale, client: &mut Client) -> Result<Row> {
    const CALLS: u64 = 1_000_000;
    let mut past = 0;
    // SAFETY: a number of our own and a struct of the library.
    let number = unsafe { lumen_store_past(client.store, &mut past, &mut client.error) };
    client.held(number)?;
    let last_seq: Tell = black_box(lumen_store_past_last_seq);
    let call = contestant("lumen", || {
        let (mut seq, mut failed) = (0, 0);
        let sample = computing(CALLS, || {
            for _ in 0..CALLS {
                // SAFETY: a number of our own; null is allowed.
                failed |= unsafe { last_seq(past, &mut seq, std::ptr::null_mut()) };
            }
            Ok(())
        })?;
        ensure!(failed == LUMEN_OK && black_box(seq) > 0, "a call failed");
        Ok(sample)
    });
    let row = measure("call with a handle through C", scale.rounds, vec![call], &[])?;
    // SAFETY: a struct of the library.
    let number = unsafe { lumen_store_past_free(past, &mut client.error) };
    client.held(number)?;
    Ok(row)
}

fn validated(scale: &Scale) -> Result<Row> {
    const CALLS: u64 = 100_000;
    let plan = plan(1)?;
    let validate: Validate = black_box(lumen_store_plan_validate);
    let call = contestant("lumen", || {
        let mut failed = 0;
        let sample = computing(CALLS, || {
            for _ in 0..CALLS {
                // SAFETY: a slice with its length; null is allowed.
                failed |= unsafe { validate(plan.as_ptr(), plan.len(), std::ptr::null_mut()) };
            }
            Ok(())
        })?;
        ensure!(failed == LUMEN_OK, "the plan was refused");
        Ok(sample)
    });
    measure("256 B plan validated through C", scale.rounds, vec![call], &[Target::Nanoseconds(1_000.0)])
}

/// Plans that were made before, given to two stores of the same contents: one through C, one from Rust.
fn submitted(
    scale: &Scale,
    directory: &Path,
    name: &'static str,
    level: Level,
    commits: u64,
    percent: f64,
) -> Result<Row> {
    let folders = ["c", "rust"].map(|side| directory.join(format!("{side}-{level:?}")));
    for folder in &folders {
        StorePages::open(folder, level)?.load(PAGES, 1_024)?;
    }
    let mut c = Client::open(&folders[0], level)?;
    let rust = StorePages::open(&folders[1], level)?;
    let from_rust = |plan: &[u8]| -> Result<()> {
        let outcome = rust.store.upsert().submit_bytes(plan)?;
        ensure!(matches!(outcome, store::Outcome::Committed { .. }), "a plan was refused");
        Ok(())
    };
    let mut next = [0u64; 2];
    let mut plans = |side: usize, count: u64| -> Result<Vec<Vec<u8>>> {
        next[side] += count;
        (next[side] - count + 1..=next[side]).map(plan).collect()
    };
    for plan in &plans(0, 64)? {
        c.submit(plan)?;
    }
    plans(1, 64)?.iter().try_for_each(|plan| from_rust(plan))?;
    ensure!(c.state_hash()? == rust.store.query().snapshot().state_hash(), "the two states differ");
    let plans = std::cell::RefCell::new(plans);
    let timed = |plans: Vec<Vec<u8>>, submit: &mut dyn FnMut(&[u8]) -> Result<()>| -> Result<Sample> {
        match level {
            Level::Durable => each(commits, |at| submit(&plans[at as usize])),
            Level::Loose => computing(commits, || plans.iter().try_for_each(|plan| submit(plan))),
        }
    };
    let contestants = vec![
        contestant("lumen", || {
            let plans = plans.borrow_mut()(0, commits)?;
            timed(plans, &mut |plan| c.submit(plan))
        }),
        contestant("from Rust", || {
            let plans = plans.borrow_mut()(1, commits)?;
            timed(plans, &mut |plan| from_rust(plan))
        }),
    ];
    measure(name, scale.rounds, contestants, &[Target::Over("from Rust", percent)])
}
