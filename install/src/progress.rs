//! One line for each step, with its time: the user sees which step runs, and which takes long.

use std::fmt::Display;
use std::time::{Duration, Instant};

use anyhow::Result;

/// Reports steps on standard error.
#[derive(Debug, Default)]
pub struct Progress {
    steps: usize,
}

impl Progress {
    /// The progress before the first step.
    pub fn new() -> Progress {
        Progress::default()
    }

    /// Runs `work`, which prints nothing itself, and reports its time and outcome.
    ///
    /// # Errors
    /// The error of `work`.
    pub fn step<T: Outcome>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.steps += 1;
        eprint!("[{}] {name} …", self.steps);
        self.finish(" ", work)
    }

    /// Runs `work`, which prints lines itself.
    ///
    /// # Errors
    /// The error of `work`.
    pub fn talking_step<T: Outcome>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.steps += 1;
        eprintln!("[{}] {name} …", self.steps);
        let end = format!("[{}] {name}: ", self.steps);
        self.finish(&end, work)
    }

    fn finish<T: Outcome>(&self, lead: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let start = Instant::now();
        let result = work();
        let time = seconds(start.elapsed());
        match &result {
            Ok(outcome) => eprintln!("{lead}{} ({time})", outcome.told()),
            Err(_) => eprintln!("{lead}failed ({time})"),
        }
        result
    }
}

/// The result of a step, with which its line ends.
pub trait Outcome {
    /// The result in a few words.
    fn told(&self) -> String;
}

impl Outcome for () {
    fn told(&self) -> String {
        "ready".to_owned()
    }
}

impl Outcome for String {
    fn told(&self) -> String {
        self.clone()
    }
}

impl Outcome for std::path::PathBuf {
    fn told(&self) -> String {
        self.display().to_string()
    }
}

fn seconds(time: Duration) -> impl Display {
    if time < Duration::from_secs(60) {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{} min {:02} s", time.as_secs() / 60, time.as_secs() % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_times_are_told_in_minutes() {
        assert_eq!(seconds(Duration::from_millis(1240)).to_string(), "1.2 s");
        assert_eq!(seconds(Duration::from_secs(305)).to_string(), "5 min 05 s");
    }

    #[test]
    fn a_step_gives_back_what_its_work_gave() {
        let mut progress = Progress::new();
        assert_eq!(progress.step("one", || Ok("done".to_owned())).unwrap(), "done");
        let error = progress.step("two", || -> Result<()> { anyhow::bail!("no") }).unwrap_err();
        assert_eq!(error.to_string(), "no");
    }
}
