//! The commands that a cell may begin with (`:vars`): which there are, and those that Soma answers itself.
//!
//! Most are evcxr's and are handed on. Soma answers where evcxr would show placeholders or knows less, and says of
//! the commands that mean nothing here what to do instead.

mod table;
mod variables;

use std::fmt::Write;

use super::boundary::{Failure, MimeBundle};
use super::{failure, prepare};
use crate::toolchain::notes::Show;
use table::By;
pub use table::{Command, TABLE};
pub use variables::Variables;

/// What commands have set for all cells that follow.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// How values are shown.
    pub show: Show,
    /// Whether each cell tells how long it took.
    pub timing: bool,
    /// Whether a copy of the process is kept after each cell.
    pub snapshots: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { show: Show::default(), timing: false, snapshots: true }
    }
}

/// What the commands of a cell come to.
#[derive(Debug, PartialEq)]
pub struct Commands {
    /// The cell for evcxr: Soma's own commands are blank.
    pub rest: String,
    /// What the last of Soma's own commands answers.
    pub answer: Option<MimeBundle>,
    /// The settings after the commands.
    pub settings: Settings,
    /// Whether this cell tells how long it took.
    pub time: bool,
    /// The name whose documentation is wanted.
    pub documentation: Option<String>,
}

/// Carries out Soma's own commands at the beginning of a cell.
///
/// # Errors
/// When a command cannot be carried out; the session is as before.
pub fn read(code: &str, variables: Variables, settings: &Settings) -> Result<Commands, Failure> {
    let start = prepare::code_start(code);
    let mut read = Commands {
        rest: String::with_capacity(code.len()),
        answer: None,
        settings: settings.clone(),
        time: settings.timing,
        documentation: None,
    };
    for line in code[..start].split_inclusive('\n') {
        let text = line.trim();
        let (name, arguments) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        if text.starts_with(':') && read.carry_out(name, arguments.trim(), variables)? {
            // As long as it was, so that places stay as they are.
            let length = line.trim_end_matches(['\n', '\r']).len();
            read.rest.push_str(&" ".repeat(length));
            read.rest.push_str(&line[length..]);
        } else {
            read.rest.push_str(line);
        }
    }
    read.rest.push_str(&code[start..]);
    Ok(read)
}

impl Commands {
    /// Carries out a command; `false` when it is evcxr's.
    fn carry_out(&mut self, name: &str, arguments: &str, variables: Variables) -> Result<bool, Failure> {
        let answer = match name {
            ":vars" => variables::table(variables),
            ":type" | ":t" => variables::one_type(arguments, variables.types)?,
            ":help" => help(),
            ":doc" if arguments.is_empty() => {
                return Err(failure::sentence("CommandError", "`:doc` needs a name, as in `:doc zeros`"));
            }
            ":doc" => {
                self.documentation = Some(arguments.to_owned());
                return Ok(true);
            }
            ":fmt" => {
                self.settings.show.format = if arguments.is_empty() { None } else { Some(format(arguments)?) };
                plain(&format!("Output format: {}", self.settings.show.format.as_deref().unwrap_or("{:?}")))
            }
            ":types" => {
                self.settings.show.types = !self.settings.show.types;
                plain(&format!("Types: {}", self.settings.show.types))
            }
            ":timing" => {
                self.settings.timing = !self.settings.timing;
                self.time = self.settings.timing;
                plain(&format!("Timing: {}", self.settings.timing))
            }
            ":snapshot" => {
                self.settings.snapshots = match arguments {
                    "" | "on" => true,
                    "off" => false,
                    _ => {
                        return Err(failure::sentence(
                            "CommandError",
                            "`:snapshot` is `on` (a copy of the process is kept after each cell) or `off`",
                        ));
                    }
                };
                plain(if self.settings.snapshots {
                    "Snapshots: on (a cell that crashes costs no variable)"
                } else {
                    "Snapshots: off (a cell that crashes, or does not listen to an interrupt, costs every variable)"
                })
            }
            ":time" => {
                self.time = true;
                return Ok(true);
            }
            _ => match TABLE.iter().find(|command| command.name == name).map(|command| command.by) {
                Some(By::Nobody(instead)) => {
                    return Err(failure::sentence(
                        "CommandError",
                        &format!("`{name}` has no effect in Soma: {instead}"),
                    ));
                }
                _ => return Ok(false),
            },
        };
        self.answer = Some(answer);
        Ok(true)
    }
}

/// Whether a cell has a command by which evcxr starts the process that runs cells anew.
pub fn restarts(code: &str) -> bool {
    names(code).any(|name| matches!(name, ":restart" | ":clear" | ":quit"))
}

/// Whether a cell has the command by which evcxr forgets all definitions.
pub fn forgets(code: &str) -> bool {
    names(code).any(|name| name == ":clear")
}

/// The first words of the lines before the code.
fn names(code: &str) -> impl Iterator<Item = &str> {
    code[..prepare::code_start(code)].lines().filter_map(|line| line.split_whitespace().next())
}

fn plain(text: &str) -> MimeBundle {
    MimeBundle::from([("text/plain".to_owned(), text.to_owned())])
}

/// A format for one value, such as `{:#?}` or `{:.3}`.
fn format(text: &str) -> Result<String, Failure> {
    let inside = text.split_once('{').and_then(|(_, rest)| rest.split_once('}'));
    let is_one = inside.is_some_and(|(inside, rest)| {
        (inside.is_empty() || inside.starts_with(':')) && !inside.contains('{') && !rest.contains(['{', '}'])
    });
    if is_one {
        return Ok(text.to_owned());
    }
    let message = format!(
        "`{text}` is no format for one value: write `:fmt {{:#?}}`, or `:fmt {{:.3?}}`, or `:fmt` for `{{:?}}`"
    );
    Err(failure::sentence("CommandError", &message))
}

/// The commands, as text and as a table.
fn help() -> MimeBundle {
    let commands = || TABLE.iter().filter(|command| command.works());
    let usage = |command: &Command| format!("{} {}", command.name, command.arguments).trim_end().to_owned();
    let width = commands().map(|command| usage(command).chars().count()).max().unwrap_or(0);
    let mut text = String::from("A cell may begin with lines of commands:\n");
    let mut html = String::from("<p>A cell may begin with lines of commands:</p><table><tbody>");
    for command in commands() {
        let usage = usage(command);
        let _ = writeln!(text, "{usage:width$}  {}", command.help);
        let _ = write!(
            html,
            "<tr><th scope=\"row\" style=\"text-align:left\"><code>{}</code></th><td style=\"text-align:left\">{}</td></tr>",
            variables::escape(&usage),
            variables::escape(command.help)
        );
    }
    let shell = "A line that begins with `!` is run by the shell.";
    text.push_str(shell);
    html.push_str(&format!("</tbody></table><p>{shell}</p>"));
    MimeBundle::from([("text/plain".to_owned(), text), ("text/html".to_owned(), html)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(code: &str) -> Commands {
        read(code, Variables::default(), &Settings::default()).unwrap()
    }

    #[test]
    fn somas_own_commands_become_blanks_of_their_length() {
        let commands = run("// é\n:fmt é{:#?}\n:opt 2\nlet x = 1;");
        assert_eq!(commands.rest, format!("// é\n{}\n:opt 2\nlet x = 1;", " ".repeat(":fmt é{:#?}".len())));
        assert_eq!(commands.settings.show.format.as_deref(), Some("é{:#?}"));
        assert_eq!(commands.answer.unwrap()["text/plain"], "Output format: é{:#?}");
    }

    #[test]
    fn a_cell_without_them_is_untouched() {
        for code in ["", "v", ":dep a = \"1\"\nx", "!ls", "let x = 1;\n:vars"] {
            let commands = run(code);
            assert_eq!((commands.rest.as_str(), commands.answer, commands.time), (code, None, false));
        }
    }

    #[test]
    fn settings_are_toggled_and_set_back() {
        let settings = run(":fmt {:.2?}\n:types\n:timing").settings;
        assert_eq!(settings.show, Show { format: Some("{:.2?}".to_owned()), types: true });
        assert!(settings.timing);
        let back = read(":fmt\n:types\n:timing", Variables::default(), &settings).unwrap();
        assert_eq!(back.settings, Settings::default());
        assert!(run(":time\nf()").time);
    }

    #[test]
    fn what_cannot_be_done_says_what_to_do() {
        let failed = |code: &str| read(code, Variables::default(), &Settings::default()).unwrap_err().message;
        assert!(failed(":fmt {} {}").contains(":fmt {:#?}"));
        assert!(failed(":fmt {x}").contains(":fmt {:#?}"));
        assert!(failed(":toolchain nightly").contains("rust-toolchain"));
        assert!(failed(":doc").contains(":doc zeros"));
    }

    #[test]
    fn help_lists_every_command_that_works() {
        let help = run(":help").answer.unwrap();
        for command in TABLE {
            let is_listed = help["text/plain"].lines().any(|line| line.split_whitespace().next() == Some(command.name));
            assert_eq!(is_listed, command.works(), "{}", command.name);
        }
    }
}
