//! Starts that fail say why; starts that succeed leave nothing behind.

use crate::host::{Echo, interpreter, level, options, value, worker};
use sandbox::{Cell, Interpreter, Level, StartErrorKind, Worker};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

/// A script that stands where an interpreter is expected.
fn script(folder: &tempfile::TempDir, text: &str) -> PathBuf {
    let path = folder.path().join("python3");
    std::fs::write(&path, text).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("executable");
    path
}

#[test]
fn a_missing_or_old_interpreter_is_named() {
    let error = Interpreter::find("/nowhere/python3").expect_err("none");
    assert_eq!(error.kind(), StartErrorKind::NoInterpreter);
    let shown = error.to_string();
    assert!(shown.contains("/nowhere/python3") && shown.contains("to do: install Python 3.11"), "{shown}");
    let folder = tempfile::tempdir().expect("a folder");
    let old = script(&folder, "#!/bin/sh\necho '{\"version\": [3, 9, 18]}'\n");
    let error = Interpreter::find(old).expect_err("too old");
    assert!(error.to_string().contains("found 3.9.18"), "{error}");
}

#[test]
fn an_interpreter_that_crashes_or_babbles_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let error =
        Interpreter::find(script(&folder, "#!/bin/sh\necho broken >&2\nexit 3\n")).expect_err("it ends");
    assert_eq!((error.kind(), error.stderr()), (StartErrorKind::Crashed, "broken"));
    let error = Interpreter::find(script(&folder, "#!/bin/sh\necho hello\n")).expect_err("no JSON");
    assert_eq!(error.kind(), StartErrorKind::Garbage);
}

#[test]
fn shims_are_seen_through() {
    let folder = tempfile::tempdir().expect("a folder");
    let real = interpreter();
    let shim = script(&folder, &format!("#!/bin/sh\nexec {} \"$@\"\n", real.executable().display()));
    assert_eq!(Interpreter::find(shim).expect("found"), real);
}

#[test]
fn a_start_that_takes_too_long_ends() {
    let mut options = options(level());
    options.limits.start = Duration::from_millis(1);
    let error = Worker::start(&options).err().expect("too short");
    assert_eq!(error.kind(), StartErrorKind::Timeout, "{error}");
}

#[test]
fn limits_beyond_their_ceilings_are_refused() {
    let mut options = options(level());
    options.limits.memory_bytes = 65 << 30;
    let error = Worker::start(&options).err().expect("refused");
    assert_eq!(error.kind(), StartErrorKind::Limits);
    assert!(error.to_string().contains("64 GiB"), "{error}");
}

#[test]
fn too_little_memory_crashes_the_start_and_says_so() {
    let mut options = options(Level::None).only(&[sandbox::Layer::NoNewPrivileges, sandbox::Layer::Rlimits]);
    options.limits.memory_bytes = 64 << 20;
    options.limits.descriptors = 16;
    match Worker::start(&options) {
        Ok(mut worker) => assert_eq!(value(&mut worker, "1"), 1),
        Err(error) => assert_eq!(error.kind(), StartErrorKind::Crashed, "{error}"),
    }
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("proc").count()
}

/// Processes whose parent is this one, dead ones that nobody waited for included.
fn children() -> Vec<String> {
    let own = std::process::id().to_string();
    let stat = |entry: std::fs::DirEntry| std::fs::read_to_string(entry.path().join("stat")).ok();
    let processes = std::fs::read_dir("/proc").expect("proc").flatten().filter_map(stat);
    // The name in parentheses may hold anything; behind it stand the state and the parent.
    let is_child = |line: &String| {
        line.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)) == Some(own.as_str())
    };
    processes.filter(is_child).collect()
}

/// Runs only as a child of the test below: a process of its own, in which no other test holds anything.
#[test]
fn host_of_many_starts() {
    let Some(count) = std::env::var("LUMEN_STARTS_HERE").ok().and_then(|text| text.parse::<usize>().ok())
    else {
        return;
    };
    // The first start looks for the interpreter and the level.
    worker();
    let before = descriptors();
    for number in 0..count {
        let mut worker = worker();
        assert_eq!(value(&mut worker, "1 + 1"), 2);
        match number % 3 {
            0 => worker.shutdown(),
            // One that dies by itself leaves no more than one that is ended.
            1 => {
                let outcome =
                    worker.exec(&Cell { code: "import os\nos._exit(3)", seed: "00" }, &mut Echo::default());
                assert_eq!(outcome.expect("it ran").error.expect("it ended").kind.name(), "worker_died");
                drop(worker);
            }
            _ => drop(worker),
        }
        assert_eq!(descriptors(), before, "after start {number}");
        assert_eq!(children(), [""; 0], "after start {number}");
    }
    println!("{count} of {count} starts left nothing");
}

/// `LUMEN_STARTS=1000` is what a release wants.
#[test]
fn starts_leave_no_process_and_no_descriptor() {
    let count: usize = std::env::var("LUMEN_STARTS").ok().and_then(|text| text.parse().ok()).unwrap_or(9);
    let output = std::process::Command::new(std::env::current_exe().expect("this binary"))
        .args(["starts::host_of_many_starts", "--exact", "--nocapture"])
        .env("LUMEN_STARTS_HERE", count.to_string())
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let heard = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(&format!("{count} of {count} starts left nothing")), "{said}{heard}");
    println!("{count} starts");
}

/// Runs only as a child of the test below.
#[test]
fn host_that_is_killed() {
    if std::env::var_os("LUMEN_SANDBOX_VICTIM").is_none() {
        return;
    }
    let mut worker = Worker::start(&options(Level::Standard)).unwrap_or_else(|error| panic!("{error}"));
    let pid = value(&mut worker, "import os\nos.getpid()");
    println!("worker {pid}");
    let _ = worker.exec(&Cell { code: "while True: pass", seed: "00" }, &mut Echo::default());
}

#[test]
fn a_worker_dies_with_its_host() {
    use std::io::BufRead;
    let mut host = std::process::Command::new(std::env::current_exe().expect("this binary"))
        .args(["starts::host_that_is_killed", "--exact", "--nocapture"])
        .env("LUMEN_SANDBOX_VICTIM", "1")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut lines = std::io::BufReader::new(host.stdout.take().expect("piped")).lines().map_while(Result::ok);
    let line = lines.find_map(|line| line.split("worker ").nth(1).map(str::to_string)).expect("a worker");
    let place = PathBuf::from(format!("/proc/{}", line.trim()));
    assert!(place.exists(), "{place:?}");
    host.kill().expect("killed");
    host.wait().expect("reaped");
    // The kernel's kill is on its way when the host is gone; a worker that lived would stay.
    for _ in 0..500 {
        if !place.exists() {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
    panic!("{place:?} outlived its host");
}

/// An interpreter that says of itself what a real one would, and then does something else.
fn impostor(folder: &tempfile::TempDir, act: &str) -> Interpreter {
    let path = folder.path().join("python3").display().to_string();
    let text = format!(
        "#!/bin/sh\ncase \"$*\" in *lib-dynload*)\n\
        echo '{{\"version\": [3, 11, 0], \"implementation\": \"cpython\", \"executable\": \"{path}\"}}'\n\
        exit 0;; esac\n{act}\n"
    );
    Interpreter::find(script(folder, &text)).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_worker_that_does_not_come_up_says_why() {
    let real = interpreter().executable().display().to_string();
    // A whole answer of the protocol that refuses the version, by a real Python in place of our text.
    let refuse = format!(
        "exec {real} -S -c 'import os, json\n\
        body = json.dumps(dict(jsonrpc=\"2.0\", id=1, error=dict(code=-32014, message=\"the worker speaks 9\"))).encode()\n\
        os.write(3, len(body).to_bytes(4, \"little\") + bytes([1, 0, 0, 0]) + body)\n\
        while os.read(3, 65536): pass'"
    );
    for (act, kind, stderr, remedy) in [
        (
            "echo no module named json >&2; exit 40",
            StartErrorKind::MissingModule,
            "no module named json",
            "standard library",
        ),
        ("echo out of luck >&2; exit 1", StartErrorKind::Crashed, "out of luck", "by hand"),
        ("kill -SEGV $$", StartErrorKind::Crashed, "", "by hand"),
        (
            "echo 'Python 3.11, ready to serve' >&3; exec sleep 100",
            StartErrorKind::Garbage,
            "",
            "real executable",
        ),
        ("exec sleep 100", StartErrorKind::Timeout, "", "raise the limit"),
        (refuse.as_str(), StartErrorKind::VersionMismatch, "", "one release"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut options = sandbox::Options::new(impostor(&folder, act));
        options.level = Level::None;
        options.limits.start = Duration::from_secs(if kind == StartErrorKind::Timeout { 1 } else { 60 });
        let error = Worker::start(&options).err().unwrap_or_else(|| panic!("{act} started"));
        assert_eq!((error.kind(), error.stderr()), (kind, stderr), "{act}: {error}");
        let shown = error.to_string();
        let path = folder.path().join("python3").display().to_string();
        assert!(
            error.remedy().contains(remedy) && shown.contains(&path) && shown.contains("entry: -s -S -P"),
            "{shown}"
        );
    }
}

/// Runs only as a child of the test below, in a namespace that may have no further ones.
#[test]
fn host_without_namespaces() {
    if std::env::var_os("LUMEN_SANDBOX_NO_NAMESPACES").is_none() {
        return;
    }
    let error = Worker::start(&options(Level::Strict)).err().expect("a layer is missing");
    assert_eq!(error.kind(), StartErrorKind::MissingLayer, "{error}");
    let shown = error.to_string();
    assert!(
        shown.contains("namespaces: ") && shown.contains("--sandbox standard would do without"),
        "{shown}"
    );
    println!("seen without namespaces");
}

#[test]
fn a_missing_layer_fails_the_start_and_names_the_flag() {
    let script = "echo 0 > /proc/sys/user/max_user_namespaces && exec \"$0\" \"$@\"";
    let binary = std::env::current_exe().expect("this binary");
    let output = std::process::Command::new("unshare")
        .args(["--user", "--map-root-user", "sh", "-c", script])
        .arg(binary)
        .args(["starts::host_without_namespaces", "--exact", "--nocapture"])
        .env("LUMEN_SANDBOX_NO_NAMESPACES", "1")
        .output();
    let said = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    match said {
        Ok(said) if said.contains("running 1 test") => {
            assert!(said.contains("seen without namespaces"), "{said}")
        }
        other => {
            assert!(std::env::var_os("LUMEN_TOOLS_REQUIRED").is_none(), "{other:?}");
            println!("NOT EVALUATED: no namespace whose limits could be set: {other:?}");
        }
    }
}

/// Runs only as a child of the tests below, in which the kernel seems to lack a system call.
#[test]
fn host_that_lacks_a_call() {
    let Some(lacks) = std::env::var_os("LUMEN_SANDBOX_LACKS") else { return };
    if lacks == "landlock" {
        for level in [Level::Strict, Level::Standard] {
            let error = Worker::start(&options(level)).err().expect("a layer is missing");
            // Without namespaces either, that is what is told first.
            assert_eq!(error.kind(), StartErrorKind::MissingLayer, "{error}");
            let shown = error.to_string();
            assert!(
                shown.contains("landlock: the kernel has no Landlock, or it is off")
                    && shown.contains(&format!("level {level} asks for it, --sandbox none would do without"))
                    && shown.contains("to do: use a kernel that has the layer"),
                "{shown}"
            );
        }
        let mut worker = Worker::start(&options(Level::None)).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((value(&mut worker, "1 + 1"), worker.report().landlock_abi), (2.into(), 0));
    } else {
        // As in containers whose filter keeps `clone3` back: the older call makes the same process.
        let mut worker = worker();
        assert_eq!(value(&mut worker, "1 + 1"), 2);
        let refused = |end: &String| end.starts_with("refused") || end.starts_with("killed");
        assert!(worker.report().probes.values().all(refused), "{:?}", worker.report().probes);
    }
    println!("seen without {}", lacks.display());
}

/// A filter of system calls (seccomp(2)) under which one of them is not implemented; then the rest of the arguments runs.
const WITHOUT: &str = "
import ctypes, os, struct, sys
number = int(sys.argv[1])
# BPF: load the number; if it is that one, return ENOSYS, else allow.
code = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x00050000 | 38), (0x06, 0, 0, 0x7fff0000)]
program = b''.join(struct.pack('HBBI', *one) for one in code)
buffer = ctypes.create_string_buffer(program)
class Filter(ctypes.Structure):
    _fields_ = [('length', ctypes.c_ushort), ('code', ctypes.c_void_p)]
libc = ctypes.CDLL(None, use_errno=True)
filter = Filter(len(code), ctypes.addressof(buffer))
assert libc.prctl(38, 1, 0, 0, 0) == 0, ctypes.get_errno()
assert libc.prctl(22, 2, ctypes.byref(filter), 0, 0) == 0, ctypes.get_errno()
os.execv(sys.argv[2], sys.argv[2:])
";

fn without(name: &str, number: i64) {
    let output = std::process::Command::new(interpreter().executable())
        .args(["-c", WITHOUT, &number.to_string()])
        .arg(std::env::current_exe().expect("this binary"))
        .args(["starts::host_that_lacks_a_call", "--exact", "--nocapture"])
        .env("LUMEN_SANDBOX_LACKS", name)
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let heard = String::from_utf8_lossy(&output.stderr);
    if heard.contains("AssertionError") && !said.contains("running 1 test") {
        assert!(std::env::var_os("LUMEN_TOOLS_REQUIRED").is_none(), "{heard}");
        println!("NOT EVALUATED: no filter of system calls can be set: {heard}");
        return;
    }
    assert!(said.contains(&format!("seen without {name}")), "{said}{heard}");
}

#[test]
fn a_kernel_without_landlock_is_named_with_what_would_do_without_it() {
    without("landlock", libc::SYS_landlock_create_ruleset);
}

#[test]
fn a_container_that_keeps_clone3_back_still_starts_workers() {
    without("clone3", libc::SYS_clone3);
}

#[test]
fn a_record_of_another_interpreter_is_refused() {
    let worker = worker();
    let recorded = worker.identity().clone();
    assert_eq!(worker.expect(&recorded), Ok(()));
    let other = sandbox::Identity { python: "3.11.0 (another build)".to_string(), ..recorded };
    let failure = worker.expect(&other).expect_err("refused");
    assert_eq!(failure.kind, sandbox::ErrorKind::InterpreterChanged);
    assert_eq!(failure.data["expected"]["python"], "3.11.0 (another build)");
}
