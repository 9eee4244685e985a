use super::by_hand::by_hand;
use super::*;
use crate::prelude::*;

const OPS: [RecurrentOp; 4] = [RecurrentOp::Tanh, RecurrentOp::Relu, RecurrentOp::Lstm, RecurrentOp::Gru];

/// A layer with numbers that have no pattern: input, weights, biases, states.
fn operands(
    op: RecurrentOp,
    [steps, batch, inputs, hidden]: [usize; 4],
    batch_first: bool,
    dtype: DType,
) -> Vec<Tensor> {
    manual_seed(op.gates() as u64);
    let width = op.gates() * hidden;
    let x = if batch_first { [batch, steps, inputs] } else { [steps, batch, inputs] };
    let mut made = vec![randn(x), randn([width, inputs]), randn([width, hidden]), randn([width]), randn([width])];
    made.extend([randn([batch, hidden]), randn([batch, hidden])]);
    made.truncate(if op == RecurrentOp::Lstm { 7 } else { 6 });
    made.into_iter().map(|x| (x * 0.7).to(dtype).requires_grad_(true)).collect()
}

/// The results of a layer with these operands; without biases or states, those are left out.
fn through(given: &[&Tensor], op: RecurrentOp, way: Way) -> Vec<Tensor> {
    let biases = way.has_biases.then(|| [given[3], given[4]]);
    let direction =
        Direction { op, weights: [given[1], given[2]], biases, batch_first: way.batch_first, reverse: way.reverse };
    recurrent(given[0], if way.has_states { &given[5..] } else { &[] }, &direction).unwrap()
}

#[derive(Clone, Copy, Debug)]
struct Way {
    batch_first: bool,
    reverse: bool,
    has_biases: bool,
    has_states: bool,
}

fn ways() -> impl Iterator<Item = (RecurrentOp, Way)> {
    let way =
        |n: usize| Way { batch_first: n & 1 > 0, reverse: n & 2 > 0, has_biases: n & 4 > 0, has_states: n & 8 > 0 };
    OPS.into_iter().flat_map(move |op| (0..16).map(move |n| (op, way(n))))
}

/// All results in one row, each element with a different weight.
fn row(results: &[Tensor]) -> Tensor {
    let row = cat(&results.iter().map(|result| result.reshape(-1)).collect::<Vec<_>>()[..]);
    let weights = (arange(row.numel()).double() * 1.7 + 0.3).cos().to(row.dtype());
    row * weights
}

#[test]
fn gradients_are_those_of_finite_differences() {
    for (op, way) in ways() {
        let operands = operands(op, [3, 2, 2, 2], way.batch_first, DType::F64);
        let given: Vec<&Tensor> = operands.iter().collect();
        autograd::gradcheck(|x| row(&through(x, op, way)).sum(), &given);
    }
}

#[test]
fn gradients_have_gradients() {
    for (op, way) in ways().filter(|(_, way)| way.has_biases == way.has_states) {
        let operands = operands(op, [2, 2, 2, 2], way.batch_first, DType::F64);
        let given: Vec<&Tensor> = operands.iter().collect();
        autograd::gradgradcheck(|x| row(&through(x, op, way)).sum(), &given);
    }
}

#[test]
fn one_operation_gives_what_many_do() {
    // More than a tile in each direction, and more terms than kernels take at a time.
    for (op, way) in ways().filter(|(_, way)| way.has_states) {
        let operands = operands(op, [5, 19, 33, 87], way.batch_first, DType::F64);
        let given: Vec<&Tensor> = operands.iter().map(|x| x as &Tensor).collect();
        let made = through(&given, op, way);
        let (batch_first, reverse) = (way.batch_first, way.reverse);
        let r = Recurrence { op, batch: 19, steps: 5, hidden: 87, batch_first, reverse };
        let mut tensors: Vec<Tensor> = operands.iter().map(Tensor::alias).collect();
        if !way.has_biases {
            tensors.drain(3..5);
        }
        let states = operands.len() - 5;
        let expected = by_hand(&Given { tensors, has_biases: way.has_biases, states }, &r).unwrap();
        let slopes = |results: &[Tensor]| autograd::backward(&[&row(results).sum()]).allow_unused(true).grad(&given);
        for (made, expected) in made.iter().chain(&slopes(&made)).zip(expected.iter().chain(&slopes(&expected))) {
            assert!(made.allclose_within(expected, 1e-9, 1e-9), "{op:?} {way:?}");
        }
    }
}

#[test]
fn a_gradient_may_come_from_any_of_the_results() {
    for op in OPS {
        let operands = operands(op, [3, 2, 2, 3], false, DType::F64);
        let given: Vec<&Tensor> = operands.iter().collect();
        let way = Way { batch_first: false, reverse: false, has_biases: true, has_states: true };
        for result in 0..operands.len() - 4 {
            autograd::gradcheck(|x| row(&through(x, op, way)[result..=result]).sum(), &given);
        }
    }
}

#[test]
fn operands_may_be_made_from_each_other() {
    let x = (randn([2, 2, 3]) * 0.5).double().requires_grad_(true);
    let w = (randn([12, 3]) * 0.5).double().requires_grad_(true);
    let f = |given: &[&Tensor]| {
        // The states depend on the input, and both weights are one.
        let state = given[0].i(0).tanh();
        let direction = Direction {
            op: RecurrentOp::Lstm,
            weights: [given[1], given[1]],
            biases: None,
            batch_first: false,
            reverse: false,
        };
        row(&recurrent(given[0], &[&state, &(&state * 2)], &direction).unwrap()).sum()
    };
    autograd::gradcheck(f, &[&x, &w]);
    autograd::gradgradcheck(f, &[&x, &w]);
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    for op in OPS {
        let operands = operands(op, [6, 45, 40, 70], true, DType::F32);
        let given: Vec<&Tensor> = operands.iter().collect();
        let way = Way { batch_first: true, reverse: false, has_biases: true, has_states: true };
        let all = |threads: usize| {
            crate::set_num_threads(threads);
            let made = through(&given, op, way);
            let slopes = autograd::grad(&row(&made).sum(), &given);
            made.into_iter().chain(slopes).collect::<Vec<_>>()
        };
        let (alone, together) = (all(1), all(3));
        assert!(alone.iter().zip(&together).all(|(a, b)| a.equal(b)), "{op:?}");
    }
}

#[test]
fn a_changed_output_is_refused_and_no_graph_holds_itself() {
    let operands = operands(RecurrentOp::Lstm, [3, 2, 2, 3], false, DType::F32);
    let given: Vec<&Tensor> = operands.iter().collect();
    let way = Way { batch_first: false, reverse: false, has_biases: true, has_states: false };
    let made = through(&given, RecurrentOp::Lstm, way);
    made[0].mul_(2);
    let refused = made[1].sum().try_backward().unwrap_err().to_string();
    assert!(refused.contains("lstm"), "{refused}");
    for op in OPS {
        let made = through(&given[..], RecurrentOp::Lstm, way);
        let memory = std::sync::Arc::downgrade(&made[0].storage);
        drop(made);
        assert!(memory.upgrade().is_none(), "{op:?}");
    }
}
