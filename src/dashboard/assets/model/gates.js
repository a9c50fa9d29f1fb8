// Gates by their command, and what their attempts say. Pure.

/** What an attempt of a gate says about the work; one that was cut short says nothing. */
export function result({ outcome }) {
  if (!outcome) return "at work";
  if (outcome === "finished") return "green";
  return outcome === "interrupted" ? "cut short" : "red";
}

/** How long an attempt took, or has taken by now, in seconds. */
export function took({ started_at, ended_at }, now) {
  return ((ended_at ? Date.parse(ended_at) : now) - Date.parse(started_at)) / 1000;
}

/** One gate per kind and command: the configured ones in their order, then those that ran and are configured no more. Attempts are as told: the latest first. */
export function byCommand({ worker, integration, attempts }) {
  const gates = [];
  const gate = (kind, command, isConfigured) => {
    let found = gates.find((gate) => gate.kind === kind && gate.command === command);
    if (!found) gates.push((found = { kind, command, isConfigured, attempts: [] }));
    return found;
  };
  for (const command of worker) gate("worker gate", command, true);
  for (const command of integration) gate("integration gate", command, true);
  for (const attempt of attempts) gate(attempt.kind, attempt.command, false).attempts.push(attempt);
  return gates;
}

/** How many of a gate's attempts were green, how many said anything, and the median of how long these took, in seconds. */
export function figures(attempts) {
  const judged = attempts.filter((attempt) => ["green", "red"].includes(result(attempt)));
  const times = judged.map((attempt) => took(attempt, 0)).sort((a, b) => a - b);
  const median = times.length === 0 ? null : times[Math.floor(times.length / 2)];
  return { green: judged.filter((attempt) => result(attempt) === "green").length, judged: judged.length, median };
}

/** Whether an attempt is found by what was typed: `red` and `green` are its result, every other word is in its chunk or command. */
export function matches(attempt, text) {
  const all = `${attempt.chunk} ${attempt.command ?? ""}`.toLowerCase();
  const fits = (word) => (["red", "green"].includes(word) ? result(attempt) === word : all.includes(word));
  return text.toLowerCase().split(/\s+/).every(fits);
}
