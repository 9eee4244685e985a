//! The computation of a step on the gates of one example, forward and back. Passes over few rows each, since the
//! compiler does many elements at once only where it sees that rows do not overlap.
//!
//! Hochreiter and Schmidhuber, *Long Short-Term Memory*, 1997; Gers et al., *Learning to Forget*, 2000; Cho et al., *Learning
//! Phrase Representations using RNN Encoder-Decoder*, 2014, with the reset gate behind the product, as in cuDNN and PyTorch.

use crate::backend::cpu::number::Floating;

#[inline(always)]
fn sigmoid<T: Floating>(x: T) -> T {
    T::ONE.div(T::ONE.add(x.negate().exp()))
}

/// The gradient after a sigmoid or a hyperbolic tangent with these results.
#[inline(always)]
fn through_sigmoid<T: Floating>(g: T, y: T) -> T {
    g.mul(T::ONE.sub(y)).mul(y)
}

#[inline(always)]
fn through_tanh<T: Floating>(g: T, y: T) -> T {
    g.mul(T::ONE.sub(y.mul(y)))
}

/// Sets elements to a function of themselves and of those of other rows.
#[inline(always)]
fn update<T: Floating, const N: usize>(to: &mut [T], from: [&[T]; N], function: impl Fn(T, [T; N]) -> T) {
    let from = from.map(|row| &row[..to.len()]);
    for at in 0..to.len() {
        to[at] = function(to[at], from.map(|row| row[at]));
    }
}

/// Cuts a row into parts of one length.
#[inline(always)]
fn parts<T, const N: usize>(row: &[T]) -> [&[T]; N] {
    let length = row.len() / N;
    std::array::from_fn(|part| &row[part * length..(part + 1) * length])
}

#[inline(always)]
fn parts_mut<T, const N: usize>(row: &mut [T]) -> [&mut [T]; N] {
    let length = row.len() / N;
    let mut parts = row.chunks_exact_mut(length);
    std::array::from_fn(|_| parts.next().expect("as many as are asked for"))
}

/// `values` becomes the output.
#[inline(always)]
pub(super) fn plain<T: Floating>(values: &mut [T], sums: &[T], is_relu: bool) {
    if is_relu {
        update(values, [sums], |x, [sum]| x.add(sum).maximum(T::ZERO));
    } else {
        update(values, [sums], |x, [sum]| x.add(sum).tanh());
    }
}

#[inline(always)]
pub(super) fn lstm<T: Floating>(gates: &mut [T], sums: &[T], cell_before: &[T], cell: &mut [T], output: &mut [T]) {
    let [input, forget, new, out] = parts_mut(gates);
    let [to_input, to_forget, to_new, to_out] = parts(&sums[..4 * output.len()]);
    update(input, [to_input], |x, [sum]| sigmoid(x.add(sum)));
    update(forget, [to_forget], |x, [sum]| sigmoid(x.add(sum)));
    update(new, [to_new], |x, [sum]| x.add(sum).tanh());
    update(out, [to_out], |x, [sum]| sigmoid(x.add(sum)));
    update(cell, [forget, cell_before, input, new], |_, [f, before, i, n]| i.mul_add(n, f.mul(before)));
    update(output, [out, cell], |_, [o, cell]| o.mul(cell.tanh()));
}

/// `slopes` becomes the gradients of the gates. `carried` holds the gradient of the output, `cell_carried` that of the cell, as
/// far as it comes from the step behind, and becomes that of the cell before.
#[inline(always)]
pub(super) fn lstm_back<T: Floating>(
    slopes: &mut [T],
    gates: &[T],
    [cell, cell_before]: [&[T]; 2],
    carried: &[T],
    cell_carried: &mut [T],
) {
    let [input, forget, new, out] = parts(gates);
    let [to_input, to_forget, to_new, to_out] = parts_mut(slopes);
    // Where the hyperbolic tangent of the cell is kept for a moment.
    update(to_out, [cell], |_, [cell]| cell.tanh());
    update(cell_carried, [carried, out, to_out], |sum, [g, o, y]| sum.add(through_tanh(g.mul(o), y)));
    update(to_out, [carried, out], |y, [g, o]| through_sigmoid(g.mul(y), o));
    update(to_input, [cell_carried, new, input], |_, [g, n, i]| through_sigmoid(g.mul(n), i));
    update(to_forget, [cell_carried, cell_before, forget], |_, [g, before, f]| through_sigmoid(g.mul(before), f));
    update(to_new, [cell_carried, input, new], |_, [g, i, n]| through_tanh(g.mul(i), n));
    update(cell_carried, [forget], |g, [f]| g.mul(f));
}

/// `passed` becomes what the output before brings to the new value, of which the reset gate takes a share.
#[inline(always)]
pub(super) fn gru<T: Floating>(
    gates: &mut [T],
    sums: &[T],
    bias: &[T],
    before: &[T],
    passed: &mut [T],
    output: &mut [T],
) {
    let [reset, keep, new] = parts_mut(gates);
    let [to_reset, to_keep, to_new] = parts(&sums[..3 * output.len()]);
    let [for_reset, for_keep, for_new] = parts(bias);
    update(reset, [to_reset, for_reset], |x, [sum, bias]| sigmoid(x.add(sum.add(bias))));
    update(keep, [to_keep, for_keep], |x, [sum, bias]| sigmoid(x.add(sum.add(bias))));
    update(passed, [to_new, for_new], |_, [sum, bias]| sum.add(bias));
    update(new, [reset, passed], |x, [r, passed]| r.mul_add(passed, x).tanh());
    update(output, [new, keep, before], |_, [n, z, before]| before.sub(n).mul_add(z, n));
}

/// `slopes` becomes the gradients of the inputs' contributions to the gates, `from_outputs` those of the previous
/// output's. `carried` holds the gradient of the output, and becomes the part of the previous output's that does not
/// pass the gates.
#[inline(always)]
pub(super) fn gru_back<T: Floating>(
    [slopes, from_outputs]: [&mut [T]; 2],
    gates: &[T],
    passed: &[T],
    before: &[T],
    carried: &mut [T],
) {
    let [reset, keep, new] = parts(gates);
    let [to_reset, to_keep, to_new] = parts_mut(slopes);
    update(to_keep, [carried, keep], |_, [g, z]| through_sigmoid(g, z));
    update(to_keep, [before, new], |g, [before, n]| g.mul(before.sub(n)));
    update(to_new, [carried, keep, new], |_, [g, z, n]| through_tanh(g.mul(T::ONE.sub(z)), n));
    update(to_reset, [to_new, passed, reset], |_, [g, passed, r]| through_sigmoid(g.mul(passed), r));
    update(carried, [keep], |g, [z]| g.mul(z));
    let [from_reset, from_keep, from_new] = parts_mut(from_outputs);
    from_reset.copy_from_slice(to_reset);
    from_keep.copy_from_slice(to_keep);
    update(from_new, [to_new, reset], |_, [g, r]| g.mul(r));
}

/// `slopes` becomes the gradient of what was summed, `carried` being that of the output.
#[inline(always)]
pub(super) fn plain_back<T: Floating>(slopes: &mut [T], output: &[T], carried: &[T], is_relu: bool) {
    if is_relu {
        update(slopes, [carried, output], |_, [g, y]| if y > T::ZERO { g } else { T::ZERO });
    } else {
        update(slopes, [carried, output], |_, [g, y]| through_tanh(g, y));
    }
}

/// Adds a row to another.
#[inline(always)]
pub(super) fn add<T: Floating>(to: &mut [T], row: &[T]) {
    update(to, [row], |sum, [summand]| sum.add(summand));
}
