//! Templates: text in which `{name}` stands for a value. `{{name}}` is the text `{name}`; braces around anything else stand for themselves.

/// A prompt that cannot be rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "render the prompt: line {line} names {{{name}}}, which is not known (known: {known}); write {{{{{name}}}}} for the text itself"
)]
pub struct PromptError {
    /// Line of the template, from 1.
    pub line: usize,
    /// The unknown name.
    pub name: String,
    /// The names that there are.
    pub known: String,
}

/// Replaces every placeholder, once: values are not read as templates.
pub(super) fn expand(template: &str, values: &[(&str, String)]) -> Result<String, PromptError> {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        text.push_str(&rest[..at]);
        let tail = &rest[at..];
        let doubled = tail.starts_with("{{");
        let (open, close) = if doubled { ("{{", "}}") } else { ("{", "}") };
        let Some(name) = name_between(tail, open, close) else {
            text.push_str(open);
            rest = &tail[open.len()..];
            continue;
        };
        rest = &tail[open.len() + name.len() + close.len()..];
        if doubled {
            text.push_str(&format!("{{{name}}}"));
            continue;
        }
        let Some((_, value)) = values.iter().find(|(known, _)| *known == name) else {
            let line = template[..template.len() - tail.len()].matches('\n').count() + 1;
            let known = values.iter().map(|(known, _)| *known).collect::<Vec<_>>().join(", ");
            return Err(PromptError { line, name: name.to_owned(), known });
        };
        text.push_str(value);
    }
    text.push_str(rest);
    Ok(text)
}

fn name_between<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let (name, _) = text.strip_prefix(open)?.split_once(close)?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    is_name.then_some(name)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn expanded(template: &str) -> Result<String, PromptError> {
        expand(template, &[("chunk", "{chunk} & {x}".to_owned()), ("goal", "g".to_owned())])
    }

    #[test]
    fn names_are_replaced_once_and_other_braces_stay() {
        assert_eq!(expanded("a {chunk}{goal}").unwrap(), "a {chunk} & {x}g");
        assert_eq!(expanded("{\"ve\":1} {} { x } {{goal}} {").unwrap(), "{\"ve\":1} {} { x } {goal} {");
        assert_eq!(expanded("{{\"a\": {goal}}}").unwrap(), "{{\"a\": g}}");
    }

    #[test]
    fn an_unknown_name_is_an_error_with_its_line() {
        let error = expanded("a\nb {chnk}\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "render the prompt: line 2 names {chnk}, which is not known (known: chunk, goal); write {{chnk}} for the text itself"
        );
    }
}
