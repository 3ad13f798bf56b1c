//! The trait every reference answers through.

use crate::{Answer, Ask, Fault, Identity};

/// Something that can be asked and is not the engine under test: a live library, or a naive model.
///
/// A fault belongs to the question it stands in the place of: that case is not evaluated. The oracle itself stays
/// usable, or answers every further question with the fault that ended it.
pub trait Oracle {
    /// Names and versions of what answers.
    fn identity(&self) -> &Identity;

    /// # Errors
    /// The fault that kept this question from being answered.
    fn ask(&mut self, ask: &Ask) -> Result<Answer, Fault>;

    /// Answers in the order of the questions, one each.
    fn ask_all(&mut self, asks: &[Ask]) -> Vec<Result<Answer, Fault>> {
        asks.iter().map(|ask| self.ask(ask)).collect()
    }
}
