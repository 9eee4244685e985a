//! Rules for the compiler's errors, each with a lesson for one kind of mistake. They are tried in order, and the first
//! that is certain gives the lesson.

mod gradients;
mod imports;
mod models;
mod numbers;
mod offered;
mod operation;
pub mod slips;
mod structs;
mod tensors;
mod variables;
mod wrapped;

pub use imports::EMPTY as EMPTY_IMPORTS;

use std::ops::Range;

use ra_ap_syntax::{AstNode, Edition, SourceFile, SyntaxNode};

use super::lesson::Lesson;
use super::problem::Problem;
use super::scope::{Meaning, Scope};
use super::tokens::{self, Tree};

/// An error, and the facts about the cell.
pub struct Question<'a> {
    /// The cell's code.
    pub code: &'a str,
    pub problem: &'a Problem,
    pub scope: &'a Scope,
    /// The code, parsed as a function's body.
    pub syntax: &'a Syntax,
}

/// The cell's code, parsed.
pub struct Syntax {
    pub root: SyntaxNode,
}

pub const WRAPPER: &str = "fn f(){";

impl Syntax {
    pub fn of(code: &str) -> Syntax {
        Syntax { root: SourceFile::parse(&format!("{WRAPPER}{code}\n}}"), Edition::Edition2024).syntax_node() }
    }

    /// Whether code parses as Rust.
    pub fn is_rust(code: &str) -> bool {
        SourceFile::parse(&format!("async {WRAPPER}{code}\n}}"), Edition::Edition2024).errors().is_empty()
    }

    /// The smallest node of this type around a place.
    pub fn around<N: AstNode>(&self, at: &Range<usize>) -> Option<N> {
        let offset = u32::try_from(at.start + WRAPPER.len()).ok()?;
        let tokens = self.root.token_at_offset(offset.into());
        tokens.right_biased()?.parent_ancestors().find_map(N::cast)
    }
}

/// The bytes of a node.
pub fn bytes(node: &impl AstNode) -> Range<usize> {
    let range = node.syntax().text_range();
    usize::from(range.start()).saturating_sub(WRAPPER.len())..usize::from(range.end()).saturating_sub(WRAPPER.len())
}

type Rule = fn(&Question) -> Option<Lesson>;

/// The rules, the most specific first.
pub const RULES: [Rule; 54] = [
    slips::parameter_without_a_type,
    slips::shown_by_debug,
    slips::format_of_python,
    slips::position_in_text,
    slips::no_iterator,
    slips::method_of_floats,
    slips::returned,
    slips::bracket_too_many,
    slips::bracket_missing,
    slips::name_missing,
    slips::format_string_missing,
    slips::question_mark_behind_a_name,
    slips::command_without_its_colon,
    slips::end_at_run_time,
    slips::arguments_missing,
    gradients::a_parameter_changed,
    gradients::nothing_from_a_backward_pass,
    gradients::a_number_without_gradients,
    gradients::a_hook_without_a_value,
    gradients::one_of_several_gradients,
    gradients::an_optimizer,
    models::moved_to_a_device,
    models::given_to_an_optimizer,
    models::not_derived,
    models::a_tensor_saved,
    models::a_model_saved,
    models::a_field_of_any_layer,
    structs::without_derive,
    structs::without_forward,
    structs::without_new,
    structs::without_self,
    wrapped::a_result_as_its_value,
    wrapped::a_bias_that_may_be_missing,
    wrapped::outputs_and_states_as_outputs,
    imports::missing,
    tensors::an_index_of_a_type,
    tensors::an_index_of_a_tuple,
    tensors::a_function_as_a_method,
    tensors::a_range_as_a_tensor,
    tensors::comparison_of_tensors,
    tensors::a_tensor_where_a_value_is_wanted,
    numbers::numbers_of_two_types,
    numbers::a_number_without_a_type,
    numbers::a_type_of_python,
    tensors::a_vector_as_a_tensor,
    variables::a_value_of_no_known_type,
    offered::assigned_in_a_condition,
    variables::moved,
    variables::not_mutable,
    variables::a_name_from_elsewhere,
    variables::a_misspelt_name,
    offered::parentheses_of_a_method,
    offered::a_result_without_a_type,
    offered::suggested,
];

/// The lesson from an error.
pub fn lesson(question: &Question) -> Option<Lesson> {
    RULES.iter().find_map(|rule| rule(question))
}

impl Question<'_> {
    pub fn text(&self, at: &Range<usize>) -> &str {
        self.code.get(at.clone()).unwrap_or_default()
    }

    /// The place of the problem. If rustc points at a whole macro call, as for `assert!(x)`, it is the first argument.
    pub fn place(&self) -> Range<usize> {
        let at = &self.problem.at;
        match &tokens::trees(self.text(at))[..] {
            [_, sign, Tree::Group(group)] if sign.is_sign("!") => match tokens::arguments(&group.inner).first() {
                Some(first) => {
                    let first = tokens::range(first);
                    at.start + first.start..at.start + first.end
                }
                None => at.clone(),
            },
            _ => at.clone(),
        }
    }

    pub fn is(&self, codes: &[&str]) -> bool {
        codes.contains(&self.problem.code.as_str())
    }

    pub fn meaning(&self, at: &Range<usize>) -> Meaning {
        self.scope.meaning(&tokens::trees(self.text(at)))
    }
}
