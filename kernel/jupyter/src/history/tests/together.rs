use std::collections::HashSet;

use super::{Home, LIMIT, answer, inputs, range, run, settle, tail, value};

#[test]
fn the_next_session_has_the_cells_of_the_one_before() {
    let home = Home::new();
    home.ended_session(&["let a = 1;", "a => 1"]);
    let next = home.session();
    assert_eq!(answer(&next, &tail(9)), ["1:1 let a = 1;", "1:2 a => 1"]);
    run(&next, &["a + 1"]);
    assert_eq!(answer(&next, &tail(2)), ["1:2 a => 1", "2:1 a + 1"]);
    assert_eq!(answer(&next, &range(-1, 2, 0)), ["1:2 a => 1"]);
}

#[test]
fn sessions_are_told_when_they_began_and_ended() {
    let home = Home::new();
    let running = home.session();
    run(&running, &["a"]);
    settle(&running);
    let ended = "SELECT count(*) FROM sessions WHERE ended IS NOT NULL";
    assert_eq!(value::<i64>(&home.file(), ended), 0);
    running.close(LIMIT);
    assert_eq!(value::<i64>(&home.file(), ended), 1);
    let order = "SELECT started <= ended AND abs(unixepoch(started) - unixepoch('now')) < 3600 FROM sessions";
    assert!(value::<bool>(&home.file(), order));
}

#[test]
fn two_sessions_at_once_have_numbers_of_their_own_and_see_each_other() {
    let home = Home::new();
    let (one, two) = (home.session(), home.session());
    run(&one, &["one"]);
    settle(&one);
    run(&two, &["two"]);
    settle(&two);
    one.push(2, "one more");
    settle(&one);
    assert_eq!(answer(&one, &tail(9)), ["2:1 two", "1:1 one", "1:2 one more"]);
    assert_eq!(answer(&two, &tail(9)), ["1:1 one", "1:2 one more", "2:1 two"]);
    assert_eq!(answer(&one, &range(0, 1, 0)), ["0:1 one", "0:2 one more"]);
}

#[test]
fn of_thirty_sessions_that_write_at_once_no_cell_is_lost() {
    const WRITERS: usize = 30;
    const CELLS: usize = 10;
    let home = Home::new();
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let home = &home;
            scope.spawn(move || {
                let history = home.session();
                for count in 1..=CELLS {
                    history.push(count, &format!("{writer}/{count}"));
                    settle(&history);
                }
                history.close(LIMIT);
            });
        }
    });
    let reader = home.session();
    let found = inputs(&reader, &tail(-1));
    let expected = (0..WRITERS).flat_map(|writer| (1..=CELLS).map(move |count| format!("{writer}/{count}")));
    assert_eq!(found.len(), WRITERS * CELLS);
    assert_eq!(found.into_iter().collect::<HashSet<_>>(), expected.collect());
    for session in 1..=WRITERS as i32 {
        let cells = inputs(&reader, &range(session, 1, 0));
        let writer = cells[0].split('/').next().unwrap();
        assert_eq!(cells, (1..=CELLS).map(|count| format!("{writer}/{count}")).collect::<Vec<_>>());
    }
    assert_eq!(home.files(), ["history.sqlite"], "no journal and nothing put aside is left");
}
