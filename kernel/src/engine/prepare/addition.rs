//! Text that is inserted into a cell.

use ra_ap_syntax::SyntaxNode;
use soma_driver::evcxr::program;

/// Text to insert at a byte of the parsed text, and the range of the variable's name there.
pub struct Addition {
    /// The byte at which it is inserted.
    pub at: usize,
    /// The inserted text.
    pub text: String,
    /// The name's range; empty if there is none.
    pub name: std::ops::Range<usize>,
}

/// The insertions that hide a node from evcxr.
pub fn hiding(node: &SyntaxNode, begin: &str) -> [Addition; 2] {
    let range = node.text_range();
    let (start, end) = (usize::from(range.start()), usize::from(range.end()));
    [
        Addition { at: start, text: begin.to_owned(), name: start..start },
        Addition { at: end, text: program::END.to_owned(), name: end..end },
    ]
}
