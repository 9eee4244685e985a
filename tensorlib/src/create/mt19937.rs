//! The Mersenne Twister MT19937 (Matsumoto and Nishimura, 1998), PyTorch's generator on the CPU: the same seed gives
//! the numbers that PyTorch gives, on every machine.

const LENGTH: usize = 624;
const MIDDLE: usize = 397;

#[derive(Clone)]
pub(crate) struct Mt19937 {
    state: [u32; LENGTH],
    next: usize,
    /// The second of a pair of normally distributed numbers, kept for the next call.
    pub spare_normal: Option<f64>,
}

impl Mt19937 {
    pub fn new(seed: u64) -> Mt19937 {
        let mut state = [0; LENGTH];
        state[0] = seed as u32;
        for i in 1..LENGTH {
            let previous = state[i - 1];
            state[i] = 1_812_433_253u32.wrapping_mul(previous ^ (previous >> 30)).wrapping_add(i as u32);
        }
        Mt19937 { state, next: LENGTH, spare_normal: None }
    }

    /// The position in its sequence: two generators with the same mark give the same numbers, except with a chance of
    /// 2⁻⁶⁴.
    pub fn mark(&self) -> (usize, [u32; 2], Option<u64>) {
        (self.next, [self.state[0], self.state[MIDDLE]], self.spare_normal.map(f64::to_bits))
    }

    fn refill(&mut self) {
        let twisted = |state: &[u32; LENGTH], i: usize, next: usize, far: usize| {
            let mixed = (state[i] & 0x8000_0000) | (state[next] & 0x7fff_ffff);
            let odd = if mixed & 1 == 1 { 0x9908_b0df } else { 0 };
            state[far] ^ (mixed >> 1) ^ odd
        };
        // In three parts, none of which wraps around: the compiler can then do many at once.
        for i in 0..LENGTH - MIDDLE {
            self.state[i] = twisted(&self.state, i, i + 1, i + MIDDLE);
        }
        for i in LENGTH - MIDDLE..LENGTH - 1 {
            self.state[i] = twisted(&self.state, i, i + 1, i + MIDDLE - LENGTH);
        }
        self.state[LENGTH - 1] = twisted(&self.state, LENGTH - 1, 0, MIDDLE - 1);
        self.next = 0;
    }

    #[inline]
    pub fn next_u32(&mut self) -> u32 {
        if self.next == LENGTH {
            self.refill();
        }
        let value = self.state[self.next];
        self.next += 1;
        tempered(value)
    }

    /// Many of [`next_u32`](Mt19937::next_u32).
    pub fn fill(&mut self, mut to: &mut [u32]) {
        while !to.is_empty() {
            if self.next == LENGTH {
                self.refill();
            }
            let count = to.len().min(LENGTH - self.next);
            let (part, rest) = to.split_at_mut(count);
            let from = &self.state[self.next..self.next + count];
            part.iter_mut().zip(from).for_each(|(to, &value)| *to = tempered(value));
            self.next += count;
            to = rest;
        }
    }

    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        let high = u64::from(self.next_u32());
        high << 32 | u64::from(self.next_u32())
    }

    /// From 0 up to, not including, 1, in steps of 2⁻²⁴.
    #[inline]
    pub fn uniform_f32(&mut self) -> f32 {
        (self.next_u32() & 0xff_ffff) as f32 * (1.0 / 16_777_216.0)
    }

    /// From 0 up to, not including, 1, in steps of 2⁻⁵³.
    #[inline]
    pub fn uniform_f64(&mut self) -> f64 {
        (self.next_u64() & ((1 << 53) - 1)) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// One number from the standard normal distribution (Box and Muller, 1958).
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare_normal.take() {
            return spare;
        }
        let turn = 2.0 * std::f64::consts::PI * self.uniform_f64();
        let radius = (-2.0 * (-self.uniform_f64()).ln_1p()).sqrt();
        self.spare_normal = Some(radius * turn.sin());
        radius * turn.cos()
    }
}

#[inline]
fn tempered(mut value: u32) -> u32 {
    value ^= value >> 11;
    value ^= (value << 7) & 0x9d2c_5680;
    value ^= (value << 15) & 0xefc6_0000;
    value ^ (value >> 18)
}
