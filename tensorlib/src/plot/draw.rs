//! Which picture a plot becomes.

use super::figure::{Content, Plot};
use super::{chart, confusion, image};
use crate::picture::Diagram;

impl Plot {
    /// Draws the plot.
    #[must_use]
    pub fn draw(&self) -> Diagram {
        match &self.content {
            Content::Series(series) => chart::series(self, series),
            Content::Histogram { edges, counts } => chart::histogram(self, edges, counts),
            Content::Bars { names, heights } => chart::bars(self, names, heights),
            Content::Heat(matrix, names) => image::heat_map(self, matrix, names),
            Content::Images { images, columns } => image::images(self, images, *columns),
            Content::Confusion(confusion) => confusion::draw::draw(self, confusion),
        }
    }
}
