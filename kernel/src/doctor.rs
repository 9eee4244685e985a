//! `soma doctor`: checks everything that a session needs, and says what to do about missing parts.

use std::fmt::Write as _;
use std::process::Command;

use soma_driver::toolchain::cache::Cache;
use soma_driver::toolchain::toolchain_info::ToolchainInfo;
use soma_driver::toolchain::{cell_libs, search};
use soma_driver::{dirs, shared};

use crate::install;

/// The state of one thing that a session needs.
#[derive(Clone, Copy, PartialEq)]
enum State {
    Fine,
    /// Sessions work, but start later or can do less.
    Worse,
    /// No cell can run.
    Missing,
}

/// The results of the checks.
#[derive(Default)]
struct Report {
    text: String,
    is_broken: bool,
}

impl Report {
    fn line(&mut self, state: State, what: &str, found: &str) {
        let mark = match state {
            State::Fine => "ok     ",
            State::Worse => "note   ",
            State::Missing => "missing",
        };
        self.is_broken |= state == State::Missing;
        let _ = writeln!(self.text, "{mark}  {what:<18}  {}", found.replace('\n', "\n                             "));
    }
}

/// Prints the results of the checks, and returns whether cells can run.
pub fn run() -> bool {
    let report = report();
    print!("{}", report.text);
    !report.is_broken
}

fn report() -> Report {
    let mut report = Report::default();
    let program = std::env::current_exe().map(|program| program.display().to_string()).unwrap_or_default();
    report.line(State::Fine, "Soma", &format!("{} ({program})", env!("CARGO_PKG_VERSION")));
    match ToolchainInfo::find() {
        Ok(facts) => of_toolchain(&mut report, &facts),
        Err(error) => report.line(State::Missing, "Rust", &format!("{error:#}")),
    }
    let mut cc = Command::new("cc");
    cc.arg("--version").env("PATH", search::path_with_linker(std::env::var("PATH").ok().as_deref()));
    match cc.output() {
        Ok(output) if output.status.success() => {
            let version = String::from_utf8_lossy(&output.stdout);
            report.line(State::Fine, "linker", version.lines().next().unwrap_or_default());
        }
        _ => report.line(
            State::Missing,
            "linker",
            "Rust needs a C linker: type `apt install build-essential` (Debian, Ubuntu) or `xcode-select --install` \
             (macOS)",
        ),
    }
    match &install::entries()[..] {
        [] => report.line(
            State::Worse,
            "Jupyter",
            "has no entry for this kernel where it usually looks: type `soma install --user`, or `--sys-prefix` in an \
             active environment",
        ),
        entries => entries.iter().for_each(|entry| report.line(State::Fine, "Jupyter", &entry.display().to_string())),
    }
    for folder in shared::folders() {
        let lessons = if folder.join("lessons").is_dir() { ", with lessons (`soma lessons FOLDER`)" } else { "" };
        report.line(State::Fine, "shared folder", &format!("{}{lessons}", folder.display()));
    }
    for folder in shared::distrusted() {
        let what = "is not used, since another account can write to it or to a folder above it: let root own it, and type \
                    `chmod -R go-w` for it";
        report.line(State::Worse, "shared folder", &format!("{} {what}", folder.display()));
    }
    let cells = Cache::user().statistics();
    let size = cells.bytes as f64 / f64::from(1 << 20);
    let found = format!("{} compiled cells, {size:.1} MiB, in {}", cells.entries, dirs::cache_dir().display());
    report.line(State::Fine, "cache", &found);
    report
}

fn of_toolchain(report: &mut Report, facts: &ToolchainInfo) {
    report.line(State::Fine, "Rust", &format!("{} ({})", facts.release(), facts.rustc.display()));
    match cell_libs::find(facts) {
        Some(libs) => {
            let folder = libs.dylib.parent().unwrap_or(&libs.dylib);
            report.line(State::Fine, "tensor library", &format!("ready for this Rust, in {}", folder.display()));
        }
        None => report.line(
            State::Worse,
            "tensor library",
            "is built for this Rust when the first cell runs, or by `soma install`; that takes about a minute, once",
        ),
    }
    if facts.have_sources() {
        report.line(State::Fine, "completions", "the standard library's sources are there");
    } else {
        let advice = "without the standard library's; type `rustup component add rust-src` for those";
        report.line(State::Worse, "completions", advice);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stops_cells_is_told_from_what_makes_them_slower() {
        let mut report = Report::default();
        report.line(State::Worse, "completions", "without");
        assert!(!report.is_broken);
        report.line(State::Missing, "Rust", "two\nlines");
        assert!(report.is_broken);
        let lines: Vec<&str> = report.text.lines().collect();
        assert_eq!(lines[2].trim(), "lines");
        assert_eq!(lines[1].find("two"), lines[2].find("lines"));
    }
}
