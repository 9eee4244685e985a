"""How papermill's values look in Rust, and which parameters are read from a notebook's cell."""

import threading
import unittest

import papermill  # noqa: F401 - which registers the translators of packages installed beside it
from papermill.translators import papermill_translators
from soma_papermill.errors import ParameterError
from soma_papermill.rust_types import parse
from soma_papermill.translator import RustTranslator


def definition(value, declaration=None, name="x"):
    """What papermill writes for a parameter, in a notebook that has this declaration of it."""
    translator = RustTranslator()
    if declaration is not None:
        translator.inspect({"source": declaration})
    heading, line, end = translator.codify({name: value}).split("\n")
    assert (heading, end) == ("// Parameters", ""), (heading, end)
    return line


def inspected(source):
    return [tuple(parameter) for parameter in RustTranslator().inspect({"source": source})]


class WithoutDeclaration(unittest.TestCase):
    """Parameters that the notebook does not have: Rust chooses the type."""

    def check(self, value, expected):
        self.assertEqual(definition(value), expected)

    def test_numbers(self):
        self.check(3, "let x = 3;")
        self.check(-7, "let x = -7;")
        self.check(0.5, "let x = 0.5;")
        self.check(2.0, "let x = 2.0;")
        self.check(-1e-05, "let x = -1e-05;")
        self.check(float("nan"), "let x = f64::NAN;")
        self.check(float("inf"), "let x = f64::INFINITY;")
        self.check(float("-inf"), "let x = f64::NEG_INFINITY;")

    def test_whole_numbers_get_a_type_that_is_large_enough(self):
        self.check(2**31 - 1, "let x = 2147483647;")
        self.check(2**31, "let x = 2147483648i64;")
        self.check(-(2**63), "let x = -9223372036854775808i64;")
        self.check(2**63, "let x = 9223372036854775808u64;")
        self.check(2**127 - 1, f"let x = {2**127 - 1}i128;")
        self.check(2**128 - 1, f"let x = {2**128 - 1}u128;")

    def test_truth_values(self):
        self.check(True, "let x = true;")
        self.check(False, "let x = false;")

    def test_text(self):
        self.check("", 'let x = "";')
        self.check("it's 日本語", "let x = \"it's 日本語\";")
        self.check("two\nlines\t", r'let x = "two\nlines\t";')
        self.check('C:\\data "a"', 'let x = r#"C:\\data "a""#;')
        self.check("\\d+", 'let x = r"\\d+";')
        self.check('"#', 'let x = r##""#"##;')
        self.check('"\r\\', 'let x = "\\"\\r\\\\";')
        # What turns the direction of text is refused by rustc and not seen by a reader.
        self.check("a\u202eb\x00", r'let x = "a\u{202e}b\0";')

    def test_nothing(self):
        self.check(None, "let x: Option<()> = None;")
        self.check([], "let x: Vec<()> = vec![];")
        self.check({}, "let x: std::collections::BTreeMap<(), ()> = std::collections::BTreeMap::new();")

    def test_lists(self):
        self.check([1, 2], "let x = vec![1, 2];")
        self.check([1, 2.5], "let x = vec![1.0, 2.5];")
        self.check([1, 2**40], f"let x = vec![1i64, {2**40}i64];")
        self.check([1, None], "let x = vec![Some(1), None];")
        self.check([[1], [], [2, 3]], "let x = vec![vec![1], vec![], vec![2, 3]];")
        self.check(["a", "b"], 'let x = vec!["a", "b"];')
        self.check((1, "a"), 'let x = (1, "a");')
        self.check((1,), "let x = (1,);")

    def test_maps_keep_their_order_from_run_to_run(self):
        self.check({"b": 1, "a": 2}, 'let x = std::collections::BTreeMap::from([("b", 1), ("a", 2)]);')
        self.check({1: [0.5]}, "let x = std::collections::BTreeMap::from([(1, vec![0.5])]);")

    def test_names_that_are_keywords(self):
        self.assertEqual(definition(1, name="type"), "let r#type = 1;")


class WithDeclaration(unittest.TestCase):
    """Parameters that the notebook has: they keep their type and their kind."""

    def check(self, declaration, value, expected, name="x"):
        self.assertEqual(definition(value, declaration, name), expected)

    def test_a_type_that_is_written_stays(self):
        self.check("let x: usize = 5;", 20, "let x: usize = 20;")
        self.check("let x: f32 = 0.5;", 1, "let x: f32 = 1.0;")
        self.check("let x: f32 = 0.5;", float("nan"), "let x: f32 = f32::NAN;")
        self.check('let x: String = "a".into();', "b", 'let x: String = String::from("b");')
        self.check("let x: char = 'a';", "'", r"let x: char = '\'';")
        self.check("let x: char = 'a';", '"', "let x: char = '\"';")
        self.check("let x: Option<f64> = None;", 2, "let x: Option<f64> = Some(2.0);")
        self.check("let x: Option<f64> = Some(1.0);", None, "let x: Option<f64> = None;")
        self.check("let x: Vec<Vec<f32>> = vec![];", [[1], []], "let x: Vec<Vec<f32>> = vec![vec![1.0], vec![]];")
        self.check("let x: [u8; 2] = [1, 2];", [3, 4], "let x: [u8; 2] = [3, 4];")
        self.check("let x: &'static [f64] = &[];", [1], "let x: &'static [f64] = &[1.0];")
        self.check("let x: (usize, &str) = (1, \"a\");", [2, "b"], 'let x: (usize, &str) = (2, "b");')
        self.check(
            "let x: HashMap<String, Option<f64>> = HashMap::new();",
            {"a": 1, "b": None},
            'let x: HashMap<String, Option<f64>> = HashMap::from([(String::from("a"), Some(1.0)), (String::from("b"), None)]);',
        )
        self.check(
            "let x: std::collections::HashSet<u8> = Default::default();",
            [1],
            "let x: std::collections::HashSet<u8> = std::collections::HashSet::from([1]);",
        )

    def test_a_type_that_the_value_has_stays(self):
        self.check("let x = 0.1;", 1, "let x = 1.0;")
        self.check("let x = 1usize;", 2, "let x = 2usize;")
        self.check("let x = 1.5f32;", 2, "let x = 2.0f32;")
        self.check("let x = 10;", 2**40, f"let x = {2**40}i64;")
        self.check('let x = "a".to_string();', "b", 'let x = String::from("b");')
        self.check("let x = String::new();", "b", 'let x = String::from("b");')
        self.check("let x = vec![0.1, 0.2];", [1, 2], "let x = vec![1.0, 2.0];")
        self.check("let x = [1u8, 2];", [3], "let x = [3u8];")
        self.check("let x = Some(0.5);", 2, "let x = Some(2.0);")
        self.check("let x = HashMap::from([(1, 2)]);", {"a": 3}, 'let x = HashMap::from([("a", 3)]);')

    def test_nothing_of_a_known_type(self):
        self.check("let x = vec![0.1];", [], "let x: Vec<f64> = vec![];")
        self.check("let x = Some(0.5);", None, "let x: Option<f64> = None;")
        self.check("let x = [1u8];", [], "let x: [u8; 0] = [];")

    def test_the_kind_of_definition_stays(self):
        self.check("let mut x = 1;", 2, "let mut x = 2;")
        self.check("const X: usize = 1;", 2, "const X: usize = 2;", name="X")
        self.check("static X: &str = \"a\";", "b", 'static X: &str = "b";', name="X")
        self.check("let r#type = 1u8;", 2, "let r#type = 2u8;", name="type")

    def test_a_type_that_only_rustc_understands_is_left_to_it(self):
        self.check("let x: Rate = Rate(1.0);", 2, "let x: Rate = 2;")
        self.check("let x = zeros([2]);", [1, 2], "let x = vec![1, 2];")

    def test_of_two_declarations_the_last_counts(self):
        self.check("let x = 1;\nlet x = 0.5;", 2, "let x = 2.0;")

    def test_what_was_seen_of_one_notebook_is_forgotten_with_its_parameters(self):
        translator = RustTranslator()
        translator.inspect({"source": "let x: usize = 1;"})
        self.assertEqual(translator.codify({"x": 2}), "// Parameters\nlet x: usize = 2;\n")
        self.assertEqual(translator.codify({"x": 2}), "// Parameters\nlet x = 2;\n")

    def test_threads_do_not_see_each_others_notebooks(self):
        translator = RustTranslator()
        thread = threading.Thread(target=translator.inspect, args=({"source": "let x: usize = 1;"},))
        thread.start()
        thread.join()
        self.assertEqual(translator.codify({"x": 2}), "// Parameters\nlet x = 2;\n")


class Refused(unittest.TestCase):
    """What cannot be: a sentence says what to do."""

    def check(self, value, sentence, declaration=None, name="x"):
        with self.assertRaises(ParameterError) as caught:
            definition(value, declaration, name)
        self.assertIn(sentence, str(caught.exception))

    def test_values_without_a_type(self):
        self.check([1, "a"], "has both `i32` and `&str`; pass each as a separate parameter")
        self.check({"a": 1, "b": [1]}, "has both `i32` and `Vec<i32>`")
        self.check(2**128, "pass it as text")
        self.check(b"bytes", "pass numbers, text, lists or maps")
        self.check("\ud800", "half a character")

    def test_values_of_another_type(self):
        self.check(2.5, "`x` is of type `usize` in this notebook, and 2.5 is not", "let x: usize = 1;")
        self.check(True, "`x` is of type `i32` in this notebook, and True is not", "let x = 1;")
        self.check(300, "300 is no `u8`, which is a whole number from 0 to 255", "let x: u8 = 1;")
        self.check(-1, "-1 is no `usize`", "let x = 1usize;")
        self.check(42, "`-r x TEXT`", 'let x = "text";')
        self.check("ab", "`x` is of type `char`", "let x = 'a';")
        self.check([1, 2, 3], "`x` is of type `(i32, i32)`", "let x = (1, 2);")
        self.check([1.5], "`x` is of type `u8`", "let x: Vec<u8> = vec![];")

    def test_names_that_rust_does_not_have(self):
        self.check(1, "choose one like `learning_rate`", name="learning-rate")
        self.check(1, "choose one like `learning_rate`", name="self")


class Inspected(unittest.TestCase):
    """What `papermill --help-notebook` lists."""

    def test_names_types_defaults_and_comments(self):
        source = "\n".join(
            [
                "// The widths of all layers",
                "let layers: Vec<usize> = vec![",
                "    784, // pixels",
                "    10,",
                "];",
                "let mut rate = 0.1; // The learning rate",
                "const SEED: u64 = 42; /* of everything */",
                'let text = "a; b // c"; let other = make(1, "=");',
            ]
        )
        self.assertEqual(
            inspected(source),
            [
                ("layers", "Vec<usize>", "vec![ 784,  10, ]", "The widths of all layers"),
                ("rate", "f64", "0.1", "The learning rate"),
                ("SEED", "u64", "42", "of everything"),
                ("text", "&str", '"a; b // c"', ""),
                # papermill shows this as an unknown type.
                ("other", "None", 'make(1, "=")', ""),
            ],
        )

    def test_what_is_no_declaration_is_passed_over(self):
        source = "\n".join(
            [
                "// A remark",
                ':dep regex = "1"',
                "!ls",
                "",
                "use std::fs;",
                "fn f(x: i32) -> i32 { let inner = x; inner }",
                "struct S { a: i32 }",
                'println!("{}", 1);',
                "let (a, b) = (1, 2);",
                "let late: i32;",
                "let x: i32 = 5; // doc",
                "x",
            ]
        )
        self.assertEqual(inspected(source), [("x", "i32", "5", "doc")])

    def test_lifetimes_raw_strings_and_nested_types(self):
        source = "\n".join(
            [
                "let a: &'static str = r#\"quote \" ; \"#;",
                "let b: HashMap<String, Vec<(u8, f32)>> = HashMap::new();",
                "let c = ';';",
                "let d = |x: i32| -> i32 { x + 1 };",
            ]
        )
        self.assertEqual([(name, kind) for name, kind, _, _ in inspected(source)][:3], [
            ("a", "&'static str"), ("b", "HashMap<String, Vec<(u8, f32)>>"), ("c", "char"),
        ])
        self.assertEqual(len(inspected(source)), 4)

    def test_an_empty_cell_has_none(self):
        self.assertEqual(inspected(""), [])
        self.assertEqual(inspected("// nothing\n"), [])


class Types(unittest.TestCase):
    """Types are read as people write them."""

    def test_types_are_written_as_they_were(self):
        for text in ["i32", "Vec<f64>", "[u8]", "(i32, &str)", "Option<Vec<String>>", "std::rc::Rc<(u8,)>", "()"]:
            self.assertEqual(str(parse(text)), text)

    def test_what_no_parameter_can_be_is_unknown(self):
        for text in ["", "impl Fn(i32) -> i32", "dyn Any", "Vec<", "&", "_"]:
            self.assertEqual(str(parse(text)), "_")


class Papermill(unittest.TestCase):
    """papermill finds all this by itself."""

    def test_the_language_rust_has_a_translator(self):
        for kernel in ["soma", "rust"]:
            self.assertIsInstance(papermill_translators.find_translator(kernel, "rust"), RustTranslator)

    def test_other_languages_keep_theirs(self):
        self.assertNotIsInstance(papermill_translators.find_translator("python3", "python"), RustTranslator)


if __name__ == "__main__":
    unittest.main(verbosity=2)
