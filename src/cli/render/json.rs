//! JSON for people: the daemon's own text, indented, with its keys in its order and its numbers as written.

/// Indents valid JSON by two spaces.
pub(crate) fn pretty(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0_usize;
    let mut tokens = text.chars().peekable();
    while let Some(token) = tokens.next() {
        match token {
            '"' => {
                out.push(token);
                string(&mut tokens, &mut out);
            }
            '{' | '[' => {
                out.push(token);
                while tokens.next_if(|next| next.is_whitespace()).is_some() {}
                if let Some(close) = tokens.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(close);
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(token);
            }
            ',' => {
                out.push(token);
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            token if token.is_whitespace() => {}
            token => out.push(token),
        }
    }
    out
}

fn string(tokens: &mut impl Iterator<Item = char>, out: &mut String) {
    while let Some(character) = tokens.next() {
        out.push(character);
        match character {
            '"' => return,
            '\\' => out.extend(tokens.next()),
            _ => {}
        }
    }
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    #[test]
    fn keys_stay_in_order_and_numbers_as_written() {
        assert_eq!(
            pretty(r#"{"b":[1.0,{}],"a":"x \" , {","c":[ ]}"#),
            "{\n  \"b\": [\n    1.0,\n    {}\n  ],\n  \"a\": \"x \\\" , {\",\n  \"c\": []\n}"
        );
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(".*", inner, 0..4).prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_is_what_everybody_else_writes(value in values()) {
            prop_assert_eq!(pretty(&value.to_string()), serde_json::to_string_pretty(&value).unwrap());
        }
    }
}
