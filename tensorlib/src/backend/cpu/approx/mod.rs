//! Exponentials, logarithms, trigonometric and similar functions, written so that the compiler can vectorise them.
//!
//! No branches and no library calls. Sums of products are fused (`mul_add`), which is rounded once by definition and so
//! gives the same bits on every machine; on a processor without that instruction it is slow, but not different. Callers
//! must be compiled for it ([`simd::Wide`](super::simd::Wide) or wider).
//!
//! Errors are stated with each function in units in the last place, and tested against the standard library. What `f32`
//! does not do itself in [`single`] is computed as `f64` and then rounded.

pub(crate) mod double;
pub(crate) mod single;

/// A polynomial by Horner's rule, the highest coefficient first.
macro_rules! polynomial {
    ($x:expr; $first:expr, $($rest:expr),+ $(,)?) => {{
        let x = $x;
        let sum = $first;
        $(let sum = x.mul_add(sum, $rest);)+
        sum
    }};
}
pub(super) use polynomial;

#[cfg(test)]
mod tests;
