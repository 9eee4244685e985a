//! The outcome of a cell, in words.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::cell_state::ProcessEnd;
use crate::engine::sentence::sentence;
use soma_jupyter::api::Failure;
use soma_report::Ending;

/// The message for a cell that would wait for ever in a process that has lost threads.
const THREADS_ARE_GONE: &str = "the cell waited for threads that no longer exist: they were started by earlier cells \
    (such as a thread pool) and ended with a cell's process. Run those cells again, or use `:restart`";
/// If an error says that a name is not found, adds why the earlier cell's variable no longer exists.
pub fn add_reasons(failure: &mut Failure, gone: &BTreeMap<String, String>) {
    for (name, advice) in gone {
        let missing = ["value", "function"].map(|kind| format!("cannot find {kind} `{name}`"));
        let missing = missing.into_iter().chain([format!("used binding `{name}` ")]).collect::<Vec<_>>();
        if failure.traceback.iter().any(|text| missing.iter().any(|missing| text.contains(missing))) {
            failure.traceback.push(format!("note: {advice}"));
        }
    }
}

/// The message of a tool that failed, extracted from evcxr's text about it.
pub fn of_the_tools(message: &str) -> &str {
    let said = message.strip_prefix("Compilation failed, but no parsable errors were found. STDERR:\n");
    let said = said.and_then(|said| said.rsplit_once("STDOUT:")).map_or(message, |(said, _)| said);
    said.trim().trim_start_matches("soma: ")
}

/// How long a cell took, and how much of that it ran; the rest is compiling.
pub fn timing(total: Duration, running: Option<Duration>) -> String {
    match running {
        Some(running) => format!("took {total:.1?}, of which the cell ran {running:.1?}\n"),
        None => format!("took {total:.1?}; the cell did not run\n"),
    }
}

pub fn lost_type(name: &str) -> String {
    format!("`{name}` is lost: its type was redefined; define it again")
}

pub fn interrupted(consequence: &str) -> Failure {
    sentence("Interrupted", &format!("interrupted: {consequence}"))
}

pub fn ended(end: &ProcessEnd, overflowed: bool) -> Failure {
    let kept = match (end.restored, end.threads) {
        (true, 0) => "your variables are as they were before this cell".to_owned(),
        (true, 1) => {
            "your variables are as they were before this cell; the thread that an earlier cell had started is gone"
                .to_owned()
        }
        (true, threads) => format!(
            "your variables are as they were before this cell; {threads} threads that earlier cells had started are gone"
        ),
        (false, _) => "there was no snapshot, so every variable is lost".to_owned(),
    };
    if end.interrupted {
        return interrupted(&kept);
    }
    let what = match &end.how {
        Ending::Deadlocked => return sentence("Deadlock", &format!("{THREADS_ARE_GONE}; {kept}")),
        Ending::Exited(code) => format!("it called `exit({code})`"),
        Ending::Signaled(_) if overflowed => {
            "its stack overflowed (does a function call itself without end?)".to_owned()
        }
        Ending::Signaled(signal) => match signal.as_str() {
            // A stack overflow in a thread looks the same: the runtime of the cells' library has no handler stack for
            // threads.
            "SIGSEGV" => "it used memory that is not its own (segmentation fault), or the stack of a thread overflowed"
                .to_owned(),
            "SIGABRT" => "it aborted (an `abort`, or a panic while panicking)".to_owned(),
            "SIGKILL" => "it was killed, perhaps because the system ran out of memory".to_owned(),
            "SIGILL" => "it came to an illegal instruction".to_owned(),
            signal => format!("it was ended by {signal}"),
        },
    };
    sentence("Crash", &format!("the cell ended its process: {what}; {kept}"))
}
