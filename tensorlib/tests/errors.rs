//! Mistakes are answered by one sentence, at the line that made them.

use std::panic::{catch_unwind, set_hook, take_hook};
use std::sync::{Arc, Mutex};

use tensorlib::prelude::*;

#[test]
fn each_mistake_has_its_sentence() {
    let (a, b) = (ones([3, 2]), ones([2, 2]));
    let whole = tensor![1, 2];
    let cases: Vec<(tensorlib::Error, &str)> = vec![
        (a.try_add(&b).unwrap_err(), "add: shapes [3, 2] and [2, 2] do not broadcast: dimension 0 is 3 and 2"),
        (b.try_add_(&a).unwrap_err(), "add_: shapes [2, 2] and [3, 2] do not broadcast: dimension 0 is 2 and 3"),
        (ones([2]).try_add_(&b).unwrap_err(), "add_: a tensor of shape [2, 2] does not fit in place into shape [2]"),
        (
            whole.try_add_(0.5).unwrap_err(),
            "add_: the result is f32, which does not fit in place into i64; use to(I64) on a new tensor",
        ),
        (try_zeros([-1, 2]).unwrap_err(), "zeros: shape [-1, 2] has a negative length, -1; lengths are 0 or more"),
        (
            try_zeros([1i64 << 40, 1 << 40]).unwrap_err(),
            "zeros: shape [1099511627776, 1099511627776] has more elements than memory can address",
        ),
        (a.try_i(3).unwrap_err(), "i: index 3 is out of range for dimension 0 of length 3"),
        (a.try_i((0, -3)).unwrap_err(), "i: index -3 is out of range for dimension 1 of length 2"),
        (
            a.try_i((0, 0, 0)).unwrap_err(),
            "i: an index with 3 entries does not fit a tensor of shape [3, 2], which has 2 dimensions",
        ),
        (a.try_i((..).step(0)).unwrap_err(), "i: the step of a slice must be 1 or more, not 0; use flip to reverse"),
        (a.try_i(tensor![0.5]).unwrap_err(), "i: positions must be whole numbers or a bool mask, not f32"),
        (
            a.try_reshape([4, -1]).unwrap_err(),
            "reshape: 6 elements do not make shape [4, -1]: 6 is not a multiple of 4",
        ),
        (a.try_sum_dim(2).unwrap_err(), "sum: dimension 2 is out of range for a tensor with 2 dimensions; use -2 to 1"),
        (whole.try_mean().unwrap_err(), "mean: needs floating-point elements, not i64; use x.float().mean(…)"),
        (whole.try_floor_divide(0).unwrap_err(), "floor_divide: division of whole numbers by zero"),
        (
            whole.try_pow(-1).unwrap_err(),
            "pow: whole numbers to the negative power -1 are not whole; use a floating-point tensor",
        ),
        (
            tensor![true].try_sub(true).unwrap_err(),
            "sub: booleans have no difference; use logical_xor, or convert one with to()",
        ),
        (
            a.try_item::<f32>().unwrap_err(),
            "item: a tensor of shape [3, 2] has 6 elements; only a tensor with one element is a number",
        ),
        (a.try_matmul(&whole).unwrap_err(), "matmul: element types f32 and i64 differ; convert one with to()"),
        (
            try_cat([&a, &ones([2, 3])]).unwrap_err(),
            "cat: shapes [3, 2] and [2, 3] do not join along dimension 0; all other dimensions must agree",
        ),
        (zeros([0]).try_max().unwrap_err(), "max: no elements in shape [0] have no largest or smallest"),
        (
            try_einsum("ij,jk->il", [&a, &b]).unwrap_err(),
            "einsum: \"l\" after -> in \"ij,jk->il\" must name one dimension of the tensors",
        ),
    ];
    for (error, sentence) in cases {
        assert_eq!(error.to_string(), sentence);
    }
}

#[test]
fn the_panic_is_at_the_line_of_the_caller() {
    let seen = Arc::new(Mutex::new(None));
    let saw = seen.clone();
    let hook = take_hook();
    set_hook(Box::new(move |info| {
        let place = info.location().map(|location| (location.file().to_string(), location.line()));
        *saw.lock().unwrap() = Some((place, info.payload_as_str().map(str::to_string)));
    }));
    let line = line!() + 1;
    let result = catch_unwind(|| ones([3, 2]) + ones([2, 2]));
    set_hook(hook);
    assert!(result.is_err());
    let (place, message) = seen.lock().unwrap().take().unwrap();
    assert_eq!(place, Some((file!().to_string(), line)));
    assert_eq!(message.unwrap(), "add: shapes [3, 2] and [2, 2] do not broadcast: dimension 0 is 3 and 2");
}
