//! An interrupt stops a long operation, and leaves everything usable. Alone in its process: the request is for all.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use tensorlib::interrupt::{self, Interrupted};
use tensorlib::prelude::*;

#[test]
fn a_long_operation_stops_when_asked_and_the_next_one_runs() {
    let x = ones([2_000_000]);
    let began = Instant::now();
    let asking = std::thread::spawn(|| {
        std::thread::sleep(Duration::from_millis(50));
        interrupt::request();
    });
    let stopped = catch_unwind(AssertUnwindSafe(|| {
        while began.elapsed() < Duration::from_secs(30) {
            x.exp_().fill_(1.0);
        }
    }));
    asking.join().unwrap();
    assert!(stopped.unwrap_err().is::<Interrupted>());
    assert!(began.elapsed() < Duration::from_secs(20));
    interrupt::clear();
    x.fill_(2.0);
    assert_eq!(x.sum().item::<f64>(), 4e6);
}
