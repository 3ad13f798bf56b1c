//! `lumen store metrics`

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use store::{Directory, LogMetrics};

use super::{failure, folder};
use crate::args::store::MetricsOptions;
use crate::http::{self, Answer, Asked};
use crate::terminal::{Failure, Terminal};

/// What Prometheus expects of its text format, version 0.0.4.
const KIND: &str = "text/plain; version=0.0.4; charset=utf-8";

pub fn metrics(options: &MetricsOptions, terminal: &Terminal) -> Result<u8, Failure> {
    let mut served = Served { directory: Arc::new(folder(&options.store)?), figures: None };
    let text = served.render().map_err(failure)?;
    let Some(port) = options.serve else {
        terminal.out(&text);
        return Ok(0);
    };
    let failed = |error: io::Error| {
        Failure::io(format!("cannot listen on 127.0.0.1:{port}"), &error)
            .help("`--serve` names another port; 0 takes any free one.")
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(failed)?;
    let port = listener.local_addr().map_err(failed)?.port();
    terminal.out(&format!("http://127.0.0.1:{port}/metrics\n"));
    terminal.say("Ctrl-C ends it.");
    loop {
        match listener.accept() {
            // A client that goes away in the middle harms nobody but itself.
            Ok((stream, _)) => drop(http::exchange(&stream, |asked| answer(&asked, port, &mut served))),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Failure::io("cannot take connections", &error)),
        }
    }
}

/// The figures of a store that is asked for them again and again: its log is read once, and then what is new.
struct Served {
    directory: Arc<Directory>,
    figures: Option<LogMetrics>,
}

impl Served {
    fn render(&mut self) -> Result<String, store::Error> {
        // What follows a log that failed, or that lost what was not read yet, begins again the next time.
        let mut figures = match self.figures.take() {
            Some(figures) => figures,
            None => LogMetrics::open(Arc::clone(&self.directory) as Arc<_>)?,
        };
        let text = figures.now()?.render();
        self.figures = Some(figures);
        Ok(text)
    }
}

/// A `Host` that is not this machine is a foreign page whose name was bent to 127.0.0.1.
fn answer(asked: &Asked, port: u16, served: &mut Served) -> Answer {
    if !["127.0.0.1", "localhost"].iter().any(|name| asked.host == format!("{name}:{port}")) {
        let why = format!("expected the Host 127.0.0.1:{port}, found {}", asked.host);
        return Answer::refused(400, &why);
    }
    if asked.path != "/metrics" {
        return Answer::refused(404, "the figures are at /metrics");
    }
    match served.render() {
        Ok(text) => Answer::ok(KIND, text),
        Err(error) => Answer::refused(500, &error.to_string()),
    }
}
