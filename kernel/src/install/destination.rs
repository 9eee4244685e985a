//! The folders in which Jupyter looks for kernels.
//!
//! See <https://docs.jupyter.org/en/latest/use/jupyter-directories.html#data-files>.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// One of Jupyter's data folders.
#[derive(Clone, Debug, PartialEq)]
pub enum Destination {
    /// The user's.
    User,
    /// The active Python environment's.
    SysPrefix,
    /// The one in the Python environment at this folder.
    Prefix(PathBuf),
}

impl Destination {
    /// The folder that holds one folder for each kernel; it may not exist yet.
    ///
    /// # Errors
    /// A sentence, if there is no home folder or no Python environment.
    pub fn kernels_folder(&self) -> Result<PathBuf> {
        let data = match self {
            Destination::User => user_data_folder(|name| std::env::var_os(name), dirs::home_dir())?,
            Destination::SysPrefix => data_folder_of(&active_environment(|name| std::env::var_os(name))?),
            Destination::Prefix(prefix) => data_folder_of(&std::path::absolute(prefix)?),
        };
        Ok(data.join("kernels"))
    }
}

fn data_folder_of(prefix: &Path) -> PathBuf {
    prefix.join("share").join("jupyter")
}

/// Jupyter's data folder for a user, by the rules of `jupyter --data-dir`.
fn user_data_folder(variable: impl Fn(&str) -> Option<OsString>, home: Option<PathBuf>) -> Result<PathBuf> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(folder) = set("JUPYTER_DATA_DIR") {
        return Ok(folder);
    }
    let home = || home.context("there is no home folder: set HOME, or name a folder with `--prefix FOLDER`");
    if cfg!(target_os = "macos") {
        return Ok(home()?.join("Library/Jupyter"));
    }
    let data = match set("XDG_DATA_HOME") {
        Some(folder) => folder,
        None => home()?.join(".local/share"),
    };
    Ok(data.join("jupyter"))
}

/// The folder of the active Python environment.
fn active_environment(variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(prefix) = set("VIRTUAL_ENV").or_else(|| set("CONDA_PREFIX")) {
        return Ok(prefix);
    }
    let what_to_do = "activate a virtual environment, or name its folder with `--prefix FOLDER`";
    let output = Command::new("python3")
        .args(["-c", "import sys; print(sys.prefix)"])
        .output()
        .with_context(|| format!("no Python environment is active and `python3` was not found: {what_to_do}"))?;
    let prefix = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() || prefix.is_empty() {
        bail!("`python3` does not say where it is installed: {what_to_do}");
    }
    Ok(PathBuf::from(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables<const N: usize>(set: [(&'static str, &'static str); N]) -> impl Fn(&str) -> Option<OsString> {
        move |name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
    }

    #[test]
    fn a_jupyter_data_dir_is_taken_as_it_is() {
        let variables = variables([("JUPYTER_DATA_DIR", "/data"), ("XDG_DATA_HOME", "/xdg")]);
        assert_eq!(user_data_folder(variables, Some("/home/ada".into())).unwrap(), Path::new("/data"));
    }

    #[test]
    #[cfg(not(target_os = "macos"))]
    fn without_one_the_data_folder_follows_xdg_and_then_home() {
        let xdg = variables([("JUPYTER_DATA_DIR", ""), ("XDG_DATA_HOME", "/xdg")]);
        assert_eq!(user_data_folder(xdg, None).unwrap(), Path::new("/xdg/jupyter"));
        let home = user_data_folder(variables([]), Some("/home/ada".into())).unwrap();
        assert_eq!(home, Path::new("/home/ada/.local/share/jupyter"));
    }

    #[test]
    fn without_a_home_folder_it_says_what_to_set() {
        let error = user_data_folder(variables([]), None).unwrap_err().to_string();
        assert_eq!(error, "there is no home folder: set HOME, or name a folder with `--prefix FOLDER`");
    }

    #[test]
    fn a_virtual_environment_comes_before_conda() {
        let both = variables([("VIRTUAL_ENV", "/venv"), ("CONDA_PREFIX", "/conda")]);
        assert_eq!(active_environment(both).unwrap(), Path::new("/venv"));
        assert_eq!(active_environment(variables([("CONDA_PREFIX", "/conda")])).unwrap(), Path::new("/conda"));
    }

    #[test]
    fn a_prefix_has_its_kernels_under_share() {
        let folder = Destination::Prefix("/opt/lab".into()).kernels_folder().unwrap();
        assert_eq!(folder, Path::new("/opt/lab/share/jupyter/kernels"));
    }
}
