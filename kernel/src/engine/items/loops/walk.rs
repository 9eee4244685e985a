//! A walk through a program that finds its hot loops.

use std::collections::BTreeMap;

use ra_ap_syntax::ast::{self, ArrayExprKind, BinaryOp, ElseBranch, HasArgList, HasLoopBody, HasName, UnaryOp};
use ra_ap_syntax::{AstNode, Edition, SourceFile};

use super::program::{Program, name_of, segments};
use super::repeats::branches;
use super::value::{Closure, Many, Value};
use super::{count, known};
use crate::engine::raw_name::plain;

/// How much plain code a cell may run unoptimised in loops whose steps are known: some hundred microseconds.
const AT_MOST: u64 = 20_000;
/// The same for code that may itself be repeated.
const WHEN_REPEATED: u64 = 200;
/// How deep expressions are followed; what is deeper counts as hot.
const DEEPEST: usize = 150;

/// What evaluating code once does.
#[derive(Clone, Debug)]
pub(super) struct Work {
    pub value: Value,
    /// It calls the library or prints a line, in any case.
    pub operates: bool,
    /// It goes over all of a plain collection, in code that would not be optimised.
    pub passes: bool,
    /// The number of its plain steps, if it is known.
    pub steps: Option<u64>,
}

impl Work {
    pub fn of(value: Value) -> Work {
        Work { value, operates: false, passes: false, steps: Some(1) }
    }

    pub fn unknown() -> Work {
        Work { steps: None, ..Work::of(Value::Plain) }
    }

    /// An operation of the library.
    fn operation(value: Value) -> Work {
        Work { operates: true, ..Work::of(value) }
    }

    /// This, after something else. The value is this one's.
    pub fn after(self, before: &Work) -> Work {
        Work {
            value: self.value,
            operates: self.operates || before.operates,
            passes: self.passes || before.passes,
            steps: self.steps.zip(before.steps).map(|(own, others)| own.saturating_add(others)),
        }
    }

    /// One of two: what only one of them does may not happen.
    fn or(self, other: Work) -> Work {
        let value = if self.value == Value::Plain { other.value.clone() } else { self.value.clone() };
        let operates = self.operates && other.operates;
        Work { value, operates, ..self.after(&other) }
    }

    /// Something that may not happen.
    pub fn maybe(self) -> Work {
        Work { operates: false, ..self }
    }

    pub fn giving(self, value: Value) -> Work {
        Work { value, ..self }
    }
}

/// A function's work, once it is known.
#[derive(Clone, Debug)]
enum Known {
    InProgress,
    Done(Work),
}

/// What the code that is walked through belongs to: a function, or the cell.
pub(super) struct Frame {
    scopes: Vec<BTreeMap<String, Value>>,
    /// The type that `Self` means.
    own_type: Option<String>,
    /// The loops around it.
    loops: usize,
    /// The rest may not be reached: a condition has left the function, or the step of the loop.
    may_be_left: bool,
    /// A condition has left the step of a loop further out.
    leaves_outer: bool,
    /// How many plain steps a loop may have.
    pub budget: u64,
}

impl Frame {
    fn new(budget: u64) -> Frame {
        Frame {
            scopes: vec![BTreeMap::new()],
            own_type: None,
            loops: 0,
            may_be_left: false,
            leaves_outer: false,
            budget,
        }
    }
}

pub(super) struct Walk<'a> {
    pub(super) program: &'a Program,
    known: BTreeMap<usize, Known>,
    pub(super) frame: Frame,
    depth: usize,
    pub(super) is_hot: bool,
}

impl<'a> Walk<'a> {
    /// Whether a program has hot loops.
    pub fn finds_hot_loops(program: &'a Program) -> bool {
        let mut walk = Walk { program, known: BTreeMap::new(), frame: Frame::new(AT_MOST), depth: 0, is_hot: false };
        walk.frame.scopes[0].clone_from(&program.variables);
        if let Some(body) = &program.body {
            walk.block(body);
        }
        for value in &program.constants {
            walk.frame = Frame::new(WHEN_REPEATED);
            walk.expression(value);
        }
        for function in 0..program.functions.len() {
            walk.function(function);
        }
        walk.is_hot
    }

    /// The work of a call of a function.
    fn function(&mut self, at: usize) -> Work {
        match self.known.get(&at) {
            Some(Known::Done(work)) => return work.clone(),
            Some(Known::InProgress) => return Work::unknown().giving(self.returned(at)),
            None => {}
        }
        self.known.insert(at, Known::InProgress);
        let function = &self.program.functions[at];
        let mut frame = Frame::new(WHEN_REPEATED);
        frame.own_type.clone_from(&function.of);
        let outer = std::mem::replace(&mut self.frame, frame);
        let parameters = function.syntax.param_list();
        if parameters.as_ref().is_some_and(|list| list.self_param().is_some())
            && let Some(of) = &function.of
        {
            self.set("self", Value::Own(of.clone()));
        }
        for parameter in parameters.into_iter().flat_map(|list| list.params()) {
            let value = parameter.ty().map_or(Value::Plain, |ty| self.value_of(&ty));
            self.bind(parameter.pat(), value);
        }
        let work = function.syntax.body().map_or_else(Work::unknown, |body| self.block(&body));
        self.frame = outer;
        if branches(&function.syntax) && !work.operates {
            self.is_hot = true;
        }
        let work = work.giving(self.returned(at));
        self.known.insert(at, Known::Done(work.clone()));
        work
    }

    /// What a function returns.
    fn returned(&self, at: usize) -> Value {
        let function = &self.program.functions[at];
        let Some(ty) = function.syntax.ret_type().and_then(|returned| returned.ty()) else { return Value::Plain };
        match (&function.of, name_of(&ty)) {
            (Some(of), Some(name)) if name == "Self" => Value::Own(of.clone()),
            _ => self.program.value_of(&ty),
        }
    }

    fn value_of(&self, ty: &ast::Type) -> Value {
        match (&self.frame.own_type, name_of(ty)) {
            (Some(of), Some(name)) if name == "Self" => Value::Own(of.clone()),
            _ => self.program.value_of(ty),
        }
    }

    fn set(&mut self, name: &str, value: Value) {
        self.frame.scopes.last_mut().expect("a frame has a scope").insert(name.to_owned(), value);
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.frame.scopes.iter().rev().find_map(|scope| scope.get(name))
    }

    /// Records what a variable holds, when it was not known before.
    fn learn(&mut self, target: &ast::Expr, value: Value) {
        let ast::Expr::PathExpr(path) = target else { return };
        let Some(name) = path.path().map(|path| segments(&path)).filter(|names| names.len() == 1) else { return };
        if self.program.is_made_of_library(&value)
            && let Some(scope) = self.frame.scopes.iter_mut().rev().find(|scope| scope.contains_key(&name[0]))
            && scope[&name[0]] == Value::Plain
        {
            scope.insert(name[0].clone(), value);
        }
    }

    /// Binds the names of a pattern.
    fn bind(&mut self, pattern: Option<ast::Pat>, value: Value) {
        match pattern {
            Some(ast::Pat::IdentPat(variable)) => {
                if let Some(name) = variable.name() {
                    let value = if variable.mut_token().is_some() { value.clone().growing() } else { value.clone() };
                    self.set(&plain(name.text()), value);
                }
                if variable.pat().is_some() {
                    self.bind(variable.pat(), value);
                }
            }
            Some(ast::Pat::TuplePat(tuple)) => {
                for (number, field) in tuple.fields().enumerate() {
                    self.bind(Some(field), value.part(number));
                }
            }
            Some(ast::Pat::TupleStructPat(pattern)) => {
                let names = pattern.path().map(|path| segments(&path)).unwrap_or_default();
                let name = names.last().map_or("", String::as_str);
                for (number, field) in pattern.fields().enumerate() {
                    let value = match name {
                        "Some" | "Ok" | "Err" => value.clone(),
                        _ => self.program.field(name, &number.to_string()),
                    };
                    self.bind(Some(field), value);
                }
            }
            Some(ast::Pat::RecordPat(pattern)) => {
                let names = pattern.path().map(|path| segments(&path)).unwrap_or_default();
                let of = names.last().map_or("", String::as_str);
                for field in pattern.record_pat_field_list().into_iter().flat_map(|list| list.fields()) {
                    let named = field.field_name().map(|name| name.to_string()).unwrap_or_default();
                    self.bind(field.pat(), self.program.field(of, &named));
                }
            }
            Some(ast::Pat::SlicePat(pattern)) => {
                for field in pattern.pats() {
                    self.bind(Some(field), value.part(0));
                }
            }
            Some(ast::Pat::OrPat(pattern)) => self.bind(pattern.pats().next(), value),
            Some(ast::Pat::RefPat(pattern)) => self.bind(pattern.pat(), value),
            Some(ast::Pat::ParenPat(pattern)) => self.bind(pattern.pat(), value),
            Some(ast::Pat::BoxPat(pattern)) => self.bind(pattern.pat(), value),
            _ => {}
        }
    }

    fn block(&mut self, block: &ast::BlockExpr) -> Work {
        self.frame.scopes.push(BTreeMap::new());
        let mut work = Work::of(Value::Plain);
        for statement in block.statements() {
            let may_be_left = self.frame.may_be_left;
            let next = match statement {
                ast::Stmt::LetStmt(statement) => self.variable(&statement),
                ast::Stmt::ExprStmt(statement) => self.maybe_expression(statement.expr()),
                ast::Stmt::Item(ast::Item::MacroCall(call)) => self.macro_call(&call),
                ast::Stmt::Item(_) => continue,
            };
            work = if may_be_left { next.maybe() } else { next }.after(&work);
        }
        let may_be_left = self.frame.may_be_left;
        let last = block.tail_expr().map(|value| self.expression(&value));
        let last = last.unwrap_or_else(|| Work::of(Value::Plain));
        self.frame.scopes.pop();
        if may_be_left { last.maybe() } else { last }.after(&work)
    }

    fn variable(&mut self, statement: &ast::LetStmt) -> Work {
        let work = self.maybe_expression(statement.initializer());
        let stated = statement.ty().map(|ty| self.value_of(&ty)).filter(|value| *value != Value::Plain);
        // `Vec<_>` tells less than the value does.
        let stated = stated.filter(|value| work.value == Value::Plain || self.program.is_made_of_library(value));
        self.escapes(&work.value, statement.initializer().as_ref());
        let other = statement.let_else().and_then(|other| other.block_expr());
        let other = other.map_or_else(|| Work::of(Value::Plain), |block| self.aside(&block));
        self.bind(statement.pat(), stated.unwrap_or_else(|| work.value.clone()));
        other.maybe().after(&work).giving(Value::Plain)
    }

    /// A block that is rarely reached.
    fn aside(&mut self, block: &ast::BlockExpr) -> Work {
        let may_be_left = self.frame.may_be_left;
        let work = self.block(block);
        self.frame.may_be_left = may_be_left;
        work
    }

    fn maybe_expression(&mut self, expression: Option<ast::Expr>) -> Work {
        expression.map_or_else(|| Work::of(Value::Plain), |expression| self.expression(&expression))
    }

    /// Several expressions, one after another, with the value of each.
    pub(super) fn each(&mut self, expressions: impl IntoIterator<Item = ast::Expr>) -> (Work, Vec<Value>) {
        let mut work = Work { steps: Some(0), ..Work::of(Value::Plain) };
        let mut values = Vec::new();
        for expression in expressions {
            let next = self.expression(&expression);
            self.escapes(&next.value, Some(&expression));
            values.push(next.value.clone());
            work = next.after(&work).giving(Value::Plain);
        }
        (work, values)
    }

    pub(super) fn expression(&mut self, expression: &ast::Expr) -> Work {
        if self.depth == DEEPEST {
            self.is_hot = true;
            return Work::unknown();
        }
        self.depth += 1;
        let work = self.any(expression);
        self.depth -= 1;
        work
    }

    fn any(&mut self, expression: &ast::Expr) -> Work {
        let plain_after = |work: Work| Work::of(Value::Plain).after(&work);
        match expression {
            ast::Expr::Literal(_) | ast::Expr::UnderscoreExpr(_) => Work::of(Value::Plain),
            ast::Expr::PathExpr(path) => Work::of(path.path().map_or(Value::Plain, |path| self.path(&path))),
            ast::Expr::ParenExpr(inner) => self.maybe_expression(inner.expr()),
            ast::Expr::RefExpr(inner) => self.maybe_expression(inner.expr()),
            ast::Expr::TryExpr(inner) => self.maybe_expression(inner.expr()),
            ast::Expr::AwaitExpr(inner) => Work { steps: None, ..self.maybe_expression(inner.expr()) },
            ast::Expr::CastExpr(inner) => plain_after(self.maybe_expression(inner.expr())),
            ast::Expr::PrefixExpr(prefix) => {
                let work = self.maybe_expression(prefix.expr());
                let is_operation = prefix.op_kind() != Some(UnaryOp::Deref) && work.value == Value::Library;
                Work { operates: work.operates || is_operation, ..work }
            }
            ast::Expr::BinExpr(binary) => self.binary(binary),
            ast::Expr::RangeExpr(range) => {
                use ast::RangeItem;
                let (work, _) = self.each([range.start(), range.end()].into_iter().flatten());
                let many = Many { element: Value::Plain, count: count::of_range(range), is_paid: false, is_lazy: true };
                Work::of(Value::Many(Box::new(many))).after(&work)
            }
            ast::Expr::ArrayExpr(array) => {
                let elements: Vec<ast::Expr> = match array.kind() {
                    ArrayExprKind::Repeat { initializer, .. } => initializer.into_iter().collect(),
                    ArrayExprKind::ElementList(elements) => elements.collect(),
                };
                let (work, values) = self.each(elements);
                work.giving(self.list(&values, count::of_array(array)))
            }
            ast::Expr::TupleExpr(tuple) => {
                let (work, values) = self.each(tuple.fields());
                Work::of(Value::Parts(values)).after(&work)
            }
            ast::Expr::RecordExpr(record) => {
                let fields = record.record_expr_field_list().into_iter();
                let (work, _) = self.each(fields.flat_map(|list| list.fields()).filter_map(|field| field.expr()));
                let names = record.path().map(|path| segments(&path)).unwrap_or_default();
                work.giving(self.own(names.last().map_or("", String::as_str)))
            }
            ast::Expr::FieldExpr(field) => {
                let work = self.maybe_expression(field.expr());
                let name = field.name_ref().map(|name| name.text().to_string()).unwrap_or_default();
                let value = match (&work.value, name.parse::<usize>()) {
                    (Value::Own(of), _) => self.program.field(of, &name),
                    (Value::Library, _) if !known::is_measure(&name) => Value::Library,
                    (value, Ok(number)) => value.part(number),
                    _ => Value::Plain,
                };
                Work::of(value).after(&work)
            }
            ast::Expr::IndexExpr(index) => {
                let (work, values) = self.each([index.base(), index.index()].into_iter().flatten());
                let is_slice = matches!(index.index(), Some(ast::Expr::RangeExpr(_)));
                let base = values.into_iter().next().unwrap_or(Value::Plain);
                Work::of(if is_slice { base } else { base.part(0) }).after(&work)
            }
            ast::Expr::BlockExpr(block) => match block.modifier() {
                None | Some(ast::BlockModifier::Unsafe(_) | ast::BlockModifier::Const(_)) => self.block(block),
                _ => Work { steps: None, ..self.aside(block) }.maybe(),
            },
            ast::Expr::IfExpr(condition) => self.condition(condition),
            ast::Expr::LetExpr(condition) => {
                let work = self.maybe_expression(condition.expr());
                self.bind(condition.pat(), work.value.clone());
                plain_after(work)
            }
            ast::Expr::MatchExpr(choice) => self.choice(choice),
            ast::Expr::ForExpr(own) => self.for_loop(own),
            ast::Expr::WhileExpr(own) => {
                self.frame.scopes.push(BTreeMap::new());
                let work = self.repeat(None, false, |walk| {
                    let condition = walk.maybe_expression(own.condition());
                    let body = own.loop_body().map_or_else(|| Work::of(Value::Plain), |body| walk.block(&body));
                    body.after(&condition)
                });
                self.frame.scopes.pop();
                work.maybe()
            }
            ast::Expr::LoopExpr(own) => self.repeat(None, false, |walk| {
                own.loop_body().map_or_else(|| Work::of(Value::Plain), |body| walk.block(&body))
            }),
            ast::Expr::ContinueExpr(own) => {
                self.frame.may_be_left = true;
                self.frame.leaves_outer |= own.lifetime().is_some();
                Work::of(Value::Plain)
            }
            ast::Expr::BreakExpr(own) => plain_after(self.maybe_expression(own.expr())),
            ast::Expr::ReturnExpr(own) => {
                let (work, _) = self.each(own.expr());
                self.frame.may_be_left |= self.frame.loops == 0;
                plain_after(work)
            }
            ast::Expr::ClosureExpr(own) => {
                let budget = std::mem::replace(&mut self.frame.budget, WHEN_REPEATED);
                let work = self.closure(own, None, Value::Plain);
                self.frame.budget = budget;
                let (operates, passes) = (work.operates, work.passes);
                Work::of(Value::Closure(Box::new(Closure { gives: work.value, operates, passes })))
            }
            ast::Expr::MacroExpr(own) => own.macro_call().map_or_else(Work::unknown, |call| self.macro_call(&call)),
            ast::Expr::CallExpr(call) => self.call(call),
            ast::Expr::MethodCallExpr(call) => self.method_call(call),
            _ => Work::unknown(),
        }
    }

    /// What a list of these values is.
    fn list(&self, values: &[Value], count: Option<u64>) -> Value {
        let made = values.iter().find(|value| self.program.is_made_of_library(value));
        Value::many(made.or(values.first()).cloned().unwrap_or(Value::Plain), count)
    }

    /// A value of the notebook's type of this name.
    fn own(&self, name: &str) -> Value {
        match &self.frame.own_type {
            Some(of) if name == "Self" => Value::Own(of.clone()),
            _ if self.program.defines(name) => Value::Own(name.to_owned()),
            _ => Value::Plain,
        }
    }

    fn path(&self, path: &ast::Path) -> Value {
        let names = segments(path);
        if let [name] = names.as_slice()
            && let Some(value) = self.get(name)
        {
            return value.clone();
        }
        if self.program.is_of_library(&names) { Value::Library } else { self.own(names.last().map_or("", |name| name)) }
    }

    fn binary(&mut self, binary: &ast::BinExpr) -> Work {
        let left = self.maybe_expression(binary.lhs());
        let right = self.maybe_expression(binary.rhs());
        self.escapes(&right.value, binary.rhs().as_ref());
        let is_of_library = left.value == Value::Library || right.value == Value::Library;
        match binary.op_kind() {
            Some(BinaryOp::LogicOp(_)) => right.maybe().after(&left).giving(Value::Plain),
            Some(BinaryOp::ArithOp(_)) if is_of_library => Work::operation(Value::Library).after(&right).after(&left),
            Some(BinaryOp::Assignment { op: Some(_) }) if left.value == Value::Library => {
                Work::operation(Value::Plain).after(&right).after(&left)
            }
            Some(BinaryOp::Assignment { op: None }) => {
                if let Some(target) = binary.lhs() {
                    self.learn(&target, right.value.clone());
                }
                left.after(&right).giving(Value::Plain)
            }
            Some(BinaryOp::ArithOp(_)) => {
                let value = if matches!(left.value, Value::Own(_)) { left.value.clone() } else { Value::Plain };
                Work::of(value).after(&right).after(&left)
            }
            _ => Work::of(Value::Plain).after(&right).after(&left),
        }
    }

    fn condition(&mut self, own: &ast::IfExpr) -> Work {
        self.frame.scopes.push(BTreeMap::new());
        let condition = self.maybe_expression(own.condition());
        let then = own.then_branch().map_or_else(|| Work::of(Value::Plain), |block| self.block(&block));
        self.frame.scopes.pop();
        let other = match own.else_branch() {
            Some(ElseBranch::Block(block)) => self.block(&block),
            Some(ElseBranch::IfExpr(own)) => self.expression(&own.into()),
            None => Work::of(Value::Plain),
        };
        then.or(other).after(&condition)
    }

    fn choice(&mut self, own: &ast::MatchExpr) -> Work {
        let chosen = self.maybe_expression(own.expr());
        let mut all: Option<Work> = None;
        for arm in own.match_arm_list().into_iter().flat_map(|list| list.arms()) {
            self.frame.scopes.push(BTreeMap::new());
            self.bind(arm.pat(), chosen.value.clone());
            let guard = self.maybe_expression(arm.guard().and_then(|guard| guard.condition()));
            let work = self.maybe_expression(arm.expr()).after(&guard.maybe());
            self.frame.scopes.pop();
            all = Some(match all {
                Some(others) => others.or(work),
                None => work,
            });
        }
        all.unwrap_or_else(|| Work::of(Value::Plain)).after(&chosen)
    }

    /// A loop with this body; `is_short` if it goes over values of the library.
    pub(super) fn repeat(&mut self, count: Option<u64>, is_short: bool, body: impl FnOnce(&mut Self) -> Work) -> Work {
        let (budget, may_be_left) = (self.frame.budget, self.frame.may_be_left);
        if count.is_none() {
            self.frame.budget = WHEN_REPEATED;
        }
        self.frame.may_be_left = false;
        self.frame.loops += 1;
        let body = body(self);
        self.frame.loops -= 1;
        self.frame.may_be_left = may_be_left || self.frame.leaves_outer;
        self.frame.budget = budget;
        let steps = count.zip(body.steps).map(|(count, steps)| count.saturating_mul(steps.saturating_add(3)));
        let is_small = steps.is_some_and(|steps| steps <= budget);
        let is_light = body.operates || is_short;
        if !is_small && (!is_light || body.passes) {
            self.is_hot = true;
        }
        // An operation counts only if there is a step.
        Work { operates: body.operates && count != Some(0), steps, ..body }.giving(Value::Plain)
    }

    fn for_loop(&mut self, own: &ast::ForExpr) -> Work {
        let over = self.maybe_expression(own.iterable());
        let many = over.value.clone().elements();
        let is_short = many.is_paid || self.program.is_made_of_library(&over.value);
        let work = self.repeat(many.count, is_short, |walk| {
            walk.frame.scopes.push(BTreeMap::new());
            walk.bind(own.pat(), many.element.clone());
            let work = own.loop_body().map_or_else(|| Work::of(Value::Plain), |body| walk.block(&body));
            walk.frame.scopes.pop();
            work
        });
        // Going over batches makes them.
        let work = Work { operates: work.operates || over.value == Value::Library, ..work };
        work.after(&over)
    }

    /// A call of a closure with such arguments.
    pub(super) fn closure(&mut self, own: &ast::ClosureExpr, first: Option<Value>, last: Value) -> Work {
        let (may_be_left, loops) = (self.frame.may_be_left, std::mem::take(&mut self.frame.loops));
        self.frame.may_be_left = false;
        self.frame.scopes.push(BTreeMap::new());
        let count = own.param_list().map_or(0, |list| list.params().count());
        for (number, parameter) in own.param_list().into_iter().flat_map(|list| list.params()).enumerate() {
            let stated = parameter.ty().map(|ty| self.value_of(&ty));
            // `fold` passes what it has so far, and the element.
            let given = if number + 1 == count { last.clone() } else { first.clone().unwrap_or(Value::Plain) };
            self.bind(parameter.pat(), stated.unwrap_or(given));
        }
        let work = self.maybe_expression(own.body());
        self.escapes(&work.value, own.body().as_ref());
        self.frame.scopes.pop();
        (self.frame.may_be_left, self.frame.loops) = (may_be_left, loops);
        work
    }

    fn macro_call(&mut self, call: &ast::MacroCall) -> Work {
        let names = call.path().map(|path| segments(&path)).unwrap_or_default();
        let name = names.last().map_or("", String::as_str);
        if known::LIBRARY_MACROS.contains(&name) {
            return Work::operation(Value::Library);
        }
        let Some(tree) = call.token_tree().filter(|_| known::FORMATTING.contains(&name)) else {
            return Work::unknown();
        };
        let text = tree.syntax().text().to_string();
        let inner = text.get(1..text.len() - 1).unwrap_or_default();
        let (open, close) = if name == "vec" { ('[', ']') } else { ('(', ')') };
        // Arguments of a function are parsed as the macro would.
        let before = if name == "vec" { "" } else { "m" };
        let parsed = SourceFile::parse(&format!("fn f(){{{before}{open}{inner}{close}}}"), Edition::Edition2024);
        let function = parsed.syntax_node().children().find_map(ast::Fn::cast);
        let value = function.and_then(|function| function.body()?.tail_expr());
        match value {
            Some(ast::Expr::ArrayExpr(list)) => self.expression(&list.into()),
            Some(ast::Expr::CallExpr(call)) => {
                let arguments = call.arg_list().into_iter().flat_map(|list| list.args());
                let (work, _) = self.each(arguments);
                let own = Work { operates: known::PRINTING.contains(&name), ..Work::of(Value::Plain) };
                Work { steps: Some(20), ..own }.after(&work)
            }
            _ => Work::unknown(),
        }
    }

    fn arguments(call: &impl HasArgList) -> Vec<ast::Expr> {
        call.arg_list().into_iter().flat_map(|list| list.args()).collect()
    }

    fn call(&mut self, call: &ast::CallExpr) -> Work {
        let arguments = Self::arguments(call);
        let path = match call.expr() {
            Some(ast::Expr::PathExpr(path)) => path.path(),
            other => {
                let called = self.maybe_expression(other);
                let (work, _) = self.each(arguments);
                return Self::called(&called.value).after(&work).after(&called);
            }
        };
        let names = path.as_ref().map(segments).unwrap_or_default();
        let (name, owner) = match names.as_slice() {
            [.., owner, name] => (name.as_str(), Some(owner.as_str())),
            [name] => (name.as_str(), None),
            [] => ("", None),
        };
        if known::ONCE.contains(&name)
            && let [ast::Expr::ClosureExpr(closure)] = arguments.as_slice()
        {
            return self.closure(closure, None, Value::Plain);
        }
        let (work, values) = self.each(arguments);
        if owner.is_none()
            && let Some(local) = self.get(name).cloned()
        {
            return Self::called(&local).after(&work);
        }
        let owner = if owner == Some("Self") { self.frame.own_type.clone() } else { owner.map(str::to_owned) };
        let functions = self.program.named(name, owner.as_deref());
        let is_of_library = self.program.is_of_library(&names);
        if !functions.is_empty() && !is_of_library {
            return self.any_of(&functions).after(&work);
        }
        if is_of_library {
            let value = if known::is_measure(name) { Value::Plain } else { Value::Library };
            return Work { operates: known::is_computation(name), ..Work::of(value) }.after(&work);
        }
        let first = || values.first().cloned().unwrap_or(Value::Plain);
        let is_transparent = matches!(
            (owner.as_deref(), name),
            (None, "Some" | "Ok" | "Err") | (Some("Box" | "Rc" | "Arc" | "Mutex" | "RefCell" | "RwLock"), "new")
        );
        let is_empty = matches!(name, "new" | "default") && values.is_empty();
        match name {
            _ if is_transparent => Work::of(first()).after(&work),
            // The bar of progress passes on what it goes over.
            "progress" => Work::of(first()).after(&work),
            "swap" | "replace" | "take" | "drop" => Work::of(first()).after(&work),
            _ if self.program.defines(name) => Work::of(self.own(name)).after(&work),
            _ if is_empty || name == "from" && owner.as_deref() == Some("String") => {
                Work::of(Value::Plain).after(&work)
            }
            _ => Work::unknown().after(&work),
        }
    }

    /// What calling a value does.
    pub(super) fn called(value: &Value) -> Work {
        match value {
            Value::Closure(closure) => {
                Work { value: closure.gives.clone(), operates: closure.operates, passes: closure.passes, steps: None }
            }
            _ => Work::unknown(),
        }
    }

    /// A call of one of these functions.
    pub(super) fn any_of(&mut self, functions: &[usize]) -> Work {
        let works: Vec<Work> = functions.iter().map(|&at| self.function(at)).collect();
        let all = works.into_iter().reduce(Work::or);
        let work = all.unwrap_or_else(Work::unknown);
        Work { steps: work.steps.map(|steps| steps.saturating_add(5)), ..work }
    }

    fn method_call(&mut self, call: &ast::MethodCallExpr) -> Work {
        let receiver = self.maybe_expression(call.receiver());
        let name = call.name_ref().map(|name| plain(name.text())).unwrap_or_default();
        let arguments = Self::arguments(call);
        let own = self.program.named(&name, None);
        let work = match receiver.value.clone() {
            Value::Library => self.library_method(&name, arguments),
            Value::Many(many) => self.method_of_many(&name, *many, arguments, call),
            Value::Own(of) if !own.is_empty() => {
                let functions = self.program.named(&name, Some(&of));
                let (work, _) = self.each(arguments);
                self.any_of(&functions).after(&work)
            }
            // What `derive(Module)` makes.
            Value::Own(_) if known::is_of_models(&name) && self.program.is_made_of_library(&receiver.value) => {
                let (work, _) = self.each(arguments);
                Work::operation(Value::Library).after(&work)
            }
            value => self.plain_method(&name, value, &own, arguments, call),
        };
        work.after(&receiver)
    }

    /// A method of a tensor, a layer, a loader, …
    fn library_method(&mut self, name: &str, arguments: Vec<ast::Expr>) -> Work {
        match name {
            "iter" | "into_iter" | "iter_mut" => {
                let many = Many { element: Value::Library, count: None, is_paid: true, is_lazy: true };
                return Work::of(Value::Many(Box::new(many)));
            }
            "map" | "filter" | "fold" | "for_each" => {
                let many = Many { element: Value::Library, count: None, is_paid: true, is_lazy: true };
                return self.adapted(name, many, arguments);
            }
            _ => {}
        }
        let (work, _) = self.each(arguments);
        let value = if known::is_measure(name) { Value::Plain } else { Value::Library };
        Work { operates: known::is_operation(name), ..Work::of(value) }.after(&work)
    }

    /// A method of a plain value.
    fn plain_method(
        &mut self,
        name: &str,
        value: Value,
        own: &[usize],
        arguments: Vec<ast::Expr>,
        call: &ast::MethodCallExpr,
    ) -> Work {
        if known::ITERATIONS.contains(&name) {
            let text = call.receiver().and_then(|receiver| count::of_text(&receiver));
            let many = Many { element: value.part(0), count: text, is_paid: false, is_lazy: true };
            return match name {
                "map" | "fold" | "for_each" | "filter" => self.adapted(name, many, arguments),
                _ => self.going_over(Value::Many(Box::new(many)), call),
            };
        }
        let (work, values) = self.each(arguments);
        if !own.is_empty() {
            return self.any_of(own).after(&work);
        }
        if matches!(name, "push" | "insert" | "push_back")
            && let (Some(receiver), Some(value)) = (call.receiver(), values.last())
        {
            self.learn(&receiver, Value::many(value.clone(), None));
        }
        let is_same = matches!(name, "unwrap" | "expect" | "clone" | "as_ref" | "as_mut" | "borrow" | "lock");
        let steps = if known::is_constant(name) { Some(5) } else { None };
        let value = if is_same { value } else { Value::Plain };
        Work { passes: known::is_pass(name), steps, ..Work::of(value) }.after(&work)
    }
}
