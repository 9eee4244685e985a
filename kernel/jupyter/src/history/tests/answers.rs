use super::super::History;
use super::super::session_cells::SessionCells;
use super::{Home, answer, inputs, range, run, search, settle, tail, wait_until};

/// Sessions 1 and 2 have ended, 4 has begun after this one, 3.
fn session_among_others(home: &Home) -> History {
    home.ended_session(&["a => 1", "b"]);
    home.ended_session(&["a", "c => 3"]);
    let own = home.session();
    run(&own, &["b => 9"]);
    settle(&own);
    home.ended_session(&["a => 5"]);
    own.push(2, "d");
    own.push(3, "A");
    own
}

/// The expected answers are those of IPython 9.18 with the same cells, except for session 3's number when a request
/// asks for it by that number.
#[test]
fn answers_are_those_of_ipython() {
    let home = Home::new();
    let own = session_among_others(&home);
    let own_cells = ["3:1 b => 9", "3:2 d", "3:3 A"];
    let cases: &[(_, &[&str])] = &[
        (tail(0), &[]),
        (tail(2), &["3:2 d", "3:3 A"]),
        (tail(4), &["4:1 a => 5", "3:1 b => 9", "3:2 d", "3:3 A"]),
        (tail(5), &["2:2 c => 3", "4:1 a => 5", "3:1 b => 9", "3:2 d", "3:3 A"]),
        (tail(99), &["1:1 a => 1", "1:2 b", "2:1 a", "2:2 c => 3", "4:1 a => 5", "3:1 b => 9", "3:2 d", "3:3 A"]),
        (range(0, 1, 0), &["0:1 b => 9", "0:2 d", "0:3 A"]),
        (range(0, 1, -1), &["0:1 b => 9", "0:2 d"]),
        (range(0, 1, 2), &["0:1 b => 9"]),
        (range(0, 2, 99), &["0:2 d", "0:3 A"]),
        (range(0, -1, 0), &["0:3 A"]),
        (range(0, -2, -1), &["0:2 d"]),
        (range(0, 2, 1), &[]),
        (range(3, 2, 99), &["3:2 d", "3:3 A"]),
        (range(-1, 1, 0), &["2:1 a", "2:2 c => 3"]),
        (range(-1, 1, -1), &[]),
        (range(-1, -1, 0), &["2:1 a", "2:2 c => 3"]),
        (range(-1, 0, 2), &["2:1 a"]),
        (range(-2, 1, 2), &["1:1 a => 1"]),
        (range(-3, 1, 0), &[]),
        (range(-9, 1, 0), &[]),
        (range(1, 2, 99), &["1:2 b"]),
        (range(4, 1, 0), &["4:1 a => 5"]),
        (range(9, 1, 0), &[]),
        (search("*", false, 2), &["3:3 A", "4:1 a => 5"]),
        (search("*", false, 0), &[]),
        (
            search("*", false, -1),
            &["1:1 a => 1", "1:2 b", "2:1 a", "2:2 c => 3", own_cells[0], own_cells[1], own_cells[2], "4:1 a => 5"],
        ),
        (search("*", true, -1), &["2:2 c => 3", own_cells[0], own_cells[1], own_cells[2], "4:1 a => 5"]),
        (search("*", true, 2), &["3:3 A", "4:1 a => 5"]),
        (search("[ab]", false, -1), &["1:1 a => 1", "1:2 b", "2:1 a", "3:1 b => 9", "4:1 a => 5"]),
        (search("[ab]", true, 2), &["3:1 b => 9", "4:1 a => 5"]),
        (search("a", false, 2), &["2:1 a", "4:1 a => 5"]),
        (search("a", true, -1), &["4:1 a => 5"]),
        (search("?", true, 2), &["3:3 A", "4:1 a => 5"]),
    ];
    let check = |when: &str| {
        for (request, expected) in cases {
            assert_eq!(answer(&own, request), *expected, "{request:?} {when}");
        }
    };
    check("with cells that are not written yet");
    settle(&own);
    check("with all cells written");
}

#[test]
fn a_session_that_is_asked_for_by_its_number_says_it() {
    let home = Home::new();
    let own = session_among_others(&home);
    for when in ["with cells that are not written yet", "with all cells written"] {
        // IPython says 0; Jupyter's conformance suite expects the number that it asked for.
        assert_eq!(answer(&own, &range(3, 2, 99)), ["3:2 d", "3:3 A"], "{when}");
        settle(&own);
    }
}

#[test]
fn what_memory_has_given_up_is_answered_from_the_file() {
    let home = Home::new();
    home.ended_session(&["before"]);
    let own = home.session();
    *own.shared.own() = SessionCells::new(true).with_memory(10);
    let cells: Vec<String> = (1..=9).map(|line| format!("cell {line} => {line}")).collect();
    run(&own, &cells.iter().map(String::as_str).collect::<Vec<_>>());
    settle(&own);
    assert_eq!(own.shared.own().snapshot().first, 9, "little is left in memory");
    assert_eq!(answer(&own, &tail(3)), ["2:7 cell 7 => 7", "2:8 cell 8 => 8", "2:9 cell 9 => 9"]);
    assert_eq!(answer(&own, &tail(99))[..2], ["1:1 before", "2:1 cell 1 => 1"]);
    assert_eq!(answer(&own, &range(0, 8, 0)), ["0:8 cell 8 => 8", "0:9 cell 9 => 9"]);
    assert_eq!(answer(&own, &range(0, 1, 3)), ["0:1 cell 1 => 1", "0:2 cell 2 => 2"]);
    assert_eq!(answer(&own, &range(0, -9, -7)), ["0:1 cell 1 => 1", "0:2 cell 2 => 2"]);
    assert_eq!(answer(&own, &search("cell [289]", false, 2)), ["2:8 cell 8 => 8", "2:9 cell 9 => 9"]);
}

#[test]
fn results_are_left_out_unless_asked_for() {
    let home = Home::new();
    home.ended_session(&["a => 1"]);
    let own = home.session();
    run(&own, &["a => 1"]);
    let mut request = tail(9);
    let jupyter_protocol::messaging::HistoryRequest::Tail { output, .. } = &mut request else { unreachable!() };
    *output = false;
    assert_eq!(answer(&own, &request), ["1:1 a", "2:1 a"]);
}

#[test]
fn a_search_matches_whole_cells_across_their_lines() {
    let home = Home::new();
    let cells = ["let x = 1;\nlet y = [2, 3];", "x + 1", "größe"];
    home.ended_session(&cells);
    let own = home.session();
    run(&own, &cells);
    let find = |pattern: &str| inputs(&own, &search(pattern, true, -1));
    assert_eq!(find("let x*3];"), [cells[0]]);
    assert_eq!(find("let x"), [""; 0]);
    assert_eq!(find("*[[]2*"), [cells[0]]);
    assert_eq!(find("gr??e"), [cells[2]]);
    assert_eq!(find("LET*"), [""; 0]);
    assert_eq!(find(&"*".repeat(60_000)), [""; 0]);
}

#[test]
fn without_a_file_the_session_has_its_own_cells() {
    let own = History::new(None).unwrap();
    run(&own, &["a => 1", "b"]);
    assert_eq!(answer(&own, &tail(9)), ["1:1 a => 1", "1:2 b"]);
    assert_eq!(answer(&own, &range(0, 2, 0)), ["0:2 b"]);
    assert_eq!(answer(&own, &range(-1, 1, 0)), [""; 0]);
    assert_eq!(answer(&own, &search("a*", true, 9)), ["1:1 a => 1"]);
}

#[test]
fn a_session_that_runs_nothing_makes_no_file_and_has_no_number() {
    let home = Home::new();
    let idle = home.session();
    assert_eq!(answer(&idle, &tail(9)), [""; 0]);
    idle.close(super::LIMIT);
    assert!(!home.file().exists());
    home.ended_session(&["a"]);
    assert_eq!(answer(&home.session(), &range(-1, 1, 0)), ["1:1 a"]);
    home.session().close(super::LIMIT);
    home.ended_session(&["b"]);
    assert_eq!(answer(&home.session(), &tail(9)), ["1:1 a", "2:1 b"]);
}

#[test]
fn a_cell_is_written_without_being_asked_for() {
    let home = Home::new();
    let (running, other) = (home.session(), home.session());
    running.push(1, "loop {}");
    wait_until("the cell is in the file", || answer(&other, &tail(9)) == ["1:1 loop {}"]);
    running.set_output(1, "!");
    wait_until("its result is in the file", || answer(&other, &tail(9)) == ["1:1 loop {} => !"]);
}
