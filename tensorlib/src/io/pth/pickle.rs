//! The operations of Python's pickles that tensors in dictionaries and lists need (protocols 2 to 5, `pickletools.py`).
//!
//! What a pickle makes lies in one vector and refers to each other by number, so that neither what refers to itself nor what
//! is nested a million times costs a stack. Each operation makes one thing at most: memory grows with the file.

use std::collections::HashMap;

use super::stored::{Stored, element_type};

/// A thing that a pickle made, by number.
pub(super) type Id = usize;

/// What a pickle makes.
pub(super) enum Node<'a> {
    Nothing,
    Flag(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    Name(Name),
    /// A type of storage: of which element type, by PyTorch's name.
    StorageType(&'a str),
    Storage(Stored<'a>),
    Tensor(Strided),
}

/// The functions that are known.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    OrderedDict,
    Size,
    RebuildTensor,
    RebuildParameter,
}

/// A part of a storage.
pub(super) struct Strided {
    pub storage: Id,
    pub offset: usize,
    pub sizes: Vec<usize>,
    pub strides: Vec<usize>,
}

/// What a pickle made, and which of it is the result.
pub(super) struct Pickle<'a> {
    nodes: Vec<Node<'a>>,
    root: Id,
    /// The bytes that it took.
    pub length: usize,
}

type Outcome<T> = Result<T, String>;

const ENDS: &str = "the pickle ends too early";
const DAMAGED: &str = "the pickle is damaged";

impl<'a> Pickle<'a> {
    /// Reads one pickle; returns how many bytes it took, too.
    pub fn read(bytes: &'a [u8]) -> Outcome<(Pickle<'a>, usize)> {
        let mut reader =
            Reader { bytes, at: 0, nodes: Vec::new(), stack: Vec::new(), marks: Vec::new(), memo: HashMap::new() };
        while reader.step()? {}
        let root = reader.pop()?;
        let length = reader.at;
        Ok((Pickle { nodes: reader.nodes, root, length }, length))
    }

    pub fn root(&self) -> Id {
        self.root
    }

    pub fn node(&self, id: Id) -> &Node<'a> {
        &self.nodes[id]
    }

    /// The storages that tensors refer to; one may come several times.
    pub fn storages(&self) -> impl Iterator<Item = Stored<'a>> {
        self.nodes.iter().filter_map(|node| if let Node::Storage(stored) = node { Some(*stored) } else { None })
    }

    /// The result, if it is a whole number.
    pub fn number(&self) -> Option<i64> {
        if let Node::Int(number) = self.node(self.root) { Some(*number) } else { None }
    }

    /// An entry of the dictionary that is the result.
    pub fn flag(&self, name: &str) -> Option<bool> {
        let Node::Dict(entries) = self.node(self.root) else { return None };
        entries.iter().find_map(|&(key, value)| match (self.node(key), self.node(value)) {
            (Node::Text(key), Node::Flag(flag)) if *key == name => Some(*flag),
            _ => None,
        })
    }

    /// The texts of the list that is the result.
    pub fn texts(&self) -> impl Iterator<Item = &'a str> {
        let entries: &[Id] = if let Node::List(entries) = self.node(self.root) { entries } else { &[] };
        entries.iter().filter_map(|&id| if let Node::Text(text) = self.node(id) { Some(*text) } else { None })
    }
}

/// The machine that a pickle is a program for.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    nodes: Vec<Node<'a>>,
    stack: Vec<Id>,
    /// How high the stack was at each mark.
    marks: Vec<usize>,
    memo: HashMap<u32, Id>,
}

impl<'a> Reader<'a> {
    /// One operation; `false` after the last.
    fn step(&mut self) -> Outcome<bool> {
        let [operation] = self.array()?;
        match operation {
            // STOP
            b'.' => return Ok(false),
            // PROTO, FRAME
            0x80 => drop(self.array::<1>()?),
            0x95 => drop(self.array::<8>()?),
            // MARK, POP, POP_MARK
            b'(' => self.marks.push(self.stack.len()),
            b'0' => drop(self.pop()?),
            b'1' => drop(self.above_mark()?),
            // Memory: BINPUT, LONG_BINPUT, MEMOIZE, BINGET, LONG_BINGET
            b'q' => self.keep_short()?,
            b'r' => self.keep_long()?,
            0x94 => self.memoize()?,
            b'h' => self.recall_short()?,
            b'j' => self.recall_long()?,
            b'R' => self.reduce()?,
            // BUILD: what it adds to a dictionary, `_metadata` above all, is of no use here.
            b'b' => self.build()?,
            b'Q' => self.persistent()?,
            // GLOBAL, STACK_GLOBAL
            b'c' => self.global()?,
            0x93 => self.stack_global()?,
            _ if self.literal(operation)? || self.container(operation)? => {}
            other => return Err(format!("the pickle has the operation {other:#04x}, which no state dict needs")),
        }
        Ok(true)
    }

    /// Operations that make a number or text.
    fn literal(&mut self, operation: u8) -> Outcome<bool> {
        let node = match operation {
            // NONE, NEWTRUE, NEWFALSE
            b'N' => Node::Nothing,
            0x88 => Node::Flag(true),
            0x89 => Node::Flag(false),
            // BININT, BININT1, BININT2, LONG1
            b'J' => Node::Int(i64::from(i32::from_le_bytes(self.array()?))),
            b'K' => Node::Int(i64::from(u8::from_le_bytes(self.array()?))),
            b'M' => Node::Int(i64::from(u16::from_le_bytes(self.array()?))),
            0x8a => self.long()?,
            // BINFLOAT
            b'G' => Node::Float(f64::from_be_bytes(self.array()?)),
            // BINUNICODE, SHORT_BINUNICODE, BINUNICODE8, and Python 2's BINSTRING, SHORT_BINSTRING
            b'X' | b'T' => {
                let length = u32::from_le_bytes(self.array()?);
                self.text(u64::from(length))?
            }
            0x8c | b'U' => {
                let [length] = self.array()?;
                self.text(u64::from(length))?
            }
            0x8d => {
                let length = u64::from_le_bytes(self.array()?);
                self.text(length)?
            }
            _ => return Ok(false),
        };
        self.push(node);
        Ok(true)
    }

    /// Operations on tuples, lists and dictionaries.
    fn container(&mut self, operation: u8) -> Outcome<bool> {
        match operation {
            // EMPTY_TUPLE, TUPLE1, TUPLE2, TUPLE3, TUPLE
            b')' => self.push(Node::Tuple(Vec::new())),
            0x85..=0x87 => {
                let first = self.stack.len().checked_sub(usize::from(operation - 0x84)).ok_or(DAMAGED)?;
                let items = self.stack.split_off(first);
                self.push(Node::Tuple(items));
            }
            b't' => {
                let items = self.above_mark()?;
                self.push(Node::Tuple(items));
            }
            // EMPTY_LIST, LIST, APPEND, APPENDS
            b']' => self.push(Node::List(Vec::new())),
            b'l' => {
                let items = self.above_mark()?;
                self.push(Node::List(items));
            }
            b'a' => {
                let item = self.pop()?;
                self.extend_list(vec![item])?;
            }
            b'e' => {
                let items = self.above_mark()?;
                self.extend_list(items)?;
            }
            // EMPTY_DICT, DICT, SETITEM, SETITEMS
            b'}' => self.push(Node::Dict(Vec::new())),
            b'd' => {
                let items = self.above_mark()?;
                self.push(Node::Dict(Vec::new()));
                self.extend_dict(&items)?;
            }
            b's' => {
                let value = self.pop()?;
                let key = self.pop()?;
                self.extend_dict(&[key, value])?;
            }
            b'u' => {
                let items = self.above_mark()?;
                self.extend_dict(&items)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn array<const N: usize>(&mut self) -> Outcome<[u8; N]> {
        let (array, _) = self.bytes[self.at..].split_first_chunk::<N>().ok_or(ENDS)?;
        self.at += N;
        Ok(*array)
    }

    fn slice(&mut self, length: u64) -> Outcome<&'a [u8]> {
        let length = usize::try_from(length).map_err(|_| ENDS)?;
        let (slice, _) = self.bytes[self.at..].split_at_checked(length).ok_or(ENDS)?;
        self.at += length;
        Ok(slice)
    }

    fn text(&mut self, length: u64) -> Outcome<Node<'a>> {
        let text = std::str::from_utf8(self.slice(length)?).map_err(|_| "a text of the pickle is not UTF-8")?;
        Ok(Node::Text(text))
    }

    fn line(&mut self) -> Outcome<&'a str> {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|&byte| byte == b'\n').ok_or(ENDS)?;
        self.at += length + 1;
        std::str::from_utf8(&rest[..length]).map_err(|_| DAMAGED.into())
    }

    /// A whole number of any length; those beyond 64 bits are of no use here.
    fn long(&mut self) -> Outcome<Node<'a>> {
        let [length] = self.array()?;
        let bytes = self.slice(u64::from(length))?;
        if bytes.len() > 8 {
            return Ok(Node::Nothing);
        }
        let negative = bytes.last().is_some_and(|last| last & 0x80 != 0);
        let mut wide = [if negative { 0xff } else { 0 }; 8];
        wide[..bytes.len()].copy_from_slice(bytes);
        Ok(Node::Int(i64::from_le_bytes(wide)))
    }

    fn push(&mut self, node: Node<'a>) {
        self.stack.push(self.nodes.len());
        self.nodes.push(node);
    }

    fn pop(&mut self) -> Outcome<Id> {
        // What lies below the last mark is not to be touched.
        if self.stack.len() <= self.marks.last().copied().unwrap_or(0) {
            return Err(DAMAGED.into());
        }
        self.stack.pop().ok_or_else(|| DAMAGED.into())
    }

    fn top(&self) -> Outcome<Id> {
        self.stack.last().copied().ok_or_else(|| DAMAGED.into())
    }

    fn above_mark(&mut self) -> Outcome<Vec<Id>> {
        let mark = self.marks.pop().filter(|&mark| mark <= self.stack.len()).ok_or(DAMAGED)?;
        Ok(self.stack.split_off(mark))
    }

    fn keep(&mut self, place: u32) -> Outcome<()> {
        let top = self.top()?;
        self.memo.insert(place, top);
        Ok(())
    }

    fn keep_short(&mut self) -> Outcome<()> {
        let [place] = self.array()?;
        self.keep(u32::from(place))
    }

    fn keep_long(&mut self) -> Outcome<()> {
        let place = u32::from_le_bytes(self.array()?);
        self.keep(place)
    }

    fn memoize(&mut self) -> Outcome<()> {
        let place = u32::try_from(self.memo.len()).map_err(|_| DAMAGED)?;
        self.keep(place)
    }

    fn recall_short(&mut self) -> Outcome<()> {
        let [place] = self.array()?;
        self.recall(u32::from(place))
    }

    fn recall_long(&mut self) -> Outcome<()> {
        let place = u32::from_le_bytes(self.array()?);
        self.recall(place)
    }

    fn recall(&mut self, place: u32) -> Outcome<()> {
        let id = *self.memo.get(&place).ok_or(DAMAGED)?;
        self.stack.push(id);
        Ok(())
    }

    fn extend_list(&mut self, items: Vec<Id>) -> Outcome<()> {
        let top = self.top()?;
        let Node::List(list) = &mut self.nodes[top] else { return Err(DAMAGED.into()) };
        list.extend(items);
        Ok(())
    }

    fn extend_dict(&mut self, items: &[Id]) -> Outcome<()> {
        let top = self.top()?;
        let (Node::Dict(dict), (pairs, [])) = (&mut self.nodes[top], items.as_chunks::<2>()) else {
            return Err(DAMAGED.into());
        };
        dict.extend(pairs.iter().map(|&[key, value]| (key, value)));
        Ok(())
    }

    fn global(&mut self) -> Outcome<()> {
        let (module, name) = (self.line()?, self.line()?);
        self.named(module, name)
    }

    fn stack_global(&mut self) -> Outcome<()> {
        let (name, module) = (self.pop()?, self.pop()?);
        let (Node::Text(module), Node::Text(name)) = (&self.nodes[module], &self.nodes[name]) else {
            return Err(DAMAGED.into());
        };
        self.named(module, name)
    }

    fn named(&mut self, module: &'a str, name: &'a str) -> Outcome<()> {
        let node = match (module, name) {
            ("collections", "OrderedDict") => Node::Name(Name::OrderedDict),
            ("torch", "Size") => Node::Name(Name::Size),
            ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2") => Node::Name(Name::RebuildTensor),
            ("torch._utils", "_rebuild_parameter" | "_rebuild_parameter_with_state") => {
                Node::Name(Name::RebuildParameter)
            }
            ("torch" | "torch.cuda", storage) if storage.ends_with("Storage") => Node::StorageType(storage),
            _ => {
                return Err(format!(
                    "the pickle asks for {}.{}; only state dicts are read: save model.state_dict() in PyTorch",
                    shortened(module),
                    shortened(name)
                ));
            }
        };
        self.push(node);
        Ok(())
    }

    fn build(&mut self) -> Outcome<()> {
        self.pop()?;
        match self.nodes[self.top()?] {
            Node::Dict(_) | Node::Tensor(_) => Ok(()),
            _ => Err(DAMAGED.into()),
        }
    }

    fn reduce(&mut self) -> Outcome<()> {
        let (arguments, function) = (self.pop()?, self.pop()?);
        let (Node::Name(name), Node::Tuple(arguments)) = (&self.nodes[function], &self.nodes[arguments]) else {
            return Err("the pickle calls something that is not a function".into());
        };
        let (name, arguments) = (*name, arguments.clone());
        match (name, &arguments[..]) {
            (Name::OrderedDict, []) => self.push(Node::Dict(Vec::new())),
            (Name::OrderedDict, &[pairs]) => {
                let pairs = self.pairs(pairs)?;
                self.push(Node::Dict(pairs));
            }
            (Name::Size, &[sizes]) => self.stack.push(sizes),
            (Name::RebuildTensor, &[storage, offset, sizes, strides, ..]) => {
                let tensor = Strided {
                    storage,
                    offset: self.length(offset)?,
                    sizes: self.lengths(sizes)?,
                    strides: self.lengths(strides)?,
                };
                self.push(Node::Tensor(tensor));
            }
            (Name::RebuildParameter, &[tensor, ..]) => self.stack.push(tensor),
            _ => return Err(DAMAGED.into()),
        }
        Ok(())
    }

    /// The entries of a dictionary as Python 2 wrote them: a list of pairs.
    fn pairs(&self, id: Id) -> Outcome<Vec<(Id, Id)>> {
        let Node::List(pairs) = &self.nodes[id] else { return Err(DAMAGED.into()) };
        let pair = |&id: &Id| match &self.nodes[id] {
            Node::List(pair) | Node::Tuple(pair) if pair.len() == 2 => Ok((pair[0], pair[1])),
            _ => Err(DAMAGED.to_string()),
        };
        pairs.iter().map(pair).collect()
    }

    fn length(&self, id: Id) -> Outcome<usize> {
        match self.nodes[id] {
            Node::Int(number) => usize::try_from(number).map_err(|_| format!("{number} is no length")),
            _ => Err(DAMAGED.into()),
        }
    }

    fn lengths(&self, id: Id) -> Outcome<Vec<usize>> {
        match &self.nodes[id] {
            Node::Tuple(items) | Node::List(items) => items.iter().map(|&item| self.length(item)).collect(),
            _ => Err(DAMAGED.into()),
        }
    }

    /// A reference to what the pickle does not hold itself: `("storage", type, key, device, number of elements)`.
    fn persistent(&mut self) -> Outcome<()> {
        let id = self.pop()?;
        let Node::Tuple(parts) = &self.nodes[id] else { return Err(DAMAGED.into()) };
        let &[_, kind, key, _, numel, ref view @ ..] = &parts[..] else { return Err(DAMAGED.into()) };
        let (Node::StorageType(kind), Node::Text(key)) = (&self.nodes[kind], &self.nodes[key]) else {
            return Err(DAMAGED.into());
        };
        if view.iter().any(|&id| !matches!(self.nodes[id], Node::Nothing)) {
            return Err("the file is older than PyTorch 0.4; load and save it again there".into());
        }
        let stored = Stored { key, element: element_type(kind)?, numel: self.length(numel)? };
        self.push(Node::Storage(stored));
        Ok(())
    }
}

/// A name from a file, for a sentence.
fn shortened(name: &str) -> String {
    const LONGEST: usize = 60;
    let clean: String = name.chars().filter(|letter| !letter.is_control()).take(LONGEST + 1).collect();
    match clean.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &clean[..end]),
        None => clean,
    }
}
