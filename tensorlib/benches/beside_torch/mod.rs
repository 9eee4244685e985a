//! A table of our times, or with the argument `memory` of the memory at the peak, beside PyTorch's, taken one after the other
//! in one run.

use std::collections::HashMap;
use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

struct Row {
    name: &'static str,
    size: usize,
    /// Microseconds, or KiB.
    figure: f64,
}

/// Whether memory is measured instead of time.
fn is_of_memory() -> bool {
    std::env::args().any(|argument| argument == "memory")
}

/// What was measured.
#[derive(Default)]
pub struct Rows(Vec<Row>);

impl Rows {
    /// The median of seven runs of `inner` calls; or the memory that one call takes at its peak.
    pub fn measure<T>(&mut self, name: &'static str, size: usize, inner: usize, call: impl Fn() -> T) {
        black_box(call());
        if is_of_memory() {
            return self.0.push(Row { name, size, figure: peak(call) });
        }
        let mut times: Vec<f64> = (0..7)
            .map(|_| {
                let began = Instant::now();
                for _ in 0..inner {
                    black_box(call());
                }
                began.elapsed().as_secs_f64() * 1e6 / inner as f64
            })
            .collect();
        times.sort_by(f64::total_cmp);
        self.0.push(Row { name, size, figure: times[3] });
    }
}

/// How far above what it is before a call the memory of the process rises during it, in KiB. What earlier calls have left to be
/// used again goes back to the system first. Of Linux alone.
fn peak<T>(call: impl Fn() -> T) -> f64 {
    tensorlib::empty_cache();
    // SAFETY: it takes a number, and gives the allocator's free memory back.
    unsafe { libc::malloc_trim(0) };
    let kibibytes = |name: &str| {
        let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells the memory of a process");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("memory is among it");
        line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number")
    };
    std::fs::write("/proc/self/clear_refs", "5").expect("the peak can be set back");
    let before = kibibytes("VmRSS:");
    black_box(call());
    kibibytes("VmHWM:") - before
}

/// PyTorch's figures by operation and size; nothing when there is no PyTorch.
fn torchs(script: &str, threads: usize) -> HashMap<(String, usize), f64> {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_string());
    let script = format!("{}/benches/{script}", env!("CARGO_MANIFEST_DIR"));
    let mode = is_of_memory().then_some("memory");
    let Ok(output) = Command::new(python).arg(script).arg(threads.to_string()).args(mode).output() else {
        return HashMap::new();
    };
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            let name = words.next()?.to_string();
            Some(((name, words.next()?.parse().ok()?), words.next()?.parse().ok()?))
        })
        .collect()
}

/// Prints the table for each of the thread counts in the arguments, 1 and 2 when there are none.
pub fn compare(script: &str, ours: fn() -> Rows) {
    let counts: Vec<usize> = std::env::args().skip(1).filter_map(|argument| argument.parse().ok()).collect();
    for threads in if counts.is_empty() { vec![1, 2] } else { counts } {
        tensorlib::set_num_threads(threads);
        let rows = ours();
        let torch = torchs(script, threads);
        let unit = if is_of_memory() { "KiB" } else { "µs" };
        println!("\n| {threads} threads | size | {unit} | PyTorch {unit} | ratio |\n|---|--:|--:|--:|--:|");
        let mut logarithms = Vec::new();
        for Row { name, size, figure } in rows.0 {
            match torch.get(&(name.to_string(), size)) {
                Some(theirs) => {
                    let ratio = theirs / figure;
                    logarithms.push(ratio.ln());
                    println!("| {name} | {size} | {figure:.3} | {theirs:.3} | {ratio:.2} |");
                }
                None => println!("| {name} | {size} | {figure:.3} | | |"),
            }
        }
        if logarithms.is_empty() {
            println!("\nNo PyTorch was found; name a Python that has it in PYTHON.");
        } else {
            let mean = (logarithms.iter().sum::<f64>() / logarithms.len() as f64).exp();
            println!("\nGeometric mean of {} ratios: {mean:.2}", logarithms.len());
        }
    }
}
