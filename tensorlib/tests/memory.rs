//! Shared memory: views, aliasing operands, threads, forks.

use std::thread;

use tensorlib::prelude::*;

fn is_send_and_sync<T: Send + Sync>() {}

#[test]
fn tensors_can_be_shared_between_threads() {
    is_send_and_sync::<Tensor>();
    is_send_and_sync::<SharedArray>();
}

#[test]
fn in_place_operations_from_many_threads_all_count() {
    let x = zeros([1000]);
    let y = ones([1000]);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..200).for_each(|_| drop(x.add_(&y))));
            scope.spawn(|| (0..200).for_each(|_| drop(y.add_(x.i(..).mul(0.0)))));
        }
    });
    assert_eq!(x.sum().item::<f64>(), 800_000.0);
}

#[test]
fn large_operations_from_many_threads_at_once_are_right() {
    thread::scope(|scope| {
        for n in 0..4 {
            scope.spawn(move || {
                let x = full([300_000], n);
                for _ in 0..20 {
                    assert_eq!((&x + 1).sum().item::<i64>(), 300_000 * (n + 1));
                }
            });
        }
    });
}

#[test]
fn an_operand_that_shares_memory_counts_as_it_was_before() {
    let x = tensor![[1, 2], [3, 4]];
    x.add_(x.t());
    assert_eq!(x.to_vec::<i64>(), [2, 5, 5, 8]);
    let y = arange(5);
    y.i(1..).copy_(y.i(..4));
    assert_eq!(y.to_vec::<i64>(), [0, 0, 1, 2, 3]);
    let z = tensor![1.0, 2.0];
    z.mul_(&z);
    assert_eq!(z.to_vec::<f32>(), [1.0, 4.0]);
    z.sub_(z.i(0));
    assert_eq!(z.to_vec::<f32>(), [0.0, 3.0]);
}

#[test]
fn expanded_tensors_are_not_written_to() {
    let x = zeros([1, 2]).expand([3, 2]);
    let error = x.try_add_(1.0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "add_: several indices of this expanded tensor are one element in memory; write to a copy, x.clone()"
    );
}

#[test]
fn a_clone_has_memory_of_its_own_and_an_alias_has_not() {
    let x = zeros([2, 3]);
    let (copy, alias) = (x.t().clone(), x.alias());
    x.fill_(1.0);
    assert_eq!((copy.sum().item::<f32>(), alias.sum().item::<f32>()), (0.0, 6.0));
    assert_eq!(copy.stride(), [1, 3]);
}

#[test]
fn operators_on_owned_tensors_leave_other_handles_alone() {
    let x = ones([4]);
    let alias = x.alias();
    let z = x + 1.0;
    assert_eq!((z.sum().item::<f32>(), alias.sum().item::<f32>()), (8.0, 4.0));
    let z = z + &alias;
    assert_eq!(z.sum().item::<f32>(), 12.0);
}

#[test]
fn resizing_one_handle_leaves_views_valid() {
    let mut x = arange(4);
    let view = x.i(2..);
    x.resize_([3, 2]);
    assert_eq!(x.to_vec::<i64>(), [0, 1, 2, 3, 0, 0]);
    x.fill_(9);
    assert_eq!(view.to_vec::<i64>(), [9, 9]);
    x.resize_([1]);
    assert_eq!(view.to_vec::<i64>(), [9, 9]);
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    manual_seed(3);
    let (x, y) = (randn([300, 700]), randn([700, 500]));
    let all = || [x.matmul(&y), x.exp(), x.sum(), x.sum_dim(0), x.sum_dim(1), x.softmax(0), x.t().contiguous()];
    tensorlib::set_num_threads(1);
    let alone = all();
    tensorlib::set_num_threads(3);
    assert!(all().iter().zip(&alone).all(|(a, b)| a.equal(b)));
}

#[cfg(target_os = "linux")]
#[test]
fn the_thread_pool_starts_anew_in_a_forked_process() {
    tensorlib::set_num_threads(2);
    let x = ones([1_000_000]);
    assert_eq!((&x + 1.0).sum().item::<f64>(), 2e6);
    // SAFETY: the child only computes and leaves without running what the parent would run at its end.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let right = (0..10).all(|_| (&x + 1.0).sum().item::<f64>() == 2e6);
        // SAFETY: ends the child at once.
        unsafe { libc::_exit(if right { 0 } else { 1 }) };
    }
    let began = std::time::Instant::now();
    let mut status = 0;
    loop {
        // SAFETY: waits for the child that was just made, with a place for its status.
        match unsafe { libc::waitpid(child, &raw mut status, libc::WNOHANG) } {
            0 if began.elapsed().as_secs() < 20 => thread::sleep(std::time::Duration::from_millis(5)),
            0 => {
                // SAFETY: ends the child, and collects it.
                unsafe { (libc::kill(child, libc::SIGKILL), libc::waitpid(child, &raw mut status, 0)) };
                panic!("the forked process hangs");
            }
            _ => break,
        }
    }
    assert_eq!(status, 0);
}

#[test]
fn arrays_and_tensors_share_memory_both_ways() {
    let array = SharedArray::from(ndarray::array![[1.0, 2.0], [3.0, 4.0]].reversed_axes());
    let x = from_ndarray(&array);
    assert_eq!(x.to_vec::<f64>(), [1.0, 3.0, 2.0, 4.0]);
    x.mul_(2.0);
    array.with_mut(|mut view: ndarray::ArrayViewMutD<f64>| view[[0, 1]] = 0.5);
    assert_eq!(x.i((0, 1)).item::<f64>(), 0.5);
    assert_eq!(format!("{array}"), "[[2, 0.5],\n [4, 8]]");
    let mut cut = ndarray::Array1::from_iter(0..6).slice_move(ndarray::s![1..5;2]);
    cut.invert_axis(ndarray::Axis(0));
    assert_eq!(Tensor::from(cut).to_vec::<i32>(), [3, 1]);
}

#[test]
fn using_memory_again_that_is_lent_panics_instead_of_waiting_for_ever() {
    let array = SharedArray::from(ndarray::array![1.0, 2.0]);
    let x = from_ndarray(&array);
    let uses: [&(dyn Fn() + std::panic::RefUnwindSafe); 2] =
        [&|| x.with_ndarray(|_: ndarray::ArrayViewD<f64>| drop(x.add_(1.0))), &|| {
            array.with_mut(|_: ndarray::ArrayViewMutD<f64>| drop(x.sum()))
        }];
    for call in uses {
        let panic = std::panic::catch_unwind(call).unwrap_err();
        let message = panic.downcast_ref::<&str>().unwrap();
        assert!(message.starts_with("a call that was lent a tensor's elements"), "{message}");
    }
    assert_eq!(x.add(1.0).to_vec::<f64>(), [2.0, 3.0]);
}

/// Notebooks write down the types of variables by the path that `type_name` gives.
#[test]
fn types_can_be_named_by_the_path_of_their_definition() {
    fn name<T>(_: Option<T>) -> &'static str {
        std::any::type_name::<T>()
    }
    assert_eq!(name(None::<tensorlib::tensor::Tensor>), "tensorlib::tensor::Tensor");
    assert_eq!(name(None::<tensorlib::size::Size>), "tensorlib::size::Size");
    assert_eq!(name(None::<tensorlib::dtype::DType>), "tensorlib::dtype::DType");
    assert_eq!(name(None::<tensorlib::scalar::Scalar>), "tensorlib::scalar::Scalar");
    assert_eq!(name(None::<tensorlib::error::Error>), "tensorlib::error::Error");
    assert_eq!(name(None::<tensorlib::interop::array::SharedArray>), "tensorlib::interop::array::SharedArray");
    assert_eq!(name(None::<tensorlib::io::state_dict::StateDict>), "tensorlib::io::state_dict::StateDict");
    assert_eq!(name(None::<tensorlib::index::item::IndexItem>), "tensorlib::index::item::IndexItem");
    assert_eq!(name(None::<tensorlib::picture::Diagram>), "tensorlib::picture::Diagram");
    assert_eq!(name(None::<tensorlib::plot::figure::Plot>), "tensorlib::plot::figure::Plot");
    assert_eq!(name(None::<tensorlib::plot::grid::Images>), "tensorlib::plot::grid::Images");
    assert_eq!(name(None::<tensorlib::plot::live::Live>), "tensorlib::plot::live::Live");
    assert_eq!(name(None::<tensorlib::nn::linear::Linear>), "tensorlib::nn::linear::Linear");
    assert_eq!(name(None::<tensorlib::nn::recurrent::layers::LSTM>), "tensorlib::nn::recurrent::layers::LSTM");
    assert_eq!(name(None::<tensorlib::nn::sequential::Sequential>), "tensorlib::nn::sequential::Sequential");
    assert_eq!(name(None::<tensorlib::nn::loss::MSELoss>), "tensorlib::nn::loss::MSELoss");
    assert_eq!(name(None::<tensorlib::optim::sgd::SGD>), "tensorlib::optim::sgd::SGD");
    assert_eq!(
        name(None::<tensorlib::optim::lr_scheduler::curves::StepLR>),
        "tensorlib::optim::lr_scheduler::curves::StepLR"
    );
    assert_eq!(name(None::<tensorlib::data::datasets::mnist::Mnist>), "tensorlib::data::datasets::mnist::Mnist");
    assert_eq!(name(None::<tensorlib::render::Table>), "tensorlib::render::Table");
}
