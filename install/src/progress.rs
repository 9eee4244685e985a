//! One line for each step, with its time: a user sees what is going on, and what takes long.

use std::fmt::Display;
use std::time::{Duration, Instant};

use anyhow::Result;

/// Tells of steps on standard error.
#[derive(Debug, Default)]
pub struct Progress {
    steps: usize,
}

impl Progress {
    /// A first step is yet to come.
    pub fn new() -> Progress {
        Progress::default()
    }

    /// Does `work`, which says nothing itself, and tells its time and what came of it.
    ///
    /// # Errors
    /// What `work` says.
    pub fn step<T: Outcome>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.steps += 1;
        eprint!("[{}] {name} …", self.steps);
        self.finish(" ", work)
    }

    /// Does `work`, which writes lines of its own.
    ///
    /// # Errors
    /// What `work` says.
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

/// What a step's line ends with.
pub trait Outcome {
    /// In a few words.
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
