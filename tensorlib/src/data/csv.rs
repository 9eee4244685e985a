//! Tables of text, one line a row.

use std::fmt;
use std::path::Path;

use crate::create::from_vec;
use crate::error::{Result, file_error, index_error, or_raise};
use crate::shape::try_stack_dim;
use crate::tensor::Tensor;

/// Reads a CSV file whose first line has the names of the columns.
///
/// ```
/// use tensorlib::prelude::*;
///
/// # let path = std::env::temp_dir().join(format!("tensorlib-doc-{}.csv", std::process::id()));
/// std::fs::write(&path, "length,width,kind\n5.1,3.5,setosa\n6.2,2.9,versicolor\n4.9,3.0,setosa\n").unwrap();
/// let flowers = data::read_csv(&path)?;
/// assert_eq!(flowers.names(), ["length", "width", "kind"]);
/// let x = flowers.columns(["length", "width"]);
/// let (labels, kinds) = flowers.classes("kind");
/// assert_eq!((x.size().to_string(), labels.to_vec::<i64>()), ("[3, 2]".to_string(), vec![0, 1, 0]));
/// assert_eq!(kinds, ["setosa", "versicolor"]);
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), tensorlib::Error>(())
/// ```
///
/// # Errors
/// When the file cannot be read, or a row has more or fewer fields than the first line.
pub fn read_csv(path: impl AsRef<Path>) -> Result<Csv> {
    let path = path.as_ref();
    let wrong = |why: String| file_error!("read_csv: {}: {why}", path.display());
    let bytes =
        std::fs::read(path).map_err(|error| file_error!("read_csv: cannot read {}: {error}", path.display()))?;
    // Spreadsheets put a mark in front that says the text is UTF-8.
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let mut reader = csv::Reader::from_reader(text);
    let names: Vec<String> = reader
        .headers()
        .map_err(|error| wrong(error.to_string()))?
        .iter()
        .map(|name| name.trim().to_string())
        .collect();
    let mut columns = vec![Vec::new(); names.len()];
    for row in reader.records() {
        let row = row.map_err(|error| wrong(error.to_string()))?;
        columns.iter_mut().zip(&row).for_each(|(column, field)| column.push(field.to_string()));
    }
    Ok(Csv { names, columns })
}

/// A table: named columns of text, which become tensors when they are numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Csv {
    names: Vec<String>,
    columns: Vec<Vec<String>>,
}

impl Csv {
    /// The names of the columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The fields of a column as they are in the file.
    #[track_caller]
    pub fn text(&self, name: &str) -> &[String] {
        or_raise(self.find(name))
    }

    fn find(&self, name: &str) -> Result<&[String]> {
        match self.names.iter().position(|other| other == name) {
            Some(place) => Ok(&self.columns[place]),
            None => Err(index_error!("Csv: no column is called {name:?}; there are {}", self.names.join(", "))),
        }
    }

    /// The numbers of a column: `i64` when all are whole, else `f32`. An empty field is NaN.
    #[track_caller]
    pub fn column(&self, name: &str) -> Tensor {
        or_raise(self.try_column(name))
    }

    /// [`column`](Csv::column) with the error as a value.
    pub fn try_column(&self, name: &str) -> Result<Tensor> {
        let fields = self.find(name)?;
        if let Ok(whole) = fields.iter().map(|field| field.trim().parse()).collect::<std::result::Result<Vec<i64>, _>>()
        {
            return Ok(from_vec(whole));
        }
        let number = |(row, field): (usize, &String)| match field.trim() {
            "" => Ok(f32::NAN),
            // Row 1 is the names'.
            text => text.parse().map_err(|_| {
                file_error!("Csv: {text:?} in line {} of {name} is no number; use classes({name:?}) for text", row + 2)
            }),
        };
        Ok(from_vec(fields.iter().enumerate().map(number).collect::<Result<Vec<f32>>>()?))
    }

    /// Some columns of numbers side by side: `f32` of shape `[rows, columns]`.
    #[track_caller]
    pub fn columns<N: AsRef<str>>(&self, names: impl IntoIterator<Item = N>) -> Tensor {
        or_raise(self.try_columns(names))
    }

    /// [`columns`](Csv::columns) with the error as a value.
    pub fn try_columns<N: AsRef<str>>(&self, names: impl IntoIterator<Item = N>) -> Result<Tensor> {
        let columns = names.into_iter().map(|name| Ok(self.try_column(name.as_ref())?.float()));
        try_stack_dim(&columns.collect::<Result<Vec<Tensor>>>()?, 1)
    }

    /// A column of text as numbers, and the names that these stand for, in the order of the alphabet.
    #[track_caller]
    pub fn classes(&self, name: &str) -> (Tensor, Vec<String>) {
        or_raise(self.try_classes(name))
    }

    /// [`classes`](Csv::classes) with the error as a value.
    pub fn try_classes(&self, name: &str) -> Result<(Tensor, Vec<String>)> {
        let fields = self.find(name)?;
        let mut names = fields.to_vec();
        names.sort();
        names.dedup();
        let label = |field: &String| names.partition_point(|name| name < field) as i64;
        Ok((from_vec(fields.iter().map(label).collect::<Vec<i64>>()), names))
    }
}

impl fmt::Display for Csv {
    /// Shows the number of rows and the names of columns.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Csv of {} rows: {}", self.len(), self.names.join(", "))
    }
}
