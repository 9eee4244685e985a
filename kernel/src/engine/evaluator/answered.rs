//! What a cell's commands have answered.

use soma_jupyter::api::{Frontend, MimeBundle, Output};

/// What is left to do of a cell whose commands were carried out.
#[derive(Default)]
pub struct Commanded {
    /// The lines that wait for the code.
    pub waiting: Vec<usize>,
    /// What the last command has answered: the cell's result, if nothing follows.
    pub answer: Option<MimeBundle>,
}

/// Shows what a command has answered.
pub fn show(frontend: &dyn Frontend, answer: Option<MimeBundle>) {
    if let Some(data) = answer {
        frontend.output(Output::Display { data, id: None });
    }
}
