//! The portfolio: its sum survives traders at once and a killed process, and the log explains it.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use store::Outcome;

#[path = "../../examples/portfolio.rs"]
#[allow(dead_code)]
mod example;

use example::{
    DEPOSIT_CENTS, POSITIONS, TRADERS, check, fund, open, orders, positions, trade, trade_at_once, why,
};

const FOLDER: &str = "LUMEN_PORTFOLIO_FOLDER";

/// By hand: 3,333 / 3,333 / 3,334 of 10,000 need whole cents, and an order moves at most 40,000.
#[test]
fn orders_are_whole_cents_that_sum_to_zero() {
    assert_eq!(orders(&[100, 0, 0, 0, 0], &[0, 333, 333, 334, 0]), [-100, 33, 33, 34, 0]);
    assert_eq!(orders(&[1_000_000, 0, 0, 0, 0], &[0, 0, 0, 0, 1_000]), [-40_000, 0, 0, 0, 40_000]);
    assert_eq!(orders(&[500, 500, 0, 0, 0], &[500, 500, 0, 0, 0]), [0; 5]);
}

#[test]
fn traders_at_once_move_every_cent_and_lose_none() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    fund(&store).unwrap();
    fund(&store).unwrap();
    assert_eq!(store.last_seq(), POSITIONS.len() as u64, "funded once");
    let tally = trade_at_once(&store, 1 << 64, 60).unwrap();
    check(&store).unwrap();
    assert!(tally.executed > 20, "{tally:?}");
    println!("{tally:?}");
    let replayed = store::Reader::open_dir(folder.path()).unwrap().snapshot();
    assert_eq!(positions(&replayed).unwrap(), positions(&store.query().snapshot()).unwrap());
}

/// An order made from an old look takes more than is left: refused, on record, and without effect when it comes again.
#[test]
fn an_order_that_comes_too_late_is_refused_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).unwrap();
    fund(&store).unwrap();
    let old = store.query().snapshot();
    let mut id = 1 << 64;
    let refused = loop {
        id += 1;
        match trade(&store, &old, &TRADERS[1], id).unwrap() {
            Some(Outcome::Committed { .. }) => {}
            Some(refused) => break refused,
            None => panic!("ben wants what he has not"),
        }
    };
    // 25 orders of 40,000 cents empty the cash.
    assert_eq!(id - (1 << 64), 26);
    let again = trade(&store, &old, &TRADERS[1], id).unwrap().unwrap();
    assert_eq!((again.seq(), again.is_committed()), (refused.seq(), false));
    assert_eq!(store.last_seq(), refused.seq());
    check(&store).unwrap();
    assert_eq!(why(&store, "cash").unwrap().len(), 26, "the deposit and 25 orders");
}

/// The child of the test below: trades for ever and says what was acknowledged. Does nothing by itself.
#[test]
fn trader_until_killed() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let store = open(folder.as_ref()).unwrap();
    fund(&store).unwrap();
    let mut out = std::io::stdout();
    for round in store.last_seq().. {
        let trader = &TRADERS[(round % 4) as usize];
        let state = store.query().snapshot();
        if let Some(outcome) = trade(&store, &state, trader, (1 << 64) + u128::from(round)).unwrap() {
            writeln!(out, "acknowledged {}", outcome.seq()).unwrap();
            out.flush().unwrap();
        }
    }
}

#[test]
fn the_sum_survives_kills() {
    let folder = tempfile::tempdir().unwrap();
    for round in 1..=3usize {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "portfolio::trader_until_killed", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let seqs = lines.filter_map(|line| line.unwrap().strip_prefix("acknowledged ")?.parse::<u64>().ok());
        let acknowledged = seqs.take(7 * round).last().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();

        let store = open(folder.path()).unwrap();
        assert!(store.last_seq() >= acknowledged, "{} of {acknowledged}", store.last_seq());
        check(&store).unwrap();
        assert_eq!(positions(&store.query().snapshot()).unwrap().iter().sum::<i64>(), DEPOSIT_CENTS);
        store.close().unwrap();
    }
}
