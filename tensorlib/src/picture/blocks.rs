//! A model as blocks from top to bottom, with the tensors that flow between them.

use super::Diagram;
use super::canvas::{Anchor, Canvas, Font, Stroke};
use super::theme::{self, folded};
use super::tiles::Tiles;
use crate::nn::show::grouped;
use crate::plot::cut;

/// A layer.
pub(super) struct Block {
    /// Its place in the model, as it names its parameters.
    pub name: String,
    pub word: String,
    /// The text in its parentheses.
    pub options: String,
    /// `None` where the layer came before.
    pub parameters: Option<usize>,
    pub weight: Option<Tiles>,
    /// What comes out of it, if an input went through.
    pub output: Option<Flow>,
}

/// A tensor on its way.
pub(super) struct Flow {
    pub shape: String,
    pub tiles: Option<Tiles>,
}

/// A model.
pub(super) struct Model {
    pub word: String,
    pub parameters: usize,
    pub input: Option<Flow>,
    pub blocks: Vec<Block>,
}

const WIDTH: f64 = 520.0;
const LEFT: f64 = 22.0;
/// More blocks are folded in the middle.
const MOST_BLOCKS: usize = 24;
const TALL: f64 = 52.0;
const LOW: f64 = 32.0;
/// The height of small images.
const TILE: f64 = 34.0;
/// Where the arrows are.
const WAY: f64 = LEFT + 30.0;

impl Flow {
    /// How high the space between two blocks is.
    fn height(&self) -> f64 {
        if self.tiles.is_some() { TILE + 18.0 } else { 32.0 }
    }
}

impl Block {
    fn height(&self) -> f64 {
        if self.weight.is_some() || self.parameters != Some(0) { TALL } else { LOW }
    }

    fn way_height(&self) -> f64 {
        self.output.as_ref().map_or(16.0, Flow::height)
    }

    fn count(&self) -> Option<String> {
        match self.parameters {
            None => Some("the same again".to_owned()),
            Some(0) => None,
            Some(1) => Some("1 parameter".to_owned()),
            Some(count) => Some(format!("{} parameters", grouped(count))),
        }
    }

    /// One line of the text.
    fn line(&self) -> String {
        let name = if self.name.is_empty() { String::new() } else { format!("{}: ", self.name) };
        let count = self.count().map(|count| format!(", {count}")).unwrap_or_default();
        let output = self.output.as_ref().map(|flow| format!(" → {}", flow.shape)).unwrap_or_default();
        format!("{name}{}({}){count}{output}", self.word, self.options)
    }
}

/// Draws a model.
pub(super) fn draw(model: &Model) -> Diagram {
    let shown = folded(model.blocks.len(), MOST_BLOCKS);
    let heights = shown.iter().map(|place| match place {
        Some(number) => model.blocks[*number].height() + model.blocks[*number].way_height(),
        None => LOW + 16.0,
    });
    let entry = model.input.as_ref().map_or(0.0, Flow::height);
    let has_output = model.blocks.last().is_some_and(|block| block.output.is_some());
    let end = if has_output { 0.0 } else { -16.0 };
    let mut canvas = Canvas::new(WIDTH, 52.0 + entry + heights.sum::<f64>() + end + 18.0);
    let heading = heading(model);
    canvas.text((WIDTH / 2.0, 26.0), &heading, Font::words(16.0).bold());
    let mut y = 48.0;
    if let Some(input) = &model.input {
        flow(&mut canvas, y, input);
        y += entry;
    }
    let last = shown.len() - 1;
    for (row, place) in shown.iter().enumerate() {
        match place {
            Some(number) => y = block(&mut canvas, y, &model.blocks[*number], row == last),
            None => {
                rest(&mut canvas, y, &hidden(model, &shown));
                y += LOW + 16.0;
            }
        }
    }
    let mut text = heading.clone();
    if let Some(input) = &model.input {
        text.push_str(&format!("\n  input {}", input.shape));
    }
    model.blocks.iter().for_each(|block| text.push_str(&format!("\n  {}", block.line())));
    Diagram::new(canvas.finish(&heading), text)
}

fn heading(model: &Model) -> String {
    let (count, s) = (model.blocks.len(), if model.blocks.len() == 1 { "" } else { "s" });
    format!("{}: {count} layer{s}, {} parameters", model.word, grouped(model.parameters))
}

/// The blocks that are folded away.
fn hidden<'a>(model: &'a Model, shown: &[Option<usize>]) -> Vec<&'a Block> {
    (0..model.blocks.len())
        .filter(|number| !shown.contains(&Some(*number)))
        .map(|number| &model.blocks[number])
        .collect()
}

/// A block and what comes out of it; gives where the next one begins.
fn block(canvas: &mut Canvas, y: f64, block: &Block, is_last: bool) -> f64 {
    let height = block.height();
    let tone = if block.parameters == Some(0) { theme::BIAS } else { theme::HIDDEN };
    canvas.rect((LEFT, y), (WIDTH - 2.0 * LEFT, height), 7.0, tone.fill, Stroke::new(tone.rim, 1.4));
    let right = WIDTH - LEFT - 10.0;
    let tiles = block.weight.as_ref().map_or(0.0, |tiles| tiles.draw(canvas, (right, y + height / 2.0), TILE));
    let line = y + if height > LOW { 18.0 } else { height / 2.0 };
    let start = Anchor::Start;
    let mut x = LEFT + 12.0;
    let room = right - tiles - x;
    if !block.name.is_empty() {
        let name = cut(&block.name, room * 0.5);
        canvas.text((x, line), &name, Font::words(14.0).fill(theme::SOFT_INK).anchor(start));
        x += theme::text_width(&name, 14.0) + 8.0;
    }
    canvas.text((x, line), &block.word, Font::words(15.0).bold().anchor(start));
    // Bold letters are wider.
    x += theme::text_width(&block.word, 17.0) + 6.0;
    let second = block.count();
    let options = if block.options.is_empty() { String::new() } else { format!("({})", block.options) };
    let left = right - tiles - x;
    if left > 60.0 && !options.is_empty() {
        canvas.text((x, line), &cut(&options, left), Font::words(13.0).fill(theme::SOFT_INK).anchor(start));
    }
    if let Some(second) = second {
        let at = (LEFT + 12.0, y + 37.0);
        canvas.text(at, &cut(&second, room), Font::words(13.0).fill(theme::SOFT_INK).anchor(start));
    }
    match &block.output {
        Some(output) => flow(canvas, y + height, output),
        None if is_last => {}
        None => canvas.arrow((WAY, y + height), (WAY, y + height + 15.0), Stroke::new(theme::LINE, 1.6)),
    }
    y + height + block.way_height()
}

/// An arrow down, with what flows along it.
fn flow(canvas: &mut Canvas, y: f64, flow: &Flow) {
    let height = flow.height();
    canvas.arrow((WAY, y + 1.0), (WAY, y + height - 1.0), Stroke::new(theme::LINE, 1.6));
    let middle = y + height / 2.0;
    canvas.text((WAY + 14.0, middle), &flow.shape, Font::words(14.0).anchor(Anchor::Start));
    if let Some(tiles) = &flow.tiles {
        tiles.draw(canvas, (WIDTH - LEFT - 10.0, middle), TILE);
    }
}

/// The placeholder for the blocks that are folded away.
fn rest(canvas: &mut Canvas, y: f64, hidden: &[&Block]) {
    let parameters: usize = hidden.iter().filter_map(|block| block.parameters).sum();
    let words = format!("… {} more layers, {} parameters", hidden.len(), grouped(parameters));
    canvas.text((LEFT + 12.0, y + LOW / 2.0), &words, Font::words(14.0).fill(theme::SOFT_INK).anchor(Anchor::Start));
    canvas.arrow((WAY, y + LOW), (WAY, y + LOW + 15.0), Stroke::new(theme::LINE, 1.6));
}
