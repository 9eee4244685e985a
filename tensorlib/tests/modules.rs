//! `#[derive(Module)]` and what every module can do, through the prelude.

use std::sync::Arc;

use tensorlib::prelude::*;

fn names(module: &impl Module) -> Vec<String> {
    module.named_parameters().into_iter().map(|(name, _)| name).collect()
}

/// All kinds of fields.
#[derive(Module)]
#[allow(dead_code)]
struct Everything<A> {
    activation: A,
    list: Vec<nn::Linear>,
    pair: (nn::Linear, nn::ReLU),
    array: [nn::Linear; 2],
    there: Option<nn::Linear>,
    absent: Option<nn::Linear>,
    boxed: Box<dyn nn::Layer>,
    shared: Arc<nn::Linear>,
    scale: nn::Parameter,
    scales: Vec<nn::Parameter>,
    mean: nn::Buffer,
    mask: Option<nn::Buffer>,
    training: nn::Training,
    width: usize,
    name: String,
    sizes: Vec<usize>,
    function: fn(f64) -> f64,
    closure: Box<dyn Fn(&Tensor) -> Tensor + Send + Sync>,
    #[module(skip)]
    last: Option<Tensor>,
    r#type: nn::Linear,
}

fn everything() -> Everything<nn::PReLU> {
    let linear = || nn::Linear::new(1, 1).bias(false);
    Everything {
        activation: nn::PReLU::new(),
        list: vec![linear(), linear()],
        pair: (linear(), nn::ReLU),
        array: [linear(), linear()],
        there: Some(linear()),
        absent: None,
        boxed: Box::new(linear()),
        shared: Arc::new(linear()),
        scale: nn::Parameter::new([1.0, 2.0]),
        scales: vec![nn::Parameter::new(1.0)],
        mean: nn::Buffer::new([0.5]),
        mask: Some(nn::Buffer::not_persistent([true, false])),
        training: nn::Training::default(),
        width: 3,
        name: "everything".into(),
        sizes: vec![1],
        function: f64::sqrt,
        closure: Box::new(|x| x * 2),
        last: None,
        r#type: linear(),
    }
}

#[test]
fn fields_of_all_kinds_are_found_by_their_names() {
    let module = everything();
    assert_eq!(
        names(&module),
        [
            "activation.weight",
            "list.0.weight",
            "list.1.weight",
            "pair.0.weight",
            "array.0.weight",
            "array.1.weight",
            "there.weight",
            "boxed.weight",
            "shared.weight",
            "scale",
            "scales.0",
            "type.weight"
        ]
    );
    let buffers: Vec<String> = module.named_buffers().into_iter().map(|(name, _)| name).collect();
    assert_eq!(buffers, ["mean", "mask"]);
    let state = module.state_dict();
    assert!(state.contains_key("mean") && !state.contains_key("mask"));
    assert_eq!(module.num_parameters(), 13);
}

#[test]
fn training_reaches_modules_inside_modules() {
    let module = nn::sequential![nn::Dropout::new(0.5), nn::sequential![nn::BatchNorm1d::new(3)], everything_forward()];
    assert!(module.is_training());
    module.eval();
    assert!(!module.is_training());
    module.train();
    assert!(module.is_training());
    // What has nothing to switch counts as being trained, as in PyTorch.
    assert!(nn::ReLU.is_training());
}

struct Wrapped(Everything<nn::PReLU>);

impl Module for Wrapped {
    fn visit(&self, visitor: &mut dyn nn::Visitor) {
        visitor.module("inner", &self.0);
    }

    fn name(&self) -> &str {
        "Wrapped"
    }
}

impl Forward for Wrapped {
    fn forward(&self, x: &Tensor) -> Tensor {
        (self.0.closure)(x)
    }
}

fn everything_forward() -> Wrapped {
    Wrapped(everything())
}

/// A choice of layers.
#[derive(Module)]
#[allow(dead_code)]
enum Choice {
    Nothing,
    One(nn::Linear),
    Named { first: nn::Linear, width: usize },
}

#[test]
fn an_enum_shows_the_fields_of_its_variant() {
    assert!(names(&Choice::Nothing).is_empty());
    assert_eq!(names(&Choice::One(nn::Linear::new(1, 1))), ["0.weight", "0.bias"]);
    assert_eq!(names(&Choice::Named { first: nn::Linear::new(1, 1), width: 2 }), ["first.weight", "first.bias"]);
}

/// A block with a bound of its own, where the type of the field needs no more.
#[derive(Module)]
struct Block<A: Forward, const N: usize>
where
    A: 'static,
{
    layers: [nn::Linear; N],
    activation: A,
}

impl<A: Forward, const N: usize> Forward for Block<A, N> {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.layers.iter().fold(x.alias(), |x, layer| self.activation.forward(&layer.forward(&x)))
    }
}

#[test]
fn generic_modules_are_derived_and_printed_as_in_pytorch() {
    let block = Block { layers: [nn::Linear::new(2, 2), nn::Linear::new(2, 2)], activation: nn::Tanh };
    assert_eq!(block.forward(&zeros([3, 2])).size(), [3, 2]);
    let model = nn::sequential![block, nn::Conv2d::new(1, 6, 5).padding(2).bias(false), nn::MaxPool2d::new(2)];
    assert_eq!(
        model.to_string(),
        "Sequential(
  (0): Block(
    (layers): ModuleList(
      (0-1): 2 x Linear(in_features=2, out_features=2, bias=true)
    )
    (activation): Tanh()
  )
  (1): Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1), padding=(2, 2), bias=false)
  (2): MaxPool2d(kernel_size=2)
)"
    );
}

#[test]
fn shared_parameters_count_once_and_are_kept_twice() {
    let embedding = nn::Embedding::new(5, 3);
    let mut output = nn::Linear::new(3, 5).bias(false);
    output.weight = embedding.weight.shared();
    let model = nn::sequential![embedding, output];
    assert_eq!(model.num_parameters(), 15);
    assert_eq!(model.parameters().len(), 1);
    assert_eq!(model.state_dict().keys().collect::<Vec<_>>(), ["0.weight", "1.weight"]);
    model.forward(&tensor![1, 2]).sum().backward();
    let other = nn::sequential![nn::Embedding::new(5, 3), nn::Linear::new(3, 5).bias(false)];
    other.load_state_dict(&model.state_dict());
    assert!(model.forward(&tensor![4]).allclose(other.forward(&tensor![4])));
}

#[test]
fn a_copy_of_a_model_learns_by_itself() {
    let layer = nn::Linear::new(2, 1);
    let copy = layer.clone();
    let optimizer = optim::SGD::new(copy.parameters(), 0.1);
    copy.forward(&ones([1, 2])).sum().backward();
    assert!(layer.weight.try_grad().is_err());
    optimizer.step();
    assert!(!layer.weight.equal(&copy.weight));
    assert!(copy.weight.requires_grad() && copy.weight.is_leaf());
}

#[test]
fn a_frozen_model_learns_nothing_until_it_is_asked_to() {
    let (features, head) = (nn::Linear::new(4, 3), nn::Linear::new(3, 2));
    features.requires_grad_(false);
    let before = features.weight.detach().clone();
    let optimizer = optim::SGD::new([features.parameters(), head.parameters()].concat_handles(), 0.1);
    head.forward(&features.forward(&ones([1, 4]))).sum().backward();
    optimizer.step();
    assert!(features.weight.equal(&before));
    features.requires_grad_(true);
    optimizer.zero_grad();
    head.forward(&features.forward(&ones([1, 4]))).sum().backward();
    optimizer.step();
    assert!(!features.weight.equal(&before));
}

/// Parameters of two models in one list.
trait ConcatHandles {
    fn concat_handles(self) -> Vec<Tensor>;
}

impl ConcatHandles for [Vec<Tensor>; 2] {
    fn concat_handles(self) -> Vec<Tensor> {
        self.into_iter().flatten().collect()
    }
}

#[test]
fn a_state_that_does_not_fit_changes_nothing_and_says_why() {
    let model = nn::sequential![nn::Linear::new(4, 3), nn::ReLU, nn::Linear::new(3, 2)];
    let before = model.state_dict().clone();
    let refused = |state: &tensorlib::StateDict| model.try_load_state_dict(state).unwrap_err().to_string();
    let other = nn::sequential![nn::Linear::new(4, 3), nn::Linear::new(3, 2)].state_dict();
    assert_eq!(
        refused(&other),
        "load_state_dict: the state lacks \"2.weight\", \"2.bias\", and the model has no \"1.weight\", \"1.bias\"; build the model as it was when it was saved, or load what both have with load_state_dict_partly"
    );
    let wide = nn::sequential![nn::Linear::new(4, 3), nn::ReLU, nn::Linear::new(3, 5)].state_dict();
    assert_eq!(
        refused(&wide),
        "load_state_dict: \"2.weight\" has shape [5, 3] in the state and [2, 3] in the model, \"2.bias\" [5] and [2]; build the model with the sizes it was saved with"
    );
    for (name, value) in &before {
        assert!(model.state_dict()[name].equal(value), "{name}");
    }
    let loaded = model.load_state_dict_partly(&other);
    assert_eq!(loaded.missing_keys, ["2.weight", "2.bias"]);
    assert_eq!(loaded.unexpected_keys, ["1.weight", "1.bias"]);
}

#[test]
fn errors_of_layers_name_the_layer_and_what_it_wants() {
    let refused = |result: tensorlib::Result<Tensor>| result.unwrap_err().to_string();
    let model = nn::sequential![nn::Linear::new(784, 128), nn::ReLU, nn::Linear::new(10, 10)];
    assert_eq!(
        refused(model.try_forward(&zeros([64, 1, 28, 28]))),
        "layer 0: Linear(in_features=784, out_features=128, bias=true): linear: the input's last dimension is 28, but the weight of shape [128, 784] takes 784; an image needs flatten_dims(1, -1) first"
    );
    assert_eq!(
        refused(model.try_forward(&zeros([64, 784]))),
        "layer 2: Linear(in_features=10, out_features=10, bias=true): linear: the input's last dimension is 128, but the weight of shape [10, 10] takes 10"
    );
    let named = nn::sequential! { norm: nn::BatchNorm2d::new(3) };
    assert_eq!(
        refused(named.try_forward(&zeros([2, 3]))),
        "layer norm: BatchNorm2d(3, eps=1e-5, momentum=0.1, affine=true, track_running_stats=true): needs an input [batch, channels, height, width] of 3 channels, not one of shape [2, 3]"
    );
}

#[test]
fn a_summary_counts_what_a_model_takes() {
    let model = nn::sequential![
        nn::Conv2d::new(1, 6, 5).padding(2),
        nn::ReLU,
        nn::MaxPool2d::new(2),
        nn::Flatten::new(),
        nn::Dropout::new(0.5),
        nn::Linear::new(6 * 14 * 14, 10)
    ];
    model[5].requires_grad_(false);
    let table = summary(&model, [1, 28, 28]);
    assert_eq!((table.parameters(), table.trainable()), (156 + 11_770, 156));
    assert_eq!(table.multiply_adds(), 150 * 28 * 28 + 11_760);
    let text = table.to_string();
    assert!(text.contains("[N, 6, 14, 14]") && text.contains("11,770 of them frozen"), "{text}");
    assert!(model.is_training(), "a summary leaves the mode as it was");
    let refused = nn::try_summary(&model, [3, 28, 28]).unwrap_err().to_string();
    assert!(refused.starts_with("layer 0: Conv2d(1, 6,"), "{refused}");
}
