// Light, dark, or what the system says.

const NAME = "ve.theme";

/** What was chosen: `light`, `dark` or `system`. */
export function chosen() {
  return localStorage.getItem(NAME) ?? "system";
}

/** Chooses. */
export function choose(theme) {
  localStorage.setItem(NAME, theme);
  apply();
}

/** Puts the choice into effect. */
export function apply() {
  const theme = chosen();
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
