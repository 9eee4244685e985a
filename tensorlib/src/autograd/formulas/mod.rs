//! Derivatives that are more than a line beside their operation, by family. They are written in operations on tensors; where
//! no gradients of gradients are needed, some use kernels that do the same in one pass.

pub(crate) mod binary;
pub(crate) mod clamp;
pub(crate) mod factors;
pub(crate) mod index;
pub(crate) mod matmul;
pub(crate) mod reduce;
pub(crate) mod solve;
pub(crate) mod spectrum;
pub(crate) mod unary;
