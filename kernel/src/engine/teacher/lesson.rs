//! A lesson for the user: a sentence in the user's language, and edits that correct the cell.

use std::ops::Range;
use std::path::PathBuf;

/// The languages that lessons are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    English,
    /// Simplified Chinese.
    Chinese,
}

/// A sentence in each language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    pub english: String,
    pub chinese: String,
}

/// Makes a sentence from an English and a Chinese format string.
macro_rules! sentence {
    ($english:literal, $chinese:literal $(,)?) => {
        $crate::engine::teacher::lesson::Sentence { english: format!($english), chinese: format!($chinese) }
    };
}
pub(super) use sentence;

/// Text that replaces a part of the cell as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub at: Range<usize>,
    pub text: String,
}

/// One thing to learn from a cell that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lesson {
    pub sentence: Sentence,
    /// Empty if it is not certain what the user meant.
    pub edits: Vec<Edit>,
    /// Whether the compiler itself offers it.
    pub is_offered: bool,
}

impl Lesson {
    /// A lesson that replaces one part.
    pub fn replacing(at: Range<usize>, text: impl Into<String>, sentence: Sentence) -> Lesson {
        Lesson::of(vec![Edit { at, text: text.into() }], sentence)
    }

    /// A lesson with these edits.
    pub fn of(edits: Vec<Edit>, sentence: Sentence) -> Lesson {
        Lesson { sentence, edits, is_offered: false }
    }

    /// A lesson without a correction.
    pub fn only(sentence: Sentence) -> Lesson {
        Lesson::of(Vec::new(), sentence)
    }
}

impl Language {
    /// The user's language: from `SOMA_LANG`, or else JupyterLab's setting, or else the locale.
    pub fn of_the_reader(variable: impl Fn(&str) -> Option<String>) -> Language {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let asked = set("SOMA_LANG").or_else(|| jupyterlab(&set));
        let locale = || set("LC_ALL").or_else(|| set("LC_MESSAGES")).or_else(|| set("LANG"));
        let name = asked.or_else(locale).unwrap_or_default().to_lowercase();
        // Traditional Chinese is another script.
        let is_traditional = ["tw", "hk", "mo", "hant"].iter().any(|region| name.contains(region));
        if name.starts_with("zh") && !is_traditional { Language::Chinese } else { Language::English }
    }

    pub fn of(self, sentence: &Sentence) -> &str {
        match self {
            Language::English => &sentence.english,
            Language::Chinese => &sentence.chinese,
        }
    }

    pub fn between_sentences(self) -> &'static str {
        match self {
            Language::English => "; ",
            Language::Chinese => "；",
        }
    }

    pub fn in_brackets(self, text: &str) -> String {
        match self {
            Language::English => format!("({text})"),
            Language::Chinese => format!("（{text}）"),
        }
    }

    /// The word before a sentence without a correction.
    pub fn note(self) -> &'static str {
        match self {
            Language::English => "note",
            Language::Chinese => "提示",
        }
    }

    /// The word before a correction.
    pub fn try_this(self) -> &'static str {
        match self {
            Language::English => "try",
            Language::Chinese => "试试",
        }
    }
}

/// The language of JupyterLab. The protocol does not tell kernels; the setting is in a file of the user's.
fn jupyterlab(variable: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let folder = variable("JUPYTERLAB_SETTINGS_DIR").map(PathBuf::from).or_else(|| {
        let config = variable("JUPYTER_CONFIG_DIR").map(PathBuf::from);
        let config = config.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".jupyter")));
        Some(config?.join("lab/user-settings"))
    })?;
    let file = folder.join("@jupyterlab/translation-extension/plugin.jupyterlab-settings");
    let text = std::fs::read_to_string(file).ok()?;
    // The file may contain comments, so it is not always JSON.
    let (_, after) = text.split_once("\"locale\"")?;
    let locale = after.split('"').nth(1)?;
    (locale != "default").then(|| locale.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(variables: &[(&str, &str)]) -> Language {
        Language::of_the_reader(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_language_is_asked_for_or_the_front_ends_or_the_locales() {
        use Language::{Chinese, English};
        assert_eq!(language(&[]), English);
        assert_eq!(language(&[("LANG", "zh_CN.UTF-8")]), Chinese);
        assert_eq!(language(&[("LANG", "zh_CN.UTF-8"), ("LC_ALL", "C")]), English);
        assert_eq!(language(&[("SOMA_LANG", "zh"), ("LC_ALL", "de_DE")]), Chinese);
        assert_eq!(language(&[("SOMA_LANG", "en"), ("LANG", "zh_CN")]), English);
        assert_eq!(language(&[("SOMA_LANG", "zh-TW")]), English);
        let folder = tempfile::tempdir().unwrap();
        let plugin = folder.path().join("@jupyterlab/translation-extension");
        std::fs::create_dir_all(&plugin).unwrap();
        let settings = folder.path().to_str().unwrap();
        let with = |text: &str| {
            std::fs::write(plugin.join("plugin.jupyterlab-settings"), text).unwrap();
            language(&[("JUPYTERLAB_SETTINGS_DIR", settings), ("LANG", "en_US")])
        };
        assert_eq!(with("{\n    // Language\n    \"locale\": \"zh_CN\"\n}"), Chinese);
        assert_eq!(with("{\"locale\": \"default\"}"), English);
    }
}
