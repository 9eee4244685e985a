//! The example of the crate's documentation, driven over real sockets.

#[path = "../examples/echo.rs"]
#[allow(dead_code)]
mod echo;

use soma_frontend::{TestFrontend, ipc_connection};

#[test]
fn the_kernel_of_the_documentation_gives_back_what_it_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let connection = ipc_connection(folder.path());
    let file = folder.path().join("connection.json");
    std::fs::write(&file, serde_json::to_string(&connection).unwrap()).unwrap();
    let kernel = std::thread::spawn(move || echo::serve(&file));
    let mut frontend = TestFrontend::connect(&connection);
    let request = frontend.send_execute("hello, kernel");
    frontend.iopub_begin(&request, 1);
    assert_eq!(frontend.iopub("execute_result", &request)["data"]["text/plain"], "hello, kernel");
    frontend.iopub_idle(&request);
    assert_eq!(frontend.shell("execute_reply", &request)["status"], "ok");
    let info = frontend.ask("kernel_info_request", serde_json::json!({}));
    assert_eq!(info["banner"], "echo 0.1.0");
    frontend.shut_down(false);
    frontend.finish();
    kernel.join().unwrap().unwrap();
}
