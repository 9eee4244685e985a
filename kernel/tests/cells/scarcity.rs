//! A kernel that is short of something says what, keeps the variables, and goes on when it has it again.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;

use crate::notebook::Notebook;
use crate::surroundings::{OwnCache, below, heed_permissions, limit_files, survive_full_disks};

/// A kernel with a cache of its own.
fn with_cache(cache: &OwnCache) -> Notebook {
    Notebook::open_with(|command| {
        command.env("SOMA_CACHE_DIR", cache.path());
    })
}

/// Whether a message is a user's to read.
fn assert_clear(message: &str) {
    for internal in ["panicked", "RUST_BACKTRACE", "unwrap", "Os {", "evcxr"] {
        assert!(!message.contains(internal), "{message}");
    }
}

#[test]
fn a_full_disk_fails_the_cell_and_costs_no_variable() {
    let cache = OwnCache::new();
    let mut notebook = Notebook::open_with(|command| {
        survive_full_disks(command);
        command.env("SOMA_CACHE_DIR", cache.path());
    });
    notebook.ok("let kept = vec![1, 2];");
    // Nothing can be written at all; then the notes; then the program, but not its library.
    for (bytes, number) in [(0, 40), (2 << 10, 41), (12 << 10, 42)] {
        limit_files(notebook.pid(), bytes);
        let code = format!("let more = kept.len() + {number};");
        for _ in 0..2 {
            let error = notebook.fails(&code);
            for part in ["File too large", "make room on the disk, then run the cell again"] {
                assert!(error.traceback.contains(part), "{bytes}: {}", error.traceback);
            }
            assert_clear(&error.traceback);
        }
        limit_files(notebook.pid(), u64::MAX);
        // The same cell as before: that it could not be written is not what it is remembered by.
        notebook.ok(&code);
        notebook.gives("(kept.len(), more)", &format!("(2, {})", number + 2));
    }
}

#[test]
fn a_cache_that_cannot_be_written_costs_time_only() {
    let cache = OwnCache::new();
    fs::create_dir(cache.path().join("cells")).unwrap();
    fs::set_permissions(cache.path().join("cells"), Permissions::from_mode(0o500)).unwrap();
    let mut notebook = Notebook::open_with(|command| {
        heed_permissions(command);
        command.env("SOMA_CACHE_DIR", cache.path());
    });
    notebook.ok("let kept = 1;");
    notebook.gives("kept + 1", "2");
    assert_eq!(cache.cells(), [""; 0].map(std::path::PathBuf::from));
    fs::set_permissions(cache.path().join("cells"), Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_home_that_can_only_be_read_costs_the_history_and_one_warning() {
    let home = tempfile::tempdir().unwrap();
    let cache = OwnCache::new();
    for folder in [cache.path(), home.path().to_owned()] {
        fs::set_permissions(folder, Permissions::from_mode(0o500)).unwrap();
    }
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut notebook = Notebook::open_with(|command| {
        heed_permissions(command);
        command.env("HOME", home.path()).env("SOMA_CACHE_DIR", cache.path()).env_remove("SOMA_HISTORY");
        command.env_remove("XDG_STATE_HOME").env_remove("XDG_CACHE_HOME").stderr(log.reopen().unwrap());
        // The toolchain is found in the real home.
        for name in ["RUSTUP_HOME", "CARGO_HOME"] {
            let usual = std::env::home_dir().unwrap().join(format!(".{}", name[..name.len() - 5].to_lowercase()));
            command.env(name, std::env::var_os(name).unwrap_or(usual.into()));
        }
    });
    notebook.ok("let kept = 1;");
    notebook.gives("kept + 1", "2");
    let asked = notebook.frontend().ask("history_request", json!({ "n": 9 }));
    assert_eq!(asked["history"], json!([[1, 1, "let kept = 1;"], [1, 2, "kept + 1"]]));
    drop(notebook);
    let log = fs::read_to_string(log.path()).unwrap();
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(log.contains("history"), "{log}");
    for folder in [cache.path(), home.path().to_owned()] {
        fs::set_permissions(folder, Permissions::from_mode(0o700)).unwrap();
    }
}

#[test]
fn without_a_network_a_dependency_fails_in_a_sentence() {
    let home = tempfile::tempdir().unwrap();
    let mut notebook = Notebook::open_with(|command| {
        // Nobody listens there.
        command.env("CARGO_HOME", home.path()).env("CARGO_HTTP_PROXY", "http://127.0.0.1:9");
        for name in ["CARGO_NET_RETRY", "CARGO_HTTP_TIMEOUT"] {
            command.env(name, "1");
        }
    });
    notebook.ok("let kept = 1;");
    let error = notebook.fails(":dep a_crate_that_nobody_has = \"1\"\nkept + 1");
    let advice = "come from the network, which cannot be reached";
    assert!(error.message.contains(advice) && error.traceback.contains(advice), "{}", error.traceback);
    assert_clear(&error.traceback);
    notebook.gives("kept", "1");
}

#[test]
fn a_linker_that_disappears_is_missed_in_a_sentence_and_used_when_it_is_back() {
    let (cache, linker) = OwnCache::with_own_linker();
    let mut notebook = Notebook::open_with(|command| {
        command.env("SOMA_CACHE_DIR", cache.path()).env("SOMA_WITHOUT", "linker");
    });
    notebook.ok("let kept = vec![1];");
    let aside = linker.with_extension("aside");
    fs::rename(&linker, &aside).unwrap();
    for _ in 0..2 {
        let error = notebook.fails("let more = kept.len();");
        assert!(error.message.contains("linker"), "{}", error.traceback);
        assert_clear(&error.traceback);
        assert!(!error.traceback.contains("the cell ends here"), "{}", error.traceback);
    }
    fs::rename(&aside, &linker).unwrap();
    notebook.ok("let more = kept.len();");
    notebook.gives("(kept, more)", "([1], 1)");
}

const CELLS: [(&str, &str); 3] =
    [("let n = 20;\nn + 1", "21"), ("(1..=n).sum::<i32>()", "210"), ("format!(\"{n}!\")", "\"20!\"")];

fn run_all(notebook: &mut Notebook) {
    for (code, text) in CELLS {
        notebook.gives(code, text);
    }
}

#[test]
fn damaged_entries_of_the_cache_are_made_again() {
    let cache = OwnCache::new();
    run_all(&mut with_cache(&cache));
    let intact: Vec<(_, Vec<u8>)> =
        cache.cells().into_iter().map(|file| (file.clone(), fs::read(file).unwrap())).collect();
    assert_eq!(intact.len(), CELLS.len());
    let flipped = |content: &[u8]| {
        let mut content = content.to_vec();
        let middle = content.len() / 2;
        content[middle] ^= 1;
        content
    };
    type Damage<'a> = &'a dyn Fn(&[u8]) -> Vec<u8>;
    let damages: [Damage; 4] =
        [&|content| content[..content.len() / 2].to_vec(), &|_| Vec::new(), &flipped, &|content| {
            content[32..].to_vec()
        }];
    for damage in damages {
        for (file, content) in &intact {
            fs::write(file, damage(content)).unwrap();
        }
        run_all(&mut with_cache(&cache));
        for (file, content) in &intact {
            assert_eq!(fs::read(file).unwrap().len(), content.len(), "{}", file.display());
        }
    }
}

#[test]
fn the_cell_with_which_every_session_begins_stays_with_the_libraries_and_is_made_again() {
    let cache = OwnCache::with_own_libraries();
    let first = || -> Vec<PathBuf> {
        let kept = below(&cache.path().join("libs"));
        kept.into_iter()
            .filter(|file| file.is_file() && file.parent().unwrap().parent().unwrap().ends_with("cells"))
            .collect()
    };
    run_all(&mut with_cache(&cache));
    let [file] = &first()[..] else { panic!("{:?}", first()) };
    let content = fs::read(file).unwrap();
    fs::remove_dir_all(cache.path().join("cells")).unwrap();
    for damaged in [&content[..content.len() / 2], b"", b"a cell"] {
        fs::write(file, damaged).unwrap();
        run_all(&mut with_cache(&cache));
        assert_eq!(fs::read(file).unwrap().len(), content.len());
    }
    assert_eq!(first().len(), 1);
}

#[test]
fn two_kernels_that_fill_one_cache_at_once_both_are_right() {
    let cache = OwnCache::new();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| run_all(&mut with_cache(&cache)));
        }
    });
    assert_eq!(cache.cells().len(), CELLS.len());
    let before = Instant::now();
    run_all(&mut with_cache(&cache));
    assert!(before.elapsed() < Duration::from_secs(20));
}

#[test]
fn times_that_are_yet_to_come_change_nothing() {
    let cache = OwnCache::new();
    let history = tempfile::tempdir().unwrap();
    let file = history.path().join("history.sqlite");
    let open = || {
        Notebook::open_with(|command| {
            command.env("SOMA_CACHE_DIR", cache.path()).env("SOMA_HISTORY", &file);
        })
    };
    run_all(&mut open());
    // As if the clock had been set back by a day since.
    let tomorrow = SystemTime::now() + Duration::from_secs(86_400);
    for path in cache.cells().iter().chain([&file]) {
        File::options().append(true).open(path).unwrap().set_modified(tomorrow).unwrap();
    }
    let mut notebook = open();
    run_all(&mut notebook);
    let history = notebook.frontend().ask("history_request", json!({ "n": 99 }))["history"].take();
    let sessions: Vec<_> = history.as_array().unwrap().iter().map(|cell| cell[0].as_i64().unwrap()).collect();
    assert_eq!(sessions, [1, 1, 1, 2, 2, 2]);
}

#[test]
fn a_session_whose_folder_is_removed_goes_on() {
    let mut notebook = Notebook::open();
    notebook.ok("let mut kept = vec![1]; fn twice(n: usize) -> usize { 2 * n }");
    let folder = notebook.session();
    for (length, remove) in [fs::remove_dir_all, |folder: std::path::PathBuf| fs::remove_dir_all(folder.join("bin"))]
        .into_iter()
        .enumerate()
    {
        remove(folder.clone()).unwrap();
        notebook.ok("kept.push(2);");
        notebook.gives("twice(kept.len())", &format!("{}", 2 * (length + 2)));
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    }
    assert!(notebook.fails("kept + nothing").traceback.contains("nothing"));
    fs::remove_dir_all(&folder).unwrap();
    notebook.gives(":restart\nlet kept = 3; kept", "3");
}

#[test]
fn a_session_without_a_folder_for_temporary_files_says_where_it_looked() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_soma"))
        .args(["kernel", "--connection-file", "/dev/null"])
        .env("TMPDIR", "/nonexistent/folder")
        .env("SOMA_CACHE_DIR", crate::notebook::cache_dir())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.starts_with("soma: cannot make a temporary folder; TMPDIR can name another place"), "{said}");
    assert!(said.contains("/nonexistent/folder"), "{said}");
}

/// The parent of a process.
fn parent(pid: &str) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    status.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

fn processes() -> Vec<String> {
    let entries = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().into_string().ok());
    entries.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())).collect()
}

/// Kills a kernel and at the same time all that could remove its folder.
fn kill_with_children(notebook: &mut Notebook) {
    let kernel = notebook.pid();
    let children: Vec<String> = processes().into_iter().filter(|pid| parent(pid) == Some(kernel)).collect();
    assert!(!children.is_empty(), "the supervisor is a child of the kernel");
    let pids = children.iter().map(|pid| pid.parse().unwrap()).chain([kernel as i32]);
    // None of them may do anything when it sees another go.
    let pids: Vec<Pid> = pids.map(Pid::from_raw).collect();
    for signal in [Signal::SIGSTOP, Signal::SIGKILL] {
        pids.iter().for_each(|pid| kill(*pid, signal).unwrap());
    }
}

#[test]
fn what_killed_kernels_left_is_removed_when_the_next_one_starts() {
    let shared = tempfile::tempdir().unwrap();
    let open = || {
        Notebook::open_with(|command| {
            command.env("TMPDIR", shared.path());
        })
    };
    let folders = || {
        let mut names: Vec<_> = fs::read_dir(shared.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.sort();
        names
    };
    let mut killed = open();
    killed.ok("let a = 1;");
    let left = folders();
    assert_eq!(left.len(), 1);
    let mut lives = open();
    lives.ok("let b = 2;");
    let both = folders();
    let living: Vec<_> = both.iter().filter(|folder| !left.contains(folder)).cloned().collect();
    kill_with_children(&mut killed);
    killed.wait_for_end();
    assert_eq!(folders(), both, "nobody was left to remove it");
    let mut next = open();
    let deadline = Instant::now() + Duration::from_secs(10);
    while left.iter().any(|folder| Path::new(folder).exists()) {
        assert!(Instant::now() < deadline, "{:?}", folders());
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(living.iter().all(|folder| folder.exists()));
    lives.gives("b", "2");
    next.gives("1 + 1", "2");
}
