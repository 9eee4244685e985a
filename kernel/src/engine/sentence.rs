//! Failures of one sentence, and the layout of the teacher's sentences.

use annotate_snippets::{Group, Level};
use soma_jupyter::api::Failure;

use super::colours::RENDERER;
use super::teacher::Said;

/// A failure that consists of one sentence.
pub fn sentence(name: &str, message: &str) -> Failure {
    let title = Level::ERROR.primary_title(message);
    let traceback = RENDERER.render(&[Group::with_title(title)]);
    let headline = message.lines().next().unwrap_or_default().to_owned();
    Failure { name: name.into(), message: headline, traceback: vec![traceback] }
}

/// The teacher's lesson, to stand above the compiler's text.
pub fn lesson(said: &Said) -> String {
    let title = Level::HELP.with_name(Some(said.name)).secondary_title(said.text.as_str());
    RENDERER.render(&[Group::with_title(title)])
}
