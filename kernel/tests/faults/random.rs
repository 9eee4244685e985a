//! Numbers that a seed decides.

use std::time::Duration;

use sha2::{Digest, Sha256};

/// The seed of this run.
pub fn seed() -> u64 {
    std::env::var("SOMA_FAULT_SEED").ok().map_or(1, |seed| seed.parse().expect("SOMA_FAULT_SEED is a number"))
}

/// A stream of numbers: splitmix64.
pub struct Random(u64);

impl Random {
    /// The stream of a name in this run.
    pub fn of(name: &str) -> Random {
        let digest = Sha256::digest(format!("{} {name}", seed()));
        Random(u64::from_le_bytes(digest[..8].try_into().unwrap()))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// Bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }

    /// Waits for a time up to this one.
    pub fn wait(&mut self, most: Duration) {
        std::thread::sleep(most.mul_f64((self.next() >> 11) as f64 / (1_u64 << 53) as f64));
    }
}
