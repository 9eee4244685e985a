//! Random programs of tensor operations, made from bytes. Each runs twice: as tensors that require gradients, and in a model
//! that knows nothing of tensors, layouts or graphs. The model keeps, for each element of each memory, its value and its slope
//! along one direction of the leaves. It says what the values are, and what the gradients of the leaves come to along that
//! direction. The program may also end in a refusal, but only in one that is documented and has a reason.
//!
//! What `detach` and `no_grad` mean is in the model too: memory has one value for each element, but a set of slopes for each
//! tensor that was detached; a change inside `no_grad` changes values and leaves all slopes as they are.
//!
//! Shared by `random_graphs.rs` and the fuzz target `gradients`.

use tensorlib::autograd::{Context, Function, backward, try_gradcheck, try_gradgradcheck};
use tensorlib::prelude::*;
use tensorlib::{Error, Result};

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Gradients were compared.
    Compared,
    /// And second ones with finite differences.
    ComparedTwice,
    /// A value that the backward pass needed was changed.
    Refused,
}

/// What happened on the way.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    pub end: End,
    pub steps: usize,
    pub changes: usize,
}

/// A value and its slope.
#[derive(Clone, Copy, Debug)]
struct Dual(f64, f64);

impl Dual {
    /// A function of it, given that function's value and derivative.
    fn map(self, f: fn(f64) -> (f64, f64)) -> Dual {
        let (value, derivative) = f(self.0);
        Dual(value, derivative * self.1)
    }

    fn is_moderate(self) -> bool {
        self.0.abs() < 30.0 && self.1.abs() < 1e3
    }
}

/// Memory of a tensor: a value for each element, and slopes for each tensor that was detached from the others.
struct Memory {
    values: Vec<f64>,
    slopes: Vec<Vec<f64>>,
    is_leaf: bool,
}

/// What a tensor is in the model.
#[derive(Clone)]
struct Handle {
    memory: usize,
    slopes: usize,
    shape: Vec<usize>,
    /// Where each element lies, in row-major order.
    places: Vec<usize>,
}

impl Handle {
    fn rank(&self) -> usize {
        self.shape.len()
    }

    fn overlaps_itself(&self) -> bool {
        let mut places = self.places.clone();
        places.sort_unstable();
        places.windows(2).any(|pair| pair[0] == pair[1])
    }
}

/// Something done to the tensors so far; a new one may come of it.
type Run = Box<dyn Fn(&[Tensor]) -> Result<Option<Tensor>>>;

/// The same in the model.
enum Effect {
    /// New memory.
    New(Vec<usize>, Vec<Dual>),
    /// Elements of a tensor, by their row-major numbers: a view or a copy, as the tensor says.
    View(usize, Vec<usize>, Vec<usize>),
    Detached(usize),
    /// All elements of a tensor become others.
    Changed(usize, Vec<Dual>),
    /// The same inside `no_grad`.
    ChangedUnnoticed(usize, Vec<Dual>),
    Nothing,
}

/// How the gradients of the leaves are asked for, and whether finite differences are too.
#[derive(Clone, Copy)]
struct Way(usize);

impl Way {
    fn is_checked(self) -> bool {
        self.0 >= 128
    }

    fn creates_graphs(self) -> bool {
        self.0 % 4 == 3 || self.is_checked()
    }
}

struct Program<'a> {
    bytes: &'a [u8],
    way: Way,
    memories: Vec<Memory>,
    handles: Vec<Handle>,
    tensors: Vec<Tensor>,
    runs: Vec<Run>,
    leaves: usize,
    changes: usize,
    /// Whether all runs are differentiable functions of the leaves as a whole, nothing was detached or hidden.
    is_pure: bool,
}

/// Numbers that look random, the same for the same seed.
fn noise(seed: usize, at: usize) -> f64 {
    let mut x =
        (seed as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (at as u64 + 1).wrapping_mul(0xd134_2543_de82_ef95);
    x = (x ^ (x >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^= x >> 32;
    (x >> 11) as f64 / (1u64 << 53) as f64
}

/// A number that is neither near 0 nor large.
fn number(seed: usize, at: usize) -> f64 {
    let x = noise(seed, at);
    if x < 0.5 { -0.2 - 2.0 * x } else { 2.0 * x - 0.8 }
}

fn f64s(values: Vec<f64>, shape: &[usize]) -> Tensor {
    from_vec(values).reshape(shape)
}

/// A row-major number as an index.
fn index(mut number: usize, shape: &[usize]) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for dim in (0..shape.len()).rev() {
        index[dim] = number % shape[dim];
        number /= shape[dim];
    }
    index
}

fn row_major(index: &[usize], shape: &[usize]) -> usize {
    index.iter().zip(shape).fold(0, |at, (i, length)| at * length + i)
}

/// The row-major numbers that a tensor of shape `to` takes of one of shape `from`.
fn taken(to: &[usize], from: &[usize], source: impl Fn(Vec<usize>) -> Vec<usize>) -> Vec<usize> {
    (0..to.iter().product()).map(|number| row_major(&source(index(number, to)), from)).collect()
}

fn broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let length = |s: &[usize], dim: usize| if dim + s.len() >= rank { s[dim + s.len() - rank] } else { 1 };
    (0..rank)
        .map(|dim| match (length(a, dim), length(b, dim)) {
            (x, y) if x == y => Some(x),
            (1, x) | (x, 1) => Some(x),
            _ => None,
        })
        .collect()
}

/// The row-major numbers of a tensor's elements when it is broadcast.
fn spread(from: &[usize], to: &[usize]) -> Vec<usize> {
    let added = to.len() - from.len();
    taken(to, from, |index| (0..from.len()).map(|dim| if from[dim] == 1 { 0 } else { index[added + dim] }).collect())
}

type Unary = (fn(&Tensor) -> Tensor, fn(&Tensor) -> Result<Tensor>, fn(f64) -> (f64, f64));

/// The sine, as a user would write it who did not have it.
struct Sine;

impl Function for Sine {
    fn forward(&self, context: &mut Context, inputs: &[&Tensor]) -> Tensor {
        context.save_for_backward(&[inputs[0]]);
        inputs[0].sin()
    }

    fn backward(&self, context: &Context, gradient: &Tensor) -> Vec<Option<Tensor>> {
        vec![Some(gradient * context.saved_tensors()[0].cos())]
    }
}

const UNARY: [Unary; 13] = [
    (|x| -x, |x| x.try_mul_(-1.0), |x| (-x, -1.0)),
    (Tensor::sin, Tensor::try_sin_, |x| (x.sin(), x.cos())),
    (Tensor::cos, Tensor::try_cos_, |x| (x.cos(), -x.sin())),
    (Tensor::tanh, Tensor::try_tanh_, |x| (x.tanh(), 1.0 - x.tanh().powi(2))),
    (Tensor::exp, Tensor::try_exp_, |x| (x.exp(), x.exp())),
    (Tensor::atan, Tensor::try_atan_, |x| (x.atan(), 1.0 / (1.0 + x * x))),
    (Tensor::sigmoid, Tensor::try_sigmoid_, |x| {
        let s = 1.0 / (1.0 + (-x).exp());
        (s, s * (1.0 - s))
    }),
    (Tensor::square, Tensor::try_square_, |x| (x * x, 2.0 * x)),
    (Tensor::silu, Tensor::try_silu_, |x| {
        let s = 1.0 / (1.0 + (-x).exp());
        (x * s, s + x * s * (1.0 - s))
    }),
    (
        |x| (x.square() + 0.5).sqrt(),
        |x| x.try_square_()?.try_add_(0.5)?.try_sqrt_(),
        |x| {
            let root = (x * x + 0.5).sqrt();
            (root, x / root)
        },
    ),
    (|x| x.pow(3), |x| x.try_pow_(3), |x| (x.powi(3), 3.0 * x * x)),
    (
        |x| 1.0 / (x.square() + 1.0),
        |x| x.try_square_()?.try_add_(1.0)?.try_reciprocal_(),
        |x| {
            let y = 1.0 / (x * x + 1.0);
            (y, -2.0 * x * y * y)
        },
    ),
    (|x| Sine.apply(&[x]), |x| x.try_copy_(Sine.apply(&[x])), |x| (x.sin(), x.cos())),
];

type Binary = (fn(&Tensor, &Tensor) -> Tensor, fn(&Tensor, &Tensor) -> Result<Tensor>, fn(Dual, Dual) -> Dual);

const BINARY: [Binary; 6] = [
    (|a, b| a + b, |a, b| a.try_add_(b), |a, b| Dual(a.0 + b.0, a.1 + b.1)),
    (|a, b| a.alias() - b, |a, b| a.try_sub_(b), |a, b| Dual(a.0 - b.0, a.1 - b.1)),
    (|a, b| a * b, |a, b| a.try_mul_(b), |a, b| Dual(a.0 * b.0, a.1 * b.0 + a.0 * b.1)),
    (
        |a, b| a / (b.square() + 1.0),
        |a, b| a.try_div_(&(b.square() + 1.0)),
        |a, b| {
            let below = b.0 * b.0 + 1.0;
            Dual(a.0 / below, a.1 / below - a.0 * 2.0 * b.0 * b.1 / (below * below))
        },
    ),
    // Into memory that nobody else holds, as far as there is some.
    (
        |a, b| (a * b) * 2.0 + a - b.clone() * 0.5,
        |a, b| a.try_mul_(&(b * 2.0 + 1.0))?.try_sub_(&(b * 0.5)),
        |a, b| Dual(a.0 * b.0 * 2.0 + a.0 - b.0 * 0.5, 2.0 * (a.1 * b.0 + a.0 * b.1) + a.1 - b.1 * 0.5),
    ),
    (|a, b| where_cond(a.eq(a), a * b, b), |a, b| a.try_copy_(&(a * b)), |a, b| Dual(a.0 * b.0, a.1 * b.0 + a.0 * b.1)),
];

/// The one that is two changes in place.
const TWO_CHANGES: usize = 4;

const SHAPES: [&[usize]; 9] = [&[2, 3], &[3], &[], &[3, 2], &[2, 1], &[1, 3], &[2], &[2, 2, 3], &[6]];

impl Program<'_> {
    fn byte(&mut self) -> usize {
        let Some((&first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        first as usize
    }

    fn pick(&mut self) -> usize {
        // Small numbers are the latest.
        let back = self.byte() % self.handles.len();
        self.handles.len() - 1 - back
    }

    fn read(&self, at: usize) -> Vec<Dual> {
        let handle = &self.handles[at];
        let memory = &self.memories[handle.memory];
        handle.places.iter().map(|&place| Dual(memory.values[place], memory.slopes[handle.slopes][place])).collect()
    }

    fn add_memory(&mut self, shape: Vec<usize>, duals: &[Dual], is_leaf: bool) {
        let (values, slopes) = duals.iter().map(|dual| (dual.0, dual.1)).unzip();
        self.memories.push(Memory { values, slopes: vec![slopes], is_leaf });
        let memory = self.memories.len() - 1;
        self.handles.push(Handle { memory, slopes: 0, shape, places: (0..duals.len()).collect() });
    }

    /// A leaf, in memory of its own or in the middle of some, in one order or another.
    fn add_leaf(&mut self) {
        let seed = self.byte();
        let shape = SHAPES[self.byte() % SHAPES.len()].to_vec();
        let numel = shape.iter().product::<usize>();
        let duals: Vec<Dual> =
            (0..numel).map(|at| Dual(number(seed, at), number(seed + 1000, at + 31 * self.leaves))).collect();
        let x = f64s(duals.iter().map(|dual| dual.0).collect(), &shape);
        let back: Vec<usize> = (0..shape.len()).rev().collect();
        let x = match self.byte() % 3 {
            0 => x,
            1 => x.permute(&back).contiguous().permute(&back),
            _ => cat([&zeros([2]).double(), &x.flatten(), &zeros([1]).double()]).narrow(0, 2, numel).view(&shape[..]),
        };
        // In another order, contiguous() would be a copy here, and a second handle on what finite differences put in its place.
        self.is_pure &= x.is_contiguous();
        self.tensors.push(x.requires_grad_(true));
        self.add_memory(shape, &duals, true);
        self.leaves += 1;
    }

    fn add_constant(&mut self) {
        let seed = self.byte();
        let shape = SHAPES[self.byte() % SHAPES.len()].to_vec();
        let duals: Vec<Dual> = (0..shape.iter().product()).map(|at| Dual(number(seed, at), 0.0)).collect();
        let values: Vec<f64> = duals.iter().map(|dual| dual.0).collect();
        let of_run = shape.clone();
        let run: Run = Box::new(move |_| Ok(Some(f64s(values.clone(), &of_run))));
        self.take((run, Effect::New(shape, duals)));
    }

    /// Carries out a step, when it is one, in the model and with tensors, and compares.
    fn take(&mut self, (run, effect): (Run, Effect)) {
        if self.memories.len() > 60 {
            return;
        }
        let duals = match &effect {
            Effect::New(_, duals) | Effect::Changed(_, duals) | Effect::ChangedUnnoticed(_, duals) => &duals[..],
            _ => &[],
        };
        if duals.len() > 60 || !duals.iter().all(|dual| dual.is_moderate()) {
            return;
        }
        let made = match run(&self.tensors) {
            Ok(made) => made,
            Err(error) => return self.refused(&effect, &error),
        };
        match effect {
            Effect::New(shape, duals) => {
                self.add_memory(shape, &duals, false);
            }
            Effect::View(of, shape, numbers) => {
                let made = made.as_ref().expect("a view");
                let duals = self.read(of);
                if made.shares_memory(&self.tensors[of]) {
                    let handle = &self.handles[of];
                    let places = numbers.iter().map(|&number| handle.places[number]).collect();
                    self.handles.push(Handle { shape, places, ..handle.clone() });
                } else {
                    let duals: Vec<Dual> = numbers.iter().map(|&number| duals[number]).collect();
                    self.add_memory(shape, &duals, false);
                }
            }
            Effect::Detached(of) => {
                let handle = self.handles[of].clone();
                let memory = &mut self.memories[handle.memory];
                memory.slopes.push(vec![0.0; memory.values.len()]);
                self.handles.push(Handle { slopes: memory.slopes.len() - 1, ..handle });
                self.is_pure = false;
            }
            Effect::Changed(of, duals) => {
                let handle = &self.handles[of];
                let memory = &mut self.memories[handle.memory];
                assert!(!(memory.is_leaf && handle.slopes == 0), "a leaf changed in place");
                for (&place, dual) in handle.places.iter().zip(&duals) {
                    memory.values[place] = dual.0;
                    memory.slopes[handle.slopes][place] = dual.1;
                }
                self.changes += 1;
                // A leaf that is changed through a detached tensor.
                self.is_pure &= !memory.is_leaf;
            }
            Effect::ChangedUnnoticed(of, duals) => {
                let handle = &self.handles[of];
                let memory = &mut self.memories[handle.memory];
                handle.places.iter().zip(&duals).for_each(|(&place, dual)| memory.values[place] = dual.0);
                self.changes += 1;
                self.is_pure = false;
            }
            Effect::Nothing => {}
        }
        self.tensors.extend(made);
        self.runs.push(run);
        assert_eq!(self.tensors.len(), self.handles.len());
        let last = self.tensors.len() - 1;
        self.compare(last);
    }

    /// A step that tensors refused must have a reason to be refused, and have changed nothing.
    fn refused(&self, effect: &Effect, error: &Error) {
        let error = error.to_string();
        let (Effect::Changed(of, _) | Effect::ChangedUnnoticed(of, _)) = effect else { panic!("{error}") };
        let handle = &self.handles[*of];
        let reason = if error.contains("several indices of this expanded tensor") {
            handle.overlaps_itself()
        } else if error.contains("is a leaf, which cannot change") || error.contains("is a view of a leaf") {
            self.memories[handle.memory].is_leaf && handle.slopes == 0 && matches!(effect, Effect::Changed(..))
        } else {
            false
        };
        assert!(reason, "refused: {error}");
        self.compare(*of);
    }

    fn compare(&self, at: usize) {
        let (x, handle) = (&self.tensors[at], &self.handles[at]);
        assert_eq!(x.size().to_vec(), handle.shape);
        let expected = self.read(at);
        let values = x.to_vec::<f64>();
        let near = values.iter().zip(&expected).all(|(value, dual)| (value - dual.0).abs() <= 1e-8);
        assert!(near, "tensor {at} of {}: {values:?} instead of {expected:?}", self.tensors.len());
    }

    /// One step, unless the bytes at hand say something that does not fit the tensors at hand.
    fn step(&mut self) -> Option<()> {
        let kind = self.byte() % 40;
        let at = self.pick();
        let step: (Run, Effect) = match kind {
            0..=3 => {
                let (f, _, model) = UNARY[self.byte() % UNARY.len()];
                let duals = self.read(at).into_iter().map(|dual| dual.map(model)).collect();
                (Box::new(move |x| Ok(Some(f(&x[at])))), Effect::New(self.handles[at].shape.clone(), duals))
            }
            4..=8 => {
                let (f, _, model) = BINARY[self.byte() % BINARY.len()];
                let other = self.pick();
                let (shape, duals) = self.of_two(at, other, model)?;
                (Box::new(move |x| Ok(Some(f(&x[at], &x[other])))), Effect::New(shape, duals))
            }
            9 => {
                let other = self.pick();
                self.product(at, other)?
            }
            10 | 11 => self.reduction(at)?,
            12..=18 => self.view(at)?,
            19..=20 => self.indexed(at)?,
            21..=23 => {
                let (_, f, model) = UNARY[self.byte() % UNARY.len()];
                // Some of them are several changes.
                let duals = self.read(at).into_iter().map(|dual| dual.map(model)).collect();
                (Box::new(move |x| f(&x[at]).map(|_| None)), Effect::Changed(at, duals))
            }
            24..=28 => {
                let which = self.byte() % BINARY.len();
                let (_, f, model) = BINARY[which];
                let other = self.pick();
                let (shape, duals) = self.of_two(at, other, model)?;
                // The second of two changes would see what the first one did to an operand in the same memory.
                let sees = which == TWO_CHANGES && self.handles[at].memory == self.handles[other].memory;
                if shape != self.handles[at].shape || sees {
                    return None;
                }
                (Box::new(move |x| f(&x[at], &x[other]).map(|_| None)), Effect::Changed(at, duals))
            }
            29..=32 => self.change(at)?,
            33 | 34 => self.hidden_change(at)?,
            35 => (Box::new(move |x| Ok(Some(x[at].detach()))), Effect::Detached(at)),
            36 => {
                // Computed inside no_grad.
                let (f, _, model) = UNARY[self.byte() % UNARY.len()];
                let duals = self.read(at).into_iter().map(|dual| Dual(dual.map(model).0, 0.0)).collect();
                self.is_pure = false;
                (Box::new(move |x| Ok(Some(no_grad(|| f(&x[at]))))), Effect::New(self.handles[at].shape.clone(), duals))
            }
            37 => {
                // A gradient with a graph, kept by a tensor in that graph, would be there for ever.
                let retains = !self.way.creates_graphs();
                let run = move |x: &[Tensor]| {
                    if x[at].requires_grad() {
                        x[at].inspect_grad(|gradient| assert!(gradient.dtype() == DType::F64));
                        let _ = x[at].register_hook(|gradient| gradient.alias());
                        if retains {
                            x[at].retain_grad();
                        }
                    }
                    Ok(None)
                };
                (Box::new(run), Effect::Nothing)
            }
            _ => {
                self.add_constant();
                return Some(());
            }
        };
        self.take(step);
        Some(())
    }

    fn of_two(&self, a: usize, b: usize, model: fn(Dual, Dual) -> Dual) -> Option<(Vec<usize>, Vec<Dual>)> {
        let (of_a, of_b) = (&self.handles[a].shape, &self.handles[b].shape);
        let shape = broadcast(of_a, of_b)?;
        let (from_a, from_b) = (self.read(a), self.read(b));
        let pairs = spread(of_a, &shape).into_iter().zip(spread(of_b, &shape));
        let duals = pairs.map(|(i, j)| model(from_a[i], from_b[j])).collect();
        Some((shape, duals))
    }

    fn product(&self, a: usize, b: usize) -> Option<(Run, Effect)> {
        let (of_a, of_b) = (&self.handles[a].shape, &self.handles[b].shape);
        let (rows, inner) = match of_a[..] {
            [inner] => (1, inner),
            [rows, inner] => (rows, inner),
            _ => return None,
        };
        let columns = match of_b[..] {
            [length] if length == inner => 1,
            [length, columns] if length == inner => columns,
            _ => return None,
        };
        let (x, y) = (self.read(a), self.read(b));
        let mut duals = Vec::new();
        for row in 0..rows {
            for column in 0..columns {
                let terms = (0..inner).map(|k| (x[row * inner + k], y[k * columns + column]));
                duals.push(
                    terms.fold(Dual(0.0, 0.0), |sum, (x, y)| Dual(sum.0 + x.0 * y.0, sum.1 + x.1 * y.0 + x.0 * y.1)),
                );
            }
        }
        let shape = of_a[..of_a.len() - 1].iter().chain(&of_b[1..]).copied().collect();
        Some((Box::new(move |x| Ok(Some(x[a].matmul(&x[b])))), Effect::New(shape, duals)))
    }

    fn reduction(&mut self, at: usize) -> Option<(Run, Effect)> {
        let kind = self.byte() % 6;
        let handle = &self.handles[at];
        let (shape, x) = (handle.shape.clone(), self.read(at));
        if kind < 2 {
            let count = if kind == 0 { 1.0 } else { x.len() as f64 };
            let sum = x.iter().fold(Dual(0.0, 0.0), |sum, x| Dual(sum.0 + x.0, sum.1 + x.1));
            let run: Run = match kind {
                0 => Box::new(move |x| Ok(Some(x[at].sum()))),
                _ => Box::new(move |x| Ok(Some(x[at].mean()))),
            };
            return Some((run, Effect::New(vec![], vec![Dual(sum.0 / count, sum.1 / count)])));
        }
        let dim = self.byte().checked_rem(shape.len())?;
        let d = dim as i64;
        let mut left = shape.clone();
        left[dim] = 1;
        let line = |number: usize| {
            let mut at = index(number, &left);
            (0..shape[dim]).map(move |i| {
                at[dim] = i;
                at.clone()
            })
        };
        let lines: Vec<Vec<usize>> =
            (0..left.iter().product()).map(|n| line(n).map(|index| row_major(&index, &shape)).collect()).collect();
        let sums = lines.iter().map(|line| line.iter().fold(Dual(0.0, 0.0), |s, &i| Dual(s.0 + x[i].0, s.1 + x[i].1)));
        Some(match kind {
            2 => {
                left.remove(dim);
                (Box::new(move |x| Ok(Some(x[at].sum_dim(d)))), Effect::New(left, sums.collect()))
            }
            3 => (Box::new(move |x| Ok(Some(x[at].sum_keepdim(d)))), Effect::New(left, sums.collect())),
            4 => {
                let mut duals = x.clone();
                for line in &lines {
                    line.windows(2).for_each(|pair| {
                        duals[pair[1]] = Dual(duals[pair[0]].0 + x[pair[1]].0, duals[pair[0]].1 + x[pair[1]].1);
                    });
                }
                (Box::new(move |x| Ok(Some(x[at].cumsum(d)))), Effect::New(shape, duals))
            }
            _ => {
                let mut duals = x.clone();
                for line in &lines {
                    let sum: f64 = line.iter().map(|&i| x[i].0.exp()).sum();
                    let mean: f64 = line.iter().map(|&i| x[i].0.exp() / sum * x[i].1).sum();
                    line.iter().for_each(|&i| {
                        let y = x[i].0.exp() / sum;
                        duals[i] = Dual(y, y * (x[i].1 - mean));
                    });
                }
                (Box::new(move |x| Ok(Some(x[at].softmax(d)))), Effect::New(shape, duals))
            }
        })
    }

    fn view(&mut self, at: usize) -> Option<(Run, Effect)> {
        let (kind, a, b) = (self.byte() % 10, self.byte(), self.byte());
        let shape = self.handles[at].shape.clone();
        let rank = shape.len();
        let numel: usize = shape.iter().product();
        let (run, to, numbers): (Run, Vec<usize>, Vec<usize>) = match kind {
            0 if rank > 0 => {
                let (a, b) = (a % rank, b % rank);
                let mut to = shape.clone();
                to.swap(a, b);
                let numbers = taken(&to, &shape, |mut index| {
                    index.swap(a, b);
                    index
                });
                (Box::new(move |x| Ok(Some(x[at].transpose(a as i64, b as i64)))), to, numbers)
            }
            1 if rank > 0 => {
                let dim = a % rank;
                let i = b % shape[dim];
                let mut to = shape.clone();
                to.remove(dim);
                let numbers = taken(&to, &shape, |mut index| {
                    index.insert(dim, i);
                    index
                });
                (Box::new(move |x| Ok(Some(x[at].select(dim as i64, i as i64)))), to, numbers)
            }
            2 if rank > 0 => {
                let dim = a % rank;
                let start = b % shape[dim];
                let length = 1 + (b / 16) % (shape[dim] - start);
                let mut to = shape.clone();
                to[dim] = length;
                let numbers = taken(&to, &shape, |mut index| {
                    index[dim] += start;
                    index
                });
                (Box::new(move |x| Ok(Some(x[at].narrow(dim as i64, start, length)))), to, numbers)
            }
            3 if rank > 0 => {
                // Every second.
                let start = a % shape[0];
                let rows = shape[0];
                let mut to = shape.clone();
                to[0] = (rows - start).div_ceil(2);
                let numbers = taken(&to, &shape, |mut index| {
                    index[0] = start + 2 * index[0];
                    index
                });
                (Box::new(move |x| Ok(Some(x[at].i((start..rows).step(2))))), to, numbers)
            }
            4 => {
                let divisor = (1..=a % 7 + 1).rev().find(|d| numel.is_multiple_of(*d)).unwrap_or(1);
                let to = vec![numel / divisor, divisor];
                let shape = to.clone();
                (Box::new(move |x| Ok(Some(x[at].reshape(&shape[..])))), to, (0..numel).collect())
            }
            5 if rank < 4 && numel < 20 => {
                let times = 1 + a % 3;
                let mut to = vec![times];
                to.extend(&shape);
                let wide = to.clone();
                let numbers = spread(&shape, &to);
                (Box::new(move |x| Ok(Some(x[at].unsqueeze(0).expand(&wide[..])))), to, numbers)
            }
            6 if rank < 4 => {
                let dim = a % (rank + 1);
                let mut to = shape.clone();
                to.insert(dim, 1);
                (Box::new(move |x| Ok(Some(x[at].unsqueeze(dim as i64)))), to, (0..numel).collect())
            }
            7 => {
                let to = shape.iter().copied().filter(|&length| length != 1).collect();
                (Box::new(move |x| Ok(Some(x[at].squeeze()))), to, (0..numel).collect())
            }
            8 => (Box::new(move |x| Ok(Some(x[at].contiguous()))), shape, (0..numel).collect()),
            _ => match a % 2 {
                0 => (Box::new(move |x| Ok(Some(x[at].clone()))), shape, (0..numel).collect()),
                _ => (Box::new(move |x| Ok(Some(x[at].alias()))), shape, (0..numel).collect()),
            },
        };
        Some((run, Effect::View(at, to, numbers)))
    }

    /// Copies of some elements, or of several tensors.
    fn indexed(&mut self, at: usize) -> Option<(Run, Effect)> {
        let (kind, seed) = (self.byte() % 6, self.byte());
        let shape = self.handles[at].shape.clone();
        let numel: usize = shape.iter().product();
        let x = self.read(at);
        let of = |numbers: &[usize]| numbers.iter().map(|&number| x[number]).collect::<Vec<_>>();
        Some(match kind {
            0 => {
                // A mask.
                let chosen: Vec<usize> = (0..numel).filter(|&i| noise(seed, i) < 0.6).collect();
                let mask = from_vec((0..numel).map(|i| chosen.contains(&i)).collect::<Vec<bool>>()).reshape(&shape[..]);
                if shape.is_empty() || chosen.is_empty() {
                    return None;
                }
                (Box::new(move |x| Ok(Some(x[at].i(mask.alias())))), Effect::New(vec![chosen.len()], of(&chosen)))
            }
            1 => {
                // Rows, some twice.
                let &rows = shape.first()?;
                let chosen: Vec<usize> = (0..1 + seed % 3).map(|i| (noise(seed, i) * rows as f64) as usize).collect();
                let mut to = shape.clone();
                to[0] = chosen.len();
                let numbers = taken(&to, &shape, |mut index| {
                    index[0] = chosen[index[0]];
                    index
                });
                let list = from_vec(chosen.iter().map(|&i| i as i64).collect::<Vec<_>>());
                (Box::new(move |x| Ok(Some(x[at].index_select(0, &list)))), Effect::New(to, of(&numbers)))
            }
            2 => {
                let dim = seed.checked_rem(shape.len())?;
                let along: Vec<usize> = (0..numel).map(|i| (noise(seed, i) * shape[dim] as f64) as usize).collect();
                let numbers: Vec<usize> = (0..numel)
                    .map(|number| {
                        let mut place = index(number, &shape);
                        place[dim] = along[number];
                        row_major(&place, &shape)
                    })
                    .collect();
                let list = from_vec(along.iter().map(|&i| i as i64).collect::<Vec<_>>()).reshape(&shape[..]);
                (Box::new(move |x| Ok(Some(x[at].gather(dim as i64, &list)))), Effect::New(shape, of(&numbers)))
            }
            3 => {
                let dim = seed.checked_rem(shape.len())?;
                let numbers = taken(&shape, &shape, |mut index| {
                    index[dim] = shape[dim] - 1 - index[dim];
                    index
                });
                (Box::new(move |x| Ok(Some(x[at].flip(dim as i64)))), Effect::New(shape.clone(), of(&numbers)))
            }
            4 => {
                let other = self.pick();
                if shape.is_empty() || self.handles[other].shape != shape {
                    return None;
                }
                let mut to = shape;
                to[0] *= 2;
                let duals = x.into_iter().chain(self.read(other)).collect();
                (Box::new(move |x| Ok(Some(cat([&x[at], &x[other]])))), Effect::New(to, duals))
            }
            _ => {
                let other = self.pick();
                if self.handles[other].shape != shape {
                    return None;
                }
                let y = self.read(other);
                let mask: Vec<bool> = (0..numel).map(|i| noise(seed, i) < 0.5).collect();
                let duals = (0..numel).map(|i| if mask[i] { x[i] } else { y[i] }).collect();
                let mask = from_vec(mask).reshape(&shape[..]);
                (Box::new(move |x| Ok(Some(where_cond(&mask, &x[at], &x[other])))), Effect::New(shape, duals))
            }
        })
    }

    /// Changes of some or all elements.
    fn change(&mut self, at: usize) -> Option<(Run, Effect)> {
        let (kind, seed) = (self.byte() % 8, self.byte());
        let shape = self.handles[at].shape.clone();
        let numel: usize = shape.iter().product();
        let mut x = self.read(at);
        let value = number(seed, 7);
        let run: Run = match kind {
            0 => {
                x.fill(Dual(value, 0.0));
                Box::new(move |x| x[at].try_fill_(value).map(|_| None))
            }
            1 => {
                x.fill(Dual(0.0, 0.0));
                Box::new(move |x| x[at].try_zero_().map(|_| None))
            }
            2 => {
                let other = self.pick();
                if broadcast(&shape, &self.handles[other].shape)? != shape {
                    return None;
                }
                let y = self.read(other);
                x = spread(&self.handles[other].shape, &shape).into_iter().map(|i| y[i]).collect();
                Box::new(move |x| x[at].try_copy_(&x[other]).map(|_| None))
            }
            3 => {
                // By a number, or by a tensor of rank 0.
                let of_tensor = (0..self.handles.len()).rev().find(|&other| self.handles[other].rank() == 0);
                let of_tensor = of_tensor.filter(|_| seed % 2 == 0);
                let dual = of_tensor.map_or(Dual(value, 0.0), |other| self.read(other)[0]);
                let mask: Vec<bool> = (0..numel).map(|i| noise(seed, i) < 0.5).collect();
                (0..numel).filter(|&i| mask[i]).for_each(|i| x[i] = dual);
                let mask = from_vec(mask).reshape(&shape[..]);
                match of_tensor {
                    Some(other) => Box::new(move |x| x[at].try_masked_fill_(&mask, &x[other]).map(|_| None)),
                    None => Box::new(move |x| x[at].try_masked_fill_(&mask, value).map(|_| None)),
                }
            }
            4 => {
                // Rows, each once.
                let (&rows, other) = (shape.first()?, self.pick());
                let of_rows: Vec<usize> = (0..rows).map(|row| (row + seed) % rows).take(1 + seed % rows).collect();
                let mut part = shape.clone();
                part[0] = of_rows.len();
                let of_other = self.handles[other].shape.clone();
                if broadcast(&part, &of_other)? != part {
                    return None;
                }
                let y = self.read(other);
                let places = taken(&part, &shape, |mut index| {
                    index[0] = of_rows[index[0]];
                    index
                });
                places.iter().zip(spread(&of_other, &part)).for_each(|(&place, i)| x[place] = y[i]);
                let list = from_vec(of_rows.iter().map(|&i| i as i64).collect::<Vec<_>>());
                match seed % 3 {
                    0 if of_other == part => {
                        Box::new(move |x| x[at].try_index_copy_(0, &list, &x[other]).map(|_| None))
                    }
                    _ => Box::new(move |x| x[at].try_index_put_(&list, &x[other]).map(|_| None)),
                }
            }
            5 => {
                let (dim, other) = (seed.checked_rem(shape.len())?, self.pick());
                if self.handles[other].shape != shape {
                    return None;
                }
                let y = self.read(other);
                let along: Vec<usize> = (0..numel).map(|n| (index(n, &shape)[dim] + seed) % shape[dim]).collect();
                for number in 0..numel {
                    let mut place = index(number, &shape);
                    place[dim] = along[number];
                    x[row_major(&place, &shape)] = y[number];
                }
                let list = from_vec(along.iter().map(|&i| i as i64).collect::<Vec<_>>()).reshape(&shape[..]);
                Box::new(move |x| x[at].try_scatter_(dim as i64, &list, &x[other]).map(|_| None))
            }
            6 => {
                // Through a view that only this step sees.
                let &rows = shape.first()?;
                if self.handles[at].overlaps_itself() {
                    return None;
                }
                let row = seed % rows;
                let length = numel / rows;
                x[row * length..(row + 1) * length].iter_mut().for_each(|x| *x = Dual(x.0 * value, x.1 * value));
                Box::new(move |x| x[at].i(row as i64).try_mul_(value).map(|_| None))
            }
            _ => {
                x.iter_mut().for_each(|x| *x = Dual(x.0 * value, x.1 * value));
                Box::new(move |x| {
                    let mut x = x[at].alias();
                    // Panics where it is refused.
                    match x.try_mul_(1.0) {
                        Ok(_) => x *= value,
                        Err(error) => return Err(error),
                    }
                    Ok(None)
                })
            }
        };
        Some((run, Effect::Changed(at, x)))
    }

    /// Changes inside `no_grad`.
    fn hidden_change(&mut self, at: usize) -> Option<(Run, Effect)> {
        let (kind, seed) = (self.byte() % 3, self.byte());
        let shape = self.handles[at].shape.clone();
        let mut x = self.read(at);
        let value = number(seed, 9);
        let run: Run = match kind {
            0 => {
                x.iter_mut().for_each(|x| x.0 = x.0 * 0.5 + value);
                Box::new(move |x| no_grad(|| x[at].try_mul_(0.5)?.try_add_(value)).map(|_| None))
            }
            1 => {
                let &rows = shape.first()?;
                if self.handles[at].overlaps_itself() {
                    return None;
                }
                let length = x.len() / rows;
                x[..length].iter_mut().for_each(|x| x.0 = value);
                Box::new(move |x| no_grad(|| x[at].i(0).try_fill_(value)).map(|_| None))
            }
            _ => {
                let other = self.pick();
                if self.handles[other].shape != shape || self.handles[other].memory == self.handles[at].memory {
                    return None;
                }
                let y = self.read(other);
                x.iter_mut().zip(y).for_each(|(x, y)| x.0 -= 0.5 * y.0);
                Box::new(move |x| no_grad(|| x[at].try_sub_(&(&x[other] * 0.5))).map(|_| None))
            }
        };
        Some((run, Effect::ChangedUnnoticed(at, x)))
    }

    /// A weighted sum of all elements of some tensors.
    fn loss(&mut self) -> (Vec<usize>, Dual) {
        let last = self.handles.len() - 1;
        let mut of = vec![last];
        of.extend((0..2).map(|_| self.pick()));
        let mut sum = Dual(0.0, 0.0);
        for (number_, &at) in of.iter().enumerate() {
            for (i, dual) in self.read(at).into_iter().enumerate() {
                let weight = number(number_, i);
                sum = Dual(sum.0 + dual.0 * weight, sum.1 + dual.1 * weight);
            }
        }
        (of, sum)
    }
}

/// The weighted sum, of tensors.
fn loss(of: &[usize], tensors: &[Tensor]) -> Tensor {
    let term = |(seed, &at): (usize, &usize)| {
        let x = &tensors[at];
        let weights = (0..x.numel()).map(|i| number(seed, i)).collect();
        (x * f64s(weights, &x.size())).sum()
    };
    of.iter().enumerate().map(term).sum()
}

fn is_changed_since(error: &Error) -> bool {
    error.to_string().starts_with("backward: ") && error.to_string().contains("that was changed in place since")
}

/// The slope of what the leaves' gradients belong to, along the direction.
fn along(gradients: &[Tensor], leaves: &[Vec<f64>]) -> (f64, f64) {
    let mut sums = (0.0, 0.0);
    for (gradient, direction) in gradients.iter().zip(leaves) {
        assert!(!gradient.requires_grad());
        for (g, d) in gradient.to_vec::<f64>().into_iter().zip(direction) {
            sums = (sums.0 + g * d, sums.1 + (g * d).abs());
        }
    }
    sums
}

/// Makes a program of the bytes, runs it, and compares.
///
/// # Panics
/// When a gradient is wrong.
pub fn run(bytes: &[u8]) -> Report {
    let mut program = Program {
        bytes,
        way: Way(0),
        memories: Vec::new(),
        handles: Vec::new(),
        tensors: Vec::new(),
        runs: Vec::new(),
        leaves: 0,
        changes: 0,
        is_pure: true,
    };
    let count = 1 + program.byte() % 3;
    (0..count).for_each(|_| program.add_leaf());
    let way = Way(program.byte());
    program.way = way;
    while !program.bytes.is_empty() && program.runs.len() < 40 {
        program.step();
    }
    (0..program.handles.len()).for_each(|at| program.compare(at));
    let directions: Vec<Vec<f64>> = (0..count).map(|at| program.memories[at].slopes[0].clone()).collect();
    program.bytes = &bytes[bytes.len().saturating_sub(1)..];
    let (of, expected) = program.loss();
    let leaves: Vec<Tensor> = program.tensors[..count].iter().map(Tensor::alias).collect();
    let y = loss(&of, &program.tensors);
    let report = |end| Report { end, steps: program.runs.len(), changes: program.changes };
    assert!((y.item::<f64>() - expected.0).abs() <= 1e-8 * (1.0 + expected.0.abs()));
    if !y.requires_grad() {
        assert_eq!(expected.1, 0.0, "nothing requires gradients, but there is a slope");
        return report(End::Compared);
    }
    let given: Vec<&Tensor> = leaves.iter().collect();
    // One of the ways to the gradients of the leaves, and by how much they are more.
    let of_leaves = || -> Vec<Tensor> {
        leaves
            .iter()
            .map(|leaf| leaf.try_grad().map_or_else(|_| zeros_like(leaf), |gradient| gradient.detach()))
            .collect()
    };
    let (found, times) = match way.0 % 4 {
        0 => (y.try_backward().map(|()| of_leaves()), 1.0),
        1 => {
            let twice = || {
                backward(&[&y]).retain_graph(true).try_run()?;
                backward(&[&y]).retain_graph(true).try_run()
            };
            (twice().map(|()| of_leaves()), 2.0)
        }
        2 => (backward(&[&y]).allow_unused(true).try_grad(&given), 1.0),
        _ => {
            let found = backward(&[&y]).create_graph(true).allow_unused(true).try_grad(&given);
            (found.map(|all| all.iter().map(Tensor::detach).collect()), 1.0)
        }
    };
    let found = match found {
        Ok(found) => found,
        Err(error) => {
            assert!(is_changed_since(&error) && program.changes > 0, "{error}");
            assert!(leaves.iter().all(|leaf| leaf.try_grad().is_err()), "a pass that failed left gradients");
            return report(End::Refused);
        }
    };
    for (gradient, leaf) in found.iter().zip(&leaves) {
        assert_eq!((gradient.size(), gradient.dtype()), (leaf.size(), leaf.dtype()));
    }
    let (slope, size) = along(&found, &directions);
    let difference = (slope - times * expected.1).abs();
    assert!(difference <= 1e-7 * (1.0 + size), "the slope is {}, and by the gradients {slope}", times * expected.1);
    let small = found.iter().all(|gradient| gradient.abs().max().item::<f64>() < 200.0);
    if !program.is_pure || !small || !way.is_checked() || program.runs.len() > 20 {
        return report(End::Compared);
    }
    let again = |given: &[&Tensor]| {
        let mut tensors: Vec<Tensor> = given.iter().map(|leaf| leaf.alias()).collect();
        for run in &program.runs {
            let made = run(&tensors).unwrap_or_else(|error| panic!("refused the second time: {error}"));
            tensors.extend(made);
        }
        loss(&of, &tensors)
    };
    let checked = try_gradcheck(again, &given).and_then(|()| try_gradgradcheck(again, &given));
    match checked {
        Ok(()) => report(End::ComparedTwice),
        Err(error) if is_changed_since(&error) => report(End::Compared),
        Err(error) => panic!("{error}"),
    }
}
