//! Trims rust-analyzer's texts for a notebook.

/// A signature on one line, without parts that a reader of completions does not need: visibility, bounds, the allocator
/// that every collection has.
pub fn signature(text: &str) -> String {
    let text = text.split("\nwhere").next().unwrap_or(text).split(" where ").next().unwrap_or(text);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = text.strip_prefix("pub ").unwrap_or(&text).replace(", Global>", ">");
    // A type that analysis cannot resolve (of the standard library, if its sources are not installed) has no name.
    text.replace("{unknown}", "_")
}

/// Documentation with the signature first, then the path of its module. Lines that rustdoc hides are left out.
pub fn markdown(hover: &str) -> String {
    let mut text = String::new();
    let mut code = false;
    for line in signature_first(hover).lines() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            code = !code;
            let is_rust = code && (language.is_empty() || language.starts_with("should_panic"));
            text.push_str(if is_rust { "```rust" } else { line });
        } else if code && (line.trim() == "#" || line.trim_start().starts_with("# ")) {
            continue;
        } else {
            text.push_str(line);
        }
        text.push('\n');
    }
    text.trim().replace(", Global>", ">").replace("{unknown}", "_")
}

/// The same for a terminal: without fences and rules.
pub fn plain(markdown: &str) -> String {
    let mut text = String::new();
    for line in markdown.lines().filter(|line| !line.trim_start().starts_with("```") && *line != "---") {
        // Blank lines meet where a fence or a rule was.
        if !line.is_empty() || !text.ends_with("\n\n") {
            text.push_str(line);
            text.push('\n');
        }
    }
    text.trim().to_owned()
}

/// Moves the signature to the front: rust-analyzer's text starts with the path of the module.
fn signature_first(hover: &str) -> String {
    let mut parts = hover.trim().splitn(3, "```rust\n");
    let (Some(""), Some(path), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return hover.trim().to_owned();
    };
    let path = path.trim().trim_end_matches("```").trim();
    let place = if path == "ctx" || path.starts_with("ctx::") {
        "defined in this notebook".to_owned()
    } else {
        format!("in `{path}`")
    };
    match rest.split_once("\n```") {
        Some((signature, rest)) => format!("```rust\n{signature}\n```\n\n{place}{rest}"),
        None => hover.trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOVER: &str = "\n```rust\ntensorlib::tensor\n```\n\n```rust\npub fn zeros() -> Tensor\n```\n\n---\n\n\
                         Zeros.\n\n```\n# use tensorlib::prelude::*;\nzeros();\n```\n";

    #[test]
    fn the_signature_comes_first_and_hidden_lines_are_hidden() {
        assert_eq!(
            markdown(HOVER),
            "```rust\npub fn zeros() -> Tensor\n```\n\nin `tensorlib::tensor`\n\n---\n\nZeros.\n\n```rust\nzeros();\n```"
        );
        assert_eq!(markdown("```rust\nlet x: i32\n```"), "```rust\nlet x: i32\n```");
        let own = "```rust\nctx\n```\n\n```rust\nfn f()\n```";
        assert_eq!(markdown(own), "```rust\nfn f()\n```\n\ndefined in this notebook");
    }

    #[test]
    fn a_terminal_gets_no_fences() {
        assert_eq!(plain(&markdown(HOVER)), "pub fn zeros() -> Tensor\n\nin `tensorlib::tensor`\n\nZeros.\n\nzeros();");
    }

    #[test]
    fn signatures_are_short() {
        assert_eq!(
            signature("pub fn f<T>(x: Vec<T, Global>) -> {unknown}\nwhere\n    T: Copy,"),
            "fn f<T>(x: Vec<T>) -> _"
        );
        assert_eq!(signature("pub fn g(&self) -> Self where Self: Sized,"), "fn g(&self) -> Self");
    }
}
