//! The items that evcxr itself keeps and repeats in every cell: crate-level attributes, `extern crate`, and what a cell
//! has defined that could not be parsed when the cell was prepared (then rustc decides).

use ra_ap_syntax::{Edition, SourceFile, SyntaxKind};

use super::Line;

/// The lines that evcxr repeats, in a fixed order.
#[derive(Default)]
pub struct Repeated {
    /// Crate-level attributes, which must come first.
    pub attributes: Vec<Line>,
    /// The rest.
    pub items: Vec<Line>,
}

impl Repeated {
    /// Separates attributes from items.
    pub fn read(lines: Vec<Line>) -> Repeated {
        if lines.is_empty() {
            return Repeated::default();
        }
        let text: String = lines.iter().flat_map(|line| [&*line.text, "\n"]).collect();
        let parsed = SourceFile::parse(&text, Edition::Edition2024);
        if !parsed.errors().is_empty() {
            // The text does not parse: rustc gets all of it and explains the error.
            return Repeated { attributes: Vec::new(), items: lines };
        }
        let line_of = |offset: ra_ap_syntax::TextSize| text[..usize::from(offset)].matches('\n').count();
        let mut is_attribute = vec![false; lines.len()];
        for node in parsed.syntax_node().children().filter(|node| node.kind() == SyntaxKind::ATTR) {
            is_attribute[line_of(node.text_range().start())..=line_of(node.text_range().end())].fill(true);
        }
        let (mut attributes, mut items) = (Vec::new(), Vec::new());
        for (line, is_attribute) in lines.into_iter().zip(is_attribute) {
            if is_attribute { attributes.push(line) } else { items.push(line) }
        }
        // evcxr's order is that of a hash map. Items of several lines stay as they are: sorting would tear them apart.
        if items.iter().all(|line| line.text.trim_end().ends_with(';')) {
            items.sort_by(|a, b| a.text.cmp(&b.text));
        }
        Repeated { attributes, items }
    }
}
