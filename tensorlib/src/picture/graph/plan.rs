//! Which boxes a graph becomes: each operation and leaf one, while they are few; else chains of operations become one box,
//! and if that is not enough, what is far from the value is cut off.

use std::collections::{BTreeSet, VecDeque};

use crate::autograd::graph::{Graph, Source};

/// The most boxes that a graph is drawn with as it is.
const MOST_BOXES: usize = 60;
/// The most rows.
const MOST_ROWS: usize = 30;
/// Chains that are folded have at least this many operations.
const SHORTEST_CHAIN: usize = 3;
/// The number of boxes of operations next to the value that are drawn of a graph that is cut.
const NEAREST: usize = 24;
/// The most operands of one operation that are drawn.
const MOST_OPERANDS: usize = 8;

/// Up to this many operands that are not drawn have a box each; more have one box together.
const MOST_CUTS: usize = 2;

/// What a box stands for.
#[derive(Debug, PartialEq)]
pub(super) enum Kind {
    /// The value whose graph is drawn.
    Value,
    /// The leaf of this number, counted from 1 in the order in which leaves were used.
    Leaf(usize),
    Operation,
    /// Operations one after the other, the latest first, by their nodes.
    Chain(Vec<usize>),
    /// What is not drawn. `all` is false when there are more that were not counted.
    More {
        operations: usize,
        leaves: usize,
        all: bool,
    },
}

/// Where an edge comes from: a box, and which result of which node in it, if it is one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Wire {
    pub from: usize,
    pub result: Option<(usize, usize)>,
}

#[derive(Debug, PartialEq)]
pub(super) struct Block {
    pub kind: Kind,
    /// Its node; of a chain the one nearest to the value.
    pub node: usize,
    pub inputs: Vec<Wire>,
}

/// The boxes, each before what it is made from, and first the value.
pub(super) struct Plan {
    pub blocks: Vec<Block>,
    pub leaves: usize,
}

pub(super) fn plan(graph: &Graph) -> Plan {
    let count = graph.len();
    let mut chains = Chains { head: (0..count).collect(), tail: (0..count).collect() };
    if count > MOST_BOXES || rows(graph) > MOST_ROWS {
        chains.find(graph);
    }
    let boxes = (0..count).filter(|&at| chains.head[at] == at).count();
    let drawn = chains.nearest(graph, if boxes > MOST_BOXES { NEAREST } else { usize::MAX });
    let mut planner = Planner { graph, chains: &chains, drawn: &drawn, blocks: Vec::new(), block: vec![0; count] };
    planner.fill();
    let mut plan = Plan { blocks: planner.blocks, leaves: 0 };
    plan.number_leaves();
    plan
}

/// The number of operations on the longest way from the value to a leaf.
fn rows(graph: &Graph) -> usize {
    let mut row = vec![0; graph.len()];
    for at in 0..graph.len() {
        for source in graph.operands(at) {
            if let Source::Node { at: from, .. } = *source {
                row[from] = row[from].max(row[at] + 1);
            }
        }
    }
    row.into_iter().max().unwrap_or(0)
}

/// Chains of operations, each known by its first node, the one nearest to the value.
struct Chains {
    head: Vec<usize>,
    /// The last node of the chain that begins here.
    tail: Vec<usize>,
}

impl Chains {
    /// Joins operations on one operand that only one other has as its operand.
    fn find(&mut self, graph: &Graph) {
        let mut users = vec![0; graph.len()];
        for at in 0..graph.len() {
            for source in graph.operands(at) {
                if let Source::Node { at: from, .. } = *source {
                    users[from] += 1;
                }
            }
        }
        let is_link =
            |at: usize| !graph.is_leaf(at) && graph.operands(at).len() == 1 && graph.gradient(at, 0).is_none();
        for at in 0..graph.len() {
            if self.head[at] != at || !is_link(at) {
                continue;
            }
            let mut nodes = vec![at];
            while let [Source::Node { at: next, .. }] = *graph.operands(nodes[nodes.len() - 1])
                && is_link(next)
                && users[next] == 1
            {
                nodes.push(next);
            }
            if nodes.len() >= SHORTEST_CHAIN {
                nodes.iter().for_each(|&node| self.head[node] = at);
                self.tail[at] = nodes[nodes.len() - 1];
            }
        }
    }

    /// The operands of a box.
    fn operands<'a>(&self, graph: &'a Graph, head: usize) -> &'a [Source] {
        graph.operands(self.tail[head])
    }

    /// The operands of a box that may have separate boxes.
    fn shown(&self, graph: &Graph, head: usize) -> Vec<usize> {
        let operands = self.operands(graph, head);
        let most = if operands.len() > MOST_OPERANDS { MOST_OPERANDS - 1 } else { operands.len() };
        let node = |source: &Source| match *source {
            Source::Node { at, .. } => Some(at),
            Source::Beyond => None,
        };
        operands[..most].iter().filter_map(node).collect()
    }

    /// The boxes that are drawn: `most` operations, those that are the fewest steps from the value, with their leaves.
    fn nearest(&self, graph: &Graph, most: usize) -> BTreeSet<usize> {
        let mut drawn = BTreeSet::from([0]);
        let mut queue = VecDeque::from([0]);
        let mut operations = 1;
        while let Some(head) = queue.pop_front() {
            for at in self.shown(graph, head) {
                if graph.is_leaf(at) {
                    drawn.insert(at);
                } else if operations < most && drawn.insert(at) {
                    operations += 1;
                    queue.push_back(at);
                }
            }
        }
        // A separate box says more than one for "1 more operation".
        let neighbours: Vec<usize> = drawn.iter().flat_map(|&head| self.shown(graph, head)).collect();
        for at in neighbours {
            let operands = self.operands(graph, at);
            let ends = |source: &Source| matches!(*source, Source::Node { at, .. } if graph.is_leaf(at) || drawn.contains(&at));
            if operands.len() <= MOST_OPERANDS && operands.iter().all(ends) {
                drawn.insert(at);
                drawn.extend(self.shown(graph, at));
            }
        }
        drawn
    }
}

struct Planner<'a> {
    graph: &'a Graph,
    chains: &'a Chains,
    drawn: &'a BTreeSet<usize>,
    blocks: Vec<Block>,
    /// The block of each drawn box.
    block: Vec<usize>,
}

impl Planner<'_> {
    fn fill(&mut self) {
        let graph = self.graph;
        if !graph.is_leaf(0) {
            let value = Wire { from: 1, result: Some((0, graph.output())) };
            self.blocks.push(Block { kind: Kind::Value, node: 0, inputs: vec![value] });
        }
        for &head in self.drawn {
            self.block[head] = self.blocks.len();
            let kind = if graph.is_leaf(head) {
                Kind::Leaf(0)
            } else if self.chains.tail[head] != head {
                let next = |&at: &usize| match *graph.operands(at) {
                    [Source::Node { at: next, .. }] if at != self.chains.tail[head] => Some(next),
                    _ => None,
                };
                Kind::Chain(std::iter::successors(Some(head), next).collect())
            } else {
                Kind::Operation
            };
            self.blocks.push(Block { kind, node: head, inputs: Vec::new() });
        }
        // Boxes for what is cut off, by the sources that they stand for.
        let mut cuts: Vec<(Vec<Source>, usize)> = Vec::new();
        for &head in self.drawn {
            let inputs = self.inputs(head, &mut cuts);
            self.blocks[self.block[head]].inputs = inputs;
        }
    }

    fn inputs(&mut self, head: usize, cuts: &mut Vec<(Vec<Source>, usize)>) -> Vec<Wire> {
        let is_drawn = |source: &Source| matches!(*source, Source::Node { at, .. } if self.drawn.contains(&at));
        let operands = self.chains.operands(self.graph, head);
        let hidden: Vec<Source> = operands.iter().copied().filter(|source| !is_drawn(source)).collect();
        let mut wires = Vec::new();
        let mut have_box = false;
        for &source in operands {
            if let Source::Node { at, output } = source
                && is_drawn(&source)
            {
                wires.push(Wire { from: self.block[at], result: Some((at, output)) });
            } else if hidden.len() <= MOST_CUTS {
                wires.push(self.cut(vec![source], cuts));
            } else if !std::mem::replace(&mut have_box, true) {
                wires.push(self.cut(hidden.clone(), cuts));
            }
        }
        wires
    }

    /// The edge from the box for operands that are not drawn, which other operations may share.
    fn cut(&mut self, set: Vec<Source>, cuts: &mut Vec<(Vec<Source>, usize)>) -> Wire {
        let result = match set[..] {
            [Source::Node { at, output }] => Some((at, output)),
            _ => None,
        };
        let of_node = |source: &Source| match *source {
            Source::Node { at, .. } => Source::Node { at, output: 0 },
            Source::Beyond => Source::Beyond,
        };
        let key: Vec<Source> = set.iter().map(of_node).collect();
        if let Some((_, from)) = cuts.iter().find(|(of, _)| *of == key) {
            return Wire { from: *from, result };
        }
        let from = self.blocks.len();
        let kind = self.behind(&set);
        self.blocks.push(Block { kind, node: 0, inputs: Vec::new() });
        cuts.push((key, from));
        Wire { from, result }
    }

    /// How much lies behind operands that are not drawn, themselves included, and is not drawn either.
    fn behind(&self, sources: &[Source]) -> Kind {
        let (mut operations, mut leaves, mut all) = (0, 0, true);
        let mut seen = vec![false; self.graph.len()];
        let mut stack = sources.to_vec();
        while let Some(source) = stack.pop() {
            let Source::Node { at, .. } = source else {
                all = false;
                continue;
            };
            if std::mem::replace(&mut seen[at], true) || self.drawn.contains(&self.chains.head[at]) {
                continue;
            }
            *(if self.graph.is_leaf(at) { &mut leaves } else { &mut operations }) += 1;
            stack.extend(self.graph.operands(at));
        }
        Kind::More { operations, leaves, all }
    }
}

impl Plan {
    /// Numbers the leaves in the order in which operations used them.
    fn number_leaves(&mut self) {
        let mut order = Vec::new();
        for at in (0..self.blocks.len()).rev() {
            for wire in &self.blocks[at].inputs {
                if matches!(self.blocks[wire.from].kind, Kind::Leaf(_)) && !order.contains(&wire.from) {
                    order.push(wire.from);
                }
            }
        }
        self.leaves = order.len();
        for (at, block) in order.into_iter().enumerate() {
            self.blocks[block].kind = Kind::Leaf(at + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tensor;
    use crate::prelude::*;

    fn plan_of(value: &Tensor) -> Plan {
        plan(&Graph::of(value, 100_000).expect("a graph"))
    }

    fn leaf() -> Tensor {
        ones([2]).requires_grad_(true)
    }

    #[test]
    fn small_graphs_have_a_box_for_each_node() {
        let (x, w) = (leaf(), leaf());
        let plan = plan_of(&(&x * &w).sum());
        let kinds: Vec<&Kind> = plan.blocks.iter().map(|block| &block.kind).collect();
        assert_eq!(kinds, [&Kind::Value, &Kind::Operation, &Kind::Operation, &Kind::Leaf(1), &Kind::Leaf(2)]);
        assert_eq!(plan.leaves, 2);
    }

    #[test]
    fn long_chains_are_one_box() {
        let x = leaf();
        let y = (0..100).fold(&x * 2, |y, _| y.sin());
        let plan = plan_of(&y.sum());
        assert_eq!(plan.blocks.len(), 3);
        assert!(matches!(&plan.blocks[1].kind, Kind::Chain(nodes) if nodes.len() == 102));
    }

    #[test]
    fn the_part_next_to_the_value_is_drawn_of_a_graph_that_is_too_large() {
        let y = (0..500).fold(leaf(), |y, _| y * &leaf());
        let plan = plan_of(&y);
        assert!(plan.blocks.len() < 60, "{} boxes", plan.blocks.len());
        let more: Vec<&Kind> =
            plan.blocks.iter().map(|block| &block.kind).filter(|kind| matches!(kind, Kind::More { .. })).collect();
        assert_eq!(more, [&Kind::More { operations: 500 - NEAREST, leaves: 501 - NEAREST, all: true }]);
    }

    #[test]
    fn a_cut_hides_more_than_one_operation() {
        let (x, w) = (leaf(), leaf());
        for steps in 100..110 {
            let y = (0..steps).fold(&x * 2, |y, _| (y * &w).tanh() + w.sin());
            let few = |kind: &Kind| matches!(kind, Kind::More { operations: 0 | 1, .. });
            assert!(!plan_of(&y).blocks.iter().any(|block| few(&block.kind)), "{steps} steps");
        }
    }

    #[test]
    fn one_box_stands_for_most_of_many_operands() {
        let many: Vec<Tensor> = (0..300).map(|_| leaf()).collect();
        let plan = plan_of(&cat(many.iter().collect::<Vec<_>>()));
        assert_eq!(plan.blocks.len(), 2 + MOST_OPERANDS);
        let last = &plan.blocks[plan.blocks.len() - 1].kind;
        assert_eq!(*last, Kind::More { operations: 0, leaves: 301 - MOST_OPERANDS, all: true });
    }

    #[test]
    fn graphs_of_any_size_become_few_boxes() {
        let (x, w) = (leaf(), leaf());
        let chain = (0..200_000).fold(&x * 2, |y, _| y * 1.0001);
        let steps = (0..60_000).fold(&x * 2, |y, _| y * &w + &x);
        for value in [chain, steps] {
            assert!(plan_of(&value).blocks.len() < 2 * MOST_BOXES);
        }
    }
}
