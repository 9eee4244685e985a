//! Images in a grid, with their labels and the predictions.

use std::fmt::Display;

use super::fit::cut;
use super::image::WIDTH;
use super::input::{IntoLabels, Labels, check_names, classes};
use super::pixels::{self, Pixels};
use super::png::{Channels, data_address};
use crate::error::{Result, or_raise, shape_error};
use crate::picture::Diagram;
use crate::picture::canvas::{Canvas, Font, Point, Stroke};
use crate::picture::theme;
use crate::{DType, Tensor};

/// More images are not drawn.
const MOST_IMAGES: usize = 100;
const MARGIN: f64 = 22.0;
const GAP: f64 = 8.0;
/// The room below an image for its label.
const CAPTION: f64 = 20.0;
/// And for a second line.
const SECOND: f64 = 16.0;
const CAPTION_SIZE: f64 = 12.0;
/// Ink for what was recognised: of a contrast of 4.5 on the paper.
const RIGHT: &str = "#1c7444";

/// Images in a grid, made by [`plot::images`](super::images): with `labels` below them, or what was `predicted` beside it,
/// in green where that is right and in red where it is not.
///
/// ```
/// use tensorlib::prelude::*;
///
/// let names = ["cat", "dog"];
/// let figure = plot::images(rand([4, 3, 16, 16])).names(names).labels([0, 1, 0, 1]).predicted([0, 1, 1, 1]).columns(2);
/// assert_eq!(figure.draw().text(), "4 images of 16 × 16 pixels, 3 of 4 predicted right: cat, dog, dog (cat), dog");
/// assert!(plot::images(rand([2, 8, 8])).labels(["a", "b"]).draw().svg().contains(">b</text>"));
/// ```
#[derive(Clone, Debug)]
#[must_use = "images show nothing until they are drawn or are the last expression of a cell"]
pub struct Images {
    /// The values of each image that is drawn, one after the other.
    values: Vec<f64>,
    /// Channels, height, width.
    shape: (Channels, usize, usize),
    dtype: DType,
    /// How many images there are, drawn or not.
    count: usize,
    title: Option<String>,
    columns: Option<usize>,
    is_each_scaled: bool,
    labels: Option<Captions>,
    predicted: Option<Captions>,
    names: Vec<String>,
}

#[derive(Clone, Debug)]
enum Captions {
    Words(Vec<String>),
    Classes(Vec<usize>),
}

impl Captions {
    fn len(&self) -> usize {
        match self {
            Captions::Words(words) => words.len(),
            Captions::Classes(classes) => classes.len(),
        }
    }

    fn word(&self, image: usize, names: &[String]) -> String {
        match self {
            Captions::Words(words) => words[image].clone(),
            Captions::Classes(classes) => {
                names.get(classes[image]).cloned().unwrap_or_else(|| classes[image].to_string())
            }
        }
    }
}

/// The caption of an image.
struct Caption {
    word: String,
    /// Whether it is what the image shows, where that is known.
    is_right: Option<bool>,
    /// What the image shows, where that is something else.
    label: Option<String>,
}

impl Caption {
    fn text(&self) -> String {
        let label = self.label.as_ref().map(|label| format!(" ({label})")).unwrap_or_default();
        format!("{}{label}", self.word)
    }
}

impl Images {
    /// `[H, W]`, `[N, H, W]` or `[N, C, H, W]`.
    pub(super) fn of(batch: &Tensor) -> Result<Images> {
        let size = batch.size();
        let (count, channels, height, width) = match size[..] {
            [h, w] => (1, Channels::Grey, h, w),
            [n, h, w] => (n, Channels::Grey, h, w),
            [n, 3, h, w] => (n, Channels::Rgb, h, w),
            [n, c, h, w] => (n * c, Channels::Grey, h, w),
            _ => {
                return Err(shape_error!(
                    "images: a batch of images is [N, H, W] or [N, C, H, W]; the shape is {size}"
                ));
            }
        };
        let each = channels as usize * height * width;
        if count * each == 0 {
            return Err(shape_error!("images: there is nothing to show; the shape is {size}"));
        }
        let shown = count.min(MOST_IMAGES);
        let values = batch.reshape([-1]).narrow(0, 0, shown * each).to_vec::<f64>();
        Ok(Images {
            values,
            shape: (channels, height, width),
            dtype: batch.dtype(),
            count,
            title: None,
            columns: None,
            is_each_scaled: false,
            labels: None,
            predicted: None,
            names: Vec::new(),
        })
    }

    /// The words above the images.
    pub fn title(mut self, title: &str) -> Images {
        self.title = Some(title.to_owned());
        self
    }

    /// How many images stand side by side.
    ///
    /// # Panics
    /// If there are to be none.
    #[doc(alias = "nrow")]
    #[track_caller]
    pub fn columns(mut self, columns: usize) -> Images {
        if columns == 0 {
            or_raise::<()>(Err(shape_error!("columns: there must be at least 1 column of images")));
        }
        self.columns = Some(columns);
        self
    }

    /// Whether each image is stretched by itself, and not all in the same way: torchvision's `scale_each`.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let maps = cat([rand([1, 4, 4]), rand([1, 4, 4]) * 100]);
    /// let (together, alone) = (plot::images(&maps), plot::images(&maps).scale_each(true));
    /// assert!(together.draw().svg() != alone.draw().svg());
    /// ```
    pub fn scale_each(mut self, each: bool) -> Images {
        self.is_each_scaled = each;
        self
    }

    /// What the images show: words, or numbers of classes, which [`names`](Images::names) can give words.
    ///
    /// # Panics
    /// If there are not as many labels as images, or one is no whole number from 0.
    #[track_caller]
    pub fn labels<'a>(mut self, labels: impl IntoLabels<'a>) -> Images {
        self.labels = Some(or_raise(self.captions("labels", labels.into_labels())));
        self
    }

    /// What the images were taken for: words, numbers of classes, or scores, `[N, C]`. Beside [`labels`](Images::labels) it is
    /// green where it is right, and red, with the label in brackets, where it is not.
    ///
    /// # Panics
    /// As [`labels`](Images::labels).
    #[track_caller]
    pub fn predicted<'a>(mut self, predicted: impl IntoLabels<'a>) -> Images {
        self.predicted = Some(or_raise(self.captions("predicted", predicted.into_labels())));
        self
    }

    /// The names of the classes.
    ///
    /// # Panics
    /// If there are fewer names than classes.
    #[track_caller]
    pub fn names(mut self, names: impl IntoIterator<Item = impl Display>) -> Images {
        self.names = names.into_iter().map(|name| name.to_string()).collect();
        for (what, captions) in [("labels", &self.labels), ("predicted", &self.predicted)] {
            if let Some(Captions::Classes(classes)) = captions {
                or_raise(check_names("images", what, classes, self.names.len()));
            }
        }
        self
    }

    fn captions(&self, what: &str, given: Labels) -> Result<Captions> {
        let captions = match given {
            Labels::Words(words) => Captions::Words(words),
            Labels::Classes(given) => Captions::Classes(classes("images", what, given)?),
        };
        if captions.len() != self.count {
            return Err(shape_error!(
                "images: {what} must be one for each image; there are {} images and {} {what}",
                self.count,
                captions.len()
            ));
        }
        if let (Captions::Classes(classes), false) = (&captions, self.names.is_empty()) {
            check_names("images", what, classes, self.names.len())?;
        }
        Ok(captions)
    }

    /// The caption of an image.
    fn caption(&self, image: usize) -> Option<Caption> {
        let word = |captions: &Option<Captions>| captions.as_ref().map(|all| all.word(image, &self.names));
        Some(match (word(&self.predicted), word(&self.labels)) {
            (Some(word), Some(label)) if word == label => Caption { word, is_right: Some(true), label: None },
            (Some(word), Some(label)) => Caption { word, is_right: Some(false), label: Some(label) },
            (predicted, label) => Caption { word: predicted.or(label)?, is_right: None, label: None },
        })
    }

    fn tiles(&self) -> Vec<Pixels> {
        let (channels, height, width) = self.shape;
        let all = pixels::value_range(&self.values, self.dtype, true);
        let tile = |values: &[f64]| {
            let range = if self.is_each_scaled { pixels::value_range(values, self.dtype, true) } else { all };
            pixels::from_values(values, range, (channels, height, width))
        };
        self.values.chunks(channels as usize * height * width).map(tile).collect()
    }

    /// Draws the images.
    #[must_use]
    pub fn draw(&self) -> Diagram {
        let tiles = self.tiles();
        let has_captions = self.labels.is_some() || self.predicted.is_some();
        let columns = self.columns.unwrap_or_else(|| columns(tiles.len(), has_captions)).min(tiles.len());
        let (_, height, width) = self.shape;
        let each = ((WIDTH - 2.0 * MARGIN + GAP) / columns as f64 - GAP).clamp(2.0, 150.0);
        let scale = (each / width as f64).min(150.0 / height as f64);
        let size = ((width as f64 * scale).max(2.0), (height as f64 * scale).max(2.0));
        // A narrow image may have a wide label.
        let pitch = (if has_captions { each } else { size.0 }) + GAP;
        // What was taken for something else has a second line.
        let is_wrong = |image: usize| self.caption(image).is_some_and(|caption| caption.label.is_some());
        let lines = usize::from(has_captions) + usize::from((0..tiles.len()).any(is_wrong));
        let row_height = size.1 + GAP + [0.0, CAPTION, CAPTION + SECOND][lines];
        let top = if self.title.is_some() { 50.0 } else { MARGIN };
        let rows = tiles.len().div_ceil(columns);
        let rest = if self.count > tiles.len() { 22.0 } else { 0.0 };
        let mut canvas = Canvas::new(WIDTH, top + rows as f64 * row_height - GAP + MARGIN + rest);
        if let Some(title) = &self.title {
            canvas.text((WIDTH / 2.0, 26.0), title, Font::words(17.0).bold());
        }
        let left = (WIDTH - (columns as f64 * pitch - GAP)) / 2.0;
        for (i, tile) in tiles.iter().enumerate() {
            let x = left + (i % columns) as f64 * pitch + (pitch - GAP - size.0) / 2.0;
            let at = (x, top + (i / columns) as f64 * row_height);
            draw_tile(&mut canvas, at, size, tile);
            if let Some(caption) = self.caption(i) {
                draw_caption(&mut canvas, (at, size), &caption, pitch - 2.0);
            }
        }
        if rest > 0.0 {
            let at = (WIDTH / 2.0, top + rows as f64 * row_height + 8.0);
            let words = format!("the first {} of {}", tiles.len(), self.count);
            canvas.text(at, &words, Font::words(13.0).fill(theme::SOFT_INK));
        }
        let text = self.text();
        let title = self.title.clone().unwrap_or_else(|| text.clone());
        Diagram::new(canvas.finish(&title), text)
    }

    fn text(&self) -> String {
        let (_, height, width) = self.shape;
        let s = if self.count == 1 { "" } else { "s" };
        let mut text = format!("{} image{s} of {width} × {height} pixels", self.count);
        let captions: Vec<Caption> = (0..self.count).map_while(|image| self.caption(image)).collect();
        if captions.first().is_some_and(|caption| caption.is_right.is_some()) {
            let right = captions.iter().filter(|caption| caption.is_right == Some(true)).count();
            text.push_str(&format!(", {right} of {} predicted right", self.count));
        }
        if !captions.is_empty() {
            let shown: Vec<String> = captions.iter().take(MOST_IMAGES).map(Caption::text).collect();
            let more = if captions.len() > MOST_IMAGES { ", …" } else { "" };
            text.push_str(&format!(": {}{more}", shown.join(", ")));
        }
        text
    }
}

fn draw_tile(canvas: &mut Canvas, at: Point, size: (f64, f64), tile: &Pixels) {
    canvas.image(at, size, &data_address(tile.width, tile.height, tile.channels, &tile.bytes));
    canvas.rect(at, size, 0.0, "none", Stroke::new(theme::RIM, 1.0));
}

/// What an image shows or was taken for, below it, no wider than the room there is.
fn draw_caption(canvas: &mut Canvas, (at, size): (Point, (f64, f64)), caption: &Caption, room: f64) {
    let font = Font::words(CAPTION_SIZE);
    let font = match caption.is_right {
        Some(true) => font.fill(RIGHT),
        Some(false) => font.fill(theme::WRONG).bold(),
        None => font,
    };
    if caption.is_right == Some(false) {
        canvas.rect(at, size, 0.0, "none", Stroke::new(theme::WRONG, 2.5));
    }
    let (middle, first) = (at.0 + size.0 / 2.0, at.1 + size.1 + CAPTION / 2.0 + 1.0);
    canvas.text((middle, first), &cut(&caption.word, room), font);
    if let Some(label) = &caption.label {
        let label = cut(&format!("({label})"), room);
        canvas.text((middle, first + SECOND), &label, Font::words(CAPTION_SIZE).fill(theme::SOFT_INK));
    }
}

/// How many images stand side by side by default: more beside than below each other, and room for labels.
fn columns(count: usize, has_captions: bool) -> usize {
    let most = if has_captions { 6 } else { 12 };
    ((count as f64 * 1.6).sqrt().ceil() as usize).clamp(4, most)
}
