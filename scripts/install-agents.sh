#!/bin/sh
# Installs the real agents that the end-to-end tests drive, in pinned versions, and prints what to export.
#
#     scripts/install-agents.sh DIR
#
# Needs npm. No install script of a package is run: each ships its executable.
set -eu

claude_version=2.1.329

if [ $# -ne 1 ]; then
    echo "usage: $0 DIR" >&2
    exit 2
fi
mkdir -p "$1"
dir=$(cd "$1" && pwd)
case "$(uname -s)-$(uname -m)" in
Linux-x86_64) platform=linux-x64 ;;
Linux-aarch64) platform=linux-arm64 ;;
Darwin-x86_64) platform=darwin-x64 ;;
Darwin-arm64) platform=darwin-arm64 ;;
*)
    echo "no agents are known for $(uname -s) on $(uname -m)" >&2
    exit 1
    ;;
esac

package="@anthropic-ai/claude-code-$platform"
claude="$dir/node_modules/$package/claude"
installed=
if [ -x "$claude" ]; then
    installed=$("$claude" --version </dev/null)
fi
case "$installed" in
"$claude_version "*) ;;
*)
    npm install --prefix "$dir" --ignore-scripts --no-audit --no-fund --loglevel=error \
        "$package@$claude_version" >&2
    ;;
esac
echo "export VE_E2E_CLAUDE='$claude'"
