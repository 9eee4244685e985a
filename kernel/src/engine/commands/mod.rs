//! The commands that a cell may begin with (`:vars`, `!ls`), and the answers to those that Soma handles itself.
//!
//! They are carried out one by one, in order, and each shows its answer before the next: the evaluator iterates over
//! [`lines`] and asks [`Step::of`] who carries out a line. Most commands are passed on to evcxr. Soma answers where
//! evcxr would show placeholders or knows less. For a command without effect in Soma it shows a remark, and the cell
//! goes on. [`shell`] runs lines that begin with `!`.

mod help;
mod replies;
pub mod shell;
mod table;
mod variables;

use soma_driver::evcxr::program::Format;

use self::replies::{plain, wrong};
use super::prepare;
use super::sentence::lesson;
use super::teacher::Said;
use super::teacher::lesson::Language;
use help::nearest;
use soma_jupyter::api::{Failure, MimeBundle};
use table::By;
pub use table::{Command, TABLE, Turn};
pub use variables::Variables;

/// The settings that commands have made for all later cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The format of values.
    pub show: Format,
    /// Whether each cell shows how long it took.
    pub timing: bool,
    /// Whether a snapshot is taken after each cell.
    pub snapshots: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { show: Format::default(), timing: false, snapshots: true }
    }
}

/// A line with a command.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line<'a> {
    /// The number of the line in the cell, from 0.
    pub number: usize,
    /// Its content.
    pub says: Says<'a>,
}

/// The content of a line with a command.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Says<'a> {
    /// A command for the shell.
    Shell(&'a str),
    /// A command's name, with the colon, and its arguments.
    Command(&'a str, &'a str),
}

/// The lines with commands before a cell's code.
pub fn lines(cell: &str) -> impl Iterator<Item = Line<'_>> {
    let before = cell[..prepare::code_start(cell)].lines().enumerate();
    before.filter_map(|(number, line)| {
        let text = line.trim();
        let says = if let Some(command) = line.strip_prefix('!') {
            Says::Shell(command.trim_start_matches('!').trim())
        } else if text.starts_with(':') {
            let (name, arguments) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
            Says::Command(name, arguments.trim())
        } else {
            return None;
        };
        Some(Line { number, says })
    })
}

/// Whether a cell is one line that negates a value: `!mask`, `!flag && true`, `!(age > 30)`. The first name is then one
/// of the session, not of a program.
pub fn is_negation(cell: &str, knows: impl Fn(&str) -> bool) -> bool {
    let Some(rest) = cell.trim_end().strip_prefix('!').filter(|rest| !rest.contains('\n')) else { return false };
    let rest = rest.trim_end_matches(';').trim_start_matches(['(', '!', '&', ' ']);
    let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    matches!(rest, "true" | "false") || knows(name)
}

/// The commands of a cell whose effect on evcxr lasts, and which can be given twice.
pub fn lasting(code: &str) -> String {
    const LASTING: [&str; 6] = [":dep", ":opt", ":efmt", ":build_env", ":offline", ":preserve_vars_on_panic"];
    let lines = code[..prepare::code_start(code)].lines();
    let lasting = lines.filter(|line| line.split_whitespace().next().is_some_and(|name| LASTING.contains(&name)));
    lasting.flat_map(|line| [line, "\n"]).collect()
}

/// A cell with only these lines, and its code if `with_code`: blanks replace the other lines, so that line numbers
/// stay.
pub fn only(cell: &str, wanted: &[usize], with_code: bool) -> String {
    let start = prepare::code_start(cell);
    let mut text = String::with_capacity(cell.len());
    for (number, line) in cell[..start].split_inclusive('\n').enumerate() {
        let is_command = matches!(line.trim_start_matches(' ').chars().next(), Some(':' | '!'));
        text.push_str(if is_command && !wanted.contains(&number) {
            line.trim_start_matches(|c| c != '\n')
        } else {
            line
        });
    }
    if with_code {
        text.push_str(&cell[start..]);
    }
    text
}

/// Whether there is code behind a cell's commands.
pub fn has_code(cell: &str) -> bool {
    let code = cell[prepare::code_start(cell)..].lines();
    code.map(str::trim).any(|line| !line.is_empty() && !line.starts_with("//"))
}

/// The outcome of a command.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// Soma has carried it out, and this is the answer.
    Answer(MimeBundle),
    /// Soma has carried it out.
    Done,
    /// It has no effect, for this reason.
    Remark(String),
    /// It asks for the documentation of this name.
    Documentation(String),
    /// evcxr carries it out.
    Evcxr(Turn),
}

impl Step {
    /// Carries out a command that is Soma's; `time` is set if this cell is to show how long it took.
    ///
    /// # Errors
    /// When there is no such command, or it cannot be carried out.
    pub fn of(
        name: &str,
        arguments: &str,
        variables: Variables,
        settings: &mut Settings,
        time: &mut bool,
    ) -> Result<Step, Failure> {
        let answer = match name {
            ":vars" => variables::table(variables),
            ":type" | ":t" => variables::one_type(arguments, variables.types)?,
            ":help" if arguments.is_empty() => help::all(),
            ":help" => help::one(arguments)?,
            ":doc" if arguments.is_empty() => return Err(wrong("`:doc` needs a name, as in `:doc zeros`")),
            ":doc" => return Ok(Step::Documentation(arguments.to_owned())),
            ":fmt" => {
                settings.show.format = if arguments.is_empty() { None } else { Some(format(arguments)?) };
                plain(&format!("Output format: {}", settings.show.format.as_deref().unwrap_or("{:?}")))
            }
            ":types" => {
                settings.show.types = !settings.show.types;
                plain(&format!("Types: {}", settings.show.types))
            }
            ":timing" => {
                settings.timing = !settings.timing;
                *time = settings.timing;
                plain(&format!("Timing: {}", settings.timing))
            }
            ":snapshot" => {
                settings.snapshots = match arguments {
                    "" | "on" => true,
                    "off" => false,
                    _ => {
                        let usage = "`:snapshot` is `on` (a snapshot is taken after each cell) or `off`";
                        return Err(wrong(usage));
                    }
                };
                plain(if settings.snapshots {
                    "Snapshots: on (a cell that crashes costs no variable)"
                } else {
                    "Snapshots: off (a cell that crashes, or does not listen to an interrupt, costs every variable)"
                })
            }
            // This was done before the cell.
            ":load_config" => return Ok(Step::Done),
            ":preserve_vars_on_panic" if arguments == "1" => plain("Preserve vars on panic: true"),
            ":time" if !arguments.is_empty() => return Err(timed_on_its_line(arguments)),
            ":time" => {
                *time = true;
                return Ok(Step::Done);
            }
            _ => match TABLE.iter().find(|command| command.name == name).map(|command| command.by) {
                Some(By::Nobody(why)) => return Ok(Step::Remark(format!("`{name}` has no effect in Soma: {why}"))),
                Some(By::Evcxr(turn)) => return Ok(Step::Evcxr(turn)),
                Some(By::Soma) | None => return Err(unknown(name)),
            },
        };
        Ok(Step::Answer(answer))
    }
}

/// The answer to a cell that is one command about the session's variables or the commands themselves; `None` for every
/// other cell.
pub fn answer(cell: &str, variables: Variables) -> Option<Result<Step, Failure>> {
    let mut lines = lines(cell);
    let (Some(Line { says: Says::Command(name, arguments), .. }), None) = (lines.next(), lines.next()) else {
        return None;
    };
    let is_question = matches!(name, ":vars" | ":type" | ":t" | ":help" | ":doc");
    let step = || Step::of(name, arguments, variables, &mut Settings::default(), &mut false);
    (is_question && !has_code(cell)).then(step)
}

/// Whether a cell has a command with which evcxr restarts the process that runs cells.
pub fn restarts(cell: &str) -> bool {
    names(cell).any(|name| matches!(name, ":restart" | ":clear" | ":quit"))
}

/// Whether a cell has a command that adds crates.
pub fn adds_crates(code: &str) -> bool {
    names(code).any(|name| matches!(name, ":dep" | ":load_config"))
}

/// Whether a cell has the command that runs evcxr's start-up files again.
pub fn reads_start_up_files(code: &str) -> bool {
    names(code).any(|name| name == ":load_config")
}

/// Whether a cell has the command with which evcxr forgets all definitions.
pub fn forgets(cell: &str) -> bool {
    names(cell).any(|name| name == ":clear")
}

fn names(cell: &str) -> impl Iterator<Item = &str> {
    lines(cell).filter_map(|line| match line.says {
        Says::Command(name, _) => Some(name),
        Says::Shell(_) => None,
    })
}

/// A failure that shows the correct form.
fn taught(failure: Failure, text: &str) -> Failure {
    let name = Language::of_the_reader(|name| std::env::var(name).ok()).try_this();
    let mut traceback = vec![lesson(&Said { name, text: text.to_owned() })];
    traceback.extend(failure.traceback);
    Failure { traceback, ..failure }
}

fn timed_on_its_line(code: &str) -> Failure {
    let sentence = "write `:time` on a separate line, above the code to time";
    taught(wrong(sentence), &format!("{sentence}\n    :time\n    {code}"))
}

fn unknown(name: &str) -> Failure {
    if let Some((command, argument)) = name.split_once('(')
        && let Some(command) = TABLE.iter().find(|known| known.name == command)
    {
        let (command, argument) = (command.name, argument.trim_end_matches([')', ';']));
        let failure =
            wrong(&format!("there is no command `{name}`; write the argument of `{command}` without brackets"));
        return taught(failure, &format!("`{command} {argument}` (a command takes no brackets)"));
    }
    if name.starts_with("::") {
        return wrong(
            "a line that begins with `:` before the code is a command: write a path without its `::`, or `let _ = ::…`",
        );
    }
    match nearest(name) {
        Some(near) => wrong(&format!("there is no command `{name}`; did you mean `{near}`? `:help` lists all")),
        None => wrong(&format!("there is no command `{name}`; `:help` lists all")),
    }
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
    Err(wrong(&format!(
        "`{text}` is no format for one value: write `:fmt {{:#?}}`, or `:fmt {{:.3?}}`, or `:fmt` for `{{:?}}`"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(command: &str, settings: &mut Settings) -> Result<Step, Failure> {
        let line = lines(command).next().unwrap();
        let Says::Command(name, arguments) = line.says else { panic!("{command}") };
        Step::of(name, arguments, Variables::default(), settings, &mut false)
    }

    #[test]
    fn a_value_that_is_negated_is_no_command_of_the_shell() {
        let knows = |name: &str| matches!(name, "mask" | "is_even");
        for cell in ["!mask", "!mask && true", "!(mask == 2)", "!is_even(3)", "!true", "!!mask", "!mask.all()\n"] {
            assert!(is_negation(cell, knows), "{cell}");
        }
        for cell in ["!ls", "!ls mask", "!true\n1", "!mask\nls", "mask", "!(ls)", "!true && false"] {
            assert!(!is_negation(cell, knows), "{cell}");
        }
    }

    #[test]
    fn commands_stand_before_the_code() {
        let found: Vec<Line> = lines("// é\n:fmt é{:#?}\n\n!ls -l\n  :opt 2\nlet x = 1;\n:vars").collect();
        let says = [(1, Says::Command(":fmt", "é{:#?}")), (3, Says::Shell("ls -l")), (4, Says::Command(":opt", "2"))];
        assert_eq!(found, says.map(|(number, says)| Line { number, says }));
        assert_eq!(lines("let x = 1;\n:vars").next(), None);
    }

    #[test]
    fn what_lasts_can_be_given_twice_and_what_acts_is_left_out() {
        let code = ":restart\n!rm file\n:dep a = \"1\"\n  :opt 2\n:vars\n:clear\nlet x = 1;\n:dep no";
        assert_eq!(lasting(code), ":dep a = \"1\"\n  :opt 2\n");
        assert_eq!(lasting("let x = 1;"), "");
    }

    #[test]
    fn lines_stay_where_they_are_without_the_commands() {
        let cell = "// é\n:fmt é\n:dep a = \"1\"\n!ls\nlet x = 1;\n!x";
        assert_eq!(only(cell, &[2], true), "// é\n\n:dep a = \"1\"\n\nlet x = 1;\n!x");
        assert_eq!(only(cell, &[1], false), "// é\n:fmt é\n\n\n");
        for cell in ["", "v", ":dep a = \"1\"\nx", "// c\n\nlet x = 1;\n:vars"] {
            assert_eq!(only(cell, &[0], true), cell);
        }
    }

    #[test]
    fn settings_are_toggled_and_set_back() {
        let mut settings = Settings::default();
        for command in [":fmt {:.2?}", ":types", ":timing"] {
            assert!(matches!(step(command, &mut settings), Ok(Step::Answer(_))));
        }
        assert_eq!(settings.show, Format { format: Some("{:.2?}".to_owned()), types: true });
        assert!(settings.timing);
        for command in [":fmt", ":types", ":timing"] {
            step(command, &mut settings).unwrap();
        }
        assert_eq!(settings, Settings::default());
    }

    #[test]
    fn what_cannot_be_done_says_what_to_do() {
        let failed = |command: &str| step(command, &mut Settings::default()).unwrap_err().message;
        assert!(failed(":fmt {} {}").contains(":fmt {:#?}"));
        assert!(failed(":fmt {x}").contains(":fmt {:#?}"));
        assert!(failed(":doc").contains(":doc zeros"));
        assert!(failed(":timeit").contains("`:time`"));
        assert!(failed(":foo").contains("`:help`") && !failed(":foo").contains("mean"));
        assert!(failed("::std::process::id()").contains("a path without its `::`"));
        assert!(failed(":help plot").contains(":doc plot"));
    }

    #[test]
    fn what_has_no_effect_is_a_remark() {
        for command in
            [":toolchain nightly", ":cache 500", ":sccache 1", ":internal_debug", ":preserve_vars_on_panic 0"]
        {
            let step = step(command, &mut Settings::default());
            assert!(matches!(&step, Ok(Step::Remark(text)) if text.contains("no effect")), "{command}: {step:?}");
        }
    }

    #[test]
    fn only_a_cell_that_asks_is_answered() {
        let is_answered = |cell: &str| answer(cell, Variables::default()).is_some();
        assert!([":vars", "// why\n:type x\n", ":help", ":doc f"].into_iter().all(is_answered));
        assert!(![":vars\nx", "x", ":vars\n:vars", ":fmt {}", "!ls", ""].into_iter().any(is_answered));
    }
}
