//! The processes that run cells.
//!
//! evcxr starts `soma runtime` and speaks its line protocol with it (`LOAD_AND_RUN …` in, `EVCXR_EXECUTION_COMPLETE`
//! out). That process is the [`supervisor`]: it runs no user code. It forks the [`worker`], which loads and runs cells.
//! After every cell the worker forks a sleeping copy of itself, the snapshot. When a cell ends its process, or does not
//! stop when interrupted, the snapshot becomes the worker, and every variable is as it was before that cell.
//!
//! A cell's output reaches the kernel byte for byte on a private channel ([`wire`](soma_driver::wire), [`channel`]); evcxr sees only its
//! own control lines. A cell's input comes the other way ([`stdin`]).
//!
//! Invariant: nothing here knows of Jupyter, of evcxr's state or of source code.

mod cancel;
pub mod channel;
mod family;
mod pools;
mod running_cell;
mod stdin;
mod streams;
pub mod supervisor;
mod threads;
mod worker;
mod worker_handle;
