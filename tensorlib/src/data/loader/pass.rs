//! A pass through a dataset, whatever its examples and batches are.
//!
//! Without type parameters: compiled with the library, not with each cell that has a loop over a loader, where its threads,
//! channels and orders took 1.3 s of a compile.

use std::panic::resume_unwind;
use std::sync::Arc;

use super::batch::{Ahead, Batch, Fetch, Panic};
use super::workers::Workers;
use crate::create::draw_seed;
use crate::data::sampler::{BatchSampler, RandomSampler, Sampler, SequentialSampler, at_least_one, batches};
use crate::error::count;
use crate::interrupt::{self, Interrupted};

/// Where the order comes from.
#[derive(Clone)]
pub(super) enum Order {
    AsTheyAre,
    Shuffled,
    Sampler(Arc<dyn Sampler>),
    Batches(Arc<BatchSampler>),
}

/// The options of a loader.
#[derive(Clone)]
pub(super) struct Plan {
    batch_size: usize,
    pub order: Order,
    pub drop_last: bool,
    pub workers: usize,
}

impl Plan {
    #[track_caller]
    pub fn new(batch_size: usize) -> Plan {
        Plan { batch_size: at_least_one(batch_size), order: Order::AsTheyAre, drop_last: false, workers: 0 }
    }

    /// The number of batches in a pass through a dataset of some examples.
    pub fn len(&self, examples: usize) -> usize {
        let examples = match &self.order {
            Order::AsTheyAre | Order::Shuffled => examples,
            Order::Sampler(sampler) => sampler.len(),
            Order::Batches(batches) => return batches.len(),
        };
        if self.drop_last { examples / self.batch_size } else { examples.div_ceil(self.batch_size) }
    }

    /// The options that are not the usual ones, and the number of batches.
    pub fn options(&self, examples: usize) -> String {
        let size = format!("batch_size={}", self.batch_size);
        let mut options = match &self.order {
            Order::AsTheyAre => vec![size],
            Order::Shuffled => vec![size, "shuffle=true".into()],
            Order::Sampler(_) => vec![size, "sampler".into()],
            Order::Batches(batches) => vec![format!("{batches:?}")],
        };
        if self.drop_last {
            options.push("drop_last=true".into());
        }
        if self.workers > 0 {
            options.push(format!("workers={}", self.workers));
        }
        options.push(count(self.len(examples), "batch"));
        options.join(", ")
    }

    /// The numbers of the examples of each batch of a pass.
    fn draw(&self, examples: usize) -> Vec<Vec<usize>> {
        let batches = |sampler: &dyn Sampler| batches(&sampler.draw(), self.batch_size, self.drop_last);
        match &self.order {
            Order::AsTheyAre => batches(&SequentialSampler::new(examples)),
            Order::Shuffled => batches(&RandomSampler::new(examples)),
            Order::Sampler(sampler) => batches(&**sampler),
            Order::Batches(batches) => batches.draw(),
        }
    }
}

/// One pass.
pub(super) struct Pass {
    plan: Plan,
    /// Of the dataset.
    examples: usize,
    fetch: Fetch,
    /// The remaining batches; drawn when the first batch is requested, as in PyTorch.
    batches: Option<Box<dyn Iterator<Item = Vec<usize>> + Send>>,
    left: usize,
    /// Behind a trait, as what is left to do, so that a cell need not know how to drop it.
    workers: Option<Box<dyn Ahead>>,
}

impl Pass {
    pub fn new(plan: &Plan, examples: usize, fetch: &Fetch) -> Pass {
        // PyTorch draws a seed for its workers first, also when there are none.
        let seed = draw_seed();
        let workers = (plan.workers > 0).then(|| Box::new(Workers::start(plan.workers, seed, fetch)) as Box<dyn Ahead>);
        let (plan, left) = (plan.clone(), plan.len(examples));
        Pass { plan, examples, fetch: fetch.clone(), batches: None, left, workers }
    }

    /// The number of batches that have not come yet.
    pub fn left(&self) -> usize {
        self.left
    }

    #[track_caller]
    pub fn next(&mut self) -> Option<Batch> {
        interrupt::check();
        let batches = self.batches.get_or_insert_with(|| Box::new(self.plan.draw(self.examples).into_iter()));
        let batch = match &mut self.workers {
            None => batches.next().map(|indices| (self.fetch)(&indices)),
            Some(workers) => workers.next(batches).map(|outcome| outcome.unwrap_or_else(|payload| arrive(payload))),
        };
        self.left = self.left.saturating_sub(1);
        batch
    }
}

/// The panic of a worker, here.
#[track_caller]
fn arrive(payload: Panic) -> ! {
    if payload.is::<Interrupted>() {
        resume_unwind(payload);
    }
    let sentence = payload.downcast_ref::<String>().map(String::as_str);
    match sentence.or_else(|| payload.downcast_ref::<&str>().copied()) {
        Some(sentence) => panic!("{sentence}"),
        None => resume_unwind(payload),
    }
}
