//! The tool calls of a turn: agents tell of one in several pieces, we report it once it is known what it does.

use crate::domain::report::Report;
use serde_json::Value;
use std::collections::BTreeMap;

/// The calls that have not ended.
#[derive(Debug, Default)]
pub(crate) struct Calls(BTreeMap<String, Call>);

#[derive(Debug, Default)]
struct Call {
    name: String,
    input: Value,
    told: bool,
    /// Output that came before the end.
    output: String,
}

impl Calls {
    /// How many are open.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// What is known of the input of a call.
    pub(crate) fn input(&self, id: &str) -> Option<&Value> {
        self.0.get(id).map(|call| &call.input)
    }

    /// All of them are over with the turn.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Reads a `tool_call` or a `tool_call_update`; says whether it ended the call.
    pub(crate) fn update(&mut self, update: &Value, reports: &mut Vec<Report>) -> Option<String> {
        let id = update["toolCallId"].as_str()?.to_owned();
        let begins = update["sessionUpdate"] == "tool_call";
        let status = update["status"].as_str();
        if !begins && !self.0.contains_key(&id) {
            return None;
        }
        self.learn(&id, update);
        let call = self.0.get_mut(&id)?;
        if let Some(text) = update["_meta"]["terminal_output_delta"]["data"].as_str() {
            call.output.push_str(text);
        }
        // While it is pending its input may still grow.
        if status.is_some_and(|status| status != "pending")
            || update["_meta"]["claudeCode"].get("toolResponse").is_some()
        {
            call.tell(&id, reports);
        }
        let failed = match status {
            Some("completed") => false,
            Some("failed") => true,
            _ => return None,
        };
        let text = result(update, &call.output);
        self.0.remove(&id);
        reports.push(Report::ToolResult { id: id.clone(), failed, text });
        Some(id)
    }

    /// Reads the call that a permission is asked for, and reports it.
    pub(crate) fn asks(&mut self, call: &Value, reports: &mut Vec<Report>) -> (String, Value) {
        let id = call["toolCallId"].as_str().unwrap_or_default();
        self.learn(id, call);
        let Some(call) = self.0.get_mut(id) else { return (String::new(), Value::Null) };
        call.tell(id, reports);
        (call.name.clone(), call.input.clone())
    }

    fn learn(&mut self, id: &str, said: &Value) {
        let call = self.0.entry(id.to_owned()).or_default();
        if call.name.is_empty() {
            call.name = name(said);
        }
        // An update may repeat less than is known.
        let grown = said["rawInput"].as_object().filter(|input| !input.is_empty());
        if let Some(input) = grown.filter(|input| call.input.as_object().is_none_or(|known| known.len() <= input.len()))
        {
            call.input = Value::Object(input.clone());
        }
    }
}

impl Call {
    fn tell(&mut self, id: &str, reports: &mut Vec<Report>) {
        if !self.told {
            self.told = true;
            let (id, name) = (id.to_owned(), self.name.clone());
            reports.push(Report::ToolCall { id, name, input: self.input.to_string() });
        }
    }
}

/// The tool's name where it is said, else the title of the call as it was first called.
fn name(said: &Value) -> String {
    let names = [&said["name"], &said["_meta"]["claudeCode"]["toolName"], &said["title"], &said["kind"]];
    names.into_iter().find_map(Value::as_str).unwrap_or("tool").to_owned()
}

fn result(update: &Value, streamed: &str) -> String {
    if !streamed.is_empty() {
        return streamed.to_owned();
    }
    let raw = &update["rawOutput"];
    if let Some(text) = raw.as_str().or_else(|| raw["output"].as_str()) {
        return text.to_owned();
    }
    let blocks = update["content"].as_array().into_iter().flatten();
    let texts: Vec<&str> = blocks.filter_map(|block| block["content"]["text"].as_str()).collect();
    if texts.is_empty() && !raw.is_null() { raw.to_string() } else { texts.join("\n") }
}
