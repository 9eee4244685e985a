//! An interrupt stops a backward pass and leaves all gradients as they were. Alone in its process: the request is for all.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, mpsc};

use tensorlib::autograd::backward;
use tensorlib::interrupt::{self, Interrupted};
use tensorlib::prelude::*;

#[test]
fn an_interrupted_pass_leaves_gradients_as_they_were() {
    let (w, v) = (ones([1000]).requires_grad_(true), ones([1000]).requires_grad_(true));
    let kept = &w * 2.0;
    kept.retain_grad();
    backward(&[&(&kept * &v).sum()]).retain_graph(true).run();
    let all = || [w.grad(), v.grad(), kept.grad()].map(|gradient| gradient.to_vec::<f32>());
    let before = all();
    let (reached, is_reached) = mpsc::channel();
    let (asked, is_asked) = mpsc::channel();
    let mut ends = Some((Mutex::new(reached), Mutex::new(is_asked)));
    let asking = std::thread::spawn(move || {
        while is_reached.recv().is_ok() {
            interrupt::request();
            asked.send(()).unwrap();
        }
    });
    let mut y = &kept * &v;
    for step in 0..2000 {
        y = &y * &v + &kept * 0.0;
        if step == 1000 {
            // In the middle of the pass, another thread asks for its end.
            let (reached, is_asked) = ends.take().unwrap();
            y.inspect_grad(move |_| {
                reached.lock().unwrap().send(()).unwrap();
                is_asked.lock().unwrap().recv().unwrap();
            });
        }
    }
    let loss = y.sum();
    drop(y);
    for retain in [true, true, false] {
        let ended = catch_unwind(AssertUnwindSafe(|| backward(&[&loss]).retain_graph(retain).run()));
        interrupt::clear();
        assert!(ended.unwrap_err().is::<Interrupted>());
        assert_eq!(all(), before);
        assert!(is_grad_enabled());
    }
    // What the last pass went through is gone.
    let error = loss.try_backward().unwrap_err().to_string();
    assert!(error.contains("let go of by an earlier backward()"), "{error}");
    assert_eq!(all(), before);
    drop(loss);
    asking.join().unwrap();
    // A request that was there before: nothing begins.
    interrupt::request();
    let ended = catch_unwind(AssertUnwindSafe(|| (&w * &v).sum().backward()));
    interrupt::clear();
    assert!(ended.unwrap_err().is::<Interrupted>());
    assert_eq!(all(), before);
    (&w * &v).sum().backward();
    assert_eq!(w.grad().i(0).item::<f32>(), before[0][0] + 1.0);
    // Through what was kept, again and whole.
    let y = (&kept * &v).sum();
    backward(&[&y]).retain_graph(true).run();
    assert_eq!(kept.grad().i(0).item::<f32>(), before[2][0] + 1.0);
}
