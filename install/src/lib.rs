//! Sets up and runs a private JupyterLab with the Rust kernel.
