// The frame around every view: navigation, what the daemon does, whether we hear it, messages.

import { html, useEffect, useState } from "../vendor/preact.js";
import { connect, signIn, store } from "../app.js";
import { elapsed, plural } from "../lib/format.js";
import { PLACES, pasted } from "../lib/route.js";
import { Attention } from "./attention.js";
import { Board } from "./board.js";
import { Control } from "./control.js";
import { Gates } from "./gates.js";
import { useNow, useRoute, useStore } from "./hooks.js";
import { bindings, useKeys } from "./keyboard.js";
import { useNotifications } from "./notify.js";
import { Confirmations, Dialog } from "./parts.js";
import { Unit } from "./unit.js";
import { Whole } from "./whole.js";

/** The page. */
export function Shell() {
  const route = useRoute();
  const [help, setHelp] = useState(false);
  const go = (view) => {
    location.hash = `#/${view}`;
  };
  useNotifications();
  useKeys({
    "?": { does: "show the keys", run: () => setHelp(true) },
    ...Object.fromEntries(PLACES.map(({ view, title, key }) => [key, { does: title, run: () => go(view) }])),
  });
  const View = { attention: Attention, board: Board, whole: Whole, gates: Gates, control: Control, unit: Unit }[route.view];
  useEffect(() => {
    document.querySelector("main")?.scrollTo(0, 0);
  }, [route.view, route.chunk]);
  return html`
    <a class="skip" href="#main" onClick=${focusMain}>Skip to the content</a>
    <${Header} route=${route} help=${() => setHelp(true)} />
    <${Link} />
    <main id="main" tabindex="-1" class=${`view-${route.view}`}><${View} key=${route.chunk ?? (route.item ? `${route.item}/${route.turn}` : route.view)} ...${route} /></main>
    <${Toasts} />
    <${Confirmations} />
    ${help ? html`<${Help} close=${() => setHelp(false)} />` : null}
  `;
}

function focusMain(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

function Header({ route, help }) {
  const { waiting, status, link } = useStore(({ attention, status, link }) => ({ waiting: attention?.length ?? 0, status, link: link.state }));
  const counts = status?.work_unit_counts ?? {};
  const busy = (counts.RUNNING ?? 0) + (counts.ASSIGNED ?? 0);
  const project = status?.project?.split("/").pop() ?? "";
  return html`
    <header class="top">
      <span class="brand" title=${status?.project ?? ""}><strong>ve</strong> <span class="project">${project}</span></span>
      <nav aria-label="Views">
        ${PLACES.map(({ view, title, key }) => html`
          <a key=${view} href=${`#/${view}`} title=${`Shift ${key}`} aria-current=${route.view === view ? "page" : null}>
            <${Glyph} view=${view} />
            <span>${title}</span>
            ${view === "attention" && waiting > 0 ? html`<span class="badge" aria-label=${`${waiting} waiting`}>${waiting}</span>` : null}
          </a>
        `)}
      </nav>
      <span class="spacer"></span>
      ${status?.paused ? html`<a class="pill pill-warn" href="#/control" title=${`dispatch is ${status.paused}`}>paused</a>` : null}
      <span class="top-fact num" title="Units at work now">${busy} at work</span>
      <span class=${`connection connection-${link.replace(" ", "-")}`} role="status" title=${`connection: ${link}`}>
        <i aria-hidden="true"></i><span>${link === "live" ? "live" : link}</span>
      </span>
      <button type="button" class="plain keys-button" onClick=${help} title="Keys (?)" aria-label="Show the keys">?</button>
    </header>
  `;
}

/** A mark per view, for the narrow navigation. */
function Glyph({ view }) {
  const paths = {
    attention: "M8 2l6 11H2zM8 6v4M8 11.2v.6", board: "M2 3h3v10H2zM6.5 3h3v7h-3zM11 3h3v5h-3z",
    whole: "M2 13V3M2 13h12M4 10h4M6 7h5M9 4h4", gates: "M3 14V2M13 14V2M3 5h10M3 9h10M8 5v4", control: "M2 5h7M12 5h2M2 11h2M7 11h7M9 3v4M5 9v4",
  };
  return html`<svg class="glyph" viewBox="0 0 16 16" aria-hidden="true"><path d=${paths[view]} /></svg>`;
}

/** Says what is wrong with the connection, and when it is tried again. What is shown below stays. */
function Link() {
  const link = useStore((state) => state.link);
  const now = useNow();
  if (link.state === "signed out") return html`<${SignIn} />`;
  if (link.state === "live" || (link.state === "connecting" && link.why === null)) return null;
  const seconds = Math.max(0, Math.ceil(((link.retryAt ?? now) - now) / 1000));
  return html`
    <div class="banner" role="status">
      <span>${link.why ?? "connecting"}; what you see is as of ${elapsed((now - link.since) / 1000)} ago. ${seconds > 0 ? `Next try in ${seconds} s.` : "Trying…"}</span>
      <button type="button" onClick=${connect}>Try now</button>
    </div>
  `;
}

function SignIn() {
  const [text, setText] = useState("");
  const [error, setError] = useState(null);
  const submit = async (event) => {
    event.preventDefault();
    const code = pasted(text);
    if (!code) return setError("this holds no code; paste the whole line that the command prints");
    try {
      await signIn(code);
    } catch (refused) {
      setError(refused.message);
    }
  };
  return html`
    <section class="sign-in" aria-labelledby="sign-in-title">
      <h1 id="sign-in-title">Sign in</h1>
      <p>In the project, run <code>ve orch url</code> and open its link in this tab, or paste it here. A link works once, for five minutes.</p>
      <form onSubmit=${submit}>
        <label for="code">Link or code</label>
        <div class="row">
          <input id="code" value=${text} autocomplete="off" spellcheck="false" onInput=${(event) => setText(event.target.value)} />
          <button type="submit" class="primary">Sign in</button>
        </div>
        ${error ? html`<p class="error" role="alert">${error}</p>` : null}
      </form>
    </section>
  `;
}

function Toasts() {
  const toasts = useStore((state) => state.toasts);
  return html`
    <div class="toasts" aria-live="polite">
      ${toasts.map((toast) => html`
        <div key=${toast.id} class=${`toast toast-${toast.look}`}>
          <span>${toast.text}</span>
          <button type="button" class="plain" aria-label="Dismiss" onClick=${() => store.dispatch({ type: "untoast", id: toast.id })}>×</button>
        </div>
      `)}
    </div>
  `;
}

function Help({ close }) {
  const keys = bindings();
  return html`
    <${Dialog} title="Keys" close=${close}>
      <dl class="keys">${keys.map(([key, does]) => html`<div key=${key}><dt><kbd>${key}</kbd></dt><dd>${does}</dd></div>`)}</dl>
      <p class="muted">${plural(keys.length, "key")} count in this view; none while you type.</p>
      <div class="row end"><button type="button" onClick=${close} autofocus>Close</button></div>
    </${Dialog}>
  `;
}
