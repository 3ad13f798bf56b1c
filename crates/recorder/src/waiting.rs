//! Answers that take time, and how many are on their way at once.
//!
//! What a program waits for runs on threads of its own: programs, tools. Times are waited for here. Whoever asked is told
//! in the order in which answers come; the door logs them in that order.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use crate::recursion::{Keeping, Outlet, Wish};
use crate::world::{Cancel, Failed, Work, World};

/// Most works of one run on their way.
const IN_FLIGHT_MAX: usize = 64;
/// Most works for one tool, unless its grant says another number.
const IN_FLIGHT_OF_TOOL_MAX: usize = 16;

/// What a grant says of the calls that it allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// For each attempt.
    pub timeout_ms: Option<u64>,
    /// How often a failed call is made again.
    pub retries: Option<u64>,
    pub max_in_flight: Option<u64>,
    /// A bound that calls of one batch share: the batch's number, and how many of them may be on their way.
    pub(crate) group: Option<(u64, u64)>,
}

impl Limits {
    /// What two grants allow together.
    pub(crate) fn narrowed(self, other: Limits) -> Limits {
        let least = |one: Option<u64>, other: Option<u64>| one.into_iter().chain(other).min();
        Limits {
            timeout_ms: least(self.timeout_ms, other.timeout_ms),
            retries: least(self.retries, other.retries),
            max_in_flight: least(self.max_in_flight, other.max_in_flight),
            group: self.group.or(other.group),
        }
    }
}

/// What is waited for.
pub(crate) enum Wait {
    Time {
        ms: i64,
    },
    /// On a thread.
    Work(Work),
    /// On a thread that keeps entries in the log while it goes on.
    Keeping(Keeping),
    /// The world answered at once.
    Came(Came),
}

/// What comes next.
pub(crate) enum Next {
    /// The answer that a task waits for.
    Came(u64, Came),
    /// A task's work waits until entries below its effect are kept, or for a tool.
    Wants(u64, Wish),
}

/// What a thread says of an attempt.
enum Said {
    Came(Came),
    Wants(Wish),
}

/// What came; the bytes are empty for a time.
pub(crate) type Came = Result<Vec<u8>, Failed>;

/// All that a run waits for. Tasks are known by their numbers; each waits for one thing.
pub(crate) struct Waiting {
    sender: Sender<(u64, Said)>,
    receiver: Receiver<(u64, Said)>,
    /// By task.
    flights: BTreeMap<u64, Flight>,
    /// Tasks whose work did not begin.
    queued: VecDeque<u64>,
    /// What came and was not handed out: a task, and its attempt.
    came: VecDeque<(u64, Came)>,
    /// When a time is over: in nanoseconds, and the attempt that it belongs to.
    times: BTreeSet<(i64, u64)>,
    /// Which task an attempt is for.
    attempts: BTreeMap<u64, u64>,
    last_attempt: u64,
    /// How many attempts are on their way, by tool, and how many of them on threads.
    on_way: BTreeMap<String, usize>,
    working: usize,
    /// How many of a group are on their way.
    grouped: BTreeMap<u64, u64>,
    /// Whether an attempt ended since the queue was looked at.
    has_room: bool,
    /// The time of a world that keeps none.
    now: i64,
}

struct Flight {
    tool: String,
    wait: Wait,
    limits: Limits,
    failures: u64,
    /// The one that runs.
    attempt: Option<u64>,
    cancel: Cancel,
    /// After how long the attempt is over, and when that is.
    due_ms: i64,
    due: Option<i64>,
}

impl Default for Waiting {
    fn default() -> Waiting {
        let (sender, receiver) = channel();
        Waiting {
            sender,
            receiver,
            flights: BTreeMap::new(),
            queued: VecDeque::new(),
            came: VecDeque::new(),
            times: BTreeSet::new(),
            attempts: BTreeMap::new(),
            last_attempt: 0,
            on_way: BTreeMap::new(),
            working: 0,
            grouped: BTreeMap::new(),
            has_room: false,
            now: 0,
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        for flight in self.flights.values() {
            flight.cancel.cancel();
        }
    }
}

impl Waiting {
    /// A task waits for something of a tool, as far as its grant goes.
    pub(crate) fn begin(&mut self, world: &mut dyn World, task: u64, tool: &str, wait: Wait, limits: Limits) {
        let flight = Flight {
            tool: tool.to_string(),
            wait,
            limits,
            failures: 0,
            attempt: None,
            cancel: Cancel::default(),
            due_ms: 0,
            due: None,
        };
        let is_full = self.is_full(&flight);
        self.flights.insert(task, flight);
        if is_full {
            self.queued.push_back(task);
        } else {
            self.attempt(world, task);
        }
    }

    /// Nobody needs what the task waits for.
    pub(crate) fn cancel(&mut self, task: u64) {
        self.land(task);
        match self.flights.remove(&task) {
            Some(flight) => flight.cancel.cancel(),
            None => return,
        }
        self.queued.retain(|queued| *queued != task);
    }

    /// The task's attempt is over, one way or another.
    fn land(&mut self, task: u64) {
        let Some(flight) = self.flights.get_mut(&task) else { return };
        let Some(attempt) = flight.attempt.take() else { return };
        self.attempts.remove(&attempt);
        if let Some(due) = flight.due {
            self.times.remove(&(due, attempt));
        }
        if let Some(count) = self.on_way.get_mut(&flight.tool) {
            *count = count.saturating_sub(1);
        }
        if let Some(count) = flight.limits.group.and_then(|(group, _)| self.grouped.get_mut(&group)) {
            *count = count.saturating_sub(1);
        }
        if matches!(flight.wait, Wait::Work(_) | Wait::Keeping(_)) {
            self.working = self.working.saturating_sub(1);
        }
        self.has_room = true;
    }

    /// Starts what may be on its way, in the order in which it was asked.
    fn start(&mut self, world: &mut dyn World) {
        if !std::mem::take(&mut self.has_room) {
            return;
        }
        let mut later = VecDeque::new();
        while let Some(task) = self.queued.pop_front() {
            match self.flights.get(&task) {
                Some(flight) if self.is_full(flight) => later.push_back(task),
                Some(_) => self.attempt(world, task),
                None => {}
            }
        }
        self.queued = later;
    }

    /// Whether as many are on their way as may be. A time that is waited for burdens nobody, so only a grant bounds those.
    fn is_full(&self, flight: &Flight) -> bool {
        let is_time = matches!(flight.wait, Wait::Time { .. });
        if let Some((group, most)) = flight.limits.group
            && self.grouped.get(&group).is_some_and(|on_way| *on_way >= most)
        {
            return true;
        }
        let same = self.on_way.get(&flight.tool).copied().unwrap_or(0);
        match flight.limits.max_in_flight {
            Some(max) if same as u64 >= max => true,
            None if !is_time && same >= IN_FLIGHT_OF_TOOL_MAX => true,
            _ => !is_time && self.working >= IN_FLIGHT_MAX,
        }
    }

    fn attempt(&mut self, world: &mut dyn World, task: u64) {
        self.last_attempt += 1;
        let attempt = self.last_attempt;
        let (keeps_time, sender) = (world.keeps_time(), self.sender.clone());
        let now = if keeps_time { world.ticks() } else { self.now };
        let Some(flight) = self.flights.get_mut(&task) else { return };
        flight.attempt = Some(attempt);
        flight.due = None;
        *self.on_way.entry(flight.tool.clone()).or_default() += 1;
        if let Some((group, _)) = flight.limits.group {
            *self.grouped.entry(group).or_default() += 1;
        }
        flight.cancel = Cancel::default();
        self.attempts.insert(attempt, task);
        let patience = flight.limits.timeout_ms.and_then(|ms| i64::try_from(ms).ok());
        let mut due = patience;
        match &flight.wait {
            Wait::Time { ms } => due = Some(patience.map_or(*ms, |patience| patience.min(*ms))),
            Wait::Came(came) => self.came.push_back((attempt, came.clone())),
            wait @ (Wait::Work(_) | Wait::Keeping(_)) => {
                self.working += 1;
                let cancel = flight.cancel.clone();
                let work: Box<dyn FnOnce() -> Came + Send> = match wait {
                    Wait::Keeping(work) => {
                        let (work, sender) = (work.clone(), sender.clone());
                        let want = move |wish| sender.send((attempt, Said::Wants(wish))).is_ok();
                        Box::new(move || work(&cancel, &Outlet::new(want)))
                    }
                    Wait::Work(work) => {
                        let work = work.clone();
                        Box::new(move || work(&cancel))
                    }
                    _ => return,
                };
                let spawned = std::thread::Builder::new().name("effect".to_string()).spawn(move || {
                    let came = work();
                    // Nobody listens once the run is over.
                    let _ = sender.send((attempt, Said::Came(came)));
                });
                if let Err(why) = spawned {
                    let failed = Failed::because(format!("the system gives no thread: {why}"));
                    self.came.push_back((attempt, Err(failed)));
                }
            }
        }
        if let Some(ms) = due.filter(|_| keeps_time || matches!(flight.wait, Wait::Time { .. })) {
            let due = now.saturating_add(ms.max(0).saturating_mul(1_000_000));
            flight.due_ms = ms;
            flight.due = Some(due);
            self.times.insert((due, attempt));
        }
    }

    /// Waits for what comes next, and the task that it is for.
    ///
    /// # Errors
    /// Why nothing can come.
    pub(crate) fn next(&mut self, world: &mut dyn World) -> Result<Next, &'static str> {
        let interruption = world.interruption();
        if let Some(stop) = &interruption {
            // No attempt has this number: it only wakes who waits.
            let sender = self.sender.clone();
            stop.on_cancel(move || drop(sender.send((0, Said::Came(Ok(Vec::new()))))));
        }
        loop {
            if interruption.as_ref().is_some_and(Cancel::is_cancelled) {
                return Err("the run was ended");
            }
            self.start(world);
            let (attempt, said) = match self.came.pop_front() {
                Some((attempt, came)) => (attempt, Said::Came(came)),
                None => match self.receive(world)? {
                    Some(said) => said,
                    None => continue,
                },
            };
            // What was cancelled, or took too long, may still answer.
            let Some(task) = self.attempts.get(&attempt).copied() else { continue };
            let came = match said {
                Said::Came(came) => came,
                Said::Wants(wish) => return Ok(Next::Wants(task, wish)),
            };
            self.land(task);
            let Some(flight) = self.flights.get_mut(&task) else { continue };
            match came {
                Err(_) if flight.failures < flight.limits.retries.unwrap_or(0) => {
                    flight.failures += 1;
                    self.queued.push_front(task);
                    self.has_room = true;
                }
                Err(mut failed) => {
                    if flight.failures > 0 {
                        failed.why = format!("{} (attempt {})", failed.why, flight.failures + 1);
                    }
                    self.flights.remove(&task);
                    return Ok(Next::Came(task, Err(failed)));
                }
                came => {
                    self.flights.remove(&task);
                    return Ok(Next::Came(task, came));
                }
            }
        }
    }

    /// What comes next of threads and times; nothing where a time was awaited that is over now.
    fn receive(&mut self, world: &mut dyn World) -> Result<Option<(u64, Said)>, &'static str> {
        if let Ok(came) = self.receiver.try_recv() {
            return Ok(Some(came));
        }
        let working = self.working > 0;
        let Some((due, attempt)) = self.times.first().copied() else {
            if !working {
                return Err("nothing is on its way");
            }
            return self.receiver.recv().map(Some).map_err(|_| "no thread answers");
        };
        if !world.keeps_time() {
            if working {
                return self.receiver.recv().map(Some).map_err(|_| "no thread answers");
            }
            world.sleep((due - self.now) / 1_000_000);
            self.now = due;
            return Ok(self.over(due, attempt));
        }
        let now = world.ticks();
        if due <= now {
            return Ok(self.over(due, attempt));
        }
        match self.receiver.recv_timeout(Duration::from_nanos((due - now).cast_unsigned())) {
            Ok(came) => Ok(Some(came)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err("no thread answers"),
        }
    }

    /// A time is over: the one that was waited for, or an attempt's patience.
    fn over(&mut self, due: i64, attempt: u64) -> Option<(u64, Said)> {
        self.times.remove(&(due, attempt));
        let flight = self.flights.get(self.attempts.get(&attempt)?)?;
        if matches!(flight.wait, Wait::Time { ms } if flight.due_ms >= ms) {
            return Some((attempt, Said::Came(Ok(Vec::new()))));
        }
        flight.cancel.cancel();
        let why = format!("it gave no answer within {} ms", flight.due_ms);
        Some((attempt, Said::Came(Err(Failed { code: "R0702", why }))))
    }
}
