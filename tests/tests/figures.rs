//! The figures of the architecture, drawn from what is there: crates and what they depend on from their manifests, processes
//! from the table below, whose files must exist.
//!
//! `SOMA_UPDATE_FIGURES=1 cargo test --workspace --test figures` writes them anew.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use soma_lab::workspace::Workspace;

const BOX: (f64, f64) = (200.0, 48.0);
const GAP: (f64, f64) = (40.0, 64.0);
const MARGIN: f64 = 16.0;

/// Follows the reader's light or dark page.
const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#1f2937;text-anchor:middle}.soft{font-size:11px;fill:#5b6472}.word{paint-order:stroke;stroke:#fff;stroke-width:5}\
                     rect{fill:#eef1f7;stroke:#8a94a6}path{stroke:#6b7688;fill:none;stroke-width:1.4}.dashed{stroke-dasharray:5 4}\
                     marker path{fill:#6b7688;stroke:none}\
                     @media(prefers-color-scheme:dark){text{fill:#e5e7eb}.soft{fill:#a3adbd}.word{stroke:#0d1117}rect{fill:#232a36;stroke:#667085}\
                     path{stroke:#98a2b3}marker path{fill:#98a2b3}}";

/// A box: its name, what stands below it, its row, and its place in the row.
struct Node {
    name: String,
    note: String,
    row: usize,
    place: f64,
}

/// An arrow from one box to another, by their names, with a word beside it.
struct Arrow<'a> {
    from: &'a str,
    to: &'a str,
    word: &'a str,
    is_dashed: bool,
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

fn drawn(title: &str, nodes: &[Node], arrows: &[Arrow]) -> String {
    let corner = |node: &Node| (MARGIN + node.place * (BOX.0 + GAP.0), MARGIN + node.row as f64 * (BOX.1 + GAP.1));
    let width = nodes.iter().map(|node| corner(node).0).fold(0.0, f64::max) + BOX.0 + MARGIN;
    let height = nodes.iter().map(|node| corner(node).1).fold(0.0, f64::max) + BOX.1 + MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" aria-label=\"{0}\">\n<title>{0}</title>\n<style>{STYLE}</style>\n<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" \
         refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/></marker></defs>\n",
        escaped(title)
    );
    let find = |name: &str| nodes.iter().find(|node| node.name == name).unwrap_or_else(|| panic!("no box {name}"));
    let mut words = String::new();
    for Arrow { from, to, word, is_dashed } in arrows {
        let ((ax, ay), (bx, by)) = (corner(find(from)), corner(find(to)));
        // From below to above, or from side to side within a row.
        let (start, end) = match find(from).row == find(to).row {
            true if ax < bx => ((ax + BOX.0, ay + BOX.1 / 2.0), (bx, by + BOX.1 / 2.0)),
            true => ((ax, ay + BOX.1 / 2.0), (bx + BOX.0, by + BOX.1 / 2.0)),
            false => ((ax + BOX.0 / 2.0, ay + BOX.1), (bx + BOX.0 / 2.0, by)),
        };
        let class = if *is_dashed { " class=\"dashed\"" } else { "" };
        let bend = (end.1 - start.1) / 2.0;
        let _ = writeln!(
            svg,
            "<path{class} d=\"M{} {}C{} {} {} {} {} {}\" marker-end=\"url(#tip)\"/>",
            start.0,
            start.1,
            start.0,
            start.1 + bend,
            end.0,
            end.1 - bend,
            end.0,
            end.1
        );
        if !word.is_empty() {
            let middle = ((start.0 + end.0) / 2.0, (start.1 + end.1) / 2.0 + if bend == 0.0 { -7.0 } else { 4.0 });
            let _ = writeln!(
                words,
                "<text class=\"soft word\" x=\"{}\" y=\"{}\">{}</text>",
                middle.0,
                middle.1,
                escaped(word)
            );
        }
    }
    svg += &words;
    for node in nodes {
        let (x, y) = corner(node);
        let middle = x + BOX.0 / 2.0;
        let _ = writeln!(svg, "<rect x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" rx=\"7\"/>", BOX.0, BOX.1);
        let _ = writeln!(svg, "<text x=\"{middle}\" y=\"{}\">{}</text>", y + 21.0, escaped(&node.name));
        let _ = writeln!(svg, "<text class=\"soft\" x=\"{middle}\" y=\"{}\">{}</text>", y + 37.0, escaped(&node.note));
    }
    svg + "</svg>\n"
}

/// Compares a figure with the one that is committed, or writes it.
fn check(root: &Path, name: &str, svg: &str) {
    let path = root.join("docs/images").join(name);
    if std::env::var_os("SOMA_UPDATE_FIGURES").is_some() {
        fs::write(&path, svg).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == svg, "{name} is another one now; SOMA_UPDATE_FIGURES=1 writes it, then look at it");
}

/// The members of the workspace: name, folder, and the folders of what they depend on.
fn members(root: &Path) -> Vec<(String, String, Vec<String>)> {
    let read = |path: &Path| -> toml::Table { fs::read_to_string(path).unwrap().parse().unwrap() };
    let manifest = read(&root.join("Cargo.toml"));
    let folders = manifest["workspace"]["members"].as_array().unwrap().iter().map(|member| member.as_str().unwrap());
    let member = |folder: &str| {
        let manifest = read(&root.join(folder).join("Cargo.toml"));
        let tables =
            ["dependencies", "dev-dependencies"].into_iter().filter_map(|table| manifest.get(table)?.as_table());
        let paths = tables.flatten().filter_map(|(_, dependency)| dependency.get("path")?.as_str());
        let paths = paths.map(|path| {
            let to = root.join(folder).join(path).canonicalize().unwrap();
            to.strip_prefix(root.canonicalize().unwrap()).unwrap().display().to_string()
        });
        (manifest["package"]["name"].as_str().unwrap().to_owned(), folder.to_owned(), paths.collect())
    };
    folders.map(member).collect()
}

/// Where crates stand in their row, so that few arrows cross; others stand at the right.
const PLACES: [(&str, f64); 11] = [
    ("soma", 1.0),
    ("soma-driver", 1.0),
    ("soma-tests", 4.0),
    ("soma_cell", 0.0),
    ("soma-jupyter", 3.0),
    ("soma_waiting", 2.0),
    ("soma-lab", 4.0),
    ("tensorlib", 0.0),
    ("soma-report", 1.0),
    ("soma-frontend", 3.0),
    ("tensorlib-derive", 0.0),
];

#[test]
fn the_figure_of_the_crates_shows_what_depends_on_what() {
    let root = Workspace::find().unwrap().root;
    let members = members(&root);
    let name_of = |folder: &str| &members.iter().find(|member| member.1 == folder).expect("it is a member").0;
    let mut arrows: Vec<Arrow> = Vec::new();
    for (from, _, to) in &members {
        arrows.extend(to.iter().map(|to| Arrow { from, to: name_of(to), word: "", is_dashed: false }));
    }
    // What is used by what is used need not be shown again.
    let uses = |from: &str, to: &str| arrows.iter().any(|arrow| (arrow.from, arrow.to) == (from, to));
    let direct: Vec<bool> = arrows
        .iter()
        .map(|arrow| !members.iter().any(|(middle, ..)| uses(arrow.from, middle) && uses(middle, arrow.to)))
        .collect();
    let mut direct = direct.into_iter();
    arrows.retain(|_| direct.next().unwrap_or(true));
    // `kernel/driver/build.rs` packs the sources; they are compiled where cells run.
    for to in ["soma_cell", "soma_waiting"] {
        arrows.push(Arrow { from: "soma-driver", to, word: "carries its sources", is_dashed: true });
    }
    // A crate stands below all that use it.
    let mut rows: BTreeMap<&str, usize> = members.iter().map(|(name, ..)| (name.as_str(), 0)).collect();
    for _ in 0..members.len() {
        for Arrow { from, to, .. } in &arrows {
            let below = rows[from] + 1;
            rows.entry(to).and_modify(|row| *row = below.max(*row));
        }
    }
    let mut free = 5.0;
    let nodes = members.iter().map(|(name, folder, _)| {
        let place = PLACES.iter().find(|(known, _)| known == name).map_or_else(
            || {
                free += 1.0;
                free - 1.0
            },
            |(_, place)| *place,
        );
        Node { name: name.clone(), note: folder.clone(), row: rows[name.as_str()], place }
    });
    let nodes: Vec<Node> = nodes.collect();
    check(&root, "crates.svg", &drawn("Soma's crates: an arrow leads to what a crate uses", &nodes, &arrows));
}

/// A process: its name, the file that says what it does, its row, its place.
const PROCESSES: [(&str, &str, usize, f64); 8] = [
    ("front end", "", 0, 1.0),
    ("soma kernel", "kernel/src/engine/session.rs", 1, 1.0),
    ("soma-driver, as cargo", "kernel/driver/src/toolchain/shim.rs", 2, 0.0),
    ("waiting rustc", "kernel/driver/src/toolchain/waiting/server.rs", 3, 0.0),
    ("soma runtime", "kernel/src/runtime/supervisor.rs", 2, 1.0),
    ("soma analyst", "kernel/src/analyst/server.rs", 2, 2.0),
    ("worker", "kernel/src/runtime/worker.rs", 3, 1.0),
    ("snapshot", "kernel/src/runtime/worker.rs", 3, 2.0),
];

#[test]
fn the_figure_of_the_processes_names_files_that_are_there() {
    let root = Workspace::find().unwrap().root;
    let note = |file: &str| match file {
        "" => "JupyterLab, nbconvert, a console".to_owned(),
        file => {
            assert!(root.join(file).is_file(), "{file} is gone");
            file.trim_start_matches("kernel/").replacen("src/", "", 1)
        }
    };
    let nodes = PROCESSES.map(|(name, file, row, place)| Node { name: name.into(), note: note(file), row, place });
    let main = fs::read_to_string(root.join("kernel/src/program.rs")).unwrap();
    for command in ["Kernel", "Runtime", "Analyst"] {
        assert!(main.contains(&format!("    {command}")), "`soma {}` is gone", command.to_lowercase());
    }
    let arrow = |from, to, word| Arrow { from, to, word, is_dashed: false };
    let arrows = [
        arrow("front end", "soma kernel", "ZeroMQ"),
        arrow("soma kernel", "soma-driver, as cargo", "evcxr runs cargo"),
        arrow("soma-driver, as cargo", "waiting rustc", "forks, if not in the cache"),
        arrow("soma kernel", "soma runtime", "evcxr's lines; a channel"),
        arrow("soma kernel", "soma analyst", "questions"),
        arrow("soma runtime", "worker", "runs cells"),
        Arrow { is_dashed: true, ..arrow("worker", "snapshot", "forks") },
    ];
    check(&root, "processes.svg", &drawn("The processes of a session", &nodes, &arrows));
}
