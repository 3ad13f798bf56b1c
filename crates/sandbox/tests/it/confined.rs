//! What each layer holds by itself, and what all of them hold together. A test whose layer the kernel lacks says *not
//! evaluated*, and fails where `LUMEN_TOOLS_REQUIRED` is set.

use crate::host::{evaluated, options, run, value, worker};
use sandbox::{Layer, Level, StartErrorKind, Worker};
use serde_json::json;
use std::collections::BTreeMap;

/// A worker with these layers alone; `None`, loudly, where the kernel has them not.
fn with(layers: &[Layer]) -> Option<Worker> {
    match Worker::start(&options(Level::Strict).only(layers)) {
        Ok(worker) => Some(worker),
        Err(error) if error.kind() == StartErrorKind::MissingLayer => {
            assert!(std::env::var_os("LUMEN_TOOLS_REQUIRED").is_none(), "{error}");
            println!("NOT EVALUATED: {layers:?}: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn refused(worker: &Worker) -> BTreeMap<&str, bool> {
    let held = |end: &String| end.starts_with("refused") || end.starts_with("killed");
    worker.report().probes.iter().map(|(act, end)| (act.as_str(), held(end))).collect()
}

#[test]
fn without_a_layer_every_act_but_the_privileged_succeeds() {
    // The judge of the tests below: what they see refused is refused by their layer.
    let Some(worker) = with(&[Layer::NoNewPrivileges]) else { return };
    let refused = refused(&worker);
    for act in ["open", "connect", "exec", "fork"] {
        assert!(!refused[act], "{act}: {:?}", worker.report().probes);
    }
}

#[test]
fn a_strict_worker_refuses_all_six_acts() {
    if !evaluated(Level::Strict) {
        return;
    }
    let worker = worker();
    let refused = refused(&worker);
    assert_eq!(refused.len(), 6);
    assert!(refused.values().all(|held| *held), "{:?}", worker.report().probes);
    let shown = worker.report().to_string();
    assert!(shown.starts_with("sandbox strict: namespaces, read-only root, landlock (ABI "), "{shown}");
}

#[test]
fn namespaces_and_the_root_alone_hide_files_and_the_network() {
    let Some(mut worker) = with(&[Layer::Namespaces, Layer::Root]) else { return };
    let held = refused(&worker);
    assert!(held["open"] && held["connect"] && held["mount"], "{:?}", worker.report().probes);
    assert!(!held["fork"], "{:?}", worker.report().probes);
    assert_eq!(
        value(&mut worker, "import os\nos.getpid(), os.getuid(), os.uname().nodename"),
        json!([1, 65534, "worker"])
    );
    assert_eq!(
        value(&mut worker, "import os\nsorted(set(os.listdir('/')) & {'etc', 'home', 'proc', 'sys', 'var'})"),
        json!([])
    );
    let code = "import os\nerrors = []\nfor path in ('/new', os.__file__):\n    try:\n        open(path, 'a')\n    except OSError as e:\n        errors.append(e.errno)\nerrors";
    // EROFS of errno(3); EACCES comes before it where the library belongs to another user.
    let found = value(&mut worker, code);
    assert!(found == json!([30, 30]) || found == json!([30, 13]), "{found}");
    assert_eq!(
        value(&mut worker, "import socket\n[name for _, name in socket.if_nameindex()]"),
        json!(["lo"])
    );
}

#[test]
fn landlock_alone_hides_files_and_refuses_tcp() {
    let Some(mut worker) = with(&[Layer::NoNewPrivileges, Layer::Landlock]) else { return };
    let held = refused(&worker);
    assert!(held["open"] && !held["fork"], "{:?}", worker.report().probes);
    let code = |act: &str| {
        format!(
            "import os, socket\nerror = 0\ntry:\n    {act}\nexcept OSError as e:\n    error = e.errno\nerror"
        )
    };
    // EACCES is landlock(7)'s answer for files and TCP, EPERM for signals.
    // A name that nothing of the machine's own has.
    let new = format!("open('/tmp/lumen-landlock-{}', 'w')", std::process::id());
    assert_eq!(value(&mut worker, &code(&new)), json!(13));
    assert_eq!(value(&mut worker, &code("os.listdir('/home')")), json!(13));
    let abi = worker.report().landlock_abi;
    if abi >= 4 {
        assert_eq!(value(&mut worker, &code("socket.socket().connect(('127.0.0.1', 9))")), json!(13));
    }
    if abi >= 6 {
        assert_eq!(value(&mut worker, &code("os.kill(os.getppid(), 0)")), json!(1));
    }
    if abi < 6 {
        println!("NOT EVALUATED: this kernel's Landlock is of ABI {abi}; TCP wants 4, scopes want 6");
    }
}

#[test]
fn seccomp_alone_refuses_processes_sockets_and_what_no_program_needs() {
    let Some(mut worker) = with(&[Layer::NoNewPrivileges, Layer::Seccomp]) else { return };
    let held = refused(&worker);
    for act in ["connect", "exec", "fork", "ptrace", "mount"] {
        assert!(held[act], "{act}: {:?}", worker.report().probes);
    }
    assert!(!held["open"]);
    assert!(worker.report().probes["ptrace"].starts_with("killed by signal 31"));
    // ENOSYS of errno(3): what the list of allowed calls does not hold.
    let code =
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nlibc.syscall(135, 0)\nctypes.get_errno()";
    assert_eq!(value(&mut worker, code), json!(38));
}

#[test]
fn rlimits_alone_bound_memory_descriptors_and_files() {
    let Some(mut worker) = with(&[Layer::NoNewPrivileges, Layer::Rlimits]) else { return };
    let code = "import resource\n[resource.getrlimit(getattr(resource, 'RLIMIT_' + name)) for name in ('AS', 'NOFILE', 'CORE', 'NPROC')]";
    assert_eq!(value(&mut worker, code), json!([[512 << 20, 512 << 20], [64, 64], [0, 0], [0, 0]]));
    assert_eq!(run(&mut worker, "bytearray(1 << 34)").error.expect("refused").kind.name(), "memory");
}

#[test]
fn privileges_are_gone() {
    let Some(mut worker) = with(&[Layer::NoNewPrivileges]) else { return };
    let code = "[line.split()[1] for line in open('/proc/self/status') if line.startswith(('CapEff', 'CapPrm', 'CapBnd', 'NoNewPrivs'))]";
    let none = "0000000000000000";
    let found = value(&mut worker, code);
    assert_eq!((&found[0], &found[1], &found[3]), (&json!(none), &json!(none), &json!("1")), "{found}");
}

#[test]
fn a_strict_worker_has_a_small_folder_of_its_own() {
    if !evaluated(Level::Strict) {
        return;
    }
    let code = "with open('/tmp/note', 'w') as f: f.write('hi')\nopen('/tmp/note').read()";
    assert_eq!(value(&mut worker(), code), json!("hi"));
    assert_eq!(
        run(&mut worker(), code.rsplit('\n').next().unwrap_or("")).error.expect("gone").data["type"],
        "FileNotFoundError"
    );
    assert!(!std::path::Path::new("/tmp/note").exists());
}

#[test]
fn a_worker_has_four_descriptors_and_an_empty_environment() {
    let mut worker = worker();
    let code = "import os\nopen_ones = []\nfor number in range(64):\n    try:\n        os.fstat(number)\n    except OSError:\n        continue\n    open_ones.append(number)\nopen_ones, sorted(os.environ)";
    let found = value(&mut worker, code);
    assert_eq!(found[0], json!([0, 1, 2, 3]));
    assert_eq!(found[1], json!(["PYTHONHASHSEED"]));
}
