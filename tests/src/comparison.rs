//! Compares the outputs of two runs: what counts as a difference, and how it is shown.
//!
//! Text is compared letter by letter. Meaningless differences between runs are ignored: ids, how a stream was split
//! into messages, which crates had to be built. A picture is compared by its type, size and pixels, however it was
//! compressed. In a cell with the tag [`VARIES`], numbers and paths are not compared; in one with the tag [`TRAINED`],
//! only the kinds of outputs are.

use std::fmt::Write;
use std::hash::{DefaultHasher, Hash, Hasher};

use base64::prelude::*;
use serde_json::Value;
use similar::TextDiff;

use crate::cell::{CodeCell, joined, without_colours};

/// The tag of a cell that measures time, shows addresses, or tells where temporary files are.
pub const VARIES: &str = "varies";

/// The tag of a cell that shows what a model has learned: processors differ in the last digits of a product, training
/// amplifies the difference, and a model that generates text ends up with another text.
pub const TRAINED: &str = "trained";

/// The part of a cell's outputs that is compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Compared {
    /// Everything, letter by letter.
    Letters,
    /// All but numbers and paths.
    Words,
    /// Streams by their names, results by their types.
    Kinds,
}

impl Compared {
    /// The part of this cell's outputs that is compared.
    pub fn of(cell: &CodeCell) -> Compared {
        match (cell.has_tag(TRAINED), cell.has_tag(VARIES)) {
            (true, _) => Compared::Kinds,
            (_, true) => Compared::Words,
            _ => Compared::Letters,
        }
    }
}

/// The beginnings of the lines in which cargo and the kernel report what they build.
const PROGRESS: [&str; 12] = [
    "Updating ",
    "Locking ",
    "Adding ",
    "Downloading ",
    "Downloaded ",
    "Compiling ",
    "Blocking ",
    "Finished ",
    "Some crates are compiled again",
    "Another cargo on this machine",
    "Soma builds its tensor library",
    "Soma's tensor library is ready",
];

/// A line above a cell.
pub fn heading(index: usize, cell: &CodeCell) -> String {
    format!("=== code cell {}\n{}\n", index + 1, cell.source())
}

/// The cells that differ, each with its code and a diff of its outputs.
pub fn difference<'a>(
    committed: impl Iterator<Item = CodeCell<'a>>,
    now: impl Iterator<Item = CodeCell<'a>>,
) -> Option<String> {
    let (committed, now): (Vec<_>, Vec<_>) = (committed.collect(), now.collect());
    let mut told = String::new();
    if committed.len() != now.len() {
        let _ = writeln!(told, "{} cells of code are committed, {} are there now", committed.len(), now.len());
    }
    for (index, (committed, now)) in committed.iter().zip(&now).enumerate() {
        if committed.source() != now.source() {
            let _ = writeln!(told, "{}is now\n{}", heading(index, committed), now.source());
        }
        let (expected, actual) = (of_cell(committed), of_cell(now));
        if expected != actual {
            let diff = TextDiff::from_lines(&expected, &actual);
            let diff = diff.unified_diff().context_radius(4).header("committed", "now").to_string();
            let _ = writeln!(told, "{}{diff}", heading(index, now));
        }
    }
    (!told.is_empty()).then_some(told)
}

/// A cell's outputs, as text in the form that is compared.
pub fn of_cell(cell: &CodeCell) -> String {
    transcript(cell.raw_outputs(), Compared::of(cell))
}

/// Each output as text, one below the other; adjacent pieces of one stream are one output.
pub fn transcript<'a>(outputs: impl Iterator<Item = &'a Value>, compared: Compared) -> String {
    let mut texts: Vec<String> = Vec::new();
    let mut stream = None;
    for output in outputs.filter_map(|output| without_progress(output.clone())) {
        let kind = output["output_type"].as_str().unwrap_or_default();
        let name = (kind == "stream").then(|| joined(&output["name"]));
        match texts.last_mut() {
            Some(_) if name.is_some() && name == stream && compared == Compared::Kinds => {}
            Some(last) if name.is_some() && name == stream => *last += &joined(&output["text"]),
            _ => texts.push(described(kind, &output, compared)),
        }
        stream = name;
    }
    let lines = texts.iter().flat_map(|text| text.lines());
    lines
        .map(|line| if compared == Compared::Words { without_numbers_and_paths(line) } else { line.to_owned() } + "\n")
        .collect()
}

/// An output without the lines in which cargo reports what it builds; `None` if nothing else is left.
pub fn without_progress(mut output: Value) -> Option<Value> {
    if output["name"] != "stderr" {
        return Some(output);
    }
    let is_progress = |line: &&str| PROGRESS.iter().any(|start| line.trim_start().starts_with(start));
    let text = joined(&output["text"]);
    let rest: Vec<&str> = text.split_inclusive('\n').filter(|line| !is_progress(line)).collect();
    if rest.concat() != text {
        output["text"] = Value::from(rest.clone());
    }
    (!rest.is_empty()).then_some(output)
}

/// The outputs as lines, with adjacent pieces of one stream joined.
pub fn with_joined_streams(outputs: impl Iterator<Item = Value>) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    for mut output in outputs {
        if output["output_type"] != "stream" {
            all.push(output);
            continue;
        }
        let before = all.pop_if(|last| last["output_type"] == "stream" && last["name"] == output["name"]);
        let text = before.map_or_else(String::new, |before| joined(&before["text"])) + &joined(&output["text"]);
        output["text"] = text.split_inclusive('\n').collect();
        all.push(output);
    }
    all
}

fn described(kind: &str, output: &Value, compared: Compared) -> String {
    match kind {
        "stream" if compared == Compared::Kinds => format!("--- {}\n", joined(&output["name"])),
        "stream" => format!("--- {}\n{}", joined(&output["name"]), joined(&output["text"])),
        "error" => {
            let lines: Vec<String> = output["traceback"].as_array().into_iter().flatten().map(joined).collect();
            format!("--- error {}\n{}", joined(&output["ename"]), without_colours(&lines.join("\n")))
        }
        _ => {
            let data = output["data"].as_object().into_iter().flatten();
            data.map(|(media_type, content)| {
                if compared == Compared::Kinds {
                    return format!("--- {kind} {media_type}\n");
                }
                let content = joined(content);
                let content = if media_type == "image/png" { picture(&content) } else { content };
                format!("--- {kind} {media_type}\n{content}\n")
            })
            .collect()
        }
    }
}

/// A text that identifies a PNG's pixels.
fn picture(base64: &str) -> String {
    let read = || -> Result<String, Box<dyn std::error::Error>> {
        let bytes = BASE64_STANDARD.decode(base64.split_whitespace().collect::<String>())?;
        let mut reader = png::Decoder::new(bytes.as_slice()).read_info()?;
        let mut points = vec![0; reader.output_buffer_size()];
        let info = reader.next_frame(&mut points)?;
        let mut digest = DefaultHasher::new();
        points[..info.buffer_size()].hash(&mut digest);
        let (colour, depth) = (info.color_type, info.bit_depth);
        Ok(format!("{} by {} points, {colour:?} {depth:?}: {:016x}", info.width, info.height, digest.finish()))
    };
    read().unwrap_or_else(|error| format!("{error}: {base64}"))
}

/// A line in which `#` replaces each word that has a digit or a slash in it.
fn without_numbers_and_paths(line: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || "/._-".contains(c);
    let mut masked = String::new();
    let mut rest = line;
    while !rest.is_empty() {
        let word = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        masked += if rest[..word].contains(|c: char| c.is_ascii_digit() || c == '/') { "#" } else { &rest[..word] };
        let next = rest[word..].find(is_part).map_or(rest.len(), |next| word + next);
        masked += &rest[word..next];
        rest = &rest[next..];
    }
    masked
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stream(name: &str, text: &str) -> Value {
        json!({ "output_type": "stream", "name": name, "text": text })
    }

    fn png(level: png::Compression, points: [u8; 4]) -> Value {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 2, 2);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_compression(level);
        encoder.write_header().unwrap().write_image_data(&points).unwrap();
        json!({ "output_type": "display_data", "data": { "image/png": BASE64_STANDARD.encode(bytes) } })
    }

    fn text(output: &Value) -> String {
        transcript(std::iter::once(output), Compared::Letters)
    }

    #[test]
    fn pieces_of_a_stream_become_one() {
        let pieces = [stream("stdout", "a\nb"), stream("stdout", "c\n"), stream("stderr", "d"), stream("stdout", "e")];
        let texts: Vec<Value> =
            with_joined_streams(pieces.into_iter()).iter().map(|output| output["text"].clone()).collect();
        assert_eq!(texts, [json!(["a\n", "bc\n"]), json!(["d"]), json!(["e"])]);
    }

    #[test]
    fn pictures_of_the_same_points_are_the_same_however_they_are_packed() {
        let (best, fast) = (png(png::Compression::Best, [1, 2, 3, 4]), png(png::Compression::Fast, [1, 2, 3, 4]));
        assert_eq!(text(&best), text(&fast));
        assert!(text(&best).contains("2 by 2 points, Grayscale Eight"), "{}", text(&best));
        assert_ne!(text(&best), text(&png(png::Compression::Best, [1, 2, 3, 5])));
    }

    #[test]
    fn what_is_no_picture_is_compared_as_text() {
        let broken = |text: &str| json!({ "output_type": "display_data", "data": { "image/png": text } });
        assert_ne!(text(&broken("AAAA")), text(&broken("AAAB")));
    }

    #[test]
    fn what_cargo_tells_of_a_build_makes_no_difference() {
        let built = stream("stderr", "Compiling serde v1.0.0\nwarned\nUpdating the index\n");
        assert_eq!(text(&built), "--- stderr\nwarned\n");
        assert_eq!(text(&stream("stderr", "Compiling serde v1.0.0\n")), "");
        assert_eq!(text(&stream("stdout", "Compiling a list\n")), "--- stdout\nCompiling a list\n");
    }

    #[test]
    fn of_what_was_learned_the_kinds_of_outputs_count() {
        let told = |lines: &[&str], media_type: &str| {
            let mut outputs: Vec<Value> = lines.iter().map(|line| stream("stdout", line)).collect();
            outputs.push(json!({ "output_type": "execute_result", "data": { media_type: lines[0] } }));
            transcript(outputs.iter(), Compared::Kinds)
        };
        assert_eq!(told(&["Alice was", " here"], "text/plain"), told(&["loss 0.13"], "text/plain"));
        assert_ne!(told(&["loss"], "text/plain"), told(&["loss"], "image/svg+xml"));
    }

    #[test]
    fn numbers_and_paths_make_no_difference_where_they_vary() {
        let varying = |line: &str| transcript(std::iter::once(&stream("stdout", line)), Compared::Words);
        assert_eq!(varying("took 3.5ms (at 0x7f3a)"), varying("took 12µs (at 0x55)"));
        assert_eq!(varying("in /tmp/a/b_c: é"), "--- stdout\nin #: é\n");
        assert_ne!(varying("took 3 ms"), varying("takes 3 ms"));
    }
}
