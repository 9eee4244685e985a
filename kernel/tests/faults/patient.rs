//! A notebook that faults happen to, with variables of every kind.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::family::{Family, wait_for};
use crate::notebook::{Cell, CellError, Notebook};

/// Numbers, text, a tensor with a view of its memory, a struct of the notebook's own, a boxed closure.
const VARIABLES: &str = "use tensorlib::prelude::*;
#[derive(Debug, Clone, PartialEq)] struct Own { name: String, rows: Vec<[u8; 3]> }
fn twice(n: u64) -> u64 { 2 * n }
let mut count = 0_u64;
let words = vec![\"one\".to_owned(), \"two\".to_owned()];
let own = Own { name: \"own\".to_owned(), rows: vec![[1, 2, 3]; 4] };
let t = zeros([2, 3]);
let view = t.i(1);
let boxed: Box<dyn Fn(u64) -> u64 + Send> = Box::new(|n| n + 1);";

/// Uses all of them, and changes two: a later fault must not bring back what was before that.
const CHECK: &str = "count += 1;
t.add_(1.0);
assert_eq!(own, Own { name: \"own\".to_owned(), rows: vec![[1, 2, 3]; 4] });
format!(\"{count} {words:?} {} {} {} {}\", t.sum().item::<f64>(), view.sum().item::<f64>(), boxed(1), twice(4))";

/// A notebook with variables that must outlive every fault.
pub struct Patient {
    notebook: Notebook,
    /// How often its variables were looked at.
    checks: u64,
}

impl Patient {
    /// With a kernel of the usual kind.
    pub fn new() -> Patient {
        Patient::with(|_| {})
    }

    /// With a kernel whose command is changed first.
    pub fn with(change: impl FnOnce(&mut Command)) -> Patient {
        Patient::of(Notebook::open_with(change))
    }

    /// With a kernel that was opened already.
    pub fn of(mut notebook: Notebook) -> Patient {
        notebook.ok(VARIABLES);
        let mut patient = Patient { notebook, checks: 0 };
        patient.is_well();
        patient
    }

    /// The notebook.
    pub fn notebook(&mut self) -> &mut Notebook {
        &mut self.notebook
    }

    /// Its processes now.
    pub fn family(&self) -> Family {
        Family::of(&self.notebook)
    }

    /// Waits for something about its processes.
    pub fn wait_for<T>(&self, what: &str, look: impl Fn(&Family) -> Option<T>) -> T {
        wait_for(&self.notebook, what, look)
    }

    /// Every variable is what it was, and there are as many processes as before any fault.
    pub fn is_well(&mut self) {
        // A copy that has just become the worker needs a moment to leave one.
        let before = (0..50).find_map(|_| {
            let copy = self.family().copy().map(|copy| copy.pid);
            if copy.is_none() {
                std::thread::sleep(Duration::from_millis(5));
            }
            copy
        });
        self.has_its_variables();
        // The copy that the cell has left: the one from before it would bring its variables back as they were then.
        self.wait_for("one new copy, and nothing else", |family| {
            let copy = family.copy().map(|copy| copy.pid);
            (copy.is_some() && copy != before && family.others().is_empty()).then_some(())
        });
    }

    /// Every variable is what it was.
    pub fn has_its_variables(&mut self) {
        self.checks += 1;
        let n = self.checks;
        let expected = format!("{:?}", format!("{n} [\"one\", \"two\"] {} {} 2 8", 6 * n, 3 * n));
        self.notebook.gives(CHECK, &expected);
    }

    /// Starts a cell and waits until it has printed its first line, so that it runs.
    pub fn start(&mut self, code: &str) -> String {
        let request = self.notebook.start(code);
        self.notebook.wait_for("stream", &request);
        request
    }

    /// The end of a cell, which must be an error.
    pub fn fails(&mut self, request: &str) -> CellError {
        self.notebook.finish(request).error.expect("the cell should have failed")
    }

    /// The end of a cell, which must be the error of a crash that cost no variable.
    pub fn crashed(&mut self, request: &str, what: &str) {
        let error = self.fails(request);
        let kept = "your variables are as they were before this cell";
        assert_eq!(error.name, "Crash", "{}", error.traceback);
        assert!(error.message.contains(what) && error.message.contains(kept), "{}", error.message);
    }

    /// The end of a cell that was asked to stop, within a time.
    pub fn stopped(&mut self, request: &str, since: Instant) -> CellError {
        let error = self.fails(request);
        assert_eq!(error.name, "Interrupted", "{}", error.traceback);
        // A fraction of a second, on a machine that has nothing else to do.
        assert!(since.elapsed() < Duration::from_secs(300), "it took {:?}", since.elapsed());
        error
    }

    /// The end of a cell, which must have succeeded.
    pub fn succeeded(&mut self, request: &str) -> Cell {
        let cell = self.notebook.finish(request);
        assert!(cell.error.is_none(), "{}", cell.error.unwrap().traceback);
        cell
    }
}
