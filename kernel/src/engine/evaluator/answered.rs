//! The answers of a cell's commands.

use soma_jupyter::api::{Frontend, MimeBundle, Output};

/// What remains of a cell after its commands were carried out.
#[derive(Default)]
pub struct Commanded {
    /// The lines of commands that wait for the code.
    pub waiting: Vec<usize>,
    /// The answer of the last command, which is the cell's result if no code follows.
    pub answer: Option<MimeBundle>,
}

/// Shows the answer of a command.
pub fn show(frontend: &dyn Frontend, answer: Option<MimeBundle>) {
    if let Some(data) = answer {
        frontend.output(Output::Display { data, id: None });
    }
}
