//! When a chart that grows is drawn again, and by whom it is shown.
//!
//! This library cannot replace a display; a notebook's runtime can, and registers with [`show_live_with`]. At the end
//! of each cell it calls [`settle_live`], by which a chart that lives on in a variable shows its last values.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::{Duration, Instant};

use super::losses::Losses;

/// Shows a display that may change. The first argument names it; the second says whether it is new: if not, it replaces what
/// was shown by that name. The last has its forms, as media types with content.
pub type LiveDisplay = fn(name: &str, is_new: bool, forms: &[(&str, &str)]);

/// The function that shows displays, and the present charts.
static DISPLAY: Mutex<Option<LiveDisplay>> = Mutex::new(None);
static CHARTS: Mutex<Vec<Weak<Shown>>> = Mutex::new(Vec::new());

/// How often a chart is drawn again at most.
const REDRAW: Duration = Duration::from_millis(250);
/// Drawing takes this part of the time at most.
const SHARE: u32 = 20;

/// Sets the function that shows [`Live`](super::Live) charts while they grow: a notebook's runtime does. Without it, or
/// with `None`, the last values are printed at the end.
///
/// ```
/// use std::sync::Mutex;
/// use tensorlib::prelude::*;
///
/// static SHOWN: Mutex<Vec<(bool, bool)>> = Mutex::new(Vec::new());
///
/// plot::show_live_with(Some(|_name, is_new, forms| {
///     SHOWN.lock().unwrap().push((is_new, forms[0].0 == "image/svg+xml"));
/// }));
/// let mut live = plot::Live::new(["loss"]).epochs(2);
/// live.push(0.5);
/// live.push(0.25);
/// assert_eq!(*SHOWN.lock().unwrap(), [(true, true), (false, true)]);
/// ```
pub fn show_live_with(display: Option<LiveDisplay>) {
    *lock(&DISPLAY) = display;
}

/// Shows what charts have not shown yet. A notebook's runtime calls it at the end of a cell; a chart that grows on in a later
/// cell is a new display there.
///
/// ```
/// tensorlib::plot::settle_live(); // there is nothing to show
/// ```
pub fn settle_live() {
    let charts: Vec<Arc<Shown>> = {
        let mut charts = lock(&CHARTS);
        charts.retain(|chart| chart.strong_count() > 0);
        charts.iter().filter_map(Weak::upgrade).collect()
    };
    for chart in charts {
        chart.settle();
    }
}

fn display() -> Option<LiveDisplay> {
    *lock(&DISPLAY)
}

/// The value of a lock, whether or not a thread panicked with it.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// A chart and how it was last shown. Dropped in the middle of a loop (`break`, a panic, an interrupt) it shows what came last.
#[derive(Debug)]
pub(super) struct Shown {
    name: String,
    pub(super) state: Mutex<State>,
}

#[derive(Debug)]
pub(super) struct State {
    pub losses: Losses,
    /// When it was drawn, and how long that took; nothing before it was shown in this cell.
    drawn: Option<(Instant, Duration)>,
    /// Whether something came since.
    is_behind: bool,
}

/// Whether a chart is to be drawn again, so long after it was drawn, which took so long.
fn is_due(drawn: Option<(Duration, Duration)>, is_complete: bool) -> bool {
    match drawn {
        None => true,
        Some((since, took)) => is_complete || since >= REDRAW.max(took * SHARE),
    }
}

impl Shown {
    pub fn new(losses: Losses) -> Arc<Shown> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        // A process that was restored from a copy counts again from where the copy was.
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let name = format!("tensorlib-live-{number}-{}", now.as_nanos());
        let shown = Arc::new(Shown { name, state: Mutex::new(State { losses, drawn: None, is_behind: false }) });
        let mut charts = lock(&CHARTS);
        charts.retain(|chart| chart.strong_count() > 0);
        charts.push(Arc::downgrade(&shown));
        shown
    }

    /// Shows the chart if it is time for that.
    pub fn after_push(&self) {
        crate::interrupt::check();
        let mut state = lock(&self.state);
        state.is_behind = true;
        if let Some(display) = display() {
            let drawn = state.drawn.map(|(at, took)| (at.elapsed(), took));
            if is_due(drawn, state.losses.is_complete()) {
                show(&self.name, &mut state, display);
            }
        } else if state.losses.is_complete() {
            print(&mut state);
        }
    }

    /// Shows what was not shown yet; what comes after is a new display.
    fn settle(&self) {
        let mut state = lock(&self.state);
        if let Some(display) = display() {
            if state.is_behind {
                show(&self.name, &mut state, display);
            }
            state.drawn = None;
        }
    }
}

fn show(name: &str, state: &mut State, display: LiveDisplay) {
    let started = Instant::now();
    let diagram = state.losses.draw();
    let forms = [("image/svg+xml", diagram.svg()), ("text/plain", diagram.text())];
    display(name, state.drawn.is_none(), &forms);
    state.drawn = Some((Instant::now(), started.elapsed()));
    state.is_behind = false;
}

/// The last values as a line, for where no chart can be shown.
fn print(state: &mut State) {
    println!("{}", state.losses.line());
    state.is_behind = false;
}

impl Drop for Shown {
    fn drop(&mut self) {
        let mut state = lock(&self.state);
        if !state.is_behind {
            return;
        }
        match display() {
            Some(display) => show(&self.name, &mut state, display),
            None => print(&mut state),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_is_drawn_a_few_times_a_second_and_when_it_is_complete() {
        let ms = Duration::from_millis;
        assert!(is_due(None, false), "the first value is shown at once");
        assert!(!is_due(Some((ms(249), ms(1))), false));
        assert!(is_due(Some((ms(250), ms(1))), false));
        assert!(is_due(Some((ms(0), ms(1))), true), "the last value is shown at once");
        assert!(!is_due(Some((ms(1000), ms(100))), false), "what is slow to draw is drawn less often");
        assert!(is_due(Some((ms(2000), ms(100))), false));
    }
}
