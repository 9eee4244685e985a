//! A plot as its methods build it, before it is drawn.

use std::fmt::Display;

use super::confusion::Confusion;
use super::contour::Field;
use super::input::{Curve, IntoCurve, IntoPositions, IntoValues};
use super::matrix::{self, Matrix, Names};
use super::pixels::Pixels;
use super::series::{Mark, Series};
use crate::error::{Result, or_raise, shape_error};

/// A plot: values to be shown, a title and names for the axes.
///
/// ```
/// use tensorlib::prelude::*;
/// use tensorlib::plot;
///
/// let x = linspace(0.0, 1.0, 50);
/// let figure = plot::line((&x, &x)).name("identity").scatter(&x, &x).name("points").title("Two series").x_label("t");
/// assert!(figure.draw().svg().contains("Two series"));
/// ```
#[derive(Clone, Debug)]
#[must_use = "a plot shows nothing until it is drawn or is the last expression of a cell"]
pub struct Plot {
    pub(super) content: Content,
    /// Beneath the series.
    pub(super) field: Option<Field>,
    pub(super) title: Option<String>,
    pub(super) x_label: Option<String>,
    pub(super) y_label: Option<String>,
    /// What the horizontal axis shows at least, in whole numbers; otherwise it follows from the values.
    pub(super) x_span: Option<(f64, f64)>,
    /// How much is done of how much, as a bar below.
    pub(super) progress: Option<(usize, usize)>,
}

#[derive(Clone, Debug)]
pub(super) enum Content {
    Series(Vec<Series>),
    Histogram { edges: Vec<f64>, counts: Vec<f64> },
    Bars { names: Vec<String>, heights: Vec<f64> },
    Heat(Matrix, Names),
    Images { images: Vec<Pixels>, columns: usize },
    Confusion(Confusion),
}

impl Plot {
    pub(super) fn new(content: Content, x_label: &str, y_label: &str) -> Plot {
        let label = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let (x_label, y_label) = (label(x_label), label(y_label));
        Plot { content, field: None, title: None, x_label, y_label, x_span: None, progress: None }
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

    /// Adds a line to a plot of series: values alone, or a pair `(x, y)`, as for [`plot::line`](super::line).
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let (train, valid) = ([0.9, 0.5, 0.4], [1.0, 0.7, 0.6]);
    /// let figure = plot::line(&train).name("training").line(&valid).name("validation").x_label("epoch").y_label("loss");
    /// assert!(figure.draw().svg().contains(">validation</text>"));
    /// ```
    ///
    /// # Panics
    /// If `x` and `y` have not as many values, or the plot is not one of lines and points.
    #[track_caller]
    pub fn line<'a>(self, values: impl IntoCurve<'a>) -> Plot {
        or_raise(self.with_series("line", values.into_curve(), Mark::Line))
    }

    /// Adds points to a plot of series; `..` for `x` counts from 0.
    ///
    /// # Panics
    /// As [`Plot::line`].
    #[track_caller]
    pub fn scatter<'a>(self, x: impl IntoPositions<'a>, y: impl IntoValues<'a>) -> Plot {
        or_raise(self.with_series("scatter", (x, y).into_curve(), Mark::Points))
    }

    /// Names the series that was added last, in the legend.
    ///
    /// # Panics
    /// If the plot is not one of lines and points.
    #[doc(alias = "label")]
    #[doc(alias = "legend")]
    #[track_caller]
    pub fn name(mut self, name: &str) -> Plot {
        if let Some(last) = or_raise(self.series("name")).last_mut() {
            last.name = Some(name.to_owned());
        }
        self
    }

    /// Names all series, in the order in which they were added; those of a matrix are its columns.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let figure = plot::line(rand([20, 2])).names(["training", "validation"]);
    /// assert!(figure.draw().svg().contains(">validation</text>"));
    /// ```
    ///
    /// # Panics
    /// If the plot is not one of lines and points, or there are not as many names as series.
    #[track_caller]
    pub fn names(mut self, names: impl IntoIterator<Item = impl Display>) -> Plot {
        let names: Vec<String> = names.into_iter().map(|name| name.to_string()).collect();
        let series = or_raise(self.series("names"));
        if names.len() != series.len() {
            let (names, series) = (names.len(), series.len());
            or_raise::<()>(Err(shape_error!(
                "names: give one name for each series; there are {series} series and {names} names"
            )));
        }
        series.iter_mut().zip(names).for_each(|(one, name)| one.name = Some(name));
        self
    }

    /// Names the columns of a heat map, from left to right, in place of their numbers.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let words = ["the", "cat", "sat"];
    /// let attention = plot::heat_map(randn([3, 3]).softmax(1)).x_names(words).y_names(words);
    /// assert!(attention.draw().svg().contains(">cat</text>"));
    /// ```
    ///
    /// # Panics
    /// If the plot is not a heat map, or there are not as many names as columns.
    #[doc(alias = "set_xticklabels")]
    #[doc(alias = "xticks")]
    #[track_caller]
    pub fn x_names(mut self, names: impl IntoIterator<Item = impl Display>) -> Plot {
        let (matrix, own) = or_raise(self.heat_map("x_names"));
        own.columns = or_raise(matrix::names("x_names", "column", names, matrix.columns));
        self
    }

    /// Names the rows of a heat map, from top to bottom, in place of their numbers.
    ///
    /// # Panics
    /// If the plot is not a heat map, or there are not as many names as rows.
    #[doc(alias = "set_yticklabels")]
    #[doc(alias = "yticks")]
    #[track_caller]
    pub fn y_names(mut self, names: impl IntoIterator<Item = impl Display>) -> Plot {
        let (matrix, own) = or_raise(self.heat_map("y_names"));
        own.rows = or_raise(matrix::names("y_names", "row", names, matrix.rows));
        self
    }

    fn heat_map(&mut self, op: &str) -> Result<(&Matrix, &mut Names)> {
        match &mut self.content {
            Content::Heat(matrix, names) => Ok((matrix, names)),
            _ => Err(shape_error!(
                "{op}: only a heat map has rows and columns to name; a bar has its name from `plot::bar`"
            )),
        }
    }

    fn series(&mut self, op: &str) -> Result<&mut Vec<Series>> {
        match &mut self.content {
            Content::Series(series) => Ok(series),
            _ => Err(shape_error!("{op}: only lines and points have names; use title for this plot")),
        }
    }

    fn with_series(mut self, op: &str, curve: Curve, mark: Mark) -> Result<Plot> {
        let Content::Series(series) = &mut self.content else {
            return Err(shape_error!("{op}: series can only be added to a plot of lines, points or contours"));
        };
        series.extend(Series::all_of(op, curve, mark)?);
        Ok(self)
    }
}
