//! The graph behind a value, to be looked at: which operations, on what, and what is known of their gradients.
//!
//! Nothing here changes the graph, or waits for a backward pass that is running.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use super::node::Node;
use crate::tensor::Tensor;

/// Where an operand of an operation comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    /// A result of one of the visited nodes.
    Node { at: usize, output: usize },
    /// A node behind the last one that was visited.
    Beyond,
}

/// The operations that led to a value, the latest first, and then the leaves.
pub(crate) struct Graph {
    nodes: Vec<Arc<dyn Node>>,
    operands: Vec<Vec<Source>>,
    /// Which result of the first node the value is.
    output: usize,
}

impl Graph {
    /// Visits the nodes behind a value, the latest first, and no more than `limit` of them. `None` when there are none.
    pub fn of(value: &Tensor, limit: usize) -> Option<Graph> {
        let root = value.has_history().then(|| value.edge()).flatten()?;
        let output = root.output as usize;
        // By the order in which they are met; the queue brings the latest first.
        let mut met = vec![root.node];
        let mut place = HashMap::from([(address(&met[0]), 0)]);
        let mut queue = BinaryHeap::from([(met[0].head().sequence, Reverse(0))]);
        let mut order = Vec::new();
        let mut operands: Vec<Vec<Source>> = vec![Vec::new()];
        while let Some((_, Reverse(at))) = queue.pop() {
            order.push(at);
            let node = met[at].clone();
            for edge in node.head().edges() {
                let known = place.get(&address(&edge.node)).copied();
                let source = match known {
                    Some(at) => Source::Node { at, output: edge.output as usize },
                    None if met.len() < limit => {
                        let new = met.len();
                        met.push(edge.node.clone());
                        operands.push(Vec::new());
                        place.insert(address(&edge.node), new);
                        queue.push((edge.node.head().sequence, Reverse(new)));
                        Source::Node { at: new, output: edge.output as usize }
                    }
                    None => Source::Beyond,
                };
                operands[at].push(source);
            }
        }
        let mut rank = vec![0; met.len()];
        order.iter().enumerate().for_each(|(now, &before)| rank[before] = now);
        let renamed = |source: &Source| match *source {
            Source::Node { at, output } => Source::Node { at: rank[at], output },
            Source::Beyond => Source::Beyond,
        };
        Some(Graph {
            nodes: order.iter().map(|&at| met[at].clone()).collect(),
            operands: order.iter().map(|&at| operands[at].iter().map(renamed).collect()).collect(),
            output,
        })
    }

    /// Whether all nodes were visited.
    pub fn is_complete(&self) -> bool {
        self.operands.iter().flatten().all(|source| *source != Source::Beyond)
    }

    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn output(&self) -> usize {
        self.output
    }

    pub fn is_leaf(&self, at: usize) -> bool {
        self.nodes[at].leaf().is_some()
    }

    /// PyTorch's name of the node: `MulBackward0`.
    pub fn name(&self, at: usize) -> &'static str {
        self.nodes[at].head().name
    }

    /// The method that the node is the record of: `mul`.
    pub fn method(&self, at: usize) -> String {
        self.nodes[at].head().method()
    }

    /// The operands that gradients flow to, in their order. Nodes among them stand behind this one.
    pub fn operands(&self, at: usize) -> &[Source] {
        &self.operands[at]
    }

    pub fn results(&self, at: usize) -> usize {
        self.nodes[at].head().results()
    }

    pub fn shape(&self, at: usize, output: usize) -> &[usize] {
        &self.nodes[at].head().meta(output).shape
    }

    /// The values of a leaf, while a tensor has them.
    pub fn value(&self, at: usize) -> Option<Tensor> {
        self.nodes[at].leaf()?.values()
    }

    /// The gradient of a leaf, or the one that a result was asked to retain.
    pub fn gradient(&self, at: usize, output: usize) -> Option<Tensor> {
        let kept = match self.nodes[at].leaf() {
            Some(leaf) => leaf.try_gradient(),
            None => self.nodes[at].head().try_retained(output),
        };
        kept.map(|gradient| gradient.values())
    }
}

fn address(node: &Arc<dyn Node>) -> usize {
    Arc::as_ptr(node).cast::<()>() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    fn names(graph: &Graph) -> Vec<&'static str> {
        (0..graph.len()).map(|at| graph.name(at)).collect()
    }

    #[test]
    fn results_stand_before_their_operands_and_leaves_last() {
        let (x, w) = (ones([3]).requires_grad_(true), ones([3]).requires_grad_(true));
        let loss = ((&x * &w) - &x).sum();
        let graph = Graph::of(&loss, 100).expect("a graph");
        assert_eq!(names(&graph), ["SumBackward0", "SubBackward0", "MulBackward0", "AccumulateGrad", "AccumulateGrad"]);
        let node = |at| Source::Node { at, output: 0 };
        assert_eq!(graph.operands(1), [node(2), node(3)]);
        assert_eq!(graph.operands(2), [node(3), node(4)]);
        assert!(graph.is_leaf(3) && graph.shape(3, 0) == [3]);
        assert!(Graph::of(&ones([2]), 100).is_none());
    }

    #[test]
    fn long_graphs_end_at_the_limit() {
        let x = ones([2]).requires_grad_(true);
        let y = (0..1000).fold(&x + 0, |y, _| y * 1.5);
        let graph = Graph::of(&y, 10).expect("a graph");
        assert_eq!(graph.len(), 10);
        assert_eq!(graph.operands(9), [Source::Beyond]);
    }

    #[test]
    fn leaves_show_their_values_while_a_tensor_has_them() {
        let w = tensor![1.0, 2.0].requires_grad_(true);
        let y = &w + 1;
        let value = || Graph::of(&y, 10).and_then(|graph| graph.value(1)).map(|value| value.to_vec::<f32>());
        no_grad(|| w.mul_(10));
        assert_eq!(value(), Some(vec![10.0, 20.0]));
        drop(w);
        assert_eq!(value(), None);
    }

    #[test]
    fn a_hook_may_look_at_the_graph_that_is_gone_through() {
        let x = tensor![1.0].requires_grad_(true);
        let y = &x * 2;
        let z = &y * 3;
        let graph = std::sync::Mutex::new(Graph::of(&z, 10));
        y.register_hook(move |gradient| {
            let graph = graph.lock().unwrap().take();
            assert!(graph.is_some_and(|graph| graph.gradient(1, 0).is_none()));
            gradient.alias()
        });
        y.retain_grad();
        z.sum().backward();
        assert_eq!(Graph::of(&z, 10).and_then(|graph| graph.gradient(1, 0)).map(|g| g.item::<f32>()), Some(3.0));
    }
}
