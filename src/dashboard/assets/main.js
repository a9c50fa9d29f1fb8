// Begins: uses the link's code, if the address has one, draws the page, and follows the daemon.

import { html, render } from "./vendor/preact.js";
import { connect, toast } from "./app.js";
import { enter } from "./net/session.js";
import { apply } from "./views/theme.js";
import { Shell } from "./views/shell.js";

apply();
try {
  await enter();
} catch (error) {
  toast(error.message, "error");
}
const place = document.getElementById("app");
place.replaceChildren();
render(html`<${Shell} />`, place);
connect();
