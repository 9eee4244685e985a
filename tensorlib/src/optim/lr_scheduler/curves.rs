//! Schedules that follow a curve.

use std::f64::consts::PI;

use super::scheduler::{Curve, Schedule, schedules};
use crate::optim::Optimizer;

schedules! {
    /// The rate shrinks by a factor after each fixed number of epochs.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let optimizer = optim::SGD::new([tensor![1.0].requires_grad_(true)], 1.0);
    /// let schedule = optim::lr_scheduler::StepLR::new(&optimizer, 2, 0.1);
    /// schedule.step();
    /// assert_eq!(optimizer.lr(), 1.0);
    /// schedule.step();
    /// assert_eq!(optimizer.lr(), 0.1);
    /// ```
    StepLR;

    /// The rate shrinks by a factor at each of some epochs.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let optimizer = optim::SGD::new([tensor![1.0].requires_grad_(true)], 1.0);
    /// let schedule = optim::lr_scheduler::MultiStepLR::new(&optimizer, &[1, 3], 0.5);
    /// schedule.step();
    /// assert_eq!(optimizer.lr(), 0.5);
    /// ```
    MultiStepLR;

    /// The rate shrinks by a factor with every epoch.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let optimizer = optim::SGD::new([tensor![1.0].requires_grad_(true)], 1.0);
    /// let schedule = optim::lr_scheduler::ExponentialLR::new(&optimizer, 0.5);
    /// schedule.step();
    /// assert_eq!(optimizer.lr(), 0.5);
    /// ```
    ExponentialLR;

    /// The rate grows, or shrinks, by a straight line from `start_factor` to `end_factor` times what it was, and stays there:
    /// a warm-up.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let optimizer = optim::SGD::new([tensor![1.0].requires_grad_(true)], 1.0);
    /// let schedule = optim::lr_scheduler::LinearLR::new(&optimizer, 0.5, 1.0, 2);
    /// assert_eq!(optimizer.lr(), 0.5);
    /// schedule.step();
    /// assert_eq!(optimizer.lr(), 0.75);
    /// ```
    LinearLR;

    /// The rate is multiplied by a factor for some epochs, and returns to its value after that.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let optimizer = optim::SGD::new([tensor![1.0].requires_grad_(true)], 1.0);
    /// let schedule = optim::lr_scheduler::ConstantLR::new(&optimizer, 0.25, 1);
    /// assert_eq!(optimizer.lr(), 0.25);
    /// schedule.step();
    /// assert_eq!(optimizer.lr(), 1.0);
    /// ```
    ConstantLR;

    /// The rate falls to 0 with a power of the remaining share of the epochs.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let optimizer = optim::SGD::new([tensor![1.0].requires_grad_(true)], 1.0);
    /// let schedule = optim::lr_scheduler::PolynomialLR::new(&optimizer, 4, 2.0);
    /// schedule.step();
    /// assert_eq!(optimizer.lr(), 0.5625);
    /// ```
    PolynomialLR;

    /// The rate falls by half a wave of the cosine within so many epochs. Loshchilov and Hutter, *SGDR: Stochastic Gradient
    /// Descent with Warm Restarts*, 2016.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let optimizer = optim::SGD::new([tensor![1.0].requires_grad_(true)], 1.0);
    /// let schedule = optim::lr_scheduler::CosineAnnealingLR::with_minimum(&optimizer, 2, 0.5);
    /// schedule.step();
    /// assert_eq!(optimizer.lr(), 0.75);
    /// ```
    CosineAnnealingLR;

    /// [`CosineAnnealingLR`] over and over, each time `t_mult` times as long.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let optimizer = optim::SGD::new([tensor![1.0].requires_grad_(true)], 1.0);
    /// let schedule = optim::lr_scheduler::CosineAnnealingWarmRestarts::new(&optimizer, 2, 1, 0.0);
    /// schedule.step();
    /// assert!((optimizer.lr() - 0.5).abs() < 1e-12);
    /// schedule.step();
    /// assert_eq!(optimizer.lr(), 1.0);
    /// ```
    CosineAnnealingWarmRestarts;

    /// The rate is what a function of the epoch says, times what it was at first.
    ///
    /// ```
    /// use tensorlib::prelude::*;
    ///
    /// let optimizer = optim::SGD::new([tensor![1.0].requires_grad_(true)], 1.0);
    /// let schedule = optim::lr_scheduler::LambdaLR::new(&optimizer, |epoch| 1.0 / (1.0 + epoch as f64));
    /// schedule.step();
    /// assert_eq!(optimizer.lr(), 0.5);
    /// ```
    LambdaLR;
}

struct Steps {
    epochs: Vec<i64>,
    /// Whether the only entry is the length of all steps.
    is_period: bool,
    gamma: f64,
}

impl Curve for Steps {
    fn next(&self, epoch: i64, lr: f64, _base: f64) -> f64 {
        if epoch == 0 {
            return lr;
        }
        let falls = match self.is_period {
            true => i32::from(epoch % self.epochs[0] == 0),
            false => self.epochs.iter().filter(|&&at| at == epoch).count() as i32,
        };
        lr * self.gamma.powi(falls)
    }

    fn at(&self, epoch: i64, base: f64) -> f64 {
        let falls = match self.is_period {
            true => (epoch / self.epochs[0]) as i32,
            false => self.epochs.iter().filter(|&&at| at <= epoch).count() as i32,
        };
        base * self.gamma.powi(falls)
    }
}

impl StepLR {
    /// Every `step_size` epochs the rate becomes `gamma` times what it was.
    ///
    /// # Panics
    /// If `step_size` is 0.
    #[track_caller]
    pub fn new(optimizer: &impl Optimizer, step_size: usize, gamma: f64) -> StepLR {
        assert!(step_size > 0, "StepLR: a step must be 1 epoch or more");
        let curve = Steps { epochs: vec![step_size as i64], is_period: true, gamma };
        StepLR { schedule: Schedule::begin(optimizer.shared().clone(), curve) }
    }
}

impl MultiStepLR {
    /// At each of these epochs the rate becomes `gamma` times what it was.
    pub fn new(optimizer: &impl Optimizer, milestones: &[usize], gamma: f64) -> MultiStepLR {
        let curve = Steps { epochs: milestones.iter().map(|&epoch| epoch as i64).collect(), is_period: false, gamma };
        MultiStepLR { schedule: Schedule::begin(optimizer.shared().clone(), curve) }
    }
}

impl ExponentialLR {
    /// With every epoch the rate becomes `gamma` times what it was.
    pub fn new(optimizer: &impl Optimizer, gamma: f64) -> ExponentialLR {
        let curve = Steps { epochs: vec![1], is_period: true, gamma };
        ExponentialLR { schedule: Schedule::begin(optimizer.shared().clone(), curve) }
    }
}

struct Line {
    start: f64,
    end: f64,
    epochs: f64,
}

impl Curve for Line {
    fn next(&self, epoch: i64, lr: f64, _base: f64) -> f64 {
        if epoch == 0 {
            return lr * self.start;
        }
        if epoch as f64 > self.epochs {
            return lr;
        }
        let slope = self.end - self.start;
        lr * (1.0 + slope / (self.epochs * self.start + (epoch - 1) as f64 * slope))
    }

    fn at(&self, epoch: i64, base: f64) -> f64 {
        base * (self.start + (self.end - self.start) * self.epochs.min(epoch as f64) / self.epochs)
    }
}

impl LinearLR {
    /// From `start_factor` to `end_factor` times the rate, in `total_iters` epochs.
    ///
    /// # Panics
    /// If `start_factor` is not above 0 and at most 1, or `total_iters` is 0.
    #[track_caller]
    pub fn new(optimizer: &impl Optimizer, start_factor: f64, end_factor: f64, total_iters: usize) -> LinearLR {
        let is_sound = start_factor > 0.0 && start_factor <= 1.0;
        assert!(is_sound, "LinearLR: start_factor must be above 0 and at most 1, not {start_factor}");
        assert!(total_iters > 0, "LinearLR: total_iters must be 1 or more");
        let curve = Line { start: start_factor, end: end_factor, epochs: total_iters as f64 };
        LinearLR { schedule: Schedule::begin(optimizer.shared().clone(), curve) }
    }
}

struct Constant {
    factor: f64,
    epochs: i64,
}

impl Curve for Constant {
    fn next(&self, epoch: i64, lr: f64, _base: f64) -> f64 {
        match epoch {
            0 => lr * self.factor,
            _ if epoch == self.epochs => lr / self.factor,
            _ => lr,
        }
    }

    fn at(&self, epoch: i64, base: f64) -> f64 {
        if epoch < self.epochs { base * self.factor } else { base }
    }
}

impl ConstantLR {
    /// For `total_iters` epochs, `factor` times the rate.
    ///
    /// # Panics
    /// If `factor` is not above 0 and at most 1.
    #[track_caller]
    pub fn new(optimizer: &impl Optimizer, factor: f64, total_iters: usize) -> ConstantLR {
        assert!(factor > 0.0 && factor <= 1.0, "ConstantLR: factor must be above 0 and at most 1, not {factor}");
        let curve = Constant { factor, epochs: total_iters as i64 };
        ConstantLR { schedule: Schedule::begin(optimizer.shared().clone(), curve) }
    }
}

struct Power {
    epochs: f64,
    power: f64,
}

impl Curve for Power {
    fn next(&self, epoch: i64, lr: f64, _base: f64) -> f64 {
        if epoch == 0 || epoch as f64 > self.epochs {
            return lr;
        }
        let left = |epoch: i64| 1.0 - epoch as f64 / self.epochs;
        lr * (left(epoch) / left(epoch - 1)).powf(self.power)
    }

    fn at(&self, epoch: i64, base: f64) -> f64 {
        base * (1.0 - self.epochs.min(epoch as f64) / self.epochs).powf(self.power)
    }
}

impl PolynomialLR {
    /// After `total_iters` epochs the rate is 0.
    ///
    /// # Panics
    /// If `total_iters` is 0.
    #[track_caller]
    pub fn new(optimizer: &impl Optimizer, total_iters: usize, power: f64) -> PolynomialLR {
        assert!(total_iters > 0, "PolynomialLR: total_iters must be 1 or more");
        let curve = Power { epochs: total_iters as f64, power };
        PolynomialLR { schedule: Schedule::begin(optimizer.shared().clone(), curve) }
    }
}

struct Cosine {
    period: f64,
    least: f64,
}

impl Curve for Cosine {
    fn next(&self, epoch: i64, lr: f64, base: f64) -> f64 {
        if epoch == 0 {
            return lr;
        }
        let (now, before) = (epoch as f64, (epoch - 1) as f64);
        // The way back up begins: after whole periods there is nothing that could be multiplied.
        if (now - 1.0 - self.period).rem_euclid(2.0 * self.period) == 0.0 {
            return lr + (base - self.least) * (1.0 - (PI / self.period).cos()) / 2.0;
        }
        let share = |at: f64| 1.0 + (PI * at / self.period).cos();
        share(now) / share(before) * (lr - self.least) + self.least
    }

    fn at(&self, epoch: i64, base: f64) -> f64 {
        self.least + (base - self.least) * (1.0 + (PI * epoch as f64 / self.period).cos()) / 2.0
    }
}

impl CosineAnnealingLR {
    /// The rate is 0 after `t_max` epochs.
    ///
    /// # Panics
    /// If `t_max` is 0.
    #[track_caller]
    pub fn new(optimizer: &impl Optimizer, t_max: usize) -> CosineAnnealingLR {
        CosineAnnealingLR::with_minimum(optimizer, t_max, 0.0)
    }

    /// The rate is `eta_min` after `t_max` epochs.
    ///
    /// # Panics
    /// If `t_max` is 0.
    #[track_caller]
    pub fn with_minimum(optimizer: &impl Optimizer, t_max: usize, eta_min: f64) -> CosineAnnealingLR {
        assert!(t_max > 0, "CosineAnnealingLR: t_max must be 1 or more");
        let curve = Cosine { period: t_max as f64, least: eta_min };
        CosineAnnealingLR { schedule: Schedule::begin(optimizer.shared().clone(), curve) }
    }
}

struct Restarts {
    first: i64,
    factor: i64,
    least: f64,
}

impl Curve for Restarts {
    fn next(&self, epoch: i64, _lr: f64, base: f64) -> f64 {
        self.at(epoch, base)
    }

    fn at(&self, epoch: i64, base: f64) -> f64 {
        let (mut within, mut length) = (epoch, self.first);
        while within >= length {
            within -= length;
            length *= self.factor;
        }
        self.least + (base - self.least) * (1.0 + (PI * within as f64 / length as f64).cos()) / 2.0
    }
}

impl CosineAnnealingWarmRestarts {
    /// The first fall takes `t_0` epochs, each further one `t_mult` times as many; all end at `eta_min`.
    ///
    /// # Panics
    /// If `t_0` or `t_mult` is 0.
    #[track_caller]
    pub fn new(optimizer: &impl Optimizer, t_0: usize, t_mult: usize, eta_min: f64) -> CosineAnnealingWarmRestarts {
        assert!(t_0 > 0 && t_mult > 0, "CosineAnnealingWarmRestarts: t_0 and t_mult must be 1 or more");
        let curve = Restarts { first: t_0 as i64, factor: t_mult as i64, least: eta_min };
        CosineAnnealingWarmRestarts { schedule: Schedule::begin(optimizer.shared().clone(), curve) }
    }
}

struct Function<F>(F);

impl<F: Fn(usize) -> f64 + Send + Sync> Curve for Function<F> {
    fn next(&self, epoch: i64, _lr: f64, base: f64) -> f64 {
        self.at(epoch, base)
    }

    fn at(&self, epoch: i64, base: f64) -> f64 {
        base * (self.0)(epoch as usize)
    }
}

impl LambdaLR {
    /// The rate of an epoch is `factor(epoch)` times the first one.
    pub fn new(optimizer: &impl Optimizer, factor: impl Fn(usize) -> f64 + Send + Sync + 'static) -> LambdaLR {
        LambdaLR { schedule: Schedule::begin(optimizer.shared().clone(), Function(factor)) }
    }
}
