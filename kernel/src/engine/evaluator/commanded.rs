//! Carries out the commands of a cell, one by one, before its code.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::SomaEvaluator;
use super::answered::{Commanded, show};
use super::wording::interrupted;
use crate::engine::assistant;
use crate::engine::commands::shell::Shell;
use crate::engine::commands::{self, Says, Step, Turn, Variables};
use soma_jupyter::api::{Cell, Failure, Frontend, MimeBundle, Output, Stream};

/// After this time, the user is told what documentation waits for.
const WORTH_A_WORD: Duration = Duration::from_secs(1);

impl SomaEvaluator {
    /// Carries out a cell's commands in order, and shows the answer of each before the next.
    pub fn carry_out(
        &mut self,
        cell: &Cell,
        frontend: &Arc<dyn Frontend>,
        time: &mut bool,
    ) -> Result<Commanded, Failure> {
        let mut commanded = Commanded::default();
        for line in commands::lines(&cell.code) {
            show(frontend.as_ref(), commanded.answer.take());
            if self.interrupted.load(Ordering::SeqCst) {
                return Err(interrupted("the cell did not run"));
            }
            let (name, arguments) = match line.says {
                Says::Command(name, arguments) => (name, arguments),
                Says::Shell(command) => {
                    self.shell(frontend.as_ref()).run(command)?;
                    continue;
                }
            };
            let step = {
                let variables = Variables { types: &self.variables.types, values: &self.names.values() };
                Step::of(name, arguments, variables, &mut self.settings, time)?
            };
            commanded.answer = match step {
                Step::Answer(answer) => Some(answer),
                Step::Done => None,
                Step::Remark(text) => {
                    frontend.output(Output::Text { stream: Stream::Stderr, text: format!("note: {text}\n") });
                    None
                }
                Step::Documentation(name) => {
                    frontend.output(Output::Page { data: self.documentation(&name, frontend.as_ref())? });
                    None
                }
                Step::Evcxr(Turn::WithCode) => {
                    commanded.waiting.push(line.number);
                    None
                }
                Step::Evcxr(turn) => {
                    let mut lines = if turn == Turn::Now { Vec::new() } else { std::mem::take(&mut commanded.waiting) };
                    lines.push(line.number);
                    self.run(cell, &commands::only(&cell.code, &lines, false), frontend)?
                }
            };
            if name == ":snapshot" {
                self.channel.keep_copies(self.settings.snapshots);
            }
        }
        Ok(commanded)
    }

    fn shell<'a>(&'a self, frontend: &'a dyn Frontend) -> Shell<'a> {
        Shell {
            session: &self.session,
            original: &self.session_notes.original,
            interrupted: &self.interrupted,
            frontend,
        }
    }

    /// The documentation of a name. The user is told if the analyst first has to read its libraries.
    fn documentation(&self, name: &str, frontend: &dyn Frontend) -> Result<MimeBundle, Failure> {
        let mut is_told = false;
        self.assistant.documentation(name, |taken| {
            if self.interrupted.load(Ordering::SeqCst) {
                return Err(interrupted("nothing was looked up"));
            }
            if taken > WORTH_A_WORD && !std::mem::replace(&mut is_told, true) {
                let text =
                    "note: the documentation is being read, which takes some seconds the first time\n".to_owned();
                frontend.output(Output::Text { stream: Stream::Stderr, text });
            }
            assistant::still_reading(taken)
        })
    }
}
