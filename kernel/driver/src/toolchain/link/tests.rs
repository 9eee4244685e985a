//! Programs are compiled as cells are, linked, loaded and run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use object::LittleEndian;

use super::*;
use crate::toolchain::toolchain_info::ToolchainInfo;

/// What the programs need: the standard library, as a shared library.
struct Toolchain {
    facts: ToolchainInfo,
    folder: tempfile::TempDir,
    /// The loader knows a library by its name.
    linked: std::cell::Cell<usize>,
}

impl Toolchain {
    fn new() -> Option<Toolchain> {
        let facts = ToolchainInfo::find().unwrap();
        is_possible(&facts.host).then(|| Toolchain {
            facts,
            folder: tempfile::tempdir().unwrap(),
            linked: Default::default(),
        })
    }

    fn object(&self, program: &str, level: &str) -> PathBuf {
        let (source, object) = (self.folder.path().join("p.rs"), self.folder.path().join("p.o"));
        fs::write(&source, program).unwrap();
        let status = Command::new(&self.facts.rustc)
            .args(["--edition", "2024", "--crate-type", "cdylib", "-C", "prefer-dynamic", "-C", "codegen-units=1"])
            .args(["-A", "warnings", "-C", &format!("opt-level={level}")])
            .arg(format!("--emit=obj={}", object.display()))
            .arg(&source)
            // rustc puts what it makes on the way here, under a name that is the same for every test.
            .current_dir(self.folder.path())
            .status()
            .unwrap();
        assert!(status.success(), "{program}");
        object
    }

    /// Links an object as a cell's.
    fn link(&self, object: &Path) -> Result<Vec<u8>> {
        let search = [self.facts.target_libdir().display().to_string()];
        link(&fs::read(object).unwrap(), &[self.facts.standard_library().unwrap()], &search)
    }

    fn output(&self) -> PathBuf {
        self.folder.path().join(format!("libp{}.so", self.linked.get()))
    }

    /// What a program's `run` returns.
    fn run(&self, program: &str, level: &str) -> u64 {
        self.linked.set(self.linked.get() + 1);
        let object = self.object(program, level);
        let library = self.link(&object).unwrap_or_else(|why| panic!("{why:#}: {program}"));
        fs::write(self.output(), library).unwrap();
        // SAFETY: the program has this function; nothing of it is used after the library is closed.
        unsafe {
            let library = libloading::Library::new(self.output()).unwrap_or_else(|error| panic!("{error}: {program}"));
            let run: libloading::Symbol<unsafe extern "C" fn() -> u64> = library.get(b"run").unwrap();
            let result = run();
            // Threads may still run destructors of its variables.
            std::mem::forget(library);
            result
        }
    }
}

const HEAD: &str = "#[unsafe(no_mangle)] pub extern \"C\" fn run() -> u64";

#[test]
fn programs_do_what_they_say() {
    let Some(toolchain) = Toolchain::new() else { return };
    for (program, expected) in [
        ("{ 42 }", 42),
        // Variables: of their own, that begin as zero, that are aligned, that hold addresses.
        (
            "{ static A: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(40); A.fetch_add(2, std::sync::atomic::Ordering::SeqCst); A.load(std::sync::atomic::Ordering::SeqCst) }",
            42,
        ),
        ("{ static mut ZERO: [u64; 70_000] = [0; 70_000]; unsafe { ZERO[69_999] += 42; ZERO[69_999] + ZERO[0] } }", 42),
        (
            "{ #[repr(align(4096))] struct Page(u64); static PAGE: Page = Page(42); if &PAGE as *const _ as usize % 4096 == 0 { PAGE.0 } else { 0 } }",
            42,
        ),
        (
            "{ static WORDS: [&str; 3] = [\"a\", \"bc\", \"def\"]; std::hint::black_box(&WORDS).iter().map(|w| w.len() as u64).sum() }",
            6,
        ),
        // Calls through tables and pointers, of this program and of the standard library.
        (
            "{ let all: [&dyn std::fmt::Debug; 2] = [&1, &\"x\"]; all.iter().map(|one| format!(\"{one:?}\").len() as u64).sum() }",
            4,
        ),
        (
            "{ fn twice(n: u64) -> u64 { 2 * n } let all: [fn(u64) -> u64; 2] = [twice, u64::count_ones_of]; all.iter().map(|f| f(21)).sum() } trait C { fn count_ones_of(self) -> u64; } impl C for u64 { fn count_ones_of(self) -> u64 { self.count_ones() as u64 } }",
            45,
        ),
        (
            "{ match std::hint::black_box(7_u64) { 0 => 1, 1 => 5, 2 => 9, 3 => 2, 4 => 8, 5 => 3, 6 => 7, 7 => 42, _ => 0 } }",
            42,
        ),
        // Thread-local variables, with and without an initial value, with a destructor, in other threads.
        (
            "{ std::thread_local! { static N: std::cell::Cell<u64> = const { std::cell::Cell::new(40) }; static Z: std::cell::Cell<u64> = const { std::cell::Cell::new(0) }; } N.set(N.get() + 1); Z.set(5); let other = std::thread::spawn(|| N.get() + Z.get()).join().unwrap(); N.get() + Z.get() + other }",
            86,
        ),
        (
            "{ std::thread_local! { static V: std::cell::RefCell<Vec<u64>> = std::cell::RefCell::new(vec![1, 2]); } V.with_borrow_mut(|v| v.push(3)); std::thread::spawn(|| V.with_borrow(|v| v.len() as u64)).join().unwrap() + V.with_borrow(|v| v.len() as u64) }",
            5,
        ),
        // Unwinding, which finds functions and runs destructors.
        (
            "{ struct D<'a>(&'a std::cell::Cell<u64>); impl Drop for D<'_> { fn drop(&mut self) { self.0.set(self.0.get() + 1); } } let n = std::cell::Cell::new(0); let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| { let _a = D(&n); inner(&n); })); n.get() * 10 + caught.is_err() as u64 } fn inner(n: &std::cell::Cell<u64>) { let _v = vec![n.get()]; std::panic::resume_unwind(Box::new(1)) }",
            11,
        ),
        // What runs when a library is loaded.
        (
            "{ LOADED.load(std::sync::atomic::Ordering::SeqCst) } static LOADED: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0); extern \"C\" fn loaded() { LOADED.store(42, std::sync::atomic::Ordering::SeqCst); } #[used] #[unsafe(link_section = \".init_array\")] static L: extern \"C\" fn() = loaded;",
            42,
        ),
        // Copies and comparisons, which the compiler leaves to the system.
        (
            "{ let a = std::hint::black_box(vec![1_u8; 1000]); let b = a.clone(); (a == b) as u64 + a.len() as u64 }",
            1001,
        ),
        (
            "{ let mut m = std::collections::HashMap::new(); for i in 0..1000_u64 { m.insert(i.to_string(), i); } m[\"999\"] }",
            999,
        ),
    ] {
        for level in ["0", "2"] {
            assert_eq!(toolchain.run(&format!("{HEAD} {program}"), level), expected, "{level}: {program}");
        }
    }
}

#[test]
fn tools_can_read_a_library() {
    use object::{Object, ObjectSection, ObjectSymbol, SymbolKind};
    let Some(toolchain) = Toolchain::new() else { return };
    let program =
        "#[unsafe(no_mangle)] pub static TABLE: [u64; 2] = [1, 2]; fn own() -> String { String::from(\"x\") }";
    let program = format!("{program} {HEAD} {{ own().len() as u64 + TABLE[1] }}");
    assert_eq!(toolchain.run(&program, "0"), 3);
    let content = fs::read(toolchain.output()).unwrap();
    let file = object::File::parse(&*content).unwrap();
    let exported: Vec<&str> = file.dynamic_symbols().filter(|s| s.is_definition()).map(|s| s.name().unwrap()).collect();
    assert_eq!(exported, ["run", "TABLE"]);
    let own = file.symbols().find(|symbol| symbol.name().unwrap().contains("3own")).unwrap();
    assert_eq!((own.kind(), own.size() > 0), (SymbolKind::Text, true));
    let text = file.section_by_name(".text").unwrap();
    assert!((text.address()..text.address() + text.size()).contains(&own.address()));
    // In no memory is code that can be written.
    for segment in object::read::elf::ElfFile64::<LittleEndian>::parse(&*content).unwrap().elf_program_headers() {
        let flags = segment.p_flags.get(LittleEndian);
        assert!(flags & object::elf::PF_W == 0 || flags & object::elf::PF_X == 0);
    }
}

#[test]
fn what_is_unusual_is_refused() {
    let Some(toolchain) = Toolchain::new() else { return };
    for (more, run, why) in [
        // Whether another library has it, or nobody, the toolchain's linker says.
        ("unsafe extern \"C\" { fn elsewhere() -> u64; }", "unsafe { elsewhere() }", "no library defines elsewhere"),
        ("#[used] #[unsafe(link_section = \"odd\")] static mut ODD: u64 = 1;", "unsafe { ODD }", "the section odd"),
    ] {
        let refused = toolchain.link(&toolchain.object(&format!("{more} {HEAD} {{ {run} }}"), "0")).unwrap_err();
        assert_eq!(format!("{refused:#}"), why);
    }
    let object = toolchain.object(&format!("{HEAD} {{ 1 }}"), "0");
    let content = fs::read(&object).unwrap();
    for damage in [2, 20, 1000] {
        fs::write(&object, &content[..content.len() / damage]).unwrap();
        assert!(toolchain.link(&object).is_err());
    }
}
