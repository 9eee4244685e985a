//! Rotations of neighbouring rows, many of them carried out together.

use super::Real;
use super::parts::{identity, length};
use crate::backend::cpu::pool;
use crate::backend::cpu::simd::{Loop, Width};

/// The cosine and sine that turn (x, y) to (r, 0), and r.
pub(super) fn rotation(x: f64, y: f64) -> (f64, f64, f64) {
    if y == 0.0 {
        return (1.0, 0.0, x);
    }
    if x == 0.0 {
        return (0.0, 1f64.copysign(y), y.abs());
    }
    let r = length(x, y).copysign(x);
    (x / r, y / r, r)
}

pub(super) fn narrowed<T: Real>((cosine, sine): (f64, f64)) -> (T, T) {
    (T::narrowed(cosine), T::narrowed(sine))
}

/// Rotations of neighbouring rows, each of the row that the one before it leaves and the next.
pub(super) struct Sweep<T> {
    pub first: usize,
    /// Whether the next row is the one above.
    pub upwards: bool,
    pub rotations: Vec<(T, T)>,
}

/// A square matrix that begins as 1 and is multiplied by rotations from the left. It lies in memory as strips of a few
/// columns, each of which stays in the cache while many rotations are carried out.
pub(super) struct Rotated<T> {
    n: usize,
    strips: Vec<T>,
    waiting: Vec<Sweep<T>>,
    /// The number of rotations that wait.
    count: usize,
}

/// Columns of a strip: they are in registers while a sweep passes.
const STRIP: usize = 16;
/// Rotations that are worth a look at each strip.
const ENOUGH: usize = 8192;

impl<T: Real> Rotated<T> {
    pub fn new(n: usize) -> Self {
        let mut strips = vec![T::ZERO; n.div_ceil(STRIP) * n * STRIP];
        for k in 0..n {
            strips[(k / STRIP * n + k) * STRIP + k % STRIP] = T::ONE;
        }
        Rotated { n, strips, waiting: Vec::new(), count: 0 }
    }

    pub fn push(&mut self, sweep: Sweep<T>) {
        self.count += sweep.rotations.len();
        self.waiting.push(sweep);
        if self.count > ENOUGH {
            self.carry_out();
        }
    }

    fn carry_out(&mut self) {
        if self.count == 0 {
            return;
        }
        let work = self.count * self.strips.len() / self.n;
        // About ten microseconds for each thread.
        let strips = if work < 1 << 17 { self.n.div_ceil(STRIP) } else { 1 };
        let sweeps = &self.waiting;
        pool::for_pieces(&mut self.strips, strips * self.n * STRIP, |_, strips| {
            for strip in strips.chunks_exact_mut(self.n * STRIP) {
                T::Width::run(Rotate(strip, sweeps));
            }
        });
        self.waiting.clear();
        self.count = 0;
    }

    /// The transposed matrix with its columns in this order and this many rows and columns; what it does not have is 1 on the
    /// diagonal.
    pub fn turned(mut self, order: &[usize], rows: usize, columns: usize) -> Vec<T> {
        self.carry_out();
        let n = self.n;
        let mut to = identity(rows, columns);
        for (row, to) in to.chunks_exact_mut(columns.max(1)).enumerate().take(n) {
            for (to, &column) in to.iter_mut().zip(order) {
                *to = self.strips[(row / STRIP * n + column) * STRIP + row % STRIP];
            }
        }
        to
    }
}

struct Rotate<'a, T>(&'a mut [T], &'a [Sweep<T>]);

impl<T: Real> Loop for Rotate<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let (rows, _) = self.0.as_chunks_mut::<STRIP>();
        for Sweep { first, upwards, rotations } in self.1 {
            let mut carried = rows[*first];
            for (number, &(cosine, sine)) in rotations.iter().enumerate() {
                let (to, next) =
                    if *upwards { (first - number, first - number - 1) } else { (first + number, first + number + 1) };
                let next = rows[next];
                for lane in 0..STRIP {
                    rows[to][lane] = cosine * carried[lane] + sine * next[lane];
                    carried[lane] = cosine * next[lane] - sine * carried[lane];
                }
            }
            let last = if *upwards { first - rotations.len() } else { first + rotations.len() };
            rows[last] = carried;
        }
    }
}
