//! A program that waits, as bytes: what `checkpoint` keeps, and what a run goes on from.
//!
//! An image holds the frames with their registers, and the globals that the running node defined so far. Values have
//! the bytes of `codec.rs`, and what only a running program holds has bytes here too: the state of a `for`, functions,
//! variables that closures share. Handles of engines keep their identity: each stands once, and the host writes them
//! together, since they may share parts ([`Host::encode_handles`]). What other nodes defined is named, not written.
//!
//! Functions, globals and calls of the host stand in an image by the module's numbers, so its guard is over what these
//! numbers mean, not over the node's code alone: a program that is changed anywhere else has other numbers, and an image
//! of the one is none of the other.
//!
//! The machine goes on from the image also where it was just made, so what runs behind a checkpoint is the same in a run
//! that was killed there and in one that was not, whatever an image does not keep.

use crate::codec::{Reader, Shared, Writer};
use crate::fault::Fault;
use crate::fiber::Fiber;
use crate::handle::Marks;
use crate::host::Host;
use crate::machine::{Frame, Vm};
use crate::release::Values;
use crate::schedule::{Call, Called, Parked};
use crate::task::State;
use crate::value::Value;

const MAGIC: &[u8; 8] = b"LUMENIM2";

/// Why a program cannot be kept where it is.
fn refused(why: &str) -> Fault {
    Fault::new("R0126", format!("a checkpoint {why} is not built"))
        .help("call it in the fence itself, or in a cell that the fence calls, while no task runs")
}

fn damaged(why: impl std::fmt::Display) -> Fault {
    Fault::new("R0810", format!("a checkpoint's image cannot be read: {why}"))
}

/// The program's place and registers, read from an image.
pub(crate) struct Kept {
    parked: Parked,
    globals: Vec<(u32, Value)>,
}

impl Vm<'_> {
    /// The program, which waits in a call of the host.
    pub(crate) fn image(&self, host: &mut dyn Host) -> Result<Vec<u8>, Fault> {
        let program = &self.schedule.program;
        let others = self.schedule.asked.keys().any(|number| *number != program.number);
        if !self.schedule.ready.is_empty() || others || program.has_children() {
            return Err(refused("while tasks run"));
        }
        let state = program.state.borrow();
        let State::Waits(parked) = &*state else { return Err(refused("inside of a builtin that calls it")) };
        let Some((fiber, call)) = parked.plain() else {
            return Err(refused("inside of a `handle`, or while a fault waits for what was deferred"));
        };
        let Called::Host(site) = call.to else { return Err(Fault::internal("a builtin asks for an image")) };
        let foreign = (0u32..).zip(&self.globals).filter(|(at, _)| !self.defined().contains(at));
        let mut w = Writer::of_image(Shared::new(foreign));
        w.u32(u32::from(site));
        w.u32(u32::from(call.result));
        let (frames, scalars, refs) = fiber.parts();
        w.count(frames.len())?;
        for frame in frames {
            [frame.function, frame.pc, frame.scalar_base, frame.ref_base].into_iter().for_each(|x| w.u32(x));
        }
        w.count(scalars.len())?;
        scalars.iter().for_each(|bits| w.int(bits.cast_signed()));
        for values in [refs, call.args.as_slice()] {
            w.count(values.len())?;
            values.iter().try_for_each(|value| w.value(value, 0))?;
        }
        w.count(self.defined().len())?;
        for at in self.defined() {
            w.u32(*at);
            w.value(&self.global(*at as usize), 0)?;
        }
        let (values, handles) = w.into_image();
        let handles = host.encode_handles(handles)?;
        let mut out = MAGIC.to_vec();
        out.extend(self.guard());
        out.extend((handles.len() as u64).to_le_bytes());
        out.extend(handles);
        out.extend(values);
        Ok(out)
    }

    /// Reads what [`Vm::image`] wrote of the same node.
    pub(crate) fn read_image(&self, host: &mut dyn Host, image: &[u8]) -> Result<Kept, Fault> {
        let rest = image.strip_prefix(MAGIC).ok_or_else(|| damaged("the magic LUMENIM2 is missing"))?;
        let short = || damaged("it ends early");
        let (guard, rest) = rest.split_first_chunk::<40>().ok_or_else(short)?;
        if *guard != self.guard() {
            return Err(damaged("it is of another program, or of another result of this one")
                .help("run the program from its start: an image goes on in the program alone that made it"));
        }
        let (len, rest) = rest.split_first_chunk::<8>().ok_or_else(short)?;
        let len = usize::try_from(u64::from_le_bytes(*len)).map_err(|_| short())?;
        let (handles, values) = rest.split_at_checked(len).ok_or_else(short)?;
        let handles = host.decode_handles(handles).map_err(damaged)?;
        let mut r = Reader::of_image(values, &*host, handles, &self.globals);
        self.read_kept(&mut r).map_err(damaged)
    }

    fn read_kept(&self, r: &mut Reader<'_>) -> Result<Kept, String> {
        let half = |x: u32| u16::try_from(x).map_err(|_| "a number beyond 16 bits".to_string());
        let (site, result) = (half(r.u32()?)?, half(r.u32()?)?);
        let mut frames = Vec::new();
        for _ in 0..r.u32()? {
            let (function, pc) = (r.u32()?, r.u32()?);
            frames.push(Frame { function, pc, scalar_base: r.u32()?, ref_base: r.u32()? });
        }
        let mut scalars = Vec::new();
        for _ in 0..r.u32()? {
            scalars.push(r.int()?.cast_unsigned());
        }
        let (count, depth) = (r.u32()? as usize, 0);
        let refs = r.values(count, depth)?;
        for frame in &frames {
            let function = self.module.functions.get(frame.function as usize).ok_or("an unknown function")?;
            let fits = |base: u32, width: u16, len: usize| base as usize + usize::from(width) <= len;
            if frame.pc as usize >= function.code.len()
                || !fits(frame.scalar_base, function.scalars, scalars.len())
                || !fits(frame.ref_base, function.refs, refs.len())
            {
                return Err("a frame beyond its registers".to_string());
            }
        }
        let count = r.u32()? as usize;
        let args = r.values(count, depth)?;
        let mut globals = Vec::new();
        for _ in 0..r.u32()? {
            let at = r.u32()?;
            if !self.defined().contains(&at) {
                return Err("a global of another node".to_string());
            }
            globals.push((at, r.value(depth)?));
        }
        r.end()?;
        let fiber = Fiber::of(frames, scalars, Values::new(refs));
        let call = Call { to: Called::Host(site), result, args };
        Ok(Kept { parked: Parked::at(fiber, Marks::none(), call), globals })
    }

    /// Sets the globals, and gives where the program waits.
    pub(crate) fn take_up(&mut self, kept: Kept) -> Result<Parked, Fault> {
        self.clean();
        for (at, value) in kept.globals {
            self.set_global(at as usize, value)?;
        }
        Ok(kept.parked)
    }

    /// Forgets what earlier frames left in the registers that nobody uses: an image holds whole windows, and equal
    /// programs have equal images.
    pub(crate) fn clean(&mut self) {
        let (scalars, refs) = self.top;
        self.scalars.iter_mut().skip(scalars).for_each(|slot| *slot = 0);
        self.refs.iter_mut().skip(refs).for_each(|slot| *slot = Value::Null);
    }

    /// Whether the module has a call that asks for images.
    pub(crate) fn has_checkpoints(&self) -> bool {
        self.module.sites.iter().any(|site| site.name == "checkpoint")
    }

    /// What the running node defines.
    fn defined(&self) -> &[u32] {
        self.node.and_then(|at| self.module.nodes.get(at)).map_or(&[], |node| &node.defines)
    }

    /// What an image is of: the program, by what its numbers mean, and the result that runs.
    fn guard(&self) -> [u8; 40] {
        let mut guard = [0; 40];
        let (program, node) = guard.split_at_mut(32);
        program.copy_from_slice(self.numbering.get_or_init(|| self.module.numbering_digest()));
        let number = self.node.and_then(|at| u64::try_from(at).ok()).unwrap_or(u64::MAX);
        node.copy_from_slice(&number.to_le_bytes());
        guard
    }
}
