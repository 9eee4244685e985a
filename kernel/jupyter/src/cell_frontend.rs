//! A running cell's view of the front end that sent it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jupyter_protocol::messaging::{ClearOutput, DisplayData, Payload, Transient, UpdateDisplayData};

use super::history::History;
use super::iopub_queue::IopubQueue;
use super::media::{media, size};
use super::stdin::Stdin;
use super::wire::{self, Origin};
use crate::api::{Frontend, MimeBundle, Output, Stream};

/// How long a question waits until the output before it is published.
const FLUSH_TIME: Duration = Duration::from_secs(1);

/// Publishes what a cell shows as outputs of the request that ran it, also while a thread that the cell left behind
/// goes on writing.
pub struct CellFrontend {
    /// The execute request.
    pub origin: Arc<Origin>,
    /// Where outputs go.
    pub iopub: Arc<IopubQueue>,
    /// Where questions go.
    pub stdin: Arc<Stdin>,
    /// Whether the front end answers questions.
    pub allow_stdin: bool,
    /// The cells of this session and of those before it.
    pub history: Arc<History>,
    /// Whether to drop outputs, as `silent` asks.
    pub silent: bool,
    /// Pages that the cell's reply carries for the pager.
    pub pages: Mutex<Vec<MimeBundle>>,
    /// Text to show under the cell's result.
    pub remarks: Mutex<String>,
}

impl CellFrontend {
    /// The pages that the cell has shown, as the
    /// [payloads](https://jupyter-client.readthedocs.io/en/stable/messaging.html#payloads-deprecated) of its reply. The
    /// specification calls payloads deprecated, but there is no other way to a pager.
    pub fn payload(&self) -> Vec<Payload> {
        let pages = std::mem::take(&mut *self.pages.lock().unwrap_or_else(PoisonError::into_inner));
        pages.into_iter().map(|data| Payload::Page { data: media(data), start: 0 }).collect()
    }

    /// Shows the remarks about the cell, after its result.
    pub fn show_remarks(&self) {
        let text = std::mem::take(&mut *self.remarks.lock().unwrap_or_else(PoisonError::into_inner));
        if !text.is_empty() {
            self.output(Output::Text { stream: Stream::Stderr, text });
        }
    }
}

impl Frontend for CellFrontend {
    fn output(&self, output: Output) {
        if self.silent {
            return;
        }
        let origin = Some(self.origin.as_ref());
        match output {
            // https://jupyter-client.readthedocs.io/en/stable/messaging.html#streams-stdout-stderr-etc
            Output::Text { stream, text } => self.iopub.text(&self.origin, stream, text),
            // https://jupyter-client.readthedocs.io/en/stable/messaging.html#display-data
            Output::Display { data, id } => {
                let size = size(&data);
                let mut content = DisplayData::new(media(data));
                content.transient = Some(Transient { display_id: id });
                self.iopub.output(wire::message(content, origin), size);
            }
            // https://jupyter-client.readthedocs.io/en/stable/messaging.html#update-display-data
            Output::UpdateDisplay { data, id } => {
                let size = size(&data);
                self.iopub.output(wire::message(UpdateDisplayData::new(media(data), &id), origin), size);
            }
            // https://jupyter-client.readthedocs.io/en/stable/messaging.html#clear-output
            Output::Clear { wait } => self.iopub.output(wire::message(ClearOutput { wait }, origin), 0),
            Output::Remark { text } => {
                self.remarks.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text);
            }
            Output::Page { data } => self.pages.lock().unwrap_or_else(PoisonError::into_inner).push(data),
        }
    }

    fn before_the_restart(&self) -> Vec<(usize, String)> {
        let cells = self.history.before_this_session().into_iter();
        cells.filter_map(|cell| Some((usize::try_from(cell.line).ok()?, cell.input.to_string()))).collect()
    }

    fn input(&self, prompt: &str, password: bool) -> Result<String, String> {
        if !self.allow_stdin {
            return Err("this front end cannot ask for input (it runs cells with allow_stdin off, as nbconvert \
                        does); run the cell in JupyterLab or a console, or put the value into the cell"
                .to_owned());
        }
        self.iopub.flush(FLUSH_TIME);
        self.stdin.ask(&self.origin, prompt, password)
    }
}
