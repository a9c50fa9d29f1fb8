//! `ve orch mcp-agent`: our tools as a tool server on standard input and output, for agents that start their servers themselves. It runs in the
//! agent's jail, lives as long as the agent, and outlives daemons.

mod daemon;

use super::error::CommandError;
use crate::agent::link::Daemon;
use crate::agent::spec::Tools;
use crate::agent::tools::{SERVER, list};
use crate::wire::tools::ToolCall;
use clap::Args;
use daemon::Said;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation, InitializeResult,
    ListToolsResult, PaginatedRequestParams, ServerCapabilities, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt};
use serde_json::Value;
use std::path::PathBuf;

/// Serve the orchestrator's tools to an agent, over standard input and output
#[derive(Debug, Args)]
#[command(hide = true)]
pub(super) struct McpAgent {
    /// The file in which the daemon says where it is
    #[arg(value_name = "FILE")]
    daemon: PathBuf,
}

/// How a client may name the model's own id of a call, the most exact first.
const CALL_IDS: [&str; 3] = ["claudecode/toolUseId", "toolCallId", "tool_call_id"];

/// Serves until the agent closes the pipe.
pub(super) fn run(args: &McpAgent) -> Result<(), CommandError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
    let served: Result<(), String> = runtime.map_err(CommandError::Runtime)?.block_on(async {
        let server = Server { daemon: daemon::Daemon::new(args.daemon.clone()) };
        let running = server.serve(rmcp::transport::stdio()).await.map_err(|error| error.to_string())?;
        running.waiting().await.map_err(|error| error.to_string())?;
        Ok(())
    });
    served.map_err(CommandError::ToolServer)
}

/// One agent's tool server.
struct Server {
    daemon: daemon::Daemon,
}

impl Server {
    fn offered(&self) -> Tools {
        self.daemon.look().as_ref().map_or(Tools::Work, Daemon::tools)
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> InitializeResult {
        let mut info = InitializeResult::new(ServerCapabilities::builder().enable_tools().build());
        info.server_info = Implementation::new(SERVER, env!("CARGO_PKG_VERSION"));
        info
    }

    /// The first thing that every client asks for, so it is also when the daemon hears which version of the agent is there.
    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        if let Some(client) = context.client_info() {
            self.daemon.greet(client.version);
        }
        let tools = list(self.offered()).into_iter().map(serde_json::from_value::<Tool>).collect::<Result<_, _>>();
        let tools = tools.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        Ok(ListToolsResult { tools, ..ListToolsResult::default() })
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let told = serde_json::to_value(&context.meta).unwrap_or_default();
        let id = CALL_IDS.iter().find_map(|name| told[*name].as_str()).map(str::to_owned);
        let arguments = request.arguments.map_or(Value::Null, Value::Object);
        let Said { text, failed } = self.daemon.call(&request.name, &ToolCall { arguments, id }).await;
        let content = vec![ContentBlock::text(text)];
        let result = if failed { CallToolResult::error(content) } else { CallToolResult::success(content) };
        Ok(result.into())
    }
}
