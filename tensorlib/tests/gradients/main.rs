//! Gradients are PyTorch's: those of every case of `cases.txt`, which `make.py` wrote with PyTorch, are computed here and
//! compared, and so are the gradients of gradients. `make.py` says what a case is.

mod expression;
mod operation;
#[path = "../golden/source.rs"]
mod source;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tensorlib::prelude::*;

use source::Kinds;

const CASES: &str = include_str!("cases.txt");

/// An input: the tensor that gradients are asked of, and views that are taken of it on the way to the operation.
struct Input<'a> {
    leaf: Tensor,
    views: &'a str,
}

impl Input<'_> {
    fn of<'a>(spec: &'a str, kinds: &Kinds) -> Input<'a> {
        let (spec, constant) = spec.strip_suffix('!').map_or((spec, false), |spec| (spec, true));
        let (spec, views) = spec.split_once('>').unwrap_or((spec, ""));
        let leaf = source::source(spec, kinds);
        let asks = !constant && leaf.dtype().is_floating_point();
        Input { leaf: leaf.requires_grad_(asks), views }
    }

    fn operand(&self) -> Tensor {
        self.views.chars().fold(self.leaf.alias(), |x, view| match view {
            't' => x.transpose(-1, -2),
            's' => x.i((Ellipsis, (..).step(2))),
            'o' => x.i(1..),
            'e' => x.expand([&[3], &x.size()[1..]].concat()),
            other => panic!("view {other}"),
        })
    }
}

/// One line of the file.
struct Case<'a> {
    form: &'a str,
    op: &'a str,
    args: Vec<&'a str>,
    inputs: &'a str,
    loss: &'a str,
    first: &'a str,
    second: Option<&'a str>,
}

impl<'a> Case<'a> {
    fn of(line: &'a str) -> Case<'a> {
        let parts: Vec<&str> = line.split(';').collect();
        let &[form, op, args, inputs, loss, first, ref rest @ ..] = &parts[..] else { panic!("case {line}") };
        assert_eq!(form.ends_with('2'), rest.len() == 1, "case {line}");
        let args = args.split(' ').filter(|arg| !arg.is_empty()).collect();
        Case { form, op, args, inputs, loss, first, second: rest.first().copied() }
    }

    fn inputs(&self, kinds: &Kinds) -> Vec<Input<'a>> {
        self.inputs.split(',').map(|spec| Input::of(spec, kinds)).collect()
    }

    /// What the operation gives as one number, as the form says.
    fn loss(&self, inputs: &[Input], kinds: &Kinds) -> Tensor {
        let operands: Vec<Tensor> = inputs.iter().map(Input::operand).collect();
        let outputs = operation::result(self.op, &operands, &self.args).into_iter();
        match self.form {
            "plain" | "plain2" => weighted(outputs, "w", kinds),
            "squared" | "squared2" => weighted(outputs.map(|f| &f * &f), "w", kinds),
            "turned" => weighted(outputs.map(|f| f.transpose(0, -1)), "w", kinds),
            "summed" => outputs.map(|f| f.sum()).sum(),
            other => panic!("form {other}"),
        }
    }

    /// Adds every way in which the case differs from PyTorch.
    fn check(&self, kinds: &Kinds, wrong: &mut Vec<String>) {
        let mut compare = |what: &str, found: &[Option<Tensor>], leaves: &[&Tensor], expected: &str| {
            wrong.extend(compare(what, found, leaves, expected).err().map(|why| format!("{what} {why}")));
        };

        let inputs = self.inputs(kinds);
        let leaves = asking(&inputs);
        let loss = self.loss(&inputs, kinds);
        compare("loss", &[Some(loss.detach())], &[&loss], self.loss);
        loss.backward();
        compare("gradient", &gradients(&leaves), &leaves, self.first);
        let constants = inputs.iter().filter(|input| !input.leaf.requires_grad());
        assert!(constants.into_iter().all(|input| input.leaf.try_grad().is_err()), "a constant has a gradient");
        let Some(expected) = self.second else { return };

        // Anew, and recorded.
        let inputs = self.inputs(kinds);
        let leaves = asking(&inputs);
        let pass = autograd::backward(&[&self.loss(&inputs, kinds)]).create_graph(true).allow_unused(true);
        let first = pass.grad(&leaves);
        let found: Vec<Option<Tensor>> = first.iter().map(|gradient| Some(gradient.detach())).collect();
        compare("recorded gradient", &found, &leaves, self.first);
        let total = weighted(first, "v", kinds);
        if total.requires_grad() {
            total.backward();
        }
        compare("second gradient", &gradients(&leaves), &leaves, expected);
    }
}

/// The leaves of those inputs that ask for gradients.
fn asking<'a>(inputs: &'a [Input]) -> Vec<&'a Tensor> {
    inputs.iter().map(|input| &input.leaf).filter(|leaf| leaf.requires_grad()).collect()
}

/// The gradients that `backward` has left behind.
fn gradients(leaves: &[&Tensor]) -> Vec<Option<Tensor>> {
    leaves.iter().map(|leaf| leaf.try_grad().ok()).collect()
}

/// The sum over all elements, each times a constant of the given kind.
fn weighted(tensors: impl IntoIterator<Item = Tensor>, kind: &str, kinds: &Kinds) -> Tensor {
    let sum = |(seed, x): (i64, Tensor)| {
        let dtype = x.dtype().name();
        (&x * source::parsed(dtype, &kinds[&(kind, dtype)], &x.size(), seed)).sum()
    };
    (0..).zip(tensors).map(sum).sum()
}

/// Whether numbers are PyTorch's, and of the type and shape of the leaves that they belong to.
fn compare(what: &str, found: &[Option<Tensor>], leaves: &[&Tensor], expected: &str) -> Result<(), String> {
    let expected: Vec<Vec<f64>> =
        expected.split('|').map(|text| text.split_whitespace().map(|value| value.parse().unwrap()).collect()).collect();
    // What sums leave when they cancel is measured by what was added up. Only where an exponential is far out is each
    // element measured by itself, as the others are nothing beside it.
    let magnitudes = expected.iter().flatten().map(|value| value.abs()).filter(|value| value.is_finite());
    let largest = magnitudes.fold(0.0, f64::max);
    let scale = match largest {
        _ if what == "loss" => largest.max(1.0),
        1e6.. => 0.0,
        _ => largest,
    };
    let least_exact = if leaves.iter().any(|leaf| leaf.dtype() == DType::F32) { DType::F32 } else { DType::F64 };
    assert_eq!(leaves.len(), expected.len(), "{what}: as many gradients as inputs that ask");
    for (at, (leaf, expected)) in leaves.iter().zip(&expected).enumerate() {
        let found = match &found[at] {
            // PyTorch's not having a gradient and its being zero are the same here.
            None if expected.iter().all(|&value| value == 0.0) => continue,
            None => return Err(format!("{at} is missing, expected {expected:?}")),
            Some(found) => found,
        };
        if found.dtype() != leaf.dtype() || found.size() != leaf.size() {
            let (dtype, size) = (leaf.dtype(), leaf.size());
            return Err(format!("{at} is {} of shape {}, not {dtype} of shape {size}", found.dtype(), found.size()));
        }
        let found = found.to_vec::<f64>();
        let zeros = vec![0.0; found.len()];
        let expected = if expected.is_empty() { &zeros } else { expected };
        let same = |(&a, &b): (&f64, &f64)| near(a, b, scale, least_exact);
        if found.len() != expected.len() || !found.iter().zip(expected).all(same) {
            return Err(format!("{at} is {found:?}, expected {expected:?}"));
        }
    }
    Ok(())
}

/// Equal, infinities and NaN too, or within a hundred rounding errors of the type: PyTorch's own gradients in `f32` are up to
/// 25 rounding errors from those in `f64`, as `make.py` reports, and a wrong formula is off by far more.
fn near(a: f64, b: f64, scale: f64, dtype: DType) -> bool {
    let (error, least) = match dtype {
        DType::F32 => (f64::from(f32::EPSILON), f64::from(f32::MIN_POSITIVE)),
        _ => (f64::EPSILON, f64::MIN_POSITIVE),
    };
    let margin = 100.0 * error * scale.max(b.abs()) + least;
    a == b || (a.is_nan() && b.is_nan()) || (b.is_finite() && (a - b).abs() <= margin)
}

#[test]
fn gradients_are_those_of_pytorch() {
    let (mut kinds, mut wrong) = (Kinds::new(), Vec::new());
    let (mut cases, mut second, mut failed) = (0, 0, 0);
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for line in CASES.lines() {
        if let ["kind", name, dtypes, elements] = line.split(';').collect::<Vec<_>>()[..] {
            let elements: Vec<&str> = elements.split(' ').collect();
            kinds.extend(dtypes.split(' ').map(|dtype| ((name, dtype), elements.clone())));
            continue;
        }
        let case = Case::of(line);
        let mut differences = Vec::new();
        // An operation that is not known panics like one that fails.
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| case.check(&kinds, &mut differences))) {
            let sentence = panic.downcast_ref::<String>().map(|sentence| &sentence[..]);
            differences
                .push(format!("panics: {}", sentence.or(panic.downcast_ref::<&str>().copied()).unwrap_or_default()));
        }
        let count = counts.entry(case.op).or_default();
        count.0 += 1;
        count.1 += usize::from(!differences.is_empty());
        cases += 1;
        second += usize::from(case.second.is_some());
        failed += usize::from(!differences.is_empty());
        let named = format!("{} {} {:?} of {}", case.form, case.op, case.args, case.inputs);
        wrong.extend(differences.into_iter().map(|why| format!("{named}: {why}")));
    }
    assert!(cases >= 1200 && second >= 250, "only {cases} cases, {second} of them of the second order");
    for (op, (count, _)) in &counts {
        assert!(*count >= 2, "{op} has only {count} case");
    }
    let by_operation: Vec<String> = counts
        .iter()
        .filter(|(_, (_, failed))| *failed > 0)
        .map(|(op, (count, failed))| format!("{op} {failed}/{count}"))
        .collect();
    let shown = wrong.len().min(40);
    assert!(
        wrong.is_empty(),
        "{failed} of {cases} cases differ: {}\n{}\n… {} more",
        by_operation.join(", "),
        wrong[..shown].join("\n"),
        wrong.len() - shown
    );
}
