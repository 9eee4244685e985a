//! The teacher's lessons about a cell that failed to compile.

use std::ops::Range;

use soma_driver::process::lock;

use super::super::imports::PRELUDE;
use super::super::items::Item;
use super::super::sentence::lesson;
use super::super::syntax::Mistake;
use super::super::teacher::problem::Problem;
use super::super::teacher::scope::Scope;
use super::super::teacher::{self, Refused};
use super::super::{failure, prepare};
use super::SomaEvaluator;
use soma_jupyter::api::{Cell, Failure, Output};

impl SomaEvaluator {
    /// Puts lessons above the compiler's message.
    pub(super) fn teach(&self, cell: &Cell, failure: &mut Failure, problems: Vec<Problem>, is_no_rust: bool) {
        let start = prepare::code_start(&cell.code);
        let problems: Vec<Problem> = problems.into_iter().filter_map(|problem| problem.behind(start)).collect();
        let (types, items) = self.names.get();
        let mut scope = Scope::new(types.iter().map(|(name, ty)| (name.as_str(), ty.as_deref())), items);
        for (name, held) in self.names.values().iter().filter(|(_, held)| !held.dtype.is_empty()) {
            scope.know_elements(name, &held.dtype);
        }
        let refused = Refused { code: &cell.code[start..], problems: &problems, is_no_rust };
        let lessons = teacher::teach(&refused, &scope, self.language);
        failure.traceback.splice(0..0, lessons.iter().map(lesson));
    }

    /// The failure of a cell whose last statement is `return`: a cell has no caller.
    pub(super) fn returned(&self, cell: &Cell, at: Range<usize>) -> Failure {
        let message = "a cell is no function, so it cannot return".to_owned();
        let problem = Problem { message: message.clone(), at: at.clone(), ..Problem::default() };
        let mistake = Mistake { message, label: "what the cell gives is its last expression", at };
        let mut failure = failure::mistake(mistake, &cell.code, cell.count);
        self.teach(cell, &mut failure, vec![problem], false);
        failure
    }

    /// Tells the user about imports of the tensor library that import nothing usable.
    pub(super) fn tell_of_empty_imports(&self, items: &[Item]) {
        let empty = items.iter().find(|item| teacher::EMPTY_IMPORTS.contains(&item.text.trim()));
        if let Some(item) = empty {
            let text = format!("note: `{}` brings no name in: write `{PRELUDE}`\n", item.text.trim());
            lock(&self.state).show(Output::Remark { text });
        }
    }
}
