//! A portfolio of positions in cents, and traders who disagree about it.
//!
//! Shows three things. An optimiser proposes whole cents, `reason` makes guarded plans of its proposals, and the store
//! moves the money: the sum of all positions is the same after any number of traders, in any order, with any kills.
//! Refused orders are on record beside the executed ones. And every position is explained by the log: it is what was
//! paid in plus the legs of the intents that moved it, each with its author and reason.
//!
//!     cargo run -p store --example portfolio FOLDER

use std::error::Error;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use plan::{Change, Intent, View};
use serde_json::{Value, json};
use store::{Create, Options, Outcome, Snapshot, Store};

/// The positions; the first is cash. Each is a page of its name with its cents as an `i64le`.
pub const POSITIONS: [&str; 5] = ["cash", "bonds", "gold", "shares", "timber"];
/// What is paid in, as cash.
pub const DEPOSIT_CENTS: i64 = 1_000_000;
/// The most cents that one order moves out of a position.
const ORDER_CENTS_MAX: i64 = 40_000;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Somebody with an opinion: so many parts of each thousand in each position.
pub struct Trader {
    /// Stands in the intents.
    pub name: &'static str,
    /// By position; they sum to 1,000.
    pub parts: [i64; POSITIONS.len()],
}

/// Four opinions that cannot all come true.
pub const TRADERS: [Trader; 4] = [
    Trader { name: "ada", parts: [50, 500, 150, 250, 50] },
    Trader { name: "ben", parts: [0, 0, 100, 900, 0] },
    Trader { name: "cleo", parts: [900, 25, 25, 25, 25] },
    Trader { name: "dan", parts: [10, 90, 600, 100, 200] },
];

/// A store whose clock counts: the example is the same on every day.
pub fn open(folder: &Path) -> store::Result<Store> {
    let clock = AtomicU64::new(0);
    let options = Options::new(move || clock.fetch_add(1_000_000, Ordering::Relaxed), || [42; 16]);
    Store::open_dir(folder, options.create(Create::IfAbsent))
}

/// Lowers an intent on a state and submits what comes of it; `None` when nothing would change.
fn ask(store: &Store, state: &Snapshot, intent: &Intent) -> Result<Option<Outcome>> {
    let plan = reason::lower(intent, state)?;
    Ok(plan.map(|plan| store.upsert().submit(&plan)).transpose()?)
}

fn intent(id: u128, author: &str, schema: &str, body: &Value) -> Intent {
    Intent {
        id,
        parent: 0,
        author: author.to_owned(),
        schema: schema.to_owned(),
        schema_version: 1,
        body: body.to_string(),
    }
}

/// Opens the positions and pays the deposit in. Doing it again changes nothing.
pub fn fund(store: &Store) -> Result<()> {
    for (id, name) in (1..).zip(POSITIONS) {
        let cents = if name == "cash" { DEPOSIT_CENTS } else { 0 };
        let fields = json!([{ "offset": 0, "type": "i64le", "value": cents }]);
        let body = json!({ "name": name, "size_bytes": 8, "fields": fields, "why": "opened" });
        let state = store.query().snapshot();
        ask(store, &state, &intent(id, "bank", "create-if-absent", &body))?;
    }
    Ok(())
}

/// The cents of each position.
pub fn positions(state: &Snapshot) -> Result<[i64; POSITIONS.len()]> {
    let mut cents = [0; POSITIONS.len()];
    for (cents, name) in cents.iter_mut().zip(POSITIONS) {
        let id = state.page_named(name)?.ok_or("the portfolio is not funded")?;
        *cents = i64::from_le_bytes(state.expect_page(id)?.bytes().try_into()?);
    }
    Ok(cents)
}

/// What each position should gain to come nearer to the wanted parts: whole cents that sum to 0.
///
/// Shares of a total that do not come out even are settled by the method of largest remainders (Hamilton's), so that
/// the targets sum to the total exactly; then every order is cut to its limit.
pub fn orders(cents: &[i64; POSITIONS.len()], parts: &[i64; POSITIONS.len()]) -> [i64; POSITIONS.len()] {
    let total: i64 = cents.iter().sum();
    let mut targets = parts.map(|parts| total * parts / 1_000);
    let left = total - targets.iter().sum::<i64>();
    let mut by_remainder: Vec<usize> = (0..parts.len()).collect();
    by_remainder.sort_by_key(|at| (-(total * parts[*at] % 1_000), *at));
    by_remainder.into_iter().cycle().take(left.max(0) as usize).for_each(|at| targets[at] += 1);

    // Those who give, as much as they may; those who take, in order, until all is taken.
    let gap = |at: usize| targets[at] - cents[at];
    let mut orders = [0; POSITIONS.len()];
    let mut given = 0;
    for (at, order) in orders.iter_mut().enumerate().filter(|(at, _)| gap(*at) < 0) {
        *order = gap(at).max(-ORDER_CENTS_MAX);
        given -= *order;
    }
    for (at, order) in orders.iter_mut().enumerate().filter(|(at, _)| gap(*at) > 0) {
        *order = gap(at).min(given);
        given -= *order;
    }
    orders
}

/// One order of a trader: looks at `state`, which may be old by now, and lets the store decide.
pub fn trade(store: &Store, state: &Snapshot, trader: &Trader, id: u128) -> Result<Option<Outcome>> {
    let orders = orders(&positions(state)?, &trader.parts);
    let legs: Vec<Value> = POSITIONS
        .iter()
        .zip(orders)
        .filter(|(_, amount)| *amount != 0)
        .map(|(name, amount)| json!({ "page": name, "offset": 0, "amount": amount }))
        .collect();
    let why = format!("{} wants {:?} of 1000", trader.name, trader.parts);
    let body = json!({ "type": "i64le", "legs": legs, "floor": 0, "why": why });
    ask(store, state, &intent(id, trader.name, "move", &body))
}

/// What a position is made of, as the log tells it: cents, author and reason of each change of its page.
pub fn why(store: &Store, position: &str) -> Result<Vec<(i64, String, String)>> {
    let page = store.query().snapshot().page_named(position)?.ok_or("no such position")?;
    let mut parts = Vec::new();
    for touch in store.past().history(page)? {
        // The write beside a creation is told by the same intent.
        let Some(Intent { author, body, .. }) = touch.intent else {
            return Err("a change without a reason".into());
        };
        let body: Value = serde_json::from_str(&body)?;
        let cents = match touch.delta.change {
            Change::Create { .. } => body["fields"][0]["value"].as_i64(),
            Change::Write(_) if touch.delta.base == 0 => continue,
            _ => {
                let legs = body["legs"].as_array().map(Vec::as_slice).unwrap_or_default();
                legs.iter().find(|leg| leg["page"] == position).and_then(|leg| leg["amount"].as_i64())
            }
        };
        let cents = cents.ok_or("a change that its intent does not tell")?;
        parts.push((cents, author, body["why"].as_str().unwrap_or_default().to_owned()));
    }
    Ok(parts)
}

/// What came of the orders.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Orders that were executed.
    pub executed: u64,
    /// Orders that the store refused, and kept.
    pub refused: u64,
}

/// Every trader in a thread of its own, `rounds` orders each. A trader looks again only after a refusal or every few
/// orders, as people do.
pub fn trade_at_once(store: &Store, first_id: u128, rounds: u64) -> Result<Tally> {
    let tallies: Vec<Result<Tally>> = std::thread::scope(|scope| {
        let run = |number: u128, trader: &'static Trader| {
            move || -> Result<Tally> {
                let mut tally = Tally::default();
                let mut state = store.query().snapshot();
                for round in 0..rounds {
                    let id = first_id + number * u128::from(rounds) + u128::from(round);
                    let outcome = trade(store, &state, trader, id)?;
                    let is_refused = matches!(outcome, Some(Outcome::Refused { .. }));
                    tally.refused += u64::from(is_refused);
                    tally.executed += u64::from(matches!(outcome, Some(Outcome::Committed { .. })));
                    if is_refused || outcome.is_none() || round % 4 == 3 {
                        state = store.query().snapshot();
                    }
                }
                Ok(tally)
            }
        };
        let threads: Vec<_> =
            (0..).zip(&TRADERS).map(|(number, trader)| scope.spawn(run(number, trader))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err("a trader panicked".into())))
            .collect()
    });
    tallies.into_iter().try_fold(Tally::default(), |sum, tally| {
        let tally = tally?;
        Ok(Tally { executed: sum.executed + tally.executed, refused: sum.refused + tally.refused })
    })
}

/// Checks that no cent came or went, that nobody owes, and that the log explains every position.
pub fn check(store: &Store) -> Result<()> {
    let state = store.query().snapshot();
    let cents = positions(&state)?;
    if cents.iter().sum::<i64>() != DEPOSIT_CENTS || cents.iter().any(|cents| *cents < 0) {
        return Err(format!("{cents:?} are not {DEPOSIT_CENTS} cents").into());
    }
    for (name, cents) in POSITIONS.iter().zip(cents) {
        let told: i64 = why(store, name)?.iter().map(|(cents, ..)| cents).sum();
        if told != cents {
            return Err(format!("{name} has {cents} cents, and the log tells of {told}").into());
        }
    }
    Ok(())
}

/// The example.
pub fn main() -> Result<()> {
    let folder = std::env::args().nth(1).ok_or("usage: portfolio FOLDER")?;
    let store = open(Path::new(&folder))?;
    fund(&store)?;
    let first_id = 1_000_000 + u128::from(store.last_seq()) * 1_000_000;
    let tally = trade_at_once(&store, first_id, 100)?;
    check(&store)?;
    println!("{} orders executed, {} refused and on record", tally.executed, tally.refused);
    for (name, cents) in POSITIONS.iter().zip(positions(&store.query().snapshot())?) {
        let parts = why(&store, name)?;
        println!("{name:>8} {cents:>9} cents from {} changes", parts.len());
        for (cents, author, why) in parts.iter().rev().take(2) {
            println!("{:>18} by {author}: {why}", format!("{cents:+}"));
        }
    }
    store.close()?;
    Ok(())
}
