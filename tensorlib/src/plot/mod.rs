//! Plots of tensors: lines, points, histograms, bars, heat maps and images, as SVG.
//!
//! Values may be tensors, vectors, slices, arrays or ranges: whatever can be read as a tensor, see [`operand`](crate::operand).
//!
//! A [`Plot`] collects what is to be shown; [`Plot::draw`] makes a [`Diagram`] of it. Axes and series are drawn with
//! plotters (`chart.rs`), matrices and images as embedded pixels (`image.rs`). No font of the machine is asked for
//! anything: the same values give the same bytes everywhere. Nothing here may know of notebooks or front ends.

mod axis;
mod chart;
mod color;
mod image;
mod pixels;
mod png;
mod series;

use std::fmt::Display;
use std::ops::RangeFull;

use crate::Tensor;
use crate::error::{Result, or_raise, shape_error};
use crate::operand::{IntoOperand, Operand};
use crate::picture::Diagram;

use series::{Mark, Series};

/// A plot: values to be shown, a title and names for the axes.
///
/// ```
/// use tensorlib::prelude::*;
/// use tensorlib::plot;
///
/// let x = linspace(0.0, 1.0, 50);
/// let figure = plot::line(&x, &x).name("identity").scatter(&x, &x).name("points").title("Two series").x_label("t");
/// assert!(figure.draw().svg().contains("Two series"));
/// ```
#[derive(Clone, Debug)]
#[must_use = "a plot shows nothing until it is drawn or is the last expression of a cell"]
pub struct Plot {
    content: Content,
    title: Option<String>,
    x_label: Option<String>,
    y_label: Option<String>,
}

/// Where the values of a series stand: at the values of a tensor, a vector, a range, or with `..` at 0, 1, 2, …
pub enum Positions<'a> {
    /// One place for each value.
    At(Operand<'a>),
    /// 0, 1, 2, …
    All,
}

/// What can stand for the `x` of a plot: whatever can be read as a tensor, and `..`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say where values stand",
    label = "neither a tensor nor numbers nor `..`",
    note = "tensors, arrays, vectors, slices and ranges of numbers, and `..` for 0, 1, 2, …, can stand here"
)]
pub trait IntoPositions<'a> {
    /// The places.
    fn into_positions(self) -> Positions<'a>;
}

impl<'a, T: IntoOperand<'a>> IntoPositions<'a> for T {
    fn into_positions(self) -> Positions<'a> {
        Positions::At(self.into_operand())
    }
}

impl<'a> IntoPositions<'a> for RangeFull {
    fn into_positions(self) -> Positions<'a> {
        Positions::All
    }
}

/// More columns than this are not drawn as lines.
const MOST_COLUMNS: usize = 30;

#[derive(Clone, Debug)]
enum Content {
    Series(Vec<Series>),
    Histogram { edges: Vec<f64>, counts: Vec<f64> },
    Bars { names: Vec<String>, heights: Vec<f64> },
    Heat(image::Matrix),
    Images { images: Vec<pixels::Pixels>, columns: usize },
}

impl Plot {
    fn new(content: Content, x_label: &str, y_label: &str) -> Plot {
        let label = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Plot { content, title: None, x_label: label(x_label), y_label: label(y_label) }
    }

    /// The words above the plot.
    #[doc(alias = "set_title")]
    #[doc(alias = "suptitle")]
    pub fn title(mut self, title: &str) -> Plot {
        self.title = Some(title.to_owned());
        self
    }

    /// The name of the horizontal axis.
    #[doc(alias = "set_xlabel")]
    #[doc(alias = "xlabel")]
    pub fn x_label(mut self, label: &str) -> Plot {
        self.x_label = Some(label.to_owned());
        self
    }

    /// The name of the vertical axis.
    #[doc(alias = "set_ylabel")]
    #[doc(alias = "ylabel")]
    pub fn y_label(mut self, label: &str) -> Plot {
        self.y_label = Some(label.to_owned());
        self
    }

    /// Adds a line to a plot of series; `..` for `x` counts from 0.
    ///
    /// # Panics
    /// If `x` and `y` have not as many values, or the plot is not one of lines and points.
    #[track_caller]
    pub fn line<'a>(self, x: impl IntoPositions<'a>, y: impl IntoOperand<'a>) -> Plot {
        or_raise(self.with_series("line", x.into_positions(), y.into_operand(), Mark::Line))
    }

    /// Adds points to a plot of series.
    ///
    /// # Panics
    /// As [`Plot::line`].
    #[track_caller]
    pub fn scatter<'a>(self, x: impl IntoPositions<'a>, y: impl IntoOperand<'a>) -> Plot {
        or_raise(self.with_series("scatter", x.into_positions(), y.into_operand(), Mark::Points))
    }

    /// Names the series that was added last, in the legend.
    ///
    /// # Panics
    /// If the plot is not one of lines and points.
    #[doc(alias = "label")]
    #[doc(alias = "legend")]
    #[track_caller]
    pub fn name(mut self, name: &str) -> Plot {
        match &mut self.content {
            Content::Series(series) => {
                if let Some(last) = series.last_mut() {
                    last.name = Some(name.to_owned());
                }
                self
            }
            _ => or_raise(Err(shape_error!("name: only lines and points have names; use title for this plot"))),
        }
    }

    fn with_series(mut self, op: &str, x: Positions, y: Operand, mark: Mark) -> Result<Plot> {
        let Content::Series(series) = &mut self.content else {
            return Err(shape_error!("{op}: series can only be added to a plot of lines or points"));
        };
        series.push(Series::of(op, x, y, mark)?);
        Ok(self)
    }

    /// Draws the plot.
    #[must_use]
    pub fn draw(&self) -> Diagram {
        match &self.content {
            Content::Series(series) => chart::series(self, series),
            Content::Histogram { edges, counts } => chart::histogram(self, edges, counts),
            Content::Bars { names, heights } => chart::bars(self, names, heights),
            Content::Heat(matrix) => image::heat_map(self, matrix),
            Content::Images { images, columns } => image::images(self, images, *columns),
        }
    }
}

/// A line through the points `(x, y)`; `..` for `x` counts from 0. Not-a-number interrupts it.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let losses = vec![0.9, 0.5, 0.4];
/// let figure = plot::line(1..=3, &losses).name("loss").x_label("epoch").y_label("loss");
/// assert!(figure.draw().svg().contains(">epoch</text>"));
/// assert!(plot::line(.., &losses).draw().svg().contains("<polyline"));
/// assert!(plot::line(&arange(10), &rand([10])).draw().svg().contains("<polyline"));
/// ```
///
/// # Panics
/// If `x` and `y` have not as many values.
#[track_caller]
pub fn line<'a>(x: impl IntoPositions<'a>, y: impl IntoOperand<'a>) -> Plot {
    or_raise(
        Series::of("line", x.into_positions(), y.into_operand(), Mark::Line)
            .map(|s| Plot::new(Content::Series(vec![s]), "x", "y")),
    )
}

/// Values over their positions, 0, 1, 2, …: a line or, of a matrix, one line for each column.
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
/// If there are more than two dimensions, or more than 30 columns.
#[track_caller]
pub fn plot<'a>(values: impl IntoOperand<'a>) -> Plot {
    or_raise(lines("plot", values.into_operand()))
}

fn lines(op: &str, values: Operand) -> Result<Plot> {
    let (tensor, values) = values.values()?;
    let size = tensor.size();
    let columns = match size[..] {
        [] | [_] => 1,
        [_, columns] if (1..=MOST_COLUMNS).contains(&columns) => columns,
        _ => {
            return Err(shape_error!(
                "{op}: give a vector, or a matrix of 1 to {MOST_COLUMNS} columns; the shape is {size}"
            ));
        }
    };
    let column = |column: usize| {
        let places = values.iter().skip(column).step_by(columns).enumerate();
        let points = places.map(|(position, &value)| (position as f64, value)).collect();
        let name = (columns > 1).then(|| column.to_string());
        Series { points, mark: Mark::Line, name }
    };
    Ok(Plot::new(Content::Series((0..columns).map(column).collect()), "position", "value"))
}

impl Tensor {
    /// Values over their positions, as [`plot::plot`](plot()) draws them.
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
        or_raise(lines("plot", Operand::Borrowed(self)))
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
pub fn scatter<'a>(x: impl IntoPositions<'a>, y: impl IntoOperand<'a>) -> Plot {
    or_raise(
        Series::of("scatter", x.into_positions(), y.into_operand(), Mark::Points)
            .map(|s| Plot::new(Content::Series(vec![s]), "x", "y")),
    )
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
pub fn histogram<'a>(values: impl IntoOperand<'a>, bins: usize) -> Plot {
    if !(1..=1000).contains(&bins) {
        or_raise::<()>(Err(shape_error!("histogram: bins must be from 1 to 1000, but is {bins}")));
    }
    let (_, values) = or_raise(values.into_operand().values());
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
pub fn bar<'a>(names: impl IntoIterator<Item = impl Display>, heights: impl IntoOperand<'a>) -> Plot {
    bars(names.into_iter().map(|name| name.to_string()).collect(), heights.into_operand())
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
            let matrix = image::Matrix { rows, columns, values };
            Plot::new(Content::Heat(matrix), "column", "row")
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
/// If the shape is none of these or has no elements.
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
