//! Converts an optimiser's state to tensors by name, and back.

use super::shared::{Inner, Learned, Learning, check_rate, memory_for};
use crate::autograd::no_grad;
use crate::create::scalar;
use crate::error::{Result, value_error};
use crate::io::StateDict;
use crate::tensor::Tensor;

/// All parameters of all groups, counted through, each with its group.
fn numbered(inner: &Inner) -> impl Iterator<Item = (usize, (&Learning, &Learned))> {
    inner.groups.iter().flat_map(|group| group.learned.iter().map(move |learned| (group, learned))).enumerate()
}

/// The names of what is remembered of the parameters of a group.
fn slots(inner: &Inner, group: &Learning) -> Vec<&'static str> {
    inner.rule.slots(&inner.rule.step(&group.own, group.lr, 0).rule)
}

pub(super) fn state_dict(inner: &Inner) -> StateDict {
    let mut state = StateDict::new();
    for (number, (group, learned)) in numbered(inner) {
        if learned.steps == 0 {
            continue;
        }
        state.insert(format!("state.{number}.step"), scalar(learned.steps as i64));
        let Some(memory) = &learned.memory else { continue };
        // Options that came after the last step have no memory yet.
        for (slot, name) in slots(inner, group).into_iter().take(memory.layout.shape[0]).enumerate() {
            state.insert(format!("state.{number}.{name}"), memory.i(slot as i64).clone());
        }
    }
    for (number, group) in inner.groups.iter().enumerate() {
        state.insert(format!("param_groups.{number}.lr"), scalar(group.lr));
        state.insert(format!("param_groups.{number}.params"), scalar(group.learned.len() as i64));
    }
    state
}

/// The state that was read for a parameter.
struct Read {
    steps: u64,
    memory: Option<Tensor>,
}

pub(super) fn load(inner: &mut Inner, state: &StateDict) -> Result<()> {
    let name = inner.rule.name();
    let number = |key: &str| {
        let found = state.get(key).filter(|tensor| tensor.numel() == 1);
        found.map(Tensor::item::<f64>).ok_or_else(|| {
            value_error!("load_state_dict: {key:?} is missing; this is not the state of an optimiser, or of one with fewer groups")
        })
    };
    let mut rates = Vec::new();
    for (at, group) in inner.groups.iter().enumerate() {
        let (count, given) = (group.learned.len(), number(&format!("param_groups.{at}.params"))? as usize);
        if count != given {
            return Err(value_error!(
                "load_state_dict: group {at} has {given} parameters in the state and {count} in this {name}"
            ));
        }
        let rate = number(&format!("param_groups.{at}.lr"))?;
        check_rate(name, rate)?;
        rates.push(rate);
    }
    let extra = format!("param_groups.{}.lr", inner.groups.len());
    if state.contains_key(&extra) {
        return Err(value_error!(
            "load_state_dict: the state has more groups than the {} of this {name}",
            inner.groups.len()
        ));
    }
    let read = numbered(inner)
        .map(|(at, (group, learned))| one(inner, at, group, learned, state))
        .collect::<Result<Vec<Read>>>()?;
    // Nothing can go wrong from here on.
    for (learned, read) in inner.groups.iter_mut().flat_map(|group| &mut group.learned).zip(read) {
        (learned.steps, learned.memory) = (read.steps, read.memory);
    }
    inner.groups.iter_mut().zip(rates).for_each(|(group, rate)| group.lr = rate);
    Ok(())
}

fn one(inner: &Inner, at: usize, group: &Learning, learned: &Learned, state: &StateDict) -> Result<Read> {
    let Some(steps) = state.get(&format!("state.{at}.step")) else { return Ok(Read { steps: 0, memory: None }) };
    let found = slots(inner, group)
        .into_iter()
        .map(|name| {
            state.get(&format!("state.{at}.{name}")).ok_or_else(|| {
                value_error!(
                    "load_state_dict: \"state.{at}.{name}\" is missing; this is the state of another kind of optimiser than {}, or of one with other options",
                    inner.rule.name()
                )
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let parameter = &learned.parameter;
    if let Some(other) = found.iter().find(|tensor| tensor.layout.shape != parameter.layout.shape) {
        return Err(value_error!(
            "load_state_dict: parameter {at} has shape {} here and {} in the state",
            parameter.size(),
            other.size()
        ));
    }
    let steps = steps.try_item::<f64>()? as u64;
    if found.is_empty() {
        return Ok(Read { steps, memory: None });
    }
    let memory = memory_for(parameter, found.len(), 0.0)?;
    no_grad(|| {
        found.iter().enumerate().try_for_each(|(slot, tensor)| memory.i(slot as i64).try_copy_(*tensor).map(drop))
    })?;
    Ok(Read { steps, memory: Some(memory) })
}

/// As PyTorch prints an optimiser.
pub(super) fn printed(inner: &Inner) -> String {
    let mut text = format!("{} (\n", inner.rule.name());
    for (number, group) in inner.groups.iter().enumerate() {
        let mut options = inner.rule.options();
        options.push(("lr", group.lr));
        for (name, own) in
            [("weight_decay", group.own.weight_decay), ("momentum", group.own.momentum), ("eps", group.own.eps)]
        {
            if let Some(own) = own {
                options.iter_mut().filter(|(option, _)| *option == name).for_each(|option| option.1 = own);
            }
        }
        options.sort_by_key(|(name, _)| *name);
        text += &format!("Parameter Group {number}\n");
        for (name, value) in options {
            text += &format!("    {name}: {value}\n");
        }
    }
    text + ")"
}
