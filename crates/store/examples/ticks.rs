//! A game's world of agents, moved tick by tick.
//!
//! Shows a tick as one commit: ten edits of every agent and, in the same commit, what each agent perceives, a page
//! derived from its own and its neighbours'. Shows rollback as netcode needs it: an input that comes eight ticks late
//! takes the world back to the snapshot of then and plays the ticks again, and the same inputs make the same bytes.
//! All arithmetic is of integers.
//!
//!     cargo run --release -p store --example ticks [AGENTS] [TICKS]

use std::collections::VecDeque;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use store::{Create, Durability, Edit, GraphEdit, Memory, Mutation, Options, Outcome, Snapshot, Store};

/// How late an input may come.
pub const ROLLBACK_TICKS: usize = 8;
/// Fields of an agent, an `i64le` each: place, velocity, goal, energy, heading, age, score.
const FIELDS: usize = 10;
/// The world wraps at its edges.
const EDGE: i64 = 1 << 16;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn integers<const N: usize>(bytes: &[u8]) -> [i64; N] {
    let mut integers = [0; N];
    for (integer, word) in integers.iter_mut().zip(bytes.chunks_exact(8)) {
        *integer = word.try_into().map_or(0, i64::from_le_bytes);
    }
    integers
}

/// What an agent perceives: the way to the nearer of two neighbours, and its length squared.
fn perceive(parents: &[&[u8]]) -> std::result::Result<Vec<u8>, String> {
    let [own, others @ ..] = parents else { return Err("an agent and its neighbours".to_owned()) };
    let [x, y, ..] = integers::<FIELDS>(own);
    let ways = others.iter().map(|other| {
        let [other_x, other_y, ..] = integers::<FIELDS>(other);
        let (dx, dy) = (other_x - x, other_y - y);
        [dx, dy, dx * dx + dy * dy]
    });
    let nearest = ways.min_by_key(|[.., squared]| *squared).ok_or("no neighbour")?;
    Ok(nearest.into_iter().flat_map(i64::to_le_bytes).collect())
}

/// What an agent does next.
fn decide(agent: [i64; FIELDS], seen: [i64; 3], input: i64) -> [i64; FIELDS] {
    let [x, y, vx, vy, goal_x, goal_y, energy, _, age, score] = agent;
    let [dx, dy, squared] = seen;
    // Away from who is near, towards the goal otherwise; tired agents drift.
    let (pull_x, pull_y) = if squared < 400 { (-dx, -dy) } else { (goal_x - x, goal_y - y) };
    let push = if energy > 0 { 1 } else { 0 };
    let vx = (vx + push * pull_x.signum() + input.rem_euclid(3) - 1).clamp(-8, 8);
    let vy = (vy + push * pull_y.signum() + input.rem_euclid(5) - 2).clamp(-8, 8);
    let is_there = (goal_x - x).abs() + (goal_y - y).abs() < 16;
    let (goal_x, goal_y) = if is_there {
        ((goal_x * 31 + age + 7).rem_euclid(EDGE), (goal_y * 17 + age + 3).rem_euclid(EDGE))
    } else {
        (goal_x, goal_y)
    };
    let energy = if energy == 0 { 50 } else { energy - push };
    let heading = vx.signum() * 3 + vy.signum();
    [
        (x + vx).rem_euclid(EDGE),
        (y + vy).rem_euclid(EDGE),
        vx,
        vy,
        goal_x,
        goal_y,
        energy,
        heading,
        age + 1,
        score + i64::from(is_there),
    ]
}

/// The world: agents are the pages from 1 on, what they perceive the pages behind them.
pub struct World {
    store: Store,
    agents: u64,
    inputs: Vec<i64>,
    /// The states before the last ticks, oldest first.
    before: VecDeque<Snapshot>,
}

fn committed(outcome: Outcome) -> Result<()> {
    match outcome {
        Outcome::Committed { .. } => Ok(()),
        Outcome::Refused { refusal, .. } => Err(refusal.to_string().into()),
    }
}

impl World {
    /// A world of so many agents, at least three, in memory.
    pub fn new(agents: u64) -> Result<World> {
        let clock = AtomicU64::new(0);
        let options = Options::new(move || clock.fetch_add(16_666_667, Ordering::Relaxed), || [42; 16])
            .create(Create::New)
            .durability(Durability::Memory);
        let store = Store::open(Arc::new(Memory::new()), options)?;
        store.derive().register("perceive@1", perceive);
        let sizes = (0..2 * agents).map(|page| if page < agents { 8 * FIELDS as u32 } else { 24 });
        let edits = (0..).zip(sizes).map(|(number, size)| Edit::create(number, size, None)).collect();
        committed(store.mutate().commit(&Mutation { edits, ..Mutation::default() })?)?;
        let derive = |agent: u64| {
            let parents = [0, 1, agents / 2].map(|away| 1 + (agent + away) % agents);
            GraphEdit::derive(agents + agent + 1, "perceive@1", parents)
        };
        store.derive().edit(&(0..agents).map(derive).collect::<Vec<_>>())?;
        let mut world = World { store, agents, inputs: Vec::new(), before: VecDeque::new() };
        let start = |agent: i64| {
            let (x, y) = (agent * 97 % EDGE, agent * agent * 13 % EDGE);
            [x, y, 0, 0, y, x, 40 + agent % 20, 0, 0, 0]
        };
        world.write((0..).map(start).take(agents as usize))?;
        Ok(world)
    }

    /// One commit with every field of every agent.
    fn write(&mut self, agents: impl Iterator<Item = [i64; FIELDS]>) -> Result<()> {
        let fields = |(page, agent): (u64, [i64; FIELDS])| {
            let offsets = (0..).step_by(8);
            offsets.zip(agent).map(move |(offset, field)| Edit::write(page, offset, field.to_le_bytes()))
        };
        let edits = (1..).zip(agents).flat_map(fields).collect();
        committed(self.store.mutate().commit(&Mutation { edits, ..Mutation::default() })?)
    }

    /// One tick: all agents decide on the state before it.
    pub fn tick(&mut self, input: i64) -> Result<()> {
        let state = self.store.query().snapshot();
        let next = (1..=self.agents).map(|page| -> Result<_> {
            let seen = integers(state.expect_page(self.agents + page)?.bytes());
            Ok(decide(integers(state.expect_page(page)?.bytes()), seen, input + page as i64))
        });
        let next = next.collect::<Result<Vec<_>>>()?;
        self.write(next.into_iter())?;
        self.inputs.push(input);
        self.before.push_back(state);
        if self.before.len() > ROLLBACK_TICKS {
            self.before.pop_front();
        }
        Ok(())
    }

    /// Takes the world back by [`ROLLBACK_TICKS`] and plays them again, the first with another input. Perceptions are
    /// not taken back: they follow.
    pub fn correct(&mut self, input: i64) -> Result<()> {
        let then = self.before.front().cloned().ok_or("nothing was played")?;
        let now = self.store.query().snapshot();
        let changed = now.diff(&then)?.into_iter().filter(|page| page.id <= self.agents);
        let edits = changed.filter_map(|page| Some(Edit::write(page.id, 0, page.there?.bytes()))).collect();
        committed(self.store.mutate().commit(&Mutation { edits, ..Mutation::default() })?)?;
        let mut again = self.inputs.split_off(self.inputs.len().saturating_sub(self.before.len()));
        self.before.clear();
        if let Some(first) = again.first_mut() {
            *first = input;
        }
        again.into_iter().try_for_each(|input| self.tick(input))
    }

    /// All bytes of the world, perceptions included.
    pub fn bytes(&self) -> Result<Vec<u8>> {
        let state = self.store.query().snapshot();
        let mut bytes = Vec::new();
        for page in state.iter()? {
            bytes.extend_from_slice(page?.1.bytes());
        }
        Ok(bytes)
    }

    /// The store behind it.
    pub fn store(&self) -> &Store {
        &self.store
    }
}

/// The example: prints how long the ticks took. At 60 a second there are 16.7 ms for each.
#[expect(clippy::disallowed_methods, reason = "an example that measures itself")]
pub fn main() -> Result<()> {
    let argument =
        |at: usize, default: u64| std::env::args().nth(at).map_or(Ok(default), |text| text.parse::<u64>());
    let (agents, ticks) = (argument(1, 1_000)?, argument(2, 600)?);
    let mut world = World::new(agents)?;
    let mut micros = Vec::new();
    for tick in 0..ticks {
        let start = std::time::Instant::now();
        world.tick(tick as i64 * 7)?;
        micros.push(start.elapsed().as_micros());
    }
    micros.sort_unstable();
    let at =
        |part: usize| micros.get(micros.len() * part / 100).or(micros.last()).copied().unwrap_or_default();
    println!(
        "{agents} agents, {} edits and {agents} derived pages a tick, {ticks} ticks",
        agents * FIELDS as u64
    );
    println!("tick: p50 {} us, p99 {} us, of 16667", at(50), at(99));
    let before = world.bytes()?;
    world.correct((ticks as i64 - ROLLBACK_TICKS as i64).max(0) * 7)?;
    println!(
        "{ROLLBACK_TICKS} ticks taken back and played again: {}",
        match world.bytes()? == before {
            true => "the same bytes",
            false => return Err("other bytes".into()),
        }
    );
    Ok(())
}
