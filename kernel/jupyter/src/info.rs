//! What a kernel says about itself.

/// The parts of the kernel_info reply that differ from kernel to kernel.
///
/// See [kernel info](https://jupyter-client.readthedocs.io/en/stable/messaging.html#kernel-info).
#[derive(Clone, Debug)]
pub struct KernelInfo {
    /// The kernel's name, in small letters.
    pub implementation: &'static str,
    /// Its version.
    pub implementation_version: &'static str,
    /// A line with which consoles greet the user.
    pub banner: String,
    /// The language of cells.
    pub language: Language,
    /// Texts and addresses for the front end's help menu.
    pub help_links: &'static [(&'static str, &'static str)],
}

impl KernelInfo {
    /// Uses the name and version as the banner, and leaves the help menu empty.
    pub fn new(implementation: &'static str, implementation_version: &'static str, language: Language) -> KernelInfo {
        let banner = format!("{implementation} {implementation_version}");
        KernelInfo { implementation, implementation_version, banner, language, help_links: &[] }
    }
}

/// The language of cells, for highlighting and for files.
#[derive(Clone, Debug)]
pub struct Language {
    /// Its name, in small letters; also the name of its modes in Pygments and CodeMirror.
    pub name: &'static str,
    /// Its version.
    pub version: String,
    /// Its media type, such as `text/rust`.
    pub mimetype: &'static str,
    /// The extension of its files, with the dot.
    pub file_extension: &'static str,
}
