//! Whether a cell, with the items that it reaches, has a loop for which optimising is worth its time.
//!
//! Optimising a cell costs 40 ms and more, since rustc then compiles generic code of libraries anew. A loop over plain
//! numbers gains much more than that: every step of it is the cell's own code. A loop of tensors gains nothing: its steps
//! are spent in the tensor library, which is optimised, and the tens of nanoseconds of the cell's own code between two
//! operations are small beside them. So a loop is *hot*, and its cell is optimised, unless
//!
//! * each of its steps calls the library, or prints a line, whatever the conditions in it are;
//! * it goes over tensors, batches, layers or parameters: there are never many; or
//! * its text tells that it has few steps: `for i in 0..3`.
//!
//! A function that calls itself from several places is hot like a loop, since the number of its calls can double with
//! each level. The answer comes from the syntax tree alone. What is not understood counts as hot: optimising needlessly costs
//! milliseconds, and not optimising may cost minutes. Three kinds of facts are combined: what the names stand for
//! ([`value`], [`known`]), what the notebook's functions and types are ([`program`]), and what the code does with them
//! ([`walk`], [`iterators`]).

mod count;
mod iterators;
mod known;
mod program;
mod repeats;
mod value;
mod walk;

use program::Program;
pub use program::Statements;
pub use repeats::Repeats;
use soma_driver::fast_paths::FastPath;
use walk::Walk;

/// Whether a cell has a hot loop. `items` are the texts of the items of earlier cells that it reaches, and `repeats` is
/// what all of the code has.
pub fn are_hot(statements: &Statements, items: &[&str], repeats: Repeats) -> bool {
    if !FastPath::Levels.is_on() {
        return repeats.loops;
    }
    if repeats == Repeats::default() {
        return false;
    }
    let program = Program::read(statements, items);
    !program.is_understood && repeats.loops || Walk::finds_hot_loops(&program)
}

#[cfg(test)]
mod tests;
