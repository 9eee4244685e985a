//! The memory behind tensors: typed vectors behind a lock, shared by every view.
//!
//! Each storage has its own lock, so that in-place operations from several threads are well defined: they happen one
//! after the other. Code that needs two storages calls [`read_two`], [`read_all`] or [`read_and_write`], which take the
//! locks in the order of their addresses; no other code may hold two guards at once.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError, Weak,
};

use crate::autograd::Lineage;
use crate::device::Device;
use crate::dtype::DType;
use crate::element::{Element, Stored, with_dtype};
use crate::memory::allocator;
use crate::memory::buffer::AlignedBuf;

/// A vector of one of the element types.
pub enum Buffer {
    Bool(AlignedBuf<bool>),
    U8(AlignedBuf<u8>),
    I32(AlignedBuf<i32>),
    I64(AlignedBuf<i64>),
    F32(AlignedBuf<f32>),
    F64(AlignedBuf<f64>),
}

impl Buffer {
    /// Zeros, in a vector.
    pub fn zeros(dtype: DType, numel: usize) -> Buffer {
        with_dtype!(dtype, T => T::wrap(allocator::zeros(numel).into()))
    }

    pub fn dtype(&self) -> DType {
        match self {
            Buffer::Bool(_) => DType::Bool,
            Buffer::U8(_) => DType::U8,
            Buffer::I32(_) => DType::I32,
            Buffer::I64(_) => DType::I64,
            Buffer::F32(_) => DType::F32,
            Buffer::F64(_) => DType::F64,
        }
    }

    /// Makes room for `numel` elements; new ones are zero.
    pub fn grow(&mut self, numel: usize) {
        with_dtype!(self.dtype(), T => {
            let old = T::of(self);
            if old.len() < numel {
                let mut values = allocator::take::<T>(numel);
                values[..old.len()].copy_from_slice(old);
                values[old.len()..].fill(T::default());
                *self = T::wrap(values);
            }
        });
    }
}

thread_local! {
    /// The storages that this thread lends to a caller's code, the latest last.
    static LENT: RefCell<Vec<*const Storage>> = const { RefCell::new(Vec::new()) };
}

/// A note of [`Storage::lend`].
pub(crate) struct Lent(());

impl Drop for Lent {
    fn drop(&mut self) {
        LENT.with_borrow_mut(Vec::pop);
    }
}

/// A buffer and its lock, how often it was written to, and what gradients know of it.
pub(crate) struct Storage {
    buffer: RwLock<Buffer>,
    dtype: DType,
    device: Device,
    version: AtomicU64,
    lineage: OnceLock<Box<Lineage>>,
    is_pinned: AtomicBool,
    pin: Mutex<Weak<Pin>>,
}

/// A storage whose values are needed as they are. The next write ends that, and lets go of the storage: what is kept for a
/// backward pass is of no use then. Without this, `y.add_(&y * &w)` would hold itself: the memory of `y` knows that it comes
/// from the product, and the product keeps the memory.
pub(crate) struct Pin(Mutex<Pinned>);

enum Pinned {
    Still(Arc<Storage>),
    NoLonger(Weak<Storage>),
}

impl Pin {
    fn pinned(&self) -> MutexGuard<'_, Pinned> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The storage, unless it was written to since.
    pub fn storage(&self) -> Option<Arc<Storage>> {
        match &*self.pinned() {
            Pinned::Still(storage) => Some(storage.clone()),
            Pinned::NoLonger(_) => None,
        }
    }

    /// The version that the storage has now, if it is still there.
    pub fn version(&self) -> Option<u64> {
        match &*self.pinned() {
            Pinned::Still(storage) => Some(storage.version()),
            Pinned::NoLonger(storage) => storage.upgrade().map(|storage| storage.version()),
        }
    }

    fn end(&self) {
        let mut pinned = self.pinned();
        if let Pinned::Still(storage) = &*pinned {
            let storage = Arc::downgrade(storage);
            let last = std::mem::replace(&mut *pinned, Pinned::NoLonger(storage));
            drop(pinned);
            drop(last);
        }
    }
}

impl Storage {
    /// In the processor's memory.
    #[inline]
    pub fn new<T: Element>(values: AlignedBuf<T>) -> Arc<Storage> {
        Storage::of(T::wrap(values))
    }

    /// The same, of elements of any type.
    #[inline]
    pub fn of(values: Buffer) -> Arc<Storage> {
        Arc::new(Storage {
            dtype: values.dtype(),
            device: Device::Cpu,
            buffer: RwLock::new(values),
            version: AtomicU64::new(0),
            lineage: OnceLock::new(),
            is_pinned: AtomicBool::new(false),
            pin: Mutex::new(Weak::new()),
        })
    }

    /// Where the elements are.
    #[inline]
    pub fn device(&self) -> Device {
        self.device
    }

    /// Says that the elements are elsewhere, for tests of what is refused then.
    #[cfg(test)]
    pub fn pretend(&mut self, device: Device) {
        self.device = device;
    }

    /// Keeps the storage until it is written to.
    pub fn pinned(self: &Arc<Storage>) -> Arc<Pin> {
        let mut place = self.pin();
        if let Some(pin) = place.upgrade() {
            return pin;
        }
        let pin = Arc::new(Pin(Mutex::new(Pinned::Still(self.clone()))));
        *place = Arc::downgrade(&pin);
        self.is_pinned.store(true, Ordering::Release);
        pin
    }

    fn pin(&self) -> MutexGuard<'_, Weak<Pin>> {
        self.pin.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cold]
    fn unpin(&self) {
        let pin = std::mem::take(&mut *self.pin());
        if let Some(pin) = pin.upgrade() {
            pin.end();
        }
    }

    /// How often the buffer was written to. What is kept for a backward pass compares it.
    #[inline]
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Relaxed)
    }

    /// The recorded history of the tensors on this memory, if there is one.
    #[inline]
    pub fn lineage(&self) -> Option<&Lineage> {
        self.lineage.get().map(|lineage| &**lineage)
    }

    /// The same, from now on.
    pub fn lineage_or_new(&self) -> &Lineage {
        self.lineage.get_or_init(Box::default)
    }

    /// The number of elements that the buffer holds.
    pub fn len(&self) -> usize {
        with_dtype!(self.dtype, T => T::of(&self.read()).len())
    }

    #[inline]
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    // A panic while a guard is held (an interrupt, say) leaves values behind, but never invalid ones: poisoning carries
    // no meaning here.
    #[inline]
    pub fn read(&self) -> RwLockReadGuard<'_, Buffer> {
        match self.buffer.try_read() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => {
                self.refuse_when_lent();
                self.buffer.read().unwrap_or_else(PoisonError::into_inner)
            }
        }
    }

    #[inline]
    pub fn write(&self) -> RwLockWriteGuard<'_, Buffer> {
        let guard = self.lock_for_writing();
        // Only writers change it, and they are alone.
        self.version.store(self.version() + 1, Ordering::Relaxed);
        if self.is_pinned.swap(false, Ordering::Acquire) {
            self.unpin();
        }
        guard
    }

    #[inline]
    fn lock_for_writing(&self) -> RwLockWriteGuard<'_, Buffer> {
        match self.buffer.try_write() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => {
                self.refuse_when_lent();
                self.buffer.write().unwrap_or_else(PoisonError::into_inner)
            }
        }
    }

    /// Notes that this thread runs a caller's code while it holds a guard, until the note is dropped.
    pub fn lend(self: &Arc<Storage>) -> Lent {
        LENT.with_borrow_mut(|lent| lent.push(Arc::as_ptr(self)));
        Lent(())
    }

    /// Waiting for a lock that this very thread holds would never end.
    #[cold]
    fn refuse_when_lent(&self) {
        if LENT.with_borrow(|lent| lent.contains(&std::ptr::from_ref(self))) {
            panic!(
                "a call that was lent a tensor's elements as an ndarray view uses the tensor's memory again; do that after \
                 the call, or use clone() before it"
            );
        }
    }

    /// The buffer without locking, for the only handle there is.
    #[inline]
    pub fn get_mut(&mut self) -> &mut Buffer {
        self.buffer.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads two storages, which may be the same one.
#[inline]
pub(crate) fn read_two<R>(a: &Arc<Storage>, b: &Arc<Storage>, body: impl FnOnce(&Buffer, &Buffer) -> R) -> R {
    if Arc::ptr_eq(a, b) {
        let guard = a.read();
        return body(&guard, &guard);
    }
    if Arc::as_ptr(a) < Arc::as_ptr(b) {
        let first = a.read();
        let second = b.read();
        body(&first, &second)
    } else {
        let second = b.read();
        let first = a.read();
        body(&first, &second)
    }
}

/// Reads several storages, some of which may be the same.
pub(crate) fn read_all<R, const N: usize>(storages: [&Arc<Storage>; N], body: impl FnOnce([&Buffer; N]) -> R) -> R {
    let (guards, holders) = read_each(storages);
    body(lent(&guards, holders))
}

type Guards<'a, const N: usize> = [Option<RwLockReadGuard<'a, Buffer>>; N];

/// A guard for each storage, taken in the order of their addresses, and whose guard is whose: the same storage has one.
fn read_each<const N: usize>(storages: [&Arc<Storage>; N]) -> (Guards<'_, N>, [usize; N]) {
    let mut order: [usize; N] = std::array::from_fn(|at| at);
    order.sort_unstable_by_key(|&at| Arc::as_ptr(storages[at]) as usize);
    let mut guards: Guards<N> = [const { None }; N];
    let mut holders = [0; N];
    for n in 0..N {
        let (at, before) = (order[n], order[n.saturating_sub(1)]);
        let again = n > 0 && Arc::ptr_eq(storages[at], storages[before]);
        holders[at] = if again { holders[before] } else { at };
        if !again {
            guards[at] = Some(storages[at].read());
        }
    }
    (guards, holders)
}

fn lent<'a, const N: usize>(guards: &'a Guards<N>, holders: [usize; N]) -> [&'a Buffer; N] {
    holders.map(|at| guards[at].as_deref().expect("the holder's guard was taken"))
}

/// Reads one storage and writes another. They must differ: copy the operand first when they do not.
#[inline]
pub(crate) fn read_and_write<R>(
    source: &Arc<Storage>,
    target: &Arc<Storage>,
    body: impl FnOnce(&Buffer, &mut Buffer) -> R,
) -> R {
    assert!(!Arc::ptr_eq(source, target), "tensorlib: an operand shares memory with the target; please report this");
    if Arc::as_ptr(source) < Arc::as_ptr(target) {
        let reading = source.read();
        let mut writing = target.write();
        body(&reading, &mut writing)
    } else {
        let mut writing = target.write();
        let reading = source.read();
        body(&reading, &mut writing)
    }
}
