//! Reads and checks the connection file, and says where each socket is bound.
//!
//! See [connection files](https://jupyter-client.readthedocs.io/en/stable/kernels.html#connection-files).

use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use jupyter_protocol::connection_info::{ConnectionInfo, Transport};
use serde_json::{Map, Value};

use super::zmtp::curve::ServerKeys;
use super::zmtp::{Endpoint, Security};

const PORTS: [&str; 5] = ["shell_port", "iopub_port", "stdin_port", "control_port", "hb_port"];

/// The contents of a connection file.
pub struct Connected {
    /// Where to bind the sockets, and the key that signs messages.
    pub info: ConnectionInfo,
    /// Whether connections are encrypted: with `curve_publickey` and `curve_secretkey` they are.
    pub security: Security,
}

/// Reads the connection file that a front end wrote for this kernel.
///
/// # Errors
/// One sentence that names the file and what is wrong with it.
pub fn read(path: &Path) -> anyhow::Result<Connected> {
    let text = fs::read(path).with_context(|| {
        format!("cannot read the connection file {}; the front end that starts the kernel writes it", path.display())
    })?;
    let connection = String::from_utf8(text)
        .map_err(|_| anyhow!("it is not text"))
        .and_then(|text| parse(&text))
        .with_context(|| format!("the connection file {} cannot be used", path.display()))?;
    warn_of_open_doors(path, &connection);
    Ok(connection)
}

/// Warns when other users or processes can get the key, with which they can run code as the user who started the
/// kernel, and when messages cross a network without encryption.
fn warn_of_open_doors(path: &Path, Connected { info: connection, security }: &Connected) {
    let shown = path.display();
    if connection.key.is_empty() {
        tracing::warn!(
            "the connection file {shown} has an empty key: every process that can connect to the kernel can run code"
        );
    } else if fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0) {
        tracing::warn!(
            "the connection file {shown} can be read by other users of this machine, who can then run code as you; \
             `chmod 600` it"
        );
    }
    if matches!(security, Security::Null) && is_in_the_network(connection) {
        tracing::warn!(
            "the kernel listens on {} without encryption: others on the network can read cells and outputs. Front \
             ends with jupyter_client 8.10 or newer give it keys when their kernel manager's transport_encryption \
             is \"auto\"",
            connection.ip
        );
    }
}

/// Whether messages leave this machine, judging by the address.
fn is_in_the_network(connection: &ConnectionInfo) -> bool {
    let is_loopback = connection.ip.parse().map_or(connection.ip == "localhost", |ip: IpAddr| ip.is_loopback());
    connection.transport == Transport::TCP && !is_loopback
}

/// The keys of an encrypted connection.
fn security(fields: &Map<String, Value>) -> anyhow::Result<Security> {
    let names = ["curve_publickey", "curve_secretkey"];
    match names.map(|name| fields.get(name).filter(|value| !value.is_null())) {
        [None, None] => Ok(Security::Null),
        [Some(Value::String(public)), Some(Value::String(secret))] => {
            let keys = Arc::new(ServerKeys::from_z85(public, secret)?);
            Ok(Security::Curve { keys, only_own: true })
        }
        _ => bail!("curve_publickey and curve_secretkey must both be text, or both be missing"),
    }
}

/// Checks field by field, so that the error names every missing field and not only the first.
fn parse(text: &str) -> anyhow::Result<Connected> {
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
    for name in ["ip", "key"] {
        if !fields[name].is_string() {
            bail!("{name} must be text, not {}", fields[name]);
        }
    }
    if fields["ip"] == "" {
        bail!("ip must name an address to listen on, such as \"127.0.0.1\"");
    }
    for (index, name) in PORTS.iter().enumerate() {
        if let Some(other) = PORTS[..index].iter().find(|other| fields[**other] == fields[*name]) {
            bail!("{other} and {name} must not be the same, and both are {}", fields[*name]);
        }
    }
    let scheme = fields.entry("signature_scheme").or_insert_with(|| "hmac-sha256".into());
    if scheme != "hmac-sha256" {
        bail!("the signature scheme {scheme} is not supported; use \"hmac-sha256\"");
    }
    // Unused here, whatever its type.
    fields.remove("kernel_name");
    let security = security(&fields)?;
    let info = serde_json::from_value(Value::Object(fields)).context("a field has the wrong type")?;
    Ok(Connected { info, security })
}

/// Where the socket with this port is bound.
pub fn endpoint(connection: &ConnectionInfo, port: u16) -> Endpoint {
    match (&connection.transport, connection.ip.as_str()) {
        (Transport::IPC, _) => Endpoint::Ipc(ipc_path(connection, port)),
        (Transport::TCP, "*") => Endpoint::Tcp("0.0.0.0".to_owned(), port),
        (Transport::TCP, ip) => Endpoint::Tcp(ip.to_owned(), port),
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
        parse(&fields.to_string()).err().unwrap().to_string()
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let message = read(Path::new("/nonexistent/kernel-1.json")).err().unwrap().to_string();
        assert!(message.contains("/nonexistent/kernel-1.json"), "{message}");
    }

    #[test]
    fn text_that_is_not_json_is_refused() {
        assert_eq!(parse("hello").err().unwrap().to_string(), "it is not a JSON object");
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
    fn every_field_that_is_wrong_is_told_in_a_sentence_that_names_it() {
        for name in ["ip", "key", "transport", "signature_scheme", "shell_port", "hb_port"] {
            for value in [Value::Null, json!([1]), json!({}), json!(-1), json!(1.5), json!(true), json!(0)] {
                let message = complaint(|fields| fields[name] = value.clone());
                assert!(
                    message.contains(&name.replace('_', " ")) || message.contains(name),
                    "{name} {value}: {message}"
                );
            }
        }
        assert!(complaint(|fields| fields["ip"] = "".into()).contains("127.0.0.1"));
    }

    #[test]
    fn ports_that_are_the_same_are_refused() {
        let message = complaint(|fields| fields["control_port"] = 2.into());
        assert_eq!(message, "iopub_port and control_port must not be the same, and both are 2");
    }

    #[test]
    fn a_kernel_name_may_be_anything() {
        let mut fields = valid();
        fields["kernel_name"] = json!([1]);
        assert!(parse(&fields.to_string()).is_ok());
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
        assert_eq!(parse(&fields.to_string()).unwrap().info.signature_scheme, "hmac-sha256");
    }

    #[test]
    fn keys_must_come_together_and_belong_together() {
        let public = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
        let secret = "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6";
        let with = |keys: [Value; 2]| {
            let mut fields = valid();
            let [public, secret] = keys;
            fields["curve_publickey"] = public;
            fields["curve_secretkey"] = secret;
            parse(&fields.to_string())
                .map(|connected| connected.security.to_string())
                .map_err(|error| error.to_string())
        };
        let both = "curve_publickey and curve_secretkey must both be text, or both be missing";
        assert!(matches!(parse(&valid().to_string()).unwrap().security, Security::Null));
        assert_eq!(with([Value::Null, Value::Null]).as_deref(), Ok("NULL"));
        assert_eq!(with([public.into(), secret.into()]).as_deref(), Ok("CURVE"));
        assert_eq!(with([public.into(), Value::Null]), Err(both.to_owned()));
        assert_eq!(with([public.into(), json!(5)]), Err(both.to_owned()));
        assert_eq!(
            with([secret.into(), secret.into()]),
            Err("curve_publickey does not belong to curve_secretkey".to_owned())
        );
        assert_eq!(with(["short".into(), secret.into()]), Err("curve_publickey has 5 letters, not 40".to_owned()));
    }

    #[test]
    fn what_stays_on_this_machine_needs_no_encryption() {
        let mut info = parse(&valid().to_string()).unwrap().info;
        for (ip, leaves) in [("127.0.0.1", false), ("::1", false), ("localhost", false), ("0.0.0.0", true), ("*", true)]
        {
            info.ip = ip.into();
            assert_eq!(is_in_the_network(&info), leaves, "{ip}");
        }
        info.transport = Transport::IPC;
        assert!(!is_in_the_network(&info));
    }

    #[test]
    fn endpoints_follow_the_transport() {
        let mut connection: ConnectionInfo = serde_json::from_value(valid()).unwrap();
        assert_eq!(endpoint(&connection, 7).to_string(), "tcp://127.0.0.1:7");
        connection.ip = "::1".into();
        assert_eq!(endpoint(&connection, 7).to_string(), "tcp://[::1]:7");
        connection.transport = Transport::IPC;
        connection.ip = "/tmp/k".into();
        assert_eq!(endpoint(&connection, 7).to_string(), "ipc:///tmp/k-7");
    }
}
