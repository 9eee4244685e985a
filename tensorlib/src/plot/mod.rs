//! Plots of tensors: lines, points, histograms, bars, heat maps and images, as SVG.
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

use crate::Tensor;
use crate::error::{Result, or_raise, shape_error};
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
    pub fn title(mut self, title: &str) -> Plot {
        self.title = Some(title.to_owned());
        self
    }

    /// The name of the horizontal axis.
    pub fn x_label(mut self, label: &str) -> Plot {
        self.x_label = Some(label.to_owned());
        self
    }

    /// The name of the vertical axis.
    pub fn y_label(mut self, label: &str) -> Plot {
        self.y_label = Some(label.to_owned());
        self
    }

    /// Adds a line to a plot of series.
    ///
    /// # Panics
    /// If `x` and `y` have not as many values, or the plot is not one of lines and points.
    #[track_caller]
    pub fn line(self, x: &Tensor, y: &Tensor) -> Plot {
        or_raise(self.with_series("line", x, y, Mark::Line))
    }

    /// Adds points to a plot of series.
    ///
    /// # Panics
    /// As [`Plot::line`].
    #[track_caller]
    pub fn scatter(self, x: &Tensor, y: &Tensor) -> Plot {
        or_raise(self.with_series("scatter", x, y, Mark::Points))
    }

    /// Names the series that was added last, in the legend.
    ///
    /// # Panics
    /// If the plot is not one of lines and points.
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

    fn with_series(mut self, op: &str, x: &Tensor, y: &Tensor, mark: Mark) -> Result<Plot> {
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

/// A line through the points `(x, y)`. Not-a-number interrupts it.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let epochs = arange(0, 10, 1);
/// let figure = tensorlib::plot::line(&epochs, &rand([10])).name("loss").x_label("epoch").y_label("loss");
/// assert!(figure.draw().svg().contains(">epoch</text>"));
/// ```
///
/// # Panics
/// If `x` and `y` have not as many values.
#[track_caller]
pub fn line(x: &Tensor, y: &Tensor) -> Plot {
    or_raise(Series::of("line", x, y, Mark::Line).map(|s| Plot::new(Content::Series(vec![s]), "x", "y")))
}

/// The points `(x, y)`.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let figure = tensorlib::plot::scatter(&randn([100]), &randn([100]));
/// assert!(figure.draw().svg().contains("<circle"));
/// ```
///
/// # Panics
/// If `x` and `y` have not as many values.
#[track_caller]
pub fn scatter(x: &Tensor, y: &Tensor) -> Plot {
    or_raise(Series::of("scatter", x, y, Mark::Points).map(|s| Plot::new(Content::Series(vec![s]), "x", "y")))
}

/// How often the values fall into each of `bins` intervals of equal width. Values that are not finite are left out.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let figure = tensorlib::plot::histogram(&randn([1000]), 20);
/// assert_eq!(figure.draw().text(), "histogram of 1000 values in 20 bins");
/// ```
///
/// # Panics
/// If `bins` is 0 or more than 1000.
#[track_caller]
pub fn histogram(values: &Tensor, bins: usize) -> Plot {
    if !(1..=1000).contains(&bins) {
        or_raise::<()>(Err(shape_error!("histogram: bins must be from 1 to 1000, but is {bins}")));
    }
    let (edges, counts) = series::bin(&values.to_vec::<f64>(), bins);
    Plot::new(Content::Histogram { edges, counts }, "value", "count")
}

/// One bar for each name.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let figure = tensorlib::plot::bar(&["cat", "dog"], &tensor![0.8, 0.2]).y_label("probability");
/// assert!(figure.draw().svg().contains("cat"));
/// ```
///
/// # Panics
/// If there are not as many names as heights, or none.
#[track_caller]
pub fn bar<S: AsRef<str>>(names: &[S], heights: &Tensor) -> Plot {
    if names.len() != heights.numel() || names.is_empty() {
        or_raise::<()>(Err(shape_error!(
            "bar: give one height for each name; there are {} names, and the shape of heights is {}",
            names.len(),
            heights.size()
        )));
    }
    let names = names.iter().map(|n| n.as_ref().to_owned()).collect();
    Plot::new(Content::Bars { names, heights: heights.to_vec::<f64>() }, "", "value")
}

/// A matrix as a grid of coloured cells with a colour bar; small matrices carry their numbers.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let figure = tensorlib::plot::heat_map(&rand([4, 6])).x_label("column").y_label("row");
/// assert_eq!(figure.draw().text(), "heat map of [4, 6]");
/// ```
///
/// # Panics
/// If `matrix` has not two dimensions or no elements.
#[track_caller]
pub fn heat_map(matrix: &Tensor) -> Plot {
    let size = matrix.size();
    match size[..] {
        [rows, columns] if rows * columns > 0 => {
            let matrix = image::Matrix { rows, columns, values: matrix.to_vec::<f64>() };
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
/// let figure = tensorlib::plot::imshow(&rand([3, 32, 48]));
/// assert_eq!(figure.draw().text(), "image of 48 × 32 pixels");
/// ```
///
/// # Panics
/// If the shape is none of these or has no elements.
#[track_caller]
pub fn imshow(image: &Tensor) -> Plot {
    let pixels = or_raise(pixels::Pixels::of("imshow", image));
    Plot::new(Content::Images { images: vec![pixels], columns: 1 }, "", "")
}

/// Images side by side, `columns` in a row: a batch `[N, H, W]` or `[N, C, H, W]`.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let figure = tensorlib::plot::image_grid(&rand([6, 1, 8, 8]), 3);
/// assert_eq!(figure.draw().text(), "6 images of 8 × 8 pixels");
/// ```
///
/// # Panics
/// If the shape is neither, has no elements, or `columns` is 0.
#[track_caller]
pub fn image_grid(images: &Tensor, columns: usize) -> Plot {
    if columns == 0 {
        or_raise::<()>(Err(shape_error!("image_grid: columns must be at least 1")));
    }
    let images = or_raise(pixels::Pixels::batch("image_grid", images));
    Plot::new(Content::Images { images, columns }, "", "")
}
