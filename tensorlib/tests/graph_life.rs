//! How long a graph lives, and who may use it: threads that share leaves and parts of graphs, chains of a million operations,
//! what is freed and when, and what a pass that ends early leaves behind.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tensorlib::autograd::{Context, Function, backward};
use tensorlib::prelude::*;

/// Passes gradients on, and counts, by its handles on what it is given, the operations that are still kept.
struct Counted(#[expect(dead_code, reason = "counted by its strong handles")] Arc<()>);

impl Function for Counted {
    fn forward(&self, context: &mut Context, inputs: &[&Tensor]) -> Tensor {
        context.save_for_backward(inputs);
        inputs[0].clone()
    }

    fn backward(&self, _: &Context, gradient: &Tensor) -> Vec<Option<Tensor>> {
        vec![Some(gradient.alias())]
    }
}

/// Runs a graph with counted operations in it, and says how many are kept while the result is and after it was dropped.
fn kept(build: impl FnOnce(&dyn Fn(&Tensor) -> Tensor) -> Tensor, is_used: bool) -> (usize, usize) {
    let count = Arc::new(());
    let result = build(&|x| Counted(count.clone()).apply(&[x]));
    if is_used {
        result.sum().backward();
    }
    let before = Arc::strong_count(&count) - 1;
    drop(result);
    (before, Arc::strong_count(&count) - 1)
}

// ---- threads ----

#[test]
fn no_gradient_is_lost_when_threads_share_leaves() {
    for threads in [2, 8] {
        let (w, v) = (zeros([3]).requires_grad_(true), ones([3]).requires_grad_(true));
        thread::scope(|scope| {
            for number in 0..threads {
                let (w, v) = (&w, &v);
                scope.spawn(move || {
                    for _ in 0..300 {
                        // In one order and in the other.
                        if number % 2 == 0 {
                            (w * 2.0 + v * 3.0).sum().backward();
                        } else {
                            (v * v * 1.5 + w * 2.0).sum().backward();
                        }
                    }
                });
            }
        });
        let count = threads as f32 * 300.0;
        assert_eq!(w.grad().to_vec::<f32>(), [2.0 * count; 3]);
        assert_eq!(v.grad().to_vec::<f32>(), [3.0 * count; 3]);
    }
}

#[test]
fn threads_go_back_through_a_part_that_they_share() {
    let w = tensor![0.5, -0.25].double().requires_grad_(true);
    let common = (&w * 2.0).exp() * &w;
    let before = backward(&[&common.sum()]).retain_graph(true).grad(&[&w])[0].to_vec::<f64>();
    thread::scope(|scope| {
        for number in 0..8 {
            let common = &common;
            scope.spawn(move || {
                for _ in 0..50 {
                    let loss = (common * f64::from(number)).sum();
                    backward(&[&loss]).retain_graph(true).run();
                }
            });
        }
    });
    let expected: Vec<f64> = before.iter().map(|g| g * 28.0 * 50.0).collect();
    assert!(w.grad().allclose(from_vec(expected)));
}

#[test]
fn a_part_that_is_let_go_of_is_used_once_or_refused() {
    for _ in 0..20 {
        let w = ones([4]).requires_grad_(true);
        let common = w.exp();
        let done = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| match (&common * 1.0).sum().try_backward() {
                    Ok(()) => drop(done.fetch_add(1, Ordering::Relaxed)),
                    Err(error) => assert!(error.to_string().contains("let go of by an earlier backward()"), "{error}"),
                });
            }
        });
        assert_eq!(done.into_inner(), 1);
        assert!(w.grad().allclose(w.exp()));
    }
}

#[test]
fn changes_in_place_from_several_threads_all_count() {
    let w = ones([2]).requires_grad_(true);
    let y = zeros([2, 2]);
    thread::scope(|scope| {
        for number in 0..4 {
            let (w, y) = (&w, &y);
            scope.spawn(move || (0..100).for_each(|_| drop(y.i(number % 2).add_(w))));
        }
    });
    assert_eq!(y.to_vec::<f32>(), [200.0; 4]);
    y.sum().backward();
    assert_eq!(w.grad().to_vec::<f32>(), [400.0; 2]);
}

#[test]
fn a_graph_may_be_dropped_by_another_thread() {
    let w = ones([2]).requires_grad_(true);
    let mut y = &w * 1.0;
    for _ in 0..100_000 {
        y = &y + 1.0;
    }
    let other = y.alias();
    thread::scope(|scope| {
        scope.spawn(move || drop(y));
        scope.spawn(move || drop(other));
    });
    assert!(w.try_grad().is_err());
}

// ---- long chains ----

/// A chain, gone back through and dropped, and then dropped as it is; on a small stack.
fn chain(name: &'static str, length: usize, slope: f64, build: fn(&Tensor, usize) -> Tensor) {
    let run = move || {
        let w = tensor![1.0].double().requires_grad_(true);
        let y = build(&w, length);
        y.sum().backward();
        assert_eq!(w.grad().item::<f64>(), slope, "{name}");
        drop(y);
        drop(build(&w, length));
    };
    thread::Builder::new().stack_size(256 * 1024).spawn(run).unwrap().join().unwrap();
}

const LONG: usize = 1_000_000;
/// Long enough for the small stack.
const RATHER_LONG: usize = 50_000;

#[test]
fn a_million_operations_one_after_the_other() {
    chain("+ and *", LONG, 1.0 + LONG as f64 / 2.0, |w, length| {
        let mut y = w * 1.0;
        for step in 0..length {
            // The product keeps both.
            y = if step % 2 == 0 { &y * w } else { &y + 0.0 };
        }
        y
    });
}

#[test]
fn a_million_changes_in_place() {
    chain("add_", LONG, LONG as f64, |w, length| {
        let y = zeros([1]).double();
        (0..length).for_each(|_| drop(y.add_(w)));
        y
    });
}

#[test]
fn long_chains_of_other_kinds() {
    chain("mul_", RATHER_LONG, RATHER_LONG as f64, |w, length| {
        let y = ones([1]).double();
        (0..length).for_each(|_| drop(y.mul_(w)));
        y
    });
    chain("views", RATHER_LONG, 1.0, |w, length| {
        (0..length).fold(w * 1.0, |y, step| if step % 2 == 0 { y.unsqueeze(0) } else { y.select(0, 0) })
    });
    chain("views in place", RATHER_LONG, 1.0, |w, length| {
        let mut y = w * 1.0;
        for _ in 0..length / 2 {
            y.unsqueeze_(0);
            y.squeeze_dim_(0);
        }
        y
    });
    chain("parts of memory", RATHER_LONG, RATHER_LONG as f64 + 1.0, |w, length| {
        let y = w.expand([2]).clone();
        (0..length).for_each(|_| drop(y.narrow(0, 0, 1).add_(w)));
        y.i(0..1)
    });
    chain("older views", RATHER_LONG / 2, RATHER_LONG as f64 / 2.0, |w, length| {
        let y = zeros([2]).double();
        let part = y.i(0..1);
        for _ in 0..length {
            y.add_(w);
            assert!(part.requires_grad());
        }
        part
    });
    chain("memory after memory", RATHER_LONG, 1.0, |w, length| {
        (0..length).fold(w * 1.0, |y, _| {
            let next = zeros([1]).double();
            next.copy_(&y);
            next
        })
    });
    chain("functions", RATHER_LONG, 1.0, |w, length| {
        let count = Arc::new(());
        (0..length).fold(w * 1.0, |y, _| Counted(count.clone()).apply(&[&y]))
    });
}

#[test]
fn a_long_chain_may_end_with_its_thread() {
    thread_local! {
        static LAST: std::cell::RefCell<Vec<Tensor>> = const { std::cell::RefCell::new(Vec::new()) };
    }
    let run = || {
        LAST.with_borrow_mut(|last| {
            let w = ones([1]).requires_grad_(true);
            last.push((0..RATHER_LONG).fold(w * 1.0, |y, _| &y * 1.0));
        });
    };
    thread::Builder::new().stack_size(256 * 1024).spawn(run).unwrap().join().unwrap();
}

#[test]
fn a_long_chain_of_gradients_of_gradients() {
    let x = tensor![0.5].double().requires_grad_(true);
    let mut y = x.sin();
    for _ in 0..6 {
        y = backward(&[&y]).create_graph(true).grad(&[&x]).remove(0);
    }
    assert!(y.allclose(-x.sin()));
}

// ---- what is freed ----

#[test]
fn a_pass_lets_go_of_what_operations_kept() {
    let w = ones([3]).requires_grad_(true);
    let count = |times: usize| {
        move |counted: &dyn Fn(&Tensor) -> Tensor| (0..times).fold(w.alias(), |y, _| counted(&y).exp().tanh())
    };
    assert_eq!(kept(count.clone()(5), false), (5, 0));
    assert_eq!(kept(count(5), true), (0, 0));
}

#[test]
fn nothing_holds_itself() {
    type Build = fn(&Tensor, &dyn Fn(&Tensor) -> Tensor) -> Tensor;
    let builds: [(&str, Build); 12] = [
        ("a result that is kept", |w, counted| counted(w).exp()),
        ("exp_", |w, counted| counted(w).exp_()),
        ("a kept tensor in its own change", |w, counted| {
            let x = w * 1.0;
            for _ in 0..3 {
                x.add_(counted(&(&x * w)));
            }
            x
        }),
        ("mul_ by itself", |w, counted| {
            let x = counted(w);
            x.mul_(&x);
            x.i(0).mul_(x.i(1));
            x
        }),
        ("a kept result in its own change", |w, counted| {
            let x = counted(w).exp();
            x.add_(x.sin());
            x
        }),
        ("two that keep each other", |w, counted| {
            let (x, y) = (w * 1.0, w * 2.0);
            x.add_(counted(&(&y * w)));
            y.add_(counted(&(&x * w)));
            x.add_(&(&y * &x));
            x
        }),
        ("detached", |w, counted| {
            let x = (w * 1.0).detach();
            x.add_(counted(&(&x * w)));
            x.mul_(&x);
            x
        }),
        ("a view of a detached tensor", |w, counted| {
            let x = (w * 1.0).detach();
            let part = x.i(0..2);
            part.mul_(counted(&(&part * w.i(0..2))));
            x.add_(&(&x * &x));
            part
        }),
        ("older views", |w, counted| {
            let x = counted(w);
            let (a, b) = (x.i(0), x.i(1..));
            x.mul_(w);
            x.add_(&a * &b.sum());
            x.mul_(&a);
            b
        }),
        ("hooks", |w, counted| {
            let x = counted(w);
            x.register_hook(|gradient| gradient * 2.0);
            x.retain_grad();
            x.square()
        }),
        ("a hook that holds another tensor", |w, counted| {
            let (x, other) = (counted(w), w * 2.0);
            x.register_hook(move |gradient| gradient * &other);
            x.square()
        }),
        ("a gradient of a gradient", |w, counted| {
            let y = counted(w).square();
            let first = backward(&[&y.sum()]).create_graph(true).grad(&[w]);
            &first[0] * &y
        }),
    ];
    let w = ones([3]).requires_grad_(true);
    for (name, build) in builds {
        let (while_held, after) = kept(|counted| build(&w, counted), false);
        assert!(while_held > 0, "{name}");
        assert_eq!(after, 0, "{name}");
        // Used, if it can be: some need what was changed.
        let count = Arc::new(());
        let result = build(&w, &|x| Counted(count.clone()).apply(&[x]));
        let used = result.sum().try_backward().is_ok();
        drop(result);
        assert_eq!(Arc::strong_count(&count), 1, "{name}, used: {used}");
        w.zero_grad();
    }
}

#[test]
fn a_hook_that_was_taken_away_is_dropped() {
    let count = Arc::new(());
    let w = ones([3]).requires_grad_(true);
    let handle = {
        let held = count.clone();
        w.register_hook(move |gradient| {
            let _ = &held;
            gradient.alias()
        })
    };
    (&w * 2.0).sum().backward();
    assert_eq!(Arc::strong_count(&count), 2);
    handle.remove();
    assert_eq!(Arc::strong_count(&count), 1);
    // A handle keeps no graph.
    let y = Counted(count.clone()).apply(&[&w]);
    let handle = y.register_hook(|gradient| gradient.alias());
    drop(y);
    assert_eq!(Arc::strong_count(&count), 1);
    handle.remove();
}

// ---- passes that end early ----

/// Multiplies by 2, and panics on the way back, or gives a gradient of another shape.
struct Unwilling(bool);

impl Function for Unwilling {
    fn forward(&self, _: &mut Context, inputs: &[&Tensor]) -> Tensor {
        inputs[0] * 2.0
    }

    fn backward(&self, _: &Context, gradient: &Tensor) -> Vec<Option<Tensor>> {
        assert!(!self.0, "unwilling");
        vec![Some(gradient.i(0..1))]
    }
}

#[test]
fn a_pass_that_panics_leaves_gradients_as_they_were() {
    let (w, v) = (ones([2]).requires_grad_(true), ones([2]).requires_grad_(true));
    let kept = &w * 3.0;
    kept.retain_grad();
    backward(&[&(&kept * &v).sum()]).retain_graph(true).run();
    let all = || [w.grad(), v.grad(), kept.grad()].map(|gradient| gradient.to_vec::<f32>());
    let before = all();
    let losses: [&dyn Fn() -> Tensor; 3] = [
        &|| (Unwilling(true).apply(&[&w]) * &v * &kept).sum(),
        &|| (Unwilling(false).apply(&[&w]) * &v * &kept).sum(),
        &|| {
            let y = &w * 1.0;
            y.register_hook(|_| panic!("unwilling"));
            (&v * &kept * y).sum()
        },
    ];
    for loss in losses {
        let loss = loss();
        let failed = catch_unwind(AssertUnwindSafe(|| loss.try_backward()));
        assert!(!matches!(failed, Ok(Ok(()))));
        assert_eq!(all(), before);
        assert!(is_grad_enabled());
        // The same graph again: the operations that were gone through have nothing any more.
        let again = catch_unwind(AssertUnwindSafe(|| loss.try_backward()));
        assert!(!matches!(again, Ok(Ok(()))));
        assert_eq!(all(), before);
    }
    (&w * &v).sum().backward();
    assert_eq!(w.grad().to_vec::<f32>(), [4.0, 4.0]);
}

#[test]
fn a_kept_graph_gives_the_same_again() {
    let w = tensor![0.5, 2.0].requires_grad_(true);
    let y = w.exp() * &w;
    y.i(0).mul_(w.i(1));
    let loss = y.square().sum();
    backward(&[&loss]).retain_graph(true).run();
    let once = w.grad().clone();
    backward(&[&loss]).retain_graph(true).run();
    assert!(w.grad().equal(&once * 2.0));
    loss.backward();
    assert!(w.grad().allclose(&once * 3.0));
    assert!(loss.try_backward().is_err());
}

// ---- hooks ----

#[test]
fn hooks_may_use_what_they_are_about() {
    let w = ones([2]).requires_grad_(true);
    let y = &w * 2.0;
    y.retain_grad();
    let (of_y, of_w) = (y.alias(), w.alias());
    let calls = Arc::new(AtomicUsize::new(0));
    let count = calls.clone();
    y.inspect_grad(move |gradient| {
        count.fetch_add(1, Ordering::Relaxed);
        assert!(of_y.try_grad().is_err() && of_w.try_grad().is_err());
        // One more, for the next pass, which is taken away again.
        of_y.inspect_grad(|_| ()).remove();
        assert!(!is_grad_enabled() && !gradient.requires_grad());
        // A pass inside a pass, and another mode, which ends with the hook.
        set_grad_enabled(true);
        let x = ones([2]).requires_grad_(true);
        (&x * 3.0).sum().backward();
        assert_eq!(x.grad().to_vec::<f32>(), [3.0, 3.0]);
        of_w.zero_grad();
    });
    let removed = w.register_hook(|gradient| gradient * 100.0);
    let handle = std::sync::Mutex::new(Some(removed));
    y.inspect_grad(move |_| {
        if let Some(handle) = handle.lock().unwrap().take() {
            handle.remove();
        }
    });
    y.sum().backward();
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    assert_eq!((y.grad().to_vec::<f32>(), w.grad().to_vec::<f32>()), (vec![1.0, 1.0], vec![2.0, 2.0]));
    assert!(is_grad_enabled());
}
