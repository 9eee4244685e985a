use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use nix::unistd::{Uid, setfsuid};
use rusqlite::Connection;

use super::super::History;
use super::{Home, LIMIT, answer, inputs, run, search, settle, tail, value};

/// The user "nobody", on Linux.
const NOBODY: Uid = Uid::from_raw(65534);

/// A session that has run a cell, after which `change` is applied to its file.
fn session_whose_file_is(home: &Home, change: impl FnOnce(&Path)) -> History {
    home.ended_session(&["before"]);
    let own = home.session();
    run(&own, &["first"]);
    settle(&own);
    change(&home.file());
    own.push(2, "second");
    settle(&own);
    own
}

/// Overwrites all but the header, and increases the header's change counter, so that SQLite discards the pages that it
/// has in memory.
fn damage(file: &Path) {
    let mut content = fs::read(file).unwrap();
    content[27] += 1;
    content[100..].fill(0x5a);
    fs::write(file, content).unwrap();
}

/// Runs a test as a user to whom the folder's permissions apply, also when root runs the tests.
fn as_nobody<T: Send>(home: &Home, test: impl FnOnce() -> T + Send) -> T {
    fs::set_permissions(home.folder.path(), Permissions::from_mode(0o755)).unwrap();
    let ended = std::thread::scope(|scope| {
        // The file-system user belongs to a thread and to the threads that it starts.
        scope
            .spawn(|| {
                setfsuid(NOBODY);
                test()
            })
            .join()
    });
    ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn permissions(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn the_file_and_its_folder_are_for_their_owner_alone() {
    let home = Home::new();
    home.ended_session(&["a"]);
    assert_eq!((permissions(&home.file()), permissions(home.file().parent().unwrap())), (0o600, 0o700));
}

#[test]
fn a_file_that_is_no_database_is_copied_and_a_new_one_begins() {
    let home = Home::new();
    home.ended_session(&["lost"]);
    fs::write(home.file(), "not a database, but longer than the header of one: ".repeat(40)).unwrap();
    home.ended_session(&["kept"]);
    assert_eq!(home.files(), ["history.sqlite", "history.sqlite.damaged-1"]);
    assert!(fs::read_to_string(home.file().with_extension("sqlite.damaged-1")).unwrap().starts_with("not a database"));
    assert_eq!(answer(&home.session(), &tail(9)), ["1:1 kept"]);
}

#[test]
fn each_damaged_file_is_copied_under_a_name_of_its_own() {
    let home = Home::new();
    for content in ["first", "second"] {
        home.ended_session(&["a"]);
        fs::write(home.file(), content.repeat(200)).unwrap();
        answer(&home.session(), &tail(9));
    }
    assert_eq!(home.files(), ["history.sqlite", "history.sqlite.damaged-1", "history.sqlite.damaged-2"]);
    let copy = |name: &str| fs::read_to_string(home.file().with_file_name(name)).unwrap();
    assert_eq!(copy("history.sqlite.damaged-1"), "first".repeat(200));
    assert_eq!(copy("history.sqlite.damaged-2"), "second".repeat(200));
    assert_eq!(permissions(&home.file().with_file_name("history.sqlite.damaged-1")), 0o600);
}

#[test]
fn an_empty_file_becomes_a_history() {
    let home = Home::new();
    fs::create_dir(home.file().parent().unwrap()).unwrap();
    fs::write(home.file(), "").unwrap();
    assert_eq!(answer(&home.session(), &tail(9)), [""; 0]);
    home.ended_session(&["a"]);
    assert_eq!(answer(&home.session(), &tail(9)), ["1:1 a"]);
}

#[test]
fn damage_that_only_a_search_meets_is_found_by_it() {
    let home = Home::new();
    let cells: Vec<String> = (0..200).map(|number| format!("{number} {}", "x".repeat(500))).collect();
    home.ended_session(&cells.iter().map(String::as_str).collect::<Vec<_>>());
    let mut content = fs::read(home.file()).unwrap();
    let middle = content.len() / 2;
    content[middle..middle + 4096 * 4].fill(0xff);
    fs::write(home.file(), content).unwrap();
    let own = home.session();
    run(&own, &["kept"]);
    assert_eq!(inputs(&own, &search("k*", false, -1)), ["kept"]);
    assert_eq!(home.files(), ["history.sqlite", "history.sqlite.damaged-1"]);
    own.push(2, "kept, too");
    settle(&own);
    assert_eq!(answer(&home.session(), &tail(9)), ["1:1 kept", "1:2 kept, too"]);
}

#[test]
fn a_session_whose_file_is_damaged_under_it_goes_on_in_a_new_one() {
    let home = Home::new();
    let own = session_whose_file_is(&home, damage);
    assert_eq!(answer(&own, &tail(9)), ["1:1 first", "1:2 second"]);
    assert_eq!(answer(&home.session(), &tail(9)), ["1:1 first", "1:2 second"]);
    assert_eq!(home.files(), ["history.sqlite", "history.sqlite.damaged-1"]);
}

#[test]
fn a_session_whose_file_is_removed_goes_on_in_a_new_one() {
    let home = Home::new();
    let own = session_whose_file_is(&home, |file| fs::remove_file(file).unwrap());
    assert_eq!(answer(&own, &tail(9)), ["1:1 first", "1:2 second"]);
    assert_eq!(answer(&home.session(), &tail(9)), ["1:1 first", "1:2 second"]);
    assert_eq!(home.files(), ["history.sqlite"]);
}

#[test]
fn sessions_that_meet_the_same_damage_begin_one_new_file() {
    let home = Home::new();
    let sessions: Vec<History> = (0..8).map(|_| home.session()).collect();
    for session in &sessions {
        run(session, &["first"]);
        settle(session);
    }
    damage(&home.file());
    std::thread::scope(|scope| {
        for session in &sessions {
            scope.spawn(|| {
                session.push(2, "second");
                settle(session);
            });
        }
    });
    assert_eq!(home.files(), ["history.sqlite", "history.sqlite.damaged-1"]);
    let mut found = inputs(&home.session(), &tail(-1));
    found.sort();
    assert_eq!(found, [["first"; 8], ["second"; 8]].concat());
}

#[test]
fn a_folder_that_cannot_be_written_costs_what_would_be_in_the_file() {
    let home = Home::new();
    fs::create_dir(home.file().parent().unwrap()).unwrap();
    fs::set_permissions(home.file().parent().unwrap(), Permissions::from_mode(0o555)).unwrap();
    let found = as_nobody(&home, || {
        let own = home.session();
        run(&own, &["a => 1", "b"]);
        settle(&own);
        answer(&own, &tail(9))
    });
    assert_eq!(found, ["1:1 a => 1", "1:2 b"]);
    assert_eq!(home.files(), [""; 0]);
}

#[test]
fn a_file_that_may_only_be_read_is_read() {
    let home = Home::new();
    home.ended_session(&["before => 1"]);
    fs::set_permissions(home.file(), Permissions::from_mode(0o444)).unwrap();
    fs::set_permissions(home.file().parent().unwrap(), Permissions::from_mode(0o555)).unwrap();
    let found = as_nobody(&home, || {
        let own = home.session();
        run(&own, &["a => 1"]);
        settle(&own);
        own.push(2, "b");
        settle(&own);
        answer(&own, &tail(9))
    });
    assert_eq!(found, ["1:1 before => 1", "2:1 a => 1", "2:2 b"]);
    assert_eq!(answer(&home.session(), &tail(9)), ["1:1 before => 1"]);
}

#[test]
fn a_folder_in_the_files_place_costs_what_would_be_in_the_file() {
    let home = Home::new();
    fs::create_dir_all(home.file()).unwrap();
    let own = home.session();
    run(&own, &["a"]);
    settle(&own);
    assert_eq!(answer(&own, &tail(9)), ["1:1 a"]);
    assert!(home.file().is_dir());
}

#[test]
fn another_programs_database_is_left_as_it_is() {
    for change in [
        "CREATE TABLE sessions (session INTEGER PRIMARY KEY, remark TEXT); INSERT INTO sessions VALUES (7, 'mine')",
        "PRAGMA application_id = 0x536f6d61; PRAGMA user_version = 2; CREATE TABLE newer (a)",
    ] {
        let home = Home::new();
        fs::create_dir(home.file().parent().unwrap()).unwrap();
        Connection::open(home.file()).unwrap().execute_batch(change).unwrap();
        let before = fs::read(home.file()).unwrap();
        let own = home.session();
        run(&own, &["a"]);
        settle(&own);
        assert_eq!(answer(&own, &tail(9)), ["1:1 a"]);
        own.close(LIMIT);
        assert_eq!(home.files(), ["history.sqlite"]);
        assert!(fs::read(home.file()).unwrap() == before, "changed: {change}");
    }
}

#[test]
fn what_a_killed_kernel_left_half_written_is_undone() {
    let home = Home::new();
    home.ended_session(&["before"]);
    // The file and its journal in the middle of a large write.
    let crashed = Home::new();
    fs::create_dir(crashed.file().parent().unwrap()).unwrap();
    let mut writer = Connection::open(home.file()).unwrap();
    writer.execute_batch("PRAGMA cache_size = 1; PRAGMA cache_spill = 1").unwrap();
    let transaction = writer.transaction().unwrap();
    for line in 2..400 {
        let cell = (line, "half written ".repeat(100));
        transaction.execute("INSERT INTO cells (session, line, input) VALUES (1, ?, ?)", cell).unwrap();
    }
    for name in home.files() {
        fs::copy(home.file().with_file_name(&name), crashed.file().with_file_name(&name)).unwrap();
    }
    assert_eq!(crashed.files(), ["history.sqlite", "history.sqlite-journal"]);
    assert!(fs::metadata(crashed.file()).unwrap().len() > 100_000, "the transaction was written in part");
    assert_eq!(answer(&crashed.session(), &tail(9)), ["1:1 before"]);
    crashed.ended_session(&["after"]);
    assert_eq!(answer(&crashed.session(), &tail(9)), ["1:1 before", "2:1 after"]);
    assert_eq!(value::<String>(&crashed.file(), "PRAGMA integrity_check"), "ok");
}
