//! The order of examples: what PyTorch gives after the same seed (`orders.py`).

use tensorlib::data::{
    BatchSampler, DataLoader, ListDataset, RandomSampler, SubsetRandomSampler, WeightedRandomSampler, random_split,
};
use tensorlib::prelude::*;

type Numbers = DataLoader<ListDataset<i64>, Tensor>;

fn loader(batch_size: usize) -> Numbers {
    DataLoader::new(ListDataset::new(0..11), batch_size)
}

fn loaders() -> Vec<(&'static str, Numbers)> {
    let weights = [0.1, 0.0, 2.0, 0.5, 1.0];
    vec![
        ("sequential", loader(4)),
        ("shuffled", loader(4).shuffle(true)),
        ("drop_last", loader(4).shuffle(true).drop_last(true)),
        ("replacement", loader(6).sampler(RandomSampler::new(11).replacement(true).num_samples(40))),
        ("several_times", loader(9).sampler(RandomSampler::new(11).num_samples(27))),
        ("subset", loader(2).sampler(SubsetRandomSampler::new([2, 3, 5, 7]))),
        ("weighted", loader(5).sampler(WeightedRandomSampler::new(weights, 12))),
        ("weighted_once", loader(5).sampler(WeightedRandomSampler::new(weights, 4).replacement(false))),
        ("batch_sampler", loader(1).batch_sampler(BatchSampler::new(RandomSampler::new(11), 3, true))),
    ]
}

fn written(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}").replace(' ', "")
}

/// What PyTorch gave, and what its generator gives afterwards.
fn pytorch(name: &str) -> (&'static str, &'static str) {
    let line = include_str!("orders.txt").lines().find(|line| line.split('\t').next() == Some(name));
    let mut columns = line.unwrap_or_else(|| panic!("{name} is in orders.txt")).split('\t').skip(1);
    (columns.next().unwrap(), columns.next().unwrap())
}

#[track_caller]
fn compare(name: &str, value: impl std::fmt::Debug) {
    let (expected, after) = pytorch(name);
    assert_eq!(written(&value), expected, "{name}");
    assert_eq!(written(&randint(1000, [3]).to_vec::<i64>()), after, "{name}: the generator afterwards");
}

// One test, since the process has one generator.
#[test]
fn orders_are_pytorchs() {
    for workers in [0, 1, 3] {
        for (name, loader) in loaders() {
            let loader = loader.workers(workers);
            manual_seed(7);
            let pass = || loader.iter().map(|batch| batch.to_vec::<i64>()).collect::<Vec<_>>();
            compare(name, [pass(), pass()]);
        }
    }
    manual_seed(7);
    let (a, b, c) = random_split(ListDataset::new(0..11), [0.5, 0.3, 0.2]);
    compare("fractions", [a.indices(), b.indices(), c.indices()]);
    manual_seed(7);
    let (a, b) = random_split(ListDataset::new(0..11), [4, 7]);
    compare("lengths", [a.indices(), b.indices()]);
    manual_seed(7);
    let large = DataLoader::new(ListDataset::new(0..60000_i64), 5).shuffle(true);
    compare("large", [large.iter().next().unwrap().to_vec::<i64>()]);
}
