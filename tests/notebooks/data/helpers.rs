// Items for the notebook `running`, which includes this file.

/// The first letter of each line.
fn initials(text: &str) -> String {
    text.lines().filter_map(|line| line.chars().next()).collect()
}
