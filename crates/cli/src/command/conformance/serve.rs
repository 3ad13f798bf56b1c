//! `lumen conformance serve`

use std::io;
use std::net::{Ipv4Addr, TcpListener};

use conformance::verbs::{self, Problem};
use dashboard::{Form, Place};
use evidence::snapshot::Snapshot;

use super::Desk;
use crate::args::conformance::ServeOptions;
use crate::http::{self, Answer, Asked};
use crate::terminal::Failure;

/// Clients served at once; one that is slow holds up no other.
const WORKERS: usize = 8;

/// Shows a run to browsers on this machine until it is interrupted. Each request reads the evidence anew: without a
/// name it is the run that is the last one then.
pub fn serve(desk: Desk<'_>, options: &ServeOptions) -> Result<u8, Failure> {
    let read = || verbs::snapshot(desk.session, options.of.as_deref());
    let run = read()?.run.id;
    let failed = |error: io::Error| {
        Failure::io(format!("cannot listen on 127.0.0.1:{}", options.port), &error)
            .help("`--port` names another port; 0 takes any free one.")
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).map_err(failed)?;
    let port = listener.local_addr().map_err(failed)?.port();
    let url = format!("http://127.0.0.1:{port}/conformance");
    desk.answer(
        || serde_json::json!({"schema": "lumen.evidence.serve", "schema_version": 1, "run": run, "url": url}),
        |terminal| {
            terminal.tell(&format!("Run {} at {url}\n", evidence::place::escape(&run)));
            terminal.say("Ctrl-C ends it.");
        },
    );
    let answered = |asked: Asked| answer(&read, port, &asked);
    let ended = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(|| work(&listener, &answered))).collect();
        workers.into_iter().filter_map(|worker| worker.join().ok()).next()
    });
    Err(Failure::io("cannot take connections", &ended.unwrap_or_else(|| io::ErrorKind::Other.into())))
}

/// Answers one client after another; gives what ended it.
fn work(listener: &TcpListener, answered: &impl Fn(Asked) -> Answer) -> io::Error {
    loop {
        match listener.accept() {
            // A client that goes away in the middle harms nobody but itself.
            Ok((stream, _)) => drop(http::exchange(&stream, answered)),
            Err(error) if is_the_clients(&error) => {}
            Err(error) => return error,
        }
    }
}

fn is_the_clients(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
    )
}

/// The page or JSON of a path. A `Host` that is not this machine is a foreign page whose name was bent to 127.0.0.1:
/// it must not read evidence.
fn answer(read: &impl Fn() -> Result<Snapshot, Problem>, port: u16, asked: &Asked) -> Answer {
    let own = ["127.0.0.1", "localhost"];
    let is_own =
        own.iter().any(|name| asked.host == format!("{name}:{port}") || (port == 80 && asked.host == *name));
    let answer = if !is_own {
        let why = format!("expected the Host 127.0.0.1:{port}, found {}", asked.host);
        Answer::refused(400, &why)
    } else {
        match read() {
            Ok(snapshot) => place(&snapshot, &asked.path),
            // What was there a moment ago is damaged or gone; the next request may find it again.
            Err(problem) => Answer::refused(500, &problem.message),
        }
    };
    let policy = format!("{}; frame-ancestors 'none'", dashboard::policy());
    answer.header("Content-Security-Policy", policy)
}

fn place(snapshot: &Snapshot, path: &str) -> Answer {
    match Place::named(snapshot, path) {
        None => {
            let why = format!("run {} has nothing at {path}; start at /conformance", snapshot.run.id);
            Answer::refused(404, &why)
        }
        Some((place, Form::Json)) => Answer::ok("application/json", place.json(snapshot)),
        Some((place, Form::Page)) if depth(path) != depth(&place.path()) + 1 => {
            // The page's links are relative; an id with a slash in it would bend them.
            Answer::refused(308, &place.path()).header("Location", format!("/{}", place.path()))
        }
        Some((place, Form::Page)) => Answer::ok("text/html; charset=utf-8", place.page(snapshot)),
    }
}

fn depth(path: &str) -> usize {
    path.matches('/').count()
}
