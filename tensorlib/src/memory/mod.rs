//! Memory for elements: aligned, reused, in large pages.

pub(crate) mod allocator;
pub(crate) mod buffer;
pub(crate) mod kept;
pub(crate) mod line;
pub(crate) mod pages;
