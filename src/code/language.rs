//! The languages whose grammar we have, and which of its nodes are symbols.

use std::path::Path;

/// A language with a grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    C,
    Cpp,
    Go,
    Java,
    JavaScript,
    Python,
    Rust,
    TypeScript,
    Tsx,
}

/// Where the name of a symbol stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    /// In this field.
    Field(&'static str),
    /// In this field, as a type of which only the last part without arguments counts.
    Type(&'static str),
    /// At the end of a chain of declarators, as C has them.
    Declarator,
    /// In `name`, below the type of `receiver`.
    Receiver,
}

/// Whether there are symbols of interest inside of a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inside {
    /// It is a container: what is in it has names of its own.
    Symbols,
    /// What is in it belongs to it.
    Body,
}

type Kind = (&'static str, Naming, Inside);

const NAME: Naming = Naming::Field("name");

const C: &[Kind] = &[
    ("function_definition", Naming::Declarator, Inside::Body),
    ("declaration", Naming::Declarator, Inside::Symbols),
    ("type_definition", Naming::Declarator, Inside::Symbols),
    ("field_declaration", Naming::Declarator, Inside::Symbols),
    ("struct_specifier", NAME, Inside::Symbols),
    ("union_specifier", NAME, Inside::Symbols),
    ("enum_specifier", NAME, Inside::Body),
    ("preproc_def", NAME, Inside::Body),
    ("preproc_function_def", NAME, Inside::Body),
    ("class_specifier", NAME, Inside::Symbols),
    ("namespace_definition", NAME, Inside::Symbols),
    ("alias_declaration", NAME, Inside::Body),
    ("concept_definition", NAME, Inside::Body),
];

const GO: &[Kind] = &[
    ("function_declaration", NAME, Inside::Body),
    ("method_declaration", Naming::Receiver, Inside::Body),
    ("type_spec", NAME, Inside::Body),
    ("type_alias", NAME, Inside::Body),
    ("const_spec", NAME, Inside::Body),
    ("var_spec", NAME, Inside::Body),
];

const JAVA: &[Kind] = &[
    ("class_declaration", NAME, Inside::Symbols),
    ("interface_declaration", NAME, Inside::Symbols),
    ("enum_declaration", NAME, Inside::Symbols),
    ("record_declaration", NAME, Inside::Symbols),
    ("annotation_type_declaration", NAME, Inside::Symbols),
    ("method_declaration", NAME, Inside::Body),
    ("constructor_declaration", NAME, Inside::Body),
    ("field_declaration", Naming::Declarator, Inside::Body),
    ("enum_constant", NAME, Inside::Body),
];

const SCRIPT: &[Kind] = &[
    ("function_declaration", NAME, Inside::Body),
    ("generator_function_declaration", NAME, Inside::Body),
    ("function_signature", NAME, Inside::Body),
    ("class_declaration", NAME, Inside::Symbols),
    ("abstract_class_declaration", NAME, Inside::Symbols),
    ("method_definition", NAME, Inside::Body),
    ("abstract_method_signature", NAME, Inside::Body),
    ("field_definition", Naming::Field("property"), Inside::Body),
    ("public_field_definition", NAME, Inside::Body),
    ("variable_declarator", NAME, Inside::Body),
    ("interface_declaration", NAME, Inside::Body),
    ("type_alias_declaration", NAME, Inside::Body),
    ("enum_declaration", NAME, Inside::Body),
    ("internal_module", NAME, Inside::Symbols),
    ("module", NAME, Inside::Symbols),
];

const PYTHON: &[Kind] = &[
    ("function_definition", NAME, Inside::Body),
    ("class_definition", NAME, Inside::Symbols),
    ("assignment", Naming::Field("left"), Inside::Body),
];

const RUST: &[Kind] = &[
    ("function_item", NAME, Inside::Body),
    ("function_signature_item", NAME, Inside::Body),
    ("struct_item", NAME, Inside::Body),
    ("enum_item", NAME, Inside::Body),
    ("union_item", NAME, Inside::Body),
    ("type_item", NAME, Inside::Body),
    ("const_item", NAME, Inside::Body),
    ("static_item", NAME, Inside::Body),
    ("macro_definition", NAME, Inside::Body),
    ("trait_item", NAME, Inside::Symbols),
    ("mod_item", NAME, Inside::Symbols),
    ("impl_item", Naming::Type("type"), Inside::Symbols),
];

/// Nodes that lead to a symbol and belong to it.
const LEADING: [&str; 4] = ["attribute_item", "decorator", "marker_annotation", "annotation"];

/// Nodes around one symbol that belong to it.
const WRAPPING: [&str; 5] =
    ["decorated_definition", "export_statement", "template_declaration", "lexical_declaration", "variable_declaration"];

impl Language {
    /// The language of a file, by its name.
    pub(super) fn of(path: &Path) -> Option<Self> {
        Some(match path.extension()?.to_str()? {
            "c" | "h" => Self::C,
            "cc" | "cpp" | "cxx" | "hh" | "hpp" | "hxx" | "ipp" => Self::Cpp,
            "go" => Self::Go,
            "java" => Self::Java,
            "js" | "mjs" | "cjs" | "jsx" => Self::JavaScript,
            "py" | "pyi" => Self::Python,
            "rs" => Self::Rust,
            "ts" | "mts" | "cts" => Self::TypeScript,
            "tsx" => Self::Tsx,
            _ => return None,
        })
    }

    /// Its grammar.
    pub(super) fn grammar(self) -> tree_sitter::Language {
        let grammar = match self {
            Self::C => tree_sitter_c::LANGUAGE,
            Self::Cpp => tree_sitter_cpp::LANGUAGE,
            Self::Go => tree_sitter_go::LANGUAGE,
            Self::Java => tree_sitter_java::LANGUAGE,
            Self::JavaScript => tree_sitter_javascript::LANGUAGE,
            Self::Python => tree_sitter_python::LANGUAGE,
            Self::Rust => tree_sitter_rust::LANGUAGE,
            Self::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT,
            Self::Tsx => tree_sitter_typescript::LANGUAGE_TSX,
        };
        grammar.into()
    }

    /// What a node of this kind is as a symbol, if it is one.
    pub(super) fn symbol(self, kind: &str) -> Option<(Naming, Inside)> {
        let kinds = match self {
            Self::C | Self::Cpp => C,
            Self::Go => GO,
            Self::Java => JAVA,
            Self::JavaScript | Self::TypeScript | Self::Tsx => SCRIPT,
            Self::Python => PYTHON,
            Self::Rust => RUST,
        };
        kinds.iter().find(|(known, ..)| *known == kind).map(|(_, naming, inside)| (*naming, *inside))
    }
}

/// Whether a node of this kind, right before a symbol, belongs to it.
pub(super) fn leads(kind: &str) -> bool {
    kind.ends_with("comment") || LEADING.contains(&kind)
}

/// Whether a node of this kind, around a symbol, belongs to it.
pub(super) fn wraps(kind: &str) -> bool {
    WRAPPING.contains(&kind)
}
