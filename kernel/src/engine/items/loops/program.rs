//! What a cell and the items that it reaches consist of: statements, functions, types.

use std::collections::{BTreeMap, BTreeSet};

use ra_ap_syntax::ast::{self, HasGenericArgs, HasName};
use ra_ap_syntax::{AstNode, Edition, SourceFile, SyntaxNode};
use soma_driver::evcxr::program::words;
use soma_driver::variable_types::Types;

use super::known;
use super::repeats::Repeats;
use super::value::Value;
use crate::engine::raw_name::plain;

/// The statements of a cell.
#[derive(Clone, Copy, Debug)]
pub struct Statements<'a> {
    /// The cell's code, with its items.
    pub code: &'a str,
    /// The types of the variables of earlier cells that it mentions.
    pub types: &'a Types,
    /// What its syntax tree has.
    pub repeats: Repeats,
}

/// A cell and the items that it reaches.
pub(super) struct Program {
    /// The statements of the cell.
    pub body: Option<ast::BlockExpr>,
    /// All functions, those of implementations and modules too.
    pub functions: Vec<Function>,
    /// The values of constants and statics.
    pub constants: Vec<ast::Expr>,
    /// What the variables of earlier cells are.
    pub variables: BTreeMap<String, Value>,
    /// The functions of a name.
    by_name: BTreeMap<String, Vec<usize>>,
    /// The types of the fields of each type.
    fields: BTreeMap<String, BTreeMap<String, ast::Type>>,
    /// The notebook's modules, which hide the library's.
    modules: BTreeSet<String>,
    /// Whether the library is there at all.
    has_library: bool,
    /// Whether all of it could be parsed.
    pub is_understood: bool,
}

/// A function of the notebook.
pub(super) struct Function {
    pub syntax: ast::Fn,
    /// The type that it is implemented for, or the trait.
    pub of: Option<String>,
}

/// The type in a `type` item around a type's text.
fn parsed_type(text: &str) -> Option<ast::Type> {
    let parsed = SourceFile::parse(&format!("type T = {text};"), Edition::Edition2024);
    parsed.syntax_node().children().find_map(ast::TypeAlias::cast)?.ty()
}

/// The last name of a type.
pub(super) fn name_of(ty: &ast::Type) -> Option<String> {
    match ty {
        ast::Type::PathType(path) => Some(plain(path.path()?.segment()?.name_ref()?.text())),
        ast::Type::RefType(inner) => name_of(&inner.ty()?),
        _ => None,
    }
}

/// The names of a path.
pub(super) fn segments(path: &ast::Path) -> Vec<String> {
    path.segments().filter_map(|segment| Some(plain(segment.name_ref()?.text()))).collect()
}

impl Program {
    /// Reads a cell, and items of earlier cells.
    pub fn read(statements: &Statements, items: &[&str]) -> Program {
        let cell = SourceFile::parse(&format!("async fn f(){{{}\n}}", statements.code), Edition::Edition2024);
        let body = cell.syntax_node().children().find_map(ast::Fn::cast).and_then(|function| function.body());
        let mut program = Program {
            body,
            functions: Vec::new(),
            constants: Vec::new(),
            variables: BTreeMap::new(),
            by_name: BTreeMap::new(),
            fields: BTreeMap::new(),
            modules: BTreeSet::new(),
            has_library: items.iter().chain([&statements.code]).any(|text| text.contains("tensorlib"))
                || statements.types.values().flatten().any(|ty| ty.contains("tensorlib")),
            is_understood: cell.errors().is_empty(),
        };
        let items: Vec<_> = items.iter().map(|item| SourceFile::parse(item, Edition::Edition2024)).collect();
        program.is_understood &= items.iter().all(|item| item.errors().is_empty());
        let items: Vec<SyntaxNode> = items.iter().map(|item| item.syntax_node()).collect();
        let own = program.body.iter().map(|body| body.syntax().clone()).collect::<Vec<_>>();
        for node in own.iter().chain(&items).flat_map(SyntaxNode::descendants) {
            program.learn(node);
        }
        let types = statements.types.iter().filter_map(|(name, ty)| Some((name.clone(), parsed_type(ty.as_ref()?)?)));
        program.variables = types.map(|(name, ty)| (name, program.value_of(&ty))).collect();
        program
    }

    fn learn(&mut self, node: SyntaxNode) {
        let Some(item) = ast::Item::cast(node) else { return };
        match item {
            ast::Item::Fn(syntax) => {
                // A trait's method without a body says nothing about what its implementations do.
                let Some(name) = syntax.name().filter(|_| syntax.body().is_some()) else { return };
                let around = syntax.syntax().ancestors().skip(1).find_map(|node| match ast::Item::cast(node)? {
                    ast::Item::Impl(own) => Some(own.self_ty().and_then(|ty| name_of(&ty))),
                    ast::Item::Trait(own) => Some(own.name().map(|name| plain(name.text()))),
                    _ => Some(None),
                });
                self.by_name.entry(plain(name.text())).or_default().push(self.functions.len());
                self.functions.push(Function { syntax, of: around.flatten() });
            }
            ast::Item::Struct(own) => {
                let Some(name) = own.name() else { return };
                let fields = match own.field_list() {
                    Some(ast::FieldList::RecordFieldList(list)) => {
                        list.fields().filter_map(|field| Some((plain(field.name()?.text()), field.ty()?))).collect()
                    }
                    Some(ast::FieldList::TupleFieldList(list)) => {
                        let fields = list.fields().enumerate();
                        fields.filter_map(|(number, field)| Some((number.to_string(), field.ty()?))).collect()
                    }
                    None => BTreeMap::new(),
                };
                self.fields.insert(plain(name.text()), fields);
            }
            ast::Item::Enum(own) => {
                self.fields.extend(own.name().map(|name| (plain(name.text()), BTreeMap::new())));
            }
            ast::Item::Module(own) => self.modules.extend(own.name().map(|name| plain(name.text()))),
            ast::Item::Const(own) => self.constants.extend(own.body()),
            ast::Item::Static(own) => self.constants.extend(own.body()),
            _ => {}
        }
    }

    /// The functions of a name; of a type, if that has one.
    pub fn named(&self, name: &str, of: Option<&str>) -> Vec<usize> {
        let all = self.by_name.get(name).map_or(&[][..], Vec::as_slice);
        let own: Vec<usize> =
            all.iter().copied().filter(|&at| of.is_some() && self.functions[at].of.as_deref() == of).collect();
        if own.is_empty() { all.to_vec() } else { own }
    }

    /// Whether a type is the notebook's.
    pub fn defines(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// Whether a path leads into the tensor library.
    pub fn is_of_library(&self, path: &[String]) -> bool {
        let Some(first) = path.first().filter(|_| self.has_library) else { return false };
        if self.modules.contains(first) || self.defines(first) {
            return false;
        }
        if path.iter().any(|name| known::is_plain_type(name)) {
            return false;
        }
        match path {
            [name] => known::is_type(name) || known::is_function(name) && !self.by_name.contains_key(name),
            _ => known::is_module(first) || path.iter().any(|name| known::is_type(name)) && first != "std",
        }
    }

    /// What a field of the notebook's type is.
    pub fn field(&self, of: &str, name: &str) -> Value {
        self.fields.get(of).and_then(|fields| fields.get(name)).map_or(Value::Plain, |ty| self.value_of(ty))
    }

    /// What values of a type are.
    pub fn value_of(&self, ty: &ast::Type) -> Value {
        let inner = |ty: Option<ast::Type>| ty.map_or(Value::Plain, |ty| self.value_of(&ty));
        match ty {
            ast::Type::PathType(path) => path.path().map_or(Value::Plain, |path| self.value_of_path(&path)),
            ast::Type::RefType(ty) => inner(ty.ty()),
            ast::Type::ParenType(ty) => inner(ty.ty()),
            ast::Type::PtrType(ty) => inner(ty.ty()),
            ast::Type::SliceType(ty) => Value::many(inner(ty.ty()), None),
            ast::Type::ArrayType(ty) => Value::many(inner(ty.ty()), None),
            ast::Type::TupleType(ty) => Value::Parts(ty.fields().map(|ty| self.value_of(&ty)).collect()),
            ast::Type::ImplTraitType(ty) => self.value_of_bounds(ty.type_bound_list()),
            ast::Type::DynTraitType(ty) => self.value_of_bounds(ty.type_bound_list()),
            _ => Value::Plain,
        }
    }

    fn value_of_bounds(&self, bounds: Option<ast::TypeBoundList>) -> Value {
        let text = bounds.map(|bounds| bounds.syntax().text().to_string()).unwrap_or_default();
        let first = text.split(['<', '(', '+']).next().unwrap_or_default();
        if self.has_library && words(first).any(known::is_trait) { Value::Library } else { Value::Plain }
    }

    fn value_of_path(&self, path: &ast::Path) -> Value {
        let names = segments(path);
        let Some(last) = names.last() else { return Value::Plain };
        if self.is_of_library(&names) {
            return Value::Library;
        }
        if self.defines(last) {
            return Value::Own(last.clone());
        }
        let arguments = path.segment().and_then(|segment| segment.generic_arg_list());
        let arguments =
            arguments.into_iter().flat_map(|list| list.generic_args()).filter_map(|argument| match argument {
                ast::GenericArg::TypeArg(argument) => argument.ty(),
                _ => None,
            });
        let arguments: Vec<Value> = arguments.map(|ty| self.value_of(&ty)).collect();
        let first = || arguments.first().cloned().unwrap_or(Value::Plain);
        match (last.as_str(), arguments.len()) {
            ("Option" | "Box" | "Rc" | "Arc" | "Cow" | "Result" | "Mutex" | "RwLock" | "RefCell" | "Cell", _) => {
                first()
            }
            ("HashMap" | "BTreeMap", 2) => Value::many(Value::Parts(arguments), None),
            (_, 1) => Value::many(first(), None),
            _ => Value::Plain,
        }
    }

    /// Whether values are the library's, or consist of such values.
    pub fn is_made_of_library(&self, value: &Value) -> bool {
        self.is_made(value, &mut BTreeSet::new())
    }

    fn is_made(&self, value: &Value, seen: &mut BTreeSet<String>) -> bool {
        match value {
            Value::Library => true,
            Value::Many(many) => self.is_made(&many.element, seen),
            Value::Parts(parts) => parts.iter().any(|part| self.is_made(part, seen)),
            Value::Own(name) => {
                let mut fields = self.fields.get(name).into_iter().flatten();
                // A type may have itself as a part.
                seen.insert(name.clone()) && fields.any(|(_, ty)| self.is_made(&self.value_of(ty), seen))
            }
            Value::Plain | Value::Closure(_) => false,
        }
    }
}
