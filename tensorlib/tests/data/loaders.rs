//! What a loader gives, and how its threads end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tensorlib::data::{ConcatDataset, DataLoader, ListDataset, Subset, TensorDataset, random_split, try_random_split};
use tensorlib::interrupt::{self, Interrupted};
use tensorlib::prelude::*;

/// Counts what is asked for, and how many examples are in the making.
struct Slow {
    asked: Arc<AtomicUsize>,
    running: Arc<AtomicUsize>,
    fails_at: usize,
}

impl Slow {
    fn new(fails_at: usize) -> (Slow, Arc<AtomicUsize>, Arc<AtomicUsize>) {
        let (asked, running) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        (Slow { asked: asked.clone(), running: running.clone(), fails_at }, asked, running)
    }
}

impl Dataset for Slow {
    type Item = usize;

    fn len(&self) -> usize {
        1000
    }

    fn get(&self, index: usize) -> usize {
        self.running.fetch_add(1, Ordering::SeqCst);
        self.asked.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(2));
        self.running.fetch_sub(1, Ordering::SeqCst);
        assert!(index != self.fails_at, "example {index} cannot be read");
        index
    }
}

#[test]
fn batches_are_what_their_examples_make() {
    let (x, y) = (rand([7, 2, 3]), arange(7));
    let loader = DataLoader::new(TensorDataset::new([&x, &y]), 3);
    let batches: Vec<Vec<Tensor>> = loader.iter().collect();
    assert_eq!(batches.iter().map(|batch| batch[0].size()[0]).collect::<Vec<_>>(), [3, 3, 1]);
    assert!(cat(batches.iter().map(|batch| batch[0].alias()).collect::<Vec<_>>()).equal(&x));
    assert_eq!(batches[2][1].to_vec::<i64>(), [6]);
    let text = DataLoader::new(ListDataset::new([("a", 1.5_f64), ("b", 2.5)]), 2);
    let (names, numbers) = text.iter().next().unwrap();
    assert_eq!((names, numbers.dtype()), (vec!["a", "b"], DType::F64));
    let triples = DataLoader::new(ListDataset::new([(1_u8, true, 2_usize), (3, false, 4)]), 2);
    let (bytes, flags, counts) = triples.iter().next().unwrap();
    assert_eq!((bytes.dtype(), flags.dtype(), counts.to_vec::<i64>()), (DType::U8, DType::Bool, vec![2, 4]));
}

#[test]
fn the_fast_way_to_a_batch_gives_what_the_slow_one_gives() {
    let (x, y) = (randn([20, 4]), arange(20));
    let dataset = TensorDataset::new([&x, &y]);
    let slow = |indices: &[usize]| data::Collate::collate(indices.iter().map(|&i| dataset.get(i)).collect());
    for indices in [vec![3, 4, 5], vec![19, 0, 7, 7], vec![2]] {
        let (fast, slow): (Vec<Tensor>, Vec<Tensor>) = (dataset.batch(&indices), slow(&indices));
        assert!(fast.iter().zip(&slow).all(|(a, b)| a.equal(b) && a.dtype() == b.dtype()), "{indices:?}");
        assert!(!fast[0].shares_memory(&x));
    }
    let subset = Subset::new(dataset.clone(), [19, 3, 4]);
    let batch = DataLoader::new(subset, 2).iter().next().unwrap();
    assert_eq!(batch[1].to_vec::<i64>(), [19, 3]);
}

#[test]
fn datasets_can_be_shared_joined_and_erased() {
    let numbers = Arc::new(ListDataset::new(0..5_i64));
    let (a, b) = (DataLoader::new(numbers.clone(), 2), DataLoader::new(numbers, 5));
    assert_eq!((a.len(), b.len()), (3, 1));
    let parts: Vec<Arc<dyn Dataset<Item = i64>>> =
        vec![Arc::new(ListDataset::new(0..3)), Arc::new(Subset::new(ListDataset::new(10..20), [9, 0]))];
    let all = ConcatDataset::new(parts);
    assert_eq!((0..all.len()).map(|i| all.get(i)).collect::<Vec<_>>(), [0, 1, 2, 19, 10]);
    let panic = catch_unwind(AssertUnwindSafe(|| all.get(5))).unwrap_err();
    assert_eq!(panic.downcast_ref::<String>().unwrap(), "ConcatDataset: there is no example 5; the dataset has 5");
}

#[test]
fn workers_give_the_same_batches_in_the_same_order() {
    let dataset = Arc::new(TensorDataset::new([&arange(100), &arange(100).neg()]));
    let batches = |workers: usize| -> Vec<Vec<i64>> {
        let loader = DataLoader::new(dataset.clone(), 7).workers(workers);
        loader.iter().map(|batch| batch[1].to_vec::<i64>()).collect()
    };
    assert_eq!(batches(1), batches(0));
    assert_eq!(batches(4), batches(0));
}

#[test]
fn what_workers_draw_does_not_depend_on_their_number() {
    struct Noise;
    impl Dataset for Noise {
        type Item = Tensor;
        fn len(&self) -> usize {
            12
        }
        fn get(&self, _: usize) -> Tensor {
            rand([2])
        }
    }
    let drawn = |workers: usize| {
        // The process's generator belongs to another test, too: this thread's seed comes from it, the rest does not.
        let loader = DataLoader::new(Noise, 3).workers(workers);
        cat(loader.iter().collect::<Vec<_>>())
    };
    let x = drawn(2);
    assert_eq!(x.size(), [12, 2]);
    assert_eq!(x.unique().numel(), 24, "no two batches draw the same");
}

#[test]
fn a_panic_in_a_worker_arrives_at_the_loop() {
    for workers in [0, 2] {
        let (slow, _, running) = Slow::new(13);
        let loader = DataLoader::new(slow, 5).workers(workers);
        let mut seen = 0;
        let panic = catch_unwind(AssertUnwindSafe(|| loader.iter().for_each(|_| seen += 1))).unwrap_err();
        assert_eq!(panic.downcast_ref::<String>().unwrap(), "example 13 cannot be read", "{workers} workers");
        assert_eq!((seen, running.load(Ordering::SeqCst)), (2, 0));
    }
}

#[test]
fn a_loop_that_is_left_early_leaves_nothing_running() {
    let (slow, asked, running) = Slow::new(usize::MAX);
    let loader = DataLoader::new(slow, 5).workers(3);
    assert_eq!(loader.iter().take(2).count(), 2);
    assert_eq!(running.load(Ordering::SeqCst), 0);
    let asked_then = asked.load(Ordering::SeqCst);
    assert!(asked_then <= 5 * (2 + 3 * 2), "{asked_then} examples for two batches");
    std::thread::sleep(Duration::from_millis(30));
    assert_eq!(asked.load(Ordering::SeqCst), asked_then);
    drop(loader.iter());
}

#[test]
fn sizes_that_do_not_fit_are_told_of_with_a_way_out() {
    let sentence = |panic: Box<dyn std::any::Any + Send>| panic.downcast_ref::<String>().unwrap().clone();
    let mixed = DataLoader::new(ListDataset::new([zeros([1, 28, 28]), zeros([1, 30, 28])]), 2);
    let panic = catch_unwind(AssertUnwindSafe(|| mixed.iter().next())).unwrap_err();
    assert_eq!(
        sentence(panic),
        "DataLoader: a batch needs tensors of one shape, but there are [1, 28, 28] and [1, 30, 28]; of pictures, \
         Resize::new([height, width]) among the transforms makes them equal"
    );
    let ragged = DataLoader::new(ListDataset::new([vec![1_i64], vec![1, 2]]), 2);
    let panic = catch_unwind(AssertUnwindSafe(|| ragged.iter().next())).unwrap_err();
    assert_eq!(sentence(panic), "DataLoader: a batch needs vectors of one length, but there are some of 1 and of 2");
    let panic = catch_unwind(|| DataLoader::new(ListDataset::new([1_i64]), 0).len()).unwrap_err();
    assert_eq!(sentence(panic), "DataLoader: a batch must have at least one example, not 0");
    let error = try_random_split(ListDataset::new(0..4), [0.5, 0.6]).err().unwrap().to_string();
    assert_eq!(error, "random_split: the fractions [0.5, 0.6] do not add up to 1");
    let parts = random_split(ListDataset::new(0..4), vec![1_usize; 4]);
    assert_eq!(parts.len(), 4);
    let error = TensorDataset::try_new([&scalar(1), &zeros([1])]).err().unwrap().to_string();
    assert!(error.starts_with("TensorDataset: a tensor of rank 0 has no rows"), "{error}");
}

/// The request to stop is the process's, so this is a process of its own.
#[test]
fn an_interrupt_ends_the_loop_and_its_threads() {
    const CHILD: &str = "TENSORLIB_TEST_INTERRUPT";
    if std::env::var_os(CHILD).is_some() {
        return interrupted();
    }
    let me = std::env::current_exe().unwrap();
    let name = "loaders::an_interrupt_ends_the_loop_and_its_threads";
    let status = std::process::Command::new(me).args(["--exact", name]).env(CHILD, "1").status().unwrap();
    assert!(status.success());
}

fn interrupted() {
    for workers in [0, 2] {
        let (slow, _, running) = Slow::new(usize::MAX);
        let loader = DataLoader::new(slow, 50).workers(workers);
        let asker = std::thread::spawn(|| {
            std::thread::sleep(Duration::from_millis(250));
            interrupt::request();
        });
        let begin = Instant::now();
        let stopped = catch_unwind(AssertUnwindSafe(|| loader.iter().for_each(drop))).unwrap_err();
        asker.join().unwrap();
        interrupt::clear();
        assert!(stopped.is::<Interrupted>());
        assert!(begin.elapsed() < Duration::from_millis(900), "{:?}", begin.elapsed());
        assert_eq!(running.load(Ordering::SeqCst), 0);
    }
}
