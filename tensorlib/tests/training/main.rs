//! Whole trainings beside PyTorch's: fifty steps of each optimiser, schedule and kind of model, from the same seed, whose
//! losses agree at every step. `golden.py` has the same runs in Python.

mod models;

use std::sync::{Mutex, MutexGuard, PoisonError};

use models::{batch_norm, encoder, gpt, lenet, lstm, mlp};
use tensorlib::optim::lr_scheduler as lrs;
use tensorlib::optim::{Optimizer, group};
use tensorlib::prelude::*;

/// There is one generator of random numbers: tests that count on its numbers take turns.
fn generator() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

const RUNS: &str = include_str!("runs.txt");

/// A model with its loss.
pub struct Task {
    /// The model.
    pub model: nn::Sequential,
    /// Its loss on all of its data.
    pub loss: Box<dyn Fn(&nn::Sequential) -> Tensor>,
}

/// What is done after a step, given the loss.
type After = Box<dyn Fn(f64)>;

struct Run {
    losses: Vec<f64>,
}

fn run(make: fn() -> Task, optimizer: impl Fn(&nn::Sequential) -> Box<dyn Optimizer>, clip: Option<f64>) -> Run {
    scheduled(make, |model| (optimizer(model), Box::new(|_| ())), clip)
}

fn scheduled(
    make: fn() -> Task,
    begin: impl Fn(&nn::Sequential) -> (Box<dyn Optimizer>, After),
    clip: Option<f64>,
) -> Run {
    manual_seed(3);
    let task = make();
    let (optimizer, after) = begin(&task.model);
    let mut losses = Vec::new();
    for _ in 0..50 {
        optimizer.zero_grad();
        let loss = (task.loss)(&task.model);
        loss.backward();
        if let Some(norm) = clip {
            nn::utils::clip_grad_norm_(task.model.parameters(), norm);
        }
        optimizer.step();
        losses.push(loss.item::<f64>());
        after(loss.item::<f64>());
    }
    Run { losses }
}

/// Plain gradient descent with a schedule.
fn planned<S: lrs::LrScheduler + 'static>(plan: fn(&optim::SGD) -> S) -> Run {
    scheduled(
        mlp,
        |model| {
            let optimizer = optim::SGD::new(model.parameters(), 0.1);
            let schedule = plan(&optimizer);
            (Box::new(optimizer), Box::new(move |_| schedule.step()))
        },
        None,
    )
}

fn made(name: &str) -> Run {
    let sgd = |model: &nn::Sequential| optim::SGD::new(model.parameters(), 0.1);
    let adam = |model: &nn::Sequential, lr: f64| optim::Adam::new(model.parameters(), lr);
    let adamw = |model: &nn::Sequential, lr: f64| optim::AdamW::new(model.parameters(), lr);
    let rms = |model: &nn::Sequential| optim::RMSprop::new(model.parameters(), 1e-3);
    let adagrad = |model: &nn::Sequential| optim::Adagrad::new(model.parameters(), 3e-2);
    match name {
        "sgd" => run(mlp, |m| Box::new(sgd(m)), None),
        "sgd momentum" => run(mlp, |m| Box::new(sgd(m).momentum(0.9)), None),
        "sgd dampening" => run(mlp, |m| Box::new(sgd(m).momentum(0.9).dampening(0.5)), None),
        "sgd nesterov decay" => run(mlp, |m| Box::new(sgd(m).momentum(0.9).nesterov(true).weight_decay(1e-2)), None),
        "sgd maximize" => run(mlp, |m| Box::new(optim::SGD::new(m.parameters(), 1e-3).maximize(true)), None),
        "adam" => run(mlp, |m| Box::new(adam(m, 1e-2)), None),
        "adam decay betas" => run(mlp, |m| Box::new(adam(m, 1e-2).betas(0.8, 0.95).eps(1e-4).weight_decay(0.1)), None),
        "adam amsgrad" => run(mlp, |m| Box::new(adam(m, 3e-2).amsgrad(true)), None),
        "adam groups" => run(mlp, |m| Box::new(in_groups(m)), None),
        "adamw" => run(mlp, |m| Box::new(adamw(m, 1e-2)), None),
        "adamw decay" => run(mlp, |m| Box::new(adamw(m, 1e-2).weight_decay(0.5).amsgrad(true)), None),
        "rmsprop" => run(mlp, |m| Box::new(rms(m)), None),
        "rmsprop momentum" => run(mlp, |m| Box::new(rms(m).alpha(0.9).momentum(0.9).weight_decay(1e-2)), None),
        "rmsprop centered" => run(mlp, |m| Box::new(rms(m).centered(true).momentum(0.5).eps(1e-3)), None),
        "adagrad" => run(mlp, |m| Box::new(adagrad(m)), None),
        "adagrad decay" => {
            run(mlp, |m| Box::new(adagrad(m).lr_decay(0.05).weight_decay(1e-2).initial_accumulator_value(0.1)), None)
        }
        "clip" => run(mlp, |m| Box::new(sgd(m).momentum(0.9)), Some(0.1)),
        "step" => planned(|o| lrs::StepLR::new(o, 10, 0.5)),
        "multi-step" => planned(|o| lrs::MultiStepLR::new(o, &[5, 6, 30], 0.5)),
        "exponential" => planned(|o| lrs::ExponentialLR::new(o, 0.95)),
        "cosine" => planned(|o| lrs::CosineAnnealingLR::with_minimum(o, 20, 0.01)),
        "restarts" => planned(|o| lrs::CosineAnnealingWarmRestarts::new(o, 7, 2, 0.01)),
        "linear" => planned(|o| lrs::LinearLR::new(o, 0.1, 1.0, 20)),
        "constant" => planned(|o| lrs::ConstantLR::new(o, 0.2, 10)),
        "polynomial" => planned(|o| lrs::PolynomialLR::new(o, 30, 2.0)),
        "lambda" => planned(|o| lrs::LambdaLR::new(o, |epoch| 1.0 / (1.0 + epoch as f64))),
        "one-cycle" => scheduled(
            mlp,
            |model| {
                let optimizer = optim::SGD::new(model.parameters(), 0.1).momentum(0.5);
                let schedule = lrs::OneCycleLR::new(&optimizer, 0.5, 50);
                (Box::new(optimizer), Box::new(move |_| schedule.step()))
            },
            None,
        ),
        "one-cycle adam" => scheduled(
            mlp,
            |model| {
                let optimizer = optim::Adam::new(model.parameters(), 1e-3);
                let schedule = lrs::OneCycleLR::with_shape(&optimizer, 1e-2, 50, 0.2, lrs::Anneal::Linear);
                (Box::new(optimizer), Box::new(move |_| schedule.step()))
            },
            None,
        ),
        "sequential" => scheduled(
            mlp,
            |model| {
                let optimizer = optim::SGD::new(model.parameters(), 0.1);
                let warm_up = lrs::LinearLR::new(&optimizer, 0.1, 1.0, 10);
                let fall = lrs::CosineAnnealing::new(&optimizer, 40);
                let schedule = lrs::SequentialLR::new(&optimizer, &[&warm_up, &fall], &[10]);
                (Box::new(optimizer), Box::new(move |_| schedule.step()))
            },
            None,
        ),
        "plateau" => scheduled(
            mlp,
            |model| {
                let optimizer = optim::SGD::new(model.parameters(), 0.1);
                let schedule =
                    lrs::ReduceLROnPlateau::new(&optimizer).factor(0.5).patience(1).cooldown(1).threshold(0.02);
                (Box::new(optimizer), Box::new(move |loss| schedule.step(loss)))
            },
            None,
        ),
        "lenet sgd" => run(lenet, |m| Box::new(sgd(m).momentum(0.9)), None),
        "lenet adam" => run(lenet, |m| Box::new(adam(m, 1e-3)), None),
        "batch norm and dropout" => run(batch_norm, |m| Box::new(sgd(m)), None),
        "gpt" => run(gpt, |m| Box::new(adamw(m, 1e-3)), None),
        "lstm" => run(lstm, |m| Box::new(adam(m, 1e-2)), Some(1.0)),
        "encoder" => run(encoder, |m| Box::new(adamw(m, 1e-3)), None),
        _ => panic!("no run {name}"),
    }
}

/// Three layers, each with options of its own.
fn in_groups(model: &nn::Sequential) -> optim::Adam {
    optim::Adam::with_groups([
        group(model[0].parameters(), 1e-2).weight_decay(0.1),
        group(model[2].parameters(), 1e-3),
        group(model[4].parameters(), 1e-3).betas(0.5, 0.9),
    ])
}

#[test]
fn losses_are_those_of_pytorch_at_every_step() {
    let _turn = generator();
    let runs: Vec<&str> = RUNS.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(runs.len() >= 35, "only {} runs", runs.len());
    let mut wrong = Vec::new();
    for line in runs {
        let (name, expected) = line.split_once(';').expect("a name");
        let expected: Vec<f64> = expected.split(',').map(|loss| loss.parse().expect("a loss")).collect();
        let run = made(name);
        assert_eq!(run.losses.len(), expected.len());
        let differs = |(made, expected): (&f64, &f64)| (made - expected).abs() > 1e-3 * expected.abs();
        if let Some(step) = run.losses.iter().zip(&expected).position(differs) {
            wrong.push(format!("{name}, step {step}: {} and not {}", run.losses[step], expected[step]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_optimiser_goes_on_from_its_state() {
    let _turn = generator();
    let steps = |optimizer: &dyn Optimizer, task: &Task, count: usize| {
        for _ in 0..count {
            optimizer.zero_grad();
            (task.loss)(&task.model).backward();
            optimizer.step();
        }
    };
    type Make = fn(Vec<Tensor>) -> Box<dyn Optimizer>;
    let kinds: [Make; 5] = [
        |p| Box::new(optim::SGD::new(p, 0.1).momentum(0.9)),
        |p| Box::new(optim::Adam::new(p, 0.01).amsgrad(true)),
        |p| Box::new(optim::RMSprop::new(p, 0.01).momentum(0.5).centered(true)),
        |p| Box::new(optim::Adagrad::new(p, 0.01).lr_decay(0.1)),
        // Only one group has something to remember.
        |mut p| {
            let last = p.pop().expect("a parameter");
            Box::new(optim::SGD::with_groups([group(p, 0.1), group([last], 0.1).momentum(0.9)]))
        },
    ];
    for kind in kinds {
        manual_seed(1);
        let whole = mlp();
        let optimizer = kind(whole.model.parameters());
        steps(&*optimizer, &whole, 3);
        let (model, state) = (whole.model.state_dict().clone(), optimizer.state_dict());
        optimizer.set_lr(0.02);
        steps(&*optimizer, &whole, 3);

        manual_seed(1);
        let resumed = mlp();
        resumed.model.load_state_dict(&model);
        let second = kind(resumed.model.parameters());
        second.load_state_dict(&state);
        second.set_lr(0.02);
        steps(&*second, &resumed, 3);
        for (a, b) in whole.model.parameters().iter().zip(resumed.model.parameters()) {
            assert!(a.equal(&b));
        }
    }
}

#[test]
fn what_cannot_be_optimised_is_refused_with_a_sentence() {
    let panics = |body: fn()| -> String {
        let panic = std::panic::catch_unwind(body).expect_err("it is refused");
        panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
            .unwrap()
    };
    assert_eq!(
        panics(|| drop(optim::SGD::new(nn::ReLU.parameters(), 0.1))),
        "SGD: there are no parameters; give those of a model, model.parameters(), or tensors with requires_grad_(true)"
    );
    assert_eq!(
        panics(|| {
            let w = ones([2]).requires_grad_(true);
            drop(optim::Adam::new([&w * 2.0], 0.1));
        }),
        "Adam: a parameter of shape [2] was computed from others; give the leaves, on which requires_grad_(true) was called"
    );
    assert_eq!(
        panics(|| drop(optim::Adam::new([ones([2]).requires_grad_(true)], -0.1))),
        "Adam: a learning rate must be 0 or more, not -0.1"
    );
    assert_eq!(
        panics(|| drop(optim::SGD::new([ones([2]).requires_grad_(true)], 0.1).nesterov(true))),
        "SGD: nesterov needs a momentum and no dampening; say momentum(0.9) before nesterov(true)"
    );
    assert_eq!(
        panics(|| drop(optim::Adam::new([ones([2]).requires_grad_(true)], 0.1).betas(0.9, 1.0))),
        "Adam: beta2 must be from 0 up to, not including, 1, not 1"
    );
    assert_eq!(
        panics(|| {
            let w = ones([2]).requires_grad_(true);
            drop(optim::SGD::with_groups([group([&w], 0.1), group([&w], 0.2)]));
        }),
        "SGD: a parameter of shape [2] is in two groups"
    );
}

#[test]
fn a_state_of_other_options_is_refused_and_changes_nothing() {
    let w = ones([2]).requires_grad_(true);
    let plain = optim::SGD::new([&w], 0.5);
    w.square().sum().backward();
    plain.step();
    let with_momentum = optim::SGD::new([&w], 0.1).momentum(0.9);
    assert_eq!(
        with_momentum.try_load_state_dict(&plain.state_dict()).unwrap_err().to_string(),
        "load_state_dict: \"state.0.momentum_buffer\" is missing; this is the state of another kind of optimiser than SGD, or of one with other options"
    );
    assert_eq!(with_momentum.lr(), 0.1);
}
