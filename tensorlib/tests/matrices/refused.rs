//! What cannot be done is refused with a sentence that says what to do.

use tensorlib::prelude::*;
use tensorlib::try_lu_unpack;

#[track_caller]
fn assert_refused<T>(result: tensorlib::Result<T>, sentence: &str) {
    assert_eq!(result.err().map(|error| error.to_string()).as_deref(), Some(sentence));
}

#[test]
fn matrices_without_a_decomposition_are_named() {
    let singular = tensor![[1.0, 2.0], [2.0, 4.0]];
    let nearest = "pinverse() gives the nearest to an inverse";
    assert_refused(singular.try_inverse(), &format!("inverse: the matrix is singular: pivot 2 is zero; {nearest}"));
    assert_refused(
        stack([&eye(2), &singular]).try_inverse(),
        &format!("inverse: matrix 1 of the stack is singular: pivot 2 is zero; {nearest}"),
    );
    assert_refused(
        zeros([3, 3]).try_solve(ones([3])),
        &format!("solve: the matrix is singular: pivot 1 is zero; {nearest}"),
    );
    assert_refused(
        zeros([3, 3]).try_matrix_power(-1),
        &format!("inverse: the matrix is singular: pivot 1 is zero; {nearest}"),
    );
    let further = "add a little to its diagonal, or use lu() or eigh()";
    assert_refused(
        tensor![[1.0, 2.0], [2.0, 1.0]].try_cholesky(),
        &format!("cholesky: the matrix is not positive definite, as its first 2 rows and columns show; {further}"),
    );
    assert_refused(
        stack([&eye(2), &eye(2), &-eye(2)]).try_cholesky_upper(),
        &format!(
            "cholesky_upper: matrix 2 of the stack is not positive definite, as its first 1 rows and columns show; {further}"
        ),
    );
    for value in [f64::NAN, f64::INFINITY] {
        let x = full([3, 3], value);
        let find = "has infinities or NaN in it; find them with x.isfinite()";
        assert_refused(x.try_svd(), &format!("svd: the matrix {find}"));
        assert_refused(x.try_svdvals(), &format!("svdvals: the matrix {find}"));
        assert_refused(x.try_eigh(), &format!("eigh: the matrix {find}"));
        assert_refused(x.try_pinverse(), &format!("pinverse: the matrix {find}"));
        assert_refused(x.try_matrix_rank(), &format!("matrix_rank: the matrix {find}"));
        // As in PyTorch, NaN goes through what needs no iteration.
        for y in [x.inverse(), x.qr().1, x.matrix_exp(), x.solve(&x)] {
            assert!(y.isnan().any().item::<bool>());
        }
        assert!(x.det().isnan().item::<bool>());
    }
    assert_refused(
        zeros([2, 2]).try_cholesky_inverse(),
        "cholesky_inverse: a factor with a zero on its diagonal has no inverse; give one of cholesky()",
    );
}

#[test]
fn shapes_and_types_that_do_not_fit_are_named() {
    let (wide, square) = (ones([2, 3]), eye(3));
    assert_refused(wide.try_inverse(), "inverse: needs square matrices, not shape [2, 3]");
    assert_refused(ones([3]).try_det(), "det: needs a matrix or a stack of them, not shape [3]");
    assert_refused(wide.try_eigh_upper(), "eigh_upper: needs square matrices, not shape [2, 3]");
    assert_refused(wide.try_matrix_power(2), "matrix_power: needs square matrices, not shape [2, 3]");
    assert_refused(ones([3]).try_cholesky_upper(), "cholesky_upper: needs a matrix or a stack of them, not shape [3]");
    assert_refused(
        tensor![[1, 2], [3, 4]].try_inverse(),
        "inverse: needs floating-point numbers, not i64; convert them with to()",
    );
    assert_refused(
        square.try_solve(ones([2, 2])),
        "solve: a matrix of shape [3, 3] and a right-hand side of shape [2, 2] do not fit: their numbers of rows differ",
    );
    assert_refused(
        square.try_solve(ones([3]).double()),
        "solve: element types f32 and f64 differ; convert one with to()",
    );
    assert_refused(
        zeros([2, 3, 3]).try_add(&square).unwrap().try_solve(ones([3, 3, 1])),
        "solve: the stacks in shapes [2, 3, 3] and [3, 3, 1] do not broadcast",
    );
    assert_refused(
        ones([2, 2]).try_triangular_solve(&square),
        "triangular_solve: a triangle of shape [3, 3] and a right-hand side of shape [2, 2] do not fit: their numbers of rows differ",
    );
    assert_refused(
        ones([3]).try_cholesky_solve(&square),
        "cholesky_solve: needs a matrix or a stack of them, not shape [3]",
    );
    let (lu, pivots) = square.lu();
    assert_refused(
        ones([3, 1]).try_lu_solve(&lu, &(&pivots + 1)),
        "lu_solve: pivot 4 is no row of 3; give the pivots of lu()",
    );
    assert_refused(
        ones([3, 1]).try_lu_solve(&lu, &pivots.i(1..)),
        "lu_solve: pivots of shape [2] do not belong to factors of shape [3, 3]; give both as lu() gave them",
    );
    assert_refused(try_lu_unpack(&lu, &pivots.long()), "lu_unpack: pivots are i32, not i64; give those of lu()");
    assert_refused(
        ones([4, 2]).try_lstsq(ones([3])),
        "lstsq: a matrix of shape [4, 2] and a right-hand side of shape [3, 1] do not fit: their numbers of rows differ",
    );
}

#[test]
fn columns_that_complete_others_have_no_gradient() {
    let x = tensor![[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]].requires_grad_(true);
    assert_refused(
        x.qr_complete().0.sum().try_backward(),
        "qr_complete: Q has columns that the matrix does not determine, so it has no gradient; use qr()",
    );
    let (u, _, _) = x.svd_full();
    u.i((.., 2)).sum().backward();
    assert_eq!(x.grad().to_vec::<f32>(), [0.0; 6]);
}
