//! Reads and checks the connection file, and says where each socket is bound.
//!
//! See [connection files](https://jupyter-client.readthedocs.io/en/stable/kernels.html#connection-files).

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use jupyter_protocol::connection_info::{ConnectionInfo, Transport};
use serde_json::{Map, Value};

const PORTS: [&str; 5] = ["shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"];

/// Reads the connection file that a front end wrote for this kernel.
///
/// # Errors
/// One sentence that names the file and what is wrong with it.
pub fn read(path: &Path) -> anyhow::Result<ConnectionInfo> {
    let text = fs::read_to_string(path).with_context(|| {
        format!("cannot read the connection file {}; the front end that starts the kernel writes it", path.display())
    })?;
    parse(&text).with_context(|| format!("the connection file {} cannot be used", path.display()))
}

/// Checks field by field, so that the person hears of all that is missing rather than of the first.
fn parse(text: &str) -> anyhow::Result<ConnectionInfo> {
    let mut fields: Map<String, Value> = serde_json::from_str(text).context("it is not a JSON object")?;
    let missing: Vec<&str> =
        PORTS.into_iter().chain(["ip", "transport", "key"]).filter(|name| !fields.contains_key(*name)).collect();
    if !missing.is_empty() {
        bail!("it lacks {}", missing.join(", "));
    }
    for name in PORTS {
        if !fields[name].as_u64().is_some_and(|port| (1..=u64::from(u16::MAX)).contains(&port)) {
            bail!("{name} must be a number from 1 to 65535, not {}", fields[name]);
        }
    }
    if !matches!(fields["transport"].as_str(), Some("tcp" | "ipc")) {
        bail!("the transport {} is not supported; use \"tcp\" or \"ipc\"", fields["transport"]);
    }
    let scheme = fields.entry("signature_scheme").or_insert_with(|| "hmac-sha256".into());
    if scheme != "hmac-sha256" {
        bail!("the signature scheme {scheme} is not supported; use \"hmac-sha256\"");
    }
    serde_json::from_value(Value::Object(fields)).context("a field has the wrong type")
}

/// The ZeroMQ endpoint of the socket with this port.
pub fn endpoint(connection: &ConnectionInfo, port: u16) -> String {
    match (&connection.transport, connection.ip.as_str()) {
        (Transport::IPC, _) => format!("ipc://{}", ipc_path(connection, port).display()),
        (Transport::TCP, "*") => format!("tcp://0.0.0.0:{port}"),
        (Transport::TCP, ip) if ip.contains(':') => format!("tcp://[{ip}]:{port}"),
        (Transport::TCP, ip) => format!("tcp://{ip}:{port}"),
    }
}

/// The files that the sockets of an `ipc` connection leave in the file system; none for `tcp`.
pub fn ipc_paths(connection: &ConnectionInfo) -> Vec<PathBuf> {
    if connection.transport == Transport::TCP {
        return Vec::new();
    }
    let ConnectionInfo { shell_port, iopub_port, stdin_port, control_port, hb_port, .. } = *connection;
    [shell_port, iopub_port, stdin_port, control_port, hb_port].map(|port| ipc_path(connection, port)).into()
}

fn ipc_path(connection: &ConnectionInfo, port: u16) -> PathBuf {
    PathBuf::from(format!("{}-{port}", connection.ip))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn valid() -> Value {
        json!({
            "transport": "tcp", "ip": "127.0.0.1", "key": "secret", "signature_scheme": "hmac-sha256",
            "shell_port": 1, "iopub_port": 2, "stdin_port": 3, "control_port": 4, "hb_port": 5,
        })
    }

    fn complaint(edit: impl FnOnce(&mut Map<String, Value>)) -> String {
        let mut fields = valid();
        edit(fields.as_object_mut().unwrap());
        parse(&fields.to_string()).unwrap_err().to_string()
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let message = read(Path::new("/nonexistent/kernel-1.json")).unwrap_err().to_string();
        assert!(message.contains("/nonexistent/kernel-1.json"), "{message}");
    }

    #[test]
    fn text_that_is_not_json_is_refused() {
        assert_eq!(parse("hello").unwrap_err().to_string(), "it is not a JSON object");
    }

    #[test]
    fn every_missing_field_is_listed() {
        let message = complaint(|fields| {
            fields.remove("key");
            fields.remove("hb_port");
        });
        assert_eq!(message, "it lacks hb_port, key");
    }

    #[test]
    fn an_unknown_transport_is_refused_with_those_that_work() {
        let message = complaint(|fields| fields["transport"] = "udp".into());
        assert_eq!(message, r#"the transport "udp" is not supported; use "tcp" or "ipc""#);
    }

    #[test]
    fn a_port_out_of_range_is_refused() {
        let message = complaint(|fields| fields["shell_port"] = 70_000.into());
        assert_eq!(message, "shell_port must be a number from 1 to 65535, not 70000");
    }

    #[test]
    fn an_unknown_signature_scheme_is_refused() {
        let message = complaint(|fields| fields["signature_scheme"] = "hmac-md5".into());
        assert_eq!(message, r#"the signature scheme "hmac-md5" is not supported; use "hmac-sha256""#);
    }

    #[test]
    fn a_file_without_a_signature_scheme_means_sha256() {
        let mut fields = valid();
        fields.as_object_mut().unwrap().remove("signature_scheme");
        assert_eq!(parse(&fields.to_string()).unwrap().signature_scheme, "hmac-sha256");
    }

    #[test]
    fn endpoints_follow_the_transport() {
        let mut connection: ConnectionInfo = serde_json::from_value(valid()).unwrap();
        assert_eq!(endpoint(&connection, 7), "tcp://127.0.0.1:7");
        connection.ip = "::1".into();
        assert_eq!(endpoint(&connection, 7), "tcp://[::1]:7");
        connection.transport = Transport::IPC;
        connection.ip = "/tmp/k".into();
        assert_eq!(endpoint(&connection, 7), "ipc:///tmp/k-7");
    }
}
