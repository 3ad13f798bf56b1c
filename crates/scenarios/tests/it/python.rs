//! The same cells in real Python: the stand-in reads what Python reads, and means the same.

use crate::hostile::ended;
use sandbox::{Interpreter, Level, Limits, Options, StartErrorKind, Worker};
use scenarios::hostile::HOSTILE;
use scenarios::{Confined, StandIn, generate};
use std::time::Duration;

fn options(level: Level) -> Options {
    let name = std::env::var_os("LUMEN_PYTHON").unwrap_or_else(|| "python3".into());
    let mut options = Options::new(Interpreter::find(name).expect("the tests need Python 3.11 or newer"));
    options.level = level;
    options.limits = Limits {
        active: Duration::from_secs(2),
        start: Duration::from_secs(60),
        memory_bytes: 512 << 20,
        ..Limits::default()
    };
    options
}

/// The highest level that the kernel has: cells run the same way at each.
fn highest() -> Options {
    for level in [Level::Strict, Level::Standard] {
        match Worker::start(&options(level)) {
            Ok(_) => return options(level),
            Err(error) if error.kind() == StartErrorKind::MissingLayer => {
                assert!(std::env::var_os("LUMEN_TOOLS_REQUIRED").is_none(), "{error}");
                println!("NOT EVALUATED: level {level}: {error}");
            }
            Err(error) => panic!("{error}"),
        }
    }
    options(Level::None)
}

#[test]
fn scenarios_answer_alike_in_python_and_in_the_stand_in() {
    let options = highest();
    for scenario in generate::small(3, 20) {
        let real = scenario.world(Confined::new(options.clone())).run();
        let stand_in = scenario.world(StandIn::default()).run();
        assert_eq!(real.closing.outputs, stand_in.closing.outputs, "{}: {:?}", scenario.name, real.closing);
        assert!(scenario.score(&real).is_exact, "{}", scenario.name);
    }
}

#[test]
fn hostile_policies_end_alike_in_python() {
    let options = highest();
    for hostile in HOSTILE {
        if hostile.needs_confinement && options.level == Level::None {
            println!("NOT EVALUATED: {}: nothing confines it here", hostile.name);
            continue;
        }
        ended(hostile, Confined::new(options.clone()));
    }
}
