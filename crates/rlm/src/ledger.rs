//! Who may spend what: reservations of the worst case, settled to what was used.
//!
//! In every account settled and reserved amounts together stay within the limit. A child's grant is a reservation in
//! its parent's account, so what a tree can spend is bounded by its root before anything is sent. The one exception is
//! not ours to prevent: a provider that reports more than was reserved. The excess is booked and returned as such, and
//! the machine stops the run.

use crate::amounts::{Amounts, Budget, Dimension};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An account of a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccountId(usize);

impl AccountId {
    /// The account of the run.
    pub(crate) const ROOT: Self = Self(0);
}

/// A reservation that waits to be settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReservationId(u64);

/// Who asks, and so what must stay untouched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A cell's calls, and cells: they leave one turn and one extraction affordable.
    Code,
    /// A turn: it leaves one extraction affordable.
    Turn,
    /// The extraction.
    Extraction,
}

/// Worst cases that are kept for later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAside {
    /// Of one turn.
    pub turn: Amounts,
    /// Of one extraction.
    pub extraction: Amounts,
}

/// Why nothing was reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It may fit when others have settled.
    #[error("the amount fits once others have settled")]
    Wait,
    /// It cannot fit any more.
    #[error("{needed} {dimension} are needed and {left} are left")]
    Never {
        /// The first dimension that is short.
        dimension: Dimension,
        /// What would have to be reserved.
        needed: u64,
        /// What is left for this purpose if all others settle at nothing.
        left: u64,
    },
}

/// What a settlement came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// What was booked.
    pub booked: Amounts,
    /// By how much it exceeds the reservation; zero for a provider that keeps its contract.
    pub excess: Amounts,
}

#[derive(Clone, Debug)]
struct Account {
    parent: Option<(AccountId, ReservationId)>,
    limit: Budget,
    aside: SetAside,
    settled: Amounts,
    reserved: Amounts,
    closed: bool,
}

/// The accounts of one run.
#[derive(Clone, Debug)]
pub struct Ledger {
    accounts: Vec<Account>,
    open: BTreeMap<ReservationId, (AccountId, Amounts)>,
    next: u64,
}

impl Ledger {
    /// A ledger with the run's account.
    ///
    /// # Errors
    ///
    /// Where one turn and one extraction exceed the limit: such a run could not answer.
    ///
    /// ```
    /// use rlm::ledger::{Ledger, Purpose, SetAside};
    /// use rlm::{Amounts, Budget};
    ///
    /// let limit = Budget { calls: Some(2), ..Budget::default() };
    /// let (mut ledger, run) = Ledger::new(limit, SetAside::default()).unwrap();
    /// let one = Amounts { calls: 1, ..Amounts::default() };
    /// let first = ledger.reserve(run, Purpose::Code, &one).unwrap();
    /// ledger.reserve(run, Purpose::Code, &one).unwrap();
    /// assert!(ledger.reserve(run, Purpose::Code, &one).is_err());
    /// ledger.settle(first, Some(&Amounts::default()));
    /// assert!(ledger.reserve(run, Purpose::Code, &one).is_ok());
    /// ```
    pub fn new(limit: Budget, aside: SetAside) -> Result<(Self, AccountId), Refused> {
        affordable(&limit, &aside)?;
        let account = Account {
            parent: None,
            limit,
            aside,
            settled: Amounts::default(),
            reserved: Amounts::default(),
            closed: false,
        };
        Ok((Self { accounts: vec![account], open: BTreeMap::new(), next: 0 }, AccountId(0)))
    }

    /// An account of a child, with a grant that is reserved in the parent's.
    ///
    /// # Errors
    ///
    /// Where the grant does not fit into the parent's account now, or does not cover the child's own set-asides.
    pub fn open(&mut self, parent: AccountId, grant: Budget, aside: SetAside) -> Result<AccountId, Refused> {
        affordable(&grant, &aside)?;
        let amounts = self.added(parent, &grant);
        let reservation = self.reserve(parent, Purpose::Code, &amounts)?;
        self.accounts.push(Account {
            parent: Some((parent, reservation)),
            limit: grant,
            aside,
            settled: Amounts::default(),
            reserved: Amounts::default(),
            closed: false,
        });
        Ok(AccountId(self.accounts.len() - 1))
    }

    /// A grant as amounts of the parent: what the child has no limit for cannot be limited in the parent either.
    fn added(&self, parent: AccountId, grant: &Budget) -> Amounts {
        let limit = self.account(parent).map(|account| account.limit).unwrap_or_default();
        let each = |sum: Amounts, dimension| {
            let amount = match (dimension, limit.get(dimension)) {
                (Dimension::WallMs, _) | (_, None) => 0,
                (_, Some(_)) => grant.get(dimension).unwrap_or(u64::MAX),
            };
            sum.with(dimension, amount)
        };
        Dimension::ALL.into_iter().fold(Amounts::default(), each)
    }

    /// Reserves a worst case.
    ///
    /// # Errors
    ///
    /// [`Refused::Wait`] while reservations of others are what is in the way, else [`Refused::Never`].
    pub fn reserve(
        &mut self,
        id: AccountId,
        purpose: Purpose,
        amounts: &Amounts,
    ) -> Result<ReservationId, Refused> {
        let Some(account) = self.accounts.get_mut(id.0).filter(|account| !account.closed) else {
            return Err(Refused::Never { dimension: Dimension::Calls, needed: amounts.calls, left: 0 });
        };
        let kept = kept(&account.aside, purpose);
        let settled = account.settled.plus(&kept);
        if let Some((dimension, limit)) = account.limit.refuses(&settled, amounts) {
            let left = limit.saturating_sub(settled.get(dimension));
            return Err(Refused::Never { dimension, needed: amounts.get(dimension), left });
        }
        if account.limit.refuses(&settled.plus(&account.reserved), amounts).is_some() {
            return Err(Refused::Wait);
        }
        account.reserved = account.reserved.plus(amounts);
        let reservation = ReservationId(self.next);
        self.next += 1;
        self.open.insert(reservation, (id, *amounts));
        Ok(reservation)
    }

    /// Settles a reservation to what was used, or at the reservation if nothing is known. A second settlement of the
    /// same reservation books nothing.
    pub fn settle(&mut self, reservation: ReservationId, used: Option<&Amounts>) -> Settlement {
        let Some((id, reserved)) = self.open.remove(&reservation) else {
            return Settlement { booked: Amounts::default(), excess: Amounts::default() };
        };
        let booked = used.copied().unwrap_or(reserved);
        if let Some(account) = self.accounts.get_mut(id.0) {
            account.reserved = account.reserved.minus(&reserved);
            account.settled = account.settled.plus(&booked);
        }
        Settlement { booked, excess: booked.minus(&reserved) }
    }

    /// Closes an account: what it still had reserved is settled in full, and its parent books what it spent and gets
    /// the rest of the grant back. Returns all that was settled.
    pub fn close(&mut self, id: AccountId) -> Amounts {
        let mine: Vec<ReservationId> =
            self.open.iter().filter(|(_, (owner, _))| *owner == id).map(|(id, _)| *id).collect();
        for reservation in mine {
            self.settle(reservation, None);
        }
        let Some(account) = self.accounts.get_mut(id.0) else { return Amounts::default() };
        let settled = account.settled;
        if !std::mem::replace(&mut account.closed, true)
            && let Some((_, reservation)) = account.parent
        {
            // The child's time passed inside the parent's cell, which books it.
            self.settle(reservation, Some(&settled.with(Dimension::WallMs, 0)));
        }
        settled
    }

    /// Books what was spent in an earlier life of the run, which the log says and nothing can refuse any more.
    pub(crate) fn book(&mut self, id: AccountId, amounts: &Amounts) {
        if let Some(account) = self.accounts.get_mut(id.0) {
            account.settled = account.settled.plus(amounts);
        }
    }

    /// What a reservation holds, while it is open.
    pub(crate) fn reserved_by(&self, reservation: ReservationId) -> Amounts {
        self.open.get(&reservation).map(|(_, amounts)| *amounts).unwrap_or_default()
    }

    /// Whether a child's grant is open in the account.
    pub(crate) fn has_children(&self, id: AccountId) -> bool {
        self.accounts.iter().any(|each| !each.closed && each.parent.is_some_and(|(parent, _)| parent == id))
    }

    /// What is left for a purpose now.
    #[must_use]
    pub fn left(&self, id: AccountId, purpose: Purpose) -> Budget {
        let Some(account) = self.account(id) else { return Budget::default() };
        let taken = account.settled.plus(&account.reserved).plus(&kept(&account.aside, purpose));
        account.limit.less(&taken)
    }

    /// An account's limit.
    #[must_use]
    pub fn limit(&self, id: AccountId) -> Budget {
        self.account(id).map(|account| account.limit).unwrap_or_default()
    }

    /// What an account has settled.
    #[must_use]
    pub fn settled(&self, id: AccountId) -> Amounts {
        self.account(id).map(|account| account.settled).unwrap_or_default()
    }

    /// What an account has reserved and not settled.
    #[must_use]
    pub fn reserved(&self, id: AccountId) -> Amounts {
        self.account(id).map(|account| account.reserved).unwrap_or_default()
    }

    fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(id.0)
    }
}

fn affordable(limit: &Budget, aside: &SetAside) -> Result<(), Refused> {
    let both = aside.turn.plus(&aside.extraction);
    match limit.exceeded(&both) {
        Some((dimension, left)) => Err(Refused::Never { dimension, needed: both.get(dimension), left }),
        None => Ok(()),
    }
}

fn kept(aside: &SetAside, purpose: Purpose) -> Amounts {
    match purpose {
        Purpose::Code => aside.turn.plus(&aside.extraction),
        Purpose::Turn => aside.extraction,
        Purpose::Extraction => Amounts::default(),
    }
}
