//! Recurrent layers are PyTorch's: first values, results and gradients of every line of `cases.txt`, which `make.py` wrote with
//! PyTorch.

use tensorlib::prelude::*;

const CASES: &str = include_str!("cases.txt");

/// How far a sum may be off, as a share of the largest element and the root of their number.
const TOLERANCE: f64 = 1e-5;

fn weights(x: &Tensor) -> Tensor {
    (arange(x.numel()).double() * 1.7 + 0.3).cos().reshape(x.size())
}

/// The options of a case, in their order.
struct Options<'a>(std::str::Split<'a, char>);

impl<'a> Options<'a> {
    fn number(&mut self) -> usize {
        self.0.next().unwrap().parse().unwrap()
    }

    fn is_set(&mut self) -> bool {
        self.number() == 1
    }

    /// The name of a function, if there is one.
    fn function(&mut self) -> &'a str {
        self.0.next().unwrap_or("tanh")
    }
}

/// A layer at work: results, and what gradients are compared of.
struct Made {
    results: Vec<Tensor>,
    asking: Vec<Tensor>,
}

fn leaf(shape: &[usize]) -> Tensor {
    randn(shape).requires_grad_(true)
}

fn of_layer(kind: &str, options: &mut Options) -> Made {
    let [inputs, hidden, length, batch, layers] = std::array::from_fn(|_| options.number());
    let [bidirectional, batch_first, bias, given] = std::array::from_fn(|_| options.is_set());
    let dropout: f64 = options.0.next().unwrap().parse().unwrap();
    let function = options.function();
    manual_seed(1);
    macro_rules! made {
        ($layer:expr, $states:literal, $forward:expr) => {{
            let layer = $layer
                .num_layers(layers)
                .bidirectional(bidirectional)
                .batch_first(batch_first)
                .bias(bias)
                .dropout(dropout);
            let x = leaf(&match (batch, batch_first) {
                (0, _) => vec![length, inputs],
                (_, true) => vec![batch, length, inputs],
                (_, false) => vec![length, batch, inputs],
            });
            let count = layers * (1 + usize::from(bidirectional));
            let shape = if batch == 0 { vec![count, hidden] } else { vec![count, batch, hidden] };
            let states: Vec<Tensor> = (0..if given { $states } else { 0 }).map(|_| leaf(&shape)).collect();
            let results = $forward(&layer, &x, &states[..]);
            Made { results, asking: [vec![x], states, layer.parameters()].concat_all() }
        }};
    }
    match kind {
        "RNN" => made!(nn::RNN::new(inputs, hidden).nonlinearity(function), 1, |layer: &nn::RNN, x, h: &[Tensor]| {
            two(if given { layer.forward_with(x, &h[0]) } else { layer.forward(x) })
        }),
        "GRU" => made!(nn::GRU::new(inputs, hidden), 1, |layer: &nn::GRU, x, h: &[Tensor]| {
            two(if given { layer.forward_with(x, &h[0]) } else { layer.forward(x) })
        }),
        _ => made!(nn::LSTM::new(inputs, hidden), 2, |layer: &nn::LSTM, x, h: &[Tensor]| {
            three(if given { layer.forward_with(x, (&h[0], &h[1])) } else { layer.forward(x) })
        }),
    }
}

fn two((first, second): (Tensor, Tensor)) -> Vec<Tensor> {
    vec![first, second]
}

fn three((outputs, (last, cells)): (Tensor, (Tensor, Tensor))) -> Vec<Tensor> {
    vec![outputs, last, cells]
}

/// Several lists one after the other.
trait ConcatAll {
    fn concat_all(self) -> Vec<Tensor>;
}

impl<const N: usize> ConcatAll for [Vec<Tensor>; N] {
    fn concat_all(self) -> Vec<Tensor> {
        self.into_iter().flatten().collect()
    }
}

fn of_cell(kind: &str, options: &mut Options) -> Made {
    let [inputs, hidden, length, batch] = std::array::from_fn(|_| options.number());
    let [bias, given] = std::array::from_fn(|_| options.is_set());
    let function = options.function();
    manual_seed(1);
    let sized = |first: &[usize], last: usize| {
        first.iter().copied().chain((batch > 0).then_some(batch)).chain([last]).collect::<Vec<_>>()
    };
    let draw = |states: usize| {
        let x = leaf(&sized(&[length], inputs));
        (x, (0..if given { states } else { 0 }).map(|_| leaf(&sized(&[], hidden))).collect::<Vec<_>>())
    };
    if kind == "LSTMCell" {
        let cell = nn::LSTMCell::new(inputs, hidden).bias(bias);
        let (x, states) = draw(2);
        let mut state = given.then(|| (states[0].alias(), states[1].alias()));
        for step in x.unbind() {
            state = Some(match &state {
                Some((h, c)) => cell.forward_with(&step, (h, c)),
                None => cell.forward(&step),
            });
        }
        let results = two(state.unwrap());
        return Made { results, asking: [vec![x], states, cell.parameters()].concat_all() };
    }
    macro_rules! made {
        ($cell:expr) => {{
            let cell = $cell.bias(bias);
            let (x, states) = draw(1);
            let mut state = states.first().map(Tensor::alias);
            for step in x.unbind() {
                state = Some(match &state {
                    Some(h) => cell.forward_with(&step, h),
                    None => cell.forward(&step),
                });
            }
            Made { results: vec![state.unwrap()], asking: [vec![x], states, cell.parameters()].concat_all() }
        }};
    }
    match kind {
        "RNNCell" => made!(nn::RNNCell::new(inputs, hidden).nonlinearity(function)),
        _ => made!(nn::GRUCell::new(inputs, hidden)),
    }
}

/// What is wrong with a case, if anything is.
fn check(line: &str) -> Option<String> {
    let [kind, options, expected] = line.split(';').collect::<Vec<_>>()[..] else { panic!("case {line}") };
    let mut rest = Options(options.split(' '));
    let Made { results, asking } =
        if kind.ends_with("Cell") { of_cell(kind, &mut rest) } else { of_layer(kind, &mut rest) };
    let loss: Tensor = results.iter().map(|result| (result * weights(result).float()).sum()).sum();
    let gradients = autograd::backward(&[&loss]).allow_unused(true).grad(&asking.iter().collect::<Vec<_>>());
    let expected: Vec<f64> = expected.split(' ').map(|number| number.parse().unwrap()).collect();
    let made: Vec<&Tensor> = results.iter().chain(&gradients).collect();
    if made.len() != expected.len() {
        return Some(format!("{kind} {options}: {} tensors, not {}", made.len(), expected.len()));
    }
    let wrong = made.iter().zip(expected).position(|(made, expected)| {
        let sum = (made.double() * weights(made)).sum().item::<f64>();
        let largest = made.abs().max().item::<f64>();
        let near = (sum - expected).abs() <= TOLERANCE * largest * (made.numel() as f64).sqrt() + 1e-7;
        !near
    })?;
    Some(format!("{kind} {options}: tensor {wrong} of {} results and {} gradients", results.len(), gradients.len()))
}

#[test]
fn values_and_gradients_are_those_of_pytorch() {
    let wrong: Vec<String> = CASES.lines().filter_map(check).collect();
    let count = CASES.lines().count();
    assert!(count >= 190, "only {count} cases");
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn parameters_have_the_names_of_pytorch() {
    let names = |model: &dyn Module| model.state_dict().keys().map(str::to_owned).collect::<Vec<_>>();
    let layer = nn::LSTM::new(3, 4).num_layers(2).bidirectional(true);
    let expected = ["", "_reverse"]
        .into_iter()
        .flat_map(|end| ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map(|word| (word, end)));
    let expected: Vec<(&str, &str)> = expected.collect();
    let expected: Vec<String> =
        (0..2).flat_map(|layer| expected.iter().map(move |(word, end)| format!("{word}_l{layer}{end}"))).collect();
    assert_eq!(names(&layer), expected);
    assert_eq!(names(&nn::GRU::new(3, 4).bias(false)), ["weight_ih_l0", "weight_hh_l0"]);
    assert_eq!(names(&nn::GRUCell::new(3, 4)), ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]);
    assert_eq!(layer.get_parameter("weight_ih_l1_reverse").unwrap().size(), [16, 8]);
}

#[test]
fn a_model_of_them_has_their_names_and_learns() {
    #[derive(Module)]
    struct Names {
        embed: nn::Embedding,
        lstm: nn::LSTM,
        out: nn::Linear,
    }
    manual_seed(3);
    let model = Names {
        embed: nn::Embedding::new(6, 8),
        lstm: nn::LSTM::new(8, 16).batch_first(true),
        out: nn::Linear::new(16, 6),
    };
    assert_eq!(model.named_parameters()[1].0, "lstm.weight_ih_l0");
    assert!(model.to_string().contains("\n  (lstm): LSTM(8, 16, batch_first=true)\n"), "{model}");
    // From the third on, each number is the sum of the two before it, modulo 6: nothing that one step could know.
    let x = tensor![[1, 2, 3, 5, 2, 1], [2, 2, 4, 0, 4, 4], [5, 1, 0, 1, 1, 2], [3, 3, 0, 3, 3, 0]];
    let optimizer = optim::Adam::new(model.parameters(), 0.02);
    let loss = || {
        let (seen, _) = model.lstm.forward(&model.embed.forward(&x.i((.., ..-1))));
        F::cross_entropy(&model.out.forward(&seen).flatten_dims(0, 1), x.i((.., 1..)).flatten())
    };
    let first = loss().item::<f32>();
    for _ in 0..100 {
        let loss = loss();
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
    }
    let last = loss().item::<f32>();
    assert!(last < first / 3.0, "{first} to {last}");
}

#[test]
fn evaluation_leaves_nothing_out() {
    let layer = nn::GRU::new(3, 4).num_layers(2).dropout(0.5);
    let x = randn([5, 2, 3]);
    let outputs = || layer.forward(&x).0;
    assert!(!outputs().equal(outputs()));
    layer.eval();
    assert!(outputs().equal(outputs()));
    assert!(!layer.is_training());
}

#[test]
fn layers_are_printed_as_in_pytorch() {
    let layer = nn::LSTM::new(32, 128).num_layers(2).bias(false).batch_first(true).dropout(0.5).bidirectional(true);
    let expected = "LSTM(32, 128, num_layers=2, bias=false, batch_first=true, dropout=0.5, bidirectional=true)";
    assert_eq!(layer.to_string(), expected);
    assert_eq!(nn::RNN::new(3, 4).nonlinearity("relu").to_string(), "RNN(3, 4)");
    let cell = nn::RNNCell::new(3, 4).nonlinearity("relu").bias(false);
    assert_eq!(cell.to_string(), "RNNCell(3, 4, bias=false, nonlinearity=relu)");
    assert_eq!(nn::LSTMCell::new(3, 4).to_string(), "LSTMCell(3, 4)");
}

#[test]
fn what_does_not_fit_is_refused_with_a_sentence() {
    let (lstm, gru) = (nn::LSTM::new(3, 4), nn::GRU::new(3, 4).bidirectional(true).batch_first(true));
    let (x, h) = (zeros([5, 2, 3]), zeros([1, 2, 4]));
    let sentences = [
        lstm.try_forward(&zeros([5, 2, 7])).unwrap_err(),
        gru.try_forward(&zeros([5])).unwrap_err(),
        lstm.try_forward(&zeros([0, 2, 3])).unwrap_err(),
        gru.try_forward(&zeros([2, 0, 3])).unwrap_err(),
        lstm.try_forward(&x.double()).unwrap_err(),
        lstm.try_forward_with(&x, (&h, &zeros([1, 3, 4]))).unwrap_err(),
        lstm.try_forward_with(&x, (&zeros([2, 4]), &h)).unwrap_err(),
        gru.try_forward_with(&zeros([5, 3]), &zeros([1, 4])).unwrap_err(),
        nn::LSTMCell::new(3, 4).try_forward(&x).map(drop).unwrap_err(),
        nn::GRUCell::new(3, 4).try_forward_with(&zeros([2, 3]), &zeros([3, 4])).unwrap_err(),
    ];
    let expected = [
        "LSTM(3, 4): needs an input [length, batch, 3], or [length, 3] of one sequence, but the last dimension of shape [5, 2, 7] is 7",
        "GRU(3, 4, batch_first=true, bidirectional=true): needs an input [batch, length, 3], or [length, 3] of one sequence, not shape [5]",
        "LSTM(3, 4): needs a sequence of 1 step or more, not an input of shape [0, 2, 3]",
        "GRU(3, 4, batch_first=true, bidirectional=true): needs a sequence of 1 step or more, not an input of shape [2, 0, 3]",
        "LSTM(3, 4): lstm: element types f64 and f32 differ; convert one with to()",
        "LSTM(3, 4): the state c_0 needs shape [1, 2, 4], one row for each layer and direction, not [1, 3, 4]",
        "LSTM(3, 4): the state h_0 needs shape [1, 2, 4], one row for each layer and direction, not [2, 4]",
        "GRU(3, 4, batch_first=true, bidirectional=true): the state h_0 needs shape [2, 4], one row for each layer and direction, not [1, 4]",
        "LSTMCell(3, 4): needs an input [batch, 3], or [3] of one example, not shape [5, 2, 3]",
        "GRUCell(3, 4): the state needs shape [2, 4], not [3, 4]",
    ];
    for (made, expected) in sentences.iter().zip(expected) {
        assert_eq!(made.to_string(), expected);
    }
}

#[test]
fn options_that_cannot_be_are_refused() {
    let panics = |make: fn()| {
        let panic = std::panic::catch_unwind(make).unwrap_err();
        panic.downcast_ref::<String>().unwrap().clone()
    };
    assert_eq!(panics(|| drop(nn::LSTM::new(3, 0))), "LSTM: input_size 3 and hidden_size 0 must be 1 or more");
    assert_eq!(panics(|| drop(nn::GRU::new(3, 4).num_layers(0))), "GRU: num_layers must be 1 or more");
    assert_eq!(
        panics(|| drop(nn::RNN::new(3, 4).dropout(1.5))),
        "RNN: the share that is left out must be from 0 to 1, not 1.5"
    );
    assert_eq!(
        panics(|| drop(nn::RNNCell::new(3, 4).nonlinearity("gelu"))),
        "RNNCell: nonlinearity \"gelu\" is unknown; give \"tanh\" or \"relu\""
    );
}

#[test]
fn an_empty_batch_is_an_empty_result() {
    let (outputs, (h, c)) = nn::LSTM::new(3, 4).forward(&zeros([5, 0, 3]));
    assert_eq!(outputs.size(), [5, 0, 4]);
    assert_eq!(h.size(), [1, 0, 4]);
    assert_eq!(c.size(), [1, 0, 4]);
    (outputs.sum() + h.sum()).backward();
}
