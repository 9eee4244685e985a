//! What people type in their first hour, and what they are told: the files beside this one hold the cases.
//!
//! A case is a cell as typed, and what must come of it: `works`, or an error that `says` this and `never` that, and `gives`
//! the corrected cell. The correction is taken from the error as a reader would, put into the cell, compared, and run.

use std::fmt::Write;
use std::path::Path;

use crate::notebook::{Cell, CellError, Notebook, without_colours};

/// Words of generated code, which no message may hold.
const GENERATED: [&str; 8] =
    ["evcxr", "ctx::", "src/lib.rs", "generated", "VariableStore", "soma_result", "soma_value", "/*type"];

/// A cell that somebody typed.
#[derive(Debug, Default)]
struct Case {
    title: String,
    before: Vec<String>,
    typed: String,
    says: Vec<String>,
    never: Vec<String>,
    gives: Option<String>,
    shows: Vec<String>,
    works: bool,
}

impl Case {
    fn read(text: &str) -> Case {
        let mut lines = text.lines();
        let mut case = Case { title: lines.next().unwrap_or_default().trim().to_owned(), ..Case::default() };
        let mut block: Option<&mut String> = None;
        for line in lines {
            let Some(field) = line.strip_prefix("-- ") else {
                if !line.starts_with("% ")
                    && let Some(block) = &mut block
                {
                    let _ = writeln!(block, "{line}");
                }
                continue;
            };
            let (name, value) = field.split_once(' ').unwrap_or((field, ""));
            let value = value.trim().to_owned();
            block = None;
            match name.trim_end_matches(':') {
                "before" => {
                    case.before.push(String::new());
                    block = case.before.last_mut();
                }
                "typed" => block = Some(&mut case.typed),
                "gives" => block = Some(case.gives.insert(String::new())),
                "says" => case.says.push(value),
                "never" => case.never.push(value),
                "shows" => case.shows.push(value),
                "works" => case.works = true,
                other => panic!("{}: `{other}` is no field", case.title),
            }
        }
        let cells = case.before.iter_mut().chain([&mut case.typed]).chain(&mut case.gives);
        cells.for_each(|cell| *cell = cell.trim_matches('\n').to_owned());
        assert!(!case.typed.is_empty(), "{}: nothing is typed", case.title);
        assert!(case.works != (case.gives.is_some() || !case.says.is_empty()), "{}: works or not?", case.title);
        case
    }

    /// Runs the case; what is wrong with it, if anything.
    fn run(&self, notebook: &mut Notebook) -> Result<(), String> {
        for cell in &self.before {
            if let Some(error) = notebook.run(cell).error {
                return Err(format!("a cell before it fails: {}", error.traceback));
            }
        }
        let cell = notebook.run(&self.typed);
        if self.works {
            return self.check_shown(&cell);
        }
        let Some(error) = &cell.error else { return Err(format!("it works: {cell:?}")) };
        self.check_error(error)?;
        let Some(gives) = &self.gives else { return Ok(()) };
        let corrected =
            corrected(&self.typed, &error.traceback).ok_or_else(|| format!("no correction:\n{}", error.traceback))?;
        if corrected != *gives {
            return Err(format!("the correction is\n{corrected}\n{}", error.traceback));
        }
        self.check_shown(&notebook.run(&corrected)).map_err(|wrong| format!("the correction: {wrong}"))
    }

    fn check_error(&self, error: &CellError) -> Result<(), String> {
        let text = &error.traceback;
        if let Some(word) = GENERATED.iter().find(|word| text.contains(**word)) {
            return Err(format!("`{word}` is generated:\n{text}"));
        }
        if let Some(missing) = self.says.iter().find(|says| !text.contains(says.as_str())) {
            return Err(format!("it does not say `{missing}`:\n{text}"));
        }
        if let Some(said) = self.never.iter().find(|never| text.contains(never.as_str())) {
            return Err(format!("it says `{said}`:\n{text}"));
        }
        let is_command = self.typed.starts_with(':') || error.name == "CommandError";
        if !is_command && !text.contains("]:") {
            return Err(format!("it has no place:\n{text}"));
        }
        Ok(())
    }

    fn check_shown(&self, cell: &Cell) -> Result<(), String> {
        if let Some(error) = &cell.error {
            return Err(format!("it fails:\n{}", error.traceback));
        }
        let results = cell.result.iter().chain(&cell.displays);
        let results: String = results.filter_map(|bundle| bundle["text/plain"].as_str()).collect();
        let shown = without_colours(&format!("{}{}{results}", cell.stdout, cell.stderr));
        match self.shows.iter().find(|shows| !shown.contains(shows.as_str())) {
            Some(missing) => Err(format!("it does not show `{missing}`, but\n{shown}")),
            None => Ok(()),
        }
    }
}

/// A cell with the correction that an error offers: one line, which takes the place of the line that the error points at
/// (an import is put above), or all lines.
fn corrected(typed: &str, traceback: &str) -> Option<String> {
    let mut lines = traceback.lines().skip_while(|line| !line.starts_with("try: "));
    let first = lines.next()?.strip_prefix("try: ")?;
    if let Some((code, _)) = first.strip_prefix('`').and_then(|rest| rest.split_once("` (")) {
        let imports = |line: &&str| ["use ", "import ", "from "].iter().any(|word| line.trim_start().starts_with(word));
        let old: Vec<&str> = typed.lines().collect();
        let mut at = place(traceback).unwrap_or(0).min(old.len() - 1);
        if code.starts_with("use ") {
            match old.iter().position(imports) {
                Some(import) => at = import,
                None => return Some(format!("{code}\n{typed}")),
            }
        }
        let indent = &old[at][..old[at].len() - old[at].trim_start().len()];
        let indent = if code.starts_with(':') { "" } else { indent };
        let line = format!("{indent}{code}");
        let lines = old.iter().enumerate().map(|(number, old)| if number == at { line.as_str() } else { old });
        return Some(lines.collect::<Vec<_>>().join("\n"));
    }
    let block: Vec<&str> = lines
        .map_while(|line| if line.trim().is_empty() { Some("") } else { line.strip_prefix("         ") })
        .collect();
    let text = block.join("\n");
    (!block.is_empty()).then(|| text.trim_end().to_owned())
}

/// The line that an error points at, from 0.
fn place(traceback: &str) -> Option<usize> {
    let (_, rest) = traceback.split_once(" --> In [")?;
    let (_, rest) = rest.split_once("]:")?;
    rest.split(':').next()?.parse::<usize>().ok()?.checked_sub(1)
}

fn run(name: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/cells/first_hour/{name}.txt"));
    let text = std::fs::read_to_string(file).unwrap();
    let cases: Vec<Case> = format!("\n{text}").split("\n== ").skip(1).map(Case::read).collect();
    let mut notebook = Notebook::open();
    if name != "imports" {
        notebook.ok("use tensorlib::prelude::*;");
    }
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let wrong = case.run(&mut notebook).err()?;
            Some(format!("== {} ({name})\n{}\n-- is wrong: {wrong}\n", case.title, case.typed))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {} cases are wrong\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

macro_rules! files {
    ($($name:ident)*) => { $(
        #[test]
        fn $name() {
            run(stringify!($name));
        }
    )* };
}

files!(arguments formulas gradients imports indices names numbers python shell smaller suggestions training vectors);

#[test]
fn there_are_cases_enough_and_each_has_a_title_of_its_own() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cells/first_hour");
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let mut titles: Vec<String> = Vec::new();
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        titles.extend(
            text.lines().filter(|line| line.starts_with("== ")).map(|line| format!("{} {line}", file.display())),
        );
    }
    let all = titles.len();
    titles.sort();
    titles.dedup();
    assert!(all >= 250 && titles.len() == all, "{all} cases, {} titles", titles.len());
}
