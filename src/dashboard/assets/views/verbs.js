// What the operator can do to a unit, with the questions that must be asked first.

import { tell } from "../app.js";
import { confirm } from "./parts.js";

/** A verb's word on a button. */
export const TITLES = {
  answer: "Answer", approve: "Approve", retry: "Retry", release: "Release", hold: "Hold", interrupt: "Interrupt",
  cancel: "Cancel", delete: "Delete", prioritize: "Priority…", skip: "Skip", resolve: "Resolve", retract: "Take answer back",
};

/** What a verb does, for whoever points at it. */
export const MEANINGS = {
  approve: "Accept it as it is and go on",
  retract: "No agent has the answer yet: it asks again",
  retry: "Start the phase again with fresh counters",
  release: "Let it start",
  hold: "Keep it from starting; what is at work stops before its next step",
  interrupt: "Stop the agent, keep its session",
  cancel: "End the unit; its work is kept",
  delete: "Remove the unit; its work is kept under refs/ve/",
  prioritize: "Higher goes first",
  skip: "Go on with the next phase",
};

/** Verbs that end something. */
export const DANGERS = new Set(["cancel", "delete"]);

/** Does what a verb says, after asking where it destroys or needs words. Returns whether it was done. */
export async function act(unit, verb) {
  const { chunk } = unit;
  switch (verb) {
    case "cancel": {
      const sure = await confirm({
        title: `Cancel ${chunk}?`, does: "Cancel the unit", danger: true,
        text: "Its processes end within seconds. What it did so far is kept, and retry brings it back.",
      });
      return Boolean(sure) && tell(chunk, "cancel");
    }
    case "delete": {
      const sure = await confirm({
        title: `Delete ${chunk}?`, does: "Delete the unit", danger: true,
        text: "The unit leaves all lists. What is not landed is kept under refs/ve/.",
      });
      return Boolean(sure) && tell(chunk, "delete");
    }
    case "interrupt": {
      const message = await confirm({
        title: `Interrupt ${chunk}?`, does: "Interrupt", input: "Message to the agent; without one the unit is held",
      });
      return message !== null && tell(chunk, "interrupt", message.trim() ? { message } : {});
    }
    case "prioritize": {
      const text = await confirm({
        title: `Priority of ${chunk}`, does: "Set", input: "Higher goes first", kind: "number", value: String(unit.priority),
      });
      const priority = Number(text);
      return text !== null && Number.isInteger(priority) && tell(chunk, "prioritize", { priority });
    }
    default:
      return tell(chunk, verb);
  }
}
