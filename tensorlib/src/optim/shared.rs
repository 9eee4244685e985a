//! The state of an optimiser, shared with the schedules that change its rates.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::group::{Group, Own};
use crate::autograd::no_grad;
use crate::backend::backend_of;
use crate::create::zeros;
use crate::error::{Result, device_error, value_error};
use crate::interrupt;
use crate::op::{StepOp, StepRule};
use crate::size::IntoInts;
use crate::tensor::Tensor;

/// The options of an optimiser, and the rule that follows from them.
pub(super) trait Rule: Send + Sync {
    /// The name of the optimiser.
    fn name(&self) -> &'static str;
    /// Refuses options that make no sense.
    fn check(&self) -> Result<()>;
    /// One step for a parameter of a group, given the group's rate and how many steps the parameter has had before.
    fn step(&self, own: &Own, lr: f64, steps: u64) -> StepOp;
    /// The names of what is remembered, in the order of the slots, as PyTorch has them.
    fn slots(&self, rule: &StepRule) -> Vec<&'static str>;
    /// The value with which memory begins.
    fn first_value(&self) -> f64 {
        0.0
    }
    /// Momentum, or the first of the betas: what a schedule may cycle against the rate.
    fn momentum(&self, own: &Own) -> Option<f64>;
    /// A group's own momentum.
    fn with_momentum(&self, own: Own, momentum: f64) -> Own;
    /// Options as PyTorch names them.
    fn options(&self) -> Vec<(&'static str, f64)>;
}

/// A parameter and what is remembered of its gradients.
pub(super) struct Learned {
    pub parameter: Tensor,
    /// Shape `[slots, …]`, once there was a step.
    pub memory: Option<Tensor>,
    pub steps: u64,
}

pub(super) struct Learning {
    pub learned: Vec<Learned>,
    pub lr: f64,
    pub own: Own,
}

pub(super) struct Inner {
    pub rule: Box<dyn Rule>,
    pub groups: Vec<Learning>,
}

/// The parameters and rates of an optimiser: what an optimiser and its schedules have in common.
#[derive(Clone)]
pub struct Shared(Arc<Mutex<Inner>>);

impl Shared {
    pub(super) fn new(rule: Box<dyn Rule>, groups: Vec<Group>) -> Result<Shared> {
        let mut inner = Inner { rule, groups: Vec::new() };
        if groups.is_empty() || groups.iter().all(|group| group.parameters.is_empty()) {
            return Err(value_error!(
                "{}: there are no parameters; give those of a model, model.parameters(), or tensors with requires_grad_(true)",
                inner.rule.name()
            ));
        }
        groups.into_iter().try_for_each(|group| inner.add(group))?;
        Ok(Shared(Arc::new(Mutex::new(inner))))
    }

    pub(super) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Other options.
    pub(super) fn set_rule(&self, rule: Box<dyn Rule>) -> Result<()> {
        rule.check()?;
        self.inner().rule = rule;
        Ok(())
    }

    pub(super) fn zero_grad(&self) {
        self.inner().parameters().for_each(Tensor::zero_grad);
    }

    pub(super) fn step(&self) -> Result<()> {
        // Before and after a step, but not in the middle of one: parameters stay whole.
        interrupt::check();
        interrupt::whole(|| no_grad(|| self.inner().step()))?;
        interrupt::check();
        Ok(())
    }
}

impl Inner {
    pub fn add(&mut self, group: Group) -> Result<()> {
        let name = self.rule.name();
        check_rate(name, group.lr)?;
        let mut known: HashSet<usize> = self.parameters().map(identity).collect();
        let mut learned = Vec::new();
        let mut seen = HashSet::new();
        for parameter in group.parameters {
            if !parameter.is_leaf() {
                return Err(value_error!(
                    "{name}: a parameter of shape {} was computed from others; give the leaves, on which requires_grad_(true) was called",
                    parameter.size()
                ));
            }
            if !parameter.dtype().is_floating_point() {
                return Err(value_error!("{name}: a parameter must be floating-point, not {}", parameter.dtype()));
            }
            // Parameters that layers share come more than once.
            if !seen.insert(identity(&parameter)) {
                continue;
            }
            if !known.insert(identity(&parameter)) {
                return Err(value_error!("{name}: a parameter of shape {} is in two groups", parameter.size()));
            }
            learned.push(Learned { parameter, memory: None, steps: 0 });
        }
        self.groups.push(Learning { learned, lr: group.lr, own: group.own });
        self.rule.check()
    }

    pub fn parameters(&self) -> impl Iterator<Item = &Tensor> {
        self.groups.iter().flat_map(|group| group.learned.iter().map(|learned| &learned.parameter))
    }

    fn step(&mut self) -> Result<()> {
        let Inner { rule, groups } = self;
        for group in groups {
            for learned in &mut group.learned {
                let Ok(gradient) = learned.parameter.try_grad() else { continue };
                let op = rule.step(&group.own, group.lr, learned.steps);
                learned.step(rule.name(), &op, &gradient, rule.first_value())?;
            }
        }
        Ok(())
    }
}

impl Learned {
    fn step(&mut self, name: &str, op: &StepOp, gradient: &Tensor, first: f64) -> Result<()> {
        let slots = op.rule.slots();
        let parameter = &self.parameter;
        if self.memory.as_ref().is_none_or(|memory| memory.layout.shape[0] != slots) {
            self.memory = if slots == 0 { None } else { Some(memory_for(parameter, slots, first)?) };
        }
        let backend = backend_of(name, &[parameter, gradient])?;
        let memory = self.memory.as_ref();
        let even = |x: &Tensor| x.is_contiguous();
        if even(parameter) && even(gradient) {
            backend.step_(op, parameter.elements(), gradient.elements(), memory.map(Tensor::elements));
        } else {
            let (copy, gradient) = (parameter.copied(), gradient.copied());
            backend.step_(op, copy.elements(), gradient.elements(), memory.map(Tensor::elements));
            parameter.try_copy_(&copy)?;
        }
        self.steps += 1;
        Ok(())
    }
}

/// Room for what is remembered of a parameter.
pub(super) fn memory_for(parameter: &Tensor, slots: usize, first: f64) -> Result<Tensor> {
    let mut shape = vec![slots];
    shape.extend(parameter.layout.shape.iter());
    let memory = zeros((&shape[..]).into_ints()).to_dtype(parameter.dtype());
    if first != 0.0 {
        memory.try_fill_(first)?;
    }
    match memory.device() == parameter.device() {
        true => Ok(memory),
        false => Err(device_error!("the memory of an optimiser must be where its parameters are")),
    }
}

fn identity(parameter: &Tensor) -> usize {
    Arc::as_ptr(&parameter.storage) as usize
}

pub(super) fn check_rate(name: &str, lr: f64) -> Result<()> {
    if lr >= 0.0 && lr.is_finite() {
        return Ok(());
    }
    Err(value_error!("{name}: a learning rate must be 0 or more, not {lr}"))
}

/// Refuses an option outside its range.
pub(super) fn check_option(name: &str, option: &str, value: f64, least: f64, below: f64) -> Result<()> {
    if value >= least && value < below {
        return Ok(());
    }
    let range = if below.is_infinite() {
        format!("{least} or more")
    } else {
        format!("from {least} up to, not including, {below}")
    };
    Err(value_error!("{name}: {option} must be {range}, not {value}"))
}
