//! A chapter for users of PyTorch: the same training, line by line.
//!
//! # A classifier
//!
//! ```python
//! import torch
//! from torch import nn, optim
//! import torch.nn.functional as F
//! from torch.utils.data import DataLoader, TensorDataset
//!
//! torch.manual_seed(0)
//! device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
//!
//! class Network(nn.Module):
//!     def __init__(self):
//!         super().__init__()
//!         self.hidden = nn.Linear(20, 32)
//!         self.dropout = nn.Dropout(0.2)
//!         self.output = nn.Linear(32, 3)
//!
//!     def forward(self, x):
//!         return self.output(self.dropout(F.relu(self.hidden(x))))
//!
//! model = Network().to(device)
//! criterion = nn.CrossEntropyLoss()
//! optimizer = optim.AdamW(model.parameters(), lr=0.01)
//! schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
//! loader = DataLoader(TensorDataset(x, y), batch_size=16, shuffle=True)
//!
//! for epoch in range(10):
//!     model.train()
//!     for inputs, labels in loader:
//!         inputs, labels = inputs.to(device), labels.to(device)
//!         loss = criterion(model(inputs), labels)
//!         optimizer.zero_grad()
//!         loss.backward()
//!         nn.utils.clip_grad_norm_(model.parameters(), 1.0)
//!         optimizer.step()
//!     schedule.step()
//!
//! model.eval()
//! with torch.no_grad():
//!     accuracy = (model(x).argmax(1) == y).float().mean().item()
//! torch.save(model.state_dict(), "model.pth")
//! ```
//!
//! ```
//! use tensorlib::data::{DataLoader, TensorDataset};
//! use tensorlib::prelude::*;
//!
//! manual_seed(0);
//! let device = if gpu_is_available() { Device::Gpu(0) } else { Device::Cpu };
//!
//! #[derive(Module)]
//! struct Network {
//!     hidden: nn::Linear,
//!     dropout: nn::Dropout,
//!     output: nn::Linear,
//! }
//!
//! impl Network {
//!     fn new() -> Network {
//!         Network { hidden: nn::Linear::new(20, 32), dropout: nn::Dropout::new(0.2), output: nn::Linear::new(32, 3) }
//!     }
//! }
//!
//! impl Forward for Network {
//!     fn forward(&self, x: &Tensor) -> Tensor {
//!         self.output.forward(&self.dropout.forward(&F::relu(&self.hidden.forward(x))))
//!     }
//! }
//!
//! # let x = randn([96, 20]);
//! # let y = x.i((.., ..3)).argmax_dim(1);
//! let model = Network::new().to(device);
//! let criterion = nn::CrossEntropyLoss::new();
//! let optimizer = optim::AdamW::new(model.parameters(), 0.01);
//! let schedule = optim::lr_scheduler::CosineAnnealing::new(&optimizer, 10);
//! let loader = DataLoader::new(TensorDataset::new([&x, &y]), 16).shuffle(true);
//!
//! for _epoch in 0..10 {
//!     model.train();
//!     for batch in &loader {
//!         let (inputs, labels) = (batch[0].to(device), batch[1].to(device));
//!         let loss = criterion.forward(&model.forward(&inputs), &labels);
//!         optimizer.zero_grad();
//!         loss.backward();
//!         nn::utils::clip_grad_norm_(model.parameters(), 1.0);
//!         optimizer.step();
//!     }
//!     schedule.step();
//! }
//!
//! model.eval();
//! let accuracy = no_grad(|| model.forward(&x).argmax_dim(1).eq(&y).float().mean()).item::<f32>();
//! assert!(accuracy > 0.9);
//! # let folder = std::env::temp_dir().join(format!("from_pytorch_{}", std::process::id()));
//! # std::fs::create_dir_all(&folder)?;
//! # std::env::set_current_dir(&folder)?;
//! save(&model.state_dict(), "model.safetensors")?;
//! # assert_eq!(load("model.safetensors")?.len(), 4);
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is different
//!
//! | PyTorch | here | why |
//! |---|---|---|
//! | `class Network(nn.Module)` | `#[derive(Module)] struct Network` and `impl Forward for Network` | the fields are the layers; what has another signature has a `forward` of its own |
//! | `model(x)` | `model.forward(&x)` | a value cannot be called in Rust; `&` lends the tensor |
//! | `nn.Parameter(w)`, `register_buffer` | fields [`nn::Parameter`](crate::nn::Parameter), [`nn::Buffer`](crate::nn::Buffer) | a field of type `Tensor` is an error that asks which of the two it is |
//! | `nn.ModuleList` | a field `Vec<nn::Linear>` | |
//! | `nn.Sequential(a, b)` | [`nn::sequential![a, b]`](crate::nn::sequential!) | with names: `nn::sequential! { hidden: a, output: b }` |
//! | `model[0].weight` | `model.layer::<nn::Linear>(0).weight` | in a list of layers of all types, the type must be said |
//! | `nn.Conv2d(1, 6, 5, padding=2)` | `nn::Conv2d::new(1, 6, 5).padding(2)` | options are methods |
//! | `nn.ReLU()` | `nn::ReLU` | layers without options need no call |
//! | `optimizer.zero_grad(set_to_none=False)` | `optimizer.zero_grad()` | gradients are let go of; there is no other way |
//! | `model.to(device)` as a statement | `let model = model.to(device);` | the model moves through `to` |
//! | `for x, y in loader` | `for (x, y) in &loader` | `&` lends the loader; of a [`TensorDataset`](crate::data::TensorDataset) a batch is a list, `batch[0]` |
//! | `torch.save(model.state_dict(), "model.pth")` | `save(&model.state_dict(), "model.safetensors")?` | PyTorch reads it with `safetensors.torch.load_file`; [`load`](crate::load) also reads what `torch.save` wrote |
//! | `print(model)`, `torchinfo.summary` | `println!("{model}")`, [`summary(&model, [20])`](crate::nn::summary()) | a model at the end of a cell is a table |
//! | `.half()`, `.double()` of a model | | layers are of `f32` |
//!
//! # The same numbers
//!
//! After `manual_seed` with the same number, layers begin with PyTorch's weights, dropout drops what PyTorch drops, and a
//! loader shuffles as PyTorch's. Tests compare fifty steps of each optimiser and schedule, of LeNet, an LSTM and a GPT with
//! PyTorch's losses at every step: they agree to a thousandth.
