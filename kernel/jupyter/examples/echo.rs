//! A kernel whose cells give back their text.

use std::path::Path;
use std::sync::Arc;

use soma_jupyter::api::{Cell, Evaluator, Failure, Frontend, MimeBundle, Session, Unattended};
use soma_jupyter::{KernelInfo, Language};

struct Echo;

impl Evaluator for Echo {
    fn evaluate(&mut self, cell: &Cell, _: Arc<dyn Frontend>) -> Result<Option<MimeBundle>, Failure> {
        Ok(Some(MimeBundle::from([("text/plain".to_owned(), cell.code.clone())])))
    }
}

/// Serves front ends until one of them shuts the kernel down.
pub fn serve(connection_file: &Path) -> anyhow::Result<()> {
    let session = Session::new(|| Ok(Box::new(Echo)), Arc::new(Unattended), Arc::new(Unattended));
    let language = Language { name: "text", version: "1".into(), mimetype: "text/plain", file_extension: ".txt" };
    soma_jupyter::serve(connection_file, session, KernelInfo::new("echo", "0.1.0", language), None)
}

fn main() -> anyhow::Result<()> {
    serve(std::env::args().nth(1).expect("Jupyter names the connection file").as_ref())
}
