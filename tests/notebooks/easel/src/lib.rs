//! A crate as those are that draw in notebooks and elsewhere: it asks whether a notebook runs it.

use std::fmt::Display;
use std::sync::atomic::{AtomicUsize, Ordering};

static SHOWN: AtomicUsize = AtomicUsize::new(0);

/// Whether the program is a notebook's.
pub fn in_notebook() -> bool {
    std::env::var("EVCXR_IS_RUNTIME").is_ok_and(|value| value == "1")
}

/// A line of bars.
#[derive(Debug, Clone)]
pub struct Bars<T> {
    pub values: Vec<T>,
}

impl<T: Copy + Into<f64> + Display> Bars<T> {
    /// In a notebook as HTML, elsewhere as text.
    pub fn show(&self) {
        SHOWN.fetch_add(1, Ordering::Relaxed);
        if in_notebook() {
            self.evcxr_display();
        } else {
            println!("{}", self.values.iter().map(|value| format!("[{value}]")).collect::<String>());
        }
    }

    pub fn evcxr_display(&self) {
        let bars: String = self
            .values
            .iter()
            .map(|value| format!("<div style=\"width:{:.0}px\">{value}</div>", (*value).into() * 10.0))
            .collect();
        println!("EVCXR_BEGIN_CONTENT text/html\n{bars}\nEVCXR_END_CONTENT");
    }
}

/// How often something was shown.
pub fn shown() -> usize {
    SHOWN.load(Ordering::Relaxed)
}

/// A list of values as bars.
#[macro_export]
macro_rules! bars {
    ($($value:expr),* $(,)?) => { $crate::Bars { values: vec![$($value),*] } };
}
