// Configuration and control: what is in effect and where it comes from, and what one may change here. What cannot be changed here says why.

import { html, useState } from "../vendor/preact.js";
import { refresher, toast } from "../app.js";
import { elapsed, plural, words } from "../lib/format.js";
import { Refused, send } from "../net/api.js";
import { useJson, usePulse, useStore } from "./hooks.js";
import { isWanted, want } from "./notify.js";
import { Loading, Since, Trouble, confirm } from "./parts.js";
import { choose, chosen } from "./theme.js";
import { Trust } from "./trust.js";

/** All parts. */
export function Control() {
  const status = useStore((state) => state.status);
  return html`
    <div class="page control">
      <h1>Control</h1>
      <div class="whole-grid">
        <${Dispatch} status=${status} />
        <${Daemon} status=${status} />
        <${Limits} />
        <${Agents} status=${status} />
        <${Trust} />
        <${Page} />
      </div>
      <${InEffect} />
    </div>
  `;
}

/** Does something and says what was wrong with it. */
async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    toast(error instanceof Refused ? error.words : String(error), "error");
    return null;
  }
}

function Dispatch({ status }) {
  if (!status) return html`<section class="panel"><h2>Dispatch</h2><${Loading} /></section>`;
  const change = async (verb) => {
    await attempt(() => send("POST", `/${verb}`));
    refresher.part("status");
    refresher.part("units");
  };
  return html`
    <section class="panel" aria-labelledby="dispatch">
      <h2 id="dispatch">Dispatch</h2>
      <p>${status.paused ? html`Nothing new is started: dispatch is <strong>${status.paused}</strong>.` : "Units start as soon as they may."}</p>
      <div class="row">${status.paused
        ? html`<button type="button" class="primary" onClick=${() => change("resume")}>Resume</button>`
        : html`<button type="button" onClick=${() => change("pause")}>Pause</button>`}</div>
      <p class="muted">What is at work goes on in a pause. A pause for want of memory or disk ends by itself.</p>
      <p class="facts">${Object.entries(status.work_unit_counts).map(([name, count]) => html`<span key=${name}><strong class="num">${count}</strong> ${words(name)}</span>`)}</p>
    </section>
  `;
}

function Daemon({ status }) {
  const living = useStore((state) => [...state.live.values()].filter((attempt) => attempt.kind === "agent").length);
  if (!status) return null;
  const stop = async () => {
    const work = living === 0 ? "No agent is at work." : `${plural(living, "agent")} at work or waiting for an answer: each is asked to end, keeps its session, and goes on after the next start.`;
    const sure = await confirm({ title: "Stop the daemon?", does: "Stop the daemon", danger: true, text: `${work} Only the command starts it again: ve orch start. For a new version of ve, ve orch restart lets agents work on.` });
    if (sure && (await attempt(() => send("POST", "/stop")))) toast("the daemon stops");
  };
  return html`
    <section class="panel" aria-labelledby="daemon">
      <h2 id="daemon">Daemon</h2>
      <dl class="pairs-list">
        <div><dt>Version</dt><dd>${status.version}</dd></div>
        <div><dt>Process</dt><dd class="num">${status.pid}, up <${Since} at=${status.started_at} say=${elapsed} /></dd></div>
        <div><dt>Project</dt><dd><code>${status.project}</code></dd></div>
        <div><dt>State</dt><dd><code>${status.state_dir}</code></dd></div>
        <div><dt>Sandbox</dt><dd>${status.sandbox?.mode}${status.sandbox?.missing.length > 0 ? html`, without ${status.sandbox.missing.join(", ")}` : null}</dd></div>
      </dl>
      ${status.problem ? html`<p class="error">${status.problem}</p>` : null}
      <div class="row"><button type="button" class="danger-quiet" onClick=${stop}>Stop…</button></div>
    </section>
  `;
}

/** The keys that may be changed here, with what they mean. */
const KEYS = [
  ["max_agents", "Agents at once", 1],
  ["dispatch_interval_seconds", "Seconds between looks at the schedule", 0.1],
  ["max_turns_implement", "Turns of an attempt", 1],
  ["max_turns_complete", "Turns to repair a status", 1],
  ["worktree_warning_threshold", "Worktrees before a warning", 1],
];
/** The others, which only files set. */
const FIXED = [
  ["max_completion_retries", "Reminders to move the status on"],
  ["api_retry_initial_delay_ms", "First wait after a provider's error, ms"],
  ["api_retry_max_delay_ms", "Longest wait after one, ms"],
  ["api_retry_max_attempts", "Errors in a row before you are asked"],
];

function Limits() {
  const [again, look] = useState(0);
  const [draft, setDraft] = useState({});
  const { value, error, loading } = useJson("/config", again);
  if (error) return html`<section class="panel"><h2>Limits</h2><${Trouble} error=${error} /></section>`;
  if (loading && !value) return html`<section class="panel"><h2>Limits</h2><${Loading} /></section>`;
  const changes = Object.fromEntries(Object.entries(draft).filter(([key, number]) => number !== "" && Number(number) !== value[key]).map(([key, number]) => [key, Number(number)]));
  const save = async (event) => {
    event.preventDefault();
    const done = await attempt(() => send("PATCH", "/config", changes));
    if (!done) return;
    setDraft({});
    toast("the configuration is in effect");
    look(again + 1);
  };
  const source = (key) => value.sources[key] ?? "default";
  return html`
    <section class="panel" aria-labelledby="limits">
      <h2 id="limits">Limits</h2>
      <form onSubmit=${save}>
        <table class="settings"><tbody>
          ${KEYS.map(([key, title, step]) => html`
            <tr key=${key}><th scope="row"><label for=${`key-${key}`}>${title}</label></th>
              <td><input id=${`key-${key}`} type="number" min="0" step=${step} value=${draft[key] ?? value[key]} onInput=${(event) => setDraft({ ...draft, [key]: event.target.value })} /></td><td class="muted">${source(key)}</td></tr>`)}
          ${FIXED.map(([key, title]) => html`<tr key=${key}><th scope="row" title=${key}>${title}</th><td class="num">${value[key]}</td><td class="muted">${source(key)}</td></tr>`)}
        </tbody></table>
        <p class="muted">The last four are set in files only.</p>
        <div class="row end"><button type="submit" class="primary" disabled=${Object.keys(changes).length === 0}>Save</button></div>
      </form>
      ${value.problem ? html`<p class="error">${value.problem}</p>` : null}
    </section>
  `;
}

/** Every key of the configuration files, with its value and where that comes from; what is not the default first. */
function InEffect() {
  const { value, error, loading } = useJson("/config", usePulse(15));
  const set = (value?.values ?? []).filter(({ source }) => source !== "default");
  const others = (value?.values ?? []).filter(({ source }) => source === "default");
  const row = ({ key, value, source }) => html`<tr key=${key}><th scope="row"><code>${key}</code></th><td class="wide"><code>${value}</code></td><td class="muted">${source}</td></tr>`;
  return html`
    <section class="panel in-effect" aria-labelledby="in-effect">
      <h2 id="in-effect">In effect</h2>
      ${error && !value ? html`<${Trouble} error=${error} />` : null}
      ${loading && !value ? html`<${Loading} />` : null}
      ${set.length > 0 ? html`<table class="facts-table"><tbody>${set.map(row)}</tbody></table>` : null}
      ${others.length > 0 ? html`<details><summary>${plural(others.length, "default")}</summary><table class="facts-table"><tbody>${others.map(row)}</tbody></table></details>` : null}
      <p class="muted">Set in <code>ve.toml</code>, which counts as you accepted it, or in <code>.ve/config.toml</code>. <code>ve orch config --sources</code> prints the same.</p>
    </section>
  `;
}

function Agents({ status }) {
  const [again, look] = useState(0);
  const { value } = useJson("/config", again);
  if (!status) return null;
  const make = async (name) => {
    const sure = await confirm({ title: `${name} for all phases that have no agent of their own?`, does: "Make it the default", text: "What is at work goes on with its agent." });
    if (sure && (await attempt(() => send("PATCH", "/config", { backend: name })))) look(again + 1);
  };
  return html`
    <section class="panel" aria-labelledby="agents">
      <h2 id="agents">Agents</h2>
      <ul class="plain-list">${status.agents.map((agent) => html`
        <li key=${agent.name}>
          <div class="row"><strong>${agent.name}</strong>${agent.kind === agent.name ? null : html`<span class="muted">${agent.kind}</span>`}${agent.unavailable ? html`<span class="error">${agent.unavailable}</span>` : null}<span class="spacer"></span>
          ${value?.backend === agent.name ? html`<span class="pill count">default</span>` : html`<button type="button" onClick=${() => make(agent.name)}>Make default</button>`}</div>
          <code>${agent.program}</code></li>`)}</ul>
      <p class="muted">Programs, arguments and environment are set in <code>ve.toml</code> or <code>.ve/config.toml</code>: they decide what runs on this machine.</p>
    </section>
  `;
}

function Page() {
  const [theme, setTheme] = useState(chosen());
  const [notify, setNotify] = useState(isWanted());
  const announce = async (event) => {
    const on = await want(event.target.checked);
    setNotify(on);
    if (event.target.checked !== on) toast("the browser does not allow notifications for this page", "error");
  };
  return html`
    <section class="panel" aria-labelledby="this-page">
      <h2 id="this-page">This page</h2>
      <div class="segments" role="group" aria-label="Colours">${["system", "light", "dark"].map((name) => html`<button key=${name} type="button" aria-pressed=${theme === name} onClick=${() => { choose(name); setTheme(name); }}>${name}</button>`)}</div>
      <label class="row"><input type="checkbox" checked=${notify} onChange=${announce} />Notify me of new attention while I look elsewhere</label>
    </section>
  `;
}
