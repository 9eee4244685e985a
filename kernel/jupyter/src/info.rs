//! What a kernel says of itself.

/// What kernel_info tells of the kernel, besides what is always the same.
///
/// See [kernel info](https://jupyter-client.readthedocs.io/en/stable/messaging.html#kernel-info).
#[derive(Clone, Debug)]
pub struct KernelInfo {
    /// The kernel's name, in small letters.
    pub implementation: &'static str,
    /// Its version.
    pub implementation_version: &'static str,
    /// A line for consoles to greet with.
    pub banner: String,
    /// The language of cells.
    pub language: Language,
    /// Texts and addresses for the front end's help menu.
    pub help_links: &'static [(&'static str, &'static str)],
}

impl KernelInfo {
    /// With the name and version as its banner, and an empty help menu.
    pub fn new(implementation: &'static str, implementation_version: &'static str, language: Language) -> KernelInfo {
        let banner = format!("{implementation} {implementation_version}");
        KernelInfo { implementation, implementation_version, banner, language, help_links: &[] }
    }
}

/// The language of cells, for highlighting and for files.
#[derive(Clone, Debug)]
pub struct Language {
    /// Its name, in small letters; of its modes in Pygments and CodeMirror, too.
    pub name: &'static str,
    /// Its version.
    pub version: String,
    /// Its media type, such as `text/rust`.
    pub mimetype: &'static str,
    /// What its files end with, with the point.
    pub file_extension: &'static str,
}
