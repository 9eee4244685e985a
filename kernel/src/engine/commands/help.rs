//! `:help`: lists the commands, explains one, and finds the command that a misspelt name resembles.

use std::fmt::Write;

use super::replies::{plain, wrong};
use super::table::{Command, TABLE};
use super::variables::escape;
use soma_jupyter::api::{Failure, MimeBundle};

/// The commands that learners need most, in this order.
const FIRST: [&str; 5] = [":vars", ":doc", ":time", ":dep", ":help"];

const SHELL: &str = "A line that begins with `!` is run by the shell.";
const ELSEWHERE: &str = "Tensors, plots and pictures are explained by `:doc tensorlib`, `:doc tensorlib::plot` and \
                         `:doc tensorlib::picture`.";

/// How similar two names must be.
const ALIKE: f64 = 0.8;

/// The commands, as text and as tables.
pub fn all() -> MimeBundle {
    let works = |command: &&Command| command.works();
    let first = || FIRST.iter().filter_map(|name| TABLE.iter().find(|command| command.name == *name));
    let rest = || TABLE.iter().filter(works).filter(|command| !FIRST.contains(&command.name));
    let width = TABLE.iter().filter(works).map(|command| usage(command).chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    let mut html = String::new();
    let mut list = |title: &str, commands: &mut dyn Iterator<Item = &Command>| {
        let _ = writeln!(text, "{title}");
        let _ = write!(html, "<p>{title}</p><table><tbody>");
        for command in commands {
            let usage = usage(command);
            let _ = writeln!(text, "{usage:width$}  {}", command.help);
            let _ = write!(
                html,
                "<tr><th scope=\"row\" style=\"text-align:left\"><code>{}</code></th><td style=\"text-align:left\">{}</td></tr>",
                escape(&usage),
                escape(command.help)
            );
        }
        html.push_str("</tbody></table>");
    };
    list("A cell may begin with lines of commands. Five to start with:", &mut first());
    list("All the others:", &mut rest());
    let _ = write!(text, "{SHELL}\n{ELSEWHERE}");
    let _ = write!(html, "<p>{SHELL} {ELSEWHERE}</p>");
    MimeBundle::from([("text/plain".to_owned(), text), ("text/html".to_owned(), html)])
}

/// The help for one command.
///
/// # Errors
/// When there is no such command.
pub fn one(name: &str) -> Result<MimeBundle, Failure> {
    let full = format!(":{}", name.trim_start_matches(':'));
    match TABLE.iter().find(|command| command.name == full) {
        Some(command) => {
            let effect =
                command.without_effect().map_or_else(String::new, |why| format!("\nIt has no effect in Soma: {why}"));
            Ok(plain(&format!("{}\n{}{effect}", usage(command), command.help)))
        }
        None => {
            let near = nearest(&full).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            let name = name.trim_start_matches(':');
            Err(wrong(&format!(
                "there is no command `{full}`{near} (`:help` lists them; `:doc {name}` explains a name of Rust or of a library)"
            )))
        }
    }
}

fn usage(command: &Command) -> String {
    format!("{} {}", command.name, command.arguments).trim_end().to_owned()
}

/// The command that a misspelt name probably means.
pub fn nearest(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    let likeness = |command: &&Command| strsim::jaro_winkler(&name, command.name);
    // A mistyped word usually has the right first letter.
    let begun = |command: &&Command| command.name.chars().nth(1) == name.chars().nth(1);
    let nearest = TABLE.iter().filter(begun).max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(&nearest) >= ALIKE).then_some(nearest.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_begins_with_what_a_learner_needs_and_lists_every_command_that_works_once() {
        let help = all();
        let words: Vec<_> = help["text/plain"].lines().filter_map(|line| line.split_whitespace().next()).collect();
        assert_eq!(words[1..6], FIRST);
        for command in TABLE {
            let times = words.iter().filter(|word| **word == command.name).count();
            assert_eq!(times, usize::from(command.works()), "{}", command.name);
        }
    }

    #[test]
    fn a_misspelt_command_is_near_to_one() {
        for (name, near) in [
            (":timeit", Some(":time")),
            (":deps", Some(":dep")),
            (":variables", Some(":vars")),
            (":Vars", Some(":vars")),
            (":docs", Some(":doc")),
            (":foo", None),
            (":plot", None),
            (":x", None),
        ] {
            assert_eq!(nearest(name), near, "{name}");
        }
    }

    #[test]
    fn help_explains_one_command() {
        assert_eq!(one("vars").unwrap(), one(":vars").unwrap());
        assert!(one("cache").unwrap()["text/plain"].contains("soma cache"));
        assert!(one("plot").unwrap_err().message.contains("`:doc plot`"));
    }
}
