//! Results are PyTorch's: every expression of `cases.txt` and of `values.txt`, which `make.py` and `values.py` wrote with
//! PyTorch, is computed here and compared.

mod difference;
mod operation;
mod source;

use std::panic::catch_unwind;

use tensorlib::prelude::*;

use source::Kinds;

const CASES: &str = include_str!("cases.txt");
const VALUES: &str = include_str!("values.txt");

/// One line of a file: an operation with its arguments and inputs, and what PyTorch gives.
struct Expression<'a> {
    op: &'a str,
    args: Vec<&'a str>,
    inputs: &'a str,
    expected: &'a str,
}

impl<'a> Expression<'a> {
    fn of(parts: &[&'a str]) -> Expression<'a> {
        let &[op, args, inputs, expected] = parts else { panic!("case {parts:?}") };
        Expression { op, args: args.split(' ').filter(|arg| !arg.is_empty()).collect(), inputs, expected }
    }

    /// Compares each result by `compare`, which is told of the operation, its inputs and arguments; says what differs.
    fn check(
        &self,
        kinds: &Kinds,
        compare: fn(&Expression, &[Tensor], &Tensor, &str) -> Result<(), String>,
    ) -> Option<String> {
        let inputs = || -> Vec<Tensor> {
            self.inputs.split(',').filter(|spec| !spec.is_empty()).map(|spec| source::source(spec, kinds)).collect()
        };
        let made = catch_unwind(|| operation::result(self.op, &inputs(), &self.args));
        let expected: Vec<&str> = self.expected.split('|').collect();
        let why = match made {
            Err(_) if self.expected == "error" => return None,
            Err(panic) => format!("panics: {}", panic.downcast_ref::<String>().map_or("", |sentence| sentence)),
            Ok(_) if self.expected == "error" => "is refused by PyTorch".to_string(),
            Ok(made) if made.len() != expected.len() => format!("gives {} tensors, not {}", made.len(), expected.len()),
            Ok(made) => {
                let inputs = inputs();
                made.iter().zip(expected).find_map(|(made, expected)| compare(self, &inputs, made, expected).err())?
            }
        };
        Some(format!("{} {:?} of {} {why}", self.op, self.args, self.inputs))
    }
}

fn report(count: usize, least: usize, wrong: &[String]) {
    assert!(count >= least, "only {count} expressions");
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn results_are_those_of_pytorch() {
    let expressions: Vec<Expression> =
        CASES.lines().map(|line| Expression::of(&line.split(';').collect::<Vec<_>>())).collect();
    let wrong: Vec<String> = expressions
        .iter()
        .filter_map(|expression| {
            expression.check(&Kinds::new(), |_, _, made, expected| difference::roughly(made, expected))
        })
        .collect();
    report(expressions.len(), 1000, &wrong);
}

#[test]
fn results_for_special_values_are_those_of_pytorch() {
    // Another file than the one that is kept: see `values.py`.
    let drawn = std::env::var("VALUES").map(|path| std::fs::read_to_string(path).unwrap());
    let text = drawn.as_deref().unwrap_or(VALUES);
    let (mut kinds, mut wrong, mut count) = (Kinds::new(), Vec::new(), 0);
    for line in text.lines() {
        let parts: Vec<&str> = line.split(';').collect();
        if let ["kind", name, dtype, elements] = parts[..] {
            kinds.insert((name, dtype), elements.split(' ').collect());
            continue;
        }
        count += 1;
        let expression = Expression::of(&parts[1..]);
        let compare = |expression: &Expression, inputs: &[Tensor], made: &Tensor, expected: &str| {
            difference::exactly(expression.op, &expression.args, inputs, made, expected)
        };
        wrong.extend(expression.check(&kinds, compare).map(|why| format!("{}: {why}", parts[0])));
    }
    report(count, 1000, &wrong);
}
