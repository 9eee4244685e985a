"""The conformance suite of Jupyter's own test package, with Soma's samples; with `--encrypted`, over encrypted connections."""

import sys
import unittest

import jupyter_kernel_test
from jupyter_client import KernelManager


class SomaConformance(jupyter_kernel_test.KernelTests):
    kernel_name = "soma"
    language_name = "rust"
    file_extension = ".rs"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kc.execute_interactive("let zebra_count = 3;", timeout=120)
        # The suite gives a page 15 seconds, in which a machine at work may not have read the standard library.
        cls.kc.execute_interactive(cls.code_page_something, timeout=120)

    code_hello_world = 'println!("hello, world");'
    code_stderr = 'eprintln!("mind the gap");'
    completion_samples = [
        {"text": "zebra_c", "matches": {"zebra_count"}},
        {"text": "let more = zebra_c", "matches": {"zebra_count"}},
        {"text": ":ver", "matches": {":version"}},
    ]
    complete_code_samples = ["1 + 1", "fn one() -> i32 {\n    1\n}", "let z = 1;"]
    incomplete_code_samples = ["fn one() -> i32 {", "let text = \"open", "let z = (1 +"]
    invalid_code_samples = ["fn one) {", "[1, 2)"]
    code_page_something = ":doc zebra_count"
    code_generate_error = 'panic!("on purpose")'
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": "6 * 8", "result": "48"},
        {"code": "6 * 9", "result": "54"},
        {"code": "tensorlib::ones([2])", "mime": "text/html"},
    ]
    code_display_data = [
        {"code": "soma_cell::display!(tensorlib::ones([2]));", "mime": "text/html"},
        {"code": "soma_cell::display!(vec![1, 2]);", "mime": "text/plain"},
    ]
    code_history_pattern = "6 ? 9"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "zebra_count"
    code_clear_output = "soma_cell::display::clear_output(false);"


class SomaWelcome(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = "soma"
    support_iopub_welcome = True


def give_keys():
    """Makes every kernel manager give its kernel keys: the suite makes its own, without settings."""
    prepare = KernelManager._async_pre_start_kernel

    async def prepare_with_keys(self, **arguments):
        return await prepare(self, **{**arguments, "transport_encryption": "required"})

    KernelManager._async_pre_start_kernel = prepare_with_keys


if __name__ == "__main__":
    if "--encrypted" in sys.argv:
        sys.argv.remove("--encrypted")
        give_keys()
    unittest.main(verbosity=2)
