//! Every language: which symbols a file has, and where a line belongs.

use super::*;
use std::fmt::Write;

/// One line per symbol: `first-last name`.
fn list(path: &str, source: &str) -> String {
    let mut text = String::new();
    for symbol in outline(Path::new(path), source.as_bytes()).symbols() {
        writeln!(text, "{}-{} {}", symbol.lines.first, symbol.lines.last, symbol.name).ok();
    }
    text
}

#[test]
fn rust() {
    let source = "use std::fmt;\n\n/// Says.\n#[derive(Debug)]\npub struct A<T> {\n    x: T,\n}\n\nimpl<T> fmt::Display for A<T> {\n    \
                  // why\n    fn fmt(&self) -> u8 {\n        1\n    }\n}\n\nmod tests {\n    fn one() {}\n}\nconst X: u8 = 1;\nmacro_rules! m { () => {} }\n";
    insta::assert_snapshot!(list("a.rs", source), @r"
    3-7 A
    9-14 A
    10-13 A::fmt
    16-18 tests
    17-17 tests::one
    19-19 X
    20-20 m
    ");
}

#[test]
fn python() {
    let source = "import os\n\nLIMIT = 3\n\n\n# why\n@cached\ndef top(a):\n    def inner():\n        pass\n    return inner\n\n\nclass A(B):\n    x = 1\n\n    \
                  @property\n    def y(self):\n        return 1\n";
    insta::assert_snapshot!(list("a.py", source), @r"
    3-3 LIMIT
    6-11 top
    14-19 A
    15-15 A::x
    17-19 A::y
    ");
}

#[test]
fn typescript_and_javascript() {
    let source = "import x from 'x'\n\n/** says */\nexport const top = (a: number) => {\n  const local = 1\n  return local\n}\n\nexport default class A {\n  \
                  b = 1\n  c(): void {}\n}\n\ninterface I { x: number }\nexport type T = I\nenum E { A }\nnamespace N { export function f() {} }\n";
    insta::assert_snapshot!(list("a.ts", source), @r"
    3-7 top
    9-12 A
    10-10 A::b
    11-11 A::c
    14-14 I
    15-15 T
    16-16 E
    17-17 N
    17-17 N::f
    ");
    let source = "function f() {\n}\nvar g = function () {}\nclass A { m() {} static n = 1 }\nconst { p, q } = f()\n";
    insta::assert_snapshot!(list("a.js", source), @r"
    1-2 f
    3-3 g
    4-4 A
    4-4 A::m
    4-4 A::n
    ");
    insta::assert_snapshot!(list("a.tsx", "export function View() {\n  return <div/>\n}\n"), @"1-3 View");
}

#[test]
fn go() {
    let source = "package a\n\n// Says.\nfunc F() {\n}\n\nfunc (r *Reader[T]) Read() int {\n\treturn 1\n}\n\ntype (\n\tA struct{}\n\tB int\n)\n\nconst C = 1\n";
    insta::assert_snapshot!(list("a.go", source), @r"
    3-5 F
    7-9 Reader::Read
    12-12 A
    13-13 B
    16-16 C
    ");
}

#[test]
fn java() {
    let source = "package a;\n\n/** Says. */\n@Deprecated\npublic class A {\n  private int x = 1;\n  A() {}\n  @Override\n  public int y() {\n    return 1;\n  }\n  \
                  enum E { P, Q }\n}\n";
    insta::assert_snapshot!(list("A.java", source), @r"
    3-13 A
    6-6 A::x
    7-7 A::A
    8-11 A::y
    12-12 A::E
    12-12 A::E::P
    12-12 A::E::Q
    ");
}

#[test]
fn c_and_cpp() {
    let source = "#define MAX 3\n#ifdef X\nstatic int *f(struct s *a) {\n  return 0;\n}\n#endif\nstruct s {\n  int x;\n};\nint g(void);\ntypedef struct s t;\nint table[3];\n";
    insta::assert_snapshot!(list("a.c", source), @r"
    1-1 MAX
    3-5 f
    7-9 s
    8-8 s::x
    10-10 g
    11-11 t
    12-12 table
    ");
    let source = "namespace n {\ntemplate <class T>\nclass A {\n public:\n  int x() { return 1; }\n  int y;\n};\n}\nint n::A::z() {\n  return 2;\n}\n";
    insta::assert_snapshot!(list("a.cpp", source), @r"
    1-8 n
    2-7 n::A
    5-5 n::A::x
    6-6 n::A::y
    9-11 n::A::z
    ");
}

#[test]
fn what_has_no_grammar_is_read_by_its_looks() {
    insta::assert_snapshot!(list("a.md", "intro\n# One\ntext\n## Two\n#no\n"), @r"
    2-3 One
    4-5 Two
    ");
    insta::assert_snapshot!(list("a.toml", "x = 1\n[a]\ny = 1\n[[b.c]]\nz = 1\n"), @r"
    2-3 a
    4-5 b.c
    ");
    insta::assert_snapshot!(list("a.yml", "on: push\njobs:\n  one: 1\n"), @r"
    1-1 on
    2-3 jobs
    ");
    insta::assert_snapshot!(list("a.rb", "require 'x'\n\ndef one\n  1\nend\n\nclass A\nend\n"), @r"
    3-6 def one
    7-8 class A
    ");
    insta::assert_snapshot!(list("Makefile", "all: one\n\techo\n"), @r"");
}

#[test]
fn a_line_belongs_to_the_innermost_symbol_around_it() {
    let source = "use x;\nimpl A {\n    fn one() {\n    }\n\n    fn two() {}\n}\n";
    let outline = outline(Path::new("a.rs"), source.as_bytes());
    let at = |line| outline.enclosing(line).map(|symbol| symbol.name.as_str());
    let lines: Vec<Option<&str>> = (1..=8).map(at).collect();
    assert_eq!(lines, [None, Some("A"), Some("A::one"), Some("A::one"), Some("A"), Some("A::two"), Some("A"), None]);
}

#[test]
fn what_cannot_be_read_has_no_symbols_and_hurts_nobody() {
    for source in [b"\xff\xfe".as_slice(), b"fn a() {}\0", b""] {
        assert_eq!(outline(Path::new("a.rs"), source), Outline::default());
    }
    let deep = "mod a {".repeat(20_000);
    outline(Path::new("a.rs"), deep.as_bytes());
    let deep = format!("int x = {}1{};", "(".repeat(100_000), ")".repeat(100_000));
    outline(Path::new("a.cpp"), deep.as_bytes());
    let long = "fn a() {}\n".repeat(LONGEST / 10 + 1);
    assert_eq!(outline(Path::new("a.rs"), long.as_bytes()), Outline::default());
    assert!(!list("a.rs", "fn a( {\n}\nfn b() {}\n").is_empty(), "a file in the middle of an edit has symbols too");
}
