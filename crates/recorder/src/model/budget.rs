//! What the calls of a grant may cost together: worst cases are set aside before a call, and settled after it.
//!
//! Calls take their turns by tickets, in the order in which the program asked, whatever thread is first: so which call
//! no longer fits does not depend on the order in which threads run.

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// The limits of a grant, `max_tokens` and `max_cost`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Of prompts and replies together.
    pub(crate) tokens: Option<u64>,
    pub(crate) nanodollars: Option<u64>,
}

impl Bounds {
    pub(crate) fn is_none(&self) -> bool {
        *self == Bounds::default()
    }
}

/// Tokens and money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amount {
    pub(crate) tokens: u64,
    pub(crate) nanodollars: u64,
}

impl Amount {
    /// Tokens, and nano-dollars.
    pub(crate) fn parts(self) -> (u64, u64) {
        (self.tokens, self.nanodollars)
    }

    fn plus(self, other: Amount) -> Amount {
        Amount {
            tokens: self.tokens.saturating_add(other.tokens),
            nanodollars: self.nanodollars.saturating_add(other.nanodollars),
        }
    }

    fn minus(self, other: Amount) -> Amount {
        Amount {
            tokens: self.tokens.saturating_sub(other.tokens),
            nanodollars: self.nanodollars.saturating_sub(other.nanodollars),
        }
    }
}

/// A part of an account, where its grant bounds that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Portion {
    pub(crate) tokens: Option<u64>,
    pub(crate) nanodollars: Option<u64>,
}

impl Portion {
    fn amount(self) -> Amount {
        Amount { tokens: self.tokens.unwrap_or_default(), nanodollars: self.nanodollars.unwrap_or_default() }
    }
}

/// The account of a grant.
#[derive(Debug)]
pub(crate) struct Budget {
    grant: String,
    bounds: Bounds,
    book: Mutex<Book>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Book {
    settled: Amount,
    reserved: Amount,
    /// Tickets that did not have their turn.
    waiting: BTreeSet<u64>,
    last: u64,
}

/// A call's turn. Dropped without one, it lets the next pass.
#[derive(Debug)]
pub(crate) struct Ticket {
    number: u64,
    budget: Arc<Budget>,
}

impl Budget {
    pub(crate) fn new(grant: &str, bounds: Bounds) -> Arc<Budget> {
        let grant = grant.to_string();
        Arc::new(Budget { grant, bounds, book: Mutex::default(), changed: Condvar::new() })
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call that the program makes now.
    pub(crate) fn ticket(self: &Arc<Budget>) -> Ticket {
        let mut book = self.book();
        book.last += 1;
        let number = book.last;
        book.waiting.insert(number);
        drop(book);
        Ticket { number, budget: Arc::clone(self) }
    }

    /// What was spent before, by what the log says.
    pub(crate) fn spend(&self, amount: Amount) {
        let mut book = self.book();
        book.settled = book.settled.plus(amount);
    }

    /// What is neither spent nor set aside, where the grant bounds it.
    pub(crate) fn left(&self) -> Portion {
        let book = self.book();
        let taken = book.settled.plus(book.reserved);
        Portion {
            tokens: self.bounds.tokens.map(|most| most.saturating_sub(taken.tokens)),
            nanodollars: self.bounds.nanodollars.map(|most| most.saturating_sub(taken.nanodollars)),
        }
    }

    fn fits(&self, book: &Book, worst: Amount, reserved: Amount) -> bool {
        let all = book.settled.plus(reserved).plus(worst);
        self.bounds.tokens.is_none_or(|most| all.tokens <= most)
            && self.bounds.nanodollars.is_none_or(|most| all.nanodollars <= most)
    }

    fn refusal(&self, book: &Book, worst: Amount) -> String {
        let used = book.settled;
        match self.bounds.tokens.filter(|most| used.tokens.saturating_add(worst.tokens) > *most) {
            Some(most) => format!(
                "`{}` allows {most} tokens; {} are used, and the call may take {}",
                self.grant, used.tokens, worst.tokens
            ),
            None => format!(
                "`{}` allows {} dollars; {} are used, and the call may cost {}",
                self.grant,
                dollars(self.bounds.nanodollars.unwrap_or_default()),
                dollars(used.nanodollars),
                dollars(worst.nanodollars)
            ),
        }
    }
}

/// Money as people write it.
pub(crate) fn dollars(nanodollars: u64) -> String {
    let text = format!("{}.{:09}", nanodollars / 1_000_000_000, nanodollars % 1_000_000_000);
    let short = text.trim_end_matches('0');
    short.strip_suffix('.').map_or_else(|| short.to_string(), str::to_string)
}

impl Ticket {
    /// Sets an attempt's worst case aside; `None` as its price is nobody's guess. Waits for its turn, and while calls
    /// before it may still turn out cheaper.
    ///
    /// # Errors
    /// Why the grant does not allow it.
    pub(crate) fn reserve(&self, tokens: u64, nanodollars: Option<u64>) -> Result<Amount, String> {
        let budget = &self.budget;
        if budget.bounds.nanodollars.is_some() && nanodollars.is_none() {
            return Err(format!("`{}` bounds the cost, and nobody knows the model's price", budget.grant));
        }
        let worst = Amount { tokens, nanodollars: nanodollars.unwrap_or_default() };
        let mut book = budget.book();
        loop {
            let is_next = book.waiting.first().is_none_or(|first| *first >= self.number);
            if is_next && budget.fits(&book, worst, book.reserved) {
                book.reserved = book.reserved.plus(worst);
                book.waiting.remove(&self.number);
                budget.changed.notify_all();
                return Ok(worst);
            }
            if is_next
                && (book.reserved == Amount::default() || !budget.fits(&book, worst, Amount::default()))
            {
                book.waiting.remove(&self.number);
                budget.changed.notify_all();
                return Err(budget.refusal(&book, worst));
            }
            book = budget.changed.wait(book).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Sets a part of what is left aside, for a call that divides it among calls of its own: an equal one of so many,
    /// and no more tokens than it asks for itself. Waits for its turn, and while nothing is left that others may still
    /// give back.
    ///
    /// # Errors
    /// Why the grant does not allow it.
    pub(crate) fn reserve_part(&self, of: u64, tokens_max: Option<u64>) -> Result<Portion, String> {
        let budget = &self.budget;
        let mut book = budget.book();
        loop {
            let is_next = book.waiting.first().is_none_or(|first| *first >= self.number);
            let taken = book.settled.plus(book.reserved);
            let part =
                |most: Option<u64>, taken: u64| most.map(|most| most.saturating_sub(taken) / of.max(1));
            let portion = Portion {
                tokens: part(budget.bounds.tokens, taken.tokens).into_iter().chain(tokens_max).min(),
                nanodollars: part(budget.bounds.nanodollars, taken.nanodollars),
            };
            let is_nothing = portion.tokens == Some(0) || portion.nanodollars == Some(0);
            if is_next && !is_nothing {
                book.reserved = book.reserved.plus(portion.amount());
                book.waiting.remove(&self.number);
                budget.changed.notify_all();
                return Ok(portion);
            }
            if is_next && book.reserved == Amount::default() {
                book.waiting.remove(&self.number);
                budget.changed.notify_all();
                return Err(format!("nothing is left of `{}`", budget.grant));
            }
            book = budget.changed.wait(book).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// A call spent so much of its part, and gives the rest back.
    pub(crate) fn settle_part(&self, part: Portion, tokens: u64, nanodollars: u64) {
        self.settle(part.amount(), Amount { tokens, nanodollars });
    }

    /// An attempt cost so much of what was set aside for it.
    pub(crate) fn settle(&self, reserved: Amount, spent: Amount) {
        let mut book = self.budget.book();
        book.reserved = book.reserved.minus(reserved);
        book.settled = book.settled.plus(spent);
        self.budget.changed.notify_all();
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.budget.book().waiting.remove(&self.number);
        self.budget.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(tokens: u64) -> Arc<Budget> {
        Budget::new("grant model", Bounds { tokens: Some(tokens), nanodollars: None })
    }

    #[test]
    fn a_part_is_an_equal_share_of_what_is_left_and_the_rest_of_it_comes_back() {
        let budget = budget(100);
        let (first, second, third) = (budget.ticket(), budget.ticket(), budget.ticket());
        let tokens =
            |portion: &Result<Portion, String>| portion.as_ref().map(|part| part.tokens).ok().flatten();
        // By hand: half of 100, then all of the other half.
        let halves = [first.reserve_part(2, None), second.reserve_part(1, None)];
        assert_eq!(halves.each_ref().map(tokens), [Some(50), Some(50)]);
        let [one, other] = halves.map(Result::unwrap);
        // 10 of the first half are spent, so that 40 come back, of which 30 are wanted.
        first.settle_part(one, 10, 0);
        let part = third.reserve_part(1, Some(30));
        assert_eq!(tokens(&part), Some(30));
        assert_eq!(budget.left().tokens, Some(10));
        third.settle_part(part.unwrap(), 30, 0);
        second.settle_part(other, 60, 0);
        assert!(budget.ticket().reserve_part(1, None).is_err(), "10, 30 and 60 are all of it");
    }

    #[test]
    fn a_call_that_cannot_fit_is_refused_and_one_that_may_fit_waits() {
        let budget = budget(100);
        let (first, second, third) = (budget.ticket(), budget.ticket(), budget.ticket());
        let held = first.reserve(60, None).unwrap();
        // By hand: 60 are set aside and 60 more do not fit, but they do once the first has settled at 10.
        let waiter = std::thread::spawn(move || second.reserve(60, None).map(|held| (second, held)));
        first.settle(held, Amount { tokens: 10, nanodollars: 0 });
        let (second, held) = waiter.join().unwrap().unwrap();
        second.settle(held, Amount { tokens: 60, nanodollars: 0 });
        // 70 are used: 31 more are too many whatever happens.
        let why = third.reserve(31, None).unwrap_err();
        assert_eq!(why, "`grant model` allows 100 tokens; 70 are used, and the call may take 31");
    }

    #[test]
    fn turns_are_those_of_the_tickets() {
        let budget = budget(100);
        let (first, second) = (budget.ticket(), budget.ticket());
        let late = std::thread::spawn(move || second.reserve(80, None));
        // Whatever thread is first: the first ticket gets its 30, and the second no longer fits.
        let held = first.reserve(30, None).unwrap();
        first.settle(held, held);
        assert!(late.join().unwrap().is_err());
    }

    #[test]
    fn a_bound_of_money_needs_a_price() {
        let bounds = Bounds { tokens: None, nanodollars: Some(5_000_000_000) };
        let ticket = Budget::new("grant model max_cost 5", bounds).ticket();
        assert!(ticket.reserve(1, None).unwrap_err().contains("nobody knows the model's price"));
        assert_eq!(dollars(1_500_000_000), "1.5");
        assert_eq!(dollars(2_000_000_000), "2");
    }
}
