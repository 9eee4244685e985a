//! The operations that layers and losses need of a device, each in one pass.

use std::sync::Arc;

use super::Elements;
use super::geometry::{
    AttentionCall, ChannelNorm, ClassLabels, ConvGeometry, Lookup, NormPlanes, NormRows, PadMaps, Patches, Places,
    Windows,
};
use crate::layout::Layout;
use crate::op::{ConvolutionOp, Direction, Recurrence};
use crate::storage::Storage;

/// Gradients of a recurrent layer, from which the others are products.
pub(crate) struct RecurrentSlopes {
    /// Of what inputs bring to the gates, by rows.
    pub gates: Arc<Storage>,
    /// Of what outputs bring to the gates at the next step, where that is something else.
    pub from_outputs: Option<Arc<Storage>>,
    /// Of the output and the cell before the first step; empty where none was given.
    pub states: [Arc<Storage>; 2],
    /// No gradient, but what such products need: for each row, the output before it.
    pub before: Arc<Storage>,
}

/// The operations of layers. Their operands are floating-point numbers in any order of memory, but where something else is
/// said; what they give is in row-major order.
///
/// Many are linear functions of one operand that go two ways: forward, and transposed, as gradients do.
pub(crate) trait Layers {
    // Windows over images.

    /// One of the three products that belong to a convolution, plus a bias for each channel of the result. Weights have none.
    fn convolution(
        &self,
        op: ConvolutionOp,
        a: Elements,
        b: Elements,
        bias: Option<Elements>,
        g: &ConvGeometry,
    ) -> Arc<Storage>;
    /// The largest element of each window, and where in its image it is, as `i32`. NaN wins.
    fn max_pool(&self, x: Elements, windows: &Windows) -> (Arc<Storage>, Arc<Storage>);
    /// The elements of images at the places of the largest; transposed, elements added to such places.
    fn at_places(&self, way: Direction, x: Elements, places: &Places) -> Arc<Storage>;
    /// The mean of each window; transposed, elements spread over windows.
    fn mean_pool(&self, way: Direction, x: Elements, windows: &Windows) -> Arc<Storage>;
    /// Patches of images as columns, `[planes, taps, positions]`; transposed, columns added up to images.
    fn patches(&self, way: Direction, x: Elements, g: &Patches) -> Arc<Storage>;
    /// Elements by maps, and `fill` where these find none, of any type; transposed, numbers added to where they came from.
    fn pad(&self, way: Direction, x: Elements, maps: &PadMaps, fill: f64) -> Arc<Storage>;
    /// Rows of a table, and zeros for one that is left out; transposed, rows added to a table of zeros, except for that
    /// one.
    fn embedding(&self, way: Direction, x: Elements, rows: &Lookup, left_out: Option<usize>) -> Arc<Storage>;

    // Normalisation.

    /// Rows with mean 0 and variance 1, times a weight and plus a bias for each channel; and what the gradient needs.
    fn normalize_rows(
        &self,
        x: Elements,
        weight: Option<Elements>,
        bias: Option<Elements>,
        g: NormRows,
    ) -> (Arc<Storage>, Arc<Storage>);
    /// The gradients of that, given that of the result and what was kept: of `x`, if it is wanted, and of weight and bias as
    /// two rows.
    fn normalize_rows_gradient(
        &self,
        wants_x: bool,
        gradient: Elements,
        x: Elements,
        weight: Option<Elements>,
        kept: Elements,
        g: NormRows,
    ) -> (Option<Arc<Storage>>, Arc<Storage>);
    /// The sum of each channel.
    fn channel_sums(&self, x: Elements, g: NormPlanes) -> Arc<Storage>;
    /// The mean and the variance of each channel, with the count as divisor, as `f64`.
    fn channel_moments(&self, x: Elements, g: NormPlanes) -> (Arc<Storage>, Arc<Storage>);
    /// Channels with their mean taken off, divided by the deviation, times the weight and plus the bias.
    fn normalize_channels(&self, x: Elements, bias: Option<Elements>, norm: &ChannelNorm) -> Arc<Storage>;
    /// The gradients of that, given that of the result: of `x`, if it is wanted, and of weight and bias as two rows of `f64`.
    fn normalize_channels_gradient(
        &self,
        wants_x: bool,
        gradient: Elements,
        x: Elements,
        norm: &ChannelNorm,
    ) -> (Option<Arc<Storage>>, Arc<Storage>);

    // Attention.

    /// `softmax(scale · q kᵀ + mask) v`, laid out as `to` says; and the logarithm of the sum of each query's exponentials.
    fn attention(&self, call: &AttentionCall, to: &Layout) -> (Arc<Storage>, Arc<Storage>);
    /// The gradients of queries, keys and values, given the result, those logarithms, and the gradient of the result.
    fn attention_gradient(
        &self,
        call: &AttentionCall,
        result: Elements,
        logs: &Arc<Storage>,
        gradient: Elements,
    ) -> [Arc<Storage>; 3];

    // Sequences.

    /// Goes through the steps of a recurrent layer. `gates` holds what inputs and biases bring to the gates of each row, without
    /// gaps, and is overwritten with their values; `weight` is `[gates · hidden, hidden]`; `bias` belongs to the product
    /// with it, where it is not simply added to what inputs bring. States before the first step are `[batch, hidden]`:
    /// outputs, and cells; they are zero where there are none. Gives the outputs, which are the gates where a layer has no
    /// others, and beside them the cells of LSTM, and what GRU's reset gate takes a share of.
    fn recur_(
        &self,
        r: &Recurrence,
        gates: Elements,
        states: [Option<Elements>; 2],
        weight: Elements,
        bias: Option<Elements>,
    ) -> [Arc<Storage>; 2];
    /// Goes back through the steps, given the three that [`recur_`](Layers::recur_) has made (gates, outputs and what is
    /// beside them) and gradients: of all outputs, of the last, and of the last cell.
    fn recur_gradient(
        &self,
        r: &Recurrence,
        made: [Elements; 3],
        states: [Option<Elements>; 2],
        weight: Elements,
        gradients: [Option<Elements>; 3],
    ) -> RecurrentSlopes;

    // Losses.

    /// The cross entropy of rows of scores, `[rows, classes]`; and, if it is wanted, the probabilities.
    fn cross_entropy(
        &self,
        x: Elements,
        labels: &ClassLabels,
        wants_probabilities: bool,
    ) -> (Arc<Storage>, Option<Arc<Storage>>);
    /// The gradient of the scores, given that of the result, and the probabilities.
    fn cross_entropy_gradient(&self, gradient: Elements, probabilities: Elements, labels: &ClassLabels)
    -> Arc<Storage>;
}
