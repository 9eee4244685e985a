//! PyTorch's tensor in Rust, on ndarray, and its pictures.
//!
//! A [`Tensor`] is a handle on shared memory with a shape. Names are PyTorch's; where Rust needs another word or form it
//! is the nearest one. Everything works in programs and in notebooks alike: a tensor can be turned into text, HTML and
//! SVG here, and this crate knows nothing of the front end that shows them (except for the few lines of [`notebook`]).
//!
//! ```
//! use tensorlib::prelude::*;
//!
//! manual_seed(0);
//! let x = rand([3, 2]);
//! let y = ones(x.size());
//! let z = &x + &y;
//! assert_eq!(z.size(), [3, 2]);
//! assert_eq!(z.i(0).size(), [2]); // Python's z[0]
//! assert_eq!(z.i((.., 1..)).size(), [3, 1]); // Python's z[:, 1:]
//! z.add_(1.0); // in place
//! println!("{z}");
//! ```
//!
//! # For PyTorch users
//!
//! | PyTorch | here | |
//! |---|---|---|
//! | `torch.tensor([[1., 2.], [3., 4.]])` | [`tensor![[1.0, 2.0], [3.0, 4.0]]`](tensor!) | `f32`; whole numbers give `i64` |
//! | `torch.tensor([1., 2.], dtype=torch.float64)` | `tensor![1.0, 2.0; f64]` | types have Rust's names, also when printed: `dtype=f64` |
//! | `torch.tensor(v)` of a list | [`tensor(v)`](tensor()), [`Tensor::from(v)`](Tensor) | a `Vec`, a slice, an array, nested too; [`from_vec(v)`](from_vec) keeps its type |
//! | `torch.tensor(2.5)` | [`scalar(2.5)`](scalar()) | rank 0 |
//! | `torch.zeros(3, 2)`, `torch.rand(3, 2)`, … | [`zeros([3, 2])`](zeros), [`rand([3, 2])`](rand()), … | shapes are arrays, tuples, slices or a [`Size`] |
//! | `torch.arange(10)`, `torch.arange(2, 10)`, `torch.arange(0, 10, 2)` | [`arange(10)`](arange), `arange(2..10)`, `arange((0, 10, 2))` | several numbers become a tuple |
//! | `torch.randint(6, (3,))`, `torch.randint(1, 7, (3,))` | [`randint(6, [3])`](randint), `randint(1..7, [3])` | |
//! | `torch.manual_seed(42)` | [`manual_seed(42)`](manual_seed) | the same numbers as PyTorch's |
//! | `torch.from_numpy(a)`, `x.numpy()` | [`from_ndarray(&a)`](from_ndarray), [`x.shared_array()`](Tensor::shared_array) | memory is shared, see [`interop`]; with gradients `x.detach().shared_array()` |
//! | `x.shape`, `x.size()` | [`x.shape()`](Tensor::shape), [`x.size()`](Tensor::size) | prints `[3, 2]`, reads as a slice |
//! | `x.size(0)`, `len(x)` | `x.size()[0]`, [`x.len()`](Tensor::len) | |
//! | `x.item()`, `x.tolist()` | [`x.item::<f32>()`](Tensor::item), [`x.to_vec::<f32>()`](Tensor::to_vec) | |
//! | `x.to(torch.float64)`, `x.double()` | [`x.to(DType::F64)`](Tensor::to), [`x.double()`](Tensor::double) | |
//! | `torch.device('cuda' if torch.cuda.is_available() else 'cpu')` | `if gpu_is_available() { Device::Gpu(0) } else { Device::Cpu }` | see [`device`]; graphics processors are for later |
//! | `x.to(device)`, `x.to(other)`, `x.device` | [`x.to(device)`](Tensor::to), `x.to(&other)`, [`x.device()`](Tensor::device) | |
//! | `z[0]`, `z[:, 1:]`, `z[-1, ::2]` | `z.i(0)`, `z.i((.., 1..))`, `z.i((-1, (..).step(2)))` | see [`index`] |
//! | `z[z > 0]`, `z[[2, 0]]`, `z[..., None]` | `z.i(z.gt(0))`, `z.i([2, 0])`, `z.i((Ellipsis, NewAxis))` | |
//! | `z[0] = 1` | `z.i(0).fill_(1)`, `z.index_put_(0, 1)` | |
//! | `x + y`, `2 * x`, `x % 3` | `&x + &y`, `2 * &x`, `&x % 3` | without `&` the tensor is used up, and its memory reused |
//! | `1 / (1 + torch.exp(-x))` | `1 / (1 + (-&x).exp())` | numbers on the left are `f64` or `i32`, as literals are; others stand on the right |
//! | `x + torch.tensor([1., 2.])` | `&x + [1.0, 2.0]` | lists stand wherever a tensor is read: see [`operand`] |
//! | `x.add(y)`, `x.add_(y)` | [`x.add(&y)`](Tensor::add), [`x.add_(&y)`](Tensor::add_) | so for what works element by element |
//! | `x += y` | `x += &y` | in place, as in PyTorch |
//! | `x ** 2`, `x // 2` | `x.pow(2)`, `x.floor_divide(2)` | |
//! | `(x > 0) & (x < 3)`, `~mask` | `x.gt(0) & x.lt(3)`, `!mask` | of booleans |
//! | `x == y`, `x < y` | `x.eq(&y)`, `x.lt(&y)` | Rust's operators must give one `bool` |
//! | `x @ w` | [`x.matmul(&w)`](Tensor::matmul) | all ranks |
//! | `torch.linalg.solve(a, b)`, `torch.linalg.cholesky(a)`, … | [`a.solve(&b)`](Tensor::solve), [`a.cholesky()`](Tensor::cholesky), … | `torch.linalg`'s functions are methods; `inv` is [`inverse`](Tensor::inverse), `pinv` [`pinverse`](Tensor::pinverse) |
//! | `torch.linalg.svd(x, full_matrices=False)`, `torch.svd(x, some=False)` | [`x.svd()`](Tensor::svd), [`x.svd_full()`](Tensor::svd_full) | with V, not transposed, as `torch.svd` |
//! | `torch.linalg.qr(x, mode="complete")`, `torch.linalg.cholesky(x, upper=True)` | `x.qr_complete()`, `x.cholesky_upper()` | also `eigh_upper`, `cholesky_solve_upper` |
//! | `torch.triangular_solve(b, a, upper=False)` | `b.triangular_solve_with(&a, Triangular::new().upper(false))` | the upper triangle: [`b.triangular_solve(&a)`](Tensor::triangular_solve) |
//! | `torch.lu(x)`, `torch.linalg.lu(x)` | [`x.lu()`](Tensor::lu), [`lu_unpack(&lu, &pivots)`](lu_unpack) of its results | |
//! | `x.sum()`, `x.sum(dim=0)`, `x.sum(0, keepdim=True)` | `x.sum()`, `x.sum_dim(0)`, `x.sum_keepdim(0)` | so for all reductions |
//! | `x.max(dim=1)` | [`x.max_dim(1)`](Tensor::max_dim) | a pair of values and positions |
//! | `x.std(correction=0)`, `x.std(1, correction=0)` | `x.std_correction(0)`, `x.std_correction_dim(0, 1)` | |
//! | `x.sort()`, `x.sort(descending=True)`, `x.sort(0)` | `x.sort()`, `x.sort_descending()`, `x.sort_dim(0)` | so for `argsort` |
//! | `x.topk(2)`, `x.topk(2, largest=False)`, `x.topk(2, 0)` | `x.topk(2)`, `x.topk_smallest(2)`, `x.topk_dim(2, 0)` | |
//! | `x.median()`, `x.median(0)`, `x.quantile(0.5, dim=0)` | `x.median()`, `x.median_dim(0)`, `x.quantile_dim(0.5, 0)` | so for `mode`, `kthvalue`, `nanmedian`, `nansum`, … |
//! | `torch.unique(x, return_inverse=True, return_counts=True)` | [`x.unique_all()`](Tensor::unique_all) | the values alone: `x.unique()` |
//! | `F.leaky_relu(x, 0.2)`, `F.gelu(x, approximate="tanh")` | `F::leaky_relu_slope(&x, 0.2)`, `F::gelu_tanh(&x)` | methods, too: `x.leaky_relu_slope(0.2)`, `x.gelu_tanh()` |
//! | `import torch.nn.functional as F` | [`F`](functional), in the prelude | `F::relu(&x)`, `F::softmax(&x, 1)`, `F::cross_entropy(&scores, &labels)` |
//! | `F.conv2d(x, w, b, padding=1)`, `F.max_pool2d(x, 2, stride=1)` | [`F::conv2d_with(&x, &w, F::Conv::new().bias(&b).padding(1))`](functional::conv2d_with), `F::max_pool2d_with(&x, 2, F::MaxPool::new().stride(1))` | options go to the form that ends in `_with` |
//! | `F.linear(x, w, b)`, `F.linear(x, w)` | [`F::linear(&x, &w, &b)`](functional::linear()), `F::linear(&x, &w, None)` | `F` is [`functional`] |
//! | `torch.addmm(x, a, b, beta=0.5, alpha=2)` | `x.addmm_scaled(&a, &b, 0.5, 2)` | without factors `x.addmm(&a, &b)` |
//! | `x.scatter_reduce(0, i, y, "amax", include_self=False)` | `x.scatter_reduce_alone(0, &i, &y, "amax")` | also `index_reduce_alone` |
//! | `torch.set_printoptions(precision=2)` | [`set_printoptions(PrintOptions::default().precision(2))`](set_printoptions) | |
//! | `torch.where(c, a, b)`, `a.where(c, b)` | [`where_cond(&c, &a, &b)`](where_cond()), `a.where_cond(&c, &b)` | `where` is a keyword of Rust |
//! | `torch.cat([x, y])`, `torch.cat([x, y], 1)` | [`cat([&x, &y])`](cat), [`cat_dim([&x, &y], 1)`](cat_dim) | so for `stack`, `x.split`, `x.chunk`, `x.unbind` |
//! | `x.view(2, -1)`, `x.reshape(6)` | `x.view([2, -1])`, `x.reshape([6])` | |
//! | `x.flatten()`, `x.flatten(1)` | `x.flatten()`, `x.flatten_dims(1, -1)` | |
//! | `z.resize_(2, 3)`, `z.t_()` | `z.resize_([2, 3])`, `z.t_()` | need `let mut z`: they change the handle |
//! | `x.clone()` | `x.clone()` | copies, as in PyTorch |
//! | `y = x` (the same tensor) | [`x.alias()`](Tensor::alias) | assignment moves in Rust |
//! | `torch.equal(x, y)`, `torch.allclose(x, y)` | `x.equal(&y)`, `x.allclose(&y)` | other tolerances: [`x.allclose_within(&y, rtol, atol)`](Tensor::allclose_within) |
//! | `plt.plot(y)`, `plt.plot(x, y)` | [`plot::line(&y)`](plot::line), `y.plot()`; [`plot::line((&x, &y))`](plot::line) | of tensors, vectors, slices, ranges; `x` and `y` are a pair |
//! | `plt.plot(train, label="train"); plt.plot(valid); plt.legend()` | [`plot::line(&train).name("train").line(&valid).name("valid")`](plot::Plot::line) | |
//! | a loop with `clear_output` and `plt.plot` | [`plot::Live::new(["train", "valid"]).epochs(30)`](plot::Live), `live.push([&loss, &valid])` | a chart that grows while a model trains |
//! | `ConfusionMatrixDisplay.from_predictions(labels, predicted)` | [`plot::confusion_matrix(&predicted, &labels, &names)`](plot::confusion_matrix) | counts, shaded by row |
//! | `plt.imshow(make_grid(batch).permute(1, 2, 0))` | [`plot::images(&batch).labels(&labels).predicted(&scores)`](plot::images) | also kernels and feature maps |
//! | `torchview.draw_graph(model, x)` | [`picture::network(&model)`](picture::network), [`picture::network_on(&model, &x)`](picture::network_on) | layers, weights in colour, what an input becomes |
//! | `torch.save(model.state_dict(), f)`, `torch.load(f)` | [`save(&state, "model.safetensors")?`](save()), [`load("model.safetensors")?`](load()) | a [`StateDict`] |
//! | `np.save`, `np.savez` | [`write_npy`], [`write_npz`] | and `read_…`; so for `safetensors` of any tensors |
//! | `TensorDataset(x, y)`, `DataLoader(dataset, 64, shuffle=True, num_workers=2)` | [`data::TensorDataset::new([&x, &y])`](data::TensorDataset), [`data::DataLoader::new(dataset, 64).shuffle(true).workers(2)`](data::DataLoader) | the same order after the same seed |
//! | `datasets.FashionMNIST(root)`, `ImageFolder(root, transform)` | [`data::datasets::FashionMnist::open(root)?`](data::datasets::FashionMnist), [`data::datasets::ImageFolder::open(root)?.transform(…)`](data::datasets::ImageFolder) | what ships: `FashionMnist::bundled(data::Split::Train)` |
//! | `transforms.Compose([Resize(64), ToTensor()])` | [`transforms![Resize::new(64), ToTensor]`](transforms!) | see [`data::transforms`] |
//! | `random_split(dataset, [0.8, 0.2])` | [`data::random_split(dataset, [0.8, 0.2])`](data::random_split) | gives a pair |
//! | `w.requires_grad_()`, `torch.tensor([1.], requires_grad=True)` | [`w.requires_grad_(true)`](Tensor::requires_grad_), `tensor![1.0].requires_grad_(true)` | `false` freezes |
//! | `loss.backward()`, `w.grad` | [`loss.backward()`](Tensor::backward), [`w.grad()`](Tensor::grad) | an error while there is none; [`w.try_grad()`](Tensor::try_grad) gives a `Result` |
//! | `w.grad = g`, `w.grad = None` | [`w.set_grad(&g)`](Tensor::set_grad), [`w.zero_grad()`](Tensor::zero_grad) | what `optimizer.zero_grad()` does to each parameter |
//! | `with torch.no_grad(): …` | [`no_grad(\|\| …)`](autograd::no_grad) | gives what the block gives; [`enable_grad`](autograd::enable_grad), [`set_grad_enabled`](autograd::set_grad_enabled) |
//! | `x.requires_grad`, `x.is_leaf`, `x.grad_fn` | [`x.requires_grad()`](Tensor::requires_grad), [`x.is_leaf()`](Tensor::is_leaf), [`x.grad_fn()`](Tensor::grad_fn) | `Some("MulBackward0")`; printed as in PyTorch |
//! | `x.detach()`, `x.data` | [`x.detach()`](Tensor::detach) | the same memory |
//! | `y.retain_grad()`, `w.register_hook(f)` | [`y.retain_grad()`](Tensor::retain_grad), [`w.register_hook(f)`](Tensor::register_hook) | a hook that only looks: [`w.inspect_grad(f)`](Tensor::inspect_grad) |
//! | `torch.autograd.grad(loss, [w, b])` | [`autograd::grad(&loss, &[&w, &b])`](autograd::grad) | |
//! | `y.backward(g, retain_graph=True)` | `autograd::backward(&[&y]).gradient(&[&g]).retain_graph(true).run()` | options are methods: see [`autograd::backward`] |
//! | `torch.autograd.grad(y, x, create_graph=True)` | `autograd::backward(&[&y]).create_graph(true).grad(&[&x])` | gradients of gradients |
//! | `torch.autograd.Function` | [`autograd::Function`] | a trait: `forward` and `backward` of your own |
//! | `torch.autograd.gradcheck(f, x)` | [`autograd::gradcheck`] | and [`gradgradcheck`](autograd::gradgradcheck) |
//! | `torch.autograd.set_detect_anomaly(True)` | [`autograd::set_detect_anomaly(true)`](autograd::set_detect_anomaly) | names the operation whose gradient is NaN |
//! | `torchviz.make_dot(loss)` | [`picture::graph(&loss)`](picture::graph()) | the graph of operations, with values and gradients |
//! | `nn.Linear(784, 10)`, `nn.Conv2d(1, 6, 5, padding=2)` | [`nn::Linear::new(784, 10)`](nn::Linear), `nn::Conv2d::new(1, 6, 5).padding(2)` | layers; options are methods: see [`nn`] |
//! | `class Network(nn.Module): …` | [`#[derive(Module)] struct Network { … }`](trait@nn::Module), [`impl Forward for Network`](nn::Forward) | side by side: [`from_pytorch`] |
//! | `nn.Sequential(a, b)` | [`nn::sequential![a, b]`](nn::sequential!) | |
//! | `model(x)`, `criterion(y, labels)` | `model.forward(&x)`, `criterion.forward(&y, &labels)` | |
//! | `nn.CrossEntropyLoss()` | [`nn::CrossEntropyLoss::new()`](nn::CrossEntropyLoss) | so for all losses |
//! | `nn.init.xavier_uniform_(w)` | [`nn::init::xavier_uniform_(&w, 1.0)`](nn::init) | |
//! | `optim.SGD(model.parameters(), lr=0.1, momentum=0.9)` | [`optim::SGD::new(model.parameters(), 0.1).momentum(0.9)`](optim::SGD) | see [`optim`] |
//! | `optim.lr_scheduler.StepLR(optimizer, 30)` | [`optim::lr_scheduler::StepLR::new(&optimizer, 30, 0.1)`](optim::lr_scheduler::StepLR) | |
//! | `torchinfo.summary(model, (64, 1, 28, 28))` | [`summary(&model, [1, 28, 28])`](nn::summary()) | of one example |
//! | `torch.set_num_threads(2)` | [`tensorlib::set_num_threads(2)`](set_num_threads) | results never depend on it |
//!
//! ## Names from elsewhere
//!
//! Names that PyTorch, NumPy, matplotlib, Python or Rust's own types have for these functions are aliases of the items:
//! completions and the search of this documentation find [`pow`](Tensor::pow) by `power`, [`cat`] by `concatenate`,
//! [`masked_fill_`](Tensor::masked_fill_) by `putmask`. The file `names.tsv` has what an alias cannot say: names that
//! `tensorlib` lacks, with code to write instead (`cbrt`: `x.sign() * x.abs().pow(1.0 / 3.0)`), and names that are
//! spelled differently or mean something else (`np.std(x)`: `x.std_correction(0)`), in English and Chinese. A test has
//! the list of all the names, and fails when one of them is neither in `tensorlib` nor explained.
//!
//! # Errors
//!
//! An operation that cannot be done panics at the line that called it, with one sentence:
//! `add: shapes [3, 2] and [2, 2] do not broadcast: dimension 0 is 3 and 2`. Every such operation `name` has a twin
//! `try_name` that returns the sentence as an [`Error`] instead; a short form of an operation (`&x + &y` for `add`,
//! `x.view_as(&y)` for `view`) shares its twin.
//!
//! # Values
//!
//! Results are PyTorch's: the test `golden` compares thousands of expressions with PyTorch's results, element by
//! element, among them ±0, ±∞, NaN, subnormal, huge, tiny and cancelling numbers.
//!
//! * **Accuracy**, in units in the last place. Arithmetic, `sqrt` and rounding: exact. `exp`, `log` and the other functions
//!   of one number: 2 units in `f32`, 3 in `f64`, near the multiples of π too; of angles beyond 10⁴ (`f32`) and 10⁶ (`f64`)
//!   what the system's mathematical library gives, 1 unit as a rule. `lgamma`, `digamma`, `erfinv`, `i0` and their kin are
//!   computed in `f64`, to some units. `pow`, `sigmoid`, `silu`, `softplus`: 4; `gelu`: 2
//!   units of its argument. Sums, means, norms and products of matrices: the error grows with the logarithm of the number
//!   of elements or, in `matmul`, with the length of a row. `var`, `std`, `cumsum` and `cumprod` compute in double
//!   precision and round once.
//!   Decompositions of matrices are exact for a matrix that differs by some rounding errors, as LAPACK's: `solve`, `inverse` and
//!   vectors of a matrix that is nearly singular, or has values that are nearly equal, lose as many digits as in PyTorch.
//! * **Zeros, infinities, NaN.** Functions that are odd keep the sign of -0. Subnormal numbers are numbers, not zero.
//!   NaN wins in `max`, `min`, `clamp` and `relu`, and is sorted behind all numbers. `softmax` and related functions
//!   subtract the largest element first; a row of -∞ alone gives NaN, `logsumexp` of it -∞.
//! * **No elements.** The sum is 0, the product 1, the mean, variance and deviation NaN; an extreme, or a norm of an order
//!   that is negative or infinite, is an error.
//! * **Whole numbers** wrap when they overflow. Dividing them by zero with `floor_divide` or `%` is an error, and so is a
//!   plain negative number as their exponent.
//! * **Conversion** cuts fractions off. What PyTorch leaves undefined is defined here: see [`Tensor::to`].
//!
//! Where PyTorch's own values are less exact, or an accident, they are not copied:
//!
//! | expression | here | PyTorch |
//! |---|---|---|
//! | `5 / x` | a division | times the reciprocal, rounded twice |
//! | `x.sqrt()` in `f32` | exact | may be one unit off |
//! | `x % y` when `x / y` overflows | exact | NaN in some places of the tensor |
//! | `x.var()` of all `f32` elements | as over a dimension | equal elements may have a variance, huge ones ∞ |
//! | `x.sinh()`, `x.cosh()` of 710 in `f64` | 1.1e308 | ∞ |
//! | `x.gelu()` of ∞ in `f32` | ∞ | NaN |
//! | `x.norm()` of rank 0 | the magnitude | its square may overflow on the way |
//! | `i64::MIN` `// -1` | wraps | ends the process |
//! | `x.polygamma(1)` | exact | off by up to 10⁻⁹ in `f64` |
//! | gradients of `hardsigmoid`, `celu` in `f64` | exact | with constants of single precision |
//! | `x.median()`, `x.kthvalue(k)` of equal elements | the position of the first in order | any of them |
//! | the gradient of `x.det()` of a singular matrix | its cofactors | zeros, unless it is recorded |
//! | `x.pinverse()` of a matrix that is singular up to rounding | ignores rounding errors, as `torch.linalg.pinv` | divides by rounding errors |
//! | signs of singular vectors and eigenvectors | any | any |
//! | `max` or `min` of 0 and -0 | either | either, depending on the place in the tensor |
//!
//! A few things that PyTorch refuses have an obvious meaning and are done: `gelu`, `silu` and `softplus` of whole numbers
//! (as `f32`), subtracting booleans from numbers, rounding booleans, and limits of `clamp` beyond the type's range.
//!
//! # Threads
//!
//! Tensors may be shared between threads. Each storage has a lock: operations that read run side by side, an in-place
//! operation runs alone, and operations whose operands share memory with their target (`x.add_(&x.t())`) give the
//! result that they would give had the operand been copied first. Large operations use several threads of one pool.
//!
//! # How it is built
//!
//! | module | contents | does not depend on |
//! |---|---|---|
//! | `layout`, [`size`], [`dtype`], `promotion` | shape, strides, promotion: arithmetic without elements | storage |
//! | `storage`, `memory` | typed memory behind a lock, and its reuse | shapes |
//! | `op`, [`device`] | the list of operations, and where they can run | how they are done |
//! | `backend` | the one trait by which operations reach elements; `backend::cpu`: loops over slices, and nearly all unsafe code | tensors, errors |
//! | [`create`], [`mod@index`], [`shape`], [`ops`], `reduce`, [`linalg`] | the operations, as rules: types, shapes, errors, the order of memory | elements, locks |
//! | [`functional`] | layers and losses as functions, each with its own gradient | elements, locks, parameters |
//! | [`autograd`] | how operations are recorded, and the backward pass through them | devices |
//! | [`nn`] | layers, models and losses: parameters with a function of [`functional`] | elements, gradients' formulas |
//! | [`optim`] | how parameters change by their gradients | models |
//! | [`data`] | datasets and loaders, and transforms of pictures | models |
//! | [`interop`], [`io`] | other libraries' arrays; files | how values are shown |
//! | [`render`], [`picture`], [`plot`] | tensors as text, HTML, SVG | notebooks |
//!
//! The address sanitizer checks the unsafe code: `ASAN_OPTIONS=allocator_may_return_null=1 RUSTC_BOOTSTRAP=1
//! RUSTFLAGS=-Zsanitizer=address cargo test -p tensorlib --target x86_64-unknown-linux-gnu --lib --tests` (the option lets
//! the test that asks for more memory than the machine has see its refusal).

// Derived code names this crate from outside, and is used inside as well.
extern crate self as tensorlib;

pub mod autograd;
mod backend;
pub mod create;
pub mod data;
pub mod device;
pub mod dtype;
mod element;
pub mod error;
pub mod from_pytorch;
pub mod functional;
pub mod index;
pub mod interop;
pub mod interrupt;
pub mod io;

mod dim_vec;
mod layout;
pub mod linalg;
mod memory;
pub mod nn;
#[cfg(feature = "evcxr")]
pub mod notebook;
mod op;
pub mod operand;
pub mod ops;
pub mod optim;
pub mod picture;
pub mod plot;

mod promotion;
mod reduce;
pub mod render;
pub mod scalar;
pub mod shape;
pub mod size;
mod storage;
pub mod tensor;

pub use backend::cpu::pool::{get_num_threads, set_num_threads};
pub use create::literal::{Literal, from_literal};
pub use create::*;
pub use device::{Device, gpu_is_available};
pub use dtype::DType;
pub use element::Element;
pub use error::{Error, Result};
pub use index::{Ellipsis, Index, IndexItem, IntoIndex, NewAxis, Step};
pub use interop::*;
pub use io::*;
pub use linalg::*;
pub use memory::allocator::empty_cache;
pub use operand::{IntoOperand, Operand};
pub use ops::{try_where_cond, where_cond};
pub use reduce::*;
pub use render::{PrintOptions, set_printoptions};
pub use scalar::Scalar;
pub use shape::*;
pub use size::{Int, IntoInts, Ints, Size};
pub use tensor::Tensor;

/// Everything a lesson needs: `use tensorlib::prelude::*;`.
pub mod prelude {
    pub use crate::autograd::{self, enable_grad, is_grad_enabled, no_grad, set_grad_enabled};
    pub use crate::create::*;
    pub use crate::data::transforms::Transform as _;
    pub use crate::data::{self, Dataset};
    pub use crate::device::{Device, gpu_is_available};
    pub use crate::functional::{self as F};
    pub use crate::interop::*;
    pub use crate::io::*;
    pub use crate::linalg::*;
    pub use crate::nn::{self, Forward, Module, summary};
    pub use crate::ops::{try_where_cond, where_cond};
    pub use crate::optim::lr_scheduler::LrScheduler as _;
    pub use crate::optim::{self, Optimizer as _};
    pub use crate::reduce::*;
    pub use crate::render::{PrintOptions, set_printoptions};
    pub use crate::shape::*;
    pub use crate::{DType, Ellipsis, NewAxis, Scalar, Size, Step as _, Tensor, picture, plot, tensor, transforms};
}
