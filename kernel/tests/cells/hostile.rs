//! Cells and strangers that do what they should not.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::process::Command;
use std::time::{Duration, Instant};

use indoc::formatdoc;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde_json::{Value, json};

use crate::notebook::{Notebook, cache_dir};
use crate::surroundings::{OwnCache, below, usual_open_files, without_a_mask};
use soma_frontend::{TestFrontend, tcp_connection};

/// The memory of a process; a process that is ending has none.
fn megabytes_of(pid: u32) -> usize {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).map_or(0, |kilobytes| kilobytes.parse::<usize>().unwrap() / 1024)
}

/// The processes of a notebook, which all work in its folder.
fn processes(notebook: &Notebook) -> Vec<u32> {
    let folder = notebook.folder().canonicalize().unwrap();
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let own = entries.filter(|entry| fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(&folder)));
    own.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

#[test]
fn thousands_of_idle_connections_keep_nobody_out() {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, hard.min(8192).max(soft), hard).unwrap();
    let mut notebook = Notebook::open_over_tcp(usual_open_files);
    notebook.ok("let kept = 1;");
    // A front end is known by what it has sent.
    notebook.interrupt();
    let connection = notebook.connection().clone();
    let ports = [
        connection.shell_port,
        connection.control_port,
        connection.stdin_port,
        connection.iopub_port,
        connection.hb_port,
    ];
    let room = getrlimit(Resource::RLIMIT_NOFILE).unwrap().0.saturating_sub(700).min(2000) as usize;
    assert!(room > 1000, "this system allows too few open files for the test: see `ulimit -Hn`");
    let idle: Vec<TcpStream> =
        (0..room).map(|number| TcpStream::connect(("127.0.0.1", ports[number % 5])).unwrap()).collect();
    notebook.gives("kept + 1", "2");
    let open = fs::read_dir(format!("/proc/{}/fd", notebook.pid())).unwrap().count();
    assert!(open < 900, "{open} files are open");
    let mut second = TestFrontend::connect(&connection);
    let request = second.send_shell("kernel_info_request", json!({}));
    second.iopub_busy(&request);
    assert_eq!(second.shell("kernel_info_reply", &request)["status"], "ok");
    assert_eq!(second.beat(b"alive"), b"alive");
    drop(idle);
    notebook.gives("kept + 2", "3");
}

/// The inodes of sockets that listen, with their addresses as the system writes them.
fn listening() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for table in ["tcp", "tcp6", "udp", "udp6"] {
        let text = fs::read_to_string(format!("/proc/net/{table}")).unwrap_or_default();
        for line in text.lines().skip(1) {
            let words: Vec<&str> = line.split_whitespace().collect();
            if table.starts_with("udp") || words[3] == "0A" {
                found.push((words[9].to_owned(), format!("{table} {}", words[1])));
            }
        }
    }
    found
}

#[test]
fn a_session_listens_where_its_connection_file_says_and_nowhere_else() {
    let mut notebook = Notebook::open_over_tcp(|_| {});
    notebook.ok("let v = vec![1];");
    // With every process that a session has.
    notebook.frontend().ask("complete_request", json!({ "code": "v.le", "cursor_pos": 4 }));
    let own = processes(&notebook);
    assert!(own.len() >= 4, "kernel, supervisor, worker and copy: {own:?}");
    let mut inodes = BTreeSet::new();
    for pid in own {
        for descriptor in fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten() {
            let target = fs::read_link(descriptor.path()).unwrap_or_default().display().to_string();
            inodes.extend(target.strip_prefix("socket:[").and_then(|rest| rest.strip_suffix(']')).map(str::to_owned));
        }
    }
    let found: BTreeSet<String> =
        listening().into_iter().filter(|(inode, _)| inodes.contains(inode)).map(|(_, address)| address).collect();
    let connection = notebook.connection();
    let ports = [
        connection.shell_port,
        connection.control_port,
        connection.stdin_port,
        connection.iopub_port,
        connection.hb_port,
    ];
    let expected = ports.map(|port| format!("tcp {:08X}:{port:04X}", u32::from_ne_bytes([127, 0, 0, 1])));
    assert_eq!(found, BTreeSet::from(expected));
}

#[test]
fn what_a_session_keeps_is_for_its_owner_alone_whatever_the_mask() {
    let cache = OwnCache::new();
    let mut notebook = Notebook::open_with(|command| {
        without_a_mask(command);
        let history = command.get_envs().find(|(name, _)| *name == "SOMA_HISTORY").unwrap().1.unwrap().to_owned();
        let history = std::path::Path::new(&history).with_file_name("state").join("history.sqlite");
        command.env("SOMA_CACHE_DIR", cache.path()).env("SOMA_HISTORY", history);
    });
    notebook.ok("let v = vec![1];");
    let history = notebook.folder().join("state/history.sqlite");
    let deadline = Instant::now() + Duration::from_secs(10);
    while !history.exists() {
        assert!(Instant::now() < deadline, "there is no history");
        std::thread::sleep(Duration::from_millis(20));
    }
    let mode = |path: &std::path::Path| fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777;
    for folder in [notebook.session(), cache.path().join("cells"), notebook.folder().join("state")] {
        assert_eq!(mode(&folder), 0o700, "{}", folder.display());
    }
    // Nothing else lies open beside them.
    let session = notebook.session();
    let (mut files, mut sockets) = (0, 0);
    for path in below(notebook.folder()).iter().filter(|path| !path.starts_with(&session)).chain(&below(&cache.path()))
    {
        // What has gone since then was SQLite's journal.
        let Ok(found) = fs::symlink_metadata(path) else { continue };
        let (kind, mode) = (found.file_type(), found.permissions().mode() & 0o777);
        files += usize::from(kind.is_file());
        sockets += usize::from(kind.is_socket());
        let expected = if kind.is_dir() { 0o700 } else { 0o600 };
        assert!(kind.is_symlink() || mode == expected, "{}: {mode:o}", path.display());
        assert_eq!(found.uid(), nix::unistd::geteuid().as_raw());
    }
    assert!(files >= 4 && sockets == 5, "{files} {sockets}");
}

#[test]
fn a_front_end_that_floods_and_never_looks_costs_bounded_memory() {
    let mut notebook = Notebook::open_over_tcp(|_| {});
    notebook.ok("let kept = 1;");
    let connection = notebook.connection().clone();
    let mut flood = TestFrontend::connect(&connection);
    let before = megabytes_of(notebook.pid());
    // It reads its replies, but nothing of what is published.
    let mut most = before;
    for _ in 0..25 {
        let requests: Vec<String> = (0..800).map(|_| flood.send_shell("kernel_info_request", json!({}))).collect();
        for request in requests {
            flood.shell("kernel_info_reply", &request);
        }
        most = most.max(megabytes_of(notebook.pid()));
    }
    // Nor its replies.
    for _ in 0..80_000 {
        flood.send_shell("kernel_info_request", json!({}));
    }
    std::thread::sleep(Duration::from_secs(1));
    most = most.max(megabytes_of(notebook.pid()));
    // What was freed and the allocator keeps varies by tens of megabytes with what else the machine does.
    assert!(before > 0 && most < before + 180, "from {before} to {most} MB");
    // A front end that comes now, and looks, is served; the notebook's own is far behind with reading.
    let mut other = TestFrontend::connect(&connection);
    let request = other.send_execute("kept + 1");
    let result = loop {
        let message = other.iopub_any();
        if message.parent == request && message.kind == "execute_result" {
            break message.content;
        }
    };
    assert_eq!(result["data"]["text/plain"], "2");
}

/// Starts a kernel that cannot start, and gives its exit code and what it says.
fn refused(connection: &[u8]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("connection.json");
    fs::write(&file, connection).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_soma"))
        .args(["kernel", "--connection-file"])
        .arg(&file)
        .env("SOMA_CACHE_DIR", cache_dir())
        .env("SOMA_HISTORY", "")
        .env("TMPDIR", folder.path())
        .output()
        .unwrap();
    let left = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 1, "the session's folder is removed");
    (output.status.code(), String::from_utf8(output.stderr).unwrap().replace(&*file.to_string_lossy(), "FILE"))
}

#[test]
fn a_malformed_connection_file_is_refused_in_a_sentence() {
    let valid = serde_json::to_value(tcp_connection()).unwrap();
    let with = |name: &str, value: Value| {
        let mut fields = valid.clone();
        fields[name] = value;
        fields.to_string().into_bytes()
    };
    let mut without_key = valid.clone();
    without_key.as_object_mut().unwrap().remove("key");
    for (content, problem) in [
        (b"".to_vec(), "it is not a JSON object"),
        (b"{\"ip\": \"127.0".to_vec(), "it is not a JSON object"),
        (b"\xff\xfe".to_vec(), "it is not text"),
        (b"[1]".to_vec(), "it is not a JSON object"),
        (b"{}".to_vec(), "it lacks shell_port, iopub_port, stdin_port, control_port, hb_port, ip, transport, key"),
        (without_key.to_string().into_bytes(), "it lacks key"),
        (with("key", json!(7)), "key must be text, not 7"),
        (with("transport", json!("udp")), "the transport \"udp\" is not supported; use \"tcp\" or \"ipc\""),
        (with("shell_port", json!("80")), "shell_port must be a number from 1 to 65535, not \"80\""),
        (with("hb_port", json!(0)), "hb_port must be a number from 1 to 65535, not 0"),
        (with("hb_port", valid["shell_port"].clone()), "shell_port and hb_port must not be the same"),
        (with("signature_scheme", json!("hmac-md5")), "the signature scheme \"hmac-md5\" is not supported"),
    ] {
        let (code, said) = refused(&content);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.starts_with("soma: the connection file FILE cannot be used: "), "{said}");
        assert!(said.contains(problem) && said.lines().count() == 1, "{said}");
    }
    let (code, said) = refused(&with("ip", json!("203.0.113.7")));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("cannot bind the shell socket to tcp://203.0.113.7:"), "{said}");
}

#[test]
fn endless_output_costs_bounded_memory_and_can_be_interrupted() {
    let mut notebook = Notebook::open();
    notebook.ok("let kept = 1;");
    let request = notebook.start("loop { println!(\"{}\", \"x\".repeat(1000)); eprint!(\"y\"); }");
    let until = Instant::now() + Duration::from_secs(3);
    let mut most = 0;
    while Instant::now() < until {
        most = most.max(processes(&notebook).into_iter().map(megabytes_of).max().unwrap_or_default());
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!((1..300).contains(&most), "{most} MB");
    notebook.interrupt();
    assert_eq!(notebook.finish(&request).error.unwrap().name, "Interrupted");
    notebook.gives("kept", "1");
}

#[test]
fn a_tree_of_processes_that_want_to_stay_ends_with_the_session() {
    let mut notebook = Notebook::open();
    // 2⁶ of them, each in a session of its own, deaf to what could be asked of it.
    let bomb = "
unsafe extern \"C\" { fn fork() -> i32; fn setsid() -> i32; fn signal(signal: i32, handler: usize) -> usize; }
for _ in 0..6 {
    unsafe {
        fork();
        setsid();
        for number in 1..32 { signal(number, 1); }
    }
}
let me = std::process::id();
if me != WORKER { loop { std::thread::sleep(std::time::Duration::from_secs(1)); } }";
    notebook.ok("let kept = 1;");
    let worker = notebook.ok("print!(\"{}\", std::process::id())").stdout;
    notebook.ok(&bomb.replace("WORKER", &worker));
    let deadline = Instant::now() + Duration::from_secs(10);
    while processes(&notebook).len() < 63 {
        assert!(Instant::now() < deadline, "{:?}", processes(&notebook));
        std::thread::sleep(Duration::from_millis(50));
    }
    notebook.gives("kept", "1");
    // Nothing of it is left: the notebook looks for that at its end.
}

#[test]
fn a_cell_that_removes_its_working_directory_harms_only_what_it_removed() {
    let mut notebook = Notebook::open_with(|command| {
        let work = command.get_current_dir().unwrap().join("work");
        fs::create_dir(&work).unwrap();
        command.current_dir(work);
    });
    notebook.ok("let kept = 1; std::fs::remove_dir_all(std::env::current_dir().unwrap()).unwrap();");
    notebook.ok("let more = kept + 1; fn third() -> i32 { 3 }");
    notebook.gives("(kept, more, third())", "(1, 2, 3)");
    assert!(notebook.fails("kept + nothing").traceback.contains("nothing"));
    notebook.gives("std::env::current_dir().is_err()", "true");
}

const DESCRIPTORS: &str = "unsafe extern \"C\" { fn close(fd: i32) -> i32; fn dup2(from: i32, to: i32) -> i32; }";

#[test]
fn what_a_cell_does_to_its_standard_output_lasts_as_long_as_the_cell() {
    let mut notebook = Notebook::open();
    notebook.ok("let kept = 1;");
    notebook.ok(&formatdoc! {r#"
        {DESCRIPTORS}
        unsafe {{ close(1); close(2) }};
        println!("nobody sees this");"#});
    assert_eq!(notebook.ok("println!(\"{kept}\"); eprintln!(\"two\");").stdout, "1\n");
    let full = "use std::os::fd::AsRawFd;
let full = std::fs::OpenOptions::new().write(true).open(\"/dev/full\").unwrap();
unsafe { dup2(full.as_raw_fd(), 1) };
for _ in 0..10 { println!(\"{}\", \"x\".repeat(10_000)); }";
    let error = notebook.fails(&format!("{DESCRIPTORS}\n{full}"));
    assert!(error.message.contains("failed printing to stdout"), "{}", error.traceback);
    let cell = notebook.ok("println!(\"{kept}\"); eprintln!(\"two\");");
    assert!(cell.stdout.ends_with("1\n") && cell.stderr == "two\n", "{cell:?}");
    // Also of everything that the worker itself works with.
    let error = notebook.fails(&format!("{DESCRIPTORS}\nfor number in 0..256 {{ unsafe {{ close(number) }}; }}"));
    assert!(error.message.contains("your variables are as they were before this cell"), "{}", error.traceback);
    notebook.gives("kept", "1");
}

#[test]
fn a_cell_that_changes_how_signals_are_handled_can_still_be_interrupted() {
    let mut notebook = Notebook::open();
    let signals = "unsafe extern \"C\" { fn signal(signal: i32, handler: usize) -> usize; }";
    notebook.ok("let kept = 1;");
    notebook.ok(&format!("{signals}\nfor number in 1..32 {{ unsafe {{ signal(number, 1) }}; }}"));
    notebook.gives("kept", "1");
    let request = notebook.start("println!(\"on\"); loop { std::hint::black_box(1); }");
    notebook.wait_for("stream", &request);
    let asked = Instant::now();
    notebook.interrupt();
    assert_eq!(notebook.finish(&request).error.unwrap().name, "Interrupted");
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    notebook.gives("kept", "1");
    let error = notebook.fails("std::process::abort()");
    assert!(error.message.contains("your variables are as they were before this cell"), "{}", error.traceback);
    notebook.gives("kept", "1");
}
