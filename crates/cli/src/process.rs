//! Programs that a document runs.

use std::io::Read;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use recorder::world::{Cancel, Failed, Work};

use crate::group::Group;
use crate::terminal::reason;
use crate::world::FILE_BYTES_MAX;

/// What a program says of its failure beyond this is not kept.
const SAID_BYTES_MAX: usize = 64 << 10;
/// How long one waits for that when the program has ended: another one that it started may hold its error stream.
const SAID_WAIT: Duration = Duration::from_millis(200);
/// How often one looks whether a program that closed its output has ended.
const LOOK: Duration = Duration::from_millis(1);

/// Runs a program without input to its end: what it wrote, if it ended with 0. It is killed with what it has
/// started when it is cancelled.
pub fn execution(program: &str, args: &[String]) -> Work {
    let (program, args) = (program.to_string(), args.to_vec());
    Arc::new(move |cancel| execute(&program, &args, cancel).map_err(Failed::because))
}

fn execute(program: &str, args: &[String], cancel: &Cancel) -> Result<Vec<u8>, String> {
    if cancel.is_cancelled() {
        return Err("it was cancelled".to_string());
    }
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = Group::start(&mut command).map_err(|e| reason(&e))?;
    let (_, stdout, stderr) = child.streams();
    let child = Arc::new(Mutex::new(child));
    let killed = Arc::clone(&child);
    cancel.on_cancel(move || lock(&killed).kill());
    let (sender, said) = channel();
    if let Some(stderr) = stderr {
        let reader = std::thread::Builder::new().name("error stream".to_string());
        let read = move || drop(sender.send(tail(stderr)));
        reader.spawn(read).map_err(|e| reason(&e))?;
    }
    let mut output = Vec::new();
    if let Some(stdout) = stdout {
        let wrong = match stdout.take(FILE_BYTES_MAX + 1).read_to_end(&mut output) {
            Err(why) => Some(reason(&why)),
            Ok(_) if output.len() as u64 > FILE_BYTES_MAX => {
                Some(format!("expected at most {FILE_BYTES_MAX} bytes of output, found more"))
            }
            Ok(_) => None,
        };
        if let Some(wrong) = wrong {
            let mut child = lock(&child);
            child.kill();
            let _ = child.wait();
            return Err(wrong);
        }
    }
    let status = ended(&child).map_err(|e| reason(&e))?;
    if status.success() {
        return Ok(output);
    }
    let said = said.recv_timeout(SAID_WAIT).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let last = said.lines().last().unwrap_or("it said nothing");
    Err(format!("it ended with {status}: {last}"))
}

fn lock(child: &Mutex<Group>) -> MutexGuard<'_, Group> {
    child.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for a program's end, so that it can be killed meanwhile.
#[expect(clippy::disallowed_methods, reason = "the recorder's effects end here")]
fn ended(child: &Mutex<Group>) -> std::io::Result<ExitStatus> {
    loop {
        let mut child = lock(child);
        if child.has_ended() {
            return child.wait();
        }
        drop(child);
        std::thread::sleep(LOOK);
    }
}

/// The end of what comes.
pub fn tail(mut from: impl Read) -> Vec<u8> {
    let (mut kept, mut piece) = (Vec::new(), [0; 4096]);
    while let Ok(read @ 1..) = from.read(&mut piece) {
        kept.extend_from_slice(piece.get(..read).unwrap_or_default());
        if kept.len() > SAID_BYTES_MAX {
            kept.drain(..kept.len() - SAID_BYTES_MAX);
        }
    }
    kept
}
