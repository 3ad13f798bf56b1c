//! Budgets: random trees with faults against a plain list of what was booked, and the rules one by one.

use rlm::ledger::{AccountId, Ledger, Purpose, Refused, ReservationId, SetAside};
use rlm::{Amounts, Budget, Dimension, Price};
use scenarios::Random;

fn amounts(random: &mut Random, most: u64) -> Amounts {
    let each = |sum: Amounts, dimension| sum.with(dimension, random.below(most));
    Dimension::ALL.into_iter().fold(Amounts::default(), each)
}

struct Open {
    account: AccountId,
    id: ReservationId,
    reserved: Amounts,
}

/// One tree: accounts with their parents, and every booking as the test saw it.
struct Tree {
    ledger: Ledger,
    accounts: Vec<(AccountId, Option<usize>, bool)>,
    open: Vec<Open>,
    booked: Vec<(usize, Amounts)>,
    excess: Amounts,
}

impl Tree {
    fn place(&self, id: AccountId) -> usize {
        self.accounts.iter().position(|(each, ..)| *each == id).unwrap()
    }

    /// Within the limit, beyond it by no more than providers overran.
    fn check(&self) {
        for (id, ..) in &self.accounts {
            let taken = self.ledger.settled(*id).plus(&self.ledger.reserved(*id));
            assert_eq!(self.ledger.limit(*id).exceeded(&taken.minus(&self.excess)), None);
            if self.excess.is_zero() {
                assert_eq!(self.ledger.limit(*id).exceeded(&taken), None);
            }
        }
    }

    fn settle(&mut self, n: usize, used: Option<Amounts>) {
        let Open { account, id, reserved } = self.open.swap_remove(n);
        let settlement = self.ledger.settle(id, used.as_ref());
        assert_eq!(settlement.booked, used.unwrap_or(reserved));
        assert_eq!(settlement.excess, settlement.booked.minus(&reserved));
        self.excess = self.excess.plus(&settlement.excess);
        self.booked.push((self.place(account), settlement.booked));
        // Delivered twice, booked once.
        assert!(self.ledger.settle(id, used.as_ref()).booked.is_zero());
    }

    fn close(&mut self, n: usize) {
        let (id, ..) = self.accounts[n];
        for child in 0..self.accounts.len() {
            if self.accounts[child].1 == Some(n) && !self.accounts[child].2 {
                self.close(child);
            }
        }
        while let Some(at) = self.open.iter().position(|open| open.account == id) {
            self.settle(at, None);
        }
        self.ledger.close(id);
        self.accounts[n].2 = true;
    }
}

fn grow(seed: u64, faults: bool) -> (u64, bool) {
    let mut random = Random(seed);
    let limited = |random: &mut Random| {
        let each = |sum: Budget, dimension| {
            let limit = random.percent(80).then(|| 200 + random.below(800));
            sum.with(dimension, limit)
        };
        Dimension::ALL.into_iter().fold(Budget::default(), each)
    };
    let aside = SetAside { turn: amounts(&mut random, 50), extraction: amounts(&mut random, 50) };
    let (ledger, root) = Ledger::new(limited(&mut random), aside).unwrap();
    let mut tree = Tree {
        ledger,
        accounts: vec![(root, None, false)],
        open: Vec::new(),
        booked: Vec::new(),
        excess: Amounts::default(),
    };
    let mut refusals = 0;
    for _ in 0..40 {
        let alive: Vec<usize> = (0..tree.accounts.len()).filter(|n| !tree.accounts[*n].2).collect();
        let n = *random.pick(&alive);
        let account = tree.accounts[n].0;
        match random.below(10) {
            0 if tree.accounts.len() < 8 => {
                let share = 1 + random.below(4);
                let grant = tree.ledger.left(account, Purpose::Code).share(share);
                let small = SetAside { turn: amounts(&mut random, 5), extraction: amounts(&mut random, 5) };
                match tree.ledger.open(account, grant, small) {
                    Ok(child) => tree.accounts.push((child, Some(n), false)),
                    Err(_) => refusals += 1,
                }
            }
            1 if n != 0 => tree.close(n),
            2..=6 => {
                let purpose = *random.pick(&[Purpose::Code, Purpose::Turn, Purpose::Extraction]);
                let reserved = amounts(&mut random, 120);
                match tree.ledger.reserve(account, purpose, &reserved) {
                    Ok(id) => tree.open.push(Open { account, id, reserved }),
                    Err(_) => refusals += 1,
                }
            }
            _ if !tree.open.is_empty() => {
                let at = random.below(tree.open.len() as u64) as usize;
                let reserved = tree.open[at].reserved;
                let used = match random.below(if faults { 5 } else { 4 }) {
                    0 => None,
                    1 => Some(Amounts::default()),
                    2 => Some(reserved),
                    3 => Some(reserved.minus(&amounts(&mut random, 60))),
                    _ => Some(reserved.plus(&amounts(&mut random, 30))),
                };
                tree.settle(at, used);
            }
            _ => {}
        }
        tree.check();
    }
    tree.close(0);
    tree.check();
    // The root has exactly what was booked anywhere; a child's wall time is inside its parent's.
    let sum = tree.booked.iter().fold(Amounts::default(), |sum, (place, booked)| {
        sum.plus(&if *place == 0 { *booked } else { booked.with(Dimension::WallMs, 0) })
    });
    assert_eq!(tree.ledger.settled(root), sum, "seed {seed}");
    assert!(tree.ledger.reserved(root).is_zero());
    (refusals, !tree.excess.is_zero())
}

#[test]
fn ten_thousand_random_trees_stay_within_their_limits_and_add_up() {
    let (mut refusals, mut overran) = (0, 0);
    for seed in 0..10_000 {
        let (refused, over) = grow(seed, seed % 2 == 1);
        refusals += refused;
        overran += u64::from(over);
        assert!(seed % 2 == 1 || !over);
    }
    assert!(refusals > 10_000 && overran > 1_000, "the trees met {refusals} refusals, {overran} overran");
}

fn tokens(output_tokens: u64) -> Amounts {
    Amounts { output_tokens, ..Amounts::default() }
}

fn limit(output_tokens: u64) -> Budget {
    Budget { output_tokens: Some(output_tokens), ..Budget::default() }
}

#[test]
fn what_fits_later_waits_and_what_cannot_is_refused() {
    let (mut ledger, run) = Ledger::new(limit(100), SetAside::default()).unwrap();
    let first = ledger.reserve(run, Purpose::Code, &tokens(60)).unwrap();
    assert_eq!(ledger.reserve(run, Purpose::Code, &tokens(50)), Err(Refused::Wait));
    assert_eq!(
        ledger.reserve(run, Purpose::Code, &tokens(101)),
        Err(Refused::Never { dimension: Dimension::OutputTokens, needed: 101, left: 100 })
    );
    ledger.settle(first, Some(&tokens(50)));
    assert!(ledger.reserve(run, Purpose::Code, &tokens(50)).is_ok());
    assert!(matches!(ledger.reserve(run, Purpose::Code, &tokens(51)), Err(Refused::Never { left: 50, .. })));
}

#[test]
fn what_is_set_aside_stays() {
    let aside = SetAside { turn: tokens(20), extraction: tokens(10) };
    let (mut ledger, run) = Ledger::new(limit(100), aside).unwrap();
    assert!(matches!(ledger.reserve(run, Purpose::Code, &tokens(71)), Err(Refused::Never { left: 70, .. })));
    assert!(ledger.reserve(run, Purpose::Code, &tokens(70)).is_ok());
    assert!(ledger.reserve(run, Purpose::Turn, &tokens(21)).is_err());
    assert!(ledger.reserve(run, Purpose::Turn, &tokens(20)).is_ok());
    assert!(ledger.reserve(run, Purpose::Extraction, &tokens(10)).is_ok());
    assert!(Ledger::new(limit(29), aside).is_err());
}

#[test]
fn money_is_counted_in_whole_billionths() {
    // 3 dollars and 15 dollars a million tokens: 3,000 and 15,000 billionths a token.
    let price = Price { input_nano_dollars: 3_000, output_nano_dollars: 15_000 };
    let used = Amounts { input_tokens: 1_001, output_tokens: 7, ..Amounts::default() };
    assert_eq!(price.priced(used).nano_dollars, 3_003_000 + 105_000);
    let absurd = Amounts { input_tokens: u64::MAX, ..Amounts::default() };
    assert_eq!(price.priced(absurd).nano_dollars, u64::MAX);
}
