//! Layers by name and options, run forward and backward.

use super::Parts;
use super::options::Options;
use tensorlib::prelude::*;

/// What one call of a layer gives.
type Call<'a> = &'a dyn Fn(&[Tensor]) -> Vec<Tensor>;

fn input(shape: &[usize], whole: Option<i64>) -> Tensor {
    match whole {
        Some(below) => randint(below, shape),
        None => randn(shape).requires_grad_(true),
    }
}

fn run(module: &dyn Module, call: Call, options: &Options, shapes: &[Vec<usize>]) -> Parts {
    let parameters = module.parameters();
    let first = parameters.iter().map(|parameter| parameter.detach().clone()).collect();
    let whole = options.get("whole").map(|below| below.parse().unwrap());
    let inputs: Vec<Tensor> = shapes.iter().map(|shape| input(shape, whole)).collect();
    if options.is("eval") {
        no_grad(|| call(&inputs));
        module.eval();
    }
    let results = call(&inputs);
    let parts: Vec<Tensor> = results.iter().map(|result| (result * randn(result.size())).sum()).collect();
    parts.into_iter().sum::<Tensor>().backward();
    let gradient = |x: &Tensor| x.try_grad().unwrap_or_else(|_| zeros_like(x));
    let of_inputs = inputs.iter().filter(|x| x.requires_grad()).map(gradient).collect();
    let of_parameters = parameters.iter().map(gradient).collect();
    [first, results, of_inputs, of_parameters, module.buffers()]
}

fn forward(layer: impl Forward, options: &Options, shapes: &[Vec<usize>]) -> Parts {
    run(&layer, &|x| vec![layer.forward(&x[0])], options, shapes)
}

macro_rules! convolution {
    ($layer:ident, $o:ident, $shapes:ident $(, $output_padding:ident)?) => {{
        let outputs = $o.get("out").map_or(6, |out| out.parse().unwrap());
        let layer = nn::$layer::new(4, outputs, &$o.ints("k")[..])
            .stride(&$o.ints("stride")[..])
            .dilation(&$o.ints("dilation")[..])
            .groups($o.int("groups"))
            .bias($o.is("bias"));
        let layer = match $o.text("padding") {
            "same" => layer.padding("same"),
            _ => layer.padding(&$o.ints("padding")[..]),
        };
        $(let layer = layer.$output_padding($o.int("outpad") as i64);)?
        forward(layer, $o, $shapes)
    }};
}

macro_rules! max_pool {
    ($layer:ident, $o:ident, $shapes:ident) => {{
        let layer = nn::$layer::new($o.int("k"))
            .padding($o.int("padding"))
            .dilation($o.int("dilation"))
            .ceil_mode($o.is("ceil"));
        let stride = $o.int("stride");
        forward(if stride > 0 { layer.stride(stride) } else { layer }, $o, $shapes)
    }};
}

macro_rules! avg_pool {
    ($layer:ident, $o:ident, $shapes:ident) => {{
        let layer = nn::$layer::new($o.int("k"))
            .padding($o.int("padding"))
            .ceil_mode($o.is("ceil"))
            .count_include_pad($o.is("count"));
        let stride = $o.int("stride");
        forward(if stride > 0 { layer.stride(stride) } else { layer }, $o, $shapes)
    }};
}

macro_rules! batch_norm {
    ($layer:ident, $o:ident, $shapes:ident) => {{
        let momentum = match $o.text("momentum") {
            "none" => None,
            momentum => Some(momentum.parse::<f64>().unwrap()),
        };
        let layer = nn::$layer::new(4).affine($o.is("affine")).track_running_stats($o.is("track")).eps($o.float("eps"));
        forward(layer.momentum(momentum), $o, $shapes)
    }};
}

/// Layers that are made with nothing or with the options `a` and `b`.
macro_rules! activations {
    ($kind:ident, $o:ident, $shapes:ident; $($plain:ident)*; $($one:ident)*; $($two:ident)*) => {
        match ($kind, $o.get("a"), $o.get("b")) {
            $((stringify!($plain), ..) => forward(nn::$plain, $o, $shapes),)*
            $((stringify!($one), None, _) => forward(nn::$one::default(), $o, $shapes),)*
            $((stringify!($one), Some(_), _) => forward(nn::$one::new($o.float("a")), $o, $shapes),)*
            ("Hardtanh", None, _) => forward(nn::Hardtanh::default(), $o, $shapes),
            $((stringify!($two), ..) => forward(nn::$two::new($o.float("a"), $o.float("b")), $o, $shapes),)*
            _ => panic!("no layer {}", $kind),
        }
    };
}

pub fn made(kind: &str, o: &Options, shapes: &[Vec<usize>]) -> Parts {
    let none_or = |name: &str| Some(o.text(name)).filter(|&text| text != "none");
    match kind {
        "Linear" => forward(nn::Linear::new(o.int("i"), o.int("o")).bias(o.is("bias")), o, shapes),
        "Bilinear" => {
            let layer = nn::Bilinear::new(o.int("a"), o.int("b"), o.int("o")).bias(o.is("bias"));
            run(&layer, &|x| vec![layer.forward(&x[0], &x[1])], o, shapes)
        }
        "Flatten" => forward(nn::Flatten::new(), o, shapes),
        "Unflatten" => forward(nn::Unflatten::new(1, [3, 4]), o, shapes),
        "Identity" => forward(nn::Identity, o, shapes),
        "Conv1d" => convolution!(Conv1d, o, shapes),
        "Conv2d" => convolution!(Conv2d, o, shapes),
        "ConvTranspose1d" => convolution!(ConvTranspose1d, o, shapes, output_padding),
        "ConvTranspose2d" => convolution!(ConvTranspose2d, o, shapes, output_padding),
        "MaxPool1d" => max_pool!(MaxPool1d, o, shapes),
        "MaxPool2d" => max_pool!(MaxPool2d, o, shapes),
        "AvgPool1d" => avg_pool!(AvgPool1d, o, shapes),
        "AvgPool2d" => avg_pool!(AvgPool2d, o, shapes),
        "AdaptiveAvgPool1d" => forward(nn::AdaptiveAvgPool1d::new(o.int("size")), o, shapes),
        "AdaptiveAvgPool2d" => forward(nn::AdaptiveAvgPool2d::new(o.int("size")), o, shapes),
        "AdaptiveMaxPool1d" => forward(nn::AdaptiveMaxPool1d::new(o.int("size")), o, shapes),
        "AdaptiveMaxPool2d" => forward(nn::AdaptiveMaxPool2d::new(o.int("size")), o, shapes),
        "BatchNorm1d" => batch_norm!(BatchNorm1d, o, shapes),
        "BatchNorm2d" => batch_norm!(BatchNorm2d, o, shapes),
        "LayerNorm" => {
            let layer = nn::LayerNorm::new(&o.ints("row")[..]).eps(o.float("eps")).elementwise_affine(o.is("affine"));
            forward(layer.bias(o.is("bias")), o, shapes)
        }
        "RMSNorm" => {
            let layer = nn::RMSNorm::new(&o.ints("row")[..]).elementwise_affine(o.is("affine"));
            let layer = if let Some(eps) = none_or("eps") { layer.eps(eps.parse().unwrap()) } else { layer };
            forward(layer, o, shapes)
        }
        "GroupNorm" => {
            forward(nn::GroupNorm::new(o.int("groups"), 6).eps(o.float("eps")).affine(o.is("affine")), o, shapes)
        }
        "Embedding" => {
            let layer = nn::Embedding::new(7, 5);
            let layer =
                if let Some(row) = none_or("padding") { layer.padding_idx(row.parse().unwrap()) } else { layer };
            forward(layer, o, shapes)
        }
        "Dropout" => forward(nn::Dropout::new(o.float("p")), o, shapes),
        "Dropout1d" => forward(nn::Dropout1d::new(o.float("p")), o, shapes),
        "Dropout2d" => forward(nn::Dropout2d::new(o.float("p")), o, shapes),
        "AlphaDropout" => forward(nn::AlphaDropout::new(o.float("p")), o, shapes),
        "Softmax" => forward(nn::Softmax::new(o.ints("dim")[0]), o, shapes),
        "LogSoftmax" => forward(nn::LogSoftmax::new(o.ints("dim")[0]), o, shapes),
        "Softmin" => forward(nn::Softmin::new(o.ints("dim")[0]), o, shapes),
        "PReLU" if o.get("n").is_some() => forward(nn::PReLU::channels(o.int("n"), 0.1), o, shapes),
        "PReLU" => forward(nn::PReLU::new(), o, shapes),
        "GLU" => forward(nn::GLU::default(), o, shapes),
        "RReLU" => forward(nn::RReLU::default(), o, shapes),
        "MultiheadAttention" => attention(o, shapes),
        "TransformerEncoderLayer" => {
            let act = if o.text("act") == "relu" { nn::FeedForward::Relu } else { nn::FeedForward::Gelu };
            let layer = nn::TransformerEncoderLayer::new(8, o.int("heads")).dim_feedforward(16).dropout(0.0);
            let layer = layer.activation(act).norm_first(o.is("norm")).batch_first(o.is("first")).bias(o.is("bias"));
            forward(layer, o, shapes)
        }
        "TransformerEncoder" => {
            let layer = nn::TransformerEncoderLayer::new(8, 2).dim_feedforward(16).dropout(0.0).batch_first(true);
            forward(nn::TransformerEncoder::new(&layer, 2).norm(nn::LayerNorm::new(8)), o, shapes)
        }
        _ => activations!(kind, o, shapes;
            ReLU ReLU6 Sigmoid Tanh GELU GELUTanh SiLU Mish SELU Softplus Softsign Tanhshrink LogSigmoid Hardsigmoid Hardswish;
            LeakyReLU ELU CELU Hardshrink Softshrink;
            Hardtanh Threshold),
    }
}

fn attention(o: &Options, shapes: &[Vec<usize>]) -> Parts {
    let layer = nn::MultiheadAttention::new(8, o.int("heads")).bias(o.is("bias")).batch_first(o.is("first"));
    let pair = |(y, weights): (Tensor, Tensor)| vec![y, weights];
    let (batch, length) = if o.is("first") { (2, 5) } else { (5, 2) };
    let call: Call = match o.text("use") {
        "self" | "alone" => &|x| pair(layer.forward(&x[0], &x[0], &x[0])),
        "other" => &|x| pair(layer.forward(&x[0], &x[1], &x[1])),
        "causal" => &|x| {
            let mask = ones([length, length]).triu_diagonal(1).bool();
            let options = nn::Attend::new().attn_mask(&mask).need_weights(false);
            vec![layer.forward_with(&x[0], &x[0], &x[0], options).0]
        },
        "padding" => &|x| {
            let hidden = zeros([batch, length]).bool();
            hidden.i((.., -1)).fill_(true);
            let options = nn::Attend::new().key_padding_mask(&hidden).average_attn_weights(false);
            let (y, weights) = layer.forward_with(&x[0], &x[0], &x[0], options);
            vec![y, weights.unwrap()]
        },
        other => panic!("use {other}"),
    };
    run(&layer, call, o, shapes)
}
