//! Plots of tensors: lines, points, histograms, bars, heat maps, images, confusion matrices, and losses that are drawn
//! while a model trains, as SVG.
//!
//! Values may be tensors, vectors, slices, arrays or ranges: whatever can be read as a tensor, see [`operand`](crate::operand),
//! and lists of losses that are tensors.
//!
//! | plot | draws |
//! |---|---|
//! | [`line(&y)`](fn@line), [`line((&x, &y))`](fn@line) | a line, over 0, 1, 2, … or over `x`; of a matrix, one for each column |
//! | [`scatter(&x, &y)`](scatter) | points |
//! | [`histogram(&x, 20)`](histogram), [`bar(names, &x)`](bar) | how often; how much |
//! | [`heat_map(&m)`](heat_map), [`confusion_matrix(&predicted, &labels, &names)`](confusion_matrix) | a matrix in colours |
//! | [`contour(&x, &y, &z)`](contour) | values over a plane, such as losses; with lines and points on it |
//! | [`imshow(&x)`](imshow), [`images(&batch)`](images) | one image; many, with labels |
//! | [`Live::new(["train", "valid"])`](Live) | losses, while they come |
//!
//! A [`Plot`] collects what is to be shown; [`Plot::draw`] makes a [`Diagram`](crate::picture::Diagram) of it. Axes and
//! series are drawn with plotters (`chart.rs`), matrices and images as embedded pixels (`image.rs`). No font of the machine
//! is consulted: the same values give the same bytes everywhere. This module must not depend on notebooks or front
//! ends: a runtime that can replace a display registers with [`show_live_with`].

mod axis;
mod chart;
pub(crate) mod color;
mod confusion;
mod contour;
mod draw;
#[doc(hidden)]
pub mod figure;
mod fit;
#[doc(hidden)]
pub mod grid;
mod image;
mod input;
#[doc(hidden)]
pub mod live;
mod matrix;
mod pixels;
pub(crate) mod png;
mod series;

use std::fmt::Display;

use crate::Tensor;
use crate::error::{or_raise, shape_error};
use crate::operand::{IntoOperand, Operand};

pub use figure::Plot;
pub(crate) use fit::cut;
pub use grid::Images;
pub use input::{Curve, IntoCurve, IntoLabels, IntoPositions, IntoValues, Labels, Positions};
pub use live::Live;
pub use live::show::{LiveDisplay, settle_live, show_live_with};

use contour::Field;
use figure::Content;
use series::{Mark, Series};

/// A line: of values over their positions 0, 1, 2, …, or of a pair `(x, y)` through the points. Of a matrix, one line for
/// each column. Not-a-number interrupts it.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let losses = vec![0.9, 0.5, 0.4];
/// assert_eq!(plot::line(&losses).draw().text(), "line of 3 values from 0.40 to 0.90");
///
/// let figure = plot::line((1..=3, &losses)).name("loss").x_label("epoch").y_label("loss");
/// assert!(figure.draw().svg().contains(">epoch</text>"));
/// assert!(plot::line((&arange(10), &rand([10]))).draw().svg().contains("<polyline"));
/// ```
///
/// # Panics
/// If `x` and `y` have not as many values, or of a matrix with more than 30 columns.
#[track_caller]
pub fn line<'a>(values: impl IntoCurve<'a>) -> Plot {
    curve("line", values.into_curve(), Mark::Line)
}

/// Values over their positions, or a pair `(x, y)`: [`line`](fn@line) by matplotlib's name.
///
/// ```
/// use tensorlib::prelude::*;
///
/// assert!(plot::plot(vec![1.0, 4.0, 9.0]).title("Squares").draw().svg().contains("Squares"));
/// assert_eq!(rand([50]).plot().draw().text().split(" from").next(), Some("line of 50 values"));
/// assert!(randn([50, 2]).plot().draw().text().starts_with("line “0” of 50 values"));
/// ```
///
/// # Panics
/// As [`line`](fn@line).
#[track_caller]
pub fn plot<'a>(values: impl IntoCurve<'a>) -> Plot {
    curve("plot", values.into_curve(), Mark::Line)
}

#[track_caller]
fn curve(op: &str, curve: Curve, mark: Mark) -> Plot {
    let (x, y) = if matches!(curve.x, Positions::All) { ("position", "value") } else { ("x", "y") };
    Plot::new(Content::Series(or_raise(Series::all_of(op, curve, mark))), x, y)
}

impl Tensor {
    /// Values over their positions, as [`plot::line`](fn@line) draws them.
    ///
    /// ```
    /// # use tensorlib::prelude::*;
    /// assert!(tensor![1.0, 4.0, 9.0].plot().draw().svg().contains("<polyline"));
    /// ```
    ///
    /// # Panics
    /// If there are more than two dimensions, or more than 30 columns.
    #[track_caller]
    pub fn plot(&self) -> Plot {
        curve("plot", Curve { x: Positions::All, y: Operand::Borrowed(self) }, Mark::Line)
    }
}

/// The points `(x, y)`; `..` for `x` counts from 0.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let figure = plot::scatter(&randn([100]), &randn([100]));
/// assert!(figure.draw().svg().contains("<circle"));
/// ```
///
/// # Panics
/// If `x` and `y` have not as many values.
#[track_caller]
pub fn scatter<'a>(x: impl IntoPositions<'a>, y: impl IntoValues<'a>) -> Plot {
    curve("scatter", (x, y).into_curve(), Mark::Points)
}

/// How often the values fall into each of `bins` intervals of equal width. Values that are not finite are left out.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let figure = plot::histogram(&randn([1000]), 20);
/// assert_eq!(figure.draw().text(), "histogram of 1000 values in 20 bins");
/// ```
///
/// # Panics
/// If `bins` is 0 or more than 1000.
#[doc(alias = "hist")]
#[track_caller]
pub fn histogram<'a>(values: impl IntoValues<'a>, bins: usize) -> Plot {
    if !(1..=1000).contains(&bins) {
        or_raise::<()>(Err(shape_error!("histogram: bins must be from 1 to 1000, but is {bins}")));
    }
    let (_, values) = or_raise(values.into_values().values());
    let (edges, counts) = series::bin(&values, bins);
    Plot::new(Content::Histogram { edges, counts }, "value", "count")
}

/// One bar for each name. Names may be numbers, too.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let figure = plot::bar(["cat", "dog"], [0.8, 0.2]).y_label("probability");
/// assert!(figure.draw().svg().contains("cat"));
/// assert_eq!(plot::bar(0..3, &tensor![5, 2, 4]).draw().text(), "bars: 0 5, 1 2, 2 4");
/// ```
///
/// # Panics
/// If there are not as many names as heights, or none.
#[doc(alias = "barh")]
#[track_caller]
pub fn bar<'a>(names: impl IntoIterator<Item = impl Display>, heights: impl IntoValues<'a>) -> Plot {
    bars(names.into_iter().map(|name| name.to_string()).collect(), heights.into_values())
}

#[track_caller]
fn bars(names: Vec<String>, heights: Operand) -> Plot {
    let (tensor, heights) = or_raise(heights.values());
    if names.len() != heights.len() || names.is_empty() {
        or_raise::<()>(Err(shape_error!(
            "bar: give one height for each name; there are {} names, and the shape of heights is {}",
            names.len(),
            tensor.size()
        )));
    }
    Plot::new(Content::Bars { names, heights }, "", "value")
}

/// Values over a plane: `z` has a row for each of `y` and a column for each of `x`, which both grow. Lines join points of equal
/// value; the bands between them are dark where values are small, and all of one size, however steep the ground is. Lines and
/// points can be drawn on it: matplotlib's `contourf` and `contour`.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let (w, b) = (linspace(-2.0, 2.0, 60), linspace(-1.0, 3.0, 40));
/// let losses = (&w - 1.0).square() + (&b - 0.5).square().reshape([40, 1]);
/// let figure = plot::contour(&w, &b, &losses).line(([-1.5, 0.0, 0.8], [2.5, 1.0, 0.6])).name("descent");
/// assert!(figure.draw().text().starts_with("contours of 40 × 60 values from"));
/// ```
///
/// # Panics
/// If the shape of `z` is not `[y.len(), x.len()]`, there are fewer than two of each, or `x` or `y` do not grow.
#[doc(alias = "contourf")]
#[track_caller]
pub fn contour<'a, 'b, 'c>(x: impl IntoValues<'a>, y: impl IntoValues<'b>, z: impl IntoOperand<'c>) -> Plot {
    let field = or_raise(Field::of(x.into_values(), y.into_values(), z.into_operand()));
    Plot { field: Some(field), ..Plot::new(Content::Series(Vec::new()), "x", "y") }
}

/// A matrix as a grid of coloured cells with a colour bar; small matrices carry their numbers.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let figure = plot::heat_map(&rand([4, 6])).x_label("column").y_label("row");
/// assert_eq!(figure.draw().text(), "heat map of [4, 6]");
/// ```
///
/// # Panics
/// If `matrix` has not two dimensions or no elements.
#[doc(alias = "heatmap")]
#[doc(alias = "matshow")]
#[doc(alias = "pcolor")]
#[doc(alias = "pcolormesh")]
#[track_caller]
pub fn heat_map<'a>(matrix: impl IntoOperand<'a>) -> Plot {
    let (matrix, values) = or_raise(matrix.into_operand().values());
    let size = matrix.size();
    match size[..] {
        [rows, columns] if rows * columns > 0 => {
            let matrix = matrix::Matrix { rows, columns, values };
            Plot::new(Content::Heat(matrix, matrix::Names::default()), "column", "row")
        }
        _ => or_raise(Err(shape_error!("heat_map: give a matrix with elements; the shape is {size}"))),
    }
}

/// An image: `[H, W]` in shades of grey, `[1, H, W]` too, `[3, H, W]` in red, green and blue, `[4, H, W]` with opacity.
///
/// Whole numbers are taken as 0 to 255. Floating-point numbers are taken as 0 to 1; a grey image whose values reach
/// beyond that is stretched from its smallest to its largest value, as `matplotlib` does.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let figure = plot::imshow(&rand([3, 32, 48]));
/// assert_eq!(figure.draw().text(), "image of 48 × 32 pixels");
/// ```
///
/// # Panics
/// If the shape is not one of these or has no elements.
#[track_caller]
pub fn imshow<'a>(image: impl IntoOperand<'a>) -> Plot {
    let image = or_raise(image.into_operand().into_tensor());
    let pixels = or_raise(pixels::Pixels::of("imshow", &image));
    Plot::new(Content::Images { images: vec![pixels], columns: 1 }, "", "")
}

/// Images side by side, `columns` in a row: a batch `[N, H, W]` or `[N, C, H, W]`.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let figure = plot::image_grid(&rand([6, 1, 8, 8]), 3);
/// assert_eq!(figure.draw().text(), "6 images of 8 × 8 pixels");
/// ```
///
/// # Panics
/// If the shape is neither, has no elements, or `columns` is 0.
#[track_caller]
pub fn image_grid<'a>(images: impl IntoOperand<'a>, columns: usize) -> Plot {
    if columns == 0 {
        or_raise::<()>(Err(shape_error!("image_grid: columns must be at least 1")));
    }
    let images = or_raise(pixels::Pixels::batch("image_grid", &or_raise(images.into_operand().into_tensor())));
    Plot::new(Content::Images { images, columns }, "", "")
}

/// Images in a grid, with labels: a batch `[N, H, W]` or `[N, C, H, W]`, the weights of a layer, the channels of a feature map.
///
/// Images of 1 channel are grey, of 3 in colour; with other numbers of channels each channel is a separate image. Whole
/// numbers are taken as 0 to 255, floating-point numbers as 0 to 1; if some lie beyond, all are stretched from the
/// smallest to the largest of the grid. More than 100 images are cut off.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let (batch, labels) = (rand([6, 1, 28, 28]), tensor![0, 1, 2, 0, 1, 2]);
/// let scores = rand([6, 3]);
/// let figure = plot::images(&batch).names(["shirt", "coat", "boot"]).labels(&labels).predicted(&scores);
/// assert!(figure.draw().text().starts_with("6 images of 28 × 28 pixels, "));
///
/// let layer = nn::Conv2d::new(1, 8, 5);
/// assert_eq!(plot::images(&layer.weight).title("kernels").draw().text(), "8 images of 5 × 5 pixels");
/// ```
///
/// # Panics
/// If the shape is not one of these or has no elements.
#[track_caller]
pub fn images<'a>(batch: impl IntoOperand<'a>) -> Images {
    or_raise(batch.into_operand().into_tensor().and_then(|batch| Images::of(&batch)))
}

/// Which classes are taken for which: a row for each class as labelled, a column for each as predicted, counts in the cells,
/// shaded by their share of the row. What is right lies on the diagonal, in blue; mistakes are orange.
///
/// `predicted` and `labels` are numbers of classes, from 0, one for each example; or scores, `[N, C]`, of which the largest
/// says the class. `names` are those of the classes, or a range: `0..10`.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let (predicted, labels) = (tensor![0, 1, 1, 2], tensor![0, 1, 2, 2]);
/// let figure = plot::confusion_matrix(&predicted, &labels, &["cat", "dog", "bird"]);
/// assert_eq!(
///     figure.draw().text(),
///     "confusion matrix of 4 predictions in 3 classes: accuracy 75.0%, 3 of 4
///       cat  dog  bird
/// cat     1    0     0
/// dog     0    1     0
/// bird    0    1     1
/// most often: “bird” taken for “dog”, 1 time"
/// );
/// ```
///
/// # Panics
/// If there are not as many predictions as labels, or none, or a class has no name.
#[track_caller]
pub fn confusion_matrix<'a, 'b>(
    predicted: impl IntoValues<'a>,
    labels: impl IntoValues<'b>,
    names: impl IntoIterator<Item = impl Display>,
) -> Plot {
    let names = names.into_iter().map(|name| name.to_string()).collect();
    let counted = confusion::Confusion::of(predicted.into_values(), labels.into_values(), names);
    Plot::new(Content::Confusion(or_raise(counted)), "predicted", "label")
}
