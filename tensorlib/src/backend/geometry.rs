//! The sizes of operations of layers, as rules work them out and backends read them.

use std::sync::Arc;

use super::Elements;
use crate::storage::Storage;

/// The sizes of a convolution. Lengths of two dimensions are those of rows and columns.
#[derive(Clone)]
pub(crate) struct ConvGeometry {
    pub images: usize,
    pub groups: usize,
    /// Of the input, in a group.
    pub channels: usize,
    /// Of the output, in a group.
    pub filters: usize,
    pub input: [usize; 2],
    pub output: [usize; 2],
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    /// In front of the first row and column; as much as needed follows the last.
    pub padding: [usize; 2],
    pub dilation: [usize; 2],
}

/// The elements of a dimension that a window sees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Span {
    pub start: usize,
    pub end: usize,
    /// From one to the next.
    pub step: usize,
    /// How many they are for a mean, padding included.
    pub counted: usize,
}

/// The windows of images of `height` rows and `width` columns.
pub(crate) struct Windows {
    pub height: usize,
    pub width: usize,
    pub rows: Vec<Span>,
    pub columns: Vec<Span>,
    /// Instead of the number of elements.
    pub divisor: Option<f64>,
}

impl Windows {
    /// Elements of an image.
    #[inline]
    pub fn area(&self) -> usize {
        self.height * self.width
    }

    /// Windows of an image.
    #[inline]
    pub fn outputs(&self) -> usize {
        self.rows.len() * self.columns.len()
    }
}

/// Where the largest elements of windows were: places in images of `area` elements, as `i32`, `outputs` for each image.
pub(crate) struct Places {
    pub of_outputs: Arc<Storage>,
    pub area: usize,
    pub outputs: usize,
}

/// For each dimension, where in the source each index finds its element; negative where it finds none.
pub(crate) struct PadMaps {
    pub dims: Vec<Vec<isize>>,
    /// The shape of the source.
    pub source: Vec<usize>,
}

/// The sizes of patches: of rows and columns.
#[derive(Clone)]
pub(crate) struct Patches {
    /// Images times channels.
    pub planes: usize,
    pub input: [usize; 2],
    pub output: [usize; 2],
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub padding: [usize; 2],
    pub dilation: [usize; 2],
}

/// Rows that are taken from a table.
pub(crate) struct Lookup {
    /// Their numbers, as `i64` that are inside.
    pub numbers: Arc<Storage>,
    /// The rows of the table, and the length of each.
    pub table: [usize; 2],
}

/// The elements that are normalised together: rows of `channels` stretches of `inner` elements, where row `r` begins
/// with channel `r % groups * channels`.
#[derive(Clone, Copy)]
pub(crate) struct NormRows {
    pub rows: usize,
    pub groups: usize,
    pub channels: usize,
    pub inner: usize,
    /// Whether the mean is taken off.
    pub centered: bool,
    pub eps: f64,
}

/// Images of channels of `inner` elements.
#[derive(Clone, Copy)]
pub(crate) struct NormPlanes {
    pub images: usize,
    pub channels: usize,
    pub inner: usize,
}

impl NormPlanes {
    /// Elements of a channel.
    #[inline]
    pub fn count(&self) -> usize {
        self.images * self.inner
    }
}

/// How channels are normalised.
pub(crate) struct ChannelNorm<'a> {
    pub planes: NormPlanes,
    /// Of each channel, as `f64`.
    pub mean: Elements<'a>,
    pub variance: Elements<'a>,
    /// Whether these are the operand's own, so that they depend on it.
    pub of_operand: bool,
    pub weight: Option<Elements<'a>>,
    pub eps: f64,
}

/// The sizes of attention.
#[derive(Clone, Copy)]
pub(crate) struct AttentionSizes {
    pub heads: usize,
    pub queries: usize,
    pub keys: usize,
    /// Of queries and keys.
    pub features: usize,
    /// Of values.
    pub values: usize,
    pub scale: f64,
    /// Whether a query sees only keys up to its own number.
    pub causal: bool,
}

/// The operands of attention: stacks of matrices, all with the same dimensions in front, whose rows lie side by side within
/// themselves.
pub(crate) struct AttentionCall<'a> {
    pub queries: Elements<'a>,
    pub keys: Elements<'a>,
    pub values: Elements<'a>,
    /// The numbers added to the scores: `[…, queries, keys]`, with any strides.
    pub mask: Option<Elements<'a>>,
    pub sizes: AttentionSizes,
}

/// The label of a row that does not count.
pub(crate) const IGNORED: i64 = -1;

/// The targets of rows of class scores.
pub(crate) struct ClassLabels<'a> {
    /// For each row a class or [`IGNORED`], as `i64`.
    pub of_rows: &'a Arc<Storage>,
    /// How much each class counts.
    pub weight: Option<Elements<'a>>,
    /// How much of the whole is spread over all classes.
    pub smoothing: f64,
    /// The weight of each loss in the one result; without it there is a result for each row.
    pub share: Option<f64>,
}
