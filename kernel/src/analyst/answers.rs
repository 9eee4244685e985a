//! Asks rust-analyzer about a place, and puts its answers into the kernel's types.

use ra_ap_hir::PrefixKind;
use ra_ap_ide::{
    Analysis, CompletionConfig, CompletionFieldsToResolve, CompletionItem, CompletionItemKind, FileId, FilePosition,
    FileRange, HoverConfig, HoverDocFormat, RaFixtureConfig, SubstTyLen, TextRange, TextSize,
};
use ra_ap_ide_db::SymbolKind;
use ra_ap_ide_db::imports::insert_use::{ImportGranularity, InsertUseConfig};

use super::question::{Answer, Candidate};
use super::shown;

/// A place in a cell within the session's text.
pub struct Place<'a> {
    /// Where the cell starts in the session's text.
    pub start: usize,
    /// The place within the cell.
    pub cursor: usize,
    /// The cell.
    pub code: &'a str,
}

/// What could be typed at a place.
pub fn completions(analysis: &Analysis, file: FileId, place: &Place) -> Option<Answer> {
    let position = FilePosition { file_id: file, offset: offset(place.start + place.cursor)? };
    let items = analysis.completions(&completion_config(), position, None).ok()??;
    let range = items.first()?.source_range;
    let start = usize::from(range.start()).checked_sub(place.start)?;
    let end = usize::from(range.end()).checked_sub(place.start)?;
    let typed = place.code.get(start..place.cursor)?;
    let mut fitting: Vec<CompletionItem> = items
        .into_iter()
        .filter(|item| item.source_range == range && is_called(item, typed) && !is_own(item))
        .collect();
    fitting.sort_by(|a, b| {
        let rank = |item: &CompletionItem| (place_of(item.kind), std::cmp::Reverse(item.relevance.score()));
        rank(a).cmp(&rank(b)).then_with(|| a.label.primary.cmp(&b.label.primary))
    });
    let mut candidates: Vec<Candidate> = Vec::new();
    for candidate in fitting.into_iter().filter_map(candidate) {
        if !candidates.iter().any(|other| other.text == candidate.text) {
            candidates.push(candidate);
        }
    }
    (!candidates.is_empty()).then_some(Answer::Completions { candidates, start, end })
}

/// Signature and documentation of the item at a place; within a call's parentheses, of the function that is called.
pub fn documentation(analysis: &Analysis, file: FileId, place: &Place) -> Option<Answer> {
    let at = subject(place.code, place.cursor)?;
    let offset = offset(place.start + at)?;
    let range = FileRange { file_id: file, range: TextRange::empty(offset) };
    let hover = analysis.hover(&hover_config(), range).ok()??;
    let markdown = shown::markdown(hover.info.markup.as_str());
    Some(Answer::Documentation { plain: shown::plain(&markdown), markdown })
}

/// The name that the user asks about: the one that the cursor touches, else the one before the innermost open
/// parenthesis.
fn subject(code: &str, cursor: usize) -> Option<usize> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let before = &code[..cursor];
    let name_end = if code[cursor..].starts_with(is_word) { cursor } else { before.trim_end_matches('!').len() };
    let name_start = code[..name_end].trim_end_matches(is_word).len();
    let is_name = code[name_start..].starts_with(is_word);
    // A number has no documentation.
    if is_name && !code[name_start..].starts_with(|c: char| c.is_ascii_digit()) {
        return Some(name_start);
    }
    let mut depth = 0usize;
    for (at, c) in before.char_indices().rev() {
        match c {
            ')' | ']' | '}' => depth += 1,
            '(' | '[' | '{' if depth > 0 => depth -= 1,
            '(' => {
                let callee = before[..at].trim_end_matches('!');
                return callee.ends_with(is_word).then(|| callee.char_indices().next_back().map(|(at, _)| at))?;
            }
            '[' | '{' => return None,
            _ => {}
        }
    }
    None
}

/// Whether the item's name, or an alias in its documentation, begins with the typed text.
fn is_called(item: &CompletionItem, typed: &str) -> bool {
    let aliases = item.label.detail_left.as_deref().and_then(|detail| detail.trim().strip_prefix("(alias "));
    let aliases = aliases.map(|rest| rest.split(')').next().unwrap_or_default()).unwrap_or_default();
    // Aliases follow the name in the lookup text, without a separator.
    item.label.primary.starts_with(typed)
        || item.lookup().starts_with(typed) && aliases.is_empty()
        || aliases.split(", ").any(|alias| !typed.is_empty() && alias.starts_with(typed))
}

fn candidate(item: CompletionItem) -> Option<Candidate> {
    let edit = item.text_edit.iter().next()?;
    let signature = item.detail.clone().or_else(|| item.label.detail_right.clone()).unwrap_or_default();
    Some(Candidate {
        text: edit.insert.clone(),
        kind: kind(item.kind).to_owned(),
        signature: shown::signature(&signature),
    })
}

/// Whether an item is the function that the cell was put into, which users must not see.
fn is_own(item: &CompletionItem) -> bool {
    item.lookup() == "soma_cell_run"
}

/// The order of kinds: fields before methods, both before items that are always available.
fn place_of(kind: CompletionItemKind) -> u8 {
    match kind {
        CompletionItemKind::SymbolKind(SymbolKind::Field) => 0,
        CompletionItemKind::SymbolKind(SymbolKind::Local | SymbolKind::ValueParam) => 1,
        CompletionItemKind::Keyword | CompletionItemKind::Snippet => 4,
        CompletionItemKind::BuiltinType => 3,
        _ => 2,
    }
}

/// The word for a kind that front ends have an icon for.
fn kind(kind: CompletionItemKind) -> &'static str {
    use SymbolKind as S;
    match kind {
        CompletionItemKind::SymbolKind(kind) => match kind {
            S::Function | S::Method | S::Macro | S::ProcMacro | S::Derive | S::Attribute | S::BuiltinAttr => "function",
            S::Struct | S::Enum | S::Union | S::Trait | S::TypeAlias | S::TypeParam | S::SelfType => "class",
            S::Module | S::CrateRoot | S::ToolModule => "module",
            S::Field => "property",
            _ => "instance",
        },
        CompletionItemKind::Keyword | CompletionItemKind::Snippet => "keyword",
        CompletionItemKind::BuiltinType => "class",
        _ => "instance",
    }
}

fn completion_config() -> CompletionConfig<'static> {
    CompletionConfig {
        // A front end only inserts text; it supports no placeholders and no second edit.
        snippet_cap: None,
        callable: None,
        enable_postfix_completions: false,
        enable_imports_on_the_fly: false,
        enable_self_on_the_fly: false,
        enable_auto_iter: false,
        enable_auto_await: false,
        enable_private_editable: false,
        enable_term_search: false,
        term_search_fuel: 0,
        full_function_signatures: true,
        add_colons_to_module: false,
        add_semicolon_to_unit: false,
        insert_use: InsertUseConfig {
            granularity: ImportGranularity::Item,
            enforce_granularity: false,
            prefix_kind: PrefixKind::Plain,
            group: false,
            skip_glob_imports: false,
        },
        prefer_no_std: false,
        prefer_prelude: true,
        prefer_absolute: false,
        snippets: Vec::new(),
        limit: None,
        fields_to_resolve: CompletionFieldsToResolve::empty(),
        exclude_flyimport: Vec::new(),
        exclude_traits: &[],
        ra_fixture: RaFixtureConfig::default(),
    }
}

fn hover_config() -> HoverConfig<'static> {
    HoverConfig {
        links_in_hover: false,
        memory_layout: None,
        documentation: true,
        keywords: true,
        format: HoverDocFormat::Markdown,
        max_trait_assoc_items_count: Some(10),
        max_fields_count: Some(20),
        max_enum_variants_count: Some(20),
        max_subst_ty_len: SubstTyLen::LimitTo(80),
        show_drop_glue: false,
        ra_fixture: RaFixtureConfig::default(),
    }
}

fn offset(bytes: usize) -> Option<TextSize> {
    TextSize::try_from(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject_in(code: &str) -> Option<String> {
        let cursor = code.find('|').unwrap();
        let code = code.replacen('|', "", 1);
        let at = subject(&code, cursor)?;
        let start = code[..at].rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |at| at + 1);
        Some(code[start..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
    }

    #[test]
    fn a_question_is_about_the_word_at_the_cursor_or_the_call_around_it() {
        assert_eq!(subject_in("|sum(x)").as_deref(), Some("sum"));
        assert_eq!(subject_in("x.su|m(y)").as_deref(), Some("sum"));
        assert_eq!(subject_in("x.sum|").as_deref(), Some("sum"));
        assert_eq!(subject_in("zeros([2, 3], |").as_deref(), Some("zeros"));
        assert_eq!(subject_in("zeros(|)").as_deref(), Some("zeros"));
        assert_eq!(subject_in("println!(\"ä\", |").as_deref(), Some("println"));
        assert_eq!(subject_in("make(1.0|)").as_deref(), Some("make"));
        assert_eq!(subject_in("tensor!|").as_deref(), Some("tensor"));
        assert_eq!(subject_in("{ |"), None);
        assert_eq!(subject_in("|"), None);
    }
}
