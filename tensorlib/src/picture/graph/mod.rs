//! The graph of operations behind a value: from the leaves at the top down to the value.

mod layers;
mod plan;

use self::layers::{ENTRY_GAP, Item, Link, Run, layout};
use self::plan::{Block, Kind, Plan, Wire};
use super::Diagram;
use super::canvas::{Canvas, Font, Piece, Point, Stroke};
use super::theme::{self, short, size_text};
use crate::Tensor;
use crate::autograd::graph::Graph;

const MARGIN: f64 = 24.0;
const NAME_SIZE: f64 = 15.0;
const SMALL_SIZE: f64 = 13.5;
const LINE_HEIGHT: f64 = 19.0;
/// Tensors up to this many elements are written out.
const MOST_VALUES: usize = 4;
/// Operations of a folded chain that are named.
const MOST_NAMED: usize = 3;
/// Longer names, which only operations of a user's own can have, are cut.
const LONGEST_NAME: usize = 24;

/// Draws the graph behind `value`.
pub(super) fn draw(graph: &Graph, value: &Tensor) -> Diagram {
    let plan = plan::plan(graph);
    let boxes: Vec<Drawn> = plan.blocks.iter().map(|block| drawn(graph, &plan, block, value)).collect();
    let exits: Vec<Vec<Exit>> = (0..boxes.len()).map(|at| exits(graph, &plan, at)).collect();
    let weights = weights(&plan);
    let item = |at: usize| item(&boxes[at], plan.blocks[at].inputs.len(), &exits[at], weights[at]);
    let items: Vec<Item> = (0..boxes.len()).map(item).collect();
    let links: Vec<Link> = links(&plan, &exits);
    let layout = layout(&items, &links);

    let title = counted(graph);
    let width = f64::max(180.0, layout.size.0 + 2.0 * MARGIN);
    let left = (width - layout.size.0) / 2.0;
    let shift = |(x, y): Point| (x + left, y + MARGIN);
    let mut canvas = Canvas::new(width, layout.size.1 + 2.0 * MARGIN);
    for run in &layout.runs {
        edge(&mut canvas, run, shift);
    }
    for ((exits, labels), block) in exits.iter().zip(&layout.labels).zip(&plan.blocks) {
        // A leaf has its shape in its box, and single numbers have none.
        let is_leaf = matches!(block.kind, Kind::Leaf(_));
        for (exit, at) in exits.iter().zip(labels).filter(|(exit, _)| !is_leaf && !exit.label.is_empty()) {
            let font = Font::words(SMALL_SIZE).fill(theme::SOFT_INK).backed();
            canvas.text(shift(*at), &exit.label, font);
        }
    }
    for ((drawn, corner), item) in boxes.iter().zip(&layout.corners).zip(&items) {
        drawn.draw(&mut canvas, shift(*corner), item.size);
    }
    Diagram::new(canvas.finish(&format!("Graph of {title}")), text(graph, &plan, value, &title))
}

/// How a box looks.
#[derive(Clone, Copy, PartialEq)]
enum Look {
    Value,
    Leaf,
    Operation,
    Chain,
    More,
}

/// A box with its lines of text.
struct Drawn {
    look: Look,
    lines: Vec<(String, Font, f64)>,
    title: String,
}

impl Drawn {
    /// The size that the text needs, and the edges that end and begin here.
    fn size(&self, inputs: usize, exits: &[Exit]) -> (f64, f64) {
        let text = self.lines.iter().map(|(line, _, size)| theme::text_width(line, *size)).fold(0.0, f64::max);
        let padding = if matches!(self.look, Look::Operation | Look::Chain) { 26.0 } else { 20.0 };
        let entered = ENTRY_GAP * inputs as f64 + 12.0;
        let left = exit_room(exits) * exits.len() as f64;
        let width = [text + padding, entered, left].into_iter().fold(48.0, f64::max);
        ((width / 2.0).ceil() * 2.0, 12.0 + LINE_HEIGHT * self.lines.len() as f64 + self.behind())
    }

    /// How far a chain's other operations, which lie behind the first, stand out.
    fn behind(&self) -> f64 {
        if self.look == Look::Chain { 5.0 } else { 0.0 }
    }

    fn draw(&self, canvas: &mut Canvas, at: Point, size: (f64, f64)) {
        canvas.titled(&self.title, |canvas| {
            let (tone, round) = match self.look {
                Look::Value => (theme::OUTPUT, 5.0),
                Look::Leaf => (theme::INPUT, 5.0),
                Look::Operation | Look::Chain => (theme::HIDDEN, 15.5),
                Look::More => (theme::BIAS, 5.0),
            };
            let behind = self.behind();
            let (corner, size) = (at, (size.0, size.1 - behind));
            let at = (at.0, at.1 + behind);
            if behind > 0.0 {
                let inset = 12.0;
                let size = (size.0 - 2.0 * inset, size.1);
                canvas.rect((corner.0 + inset, corner.1), size, round, tone.mark, Stroke::new(tone.rim, 1.2));
            }
            let rim = Stroke::new(tone.rim, 1.6).dashed(self.look == Look::More);
            canvas.rect(at, size, round, tone.fill, rim);
            for (number, (line, font, _)) in self.lines.iter().enumerate() {
                let y = at.1 + 6.0 + LINE_HEIGHT * (number as f64 + 0.5);
                canvas.text((at.0 + size.0 / 2.0, y), line, *font);
            }
        });
    }
}

fn drawn(graph: &Graph, plan: &Plan, block: &Block, value: &Tensor) -> Drawn {
    let name = |text: String| (text, Font::words(NAME_SIZE), NAME_SIZE);
    let small = |text: String| (text, Font::words(SMALL_SIZE), SMALL_SIZE);
    let soft = |text: String| (text, Font::words(SMALL_SIZE).fill(theme::SOFT_INK), SMALL_SIZE);
    let gradient = |text: String| (text, Font::words(SMALL_SIZE).fill(theme::OUTPUT.rim), SMALL_SIZE);
    match &block.kind {
        Kind::Value => {
            let mut lines = vec![(VALUE.to_owned(), Font::words(NAME_SIZE), NAME_SIZE)];
            lines.extend(values(value).map(small));
            Drawn { look: Look::Value, lines, title: format!("{} {}", value.dtype(), value.size()) }
        }
        Kind::Leaf(_) => {
            let mut lines = vec![name(with_shape(&leaf_name(plan, block), graph.shape(block.node, 0)))];
            lines.extend(leaf_values(graph, block.node).map(small));
            lines.extend(gradient_of(graph, block.node).map(gradient));
            Drawn { look: Look::Leaf, lines, title: graph.name(block.node).to_owned() }
        }
        Kind::Operation => {
            let mut lines = vec![name(method(graph, block.node))];
            lines.extend(gradient_of(graph, block.node).map(gradient));
            Drawn { look: Look::Operation, lines, title: graph.name(block.node).to_owned() }
        }
        Kind::Chain(nodes) => {
            let lines = vec![name(format!("{} operations", grouped(nodes.len()))), soft(methods(graph, nodes))];
            let shown = nodes.iter().rev().take(20).map(|&node| graph.name(node)).collect::<Vec<_>>().join(", ");
            let rest = if nodes.len() > 20 { ", …" } else { "" };
            Drawn { look: Look::Chain, lines, title: shown + rest }
        }
        more @ Kind::More { .. } => {
            let text = more_text(more);
            Drawn { look: Look::More, lines: vec![soft(text.clone())], title: text }
        }
    }
}

/// The box of the value itself is called so.
const VALUE: &str = "result";

fn leaf_name(plan: &Plan, block: &Block) -> String {
    match block.kind {
        Kind::Leaf(number) if plan.leaves > 1 => format!("leaf {number}"),
        _ => "leaf".to_owned(),
    }
}

fn with_shape(name: &str, shape: &[usize]) -> String {
    if shape.is_empty() { name.to_owned() } else { format!("{name} {}", size_text(shape)) }
}

/// The method's name of an operation.
fn method(graph: &Graph, node: usize) -> String {
    let name = graph.method(node);
    if name.chars().count() <= LONGEST_NAME {
        return name;
    }
    name.chars().take(LONGEST_NAME - 1).chain(['…']).collect()
}

/// The names of the operations of a chain, in the order in which they were done: each once, and only the first few.
fn methods(graph: &Graph, nodes: &[usize]) -> String {
    let mut names: Vec<String> = Vec::new();
    for &node in nodes.iter().rev() {
        let name = method(graph, node);
        if names.contains(&name) {
            continue;
        }
        if names.len() == MOST_NAMED {
            names.push("…".to_owned());
            break;
        }
        names.push(name);
    }
    names.join(", ")
}

fn more_text(more: &Kind) -> String {
    let Kind::More { operations, leaves, all } = *more else { return String::new() };
    let (count, what) = if operations > 0 { (operations, "operation") } else { (leaves, "leaf") };
    let what = match (count, what) {
        (1, what) => what,
        (_, "leaf") => "leaves",
        _ => "operations",
    };
    match (count, all) {
        (0, _) => "… more operations".to_owned(),
        (_, true) => format!("… {} more {what}", grouped(count)),
        (_, false) => format!("… more than {} more {what}", grouped(count)),
    }
}

/// A count with its thousands apart: `12,345`.
fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What the graph is made of, in words.
fn counted(graph: &Graph) -> String {
    let leaves = (0..graph.len()).filter(|&at| graph.is_leaf(at)).count();
    let operations = graph.len() - leaves;
    let counted =
        |count: usize, one: &str, many: &str| format!("{} {}", grouped(count), if count == 1 { one } else { many });
    let more = if graph.is_complete() { "" } else { "more than " };
    format!("{more}{}, {}", counted(operations, "operation", "operations"), counted(leaves, "leaf", "leaves"))
}

/// The numbers of a small tensor: `0.50`, `[1, −2]`, `[[1, 2], [3, 4]]`.
fn values(tensor: &Tensor) -> Option<String> {
    if tensor.numel() > MOST_VALUES || tensor.numel() == 0 {
        return None;
    }
    let size = tensor.size();
    let mut parts: Vec<String> = tensor.to_vec::<f64>().into_iter().map(short).collect();
    for &length in size.iter().rev() {
        parts = parts.chunks(length).map(|row| format!("[{}]", row.join(", "))).collect();
    }
    parts.pop()
}

fn leaf_values(graph: &Graph, node: usize) -> Option<String> {
    if graph.shape(node, 0).iter().product::<usize>() > MOST_VALUES {
        return None;
    }
    values(&graph.value(node)?)
}

/// The gradient that is kept at a node: the numbers of a small one, the length of a large one.
fn gradient_of(graph: &Graph, node: usize) -> Option<String> {
    let gradient = graph.gradient(node, 0)?;
    match values(&gradient) {
        Some(values) => Some(format!("grad {values}")),
        None if gradient.numel() == 0 => None,
        None => Some(format!("‖grad‖ {}", short(gradient.norm().item::<f64>()))),
    }
}

/// A place where edges leave a box: a result of a node in it.
struct Exit {
    result: Option<(usize, usize)>,
    label: String,
}

/// The exits of a box, in the order of the results.
fn exits(graph: &Graph, plan: &Plan, block: usize) -> Vec<Exit> {
    let wires = plan.blocks.iter().flat_map(|block| &block.inputs).filter(|wire| wire.from == block);
    let mut results: Vec<Option<(usize, usize)>> = wires.map(|wire| wire.result).collect();
    results.sort_unstable();
    results.dedup();
    let label = |result: &Option<(usize, usize)>| match *result {
        Some((node, output)) if !graph.shape(node, output).is_empty() => size_text(graph.shape(node, output)),
        _ => String::new(),
    };
    results.iter().map(|result| Exit { result: *result, label: label(result) }).collect()
}

fn links(plan: &Plan, exits: &[Vec<Exit>]) -> Vec<Link> {
    let link = |to: usize, wire: &Wire| Link {
        from: wire.from,
        exit: exits[wire.from].iter().position(|exit| exit.result == wire.result).unwrap_or(0),
        to,
    };
    let blocks = plan.blocks.iter().enumerate();
    blocks.flat_map(|(to, block)| block.inputs.iter().map(move |wire| link(to, wire))).collect()
}

fn item(drawn: &Drawn, inputs: usize, exits: &[Exit], weight: f64) -> Item {
    let room = exit_room(exits);
    let offset = |at: usize| (at as f64 - (exits.len().max(1) - 1) as f64 / 2.0) * room;
    Item {
        size: drawn.size(inputs, exits),
        weight,
        exits: (0..exits.len()).map(offset).collect(),
        labelled: drawn.look != Look::Leaf && exits.iter().any(|exit| !exit.label.is_empty()),
    }
}

/// The width that each exit of a box needs.
fn exit_room(exits: &[Exit]) -> f64 {
    exits.iter().map(|exit| theme::text_width(&exit.label, SMALL_SIZE) + 10.0).fold(14.0, f64::max)
}

/// How much each box wants to stand straight above what is made from it. Where one operand has a much longer history than
/// the others it goes straight on, and the others join it from the side; leaves are always at the side of operations.
fn weights(plan: &Plan) -> Vec<f64> {
    let mut height = vec![0_usize; plan.blocks.len()];
    for at in (0..plan.blocks.len()).rev() {
        let above = |wire: &Wire| height[wire.from] + 1;
        height[at] = match plan.blocks[at].kind {
            // Of what is not drawn the history is long.
            Kind::More { operations, .. } => {
                if operations > 0 {
                    MUCH_LONGER
                } else {
                    0
                }
            }
            _ => plan.blocks[at].inputs.iter().map(above).max().unwrap_or(0),
        };
    }
    let mut weights = vec![0.0_f64; plan.blocks.len()];
    for block in &plan.blocks {
        let longest = block.inputs.iter().map(|wire| height[wire.from]).max().unwrap_or(0);
        for wire in &block.inputs {
            let weight = match height[wire.from] {
                0 => LEAF_WEIGHT,
                height if height + MUCH_LONGER <= longest => SIDE_WEIGHT,
                _ => 1.0,
            };
            weights[wire.from] = weights[wire.from].max(weight);
        }
    }
    weights[0] = 1.0;
    weights
}

const MUCH_LONGER: usize = 3;
const SIDE_WEIGHT: f64 = 1e-3;
const LEAF_WEIGHT: f64 = 1e-7;

fn edge(canvas: &mut Canvas, run: &Run, shift: impl Fn(Point) -> Point) {
    let stroke = Stroke::new(theme::LINE, 1.6);
    let mut pieces: Vec<Piece> = run
        .pieces
        .iter()
        .map(|piece| match *piece {
            Piece::Straight(to) => Piece::Straight(shift(to)),
            Piece::Bent(to) => Piece::Bent(shift(to)),
        })
        .collect();
    let Some(Piece::Straight(end) | Piece::Bent(end)) = pieces.pop() else { return };
    if !run.arrives {
        pieces.push(Piece::Straight(end));
        canvas.path(shift(run.start), &pieces, stroke);
        return;
    }
    let base = (end.0, end.1 - ARROW.1 + 1.0);
    pieces.push(if pieces.is_empty() { Piece::Bent(base) } else { Piece::Straight(base) });
    canvas.path(shift(run.start), &pieces, stroke);
    let (half, length) = ARROW;
    canvas.polygon(&[end, (end.0 - half, end.1 - length), (end.0 + half, end.1 - length)], theme::LINE, None);
}

/// Half the width, and the length of an arrow's head.
const ARROW: (f64, f64) = (4.2, 8.0);

/// The graph in words: a line for each box, leaves first, then operations in the order in which they were done.
fn text(graph: &Graph, plan: &Plan, value: &Tensor, title: &str) -> String {
    let blocks = &plan.blocks;
    let is_leaf = |at: &usize| matches!(blocks[*at].kind, Kind::Leaf(_));
    let mut leaves: Vec<usize> = (0..blocks.len()).filter(is_leaf).collect();
    leaves.sort_by_key(|&at| if let Kind::Leaf(number) = blocks[at].kind { number } else { 0 });
    let others: Vec<usize> = (0..blocks.len()).rev().filter(|at| !is_leaf(at)).collect();
    let mut names = vec![String::new(); blocks.len()];
    leaves.iter().for_each(|&at| names[at] = leaf_name(plan, &blocks[at]));
    others.iter().enumerate().for_each(|(number, &at)| names[at] = format!("#{}", number + 1));

    let mut lines = vec![format!("graph of {title}")];
    let noted = |line: String, note: Option<String>| match note {
        Some(note) => format!("{line}, {note}"),
        None => line,
    };
    for at in leaves {
        let node = blocks[at].node;
        let line = with_shape(&names[at], graph.shape(node, 0));
        let line = match leaf_values(graph, node) {
            Some(values) => format!("{line} = {values}"),
            None => line,
        };
        lines.push(noted(line, gradient_of(graph, node)));
    }
    for at in others {
        let block = &blocks[at];
        let operand = |wire: &Wire| match wire.result {
            Some((node, output)) if graph.results(node) > 1 => format!("{}.{output}", names[wire.from]),
            _ => names[wire.from].clone(),
        };
        let operands = block.inputs.iter().map(operand).collect::<Vec<_>>().join(", ");
        let shape = if graph.results(block.node) > 1 { &[] } else { graph.shape(block.node, 0) };
        let name = with_shape(&names[at], shape);
        lines.push(match &block.kind {
            Kind::Value => {
                let line = format!("{} = {operands}", with_shape(VALUE, &value.size()));
                match values(value) {
                    Some(values) => format!("{line} = {values}"),
                    None => line,
                }
            }
            Kind::Chain(nodes) => {
                format!("{name} = {} operations ({}) of {operands}", grouped(nodes.len()), methods(graph, nodes))
            }
            more @ Kind::More { .. } => format!("{} = {}", names[at], more_text(more)),
            _ => noted(format!("{name} = {}({operands})", method(graph, block.node)), gradient_of(graph, block.node)),
        });
    }
    lines.join("\n  ")
}
