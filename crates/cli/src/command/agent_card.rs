//! `lumen agent-card`: the language on two pages, for who writes it without having learned it.

use crate::terminal::{Failure, Terminal};

pub const CARD: &str = include_str!("../../../../docs/agent-card.md");

pub fn agent_card(terminal: &Terminal) -> Result<u8, Failure> {
    terminal.out(CARD);
    Ok(0)
}
