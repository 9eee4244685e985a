//! A progress bar around any iterator.
//!
//! ```
//! use soma_cell::progress;
//!
//! let mut sum = 0;
//! for x in progress(1..=1000) {
//!     sum += x;
//! }
//! for line in progress("a\nb\nc".lines()).total(3).label("lines") {
//!     assert_eq!(line.len(), 1);
//! }
//! ```
//!
//! The bar shows how many items are done, the elapsed time, the remaining time at the present rate, and the rate. It is
//! one display that is replaced up to ten times a second, and its last state stays in the notebook; in a terminal it is
//! one line that is overwritten.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::display;
use crate::show::{end_display, send};

/// The shortest time between two redraws.
const REDRAW: Duration = Duration::from_millis(100);

/// How often the clock is read between two redraws, at a steady rate.
const LOOKS: f64 = 5.0;

/// The environment variable that is set when the front end is a terminal, which cannot replace displays.
pub const TERMINAL: &str = "SOMA_TERMINAL";

/// Shows the progress of a loop: `for x in progress(items) { … }`.
pub fn progress<I: IntoIterator>(items: I) -> Progress<I::IntoIter> {
    let items = items.into_iter();
    let total = match items.size_hint() {
        (least, Some(most)) if least == most => Some(most as u64),
        _ => None,
    };
    Progress { items, bar: Bar::new(total) }
}

/// An iterator that shows its progress; [`progress`] makes it.
#[derive(Debug)]
pub struct Progress<I> {
    items: I,
    bar: Bar,
}

impl<I> Progress<I> {
    /// Sets the number of items, for an iterator that does not know it.
    pub fn total(mut self, items: usize) -> Progress<I> {
        self.bar.total = Some(items as u64);
        self
    }

    /// Writes a word before the bar.
    pub fn label(mut self, label: impl Into<String>) -> Progress<I> {
        self.bar.label = label.into();
        self
    }
}

impl<I: Iterator> Iterator for Progress<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        self.bar.advance();
        let item = self.items.next();
        if item.is_none() {
            self.bar.finish();
        }
        item
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }
}

/// The state of a bar. When it is dropped in the middle of a loop (`break`, a panic, an interrupt), it shows the
/// progress so far.
#[derive(Debug)]
struct Bar {
    id: String,
    label: String,
    total: Option<u64>,
    /// The number of items that the loop has finished; `None` before the first is asked for.
    done: Option<u64>,
    /// The number of items at which to read the clock next.
    next_look: u64,
    started: Instant,
    drawn: Option<Instant>,
    is_finished: bool,
    is_terminal: bool,
}

impl Bar {
    fn new(total: Option<u64>) -> Bar {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Bar {
            // The time keeps ids unique: a snapshot that takes over counts on from the number at which it was forked.
            id: format!("soma-progress-{number}-{}", now.as_nanos()),
            label: String::new(),
            total,
            done: None,
            next_look: 0,
            started: Instant::now(),
            drawn: None,
            is_finished: false,
            is_terminal: std::env::var_os(TERMINAL).is_some(),
        }
    }

    /// The loop asks for one more item, so it has finished the one before.
    #[inline]
    fn advance(&mut self) {
        let done = self.done.map_or(0, |done| done + 1);
        self.done = Some(done);
        if done >= self.next_look {
            self.look();
        }
    }

    #[cold]
    fn look(&mut self) {
        tensorlib::interrupt::check();
        let Some(done) = self.done.filter(|_| !self.is_finished) else { return };
        let now = Instant::now();
        if self.drawn.is_none() {
            self.started = now;
        }
        if self.drawn.is_none_or(|drawn| now - drawn >= REDRAW) {
            self.draw(now);
        }
        // A fast loop reads the clock only once in many items.
        let rate = done as f64 / (now - self.started).as_secs_f64().max(1e-9);
        let stride = if done == 0 { 1.0 } else { rate * REDRAW.as_secs_f64() / LOOKS };
        self.next_look = done + stride.clamp(1.0, 1e9) as u64;
    }

    fn finish(&mut self) {
        if !self.is_finished && self.done.is_some() {
            self.draw(Instant::now());
            self.is_finished = true;
            if self.is_terminal {
                let _ = std::io::stderr().write_all(b"\n");
            }
        }
    }

    fn draw(&mut self, now: Instant) {
        let state =
            State { label: &self.label, done: self.done.unwrap_or(0), total: self.total, elapsed: now - self.started };
        if self.is_terminal {
            let _ = std::io::stderr().write_all(format!("\r{}\x1b[K", state.text()).as_bytes());
        } else {
            match self.drawn {
                None => display::next_has_id(&self.id),
                Some(_) => display::next_updates(&self.id),
            }
            send("text/html", &state.html());
            send("text/plain", &state.text());
            end_display();
        }
        self.drawn = Some(now);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.finish();
    }
}

/// What a bar shows.
struct State<'a> {
    label: &'a str,
    done: u64,
    total: Option<u64>,
    elapsed: Duration,
}

impl State<'_> {
    fn rate(&self) -> f64 {
        self.done as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// Count, times and rate, in words.
    fn numbers(&self) -> String {
        let mut text = match self.total {
            Some(total) => format!("{}/{total}", self.done),
            None => format!("{} items", self.done),
        };
        let _ = write!(text, " [{}", clock(self.elapsed));
        if let Some(total) = self.total.filter(|total| *total > self.done && self.done > 0) {
            let remaining = (total - self.done) as f64 / self.rate();
            let _ = write!(text, ", {} left", clock(Duration::from_secs_f64(remaining.min(1e9))));
        }
        if self.done > 0 {
            let _ = write!(text, ", {}", rate(self.rate()));
        }
        text.push(']');
        text
    }

    fn fraction(&self) -> Option<f64> {
        let total = self.total?;
        Some(if total == 0 { 1.0 } else { (self.done as f64 / total as f64).min(1.0) })
    }

    fn text(&self) -> String {
        const WIDTH: usize = 20;
        let label = if self.label.is_empty() { String::new() } else { format!("{}: ", self.label) };
        let Some(fraction) = self.fraction() else { return label + &self.numbers() };
        // Eighths of a character.
        let eighths = (fraction * (WIDTH * 8) as f64) as usize;
        let mut bar = "█".repeat(eighths / 8);
        if !eighths.is_multiple_of(8) {
            bar.extend(char::from_u32('█' as u32 + 8 - (eighths % 8) as u32));
        }
        format!("{label}{:3.0}% |{bar:WIDTH$}| {}", (fraction * 100.0).floor(), self.numbers())
    }

    /// The HTML has no style sheet or script, so that the bar looks the same wherever the notebook is kept; the colours
    /// are those of the front end.
    fn html(&self) -> String {
        let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let label = if self.label.is_empty() { String::new() } else { format!("{} ", escape(self.label)) };
        let bar = match self.fraction() {
            Some(fraction) => format!(
                "<progress value=\"{:.4}\" max=\"1\" style=\"width:18em;max-width:50%;vertical-align:middle\" \
                 aria-label=\"progress\">{:.0}%</progress> {:3.0}% ",
                fraction,
                (fraction * 100.0).floor(),
                (fraction * 100.0).floor()
            ),
            None => String::new(),
        };
        format!("<div style=\"font-family:monospace;white-space:pre-wrap\">{label}{bar}{}</div>", self.numbers())
    }
}

/// With hours only from one hour on: `03:07`, `1:03:07`.
fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes:02}:{seconds:02}") }
}

/// Items per second, or seconds per item where that number is larger.
fn rate(rate: f64) -> String {
    match rate {
        rate if rate >= 1e6 => format!("{:.1}M/s", rate / 1e6),
        rate if rate >= 1e3 => format!("{:.1}k/s", rate / 1e3),
        rate if rate >= 1.0 => format!("{rate:.1}/s"),
        rate => format!("{:.1} s each", 1.0 / rate.max(1e-9)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(done: u64, total: Option<u64>, seconds: u64) -> State<'static> {
        State { label: "", done, total, elapsed: Duration::from_secs(seconds) }
    }

    #[test]
    fn a_bar_shows_count_times_and_rate() {
        assert_eq!(
            state(421, Some(1000), 12).text(),
            " 42% |████████▍           | 421/1000 [00:12, 00:16 left, 35.1/s]"
        );
        assert_eq!(state(1000, Some(1000), 4000).text(), "100% |████████████████████| 1000/1000 [1:06:40, 4.0 s each]");
        assert_eq!(state(0, Some(10), 0).text(), "  0% |                    | 0/10 [00:00]");
        assert_eq!(state(0, Some(0), 0).text(), "100% |████████████████████| 0/0 [00:00]");
        assert_eq!(state(7000, None, 2).text(), "7000 items [00:02, 3.5k/s]");
        assert_eq!(state(12, Some(10), 1).fraction(), Some(1.0), "more than was announced");
        let labelled = State { label: "<epoch>", ..state(1, Some(4), 1) };
        assert!(labelled.text().starts_with("<epoch>:  25% |"));
        assert!(labelled.html().contains("&lt;epoch&gt; <progress value=\"0.2500\""), "{}", labelled.html());
    }

    #[test]
    fn every_item_comes_through() {
        assert_eq!(progress(0..5).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        assert_eq!(progress(0..5).size_hint(), (5, Some(5)));
        assert_eq!(progress((0..9).filter(|x| x % 2 == 0)).total(5).map(|x| x * 2).sum::<i32>(), 40);
    }

    #[test]
    fn a_fast_loop_looks_at_the_clock_now_and_then() {
        let mut bar = Bar::new(Some(10_000_000));
        let mut looks = 0;
        for _ in 0..1_000_000 {
            let before = bar.next_look;
            bar.advance();
            looks += u32::from(bar.next_look != before);
        }
        assert!(looks < 10_000, "{looks}");
    }
}
