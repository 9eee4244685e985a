//! What ends or interrupts the kernel from outside the protocol: signals, and the end of the process that started it.

use std::io;
use std::os::unix::process::parent_id;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::{SigHandler, Signal};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

use super::state::Kernel;

/// How often to check whether the parent is alive.
const POLL_TIME: Duration = Duration::from_secs(1);

/// Turns SIGINT into an interrupt, and SIGTERM and SIGHUP into an orderly end. A SIGHUP that was ignored when the
/// kernel started (`nohup`) stays ignored.
///
/// # Errors
/// When signals cannot be received.
pub async fn watch_signals(kernel: Arc<Kernel>) -> io::Result<()> {
    let mut interrupts = signal(SignalKind::interrupt())?;
    let mut terminations = signal(SignalKind::terminate())?;
    // SAFETY: no handler is installed.
    let before = unsafe { nix::sys::signal::signal(Signal::SIGHUP, SigHandler::SigIgn) };
    let mut hangups = if before == Ok(SigHandler::SigIgn) { None } else { Some(signal(SignalKind::hangup())?) };
    loop {
        tokio::select! {
            _ = interrupts.recv() => kernel.interrupt(),
            _ = terminations.recv() => kernel.end(),
            _ = async { hangups.as_mut().expect("it is listened for").recv().await }, if hangups.is_some() => kernel.end(),
        }
    }
}

/// Ends the kernel when the process that started it is gone, so that a killed server leaves no kernel behind.
///
/// Front ends give their process id in `JPY_PARENT_PID`. Without it (a kernel started by hand) there is nothing to
/// watch. The system could signal the kernel when its parent ends, but it watches the thread that started the kernel
/// rather than the process; so this function polls.
pub async fn watch_parent(kernel: Arc<Kernel>) {
    let Some(front_end) = std::env::var("JPY_PARENT_PID").ok().and_then(|pid| pid.parse::<u32>().ok()) else { return };
    if front_end <= 1 {
        return;
    }
    let parent = parent_id();
    // A kernel that was started through a wrapper is not the front end's child, and gets no other parent when the front
    // end dies. Linux shows in /proc whether the front end lives.
    let process = PathBuf::from(format!("/proc/{front_end}"));
    let visible = process.exists();
    loop {
        sleep(POLL_TIME).await;
        let orphaned = if parent == front_end { parent_id() != parent } else { visible && !process.exists() };
        if orphaned {
            tracing::info!("the front end that started this kernel (process {front_end}) is gone");
            kernel.end();
            return;
        }
    }
}
