//! What a process takes of memory while graphs come and go. Alone in its process.

use tensorlib::prelude::*;

#[cfg(target_os = "linux")]
#[test]
fn steps_of_training_take_no_more_memory_with_time() {
    let resident = || {
        let status = std::fs::read_to_string("/proc/self/statm").unwrap();
        status.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
    };
    let w = ones([300_000]).requires_grad_(true);
    let step = || {
        let h = &w * 0.5;
        h.exp_();
        h.add_(&(&h * &w));
        let _ = h.sum().try_backward(); // refused: add_ changed what the product needs
        let y = (&w * &w).tanh() * 2.0;
        y.mul_(&w);
        y.mean().backward();
        no_grad(|| w.sub_(w.grad() * 0.1));
        w.zero_grad();
    };
    (0..5).for_each(|_| step());
    let before = resident();
    // Each of these would leave 1 MB or more.
    (0..60).for_each(|_| step());
    let more = resident().saturating_sub(before);
    assert!(more < 30_000_000, "{more} bytes more");
}
