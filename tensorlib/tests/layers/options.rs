//! The options of a case: `name=value` with commas between.

pub struct Options<'a>(Vec<(&'a str, &'a str)>);

/// `2x3` as numbers; nothing is the shape of one number.
pub fn lengths(text: &str) -> Vec<usize> {
    text.split('x').filter(|part| !part.is_empty()).map(|part| part.parse().expect("a length")).collect()
}

impl<'a> Options<'a> {
    pub fn of(text: &'a str) -> Options<'a> {
        Options(text.split(',').filter_map(|part| part.split_once('=')).collect())
    }

    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(other, _)| *other == name).map(|(_, value)| *value)
    }

    pub fn text(&self, name: &str) -> &'a str {
        self.get(name).unwrap_or_else(|| panic!("no option {name}"))
    }

    pub fn int(&self, name: &str) -> usize {
        self.text(name).parse().expect("a whole number")
    }

    pub fn float(&self, name: &str) -> f64 {
        self.text(name).parse().expect("a number")
    }

    pub fn is(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }

    pub fn ints(&self, name: &str) -> Vec<i64> {
        self.text(name).split('x').map(|part| part.parse().expect("a whole number")).collect()
    }
}
