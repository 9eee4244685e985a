//! What became of a cell, in words.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::cell_state::ProcessEnd;
use crate::engine::sentence::sentence;
use soma_jupyter::api::Failure;
use soma_report::Ending;

/// What is said of a cell that would wait for ever in a process that has lost threads.
const THREADS_ARE_GONE: &str = "the cell waited for threads that are gone, and would never have ended: threads that \
    earlier cells had started, such as a thread pool's, ended when the process of a cell was ended. Run the cells that \
    start them again, or start anew with `:restart`";
/// Says of a name that is not found why an earlier cell's variable is gone.
pub fn add_reasons(failure: &mut Failure, gone: &BTreeMap<String, String>) {
    for (name, advice) in gone {
        let missing = ["value", "function"].map(|kind| format!("cannot find {kind} `{name}`"));
        let missing = missing.into_iter().chain([format!("used binding `{name}` ")]).collect::<Vec<_>>();
        if failure.traceback.iter().any(|text| missing.iter().any(|missing| text.contains(missing))) {
            failure.traceback.push(format!("note: {advice}"));
        }
    }
}

/// What a tool has said that could not do its work, out of what evcxr makes of it.
pub fn of_the_tools(message: &str) -> &str {
    let said = message.strip_prefix("Compilation failed, but no parsable errors were found. STDERR:\n");
    let said = said.and_then(|said| said.rsplit_once("STDOUT:")).map_or(message, |(said, _)| said);
    said.trim().trim_start_matches("soma: ")
}

/// How long a cell took, and how much of that it ran; the rest is the compiler's.
pub fn timing(total: Duration, running: Option<Duration>) -> String {
    match running {
        Some(running) => format!("took {total:.1?}, of which the cell ran {running:.1?}\n"),
        None => format!("took {total:.1?}; the cell did not run\n"),
    }
}

pub fn lost_type(name: &str) -> String {
    format!("`{name}` is lost: its type was defined anew; define it again")
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
        (false, _) => "there was no copy of its process, so every variable is lost".to_owned(),
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
            // Of a thread, nothing tells them apart: its library's runtime has no stack for a handler.
            "SIGSEGV" => "it used memory that is not its own (segmentation fault), or the stack of a thread overflowed"
                .to_owned(),
            "SIGABRT" => "it aborted (an `abort`, or a panic while panicking)".to_owned(),
            "SIGKILL" => "it was killed, perhaps by the system for want of memory".to_owned(),
            "SIGILL" => "it came to an illegal instruction".to_owned(),
            signal => format!("it was ended by {signal}"),
        },
    };
    sentence("Crash", &format!("the cell ended its process: {what}; {kept}"))
}
