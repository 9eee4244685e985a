//! The same loop, compiled for several instruction sets; the best one is chosen at run time.

use std::sync::atomic::{AtomicU8, Ordering};

/// A loop that the compiler can vectorise. `run` must be `#[inline(always)]`, and so must everything in its inner loop:
/// only what is inlined is compiled for the wider instructions.
pub trait Loop {
    type Output;
    fn run(self) -> Self::Output;
}

const UNKNOWN: u8 = 0;
const BASE: u8 = 1;
#[cfg(target_arch = "x86_64")]
pub(super) const AVX2: u8 = 2;
#[cfg(target_arch = "x86_64")]
pub(super) const AVX512: u8 = 3;

static LEVEL: AtomicU8 = AtomicU8::new(UNKNOWN);

#[cold]
fn detect() -> u8 {
    let level = best();
    LEVEL.store(level, Ordering::Relaxed);
    level
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
fn best() -> u8 {
    if is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
    {
        AVX512
    } else if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        AVX2
    } else {
        BASE
    }
}

#[cfg(not(all(target_arch = "x86_64", not(miri))))]
fn best() -> u8 {
    BASE
}

/// The instructions that the processor has.
#[inline]
pub(super) fn level() -> u8 {
    match LEVEL.load(Ordering::Relaxed) {
        UNKNOWN => detect(),
        level => level,
    }
}

/// For which instruction sets a loop is compiled. Each costs code and time to build, so it is a property of the element
/// type and the function. What waits for memory gains nothing from 512 bits (rows that do not begin at a cache line even
/// lose), and what calls a library function gains nothing at all.
pub trait Width {
    /// Runs a loop with the best instructions among those.
    fn run<L: Loop>(body: L) -> L::Output;
}

/// Those that every processor of the kind has.
pub struct Narrow;

/// Those, and 256 bits with fused multiplication and addition.
pub struct Wide;

/// Those, 256 and 512 bits.
pub struct Widest;

impl Width for Narrow {
    #[inline(always)]
    fn run<L: Loop>(body: L) -> L::Output {
        body.run()
    }
}

impl Width for Wide {
    #[inline(always)]
    fn run<L: Loop>(body: L) -> L::Output {
        wide(body)
    }
}

impl Width for Widest {
    #[inline(always)]
    fn run<L: Loop>(body: L) -> L::Output {
        widest(body)
    }
}

#[inline(always)]
fn wide<L: Loop>(body: L) -> L::Output {
    #[cfg(target_arch = "x86_64")]
    if level() >= AVX2 {
        // SAFETY: the level says that the processor has these instructions.
        return unsafe { with_avx2(body) };
    }
    body.run()
}

#[inline(always)]
fn widest<L: Loop>(body: L) -> L::Output {
    #[cfg(target_arch = "x86_64")]
    if level() >= AVX512 {
        // SAFETY: the level says that the processor has these instructions.
        return unsafe { with_avx512(body) };
    }
    wide(body)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn with_avx2<L: Loop>(body: L) -> L::Output {
    body.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "fma,avx512f,avx512dq,avx512bw,avx512vl")]
unsafe fn with_avx512<L: Loop>(body: L) -> L::Output {
    body.run()
}
