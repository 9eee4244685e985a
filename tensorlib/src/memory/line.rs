//! Cache lines, of which large buffers consist.

/// A cache line.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Line(pub [u8; LINE]);
pub(crate) const LINE: usize = 64;

impl Line {
    pub const ZERO: Line = Line([0; LINE]);
}
