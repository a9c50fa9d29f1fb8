#!/bin/sh
# Installs the real agents that the end-to-end tests drive, in pinned versions, and prints what to export.
#
#     scripts/install-agents.sh DIR          claude, and claude-agent-acp for the Agent Client Protocol
#     scripts/install-agents.sh DIR --all    codex, codex-acp, gemini and opencode as well: 2 GB
#
# Needs npm. No install script of a package is run: each ships its executable.
set -eu

case "$#-${2-}" in
1- | 2---all) ;;
*)
    echo "usage: $0 DIR [--all]" >&2
    exit 2
    ;;
esac
mkdir -p "$1"
dir=$(cd "$1" && pwd)
case "$(uname -s)-$(uname -m)" in
Linux-x86_64) platform=linux-x64 triple=x86_64-unknown-linux-musl ;;
Linux-aarch64) platform=linux-arm64 triple=aarch64-unknown-linux-musl ;;
Darwin-x86_64) platform=darwin-x64 triple=x86_64-apple-darwin ;;
Darwin-arm64) platform=darwin-arm64 triple=aarch64-apple-darwin ;;
*)
    echo "no agents are known for $(uname -s) on $(uname -m)" >&2
    exit 1
    ;;
esac

packages="@anthropic-ai/claude-code-$platform@2.1.329 @agentclientprotocol/claude-agent-acp@0.100.0"
if [ $# = 2 ]; then
    packages="$packages @openai/codex@0.169.0 @agentclientprotocol/codex-acp@2.6.0 @google/gemini-cli@0.61.0 opencode-$platform@1.18.33"
fi

# One package at a time has to be asked for when it is new: what is there stays.
missing=
for package in $packages; do
    grep -qsx "$package" "$dir/installed" || missing="$missing $package"
done
if [ -n "$missing" ]; then
    [ -f "$dir/package.json" ] || echo '{"name":"agents","private":true}' >"$dir/package.json"
    # shellcheck disable=SC2086
    npm install --prefix "$dir" --ignore-scripts --no-audit --no-fund --loglevel=error $missing >&2
    for package in $missing; do
        echo "$package" >>"$dir/installed"
    done
fi

modules="$dir/node_modules"
echo "export VE_E2E_CLAUDE='$modules/@anthropic-ai/claude-code-$platform/claude'"
echo "export VE_E2E_CLAUDE_ACP='$modules/@agentclientprotocol/claude-agent-acp/dist/index.js'"
if [ $# = 2 ]; then
    # Not the wrapper that npm puts before it: killing that one leaves the program at work.
    echo "export VE_E2E_CODEX='$modules/@openai/codex-$platform/vendor/$triple/bin/codex'"
    echo "export VE_E2E_CODEX_ACP='$modules/@agentclientprotocol/codex-acp/dist/index.js'"
    echo "export VE_E2E_GEMINI='$modules/@google/gemini-cli/bundle/gemini.js'"
    echo "export VE_E2E_OPENCODE='$modules/opencode-$platform/bin/opencode'"
fi
