//! Points inside a node from which a killed run goes on.
//!
//! `checkpoint(name)` is an effect of its node: its intent names a blob with the program as it waits in that call (the
//! machine's image), behind what the log needs of the node so far. A run that is resumed inside the node takes the
//! newest point, counts the effects before it as done, and computes only what came after. Any other replay computes the
//! whole node and makes the same images, so their hashes are compared as every request is.

use serde::{Deserialize, Serialize};

use crate::door::Door;
use crate::error::{Error, Result};
use crate::hash::id_hex;
use crate::history::{EffectRecord, History};
use crate::run::ENGINE;
use crate::state::Look;

/// The operation's name in the log.
pub(crate) const OPERATION: &str = "checkpoint";

/// What a node came to before a point.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Before {
    printed: String,
    tables: Vec<(u32, u64, u64)>,
    looks: Vec<Look>,
    effects: Vec<String>,
    /// How many effects it asked for.
    asked: u32,
}

/// A point that a run can go on from.
pub(crate) struct Point<'h> {
    effect: &'h EffectRecord,
    before: Before,
    /// The machine's part.
    pub(crate) image: Vec<u8>,
}

impl<'h> Point<'h> {
    /// The newest point of a node; nothing if it has none, or was recorded by another engine, whose images are its own.
    ///
    /// # Errors
    /// The blob is damaged.
    pub(crate) fn newest(history: &'h History, node: &str) -> Result<Option<Point<'h>>> {
        let is_point = |effect: &&EffectRecord| {
            effect.intent.node == node
                && effect.intent.operation == OPERATION
                && effect.outcome.as_ref().is_some_and(|outcome| outcome.ok)
        };
        if history.start.engine != ENGINE {
            return Ok(None);
        }
        let Some(effect) = history.effects.iter().rev().find(is_point) else { return Ok(None) };
        let damaged = || Error::damaged(format!("the checkpoint at record {} cannot be read", effect.seq));
        let name = effect.intent.request.get("blob").and_then(|blob| blob.as_str()).ok_or_else(damaged)?;
        let bytes = history.blob(name)?;
        let (len, rest) = bytes.split_first_chunk::<8>().ok_or_else(damaged)?;
        let len = usize::try_from(u64::from_le_bytes(*len)).map_err(|_| damaged())?;
        let (before, image) = rest.split_at_checked(len).ok_or_else(damaged)?;
        let before = serde_json::from_slice(before).map_err(|_| damaged())?;
        Ok(Some(Point { effect, before, image: image.to_vec() }))
    }
}

impl Door<'_> {
    /// A machine's image behind what the node came to so far.
    ///
    /// # Errors
    /// Only for a defect.
    pub(crate) fn with_before(&self, image: &[u8]) -> Result<Vec<u8>> {
        let before = Before {
            printed: self.node.printed.clone(),
            tables: self.node.tables.clone(),
            looks: self.node.looks.clone(),
            effects: self.node.effects.clone(),
            asked: self.node.tasks.asked(),
        };
        let before = serde_json::to_vec(&before)
            .map_err(|error| Error::internal(format!("a checkpoint has no JSON form: {error}")))?;
        let mut out = (before.len() as u64).to_le_bytes().to_vec();
        out.extend(before);
        out.extend(image);
        Ok(out)
    }

    /// Takes the node up where a point was made: the effects up to it are done.
    ///
    /// # Errors
    /// The log lacks one of them.
    pub(crate) fn take_up(&mut self, point: &Point<'_>, history: &History) -> Result<()> {
        for id in &point.before.effects {
            let effect = history.effect_named(id).ok_or_else(|| {
                Error::damaged(format!("the effect {id} before a checkpoint is not in the log"))
            })?;
            self.count(effect, history)?;
        }
        self.count(point.effect, history)?;
        self.node.effects.clone_from(&point.before.effects);
        self.node.effects.push(id_hex(point.effect.id));
        self.node.printed.clone_from(&point.before.printed);
        self.node.tables.clone_from(&point.before.tables);
        self.node.looks.clone_from(&point.before.looks);
        self.node.tasks.go_on_after(point.before.asked + 1);
        Ok(())
    }
}
